package request

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/seal"
)

// drawer holds the drafts of a test: half a year goes by in it in no time.
type drawer struct {
	drafts []Idle
	now    time.Time
	told   map[habilitation.RequestNumber][]told
	erased map[habilitation.RequestNumber]time.Time
	broken habilitation.RequestNumber // nothing can be recorded of it
}

// told is a warning that was sent.
type told struct {
	Stage int
	At    time.Time
}

var errBroken = errors.New("broken")

func (d *drawer) ListIdle(_ context.Context, editedBefore time.Time, after Idle, limit int) (idle []Idle, err error) {
	passed := after.Number == 0
	for _, draft := range d.drafts {
		if !passed { // in the order of the list, as the store's
			passed = draft.Number == after.Number
			continue
		}
		if draft.EditedAt.Before(editedBefore) && d.erased[draft.Number].IsZero() && len(idle) < limit {
			idle = append(idle, draft)
		}
	}
	return idle, nil
}

func (d *drawer) of(number habilitation.RequestNumber) *Idle {
	return &d.drafts[slices.IndexFunc(d.drafts, func(i Idle) bool { return i.Number == number })]
}

func (d *drawer) RecordWarned(_ context.Context, idle Idle, letters []notice.Letter, at time.Time) error {
	if idle.Number == d.broken {
		return errBroken
	}
	if len(letters) != 1 || letters[0].Kind != KindDraft || !slices.Equal(letters[0].Recipients.To, []string{idle.Mail}) {
		return errors.New("a warning without its mail")
	}
	draft := d.of(idle.Number)
	draft.WarnedStage, draft.WarnedAt = idle.WarnedStage, at
	d.told[idle.Number] = append(d.told[idle.Number], told{idle.WarnedStage, at})
	return nil
}

func (d *drawer) EraseDraft(_ context.Context, idle Idle, event audit.Event) (bool, error) {
	if event.Act != audit.DraftErased {
		return false, errors.New("an erasure that the journal does not tell")
	}
	d.erased[idle.Number] = d.now
	return true, nil
}

func (d *drawer) EraseWithdrawn(context.Context, time.Time) (int, error) { return 0, nil }
func (d *drawer) EraseOrphans(context.Context, time.Time) (int, error)   { return 0, nil }

// write is somebody who writes in the draft.
func (d *drawer) write(number habilitation.RequestNumber, at time.Time) {
	draft := d.of(number)
	draft.EditedAt, draft.WarnedStage, draft.WarnedAt = at, 0, time.Time{}
}

// run runs the job at a time.
func (d *drawer) run(t testing.TB, at time.Time) error {
	t.Helper()
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	d.now = at
	_, _, err = (&Drafts{Store: d, Sealer: ring, Now: func() time.Time { return at }}).Run(context.Background())
	return err
}

// daily runs it every morning from a day on, for some days.
func (d *drawer) daily(t testing.TB, from time.Time, days int) {
	t.Helper()
	for day := range days {
		if err := d.run(t, from.AddDate(0, 0, day)); err != nil {
			t.Fatal(err)
		}
	}
}

func drawerOf(drafts ...Idle) *drawer {
	return &drawer{drafts: drafts, told: map[habilitation.RequestNumber][]told{}, erased: map[habilitation.RequestNumber]time.Time{}}
}

const draftNumber habilitation.RequestNumber = 10_000_001

func draftOf(mail string, edited time.Time) Idle {
	return Idle{Number: draftNumber, Siret: "21300990500018", Organisation: "Clairval", Mail: mail, EditedAt: edited}
}

// morning is 6 o'clock in Paris.
func morning(year int, month time.Month, day int) time.Time {
	return value.DayBegins(year, month, day).Add(6 * time.Hour)
}

// PRODUCT.md 6: « Drafts of requests: 6 months without edit, notices before »
func TestADraftIsErasedAfterSixMonthsAndTwoNotices(t *testing.T) {
	d := drawerOf(draftOf("lucie@clairval.example.fr", instant(t, "2026-03-10T18:00:00+01:00")))
	d.daily(t, morning(2026, time.March, 11), 182)
	if !d.erased[draftNumber].IsZero() {
		t.Fatalf("erased on %s", d.erased[draftNumber])
	}
	d.daily(t, morning(2026, time.September, 9), 4)
	want := []told{{30, morning(2026, time.August, 11)}, {7, morning(2026, time.September, 3)}}
	if diff := cmp.Diff(want, d.told[draftNumber]); diff != "" {
		t.Error(diff)
	}
	if want := morning(2026, time.September, 10); !d.erased[draftNumber].Equal(want) {
		t.Errorf("erased %s, want %s", d.erased[draftNumber], want)
	}
}

