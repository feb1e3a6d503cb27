package proconnect

import (
	"encoding/json"
	"slices"
	"strings"

	"portail-qf/internal/sim/oidc"
)

// levels are the seven values of acr (§2.5).
var levels = []string{
	"eidas0", "eidas0-mfa", "eidas1", "eidas1-mfa", "eidas2", "eidas3",
	"https://proconnect.gouv.fr/assurance/certification-dirigeant",
}

// demand is what an authorisation wants to know of the level, and wants it to be.
type demand struct {
	acr       bool     // acr belongs in the id_token
	amr       bool     // amr too
	essential bool     // the level is demanded
	values    []string // those accepted; empty: any
}

// accepts tells whether a level will do: an exact match, without ordering (§2.5).
func (d demand) accepts(acr any) bool {
	text, isText := acr.(string)
	return !d.essential || len(d.values) == 0 || isText && slices.Contains(d.values, text)
}

// readDemand reads the parameters claims and acr_values. The latter is legacy: its values
// are wishes. Beside an essential acr its effect is documented as unspecified: refused.
func readDemand(claims, acrValues string) (demand, error) {
	d, err := readClaims(claims)
	if err != nil {
		return d, err
	}
	if strings.TrimSpace(acrValues) != "" {
		if d.essential {
			return d, oidc.ByRedirect("invalid_request", "acr_values must not be used with an essential acr claim")
		}
		d.acr = true
	}
	return d, nil
}

func readClaims(parameter string) (demand, error) {
	if parameter == "" {
		return demand{}, nil
	}
	var claims map[string]map[string]json.RawMessage
	if err := json.Unmarshal([]byte(parameter), &claims); err != nil || claims == nil {
		return demand{}, oidc.ByRedirect("invalid_request", "could not parse the claims parameter JSON")
	}
	for place := range claims {
		if place != "id_token" {
			return demand{}, oidc.ByRedirect("invalid_request", "claims parameter should have id_token only")
		}
	}
	var d demand
	for name, value := range claims["id_token"] {
		var err error
		switch name {
		case "amr":
			d.amr, err = true, checkAMR(value)
		case "acr":
			d.acr = true
			d.essential, d.values, err = readACR(value)
		default:
			err = oidc.ByRedirect("invalid_request", "claims.id_token."+name+" cannot be requested")
		}
		if err != nil {
			return demand{}, err
		}
	}
	return d, nil
}

func checkAMR(value json.RawMessage) error {
	var wish struct {
		Essential bool `json:"essential"`
	}
	if json.Unmarshal(value, &wish) != nil {
		return oidc.ByRedirect("invalid_request", "claims.id_token.amr should be null or an object")
	}
	return nil
}

// readACR reads null, {"essential":true,"values":[…]} or {"essential":true,"value":"…"}.
// Values that are not essential are wishes, and change nothing here.
func readACR(value json.RawMessage) (essential bool, values []string, err error) {
	var wish struct {
		Essential bool      `json:"essential"`
		Value     *string   `json:"value"`
		Values    *[]string `json:"values"`
	}
	if json.Unmarshal(value, &wish) != nil || wish.Value != nil && wish.Values != nil || wish.Values != nil && len(*wish.Values) == 0 {
		return false, nil, oidc.ByRedirect("invalid_request", "invalid claims.id_token.acr value")
	}
	switch {
	case wish.Value != nil:
		values = []string{*wish.Value}
	case wish.Values != nil:
		values = *wish.Values
	}
	return wish.Essential, values, nil
}

// reach is how a person comes to a demanded level.
type reach int

const (
	directly    reach = iota // at her own level
	byCode                   // with a code that ProConnect sends by e-mail
	unreachable              // access_denied
)

// reach tells how the person meets the demand. ProConnect sends a code to who has no
// second factor at her provider (§2.5).
func (p person) reach(d demand) reach {
	switch {
	case d.accepts(p.level()):
		return directly
	case d.accepts(withCode(p.level())) && !slices.Contains(p.texts("amr"), "mfa"):
		return byCode
	}
	return unreachable
}

// withCode is the level of a single factor completed by the code, or "". That the contract
// says of eidas1; a self-declared link stays one, hence eidas0-mfa.
func withCode(level string) string {
	if level == "eidas0" || level == "eidas1" {
		return level + "-mfa"
	}
	return ""
}

// alwaysAnew tells the levels that a session does not prove again (§2.5).
func alwaysAnew(acr any) bool { return acr == "eidas2" || acr == "eidas3" }
