package franceconnect_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/dossier"
)

// angela is the person "test" of FranceConnect's sandbox (reference/identity.md §1.11).
func angela() map[string]any {
	return map[string]any{
		"family_name": "DUBOIS", "given_name": "Angela Claire Louise",
		"given_name_array": []string{"Angela", "Claire", "Louise"},
		"gender":           "female", "birthdate": "1962-08-24", "birthplace": "75107", "birthcountry": "99100",
	}
}

// "nothing is corrected or split" (dossier.PivotIdentity), and no civil status makes a
// sign-in fail (formulaire-qf.md W13).
func TestACivilStatusIsTakenAsItIs(t *testing.T) {
	long := strings.Repeat("é", 300)
	everything := []string{"family_name", "given_name", "gender", "birthdate", "birthplace", "birthcountry"}
	without := func(names ...string) []string {
		var left []string
		for _, name := range everything {
			if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+name+" ") {
				left = append(left, name)
			}
		}
		return left
	}
	rows := []struct {
		name   string
		change map[string]any // nil values remove the claim
		want   func(identity *dossier.PivotIdentity)
	}{
		{"born abroad: an empty birth place is there", map[string]any{"birthplace": "", "birthcountry": "99352"}, func(i *dossier.PivotIdentity) {
			i.Birthplace, i.Birthcountry = "", "99352"
		}},
		{"no birth date", map[string]any{"birthdate": nil}, func(i *dossier.PivotIdentity) {
			i.Birthdate, i.Present = "", without("birthdate")
		}},
		{"partial birth date", map[string]any{"birthdate": "1979-00-00"}, func(i *dossier.PivotIdentity) { i.Birthdate = "1979-00-00" }},
		{"year alone", map[string]any{"birthdate": "1979"}, func(i *dossier.PivotIdentity) { i.Birthdate = "1979" }},
		{"empty birth date", map[string]any{"birthdate": ""}, func(i *dossier.PivotIdentity) { i.Birthdate = "" }},
		{"absurd birth date", map[string]any{"birthdate": "31/02/1979"}, func(i *dossier.PivotIdentity) { i.Birthdate = "31/02/1979" }},
		{"birth date as a number", map[string]any{"birthdate": 19790101}, func(i *dossier.PivotIdentity) {
			i.Birthdate, i.Present = "", without("birthdate")
		}},
		{"null", map[string]any{"gender": jsonNull{}}, func(i *dossier.PivotIdentity) {
			i.Gender, i.Present = "", without("gender")
		}},
		{"name as an array", map[string]any{"family_name": []string{"DUBOIS"}}, func(i *dossier.PivotIdentity) {
			i.FamilyName, i.Present = "", without("family_name")
		}},
		{"country as an object", map[string]any{"birthcountry": map[string]any{"code": "99100"}}, func(i *dossier.PivotIdentity) {
			i.Birthcountry, i.Present = "", without("birthcountry")
		}},
		{"300 characters", map[string]any{"family_name": long}, func(i *dossier.PivotIdentity) { i.FamilyName = long }},
		{"spaces and case are kept", map[string]any{"family_name": " d’Été  "}, func(i *dossier.PivotIdentity) { i.FamilyName = " d’Été  " }},
		{"unspecified gender", map[string]any{"gender": "unspecified"}, func(i *dossier.PivotIdentity) { i.Gender = "unspecified" }},
		{"preferred username", map[string]any{"preferred_username": "MERCIER"}, func(i *dossier.PivotIdentity) { i.PreferredUsername = "MERCIER" }},
		{"a first name of two words", map[string]any{"given_name": "Jean Philippe Pierre", "given_name_array": []string{"Jean Philippe", "Pierre"}},
			func(i *dossier.PivotIdentity) {
				i.GivenName, i.GivenNames = "Jean Philippe Pierre", []string{"Jean Philippe", "Pierre"}
			}},
		{"first names in the array only", map[string]any{"given_name": nil}, func(*dossier.PivotIdentity) {}},
		{"first names in the text only", map[string]any{"given_name_array": nil}, func(i *dossier.PivotIdentity) { i.GivenNames = nil }},
		{"an empty text is not replaced by the array", map[string]any{"given_name": ""}, func(i *dossier.PivotIdentity) { i.GivenName = "" }},
		{"an array with a stranger", map[string]any{"given_name_array": []any{"Angela", nil}}, func(i *dossier.PivotIdentity) { i.GivenNames = nil }},
		{"no first name at all", map[string]any{"given_name": nil, "given_name_array": nil}, func(i *dossier.PivotIdentity) {
			i.GivenName, i.GivenNames, i.Present = "", nil, without("given_name")
		}},
		{"nothing but sub", map[string]any{
			"family_name": nil, "given_name": nil, "given_name_array": nil, "gender": nil, "birthdate": nil, "birthplace": nil, "birthcountry": nil,
		}, func(i *dossier.PivotIdentity) { *i = dossier.PivotIdentity{Subject: subject} }},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			claims := angela()
			for name, claim := range row.change {
				claims[name] = claim
				if claim == nil {
					delete(claims, name)
				}
			}
			want := dossier.PivotIdentity{
				FamilyName: "DUBOIS", GivenName: "Angela Claire Louise", GivenNames: []string{"Angela", "Claire", "Louise"},
				Gender: "female", Birthdate: "1962-08-24", Birthplace: "75107", Birthcountry: "99100",
				Subject: subject, Present: everything,
			}
			row.want(&want)
			signed, err := start(t, claims).signIn(t)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, signed.Identity); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// jsonNull is a claim that is there and null.
type jsonNull struct{}

func (jsonNull) MarshalJSON() ([]byte, error) { return []byte("null"), nil }
