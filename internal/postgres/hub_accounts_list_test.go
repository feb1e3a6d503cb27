package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/value"
)

// « HubEE silent: kept, « test impossible pour le moment » »; asked again by itself, it is told
// once however long the silence.
func TestHubEEIsSilent(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	d.silent = true
	if state := d.deposits(majastres); state != credential.HubAccountUntestable {
		t.Fatalf("the pair is %s", state)
	}
	if n := d.count(`SELECT count(*) FROM outbox WHERE kind = $1 AND subject = $2 AND due_at = $3`, outbox.TestHubAccount, majastres, noon.Add(time.Minute)); n != 1 {
		t.Error("nobody will ask HubEE again")
	}
	for range 3 {
		d.clock = d.clock.Add(time.Hour)
		if err := d.TestOrdered(ctx, majastres); !fault.Is(err, "hubee.unavailable") {
			t.Errorf("the order: %v", err)
		}
	}
	access, err := d.Find(ctx, tilleul, majastres)
	if err != nil || !access.Account.StateAt.Equal(d.clock) || access.Account.State != credential.HubAccountUntestable {
		t.Errorf("last tried %s, %v", access.Account.StateAt, err)
	}
	d.silent = false
	if err := d.TestOrdered(ctx, majastres); err != nil {
		t.Error(err)
	}
	asked := d.asked
	if err := d.TestOrdered(ctx, majastres); err != nil || d.asked != asked {
		t.Errorf("what is known is asked again: %v", err)
	}
	want := []string{
		"hub_account.deposited 7 " + string(tilleul), "hub_account.tested 7 hub_account.test_impossible " + string(tilleul),
		"hub_account.tested system hub_account.teste " + string(tilleul),
	}
	if diff := cmp.Diff(want, d.hubJournal(majastres)); diff != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
	if answer, err := d.Test(ctx, handOf(tilleul), majastres); err != nil || answer.State != credential.HubAccountTested {
		t.Errorf("« Tester à nouveau »: %+v, %v", answer, err)
	}
}

// « « récupéré dans HubEE » ticked for one or many »: what is here says more, and stays.
func TestTownsAreNotedAsFetched(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	d.deposits(majastres)
	asked := []value.Siret{majastres, valombre, evreux, paris}
	if noted, err := d.Fetched(ctx, handOf(tilleul), asked); err != nil || noted != 1 {
		t.Fatalf("%d noted, %v", noted, err)
	}
	if noted, err := d.Fetched(ctx, handOf(tilleul), asked); err != nil || noted != 0 {
		t.Errorf("again: %d noted, %v", noted, err)
	}
	states, err := d.States(ctx, tilleul, asked)
	want := map[value.Siret]credential.HubAccountState{
		majastres: credential.HubAccountTested, valombre: credential.HubAccountFetched,
		evreux: credential.HubAccountNotYet, // HubEE shows nothing before the subscription is active
	}
	if diff := cmp.Diff(want, states); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if access, err := d.Find(ctx, tilleul, valombre); err != nil || access.Account.By != "Sofia Renard" || !access.Account.At.Equal(noon) {
		t.Errorf("who, when: %+v, %v", access.Account, err)
	}
	if state := d.deposits(valombre); state != credential.HubAccountTested {
		t.Errorf("deposited later: %s", state)
	}
	atOnce(4, func(int) {
		if _, err := d.Fetched(ctx, handOf(tilleul), asked); err != nil {
			t.Error(err)
		}
	})
	if n := d.count(`SELECT count(*) FROM audit_events WHERE act = 'hub_account.fetched'`); n != 1 {
		t.Errorf("%d marks in the journal", n)
	}
}

