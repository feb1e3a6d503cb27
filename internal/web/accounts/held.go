package accounts

import "encoding/base64"

const (
	// paramHeld carries a sealed form through the page that asks for a sign-in or a
	// confirmation.
	paramHeld = "suite"
	// carriedPlace seals what is carried, whosever it is.
	carriedPlace = "form carried through a page"
)

// carry writes a sealed form on a page. It is sealed once more: what comes back is known to be
// ours before anybody is signed in.
func (h *Handler) carry(held []byte) string {
	return base64.RawURLEncoding.EncodeToString(h.SignIns.Vault.Seal(held, carriedPlace))
}

// carried reads what carry wrote; nil for anything else, of which nothing is kept.
func (h *Handler) carried(sent string) []byte {
	sealed, err := base64.RawURLEncoding.DecodeString(sent)
	if err != nil {
		return nil
	}
	held, err := h.SignIns.Vault.Open(sealed, carriedPlace)
	if err != nil {
		return nil
	}
	return held
}
