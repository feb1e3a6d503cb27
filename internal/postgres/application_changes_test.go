package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/postgres"
)

// « request.moved, when the request is not what was read any more »: a change that comes after
// another one leaves nothing at all.
func TestAChangeThatComesTooLateLeavesNothing(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	read := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
	late := deposit(read, noon)
	late.Message = &request.Message{Side: request.SideTown, Author: late.Deposit.By, Text: "Bonjour", At: noon}
	late.Claim = &request.Claim{Claimant: request.Colleague{Person: late.Deposit.By}, State: request.ClaimWaiting, At: noon}
	late.Events = []audit.Event{{At: noon, Act: audit.RequestFiled}}
	late.Letters = []notice.Letter{{Kind: "essai", Key: "essai", Recipients: notice.Recipients{To: []string{"a@example.fr"}}}}

	written := read
	written.Answers.Title = "Écrit entre-temps"
	if err := s.applications().RecordWritten(context.Background(), request.Written{Application: written, At: noon}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		code    string
		between func()
	}{
		{"request.written", func() {}},
		{"request.moved", func() {
			moved := s.application(read.Request.Number)
			moved.Phase, moved.Request.State = request.Closed, habilitation.Archived
			s.changes(request.Change{Application: moved, Moves: true, At: noon})
		}},
	} {
		row.between()
		before, kept := s.application(read.Request.Number), s.kept()
		wantCode(t, s.applications().RecordChange(context.Background(), late), row.code)
		if diff := cmp.Diff(before, s.application(read.Request.Number)); diff != "" {
			t.Errorf("%s changed: %s", row.code, diff)
		}
		if diff := cmp.Diff(kept, s.kept()); diff != "" {
			t.Errorf("%s left something: %s", row.code, diff)
		}
	}
}

// « RecordChange keeps a change whole »: where one part cannot be written, none is.
func TestAChangeIsRecordedWholeOrNotAtAll(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	anne := s.colleague("Anne", "Morel", majastres)
	a := s.begins(anne, majastres)
	whole := func() request.Change {
		change := deposit(a, noon)
		change.Message = &request.Message{Side: request.SideTown, Author: request.Person{ID: anne, Name: "Anne Morel"}, Text: "Bonjour", At: noon}
		change.Claim = &request.Claim{Claimant: request.Colleague{Person: request.Person{ID: anne}}, State: request.ClaimWaiting, At: noon}
		change.Events = []audit.Event{{At: noon, Act: audit.RequestFiled}}
		change.Letters = []notice.Letter{{Kind: "essai", Key: "essai", Recipients: notice.Recipients{To: []string{"a@example.fr"}}}}
		return change
	}
	before := s.kept()
	for name, spoil := range map[string]func(change *request.Change){
		"an application without its form": func(c *request.Change) { c.Application.Template.Version = 9 },
		"a deposit of nobody":             func(c *request.Change) { c.Deposit.By.ID = 999 },
		"a message that says nothing":     func(c *request.Change) { c.Message.Text = "" },
		"an answer to no claim":           func(c *request.Change) { c.Claim.ID, c.Claim.State, c.Claim.Answered = 9, request.ClaimRefused, noon },
		"a mail that is no mail":          func(c *request.Change) { c.Letters[0].Recipients.To[0] = "a\x00b" },
	} {
		change := whole()
		spoil(&change)
		if err := s.applications().RecordChange(context.Background(), change); err == nil {
			t.Errorf("%s was recorded", name)
		}
		if diff := cmp.Diff(a, s.application(a.Request.Number)); diff != "" {
			t.Errorf("%s changed: %s", name, diff)
		}
		if diff := cmp.Diff(before, s.kept()); diff != "" {
			t.Errorf("%s left something: %s", name, diff)
		}
	}
	filed := s.changes(whole())
	for _, table := range []string{"deposits", "request_messages", "request_claims", "audit_events", "mails", "outbox"} {
		before[table]++
	}
	if diff := cmp.Diff(before, s.kept()); diff != "" || filed.Phase != request.Filed {
		t.Errorf("the whole change: %s", diff)
	}
	if n := s.count(`SELECT count(*) FROM deposits WHERE rank = 1 AND terms = $1 AND account_id = $2 AND author = 'Anne Morel' AND at = $3`, request.TermsVersion, anne, noon); n != 1 {
		t.Error("what its author declared is not kept")
	}
}

