package dossier

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
)

const (
	// maxExternalID is counted in characters, not in octets (PRODUCT.md 3.6).
	maxExternalID = 255
	// linkLife is how long a cleaned address may be used: the time to read the page and
	// press the button (SETTLED.md, web).
	linkLife  = 30 * time.Minute
	linkPlace = "link of an arrival"
	// unprintable are the separators of lines and paragraphs, the mark of a text that was
	// already damaged, and two codes that are no characters: XML could not hold them.
	unprintable = "\u2028\u2029\ufffd\ufffe\uffff"
)

// Arrival is what a link of the town's software brought. It belongs to one collectivity
// and one attempt: nothing of it outlives them.
type Arrival struct {
	Siret      value.Siret      `json:"siret"`
	ExternalID *string          `json:"external_id"` // verbatim; nil when none or unusable
	Return     directory.Return `json:"return"`      // zero when none or not declared
	// ExternalIDUnusable: one came, too long, with control characters, or several at
	// once. The form goes on without it and says so.
	ExternalIDUnusable bool `json:"external_id_unusable"`
	// ReturnUndeclared: a return address came that nobody declared.
	ReturnUndeclared bool `json:"return_undeclared"`
}

// IsEmpty reports whether the link brought nothing, not even something unusable.
func (a Arrival) IsEmpty() bool {
	return a.ExternalID == nil && a.Return.URL == "" && !a.ExternalIDUnusable && !a.ReturnUndeclared
}

// NewArrival reads the two parameters of the editors' guide 5.b, each as often as it came
// in the address. Given several times, a parameter is unusable: nobody can tell which one
// was meant.
func NewArrival(c directory.Collectivity, externalIDs, redirectURIs []string) Arrival {
	arrival := Arrival{Siret: c.Siret}
	switch {
	case len(externalIDs) == 1 && externalIDs[0] == "":
	case len(externalIDs) == 1 && usableExternalID(externalIDs[0]):
		arrival.ExternalID = &externalIDs[0]
	case len(externalIDs) > 0:
		arrival.ExternalIDUnusable = true
	}
	switch {
	case len(redirectURIs) == 1 && redirectURIs[0] == "":
	case len(redirectURIs) == 1:
		allowed, ok := directory.AllowedReturn(redirectURIs[0], c.Returns)
		arrival.Return, arrival.ReturnUndeclared = allowed, !ok
	case len(redirectURIs) > 1:
		arrival.ReturnUndeclared = true
	}
	return arrival
}

// usableExternalID accepts any printable text up to 255 characters: identifiers of
// editors, whatever their shape.
func usableExternalID(text string) bool {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxExternalID {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || strings.ContainsRune(unprintable, r)
	})
}

// sealedLink is an Arrival on its way through the citizen's address bar.
type sealedLink struct {
	Arrival
	At time.Time `json:"at"`
}

// SealLink turns an arrival into an opaque text for the address of the form, bound to its
// collectivity and to the next 30 minutes.
func (j *Journey) SealLink(arrival Arrival) (string, error) {
	plain, err := json.Marshal(sealedLink{Arrival: arrival, At: j.Now()})
	if err != nil {
		return "", fmt.Errorf("write link: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(j.Vault.Seal(plain, linkPlace)), nil
}

// OpenLink reads a sealed link for a collectivity. False when it was altered, is of
// another collectivity, or is more than 30 minutes old; an empty link is an empty arrival.
func (j *Journey) OpenLink(text string, siret value.Siret) (Arrival, bool) {
	none := Arrival{Siret: siret}
	if text == "" {
		return none, true
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return none, false
	}
	plain, err := j.Vault.Open(sealed, linkPlace)
	if err != nil {
		return none, false
	}
	var link sealedLink
	if err := json.Unmarshal(plain, &link); err != nil {
		return none, false
	}
	// A link from the future is of another instance, whose clock is a little ahead.
	if link.Siret != siret || j.Now().Sub(link.At) > linkLife {
		return none, false
	}
	return link.Arrival, true
}
