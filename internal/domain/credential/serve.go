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
// its delegation moves. One that works for it already, active, stays as it is.
func (s Subscription) Serving(of Service, now time.Time) Subscription {
	same := s.Request == of.Request && s.Editor == of.Editor && s.Want == WantActive
	s.Siret, s.Request, s.Organisation, s.Editor = of.Siret, of.Request, of.Organisation, of.Editor
	if s.Contender == of.Request {
		s.Contender = 0
	}
	if same && s.State == Active {
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
	before := s.State
	s = s.wanting(WantSuspended, now)
	if before != Failed {
		s.State = before // until HubEE has suspended it
	}
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
// editor, or waits for a step: HubEE goes on taking its dossiers. It closes when the
// subscription is suspended, or gone.
func (s Subscription) FormAfter(before directory.FormState) directory.FormState {
	next := s.Form()
	if before == directory.FormOpen && next == directory.FormSoon && s.Failure.Code != codeMissing {
		return directory.FormOpen
	}
	return next
}

const codeMissing = "hubee.subscription_missing"
