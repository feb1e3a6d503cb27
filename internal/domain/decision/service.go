package decision

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// Order is a decision that somebody asks for.
type Order struct {
	Number   habilitation.RequestNumber
	Revision int    // of the request as the person read it
	Reason   string // sent whole to the requester
}

// Service decides what people ask for.
type Service struct {
	Store   Store
	Editors editor.Finder
	// Notes are what the instructors write before they decide.
	Notes  NoteFinder
	Sealer notice.Sealer
	Mint   *credential.Mint // of the tokens that approvals issue
	Now    func() time.Time // business time
}

// reasonLimit is the length of a reason, in characters.
const reasonLimit = 2000

// Suspend suspends a habilitation at once. Codes: habilitation.unknown (NotFound),
// habilitation.moved (Conflict), reason.required, reason.too_long (Invalid).
func (s *Service) Suspend(ctx context.Context, by account.Actor, order Order) error {
	if strings.TrimSpace(order.Reason) == "" {
		return fault.New(fault.Invalid, "reason.required")
	}
	return s.decide(ctx, by, order, habilitation.Suspend)
}

// Restore undoes a suspension; the reason may be empty. Codes as Suspend.
func (s *Service) Restore(ctx context.Context, by account.Actor, order Order) error {
	return s.decide(ctx, by, order, habilitation.Restore)
}

// Revoke revokes for ever what another person suspended (PRODUCT.md 3.3). Codes as Suspend,
// and habilitation.same_person (Forbidden).
func (s *Service) Revoke(ctx context.Context, by account.Actor, order Order) error {
	if strings.TrimSpace(order.Reason) == "" {
		return fault.New(fault.Invalid, "reason.required")
	}
	return s.decide(ctx, by, order, habilitation.Revoke)
}

func (s *Service) decide(ctx context.Context, by account.Actor, order Order, act habilitation.Act) error {
	if utf8.RuneCountInString(order.Reason) > reasonLimit {
		return fault.New(fault.Invalid, "reason.too_long")
	}
	var err error
	for attempt := range conflictsLived { // the subscription may move by itself meanwhile
		time.Sleep(time.Duration(attempt) * conflictPause)
		outcome, errMade := s.made(ctx, by, order, act)
		if errMade != nil {
			return errMade
		}
		if err = s.Store.Record(ctx, outcome); fault.KindOf(err) != fault.Conflict {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("record decision: %w", err)
	}
	return nil
}

// made is the decision, from what is true now.
func (s *Service) made(ctx context.Context, by account.Actor, order Order, act habilitation.Act) (Outcome, error) {
	file, err := s.Store.FindFile(ctx, order.Number, "")
	switch {
	case err != nil:
		return Outcome{}, fmt.Errorf("find request: %w", err)
	case file.Request.Number == 0:
		return Outcome{}, fault.New(fault.NotFound, "habilitation.unknown")
	case file.Request.Revision != order.Revision:
		return Outcome{}, fault.New(fault.Conflict, "habilitation.moved")
	}
	of, err := s.editorOf(ctx, file.Request)
	if err != nil {
		return Outcome{}, err
	}
	return DecideVerdict(file, by, Verdict{Act: act, Reason: strings.TrimSpace(order.Reason), Editor: of}, s.moment(by))
}

// DecideVerdict moves a request as a person decided. Whoever suspended cannot revoke.
func DecideVerdict(f File, by account.Actor, v Verdict, m Moment) (Outcome, error) {
	next, err := f.Request.State.After(v.Act)
	if err != nil {
		return Outcome{}, err
	}
	if v.Act == habilitation.Revoke && f.Request.Suspension.AuthorID == by.Author().ID {
		return Outcome{}, fault.New(fault.Forbidden, "habilitation.same_person")
	}
	switch {
	case v.Act != habilitation.Restore:
	case f.Application != nil && f.Application.Phase != request.Closed:
		next = habilitation.Reopened // the modification that was under way goes on
	case f.Application == nil && f.Track.Decided.Rank != 0:
		next = f.Track.state("") // where DataPass has it, a modification under way included
	}
	f.Request = movedTo(f.Request, next, m.At)
	if v.Act == habilitation.Suspend {
		f.Request.Suspension = habilitation.Suspension{AuthorID: by.Author().ID, Author: by.Name, Reason: v.Reason}
	}
	o, err := change(f, v, m)
	if v.Act == habilitation.Revoke {
		o.closeApplication(f)
	}
	return o, err
}

// closeApplication ends what was under way: there is nothing left to modify.
func (o *Outcome) closeApplication(f File) {
	if f.Application == nil || f.Application.Phase == request.Closed {
		return
	}
	closed := f.Application.AsGranted()
	closed.Request = o.Request
	o.Application = &closed
}

func (s *Service) moment(by account.Actor) Moment {
	return Moment{At: s.Now(), Author: by.Author(), RequestID: by.RequestID, Sealer: s.Sealer, Mint: s.Mint}
}

// editorOf is the editor of a habilitation, as it is today.
func (s *Service) editorOf(ctx context.Context, r habilitation.Request) (editor.Editor, error) {
	if r.Current.Editor.IsZero() {
		return editor.Editor{}, nil
	}
	of, err := s.Editors.FindEditor(ctx, r.Current.Editor.Siret)
	if err != nil {
		return editor.Editor{}, fmt.Errorf("find editor: %w", err)
	}
	return of, nil
}

// HandOver has the dossiers of a town go to the editor of the contending request. Codes:
// subscription.unknown (NotFound), subscription.uncontended, habilitation.moved (Conflict).
func (s *Service) HandOver(ctx context.Context, by account.Actor, siret value.Siret) error {
	file, err := s.Store.FindContended(ctx, siret)
	if err != nil {
		return fmt.Errorf("find contended subscription: %w", err)
	}
	if !file.Request.Habilitated() || file.Request.Siret != siret {
		return fault.New(fault.Conflict, "subscription.uncontended")
	}
	m := s.moment(by)
	served := file.Subscription.Serving(serviceOf(file.Request), m.At)
	outcome := file.outcome(m.At)
	outcome.Subscription, outcome.Provision = &served, true
	event := m.event(file.Request, audit.SubscriptionHandedOver, "")
	event.Object = subscriptionObject(file.Request)
	outcome.Events = []audit.Event{event}
	var former editor.Editor
	if siret := file.Subscription.Editor; siret != "" {
		if former, err = s.Editors.FindEditor(ctx, siret); err != nil {
			return fmt.Errorf("find the former editor: %w", err)
		}
	}
	to, err := s.editorOf(ctx, file.Request)
	if err != nil {
		return err
	}
	change := handOver{to: file.Request, with: to, from: file.Server, former: former}
	err = outcome.write(m.Sealer, func() (notice.Notice, error) { return NewHandedOver(change.told(m)) })
	if err != nil {
		return err
	}
	if err := s.Store.Record(ctx, outcome); err != nil {
		return fmt.Errorf("record hand-over: %w", err)
	}
	return nil
}
