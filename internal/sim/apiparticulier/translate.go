package apiparticulier

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// translate writes a v3 answer as v2 gives it (reference/api-particulier.md §7.3, §7.4).
func translate(status int, payload json.RawMessage) (int, json.RawMessage, error) {
	var read struct {
		Data   map[string]any `json:"data"`
		Errors []wireProblem  `json:"errors"`
	}
	if err := json.Unmarshal(payload, &read); err != nil {
		return 0, nil, fmt.Errorf("read v3 payload: %w", err)
	}
	var translated any = translateData(read.Data)
	if len(read.Errors) > 0 {
		first := read.Errors[0]
		translated = oldProblem{oldWord(status, first.Code), first.Detail, first.Detail}
		status = oldStatus(status)
	}
	written, err := json.Marshal(translated)
	if err != nil {
		return 0, nil, fmt.Errorf("write v2 payload: %w", err)
	}
	return status, written, nil
}

func oldStatus(status int) int {
	switch status {
	case http.StatusUnprocessableEntity:
		return http.StatusBadRequest
	case http.StatusBadGateway:
		return http.StatusServiceUnavailable
	default:
		return status
	}
}

// oldWord is v2's word for a refusal of the provider. An unidentified person (00355) is
// "not_found" under a status 400.
func oldWord(status int, code string) string {
	switch {
	case status == http.StatusNotFound, code == "00355":
		return "not_found"
	case status == http.StatusUnprocessableEntity:
		return "bad_request"
	case status == http.StatusGatewayTimeout:
		return "timeout_error"
	case strings.HasSuffix(code, "001"):
		return "provider_unavailable"
	default:
		return "provider_unknown_error"
	}
}

// translateData flattens the quotient and renames the members; a section that v3 leaves out
// is left out, one that is null stays null.
func translateData(data map[string]any) map[string]any {
	old := map[string]any{}
	if written, present := data["quotient_familial"]; present {
		quotient, _ := written.(map[string]any)
		old["quotientFamilial"], old["regime"] = quotient["valeur"], quotient["fournisseur"]
		for _, member := range []string{"annee", "mois", "annee_calcul", "mois_calcul"} {
			old[member] = quotient[member]
		}
	}
	for _, section := range []string{"allocataires", "enfants"} {
		if written, present := data[section]; present {
			old[section] = translatePersons(written)
		}
	}
	if written, present := data["adresse"]; present {
		old["adresse"] = translateAddress(written)
	}
	return old
}

func translatePersons(written any) any {
	persons, ok := written.([]any)
	if !ok {
		return nil
	}
	old := make([]any, 0, len(persons))
	for _, each := range persons {
		person, _ := each.(map[string]any)
		date, _ := person["date_naissance"].(string)
		parts := strings.Split(cmp.Or(date, "--"), "-")
		old = append(old, map[string]any{
			"nomNaissance": person["nom_naissance"], "nomUsuel": person["nom_usage"], "prenoms": person["prenoms"],
			"anneeDateDeNaissance": parts[0], "moisDateDeNaissance": parts[1], "jourDateDeNaissance": parts[2],
			"sexe": person["sexe"],
		})
	}
	return old
}

func translateAddress(written any) any {
	address, ok := written.(map[string]any)
	if !ok {
		return nil
	}
	return map[string]any{
		"identite":                          address["destinataire"],
		"complementInformation":             address["complement_information"],
		"complementInformationGeographique": address["complement_information_geographique"],
		"numeroLibelleVoie":                 address["numero_libelle_voie"],
		"lieuDit":                           address["lieu_dit"],
		"codePostalVille":                   address["code_postal_ville"],
		"pays":                              address["pays"],
	}
}
