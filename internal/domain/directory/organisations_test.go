package directory_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/sim/control"
	sim "portail-qf/internal/sim/sirene"
)

// « LocalAuthority from the legal category: 72xx, and 73xx except 7381–7389 », or one of
// our collectivities.
func TestALocalAuthorityByItsLegalCategory(t *testing.T) {
	for _, test := range []struct {
		category, what string
		want           bool
	}{
		{"7210", "commune", true}, {"7220", "département", true}, {"7225", "collectivité d'outre-mer", true}, {"7230", "région", true},
		{"7343", "communauté urbaine", true}, {"7344", "métropole", true}, {"7346", "communauté de communes", true}, {"7348", "communauté d'agglomération", true},
		{"7353", "syndicat à vocation unique", true}, {"7354", "syndicat mixte fermé", true}, {"7361", "CCAS", true}, {"7362", "caisse des écoles", true},
		{"7367", "CIAS", true}, {"7378", "régie à caractère administratif", true}, {"7379", "autre établissement public local", true},
		{"7381", "chambre consulaire", false}, {"7382", "établissement public national d'administration centrale", false},
		{"7385", "établissement public national", false}, {"7389", "établissement public national", false},
		{"7113", "ministère", false}, {"7120", "service central d'un ministère", false}, {"7410", "groupement d'intérêt public", false},
		{"9220", "association", false}, {"5710", "SAS", false}, {"1000", "entrepreneur individuel", false}, {"", "non dite", false},
	} {
		o := directory.Organisation{Establishment: directory.Establishment{LegalCategory: test.category}}
		if got := o.LocalAuthority(); got != test.want {
			t.Errorf("%s, %s: %t", test.category, test.what, got)
		}
		o.Enrolled = true
		if !o.LocalAuthority() {
			t.Errorf("%s, %s: one of our collectivities is none", test.category, test.what)
		}
	}
}

func TestAnOrganisationIsKnownAsTheRegisterTellsIt(t *testing.T) {
	s := setScene(t)
	const postal value.Siret = "35600000038983" // « La Poste's exception »: without Luhn's formula
	s.register.Put(
		sim.Organization{Siret: postal.String(), Name: "LA POSTE", LegalCategory: "5510"},
		sim.Organization{Siret: nowhere.String(), Person: sim.Person{UsualName: "MARIE", Surname: "DURAND"}, LegalCategory: "1000", Closed: true},
	)
	for _, want := range []account.Organisation{
		{Siret: majastres, Name: "COMMUNE DE MAJASTRES", LocalAuthority: true},
		{Siret: welfare, Name: "CCAS DE VALOMBRE", LocalAuthority: true},
		{Siret: company, Name: "LOGICIELS TILLEUL"},
		{Siret: postal, Name: "LA POSTE"},
		{Siret: nowhere, Name: "MARIE DURAND", Closed: true},
	} {
		for _, which := range []string{"asked", "kept"} {
			got, err := s.organisations.Know(t.Context(), want.Siret)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", which, diff)
			}
		}
	}
	if asked := len(s.asked()); asked != 5 {
		t.Errorf("asked %d times about 5 organisations", asked)
	}
	s.wantJournal() // nobody decided anything
}

// « or because the SIRET is one of our collectivities »
func TestACollectivityOfOursIsALocalAuthorityWhateverItsCategory(t *testing.T) {
	s := setScene(t)
	towns := &directory.Service{Store: postgres.Collectivities{DB: s.db}, Now: s.now}
	s.knows(company)
	list := `[{"name":"Association Tilleul","siret":"` + company.String() + `","code_cog":"69123","code_postal":"69001","formulaire":"ferme"}]`
	if report, err := towns.Import(t.Context(), strings.NewReader(list)); err != nil || report.Faults != nil {
		t.Fatal(report.Faults, err)
	}
	for _, which := range []string{"kept", "asked"} {
		got, err := s.organisations.Know(t.Context(), company)
		if err != nil || !got.LocalAuthority {
			t.Errorf("%s: %+v, %v", which, got, err)
		}
		s.advance(25 * time.Hour)
	}
}

// « asked at the register when never asked or not asked since 24 h »
func TestTheRegisterIsAskedOnceADay(t *testing.T) {
	s := setScene(t)
	for _, step := range []struct {
		after time.Duration
		asked int
	}{{0, 1}, {time.Minute, 1}, {24*time.Hour - 2*time.Minute, 1}, {time.Minute, 2}, {23 * time.Hour, 2}, {time.Hour, 3}, {-48 * time.Hour, 4}} {
		s.advance(step.after)
		if _, err := s.organisations.Know(t.Context(), majastres); err != nil {
			t.Fatal(err)
		}
		if asked := len(s.asked()); asked != step.asked {
			t.Errorf("%s later: asked %d times, want %d", step.after, asked, step.asked)
		}
	}
}

