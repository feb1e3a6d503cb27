package directory

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// « GET /api/collectivites → [{"name","siret","code_cog"}] » (formulaire-qf.md §3.6): the
// département is told by the commune code, as it stands today.
func TestTheDepartementOfAnEntryIsThatOfItsCommune(t *testing.T) {
	tests := []struct{ where, cog, want string }{
		{"mainland", "04107", "04"},
		{"Corse-du-Sud", "2A990", "2A"},
		{"Haute-Corse", "2B991", "2B"},
		{"Guadeloupe", "97190", "971"},
		{"La Réunion", "97490", "974"},
		{"Mayotte", "97690", "976"},
		{"Nouvelle-Calédonie", "98890", "988"},
	}
	for _, test := range tests {
		t.Run(test.where, func(t *testing.T) {
			read := readList(t, `[{"name":"Clairval","siret":"21040107100019","code_cog":"`+test.cog+`"}]`)
			if len(read.Collectivities) != 1 || read.Collectivities[0].Departement != test.want {
				t.Fatalf("%s: %+v, want the département %s", test.cog, read, test.want)
			}
		})
	}
}

// An entry that cannot be used is left out and told in one French sentence; the others stay.
func TestAWrongEntryIsLeftOutAndTold(t *testing.T) {
	tests := []struct{ name, entry, want string }{
		{"SIRET with a wrong check digit", `{"name":"Clairval","siret":"21040107100018","code_cog":"04107"}`, "(21040107100018) : le SIRET n’est pas valide"},
		{"no SIRET", `{"name":"Clairval","code_cog":"04107"}`, "() : le SIRET n’est pas valide"},
		{"no name", `{"name":" ","siret":"21040107100019","code_cog":"04107"}`, "(21040107100019) : le nom manque"},
		{"control character", `{"name":"Clair\u0000val","siret":"21040107100019","code_cog":"04107"}`, "(21040107100019) : le nom contient un caractère de contrôle"},
		{"postcode as commune code", `{"name":"Clairval","siret":"21040107100019","code_cog":"96100"}`, "(21040107100019) : le code commune « 96100 » n’est pas valide"},
		{"foreign country", `{"name":"Clairval","siret":"21040107100019","code_cog":"99109"}`, "(21040107100019) : le code commune « 99109 » n’est pas valide"},
		{"commune code as a number", `{"name":"Clairval","siret":"21040107100019","code_cog":4107}`, "(21040107100019) : la valeur de « code_cog » n’est pas du type attendu"},
		{"postcode of four digits", `{"name":"Clairval","siret":"21040107100019","code_cog":"04107","code_postal":"4270"}`, "(21040107100019) : le code postal « 4270 » n’est pas valide"},
		{"contact", `{"name":"Clairval","siret":"21040107100019","code_cog":"04107","contact_usagers":{"libelle":"a\u0000b"}}`, "(21040107100019) : le libellé du contact contient un caractère de contrôle"},
		{"form", `{"name":"Clairval","siret":"21040107100019","code_cog":"04107","formulaire":"entrouvert"}`, "(21040107100019) : l’état du formulaire « entrouvert » n’existe pas"},
		{"return address", `{"name":"Clairval","siret":"21040107100019","code_cog":"04107","adresses_de_retour":["http://a.example"]}`, "(21040107100019) : l’adresse de retour « http://a.example » n’est pas valide"},
		{"no entry at all", `"Clairval"`, "() : ce n’est pas une fiche"},
		{"twice", `{"name":"Clairval","siret":"21280363900013","code_cog":"28363"}`, "(21280363900013) : ce SIRET est déjà dans la liste"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			read := readList(t, `[{"name":"Sainville","siret":"21280363900013","code_cog":"28363"},`+test.entry+`]`)
			if diff := cmp.Diff([]string{spaced("collectivité n° 2 " + test.want)}, read.Faults); diff != "" {
				t.Error(diff)
			}
			if len(read.Collectivities) != 1 || read.Collectivities[0].Name != "Sainville" {
				t.Errorf("read %+v, want Sainville alone", read.Collectivities)
			}
		})
	}
}

func TestAWrongEditorIsLeftOutAndTold(t *testing.T) {
	read := readList(t, `{"editeurs":[{"nom":"","siret":"90511200900014"},{"nom":7},{"nom":"Ateliers Brume","siret":"91033700500011"}],"collectivites":[]}`)
	want := []string{
		spaced("éditeur n° 1 (90511200900014) : le nom manque"),
		spaced("éditeur n° 2 () : la valeur de « nom » n’est pas du type attendu"),
	}
	if diff := cmp.Diff(want, read.Faults); diff != "" {
		t.Error(diff)
	}
	if len(read.Editors) != 1 || read.Editors[0].Name != "Ateliers Brume" {
		t.Errorf("editors %+v", read.Editors)
	}
}

func TestATextThatIsNoListIsAnError(t *testing.T) {
	for _, text := range []string{"", "<html>", `"liste"`, `[{"name":"Clairval"`} {
		if read, err := ReadImport(strings.NewReader(text)); err == nil {
			t.Errorf("ReadImport(%q) = %+v, accepted", text, read)
		}
	}
}

func readList(t *testing.T, text string) Import {
	t.Helper()
	read, err := ReadImport(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// spaced puts the non-breaking spaces of French typography into a sentence.
func spaced(sentence string) string {
	return strings.NewReplacer(" :", "\u00a0:", " ;", "\u202f;", "« ", "«\u00a0", " »", "\u00a0»", "n° ", "n°\u00a0").Replace(sentence)
}
