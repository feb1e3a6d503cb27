package renewal

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/failpoint"
)

// Service is what people do to prolong a token.
type Service struct {
	Store    Store
	Requests Requests
	Sealer   notice.Sealer
	Prefix   credential.TokenPrefix
	Now      func() time.Time // business time
}

// Find finds a token of the actor's with what its prolongation needs. Code: token.unknown
// (NotFound), for one of somebody else too.
func (s *Service) Find(ctx context.Context, by account.Actor, id string) (File, error) {
	found, err := s.Store.FindRenewal(ctx, credential.ReachOf(by), id)
	if err != nil {
		return File{}, fmt.Errorf("find a token to prolong: %w", err)
	}
	return found, nil
}

// Asked is what the requester sends.
type Asked struct {
	Expiry  time.Time // of the token, as the page showed it
	Until   time.Time // on the day that the page printed, in Paris; zero where none was
	Answers Answers
}

// Done is what a confirmation did. HandOver and Amended tell that nothing is prolonged yet:
// somebody else is in charge, or a modification has begun.
type Done struct {
	Prolongation      Prolongation
	HandOver, Amended bool
}

// Confirm takes the requester's answers. Sent twice, a confirmation prolongs once and answers
// the same. Codes: token.unknown (NotFound), renewal.not_holder (Forbidden), renewal.closed,
// renewal.too_early, renewal.amended, renewal.moved, renewal.other_date (Conflict: the day that was
// printed is not the one that the token would get now).
func (s *Service) Confirm(ctx context.Context, by account.Actor, id string, asked Asked) (Done, error) {
	var err error
	for range attempts {
		var found File
		if found, err = s.Find(ctx, by, id); err != nil {
			return Done{}, err
		}
		if !found.ExpiresAt.Equal(asked.Expiry) {
			return s.doneAlready(ctx, by, found, asked)
		}
		var done Done
		if done, err = s.confirm(ctx, by, found, asked); !fault.Is(err, "token.moved") {
			return done, err
		}
	}
	return Done{}, err
}

// attempts is how often a confirmation is tried on a token that moves meanwhile.
const attempts = 4

// doneAlready answers a confirmation of an expiry that has moved since: by the same person, it
// is the second click.
func (s *Service) doneAlready(ctx context.Context, by account.Actor, found File, asked Asked) (Done, error) {
	if found.Holder != by.AccountID {
		return Done{}, fault.New(fault.Forbidden, "renewal.not_holder")
	}
	earlier, err := s.Store.FindProlongation(ctx, found.ID, asked.Expiry)
	switch {
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return Done{}, fmt.Errorf("find a prolongation: %w", err)
	case err != nil || earlier.ByID != by.Author().ID || !asked.Answers.Unchanged():
		return Done{}, fault.New(fault.Conflict, "renewal.moved")
	}
	return Done{Prolongation: earlier}, nil
}

func (s *Service) confirm(ctx context.Context, by account.Actor, found File, asked Asked) (Done, error) {
	outcome, err := found.Decide(by, asked.Answers, s.Now())
	switch {
	case err != nil:
		return Done{}, err
	case outcome.HandOver:
		return Done{HandOver: true}, nil
	case outcome.Amendment != nil:
		return s.amend(ctx, by, found, *outcome.Amendment)
	}
	change := *outcome.Prolonged
	if !asked.Until.IsZero() && DaysLeft(change.Prolongation.Until, asked.Until) != 0 {
		return Done{}, fault.New(fault.Conflict, "renewal.other_date")
	}
	if err := s.complete(&change, by, found); err != nil {
		return Done{}, err
	}
	failpoint.Hit("renewal: decided, not recorded")
	if err := s.Store.RecordProlongation(ctx, change); err != nil {
		return Done{}, fmt.Errorf("record a prolongation: %w", err)
	}
	failpoint.Hit("renewal: recorded, not answered")
	return Done{Prolongation: change.Prolongation}, nil
}

// complete adds to a prolongation its line of the journal, its mail and its event.
func (s *Service) complete(change *Change, by account.Actor, found File) error {
	change.Event = credential.TokenEvent(by.Author(), by.RequestID, change.Token, s.Prefix, audit.TokenProlonged, "", change.Prolongation.At)
	file := found.TokenFile
	file.Addressees.Requester = found.Mail
	composed, told, err := Announce(s.Prefix, file, change.Prolongation)
	if change.Told = told; err != nil || composed == nil {
		return err
	}
	letter, err := notice.Prepare(s.Sealer, composed)
	change.Letters = []notice.Letter{letter}
	return err
}