// « two instructors on one request »: of twelve who decide on what they read, one does.
func TestOfManyWhoMoveARequestOneDoes(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	a := s.changes(deposit(s.begins(s.colleague("Anne", "Morel", majastres), majastres), noon))
	returned := a
	returned.Phase, returned.Request.State = request.Returned, habilitation.ChangesRequested
	got := codes(12, func(int) error {
		return s.applications().RecordChange(context.Background(), request.Change{Application: returned, Moves: true, At: noon, Events: []audit.Event{{At: noon, Act: audit.RequestReturned}}})
	})
	if diff := cmp.Diff(map[string]int{"": 1, "request.moved": 11}, got); diff != "" {
		t.Error(diff)
	}
	if after := s.application(a.Request.Number); after.Request.Revision != a.Request.Revision+1 || after.Edition != a.Edition+1 {
		t.Errorf("the request is at revision %d, edition %d", after.Request.Revision, after.Edition)
	}
}

// « Only moves of the request count it: a message does not », nor does it touch what is being
// written meanwhile.
func TestAMessageMovesNothing(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	read := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
	written := read
	written.Answers.Title = "Écrit entre-temps"
	if err := s.applications().RecordWritten(context.Background(), request.Written{Application: written, At: noon}); err != nil {
		t.Fatal(err)
	}
	before := s.application(read.Request.Number)
	after := s.changes(request.Change{Application: read, At: noon, Message: &request.Message{Side: request.SideTown, Author: request.Person{Name: "Anne Morel"}, Text: "Bonjour", At: noon}})
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
}

// « Read: the other side has marked it as read, or answered »: what it had been shown.
func TestAnAnswerReadsWhatTheOtherSideWrote(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	a, other := s.begins(s.colleague("Anne", "Morel", majastres), majastres), s.begins(s.colleague("Denis", "Petit", paris), paris)
	says := func(a request.Application, side request.Side, hours int, seen int64) {
		at := noon.Add(time.Duration(hours) * time.Hour)
		s.changes(request.Change{Application: a, At: at, Message: &request.Message{
			Side: side, Author: request.Person{ID: a.Request.Holder, Name: "Quelqu’un"}, Text: "Bonjour " + at.String(), At: at, Seen: seen,
		}})
	}
	unread := func() [3]int {
		count := func(a request.Application, side request.Side) int {
			return s.count(`SELECT count(*) FROM request_messages WHERE request = $1 AND side = $2 AND read_at IS NULL`, int64(a.Request.Number), string(side))
		}
		return [3]int{count(a, request.SideTown), count(a, request.SideStaff), count(other, request.SideTown)}
	}
	says(other, request.SideTown, 0, 0)
	says(a, request.SideTown, 1, 0)
	says(a, request.SideTown, 2, 2)
	if got := unread(); got != [3]int{2, 0, 1} {
		t.Errorf("the town wrote twice: %v", got)
	}
	says(a, request.SideStaff, 3, 2)
	if got := unread(); got != [3]int{1, 1, 1} {
		t.Errorf("an instructor who was shown the first message answered: %v", got)
	}
	says(a, request.SideStaff, 4, 4)
	if got := unread(); got != [3]int{0, 2, 1} {
		t.Errorf("an instructor answered: %v", got)
	}
	if n := s.count(`SELECT count(*) FROM request_messages WHERE read_at >= $1`, noon.Add(3*time.Hour)); n != 2 {
		t.Errorf("%d messages were read at the answers", n)
	}
	says(a, request.SideTown, 5, 5)
	if got := unread(); got != [3]int{1, 0, 1} {
		t.Errorf("the town answered: %v", got)
	}
}

