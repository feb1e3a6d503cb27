package api

import (
	"crypto/sha256"
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
)

// readQuery reads the parameters of a call, each once (web.HandleClient); one that the route
// does not know is refused: a filter that is misspelt would select everything.
func readQuery(c *gin.Context, known ...string) (url.Values, error) {
	given := c.Request.URL.Query()
	for name := range given {
		if !slices.Contains(known, name) {
			return nil, malformed("call.parameter_unknown")
		}
	}
	return given, nil
}

// The parameters of every list.
const (
	limitName   = "limite"
	cursorName  = "suivant"
	usualLimit  = 50
	mostAtOnce  = 100
	cursorBytes = 200 // many times what a cursor takes
)

// page is the part of a list that is asked for.
type page struct {
	limit int
	after string // the key of the last line of the page before; "" for the first page
}

// readPage reads which part of a list is asked for. list names it, so that the cursor of one
// says nothing to another.
func readPage(given url.Values, list string) (page, error) {
	asked := page{limit: usualLimit}
	if given.Has(limitName) {
		limit, err := strconv.Atoi(given.Get(limitName))
		if err != nil || limit < 1 || limit > mostAtOnce {
			return page{}, malformed("call.limit_invalid")
		}
		asked.limit = limit
	}
	if !given.Has(cursorName) {
		return asked, nil
	}
	cursor := given.Get(cursorName)
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	name, key, _ := strings.Cut(string(text), " ")
	if err != nil || len(cursor) > cursorBytes || name != list || key == "" {
		return page{}, malformed("call.cursor_invalid")
	}
	asked.after = key
	return asked, nil
}

// cursor is the place after a line of a list.
func cursor(list, key string) *string {
	text := base64.RawURLEncoding.EncodeToString([]byte(list + " " + key))
	return &text
}

// listed is a page of a list.
type listed[T any] struct {
	Data []T     `json:"donnees"`
	Next *string `json:"suivant"` // null on the last page
}

// readSiret reads the SIRET of an address or of a filter.
func readSiret(text string) (value.Siret, error) {
	siret, err := value.ParseExactSiret(text)
	if err != nil {
		return "", malformed("call.siret_invalid")
	}
	return siret, nil
}

// maxKey is the length of an Idempotency-Key.
const maxKey = 255

// readKey reads the one Idempotency-Key of a call. also is what the call asks besides: asked
// with the same key for something else, it is another call.
func readKey(c *gin.Context, also string) (credential.Key, error) {
	given := c.Request.Header.Values("Idempotency-Key")
	switch {
	case len(given) == 0:
		return credential.Key{}, malformed("call.key_missing")
	case len(given) > 1 || !visible(given[0]):
		return credential.Key{}, malformed("call.key_invalid")
	}
	return sha256.Sum256([]byte(given[0] + "\n" + also)), nil
}

func visible(text string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	return text != "" && len(text) <= maxKey && !strings.ContainsFunc(text, odd)
}

// readMembers reads the members of a body, an object of JSON; without body it has none.
func readMembers(c *gin.Context, body []byte, known ...string) (object, error) {
	if len(body) == 0 {
		return object{}, nil
	}
	kind, _, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || len(c.Request.Header.Values("Content-Type")) > 1 {
		return nil, badCall{http.StatusUnsupportedMediaType, "call.body_type"}
	}
	given, err := readObject(body)
	if err != nil {
		return nil, malformed("call.body_malformed")
	}
	for name := range given {
		if !slices.Contains(known, name) {
			return nil, malformed("call.member_unknown")
		}
	}
	return given, nil
}
