package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

const editorSiret value.Siret = "13002526500013"

// rich is a town of which the list says everything.
func rich(t testing.TB) directory.Entry {
	t.Helper()
	return directory.Entry{FoldedName: "majastres", FormGiven: true, Collectivity: directory.Collectivity{
		Siret: majastres, Name: "Majastres", COG: "04107", Departement: "04", Postcode: "04270", Form: directory.FormSoon,
		Contact:     directory.Contact{Label: "Régie", Mail: "regie@majastres.example", Phone: "04 00 00 00 00", URL: "https://majastres.example/aide"},
		EditorSiret: editorSiret, Returns: returns(t, "https://majastres.example/retour"),
	}}
}

func returns(t testing.TB, declared ...string) (list []directory.ReturnAddress) {
	t.Helper()
	for _, text := range declared {
		address, err := directory.ParseReturnAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, address)
	}
	return list
}

func editor(t testing.TB, declared ...string) directory.Editor {
	t.Helper()
	return directory.Editor{Siret: editorSiret, Name: "Éditeur essai", Returns: returns(t, declared...)}
}

// imports records a list, and wants the town to be then as given.
func (s *scene) imports(batch directory.Import, want directory.Collectivity) {
	s.t.Helper()
	store, ctx := postgres.Collectivities{DB: s.db}, context.Background()
	if err := store.RecordImport(ctx, batch, noon.Add(time.Hour)); err != nil {
		s.t.Fatal(err)
	}
	got, err := store.FindCollectivity(ctx, want.Siret)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b directory.ReturnAddress) bool { return a.String() == b.String() })); diff != "" {
		s.t.Error(diff)
	}
}

// « declared per editor or per town » (PRODUCT.md 3.6); a list that says nothing of a
// contact, a postcode, an editor or the form leaves them as they are.
func TestAListThatSaysLessTakesNothingAway(t *testing.T) {
	s := setScene(t)
	full := rich(t)
	want := full.Collectivity
	want.Returns = returns(t, "https://editeur.example/retour", "https://majastres.example/retour") // in the order of their declaration
	first := directory.Import{
		Editors:        []directory.Editor{editor(t, "https://editeur.example/retour")},
		Collectivities: []directory.Entry{full},
	}
	s.imports(first, want)
	s.imports(first, want) // the same list again changes nothing
	if n := s.count(`SELECT count(*) FROM return_addresses`); n != 2 {
		t.Errorf("%d declared addresses, want 2", n)
	}

	poor := directory.Entry{FoldedName: "majastres sur asse", Collectivity: directory.Collectivity{
		Siret: majastres, Name: "Majastres-sur-Asse", COG: "04107", Departement: "04", Form: directory.FormOpen,
	}}
	want.Name = "Majastres-sur-Asse"
	s.imports(directory.Import{Collectivities: []directory.Entry{poor}}, want)

	// Addresses that a list gives replace those of before, of the town alone.
	moved := full
	moved.Returns = returns(t, "https://majastres.example/famille")
	want = full.Collectivity
	want.Returns = returns(t, "https://editeur.example/retour", "https://majastres.example/famille")
	s.imports(directory.Import{Collectivities: []directory.Entry{moved}}, want)

	// Another town without that editor has none of its addresses.
	s.imports(directory.Import{}, directory.Collectivity{Siret: paris, Name: "Paris", COG: "75056", Departement: "75", Form: directory.FormOpen})
}

// « all of it or nothing » (directory.Store)
func TestAnImportThatBreaksRecordsNothing(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	broken := rich(t)
	broken.Siret, broken.COG = "21280363900013", "no code"
	sound := rich(t)
	sound.Name = "Renommée"
	store := postgres.Collectivities{DB: s.db}
	err := store.RecordImport(ctx, directory.Import{
		Editors: []directory.Editor{editor(t)}, Collectivities: []directory.Entry{sound, broken},
	}, noon)
	if err == nil {
		t.Fatal("recorded")
	}
	if got, err := store.FindCollectivity(ctx, majastres); err != nil || got.Name != "Majastres" {
		t.Errorf("the town before the broken one = %+v, %v", got, err)
	}
	if n := s.count(`SELECT count(*) FROM editors`); n != 0 {
		t.Error("the editor was recorded")
	}
}
