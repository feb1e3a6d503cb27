package dossier_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres/pgtest"
)

// « FranceConnect → QF fetched within the callback → review in plain words → « Transmettre
// à {commune} » → identifier » (PRODUCT.md 3.6)
func TestACitizenTransmitsIdentityAndQuotient(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	cookie := s.signIn("", arrival(majastres, "famille 12"), "angela")
	reviewed := s.review(cookie, majastres)
	held := reviewed.Attempt.Held
	if diff := cmp.Diff(s.provider.people["angela"], held.Identity); diff != "" {
		t.Errorf("identity to review: %s", diff)
	}
	if held.Quotient.Value == nil || *held.Quotient.Value != 1234 || len(held.Quotient.Holders) != 1 {
		t.Errorf("quotient to review: %+v", held.Quotient)
	}
	if diff := cmp.Diff([]string{"access of angela for " + majastres.String()}, s.fund.asked); diff != "" {
		t.Errorf("asked of API Particulier: %s", diff)
	}
	reference := s.transmit(cookie, majastres)
	if _, err := value.ParseReference(reference.String()); err != nil {
		t.Errorf("reference %q: %v", reference, err)
	}
	if given := s.orders(); len(given["dossier.deliver"]) != 1 {
		t.Errorf("orders %v", given)
	}
	// « erased on transmission » (PRODUCT.md §6): only what the page still needs is left.
	after := s.review(cookie, majastres)
	want := dossier.Held{Arrival: dossier.Arrival{Siret: majastres}, IDToken: "id token of angela"}
	if diff := cmp.Diff(want.Arrival, after.Attempt.Held.Arrival); diff != "" || after.Attempt.Held.Identity.Subject != "" || after.Attempt.Held.Quotient.Value != nil {
		t.Errorf("left after the transmission: %+v", after.Attempt.Held)
	}
	if after.Attempt.Reference != reference || after.Attempt.Step != dossier.StepSent {
		t.Errorf("attempt %+v", after.Attempt)
	}
	_, err := s.journey.Find(ctx, "another browser", majastres)
	wantCode(t, err, "attempt.ended")
	_, err = s.journey.Find(ctx, "", majastres)
	wantCode(t, err, "attempt.ended")
}

// What a dossier holds is what was reviewed, to the letter, once it has been sealed, stored
// and opened again.
func TestWhatIsDeliveredIsWhatWasReviewed(t *testing.T) {
	db := pgtest.Open(t)
	for _, citizen := range []string{"angela", "jean"} {
		for name, externalID := range map[string]*string{"none": nil, "one": pointer("é\u00a0<&>\"' 😀 0012")} {
			t.Run(citizen+", external id "+name, func(t *testing.T) {
				s := setSceneOn(t, db)
				cookie := s.signIn("", dossier.Arrival{Siret: majastres, ExternalID: externalID}, citizen)
				reviewed := s.review(cookie, majastres)
				shipment := s.shipment(s.transmit(cookie, majastres))
				if err := s.deliver(shipment); err != nil {
					t.Fatal(err)
				}
				want := dossier.Content{
					Reference: shipment.Reference, Collectivity: "Majastres (04)", RecordedAt: noon, ExternalID: externalID,
					Identity: s.provider.people[citizen], Quotient: reviewed.Attempt.Held.Quotient,
				}
				want.Identity.Subject = "" // « never leaves the attempt »
				if diff := cmp.Diff([]dossier.Content{want}, s.printer.drawn, sameObject); diff != "" {
					t.Errorf("drawn: %s", diff)
				}
				completed := s.hub.completed(shipment.Reference)
				if len(completed) != 1 {
					t.Fatalf("%d completed folders", len(completed))
				}
				files, err := dossier.Files(want, &printer{})
				if err != nil {
					t.Fatal(err)
				}
				for _, file := range files {
					if diff := cmp.Diff(string(file.Bytes), string(completed[0].bytes[file.Name])); diff != "" {
						t.Errorf("%s as deposited: %s", file.Name, diff)
					}
				}
				request := completed[0].request
				if request.LastName != want.Identity.FamilyName || request.FirstNames != want.Identity.GivenName ||
					request.Recipient != (dossier.Recipient{Siret: majastres, COG: "04107"}) {
					t.Errorf("folder for %+v", request)
				}
			})
		}
	}
}

