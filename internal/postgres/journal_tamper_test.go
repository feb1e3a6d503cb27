package postgres_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
)

// threeBatches is a journal of events 1 to 12, four to a batch.
func threeBatches(t *testing.T) *scene {
	t.Helper()
	return threeBatchesOf(t, noon)
}

// threeBatchesOf is the same of another time.
func threeBatchesOf(t *testing.T, at time.Time) *scene {
	t.Helper()
	s := setScene(t)
	for range 3 {
		for _, id := range []string{"a", "b", "c", "d"} {
			s.tell(did(camille, audit.RoleGranted, account(id), at))
		}
		s.seal()
	}
	return s
}

// reseal makes seals again, as somebody would who has the owner's rights and knows how they
// are made: from the events where there are some, and on the digest of the seal before.
func (s *scene) reseal(batches ...int) {
	s.t.Helper()
	for _, batch := range batches {
		s.run(recount, batch)
		s.run(`UPDATE audit_seals s SET previous = p.digest FROM audit_seals p WHERE s.batch = $1 AND p.batch = $1 - 1`, batch)
		s.run(`UPDATE audit_seals s SET digest = audit_digest(s) WHERE batch = $1`, batch)
	}
}

const (
	recount = `
		UPDATE audit_seals s SET lines_digest = audit_lines_digest(s.batch), events = e.events
		FROM (SELECT count(*) AS events FROM audit_events WHERE batch = $1) e WHERE s.batch = $1 AND e.events > 0`
	// erase and age, together, make a batch look like one that went in its time.
	erase = `
		WITH gone AS (DELETE FROM audit_events WHERE batch = $1)
		UPDATE audit_seals SET events_purged_at = now() WHERE batch = $1`
	age = `UPDATE audit_seals SET sealed_at = now() - interval '6 years' WHERE batch = $1`
)

