package place

import (
	"slices"
	"strings"
	"testing"
)

// « Birth place: its name if the project's table has the code » (SETTLED.md, Web).
func TestCommuneNamesABirthPlace(t *testing.T) {
	tests := []struct{ why, cog, name string }{
		{"first line", "01001", "L’Abergement-Clémenciat"},
		{"current", "31555", "Toulouse"},
		{"municipal arrondissement, as FranceConnect gives it", "75107", "Paris 7e Arrondissement"},
		{"Corsica", "2A004", "Ajaccio"},
		{"Corsica", "2B050", "Calvi"},
		{"overseas département", "97105", "Basse-Terre"},
		{"overseas collectivity", "98729", "Moorea-Maiao"},
		{"last line", "98901", "Île de Clipperton"},
		{"historical: Corsica before 1976", "20004", "Ajaccio"},
		{"historical: Seine before 1968", "75081", "Vitry-sur-Seine"},
		{"historical: left Guadeloupe in 2007", "97123", "Saint-Barthélemy"},
		{"historical: merged, the table keeps its last name", "01015", "Arboys en Bugey"},
	}
	for _, test := range tests {
		t.Run(test.why+" "+test.cog, func(t *testing.T) {
			if name, ok := Commune(test.cog); !ok || name != test.name {
				t.Errorf("Commune(%q) = %q, %t, want %q", test.cog, name, ok, test.name)
			}
		})
	}
}

// « else “commune de naissance : code …” »: an unknown code must be told from a known one.
func TestWhatTheTablesDoNotHave(t *testing.T) {
	for _, cog := range []string{"", "3155", "315555", "00000", "31999", "99352", "2C004", "zzzzz", "31555\n", "é0000"} {
		if name, ok := Commune(cog); ok || name != "" {
			t.Errorf("Commune(%q) = %q", cog, name)
		}
	}
	for _, cog := range []string{"", "99000", "99999", "75107", "9935"} {
		if name, ok := Country(cog); ok || name != "" {
			t.Errorf("Country(%q) = %q", cog, name)
		}
	}
}

func TestCountryNamesACountryOfBirth(t *testing.T) {
	for cog, want := range map[string]string{
		"99100": "France", "99352": "Algérie", "99351": "Tunisie", "99404": "États-Unis",
		"99326": "Côte d’Ivoire", "99115": "Tchécoslovaquie", "99521": "Niue",
	} {
		if name, ok := Country(cog); !ok || name != want {
			t.Errorf("Country(%q) = %q, %t, want %q", cog, name, ok, want)
		}
	}
}

// Each line is found by its own code: the tables are sorted, without double, and the search
// misses none.
func TestEveryLineIsFound(t *testing.T) {
	for table, lines := range map[string]string{"communes": communes(), "countries": countries} {
		previous, count := "", 0
		for line := range strings.Lines(lines) {
			code, rest := line[:codeLength], strings.TrimSuffix(line[codeLength:], "\n")
			if found, ok := find(lines, code); !ok || found != rest || rest == "" {
				t.Fatalf("%s: %s is found as %q, want %q", table, code, found, rest)
			}
			if code <= previous {
				t.Fatalf("%s: %s comes after %s", table, code, previous)
			}
			if strings.ContainsRune(rest, '\'') {
				t.Errorf("%s: %s has a typewriter's apostrophe", table, code)
			}
			previous = code
			count++
		}
		if minimum := map[string]int{"communes": 39_000, "countries": 200}[table]; count < minimum {
			t.Errorf("%s has %d lines, want %d at least", table, count, minimum)
		}
	}
}