func pointer(text string) *string { return &text }

var sameObject = cmp.Comparer(func(a, b dossier.Object) bool {
	left, errLeft := a.MarshalJSON()
	right, errRight := b.MarshalJSON()
	return errLeft == nil && errRight == nil && string(left) == string(right)
})

// « The attempt is open even when the error is signin.unavailable, so that trying again
// loses nothing. »
func TestStartingWhileFranceConnectIsDownKeepsTheArrival(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.provider.isDown = true
	started, err := s.journey.Start(ctx, "", arrival(majastres, "famille 12"))
	wantCode(t, err, "signin.unavailable")
	if started.Session == "" || started.AuthorizeURL != "" {
		t.Errorf("Start = %+v", started)
	}
	attempt, err := s.journey.Find(ctx, started.Session, majastres)
	if err != nil || attempt.Step != dossier.StepStarted || attempt.Held.Arrival.ExternalID == nil || *attempt.Held.Arrival.ExternalID != "famille 12" {
		t.Errorf("kept: %+v, %v", attempt, err)
	}
	s.provider.isDown = false
	cookie := s.signIn(started.Session, attempt.Held.Arrival, "angela")
	if got := s.review(cookie, majastres).Attempt.Held.Arrival.ExternalID; got == nil || *got != "famille 12" {
		t.Error("trying again lost the arrival")
	}
}

func TestOnlyAnOpenFormIsStarted(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	_, err := s.journey.Start(ctx, "", dossier.Arrival{Siret: "13002526500013"})
	wantCode(t, err, "collectivity.unknown")
	for _, form := range []directory.FormState{directory.FormSoon, directory.FormClosed} {
		s.setForm(majastres, "Majastres", "04107", form)
		_, err := s.journey.Start(ctx, "", dossier.Arrival{Siret: majastres})
		wantCode(t, err, "collectivity.closed")
	}
}

// state and nonce are « at least 32 alphanumeric characters each » and never the same.
func TestEachSignInHasItsOwnStateAndNonce(t *testing.T) {
	s := setScene(t)
	seen := map[string]bool{}
	for range 20 {
		cookie, _ := s.start("", dossier.Arrival{Siret: majastres})
		if len(cookie) < 43 || seen[string(cookie)] {
			t.Errorf("cookie %q", cookie)
		}
		seen[string(cookie)] = true
	}
	for state, nonce := range s.provider.nonces {
		for _, text := range []string{state, nonce} {
			alphanumeric := strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
			if len(text) < 32 || !alphanumeric || seen[text] {
				t.Errorf("text for FranceConnect %q", text)
			}
			seen[text] = true
		}
	}
}

