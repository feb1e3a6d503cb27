package request

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/failpoint"
)

// Faults says what is to be mended before a deposit, consents apart.
func (s *Service) Faults(ctx context.Context, a Application) ([]Fault, error) {
	receiver, err := s.Elsewhere(ctx, a)
	if err != nil {
		return nil, err
	}
	return Check(a.Answers, a.Situation(receiver.Active), Steps(a.Template, receiver.Active)...), nil
}

// Sending is a deposit that somebody asks for. Edition is that of the summary that was read.
type Sending struct {
	Number  habilitation.RequestNumber
	Edition int
	Consents
}

// Submit deposits a request, or a modification. What is to be mended is returned as faults,
// and nothing is deposited. Codes: request.unknown (NotFound), request.not_holder (Forbidden),
// request.moved, request.written (Conflict: something was written since the summary was read),
// request.unchanged (Conflict: a modification that modifies nothing).
func (s *Service) Submit(ctx context.Context, by account.Actor, sending Sending) ([]Fault, error) {
	a, err := s.writable(ctx, by, sending.Number)
	switch {
	case err != nil:
		return nil, err
	case a.Edition != sending.Edition:
		return nil, fault.New(fault.Conflict, "request.written")
	}
	a.Answers = a.locked(a.Answers).normalised()
	faults, err := s.Faults(ctx, a)
	if err != nil {
		return nil, err
	}
	if faults = append(faults, sending.faults()...); len(faults) > 0 {
		return faults, nil
	}
	receiver, err := s.Elsewhere(ctx, a)
	if err != nil {
		return nil, err
	}
	if !receiver.Active { // the question does not arise any more
		a.Answers.Reception = ""
	}
	if base := a.Base(); base != nil && a.Answers.Equal(base.withReception(a.Answers.Reception)) {
		return nil, fault.New(fault.Conflict, "request.unchanged")
	}
	renewed, err := lapsing(ctx, s.Store, a.Request.Number, s.Now())
	if err != nil {
		return nil, err
	}
	if !renewed.Amended || !a.Modification() {
		renewed = Lapsing{}
	}
	change, err := s.deposited(by, a, renewed)
	if err != nil {
		return nil, err
	}
	failpoint.Hit("request: about to be deposited")
	if err := s.Store.RecordChange(ctx, change); err != nil {
		return nil, fmt.Errorf("record deposit: %w", err)
	}
	failpoint.Hit("request: deposited, not answered")
	return nil, nil
}

func (c Consents) faults() (faults []Fault) {
	if !c.Terms {
		faults = append(faults, Fault{Field: FieldTerms, Code: "request.terms_required"})
	}
	if !c.DPDInformed {
		faults = append(faults, Fault{Field: FieldDPDInformed, Code: "request.dpd_informed_required"})
	}
	return faults
}

// deposited is a deposit; renewed is the token that the modification prolongs once it is
// validated, zero for none.
func (s *Service) deposited(by account.Actor, a Application, renewed Lapsing) (Change, error) {
	now := s.Now()
	next, err := a.after(habilitation.Submit)
	if err != nil {
		return Change{}, err
	}
	again := a.Phase == Returned
	a.move(next, now)
	told := event(by, a.Request, audit.RequestFiled, now)
	told.Detail = strconv.Itoa(len(a.changes()))
	a.Phase, a.FiledAt = Filed, now
	if !again {
		a.FirstFiledAt = now
	}
	change := Change{
		Application: a, Moves: true, At: now, Events: []audit.Event{told},
		Deposit: &Deposit{Answers: a.Answers, Terms: TermsVersion, By: Person{ID: by.AccountID, Name: by.Name, Mail: by.Mail}, At: now},
	}
	about := a.about()
	about.CC = a.TechnicalMail()
	return change, change.write(s.Sealer, func() (notice.Notice, error) {
		return NewAcknowledged(Acknowledged{About: about, Revision: a.Request.Revision + 1, FiledAt: now, Deadline: a.Deadline(), Again: again, Lapsing: renewed})
	})
}

// changes are the differences with what the instructors know: the last deposit, else what is
// granted, else what the template brought.
func (a Application) changes() []Difference { return Differences(a.Before(), a.Answers) }