// « claim decided by an instructor in one click »: of two who claim at once one does, and a
// claim is answered once, by whoever is first.
func TestARequestIsClaimedByOneAtATime(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.requests() // 48231 is DataPass's: one claims it as well
	bruno, chloe := s.colleague("Bruno", "Petit", majastres), s.colleague("Chloé", "Roux", majastres)
	read, err := s.applications().FindGranted(ctx, 48231, majastres)
	if err != nil {
		t.Fatal(err)
	}
	claims := func(id int64) error {
		return s.applications().RecordChange(ctx, request.Change{Application: read, At: noon, Events: []audit.Event{{At: noon, Act: audit.RequestClaimed}},
			Claim: &request.Claim{Request: 48231, Claimant: request.Colleague{Person: request.Person{ID: id}}, State: request.ClaimWaiting, At: noon}})
	}
	got := codes(2, func(i int) error { return claims([]int64{bruno, chloe}[i]) })
	if diff := cmp.Diff(map[string]int{"": 1, "request.claimed": 1}, got); diff != "" {
		t.Error(diff)
	}
	if kept := s.kept(); kept["request_claims"] != 1 || kept["audit_events"] != 1 {
		t.Errorf("what is kept is %v", kept)
	}
	id := int64(s.count(`SELECT id FROM request_claims`))
	answers := func(state request.ClaimState, of habilitation.RequestNumber) error {
		change := request.Change{Application: read, At: noon, Claim: &request.Claim{ID: id, State: state, Answered: noon.Add(time.Hour), By: "Anne Morel"}}
		change.Application.Request.Number = of
		return s.applications().RecordChange(ctx, change)
	}
	wantCode(t, answers(request.ClaimRefused, 48233), "request.unclaimed")
	got = codes(2, func(i int) error {
		return answers([]request.ClaimState{request.ClaimRefused, request.ClaimWithdrawn}[i], 48231)
	})
	if diff := cmp.Diff(map[string]int{"": 1, "request.unclaimed": 1}, got); diff != "" {
		t.Error(diff)
	}
	if n := s.count(`SELECT count(*) FROM request_claims WHERE answered_by = 'Anne Morel' AND answered_at = $1`, noon.Add(time.Hour)); n != 1 {
		t.Error("who answered, and when, is not kept")
	}
	if err := claims(chloe); err != nil {
		t.Errorf("a claim after one that was answered: %v", err)
	}
}

// « transfer to a colleague » of a request that DataPass made: there is nothing written to
// move along.
func TestARequestWithoutApplicationChangesItsHolder(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.requests()
	bruno := s.colleague("Bruno", "Petit", majastres)
	a, err := s.applications().FindGranted(ctx, 48231, majastres)
	if err != nil {
		t.Fatal(err)
	}
	a.Request.Holder, a.Request.Requester = bruno, habilitation.Contact{GivenName: "Bruno", FamilyName: "Petit", Mail: "bruno.petit@mairie.example.fr"}
	if err := s.applications().RecordChange(ctx, request.Change{Application: a, Moves: true, At: noon}); err != nil {
		t.Fatal(err)
	}
	want := a
	want.Request.Revision++
	after, err := s.applications().FindGranted(ctx, 48231, majastres)
	if diff := cmp.Diff(want, after); diff != "" || err != nil {
		t.Error(diff, err)
	}
	listed, err := postgres.Catalogue{DB: s.db}.ListRequestsOfOrganisation(ctx, majastres, 1)
	if err != nil || listed[0].Holder != bruno {
		t.Errorf("the holder in a list is %+v, %v", listed, err)
	}
}

// « A request that came from DataPass is the portal's from then on », with an application that
// begins with what is granted.
func TestAModificationOfWhatDataPassGrantedBeginsAnApplication(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.requests()
	s.forms()
	a, err := s.applications().FindGranted(ctx, 48231, majastres)
	if err != nil {
		t.Fatal(err)
	}
	if a.Template, err = (postgres.Templates{DB: s.db}).FindTemplate(ctx, "formulaire-qf"); err != nil {
		t.Fatal(err)
	}
	a.Answers = request.Answers{Title: "Tarifs de la cantine", Token: true}
	granted := request.Answers{Title: "Tarifs d’avant", Token: true}
	a.Granted, a.Carried = &granted, true
	got := codes(2, func(int) error { return s.applications().RecordChange(ctx, reopened(a, noon)) })
	if diff := cmp.Diff(map[string]int{"": 1, "request.moved": 1}, got); diff != "" {
		t.Error(diff)
	}
	begun := s.application(48231)
	if begun.Request.Source != habilitation.FromPortal || begun.Request.State != habilitation.Reopened || begun.Phase != request.Writing || begun.Edition != 1 ||
		begun.Answers.Title != "Tarifs de la cantine" || begun.Template.UID != "formulaire-qf" || begun.Request.Current.Number != 10_000_004 ||
		begun.Granted == nil || begun.Granted.Title != "Tarifs d’avant" {
		t.Errorf("the modification is %+v", begun)
	}
	begun.Answers.Title = "Garderie"
	filed := s.changes(deposit(begun, noon))
	if filed.Answers.Title != "Garderie" || filed.Granted == nil || filed.Granted.Title != "Tarifs d’avant" {
		t.Errorf("what was granted is now %+v", filed.Granted)
	}
}

