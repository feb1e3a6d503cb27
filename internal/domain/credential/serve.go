package credential

import (
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// Service is for which habilitation a subscription works.
type Service struct {
	Request       habilitation.RequestNumber
	Siret         value.Siret
	Organisation  string
	Editor        value.Siret // "" without an editor
	Administrator habilitation.Contact
}

// Serving makes the subscription work for a habilitation, from now on: it is activated, or
// its delegation moves. One that works for it already stays as it is. What HubEE suspended
// stays so, whatever becomes of the request here or whoever comes in its place: nobody undoes
// that in passing (Relaunched does). A request that comes after the end of the former begins
// anew.
func (s Subscription) Serving(of Service, now time.Time) Subscription {
	sameRequest, wanted := s.Request == of.Request, s.Want == WantActive
	same := sameRequest && s.Editor == of.Editor && wanted
	s.Siret, s.Request, s.Organisation, s.Editor = of.Siret, of.Request, of.Organisation, of.Editor
	if s.Contender == of.Request {
		s.Contender = 0
	}
	switch {
	case same && s.State == Active:
		return s
	case s.SuspendedAtHub && (sameRequest || wanted && s.Request != 0):
		if s.State = Suspended; !wanted {
			s.Want, s.WantedAt = WantActive, now
		}
		return s
	}
	if s.HubID == "" { // HubEE has told of no account yet: it may still be another's
		s.Administrator = of.Administrator
	}
	return s.wanting(WantActive, now)
}

// Stopped suspends the subscription, from now on.
func (s Subscription) Stopped(now time.Time) Subscription {
	if s.Want == WantSuspended {
		return s
	}
	before := s
	s = s.wanting(WantSuspended, now)
	if before.State != Failed {
		s.State = before.State // until HubEE has suspended it
	}
	s.SuspendedAtHub = before.SuspendedAtHub
	return s
}

// Relaunched starts the saga again.
func (s Subscription) Relaunched(now time.Time) Subscription { return s.wanting(s.Want, now) }

// wanting begins the road again from what is known of HubEE.
func (s Subscription) wanting(want Want, now time.Time) Subscription {
	s.Want, s.WantedAt, s.Failure, s.SuspendedAtHub = want, now, Failure{}, false
	s.State = ToCreate
	if s.HubID != "" {
		s.State = Inactive
	}
	return s
}

// FormAfter is what becomes of the form of a town, which was as before. A form that is
// open does not close because its subscription is looked at again, is delegated to another
// editor, or waits for a step, as long as HubEE's last word was that it takes the dossiers.
func (s Subscription) FormAfter(before directory.FormState) directory.FormState {
	next := s.Form()
	takes := s.AtHub == HubActive || s.AtHub == "" // nobody has heard otherwise
	if before == directory.FormOpen && next == directory.FormSoon && takes {
		return directory.FormOpen
	}
	return next
}

// underWay tells that the saga is at it: what HubEE says is its affair.
func (s Subscription) underWay() bool {
	return s.State == ToCreate || s.State == OrganisationCreated || s.State == Inactive
}

// isDelegated tells whether HubEE hands the dossiers to whom it should. A delegation to a
// person, of the old sort, names no organisation: it is believed (hubee.md §10.2). So is
// HubEE about a town whose software nobody here has heard of.
func (s Subscription) isDelegated(told HubSubscription) bool {
	if s.Request == 0 && s.Editor == "" {
		return true
	}
	if told.Delegate.Siret != "" {
		return told.Delegate.Siret == s.Editor
	}
	return s.Editor == "" || told.AccessMode != modePortal
}

const (
	modePortal = "PORTAIL"
	// codeDelegation is the failure of a subscription that is active, and not as it should be.
	codeDelegation = "provisioning.delegation_differs"
	codeRefused    = "provisioning.activation_refused"
)

const (
	codeMissing   = "hubee.subscription_missing"
	codeForbidden = "hubee.forbidden"
)
