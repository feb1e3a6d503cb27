package credential

import (
	"errors"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/failpoint"
)

// fieldError is a fault of the local administrator that HubEE would refuse.
type fieldError struct {
	error
	field string
}

// Unwrap gives the fault its code.
func (e fieldError) Unwrap() error { return e.error }

// locate finds the commune of the town, which is in HubEE's key for ever: in the directory,
// else in the register. A town that the directory had not is in it from now on, « Bientôt
// disponible ».
func (r *run) locate() error {
	town, err := r.Store.FindCollectivity(r.ctx, r.before.Siret)
	if err == nil {
		r.step.After.COG = town.COG
		return r.called(StepLocate, CallFound, nil)
	}
	if fault.KindOf(err) != fault.NotFound {
		return r.called(StepLocate, "", err)
	}
	told, err := r.ask(r.before.Siret)
	if err != nil {
		return r.called(StepLocate, "", err)
	}
	entry, err := r.entry(told)
	if err != nil {
		return r.called(StepLocate, "", err)
	}
	r.step.After.COG, r.step.Town = told.COG, &entry
	return r.called(StepLocate, CallDone, nil)
}

// ask asks the register about an establishment that must exist.
func (r *run) ask(siret value.Siret) (directory.Establishment, error) {
	if r.Registry == nil {
		return directory.Establishment{}, fault.New(fault.Unavailable, "registry.unavailable")
	}
	told, err := r.Registry.Find(r.ctx, siret)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return told, fault.Because(fault.Invalid, "provisioning.siret_unknown", err)
	case err != nil:
		return told, err
	case told.Closed:
		return told, fault.New(fault.Invalid, "provisioning.siret_closed")
	}
	return told, nil
}

// entry describes the town to the directory.
func (r *run) entry(told directory.Establishment) (directory.Entry, error) {
	departement, known := place.Departement(told.COG)
	if !known {
		return directory.Entry{}, fault.New(fault.Invalid, "provisioning.commune_unknown")
	}
	registered := told.Name
	if registered == "" {
		registered = r.before.Organisation
	}
	name := directory.CommonName(registered, told.COG)
	return directory.Entry{
		Collectivity: directory.Collectivity{
			Siret: r.before.Siret, Name: name, COG: told.COG, Departement: departement, Postcode: told.Postcode,
			Form: directory.FormSoon, EditorSiret: r.before.Editor,
		},
		FoldedName: place.Fold(name),
	}, nil
}

// createOrganisation makes sure that HubEE knows the town. What HubEE would refuse later is
// told before anything is made.
func (r *run) createOrganisation() error {
	if err := r.check(); err != nil {
		return r.called(StepCheck, "", err)
	}
	found, err := r.Hub.HasOrganisation(r.ctx, r.before.Key())
	if err != nil {
		return r.called(StepFind, "", err)
	}
	r.step.After.State = OrganisationCreated
	if found {
		return r.called(StepFind, CallFound, nil)
	}
	town, err := r.described()
	if err != nil {
		return r.called(StepLocate, "", err)
	}
	failpoint.Hit("provision: before the organisation")
	err = r.Hub.CreateOrganisation(r.ctx, town)
	failpoint.Hit("provision: organisation created, not recorded")
	if fault.Is(err, "hubee.already_exists") { // made at a try whose answer was lost
		return r.called(StepCreate, CallFound, nil)
	}
	return r.called(StepCreate, CallDone, err)
}

func (r *run) check() error {
	if faults := CheckAdministrator(r.before.Administrator); len(faults) > 0 {
		return fieldError{fault.New(fault.Invalid, faults[0].Code), faults[0].Field}
	}
	return nil
}

// described is the town as HubEE wants it described.
func (r *run) described() (HubOrganisation, error) {
	town, err := r.Store.FindCollectivity(r.ctx, r.before.Siret)
	if err != nil {
		return HubOrganisation{}, err
	}
	postcode := town.Postcode
	if postcode == "" {
		told, err := r.ask(r.before.Siret)
		if err != nil {
			return HubOrganisation{}, err
		}
		if postcode = told.Postcode; postcode == "" {
			return HubOrganisation{}, fault.New(fault.Invalid, "provisioning.postcode_unknown")
		}
	}
	commune, known := place.Commune(r.before.COG)
	if !known {
		commune = town.Name
	}
	return HubOrganisation{
		Key: r.before.Key(), Name: town.Name, Postcode: postcode, Commune: commune,
		Mail: r.before.Administrator.Mail, Phone: CleanPhone(r.before.Administrator.Phone),
	}, nil
}

