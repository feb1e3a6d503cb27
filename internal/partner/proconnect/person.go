package proconnect

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/partner/oidc"
)

const (
	textLimit    = 256 // characters; ProConnect's own for a name (reference/identity.md §2.4)
	subjectLimit = 255 // octets (OpenID Connect Core §2)
)

// readPerson reads a person with tolerance: a claim that is absent, null or of another
// type than a text is "". Only what makes the account is demanded: a subject and an e-mail.
// Both are taken whole or refused, never cut or cleaned, which would make them those of
// somebody else.
func readPerson(verified oidc.Verified) (account.Person, error) {
	said := verified.UserInfo
	written, _ := said.Text("email")
	address, reachable := readMail(strings.TrimSpace(written))
	switch {
	case len(verified.Subject) > subjectLimit || !printableASCII(verified.Subject):
		return account.Person{}, errors.New("read person: sub is not 255 printable ASCII characters at most")
	case !reachable:
		return account.Person{}, errors.New("read person: no e-mail, or not an e-mail")
	}
	acr, amr := readProofs(verified.Claims)
	return account.Person{
		Subject:           verified.Subject,
		GivenName:         strings.TrimSpace(shown(said, "given_name")),
		UsualName:         strings.TrimSpace(shown(said, "usual_name")),
		Mail:              address,
		Siret:             shown(said, "siret"),
		OrganisationLabel: strings.TrimSpace(shown(said, "organization_label")),
		ProviderID:        shown(said, "idp_id"),
		AuthenticatedAt:   verified.Claims.Time("auth_time"),
		ACR:               acr,
		AMR:               amr,
		IDToken:           verified.IDToken,
	}, nil
}

// readProofs reads how people proved who they are, in the id_token and nowhere else.
// What is not read as it was written is absent: a proof is never mended.
func readProofs(idToken oidc.Claims) (acr string, amr []string) {
	acr, _ = idToken.Text("acr")
	if acr != printable(acr) {
		acr = ""
	}
	amr = idToken.Texts("amr")
	if slices.ContainsFunc(amr, func(method string) bool { return method != printable(method) }) {
		amr = nil
	}
	return acr, amr
}

func shown(claims oidc.Claims, name string) string {
	said, _ := claims.Text(name)
	return printable(said)
}

// printable keeps 256 characters at most and none that cannot be seen: those would forge a
// line of a log, or turn the direction of writing of a page.
func printable(said string) string {
	seen := []rune(strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return -1
	}, said))
	return string(seen[:min(len(seen), textLimit)])
}

// readMail reads an address that one can write to, in lower case: its case is not
// guaranteed (reference/identity.md §2.4). ASCII alone is believed: no other address can be
// written to everywhere, and the lower case of a few other letters is an ASCII one: the
// Kelvin sign would give the address of somebody else.
func readMail(said string) (address string, ok bool) {
	if !printableASCII(said) {
		return "", false
	}
	address, err := account.ParseMail(said)
	return address, err == nil
}

// printableASCII tells a text of visible characters, spaces excluded.
func printableASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

func fourteenDigits(text string) bool {
	return len(text) == 14 && !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}