// « a register that is down or slow → what is kept, whatever its age; nothing kept →
// registry.unavailable »
func TestWhatIsKeptServesWhenTheRegisterFails(t *testing.T) {
	s := setScene(t)
	s.knows(majastres)
	for name, trouble := range map[string]control.Fault{
		"down":               {Mode: control.ModeDown},
		"lost":               {Mode: control.ModeLost},
		"garbage":            {Mode: control.ModeGarbage},
		"slow":               {Mode: control.ModeSlow, DelayMS: 60_000},
		"key refused":        {Mode: control.ModeStatus, Status: 401},
		"404 of a proxy":     {Mode: control.ModeStatus, Status: 404},
		"too many questions": {Mode: control.ModeStatus, Status: 429},
		"failing":            {Mode: control.ModeStatus, Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			s.register.Reset()
			s.advance(400 * 24 * time.Hour)
			s.trouble(trouble)
			began := time.Now()
			got, err := s.organisations.Know(t.Context(), majastres)
			if err != nil || got.Name != "COMMUNE DE MAJASTRES" || !got.LocalAuthority {
				t.Errorf("kept: %+v, %v", got, err)
			}
			if waited := time.Since(began); waited > 4*time.Second {
				t.Errorf("a person waited %s", waited)
			}
			if name == "slow" {
				return // its other questions would only be as slow
			}
			_, err = s.organisations.Know(t.Context(), welfare)
			wantFault(t, err, fault.Unavailable, "registry.unavailable")
			s.wantNothingKept(welfare)
		})
	}
}

func TestARefusedKeyOfOursIsNoAnswer(t *testing.T) {
	s := setScene(t)
	s.knows(majastres)
	s.organisations.Registry = s.client("une-autre-cle", 0)
	s.advance(25 * time.Hour)
	if got, err := s.organisations.Know(t.Context(), majastres); err != nil || got.Name != "COMMUNE DE MAJASTRES" {
		t.Errorf("kept: %+v, %v", got, err)
	}
	_, err := s.organisations.Know(t.Context(), nowhere)
	wantFault(t, err, fault.Unavailable, "registry.unavailable")
}

// A register that is down is not waited for at each sign-in, and an outage of a minute does
// not hide a closing for a day.
func TestASilentRegisterIsAskedAgainAnHourLater(t *testing.T) {
	s := setScene(t)
	s.knows(majastres)
	s.advance(25 * time.Hour)
	s.trouble(control.Fault{Mode: control.ModeStatus, Status: 503, Times: 1})
	for _, step := range []struct {
		after time.Duration
		asked int
	}{{0, 1}, {time.Minute, 1}, {58 * time.Minute, 1}, {time.Minute, 2}, {time.Hour, 2}} {
		s.advance(step.after)
		if _, err := s.organisations.Know(t.Context(), majastres); err != nil {
			t.Fatal(err)
		}
		if asked := len(s.asked()); asked != step.asked {
			t.Errorf("%s later: asked %d times, want %d", step.after, asked, step.asked)
		}
	}
}

// « the register says unknown → if kept: what is kept; else organisation.unknown »
func TestAnOrganisationThatTheRegisterDoesNotKnow(t *testing.T) {
	s := setScene(t)
	_, err := s.organisations.Know(t.Context(), nowhere)
	wantFault(t, err, fault.NotFound, "organisation.unknown")
	s.wantNothingKept(nowhere)

	s.knows(majastres)
	told := s.kept(majastres)
	s.advance(25 * time.Hour)
	s.openRegister() // which has lost everything
	got, err := s.organisations.Know(t.Context(), majastres)
	if err != nil || got.Name != "COMMUNE DE MAJASTRES" {
		t.Errorf("kept: %+v, %v", got, err)
	}
	told.AskedAt, told.Answer = s.now(), directory.AnswerUnknown
	if diff := cmp.Diff(told, s.kept(majastres), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Error(diff)
	}
}

// departure is a register whose answer comes as the person who waits leaves.
type departure struct {
	directory.Registry
	leave context.CancelFunc
}

func (d departure) Find(ctx context.Context, siret value.Siret) (directory.Establishment, error) {
	defer d.leave()
	return d.Registry.Find(ctx, siret)
}

