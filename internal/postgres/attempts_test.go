package postgres_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/value"
)

// « Every method takes the session, so that an attempt is never found from another
// browser » (dossier.AttemptStore).
func TestAnotherBrowserFindsNothing(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	started := s.start(key(1), majastres, noon)
	identified := s.identify(key(2), key(3), majastres, noon)

	_, _, err := s.attempts.TakeSignIn(ctx, key(9), stateOf(started), noon)
	wantCode(t, err, "attempt.ended")
	_, err = s.attempts.FindLatestStarted(ctx, key(9), noon)
	wantCode(t, err, "attempt.ended")
	_, err = s.attempts.FindAttempt(ctx, key(9), majastres, noon)
	wantCode(t, err, "attempt.ended")
	err = s.attempts.RecordIdentified(ctx, key(9), key(10), started, noon)
	wantCode(t, err, "attempt.ended")
	_, err = s.attempts.RecordDossier(ctx, key(9), newDossier(t, identified, noon))
	wantCode(t, err, "attempt.ended")
	// A session that exists is no better than none.
	_, err = s.attempts.RecordDossier(ctx, key(1), newDossier(t, identified, noon))
	wantCode(t, err, "attempt.ended")
	err = s.attempts.RecordIdentified(ctx, key(3), key(10), started, noon)
	wantCode(t, err, "attempt.ended")
	ended, err := s.attempts.EndSession(ctx, key(9))
	if err != nil || len(ended) != 0 {
		t.Errorf("EndSession of another browser = %v, %v", ended, err)
	}
	if _, _, err := s.attempts.TakeSignIn(ctx, key(1), stateOf(started), noon); err != nil {
		t.Errorf("the others took something from the first browser: %v", err)
	}
	if _, err := s.attempts.FindAttempt(ctx, key(3), majastres, noon); err != nil {
		t.Errorf("the others took something from the second browser: %v", err)
	}
}

// « A second link for the same town replaces the first one: nothing is inherited. »
func TestASecondStartForTheSameTownReplacesTheFirst(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	first := s.start(key(1), majastres, noon)
	other := s.start(key(1), paris, noon.Add(time.Second))
	second := s.start(key(1), majastres, noon.Add(2*time.Second))

	_, _, err := s.attempts.TakeSignIn(ctx, key(1), stateOf(first), noon)
	wantCode(t, err, "attempt.ended")
	for _, kept := range []dossier.SealedAttempt{other, second} {
		found, nonce, err := s.attempts.TakeSignIn(ctx, key(1), stateOf(kept), noon)
		if err != nil || found.ID != kept.ID || nonce != "nonce" {
			t.Errorf("TakeSignIn of the attempt for %s = %s, %q, %v; want %s", kept.Siret, found.ID, nonce, err, kept.ID)
		}
	}
	if n := s.count(`SELECT count(*) FROM citizen_sessions`); n != 1 {
		t.Errorf("%d sessions for one browser", n)
	}
}

// Two tabs that start at the same moment leave one attempt.
func TestConcurrentStartsForOneTownLeaveOneAttempt(t *testing.T) {
	s := setScene(t)
	atOnce(10, func(int) { s.start(key(1), majastres, noon) })
	if n := s.count(`SELECT count(*) FROM attempts`); n != 1 {
		t.Errorf("%d attempts of one browser for one town", n)
	}
}

// « TakeSignIn consumes the state: a second call finds nothing », at whatever moment.
func TestASignInIsTakenOnce(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	for range 20 {
		attempt := s.start(key(1), majastres, noon)
		var taken atomic.Int64
		atOnce(8, func(int) {
			_, _, err := s.attempts.TakeSignIn(ctx, key(1), stateOf(attempt), noon)
			if err == nil {
				taken.Add(1)
				return
			}
			wantCode(t, err, "attempt.ended")
		})
		if taken.Load() != 1 {
			t.Fatalf("one state was taken %d times", taken.Load())
		}
	}
}