// A modification is nobody's when it begins; what moves afterwards leaves who is in charge,
// though it was read before somebody was.
func TestWhoIsInChargeStaysDuringAnExchange(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	a := s.changes(deposit(s.begins(s.colleague("Anne", "Morel", majastres), majastres), noon))
	instructor := s.colleague("Camille", "Ferrand", "13002526500013")
	s.run(`UPDATE applications SET assignee = $1`, instructor)
	returned := a
	returned.Phase, returned.Request.State = request.Returned, habilitation.ChangesRequested
	if got := s.changes(request.Change{Application: returned, Moves: true, At: noon}); got.Assignee.ID != instructor {
		t.Errorf("in charge during the exchange: %+v", got.Assignee)
	}
	granted := s.grants(s.application(a.Request.Number), 10_000_001, noon)
	if granted.Assignee.ID != instructor {
		t.Errorf("in charge after it: %+v", granted.Assignee)
	}
	if got := s.changes(reopened(granted, noon)); !got.Assignee.IsZero() {
		t.Errorf("in charge of a modification that begins: %+v", got.Assignee)
	}
}

// What an instructor was writing goes when the request moves on, and not before.
func TestNotesGoWhenTheRequestMovesOn(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	a, other := s.begins(s.colleague("Anne", "Morel", majastres), majastres), s.begins(s.colleague("Denis", "Petit", paris), paris)
	instructor := s.colleague("Camille", "Ferrand", "13002526500013")
	notes := func() int { return s.count(`SELECT count(*) FROM instruction_notes`) }
	for _, of := range []request.Application{a, other} {
		s.run(`INSERT INTO instruction_notes (request, account_id, act, revision, body, updated_at) VALUES ($1, $2, 'refuse', 1, 'Brouillon', $3)`,
			int64(of.Request.Number), instructor, noon)
	}
	colleague := a
	colleague.Request.Requester.Job = "Directrice"
	a = s.changes(request.Change{Application: colleague, Moves: true, At: noon})
	if notes() != 2 {
		t.Error("a transfer takes the notes away")
	}
	s.changes(deposit(a, noon))
	if notes() != 1 || s.count(`SELECT request FROM instruction_notes`) != int(other.Request.Number) {
		t.Errorf("%d notes are left", notes())
	}
}

// « the last approval or refusal »: a decision dates it, in its own transaction, and nothing
// else does.
func TestOnlyADecisionDatesTheApplication(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	a := s.changes(deposit(s.begins(s.colleague("Anne", "Morel", majastres), majastres), noon))
	writes := func(a request.Application, decided time.Time) error {
		return s.db.InTx(ctx, func(tx *sqlx.Tx) error { return postgres.WriteApplication(ctx, tx, a, decided) })
	}
	decided := func(at time.Time) bool {
		return s.count(`SELECT count(*) FROM applications WHERE decided_at IS NOT DISTINCT FROM $1`, at) == 1
	}
	if n := s.count(`SELECT count(*) FROM applications WHERE decided_at IS NULL`); n != 1 {
		t.Error("a deposit is a decision")
	}
	a.Phase = request.Closed
	if err := writes(a, noon.Add(time.Hour)); err != nil || !decided(noon.Add(time.Hour)) {
		t.Errorf("a decision does not date it: %v", err)
	}
	wantCode(t, writes(a, noon.Add(2*time.Hour)), "request.written")
	if err := writes(s.application(a.Request.Number), time.Time{}); err != nil || !decided(noon.Add(time.Hour)) {
		t.Errorf("what is no decision dates it: %v", err)
	}
}

// The holder of a draft of the same form cannot be given a second one.
func TestADraftIsNotGivenToSomebodyWhoHasOne(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	anne, bruno := s.colleague("Anne", "Morel", majastres), s.colleague("Bruno", "Petit", majastres)
	a := s.begins(anne, majastres)
	s.begins(bruno, majastres)
	a.Request.Holder = bruno
	wantCode(t, s.applications().RecordChange(context.Background(), request.Change{Application: a, Moves: true, At: noon}), "request.colleague_drafts")
	if got := s.application(a.Request.Number); got.Request.Holder != anne || got.Request.Revision != 1 {
		t.Errorf("the draft is %+v", got.Request)
	}
}
