package qfgateway

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/inquiry"
	"portail-qf/internal/web"
)

// The content types (§7.4): errors of the third version are named as JSON:API's, whatever
// else is plain.
const (
	typeJSON   = "application/json; charset=utf-8"
	typeErrors = "application/vnd.api+json"
)

// reply is a refusal as it is written.
type reply struct {
	version inquiry.Version
	status  int
	code    string // for the trace: the first
	body    any
	text    []byte // of the body, where it was written before
}

// problems is the body of an error of the third version.
type problems struct {
	Errors []inquiry.Problem `json:"errors"`
}

// flat is the body of an error that a middleware of the second version gives.
type flat struct {
	Errors []string `json:"errors"`
}

// replyTo writes an error. known is false for one of ours, which the router tells.
func (h *Handler) replyTo(version inquiry.Version, err error) (r reply, known bool) {
	var (
		refused    refusal
		passed     *inquiry.Passed
		unanswered *inquiry.Unanswered
	)
	switch {
	case errors.Is(err, errTooLong):
		const status = http.StatusRequestURITooLong
		return ended(version, status, http.StatusText(status)), true
	case errors.As(err, &refused):
		return h.refused(version, refused), true
	case errors.As(err, &unanswered):
		return h.refused(version, refusal{unanswered.Code}), true
	case errors.As(err, &passed):
		r = reply{version: version, status: endings[passed.Ending].in(version), code: string(passed.Code()), body: problems{passed.Problems}}
		if version == inquiry.V2 {
			r.body = passed.Legacy
		}
		return r, true
	}
	return reply{}, false
}

// refused tells every code in the third version, the first in the second.
func (h *Handler) refused(version inquiry.Version, codes refusal) reply {
	if len(codes) == 1 {
		if r, ready := h.ready[version][codes[0]]; ready {
			return r
		}
	}
	return h.refusal(version, codes)
}

// readyReplies are the refusals of one code, written once: whoever is refused in a loop costs
// little.
func (h *Handler) readyReplies() map[inquiry.Version]map[inquiry.Code]reply {
	ready := map[inquiry.Version]map[inquiry.Code]reply{inquiry.V2: {}, inquiry.V3: {}}
	for version, replies := range ready {
		for code := range lines {
			r := h.refusal(version, refusal{code})
			r.text = encoded(r.body)
			replies[code] = r
		}
	}
	return ready
}

func (h *Handler) refusal(version inquiry.Version, codes refusal) reply {
	first := lines[codes[0]]
	r := reply{version: version, status: first.in(version), code: string(codes[0])}
	if version == inquiry.V2 {
		detail := h.told[string(codes[0])]
		r.body = inquiry.Legacy{Error: first.word, Reason: detail, Message: detail}
		if first.word == "" {
			r.body = flat{[]string{detail}}
		}
		return r
	}
	var told problems
	for _, code := range codes {
		l := lines[code]
		problem := inquiry.Problem{Code: code, Title: h.told["title."+l.title], Detail: h.told[string(code)], Meta: json.RawMessage(cmp.Or(l.meta, "{}"))}
		if l.origin != "" {
			problem.Source = &inquiry.Origin{Parameter: l.origin}
		}
		told.Errors = append(told.Errors, problem)
	}
	r.body = told
	return r
}

// sentences are API Particulier's own, by code; a test has every one of them.
func sentences(from *web.Templates) map[string]string {
	told := map[string]string{}
	for code, l := range lines {
		for _, name := range []string{string(code), "title." + l.title} {
			told[name], _ = from.Sentence("gateway." + name)
		}
	}
	return told
}

// ended tells that a call ended with a status of which the contract says nothing. Its code
// is made as that of 429 is.
func ended(version inquiry.Version, status int, message string) reply {
	code := "00" + strconv.Itoa(status)
	r := reply{version: version, status: status, code: code}
	if version == inquiry.V2 {
		word := strings.ReplaceAll(strings.ToLower(message), " ", "_")
		r.body = inquiry.Legacy{Error: word, Reason: message, Message: message}
		return r
	}
	r.body = problems{[]inquiry.Problem{{Code: inquiry.Code(code), Title: message, Detail: message, Meta: json.RawMessage("{}")}}}
	return r
}

func tellV2(c *gin.Context, status int, message string) { ended(inquiry.V2, status, message).write(c) }

func tellV3(c *gin.Context, status int, message string) { ended(inquiry.V3, status, message).write(c) }

func (r reply) write(c *gin.Context) {
	if r.status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", "Bearer")
	}
	kind := typeErrors
	if r.version == inquiry.V2 {
		kind = typeJSON
	}
	if r.text != nil {
		c.Data(r.status, kind, r.text)
		return
	}
	writeJSON(c, r.status, kind, r.body)
}

func writeJSON(c *gin.Context, status int, kind string, content any) {
	c.Data(status, kind, encoded(content))
}

func encoded(content any) []byte {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // CNAF & MSA
	_ = encoder.Encode(content)  // texts, and parts that were read as JSON
	return bytes.TrimSpace(body.Bytes())
}

// writeServed gives an answer, which no cache held.
func writeServed(c *gin.Context, body []byte) {
	c.Header("X-Response-Cached", "false")
	c.Writer.Header().Set("X-Cache-Expires-In", "") // present and empty, as the contract says
	c.Data(http.StatusOK, typeJSON, body)
}
