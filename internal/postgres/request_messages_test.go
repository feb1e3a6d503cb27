package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

func (s *scene) exchange() postgres.Exchange { return postgres.Exchange{DB: s.db} }

func (s *scene) unread(side request.Side, tenant value.Siret) map[habilitation.RequestNumber]int {
	s.t.Helper()
	counted, err := s.exchange().CountUnread(context.Background(), side, tenant)
	if err != nil {
		s.t.Fatal(err)
	}
	return counted
}

// « message thread with unread marks on both sides »
func TestEachSideReadsWhatTheOtherWrote(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	s.lineUp(lined{number: dFresh, state: habilitation.Submitted, phase: request.Filed, filed: 5},
		lined{number: dOld, siret: paris, state: habilitation.Submitted, phase: request.Filed, filed: 5})
	if thread, err := s.exchange().ListMessages(ctx, dFresh); err != nil || len(thread) > 0 {
		t.Fatalf("before anything: %v, %v", thread, err)
	}
	s.says(dFresh, request.SideTown, false)  // 1
	s.says(dFresh, request.SideStaff, false) // 2
	s.says(dOld, request.SideTown, false)    // 3
	s.says(dFresh, request.SideTown, false)  // 4
	s.says(dOld, request.SideStaff, true)    // 5

	type counts = map[habilitation.RequestNumber]int
	want := func(staff, majastres1, paris1 counts) {
		t.Helper()
		for name, pair := range map[string][2]counts{
			"the instructors": {staff, s.unread(request.SideStaff, "")},
			"Majastres":       {majastres1, s.unread(request.SideTown, majastres)},
			"Paris":           {paris1, s.unread(request.SideTown, paris)},
		} {
			if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
				t.Errorf("%s have to read: %s", name, diff)
			}
		}
	}
	want(counts{dFresh: 2, dOld: 1}, counts{dFresh: 1}, counts{})
	clock := noon
	read := func(reader request.Side, number habilitation.RequestNumber, upTo int64) {
		t.Helper()
		clock = clock.Add(time.Hour)
		if err := s.exchange().MarkRead(ctx, number, reader, upTo, clock); err != nil {
			t.Fatal(err)
		}
	}
	read(request.SideStaff, dFresh, 2) // 4 came since the page was shown
	want(counts{dFresh: 1, dOld: 1}, counts{dFresh: 1}, counts{})
	read(request.SideTown, dFresh, 4) // its own messages stay unread for the other side
	want(counts{dFresh: 1, dOld: 1}, counts{}, counts{})

	thread, err := s.exchange().ListMessages(ctx, dFresh)
	if err != nil {
		t.Fatal(err)
	}
	for i := range thread {
		thread[i].At = thread[i].At.UTC()
	}
	message := func(id int64, side request.Side, read bool) request.Message {
		return request.Message{ID: id, Side: side, Author: request.Person{Name: "Anne Morel"}, Text: "Bonjour", At: noon, Read: read}
	}
	if diff := cmp.Diff([]request.Message{message(1, request.SideTown, true), message(2, request.SideStaff, true), message(4, request.SideTown, false)}, thread); diff != "" {
		t.Error(diff)
	}
	read(request.SideStaff, dFresh, 4)
	if n := s.count(`SELECT count(*) FROM request_messages WHERE id = 1 AND read_at = $1`, noon.Add(time.Hour)); n != 1 {
		t.Error("a message is read anew")
	}
}

func TestTheClaimThatWaitsIsFoundWithWhoClaims(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.asked(dElsewhere, majastres, "COMMUNE DE MAJASTRES", habilitation.Validated, 200)
	s.asked(dElsewhereToo, majastres, "COMMUNE DE MAJASTRES", habilitation.Validated, 200)
	paul := s.colleague("Paul", "Garnier", majastres)
	if none, err := s.exchange().FindClaim(ctx, dElsewhere); err != nil || none != (request.Claim{}) {
		t.Errorf("nobody claims: %+v, %v", none, err)
	}
	s.claims(dElsewhere, paul, 100*time.Hour)
	s.run(`UPDATE request_claims SET state = 'refusee', answered_at = $1`, noon)
	if none, err := s.exchange().FindClaim(ctx, dElsewhere); err != nil || none != (request.Claim{}) {
		t.Errorf("it was answered: %+v, %v", none, err)
	}
	s.claims(dElsewhere, paul, request.ClaimPatience)
	s.claims(dElsewhereToo, paul, request.ClaimPatience-time.Microsecond)
	claim, err := s.exchange().FindClaim(ctx, dElsewhere)
	claim.At = claim.At.UTC()
	want := request.Claim{
		ID: 2, Request: dElsewhere, State: request.ClaimWaiting, At: noon.Add(-request.ClaimPatience),
		Claimant: request.Colleague{
			Person:  request.Person{ID: paul, Name: "Paul Garnier", Mail: "paul.garnier@mairie.example.fr"},
			Contact: habilitation.Contact{GivenName: "Paul", FamilyName: "Garnier", Mail: "paul.garnier@mairie.example.fr"},
		},
	}
	if diff := cmp.Diff(want, claim); diff != "" || err != nil {
		t.Error(diff, err)
	}
	younger, err := s.exchange().FindClaim(ctx, dElsewhereToo)
	if err != nil || !claim.Ripe(noon) || younger.Ripe(noon) {
		t.Errorf("ripe: %v, %v, %v", claim.Ripe(noon), younger.Ripe(noon), err)
	}
	if ripe, err := s.exchange().CountRipe(ctx, noon.Add(-request.ClaimPatience)); ripe != 1 || err != nil {
		t.Errorf("%d are ripe, %v: what counts is not what an instructor may decide", ripe, err)
	}
}

// A form that a double click sends twice makes one message; the same words, once they were
// shown, may be said again.
func TestAMessageThatIsSentTwiceIsKeptOnce(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	anne, bruno := s.colleague("Anne", "Morel", majastres), s.colleague("Bruno", "Petit", majastres)
	a := s.begins(anne, majastres)
	says := func(author, seen int64) error {
		return s.applications().RecordChange(ctx, request.Change{
			Application: a, At: noon, Events: []audit.Event{{At: noon, Act: audit.MessageSent}},
			Message: &request.Message{Side: request.SideTown, Author: request.Person{ID: author, Name: "Quelqu’un"}, Text: "Merci.", At: noon, Seen: seen},
		})
	}
	got := codes(6, func(int) error { return says(anne, 0) })
	if diff := cmp.Diff(map[string]int{"": 1, "message.sent_already": 5}, got); diff != "" {
		t.Error(diff)
	}
	for _, again := range []error{says(bruno, 0), says(anne, 0), says(anne, int64(s.count(`SELECT max(id) FROM request_messages`)))} {
		if again != nil {
			t.Error(again)
		}
	}
	told := s.count(`SELECT count(*) FROM audit_events WHERE act = 'request.message_sent'`)
	if kept := s.kept(); kept["request_messages"] != 4 || told != 4 {
		t.Errorf("what is kept is %v, and %d are in the journal", kept, told)
	}
}
