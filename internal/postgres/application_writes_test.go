package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// « number `D…` », drawn from ours: the journal names it, and the town's département is known.
func TestARequestBeginsWithItsNumber(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	a := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
	if a.Request.Number < 10_000_000 {
		t.Errorf("the number is %s", a.Request.Number)
	}
	number := a.Request.Number.String()
	if n := s.count(`SELECT count(*) FROM audit_events WHERE act = 'request.begun' AND object_kind = 'habilitation' AND object_id = $1 AND object = $2`,
		number[1:], number+" Majastres"); n != 1 {
		t.Error("the journal does not name the request")
	}
}

// The département is that of the commune that the register tells, else the directory; where
// neither does, it is learnt later.
func TestTheDepartementOfATownIsKeptAsSoonAsItIsKnown(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	const unknown value.Siret = "21910998000017"
	tells := func(siret value.Siret, cog string) {
		answer := told(siret, "Essai", noon)
		answer.Told.COG = cog
		if _, err := (postgres.Organisations{DB: s.db}).RecordAnswer(ctx, answer); err != nil {
			t.Fatal(err)
		}
	}
	departement := func(a request.Application) (code string) {
		if err := s.raw.QueryRowContext(ctx, `SELECT departement FROM applications WHERE request = $1`, int64(a.Request.Number)).Scan(&code); err != nil {
			t.Fatal(err)
		}
		return code
	}
	tells(paris, "97411")
	late := s.begins(s.colleague("Chloé", "Roux", unknown), unknown)
	for name, row := range map[string]struct {
		a    request.Application
		want string
	}{
		"by the register":  {s.begins(s.colleague("Denis", "Petit", paris), paris), "974"},
		"by the directory": {s.begins(s.colleague("Anne", "Morel", majastres), majastres), "04"},
		"by nobody":        {late, ""},
	} {
		if got := departement(row.a); got != row.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	tells(unknown, "91001")
	s.changes(deposit(late, noon))
	if got := departement(late); got != "91" {
		t.Errorf("learnt later: %q", got)
	}
}

// « A click that is sent twice begins one request »: twenty at once begin one, and each is
// led to it.
func TestManyWhoBeginAtOnceBeginOnce(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	draft := s.newDraft(s.colleague("Anne", "Morel", majastres), majastres)
	const crowd = 20
	numbers := make([]habilitation.RequestNumber, crowd)
	won := codes(crowd, func(i int) (err error) {
		numbers[i], err = s.applications().RecordBegun(context.Background(), draft, begunEvent())
		return err
	})
	if won[""] != crowd {
		t.Errorf("they are told %v", won)
	}
	for _, number := range numbers {
		if number != numbers[0] || number == 0 {
			t.Fatalf("they are led to %v", numbers)
		}
	}
	kept := s.kept()
	if kept["requests"] != 1 || kept["applications"] != 1 || kept["audit_events"] != 1 {
		t.Errorf("what is kept is %v", kept)
	}
}

// « Where the same person has a draft of the same form for the same town »: anything else is
// another request.
func TestADraftIsFoundAgainByItsHolderAlone(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	anne, bruno := s.colleague("Anne", "Morel", majastres), s.colleague("Bruno", "Petit", majastres)
	a := s.begins(anne, majastres)
	a.Answers.Title = "Déjà écrit"
	if err := s.applications().RecordWritten(ctx, request.Written{Application: a, At: noon}); err != nil {
		t.Fatal(err)
	}
	if again := s.begins(anne, majastres); again.Request.Number != a.Request.Number || again.Answers.Title != "Déjà écrit" {
		t.Errorf("the draft found again is %+v", again)
	}
	if other := s.begins(bruno, majastres); other.Request.Number == a.Request.Number {
		t.Error("a colleague is led into the draft of somebody else")
	}
	s.run(`UPDATE accounts SET siret = $2 WHERE id = $1`, anne, paris)
	s.run(`INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at) VALUES ($1, 'town', $2, $2, 'essai', $3)`, anne, paris, noon)
	if other := s.begins(anne, paris); other.Request.Number == a.Request.Number {
		t.Error("the draft of another town is found")
	}
	s.run(`UPDATE accounts SET siret = $2 WHERE id = $1`, anne, majastres)
	s.changes(deposit(s.application(a.Request.Number), noon))
	if next := s.begins(anne, majastres); next.Request.Number == a.Request.Number {
		t.Error("what was deposited is taken for a draft")
	}
}

// « two tabs on one draft (nothing typed is lost) »: of those who write what they read at the
// same edition one wins, and the others are told.
func TestOfManyWhoWriteAtOnceOneDoes(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	a := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
	before := s.kept()
	got := codes(20, func(i int) error {
		mine := a
		mine.Answers.Title = string(rune('A' + i))
		return s.applications().RecordWritten(context.Background(), request.Written{Application: mine, Document: newDocument(request.Clean, []byte("%PDF")), At: noon.Add(time.Hour)})
	})
	if diff := cmp.Diff(map[string]int{"": 1, "request.written": 19}, got); diff != "" {
		t.Error(diff)
	}
	after := s.application(a.Request.Number)
	if after.Edition != a.Edition+1 || !after.EditedAt.Equal(noon.Add(time.Hour)) || len(after.Documents) != 1 || after.Answers.Document != after.Documents[0].ID {
		t.Errorf("what is written is %+v", after)
	}
	before["documents"]++
	before["document_contents"]++
	if diff := cmp.Diff(before, s.kept()); diff != "" {
		t.Errorf("the others left something: %s", diff)
	}
}

// « request.moved (it is not to be written any more) », as soon as it is deposited, whatever
// the edition; changes that are asked are written.
func TestWhatIsDepositedIsNotWritten(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	a := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
	filed := s.changes(deposit(a, noon))
	wantCode(t, s.applications().RecordWritten(ctx, request.Written{Application: filed, At: noon}), "request.moved")
	wantCode(t, s.applications().RecordWritten(ctx, request.Written{Application: a, At: noon}), "request.moved")
	filed.Phase, filed.Request.State = request.Returned, habilitation.ChangesRequested
	returned := s.changes(request.Change{Application: filed, Moves: true, At: noon})
	if err := s.applications().RecordWritten(ctx, request.Written{Application: returned, At: noon}); err != nil {
		t.Error(err)
	}
	closed := s.application(a.Request.Number)
	closed.Phase, closed.Request.State = request.Closed, habilitation.Refused
	closed = s.changes(request.Change{Application: closed, Moves: true, At: noon})
	wantCode(t, s.applications().RecordWritten(ctx, request.Written{Application: closed, At: noon}), "request.moved")
	closed.Request.Number = 99
	wantCode(t, s.applications().RecordWritten(ctx, request.Written{Application: closed, At: noon}), "request.unknown")
}

// Whoever writes, or takes a draft over, is warned anew before it is erased.
func TestTheWarningsOfADraftBeginAnewWithWhoWrites(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	a := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
	for name, act := range map[string]func() error{
		"writes": func() error { return s.applications().RecordWritten(ctx, request.Written{Application: a, At: noon}) },
		"takes it over": func() error {
			return s.applications().RecordChange(ctx, request.Change{Application: a, Moves: true, At: noon})
		},
	} {
		s.run(`UPDATE applications SET warned_stage = 7, warned_at = $1`, noon)
		a = s.application(a.Request.Number)
		if err := act(); err != nil {
			t.Fatal(err)
		}
		if n := s.count(`SELECT count(*) FROM applications WHERE warned_stage = 0 AND warned_at IS NULL`); n != 1 {
			t.Errorf("whoever %s has been warned", name)
		}
	}
}

// Of a deposit and of what is written in another tab at the same moment, one comes first, and
// the other is told: what was typed is in the deposit, or nobody believes it kept.
func TestWhatIsWrittenDuringADepositIsNotLost(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	for i := range 20 {
		a := s.begins(s.colleague("Anne", string(rune('A'+i)), majastres), majastres)
		typed := a
		typed.Answers.Title = "Tapé dans l’autre onglet"
		got := codes(2, func(i int) error {
			if i == 0 {
				return s.applications().RecordChange(context.Background(), deposit(a, noon))
			}
			return s.applications().RecordWritten(context.Background(), request.Written{Application: typed, At: noon})
		})
		after := s.application(a.Request.Number)
		if got[""] != 1 || (after.Phase == request.Filed) != (got["request.moved"] == 1) || (after.Answers.Title == typed.Answers.Title) != (got["request.written"] == 1) {
			t.Errorf("%v, and the application is %s with %q", got, after.Phase, after.Answers.Title)
		}
	}
}
