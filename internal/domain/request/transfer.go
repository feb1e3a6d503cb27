package request

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
)

// Transfer gives a request, one that DataPass made too, to a colleague of the same establishment;
// both are told. Codes:
// request.unknown, request.colleague_unknown (NotFound), request.not_holder (Forbidden),
// request.already_holder (Conflict), request.moved.
func (s *Service) Transfer(ctx context.Context, by account.Actor, number habilitation.RequestNumber, colleague int64) error {
	a, err := s.followed(ctx, by, number)
	if err != nil {
		return err
	}
	to, err := s.Store.FindColleague(ctx, colleague, by.Organisation.Siret)
	switch {
	case err != nil:
		return fmt.Errorf("find colleague: %w", err)
	case to.ID == a.Request.Holder:
		return fault.New(fault.Conflict, "request.already_holder")
	}
	waiting, err := s.Claims.FindClaim(ctx, number)
	if err != nil {
		return fmt.Errorf("find claim: %w", err)
	}
	now := s.Now()
	urgent, err := lapsing(ctx, s.Store, number, now)
	if err != nil {
		return err
	}
	change, err := a.handedOver(handing{by, to, now, urgent}, s.Sealer)
	if err != nil {
		return err
	}
	if waiting.ID != 0 { // the request is somebody else's now: the claim has lost its object
		waiting.State, waiting.Answered, waiting.By = ClaimWithdrawn, change.At, by.Name
		if waiting.Claimant.ID == to.ID {
			waiting.State = ClaimAccepted
		}
		change.Claim = &waiting
	}
	if err := s.Store.RecordChange(ctx, change); err != nil {
		return fmt.Errorf("record transfer: %w", err)
	}
	return nil
}

// handing is a request that is given to a colleague. urgent is its token, as the mail tells it.
type handing struct {
	by     account.Actor
	to     Colleague
	at     time.Time
	urgent Lapsing
}

// handedOver makes a colleague the holder of a request.
func (a Application) handedOver(h handing, sealer notice.Sealer) (Change, error) {
	by, to, at, former := h.by, h.to, h.at, a.Request.Requester
	if a.Phase == Filed && !a.Answers.BusinessElsewhere && samePerson(a.Answers.DPD, to.Contact) {
		return Change{}, fault.New(fault.Conflict, "request.colleague_is_dpd")
	}
	a.Request.Requester, a.Request.Holder = to.Contact, to.ID
	if a.Phase.Editable() { // the new holder gives a number of his own with the next deposit
		a.Answers.RequesterPhone, a.Answers.RequesterJob = "", ""
	} else { // somebody must be reached there
		a.Request.Requester.Phone = former.Phone
		a.Answers.RequesterJob = ""
	}
	change := Change{Application: a, Moves: true, At: at, Events: []audit.Event{event(by, a.Request, audit.RequesterChanged, at)}}
	about := a.about()
	about.CC = former.Mail
	return change, change.write(sealer, func() (notice.Notice, error) {
		return NewTransferred(Transferred{About: about, Holder: to.called(), Former: former.Name(), By: by.Name, At: at, Lapsing: h.urgent})
	})
}

// Claim asks to hold a request in the place of its holder, who is written to. Codes:
// request.unknown (NotFound), request.already_holder, request.claimed (Conflict).
func (s *Service) Claim(ctx context.Context, by account.Actor, number habilitation.RequestNumber) error {
	a, err := s.claimable(ctx, by, number)
	if err != nil {
		return err
	}
	waiting, err := s.Claims.FindClaim(ctx, number)
	switch state := a.Request.State; {
	case err != nil:
		return fmt.Errorf("find claim: %w", err)
	case a.over() || state == habilitation.Refused || state == habilitation.Revoked:
		return moved
	case a.Request.Holder == by.AccountID:
		return fault.New(fault.Conflict, "request.already_holder")
	case waiting.ID != 0:
		return fault.New(fault.Conflict, "request.claimed")
	}
	claimant, err := s.Store.FindColleague(ctx, by.AccountID, by.Organisation.Siret)
	if err != nil {
		return fmt.Errorf("find who claims: %w", err)
	}
	now := s.Now()
	urgent, err := lapsing(ctx, s.Store, number, now)
	if err != nil {
		return err
	}
	change := Change{
		Application: a, At: now, Events: []audit.Event{event(by, a.Request, audit.RequestClaimed, now)},
		Claim: &Claim{Request: number, Claimant: claimant, State: ClaimWaiting, At: now},
	}
	if a.Request.Requester.Mail != "" {
		err = change.write(s.Sealer, func() (notice.Notice, error) {
			return NewClaimed(Claimed{About: a.about(), Claimant: claimant.called(), Until: now.Add(ClaimPatience), At: now, Lapsing: urgent})
		})
	}
	if err != nil {
		return err
	}
	if err := s.Store.RecordChange(ctx, change); err != nil {
		return fmt.Errorf("record claim: %w", err)
	}
	return nil
}

