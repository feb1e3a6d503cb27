package postgres_test

import (
	"context"
	"testing"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// HubEE draws one client id a subscription: the one of another town is a slip of the hand.
func TestTheClientIDOfAnotherTownIsRefused(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	d.deposits(majastres)
	if _, err := d.Deposit(ctx, handOf(tilleul), valombre, "si-"+majastres.String(), "secret"); !fault.Is(err, "hub_account.id_taken") {
		t.Errorf("deposited for another town: %v", err)
	}
	lines, err := credential.ReadHubList(value.Secret(valombre.String() + ";si-" + majastres.String() + ";secret"))
	if err != nil {
		t.Fatal(err)
	}
	if told, batch, err := d.DepositList(ctx, handOf(tilleul), lines); err != nil || batch != 0 || told[0].Code != "hub_account.id_taken" {
		t.Errorf("in a list: %+v, %d, %v", told, batch, err)
	}
	exchanged, err := credential.ReadHubList(value.Secret(valombre.String() + ";si-" + majastres.String() + ";secret\n" + majastres.String() + ";si-" + valombre.String() + ";secret"))
	if err != nil {
		t.Fatal(err)
	}
	if told, batch, err := d.DepositList(ctx, handOf(tilleul), exchanged); err != nil || batch == 0 || told[0].Code != "" || told[1].Code != "" {
		t.Errorf("a list that puts both right: %+v, %d, %v", told, batch, err)
	}
	// The accepted pair of majastres is valombre's from now on: it does not stay in use beside the new one.
	d.wantOneTownEach()
	if n := d.count(`SELECT count(*) FROM hub_accounts WHERE state = 'depose' AND next_state IS NULL`); n != 2 {
		t.Errorf("%d pairs wait for their test", n)
	}
}

// wantOneTownEach checks that no two towns of an editor have one client id.
func (d *hubDesk) wantOneTownEach() {
	d.t.Helper()
	if n := d.count(`SELECT count(*) FROM (
		SELECT FROM hub_accounts a CROSS JOIN LATERAL (VALUES (a.client_id), (CASE WHEN a.next_sealed IS NOT NULL THEN a.next_client_id END)) o (client_id)
		WHERE o.client_id <> '' GROUP BY a.editor_siret, o.client_id HAVING count(DISTINCT a.siret) > 1) shared`); n != 0 {
		d.t.Errorf("%d client ids are of two towns", n)
	}
}

// A line that is refused gives nothing up: its town’s client id is not to be had.
func TestAListGivesNoIDOfATownWhoseLineIsRefused(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	d.deposits(majastres)
	d.deposits(valombre)
	lines, err := credential.ReadHubList(value.Secret(evreux.String() + ";si-" + majastres.String() + ";secret\n" + majastres.String() + ";si-" + valombre.String() + ";secret"))
	if err != nil {
		t.Fatal(err)
	}
	told, batch, err := d.DepositList(ctx, handOf(tilleul), lines)
	if err != nil || batch != 0 || told[0].Code != "hub_account.id_taken" || told[1].Code != "hub_account.id_taken" {
		t.Errorf("%+v, %d, %v", told, batch, err)
	}
	d.wantOneTownEach()
	d.inUse(majastres)
}

// slow is a store that tells whose the client ids were before somebody else deposited.
type slow struct {
	credential.HubAccountStore
	meanwhile func()
}

func (s *slow) FindHubClients(ctx context.Context, editor value.Siret, ids []string) (map[string][]value.Siret, error) {
	owners, err := s.HubAccountStore.FindHubClients(ctx, editor, ids)
	if happens := s.meanwhile; happens != nil {
		s.meanwhile = nil
		happens()
	}
	return owners, err
}

// Of two deposits of one client id at once, for two towns, one is refused.
func TestOfTwoTownsAtOnceOneGetsTheID(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	id := "si-" + majastres.String()
	late := *d.HubAccounts
	late.Store = &slow{d.Store, func() { d.deposits(majastres) }}
	if _, err := late.Deposit(ctx, handOf(tilleul), valombre, id, "secret"); !fault.Is(err, "hub_account.id_taken") {
		t.Errorf("one by one: %v", err)
	}
	lines, err := credential.ReadHubList(value.Secret(valombre.String() + ";si-" + evreux.String() + ";secret"))
	if err != nil {
		t.Fatal(err)
	}
	late.Store = &slow{d.Store, func() { d.deposits(evreux) }}
	if told, batch, err := late.DepositList(ctx, handOf(tilleul), lines); err != nil || batch != 0 || told[0].Code != "hub_account.id_taken" {
		t.Errorf("in a list: %+v, %d, %v", told, batch, err)
	}
	d.silent = true
	atOnce(8, func(i int) {
		_, err := d.Deposit(ctx, handOf(tilleul), []value.Siret{valombre, evreux}[i%2], "si-essai", "secret")
		if err != nil && fault.KindOf(err) == fault.Internal {
			t.Error(err)
		}
	})
	d.wantOneTownEach()
}

// The client id of a candidate is its town's, until HubEE refuses it: it may have been another's.
func TestTheClientIDOfACandidateIsTaken(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	d.deposits(majastres)
	d.silent = true
	if _, err := d.Deposit(ctx, handOf(tilleul), majastres, "si-"+valombre.String(), "secret"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Deposit(ctx, handOf(tilleul), valombre, "si-"+valombre.String(), "secret"); !fault.Is(err, "hub_account.id_taken") {
		t.Errorf("while it waits: %v", err)
	}
	d.silent = false
	if err := d.TestOrdered(ctx, majastres); err != nil {
		t.Fatal(err)
	}
	if state := d.deposits(valombre); state != credential.HubAccountTested {
		t.Errorf("once it is refused: %s", state)
	}
}
