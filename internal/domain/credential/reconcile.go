package credential

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// unseenLimit bounds how many subscriptions that HubEE did not list are asked about in one
// run; the others come with the next ones.
const unseenLimit = 500

// Reconcile is the job that notices what happens at HubEE: an activation that was waited
// for opens the form, a suspension closes it and calls for somebody (PRODUCT.md 3.4). It
// counts the subscriptions that HubEE told of. A town that fails blocks none of the others.
func (p *Provisioning) Reconcile(ctx context.Context) (count int, err error) {
	began := p.Now()
	var failures []error
	for offset := 0; ; {
		page, next, err := p.Hub.ListSubscriptions(ctx, offset)
		if err != nil {
			return count, fmt.Errorf("list subscriptions: %w", errors.Join(append(failures, err)...))
		}
		failures = append(failures, p.compare(ctx, page))
		count += len(page)
		if next <= offset {
			break
		}
		offset = next
	}
	// What a list lacks is asked about by its id: a list that is short for a moment must not
	// close forms.
	unseen, err := p.Store.ListUnseen(ctx, began, unseenLimit)
	if err != nil {
		return count, fmt.Errorf("list unseen subscriptions: %w", err)
	}
	for _, siret := range unseen {
		failures = append(failures, p.Look(ctx, siret))
	}
	return count, errors.Join(append(failures, p.retryRefused(ctx))...)
}

// refusedFor is after how long an activation that HubEE refused is asked for again: the
// editor's account may have been made since (editors' guide, 1.c), for hundreds of towns. A
// delegation that somebody changed at HubEE is theirs: it is told, and not undone.
const refusedFor = 20 * time.Hour

