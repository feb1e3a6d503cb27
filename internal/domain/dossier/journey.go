package dossier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/failpoint"
)

// Journey is what a citizen does, from the form to the dossier (PRODUCT.md 3.6).
type Journey struct {
	Attempts       AttemptStore
	Collectivities CollectivityFinder
	Identities     IdentityProvider
	Quotients      QuotientSource
	Vault          Vault
	Now            func() time.Time // business time
	Random         io.Reader        // crypto/rand.Reader
	NewID          func() string    // UUID
}

// Token is the value of the session cookie, "" for a browser without session.
type Token = value.Token

// Started is an attempt on its way to FranceConnect.
type Started struct {
	Session      Token
	AuthorizeURL string
}

// Start opens an attempt for a collectivity with what its link brought. The attempt is
// open even when the error is signin.unavailable, so that trying again loses nothing.
// Codes: collectivity.unknown, collectivity.closed, signin.unavailable.
func (j *Journey) Start(ctx context.Context, session Token, arrival Arrival) (Started, error) {
	c, err := j.openCollectivity(ctx, arrival.Siret)
	if err != nil {
		return Started{}, err
	}
	state, nonce := value.NewToken(), value.NewToken().Reveal()
	if session == "" {
		session = value.NewToken()
	}
	attempt := SealedAttempt{ID: j.NewID(), Siret: c.Siret, Step: StepStarted, CreatedAt: j.Now()}
	if attempt.Sealed, err = j.sealHeld(Held{Arrival: arrival}, attempt.ID); err != nil {
		return Started{}, err
	}
	if err := j.Attempts.RecordStarted(ctx, session.Hash(), attempt, state.Hash(), nonce); err != nil {
		return Started{}, fmt.Errorf("record attempt: %w", err)
	}
	if !j.Identities.Available(ctx) {
		return Started{Session: session}, fault.New(fault.Unavailable, "signin.unavailable")
	}
	return Started{Session: session, AuthorizeURL: j.Identities.AuthorizeURL(state.Reveal(), nonce)}, nil
}

// Arrived is where a sign-in led. Siret is known even when SignIn fails, unless nothing
// is known of the attempt.
type Arrived struct {
	Siret   value.Siret
	Session Token // a new one: the old cookie is worth nothing any more
}

// SignIn turns FranceConnect's answer into an attempt to review. The quotient is fetched
// at once: the access token lives one minute (identity.md §1.8).
// Codes: attempt.ended, collectivity.closed, those of IdentityProvider and QuotientSource.
func (j *Journey) SignIn(ctx context.Context, session Token, answer SignInAnswer) (Arrived, error) {
	stored, nonce, err := j.Attempts.TakeSignIn(ctx, session.Hash(), value.Token(answer.State).Hash(), j.Now())
	if fault.Is(err, "attempt.ended") {
		return j.signInWithoutState(ctx, session, answer, err)
	}
	if err != nil {
		return Arrived{}, fmt.Errorf("find attempt of the sign-in: %w", err)
	}
	arrived := Arrived{Siret: stored.Siret}
	held, err := j.openHeld(stored.Sealed, stored.ID)
	if err != nil {
		return arrived, err
	}
	signedIn, err := j.Identities.SignIn(ctx, answer, nonce)
	if err != nil {
		return arrived, fmt.Errorf("sign in: %w", err)
	}
	held.IDToken = signedIn.IDToken
	quotient, err := j.quotient(ctx, signedIn.AccessToken, stored.Siret)
	if err != nil {
		return arrived, errors.Join(err, j.keepForLogout(ctx, session, stored, held))
	}
	held.Identity, held.Quotient = signedIn.Identity, quotient
	if stored.Sealed, err = j.sealHeld(held, stored.ID); err != nil {
		return arrived, err
	}
	renewed := value.NewToken()
	if err := j.Attempts.RecordIdentified(ctx, session.Hash(), renewed.Hash(), stored, j.Now()); err != nil {
		return arrived, fmt.Errorf("record sign-in: %w", err)
	}
	arrived.Session = renewed
	return arrived, nil
}

func (j *Journey) quotient(ctx context.Context, accessToken value.Secret, siret value.Siret) (Quotient, error) {
	if _, err := j.openCollectivity(ctx, siret); err != nil {
		return Quotient{}, err
	}
	quotient, err := j.Quotients.Quotient(ctx, accessToken, siret)
	if err != nil {
		return Quotient{}, fmt.Errorf("ask for the quotient: %w", err)
	}
	return quotient, nil
}

// keepForLogout keeps of a sign-in that led to no quotient what ends it at FranceConnect:
// on a shared computer the next person would be signed in as this one.
func (j *Journey) keepForLogout(ctx context.Context, session Token, stored SealedAttempt, held Held) error {
	sealed, err := j.sealHeld(held, stored.ID)
	if err != nil {
		return err
	}
	stored.Sealed = sealed
	if err := j.Attempts.RecordUnanswered(ctx, session.Hash(), stored); err != nil {
		return fmt.Errorf("record sign-in without quotient: %w", err)
	}
	return nil
}

// signInWithoutState answers a callback whose state we do not know, or know no more: the
// citizen is told so for the town in hand, whom to ask included. FranceConnect may send
// an aborted sign-in back without its state (identity.md §1.6): the citizen is told so for
// the attempt in hand, which stays as it is, since anybody can forge such an address.
func (j *Journey) signInWithoutState(ctx context.Context, session Token, answer SignInAnswer, ended error) (Arrived, error) {
	stored, err := j.Attempts.FindLatestStarted(ctx, session.Hash(), j.Now())
	switch {
	case err != nil:
		return Arrived{}, ended
	case answer.Error == "":
		return Arrived{Siret: stored.Siret}, ended
	}
	return Arrived{Siret: stored.Siret}, fault.New(fault.Conflict, "signin.cancelled")
}

