package credential

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/failpoint"
)

// Provisioning brings the subscriptions of towns about at HubEE (reference/hubee.md §12).
type Provisioning struct {
	Store    Store
	Hub      Provisioner
	Registry directory.Registry // nil where no register is configured
	Editors  editor.Finder
	Sealer   notice.Sealer
	// ByHand: somebody at HubEE activates; the portal waits (HUBEE_ACTIVATION=manual).
	ByHand   bool
	Operator string           // address of those who are alerted
	Now      func() time.Time // business time
	Wall     func() time.Time // real time: what HubEE is told
	// Concern, when set, is told of each subscription that needs somebody, by the code of
	// its failure.
	Concern func(siret value.Siret, code string)
}

// Store keeps subscriptions.
type Store interface {
	// Alone runs work unless somebody works at the subscription of the town at that moment:
	// then fault.Conflict, code subscription.busy.
	Alone(ctx context.Context, siret value.Siret, work func(ctx context.Context) error) error
	// FindSubscription finds the subscription of a town. fault.NotFound, code
	// subscription.unknown.
	FindSubscription(ctx context.Context, siret value.Siret) (Subscription, error)
	// FindCollectivity finds a town of the directory. fault.NotFound, code
	// collectivity.unknown.
	FindCollectivity(ctx context.Context, siret value.Siret) (directory.Collectivity, error)
	// RecordStep records a step with all that follows for the town: its form opens or closes
	// (Subscription.FormAfter), and the dossiers that waited are delivered. fault.Conflict,
	// code subscription.moved, when the subscription changed since it was read: then nothing
	// is recorded.
	RecordStep(ctx context.Context, step Step) error
	// FindAddressees says whom to write to about a town: the requester, the technical
	// contact or "".
	FindAddressees(ctx context.Context, siret value.Siret) (Addressees, error)

	// RecordSeen notes when HubEE told of subscriptions, by HubEE's ids.
	RecordSeen(ctx context.Context, ids []string, at time.Time) error
	// ListTold finds what is kept of subscriptions that HubEE told of, by the key of the
	// town; those of no town of ours are left out.
	ListTold(ctx context.Context, keys []OrganisationKey) (map[OrganisationKey]Subscription, error)
	// ListRefused lists towns whose activation HubEE refused before a time, or whose editor
	// nobody knew.
	ListRefused(ctx context.Context, before time.Time, limit int) ([]value.Siret, error)
	// ListUnseen lists towns whose subscription HubEE did not tell of since a time.
	ListUnseen(ctx context.Context, since time.Time, limit int) ([]value.Siret, error)
	// RecordAdopted keeps the subscription of a town that had none here; false when there is
	// no such town, when it has one, or when its form is closed and HubEE's is active.
	RecordAdopted(ctx context.Context, told HubSubscription, at time.Time) (adopted Subscription, kept bool, err error)
}

// Addressees are those who are written to about a town.
type Addressees struct {
	Requester, Technical string // mail
	Editor               string // name; "" without an editor
}

// Step is a change of a subscription, with what is recorded beside it.
type Step struct {
	After Subscription     // with the revision that was read
	Town  *directory.Entry // the town as located, for the directory; nil when it is there
	Calls []Call
	// Provision orders the saga.
	Provision bool
	Events    []audit.Event
	Letters   []notice.Letter
	At        time.Time
}

// The steps of the saga.
const (
	StepLocate    = "locate"
	StepCheck     = "check"
	StepFind      = "find_organisation"
	StepCreate    = "create_organisation"
	StepLook      = "find_subscription"
	StepSubscribe = "create_subscription"
	StepActivate  = "activate"
	StepSuspend   = "suspend"
	StepRead      = "read_subscription"
)

// Steps lists every step.
var Steps = [...]string{StepLocate, StepCheck, StepFind, StepCreate, StepLook, StepSubscribe, StepActivate, StepSuspend, StepRead}

const (
	// Patience is how long a step is tried again before somebody has to look: longer than an
	// outage over a weekend.
	Patience = 4 * 24 * time.Hour
	// maxSteps bounds one run: the road has six, and a change of mind makes it begin again.
	maxSteps = 20
)

// Provision takes the subscription of a town as far as it goes. A nil error means that
// nothing is left to do now: it is as wanted, it waits for HubEE, or for somebody. Any
// other error is worth trying again later.
func (p *Provisioning) Provision(ctx context.Context, siret value.Siret) error {
	return p.Store.Alone(ctx, siret, func(ctx context.Context) error {
		for range maxSteps {
			s, err := p.Store.FindSubscription(ctx, siret)
			if fault.KindOf(err) == fault.NotFound {
				return nil
			}
			if err != nil {
				return fmt.Errorf("find subscription: %w", err)
			}
			ended, err := p.advance(ctx, s)
			if ended || err != nil && !fault.Is(err, "subscription.moved") {
				return err
			}
		}
		return p.stuck(ctx, siret)
	})
}

// stuck writes down that a subscription never comes to rest, such as one that HubEE lists and
// does not find: for a while it is tried again, then somebody has to look.
func (p *Provisioning) stuck(ctx context.Context, siret value.Siret) error {
	s, err := p.Store.FindSubscription(ctx, siret)
	if err != nil {
		return fmt.Errorf("find subscription: %w", err)
	}
	r := &run{Provisioning: p, ctx: ctx, before: s, step: Step{After: s, At: p.Now()}}
	_, err = r.fails(fault.Because(fault.Unavailable, "provisioning.restless", errors.New("the subscription never comes to rest")))
	return err
}

