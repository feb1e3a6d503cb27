package dossier

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// testman is the person of formulaire-qf.md §4, with the household of its example.
func testman(t testing.TB) Content {
	t.Helper()
	quotient, err := ParseQuotient([]byte(`{
		"quotient_familial":{"fournisseur":"MSA","valeur":150,"annee":2023,"mois":5,"annee_calcul":2023,"mois_calcul":5},
		"allocataires":[{"nom_naissance":"ROUX","nom_usage":null,"prenoms":"JEANNE STEPHANIE","date_naissance":"1987-06-27","sexe":"F"}],
		"enfants":[{"nom_naissance":"ROUX","nom_usage":null,"prenoms":"ALEXIS VINCENT","date_naissance":"2006-04-20","sexe":"M"}],
		"adresse":{"code_postal_ville":"75002 PARIS"}}`))
	if err != nil {
		t.Fatal(err)
	}
	externalID := "123"
	return Content{
		Reference: "ABCDEFGHJKLM7", Collectivity: "Majastres (04)",
		RecordedAt: time.Date(2026, 11, 22, 17, 34, 5, 0, time.UTC), ExternalID: &externalID,
		Identity: PivotIdentity{
			FamilyName: "TESTMAN", GivenName: "Johnny Paul René", GivenNames: []string{"Johnny", "Paul", "René"},
			Gender: "male", Birthdate: "1989-10-08", Birthplace: "75107", Birthcountry: "99100", Subject: "abc123v1",
			Present: []string{"family_name", "given_name", "gender", "birthdate", "birthplace", "birthcountry"},
		},
		Quotient: quotient,
	}
}

// "Order: external_id, pivot_identity (FC claims verbatim, without sub),
// quotient_familial_v3 (API v3 answer + version), quotient_familial (legacy v2 shape)"
func TestDossierJSON(t *testing.T) {
	written, err := testman(t).JSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"external_id":"123",` +
		`"pivot_identity":{"family_name":"TESTMAN","given_name":"Johnny Paul René","gender":"male","birthdate":"1989-10-08","birthplace":"75107","birthcountry":"99100"},` +
		`"quotient_familial_v3":{"quotient_familial":{"fournisseur":"MSA","valeur":150,"annee":2023,"mois":5,"annee_calcul":2023,"mois_calcul":5},` +
		`"allocataires":[{"nom_naissance":"ROUX","nom_usage":null,"prenoms":"JEANNE STEPHANIE","date_naissance":"1987-06-27","sexe":"F"}],` +
		`"enfants":[{"nom_naissance":"ROUX","nom_usage":null,"prenoms":"ALEXIS VINCENT","date_naissance":"2006-04-20","sexe":"M"}],"version":"v3"},` +
		`"quotient_familial":{"regime":"MSA",` +
		`"allocataires":[{"nomNaissance":"ROUX","nomUsuel":null,"prenoms":"JEANNE STEPHANIE","anneeDateDeNaissance":"1987","moisDateDeNaissance":"06","jourDateDeNaissance":"27","sexe":"F"}],` +
		`"enfants":[{"nomNaissance":"ROUX","nomUsuel":null,"prenoms":"ALEXIS VINCENT","anneeDateDeNaissance":"2006","moisDateDeNaissance":"04","jourDateDeNaissance":"20","sexe":"M"}],` +
		`"quotientFamilial":150,"annee":2023,"mois":5,"version":"v2"}}`
	if diff := cmp.Diff(want, string(written)); diff != "" {
		t.Error(diff)
	}
}

// "Rails Hash#to_xml of the same hash -- root <hash>, snake_case keys dasherized,
// camelCase keys kept, arrays singularised, type attributes"
func TestDossierXML(t *testing.T) {
	written, err := testman(t).XML()
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<hash>
  <external-id>123</external-id>
  <pivot-identity>
    <family-name>TESTMAN</family-name>
    <given-name>Johnny Paul René</given-name>
    <gender>male</gender>
    <birthdate>1989-10-08</birthdate>
    <birthplace>75107</birthplace>
    <birthcountry>99100</birthcountry>
  </pivot-identity>
  <quotient-familial-v3>
    <quotient-familial>
      <fournisseur>MSA</fournisseur>
      <valeur type="integer">150</valeur>
      <annee type="integer">2023</annee>
      <mois type="integer">5</mois>
      <annee-calcul type="integer">2023</annee-calcul>
      <mois-calcul type="integer">5</mois-calcul>
    </quotient-familial>
    <allocataires type="array">
      <allocataire>
        <nom-naissance>ROUX</nom-naissance>
        <nom-usage nil="true"/>
        <prenoms>JEANNE STEPHANIE</prenoms>
        <date-naissance>1987-06-27</date-naissance>
        <sexe>F</sexe>
      </allocataire>
    </allocataires>
    <enfants type="array">
      <enfant>
        <nom-naissance>ROUX</nom-naissance>
        <nom-usage nil="true"/>
        <prenoms>ALEXIS VINCENT</prenoms>
        <date-naissance>2006-04-20</date-naissance>
        <sexe>M</sexe>
      </enfant>
    </enfants>
    <version>v3</version>
  </quotient-familial-v3>
  <quotient-familial>
    <regime>MSA</regime>
    <allocataires type="array">
      <allocataire>
        <nomNaissance>ROUX</nomNaissance>
        <nomUsuel nil="true"/>
        <prenoms>JEANNE STEPHANIE</prenoms>
        <anneeDateDeNaissance>1987</anneeDateDeNaissance>
        <moisDateDeNaissance>06</moisDateDeNaissance>
        <jourDateDeNaissance>27</jourDateDeNaissance>
        <sexe>F</sexe>
      </allocataire>
    </allocataires>
    <enfants type="array">
      <enfant>
        <nomNaissance>ROUX</nomNaissance>
        <nomUsuel nil="true"/>
        <prenoms>ALEXIS VINCENT</prenoms>
        <anneeDateDeNaissance>2006</anneeDateDeNaissance>
        <moisDateDeNaissance>04</moisDateDeNaissance>
        <jourDateDeNaissance>20</jourDateDeNaissance>
        <sexe>M</sexe>
      </enfant>
    </enfants>
    <quotientFamilial type="integer">150</quotientFamilial>
    <annee type="integer">2023</annee>
    <mois type="integer">5</mois>
    <version>v2</version>
  </quotient-familial>
</hash>
`
	if diff := cmp.Diff(want, string(written)); diff != "" {
		t.Error(diff)
	}
}

