package franceconnect

import (
	"strings"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/partner/oidc"
)

// readIdentity reads the civil status with tolerance: a claim that is absent, null or of
// another type than a text is absent, and any text is taken as it is, empty, long or
// partial. A sign-in never fails on a civil status that FranceConnect vouches for: the
// form of before did, on every page, for a birth date it could not parse
// (formulaire-qf.md W13).
func readIdentity(userInfo oidc.Claims) dossier.PivotIdentity {
	var identity dossier.PivotIdentity
	identity.PreferredUsername, _ = userInfo.Text("preferred_username")
	identity.GivenNames = userInfo.Texts("given_name_array")
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
		said, ok := userInfo.Text(claim.name)
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
	return identity
}