// claimable finds a request of the town, one that DataPass made too.
func (s *Service) claimable(ctx context.Context, by account.Actor, number habilitation.RequestNumber) (Application, error) {
	a, err := s.Find(ctx, by, number)
	if fault.KindOf(err) == fault.NotFound {
		a, err = s.Store.FindGranted(ctx, number, by.Organisation.Siret)
	}
	return a, err
}

// followed finds a request that the actor holds, one that DataPass made too.
func (s *Service) followed(ctx context.Context, by account.Actor, number habilitation.RequestNumber) (Application, error) {
	a, err := s.claimable(ctx, by, number)
	if err == nil && a.Request.Holder != by.AccountID {
		err = notHolder
	}
	return a, err
}

// AnswerClaim is the holder's answer to a colleague who claims. Codes: request.unknown
// (NotFound), request.not_holder (Forbidden), request.unclaimed (Conflict).
func (s *Service) AnswerClaim(ctx context.Context, by account.Actor, number habilitation.RequestNumber, accepted bool) error {
	a, err := s.followed(ctx, by, number)
	if err != nil {
		return err
	}
	claim, err := s.Claims.FindClaim(ctx, number)
	if err != nil {
		return fmt.Errorf("find claim: %w", err)
	}
	return recordAnswer(ctx, s.Store, s.Sealer, answer{by, a, claim, accepted, s.Now()})
}

// WithdrawClaim takes back what the actor claims. Codes: request.unknown (NotFound),
// request.unclaimed (Conflict).
func (s *Service) WithdrawClaim(ctx context.Context, by account.Actor, number habilitation.RequestNumber) error {
	a, err := s.claimable(ctx, by, number)
	if err != nil {
		return err
	}
	claim, err := s.Claims.FindClaim(ctx, number)
	switch {
	case err != nil:
		return fmt.Errorf("find claim: %w", err)
	case claim.ID == 0 || claim.Claimant.ID != by.AccountID:
		return fault.New(fault.Conflict, "request.unclaimed")
	}
	claim.State, claim.Answered, claim.By = ClaimWithdrawn, s.Now(), by.Name
	err = s.Store.RecordChange(ctx, Change{Application: a, Claim: &claim, At: claim.Answered, Events: []audit.Event{event(by, a.Request, audit.RequestUnclaimed, claim.Answered)}})
	if err != nil {
		return fmt.Errorf("record a claim taken back: %w", err)
	}
	return nil
}

// answer is what somebody says of a claim.
type answer struct {
	by       account.Actor
	a        Application
	claim    Claim
	accepted bool
	at       time.Time
}

func recordAnswer(ctx context.Context, store Store, sealer notice.Sealer, said answer) error {
	if said.claim.ID == 0 {
		return fault.New(fault.Conflict, "request.unclaimed")
	}
	change := Change{Application: said.a, At: said.at, Events: []audit.Event{event(said.by, said.a.Request, audit.ClaimRefused, said.at)}}
	said.claim.State = ClaimRefused
	var err error
	if said.accepted {
		_, err = store.FindColleague(ctx, said.claim.Claimant.ID, said.a.Request.Siret)
		if fault.KindOf(err) == fault.NotFound { // who left since holds nothing for the town
			return fault.Because(fault.Conflict, "request.claimant_gone", err)
		}
		if err != nil {
			return fmt.Errorf("find who claims: %w", err)
		}
		said.claim.State = ClaimAccepted
		urgent, errUrgent := lapsing(ctx, store, said.a.Request.Number, said.at)
		if errUrgent != nil {
			return errUrgent
		}
		change, err = said.a.handedOver(handing{said.by, said.claim.Claimant, said.at, urgent}, sealer)
	} else {
		about := said.a.about()
		about.To = said.claim.Claimant.Contact.Mail
		err = change.write(sealer, func() (notice.Notice, error) {
			return NewClaimEnded(ClaimEnded{About: about, By: said.by.Name, At: said.at})
		})
	}
	if err != nil {
		return err
	}
	said.claim.Answered, said.claim.By = said.at, said.by.Name
	change.Claim = &said.claim
	if err := store.RecordChange(ctx, change); err != nil {
		return fmt.Errorf("record the answer to a claim: %w", err)
	}
	return nil
}
