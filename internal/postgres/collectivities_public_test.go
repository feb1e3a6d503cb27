package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
)

// edition checks that the list and the question agree on the name of what is published.
func (s *scene) edition() directory.Edition {
	s.t.Helper()
	store, ctx := postgres.Collectivities{DB: s.db}, s.t.Context()
	asked, err := store.CurrentEdition(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	_, listed, err := store.ListPublished(ctx)
	if err != nil || listed != asked {
		s.t.Fatalf("the list is of edition %q (%v), the current one %q", listed, err, asked)
	}
	return asked
}

// Whatever the public list says, its edition changes with it and with nothing else.
func TestAnEditionNamesWhatThePublicListSays(t *testing.T) {
	s := setScene(t)
	before := s.edition()
	for _, change := range []struct {
		set, unset string
		published  bool
	}{
		{`form = 'ferme'`, `form = 'ouvert'`, true},
		{`form = 'bientot'`, `form = 'ouvert'`, true},
		{`name = 'Majastres-le-Haut'`, `name = 'Majastres'`, true},
		{`folded_name = 'zz'`, `folded_name = 'Majastres'`, true}, // it moves
		{`code_cog = '04108'`, `code_cog = '04107'`, true},
		{`departement = '05'`, `departement = '04'`, true},
		{`contact_phone = '04 00 00 00 00'`, `contact_phone = ''`, false},
		{`updated_at = updated_at + interval '1 day'`, `updated_at = now()`, false},
	} {
		s.run(`UPDATE collectivities SET `+change.set+` WHERE siret = $1`, majastres)
		if after := s.edition(); (after != before) != change.published {
			t.Errorf("%s: from edition %q to %q", change.set, before, after)
		}
		s.run(`UPDATE collectivities SET `+change.unset+` WHERE siret = $1`, majastres)
		if after := s.edition(); after != before {
			t.Errorf("%s: edition %q, want that of before, %q", change.unset, after, before)
		}
	}
	s.run(`UPDATE collectivities SET name = CASE siret WHEN $1 THEN 'Paris' ELSE 'Majastres' END`, majastres)
	if s.edition() == before {
		t.Error("two towns that exchange their names leave the edition as it was")
	}
}

func TestThePublicListHasWhatIsOpenInTheOrderOfNames(t *testing.T) {
	s := setScene(t)
	s.run(`DELETE FROM collectivities`)
	store := postgres.Collectivities{DB: s.db}
	if listed, edition, err := store.ListPublished(t.Context()); err != nil || len(listed) != 0 || edition == "" {
		t.Errorf("the empty list = %v, edition %q, %v", listed, edition, err)
	}
	s.enter("21590001600011", "zuydcoote", "Zuydcoote", "59668", directory.FormOpen)
	s.enter("21010001300012", "evian", "Évian", "01001", directory.FormOpen)
	s.enter("21730132400018", "fermee", "Fermée", "73132", directory.FormClosed)
	s.enter("21040107100019", "bientot", "Bientôt", "04107", directory.FormSoon)
	listed, _, err := store.ListPublished(t.Context())
	want := []directory.Published{
		{Name: "Évian", Siret: "21010001300012", COG: "01001", Departement: "01"},
		{Name: "Zuydcoote", Siret: "21590001600011", COG: "59668", Departement: "59"},
	}
	if diff := cmp.Diff(want, listed); diff != "" || err != nil {
		t.Errorf("the list: %v %s", err, diff)
	}
}

func (s *scene) enter(siret value.Siret, folded, name, cog string, form directory.FormState) {
	s.t.Helper()
	_, err := postgres.Collectivities{DB: s.db}.RecordRegistration(s.t.Context(), directory.Entry{FoldedName: folded, Collectivity: directory.Collectivity{
		Siret: siret, Name: name, COG: cog, Departement: cog[:2], Form: form,
	}}, audit.Event{At: noon})
	if err != nil {
		s.t.Fatal(err)
	}
}

// « COG lookup endpoint returns an arbitrary row when commune, CCAS and caisse des écoles
// share a COG » (formulaire-qf.md §7, W9)
func TestACOGCodeGivesTheCommuneItself(t *testing.T) {
	s := setScene(t)
	store := postgres.Collectivities{DB: s.db}
	s.run(`DELETE FROM collectivities`)
	find := func(want value.Siret) {
		t.Helper()
		found, err := store.FindPublishedByCOG(t.Context(), "04107")
		if want == "" {
			wantCode(t, err, "collectivity.unknown")
		} else if found.Siret != want || err != nil {
			t.Errorf("found %+v, %v, want %s", found, err, want)
		}
	}
	find("")
	s.enter("26040107000018", "ccas", "CCAS de Majastres", "04107", directory.FormOpen)
	find("26040107000018")
	s.enter("20004010700017", "communaute", "Communauté de Majastres", "04107", directory.FormOpen)
	find("20004010700017")
	s.enter(majastres, "majastres", "Majastres", "04107", directory.FormClosed)
	find("20004010700017")
	s.run(`UPDATE collectivities SET form = 'ouvert'`)
	find(majastres)
}

// "Two POSTs of one SIRET at once": one is kept, the others are told.
func TestASiretIsRegisteredOnce(t *testing.T) {
	s := setScene(t)
	s.run(`INSERT INTO editors (siret, name, created_at, updated_at) VALUES ($1, 'Éditeur', $2, $2)`, editorSiret, noon)
	entry := func(name string, editor value.Siret) directory.Entry {
		return directory.Entry{FoldedName: name, Collectivity: directory.Collectivity{
			Siret: "21280363900013", Name: name, COG: "28363", Departement: "28", Form: directory.FormOpen, EditorSiret: editor,
		}}
	}
	const several = 8
	store := postgres.Collectivities{DB: s.db}
	kept, errs := make([]directory.Collectivity, several), make([]error, several)
	atOnce(several, func(i int) {
		kept[i], errs[i] = store.RecordRegistration(t.Context(), entry(fmt.Sprintf("Sainville %d", i), editorSiret), audit.Event{At: noon})
	})
	won := 0
	for i, err := range errs {
		if err != nil {
			wantCode(t, err, "collectivity.taken")
			continue
		}
		won++
		want := entry(fmt.Sprintf("Sainville %d", i), editorSiret).Collectivity
		stored, err := store.FindCollectivity(t.Context(), want.Siret)
		if diff := cmp.Diff([]directory.Collectivity{want, want}, []directory.Collectivity{kept[i], stored}); diff != "" || err != nil {
			t.Errorf("kept: %v %s", err, diff)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d were kept", won, several)
	}
	stranger := entry("Sainville-bis", "90511200900014")
	stranger.Siret = "26280363900015"
	if got, err := store.RecordRegistration(t.Context(), stranger, audit.Event{At: noon}); err != nil || got.EditorSiret != "" {
		t.Errorf("with an editor that nobody declared: %+v, %v", got, err)
	}
}

// The edition is asked for at each request: it must cost little on a full table
// (PRODUCT.md §7).
func BenchmarkCurrentEdition(b *testing.B) {
	db := pgtest.Open(b)
	if err := postgres.Fill(b.Context(), db, 35_000, 0, time.Now()); err != nil {
		b.Fatal(err)
	}
	store := postgres.Collectivities{DB: db}
	for b.Loop() {
		if _, err := store.CurrentEdition(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
