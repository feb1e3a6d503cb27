package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// drawer is a Store that keeps the postcodes of an import, and what each recording held.
type drawer struct {
	Store
	postcodes map[value.Siret]string
	recorded  [][]value.Siret
}

func (d *drawer) ListLocated(_ context.Context, sirets []value.Siret) (map[value.Siret]bool, error) {
	located := map[value.Siret]bool{}
	for _, siret := range sirets {
		located[siret] = d.postcodes[siret] != ""
	}
	return located, nil
}

func (d *drawer) RecordImport(_ context.Context, part Import, _ time.Time) error {
	var sirets []value.Siret
	for _, entry := range part.Collectivities {
		sirets = append(sirets, entry.Siret)
		if entry.Postcode != "" || d.postcodes[entry.Siret] == "" {
			d.postcodes[entry.Siret] = entry.Postcode
		}
	}
	d.recorded = append(d.recorded, sirets)
	return nil
}

// register is a Registry that answers from a function, and remembers what it was asked.
type register struct {
	answer func(siret value.Siret) (Establishment, error)
	asked  []value.Siret
}

func (r *register) Find(_ context.Context, siret value.Siret) (Establishment, error) {
	r.asked = append(r.asked, siret)
	return r.answer(siret)
}

var (
	errDown    = fault.New(fault.Unavailable, "registry.unavailable")
	errUnknown = fault.New(fault.NotFound, "registry.unknown")
)

func located(value.Siret) (Establishment, error) { return Establishment{Postcode: "04270"}, nil }

func down(value.Siret) (Establishment, error) { return Establishment{}, errDown }

// Three towns of the public list.
const (
	majastres = value.Siret("21040107100019")
	sainville = value.Siret("21280363900013")
	clairval  = value.Siret("21910998000017")
)

// publicList is a list as the service in use publishes it, without postcodes.
func publicList(sirets ...value.Siret) string {
	var entries []string
	for i, siret := range sirets {
		entries = append(entries, fmt.Sprintf(`{"name":"Ville %d","siret":%q,"code_cog":"04107"}`, i+1, siret))
	}
	return "[" + strings.Join(entries, ",") + "]"
}

func importList(t *testing.T, store *drawer, registry Registry, list string) Import {
	t.Helper()
	if store.postcodes == nil {
		store.postcodes = map[value.Siret]string{}
	}
	s := &Service{Store: store, Registry: registry, Now: func() time.Time { return time.Unix(0, 0) }}
	report, err := s.Import(t.Context(), strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// « postcode = codePostalEtablissement, kept at import » (SETTLED.md, names).
func TestThePostcodeThatTheListLacksComesFromTheRegister(t *testing.T) {
	store, registry := &drawer{}, &register{answer: located}
	list := publicList(majastres, sainville)
	report := importList(t, store, registry, list)
	if diff := cmp.Diff(map[value.Siret]string{majastres: "04270", sainville: "04270"}, store.postcodes); diff != "" {
		t.Error(diff)
	}
	if len(report.Collectivities) != 2 || report.Faults != nil || report.Notes != nil {
		t.Errorf("report %+v", report)
	}
	importList(t, store, registry, list)
	if diff := cmp.Diff([]value.Siret{majastres, sainville}, registry.asked); diff != "" {
		t.Errorf("what is known is asked again: %s", diff)
	}
}

func TestAPostcodeOfTheListIsNotAskedFor(t *testing.T) {
	store, registry := &drawer{}, &register{answer: down}
	report := importList(t, store, registry, `[{"name":"Ville","siret":"21040107100019","code_cog":"04107","code_postal":"04271"}]`)
	if registry.asked != nil || report.Notes != nil || store.postcodes[majastres] != "04271" {
		t.Errorf("asked %v, report %+v, recorded %v", registry.asked, report, store.postcodes)
	}
}

func TestWithoutARegisterTheListIsRecordedAsItIs(t *testing.T) {
	store := &drawer{}
	report := importList(t, store, nil, publicList(majastres))
	if postcode, known := store.postcodes[majastres]; !known || postcode != "" || len(report.Collectivities) != 1 || report.Notes != nil {
		t.Errorf("report %+v, recorded %v", report, store.postcodes)
	}
}

// « a register that is down, slow or that does not know the SIRET never blocks the import:
// the entry is recorded without postcode and told ».
func TestAnUnknownPostcodeIsToldAndBlocksNothing(t *testing.T) {
	tests := []struct {
		name   string
		answer func(value.Siret) (Establishment, error)
		want   string
	}{
		{"down", down, "le registre ne répond pas"},
		{"unclassified failure", func(value.Siret) (Establishment, error) { return Establishment{}, errors.New("unclassified") }, "le registre ne répond pas"},
		{"unknown there", func(value.Siret) (Establishment, error) { return Establishment{}, errUnknown }, "le registre ne connaît pas ce SIRET"},
		{"no postcode there", func(value.Siret) (Establishment, error) { return Establishment{}, nil }, "le registre ne le donne pas"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := &drawer{}
			report := importList(t, store, &register{answer: test.answer}, publicList(majastres))
			want := []string{spaced("Ville 1 (21040107100019) : code postal inconnu : " + test.want)}
			if diff := cmp.Diff(want, report.Notes); diff != "" {
				t.Error(diff)
			}
			if _, known := store.postcodes[majastres]; !known || len(report.Collectivities) != 1 || report.Faults != nil {
				t.Errorf("report %+v, recorded %v", report, store.postcodes)
			}
			importList(t, store, &register{answer: located}, publicList(majastres))
			if store.postcodes[majastres] != "04270" {
				t.Error("a later import of the same list does not fill the postcode in")
			}
		})
	}
}

// « closed = periodesEtablissement[0].etatAdministratifEtablissement F » (SETTLED.md, names):
// nobody receives at a closed establishment.
func TestAClosedEstablishmentIsLeftOut(t *testing.T) {
	store := &drawer{}
	report := importList(t, store, &register{answer: func(siret value.Siret) (Establishment, error) {
		return Establishment{Postcode: "04270", Closed: siret == majastres}, nil
	}}, publicList(majastres, sainville))
	if diff := cmp.Diff([]string{spaced("Ville 1 (21040107100019) : l’établissement est fermé dans le registre")}, report.Faults); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[value.Siret]string{sainville: "04270"}, store.postcodes); diff != "" {
		t.Error(diff)
	}
}

