package notice

import (
	"net/mail"
	"strings"
	"unicode"

	"portail-qf/internal/domain/fault"
)

// maxAddress is the longest address that SMTP carries (RFC 5321, 4.5.3.1.3).
const maxAddress = 254

// ParseAddress reads one address as a person types it, and gives it in lower case. One
// with an accent is refused: hardly any relay takes it, and nearly always it is a slip.
// Code: mail.address_invalid.
func ParseAddress(typed string) (string, error) {
	address := strings.ToLower(strings.TrimSpace(typed))
	_, domain, _ := strings.Cut(address, "@")
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > maxAddress || !strings.Contains(domain, ".") || !isASCII(typed) {
		return "", fault.New(fault.Invalid, "mail.address_invalid")
	}
	return address, nil
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// Distinct leaves every address once: the first one as it is written; a copy that is also
// an addressee is dropped. Addresses that differ by their capitals are the same.
func (r Recipients) Distinct() Recipients {
	seen := map[string]bool{}
	distinct := func(addresses []string) (kept []string) {
		for _, address := range addresses {
			address = strings.TrimSpace(address)
			folded := strings.ToLower(address)
			if address == "" || seen[folded] {
				continue
			}
			seen[folded] = true
			kept = append(kept, address)
		}
		return kept
	}
	return Recipients{To: distinct(r.To), CC: distinct(r.CC)}
}

// OneLine makes of a name, wherever it comes from, a text that cannot leave its line: no
// line feed, no control character, no mark that turns the line round; limit characters at
// most.
func OneLine(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	words := strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f'
	})
	cleaned := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.Join(words, " "))
	if letters := []rune(cleaned); len(letters) > limit {
		return strings.TrimRight(string(letters[:limit-1]), " ") + "…"
	}
	return cleaned
}
