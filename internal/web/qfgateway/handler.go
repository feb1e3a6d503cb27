package qfgateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/inquiry"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// The routes (PRODUCT.md §5).
const (
	RouteV2 = "/api/v2/composition-familiale-v2"
	RouteV3 = "/v3/dss/quotient_familial/identite"
	// RouteIntrospect is where the sentence of 00100 sends whoever wonders what a token opens.
	RouteIntrospect = "/api/introspect"
)

// patience covers the token and API Particulier, which itself waits for CNAF and MSA.
const patience = 25 * time.Second

// Gate tells what a token opens, and counts the call (credential.Gate).
type Gate interface {
	Admit(ctx context.Context, text value.Secret) (credential.Admission, error)
}

// Handler answers the software of towns.
type Handler struct {
	Gate   Gate
	Source inquiry.Source
	Tally  *credential.Tally
	// ForeignRecipients: a call for another town than the habilitation's is noted and
	// answered; otherwise it is refused.
	ForeignRecipients bool
	Sentences         *web.Templates
	Now               func() time.Time // business time
	Log               *slog.Logger

	told     map[string]string
	ready    map[inquiry.Version]map[inquiry.Code]reply
	underway underway
}

// Mount registers the routes.
func (h *Handler) Mount(r *web.Router) {
	h.told = sentences(h.Sentences)
	h.ready = h.readyReplies()
	r.ProgramsBelow("/api/v2", tellV2)
	r.ProgramsBelow(RouteIntrospect, tellV2)
	r.ProgramsBelow("/v3", tellV3)
	machine := web.Machine{Credential: web.Shown("token"), Patience: patience}
	r.HandleMachine(http.MethodGet, RouteV2, machine, h.answers(inquiry.V2))
	r.HandleMachine(http.MethodGet, RouteV3, machine, h.answers(inquiry.V3))
	r.HandleMachine(http.MethodGet, RouteIntrospect, machine, h.introspect)
}

// call is what is known of a call on its way.
type call struct {
	version   inquiry.Version
	query     inquiry.Query
	admission credential.Admission
	accepted  bool // the token opened: the call is a use of it
	recipient value.Siret
}

func (h *Handler) answers(version inquiry.Version) web.MachineFunc {
	return func(c *gin.Context, _ []byte) error {
		made := &call{version: version}
		body, err := h.serve(c, made)
		if err == nil {
			writeServed(c, body)
			h.trace(c, made, http.StatusOK, "")
			return nil
		}
		h.complain(c, err)
		return h.refuse(c, made, err)
	}
}

// refuse answers with what went wrong, or returns what the router tells.
func (h *Handler) refuse(c *gin.Context, made *call, err error) error {
	r, known := h.replyTo(made.version, err)
	if !known {
		if errors.Is(err, context.Canceled) {
			h.trace(c, made, http.StatusBadRequest, "") // the caller left
		}
		return err
	}
	r.write(c)
	h.trace(c, made, r.status, r.code)
	return nil
}

// serve goes through the checks in their order (§7.5), then asks.
func (h *Handler) serve(c *gin.Context, made *call) ([]byte, error) {
	var read bool
	if made.query, read = inquiry.Read(made.version, c.Request.URL.RawQuery); !read {
		return nil, errTooLong
	}
	if err := h.admit(c, made); err != nil {
		return nil, err
	}
	if !inquiry.Opens(made.admission.Scopes) {
		return nil, refusal{inquiry.CodePrivileges}
	}
	key := made.query.Key(made.admission.TokenID)
	if !h.underway.begin(key) {
		return nil, refusal{inquiry.CodeInProgress}
	}
	defer h.underway.end(key)
	if err := h.checkRecipient(c, made); err != nil {
		return nil, err
	}
	if faults := made.query.Check(h.Now()); len(faults) != 0 {
		return nil, refusal(faults)
	}
	answer, err := h.Source.Ask(c.Request.Context(), made.query.Question(made.recipient))
	if err != nil {
		return nil, err
	}
	return answer.For(made.admission.Scopes), nil
}

// refusedTokens are the codes of credential.Gate, in API Particulier's.
var refusedTokens = map[string]inquiry.Code{
	"token.malformed": inquiry.CodeToken, "token.unknown": inquiry.CodeToken, "token.revoked": inquiry.CodeBarred,
	"token.too_many_calls": inquiry.CodeTooMany, "token.expired": inquiry.CodeExpired,
}

// admit reads the token, and tells what is left of the calls of this second.
func (h *Handler) admit(c *gin.Context, made *call) error {
	text, ok := shownToken(c.Request.Header)
	if !ok || made.query.ShowsToken {
		return refusal{inquiry.CodeToken}
	}
	admission, err := h.Gate.Admit(c.Request.Context(), text)
	made.admission = admission
	tellAllowance(c, admission.Allowance)
	if code, refused := refusedTokens[fault.CodeOf(err)]; refused {
		return refusal{code}
	}
	if err != nil {
		return err
	}
	made.accepted = true
	return nil
}

// checkRecipient refuses whoever asks in the name of another town than its token's, or
// notes it: the provider's trace then names the one that was asked for, which receives.
func (h *Handler) checkRecipient(c *gin.Context, made *call) error {
	own := made.admission.Siret
	asked, ok := made.query.Recipient(own)
	if !ok {
		return refusal{inquiry.CodeRecipient}
	}
	made.recipient = asked
	if asked == own {
		return nil
	}
	if !h.ForeignRecipients {
		return refusal{inquiry.CodePrivileges}
	}
	h.Log.LogAttrs(c.Request.Context(), slog.LevelWarn, "call for another recipient",
		slog.String("request_id", web.RequestID(c)), slog.String("token", made.admission.TokenID),
		slog.String("habilitation", own.String()), slog.String("recipient", asked.String()))
	return nil
}
