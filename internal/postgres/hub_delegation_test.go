package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// « Only the editor that receives the dossiers may see/deposit/reveal/erase »; another one's is
// as unknown as what does not exist.
func TestOnlyTheEditorThatReceivesTheDossiersHasTheAccess(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	d.deposits(majastres)
	stranger := handOf(brume)
	for _, siret := range []value.Siret{majastres, "21049902000019"} {
		for name, err := range map[string]error{
			"find":    second(d.Find(ctx, brume, siret)),
			"deposit": second(d.Deposit(ctx, stranger, siret, "a", "b")),
			"test":    second(d.Test(ctx, stranger, siret)),
			"erase":   d.Erase(ctx, stranger, siret),
			"reveal":  func() error { _, _, err := d.Reveal(ctx, stranger, siret); return err }(),
		} {
			if !fault.Is(err, "hub_account.unknown") || fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s %s: %v", name, siret, err)
			}
		}
	}
	if noted, err := d.Fetched(ctx, stranger, []value.Siret{majastres, valombre, paris}); err != nil || noted != 1 {
		t.Errorf("%d towns are noted, %v; one is this editor's", noted, err)
	}
	lines, err := credential.ReadHubList(value.Secret("21040107100019;a;b\n21049902000019;c;d"))
	if err != nil {
		t.Fatal(err)
	}
	told, batch, err := d.DepositList(ctx, stranger, lines)
	if err != nil || batch != 0 || told[0].Code != "hub_account.unknown" || told[1].Code != "hub_account.unknown" {
		t.Errorf("« unknown/foreign SIRET same words »: %+v, %d, %v", told, batch, err)
	}
	states, err := d.States(ctx, brume, []value.Siret{majastres, paris, "21049902000019"})
	if diff := cmp.Diff(map[value.Siret]credential.HubAccountState{paris: credential.HubAccountFetched}, states); err != nil || diff != "" {
		t.Errorf("states: %v %s", err, diff)
	}
	if n := d.count(`SELECT count(*) FROM hub_accounts WHERE siret = $1 AND state = 'teste'`, majastres); n != 1 {
		t.Error("another editor changed something")
	}
}

func second[T any](_ T, err error) error { return err }

// pass gives the dossiers of a town to another editor; "" to the town itself.
func (s *scene) pass(siret, editor value.Siret) error {
	store := postgres.Subscriptions{DB: s.db}
	for {
		subscription, err := store.FindSubscription(context.Background(), siret)
		if err != nil {
			return err
		}
		subscription.Editor = editor
		err = store.RecordStep(context.Background(), credential.Step{After: subscription, At: noon.Add(time.Hour)})
		if !fault.Is(err, "subscription.moved") {
			return err
		}
	}
}

// « when the delegation passes to another editor […] what was deposited is erased in the same
// transaction »
func TestWhatWasDepositedGoesWithTheDelegation(t *testing.T) {
	for name, heir := range map[string]value.Siret{"another editor": brume, "the town itself": ""} {
		d, ctx := setHubDesk(t), context.Background()
		d.deposits(majastres)
		d.deposits(valombre)
		if err := d.pass(majastres, heir); err != nil {
			t.Fatal(err)
		}
		if n := d.count(`SELECT count(*) FROM hub_accounts`); n != 1 {
			t.Errorf("%s: %d pairs are left, want the other town's", name, n)
		}
		if told := d.hubJournal(majastres); told[len(told)-1] != "hub_account.erased system hub_account.left "+string(tilleul) {
			t.Errorf("%s: the journal: %q", name, told)
		}
		if err := d.TestOrdered(ctx, majastres); err != nil {
			t.Errorf("%s: an order that comes too late: %v", name, err)
		}
		if heir == "" {
			continue
		}
		if access, err := d.Find(ctx, heir, majastres); err != nil || access.AccountState() != credential.HubAccountToFetch {
			t.Errorf("the heir finds %+v, %v", access, err)
		}
	}
}

// The same is a fact of the schema: nobody gives the dossiers away and leaves the pair.
func TestThePairOfAFormerEditorCannotBeKept(t *testing.T) {
	d := setHubDesk(t)
	d.deposits(majastres)
	if _, err := d.asApplication().Exec(`UPDATE subscriptions SET editor_siret = $2 WHERE siret = $1`, majastres, brume); err == nil || !strings.Contains(err.Error(), "hub_accounts_receiver") {
		t.Errorf("the dossiers pass and the pair stays: %v", err)
	}
	if _, err := d.asApplication().Exec(`UPDATE hub_accounts SET editor_siret = $2 WHERE siret = $1`, majastres, brume); err == nil {
		t.Error("the pair is another editor's")
	}
	// A look at the subscription, or a step of the saga, takes nothing away.
	if err := d.pass(majastres, tilleul); err != nil {
		t.Fatal(err)
	}
	if n := d.count(`SELECT count(*) FROM hub_accounts`); n != 1 {
		t.Error("a step that changes no editor erased the pair")
	}
}

// « delegation passes away during a deposit »: before the pair is recorded, while it is, or
// while HubEE is asked; nothing is left to anybody.
func TestTheDelegationPassesDuringADeposit(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	d.during = func() {
		if err := d.pass(majastres, brume); err != nil {
			t.Error(err)
		}
	}
	_, err := d.Deposit(ctx, handOf(tilleul), majastres, "si-21040107100019", "secret-21040107100019")
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("while HubEE is asked: %v", err)
	}
	for round := range 20 {
		if err := d.pass(majastres, tilleul); err != nil {
			t.Fatal(err)
		}
		var passed, deposited error
		atOnce(2, func(i int) {
			if i == 0 {
				passed = d.pass(majastres, brume)
				return
			}
			_, deposited = d.Deposit(ctx, handOf(tilleul), majastres, "si-21040107100019", "secret-21040107100019")
		})
		if passed != nil || deposited != nil && fault.KindOf(deposited) != fault.NotFound && fault.KindOf(deposited) != fault.Conflict {
			t.Fatalf("round %d: passed %v, deposited %v", round, passed, deposited)
		}
		if n := d.count(`SELECT count(*) FROM hub_accounts WHERE siret = $1`, majastres); n != 0 {
			t.Fatalf("round %d: the former editor's pair is left", round)
		}
	}
}