// subscribe makes sure that the town has its one subscription.
func (r *run) subscribe() error {
	told, err := r.Hub.FindSubscription(r.ctx, r.before.Key())
	outcome, step := CallFound, StepLook
	if fault.Is(err, codeMissing) {
		_ = r.called(StepLook, codeMissing, nil)
		step = StepSubscribe
		if told, outcome, err = r.newSubscription(); err != nil {
			return r.called(step, "", err)
		}
	}
	if err != nil {
		return r.called(step, "", err)
	}
	after := &r.step.After
	after.HubID, after.State, after.SeenAt, after.AtHub = told.ID, Inactive, r.Now(), told.Status
	return r.called(step, outcome, nil)
}

func (r *run) newSubscription() (told HubSubscription, outcome string, err error) {
	administrator := r.before.Administrator
	administrator.Phone = CleanPhone(administrator.Phone)
	failpoint.Hit("provision: before the subscription")
	told, err = r.Hub.CreateSubscription(r.ctx, NewSubscription{
		Request: r.before.Request, Subscriber: r.before.Key(), Mail: administrator.Mail, Administrator: administrator, ValidatedAt: r.Wall(),
	})
	failpoint.Hit("provision: subscription created, not recorded")
	if fault.Is(err, "hubee.already_exists") {
		told, err = r.Hub.FindSubscription(r.ctx, r.before.Key())
		return told, CallFound, err
	}
	return told, CallDone, err
}

// activate activates the subscription, with the delegation to the editor or in portal mode.
// A refusal blocks nothing: somebody at HubEE activates, and the portal waits (SETTLED.md,
// rules).
func (r *run) activate() error {
	if r.ByHand {
		r.step.After.State = Awaiting
		return r.look()
	}
	delegate, err := r.delegate()
	if fault.KindOf(err) == fault.Invalid { // an unknown editor blocks nothing: it is waited for
		return r.waits(err, fault.CodeOf(err))
	}
	if err != nil {
		return r.called(StepActivate, "", err)
	}
	failpoint.Hit("provision: before the activation")
	told, err := r.Hub.ChangeSubscription(r.ctx, r.before.HubID, SubscriptionChange{Status: HubActive, Editor: delegate, At: r.Wall()})
	failpoint.Hit("provision: activated, not recorded")
	switch {
	case fault.Is(err, codeMissing):
		return r.lost(StepActivate, err)
	case fault.Is(err, "hubee.refused"), fault.Is(err, codeForbidden):
		return r.waits(err, codeRefused)
	case err != nil:
		return r.called(StepActivate, "", err)
	}
	r.step.After = observed(r.step.After, told, r.Now())
	r.kept = r.step.After.Failure
	return r.called(StepActivate, CallDone, nil)
}

// waits leaves a subscription to somebody at HubEE, with what is to be mended.
func (r *run) waits(err error, code string) error {
	r.step.After.State = Awaiting
	r.kept = Failure{Code: code, Trace: err.Error(), At: r.Now()}
	r.concern(code)
	_ = r.called(StepActivate, "", err)
	return nil
}

// lost begins again when HubEE no longer has what it had made.
func (r *run) lost(step string, err error) error {
	_ = r.called(step, "", err)
	after := &r.step.After
	after.HubID, after.State, after.AtHub, after.SuspendedAtHub = "", OrganisationCreated, HubAbsent, false
	return nil
}

// delegate is HubEE's key of the editor; zero in portal mode. Its commune is asked of the
// register where nobody declared it.
func (r *run) delegate() (OrganisationKey, error) {
	if r.before.Editor == "" {
		return OrganisationKey{}, nil
	}
	of, err := r.Editors.FindEditor(r.ctx, r.before.Editor)
	if err != nil {
		return OrganisationKey{}, err
	}
	if of.COG == "" {
		told, err := r.ask(of.Siret)
		if fault.KindOf(err) == fault.Invalid {
			return OrganisationKey{}, fault.Because(fault.Invalid, "provisioning.editor_unknown", err)
		}
		if err != nil {
			return OrganisationKey{}, err
		}
		of.COG = told.COG
	}
	return OrganisationKey{Type: TypeEditor, Siret: of.Siret, COG: of.COG}, nil
}

