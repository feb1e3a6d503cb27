package instruction

import (
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
)

// fieldMails is how many mails the page showed before the decision.
const fieldMails = "mails"

// done leads back to the page of the request, which says what was decided.
func (f draftFile) done(c *gin.Context, modification bool) error {
	mails, err := strconv.Atoi(c.PostForm(fieldMails))
	if err != nil {
		mails = 1
	}
	return web.Done(c, pathOf(f.Request.Number), doneCode(f.Act, modification, mails))
}

// doneCode is the sentence of a decision: a modification that is refused is no request that is.
func doneCode(act habilitation.Act, modification bool, mails int) string {
	code := "demande-" + string(act)
	switch {
	case act == habilitation.RequestChanges: // in the same words, with its one mail
		return code
	case modification:
		code = "modification-" + string(act)
	}
	switch mails {
	case 0:
		return code + "-sans-mail"
	case 1:
		return code
	}
	return code + "-mails"
}

// tooLate answers a decision that came after another one. Where that is the same one by the same
// person, she pressed the button twice: it is done.
func (h *Handler) tooLate(c *gin.Context, f draftFile, shown written) error {
	history, err := h.history(c.Request.Context(), f.Request.Number)
	if err != nil {
		return err
	}
	if isMade(history, f.Act, web.ActorOf(c).Author()) && shown.wasTold(f) {
		return f.done(c, reopened(history))
	}
	return h.tellMoved(c, f, shown)
}

// made are the acts of the journal that decisions leave.
var made = map[habilitation.Act]audit.Act{
	habilitation.Approve: audit.HabilitationApproved, habilitation.Refuse: audit.HabilitationRefused, habilitation.RequestChanges: audit.RequestReturned,
}

// isMade tells whether the last thing that moved a request is a decision of somebody's.
func isMade(history []audit.Entry, act habilitation.Act, by audit.Author) bool {
	for _, entry := range history {
		if moving[entry.Act] {
			return entry.Act == made[act] && entry.Author.ID == by.ID
		}
	}
	return false
}

// reopened tells whether what was decided last is a modification.
func reopened(history []audit.Entry) bool {
	return slices.ContainsFunc(history, func(entry audit.Entry) bool { return entry.Act == audit.RequestReopened })
}

// wasTold tells whether the town was told what was shown, and nothing else.
func (t written) wasTold(f draftFile) bool {
	return f.Asked.Act == f.Act && f.Asked.Reason == t.Text.Value && slices.Equal(f.Asked.Comments, t.said())
}