// « 30 min at FranceConnect, 15 min idle from the callback on, 1 h absolute »
// (SETTLED.md, time).
func TestAnAttemptLivesNoLongerThanItsLimits(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	find := func(session dossier.SessionKey, at time.Time) error {
		_, err := s.attempts.FindAttempt(ctx, session, majastres, at)
		return err
	}

	started := s.start(key(1), majastres, noon)
	if err := find(key(1), noon.Add(29*time.Minute)); err != nil {
		t.Errorf("29 minutes at FranceConnect: %v", err)
	}
	late := noon.Add(30 * time.Minute)
	wantCode(t, find(key(1), late), "attempt.ended")
	_, _, err := s.attempts.TakeSignIn(ctx, key(1), stateOf(started), late)
	wantCode(t, err, "attempt.ended")
	// The town is still known, to say whom to ask.
	if found, err := s.attempts.FindLatestStarted(ctx, key(1), late); err != nil || found.ID != started.ID {
		t.Errorf("FindLatestStarted = %s, %v", found.ID, err)
	}
	if _, _, err := s.attempts.TakeSignIn(ctx, key(1), stateOf(started), late.Add(-time.Second)); err != nil {
		t.Errorf("back from FranceConnect in the last second: %v", err)
	}

	// The callback comes after 20 minutes; the idle limit counts from there.
	reviewed := s.start(key(2), majastres, noon)
	callback := noon.Add(20 * time.Minute)
	if err := s.attempts.RecordIdentified(ctx, key(2), key(3), reviewed, callback); err != nil {
		t.Fatal(err)
	}
	if err := find(key(3), callback.Add(14*time.Minute)); err != nil {
		t.Errorf("14 minutes after the callback: %v", err)
	}
	if err := find(key(3), callback.Add(28*time.Minute)); err != nil {
		t.Errorf("14 minutes after the last request: %v", err)
	}
	wantCode(t, find(key(3), callback.Add(28*time.Minute+15*time.Minute)), "attempt.ended")

	// However busy, an attempt ends after an hour.
	s.identify(key(4), key(5), majastres, noon)
	for at := noon; at.Before(noon.Add(time.Hour)); at = at.Add(10 * time.Minute) {
		if err := find(key(5), at); err != nil {
			t.Errorf("busy citizen at %s: %v", at.Format("15:04"), err)
		}
	}
	wantCode(t, find(key(5), noon.Add(time.Hour)), "attempt.ended")
}

// « gives the session its new key, and erases the session's other signed-in attempts: a
// browser holds one person at most »; those that only started hold nobody.
func TestASignInRenewsTheKeyAndForgetsThePersonBefore(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.open("21280363900013", "Saint-Prest", "28358")
	s.identify(key(1), key(2), paris, noon)
	s.start(key(2), "21280363900013", noon)
	second := s.identify(key(2), key(3), majastres, noon.Add(time.Minute))
	at := noon.Add(time.Minute)

	found, err := s.attempts.FindAttempt(ctx, key(3), majastres, at)
	if err != nil {
		t.Fatal(err)
	}
	want := dossier.SealedAttempt{ID: second.ID, Siret: majastres, Step: dossier.StepIdentified, CreatedAt: at, Sealed: []byte("identified")}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	_, err = s.attempts.FindAttempt(ctx, key(3), paris, at)
	wantCode(t, err, "attempt.ended")
	if _, err := s.attempts.FindAttempt(ctx, key(3), "21280363900013", at); err != nil {
		t.Errorf("an attempt that only started went with the person before: %v", err)
	}
	for _, old := range []dossier.SessionKey{key(1), key(2)} {
		_, err := s.attempts.FindAttempt(ctx, old, majastres, at)
		wantCode(t, err, "attempt.ended")
	}
	err = s.attempts.RecordIdentified(ctx, key(3), key(4), second, at)
	wantCode(t, err, "attempt.ended") // nobody signs in twice in one attempt
	if _, err := s.attempts.FindAttempt(ctx, key(3), majastres, at); err != nil {
		t.Errorf("a refused sign-in changed the key: %v", err)
	}
}

