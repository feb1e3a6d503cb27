package account

import "slices"

// StrongLevels are the values of acr that prove a second factor. ProConnect compares them
// one by one, without order, so a demand lists them all. Those of eidas0 are left out, with
// a second factor too: their link to the organisation is only declared
// (reference/identity.md §2.5).
var StrongLevels = [...]string{"eidas1-mfa", "eidas2", "eidas3"}

// vouchedLevels are the values of acr of a person whose link to the organisation somebody
// other than the person vouches for (reference/identity.md §2.5).
var vouchedLevels = [...]string{"eidas1", "eidas1-mfa", "eidas2", "eidas3"}

// Vouched tells whether the acr of a verified id_token vouches for the establishment of
// the sign-in. Of eidas0 the person declared it herself; an acr that is absent or unknown
// vouches for nothing.
func Vouched(acr string) bool { return slices.Contains(vouchedLevels[:], acr) }

// Strong tells whether the acr and the amr of a verified id_token prove a second factor.
// Some identity providers ask for one and yet answer eidas1: their amr then says so
// (reference/identity.md §2.5). Any other acr, absent or unknown, proves nothing, whatever
// amr says.
func Strong(acr string, amr []string) bool {
	return slices.Contains(StrongLevels[:], acr) ||
		acr == "eidas1" && slices.Contains(amr, "mfa")
}