// « a page for each cause of failure » (PRODUCT.md 3.6): whatever fails, the town is known
// and the attempt may be started again with what its link brought.
func TestASignInThatFailsLeavesAStartedAttempt(t *testing.T) {
	db := pgtest.Open(t)
	tests := []struct {
		name  string
		spoil func(s *scene)
		code  string
	}{
		{"cancelled", func(s *scene) { s.provider.failure = fault.New(fault.Conflict, "signin.cancelled") }, "signin.cancelled"},
		{"expired", func(s *scene) { s.provider.failure = fault.New(fault.Conflict, "signin.expired") }, "signin.expired"},
		{"refused", func(s *scene) { s.provider.failure = fault.New(fault.Invalid, "signin.refused") }, "signin.refused"},
		{"provider down", func(s *scene) { s.provider.failure = fault.New(fault.Unavailable, "signin.unavailable") }, "signin.unavailable"},
		{"no quotient", func(s *scene) { s.fund.failure = fault.New(fault.NotFound, "quotient.not_found") }, "quotient.not_found"},
		{"fund down", func(s *scene) {
			s.fund.failure = fault.Because(fault.Unavailable, "quotient.unavailable", errors.New("503"))
		}, "quotient.unavailable"},
		{"form closed meanwhile", func(s *scene) { s.closeForm() }, "collectivity.closed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, ctx := setSceneOn(t, db), context.Background()
			cookie, state := s.start("", arrival(majastres, "famille 12"))
			test.spoil(s)
			answer := dossier.SignInAnswer{Code: "angela", State: state}
			arrived, err := s.journey.SignIn(ctx, cookie, answer)
			wantCode(t, err, test.code)
			if arrived.Siret != majastres || arrived.Session != "" {
				t.Errorf("arrived %+v", arrived)
			}
			attempt, err := s.journey.Find(ctx, cookie, majastres)
			if err != nil || attempt.Step != dossier.StepStarted || attempt.Held.Identity.Subject != "" || attempt.Held.Arrival.ExternalID == nil {
				t.Errorf("left: %+v, %v", attempt, err)
			}
			_, err = s.journey.Review(ctx, cookie, majastres)
			wantCode(t, err, "attempt.ended")
			// Going back in the browser replays the answer: it is used up.
			s.provider.failure, s.fund.failure = nil, nil
			_, err = s.journey.SignIn(ctx, cookie, answer)
			wantCode(t, err, "attempt.ended")
		})
	}
}

// « FranceConnect may send an aborted sign-in back without its state: the citizen is told
// so for the attempt in hand, which stays as it is, since anybody can forge such an
// address. »
func TestACancellationWithoutStateConsumesNothing(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	cookie, state := s.start("", arrival(majastres, "famille 12"))
	for _, forged := range []string{"", "unknown"} {
		arrived, err := s.journey.SignIn(ctx, cookie, dossier.SignInAnswer{Error: "access_denied", State: forged})
		wantCode(t, err, "signin.cancelled")
		if arrived.Siret != majastres {
			t.Errorf("arrived %+v", arrived)
		}
	}
	_, err := s.journey.SignIn(ctx, "another browser", dossier.SignInAnswer{Error: "access_denied"})
	wantCode(t, err, "attempt.ended")
	_, err = s.journey.SignIn(ctx, cookie, dossier.SignInAnswer{Code: "angela", State: "unknown"})
	wantCode(t, err, "attempt.ended")
	arrived, err := s.journey.SignIn(ctx, cookie, dossier.SignInAnswer{Code: "angela", State: state})
	if err != nil || arrived.Siret != majastres {
		t.Errorf("the sign-in under way was consumed: %+v, %v", arrived, err)
	}
}

// The answer of FranceConnect is worth something in the browser that asked for it alone.
func TestAnAnswerIsOfNoUseInAnotherBrowser(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	_, state := s.start("", dossier.Arrival{Siret: majastres})
	other, _ := s.start("", dossier.Arrival{Siret: majastres})
	for _, cookie := range []dossier.Token{other, "made up", ""} {
		_, err := s.journey.SignIn(ctx, cookie, dossier.SignInAnswer{Code: "jean", State: state})
		wantCode(t, err, "attempt.ended")
	}
}

