package postgres_test

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	people "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
	"portail-qf/migrations"
)

// nobody knows no establishment: no register answers.
type nobody struct{}

func (nobody) Know(context.Context, value.Siret) (people.Organisation, error) {
	return people.Organisation{}, fault.New(fault.Unavailable, "registry.unavailable")
}

func (s *scene) inbox(now *time.Time) *decision.Inbox {
	s.t.Helper()
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		s.t.Fatal(err)
	}
	return &decision.Inbox{
		Store: postgres.Decisions{DB: s.db}, Events: postgres.Inbox{DB: s.db}, Editors: postgres.Editors{DB: s.db},
		Organisations: nobody{}, Vault: ring, Mint: mintOf(s.t, ring), Now: func() time.Time { return *now }, Wall: time.Now,
	}
}

// event is an event of DataPass about a request for the first town.
func event(name, number, form string) []byte {
	return []byte(`{"event":"` + name + `","fired_at":1782300000,"model_type":"authorization_request/api_particulier","model_id":` + number + `,
		"data":{"form_uid":"` + form + `","organization":{"siret":"21040107100019","name":"COMMUNE DE MAJASTRES"},
		"applicant":{"email":"anne.morel@majastres.example.fr","given_name":"Anne","family_name":"Morel"},
		"service_provider":{"id":"nouveau","type":"editor","siret":"44973625500018"},"data":{"modalities":["params","formulaire_qf"]}}}`)
}

func (s *scene) receives(inbox *decision.Inbox, body []byte) decision.Received {
	s.t.Helper()
	received, err := inbox.Receive(context.Background(), body)
	if err != nil {
		s.t.Fatal(err)
	}
	return received
}

// « unknown editor » (issue 4): the approval has its effect, with an editor that nobody had
// declared, under the name that DataPass gives where the register does not answer.
func TestAnUnknownEditorHoldsNoApprovalBack(t *testing.T) {
	s := setScene(t)
	now := noon
	if got := s.receives(s.inbox(&now), event("approve", "48231", "inconnu")); got.State != decision.Applied {
		t.Fatalf("%+v", got)
	}
	file := s.file(48231)
	if file.Request.Current.Editor.Name != "nouveau" || file.Subscription.Editor != "44973625500018" {
		t.Errorf("the habilitation is of %+v, the subscription of %s", file.Request.Current.Editor, file.Subscription.Editor)
	}
	if n := s.count(`SELECT count(*) FROM editors WHERE siret = '44973625500018' AND name = 'nouveau'`); n != 1 {
		t.Errorf("%d editors", n)
	}
	if n := s.count(`SELECT count(*) FROM editor_events WHERE kind = 'habilitation.validee'`); n != 1 {
		t.Errorf("%d events of editors", n)
	}
	if n := s.count(`SELECT count(*) FROM outbox WHERE kind = 'hubee.provision' AND subject = $1`, majastres); n != 1 {
		t.Errorf("%d sagas", n)
	}
}

// What could not be used is kept, told why, counted once however often it comes, and played
// again by somebody; the same event in another body changes nothing.
func TestWhatCouldNotBeUsedIsPlayedAgain(t *testing.T) {
	s := setScene(t)
	now := noon
	inbox := s.inbox(&now)
	wrong := []byte(`{"event":"approve"}`)
	for range 3 {
		if got := s.receives(inbox, wrong); got.State != decision.Quarantined || got.Reason != "datapass.incomplete" {
			t.Fatalf("%+v", got)
		}
	}
	if n := s.count(`SELECT arrivals FROM datapass_events`); n != 3 {
		t.Errorf("%d arrivals", n)
	}
	kept := s.receives(inbox, wrong)
	again, err := inbox.Replay(context.Background(), people.Actor{AccountID: 1, Name: "Nadia Keller", Role: people.Admin}, kept.ID)
	if err != nil || again.State != decision.Quarantined {
		t.Errorf("played again: %+v, %v", again, err)
	}
	if n := s.count(`SELECT count(*) FROM audit_events WHERE act = 'datapass.replayed'`); n != 1 {
		t.Errorf("%d lines in the journal", n)
	}
	if _, err := inbox.Replay(context.Background(), people.Actor{AccountID: 1}, 999); !fault.Is(err, "datapass.unknown") {
		t.Errorf("an event that there is not: %v", err)
	}
	s.receives(inbox, event("approve", "48231", "inconnu"))
	if got := s.receives(inbox, append(event("approve", "48231", "inconnu"), ' ')); got.State != decision.WithoutUse || got.Reason != "datapass.repeated" {
		t.Errorf("the same event in another body: %+v", got)
	}
	applied := s.receives(inbox, event("approve", "48231", "inconnu"))
	if _, err := inbox.Replay(context.Background(), people.Actor{AccountID: 1}, applied.ID); !fault.Is(err, "datapass.not_quarantined") {
		t.Errorf("an event that was applied: %v", err)
	}
	if n := s.count(`SELECT count(*) FROM habilitations`); n != 1 {
		t.Errorf("%d habilitations", n)
	}
}