// look asks HubEE what has become of a subscription that waits.
func (r *run) look() error {
	told, err := r.readByID()
	switch {
	case fault.Is(err, codeMissing):
		return r.lost(StepRead, err)
	case err != nil:
		return r.called(StepRead, "", err)
	}
	r.step.After = observed(r.step.After, told, r.Now())
	r.kept = r.step.After.Failure
	return r.called(StepRead, CallDone, nil)
}

// readByID reads the subscription that is known. One that HubEE refused is history: it is
// as good as gone.
func (r *run) readByID() (HubSubscription, error) {
	told, err := r.Hub.ReadSubscription(r.ctx, r.before.HubID)
	if err == nil && told.Status == HubRefused {
		return HubSubscription{}, fault.Because(fault.NotFound, codeMissing, errors.New("HubEE has refused the subscription"))
	}
	return told, err
}

// suspend makes sure that HubEE takes no dossier for the town any more. A subscription that
// was never active, or never made, takes none.
func (r *run) suspend() error {
	id, err := r.knownID()
	if err != nil {
		return r.called(StepLook, "", err)
	}
	after := &r.step.After
	if after.HubID = id; id == "" {
		after.State = Suspended
		return r.called(StepSuspend, CallFound, nil)
	}
	told, err := r.Hub.ReadSubscription(r.ctx, id)
	after.AtHub = told.Status
	switch {
	case fault.Is(err, codeMissing):
		after.HubID, after.State, after.AtHub, after.SuspendedAtHub = "", Suspended, HubAbsent, false
		return r.called(StepSuspend, CallFound, nil)
	case err != nil:
		return r.called(StepRead, "", err)
	case told.Status != HubActive:
		after.State = Suspended
		return r.called(StepSuspend, CallFound, nil)
	}
	failpoint.Hit("provision: before the suspension")
	_, err = r.Hub.ChangeSubscription(r.ctx, id, SubscriptionChange{Status: HubSuspended, At: r.Wall()})
	failpoint.Hit("provision: suspended, not recorded")
	if err == nil {
		after.State, after.AtHub, after.SuspendedAtHub = Suspended, HubSuspended, false
	}
	return r.called(StepSuspend, CallDone, err)
}

// knownID is HubEE's id of the subscription, which a lost answer may have kept from us; ""
// when there is none.
func (r *run) knownID() (string, error) {
	if r.before.HubID != "" || r.before.COG == "" {
		return r.before.HubID, nil
	}
	told, err := r.Hub.FindSubscription(r.ctx, r.before.Key())
	if fault.Is(err, codeMissing) {
		return "", nil
	}
	return told.ID, err
}

// observed is what HubEE's word makes of a subscription that is wanted active. One that is
// active for another software than it should be lets the form be open, and is not what it
// should be: somebody has to know, and what waited for somebody still does. A suspension
// that was ours, and that nobody has lifted there yet, is not HubEE's.
func observed(s Subscription, told HubSubscription, now time.Time) Subscription {
	ours := s.AtHub == HubSuspended && !s.SuspendedAtHub
	s.SeenAt, s.AtHub = now, told.Status
	wrong := Failure{Code: codeDelegation, Trace: "HubEE hands the dossiers to " + told.AccessMode + " " + told.Delegate.Siret.String(), At: now}
	switch {
	case told.Status == HubActive && s.isDelegated(told):
		s.State, s.SuspendedAtHub, s.Failure = Active, false, Failure{}
	case told.Status == HubActive && s.State == Failed:
	case told.Status == HubActive:
		s.State, s.SuspendedAtHub = Active, false
		if s.Failure.IsZero() { // else it is known why, and asked for again
			s.Failure = wrong
		}
	case told.Status == HubSuspended && !ours, s.State == Active:
		// What was active and is inactive was stopped there, by whatever means.
		s.State, s.SuspendedAtHub, s.Failure = Suspended, true, Failure{}
	case s.State != Suspended && s.State != Failed: // which waits for somebody here
		s.State = Awaiting
	}
	return s
}