// The first two characters of a code are wrong for Corsica and overseas
// (reference/api-particulier.md §10.3).
func TestDepartementOfACommune(t *testing.T) {
	tests := []struct{ why, cog, want string }{
		{"mainland", "31555", "31"},
		{"a leading zero is kept", "01001", "01"},
		{"Corse-du-Sud", "2A004", "2A"},
		{"Haute-Corse", "2B033", "2B"},
		{"Guadeloupe", "97105", "971"},
		{"Martinique", "97209", "972"},
		{"Guyane", "97302", "973"},
		{"La Réunion", "97411", "974"},
		{"Saint-Pierre-et-Miquelon", "97502", "975"},
		{"Mayotte", "97611", "976"},
		{"Saint-Barthélemy", "97701", "977"},
		{"Saint-Martin", "97801", "978"},
		{"Wallis et Futuna", "98613", "986"},
		{"Polynésie française", "98735", "987"},
		{"Nouvelle-Calédonie", "98818", "988"},
		{"Corsica before 1976, south", "20004", "2A"},
		{"Corsica before 1976, north", "20033", "2B"},
		{"Corsica, absorbed before 1976", "20044", "2B"},
		{"Seine before 1968", "75081", "94"},
		{"Saint-Martin before 2007", "97127", "978"},
		{"founded after the table was made", "31990", "31"},
		{"no département 20", "20999", ""},
		{"nobody is born in the Terres australes", "98412", ""},
		{"abroad", "99352", ""},
		{"too short", "3155", ""},
		{"not a code", "31 55", ""},
		{"empty", "", ""},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			code, ok := Departement(test.cog)
			if code != test.want || ok != (test.want != "") {
				t.Errorf("Departement(%q) = %q, %t, want %q", test.cog, code, ok, test.want)
			}
		})
	}
}

func TestDepartementsAreListedInOrder(t *testing.T) {
	list := Departements()
	if len(list) != 96+5+6 {
		t.Fatalf("%d départements, want 96 in Europe, 5 overseas, 6 overseas collectivities", len(list))
	}
	codes := make([]string, 0, len(list))
	for _, d := range list {
		if d.Name == "" {
			t.Errorf("%s has no name", d.Code)
		}
		codes = append(codes, d.Code)
	}
	if first := list[0]; first != (Division{"01", "Ain"}) {
		t.Errorf("first = %v", first)
	}
	if last := list[len(list)-1]; last != (Division{"988", "Nouvelle-Calédonie"}) {
		t.Errorf("last = %v", last)
	}
	corsica := slices.Index(codes, "2A")
	if around := codes[corsica-1 : corsica+3]; !slices.Equal(around, []string{"19", "2A", "2B", "21"}) {
		t.Errorf("around Corsica: %v", around)
	}
}

func TestEveryCommuneLiesInAListedDepartement(t *testing.T) {
	for line := range strings.Lines(communes()) {
		cog := line[:codeLength]
		_, listed := Departement(cog)
		if uninhabited := strings.HasPrefix(cog, "984") || strings.HasPrefix(cog, "989"); listed == uninhabited {
			t.Errorf("%s: in a listed département: %t", cog, listed)
		}
	}
}

func TestFoldMakesSpellingsMeet(t *testing.T) {
	for written, want := range map[string]string{
		"L’Haÿ-les-Roses":       "l hay les roses",
		"l'hay  les roses":      "l hay les roses",
		"Œuilly":                "oeuilly",
		"LŒUILLY":               "loeuilly",
		"Saint–Étienne":         "saint etienne",
		"SAINT‑ÉTIENNE":         "saint etienne",
		"  Île d'Yeu ":          "ile d yeu",
		"Pre\u0301-Saint\u00a0": "pre saint",
		"Łukasz ŞAHİN ọlá":      "lukasz sahin ola",
		"Straße":                "strasse",
		"Paris 7e":              "paris 7e",
		"-’ ":                   "",
		"":                      "",
	} {
		if got := Fold(written); got != want {
			t.Errorf("Fold(%q) = %q, want %q", written, got, want)
		}
	}
}

func TestACorruptTableIsAnError(t *testing.T) {
	for _, file := range [][]byte{nil, []byte("not gzip"), communesFile[:len(communesFile)/2]} {
		if _, err := gunzip(file); err == nil {
			t.Errorf("%d bytes read as a table", len(file))
		}
	}
}

func BenchmarkCommune(b *testing.B) {
	for b.Loop() {
		if _, ok := Commune("75107"); !ok {
			b.Fatal("not found")
		}
	}
}
