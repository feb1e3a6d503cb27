package directory_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
)

const (
	lynx   value.Siret = "13002526500013" // an editor of three towns
	orchid value.Siret = "35600000001107" // another one, of one town
)

const clientList = `{"editeurs":[{"nom":"Lynx","siret":"13002526500013"},{"nom":"Orchidée","siret":"35600000001107"}],"collectivites":[
	{"name":"Majastres","siret":"21040107100019","code_cog":"04107","code_postal":"04270","editeur":"13002526500013"},
	{"name":"Saint-Prest","siret":"21280363900013","code_cog":"28358","code_postal":"28300","formulaire":"bientot","editeur":"13002526500013"},
	{"name":"Ancienne commune","siret":"35600000012341","code_cog":"04107","formulaire":"ferme","editeur":"13002526500013"},
	{"name":"Paris","siret":"21750001600019","code_cog":"75056","code_postal":"75004","editeur":"35600000001107"},
	{"name":"Majastres-sans-logiciel","siret":"35600000038983","code_cog":"04107"}]}`

func newClients(t *testing.T) *directory.Clients {
	t.Helper()
	store := postgres.Collectivities{DB: pgtest.Open(t)}
	service := &directory.Service{Store: store, Now: func() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }}
	report, err := service.Import(context.Background(), strings.NewReader(clientList))
	if err != nil || len(report.Faults) != 0 {
		t.Fatalf("Import = %v, %v", report.Faults, err)
	}
	return &directory.Clients{Store: store}
}

// « follow hundreds of client towns » (PRODUCT.md §1): its own, whatever their state, and
// nobody else’s whatever is typed.
func TestAnEditorFindsItsOwnCollectivities(t *testing.T) {
	clients := newClients(t)
	for _, test := range []struct {
		editor value.Siret
		typed  string
		form   directory.FormState
		want   []string
	}{
		{lynx, "", "", []string{"Ancienne commune", "Majastres", "Saint-Prest"}},
		{orchid, "", "", []string{"Paris"}},
		{"21750001600019", "", "", nil}, // no editor
		{"", "", "", nil},
		{lynx, "majastres", "", []string{"Majastres"}},
		{lynx, "Majastres (04)", "", []string{"Majastres"}},
		{lynx, "283", "", []string{"Saint-Prest"}},
		{lynx, "212 803 639 00013", "", []string{"Saint-Prest"}},
		{lynx, "21750001600019", "", nil}, // the SIRET of another editor’s town
		{lynx, "paris", "", nil},
		{lynx, "%", "", nil}, // in no name
		{lynx, "' OR 1=1 --", "", nil},
		{lynx, "", directory.FormOpen, []string{"Majastres"}},
		{lynx, "", directory.FormSoon, []string{"Saint-Prest"}},
		{lynx, "", directory.FormClosed, []string{"Ancienne commune"}},
		{lynx, "majastres", directory.FormClosed, nil},
		{lynx, "", "perdu", []string{"Ancienne commune", "Majastres", "Saint-Prest"}}, // « A state that does not exist is any. »
	} {
		found, total, err := clients.List(t.Context(), test.editor, directory.ClientSearch{Text: test.typed, Form: test.form, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, names(found)); diff != "" || total != len(test.want) {
			t.Errorf("%s, %q, %q: %d in all\n%s", test.editor, test.typed, test.form, total, diff)
		}
	}
}

func TestTheCollectivitiesOfAnEditorComeInPages(t *testing.T) {
	clients := newClients(t)
	for offset, want := range map[int][]string{-1: {"Ancienne commune"}, 0: {"Ancienne commune"}, 2: {"Saint-Prest"}} {
		found, total, err := clients.List(t.Context(), lynx, directory.ClientSearch{Offset: offset, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, names(found)); diff != "" || total != 3 {
			t.Errorf("from number %d: %d in all\n%s", offset, total, diff)
		}
	}
	if found, total, err := clients.List(t.Context(), lynx, directory.ClientSearch{Offset: 3, Limit: 1}); err != nil || found != nil || total != 0 {
		t.Errorf("beyond the last: %v, %d, %v", found, total, err)
	}
}

func TestFormsAreCountedByState(t *testing.T) {
	clients := newClients(t)
	for editor, want := range map[value.Siret]directory.FormCounts{
		lynx: {Open: 1, Soon: 1, Closed: 1}, orchid: {Open: 1}, "21750001600019": {}, "": {},
	} {
		if got, err := clients.Counts(t.Context(), editor); err != nil || got != want {
			t.Errorf("of %q: %+v, %v", editor, got, err)
		}
	}
	if got, err := clients.All(t.Context()); err != nil || got != (directory.FormCounts{Open: 3, Soon: 1, Closed: 1}) || got.Total() != 5 {
		t.Errorf("of all: %+v, %v", got, err)
	}
}
