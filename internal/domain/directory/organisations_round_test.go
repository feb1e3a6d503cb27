package directory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// manyKnown brings n towns into what is kept, a second apart, and returns them oldest first.
func (s *scene) manyKnown(n int) (sirets []value.Siret) {
	s.t.Helper()
	for i := 0; len(sirets) < n; i++ {
		siret, err := value.ParseExactSiret(fmt.Sprintf("2104%010d", i))
		if err != nil {
			continue
		}
		s.register.Put(sim.Organization{Siret: siret.String(), Name: fmt.Sprintf("COMMUNE %d", len(sirets))})
		s.knows(siret)
		s.advance(time.Second)
		sirets = append(sirets, siret)
	}
	return sirets
}

func (s *scene) wantRound(count int) {
	s.t.Helper()
	if got, err := s.organisations.RefreshAll(s.t.Context()); err != nil || got != count {
		s.t.Errorf("the round counts %d, %v, want %d", got, err, count)
	}
}

// « daily refresh notices a closing and a change of name »
func TestTheDailyRoundNoticesWhatChanged(t *testing.T) {
	s := setScene(t)
	s.knows(majastres, welfare, company)
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	s.register.Put(
		sim.Organization{Siret: majastres.String(), Name: "COMMUNE NOUVELLE DE MAJASTRES", CommuneCog: "04107", PostalCode: "04270"},
		sim.Organization{Siret: welfare.String(), Name: "CCAS DE VALOMBRE", Closed: true, ClosedOn: day},
	)
	s.wantRound(0) // all were asked today
	s.advance(24 * time.Hour)
	s.wantRound(3)
	if kept := s.kept(majastres); kept.Name != "COMMUNE NOUVELLE DE MAJASTRES" || !kept.ToldAt.Equal(s.now()) {
		t.Errorf("renamed: %+v", kept)
	}
	if kept := s.kept(welfare); !kept.Closed || !kept.ClosedOn.Equal(day) {
		t.Errorf("closed: %+v", kept)
	}
	found, _, err := s.organisations.List(t.Context(), directory.OrganisationSearch{Text: "nouvelle", Limit: 10})
	if err != nil || len(found) != 1 {
		t.Errorf("the new name is not searched: %v, %v", found, err)
	}
	s.wantJournal(line{"system", "organisation.refreshed", welfare.String(), "CCAS DE VALOMBRE", "closed"})
	s.wantRound(0)
}

// A round takes hours: what it asked at its end is asked again by the next one, a day after
// its start, and not two days later.
func TestEachRoundAsksWhatTheLastOneAsked(t *testing.T) {
	s := setScene(t)
	s.knows(majastres)
	for _, step := range []struct {
		after time.Duration
		count int
	}{{22 * time.Hour, 1}, {time.Hour, 0}, {21 * time.Hour, 1}} {
		s.advance(step.after)
		s.wantRound(step.count)
	}
}

// « oldest first »
func TestTheOldestQuestionIsAskedAgainFirst(t *testing.T) {
	s := setScene(t)
	sirets := s.manyKnown(4)
	s.advance(24 * time.Hour)
	s.knows(sirets[1])
	s.wantRound(3)
	if diff := cmp.Diff([]value.Siret{sirets[0], sirets[2], sirets[3]}, s.asked()); diff != "" {
		t.Error(diff)
	}
}

// « stops after 5 consecutive failures »; what it did not reach comes first the day after.
func TestARegisterThatFailsFiveTimesInARowEndsTheRound(t *testing.T) {
	s := setScene(t)
	sirets := s.manyKnown(8)
	s.advance(24 * time.Hour)
	s.trouble(control.Fault{Mode: control.ModeStatus, Status: 503})
	count, err := s.organisations.RefreshAll(t.Context())
	wantFault(t, err, fault.Unavailable, "registry.unavailable")
	if diff := cmp.Diff(sirets[:5], s.asked()); diff != "" || count != 0 {
		t.Errorf("%d counted: %s", count, diff)
	}
	if kept := s.kept(sirets[0]); kept.Answer != directory.AnswerNone || kept.Name != "COMMUNE 0" {
		t.Errorf("without an answer: %+v", kept)
	}
	s.register.Reset()
	s.advance(24 * time.Hour)
	s.wantRound(8)
	if diff := cmp.Diff(slices.Concat(sirets[5:], sirets[:5]), s.asked()); diff != "" {
		t.Error(diff)
	}
}

// « one failure never blocks the rest »: not four in a row either, nor a register that does
// not know an organisation any more.
func TestAQuestionThatFailsAloneBlocksNothing(t *testing.T) {
	s := setScene(t)
	sirets := s.manyKnown(12)
	s.openRegister() // with fewer of them
	for i, siret := range sirets {
		if i != 6 {
			s.register.Put(sim.Organization{Siret: siret.String(), Name: "COMMUNE"})
		}
	}
	for _, i := range []int{0, 2, 3, 4, 5, 7, 8, 9, 10} {
		s.trouble(control.Fault{Match: "GET " + question + sirets[i].String(), Mode: control.ModeGarbage})
	}
	s.advance(24 * time.Hour)
	s.wantRound(3)
	if diff := cmp.Diff(sirets, s.asked()); diff != "" {
		t.Error(diff)
	}
	for i, want := range []directory.Answer{0: directory.AnswerNone, 1: directory.AnswerTold, 6: directory.AnswerUnknown, 11: directory.AnswerTold} {
		if got := s.kept(sirets[i]).Answer; want != "" && got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
	// What failed is asked again before its day is over.
	s.register.Reset()
	s.advance(2 * time.Hour)
	s.wantRound(9)
}

// « two runs at once »: they share the work.
func TestTwoRoundsAtOnceAskAboutEachOnce(t *testing.T) {
	s := setScene(t)
	sirets := s.manyKnown(20)
	s.advance(24 * time.Hour)
	var rounds sync.WaitGroup
	counts := make([]int, 2)
	for i := range counts {
		rounds.Go(func() {
			var err error
			if counts[i], err = s.organisations.RefreshAll(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	rounds.Wait()
	asked := s.asked()
	slices.Sort(asked)
	slices.Sort(sirets)
	if diff := cmp.Diff(sirets, asked); diff != "" || counts[0]+counts[1] != 20 {
		t.Errorf("%v counted: %s", counts, diff)
	}
}

// interruption is a register at which a round ends when it asks about a SIRET.
type interruption struct {
	directory.Registry
	at   value.Siret
	ends context.CancelFunc
}

func (i interruption) Find(ctx context.Context, siret value.Siret) (directory.Establishment, error) {
	if siret == i.at {
		i.ends()
	}
	return i.Registry.Find(ctx, siret)
}

// A round that is interrupted keeps what it learned.
func TestAnInterruptedRoundKeepsWhatItLearned(t *testing.T) {
	s := setScene(t)
	sirets := s.manyKnown(3)
	s.advance(24 * time.Hour)
	ctx, interrupt := context.WithCancel(t.Context())
	s.organisations.Unhurried = interruption{s.organisations.Unhurried, sirets[1], interrupt}
	count, err := s.organisations.RefreshAll(ctx)
	if !errors.Is(err, context.Canceled) || count != 1 {
		t.Errorf("%d counted, %v", count, err)
	}
	for i, want := range []directory.Answer{directory.AnswerTold, directory.AnswerNone, directory.AnswerTold} {
		if got := s.kept(sirets[i]); got.Answer != want || got.ToldAt.Equal(s.now()) != (i == 0) {
			t.Errorf("%d: %+v", i, got)
		}
	}
}