// advance makes one step. ended tells that there is none left now.
func (p *Provisioning) advance(ctx context.Context, s Subscription) (ended bool, err error) {
	r := &run{Provisioning: p, ctx: ctx, before: s, step: Step{After: s, At: p.Now()}}
	var step func() error
	switch {
	case s.Want == WantSuspended && s.State == Suspended, s.Want == WantActive && s.State == Active, s.State == Failed,
		s.State == Suspended: // by HubEE: the job notices when it ends
		return true, nil
	case s.Want == WantSuspended:
		step = r.suspend
	case s.COG == "":
		step = r.locate
	case s.State == ToCreate:
		step = r.createOrganisation
	case s.State == OrganisationCreated:
		step = r.subscribe
	case s.State == Inactive:
		step = r.activate
	default: // Awaiting
		step = r.look
	}
	failure := step()
	if failure == nil {
		r.step.After.Failure = r.kept
		return r.step.After.State == Awaiting || r.step.After.State == Failed, r.record()
	}
	return r.fails(failure)
}

// run is one step under way.
type run struct {
	*Provisioning
	ctx    context.Context // a run lives as long as its step
	before Subscription
	step   Step
	kept   Failure // what is not right although the step went well
}

// called notes the outcome of a call, and gives its error back.
func (r *run) called(step, outcome string, err error) error {
	call := Call{At: r.Now(), Step: step, Outcome: outcome}
	if err != nil {
		call.Outcome, call.Trace = codeOf(err), err.Error()
	}
	r.step.Calls = append(r.step.Calls, call)
	return err
}

func codeOf(err error) string {
	if code := fault.CodeOf(err); code != "" {
		return code
	}
	return "failed"
}

func (r *run) record() error {
	if r.step.After.State == Active && r.before.State != Active {
		r.step.After.ActiveAt = r.Now()
		r.step.Events = append(r.step.Events, r.event(audit.System, audit.SubscriptionActive, ""))
	}
	if err := r.Store.RecordStep(r.ctx, r.step); err != nil {
		return fmt.Errorf("record step: %w", err)
	}
	failpoint.Hit("provision: " + string(r.step.After.State) + " recorded")
	return nil
}

// fails writes a failure down. What time may mend is tried again, for a while; what it may
// not waits for somebody.
func (r *run) fails(failure error) (ended bool, err error) {
	after := r.before
	after.Failure = Failure{Code: codeOf(failure), Trace: failure.Error(), At: r.Now()}
	var wrong fieldError
	if errors.As(failure, &wrong) {
		after.Failure.Field = wrong.field
	}
	mayPass := fault.KindOf(failure) != fault.Invalid
	if !mayPass || r.Now().Sub(r.before.WantedAt) >= Patience {
		after.State, mayPass = Failed, false
	}
	r.step.After, r.step.Town = after, nil
	if err := r.record(); err != nil {
		return false, err
	}
	if mayPass {
		return true, failure
	}
	r.concern(after.Failure.Code)
	return true, nil
}

func (p *Provisioning) tell(siret value.Siret, code string) {
	if p.Concern != nil {
		p.Concern(siret, code)
	}
}

func (r *run) concern(code string) { r.tell(r.before.Siret, code) }

// event is a line of the journal about the subscription.
func (r *run) event(author audit.Author, act audit.Act, detail string) audit.Event {
	return eventOf(r.before, author, act, detail, r.Now())
}

func eventOf(s Subscription, author audit.Author, act audit.Act, detail string, at time.Time) audit.Event {
	return audit.Event{
		At: at, Author: author, Act: act, Organisation: s.Siret.String(), Detail: detail,
		Object: audit.Object{Kind: "subscription", ID: s.Siret.String(), Display: s.Organisation},
	}
}

// Relaunch has the saga of a town start again at once. Codes: subscription.unknown
// (NotFound), subscription.moved (Conflict).
func (p *Provisioning) Relaunch(ctx context.Context, by account.Actor, siret value.Siret) error {
	return p.again(ctx, by, siret, audit.SubscriptionRelaunched, func(s Subscription) Subscription { return s })
}

// Correct changes the local administrator that HubEE is told of, and relaunches. What HubEE
// would refuse is refused: see CheckAdministrator. Codes: as Relaunch, and
// hubee.administrator_refused (Invalid).
func (p *Provisioning) Correct(ctx context.Context, by account.Actor, siret value.Siret, administrator habilitation.Contact) error {
	if len(CheckAdministrator(administrator)) > 0 {
		return fault.New(fault.Invalid, "hubee.administrator_refused")
	}
	return p.again(ctx, by, siret, audit.SubscriptionCorrected, func(s Subscription) Subscription {
		s.Administrator = administrator
		return s
	})
}

func (p *Provisioning) again(ctx context.Context, by account.Actor, siret value.Siret, act audit.Act, change func(Subscription) Subscription) error {
	s, err := p.Store.FindSubscription(ctx, siret)
	if err != nil {
		return fmt.Errorf("find subscription: %w", err)
	}
	now := p.Now()
	event := eventOf(s, by.Author(), act, "", now)
	event.RequestID = by.RequestID
	step := Step{After: change(s).Relaunched(now), Provision: true, Events: []audit.Event{event}, At: now}
	if err := p.Store.RecordStep(ctx, step); err != nil {
		return fmt.Errorf("record relaunch: %w", err)
	}
	return nil
}
