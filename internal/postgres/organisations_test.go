package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// told is an answer about a town, without a line in the journal.
func told(siret value.Siret, name string, at time.Time) directory.Answered {
	return directory.Answered{
		Siret: siret, Answer: directory.AnswerTold, Told: directory.Establishment{Name: name, LegalCategory: "7210"}, FoldedName: name, At: at,
		Journal: func(directory.Organisation) []audit.Event { return nil },
	}
}

// « One use case = one transaction, which writes the state and the audit event »
func TestAnAnswerIsKeptWithItsLineOrNotAtAll(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	store := postgres.Organisations{DB: s.db}
	unwritable := []audit.Event{{At: time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC), Act: audit.OrganisationAdded}}
	answer := told(majastres, "first", noon)
	answer.Journal = func(directory.Organisation) []audit.Event { return unwritable }
	if _, err := store.RecordAnswer(ctx, answer); err == nil {
		t.Fatal("recorded without its line")
	}
	if _, err := store.FindOrganisation(ctx, majastres); err == nil {
		t.Error("kept without its line")
	}
	if _, err := store.RecordAnswer(ctx, told(majastres, "first", noon)); err != nil {
		t.Fatal(err)
	}
	answer.Told.Name = "second"
	if _, err := store.RecordAnswer(ctx, answer); err == nil {
		t.Fatal("changed without its line")
	}
	if kept, err := store.FindOrganisation(ctx, majastres); err != nil || kept.Name != "first" {
		t.Errorf("kept %q, %v", kept.Name, err)
	}
}

// The day of a closing is a date: no time zone of a session moves it.
func TestTheDayOfAClosingIsTheSameInEveryZone(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	day := time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)
	answer := told(majastres, "town", noon)
	answer.Told.Closed, answer.Told.ClosedOn = true, day
	for _, zone := range []string{"Pacific/Auckland", "America/Cayenne"} {
		store := postgres.Organisations{DB: connect(t, s.addresses.App+"&timezone="+zone)}
		if kept, err := store.RecordAnswer(ctx, answer); err != nil || !kept.ClosedOn.Equal(day) {
			t.Errorf("%s: %s, %v", zone, kept.ClosedOn, err)
		}
		if n := s.count(`SELECT count(*) FROM organisations WHERE closed_on = '2025-12-31'`); n != 1 {
			t.Errorf("%s: not stored as 2025-12-31", zone)
		}
	}
}

// « to one caller only »: two rounds share the work, and an organisation is claimed anew
// only when its time has come.
func TestAStaleOrganisationIsClaimedOnce(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	store := postgres.Organisations{DB: s.db}
	var want []value.Siret
	for i, siret := range []value.Siret{paris, majastres, "21280363900013", "21910998000017"} {
		if _, err := store.RecordAnswer(ctx, told(siret, "town", noon.Add(time.Duration(i)*time.Minute))); err != nil {
			t.Fatal(err)
		}
		want = append(want, siret)
	}
	claim := func(now time.Time) value.Siret {
		siret, err := store.ClaimStale(ctx, now.Add(-20*time.Hour), now.Add(-time.Hour), now)
		if err != nil {
			wantCode(t, err, "organisation.unknown")
		}
		return siret
	}
	if got := claim(noon.Add(19 * time.Hour)); got != "" {
		t.Errorf("claimed %s before its time", got)
	}
	if got := claim(noon.Add(20 * time.Hour)); got != paris {
		t.Errorf("claimed %s, want the oldest", got)
	}
	tomorrow := noon.Add(24 * time.Hour)
	var claimed sync.Map
	atOnce(8, func(int) {
		if siret := claim(tomorrow); siret != "" {
			if _, twice := claimed.LoadOrStore(siret, true); twice {
				t.Errorf("%s was claimed twice", siret)
			}
		}
	})
	for _, siret := range want { // paris again: its question of four hours ago has no answer
		if _, found := claimed.Load(siret); !found {
			t.Errorf("%s was not claimed", siret)
		}
	}
	kept, err := store.FindOrganisation(ctx, majastres)
	if err != nil || kept.Answer != directory.AnswerNone || !kept.AskedAt.Equal(tomorrow) || kept.ToldAt.Equal(tomorrow) {
		t.Errorf("once claimed: %+v, %v", kept, err)
	}
}

// « The CHECK constraint in SQL lists the same values and a test compares the two. »
func TestTheSchemaListsTheAnswersOfTheRegister(t *testing.T) {
	s := setScene(t)
	var definition string
	err := s.raw.QueryRowContext(context.Background(),
		`SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'organisations_last_answer_check'`).Scan(&definition)
	if err != nil {
		t.Fatal(err)
	}
	var listed []directory.Answer
	for _, match := range quoted.FindAllStringSubmatch(definition, -1) {
		listed = append(listed, directory.Answer(match[1]))
	}
	if diff := cmp.Diff(texts(directory.Answers[:]), texts(listed)); diff != "" {
		t.Error(diff)
	}
}