// Decisions about one town, made at once from what was true a moment before, must not leave
// its form open without a right, nor closed with one.
func TestDecisionsAboutOneTownAgree(t *testing.T) {
	s := setScene(t)
	now := noon
	inbox := s.inbox(&now)
	fired := 1782300000
	at := func(name string, number int, editor string) []byte {
		fired++
		return []byte(fmt.Sprintf(`{"event":%q,"fired_at":%d,"model_type":"authorization_request/api_particulier","model_id":%d,
			"data":{"form_uid":"","organization":{"siret":"21040107100019","name":"Majastres"},"applicant":{"email":"anne@majastres.example.fr"},
			"service_provider":{"id":%q,"type":"editor","siret":%q},"data":{"modalities":["formulaire_qf"]}}}`, name, fired, number, editor, editor))
	}
	editors := []string{"90511200900014", "90511200900014", "44973625500018"}
	newest := 48230
	for round := range 25 {
		var events [][]byte
		for range 3 {
			if rand.N(2) == 0 && newest > 48230 {
				events = append(events, at("revoke", 48231+rand.N(newest-48230), editors[rand.N(3)]))
				continue
			}
			newest++
			events = append(events, at("approve", newest, editors[rand.N(3)]))
		}
		atOnce(len(events), func(i int) {
			if _, err := inbox.Receive(context.Background(), events[i]); err != nil {
				t.Errorf("round %d: %v", round, err)
			}
		})
		rights := s.count(`SELECT count(*) FROM requests WHERE state = 'validee'`)
		wanted := s.count(`SELECT count(*) FROM subscriptions WHERE want = 'actif'`)
		held := s.count(`SELECT count(*) FROM subscriptions s JOIN requests r ON r.number = s.request WHERE s.want = 'actif' AND r.state = 'validee'`)
		if (rights > 0) != (wanted == 1) || held != wanted {
			t.Fatalf("round %d: %d rights, %d subscriptions wanted active, %d by a valid right", round, rights, wanted, held)
		}
	}
}

