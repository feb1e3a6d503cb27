package dossier

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func pointer(value int) *int { return &value }

// compareQuotients compares what was read; Data is compared by its writing.
var compareQuotients = cmp.Comparer(func(a, b Object) bool {
	left, errLeft := a.MarshalJSON()
	right, errRight := b.MarshalJSON()
	return errLeft == nil && errRight == nil && string(left) == string(right)
})

func TestParseQuotientReadsTheDocumentedAnswer(t *testing.T) {
	quotient, err := ParseQuotient([]byte(`{
		"quotient_familial":{"fournisseur":"MSA","valeur":150,"annee":2026,"mois":5,"annee_calcul":2024,"mois_calcul":12},
		"allocataires":[{"nom_naissance":"ROUX","nom_usage":null,"prenoms":"JEANNE STEPHANIE","date_naissance":"1987-06-27","sexe":"F"}],
		"enfants":[{"nom_naissance":"ROUX","nom_usage":"BLANC","prenoms":"ALEXIS VINCENT","date_naissance":"2012-04-00","sexe":"M"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Quotient{
		Data:     quotient.Data,
		Provider: "MSA", Value: pointer(150), Year: 2026, Month: 5, ComputedYear: 2024, ComputedMonth: 12,
		Holders:  []Person{{BirthName: "ROUX", GivenNames: "JEANNE STEPHANIE", Birthdate: "1987-06-27", Sex: "F"}},
		Children: []Person{{BirthName: "ROUX", UsualName: "BLANC", GivenNames: "ALEXIS VINCENT", Birthdate: "2012-04-00", Sex: "M"}},
	}
	if diff := cmp.Diff(want, quotient, compareQuotients); diff != "" {
		t.Error(diff)
	}
}

// "What is never transmitted: … address": only three sections are kept, in the order of
// the answer.
func TestParseQuotientKeepsThreeSectionsInTheirOrder(t *testing.T) {
	quotient, err := ParseQuotient([]byte(`{"enfants":[],"adresse":{"code_postal_ville":"75002 PARIS"},"quotient_familial":{"valeur":1.0},"x":1,"allocataires":null}`))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := quotient.Data.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"enfants":[],"quotient_familial":{"valeur":1.0},"allocataires":null}`; string(kept) != want {
		t.Errorf("got %s, want %s", kept, want)
	}
}

// "sections are omitted when the token lacks the scope; valeur may be null; unknown dates
// come as 0000-00-00" (formulaire-qf.md §3.2): unknown is never an error.
func TestParseQuotientIsTolerant(t *testing.T) {
	for name, test := range map[string]struct {
		data string
		want Quotient
	}{
		"only children": {`{"enfants":[]}`, Quotient{}},
		"null sections": {`{"quotient_familial":null,"allocataires":null,"enfants":null}`, Quotient{}},
		"wrong types":   {`{"quotient_familial":[1],"allocataires":{"a":1},"enfants":"deux"}`, Quotient{}},
		"null value":    {`{"quotient_familial":{"fournisseur":"CNAF","valeur":null}}`, Quotient{Provider: "CNAF"}},
		"zero value":    {`{"quotient_familial":{"valeur":0}}`, Quotient{Value: pointer(0)}},
		"decimal value": {`{"quotient_familial":{"valeur":150.9}}`, Quotient{Value: pointer(150)}},
		"value as text": {`{"quotient_familial":{"fournisseur":"cnaf","valeur":" 464 "}}`, Quotient{Provider: "CNAF", Value: pointer(464)}},
		"absurd values": {`{"quotient_familial":{"fournisseur":"URSSAF","valeur":1e99,"annee":12,"mois":"NaN"}}`, Quotient{}},
		"boolean value": {`{"quotient_familial":{"fournisseur":1,"valeur":true,"annee":{},"mois":[]}}`, Quotient{}},
		"month zero":    {`{"quotient_familial":{"annee":2024,"mois":0,"annee_calcul":0,"mois_calcul":13}}`, Quotient{Year: 2024}},
		"dates as text": {`{"quotient_familial":{"annee":"2024","mois":"02"}}`, Quotient{Year: 2024, Month: 2}},
		"null persons":  {`{"enfants":[null,"ROUX",3,{"prenoms":"FLEUR"}]}`, Quotient{Children: []Person{{GivenNames: "FLEUR"}}}},
		"odd persons": {
			`{"allocataires":[{"nom_naissance":12,"prenoms":null,"date_naissance":false,"sexe":"X"}]}`,
			Quotient{Holders: []Person{{}}},
		},
		"partial dates": {
			`{"enfants":[{"date_naissance":"2012"},{"date_naissance":"2012-04"},{"date_naissance":"0000-00-00"},{"date_naissance":"20/04/2006"},{"date_naissance":"2006-4-20"}]}`,
			Quotient{Children: []Person{{Birthdate: "2012-00-00"}, {Birthdate: "2012-04-00"}, {Birthdate: "0000-00-00"}, {}, {}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			quotient, err := ParseQuotient([]byte(test.data))
			if err != nil {
				t.Fatal(err)
			}
			test.want.Data = quotient.Data
			if diff := cmp.Diff(test.want, quotient, compareQuotients); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseQuotientRefusesWhatIsNoQuotient(t *testing.T) {
	for data, want := range map[string]error{
		`{"adresse":{"destinataire":"Madame ROUX"}}`: ErrNoSection,
		`{}`:              ErrNoSection,
		`[]`:              ErrObject,
		`null`:            ErrObject,
		`Madame ROUX`:     ErrObject,
		`{"enfants":[}`:   ErrObject,
		`{"enfants":[]}x`: ErrObject,
	} {
		_, err := ParseQuotient([]byte(data))
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", data, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "ROUX") {
			t.Errorf("the error repeats a name: %v", err)
		}
	}
}

// The official sandbox families are all read.
func TestParseQuotientReadsTheSandboxFamilies(t *testing.T) {
	directory := os.Getenv("FAMILIES_DIR")
	if directory == "" {
		t.Skip("FAMILIES_DIR is not set: the official families of the sandbox are not read.")
	}
	files, err := filepath.Glob(filepath.Join(directory, "v3-franceconnect", "*.y*ml"))
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, file := range files {
		data, found := sandboxData(t, file)
		if !found {
			continue
		}
		quotient, err := ParseQuotient(data)
		if err != nil || quotient.Value == nil || quotient.Month == 0 || len(quotient.Holders) == 0 {
			t.Errorf("%s: %v, %d holders", filepath.Base(file), err, len(quotient.Holders))
		}
		read++
	}
	if read == 0 {
		t.Errorf("no family was found in %s", directory)
	}
}

// sandboxData takes the "data" object out of a sandbox file, whose last entry is the JSON
// of the answer.
func sandboxData(t *testing.T, file string) (data []byte, found bool) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	start := strings.Index(string(content), "{")
	if start < 0 {
		t.Fatalf("%s holds no answer", file)
	}
	answer, err := parseObject(content[start:])
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	section, found := answer.Get("data").(Object)
	if !found {
		return nil, false
	}
	data, err = section.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return data, true
}