// « Testing 1,000 pairs cannot be done inside a request: record then test by the outbox »
func TestAListIsRecordedAtOnceAndTestedAfterwards(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	lines, err := credential.ReadHubList(value.Secret(strings.Join([]string{
		"siret;id;secret", "21040107100019;si-21040107100019;secret-21040107100019", "21910998000017;si-21910998000017;autre",
		"21750001600019;si-21750001600019;secret-21750001600019", "21280363900013;;x", "21040107100019;si-21040107100019;secret-21040107100019",
	}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	told, batch, err := d.DepositList(ctx, handOf(tilleul), lines)
	if err != nil || batch == 0 || d.asked != 0 {
		t.Fatalf("list %d, %v, HubEE asked %d times", batch, err, d.asked)
	}
	var codes []string
	for _, line := range told {
		codes = append(codes, fmt.Sprintf("%d %s %d", line.Number, line.Code, line.Repeats))
	}
	if want := []string{"2  0", "3  0", "4 hub_account.unknown 0", "5 hub_account.id_missing 0", "6  2"}; !slices.Equal(codes, want) {
		t.Errorf("lines: %q", codes)
	}
	progress := func() credential.HubCounts {
		counts, err := d.Counts(ctx, tilleul, batch)
		if err != nil {
			t.Fatal(err)
		}
		return counts
	}
	if diff := cmp.Diff(credential.HubCounts{Total: 2, Kept: 2, Untold: 2}, progress()); diff != "" {
		t.Errorf("before the tests: %s", diff)
	}
	orders, err := d.outbox.Claim(ctx, 10, time.Minute, noon)
	if err != nil || len(orders) != 2 {
		t.Fatalf("%d orders, %v", len(orders), err)
	}
	for _, order := range orders {
		if err := d.TestOrdered(ctx, value.Siret(order.Subject)); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(credential.HubCounts{Total: 2, Kept: 2, Tested: 1, Refused: 1}, progress()); diff != "" {
		t.Errorf("after the tests: %s", diff)
	}
	d.listsAWrongKeyAgain(batch)
	if counts, err := d.Counts(ctx, brume, batch); err != nil || counts.Total != 0 {
		t.Errorf("another editor counts %+v of it, %v", counts, err)
	}
}

// listsAWrongKeyAgain deposits a list with a wrong key for the town whose pair is accepted: the
// report of that list says that it is refused and the former one kept, the report of the former
// list (batch) is as it was.
func (d *hubDesk) listsAWrongKeyAgain(batch int64) {
	d.t.Helper()
	ctx := context.Background()
	counted := func(batch int64) credential.HubCounts {
		counts, err := d.Counts(ctx, tilleul, batch)
		if err != nil {
			d.t.Fatal(err)
		}
		return counts
	}
	before := counted(batch)
	lines, err := credential.ReadHubList("21040107100019;si-21040107100019;fausse")
	if err != nil {
		d.t.Fatal(err)
	}
	_, again, err := d.DepositList(ctx, handOf(tilleul), lines)
	if err != nil {
		d.t.Fatal(err)
	}
	if diff := cmp.Diff(credential.HubCounts{Total: 1, Kept: 1, Untold: 1}, counted(again)); diff != "" {
		d.t.Errorf("before the test: %s", diff)
	}
	if err := d.TestOrdered(ctx, majastres); err != nil {
		d.t.Fatal(err)
	}
	if diff := cmp.Diff(credential.HubCounts{Total: 1, Kept: 1, Refused: 1, Spared: 1}, counted(again)); diff != "" {
		d.t.Errorf("after the test: %s", diff)
	}
	if diff := cmp.Diff(before, counted(batch)); diff != "" {
		d.t.Errorf("the former list: %s", diff)
	}
	listed, total, err := d.List(ctx, tilleul, credential.HubSearch{Batch: again, Limit: 10})
	if err != nil || total != 1 || listed[0].Siret != majastres || listed[0].Account.Next.State != credential.HubAccountRefused {
		d.t.Errorf("the report lists %+v, %v", listed, err)
	}
	d.inUse(majastres)
}

// « filters « à récupérer / déposés / refusés » », what calls for somebody first.
func TestTheListTellsWhatIsToBeDone(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	d.subscribed("21049902000019", "Arche", credential.Active, tilleul, 3)
	d.deposits(majastres)
	if _, err := d.Deposit(ctx, handOf(tilleul), valombre, "si-x", "faux"); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		search credential.HubSearch
		want   []value.Siret
	}{
		"what calls for somebody first": {credential.HubSearch{}, []value.Siret{valombre, "21049902000019", majastres, evreux}},
		"to be fetched":                 {credential.HubSearch{Selection: credential.HubToFetch}, []value.Siret{"21049902000019"}},
		"deposited":                     {credential.HubSearch{Selection: credential.HubKept}, []value.Siret{valombre, majastres}},
		"refused":                       {credential.HubSearch{Selection: credential.HubRefusal}, []value.Siret{valombre}},
		"fetched":                       {credential.HubSearch{Selection: credential.HubFetched}, nil},
		"untold":                        {credential.HubSearch{Selection: credential.HubUntold}, nil},
		"by name":                       {credential.HubSearch{Text: "evreux foret"}, []value.Siret{evreux}},
		"by SIRET":                      {credential.HubSearch{Text: "210 499"}, []value.Siret{"21049902000019"}},
		"of another editor":             {credential.HubSearch{Text: "Paris"}, nil},
		"no word":                       {credential.HubSearch{Text: "?!"}, nil},
	} {
		row.search.Limit = 25
		found, total, err := d.List(ctx, tilleul, row.search)
		var got []value.Siret
		for _, access := range found {
			got = append(got, access.Siret)
		}
		if err != nil || total != len(row.want) || !slices.Equal(got, row.want) {
			t.Errorf("%s: %v of %d, %v; want %v", name, got, total, err, row.want)
		}
	}
	counts, err := d.Counts(ctx, tilleul, 0)
	if diff := cmp.Diff(credential.HubCounts{Total: 4, ToFetch: 1, Kept: 2, Refused: 1, Tested: 1}, counts); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// « a purge as well »: what is of no use any more does not stay.
func TestWhatIsLeftOfAStoppedSubscriptionIsErased(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	d.deposits(majastres)
	d.deposits(valombre)
	d.run(`UPDATE subscriptions SET want = 'suspendu', wanted_at = $2 WHERE siret = $1`, majastres, noon)
	d.clock = noon.Add(credential.HubAccountLeft)
	if erased, err := d.Purge(ctx); err != nil || erased != 0 {
		t.Errorf("a habilitation may still be restored: %d erased, %v", erased, err)
	}
	d.clock = noon.Add(credential.HubAccountLeft + time.Second)
	if erased, err := d.Purge(ctx); err != nil || erased != 1 {
		t.Errorf("%d erased, %v", erased, err)
	}
	if told := d.hubJournal(majastres); told[len(told)-1] != "hub_account.erased system hub_account.stopped "+string(tilleul) {
		t.Errorf("the journal: %q", told)
	}
	if n := d.count(`SELECT count(*) FROM hub_accounts`); n != 1 {
		t.Errorf("%d pairs are left", n)
	}
}
