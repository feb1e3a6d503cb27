package web

import (
	"strings"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/web/dsfr"
)

// TokenView is a token as any page names it, without its text: templates/pages/common/partials/
// token_state.
type TokenView struct {
	URL       string // of its page (package tokens); "" for no token
	Display   string // prefix and public id; of another system's, its identifier
	Ours      bool   // there is more of it than Display
	State     credential.TokenState
	ExpiresAt Moment
	Closes    Moment // when it stops by itself
	Since     Moment // since when it is closed; not known while it opens
	LastUse   Moment // not known before the first one
}

// Prefix and Public are the two parts of what is displayed, between which a line may break.
// Another system's has no prefix.
func (v TokenView) Prefix() string { return v.Display[:strings.LastIndexByte(v.Display, '_')+1] }

// Public is the part that tells a token from the others.
func (v TokenView) Public() string { return strings.TrimPrefix(v.Display, v.Prefix()) }

// NewTokenView shows a token as it stands at a time.
func NewTokenView(t credential.Token, prefix credential.TokenPrefix, now time.Time) TokenView {
	return TokenView{
		URL: "/jetons/" + t.ID, Display: t.Display(prefix), Ours: t.PublicID != "", State: t.State(now), ExpiresAt: MomentOf(t.ExpiresAt), LastUse: MomentOf(t.LastUse),
		Closes: MomentOf(t.Closes()), Since: MomentOf(closedSince(t, now)),
	}
}

// closedSince is when a token closed; zero while it opens.
func closedSince(t credential.Token, now time.Time) time.Time {
	switch t.State(now) {
	case credential.TokenRevoked:
		return t.Revocation.At
	case credential.TokenSuspended:
		if t.Suspension.At.IsZero() {
			return t.Barred
		}
		return t.Suspension.At
	case credential.TokenReplaced, credential.TokenExpired:
		return t.Closes()
	case credential.TokenToCollect, credential.TokenCollected, credential.TokenInUse, credential.TokenExpiring, credential.TokenOverlapped:
	}
	return time.Time{}
}

var tokenSeverities = map[credential.TokenState]dsfr.Severity{
	credential.TokenToCollect: dsfr.Info, credential.TokenCollected: dsfr.Info, credential.TokenInUse: dsfr.Success,
	credential.TokenExpiring: dsfr.Warning, credential.TokenExpired: dsfr.Failure, credential.TokenOverlapped: dsfr.Warning,
	credential.TokenReplaced: dsfr.Info, credential.TokenSuspended: dsfr.Warning, credential.TokenRevoked: dsfr.Failure,
}

// Severity colours the badge of the state; templates call it.
func (v TokenView) Severity() string { return string(tokenSeverities[v.State]) }

// Opens tells that the token lets calls through; templates call it.
func (v TokenView) Opens() bool { return v.State.Opens() }

// Lapses tells that somebody should prolong the token; templates call it.
func (v TokenView) Lapses() bool {
	return v.State == credential.TokenExpiring || v.State == credential.TokenExpired
}

// Lasts tells that the date of expiry still says when calls stop; templates call it.
func (v TokenView) Lasts() bool { return v.State.Opens() && v.State != credential.TokenOverlapped }
