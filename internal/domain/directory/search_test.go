package directory_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// « search by name, postcode or SIRET » (PRODUCT.md 3.6)
func TestWhatAPersonTypesIsUnderstood(t *testing.T) {
	words := func(list ...string) directory.Query {
		return directory.Query{Words: list, Folded: strings.Join(list, " ")}
	}
	tests := []struct {
		typed string
		want  directory.Query
	}{
		{"", directory.Query{}},
		{"   ", directory.Query{}},
		{"21040107100019", directory.Query{Siret: "21040107100019"}},
		{" 210 401 071 00019 ", directory.Query{Siret: "21040107100019"}},
		{"21040107100018", words("21040107100018")}, // a wrong check digit: no SIRET, found nowhere
		{"04270", directory.Query{Postcode: "04270"}},
		{"04", directory.Query{Postcode: "04"}},
		{"04 270", directory.Query{Postcode: "04270"}},
		{"4", words("4")},
		{"042701", words("042701")},
		{"Majastres", words("majastres")},
		{"L’Haÿ-les-Roses", words("l", "hay", "les", "roses")},
		{"l'hay les roses", words("l", "hay", "les", "roses")},
		{"  ÉTÉ   noël ", words("ete", "noel")},
		{"'", directory.Query{}},
	}
	for _, test := range tests {
		got := directory.ParseQuery(test.typed)
		if len(got.Words) == 0 {
			got.Words = nil
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("ParseQuery(%q): %s", test.typed, diff)
		}
		if got.IsEmpty() != cmp.Equal(test.want, directory.Query{}) {
			t.Errorf("ParseQuery(%q).IsEmpty() = %v", test.typed, got.IsEmpty())
		}
	}
	if (directory.Query{Departement: "04"}).IsEmpty() {
		t.Error("a département is a question")
	}
}

func TestAnyTextIsAQuery(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typed := string(rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "typed"))
		query := directory.ParseQuery(typed)
		if utf8.ValidString(typed) && !utf8.ValidString(query.Folded) {
			t.Fatalf("ParseQuery(%q) is not UTF-8", typed)
		}
		if len(query.Folded) > 800 {
			t.Fatalf("ParseQuery of %d octets gives %d", len(typed), len(query.Folded))
		}
	})
}

const list = `[
	{"name":"Majastres","siret":"21040107100019","code_cog":"04107","code_postal":"04270"},
	{"name":"Saint-Prest","siret":"21280363900013","code_cog":"28358","code_postal":"28300","formulaire":"bientot"},
	{"name":"Paris","siret":"21750001600019","code_cog":"75056","code_postal":"75004"},
	{"name":"100 % essai_","siret":"35600000000048","code_cog":"75056","code_postal":"75115"},
	{"name":"Caisse de Paris","siret":"35600000038983","code_cog":"75056"},
	{"name":"Ancienne commune","siret":"35600000012341","code_cog":"04107","formulaire":"ferme"}]`

func newService(t *testing.T) *directory.Service {
	t.Helper()
	service := &directory.Service{
		Store: postgres.Collectivities{DB: pgtest.Open(t)},
		Now:   func() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) },
	}
	report, err := service.Import(context.Background(), strings.NewReader(list))
	if err != nil || len(report.Faults) != 0 {
		t.Fatalf("Import = %v, %v", report.Faults, err)
	}
	return service
}