// « 50 parallel identical POST → one id » (users-reliability-security.md, R11).
func TestFiftyPostsOfOneAttemptGiveOneDossier(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	attempt := s.identify(key(1), key(1), majastres, noon)
	given := make([]value.Reference, 50)
	atOnce(len(given), func(i int) {
		var err error
		if given[i], err = s.attempts.RecordDossier(ctx, key(1), newDossier(t, attempt, noon)); err != nil {
			t.Error(err)
		}
	})
	for _, reference := range given {
		if reference != given[0] {
			t.Fatalf("references %s and %s for one attempt", given[0], reference)
		}
	}
	for _, table := range []string{"dossiers", "dossier_payloads", "outbox", "dossier_events"} {
		if n := s.count(`SELECT count(*) FROM ` + table); n != 1 {
			t.Errorf("%d rows in %s for one attempt", n, table)
		}
	}
	orders, err := s.outbox.Claim(ctx, 10, time.Minute, noon)
	if err != nil || len(orders) != 1 || orders[0].Kind != outbox.DeliverDossier {
		t.Fatalf("orders = %v, %v", orders, err)
	}
	left, err := s.attempts.FindAttempt(ctx, key(1), majastres, noon)
	if err != nil || left.Step != dossier.StepSent || left.Reference != given[0] || string(left.Sealed) != "left" {
		t.Errorf("what is left of the attempt = %+v, %v", left, err)
	}
}

// A logout and a transmission at the same moment: either the dossier is recorded whole or
// nothing is, never half of it.
func TestALogoutDuringATransmissionLeavesAWholeDossierOrNone(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	recorded := 0
	for i := range 20 {
		session := key(byte(i + 1))
		attempt := s.identify(session, session, majastres, noon)
		var transmitted error
		atOnce(2, func(i int) {
			if i == 0 {
				_, transmitted = s.attempts.RecordDossier(ctx, session, newDossier(t, attempt, noon))
				return
			}
			if _, err := s.attempts.EndSession(ctx, session); err != nil {
				t.Error(err)
			}
		})
		if transmitted == nil {
			recorded++
			continue
		}
		wantCode(t, transmitted, "attempt.ended")
	}
	for _, table := range []string{"dossiers", "dossier_payloads", "outbox"} {
		if n := s.count(`SELECT count(*) FROM ` + table); n != recorded {
			t.Errorf("%d rows in %s for %d dossiers", n, table, recorded)
		}
	}
	if n := s.count(`SELECT count(*) FROM attempts`); n != 0 {
		t.Errorf("%d attempts outlived their session", n)
	}
}

// EndSession « erases the session and its attempts, and returns them, the one seen last
// first »: one that led to no quotient may hold what ends the sign-in too.
func TestEndingASessionErasesItAndTellsWhoWasSignedIn(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.start(key(1), paris, noon)
	signedIn := s.identify(key(1), key(2), majastres, noon.Add(time.Minute))
	ended, err := s.attempts.EndSession(ctx, key(2))
	if err != nil || len(ended) != 2 || ended[0].ID != signedIn.ID || string(ended[0].Sealed) != "identified" {
		t.Errorf("EndSession = %+v, %v", ended, err)
	}
	if n := s.count(`SELECT (SELECT count(*) FROM attempts) + (SELECT count(*) FROM citizen_sessions)`); n != 0 {
		t.Errorf("%d rows left of the session", n)
	}
	if ended, err := s.attempts.EndSession(ctx, key(2)); err != nil || len(ended) != 0 {
		t.Errorf("a second logout = %v, %v", ended, err)
	}
}

// « finds the session's newest attempt that waits for a sign-in »
func TestTheLatestStartedAttemptIsTheNewest(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.start(key(1), majastres, noon)
	newest := s.start(key(1), paris, noon.Add(time.Minute))
	found, err := s.attempts.FindLatestStarted(ctx, key(1), noon.Add(2*time.Minute))
	if err != nil || found.ID != newest.ID {
		t.Errorf("FindLatestStarted = %s, %v; want %s", found.ID, err, newest.ID)
	}
}