// However long the job did not run, nobody loses a draft without a week to come back to it.
func TestADraftIsNeverErasedWithoutAWeeksNotice(t *testing.T) {
	edited := instant(t, "2026-03-10T18:00:00+01:00")
	for name, stopped := range map[string]func(d *drawer){
		"stopped before every notice": func(*drawer) {},
		"stopped after the first notice": func(d *drawer) {
			d.daily(t, morning(2026, time.August, 11), 3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := drawerOf(draftOf("lucie@clairval.example.fr", edited))
			stopped(d)
			d.daily(t, morning(2026, time.November, 20), 7)
			if !d.erased[draftNumber].IsZero() {
				t.Fatalf("erased on %s, told %v", d.erased[draftNumber], d.told[draftNumber])
			}
			d.daily(t, morning(2026, time.November, 27), 1)
			warned := d.told[draftNumber]
			if last := warned[len(warned)-1]; last != (told{7, morning(2026, time.November, 20)}) {
				t.Errorf("told %v", warned)
			}
			if want := morning(2026, time.November, 27); !d.erased[draftNumber].Equal(want) {
				t.Errorf("erased %s, want %s", d.erased[draftNumber], want)
			}
		})
	}
}

func TestADraftHasAWeeksNoticeWheneverTheJobRuns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		edited := time.Unix(rapid.Int64Range(1_760_000_000, 1_860_000_000).Draw(rt, "edited"), 0)
		d := drawerOf(draftOf("lucie@clairval.example.fr", edited))
		at := edited
		for range 120 { // with days, weeks or months between two runs
			pause := rapid.SampledFrom([]time.Duration{time.Hour, 24 * time.Hour, 25 * time.Hour, 8 * 24 * time.Hour, 45 * 24 * time.Hour}).Draw(rt, "pause")
			at = at.Add(pause)
			if err := d.run(t, at); err != nil {
				rt.Fatal(err)
			}
			if !d.erased[draftNumber].IsZero() {
				break
			}
		}
		erased, warned := d.erased[draftNumber], d.told[draftNumber]
		if erased.IsZero() {
			rt.Skip("the job did not run long enough")
		}
		last := warned[len(warned)-1]
		if last.Stage != 7 || erased.Before(last.At.AddDate(0, 0, 7)) || erased.Before(edited.AddDate(0, draftMonths, -1)) {
			rt.Fatalf("edited %s, told %v, erased %s", edited, warned, erased)
		}
		if len(warned) > 2 || len(warned) == 2 && warned[0].Stage != 30 {
			rt.Fatalf("told %v", warned)
		}
	})
}

// A draft in which somebody writes again is one of today.
func TestWhoWritesKeepsTheDraft(t *testing.T) {
	d := drawerOf(draftOf("lucie@clairval.example.fr", instant(t, "2026-03-10T18:00:00+01:00")))
	d.daily(t, morning(2026, time.August, 11), 27) // both notices
	d.write(draftNumber, instant(t, "2026-09-07T09:00:00+02:00"))
	d.daily(t, morning(2026, time.September, 8), 140)
	if !d.erased[draftNumber].IsZero() || len(d.told[draftNumber]) != 2 {
		t.Fatalf("told %v, erased %s", d.told[draftNumber], d.erased[draftNumber])
	}
	d.daily(t, morning(2027, time.January, 26), 50)
	if got := d.told[draftNumber]; len(got) != 4 || got[2].Stage != 30 || got[3].Stage != 7 {
		t.Errorf("told %v", got)
	}
	if want := morning(2027, time.March, 7); !d.erased[draftNumber].Equal(want) {
		t.Errorf("erased %s, want %s", d.erased[draftNumber], want)
	}
}

func TestADraftOfNobodyIsErasedInItsTime(t *testing.T) {
	d := drawerOf(draftOf("", instant(t, "2026-08-31T18:00:00+02:00")))
	d.daily(t, morning(2026, time.September, 1), 230)
	if want := morning(2027, time.March, 3); !d.erased[draftNumber].Equal(want) || len(d.told) > 0 { // there is no 31 February
		t.Errorf("told %v, erased %s, want %s", d.told, d.erased[draftNumber], want)
	}
}

func TestOneDraftThatFailsDoesNotHoldTheOthersBack(t *testing.T) {
	broken, sound := draftOf("a@clairval.example.fr", instant(t, "2026-03-10T18:00:00+01:00")), draftOf("b@clairval.example.fr", instant(t, "2026-03-10T18:00:00+01:00"))
	sound.Number++
	d := drawerOf(broken, sound)
	d.broken = broken.Number
	if err := d.run(t, morning(2026, time.September, 20)); !errors.Is(err, errBroken) || !strings.Contains(err.Error(), broken.Number.String()) {
		t.Errorf("the failure is told as %v", err)
	}
	if len(d.told[sound.Number]) != 1 {
		t.Errorf("the other one was told %v", d.told[sound.Number])
	}
}
