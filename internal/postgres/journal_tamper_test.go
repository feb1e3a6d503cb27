package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
)

// threeBatches is a journal of events 1 to 12, four to a batch.
func threeBatches(t *testing.T) *scene {
	t.Helper()
	s := setScene(t)
	for range 3 {
		for _, id := range []string{"a", "b", "c", "d"} {
			s.tell(did(camille, audit.RoleGranted, account(id), noon))
		}
		s.seal()
	}
	return s
}

// Two statements of somebody who has the owner's rights and knows how seals are made.
const (
	reseal = `UPDATE audit_seals s SET digest = audit_digest(batch, previous),
		events = (SELECT count(*) FROM audit_events e WHERE e.batch = s.batch) WHERE batch = $1`
	relink = `UPDATE audit_seals s SET previous = (SELECT digest FROM audit_seals p WHERE p.batch = s.batch - 1) WHERE batch = $1`
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
			s.run(reseal, 2)
		}, audit.Broken{Breach: audit.LinkBroken, Batch: 3, FirstID: 9, LastID: 12, Sealed: 4}},
		"removed with its count and its seal": {func(s *scene) {
			s.run(`DELETE FROM audit_events WHERE id = 6`)
			s.run(reseal, 2)
		}, audit.Broken{Breach: audit.LinkBroken, Batch: 3, FirstID: 9, LastID: 12, Sealed: 4}},
		"a digest altered": {func(s *scene) { s.run(`UPDATE audit_seals SET digest = sha256('') WHERE batch = 2`) }, second(audit.EventsAltered, 4)},
		"a seal removed":   {func(s *scene) { s.run(`DELETE FROM audit_seals WHERE batch = 2`) }, audit.Broken{Breach: audit.SealMissing, Batch: 2}},
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
		"erased as if its time had passed": {func(s *scene) {
			s.run(`DELETE FROM audit_events WHERE batch = 2`)
			s.run(`UPDATE audit_seals SET events_purged_at = now() WHERE batch = 2`)
		}, second(audit.PurgedTooSoon, 0)},
	} {
		s := threeBatches(t)
		s.wantIntact()
		c.spoil(s)
		if diff := cmp.Diff(&c.want, s.verify().Broken); diff != "" {
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
	s.run(reseal, 2)
	s.run(relink, 3)
	s.run(reseal, 3)
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
