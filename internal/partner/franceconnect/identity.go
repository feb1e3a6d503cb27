package franceconnect

import (
	"encoding/json"
	"errors"
	"strings"

	"portail-qf/internal/domain/dossier"
)

// readIdentity reads the civil status with tolerance: a claim that is absent, null or of
// another type than a text is absent, and any text is taken as it is, empty, long or
// partial. A sign-in never fails on a civil status that FranceConnect vouches for: the
// form of before did, on every page, for a birth date it could not parse
// (formulaire-qf.md W13).
func readIdentity(userInfo json.RawMessage) (dossier.PivotIdentity, error) {
	var claims map[string]json.RawMessage
	if json.Unmarshal(userInfo, &claims) != nil {
		return dossier.PivotIdentity{}, errors.New("read identity: userinfo is not an object")
	}
	var identity dossier.PivotIdentity
	identity.PreferredUsername, _ = text(claims["preferred_username"])
	identity.GivenNames = texts(claims["given_name_array"])
	// The order is that of the dossier format.
	for _, claim := range []struct {
		name  string
		field *string
	}{
		{"family_name", &identity.FamilyName},
		{"given_name", &identity.GivenName},
		{"gender", &identity.Gender},
		{"birthdate", &identity.Birthdate},
		{"birthplace", &identity.Birthplace},
		{"birthcountry", &identity.Birthcountry},
	} {
		said, ok := text(claims[claim.name])
		if !ok && claim.name == "given_name" && len(identity.GivenNames) > 0 {
			// FranceConnect says the first names twice, so once is enough: given_name
			// is the array joined by spaces (reference/identity.md §1.5).
			said, ok = strings.Join(identity.GivenNames, " "), true
		}
		if ok {
			*claim.field = said
			identity.Present = append(identity.Present, claim.name)
		}
	}
	return identity, nil
}

// text reads a JSON string; anything else, null included, is not one.
func text(raw json.RawMessage) (string, bool) {
	var said *string
	if len(raw) == 0 || json.Unmarshal(raw, &said) != nil || said == nil {
		return "", false
	}
	return *said, true
}

// texts reads an array of JSON strings; one stranger among them disqualifies it.
func texts(raw json.RawMessage) []string {
	var elements []json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &elements) != nil {
		return nil
	}
	var said []string
	for _, element := range elements {
		one, ok := text(element)
		if !ok {
			return nil
		}
		said = append(said, one)
	}
	return said
}
