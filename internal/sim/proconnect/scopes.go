package proconnect

import "slices"

// idScopes are the scopes that exist (§2.4); each opens the claim of its name, but openid
// (sub) and phone (phone_number).
var idScopes = []string{
	"openid", "given_name", "usual_name", "email", "uid", "siret", "idp_id", "roles", "organization_label", "phone",
	"siren", "organizational_unit", "belonging_population", "chorusdt", "idp_acr", "custom",
}

// proConnectIdentite is the identity provider of who names none (§2.4).
const proConnectIdentite = "71144ab3-ee1a-4401-b7b3-79b44f7daeeb"

func known(scope string) bool { return slices.Contains(idScopes, scope) }

func claimOf(scope string) string {
	switch scope {
	case "openid":
		return "sub"
	case "phone":
		return "phone_number"
	}
	return scope
}

// claimsSupported are those that the discovery document names.
func claimsSupported() []string {
	var names []string
	for _, scope := range idScopes {
		names = append(names, claimOf(scope))
	}
	return append(names, "acr", "amr", "at_hash", "auth_time", "nonce", "aud", "exp", "iat", "iss")
}
