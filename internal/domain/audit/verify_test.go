package audit_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portail-qf/internal/domain/audit"
)

// Noon is the first moment at which events sealed at sealedAt may go.
var (
	noon     = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	sealedAt = noon.AddDate(-audit.RetentionYears, 0, 0)
)

// trial is a journal that a test makes, then spoils.
type trial struct {
	seals []audit.Seal
	lines []audit.Line
}

// newTrial seals batches of so many events, whose ids go 1, 2, 3…
func newTrial(sizes ...int) *trial {
	t := &trial{}
	id := int64(0)
	for i, size := range sizes {
		for range size {
			id++
			t.lines = append(t.lines, audit.Line{Batch: int64(i + 1), ID: id, At: sealedAt, Text: fmt.Sprintf("event %d", id)})
		}
		t.seals = append(t.seals, audit.Seal{Batch: int64(i + 1), FirstID: id - int64(size) + 1, LastID: id, Events: size, SealedAt: sealedAt})
		t.recount(int64(i + 1))
	}
	t.reseal(1)
	return t
}

// recount makes what a seal keeps of its events again, as somebody who may write it would.
func (t *trial) recount(batch int64) {
	seal, text := &t.seals[batch-1], ""
	seal.Events = 0
	for _, line := range t.lines {
		if line.Batch == seal.Batch {
			seal.Events++
			text += line.Text + "\n"
		}
	}
	digest := sha256.Sum256([]byte(text))
	seal.LinesDigest = digest[:]
}

// reseal makes the digests again from a batch on, as somebody who may write them would.
func (t *trial) reseal(from int64) {
	for batch := from; batch <= int64(len(t.seals)); batch++ {
		t.resealOne(batch)
	}
}

func (t *trial) resealOne(batch int64) {
	seal := &t.seals[batch-1]
	if batch > 1 {
		seal.Previous = t.seals[batch-2].Digest
	}
	text := fmt.Sprintf("%s%d %d %d %d %d%s", seal.Previous,
		seal.Batch, seal.FirstID, seal.LastID, seal.Events, seal.SealedAt.UnixMicro(), seal.LinesDigest)
	digest := sha256.Sum256([]byte(text))
	seal.Digest = digest[:]
}

// age makes a seal say that it is older than it is.
func (t *trial) age(batch int64) { t.seals[batch-1].SealedAt = sealedAt.AddDate(-1, 0, 0) }

// rejuvenate makes every seal too young for its events to go before a second from noon.
func (t *trial) rejuvenate() *trial {
	for i := range t.seals {
		t.seals[i].SealedAt = sealedAt.Add(time.Second)
	}
	t.reseal(1)
	return t
}

func (t *trial) wait(id int64, since time.Time) {
	t.lines = append(t.lines, audit.Line{ID: id, At: since, Text: "waits"})
}

// purge erases the events of a batch.
func (t *trial) purge(batch int64, at time.Time) {
	t.lines = slices.DeleteFunc(t.lines, func(l audit.Line) bool { return l.Batch == batch })
	t.seals[batch-1].PurgedAt = at
}

func (t *trial) end() audit.Anchor {
	last := t.seals[len(t.seals)-1]
	return audit.Anchor{Batch: last.Batch, Digest: last.Digest}
}

func (t *trial) chain() audit.Chain { return audit.Chain{Seals: t.seals, Lines: read(t.lines)} }

func read(lines []audit.Line) iter.Seq2[audit.Line, error] {
	return func(yield func(audit.Line, error) bool) {
		for _, line := range lines {
			if !yield(line, nil) {
				return
			}
		}
	}
}

