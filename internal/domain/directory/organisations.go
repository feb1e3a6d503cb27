package directory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
)

// OrganisationStore keeps what the register told of organisations.
type OrganisationStore interface {
	// FindOrganisation finds one that is kept; fault.NotFound, code organisation.unknown.
	FindOrganisation(ctx context.Context, siret value.Siret) (Organisation, error)
	// ListOrganisations lists those that match, after the offset, and tells how many there
	// are in all; 0 too when the offset lies beyond them.
	ListOrganisations(ctx context.Context, query OrganisationQuery) ([]Organisation, int, error)
	// ClaimStale gives, to one caller only, the organisation whose last question is oldest:
	// asked until asked, or in vain until silent. The question is noted as asked now, without
	// an answer yet. fault.NotFound, code organisation.unknown, when none is left.
	ClaimStale(ctx context.Context, asked, silent, now time.Time) (value.Siret, error)
	// RecordAnswer keeps an answer, with its line in the journal, and returns what is kept
	// then. An answer that tells nothing about an organisation that is not kept records
	// nothing: fault.NotFound, code organisation.unknown.
	RecordAnswer(ctx context.Context, answered Answered) (Organisation, error)
}

// Answered is an answer of the register, to be kept.
type Answered struct {
	Siret      value.Siret
	Answer     Answer
	Told       Establishment // with AnswerTold
	FoldedName string
	At         time.Time
	// Journal gives the events to record, from what was kept before: zero for nothing.
	Journal func(before Organisation) []audit.Event
}

// Organisations knows the establishments of the company register: it asks the register
// and keeps what it tells. It implements account.Organisations.
type Organisations struct {
	Store OrganisationStore
	// Registry answers while a person waits, so it must not queue its questions. Unhurried
	// answers the daily round, at the pace that the register allows. Without a register both
	// are nil: only what is kept is known.
	Registry, Unhurried Registry
	Now                 func() time.Time // business time
}

var _ account.Organisations = (*Organisations)(nil)

// waitingTime is the patience of a person at sign-in.
const waitingTime = 3 * time.Second

// Know gives an establishment: as the register tells it when it was not asked today, else,
// and when it does not answer, as it is kept. Codes: organisation.unknown (fault.NotFound),
// registry.unavailable (fault.Unavailable), both only when nothing is kept.
func (s *Organisations) Know(ctx context.Context, siret value.Siret) (account.Organisation, error) {
	kept, err := s.Store.FindOrganisation(ctx, siret)
	switch {
	case err == nil && !kept.isStale(s.Now()):
		return kept.known(), nil
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return account.Organisation{}, fmt.Errorf("find organisation: %w", err)
	}
	answered, unanswered := s.askNow(ctx, siret)
	if answered.Answer == "" {
		return account.Organisation{}, unanswered
	}
	answered.Journal = answered.unasked
	kept, err = s.Store.RecordAnswer(ctx, answered)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return account.Organisation{}, unanswered
	case err != nil:
		return account.Organisation{}, fmt.Errorf("record answer of the register: %w", err)
	}
	return kept.known(), nil
}

// ask asks a register. When the answer is not AnswerTold, the error says so; codes:
// organisation.unknown (fault.NotFound), registry.unavailable (fault.Unavailable).
func (s *Organisations) ask(ctx context.Context, register Registry, siret value.Siret) (Answered, error) {
	if register == nil {
		return Answered{Siret: siret, Answer: AnswerNone, At: s.Now()}, fault.New(fault.Unavailable, "registry.unavailable")
	}
	told, err := register.Find(ctx, siret)
	answered := Answered{Siret: siret, At: s.Now()}
	switch {
	case err == nil:
		told.Name = tidied(told.Name)
		answered.Answer, answered.Told, answered.FoldedName = AnswerTold, told, place.Fold(told.Name)
		return answered, nil
	case fault.KindOf(err) == fault.NotFound:
		answered.Answer = AnswerUnknown
		return answered, fault.Because(fault.NotFound, "organisation.unknown", err)
	default:
		answered.Answer = AnswerNone
		return answered, fault.Because(fault.Unavailable, "registry.unavailable", err)
	}
}

// askNow asks while a person waits. Nothing is answered, and nothing to be kept, when the
// person left meanwhile.
func (s *Organisations) askNow(ctx context.Context, siret value.Siret) (Answered, error) {
	patient, cancel := context.WithTimeout(ctx, waitingTime)
	defer cancel()
	answered, err := s.ask(patient, s.Registry, siret)
	if ctx.Err() != nil {
		return Answered{}, fault.Because(fault.Unavailable, "registry.unavailable", ctx.Err())
	}
	return answered, err
}

// Find gives an organisation as it is kept. Code: organisation.unknown (fault.NotFound).
func (s *Organisations) Find(ctx context.Context, siret value.Siret) (Organisation, error) {
	kept, err := s.Store.FindOrganisation(ctx, siret)
	if err != nil {
		return Organisation{}, fmt.Errorf("find organisation: %w", err)
	}
	return kept, nil
}