// A person who turns away is no failure of the register.
func TestWhoeverLeavesRecordsNothing(t *testing.T) {
	s := setScene(t)
	s.knows(majastres)
	s.advance(25 * time.Hour)
	before := s.kept(majastres)
	leaves := func(ctx context.Context) {
		t.Helper()
		if got, err := s.organisations.Know(ctx, majastres); !errors.Is(err, context.Canceled) {
			t.Errorf("%+v, %v", got, err)
		}
		if diff := cmp.Diff(before, s.kept(majastres), cmp.Comparer(time.Time.Equal)); diff != "" {
			t.Error(diff)
		}
	}
	register := s.organisations.Registry
	onTheQuestion, leave := context.WithCancel(t.Context())
	s.organisations.Registry = interruption{register, majastres, leave}
	leaves(onTheQuestion)

	onTheAnswer, leave := context.WithCancel(t.Context())
	s.organisations.Registry = departure{register, leave}
	leaves(onTheAnswer)
}

// « a sign-in must not wait behind an import's queue »
func TestASignInDoesNotWaitBehindTheRound(t *testing.T) {
	s := setScene(t)
	queue := s.client(registerKey, time.Hour)
	if _, err := queue.Find(t.Context(), welfare); err != nil {
		t.Fatal(err)
	}
	s.organisations.Unhurried = queue // which rests for an hour now
	if _, err := s.organisations.Know(t.Context(), majastres); err != nil {
		t.Error(err)
	}
}

func TestWithoutARegisterWhatIsKeptIsKnown(t *testing.T) {
	s := setScene(t)
	s.knows(majastres)
	s.advance(25 * time.Hour)
	s.organisations.Registry, s.organisations.Unhurried = nil, nil
	if got, err := s.organisations.Know(t.Context(), majastres); err != nil || !got.LocalAuthority {
		t.Errorf("kept: %+v, %v", got, err)
	}
	_, err := s.organisations.Know(t.Context(), welfare)
	wantFault(t, err, fault.Unavailable, "registry.unavailable")
	if count, err := s.organisations.RefreshAll(t.Context()); count != 0 || err != nil {
		t.Errorf("a round without a register: %d, %v", count, err)
	}
}

// A closing that a sign-in brings to light is told once in the journal, whoever comes at
// the same time.
func TestManySignInsAtOnceKeepOneOrganisation(t *testing.T) {
	s := setScene(t)
	for _, closed := range []bool{false, true} {
		s.register.Put(sim.Organization{Siret: majastres.String(), Name: "COMMUNE DE MAJASTRES", Closed: closed})
		var people sync.WaitGroup
		for range 8 {
			people.Go(func() {
				if got, err := s.organisations.Know(t.Context(), majastres); err != nil || got.Closed != closed {
					t.Errorf("%+v, %v", got, err)
				}
			})
		}
		people.Wait()
		s.advance(25 * time.Hour)
	}
	if _, total, err := s.organisations.List(t.Context(), directory.OrganisationSearch{Limit: 10}); err != nil || total != 1 {
		t.Errorf("%d kept, %v", total, err)
	}
	s.wantJournal(line{"system", "organisation.refreshed", majastres.String(), "COMMUNE DE MAJASTRES", "closed"})
}

// « hostile names (300 characters, HTML, control characters) »: what the register says is
// kept all the same, on one line of characters that people see.
func TestAHostileNameIsKeptHarmless(t *testing.T) {
	s := setScene(t)
	long := strings.Repeat("É", 300)
	for told, want := range map[string]string{
		`<script>alert("1")</script> & fils`:       `<script>alert("1")</script> & fils`, // whoever prints it escapes it
		"COMMUNE\x00 DE\r\nX-Entete:\tVAL\x1b[31m": "COMMUNE DE X-Entete: VAL [31m",
		"COMMUNE DE \u202eLAV\u202c\u200bBOURG":    "COMMUNE DE LAVBOURG",
		"  COMMUNE   DE VALBOURG ":                 "COMMUNE DE VALBOURG",
		long:                                       long[:2*255] + "…",
		"\u0000\u200b":                             "",
	} {
		s.advance(25 * time.Hour)
		s.register.Put(sim.Organization{Siret: nowhere.String(), Name: told})
		got, err := s.organisations.Know(t.Context(), nowhere)
		if err != nil {
			t.Errorf("%q: %v", told, err)
		}
		if got.Name != want || s.kept(nowhere).Name != want {
			t.Errorf("%q is kept as %q, want %q", told, got.Name, want)
		}
	}
}
