package credential_test

import (
	"context"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// steady is a HubEE that says one thing of one subscription, and answers changes with one
// error.
type steady struct {
	credential.Provisioner
	told    credential.HubSubscription
	refusal error
}

func (*steady) HasOrganisation(context.Context, credential.OrganisationKey) (bool, error) {
	return true, nil
}

func (h *steady) FindSubscription(context.Context, credential.OrganisationKey) (credential.HubSubscription, error) {
	return h.told, nil
}

func (h *steady) ReadSubscription(context.Context, string) (credential.HubSubscription, error) {
	return h.told, nil
}

func (h *steady) ChangeSubscription(context.Context, string, credential.SubscriptionChange) (credential.HubSubscription, error) {
	return h.told, h.refusal
}

// sealer leaves what it seals readable.
type sealer struct{}

func (sealer) Seal(plain []byte, _ string) []byte { return plain }

// road is a saga with its store, and what it called somebody for.
type road struct {
	*credential.Provisioning
	store  *one
	hub    *steady
	called []string
}

func newRoad(kept credential.Subscription, status credential.HubStatus) *road {
	kept.Siret, kept.COG, kept.Administrator = "21560124000017", "56111", administrator
	r := &road{store: &one{kept: kept}}
	r.hub = &steady{told: credential.HubSubscription{ID: "id", Subscriber: kept.Key(), Status: status}}
	clock := func() time.Time { return morning }
	r.Provisioning = &credential.Provisioning{
		Store: r.store, Hub: r.hub, Now: clock, Wall: clock, Sealer: sealer{}, Operator: "exploitation@portail.example.fr",
		Concern: func(_ value.Siret, code string) { r.called = append(r.called, code) },
	}
	return r
}

func (r *road) is(t *testing.T, what string, state credential.State) {
	t.Helper()
	if r.store.kept.State != state {
		t.Errorf("%s: %s, want %s: %+v", what, r.store.kept.State, state, r.store.kept)
	}
}

// What waits for somebody here goes on doing so: that HubEE says « Inactif » is no news.
func TestTheJobDoesNotHideWhatFailed(t *testing.T) {
	r := newRoad(credential.Subscription{Want: credential.WantActive, WantedAt: morning, State: credential.ToCreate}, credential.HubInactive)
	r.store.kept.Administrator.Mail = "pas-une-adresse"
	if err := r.Provision(t.Context(), r.store.kept.Siret); err != nil {
		t.Fatal(err)
	}
	r.is(t, "an address that HubEE would refuse", credential.Failed)
	if err := r.Look(t.Context(), r.store.kept.Siret); err != nil {
		t.Fatal(err)
	}
	r.is(t, "looked at by the job", credential.Failed)
	if code := r.store.kept.Failure.Code; code != "hubee.mail_narrow" {
		t.Errorf("why is %q now", code)
	}
	r.hub.told.Status = credential.HubActive
	if err := r.Look(t.Context(), r.store.kept.Siret); err != nil {
		t.Fatal(err)
	}
	r.is(t, "activated at HubEE", credential.Active)
}

// « auto (…) falls back to waiting on a 4xx » (SETTLED.md, rules): that our account may not
// activate is one of them, and an activation at HubEE opens the form.
func TestAnActivationThatIsForbiddenIsWaitedFor(t *testing.T) {
	for _, code := range []string{"hubee.forbidden", "hubee.refused"} {
		kind := fault.Unavailable
		if code == "hubee.refused" {
			kind = fault.Invalid
		}
		r := newRoad(credential.Subscription{Want: credential.WantActive, WantedAt: morning, State: credential.Inactive, HubID: "id"}, credential.HubInactive)
		r.hub.refusal = fault.New(kind, code)
		if err := r.Provision(t.Context(), r.store.kept.Siret); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		r.is(t, code, credential.Awaiting)
		r.hub.told.Status = credential.HubActive
		if err := r.Look(t.Context(), r.store.kept.Siret); err != nil {
			t.Fatal(err)
		}
		r.is(t, code+", activated at HubEE", credential.Active)
	}
}

// A town of the directory whose software nobody declared is as HubEE says.
func TestHubEEIsBelievedAboutATownOfBefore(t *testing.T) {
	r := newRoad(credential.Subscription{Want: credential.WantActive, State: credential.Active}, credential.HubActive)
	r.hub.told.AccessMode = "API"
	r.hub.told.Delegate = credential.OrganisationKey{Type: credential.TypeEditor, Siret: "91033700500011", COG: "75107"}
	if err := r.Look(t.Context(), r.store.kept.Siret); err != nil {
		t.Fatal(err)
	}
	if s := r.store.kept; !s.Failure.IsZero() || !s.Settled() || len(r.called) > 0 {
		t.Errorf("%+v, somebody is called for %q", s, r.called)
	}
	r.store.kept.Request, r.store.kept.Editor = 48231, "90511200900014"
	if err := r.Look(t.Context(), r.store.kept.Siret); err != nil {
		t.Fatal(err)
	}
	if s := r.store.kept; s.Failure.Code != "provisioning.delegation_differs" || s.Settled() || len(r.called) != 1 {
		t.Errorf("delegated to another software than ours says: %+v, %q", s, r.called)
	}
}

// What we suspended and want active again is waited for; what HubEE suspended stays so, and
// is told as such, whatever is suspended and restored here meanwhile.
func TestWhoSuspendedIsNotForgotten(t *testing.T) {
	service := credential.Service{Request: 48231, Siret: "21560124000017", Administrator: administrator}
	ours := newRoad(credential.Subscription{
		Request: 48231, Want: credential.WantSuspended, State: credential.Suspended, HubID: "id", AtHub: credential.HubSuspended,
	}, credential.HubSuspended)
	ours.ByHand = true
	ours.store.kept = ours.store.kept.Serving(service, morning)
	if err := ours.Provision(t.Context(), service.Siret); err != nil {
		t.Fatal(err)
	}
	ours.is(t, "restored, to be activated by hand", credential.Awaiting)
	if err := ours.Look(t.Context(), service.Siret); err != nil {
		t.Fatal(err)
	}
	ours.is(t, "and looked at", credential.Awaiting)
	if ours.store.kept.SuspendedAtHub || len(ours.called) > 0 {
		t.Errorf("%+v, somebody is called for %q", ours.store.kept, ours.called)
	}

	theirs := credential.Subscription{
		Request: 48231, Want: credential.WantActive, State: credential.Suspended, SuspendedAtHub: true, HubID: "id", AtHub: credential.HubSuspended,
	}
	restored := theirs.Stopped(morning).Serving(service, morning)
	if restored.State != credential.Suspended || !restored.SuspendedAtHub || restored.Want != credential.WantActive {
		t.Errorf("suspended and restored here: %+v", restored)
	}
	service.Editor = "91033700500011"
	if version := theirs.Serving(service, morning); version.State != credential.Suspended || !version.SuspendedAtHub || version.Editor != service.Editor {
		t.Errorf("a new version for another software: %+v", version)
	}
	heir := service
	heir.Request = 50000
	if passed := theirs.Serving(heir, morning); passed.State != credential.Suspended || !passed.SuspendedAtHub || passed.Request != 50000 {
		t.Errorf("passed to its heir: %+v", passed)
	}
	if anew := theirs.Stopped(morning).Serving(heir, morning); anew.State != credential.Inactive || anew.SuspendedAtHub {
		t.Errorf("another request, once the former ended: %+v", anew)
	}
	if again := theirs.Relaunched(morning); again.State != credential.Inactive || again.SuspendedAtHub {
		t.Errorf("relaunched by somebody: %+v", again)
	}

	// HubEE lost it since: there is no suspension of HubEE's any more.
	gone := newRoad(theirs, credential.HubRefused)
	if err := gone.Look(t.Context(), service.Siret); err != nil {
		t.Fatal(err)
	}
	gone.is(t, "lost at HubEE", credential.Failed)
	if restored := gone.store.kept.Stopped(morning).Serving(service, morning); restored.State != credential.ToCreate {
		t.Errorf("suspended and restored here: %+v", restored)
	}
}