// Reviewed is an attempt with its collectivity, ready to be read or transmitted.
type Reviewed struct {
	Attempt      Attempt
	Collectivity directory.Collectivity
}

// Find returns the session's attempt for a collectivity, whatever its step.
// Code: attempt.ended.
func (j *Journey) Find(ctx context.Context, session Token, siret value.Siret) (Attempt, error) {
	if session == "" {
		return Attempt{}, fault.New(fault.NotFound, "attempt.ended")
	}
	stored, err := j.Attempts.FindAttempt(ctx, session.Hash(), siret, j.Now())
	if err != nil {
		return Attempt{}, fmt.Errorf("find attempt: %w", err)
	}
	held, err := j.openHeld(stored.Sealed, stored.ID)
	if err != nil {
		return Attempt{}, err
	}
	return Attempt{ID: stored.ID, Siret: stored.Siret, Step: stored.Step, Reference: stored.Reference, CreatedAt: stored.CreatedAt, Held: held}, nil
}

// Review returns the session's attempt for a collectivity once it is identified or sent.
// Codes: attempt.ended, collectivity.unknown, collectivity.closed.
func (j *Journey) Review(ctx context.Context, session Token, siret value.Siret) (Reviewed, error) {
	attempt, err := j.Find(ctx, session, siret)
	if err != nil {
		return Reviewed{}, err
	}
	if attempt.Step == StepStarted {
		return Reviewed{}, fault.New(fault.NotFound, "attempt.ended")
	}
	c, err := j.Collectivities.FindCollectivity(ctx, siret)
	if err != nil {
		return Reviewed{}, fmt.Errorf("find collectivity: %w", err)
	}
	if attempt.Step == StepIdentified && c.Form != directory.FormOpen {
		return Reviewed{}, fault.New(fault.Conflict, "collectivity.closed")
	}
	return Reviewed{Attempt: attempt, Collectivity: c}, nil
}

// Transmit records the dossier of a reviewed attempt. attemptID is the one that the
// citizen read: a page left open from an earlier attempt transmits nothing. However often
// it is called, an attempt gives one dossier.
// Codes: attempt.ended, attempt.replaced, collectivity.closed.
func (j *Journey) Transmit(ctx context.Context, session Token, siret value.Siret, attemptID string) (value.Reference, error) {
	reviewed, err := j.Review(ctx, session, siret)
	if err != nil {
		return "", err
	}
	failpoint.Hit("transmit: session read")
	attempt := reviewed.Attempt
	switch {
	case attempt.ID != attemptID:
		return "", fault.New(fault.Conflict, "attempt.replaced")
	case attempt.Step == StepSent:
		return attempt.Reference, nil
	}
	dossier, err := j.newDossier(attempt, reviewed.Collectivity)
	if err != nil {
		return "", err
	}
	reference, err := j.Attempts.RecordDossier(ctx, session.Hash(), dossier)
	if err != nil {
		return "", fmt.Errorf("record dossier: %w", err)
	}
	return reference, nil
}

func (j *Journey) newDossier(attempt Attempt, c directory.Collectivity) (NewDossier, error) {
	reference, err := value.NewReference(j.Random)
	if err != nil {
		return NewDossier{}, err
	}
	now := j.Now()
	identity := attempt.Held.Identity
	identity.Subject = "" // it never leaves the attempt
	plain, err := marshalContent(Content{
		Reference:    reference,
		Collectivity: c.DisplayName(),
		RecordedAt:   now,
		ExternalID:   attempt.Held.Arrival.ExternalID,
		Identity:     identity,
		Quotient:     attempt.Held.Quotient,
	})
	if err != nil {
		return NewDossier{}, err
	}
	left, err := j.sealHeld(Held{
		Arrival: Arrival{Siret: c.Siret, Return: attempt.Held.Arrival.Return},
		IDToken: attempt.Held.IDToken,
	}, attempt.ID)
	if err != nil {
		return NewDossier{}, err
	}
	key, payload := j.Vault.SealRow(plain, PayloadPlace(reference))
	return NewDossier{
		AttemptID:   attempt.ID,
		Reference:   reference,
		Recipient:   Recipient{Siret: c.Siret, COG: c.COG},
		RecordedAt:  now,
		PayloadKey:  key,
		Payload:     payload,
		AttemptLeft: left,
	}, nil
}

// Logout erases the session with all that it holds and returns where to send the browser
// so that FranceConnect ends its session too; "" when nobody had signed in.
func (j *Journey) Logout(ctx context.Context, session Token) (string, error) {
	if session == "" {
		return "", nil
	}
	ended, err := j.Attempts.EndSession(ctx, session.Hash())
	if err != nil {
		return "", fmt.Errorf("end session: %w", err)
	}
	for _, stored := range ended {
		held, err := j.openHeld(stored.Sealed, stored.ID)
		if err != nil || held.IDToken == "" {
			continue
		}
		return j.Identities.LogoutURL(held.IDToken, value.NewToken().Reveal()), nil
	}
	return "", nil
}

func (j *Journey) openCollectivity(ctx context.Context, siret value.Siret) (directory.Collectivity, error) {
	c, err := j.Collectivities.FindCollectivity(ctx, siret)
	if err != nil {
		return directory.Collectivity{}, fmt.Errorf("find collectivity: %w", err)
	}
	if c.Form != directory.FormOpen {
		return directory.Collectivity{}, fault.New(fault.Conflict, "collectivity.closed")
	}
	return c, nil
}