// Before are the answers that the ones of now are compared with: those of the last deposit,
// else those of the habilitation, else those of the template.
func (a Application) Before() Answers {
	switch {
	case a.Sent != nil:
		return *a.Sent
	case a.Granted != nil:
		return *a.Base()
	}
	return Begun(a.Template)
}

// Base is what a modification begins with and is compared with: what is granted, but for a
// replacement, which took place at the approval. It takes place again only where the town says
// so again. Nil where nothing is granted.
func (a Application) Base() *Answers {
	if a.Granted == nil || a.Granted.Reception != ReceptionReplace {
		return a.Granted
	}
	base := *a.Granted
	base.Reception = ""
	return &base
}

func (a *Application) move(next habilitation.State, at time.Time) {
	if a.Request.State != next {
		a.Request.State, a.Request.StateAt = next, at
	}
}

// write adds a letter to the change.
func (c *Change) write(sealer notice.Sealer, compose func() (notice.Notice, error)) error {
	composed, err := compose()
	if err != nil {
		return err
	}
	letter, err := notice.Prepare(sealer, composed)
	if err != nil {
		return err
	}
	c.Letters = append(c.Letters, letter)
	return nil
}

// Withdraw drops a request that was never approved. What it said of a draft goes at once.
// Codes: request.unknown (NotFound), request.not_holder (Forbidden), request.moved (Conflict).
func (s *Service) Withdraw(ctx context.Context, by account.Actor, number habilitation.RequestNumber) error {
	return s.change(ctx, by, number, habilitation.Withdraw, func(a *Application) audit.Act {
		a.Phase, a.Asked = Closed, Asked{}
		if a.Sent == nil {
			a.Answers = Answers{}
		}
		return audit.RequestWithdrawn
	})
}

// Cancel gives a modification up: everything is as it was granted, documents included. Codes
// as Withdraw.
func (s *Service) Cancel(ctx context.Context, by account.Actor, number habilitation.RequestNumber) error {
	return s.change(ctx, by, number, habilitation.Cancel, func(a *Application) audit.Act {
		*a = a.AsGranted()
		return audit.RequestCancelled
	})
}

// AsGranted is the application when a modification comes to nothing: what is granted is what
// is written (issue: « cancel and refuse restore everything, documents included »).
func (a Application) AsGranted() Application {
	a.Phase, a.Asked = Closed, Asked{}
	a.FiledAt, a.FirstFiledAt, a.Sent = time.Time{}, time.Time{}, nil
	if a.Granted != nil {
		a.Answers = *a.Granted
	}
	if a.Carried { // nothing of it was ever granted here: it is DataPass's again
		a.Request.Source = habilitation.FromDatapass
	}
	return a
}

// change does an act of the holder that needs no mail.
func (s *Service) change(ctx context.Context, by account.Actor, number habilitation.RequestNumber, act habilitation.Act, apply func(a *Application) audit.Act) error {
	a, err := s.held(ctx, by, number)
	if err != nil {
		return err
	}
	next, err := a.after(act)
	if err != nil {
		return err
	}
	now := s.Now()
	done := apply(&a)
	a.move(next, now)
	err = s.Store.RecordChange(ctx, Change{Application: a, Moves: true, At: now, Events: []audit.Event{event(by, a.Request, done, now)}})
	if err != nil {
		return fmt.Errorf("record %s: %w", act, err)
	}
	return nil
}

