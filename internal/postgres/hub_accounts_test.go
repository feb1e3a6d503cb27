package postgres_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/hubee"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
	simulator "portail-qf/internal/sim/hubee"
)

const (
	valombre value.Siret = "21910998000017"
	evreux   value.Siret = "21280363900013"
)

// hubDesk is the accesses to HubEE of editors, in front of the simulator, where the pair of each
// town is "si-<siret>" and "secret-<siret>".
type hubDesk struct {
	*scene
	*credential.HubAccounts
	ring  *seal.Ring
	clock time.Time

	mu     sync.Mutex
	during func() // while HubEE is asked
	silent bool
	asked  int
}

func setHubDesk(t *testing.T) *hubDesk {
	t.Helper()
	d := &hubDesk{scene: setScene(t), clock: noon}
	d.requests() // the editors
	for siret, row := range map[value.Siret]struct {
		name   string
		state  credential.State
		editor value.Siret
	}{
		majastres: {"COMMUNE DE MAJASTRES", credential.Active, tilleul}, valombre: {"Valombre", credential.Active, tilleul},
		evreux: {"Évreux-la-Forêt", credential.Awaiting, tilleul}, paris: {"Ville de Paris", credential.Active, brume},
	} {
		d.subscribed(siret, row.name, row.state, row.editor, 50)
	}
	ring, err := seal.Parse(seal.NewKey("k1"))
	if err != nil {
		t.Fatal(err)
	}
	d.ring = ring
	server := httptest.NewServer(d.hub())
	t.Cleanup(server.Close)
	d.HubAccounts = &credential.HubAccounts{
		Store: postgres.HubAccounts{DB: d.db}, Vault: ring, Now: func() time.Time { return d.clock },
		Hub: hubee.NewSoftwares(hubee.Config{TokenURL: server.URL + "/oauth2/token", Timeout: 2 * time.Second}),
	}
	return d
}

// hub is HubEE, which may be silent, or meanwhile something happens.
func (d *hubDesk) hub() http.Handler {
	var options simulator.Options
	for i, siret := range []value.Siret{majastres, valombre, evreux, paris} {
		id := simulator.OrganizationID{Type: "SI", CompanyRegister: siret.String(), BranchCode: "04107"}
		options.Organizations = append(options.Organizations, simulator.Organization{OrganizationID: id, Name: "Commune", PostalCode: "04270", Territory: "X", Email: "a@b.fr"})
		options.Subscriptions = append(options.Subscriptions, simulator.SubscriptionSeed{
			DatapassID: int64(9001 + i), ProcessCode: simulator.QuotientProcess, Subscriber: id, Status: "Actif", AccessMode: "API", Email: "a@b.fr",
			LocalAdministrator: simulator.LocalAdministrator{Email: "a@b.fr"}, ClientID: "si-" + siret.String(), ClientSecret: "secret-" + siret.String(),
		})
	}
	sim := simulator.New(options)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		d.asked++
		during, silent := d.during, d.silent
		d.during = nil
		d.mu.Unlock()
		if during != nil {
			during()
		}
		if silent {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<html>")
			return
		}
		sim.ServeHTTP(w, r)
	})
}

func handOf(editor value.Siret) credential.Hand {
	return credential.Hand{Editor: editor, Author: audit.Author{ID: "7", Display: "Sofia Renard", Role: "editor_admin"}, RequestID: "01JCX"}
}

// deposits deposits the right pair of a town.
func (d *hubDesk) deposits(siret value.Siret) credential.HubAccountState {
	d.t.Helper()
	answer, err := d.Deposit(context.Background(), handOf(tilleul), siret, "si-"+siret.String(), value.Secret("secret-"+siret.String()))
	if err != nil {
		d.t.Fatal(err)
	}
	return answer.State
}

// hubJournal lists the acts on accesses, oldest first: "act author detail".
func (s *scene) hubJournal(siret value.Siret) (told []string) {
	s.t.Helper()
	rows, err := s.raw.QueryContext(context.Background(),
		`SELECT concat_ws(' ', act, author_id, NULLIF(detail, ''), organisation) FROM audit_events WHERE object_kind = 'hub_account' AND object_id = $1 ORDER BY id`, siret)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			s.t.Fatal(err)
		}
		told = append(told, line)
	}
	return told
}