// "external_id is null when absent. Keys of pivot_identity are only those FC returned."
// "none: <enfants type="array"/>"
func TestDossierOfWhatIsNotKnown(t *testing.T) {
	quotient, err := ParseQuotient([]byte(`{"quotient_familial":{"fournisseur":null,"valeur":null,"annee":2024,"mois":0},"enfants":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	content := Content{
		Identity: PivotIdentity{FamilyName: "TESTMAN", Birthplace: "", Subject: "abc123v1", Present: []string{"sub", "birthplace", "family_name"}},
		Quotient: quotient,
	}
	jsonBytes, err := content.JSON()
	if err != nil {
		t.Fatal(err)
	}
	wantJSON := `{"external_id":null,"pivot_identity":{"family_name":"TESTMAN","birthplace":""},` +
		`"quotient_familial_v3":{"quotient_familial":{"fournisseur":null,"valeur":null,"annee":2024,"mois":0},"enfants":[],"version":"v3"},` +
		`"quotient_familial":{"regime":null,"allocataires":[],"enfants":[],"quotientFamilial":null,"annee":2024,"mois":0,"version":"v2"}}`
	if diff := cmp.Diff(wantJSON, string(jsonBytes)); diff != "" {
		t.Error(diff)
	}
	xmlBytes, err := content.XML()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"\n  <external-id nil=\"true\"/>\n", "\n    <birthplace></birthplace>\n",
		"\n      <valeur nil=\"true\"/>\n", "\n    <enfants type=\"array\"/>\n",
		"\n    <quotientFamilial nil=\"true\"/>\n",
	} {
		if !strings.Contains(string(xmlBytes), line) {
			t.Errorf("the XML lacks %q:\n%s", line, xmlBytes)
		}
	}
}

// "a missing section, a null birth date or an empty QF raises at transmit" (W12): here
// each has its place in the legacy block.
func TestLegacyQuotient(t *testing.T) {
	for name, test := range map[string]struct{ data, want string }{
		"no section but one": {
			`{"enfants":null}`,
			`{"regime":null,"allocataires":[],"enfants":[],"quotientFamilial":null,"annee":null,"mois":null,"version":"v2"}`,
		},
		"numbers as text, decimals": {
			`{"quotient_familial":{"fournisseur":"CNAF","valeur":150.50,"annee":"2024","mois":"02"}}`,
			`{"regime":"CNAF","allocataires":[],"enfants":[],"quotientFamilial":150.50,"annee":2024,"mois":2,"version":"v2"}`,
		},
		"values of other types": {
			`{"quotient_familial":{"fournisseur":{"a":1},"valeur":{},"annee":[],"mois":false}}`,
			`{"regime":null,"allocataires":[],"enfants":[],"quotientFamilial":null,"annee":null,"mois":null,"version":"v2"}`,
		},
		"null persons and dates": {
			`{"allocataires":[null,{"nom_naissance":"ROUX","date_naissance":null},{"date_naissance":"2012-04-00"},{"date_naissance":"0000-00-00"}]}`,
			`{"regime":null,"allocataires":[` +
				`{"nomNaissance":"ROUX","nomUsuel":null,"prenoms":null,"anneeDateDeNaissance":null,"moisDateDeNaissance":null,"jourDateDeNaissance":null,"sexe":null},` +
				`{"nomNaissance":null,"nomUsuel":null,"prenoms":null,"anneeDateDeNaissance":"2012","moisDateDeNaissance":"04","jourDateDeNaissance":null,"sexe":null},` +
				`{"nomNaissance":null,"nomUsuel":null,"prenoms":null,"anneeDateDeNaissance":null,"moisDateDeNaissance":null,"jourDateDeNaissance":null,"sexe":null}],` +
				`"enfants":[],"quotientFamilial":null,"annee":null,"mois":null,"version":"v2"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			quotient, err := ParseQuotient([]byte(test.data))
			if err != nil {
				t.Fatal(err)
			}
			written, err := quotient.legacyQuotient().MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(written)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// `type="integer"/"float"/"boolean"`, and names that stay valid whatever the keys.
func TestXMLTypesAndNames(t *testing.T) {
	object, err := parseObject([]byte(`{"un_mot":1,"deux":2.5,"trois":1e3,"vrai":true,"faux":false,"_prive_x_":"a<b>&\"'","1a":"","":"vide","a b/c":null,"élève":"é","µ":1,
		"s":[1],"groupes":[[],{"x":null},null,"t"]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<hash>
  <un-mot type="integer">1</un-mot>
  <deux type="float">2.5</deux>
  <trois type="float">1e3</trois>
  <vrai type="boolean">true</vrai>
  <faux type="boolean">false</faux>
  <_prive-x_>a&lt;b&gt;&amp;"'</_prive-x_>
  <_1a></_1a>
  <_>vide</_>
  <a-b-c nil="true"/>
  <élève>é</élève>
  <_- type="integer">1</_->
  <s type="array">
    <s type="integer">1</s>
  </s>
  <groupes type="array">
    <groupe type="array"/>
    <groupe>
      <x nil="true"/>
    </groupe>
    <groupe nil="true"/>
    <groupe>t</groupe>
  </groupes>
</hash>
`
	written := marshalXML(object)
	if diff := cmp.Diff(want, string(written)); diff != "" {
		t.Error(diff)
	}
	if _, err := xmlTexts(written); err != nil {
		t.Error(err)
	}
}

// "valid XML 1.0 whatever the characters …, any Unicode name intact otherwise"
func TestAnyTextMakesValidFiles(t *testing.T) {
	base := testman(t)
	rapid.Check(t, func(t *rapid.T) {
		content := base
		externalID := rapid.String().Draw(t, "external_id")
		content.ExternalID = &externalID
		content.Identity.FamilyName = rapid.String().Draw(t, "family_name")
		content.Identity.GivenName = rapid.StringOf(rapid.RuneFrom([]rune("aé Ł\r\n\t\x00\x1b\u200f\u2028\ufffe\U0001F600<>&\"'"))).Draw(t, "given_name")

		jsonBytes, err := content.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var read struct {
			ExternalID string `json:"external_id"`
			Identity   struct {
				FamilyName string `json:"family_name"`
				GivenName  string `json:"given_name"`
			} `json:"pivot_identity"`
		}
		if err := json.Unmarshal(jsonBytes, &read); err != nil {
			t.Fatal(err)
		}
		if read.ExternalID != externalID || read.Identity.FamilyName != content.Identity.FamilyName || read.Identity.GivenName != content.Identity.GivenName {
			t.Fatalf("the JSON changed a text: %s", jsonBytes)
		}

		xmlBytes, err := content.XML()
		if err != nil {
			t.Fatal(err)
		}
		texts, err := xmlTexts(xmlBytes)
		if err != nil {
			t.Fatalf("%v in %s", err, xmlBytes)
		}
		for name, want := range map[string]string{
			"external-id": externalID, "family-name": content.Identity.FamilyName, "given-name": content.Identity.GivenName,
		} {
			if texts[name] != allowedInXML(want) {
				t.Fatalf("%s is %q in the XML, want %q", name, texts[name], allowedInXML(want))
			}
		}
	})
}

// xmlTexts parses a file to its end and gives the text of each element by its name.
func xmlTexts(file []byte) (map[string]string, error) {
	decoder := xml.NewDecoder(bytes.NewReader(file))
	texts, open := map[string]string{}, ""
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = token.Name.Local
			texts[open] = ""
		case xml.CharData:
			texts[open] += string(token)
		case xml.EndElement:
			open = ""
		}
	}
}

// allowedInXML is the Char production of XML 1.0, written apart from the code it checks.
func allowedInXML(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 0x9, r == 0xA, r == 0xD, 0x20 <= r && r <= 0xD7FF, 0xE000 <= r && r <= 0xFFFD, 0x10000 <= r && r <= 0x10FFFF:
			return r
		}
		return '\uFFFD'
	}, text)
}

// "quotient_familial_<NOM>_<Prénoms>.pdf, spaces replaced by _, accents kept"
func TestPDFFileName(t *testing.T) {
	for name, test := range map[string]struct{ family, given, want string }{
		"example of §4":   {"TESTMAN", "Johnny Paul René", "quotient_familial_TESTMAN_Johnny_Paul_René.pdf"},
		"example of §5.1": {"Heinemeier Hansson", "David", "quotient_familial_Heinemeier_Hansson_David.pdf"},
		"apostrophe":      {"D’ALMEIDA", "Zoé-Lou", "quotient_familial_D’ALMEIDA_Zoé-Lou.pdf"},
		"other alphabets": {"ŁUKASZ", "Ngọc", "quotient_familial_ŁUKASZ_Ngọc.pdf"},
		"path":            {"../../etc/passwd", `C:\x`, "quotient_familial_.._.._etc_passwd_C__x.pdf"},
		"forbidden":       {`a<b>c:d"e|f?g*h`, "x\x00y\nz", "quotient_familial_a_b_c_d_e_f_g_h_x_y_z.pdf"},
		"direction":       {"A\u202eB\u2066C", "fdp\u200fexe", "quotient_familial_A_B_C_fdp_exe.pdf"},
		"no-break space":  {"DE\u00a0LA\u202fTOUR", " Ève ", "quotient_familial_DE_LA_TOUR_Ève.pdf"},
		"no names":        {"", " \t", "quotient_familial_SANS_NOM_SANS_PRENOM.pdf"},
		"broken UTF-8":    {"A\xffB", "C", "quotient_familial_A\uFFFDB_C.pdf"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := pdfFileName(PivotIdentity{FamilyName: test.family, GivenName: test.given}); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// "at most 200 characters and 240 bytes"
func TestPDFFileNameIsBounded(t *testing.T) {
	for _, letter := range []string{"A", "é", "漢", "😀"} {
		long := strings.Repeat(letter, 300)
		name := pdfFileName(PivotIdentity{FamilyName: long, GivenName: long})
		if len(name) > 240 || utf8.RuneCountInString(name) > 200 || !utf8.ValidString(name) || !strings.HasSuffix(name, ".pdf") {
			t.Errorf("%s: %d bytes, %d characters: %s", letter, len(name), utf8.RuneCountInString(name), name)
		}
	}
}

// lines renders a document that tells which content it was given.
type lines struct{ err error }

func (l lines) DossierPDF(content Content) ([]byte, error) {
	return []byte(content.Reference), l.err
}

// "Three attachments": JSON, XML, PDF, whose names are unique since HubEE's clients
// correlate by fileName (reference/hubee.md §5.1).
func TestFiles(t *testing.T) {
	content := testman(t)
	files, err := Files(content, lines{})
	if err != nil {
		t.Fatal(err)
	}
	jsonBytes, errJSON := content.JSON()
	xmlBytes, errXML := content.XML()
	if errJSON != nil || errXML != nil {
		t.Fatal(errJSON, errXML)
	}
	want := []File{
		{"FormulaireQF.json", "application/json", jsonBytes},
		{"FormulaireQF.xml", "application/xml", xmlBytes},
		{"quotient_familial_TESTMAN_Johnny_Paul_René.pdf", "application/pdf", []byte("ABCDEFGHJKLM7")},
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Error(diff)
	}
}

func TestFilesTellsThatThePDFFailed(t *testing.T) {
	failure := errors.New("no font")
	if _, err := Files(testman(t), lines{failure}); !errors.Is(err, failure) {
		t.Errorf("got %v, want the failure of the renderer", err)
	}
}
