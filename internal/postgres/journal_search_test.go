package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/audit"
)

// found searches, and gives the details of the events found, newest first.
func (s *scene) found(search audit.Search) string {
	s.t.Helper()
	page, err := s.journal(noon).Search(context.Background(), search, 0, 100)
	if err != nil {
		s.t.Fatalf("%+v: %v", search, err)
	}
	if page.Total != len(page.Entries) || page.More {
		s.t.Errorf("%+v: %d events of %d", search, len(page.Entries), page.Total)
	}
	var details []string
	for _, entry := range page.Entries {
		details = append(details, entry.Detail)
	}
	return strings.Join(details, " ")
}

// aDay records five events, an hour apart: told e1 to e5.
func aDay(s *scene) {
	philippe := audit.Author{ID: "21", Display: "Jean-Philippe Œrsted", Role: "editor_admin"}
	events := []audit.Event{
		did(camille, audit.SignInAccepted, audit.Object{Kind: "account", ID: "12", Display: "Camille Ferrand"}, noon),
		did(helene, audit.RoleGranted, audit.Object{Kind: "membership", ID: "31", Display: "Camille Ferrand, instruction"}, noon.Add(time.Hour)),
		did(philippe, audit.InvitationSent, audit.Object{Kind: "invitation", ID: "8", Display: "noe.aubry@editeur.example"}, noon.Add(2*time.Hour)),
		did(camille, audit.AccessRefused, audit.Object{Kind: "route", ID: "GET /administration/journal", Display: "50% à_moitié"}, noon.Add(3*time.Hour)),
		did(audit.System, audit.SessionEnded, audit.Object{Kind: "session", ID: "12", Display: "Camille Ferrand"}, noon.Add(4*time.Hour)),
	}
	for i := range events {
		events[i].Detail = "e" + string(rune('1'+i))
	}
	events[2].Organisation = "13002526500013"
	s.tell(events...)
}

// « search by actor, object, act, period » (issue 3)
func TestTheJournalIsSearchedByEveryCriterion(t *testing.T) {
	s := setScene(t)
	aDay(s)
	for _, c := range []struct {
		search audit.Search
		want   string
	}{
		{audit.Search{}, "e5 e4 e3 e2 e1"},
		{audit.Search{AuthorID: "12"}, "e4 e1"},
		{audit.Search{AuthorID: "1"}, ""},
		{audit.Search{Author: "camille"}, "e4 e1"},
		{audit.Search{Author: "FERRAND  Cam"}, "e4 e1"},
		{audit.Search{Author: "errand"}, ""},
		{audit.Search{Author: "helene dorvault"}, ""},
		{audit.Search{Author: "Helene d'Orvault"}, "e2"},
		{audit.Search{Author: "He\u0301le\u0300ne"}, "e2"},
		{audit.Search{Author: "oersted, jean philippe"}, "e3"},
		{audit.Search{Author: "portail"}, "e5"},
		{audit.Search{ObjectKind: "account"}, "e1"},
		{audit.Search{ObjectKind: "account", ObjectID: "12"}, "e1"},
		{audit.Search{ObjectKind: "session", ObjectID: "12"}, "e5"},
		{audit.Search{ObjectKind: "session", ObjectID: "1"}, ""},
		{audit.Search{Object: "ferrand"}, "e5 e2 e1"},
		{audit.Search{Object: "ferrand instr"}, "e2"},
		{audit.Search{Object: "31"}, "e2"},
		{audit.Search{Object: "noe.aubry@editeur.example"}, "e3"},
		{audit.Search{Object: "/administration/journal"}, "e4"},
		{audit.Search{Act: audit.RoleGranted}, "e2"},
		{audit.Search{Act: "role.gran"}, ""},
		{audit.Search{Organisation: "13002526500013"}, "e3"},
		{audit.Search{From: noon.Add(time.Hour)}, "e5 e4 e3 e2"},
		{audit.Search{To: noon.Add(time.Hour)}, "e1"},
		{audit.Search{From: noon.Add(time.Hour), To: noon.Add(3 * time.Hour)}, "e3 e2"},
		{audit.Search{From: noon.Add(3 * time.Hour), To: noon}, ""},
		{audit.Search{Author: "camille", Act: audit.AccessRefused}, "e4"},
		{audit.Search{Author: "camille", Object: "camille", To: noon.Add(time.Hour)}, "e1"},
		{audit.Search{AuthorID: "7", ObjectKind: "membership", Object: "camille", Act: audit.RoleGranted, From: noon, To: noon.Add(2 * time.Hour)}, "e2"},
	} {
		if got := s.found(c.search); got != c.want {
			t.Errorf("%+v: %q, want %q", c.search, got, c.want)
		}
	}
}