// « stop asking after 5 consecutive failures »: the rest is recorded all the same.
func TestARegisterThatFailsFiveTimesInARowIsLeftAlone(t *testing.T) {
	sirets := manySirets(12)
	store, registry := &drawer{}, &register{answer: down}
	report := importList(t, store, registry, publicList(sirets...))
	if diff := cmp.Diff(sirets[:5], registry.asked); diff != "" {
		t.Error(diff)
	}
	if len(store.postcodes) != 12 || len(report.Collectivities) != 12 || len(report.Notes) != 6 {
		t.Errorf("%d recorded, %d reported, notes %q", len(store.postcodes), len(report.Collectivities), report.Notes)
	}
	want := spaced("code postal inconnu pour les autres collectivités (7) : le registre ne répond pas et n’est plus interrogé ; un prochain import de la liste les complétera")
	if last := report.Notes[len(report.Notes)-1]; last != want {
		t.Errorf("last note %q, want %q", last, want)
	}
}

func TestAnAnswerEndsARowOfFailures(t *testing.T) {
	for name, answer := range map[string]error{"found": nil, "unknown": errUnknown} {
		t.Run(name, func(t *testing.T) {
			sirets := manySirets(12)
			registry := &register{answer: func(siret value.Siret) (Establishment, error) {
				if siret == sirets[4] || siret == sirets[9] {
					return Establishment{}, answer
				}
				return down(siret)
			}}
			importList(t, &drawer{}, registry, publicList(sirets...))
			if diff := cmp.Diff(sirets, registry.asked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An import that is interrupted keeps what it learned, and does not call it a failure of
// the register.
func TestAnInterruptedImportKeepsWhatItLearned(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	store := &drawer{postcodes: map[value.Siret]string{}}
	registry := &register{answer: func(siret value.Siret) (Establishment, error) {
		if siret == sainville {
			interrupt()
			return down(siret)
		}
		return located(siret)
	}}
	s := &Service{Store: store, Registry: registry, Now: func() time.Time { return time.Unix(0, 0) }}
	_, err := s.Import(ctx, strings.NewReader(publicList(majastres, sainville, clairval)))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want the interruption", err)
	}
	if diff := cmp.Diff(map[value.Siret]string{majastres: "04270"}, store.postcodes); diff != "" {
		t.Error(diff)
	}
}

// « nothing is held in a transaction while asking »: what needs no question is recorded
// first, and each answer as it comes.
func TestNoRecordingWaitsForTheRegister(t *testing.T) {
	store := &drawer{}
	registry := &register{}
	registry.answer = func(value.Siret) (Establishment, error) {
		if got := len(store.recorded); got != len(registry.asked) {
			t.Errorf("question %d comes after %d recordings", len(registry.asked), got)
		}
		return Establishment{Postcode: "04270"}, nil
	}
	list := publicList(majastres, sainville)
	importList(t, store, registry, strings.TrimSuffix(list, "]")+`,{"name":"Clairval","siret":"21910998000017","code_cog":"91998","code_postal":"91980"}]`)
	if diff := cmp.Diff([][]value.Siret{{clairval}, {majastres}, {sainville}}, store.recorded); diff != "" {
		t.Error(diff)
	}
}

// manySirets makes different SIRETs with a valid check digit.
func manySirets(n int) []value.Siret {
	var made []value.Siret
	for i := 0; len(made) < n; i++ {
		if siret, err := value.ParseExactSiret(fmt.Sprintf("2104%010d", i)); err == nil {
			made = append(made, siret)
		}
	}
	return made
}
