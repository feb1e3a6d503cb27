package sirene

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// answer is what we read of an answer; INSEE adds members freely.
type answer struct {
	Header struct {
		Status int `json:"statut"`
	} `json:"header"`
	Establishment struct {
		Siret string `json:"siret"`
		Unit  struct {
			Name string `json:"denominationUniteLegale"`
		} `json:"uniteLegale"`
		Address struct {
			Postcode string `json:"codePostalEtablissement"`
			COG      string `json:"codeCommuneEtablissement"`
		} `json:"adresseEtablissement"`
		// Periods starts with the current one.
		Periods []struct {
			State string `json:"etatAdministratifEtablissement"`
		} `json:"periodesEtablissement"`
	} `json:"etablissement"`
}

// The administrative states of an establishment.
const (
	stateActive = "A"
	stateClosed = "F"
)

// INSEE writes [ND] in the place of what it may not tell.
const withheld = "[ND]"

var (
	postcodeFormat = regexp.MustCompile(`^[0-9]{5}$`)
	cogFormat      = regexp.MustCompile(`^[0-9][0-9AB][0-9]{3}$`)
)

// read understands an answer about siret. A 404 counts only when the register itself gives
// it: a wrong route or a proxy answers so too. The words of an answer appear in no error.
func read(status int, body []byte, siret value.Siret) (directory.Establishment, error) {
	var a answer
	err := json.Unmarshal(body, &a)
	switch {
	case status == http.StatusNotFound && err == nil && a.Header.Status == http.StatusNotFound:
		return directory.Establishment{}, fault.New(fault.NotFound, "registry.unknown")
	case status != http.StatusOK:
		return directory.Establishment{}, unavailable(errors.New("status " + strconv.Itoa(status)))
	case err != nil:
		return directory.Establishment{}, unavailable(errors.New("answer not understood"))
	case a.Establishment.Siret != siret.String():
		return directory.Establishment{}, unavailable(errors.New("answer about another SIRET"))
	case len(a.Establishment.Periods) == 0:
		return directory.Establishment{}, unavailable(errors.New("answer without a period"))
	}
	state := a.Establishment.Periods[0].State
	if state != stateActive && state != stateClosed {
		return directory.Establishment{}, unavailable(errors.New("answer without a known state"))
	}
	return directory.Establishment{
		Name:     told(a.Establishment.Unit.Name),
		COG:      cogFormat.FindString(a.Establishment.Address.COG),
		Postcode: postcodeFormat.FindString(a.Establishment.Address.Postcode),
		Closed:   state == stateClosed,
	}, nil
}

func told(text string) string {
	if text == withheld {
		return ""
	}
	return text
}

func unavailable(cause error) error {
	return fault.Because(fault.Unavailable, "registry.unavailable", cause)
}