// Announce makes the mail of a prolongation, to the requester with the technical contact in
// copy, and what the editor's programs learn. The mail is nil where the requester has no address.
func Announce(prefix credential.TokenPrefix, f credential.TokenFile, p Prolongation) (notice.Notice, []notice.EditorEvent, error) {
	var told []notice.EditorEvent
	if f.Editor != "" {
		told = []notice.EditorEvent{{Kind: EventProlonged, Editor: f.Editor, Siret: f.Siret, Subject: f.ID}}
	}
	if f.Addressees.Requester == "" {
		return nil, told, nil
	}
	about := aboutFile(f, prefix)
	about.Expiry = p.Until
	composed, err := NewProlonged(ProlongedNotice{
		About: about, From: p.From, By: p.By, WasExpired: p.At.After(p.From), ByAmendment: p.Way == Amended,
	})
	return composed, told, err
}

// amend records that a modification begins, then begins it. One that is under way already is
// the one that prolongs.
func (s *Service) amend(ctx context.Context, by account.Actor, found File, begun Amendment) (Done, error) {
	event := credential.TokenEvent(by.Author(), by.RequestID, found.Token, s.Prefix, audit.ProlongationAmended, "", begun.BegunAt)
	if err := s.Store.RecordAmendment(ctx, begun, event); err != nil {
		return Done{}, fmt.Errorf("record a modification for a prolongation: %w", err)
	}
	failpoint.Hit("renewal: amendment recorded, not begun")
	if err := s.Requests.Reopen(ctx, by, found.Request); err != nil && !fault.Is(err, "request.moved") {
		return Done{}, fmt.Errorf("begin a modification: %w", err)
	}
	return Done{Amended: true}, nil
}

// Nudged tells when an editor last asked that each of some tokens be prolonged: its own, which
// a list of them gave.
func (s *Service) Nudged(ctx context.Context, tokenIDs []string) (map[string]time.Time, error) {
	if len(tokenIDs) == 0 {
		return nil, nil
	}
	nudged, err := s.Store.ListNudged(ctx, tokenIDs)
	if err != nil {
		return nil, fmt.Errorf("list demands to prolong: %w", err)
	}
	return nudged, nil
}

// Refused lists those of some tokens whose requester's address refused the last reminder: a demand
// to prolong would not arrive either.
func (s *Service) Refused(ctx context.Context, tokenIDs []string) ([]string, error) {
	if len(tokenIDs) == 0 {
		return nil, nil
	}
	refused, err := s.Store.ListRefused(ctx, tokenIDs)
	if err != nil {
		return nil, fmt.Errorf("list refused addresses: %w", err)
	}
	return refused, nil
}

// Filed tells when the modification was deposited that waits for its decision, for each of some
// tokens whose request has one: its own, which a list of them gave.
func (s *Service) Filed(ctx context.Context, tokenIDs []string) (map[string]time.Time, error) {
	if len(tokenIDs) == 0 {
		return nil, nil
	}
	filed, err := s.Store.ListFiled(ctx, tokenIDs)
	if err != nil {
		return nil, fmt.Errorf("list modifications that wait: %w", err)
	}
	return filed, nil
}

// Nudge asks the requester, in the editor's name, to prolong a token: once a week. Codes:
// token.unknown (NotFound), renewal.closed, renewal.too_early, renewal.amended,
// renewal.no_address, renewal.nudged (Conflict).
func (s *Service) Nudge(ctx context.Context, by account.Actor, id string) error {
	found, err := s.Find(ctx, by, id)
	if err != nil {
		return err
	}
	now := s.Now()
	if err := found.MayNudge(now); err != nil {
		return err
	}
	composed, err := NewNudge(NudgeNotice{About: aboutFile(found.TokenFile, s.Prefix), Left: found.DaysLeft(now), By: by.Name, At: now})
	if err != nil {
		return err
	}
	letter, err := notice.Prepare(s.Sealer, composed)
	if err != nil {
		return err
	}
	err = s.Store.RecordNudge(ctx, Nudge{
		TokenID: found.ID, Expiry: found.ExpiresAt, By: by.Name, At: now, Since: now.Add(-nudgePatience), Letter: letter,
		Event: credential.TokenEvent(by.Author(), by.RequestID, found.Token, s.Prefix, audit.ProlongationNudged, "", now),
	})
	if err != nil {
		return fmt.Errorf("record a demand to prolong: %w", err)
	}
	return nil
}