// Reopen begins a modification of what is granted, which stays valid meanwhile (datapass.md
// §6). A request that came from DataPass is the portal's from then on. Codes as Withdraw, and
// template.unknown (NotFound) where nothing is known of its form.
func (s *Service) Reopen(ctx context.Context, by account.Actor, number habilitation.RequestNumber) error {
	a, err := s.Store.FindGranted(ctx, number, by.Organisation.Siret)
	switch {
	case err != nil:
		return fmt.Errorf("find what is granted: %w", err)
	case a.Request.Holder != by.AccountID:
		return notHolder
	case !a.Allows(habilitation.Reopen):
		return moved
	}
	if a.Template.UID == "" {
		if a.Template, err = s.templateFor(ctx, a.Request.FormUID); err != nil {
			return err
		}
	}
	if a.Granted == nil || a.Carried { // what DataPass granted last, whatever was carried over before
		granted := carried(a.Request, a.Template)
		a.Granted, a.Carried = &granted, true
	}
	now := s.Now()
	next, err := a.after(habilitation.Reopen)
	if err != nil {
		return err
	}
	a.move(next, now)
	a.Request.Source = habilitation.FromPortal
	a.Answers, a.Phase, a.EditedAt, a.Asked = a.locked(*a.Base()), Writing, now, Asked{}
	if a.Request.Requester.Mail != a.Request.Current.Contacts.Requester.Mail { // it has another holder now
		a.Answers.RequesterPhone, a.Answers.RequesterJob = "", ""
	}
	a.FiledAt, a.FirstFiledAt, a.Sent, a.Assignee = time.Time{}, time.Time{}, nil, Person{}
	err = s.Store.RecordChange(ctx, Change{Application: a, Moves: true, At: now, Events: []audit.Event{event(by, a.Request, audit.RequestReopened, now)}})
	if err != nil {
		return fmt.Errorf("record a modification that begins: %w", err)
	}
	return nil
}

// genericForm is the form without editor (datapass.md §1.4).
const genericForm = "formulaire-qf"

// templateFor is the form of a request that began elsewhere, else the generic one.
func (s *Service) templateFor(ctx context.Context, uid string) (editor.Template, error) {
	t, err := s.Templates.Find(ctx, uid)
	if fault.KindOf(err) == fault.NotFound {
		t, err = s.Templates.Find(ctx, genericForm)
	}
	return t, err
}

// carried are the answers of a habilitation that another system granted, as far as it says.
func carried(r habilitation.Request, t editor.Template) Answers {
	h := r.Current
	a := Begun(t)
	a.Title, a.Scopes, a.Token, a.Form = h.Title, h.Scopes, h.Modalities.Token, h.Modalities.Form
	a.DPD, a.Controller = h.Contacts.DPD, h.Contacts.Controller
	a.Business = h.Contacts.Business
	a.BusinessElsewhere = h.Contacts.Business.Mail != "" && h.Contacts.Business.Mail != r.Requester.Mail
	if h.Contacts.Technical.Mail != "" {
		a.Technical = h.Contacts.Technical
	}
	a.RequesterPhone, a.RequesterJob = r.Requester.Phone, r.Requester.Job
	return a
}

// Grant is what an approval of a deposit grants: the contacts that a habilitation keeps, and
// the modalities, the form apart where the town keeps another software for its dossiers.
func (a Application) Grant() (habilitation.Contacts, habilitation.Modalities) {
	answers, requester := a.Answers, a.Request.Requester
	requester.Phone, requester.Job = answers.RequesterPhone, answers.RequesterJob
	contacts := habilitation.Contacts{
		Requester: requester, Technical: answers.Technical, Business: answers.Business,
		DPD: answers.DPD, Controller: answers.Controller,
	}
	if answers.TechnicalOneself {
		contacts.Technical = requester
	}
	if !answers.BusinessElsewhere {
		contacts.Business = requester
	}
	for _, c := range []*habilitation.Contact{&contacts.Technical, &contacts.Business, &contacts.DPD, &contacts.Controller} {
		if address, err := notice.ParseAddress(c.Mail); err == nil {
			c.Mail = address
		}
	}
	return contacts, habilitation.Modalities{Token: answers.Token, Form: answers.Form && answers.Reception != ReceptionKeep}
}

// withReception is what was granted with the answer to the second editor's question of now,
// which is no answer of a modification by itself.
func (a Answers) withReception(now Reception) Answers {
	if now == "" {
		a.Reception = ""
	}
	return a
}

// Replaces tells whether the town wants this software to receive its dossiers in the place of
// the present one.
func (a Application) Replaces() bool {
	return a.Answers.Form && a.Answers.Reception == ReceptionReplace
}

// MedianDelay is how long the instructors take as a rule, for the start page: over the last
// three months; ok is false where too little was decided to say.
func (s *Service) MedianDelay(ctx context.Context) (delay time.Duration, ok bool, err error) {
	const (
		observed = 3
		enough   = 5
	)
	delay, count, err := s.Store.MedianDelay(ctx, s.Now().AddDate(0, -observed, 0))
	if err != nil {
		return 0, false, fmt.Errorf("measure the delay: %w", err)
	}
	return delay, count >= enough, nil
}
