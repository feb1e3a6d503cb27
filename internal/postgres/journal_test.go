package postgres_test

import (
	"context"
	"testing"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/postgres"
)

// camille is an author of these tests.
var camille = audit.Author{ID: "12", Display: "Camille Ferrand", Role: "instructor"}

// did is an event of the given author.
func did(author audit.Author, act audit.Act, object audit.Object, at time.Time) audit.Event {
	return audit.Event{At: at, Author: author, Act: act, Object: object, RequestID: "request"}
}

// « Whatever a text was made of, it is cut and cleaned rather than refused. »
func TestTheJournalTakesHostileText(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	journal := postgres.Journal{DB: s.db}
	for _, text := range []string{"", "\x00", "\xff\xfe", "a\nb", "'; DROP TABLE audit_events; --", string(make([]byte, 70_000))} {
		event := did(camille, audit.AccessRefused, audit.Object{Kind: "route", ID: text, Display: text}, noon)
		event.Detail, event.RequestID = text, text
		if err := journal.Record(ctx, event); err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
		if err := journal.RecordOnce(ctx, event, time.Minute); err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	if n := s.count(`SELECT count(*) FROM audit_events`); n != 6 {
		t.Errorf("%d events, want each once", n)
	}
	if n := s.count(`SELECT events FROM seal_journal()`); n != 6 {
		t.Errorf("%d events sealed", n)
	}
}