func verify(t interface{ Fatal(...any) }, trial *trial, known ...audit.Anchor) audit.Verdict {
	verdict, err := audit.Verify(trial.chain(), noon, known...)
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

func TestAnIntactChainIsCountedToItsEnd(t *testing.T) {
	if diff := cmp.Diff(audit.Verdict{}, verify(t, newTrial())); diff != "" {
		t.Errorf("an empty journal: %s", diff)
	}
	journal := newTrial(2, 1, 3)
	journal.wait(7, noon.Add(-time.Hour))
	journal.purge(1, noon)
	want := audit.Verdict{Batches: 3, Purged: 1, Events: 4, Waiting: 1, End: journal.end()}
	if diff := cmp.Diff(want, verify(t, journal, journal.end(), audit.Anchor{Batch: 1, Digest: journal.seals[0].Digest})); diff != "" {
		t.Error(diff)
	}
}

// « names the first broken link » (issue 3)
func TestTheFirstBrokenLinkIsNamed(t *testing.T) {
	sealed := newTrial(2, 3, 2) // events 1-2, 3-5, 6-7
	for name, c := range map[string]struct {
		spoil func(j *trial)
		known []audit.Anchor
		want  audit.Broken
	}{
		"an event is altered": {
			spoil: func(j *trial) { j.lines[3].Text = "another" },
			want:  audit.Broken{Breach: audit.EventsAltered, Batch: 2, FirstID: 3, LastID: 5, Sealed: 3, Found: 3},
		},
		"two events change places": {
			spoil: func(j *trial) { j.lines[2].Text, j.lines[3].Text = j.lines[3].Text, j.lines[2].Text },
			want:  audit.Broken{Breach: audit.EventsAltered, Batch: 2, FirstID: 3, LastID: 5, Sealed: 3, Found: 3},
		},
		"two batches are broken": {
			spoil: func(j *trial) { j.lines[6].Text, j.lines[3].Text = "another", "another" },
			want:  audit.Broken{Breach: audit.EventsAltered, Batch: 2, FirstID: 3, LastID: 5, Sealed: 3, Found: 3},
		},
		"an event goes": {
			spoil: func(j *trial) { j.lines = slices.Delete(j.lines, 2, 3) },
			want:  audit.Broken{Breach: audit.EventsMissing, Batch: 2, FirstID: 3, LastID: 5, Sealed: 3, Found: 2},
		},
		"all events of a batch go": {
			spoil: func(j *trial) { j.lines = slices.Delete(j.lines, 2, 5) },
			want:  audit.Broken{Breach: audit.EventsMissing, Batch: 2, FirstID: 3, LastID: 5, Sealed: 3},
		},
		"an event is put in": {
			spoil: func(j *trial) { j.lines = slices.Insert(j.lines, 5, audit.Line{Batch: 2, ID: 9, Text: "new"}) },
			want:  audit.Broken{Breach: audit.EventsAdded, Batch: 2, FirstID: 3, LastID: 9, Sealed: 3, Found: 4},
		},
		"an event is put into a purged batch": {
			spoil: func(j *trial) {
				j.purge(2, noon)
				j.lines = slices.Insert(j.lines, 2, audit.Line{Batch: 2, ID: 4, Text: "new"})
			},
			want: audit.Broken{Breach: audit.EventsAdded, Batch: 2, FirstID: 3, LastID: 5, Sealed: 3, Found: 1},
		},
		"a seal lies about its bounds": {
			spoil: func(j *trial) { j.seals[1].LastID = 4 },
			want:  audit.Broken{Breach: audit.SealAltered, Batch: 2, FirstID: 3, LastID: 5, Sealed: 3, Found: 3},
		},
		"a seal lies about its bounds, and its digest is made again": {
			spoil: func(j *trial) { j.seals[2].LastID = 8; j.reseal(3) },
			want:  audit.Broken{Breach: audit.SealAltered, Batch: 3, FirstID: 6, LastID: 8, Sealed: 2, Found: 2},
		},
		"an event is altered, and the digest of the lines with it": {
			spoil: func(j *trial) { j.lines[3].Text = "another"; j.recount(2) },
			want:  audit.Broken{Breach: audit.SealAltered, Batch: 2, FirstID: 3, LastID: 5, Sealed: 3, Found: 3},
		},
		"the digest of the lines of a purged batch is altered": {
			spoil: func(j *trial) { j.purge(2, noon); j.recount(2); j.seals[1].Events = 3 },
			want:  audit.Broken{Breach: audit.SealAltered, Batch: 2, FirstID: 3, LastID: 5, Sealed: 3},
		},
		"a batch is rewritten with its seal": {
			spoil: func(j *trial) { j.lines[3].Text = "another"; j.recount(2); j.resealOne(2) },
			want:  audit.Broken{Breach: audit.LinkBroken, Batch: 3, FirstID: 6, LastID: 7, Sealed: 2},
		},
		"a batch and every seal since are rewritten, but the log kept the end": {
			spoil: func(j *trial) { j.lines[3].Text = "another"; j.recount(2); j.reseal(2) },
			known: []audit.Anchor{sealed.end()},
			want:  audit.Broken{Breach: audit.AnchorDiffers, Batch: 3, FirstID: 6, LastID: 7, Sealed: 2, Found: 2},
		},
		"the first seal goes": {
			spoil: func(j *trial) { j.seals = j.seals[1:] },
			want:  audit.Broken{Breach: audit.SealMissing, Batch: 1},
		},
		"a seal goes": {
			spoil: func(j *trial) { j.seals = slices.Delete(j.seals, 1, 2) },
			want:  audit.Broken{Breach: audit.SealMissing, Batch: 2},
		},
		"the last seal goes": {
			spoil: func(j *trial) { j.seals = j.seals[:2] },
			want:  audit.Broken{Breach: audit.SealMissing, Batch: 3, FirstID: 6, LastID: 6, Found: 1},
		},
		"the end is cut off, but the log kept it": {
			spoil: func(j *trial) { j.seals, j.lines = j.seals[:2], j.lines[:5] },
			known: []audit.Anchor{sealed.end()},
			want:  audit.Broken{Breach: audit.SealMissing, Batch: 3},
		},
		"everything goes, but the log kept the end": {
			spoil: func(j *trial) { *j = trial{} },
			known: []audit.Anchor{sealed.end()},
			want:  audit.Broken{Breach: audit.SealMissing, Batch: 1},
		},
		"events are erased a second before their time": {
			spoil: func(j *trial) { j.purge(2, noon.Add(-time.Second)) },
			want:  audit.Broken{Breach: audit.PurgedTooSoon, Batch: 2, FirstID: 3, LastID: 5, Sealed: 3},
		},
		"young events are erased, and the purge is dated when they will be old": {
			spoil: func(j *trial) { j.rejuvenate().purge(2, noon.AddDate(1, 0, 0)) },
			want:  audit.Broken{Breach: audit.PurgedTooSoon, Batch: 2, FirstID: 3, LastID: 5, Sealed: 3},
		},
		"young events are erased, and their seal aged": {
			spoil: func(j *trial) { j.rejuvenate().purge(2, noon); j.age(2) },
			want:  audit.Broken{Breach: audit.SealAltered, Batch: 2, FirstID: 3, LastID: 5, Sealed: 3},
		},
		"young events are erased, and their seal and every one before aged": {
			spoil: func(j *trial) { j.rejuvenate().purge(2, noon); j.age(1); j.age(2) },
			want:  audit.Broken{Breach: audit.SealAltered, Batch: 1, FirstID: 1, LastID: 2, Sealed: 2, Found: 2},
		},
		"young events are erased, and their seal aged with its digest": {
			spoil: func(j *trial) { j.rejuvenate().purge(2, noon); j.age(2); j.resealOne(2) },
			want:  audit.Broken{Breach: audit.LinkBroken, Batch: 3, FirstID: 6, LastID: 7, Sealed: 2},
		},
		"young events are erased, their seal aged and every one since made again, but the log kept the end": {
			spoil: func(j *trial) { j.rejuvenate().purge(2, noon); j.age(2); j.reseal(2) },
			known: []audit.Anchor{newTrial(2, 3, 2).rejuvenate().end()},
			want:  audit.Broken{Breach: audit.AnchorDiffers, Batch: 3, FirstID: 6, LastID: 7, Sealed: 2, Found: 2},
		},
		"the job does not run": {
			spoil: func(j *trial) {
				j.wait(8, noon.Add(-audit.SealingDelay))
				j.wait(9, noon.Add(-audit.SealingDelay-time.Second))
				j.wait(10, noon.Add(-24*time.Hour))
			},
			want: audit.Broken{Breach: audit.Unsealed, FirstID: 9, LastID: 10, Found: 2},
		},
	} {
		journal := newTrial(2, 3, 2)
		c.spoil(journal)
		if diff := cmp.Diff(&c.want, verify(t, journal, c.known...).Broken); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What only the log could tell is not found without it: this is why the report holds the
// end of the chain.
func TestWithoutAnAnchorARewrittenEndIsNotSeen(t *testing.T) {
	for name, spoil := range map[string]func(j *trial){
		"altered":         func(j *trial) { j.lines[3].Text = "another"; j.recount(2); j.reseal(2) },
		"erased and aged": func(j *trial) { j.purge(2, noon); j.age(2); j.reseal(2) },
	} {
		journal := newTrial(2, 3, 2).rejuvenate()
		spoil(journal)
		if broken := verify(t, journal).Broken; broken != nil {
			t.Errorf("%s: found %+v: then the anchors are not needed", name, broken)
		}
	}
}

// Whatever is done to one event of whatever journal, its batch is named.
func TestTouchingAnyEventBreaksItsBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		journal := newTrial(rapid.SliceOfN(rapid.IntRange(1, 5), 1, 6).Draw(t, "sizes")...)
		end := journal.end()
		if broken := verify(t, journal, end).Broken; broken != nil {
			t.Fatalf("intact, and broken: %+v", broken)
		}
		i := rapid.IntRange(0, len(journal.lines)-1).Draw(t, "event")
		touched := journal.lines[i]
		switch rapid.SampledFrom([]string{"alter", "remove", "double", "free"}).Draw(t, "act") {
		case "alter":
			journal.lines[i].Text += rapid.StringN(1, 3, -1).Draw(t, "text")
		case "remove":
			journal.lines = slices.Delete(journal.lines, i, i+1)
		case "double":
			journal.lines = slices.Insert(journal.lines, i, touched)
		case "free":
			journal.lines = slices.Delete(journal.lines, i, i+1)
			journal.wait(touched.ID, touched.At)
		}
		if broken := verify(t, journal).Broken; broken == nil || broken.Batch != touched.Batch {
			t.Fatalf("found %+v, want batch %d", broken, touched.Batch)
		}
		// With its seal rewritten, the next link breaks, or the log tells.
		journal.recount(touched.Batch)
		journal.resealOne(touched.Batch)
		if broken := verify(t, journal, end).Broken; broken == nil || broken.Batch < touched.Batch {
			t.Fatalf("rewritten with its seal: found %+v", broken)
		}
	})
}

// A journal that cannot be read to its end is not said to be whole.
func TestAReadingThatBreaksIsNoVerdict(t *testing.T) {
	journal, broken := newTrial(2, 2), errors.New("connection lost")
	journal.wait(5, noon)
	for after := range len(journal.lines) + 1 {
		lines := func(yield func(audit.Line, error) bool) {
			for _, line := range journal.lines[:after] {
				if !yield(line, nil) {
					return
				}
			}
			yield(audit.Line{}, broken)
		}
		_, err := audit.Verify(audit.Chain{Seals: journal.seals, Lines: lines}, noon)
		if !errors.Is(err, broken) {
			t.Errorf("broken after %d lines: %v", after, err)
		}
	}
}

func TestAnAnchorIsReadAsTheLogShowsIt(t *testing.T) {
	end := newTrial(1, 1).end()
	got, err := audit.ParseAnchor(" " + end.String() + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(end, got); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"", "2", "2:", ":" + end.String(), "0" + end.String()[1:], "-" + end.String(), end.String() + "00", end.String()[:10], "2:zz"} {
		if anchor, err := audit.ParseAnchor(text); err == nil {
			t.Errorf("%q was read as %s", text, anchor)
		}
	}
}