// « names the first broken link » (issue 3): whoever writes in the tables behind the
// portal's back, with the owner's rights, is seen.
func TestWhatIsDoneBehindThePortalsBackIsNamed(t *testing.T) {
	second := func(breach audit.Breach, found int) audit.Broken {
		return audit.Broken{Breach: breach, Batch: 2, FirstID: 5, LastID: 8, Sealed: 4, Found: found}
	}
	for name, c := range map[string]struct {
		spoil func(s *scene)
		want  audit.Broken
	}{
		"altered": {func(s *scene) { s.run(`UPDATE audit_events SET author = 'Personne' WHERE id = 6`) }, second(audit.EventsAltered, 4)},
		"removed": {func(s *scene) { s.run(`DELETE FROM audit_events WHERE id = 6`) }, second(audit.EventsMissing, 3)},
		"removed and replaced": {func(s *scene) {
			s.run(`UPDATE audit_events SET batch = 2 WHERE id = 9`)
			s.run(`DELETE FROM audit_events WHERE id = 6`)
		}, audit.Broken{Breach: audit.EventsAltered, Batch: 2, FirstID: 5, LastID: 9, Sealed: 4, Found: 4}},
		"taken out of its batch": {func(s *scene) { s.run(`UPDATE audit_events SET batch = NULL WHERE id = 6`) }, second(audit.EventsMissing, 3)},
		"moved to another batch": {func(s *scene) { s.run(`UPDATE audit_events SET batch = 3 WHERE id = 6`) }, second(audit.EventsMissing, 3)},
		"put in": {func(s *scene) {
			s.run(`INSERT INTO audit_events (id, at, author_id, author, role, act, object_kind, object_id, object, batch)
				OVERRIDING SYSTEM VALUE VALUES (1000, now(), '', '', '', '', '', '', '', 2)`)
		}, audit.Broken{Breach: audit.EventsAdded, Batch: 2, FirstID: 5, LastID: 1000, Sealed: 4, Found: 5}},
		"put in and out of any batch": {func(s *scene) {
			s.run(`INSERT INTO audit_events (id, at, author_id, author, role, act, object_kind, object_id, object, batch)
				OVERRIDING SYSTEM VALUE VALUES (1000, now(), '', '', '', '', '', '', '', 7)`)
		}, audit.Broken{Breach: audit.SealMissing, Batch: 7, FirstID: 1000, LastID: 1000, Found: 1}},
		"swapped in a batch": {func(s *scene) {
			s.run(`ALTER TABLE audit_events ALTER COLUMN id DROP IDENTITY`)
			s.run(`UPDATE audit_events SET id = CASE id WHEN 5 THEN -6 ELSE -5 END WHERE id IN (5, 6)`)
			s.run(`UPDATE audit_events SET id = -id WHERE id < 0`)
		}, second(audit.EventsAltered, 4)},
		"swapped between batches": {func(s *scene) {
			s.run(`UPDATE audit_events SET batch = CASE id WHEN 6 THEN 3 ELSE 2 END WHERE id IN (6, 10)`)
		}, audit.Broken{Breach: audit.EventsAltered, Batch: 2, FirstID: 5, LastID: 10, Sealed: 4, Found: 4}},
		"rewritten with its seal": {func(s *scene) {
			s.run(`UPDATE audit_events SET author = 'Personne' WHERE id = 6`)
			s.reseal(2)
		}, audit.Broken{Breach: audit.LinkBroken, Batch: 3, FirstID: 9, LastID: 12, Sealed: 4}},
		"removed with its count and its seal": {func(s *scene) {
			s.run(`DELETE FROM audit_events WHERE id = 6`)
			s.reseal(2)
		}, audit.Broken{Breach: audit.LinkBroken, Batch: 3, FirstID: 9, LastID: 12, Sealed: 4}},
		"a digest altered": {func(s *scene) { s.run(`UPDATE audit_seals SET digest = sha256('') WHERE batch = 2`) }, second(audit.SealAltered, 4)},
		"altered with the digest of the lines": {func(s *scene) {
			s.run(`UPDATE audit_events SET author = 'Personne' WHERE id = 6`)
			s.run(recount, 2)
		}, second(audit.SealAltered, 4)},
		"a seal removed": {func(s *scene) { s.run(`DELETE FROM audit_seals WHERE batch = 2`) }, audit.Broken{Breach: audit.SealMissing, Batch: 2}},
		"a batch removed": {func(s *scene) {
			s.run(`DELETE FROM audit_seals WHERE batch = 2`)
			s.run(`DELETE FROM audit_events WHERE batch = 2`)
			s.run(`UPDATE audit_seals SET batch = 2 WHERE batch = 3`)
			s.run(`UPDATE audit_events SET batch = 2 WHERE batch = 3`)
		}, audit.Broken{Breach: audit.LinkBroken, Batch: 2, FirstID: 9, LastID: 12, Sealed: 4}},
		"the last seal removed": {func(s *scene) { s.run(`DELETE FROM audit_seals WHERE batch = 3`) },
			audit.Broken{Breach: audit.SealMissing, Batch: 3, FirstID: 9, LastID: 9, Found: 1}},
		"the last seal removed, and the sealing goes on": {func(s *scene) {
			s.run(`DELETE FROM audit_seals WHERE batch = 3`)
			s.tell(did(camille, audit.RoleGranted, account("e"), noon))
			s.seal()
		}, audit.Broken{Breach: audit.SealMissing, Batch: 3}},
		"erased as if its time had passed": {func(s *scene) { s.run(erase, 2) }, second(audit.PurgedTooSoon, 0)},
		"erased, on a day when its time will have passed": {func(s *scene) {
			s.run(erase, 2)
			s.run(`UPDATE audit_seals SET events_purged_at = now() + interval '6 years' WHERE batch = 2`)
		}, second(audit.PurgedTooSoon, 0)},
		"erased, and its seal aged": {func(s *scene) {
			s.run(erase, 2)
			s.run(age, 2)
		}, second(audit.SealAltered, 0)},
		"erased, and its seal and every one before aged": {func(s *scene) {
			s.run(erase, 2)
			s.run(age, 2)
			s.run(age, 1)
		}, audit.Broken{Breach: audit.SealAltered, Batch: 1, FirstID: 1, LastID: 4, Sealed: 4, Found: 4}},
		"erased, and its seal aged with its digest": {func(s *scene) {
			s.run(erase, 2)
			s.run(age, 2)
			s.reseal(2)
		}, audit.Broken{Breach: audit.LinkBroken, Batch: 3, FirstID: 9, LastID: 12, Sealed: 4}},
	} {
		s := threeBatches(t)
		s.wantIntact()
		c.spoil(s)
		if diff := cmp.Diff(&c.want, s.verifyAt(time.Now()).Broken); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Every column that tells something is under the seal.
func TestNoColumnOfAnEventIsOutsideTheSeal(t *testing.T) {
	s := threeBatches(t)
	for _, column := range []string{"author_id", "author", "role", "act", "object_kind", "object_id", "object", "organisation", "detail", "request_id"} {
		s.run(`UPDATE audit_events SET ` + column + ` = ` + column + ` || '.' WHERE id = 6`)
		if broken := s.verify().Broken; broken == nil || broken.Batch != 2 {
			t.Errorf("%s: %+v", column, broken)
		}
		s.run(`UPDATE audit_events SET ` + column + ` = rtrim(` + column + `, '.') WHERE id = 6`)
		s.wantIntact()
	}
	s.run(`UPDATE audit_events SET at = at + interval '1 microsecond' WHERE id = 6`)
	if broken := s.verify().Broken; broken == nil || broken.Batch != 2 {
		t.Errorf("at: %+v", broken)
	}
}

// What only a digest kept elsewhere can tell: the end of the chain rewritten with all its
// seals, or cut off.
func TestTheLogTellsOfAnEndThatWasRewrittenOrCutOff(t *testing.T) {
	s := threeBatches(t)
	end := s.wantIntact().End
	s.run(`UPDATE audit_events SET author = 'Personne' WHERE id = 6`)
	s.reseal(2, 3)
	s.wantIntact()
	if broken := s.verify(end).Broken; broken == nil || broken.Breach != audit.AnchorDiffers || broken.Batch != 3 {
		t.Errorf("rewritten: %+v", broken)
	}
	s.run(`DELETE FROM audit_events WHERE batch = 3`)
	s.run(`DELETE FROM audit_seals WHERE batch = 3`)
	s.wantIntact()
	if broken := s.verify(end).Broken; broken == nil || broken.Breach != audit.SealMissing || broken.Batch != 3 {
		t.Errorf("cut off: %+v", broken)
	}
}

// The same of events erased before their time, whose seal was aged: even with every digest
// made again, what the log kept tells, of that batch as of any after.
func TestTheLogTellsOfYoungEventsErasedAsOld(t *testing.T) {
	s := threeBatches(t)
	known := s.anchors()
	s.run(erase, 2)
	s.run(age, 2)
	if broken := s.verifyAt(time.Now(), known...).Broken; broken == nil || broken.Breach != audit.SealAltered || broken.Batch != 2 {
		t.Errorf("aged: %+v", broken)
	}
	s.reseal(2, 3)
	if verdict := s.verifyAt(time.Now()); verdict.Broken != nil || verdict.Purged != 1 {
		t.Errorf("found %+v: then the anchors are not needed", verdict)
	}
	for _, anchor := range known[1:] {
		broken := s.verifyAt(time.Now(), anchor).Broken
		if broken == nil || broken.Breach != audit.AnchorDiffers || broken.Batch != anchor.Batch {
			t.Errorf("aged, and every seal since made again, beside %s: %+v", anchor, broken)
		}
	}
}

// Every column of a seal is under its digest but the moment of the purge, with its events
// and without.
func TestNoColumnOfASealIsOutsideItsDigest(t *testing.T) {
	s := threeBatchesOf(t, noon.AddDate(-10, 0, 0))
	s.ago("6 years", 1, 2)
	spoiled := map[string]string{
		"first_id": "first_id + 1", "last_id": "last_id + 1", "events": "events + 1", "sealed_at": "sealed_at - interval '1 microsecond'",
		"lines_digest": "sha256('')", "digest": "sha256('')", "previous": "sha256('')",
	}
	known := slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(spoiled)), "batch", "events_purged_at")))
	if diff := cmp.Diff(known, slices.Sorted(slices.Values(s.columns("audit_seals")))); diff != "" {
		t.Errorf("add the new column to audit_digest, for new seals only: %s", diff)
	}
	for _, purge := range []bool{false, true} {
		if purge {
			s.purgeJournal(audit.PurgeCount{Batches: 2, Events: 8})
		}
		s.run(`CREATE TABLE kept AS TABLE audit_seals`)
		for column, value := range spoiled {
			s.run(`UPDATE audit_seals SET ` + column + ` = ` + value + ` WHERE batch = 2`)
			want := audit.SealAltered
			if column == "previous" {
				want = audit.LinkBroken
			}
			if broken := s.verifyAt(time.Now()).Broken; broken == nil || broken.Batch != 2 || broken.Breach != want {
				t.Errorf("%s, purged %t: %+v", column, purge, broken)
			}
			s.run(`UPDATE audit_seals s SET ` + column + ` = kept.` + column + ` FROM kept WHERE kept.batch = s.batch`)
			if broken := s.verifyAt(time.Now()).Broken; broken != nil {
				t.Fatalf("%s put back: %+v", column, broken)
			}
		}
		s.run(`DROP TABLE kept`)
	}
}

// « events unsealed for more than N hours »: the job does not run, which is how a journal
// is rewritten at leisure.
func TestEventsThatWaitTooLongForTheirSealAreNamed(t *testing.T) {
	s, ctx := threeBatches(t), context.Background()
	s.tell(did(camille, audit.RoleGranted, account("e"), noon))
	for _, step := range []struct {
		after  time.Duration
		broken *audit.Broken
	}{
		{audit.SealingDelay, nil},
		{audit.SealingDelay + time.Second, &audit.Broken{Breach: audit.Unsealed, FirstID: 13, LastID: 13, Found: 1}},
	} {
		verdict, err := s.journal(noon.Add(step.after)).Verify(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.broken, verdict.Broken); diff != "" || verdict.Waiting != 1 {
			t.Errorf("after %s, %d waiting: %s", step.after, verdict.Waiting, diff)
		}
	}
}
