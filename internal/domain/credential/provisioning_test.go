package credential_test

import (
	"context"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// contradictory is a HubEE that no simulator plays: it lists a subscription that it does not
// find.
type contradictory struct {
	credential.Provisioner
	changes int
}

func (*contradictory) HasOrganisation(context.Context, credential.OrganisationKey) (bool, error) {
	return true, nil
}

func (*contradictory) FindSubscription(_ context.Context, key credential.OrganisationKey) (credential.HubSubscription, error) {
	return credential.HubSubscription{ID: "id", Subscriber: key, Status: credential.HubInactive}, nil
}

func (*contradictory) ReadSubscription(context.Context, string) (credential.HubSubscription, error) {
	return credential.HubSubscription{}, fault.New(fault.NotFound, "hubee.subscription_missing")
}

func (h *contradictory) ChangeSubscription(context.Context, string, credential.SubscriptionChange) (credential.HubSubscription, error) {
	h.changes++
	return credential.HubSubscription{}, fault.New(fault.NotFound, "hubee.subscription_missing")
}

// one keeps one subscription in memory.
type one struct {
	credential.Store
	kept credential.Subscription
}

func (s *one) Alone(ctx context.Context, _ value.Siret, work func(ctx context.Context) error) error {
	return work(ctx)
}

func (s *one) FindSubscription(context.Context, value.Siret) (credential.Subscription, error) {
	return s.kept, nil
}

func (s *one) FindCollectivity(context.Context, value.Siret) (directory.Collectivity, error) {
	return directory.Collectivity{Siret: s.kept.Siret, COG: s.kept.COG, Name: "Limerzel", Postcode: "56220"}, nil
}

func (s *one) RecordStep(_ context.Context, step credential.Step) error {
	s.kept = step.After
	return nil
}

func (*one) FindAddressees(context.Context, value.Siret) (credential.Addressees, error) {
	return credential.Addressees{}, nil
}

func (*one) RecordSeen(context.Context, []string, time.Time) error { return nil }

// A saga ends, whatever HubEE says: it is tried again for some days, each time a bounded
// number of calls, and then somebody has to look.
func TestASagaThatNeverRestsCallsForSomebody(t *testing.T) {
	hub, now := &contradictory{}, morning
	store := &one{kept: credential.Subscription{
		Siret: "21560124000017", Want: credential.WantActive, WantedAt: morning, State: credential.ToCreate, COG: "56111", Administrator: administrator,
	}}
	var called []string
	p := credential.Provisioning{
		Store: store, Hub: hub, Now: func() time.Time { return now }, Wall: func() time.Time { return now },
		Concern: func(_ value.Siret, code string) { called = append(called, code) },
	}
	err := p.Provision(context.Background(), store.kept.Siret)
	if !fault.Is(err, "provisioning.restless") || store.kept.Failure.Code != "provisioning.restless" || hub.changes > 20 {
		t.Errorf("the first day: %v, %+v, %d calls", err, store.kept.Failure, hub.changes)
	}
	now = now.Add(credential.Patience)
	if err := p.Provision(context.Background(), store.kept.Siret); err != nil || store.kept.State != credential.Failed || len(called) != 1 {
		t.Errorf("some days later: %v, %s, %q", err, store.kept.State, called)
	}
}

// The job leaves what was relaunched a moment before to the saga: it would take HubEE's
// "inactive" for the end of the road.
func TestTheJobLeavesASagaUnderWayAlone(t *testing.T) {
	for _, state := range []credential.State{credential.ToCreate, credential.OrganisationCreated, credential.Inactive} {
		store := &one{kept: credential.Subscription{Siret: "21560124000017", Want: credential.WantActive, WantedAt: morning, State: state, COG: "56111", HubID: "id"}}
		before := store.kept
		p := credential.Provisioning{Store: store, Hub: &contradictory{}, Now: func() time.Time { return morning }}
		if err := p.Look(context.Background(), store.kept.Siret); err != nil || store.kept != before {
			t.Errorf("%s became %+v, %v", state, store.kept, err)
		}
	}
}