// What people type is a text to look for, never a pattern nor a statement.
func TestHostileSearchesFindNothingElse(t *testing.T) {
	s := setScene(t)
	aDay(s)
	for typed, want := range map[string]string{
		"%": "", "_": "", "'": "", `\`: "", "''": "", ":*": "", "!": "", "&": "", "|": "", "(": "", "<->": "", "\x00": "", "\xff": "",
		"50%": "e4", "50% à_moitié": "e4", "à_moitié": "e4", "_moitié": "e4", "%oitié": "", "5_% ": "e4", `camille'; DROP TABLE audit_events; --`: "",
		"!camille": "e5 e2 e1", "camille | noe": "", "camille:*": "e5 e2 e1", "'camille'": "e5 e2 e1",
		strings.Repeat("a", 70_000): "", strings.Repeat("ü ", 70_000): "",
	} {
		if got := s.found(audit.Search{Object: typed}); got != want {
			t.Errorf("object %.40q: %q, want %q", typed, got, want)
		}
		for _, search := range []audit.Search{
			{Author: typed}, {AuthorID: typed}, {ObjectKind: "account", ObjectID: typed}, {ObjectKind: typed}, {Act: audit.Act(typed)}, {Organisation: typed},
		} {
			if got := s.found(search); got != "" && !strings.Contains(typed, "camille") {
				t.Errorf("%.80q: %q", search, got)
			}
		}
	}
}

// « newest first »: page by page without gap nor repetition, whatever the hour that
// events share; and a journal too long to be counted says so.
func TestPagesOfTheJournalFollowEachOther(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.fill(audit.SearchLimit + 1)
	s.run(`UPDATE audit_events SET at = $1`, noon)
	next := int64(audit.SearchLimit + 1)
	for offset := 0; offset < 200; offset += 20 {
		page, err := s.journal(noon).Search(ctx, audit.Search{}, offset, 20)
		if err != nil || page.Total != audit.SearchLimit || !page.More || len(page.Entries) != 20 {
			t.Fatalf("from %d: %d entries of %d, %v, %v", offset, len(page.Entries), page.Total, page.More, err)
		}
		for _, entry := range page.Entries {
			if entry.ID != next {
				t.Fatalf("event %d stands where %d is expected", entry.ID, next)
			}
			next--
		}
	}
	for _, more := range []bool{true, false} {
		page, err := s.journal(noon).Search(ctx, audit.Search{}, audit.SearchLimit-20, 30)
		if err != nil || page.Total != audit.SearchLimit || page.More != more || len(page.Entries) != 20 {
			t.Errorf("the last page: %d entries of %d, %v, %v", len(page.Entries), page.Total, page.More, err)
		}
		if page, err = s.journal(noon).Search(ctx, audit.Search{}, audit.SearchLimit+20, 30); err != nil || len(page.Entries) != 0 {
			t.Errorf("beyond the last page: %d entries, %v", len(page.Entries), err)
		}
		s.run(`DELETE FROM audit_events WHERE id = 1`)
	}
}

// A word that many authors share is searched all the same.
func TestAWordOfManyAuthors(t *testing.T) {
	s := setScene(t)
	s.run(`INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object, detail)
		SELECT $1, i, 'Claude ' || i, '', '', '', '', '', 'e' || i FROM generate_series(1, 90) i`, noon)
	if got := strings.Fields(s.found(audit.Search{Author: "claude"})); len(got) != 90 || got[0] != "e90" || got[89] != "e1" {
		t.Errorf("found %v", got)
	}
	if got := s.found(audit.Search{Author: "claude 8"}); got != "e89 e88 e87 e86 e85 e84 e83 e82 e81 e80 e8" {
		t.Errorf("found %s", got)
	}
}

// A word is found as well among the newest events as far behind them, once each.
func TestWordsAreFoundWhereverTheyAre(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.run(`INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object)
		SELECT $1::timestamptz + i * interval '1 second', '', '', '', '', '', i,
			'all' || CASE WHEN i <= 3 THEN ' oldest' WHEN i > 59990 THEN ' newest' WHEN i % 1000 = 0 THEN ' spread' ELSE '' END
		FROM generate_series(1, 60000) i`, noon)
	for _, c := range []struct {
		words       string
		to          time.Time
		total       int
		more        bool
		first, last string // of the first page of ten
	}{
		{words: "all", total: audit.SearchLimit, more: true, first: "60000", last: "59991"},
		{words: "all", to: noon.Add(2000 * time.Second), total: audit.SearchLimit, more: true, first: "1999", last: "1990"},
		{words: "all", to: noon.Add(11 * time.Second), total: 10, first: "10", last: "1"},
		{words: "newest", total: 10, first: "60000", last: "59991"},
		{words: "spread", total: 59, first: "59000", last: "50000"},
		{words: "oldest", total: 3, first: "3", last: "1"},
	} {
		page, err := s.journal(noon).Search(ctx, audit.Search{Object: c.words, To: c.to}, 0, 10)
		if err != nil || page.Total != c.total || page.More != c.more {
			t.Errorf("%s: %d events, %v, %v", c.words, page.Total, page.More, err)
			continue
		}
		if first, last := page.Entries[0].Object.ID, page.Entries[len(page.Entries)-1].Object.ID; first != c.first || last != c.last {
			t.Errorf("%s: from %s to %s", c.words, first, last)
		}
	}
}