// inUse checks that the pair that is shown is the right one, and gives the town.
func (d *hubDesk) inUse(siret value.Siret) credential.HubAccess {
	d.t.Helper()
	access, pair, err := d.Reveal(context.Background(), handOf(tilleul), siret)
	if err != nil || pair.Secret.Reveal() != "secret-"+siret.String() || access.Account.State != credential.HubAccountTested {
		d.t.Errorf("in use is %+v, %v", access.Account, err)
	}
	return access
}

// « tested by a real token call in scope SI », on deposit; « reveal with […] audit, replaced,
// erased » (issue 6, point 3). A pair that HubEE refuses takes the place of none that it accepted.
func TestAPairIsDepositedTestedShownReplacedAndErased(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	if state := d.deposits(majastres); state != credential.HubAccountTested {
		t.Fatalf("a right pair is %q", state)
	}
	answer, err := d.Deposit(ctx, handOf(tilleul), majastres, " si-21040107100019 ", "autre\n")
	if want := (credential.HubAnswer{State: credential.HubAccountRefused, FormerKept: true}); err != nil || answer != want {
		t.Fatalf("a wrong secret: %+v, %v", answer, err)
	}
	if next := d.inUse(majastres).Account.Next; next.State != credential.HubAccountRefused || next.By != "Sofia Renard" || next.Sealed != nil {
		t.Errorf("the refused candidate: %+v", next)
	}
	if state := d.deposits(majastres); state != credential.HubAccountTested {
		t.Errorf("a right pair in the place of an accepted one is %q", state)
	}
	if next := d.inUse(majastres).Account.Next; next.State != credential.HubAccountNone {
		t.Errorf("what was refused is still said: %+v", next)
	}
	for range 2 { // a second click finds nothing left, and says nothing
		if err := d.Erase(ctx, handOf(tilleul), majastres); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := d.Reveal(ctx, handOf(tilleul), majastres); !fault.Is(err, "hub_account.none") {
		t.Errorf("shown once erased: %v", err)
	}
	want := []string{
		"hub_account.deposited 7 " + string(tilleul), "hub_account.tested 7 hub_account.teste " + string(tilleul),
		"hub_account.deposited 7 hub_account.candidate " + string(tilleul), "hub_account.tested 7 hub_account.candidate_refused " + string(tilleul),
		"hub_account.revealed 7 " + string(tilleul),
		"hub_account.deposited 7 hub_account.candidate " + string(tilleul), "hub_account.tested 7 hub_account.candidate_accepted " + string(tilleul),
		"hub_account.revealed 7 " + string(tilleul), "hub_account.erased 7 " + string(tilleul),
	}
	if diff := cmp.Diff(want, d.hubJournal(majastres)); diff != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
	if n := d.count(`SELECT count(*) FROM audit_events e WHERE e::text LIKE '%secret-%' OR e::text LIKE '%autre%'`); n != 0 {
		t.Error("the journal holds a secret")
	}
}

// « A refused pair is kept but said refused », and anything takes its place.
func TestARefusedPairIsKeptWhereNoneWasAccepted(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	for _, secret := range []value.Secret{"faux", "autre"} {
		answer, err := d.Deposit(ctx, handOf(tilleul), majastres, "si-21040107100019", secret)
		if want := (credential.HubAnswer{State: credential.HubAccountRefused}); err != nil || answer != want {
			t.Fatalf("%+v, %v", answer, err)
		}
	}
	access, pair, err := d.Reveal(ctx, handOf(tilleul), majastres)
	if err != nil || pair.ClientID != "si-21040107100019" || pair.Secret.Reveal() != "autre" || access.Account.State != credential.HubAccountRefused {
		t.Errorf("%+v, %v, %v", access.Account, pair, err)
	}
	d.deposits(majastres)
	d.inUse(majastres)
}

// « When HubEE is down (not an answer « refused »), the candidate waits and is tested again »: what
// HubEE accepted stays in use meanwhile, and its silence takes nothing away from it.
func TestACandidateWaitsBesideThePairInUse(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	d.deposits(majastres)
	d.silent = true
	if answer, err := d.Test(ctx, handOf(tilleul), majastres); err != nil || answer.State != credential.HubAccountUntestable {
		t.Errorf("tested again: %+v, %v", answer, err)
	}
	for _, secret := range []value.Secret{"premier", "autre"} { // the last one waits, alone
		answer, err := d.Deposit(ctx, handOf(tilleul), majastres, "si-21040107100019", secret)
		if want := (credential.HubAnswer{State: credential.HubAccountUntestable, FormerKept: true}); err != nil || answer != want {
			t.Fatalf("%+v, %v", answer, err)
		}
	}
	if err := d.TestOrdered(ctx, majastres); !fault.Is(err, "hubee.unavailable") {
		t.Errorf("the order: %v", err)
	}
	if next := d.inUse(majastres).Account.Next; next.State != credential.HubAccountUntestable {
		t.Errorf("the candidate is %q", next.State)
	}
	d.silent = false
	if err := d.TestOrdered(ctx, majastres); err != nil {
		t.Error(err)
	}
	if next := d.inUse(majastres).Account.Next; next.State != credential.HubAccountRefused || next.Sealed != nil {
		t.Errorf("the candidate: %+v", next)
	}
	asked := d.asked
	if err := d.TestOrdered(ctx, majastres); err != nil || d.asked != asked {
		t.Errorf("what is known is asked again: %v", err)
	}

	d.silent = true
	d.deposits(majastres) // the right one, which waits
	d.silent = false
	if err := d.TestOrdered(ctx, majastres); err != nil {
		t.Error(err)
	}
	if access := d.inUse(majastres); access.Account.Next.State != credential.HubAccountNone || !access.Account.StateAt.Equal(d.clock) {
		t.Errorf("HubEE accepts the candidate: %+v", access.Account)
	}
	if n := d.count(`SELECT count(*) FROM hub_accounts WHERE next_state IS NOT NULL OR next_sealed IS NOT NULL`); n != 0 {
		t.Error("a candidate is left")
	}
}

// What is said of a refused candidate ends when HubEE is asked about the pair in use; if it takes
// that one no more, the next deposit takes its place.
func TestThePairInUseIsTestedBesideARefusedCandidate(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	wrong := func() {
		if _, err := d.Deposit(ctx, handOf(tilleul), majastres, "si-x", "faux"); err != nil {
			t.Fatal(err)
		}
	}
	d.deposits(majastres)
	wrong()
	if answer, err := d.Test(ctx, handOf(tilleul), majastres); err != nil || answer != (credential.HubAnswer{State: credential.HubAccountTested}) {
		t.Errorf("%+v, %v", answer, err)
	}
	if next := d.inUse(majastres).Account.Next; next.State != credential.HubAccountNone {
		t.Errorf("it is still said: %+v", next)
	}
	wrong()
	d.run(`UPDATE hub_accounts SET client_id = 'regenere'`)
	if answer, err := d.Test(ctx, handOf(tilleul), majastres); err != nil || answer != (credential.HubAnswer{State: credential.HubAccountRefused}) {
		t.Errorf("%+v, %v", answer, err)
	}
	d.deposits(majastres)
	d.inUse(majastres)
}

// The schema knows no candidate but beside a pair that HubEE accepted, none without its secret, and
// no secret that was refused.
func TestACandidateIsBesideAnAcceptedPair(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	d.deposits(majastres)
	d.silent = true
	d.deposits(majastres)
	for _, statement := range []string{
		`UPDATE hub_accounts SET state = 'refuse'`, `UPDATE hub_accounts SET next_sealed = NULL`, `UPDATE hub_accounts SET next_state = 'refuse'`,
		`UPDATE hub_accounts SET next_state = NULL`, `UPDATE hub_accounts SET next_by_name = NULL`,
	} {
		if _, err := d.asApplication().ExecContext(ctx, statement); err == nil || !strings.Contains(err.Error(), "hub_accounts_next_") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// « Secret sealed […] with the row as associated data »: a secret that is moved to another row
// opens nowhere.
func TestASecretIsSealedInItsRow(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	d.deposits(majastres)
	d.deposits(valombre)
	if n := d.count(`SELECT count(*) FROM hub_accounts WHERE encode(sealed, 'escape') LIKE '%secret-%'`); n != 0 {
		t.Error("a secret is kept in clear")
	}
	d.silent = true
	d.deposits(valombre) // a candidate, whose secret is its town's too
	if n := d.count(`SELECT count(*) FROM hub_accounts WHERE encode(next_sealed, 'escape') LIKE '%secret-%'`); n != 0 || d.count(`SELECT count(next_sealed) FROM hub_accounts`) != 1 {
		t.Error("the secret of a candidate is kept in clear")
	}
	d.run(`UPDATE hub_accounts a SET (next_state, next_state_at, next_client_id, next_sealed, next_by_id, next_by_name, next_kept_at) =
		(SELECT next_state, next_state_at, next_client_id, next_sealed, next_by_id, next_by_name, next_kept_at FROM hub_accounts WHERE siret = $1) WHERE siret = $2`, valombre, majastres)
	if _, err := d.Test(ctx, handOf(tilleul), majastres); err == nil || !strings.Contains(err.Error(), "open the secret") {
		t.Errorf("the candidate of a town is asked about as another's: %v", err)
	}
	d.run(`UPDATE hub_accounts SET sealed = (SELECT sealed FROM hub_accounts WHERE siret = $1) WHERE siret = $2`, valombre, majastres)
	if _, pair, err := d.Reveal(ctx, handOf(tilleul), majastres); err == nil {
		t.Errorf("the secret of a town is shown as another's: %v", pair.ClientID)
	}
	if n := d.count(`SELECT count(*) FROM audit_events WHERE act = 'hub_account.revealed'`); n != 0 {
		t.Error("what was not shown is in the journal as shown")
	}
}

// « two deposits at once »: one row, on which the last one holds; both are written down, and what
// HubEE says of one is never said of the other. Once HubEE has accepted the right one, no deposit
// takes it away.
func TestTwoDepositsAtOnce(t *testing.T) {
	d, ctx := setHubDesk(t), context.Background()
	const right, wrong = "8", "9"
	accepted := false
	for round := range 10 {
		atOnce(2, func(i int) {
			hand, secret := handOf(tilleul), value.Secret("secret-21040107100019")
			hand.Author.ID = right
			if i == 1 {
				hand.Author.ID, secret = wrong, "autre"
			}
			if _, err := d.Deposit(ctx, hand, majastres, "si-21040107100019", secret); err != nil {
				t.Errorf("round %d: %v", round, err)
			}
		})
		var last string
		if err := d.raw.QueryRowContext(ctx, `SELECT author_id FROM audit_events WHERE act = 'hub_account.deposited' ORDER BY id DESC LIMIT 1`).Scan(&last); err != nil {
			t.Fatal(err)
		}
		access, err := d.Find(ctx, tilleul, majastres)
		if err != nil {
			t.Fatal(err)
		}
		a := access.Account
		accepted = accepted || a.State == credential.HubAccountTested
		switch {
		case last == right && (a.State != credential.HubAccountTested || a.ByID != right || a.Next.State != credential.HubAccountNone),
			last == wrong && accepted && (a.State != credential.HubAccountTested || a.ByID != right || a.Next.State != credential.HubAccountRefused || a.Next.ByID != wrong),
			last == wrong && !accepted && (a.State != credential.HubAccountRefused || a.ByID != wrong):
			t.Fatalf("round %d, the last one is of %s: %+v", round, last, a)
		}
	}
	if n := d.count(`SELECT count(*) FROM audit_events WHERE act = 'hub_account.deposited'`); n != 20 {
		t.Errorf("%d deposits in the journal, want 20", n)
	}
	if n := d.count(`SELECT count(*) FROM hub_accounts WHERE siret = $1`, majastres); n != 1 {
		t.Errorf("%d rows", n)
	}
}
