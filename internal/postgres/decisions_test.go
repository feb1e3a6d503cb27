package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	people "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// decisions is the service over the real store, with a town that is habilitated.
func (s *scene) decisions() *decision.Service {
	s.t.Helper()
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		s.t.Fatal(err)
	}
	return &decision.Service{
		Store: postgres.Decisions{DB: s.db}, Editors: postgres.Editors{DB: s.db}, Sealer: ring, Mint: mintOf(s.t, ring), Now: func() time.Time { return noon },
	}
}

func (s *scene) file(number habilitation.RequestNumber) decision.File {
	s.t.Helper()
	file, err := postgres.Decisions{DB: s.db}.FindFile(context.Background(), number, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return file
}

// « immutable version `H…` per approval » (issue 4): the portal itself cannot change one, nor
// take one away.
func TestThePortalCannotChangeAHabilitation(t *testing.T) {
	s := setScene(t)
	s.requests()
	app := s.asApplication()
	for _, statement := range []string{
		`UPDATE habilitations SET organisation = 'autre'`, `DELETE FROM habilitations`, `TRUNCATE habilitations`, `DELETE FROM requests`,
	} {
		if _, err := app.ExecContext(context.Background(), statement); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// « two people deciding at once: one wins, the other is told » (issue 4): one suspension, one
// line in the journal, one mail, whatever the number of those who press the button.
func TestOfManyWhoDecideAtOnceOneWins(t *testing.T) {
	s := setScene(t)
	s.requests()
	service := s.decisions()
	revision := s.file(48231).Request.Revision
	const crowd = 12
	outcomes := make([]error, crowd)
	var group sync.WaitGroup
	for i := range crowd {
		group.Go(func() {
			by := people.Actor{AccountID: int64(100 + i), Name: fmt.Sprintf("Personne %d", i), Role: people.Instructor}
			outcomes[i] = service.Suspend(context.Background(), by, decision.Order{Number: 48231, Revision: revision, Reason: "Une fuite."})
		})
	}
	group.Wait()
	won := 0
	for _, err := range outcomes {
		switch {
		case err == nil:
			won++
		case !fault.Is(err, "habilitation.moved"):
			t.Errorf("a loser is told %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d people won", won)
	}
	if got := s.file(48231).Request; got.State != habilitation.Suspended || got.Revision != revision+1 {
		t.Errorf("the request is %+v", got)
	}
	if n := s.count(`SELECT count(*) FROM audit_events WHERE act = 'habilitation.suspended'`); n != 1 {
		t.Errorf("%d lines in the journal", n)
	}
	if n := s.count(`SELECT count(*) FROM mails WHERE kind = 'habilitation-suspendue'`); n != 1 {
		t.Errorf("%d mails", n)
	}
}

// « one transaction each: state, audit, saga, mails, events » (issue 4): where one of them
// cannot be written, nothing is.
func TestADecisionIsRecordedWholeOrNotAtAll(t *testing.T) {
	s := setScene(t)
	s.requests()
	before := s.file(48231)
	after := before.Request
	after.State = habilitation.Suspended
	subscription := credential.Subscription{Siret: majastres, Request: 48231, Want: credential.WantSuspended, WantedAt: noon, State: credential.Inactive, Revision: 9}
	for name, outcome := range map[string]decision.Outcome{
		"a subscription that moved":  {Request: after, Subscription: &subscription, At: noon},
		"an unknown editor":          {Request: after, EditorEvents: []notice.EditorEvent{{Kind: "habilitation.validee", Editor: "44973625500018"}}, At: noon},
		"a habilitation that exists": {Request: after, At: noon, Habilitation: &habilitation.Habilitation{Number: 10_000_001, Request: 48231}},
		"a mail that is no mail":     {Request: after, At: noon, Letters: []notice.Letter{{Kind: "essai", Key: "essai", Recipients: notice.Recipients{To: []string{"a\x00b"}}}}},
	} {
		outcome.Events = []audit.Event{{At: noon, Act: audit.HabilitationSuspended}}
		if err := (postgres.Decisions{DB: s.db}).Record(context.Background(), outcome); err == nil {
			t.Errorf("%s was recorded", name)
		}
		if diff := cmp.Diff(before, s.file(48231)); diff != "" {
			t.Errorf("%s left something: %s", name, diff)
		}
	}
	if n := s.count(`SELECT count(*) FROM audit_events`); n != 0 {
		t.Errorf("%d lines are left in the journal", n)
	}
}

// A subscription is one a town, whoever writes first; a step that was read before another
// one changes nothing.
func TestASubscriptionIsWrittenByOneAtATime(t *testing.T) {
	s := setScene(t)
	s.requests()
	store := postgres.Subscriptions{DB: s.db}
	fresh := credential.Subscription{Siret: majastres, Request: 48231, Editor: tilleul, Want: credential.WantActive, WantedAt: noon, State: credential.ToCreate}
	outcomes := make([]error, 10)
	var group sync.WaitGroup
	for i := range outcomes {
		group.Go(func() { outcomes[i] = store.RecordStep(context.Background(), credential.Step{After: fresh, At: noon}) })
	}
	group.Wait()
	won := 0
	for _, err := range outcomes {
		if err == nil {
			won++
		} else if !fault.Is(err, "subscription.moved") {
			t.Errorf("%v", err)
		}
	}
	if n := s.count(`SELECT count(*) FROM subscriptions`); won != 1 || n != 1 {
		t.Errorf("%d won, %d subscriptions", won, n)
	}
	read, err := store.FindSubscription(context.Background(), majastres)
	if err != nil {
		t.Fatal(err)
	}
	active := read
	active.State, active.COG, active.HubID, active.ActiveAt = credential.Active, "04107", "id", noon
	if err := store.RecordStep(context.Background(), credential.Step{After: active, At: noon, Calls: []credential.Call{{At: noon, Step: credential.StepActivate, Outcome: credential.CallDone}}}); err != nil {
		t.Fatal(err)
	}
	if err := store.RecordStep(context.Background(), credential.Step{After: read, At: noon}); !fault.Is(err, "subscription.moved") {
		t.Errorf("a step read before: %v", err)
	}
	if n := s.count(`SELECT count(*) FROM collectivities WHERE siret = $1 AND form = 'ouvert' AND editor_siret = $2`, majastres, tilleul); n != 1 {
		t.Error("the form of the town does not follow")
	}
}

// A decision reads the form of the town as citizens find it, which may be open while its subscription
// is made anew.
func TestADecisionReadsTheFormOfTheTown(t *testing.T) {
	s := setScene(t)
	s.requests()
	anew := credential.Subscription{
		Siret: majastres, Request: 48231, Editor: tilleul, Want: credential.WantActive, WantedAt: noon, State: credential.Inactive, AtHub: credential.HubActive, COG: "04107", HubID: "id",
	}
	if err := (postgres.Subscriptions{DB: s.db}).RecordStep(context.Background(), credential.Step{After: anew, At: noon}); err != nil {
		t.Fatal(err)
	}
	if file := s.file(48231); file.TownForm != directory.FormOpen || file.Subscription.Form() != directory.FormSoon {
		t.Errorf("the form of the town is %q, its subscription by itself %q", file.TownForm, file.Subscription.Form())
	}
	if file := s.file(48233); file.Request.Number == 0 || file.TownForm != "" {
		t.Errorf("the form of a town that the directory does not have: %q", file.TownForm)
	}
}

// « queued dossiers wait » (issue 4), and go when the form opens again.
func TestTheDossiersOfATownGoWhenItsFormOpens(t *testing.T) {
	s := setScene(t)
	s.requests()
	store := postgres.Subscriptions{DB: s.db}
	suspended := credential.Subscription{
		Siret: majastres, Request: 48231, Want: credential.WantActive, WantedAt: noon, State: credential.Suspended, COG: "04107", HubID: "id", SuspendedAtHub: true,
	}
	if err := store.RecordStep(context.Background(), credential.Step{After: suspended, At: noon}); err != nil {
		t.Fatal(err)
	}
	id := s.record(noon).ID
	s.run(`UPDATE outbox SET due_at = $1 WHERE kind = 'dossier.deliver'`, noon.Add(time.Hour))
	held, err := s.shipments.FindShipment(context.Background(), id)
	if err != nil || !held.Held {
		t.Fatalf("the dossier of a closed form: %+v, %v", held.Held, err)
	}
	read, err := store.FindSubscription(context.Background(), majastres)
	if err != nil {
		t.Fatal(err)
	}
	read.State, read.SuspendedAtHub = credential.Active, false
	if err := store.RecordStep(context.Background(), credential.Step{After: read, At: noon}); err != nil {
		t.Fatal(err)
	}
	free, err := s.shipments.FindShipment(context.Background(), id)
	if err != nil || free.Held {
		t.Errorf("the dossier of an open form: %+v, %v", free.Held, err)
	}
	if n := s.count(`SELECT count(*) FROM outbox WHERE kind = 'dossier.deliver' AND due_at = $1`, noon); n != 1 {
		t.Errorf("%d deliveries are due", n)
	}
}

// A worker that found the form closed must not put off the delivery of a dossier once the
// form is open.
func TestADossierThatAWorkerHoldsGoesAllTheSame(t *testing.T) {
	s := setScene(t)
	s.requests()
	store := postgres.Subscriptions{DB: s.db}
	suspended := credential.Subscription{
		Siret: majastres, Request: 48231, Want: credential.WantActive, WantedAt: noon, State: credential.Suspended, COG: "04107", HubID: "id", SuspendedAtHub: true,
	}
	if err := store.RecordStep(context.Background(), credential.Step{After: suspended, At: noon}); err != nil {
		t.Fatal(err)
	}
	s.record(noon)
	claimed := s.claim(5, noon)
	read, err := store.FindSubscription(context.Background(), majastres)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("%d orders, %v", len(claimed), err)
	}
	read.State, read.SuspendedAtHub = credential.Active, false
	if err := store.RecordStep(context.Background(), credential.Step{After: read, At: noon}); err != nil {
		t.Fatal(err)
	}
	if err := s.outbox.Postpone(context.Background(), claimed[0], noon.Add(time.Hour), "dossier.held"); err != nil {
		t.Fatal(err)
	}
	if n := s.count(`SELECT count(*) FROM outbox WHERE kind = 'dossier.deliver' AND due_at = $1`, noon); n != 1 {
		t.Errorf("the worker put the delivery off")
	}
}

// A town that the existing back-office, or an import, brings while its subscription is being
// made does not open before it.
func TestATownThatComesLaterObeysItsSubscription(t *testing.T) {
	const siret = "21280363900013"
	for name, bring := range map[string]func(store postgres.Collectivities, entry directory.Entry) error{
		"by the back-office": func(store postgres.Collectivities, entry directory.Entry) error {
			_, err := store.RecordRegistration(context.Background(), entry, audit.Event{At: noon})
			return err
		},
		"by an import": func(store postgres.Collectivities, entry directory.Entry) error {
			return store.RecordImport(context.Background(), directory.Import{Collectivities: []directory.Entry{entry}}, noon)
		},
	} {
		s := setScene(t)
		s.requests()
		waiting := credential.Subscription{Siret: siret, Request: 48231, Want: credential.WantActive, WantedAt: noon, State: credential.ToCreate}
		if err := (postgres.Subscriptions{DB: s.db}).RecordStep(context.Background(), credential.Step{After: waiting, At: noon}); err != nil {
			t.Fatal(err)
		}
		if err := bring(postgres.Collectivities{DB: s.db}, directory.Entry{FoldedName: "sainville", FormGiven: true, Collectivity: directory.Collectivity{
			Siret: siret, Name: "Sainville", COG: "28363", Departement: "28", Form: directory.FormOpen,
		}}); err != nil {
			t.Fatal(err)
		}
		if n := s.count(`SELECT count(*) FROM collectivities WHERE siret = $1 AND form = 'bientot'`, siret); n != 1 {
			t.Errorf("%s: the town is open without an active subscription", name)
		}
	}
}

// An editor follows the towns that have a valid habilitation by it, though another software
// receives the dossiers, or none does yet.
func TestAnEditorFollowsTheTownsThatHaveARightByIt(t *testing.T) {
	s := setScene(t)
	s.requests()
	store := postgres.Collectivities{DB: s.db}
	for editor, want := range map[value.Siret]int{tilleul: 1, brume: 0} { // brume's version was replaced by tilleul's
		listed, total, err := store.ListCollectivitiesForEditor(context.Background(), editor, directory.ClientQuery{Limit: 10})
		counts, errCount := store.CountFormsForEditor(context.Background(), editor)
		if err != nil || errCount != nil || total != want || len(listed) != want || counts.Total() != want {
			t.Errorf("%s: %d of %d, %+v, %v %v", editor, len(listed), total, counts, err, errCount)
		}
	}
}

// mintOf issues tokens that open nothing.
func mintOf(t testing.TB, ring *seal.Ring) *credential.Mint {
	t.Helper()
	pepper, err := seal.ParsePepper(seal.NewKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	return &credential.Mint{Sealer: ring, Pepper: pepper, Prefix: credential.TestPrefix}
}
