package sirene_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/sirene"
	sim "portail-qf/internal/sim/sirene"
)

const (
	key      = value.Secret("cle-du-portail")
	valbourg = value.Siret("21310555400017")
	closed   = value.Siret("21280363900013")
	postal   = value.Siret("35600000038983") // of La Poste: without Luhn's formula
	unlisted = value.Siret("21040107100019")
)

// simulate puts the adapter in front of the project's simulator, which was written from the
// same contract by other hands.
func simulate(t *testing.T, key value.Secret) (*sirene.Client, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(sim.New(sim.Options{Key: "cle-du-portail", Organizations: []sim.Organization{
		{Siret: valbourg.String(), Name: "COMMUNE DE VALBOURG", CommuneCog: "31555", PostalCode: "31000", Commune: "VALBOURG"},
		{Siret: closed.String(), Name: "COMMUNE DE CLAIRVAL", CommuneCog: "2A990", PostalCode: "20990", Commune: "CLAIRVAL", Closed: true},
		{Siret: postal.String(), Name: "LA POSTE", CommuneCog: "75115", PostalCode: "75015", Commune: "PARIS 15", LegalCategory: "5510"},
	}}))
	t.Cleanup(server.Close)
	return sirene.New(sirene.Config{BaseURL: server.URL, Key: key}), server
}

// « GET /api-sirene/3.11/siret/{siret}, header X-INSEE-Api-Key-Integration, closed =
// periodesEtablissement[0].etatAdministratifEtablissement F, postcode =
// codePostalEtablissement » (SETTLED.md, names).
func TestTheRegisterTellsAnEstablishment(t *testing.T) {
	client, _ := simulate(t, key)
	for siret, want := range map[value.Siret]directory.Establishment{
		valbourg: {Name: "COMMUNE DE VALBOURG", LegalCategory: "7210", COG: "31555", Postcode: "31000"},
		closed: {Name: "COMMUNE DE CLAIRVAL", LegalCategory: "7210", COG: "2A990", Postcode: "20990",
			Closed: true, ClosedOn: time.Date(2025, time.December, 31, 0, 0, 0, 0, time.UTC)},
		postal: {Name: "LA POSTE", LegalCategory: "5510", COG: "75115", Postcode: "75015"},
	} {
		got, err := client.Find(t.Context(), siret)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// « a natural person's unit has no denomination: then the name is what is there, or "" ».
func TestTheNameOfANaturalPersonIsWhatIsThere(t *testing.T) {
	const withheld = "[ND]"
	for _, test := range []struct {
		who  string
		told sim.Person
		want string
	}{
		{"usual names", sim.Person{FirstName: "MARIE-LOUISE", UsualName: "MARIE", Surname: "DURAND", UsedName: "PETIT"}, "MARIE PETIT"},
		{"names of birth", sim.Person{FirstName: "MARIE-LOUISE", Surname: "DURAND"}, "MARIE-LOUISE DURAND"},
		{"surname only", sim.Person{Surname: "DURAND", UsualName: withheld, FirstName: withheld}, "DURAND"},
		{"withheld", sim.Person{FirstName: withheld, UsualName: withheld, Surname: withheld, UsedName: withheld}, ""},
		{"nothing", sim.Person{}, ""},
	} {
		t.Run(test.who, func(t *testing.T) {
			server := httptest.NewServer(sim.New(sim.Options{Key: key.Reveal(), Organizations: []sim.Organization{
				{Siret: valbourg.String(), Person: test.told, LegalCategory: "1000"},
			}}))
			t.Cleanup(server.Close)
			got, err := sirene.New(sirene.Config{BaseURL: server.URL, Key: key}).Find(t.Context(), valbourg)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(directory.Establishment{Name: test.want, LegalCategory: "1000"}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestASiretThatTheRegisterDoesNotKnow(t *testing.T) {
	client, _ := simulate(t, key)
	_, err := client.Find(t.Context(), unlisted)
	if fault.KindOf(err) != fault.NotFound || !fault.Is(err, "registry.unknown") {
		t.Errorf("error = %v, want registry.unknown", err)
	}
}

func TestARefusedKeyIsNotAnUnknownSiret(t *testing.T) {
	client, _ := simulate(t, "une-autre-cle")
	_, err := client.Find(t.Context(), valbourg)
	wantUnavailable(t, err)
}

func TestARegisterInTroubleIsUnavailableThenAnswersAgain(t *testing.T) {
	for _, order := range []string{
		`{"match":"GET /api-sirene/","mode":"down"}`,
		`{"match":"GET /api-sirene/","mode":"garbage"}`,
		`{"match":"GET /api-sirene/","mode":"lost"}`,
		`{"match":"GET /api-sirene/","mode":"status","status":429}`,
		`{"match":"GET /api-sirene/","mode":"status","status":404}`, // a proxy's, not the register's
		`{"match":"GET /api-sirene/","mode":"status","status":503}`,
	} {
		t.Run(order, func(t *testing.T) {
			client, server := simulate(t, key)
			steer(t, server.URL+"/_sim/faults", order)
			_, err := client.Find(t.Context(), valbourg)
			wantUnavailable(t, err)
			steer(t, server.URL+"/_sim/reset", `{}`)
			if _, err := client.Find(t.Context(), valbourg); err != nil {
				t.Errorf("after the trouble: %v", err)
			}
		})
	}
}

func TestARegisterThatIsGoneIsUnavailable(t *testing.T) {
	client, server := simulate(t, key)
	server.Close()
	start := time.Now()
	_, err := client.Find(t.Context(), valbourg)
	wantUnavailable(t, err)
	if waited := time.Since(start); waited > 3*time.Second {
		t.Errorf("waited %s for a register that is gone", waited)
	}
}

func steer(t *testing.T, address, order string) {
	t.Helper()
	response, err := http.Post(address, "application/json", strings.NewReader(order))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode >= 300 {
		t.Fatalf("%s refused: %d", order, response.StatusCode)
	}
}

func wantUnavailable(t *testing.T, err error) {
	t.Helper()
	if fault.KindOf(err) != fault.Unavailable || !fault.Is(err, "registry.unavailable") {
		t.Errorf("error = %v, want registry.unavailable", err)
	}
	if err != nil && strings.Contains(err.Error(), key.Reveal()) {
		t.Error("the error quotes the key")
	}
}