// Two rights of one town end at once: whichever is recorded last was decided when the other
// one held still, and is decided anew.
func TestADecisionMadeFromWhatIsNoLongerTrueIsMadeAnew(t *testing.T) {
	for _, order := range [][2]habilitation.RequestNumber{{48231, 48232}, {48232, 48231}} {
		s := setScene(t)
		now := noon
		inbox := s.inbox(&now)
		s.receives(inbox, event("approve", "48231", "inconnu"))
		s.receives(inbox, event("approve", "48232", "inconnu"))
		store := postgres.Decisions{DB: s.db}
		ended := func(number habilitation.RequestNumber) decision.Outcome {
			by := people.Actor{AccountID: 3, Name: "Awa Traoré"}
			o, err := decision.DecideVerdict(s.file(number), by, decision.Verdict{Act: habilitation.Suspend, Reason: "Fuite."},
				decision.Moment{At: noon, Author: by.Author(), Sealer: inbox.Vault})
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		first, second := ended(order[0]), ended(order[1])
		if err := store.Record(context.Background(), first); err != nil {
			t.Fatal(err)
		}
		if err := store.Record(context.Background(), second); !fault.Is(err, "habilitation.moved") {
			t.Errorf("%v: the second one, made from what was: %v", order, err)
		}
		if err := store.Record(context.Background(), ended(order[1])); err != nil {
			t.Fatal(err)
		}
		if n := s.count(`SELECT count(*) FROM subscriptions WHERE want = 'suspendu'`); n != 1 {
			t.Errorf("%v: the subscription of a town without a right is wanted active", order)
		}
	}
}

// What only a person can judge is set aside: an approval of what DataPass revoked, an event of
// the future, after which nothing could be revoked, an editor without a SIRET. What happened
// later to the same request takes it out again; so does somebody, for good.
func TestWhatOnlyAPersonCanJudgeIsSetAside(t *testing.T) {
	s := setScene(t)
	now := noon
	inbox := s.inbox(&now)
	told := func(name string, firedAt int64, editorSiret string) []byte {
		return []byte(fmt.Sprintf(`{"event":%q,"fired_at":%d,"model_type":"authorization_request/api_particulier","model_id":48231,
			"data":{"organization":{"siret":"21040107100019"},"applicant":{"email":"anne@majastres.example.fr"},
			"service_provider":{"id":"x","type":"editor","siret":%q},"data":{"modalities":["formulaire_qf"]}}}`, name, firedAt, editorSiret))
	}
	reason := func(body []byte) string {
		got := s.receives(inbox, body)
		return string(got.State) + " " + got.Reason
	}
	for i, row := range []struct{ body, want string }{
		{string(told("approve", time.Now().AddDate(1, 0, 0).Unix(), "90511200900014")), "quarantaine datapass.future"},
		{string(told("approve", 1782300000, "123")), "quarantaine datapass.editor_invalid"},
		{string(told("approve", 1782300100, "90511200900014")), "appliquee "},
		{string(told("revoke", 1782300050, "90511200900014")), "quarantaine datapass.revoked_before"},
		{string(told("revoke", 1782300200, "90511200900014")), "appliquee "},
		{string(told("approve", 1782300150, "90511200900014")), "sans_effet datapass.late"},
		{string(told("approve", 1782300300, "90511200900014")), "quarantaine datapass.revoked"},
	} {
		if got := reason([]byte(row.body)); got != row.want {
			t.Errorf("%d: %s, want %s", i, got, row.want)
		}
	}
	if n := s.count(`SELECT count(*) FROM datapass_events WHERE reason = 'datapass.overtaken'`); n != 1 {
		t.Errorf("%d events were overtaken", n)
	}
	by := people.Actor{AccountID: 1, Name: "Nadia Keller", Role: people.Admin}
	waiting := int64(s.count(`SELECT max(id) FROM datapass_events WHERE state = 'quarantaine'`))
	if err := inbox.Dismiss(context.Background(), by, waiting); err != nil {
		t.Fatal(err)
	}
	if err := inbox.Dismiss(context.Background(), by, waiting); !fault.Is(err, "datapass.not_quarantined") {
		t.Errorf("dismissed twice: %v", err)
	}
	if n := s.count(`SELECT count(*) FROM audit_events WHERE act = 'datapass.dismissed'`); n != 1 {
		t.Errorf("%d lines in the journal", n)
	}
}

// An approval that waits for somebody does so until the next approval or revocation: what
// becomes of the file meanwhile grants nothing, and must not make it lost.
func TestAnApprovalSetAsideIsNotLostToWhatHappensToTheFile(t *testing.T) {
	s := setScene(t)
	now := noon
	inbox := s.inbox(&now)
	approval := []byte(strings.Replace(string(event("approve", "48231", "inconnu")), `"siret":"44973625500018"`, `"siret":""`, 1))
	if got := s.receives(inbox, approval); got.State != decision.Quarantined {
		t.Fatalf("an editor without SIRET: %+v", got)
	}
	later := func(name string) []byte {
		return []byte(strings.Replace(string(event(name, "48231", "inconnu")), "1782300000", "1782300500", 1))
	}
	if got := s.receives(inbox, later("reopen")); got.State != decision.Applied {
		t.Fatalf("the file is reopened: %+v", got)
	}
	if got := s.receives(inbox, approval); got.State != decision.Quarantined {
		t.Errorf("the approval, sent again: %+v", got)
	}
	if got := s.receives(inbox, later("approve")); got.State != decision.Applied {
		t.Fatalf("the next approval: %+v", got)
	}
	if n := s.count(`SELECT count(*) FROM datapass_events WHERE reason = 'datapass.overtaken'`); n != 1 {
		t.Errorf("%d events were overtaken", n)
	}
}

// A request that was never approved may name another town: nothing of the one before, where
// others have a subscription, is in question.
func TestADraftMovesToAnotherTown(t *testing.T) {
	s := setScene(t)
	now := noon
	inbox := s.inbox(&now)
	s.receives(inbox, event("approve", "48231", "inconnu"))
	s.receives(inbox, event("submit", "48232", "inconnu"))
	moved := strings.NewReplacer("1782300000", "1782300500", "21040107100019", "21910998000017").Replace(string(event("update", "48232", "inconnu")))
	if got := s.receives(inbox, []byte(moved)); got.State != decision.Applied {
		t.Errorf("it moves: %+v", got)
	}
	if got := s.file(48232).Request.Siret; got != "21910998000017" {
		t.Errorf("it is of %s", got)
	}
}

// A request that was served moves to another town: who contended in the former one receives
// its dossiers, and HubEE is asked to change the delegation; of several who contend, the
// others are not forgotten.
func TestWhoContendedTakesTheFormerTown(t *testing.T) {
	s := setScene(t)
	now := noon
	inbox := s.inbox(&now)
	other := func(number, editor string) []byte {
		return []byte(strings.NewReplacer("44973625500018", editor, "nouveau", "e"+editor).Replace(string(event("approve", number, "e"+editor))))
	}
	s.receives(inbox, event("approve", "48231", "inconnu"))
	s.receives(inbox, other("48232", "91033700500011"))
	s.receives(inbox, other("48233", "90511200900014"))
	contender := func() int {
		return s.count(`SELECT COALESCE(contender, 0) FROM subscriptions WHERE siret = '21040107100019'`)
	}
	if got := contender(); got != 48233 {
		t.Fatalf("%d contends", got)
	}
	s.receives(inbox, []byte(strings.Replace(string(event("revoke", "48233", "inconnu")), "1782300000", "1782300100", 1)))
	if got := contender(); got != 48232 {
		t.Fatalf("once one's right ended, %d contends", got)
	}
	s.run(`UPDATE outbox SET done_at = now() WHERE kind = 'hubee.provision' AND done_at IS NULL`)
	moved := strings.NewReplacer("1782300000", "1782300500", "21040107100019", "21910998000017").Replace(string(event("approve", "48231", "inconnu")))
	if got := s.receives(inbox, []byte(moved)); got.State != decision.Applied {
		t.Fatalf("%+v", got)
	}
	if n := s.count(`SELECT request FROM subscriptions WHERE siret = '21040107100019' AND want = 'actif'`); n != 48232 {
		t.Errorf("the former town is served for %d", n)
	}
	if n := s.count(`SELECT count(*) FROM outbox WHERE kind = 'hubee.provision' AND subject = '21040107100019' AND done_at IS NULL`); n != 1 {
		t.Errorf("HubEE is asked %d times for the former town", n)
	}
}

// Who takes what a request leaves in its former town is compared once more when it is
// recorded: a right that ended meanwhile must not open a form.
func TestTheHeirOfAFormerTownMayMoveMeanwhile(t *testing.T) {
	s := setScene(t)
	now := noon
	inbox := s.inbox(&now)
	s.receives(inbox, event("approve", "48231", "inconnu"))
	s.receives(inbox, event("approve", "48232", "inconnu"))
	move, err := decision.ReadEvent([]byte(strings.NewReplacer("1782300000", "1782300500", "21040107100019", "21910998000017").Replace(string(event("approve", "48231", "inconnu")))))
	if err != nil {
		t.Fatal(err)
	}
	store := postgres.Decisions{DB: s.db}
	made := func() decision.Outcome {
		file, err := store.FindFile(context.Background(), move.Request, move.Siret)
		if err != nil {
			t.Fatal(err)
		}
		next, err := store.NextHabilitation(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		o, err := decision.DecideEvent(file, move, file.CurrentEditor, next, decision.Moment{At: noon, Sealer: inbox.Vault})
		if err != nil {
			t.Fatal(err)
		}
		return *o
	}
	stale := made()
	by := people.Actor{AccountID: 3, Name: "Awa Traoré"}
	order := decision.Order{Number: 48232, Revision: s.file(48232).Request.Revision, Reason: "Fuite."}
	if err := s.decisions().Suspend(context.Background(), by, order); err != nil {
		t.Fatal(err)
	}
	if err := store.Record(context.Background(), stale); !fault.Is(err, "habilitation.moved") {
		t.Errorf("made from what was: %v", err)
	}
	if err := store.Record(context.Background(), made()); err != nil {
		t.Fatal(err)
	}
	if n := s.count(`SELECT count(*) FROM subscriptions WHERE siret = '21040107100019' AND want = 'suspendu'`); n != 1 {
		t.Error("the subscription of the former town is wanted active by nobody's right")
	}
}

// What an event said is sealed, and erased once it is of no use; so is who made a request
// that came to nothing.
func TestWhatAnEventSaidIsSealedAndErased(t *testing.T) {
	s := setScene(t)
	now := noon
	inbox := s.inbox(&now)
	s.receives(inbox, event("approve", "48231", "inconnu"))
	s.receives(inbox, event("submit", "48232", "inconnu"))
	s.receives(inbox, []byte(`{"event":"approve","anne":"anne.morel@majastres.example.fr"}`))
	if n := s.count(`SELECT count(*) FROM datapass_events WHERE position('majastres' IN encode(content, 'escape')) > 0`); n != 0 {
		t.Errorf("%d events are readable in the table", n)
	}
	for _, step := range []struct {
		after                time.Duration
		contents, requesters int
	}{{decision.AppliedLife - time.Hour, 3, 2}, {decision.AppliedLife + time.Hour, 1, 2}, {decision.QuarantinedLife + time.Hour, 0, 1}} {
		now = noon.Add(step.after)
		if _, _, err := inbox.Purge(context.Background()); err != nil {
			t.Fatal(err)
		}
		contents := s.count(`SELECT count(*) FROM datapass_events WHERE content IS NOT NULL`)
		requesters := s.count(`SELECT count(*) FROM requests WHERE requester <> '{}'`)
		if contents != step.contents || requesters != step.requesters {
			t.Errorf("after %s: %d contents, %d requesters", step.after, contents, requesters)
		}
	}
	quarantined := s.count(`SELECT id FROM datapass_events WHERE state = 'quarantaine'`)
	if _, err := inbox.Replay(context.Background(), people.Actor{AccountID: 1}, int64(quarantined)); !fault.Is(err, "datapass.erased") {
		t.Errorf("an event that is erased: %v", err)
	}
}

// A request of DataPass that changed hands in the portal, by its holder or by an instructor, is not given
// back by an event that repeats the former requester; DataPass then names a third person: it is hers.
func TestAColleagueKeepsWhatWasGivenHere(t *testing.T) {
	for name, gives := range map[string]func(s *scene, service *request.Service, anne, ines people.Actor) error{
		"transferred": func(s *scene, service *request.Service, anne, ines people.Actor) error {
			s.run(`UPDATE requests SET holder = $1 WHERE number = 48231`, anne.AccountID)
			return service.Transfer(context.Background(), anne, 48231, ines.AccountID)
		},
		"claimed": func(s *scene, service *request.Service, _, ines people.Actor) error {
			if err := service.Claim(context.Background(), ines, 48231); err != nil {
				return err
			}
			later := func() time.Time { return noon.Add(request.ClaimPatience) }
			instruction := &request.Instruction{
				Store: service.Store, Files: service.Files, Messages: service.Messages, Claims: service.Claims, Desk: postgres.Desk{DB: s.db}, Sealer: service.Sealer, Now: later,
			}
			return instruction.DecideClaim(context.Background(), people.Actor{AccountID: 7, Name: "Awa Traoré", Role: people.Instructor}, 48231, true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := setScene(t)
			now := noon
			inbox := s.inbox(&now)
			says := func(name string, firedAt int, mail string) decision.InboxState {
				words := strings.NewReplacer("1782300000", fmt.Sprint(1782300000+firedAt), "anne.morel@majastres.example.fr", mail)
				return s.receives(inbox, []byte(words.Replace(string(event(name, "48231", "inconnu"))))).State
			}
			wantHolder := func(when, mail string, holder int64) {
				t.Helper()
				if got := s.file(48231).Request; got.Requester.Mail != mail || got.Holder != holder {
					t.Errorf("%s, it is held by %s (account %d), not %s (%d)", when, got.Requester.Mail, got.Holder, mail, holder)
				}
			}
			const former, third = "anne.morel@majastres.example.fr", "lea.roux@majastres.example.fr"
			says("approve", 0, former)
			anne := people.Actor{AccountID: s.colleague("Anne", "Morel", majastres), Name: "Anne Morel", Role: people.Town, Organisation: people.Organisation{Siret: majastres}}
			ines := people.Actor{AccountID: s.colleague("Ines", "Talbot", majastres), Name: "Ines Talbot", Role: people.Town, Organisation: people.Organisation{Siret: majastres}}
			exchange := postgres.Exchange{DB: s.db}
			service := &request.Service{
				Store: s.applications(), Files: s.applications(), Messages: exchange, Claims: exchange, Sealer: inbox.Vault, Now: func() time.Time { return noon },
			}
			if err := gives(s, service, anne, ines); err != nil {
				t.Fatal(err)
			}
			wantHolder("given", "ines.talbot@mairie.example.fr", ines.AccountID)
			for i, repeated := range []string{"reopen", "submit", "approve", "transfer", "approve"} {
				if got := says(repeated, 10+i, former); got != decision.Applied {
					t.Errorf("%s is %s", repeated, got)
				}
				wantHolder("after "+repeated, "ines.talbot@mairie.example.fr", ines.AccountID)
			}
			says("transfer", 30, third)
			wantHolder("once DataPass names a third person", third, 0)
			says("approve", 20, former)
			wantHolder("after a late event", third, 0)
		})
	}
}

// What the portal knew before it kept whom DataPass names: its requester, but for what was given here.
func TestTheFormerRequesterOfWhatWasGivenIsFound(t *testing.T) {
	s := setScene(t)
	s.requests()
	s.run(`UPDATE requests SET requester = '{"mail":"ines@exemple.fr"}' WHERE number IN (48231, 48232)`)
	s.run(`INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object) VALUES
		($1, '5', 'Anne Morel', 'town', 'habilitation.transferred', 'habilitation', '48231', 'D48231'),
		($1, 'datapass', 'DataPass', 'datapass', 'habilitation.transferred', 'habilitation', '48232', 'D48232')`, noon)
	migration, err := fs.ReadFile(migrations.FS, "0029_named_by_datapass.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, update, _ := strings.Cut(string(migration), "-- Of a request")
	s.run(update[strings.Index(update, "UPDATE"):])
	for number, want := range map[int64]string{
		48231: "anne@exemple.fr", 48232: "ines@exemple.fr", 48233: "anne.morel@21910998000017.example.fr", 10_000_000: "",
	} {
		if n := s.count(`SELECT count(*) FROM requests WHERE number = $1 AND datapass_requester = $2`, number, want); n != 1 {
			t.Errorf("whom DataPass named in D%d is not %q", number, want)
		}
	}
}
