package franceconnect

import (
	"slices"
	"strings"
)

// pivot is the identity that the State's register (RNIPP) vouches for, §1.5.
var pivot = []string{"given_name", "given_name_array", "family_name", "birthdate", "gender", "birthplace", "birthcountry"}

// scopeClaims says which claims of userinfo each scope opens (§1.5).
func scopeClaims(scope string) []string {
	switch scope {
	case "openid":
		return []string{"sub"}
	case "identite_pivot":
		return pivot
	case "profile":
		return []string{"given_name", "given_name_array", "family_name", "birthdate", "gender", "preferred_username"}
	case "birth":
		return []string{"birthplace", "birthcountry"}
	case "given_name":
		return []string{"given_name", "given_name_array"}
	case "family_name", "birthdate", "gender", "birthplace", "birthcountry", "email",
		"preferred_username", "idp_birthdate", "amr", "idp_id":
		return []string{scope}
	}
	return nil
}

// opensData tells the scopes that authorise data APIs and add nothing to userinfo.
func opensData(scope string) bool {
	return slices.ContainsFunc([]string{"cnaf_", "cnav_", "cnous_", "dgfip_", "dss_", "men_", "mesri_", "msa_", "pole_emploi_"},
		func(prefix string) bool { return strings.HasPrefix(scope, prefix) })
}

func known(scope string) bool { return scopeClaims(scope) != nil || opensData(scope) }

// identityScopes are those that the discovery document names.
var identityScopes = []string{
	"openid", "identite_pivot", "profile", "birth", "given_name", "family_name", "birthdate", "gender",
	"birthplace", "birthcountry", "email", "preferred_username", "idp_birthdate", "amr", "idp_id",
}
