package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	requestIDHeader = "X-Request-Id" // as net/http writes it
	requestIDKey    = "request id"
	// maxForm is far more than any form of the portal sends.
	maxForm = 64 << 10
)

func requestID(c *gin.Context) string { return c.GetString(requestIDKey) }

// identify names the request; whatever id the outside proposes is not believed.
func (r *Router) identify(c *gin.Context) {
	id := r.config.NewRequestID()
	c.Set(requestIDKey, id)
	c.Header(requestIDHeader, id)
	c.Next()
}

// endAfterChunks closes the connection behind a request whose body comes in chunks. One that told
// a length besides is to be answered so (RFC 9112 §6.1): somebody in front of us may have believed
// it, and take what we read as the next request for the body of this one. net/http hides the
// length, and hardly anybody else sends chunks.
func (r *Router) endAfterChunks(c *gin.Context) {
	if len(c.Request.TransferEncoding) > 0 {
		c.Header("Connection", "close")
	}
	c.Next()
}

// knownMethods are those that the log and the metrics name.
var knownMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// logRequest writes one line a request: the route, never the address, which may hold a
// dossier's identifier or what a link brought.
func (r *Router) logRequest(c *gin.Context) {
	began := time.Now()
	c.Next()
	took := time.Since(began)
	route, method := c.FullPath(), c.Request.Method
	if route == "" {
		route = "none"
	}
	if !slices.Contains(knownMethods, method) {
		method = "other" // the outside invents as many as it likes, with any text in them
	}
	if r.config.Observe != nil {
		r.config.Observe(method+" "+route, c.Writer.Status(), took)
	}
	noted, _ := c.Value(notedKey).([]slog.Attr)
	r.config.Log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request", append([]slog.Attr{
		slog.String("request_id", requestID(c)), slog.String("method", method), slog.String("route", route),
		slog.Int("status", c.Writer.Status()), slog.Int64("us", took.Microseconds()),
	}, noted...)...)
}

const notedKey = "noted"

// NoteInLog adds to the line that the log has of a request: nothing personal, and nothing that
// opens anything.
func NoteInLog(c *gin.Context, what ...slog.Attr) { c.Set(notedKey, what) }

// contentPolicy is the policy of SETTLED.md. Chromium applies form-action to the redirects
// of a form, hence the origins of the identity providers.
func contentPolicy(formActions []string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' " + strings.Join(formActions, " ")
}

// Headers that are always the same; programPolicy is the policy of what no browser renders.
var (
	noSniff, noStore = []string{"nosniff"}, []string{"no-store"}
	programPolicy    = []string{"default-src 'none'; frame-ancestors 'none'"}
)

// secure sets the headers of SETTLED.md; to a program those that mean something without a page.
func (r *Router) secure(c *gin.Context) {
	h := c.Writer.Header()
	h["X-Content-Type-Options"], h["Cache-Control"] = noSniff, noStore
	if strings.HasPrefix(r.config.PortalURL, "https://") {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	if r.machines[c.FullPath()] {
		h["Content-Security-Policy"] = programPolicy
		c.Next()
		return
	}
	h.Set("Content-Security-Policy", r.policy)
	// Not no-referrer: browsers without Sec-Fetch-Site would then send "Origin: null" with
	// our own forms, which would be refused.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Next()
}

// recoverPanic turns a panic into the page of status 500, with the request id.
func (r *Router) recoverPanic(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if cause == http.ErrAbortHandler { //nolint:errorlint // the sentinel of net/http is compared so
			panic(cause)
		}
		c.Abort()
		r.fail(c, fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
	}()
	c.Next()
}

// refuseCrossOrigin refuses forms sent by another site.
func (r *Router) refuseCrossOrigin(c *gin.Context) {
	if err := r.crossOrigin.Check(c.Request); err != nil {
		r.refuseAs(http.StatusForbidden)(c)
		c.Abort()
		return
	}
	c.Next()
}

// boundBody refuses to read more than a form can hold.
func (r *Router) boundBody(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
	if c.Request.Method != http.MethodPost {
		c.Next()
		return
	}
	var tooLarge *http.MaxBytesError
	switch err := c.Request.ParseForm(); {
	case errors.As(err, &tooLarge):
		r.pageFor(http.StatusRequestEntityTooLarge)(c)
		c.Abort()
	case err != nil:
		r.pageFor(http.StatusBadRequest)(c)
		c.Abort()
	default:
		c.Next()
	}
}
