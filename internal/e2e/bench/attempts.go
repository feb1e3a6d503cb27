package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
	"portail-qf/internal/web/citizen"
)

// reviewed is an attempt that a citizen has read and may transmit: the state of the browser before the recording POST.
type reviewed struct {
	session dossier.Token
	attempt string
}

// someone stands for FranceConnect and API Particulier in front of the journey that prepares attempts: whoever signs in is one
// known person, at once.
type someone struct{ held dossier.Held }

// AuthorizeURL gives the state, which is all that SignIn needs to be called with.
func (someone) AuthorizeURL(state, _ string) string   { return state }
func (someone) LogoutURL(value.Secret, string) string { return "" }
func (someone) Available(context.Context) bool        { return true }
func (s someone) SignIn(context.Context, dossier.SignInAnswer, string) (dossier.SignedIn, error) {
	return dossier.SignedIn{Identity: s.held.Identity, IDToken: s.held.IDToken}, nil
}

func (s someone) Quotient(context.Context, value.Secret, value.Siret) (dossier.Quotient, error) {
	return s.held.Quotient, nil
}

// newJourney is the portal's journey, in this process, on a database and with the keys of the portal.
func (s *scene) newJourney(store dossier.AttemptStore, db *postgres.DB, person someone) (*dossier.Journey, error) {
	ring, err := seal.Parse(s.keys)
	if err != nil {
		return nil, err
	}
	return &dossier.Journey{
		Attempts: store, Collectivities: postgres.Collectivities{DB: db},
		Identities: person, Quotients: person, Vault: ring, Now: time.Now, Random: rand.Reader, NewID: newUUID,
	}, nil
}

func newUUID() string {
	var drawn [16]byte
	rand.Read(drawn[:]) // never fails since Go 1.24
	return fmt.Sprintf("%x-%x-%x-%x-%x", drawn[:4], drawn[4:6], drawn[6:8], drawn[8:10], drawn[10:])
}

// meet signs somebody in through the portal and reads what the attempt holds, so that prepared attempts are as heavy as real
// ones.
func (s *scene) meet(ctx context.Context) (someone, error) {
	v := s.visitor()
	if _, err := v.signIn(ctx, s.transmission("rencontre")); err != nil {
		return someone{}, err
	}
	journey, err := s.newJourney(postgres.Attempts{DB: s.db}, s.db, someone{})
	if err != nil {
		return someone{}, err
	}
	found, err := journey.Find(ctx, dossier.Token(v.cookies[citizen.SessionCookie]), s.town())
	return someone{found.Held}, err
}

// prepareAttempts makes attempts ready to be transmitted.
func (s *scene) prepareAttempts(ctx context.Context, db *postgres.DB, person someone, count int) ([]reviewed, error) {
	journey, err := s.newJourney(postgres.Attempts{DB: db}, db, person)
	if err != nil {
		return nil, err
	}
	prepared := make([]reviewed, count)
	done := withoutPause(ctx, duelists, upTo(count), func(ctx context.Context, number int) error {
		externalID := fmt.Sprintf("duel-%06d", number)
		started, err := journey.Start(ctx, "", dossier.Arrival{Siret: s.town(), ExternalID: &externalID})
		if err != nil {
			return err
		}
		arrived, err := journey.SignIn(ctx, started.Session, dossier.SignInAnswer{State: started.AuthorizeURL})
		if err != nil {
			return err
		}
		attempt, err := journey.Find(ctx, arrived.Session, s.town())
		prepared[number] = reviewed{session: arrived.Session, attempt: attempt.ID}
		return err
	})
	return prepared, errors.Join(done.failure, ctx.Err())
}

// overheard is a store that keeps the dossier instead of recording it.
type overheard struct {
	dossier.AttemptStore
	dossier dossier.NewDossier
}

func (o *overheard) RecordDossier(_ context.Context, _ dossier.SessionKey, d dossier.NewDossier) (value.Reference, error) {
	o.dossier = d
	return d.Reference, nil
}

// writeBare writes what the bare handler answers and records: two pages of the portal, and the dossier that the portal would make
// of an attempt.
func (s *scene) writeBare(ctx context.Context, person someone, attempt reviewed) error {
	page, err := s.visitor().get(ctx, s.formURL(filledTown(1)), 200)
	if err != nil {
		return err
	}
	desk, err := s.signedIn(s.portal.url, s.crowd.Support[0]).get(ctx, s.portal.url+deskPath, 200)
	if err != nil {
		return err
	}
	store := &overheard{AttemptStore: postgres.Attempts{DB: s.db}}
	journey, err := s.newJourney(store, s.db, person)
	if err != nil {
		return err
	}
	if _, err := journey.Transmit(ctx, attempt.session, s.town(), attempt.attempt); err != nil {
		return err
	}
	content, err := json.Marshal(store.dossier)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(s.file(barePage), page.body, 0o600), os.WriteFile(s.file(bareDesk), desk.body, 0o600),
		os.WriteFile(s.file(bareDossier), content, 0o600))
}
