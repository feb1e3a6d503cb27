package inquiry

import (
	"crypto/sha256"
	"encoding/binary"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"portail-qf/internal/domain/value"
)

const (
	// maxQuery and maxValue are far more than any person's name and birth take.
	maxQuery = 8 << 10 // octets
	maxValue = 255
)

// Query is what a program asked, before anything is said of its worth.
type Query struct {
	Version Version
	// ShowsToken: a token came in the address, which logs and proxies keep.
	ShowsToken bool

	given [parameters][]string
	wrong [parameters]bool // came twice, in another shape, or is no text
}

// Read reads a query string. ok is false for one that is too long to be read. What it
// names beside the parameters is not looked at.
func Read(version Version, raw string) (query Query, ok bool) {
	query = Query{Version: version}
	if len(raw) > maxQuery {
		return query, false
	}
	for pair := range strings.SplitSeq(raw, "&") {
		name, text, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err == nil {
			query.take(name, text)
		}
	}
	return query, true
}

func (q *Query) take(name, escaped string) {
	base, bracket, _ := strings.Cut(name, "[")
	if strings.EqualFold(base, "token") {
		q.ShowsToken = true
	}
	known := names[q.Version]
	at := parameter(slices.Index(known[:], base))
	if at < 0 {
		return
	}
	text, err := url.QueryUnescape(escaped)
	if err != nil || !isText(text) {
		q.wrong[at] = true
		return
	}
	several := at == firstNames
	isListed := bracket != "" || strings.HasSuffix(name, "[")
	switch {
	case several != isListed || isListed && name != base+list:
		q.wrong[at] = true
	case !several && q.given[at] != nil:
		q.wrong[at] = true
	}
	q.given[at] = append(q.given[at], text)
}

// isText tells a line that a person may have typed from whatever else bytes can be.
func isText(text string) bool {
	return len(text) <= maxValue && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// text is the one value of a parameter; "" for an absent or a blank one, which the
// service takes for the same.
func (q *Query) text(at parameter) string {
	if len(q.given[at]) == 0 || strings.TrimSpace(q.given[at][0]) == "" {
		return ""
	}
	return q.given[at][0]
}

// Recipient is the administration that is to receive the data, own being the token's. The
// second version may leave it out. ok is false for what is no SIRET.
func (q *Query) Recipient(own value.Siret) (asked value.Siret, ok bool) {
	text := q.text(recipient)
	if text == "" && !q.wrong[recipient] && q.Version == V2 {
		return own, true
	}
	asked, err := value.ParseExactSiret(text)
	return asked, err == nil && !q.wrong[recipient]
}

// Key is the same for two calls of a token that ask the same, whatever the order of the
// parameters, and tells nothing of what they ask.
func (q *Query) Key(tokenID string) [sha256.Size]byte {
	written := []byte{byte(q.Version)}
	write := func(text string) {
		written = binary.AppendUvarint(written, uint64(len(text)))
		written = append(written, text...)
	}
	write(tokenID)
	for at := range parameters {
		written = binary.AppendUvarint(written, uint64(len(q.given[at])))
		for _, text := range q.given[at] {
			write(text)
		}
	}
	return sha256.Sum256(written)
}