// « search by name, postcode or SIRET and browse by département, nothing preselected »;
// names that start with what was typed come first, and a closed form is not listed.
func TestACollectivityIsFoundByWhatPeopleKnowOfIt(t *testing.T) {
	service, ctx := newService(t), context.Background()
	tests := []struct {
		typed, departement string
		want               []string
	}{
		{"", "", []string{"100 % essai_", "Caisse de Paris", "Majastres", "Paris", "Saint-Prest"}},
		{"majas", "", []string{"Majastres"}},
		{"PARIS", "", []string{"Paris", "Caisse de Paris"}},
		{"paris caisse", "", []string{"Caisse de Paris"}},
		{"saint prest", "", []string{"Saint-Prest"}},
		{"75", "", []string{"100 % essai_", "Paris"}},
		{"7511", "", []string{"100 % essai_"}},
		{"210 401 071 00019", "", []string{"Majastres"}},
		{"", "75", []string{"100 % essai_", "Caisse de Paris", "Paris"}},
		{"paris", "04", nil},
		{"ancienne", "", nil},
		{"35600000012341", "", nil},
		// As we print it, and with its département.
		{"Majastres (04)", "", []string{"Majastres"}},
		{"majastres 75", "", nil},
		// Signs are no part of a name.
		{"100 %_essai", "", []string{"100 % essai_"}},
		{"m%stres", "", []string{"Majastres"}},
		{"m_jastres", "", []string{"Majastres"}},
		{"' OR 1=1 --", "", nil},
	}
	for _, test := range tests {
		query := directory.ParseQuery(test.typed)
		if test.departement != "" {
			query.Departement = test.departement
		}
		found, total, err := service.Search(ctx, query, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, names(found)); diff != "" || total != len(test.want) {
			t.Errorf("search of %q in %q: %d in all\n%s", test.typed, test.departement, total, diff)
		}
	}
}

func names(found []directory.Collectivity) (list []string) {
	for _, c := range found {
		list = append(list, c.Name)
	}
	return list
}

// Search « tells how many there are in all » whatever part of them is shown.
func TestALongListComesInPages(t *testing.T) {
	service := newService(t)
	for offset, want := range map[int][]string{0: {"100 % essai_", "Caisse de Paris"}, 2: {"Majastres", "Paris"}, 4: {"Saint-Prest"}} {
		found, total, err := service.Search(context.Background(), directory.Query{}, offset, 2)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, names(found)); diff != "" || total != 5 {
			t.Errorf("from number %d: %d in all\n%s", offset, total, diff)
		}
	}
}

func TestDepartementsCountWhatIsListed(t *testing.T) {
	got, err := newService(t).Departements(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []directory.DepartementCount{
		{Code: "04", Name: "Alpes-de-Haute-Provence", Open: 1}, {Code: "28", Name: "Eure-et-Loir", Open: 1}, {Code: "75", Name: "Paris", Open: 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAClosedFormIsFoundByItsAddress(t *testing.T) {
	service, ctx := newService(t), context.Background()
	c, err := service.Find(ctx, "35600000012341")
	if err != nil || c.Form != directory.FormClosed || c.DisplayName() != "Ancienne commune (04)" {
		t.Errorf("Find = %+v, %v", c, err)
	}
	_, err = service.Find(ctx, value.Siret("13002526500013"))
	if !fault.Is(err, "collectivity.unknown") || fault.KindOf(err) != fault.NotFound {
		t.Errorf("Find of an unknown SIRET: %v", err)
	}
}

// « redirect_uri: https, declared per editor or per town »: what is no longer declared is no
// way out any more; a list that says nothing of it changes nothing.
func TestAListWithdrawsReturnAddresses(t *testing.T) {
	service, ctx := newService(t), context.Background()
	for _, step := range []struct {
		member string
		want   int
	}{
		{`,"adresses_de_retour":["https://a.example.fr","https://b.example.fr/retour"]`, 2},
		{``, 2},
		{`,"adresses_de_retour":["https://b.example.fr/retour"]`, 1},
		{`,"adresses_de_retour":[]`, 0},
	} {
		list := `[{"name":"Majastres","siret":"21040107100019","code_cog":"04107"` + step.member + `}]`
		if _, err := service.Import(ctx, strings.NewReader(list)); err != nil {
			t.Fatal(err)
		}
		found, err := service.Find(ctx, "21040107100019")
		if err != nil || len(found.Returns) != step.want {
			t.Errorf("after %s: %d addresses, %v; want %d", step.member, len(found.Returns), err, step.want)
		}
	}
}
