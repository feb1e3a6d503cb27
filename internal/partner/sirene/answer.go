package sirene

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

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
		Siret   string `json:"siret"`
		Unit    unit   `json:"uniteLegale"`
		Address struct {
			Postcode string `json:"codePostalEtablissement"`
			COG      string `json:"codeCommuneEtablissement"`
		} `json:"adresseEtablissement"`
		// Periods starts with the current one.
		Periods []period `json:"periodesEtablissement"`
	} `json:"etablissement"`
}

// unit is the legal unit of an establishment. A natural person has no denomination.
type unit struct {
	Denomination  string `json:"denominationUniteLegale"`
	UsualGiven    string `json:"prenomUsuelUniteLegale"`
	FirstGiven    string `json:"prenom1UniteLegale"`
	UsedFamily    string `json:"nomUsageUniteLegale"`
	Family        string `json:"nomUniteLegale"`
	LegalCategory string `json:"categorieJuridiqueUniteLegale"`
}

// period is a time during which nothing of the establishment changed in the register.
type period struct {
	From  string `json:"dateDebut"`
	State string `json:"etatAdministratifEtablissement"`
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
	categoryFormat = regexp.MustCompile(`^[0-9]{4}$`)
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
		Name:          a.Establishment.Unit.name(),
		LegalCategory: categoryFormat.FindString(a.Establishment.Unit.LegalCategory),
		COG:           cogFormat.FindString(a.Establishment.Address.COG),
		Postcode:      postcodeFormat.FindString(a.Establishment.Address.Postcode),
		Closed:        state == stateClosed,
		ClosedOn:      closedOn(a.Establishment.Periods),
	}, nil
}

// name is the denomination as the register writes it, often in capitals; of a natural
// person, what the register tells of given and family name.
func (u unit) name() string {
	given := cmp.Or(told(u.UsualGiven), told(u.FirstGiven))
	family := cmp.Or(told(u.UsedFamily), told(u.Family))
	return cmp.Or(told(u.Denomination), strings.TrimSpace(given+" "+family))
}

// closedOn is when the current state began, if it is closed: each change of a closed
// establishment, such as its name, begins a further closed period.
func closedOn(periods []period) time.Time {
	var from string
	for _, p := range periods {
		if p.State != stateClosed {
			break
		}
		from = p.From
	}
	date, err := time.Parse(time.DateOnly, from)
	if err != nil { // open, or not told
		return time.Time{}
	}
	return date
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
