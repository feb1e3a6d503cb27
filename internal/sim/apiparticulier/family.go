package apiparticulier

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Route names one of the three quotient routes, as DEMO.md's PUT /_sim/families does.
type Route string

// The three routes.
const (
	RouteV2              Route = "v2"
	RouteV3Identity      Route = "v3_identite"
	RouteV3FranceConnect Route = "v3_franceconnect"
)

// Family is what one route answers for one person.
type Family struct {
	Description string
	Route       Route
	Params      Params
	Status      int
	Payload     json.RawMessage
	// Identity, when not nil, is how the person is offered on FranceConnect's choice page.
	Identity *Identity
	// OutsideContract says, when not empty, what the payload has that the official OpenAPI
	// file excludes although it was seen in production.
	OutsideContract string
}

// Identity is an entry of FranceConnect's choice page.
type Identity struct {
	Key   string `yaml:"key"`
	Label string `yaml:"label"` // French
}

// Expect tells what a sign-in with this family leads to: "ok", "not_found" or "error"
// (DEMO.md, GET /_sim/identities).
func (f Family) Expect() string {
	switch f.Status {
	case http.StatusOK:
		return "ok"
	case http.StatusNotFound:
		return "not_found"
	default:
		return "error"
	}
}

// Claims is the person as FranceConnect describes her (reference/identity.md §1.5): the
// pivot identity and, where she has one, the usual name. ok is false when the parameters
// lack a part that FranceConnect always gives.
func (f Family) Claims() (claims map[string]any, ok bool) {
	p := f.Params
	gender := map[string]string{"M": "male", "F": "female"}[strings.ToUpper(p.Sex)]
	if p.BirthName == "" || len(p.FirstNames) == 0 || p.BirthDay == "" || p.Country == "" || gender == "" ||
		(p.Country == codeFrance && p.Commune == "") {
		return nil, false
	}
	claims = map[string]any{
		"family_name":      p.BirthName,
		"given_name":       strings.Join(p.FirstNames, " "),
		"given_name_array": p.FirstNames,
		"gender":           gender,
		"birthdate":        p.BirthYear + "-" + twoDigits(p.BirthMonth) + "-" + twoDigits(p.BirthDay),
		"birthplace":       p.Commune,
		"birthcountry":     p.Country,
	}
	if p.UsualName != "" {
		claims["preferred_username"] = p.UsualName
	}
	return claims, true
}

func twoDigits(number string) string {
	if len(number) == 1 {
		return "0" + number
	}
	return number
}