func (p *Provisioning) retryRefused(ctx context.Context) error {
	if p.ByHand {
		return nil
	}
	refused, err := p.Store.ListRefused(ctx, p.Now().Add(-refusedFor), unseenLimit)
	if err != nil {
		return fmt.Errorf("list refused activations: %w", err)
	}
	var failures []error
	for _, siret := range refused {
		s, err := p.Store.FindSubscription(ctx, siret)
		if err == nil && (s.State == Awaiting || s.State == Active) {
			err = p.Store.RecordStep(ctx, Step{After: s.Relaunched(p.Now()), Provision: true, At: p.Now()})
		}
		if !fault.Is(err, "subscription.moved") {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// compare looks at those of a page that are not as they are kept.
func (p *Provisioning) compare(ctx context.Context, page []HubSubscription) error {
	keys := make([]OrganisationKey, len(page))
	for i, told := range page {
		keys[i] = told.Subscriber
	}
	kept, err := p.Store.ListTold(ctx, keys)
	if err != nil {
		return fmt.Errorf("list what is kept: %w", err)
	}
	var same []string
	var failures []error
	for _, told := range page {
		s, known := kept[told.Subscriber]
		switch {
		case !known:
			failures = append(failures, p.adopt(ctx, told))
		case s.differs(told):
			failures = append(failures, p.Look(ctx, s.Siret))
		default:
			same = append(same, told.ID)
		}
	}
	return errors.Join(append(failures, p.Store.RecordSeen(ctx, same, p.Now()))...)
}

// adopt keeps a subscription that HubEE tells of a town which the directory's interface, or
// an import, brought.
func (p *Provisioning) adopt(ctx context.Context, told HubSubscription) error {
	adopted, kept, err := p.Store.RecordAdopted(ctx, told, p.Now())
	if err != nil || !kept || !adopted.differs(told) {
		return err
	}
	return p.Look(ctx, adopted.Siret)
}

// Adopted is the subscription of a town whose form is as the directory says, until HubEE is
// believed.
func Adopted(town directory.Collectivity, told HubSubscription, at time.Time) Subscription {
	s := Believed(town, at)
	s.HubID = told.ID // AtHub and SeenAt come with the look that follows
	return s
}

// Believed is the subscription that stands behind the form of a town, as the directory has
// it and nobody has asked HubEE yet.
func Believed(town directory.Collectivity, at time.Time) Subscription {
	s := Subscription{
		Siret: town.Siret, Organisation: town.Name, Editor: town.EditorSiret, Want: WantActive, WantedAt: at,
		State: Awaiting, COG: town.COG,
	}
	switch town.Form {
	case directory.FormOpen:
		s.State, s.ActiveAt = Active, at
	case directory.FormClosed:
		s.Want, s.State = WantSuspended, Suspended
	case directory.FormSoon:
	}
	return s
}

// differs tells whether HubEE's word asks for a closer look. A subscription that the saga
// is still making is the saga's affair.
func (s Subscription) differs(told HubSubscription) bool {
	switch {
	case s.Want == WantSuspended:
		return told.Status == HubActive && s.State == Suspended
	case s.underWay():
		return false
	}
	after := observed(s, told, s.SeenAt)
	return s.HubID != told.ID || after.State != s.State || after.Failure.Code != s.Failure.Code || after.AtHub != s.AtHub
}

// Look asks HubEE about the subscription of one town now, and records what changed. One at
// which somebody works at that moment is left to the next run.
func (p *Provisioning) Look(ctx context.Context, siret value.Siret) error {
	err := p.Store.Alone(ctx, siret, func(ctx context.Context) error {
		s, err := p.Store.FindSubscription(ctx, siret)
		if err != nil {
			return err
		}
		r := &run{Provisioning: p, ctx: ctx, before: s, step: Step{After: s, At: p.Now()}}
		if s.Want == WantSuspended {
			if err := r.suspend(); err != nil {
				return err
			}
			return r.record()
		}
		if s.underWay() {
			return nil
		}
		return r.notice()
	})
	if fault.Is(err, "subscription.busy") || fault.Is(err, "subscription.moved") || fault.Is(err, "subscription.unknown") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the subscription of %s: %w", siret, err)
	}
	return nil
}

// notice records what HubEE's word changes.
func (r *run) notice() error {
	told, err := r.told()
	after := &r.step.After
	switch {
	case fault.Is(err, codeMissing) && r.before.State == Failed:
		return nil // it is known already
	case fault.Is(err, codeMissing):
		after.HubID, after.State, after.AtHub, after.SuspendedAtHub = "", Failed, HubAbsent, false
		after.Failure = Failure{Code: codeMissing, Trace: err.Error(), At: r.Now()}
		_ = r.called(StepRead, "", err)
	case err != nil:
		return err
	default:
		after.HubID = told.ID
		*after = observed(*after, told, r.Now())
		_ = r.called(StepRead, CallDone, nil)
	}
	if same := *after; same.State == r.before.State && same.HubID == r.before.HubID && same.AtHub == r.before.AtHub &&
		same.Failure.Code == r.before.Failure.Code {
		return r.Store.RecordSeen(r.ctx, []string{told.ID}, r.Now())
	}
	if after.Failure.Code == codeDelegation && r.before.Failure.Code != codeDelegation {
		r.concern(codeDelegation)
	}
	if after.State != r.before.State && (after.State == Suspended || after.State == Failed) {
		if err := r.alert(); err != nil {
			return err
		}
	}
	return r.record()
}

func (r *run) told() (HubSubscription, error) {
	if r.before.HubID != "" {
		return r.readByID()
	}
	return r.Hub.FindSubscription(r.ctx, r.before.Key())
}

// alert tells the town that its form is closed, and calls for the operator.
func (r *run) alert() error {
	code := codeMissing
	if r.step.After.State == Suspended {
		code = "hubee.suspended_at_hub"
	}
	told, err := r.Store.FindAddressees(r.ctx, r.before.Siret)
	if err != nil {
		return fmt.Errorf("find whom to write to: %w", err)
	}
	organisation := r.before.Organisation
	var composed []notice.Notice
	if told.Requester != "" && r.step.After.State == Suspended {
		closed, err := NewClosed(Closed{
			Siret: r.before.Siret, Organisation: organisation, Editor: told.Editor, To: told.Requester, CC: told.Technical, At: r.Now(),
		})
		if err != nil {
			return err
		}
		composed = append(composed, closed)
	}
	alerted, err := NewAlerted(Alerted{Siret: r.before.Siret, Organisation: organisation, Code: code, To: r.Operator, At: r.Now()})
	if err != nil {
		return err
	}
	for _, n := range append(composed, alerted) {
		letter, err := notice.Prepare(r.Sealer, n)
		if err != nil {
			return fmt.Errorf("write %s: %w", n.Kind(), err)
		}
		r.step.Letters = append(r.step.Letters, letter)
	}
	r.step.Events = append(r.step.Events, r.event(audit.System, audit.SubscriptionSuspended, code))
	r.concern(code)
	return nil
}
