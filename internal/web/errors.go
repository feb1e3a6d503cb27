package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
)

// outcome is what a kind of error becomes at the edge.
type outcome struct {
	status int
	level  slog.Level
}

// outcomes is the table of ARCHITECTURE.md §7.
var outcomes = map[fault.Kind]outcome{
	fault.Invalid:     {http.StatusUnprocessableEntity, slog.LevelDebug},
	fault.NotFound:    {http.StatusNotFound, slog.LevelDebug},
	fault.Forbidden:   {http.StatusForbidden, slog.LevelWarn},
	fault.Conflict:    {http.StatusConflict, slog.LevelInfo},
	fault.Unavailable: {http.StatusServiceUnavailable, slog.LevelWarn},
	fault.Internal:    {http.StatusInternalServerError, slog.LevelError},
}

// fail answers with the page of an error that no handler turned into a page of its own.
func (r *Router) fail(c *gin.Context, err error) {
	if fault.KindOf(err) == fault.Forbidden && ActorOf(c).SignedIn() {
		if unnoted := r.NoteRefused(c); unnoted != nil {
			err = unnoted // a refusal that the journal does not tell is a fault of ours
		}
	}
	found := outcomes[fault.KindOf(err)]
	switch {
	case errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil:
		found = outcome{http.StatusBadRequest, slog.LevelDebug} // the person left
	case found.status == http.StatusInternalServerError && (errors.Is(err, context.DeadlineExceeded) || r.config.DatabaseAway(err)):
		found = outcomes[fault.Unavailable]
	}
	r.config.Log.LogAttrs(c.Request.Context(), found.level, "request failed",
		slog.String("request_id", requestID(c)), slog.String("route", c.FullPath()),
		slog.Int("status", found.status), slog.String("error", err.Error()))
	if c.Writer.Written() {
		return
	}
	if found.status == http.StatusServiceUnavailable {
		c.Header("Retry-After", "30")
	}
	if ActorOf(c).SignedIn() && found.status != http.StatusInternalServerError {
		r.writeProError(c, found.status, fault.CodeOf(err))
		return
	}
	r.writeError(c, found.status)
}

// writeProError answers a professional with what happened, in the frame of his space.
func (r *Router) writeProError(c *gin.Context, status int, code string) {
	if _, known := r.config.Sentences.Sentence(code); !known {
		code = ""
	}
	page := proErrorPage{ProPage: r.ProFrame(c), Status: status, Code: code}
	if err := r.config.ProErrors.write(c.Writer, page); err != nil {
		r.config.Log.ErrorContext(c.Request.Context(), "error page not sent", "request_id", requestID(c), "error", err)
		r.writeError(c, http.StatusInternalServerError)
	}
}

// refuseAs answers a request that no handler takes: in the frame of his space to a
// professional who is signed in.
func (r *Router) refuseAs(status int) gin.HandlerFunc {
	return func(c *gin.Context) {
		if Cookie(c, SessionCookie) != "" {
			if known, err := r.recognise(c); err == nil && known {
				r.writeProError(c, status, "")
				return
			}
		}
		r.writeError(c, status)
	}
}

func (r *Router) pageFor(status int) gin.HandlerFunc {
	return func(c *gin.Context) { r.writeError(c, status) }
}

func (r *Router) writeError(c *gin.Context, status int) {
	if tellsProblems(c) {
		r.WriteProblem(c, status, c.GetString(problemKey))
		return
	}
	if r.isMachine(c) {
		r.tellMachine(c, status)
		return
	}
	page := r.Frame(c)
	if err := r.config.Errors.Write(c.Writer, status, page); err != nil {
		r.config.Log.ErrorContext(c.Request.Context(), "error page not sent", "request_id", requestID(c), "error", err)
	}
}
