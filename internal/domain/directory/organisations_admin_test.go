package directory_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/sim/control"
	sim "portail-qf/internal/sim/sirene"
)

func TestAnAdministratorAddsAnOrganisation(t *testing.T) {
	s := setScene(t)
	s.register.Put(
		sim.Organization{Siret: "35600000000048", Name: "LA POSTE", LegalCategory: "5510"},
		sim.Organization{Siret: "35600000038983", Name: "LA POSTE", LegalCategory: "5510"},
	)
	for typed, siret := range map[string]value.Siret{
		"21040107100019": majastres, " 210 401 071 00019 ": majastres, "210\u00a0401\u00a0071\u202f00019\n": majastres, "210.401.071.00019": majastres,
		"356 000 000 00048": "35600000000048", "356 000 000 38983": "35600000038983", // « La Poste's exception »
	} {
		added, err := s.organisations.Add(t.Context(), admin, typed)
		if err != nil || added.Siret != siret {
			t.Fatalf("%q: %+v, %v", typed, added, err)
		}
		if diff := cmp.Diff(added, s.kept(siret), cmp.Comparer(time.Time.Equal)); diff != "" {
			t.Error(diff)
		}
	}
}

// « Find with facts: legal category, commune, postcode, closed and since when, told_at »
func TestWhatIsKeptOfAnOrganisation(t *testing.T) {
	s := setScene(t)
	day := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	s.register.Put(sim.Organization{
		Siret: welfare.String(), Name: "CCAS DE VALOMBRE", CommuneCog: "91998", PostalCode: "91980", LegalCategory: "7361", Closed: true, ClosedOn: day,
	})
	s.knows(welfare)
	want := directory.Organisation{
		Siret: welfare,
		Establishment: directory.Establishment{
			Name: "CCAS DE VALOMBRE", LegalCategory: "7361", COG: "91998", Postcode: "91980", Closed: true, ClosedOn: day,
		},
		ToldAt: noon, AskedAt: noon, Answer: directory.AnswerTold,
	}
	if diff := cmp.Diff(want, s.kept(welfare), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Error(diff)
	}
}

// « refuses with codes siret.required, siret.invalid, organisation.unknown,
// organisation.closed, registry.unavailable »
func TestWhatCannotBeAddedIsRefusedWithAReason(t *testing.T) {
	s := setScene(t)
	day := time.Date(2025, 6, 30, 0, 0, 0, 0, time.UTC)
	s.register.Put(sim.Organization{Siret: welfare.String(), Name: "CCAS DE VALOMBRE", Closed: true, ClosedOn: day})
	for _, test := range []struct{ typed, code string }{
		{"", "siret.required"}, {" \u00a0\t", "siret.required"},
		{"2104010710001", "siret.invalid"}, {"21040107100018", "siret.invalid"}, {"210401071000190", "siret.invalid"}, {"210401071", "siret.invalid"},
		{"Majastres", "siret.invalid"}, {"2104010710001\x00", "siret.invalid"}, {"２１０４０１０７１０００１９", "siret.invalid"},
		{"21040107100019/../1", "siret.invalid"}, {strings.Repeat("2", 1<<20), "siret.invalid"},
		{nowhere.String(), "organisation.unknown"},
		{welfare.String(), "organisation.closed"},
	} {
		got, err := s.organisations.Add(t.Context(), admin, test.typed)
		wantFault(t, err, fault.Invalid, test.code)
		if since := got.ClosedOn; test.code == "organisation.closed" && (!since.Equal(day) || got.Name != "CCAS DE VALOMBRE") {
			t.Errorf("closed since %s: %+v", since, got)
		}
	}
	s.trouble(control.Fault{Mode: control.ModeDown})
	_, err := s.organisations.Add(t.Context(), admin, majastres.String())
	wantFault(t, err, fault.Unavailable, "registry.unavailable")
	for _, siret := range []value.Siret{nowhere, welfare, majastres} {
		s.wantNothingKept(siret)
	}
	s.wantJournal()
}

