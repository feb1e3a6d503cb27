package dossier

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// "missing month displayed as current month" (W15): never an invented month.
func TestMonthInWords(t *testing.T) {
	for _, test := range []struct {
		year, month int
		want        string
	}{
		{2024, 2, "février 2024"}, {2024, 8, "août 2024"}, {2024, 12, "décembre 2024"},
		{2024, 0, ""}, {0, 2, ""}, {0, 0, ""}, {2024, 13, ""}, {2024, -1, ""}, {-1, 1, ""},
	} {
		if got := MonthInWords(test.year, test.month); got != test.want {
			t.Errorf("month %d of %d: got %q, want %q", test.month, test.year, got, test.want)
		}
	}
}

// "unknown dates come as 0000-00-00, partial ones as 2020-00-00" (formulaire-qf.md §3.2);
// FranceConnect's may be absurd (W13).
func TestDateInWords(t *testing.T) {
	for date, want := range map[string]string{
		"1962-08-24": "24 août 1962",
		"2000-01-01": "1er janvier 2000",
		"2012-04-00": "avril 2012",
		"2012-04":    "avril 2012",
		"2012-00-00": "2012",
		"2012-00-12": "2012",
		"2012":       "2012",
		"0000-00-00": "date non connue",
		"0000-04-20": "date non connue",
		"":           "date non connue",
		"20/04/2006": "date non connue",
		"hier":       "date non connue",
		"2012-13-01": "2012",
		"2012-04-31": "avril 2012",
		"2012-02-29": "29 février 2012",
		"2013-02-29": "février 2013",
		"1900-02-29": "février 1900",
		"2000-02-29": "29 février 2000",
	} {
		if got := DateInWords(date); got != want {
			t.Errorf("%q: got %q, want %q", date, got, want)
		}
	}
}

// "null QF is displayed as 0" (W15): not known is not zero.
func TestValueInWords(t *testing.T) {
	for _, test := range []struct {
		value *int
		want  string
	}{
		{nil, "non connu"}, {pointer(0), "0"}, {pointer(150), "150"}, {pointer(1234), "1\u202f234"},
		{pointer(1234567), "1\u202f234\u202f567"}, {pointer(100), "100"}, {pointer(-1234), "−1\u202f234"}, {pointer(-12), "−12"},
	} {
		if got := (Quotient{Value: test.value}).ValueInWords(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestQuotientInWords(t *testing.T) {
	quotient := Quotient{Provider: "CNAF", Year: 2024, Month: 2, ComputedYear: 2024}
	for got, want := range map[string]string{
		quotient.MonthInWords():                     "février 2024",
		quotient.ComputedMonthInWords():             "",
		quotient.ProviderInWords():                  "Caisse d’allocations familiales (CAF)",
		Quotient{Provider: "MSA"}.ProviderInWords(): "Mutualité sociale agricole (MSA)",
		Quotient{}.ProviderInWords():                "non connu",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// "usage name only if present and different" (B9)
func TestPersonReading(t *testing.T) {
	for name, test := range map[string]struct {
		person Person
		want   PersonReading
	}{
		"usage name": {
			Person{"DUBOIS", "MARTIN", "ANGELA CLAIRE", "1962-08-24", "F"},
			PersonReading{"DUBOIS", "MARTIN", "ANGELA CLAIRE", "24 août 1962", "féminin"},
		},
		"same usage name": {
			Person{"DUBOIS", "Dubois", "JEAN", "2012-04-00", "M"},
			PersonReading{"DUBOIS", "", "JEAN", "avril 2012", "masculin"},
		},
		"nothing known": {
			Person{},
			PersonReading{"nom non connu", "", "prénom non connu", "date non connue", "non connu"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.person.Reading()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// "all first names joined by a space. Never split it: use given_name_array"
func TestIdentityReading(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	identity := PivotIdentity{
		FamilyName: "DUBOIS", GivenName: "Jean Philippe Pierre", GivenNames: []string{"Jean Philippe", "Pierre"},
		Gender: "unspecified", Birthdate: "1979-00-00",
	}
	want := IdentityReading{"DUBOIS", []string{"Jean Philippe", "Pierre"}, "non précisé", "1979", "lieu non connu"}
	if diff := cmp.Diff(want, identity.Reading(none, none)); diff != "" {
		t.Error(diff)
	}

	identity.GivenNames, identity.Gender = nil, "female"
	want.GivenNames, want.Gender = []string{"Jean Philippe Pierre"}, "féminin"
	if diff := cmp.Diff(want, identity.Reading(none, none)); diff != "" {
		t.Error(diff)
	}

	want = IdentityReading{"nom non connu", []string{"prénom non connu"}, "non connu", "date non connue", "lieu non connu"}
	if diff := cmp.Diff(want, PivotIdentity{}.Reading(none, none)); diff != "" {
		t.Error(diff)
	}
}

// "Birth place: its name if the project's table has the code, else « commune de
// naissance : code 75107 »" (SETTLED.md); abroad, the country.
func TestBirthplaceInWords(t *testing.T) {
	commune := func(code string) (string, bool) {
		return "Paris 7e Arrondissement", code == "75107"
	}
	country := func(code string) (string, bool) { return "Portugal", code == "99139" }
	for name, test := range map[string]struct{ birthplace, birthcountry, want string }{
		"in France":       {"75107", "99100", "Paris 7e Arrondissement (75107)"},
		"old code":        {"69674", "99100", "commune de naissance\u00a0: code 69674"},
		"abroad":          {"", "99139", "Portugal (99139)"},
		"unknown country": {"", "99999", "pays de naissance\u00a0: code 99999"},
		"only France":     {"", "99100", "lieu non connu"},
		"nothing":         {"", "", "lieu non connu"},
	} {
		t.Run(name, func(t *testing.T) {
			identity := PivotIdentity{Birthplace: test.birthplace, Birthcountry: test.birthcountry}
			if got := identity.Reading(commune, country).Birthplace; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