// « a browser holds one person at most »: whoever comes second on a shared computer finds
// nothing of the first, neither identity nor external_id nor dossier.
func TestASecondPersonOnTheSameBrowserInheritsNothing(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	first := s.signIn("", arrival(majastres, "famille of angela"), "angela")
	read := s.review(first, majastres).Attempt.ID
	elsewhere := s.signIn(first, arrival(paris, "famille of angela"), "angela")
	s.review(elsewhere, paris)

	second := s.signIn(elsewhere, dossier.Arrival{Siret: majastres}, "jean")
	held := s.review(second, majastres).Attempt.Held
	if held.Identity.FamilyName != "MARTIN" || held.Arrival.ExternalID != nil {
		t.Errorf("the second person reviews %+v", held)
	}
	_, err := s.journey.Review(ctx, second, paris)
	wantCode(t, err, "attempt.ended")
	for _, old := range []dossier.Token{first, elsewhere} {
		_, err := s.journey.Review(ctx, old, majastres)
		wantCode(t, err, "attempt.ended")
	}
	// The page that Angela left open transmits nothing, not even Jean's identity.
	_, err = s.journey.Transmit(ctx, second, majastres, read)
	wantCode(t, err, "attempt.replaced")
	if given := s.orders(); len(given) != 0 {
		t.Errorf("orders %v", given)
	}
	s.transmit(second, majastres)
}

// « However often it is called, an attempt gives one dossier. »
func TestTransmittingTwiceGivesTheSameReference(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	cookie := s.signIn("", arrival(majastres, "famille 12"), "angela")
	id := s.review(cookie, majastres).Attempt.ID
	first := s.transmit(cookie, majastres)
	for range 3 {
		again, err := s.journey.Transmit(ctx, cookie, majastres, id)
		if err != nil || again != first {
			t.Errorf("transmitted again: %s, %v; want %s", again, err, first)
		}
	}
	// Even once the town has closed its form: the dossier is there.
	s.closeForm()
	if again, err := s.journey.Transmit(ctx, cookie, majastres, id); err != nil || again != first {
		t.Errorf("transmitted again to a form closed since: %s, %v", again, err)
	}
	if given := s.orders(); len(given["dossier.deliver"]) != 1 {
		t.Errorf("orders %v", given)
	}
}

func TestAFormClosedInBetweenReceivesNothing(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	cookie := s.signIn("", arrival(majastres, "famille 12"), "angela")
	id := s.review(cookie, majastres).Attempt.ID
	s.closeForm()
	_, err := s.journey.Review(ctx, cookie, majastres)
	wantCode(t, err, "collectivity.closed")
	_, err = s.journey.Transmit(ctx, cookie, majastres, id)
	wantCode(t, err, "collectivity.closed")
	if given := s.orders(); len(given) != 0 {
		t.Errorf("orders %v", given)
	}
}

// « 15 min idle from the callback on » (SETTLED.md, time)
func TestAReviewLeftAloneTransmitsNothing(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	cookie := s.signIn("", arrival(majastres, "famille 12"), "angela")
	id := s.review(cookie, majastres).Attempt.ID
	s.advance(15 * time.Minute)
	_, err := s.journey.Transmit(ctx, cookie, majastres, id)
	wantCode(t, err, "attempt.ended")
}

// « erases the session with all that it holds and returns where to send the browser so
// that FranceConnect ends its session too; "" when nobody had signed in »
func TestALogoutEndsBothSessions(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	for name, cookie := range map[string]dossier.Token{"no session": "", "unknown": "made up"} {
		if address, err := s.journey.Logout(ctx, cookie); err != nil || address != "" {
			t.Errorf("%s: %q, %v", name, address, err)
		}
	}
	started, _ := s.start("", dossier.Arrival{Siret: majastres})
	if address, err := s.journey.Logout(ctx, started); err != nil || address != "" {
		t.Errorf("nobody signed in: %q, %v", address, err)
	}
	const there = "https://fc.example/logout?id_token_hint=id token of angela&long=true"
	for _, isSent := range []bool{false, true} {
		cookie := s.signIn("", arrival(majastres, "famille 12"), "angela")
		if isSent {
			s.transmit(cookie, majastres)
		}
		if address, err := s.journey.Logout(ctx, cookie); err != nil || address != there {
			t.Errorf("after a transmission (%v): %q, %v", isSent, address, err)
		}
		_, err := s.journey.Find(ctx, cookie, majastres)
		wantCode(t, err, "attempt.ended")
	}
}