func TestAddingWhatIsKeptAsksAnew(t *testing.T) {
	s := setScene(t)
	s.knows(majastres)
	s.register.Put(sim.Organization{Siret: majastres.String(), Name: "COMMUNE NOUVELLE"})
	if kept, err := s.organisations.Add(t.Context(), admin, majastres.String()); err != nil || kept.Name != "COMMUNE NOUVELLE" {
		t.Errorf("%+v, %v", kept, err)
	}
	s.register.Put(sim.Organization{Siret: majastres.String(), Name: "COMMUNE NOUVELLE", Closed: true})
	kept, err := s.organisations.Add(t.Context(), admin, majastres.String())
	wantFault(t, err, fault.Invalid, "organisation.closed")
	if kept.ClosedOn.IsZero() || !s.kept(majastres).Closed {
		t.Errorf("the closing is not kept: %+v", kept)
	}
	s.wantJournal(
		line{admin.ID, "organisation.refreshed", majastres.String(), "COMMUNE NOUVELLE", ""},
		line{admin.ID, "organisation.refreshed", majastres.String(), "COMMUNE NOUVELLE", "closed"},
	)
}

// A double click adds once.
func TestTwoAdditionsAtOnceAreOne(t *testing.T) {
	s := setScene(t)
	var clicks sync.WaitGroup
	for range 2 {
		clicks.Go(func() {
			if _, err := s.organisations.Add(t.Context(), admin, majastres.String()); err != nil {
				t.Error(err)
			}
		})
	}
	clicks.Wait()
	s.wantJournal(
		line{admin.ID, "organisation.added", majastres.String(), "COMMUNE DE MAJASTRES", ""},
		line{admin.ID, "organisation.refreshed", majastres.String(), "COMMUNE DE MAJASTRES", ""},
	)
}

// « Refresh asks now and audits »
func TestAnAdministratorAsksTheRegisterNow(t *testing.T) {
	s := setScene(t)
	_, err := s.organisations.Refresh(t.Context(), admin, majastres)
	wantFault(t, err, fault.NotFound, "organisation.unknown")
	if asked := s.asked(); asked != nil {
		t.Errorf("asked about what is not kept: %v", asked)
	}

	s.knows(majastres)
	s.advance(time.Minute)
	for _, closed := range []bool{false, true, false} {
		s.register.Put(sim.Organization{Siret: majastres.String(), Name: "MAJASTRES", Closed: closed})
		kept, err := s.organisations.Refresh(t.Context(), admin, majastres)
		if err != nil || kept.Name != "MAJASTRES" || kept.Closed != closed || kept.ClosedOn.IsZero() == closed || !kept.ToldAt.Equal(s.now()) {
			t.Errorf("%+v, %v", kept, err)
		}
	}

	s.trouble(control.Fault{Mode: control.ModeGarbage})
	kept, err := s.organisations.Refresh(t.Context(), admin, majastres)
	wantFault(t, err, fault.Unavailable, "registry.unavailable")
	if kept.Name != "MAJASTRES" || kept.Answer != directory.AnswerNone {
		t.Errorf("kept when the register fails: %+v", kept)
	}

	s.openRegister()
	if kept, err = s.organisations.Refresh(t.Context(), admin, majastres); err != nil || kept.Answer != directory.AnswerUnknown || kept.Name != "MAJASTRES" {
		t.Errorf("kept when the register does not know it any more: %+v, %v", kept, err)
	}
	asked := func(detail string) line {
		return line{admin.ID, "organisation.refreshed", majastres.String(), "MAJASTRES", detail}
	}
	s.wantJournal(asked(""), asked("closed"), asked("reopened"), asked("registry.unavailable"), asked("organisation.unknown"))
}

