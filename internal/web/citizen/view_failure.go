package citizen

import (
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
)

// cause is why an attempt stopped: the last part of the address of its page, and the name
// of its template in templates/pages/citizen/failure.
type cause string

// The causes, each with a page that says what happened, what was kept and what to do.
const (
	causeNotFound        cause = "introuvable"
	causeSuspended       cause = "dossier-suspendu"
	causeFundDown        cause = "caf-msa-indisponible"
	causeFundSlow        cause = "caf-msa-lente"
	causeSignInCancelled cause = "franceconnect-annule"
	causeSignInDown      cause = "franceconnect-indisponible"
	causeSignInRefused   cause = "franceconnect-refuse"
	causeIncomplete      cause = "identite-incomplete"
	causeSessionEnded    cause = "session-terminee"
	causeFormClosed      cause = "formulaire-ferme"
)

var causes = [...]cause{
	causeNotFound, causeSuspended, causeFundDown, causeFundSlow, causeSignInCancelled,
	causeSignInDown, causeSignInRefused, causeIncomplete, causeSessionEnded, causeFormClosed,
}

// causeOf gives the page that explains an error of the journey; ok is false when the error
// is not one that a citizen meets on the way.
func causeOf(err error) (why cause, ok bool) {
	switch fault.CodeOf(err) {
	case "quotient.not_found":
		return causeNotFound, true
	case "quotient.suspended":
		return causeSuspended, true
	case "quotient.unavailable":
		return causeFundDown, true
	case "quotient.slow":
		return causeFundSlow, true
	case "signin.cancelled":
		return causeSignInCancelled, true
	case "signin.unavailable":
		return causeSignInDown, true
	case "signin.refused":
		return causeSignInRefused, true
	case "quotient.identity_incomplete":
		return causeIncomplete, true
	case "signin.expired", "quotient.token_expired", "attempt.ended":
		return causeSessionEnded, true
	case "collectivity.closed":
		return causeFormClosed, true
	}
	return "", false
}

// failurePage explains why nothing was transmitted.
type failurePage struct {
	web.Page
	Visit
	SignedIn bool // FranceConnect may still know the person: offers to end its session too
}
