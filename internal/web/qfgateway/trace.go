package qfgateway

import (
	"errors"
	"log/slog"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/inquiry"
	"portail-qf/internal/web"
)

// trace tells the log's line of a call what it was, and counts it for its token. Nothing in it
// is of the person whom the call is about.
func (h *Handler) trace(c *gin.Context, made *call, status int, code string) {
	h.note(c, made, code)
	if made.admission.TokenID == "" {
		return
	}
	outcome := strconv.Itoa(status)
	if code != "" {
		outcome += " " + code
	}
	h.Tally.Note(made.admission.TokenID, outcome, made.accepted, h.Now())
}

func (h *Handler) note(c *gin.Context, made *call, code string) {
	web.NoteInLog(c, slog.String("token", made.admission.TokenID), slog.String("code", code), slog.String("recipient", made.recipient.String()))
}

// complain tells operations that API Particulier did not answer as it should.
func (h *Handler) complain(c *gin.Context, err error) {
	var unanswered *inquiry.Unanswered
	if !errors.As(err, &unanswered) || unanswered.Code == inquiry.CodeInProgress {
		return
	}
	level := slog.LevelWarn
	if errors.Is(err, inquiry.ErrOurToken) {
		level = slog.LevelError
	}
	h.Log.LogAttrs(c.Request.Context(), level, "API Particulier did not answer",
		slog.String("request_id", web.RequestID(c)), slog.String("route", c.FullPath()), slog.String("error", err.Error()))
}