// « lists with search, filters, sort and pages »
func TestOrganisationsAreFoundByNameOrSiret(t *testing.T) {
	s := setScene(t)
	s.register.Put(sim.Organization{Siret: nowhere.String(), Name: "CCAS DE L'HAŸ-LES-ROSES 2000", Closed: true})
	s.knows(welfare)
	s.advance(time.Minute)
	s.knows(nowhere, company)
	s.advance(-2 * time.Minute)
	s.knows(majastres)
	hay, valombre, commune, tilleul := "CCAS DE L'HAŸ-LES-ROSES 2000", "CCAS DE VALOMBRE", "COMMUNE DE MAJASTRES", "LOGICIELS TILLEUL"
	for _, test := range []struct {
		search directory.OrganisationSearch
		want   []string
	}{
		{directory.OrganisationSearch{}, []string{hay, valombre, commune, tilleul}},
		{directory.OrganisationSearch{Descending: true}, []string{tilleul, commune, valombre, hay}},
		{directory.OrganisationSearch{Order: directory.OrganisationsByAge}, []string{commune, valombre, hay, tilleul}},
		{directory.OrganisationSearch{Order: directory.OrganisationsByAge, Descending: true}, []string{hay, tilleul, valombre, commune}},
		{directory.OrganisationSearch{Order: "siret; DROP TABLE"}, []string{hay, valombre, commune, tilleul}},
		{directory.OrganisationSearch{State: directory.OrganisationsClosed}, []string{hay}},
		{directory.OrganisationSearch{State: directory.OrganisationsOpen}, []string{valombre, commune, tilleul}},
		{directory.OrganisationSearch{State: "ferme"}, []string{hay, valombre, commune, tilleul}},
		{directory.OrganisationSearch{Text: "ccas"}, []string{hay, valombre}},
		{directory.OrganisationSearch{Text: "l’hay ccas"}, []string{hay}},
		{directory.OrganisationSearch{Text: "ccas", State: directory.OrganisationsOpen}, []string{valombre}},
		{directory.OrganisationSearch{Text: "2000"}, []string{hay}},
		{directory.OrganisationSearch{Text: "210 401 071 00019"}, []string{commune}},
		{directory.OrganisationSearch{Text: "210\u00a0401\u00a0071"}, []string{commune}},
		{directory.OrganisationSearch{Text: "21"}, []string{hay, valombre, commune}},
		{directory.OrganisationSearch{Text: "0401"}, nil}, // in the middle of one
		{directory.OrganisationSearch{Text: "210401071000190"}, nil},
		{directory.OrganisationSearch{Text: "%"}, nil},
		{directory.OrganisationSearch{Text: "_"}, nil},
		{directory.OrganisationSearch{Text: "' OR 1=1 --"}, nil},
		{directory.OrganisationSearch{Text: "\x00\xff"}, nil},
		{directory.OrganisationSearch{Text: "tilleul\x00"}, []string{tilleul}},
	} {
		test.search.Limit = 10
		found, total, err := s.organisations.List(t.Context(), test.search)
		if err != nil {
			t.Fatalf("%+v: %v", test.search, err)
		}
		if diff := cmp.Diff(test.want, called(found)); diff != "" || total != len(test.want) {
			t.Errorf("%+v: %d in all\n%s", test.search, total, diff)
		}
	}
}

func TestOrganisationsComeInPages(t *testing.T) {
	s := setScene(t)
	s.knows(welfare, company, majastres)
	for _, test := range []struct {
		offset, limit int
		want          []string
		total         int
	}{
		{0, 2, []string{"CCAS DE VALOMBRE", "COMMUNE DE MAJASTRES"}, 3},
		{2, 2, []string{"LOGICIELS TILLEUL"}, 3},
		{4, 2, nil, 0},
		{-1, 1, []string{"CCAS DE VALOMBRE"}, 3},
		{0, 0, []string{"CCAS DE VALOMBRE"}, 3},
		{0, 1 << 40, []string{"CCAS DE VALOMBRE", "COMMUNE DE MAJASTRES", "LOGICIELS TILLEUL"}, 3},
	} {
		found, total, err := s.organisations.List(t.Context(), directory.OrganisationSearch{Offset: test.offset, Limit: test.limit})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, called(found)); diff != "" || total != test.total {
			t.Errorf("%d after %d: %d in all\n%s", test.limit, test.offset, total, diff)
		}
	}
}

func called(found []directory.Organisation) (names []string) {
	for _, o := range found {
		names = append(names, o.Name)
	}
	return names
}
