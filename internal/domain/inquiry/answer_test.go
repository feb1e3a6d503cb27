package inquiry

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"portail-qf/internal/domain/editor"
)

const third = `{"data":{
	"quotient_familial":{"fournisseur":"MSA","valeur":150.50,"annee":2026,"big":12345678901234567890},
	"allocataires":[{"nom_naissance":"ROUX","nom_usage":null,"prenoms":"É & <b>"}],
	"enfants":[],
	"adresse":{"destinataire":"Madame ROUX","lieu_dit":null},
	"autre":{"secret":1}},"links":{},"meta":{"a":1},"autre":2}`

const second = `{"regime":"CNAF","quotientFamilial":464,"mois":12,"annee":2023,"annee_calcul":2024,"mois_calcul":1,
	"allocataires":[{"nomUsuel":null}],"enfants":[{"x":1.0}],"adresse":null,"autre":2}`

// « each of the four keys appears only with its scope »; « re-serialise keeping numbers and
// nulls exactly »
func TestAnAnswerIsCutToWhatTheScopesOpen(t *testing.T) {
	for _, row := range []struct {
		version Version
		body    string
		scopes  []string
		want    string
	}{
		{V3, third, editor.Scopes[:], `{"data":{"quotient_familial":{"fournisseur":"MSA","valeur":150.50,"annee":2026,"big":12345678901234567890},` +
			`"allocataires":[{"nom_naissance":"ROUX","nom_usage":null,"prenoms":"É & <b>"}],"enfants":[],"adresse":{"destinataire":"Madame ROUX","lieu_dit":null}},"links":{},"meta":{"a":1}}`},
		{V3, third, []string{editor.ScopeChildren}, `{"data":{"enfants":[]},"links":{},"meta":{"a":1}}`},
		{V3, third, []string{editor.ScopeAddress, editor.ScopeRecipients, "autre"},
			`{"data":{"allocataires":[{"nom_naissance":"ROUX","nom_usage":null,"prenoms":"É & <b>"}],"adresse":{"destinataire":"Madame ROUX","lieu_dit":null}},"links":{},"meta":{"a":1}}`},
		{V3, third, nil, `{"data":{},"links":{},"meta":{"a":1}}`},
		{V2, second, []string{editor.ScopeQuotient}, `{"quotientFamilial":464,"mois":12,"annee":2023,"mois_calcul":1,"annee_calcul":2024,"regime":"CNAF"}`},
		{V2, second, []string{editor.ScopeRecipients}, `{"allocataires":[{"nomUsuel":null}]}`},
		{V2, second, []string{editor.ScopeChildren, editor.ScopeAddress}, `{"enfants":[{"x":1.0}],"adresse":null}`},
		{V2, second, []string{"autre"}, `{}`},
	} {
		answer, err := ParseAnswer(row.version, []byte(row.body))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(answer.For(row.scopes)); got != row.want {
			t.Errorf("version %d, %v:\ngot  %s\nwant %s", row.version, row.scopes, got, row.want)
		}
	}
	if Opens(nil) || Opens([]string{"dgfip_annee_impot"}) || !Opens([]string{"x", editor.ScopeAddress}) {
		t.Error("scopes of another API open the quotient")
	}
}

// « 200 → check JSON shape »
func TestWhatIsNoAnswerIsNotGiven(t *testing.T) {
	for _, body := range []string{
		"", "null", "[]", `"x"`, "<html>", `{"data":{"enfants":[]}`, `{"data":{"enfants":[]}} {}`, `{}`, `{"data":null}`, `{"data":[]}`, `{"data":{}}`,
		`{"data":{"autre":1}}`, `{"data":{"enfants":{}}}`, `{"data":{"allocataires":"x"}}`, `{"data":{"quotient_familial":150}}`, `{"data":{"adresse":[]}}`,
		"{\"data\":{\"enfants\":[\"\xff\"]}}", `{"enfants":[]}`, strings.Repeat("[", 20000),
	} {
		if _, err := ParseAnswer(V3, []byte(body)); !errors.Is(err, ErrShape) {
			t.Errorf("%.40q: %v", body, err)
		}
	}
	for _, body := range []string{`{}`, `{"quotientFamilial":"464"}`, `{"quotientFamilial":{}}`, `{"enfants":{}}`, `{"regime":1,"enfants":[]}`, `{"data":{"enfants":[]}}`} {
		if _, err := ParseAnswer(V2, []byte(body)); !errors.Is(err, ErrShape) {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// « passed through (body bounded and checked to be the documented shape …) »
func TestARefusalIsRepeatedIfItIsOne(t *testing.T) {
	const right = `{"errors":[{"code":"23003","title":"Dossier allocataire absent CNAF","detail":"Le dossier…","source":null,"meta":{"provider":"CNAF"},"more":1}],"more":2}`
	passed, err := ParseRefusal(V3, Absent, []byte(right))
	if err != nil || passed.Code() != "23003" || passed.Ending != Absent {
		t.Fatalf("%+v, %v", passed, err)
	}
	written, err := json.Marshal(passed.Problems)
	if want := `[{"code":"23003","title":"Dossier allocataire absent CNAF","detail":"Le dossier…","source":null,"meta":{"provider":"CNAF"}}]`; err != nil || string(written) != want {
		t.Errorf("%s, %v", written, err)
	}
	if strings.Contains(passed.Error(), "dossier") {
		t.Errorf("its words are in the error: %v", passed)
	}
	bare, err := ParseRefusal(V3, Rejected, []byte(`{"errors":[{"code":"00366","title":"T","detail":"D","source":{"pointer":"/x"}}]}`))
	if err != nil || bare.Problems[0].Source != nil || string(bare.Problems[0].Meta) != "{}" {
		t.Errorf("%+v, %v", bare, err)
	}
	for _, body := range []string{
		"", "<html>", "{}", `{"errors":[]}`, `{"errors":["x"]}`, `{"errors":[{"code":"1","title":"T","detail":"D"}]}`, `{"errors":[{"code":404,"title":"T","detail":"D"}]}`,
		`{"errors":[{"code":"23003","title":"","detail":"D"}]}`, `{"errors":[{"code":"23003","title":"T","detail":"` + strings.Repeat("x", maxWords+1) + `"}]}`,
		`{"errors":[` + strings.Repeat(`{"code":"23003","title":"T","detail":"D"},`, maxProblems) + `{"code":"23003","title":"T","detail":"D"}]}`,
		`{"error":"not_found","reason":"R","message":"M"}`,
	} {
		if _, err := ParseRefusal(V3, Absent, []byte(body)); !errors.Is(err, ErrShape) {
			t.Errorf("%.60q: %v", body, err)
		}
	}
	old, err := ParseRefusal(V2, Absent, []byte(`{"error":"not_found","reason":"R","message":"M"}`))
	if err != nil || old.Legacy != (Legacy{"not_found", "R", "M"}) || old.Code() != "" {
		t.Errorf("%+v, %v", old, err)
	}
	for _, body := range []string{right, `{"error":"not_found"}`, `{"errors":["x"]}`, `["x"]`} {
		if _, err := ParseRefusal(V2, Absent, []byte(body)); !errors.Is(err, ErrShape) {
			t.Errorf("%.60q: %v", body, err)
		}
	}
}