// Add keeps the organisation whose SIRET an administrator typed. Codes: siret.required,
// siret.invalid, organisation.unknown, organisation.closed (all fault.Invalid),
// registry.unavailable (fault.Unavailable). Refused as closed, the organisation is returned
// all the same: it says since when. One that was kept already is asked about anew.
func (s *Organisations) Add(ctx context.Context, author audit.Author, typed string) (Organisation, error) {
	if strings.TrimSpace(typed) == "" {
		return Organisation{}, fault.New(fault.Invalid, "siret.required")
	}
	siret, err := value.ParseSiret(strings.TrimSpace(typed))
	if err != nil {
		return Organisation{}, fault.Because(fault.Invalid, "siret.invalid", err)
	}
	_, err = s.Store.FindOrganisation(ctx, siret)
	isKept := err == nil
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Organisation{}, fmt.Errorf("find organisation: %w", err)
	}
	answered, err := s.askNow(ctx, siret)
	switch {
	case answered.Answer == "", answered.Answer == AnswerNone:
		return Organisation{}, err
	case answered.Answer == AnswerUnknown:
		return Organisation{}, fault.Because(fault.Invalid, "organisation.unknown", err)
	case answered.Told.Closed && !isKept:
		return Organisation{Siret: siret, Establishment: answered.Told}, fault.New(fault.Invalid, "organisation.closed")
	}
	answered.Journal = func(before Organisation) []audit.Event {
		if before.Siret == "" {
			return []audit.Event{answered.event(author, audit.OrganisationAdded, "")}
		}
		return []audit.Event{answered.event(author, audit.OrganisationAsked, noticed(before, answered.Told))}
	}
	kept, err := s.Store.RecordAnswer(ctx, answered)
	if err != nil {
		return Organisation{}, fmt.Errorf("record organisation: %w", err)
	}
	if kept.Closed {
		return kept, fault.New(fault.Invalid, "organisation.closed")
	}
	return kept, nil
}

// Refresh asks the register now about an organisation that is kept, and returns what is
// kept then: its Answer is AnswerUnknown when the register does not know it any more. Codes:
// organisation.unknown (fault.NotFound), it is not kept; registry.unavailable
// (fault.Unavailable), with what is kept.
func (s *Organisations) Refresh(ctx context.Context, author audit.Author, siret value.Siret) (Organisation, error) {
	kept, err := s.Find(ctx, siret)
	if err != nil {
		return Organisation{}, err
	}
	answered, unanswered := s.askNow(ctx, siret)
	if answered.Answer == "" {
		return kept, unanswered
	}
	answered.Journal = func(before Organisation) []audit.Event {
		if answered.Answer == AnswerTold {
			return []audit.Event{answered.event(author, audit.OrganisationAsked, noticed(before, answered.Told))}
		}
		event := answered.event(author, audit.OrganisationAsked, fault.CodeOf(unanswered))
		event.Object.Display = before.Name
		return []audit.Event{event}
	}
	kept, err = s.Store.RecordAnswer(ctx, answered)
	switch {
	case err != nil:
		return Organisation{}, fmt.Errorf("record answer of the register: %w", err)
	case answered.Answer == AnswerNone:
		return kept, unanswered
	}
	return kept, nil
}

const (
	// roundAge is how old a question is that the daily round asks again. It is less than a
	// day: a round takes hours, and what the last one asked at its end would wait for the
	// round after the next.
	roundAge = 20 * time.Hour
	// roundLimit bounds a round: an hour and three quarters at the register's pace. What is
	// left comes first in the next one.
	roundLimit = 3000
)

// RefreshAll is the daily round: it asks again about the organisations whose last question
// is oldest, and counts those that the register answered about. A question that fails alone
// is for the next round, and no error; several in a row end this one: the register is down.
// Two rounds at once share the work.
func (s *Organisations) RefreshAll(ctx context.Context) (count int, err error) {
	if s.Unhurried == nil {
		return 0, nil
	}
	start := s.Now()
	failures := 0
	var lost error // an answer that could not be kept
	for range roundLimit {
		siret, err := s.Store.ClaimStale(ctx, start.Add(-roundAge), start.Add(-silentFor), s.Now())
		if fault.KindOf(err) == fault.NotFound {
			break
		}
		if err != nil {
			return count, fmt.Errorf("claim an organisation: %w", err)
		}
		err = s.refresh(ctx, siret)
		switch {
		case ctx.Err() != nil:
			return count, fmt.Errorf("refresh organisations: %w", ctx.Err())
		case err == nil:
			count, failures = count+1, 0
			continue
		case fault.KindOf(err) != fault.Unavailable:
			lost = err
		}
		if failures++; failures == patience {
			return count, fmt.Errorf("refresh organisations, %d failures in a row: %w", failures, err)
		}
	}
	return count, lost
}

// refresh asks about one organisation of the round. That the register does not know it is
// an answer.
func (s *Organisations) refresh(ctx context.Context, siret value.Siret) error {
	answered, err := s.ask(ctx, s.Unhurried, siret)
	if answered.Answer == AnswerNone {
		return fmt.Errorf("ask about %s: %w", siret, err)
	}
	answered.Journal = answered.unasked
	if _, err := s.Store.RecordAnswer(ctx, answered); err != nil {
		return fmt.Errorf("record %s: %w", siret, err)
	}
	return nil
}
