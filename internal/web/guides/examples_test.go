package guides

import (
	"bytes"
	"encoding/json"
	"testing"

	"portail-qf/internal/domain/dossier"
)

// The dossier of the guide is what the portal would deposit of the same person, byte by byte,
// spaces apart.
func TestTheDossierOfTheGuideIsWhatIsDeposited(t *testing.T) {
	externalID := "famille-8421"
	quotient, err := dossier.ParseQuotient([]byte(`{
		"quotient_familial": {"fournisseur": "CNAF", "valeur": 684, "annee": 2026, "mois": 10, "annee_calcul": 2026, "mois_calcul": 1},
		"allocataires": [{"nom_naissance": "GARNIER", "nom_usage": null, "prenoms": "LUCIE MARTHE", "date_naissance": "1990-02-14", "sexe": "F"}],
		"enfants": []}`))
	if err != nil {
		t.Fatal(err)
	}
	content := dossier.Content{ExternalID: &externalID, Quotient: quotient, Identity: dossier.PivotIdentity{
		FamilyName: "GARNIER", GivenName: "Lucie Marthe", Gender: "female", Birthdate: "1990-02-14", Birthplace: "31555", Birthcountry: "99100",
		Present: []string{"family_name", "given_name", "gender", "birthdate", "birthplace", "birthcountry"},
	}}
	written, err := content.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var want, got bytes.Buffer
	if err := json.Compact(&want, written); err != nil {
		t.Fatal(err)
	}
	if err := json.Compact(&got, []byte(exampleDossier)); err != nil {
		t.Fatal(err)
	}
	if got.String() != want.String() {
		t.Errorf("the guide shows\n%s\nthe portal writes\n%s", got.String(), want.String())
	}
}
