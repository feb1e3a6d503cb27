package machine

import (
	"context"
	"fmt"
	"io"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// Pepper makes keyed hashes of secrets (package seal).
type Pepper interface {
	// Digest is the hash by the present key, with the name of the key.
	Digest(secret value.Secret) (digest []byte, key string)
	// Digests are the hashes by every key.
	Digests(secret value.Secret) [][]byte
}

// Store keeps clients. Another editor's client looks like none: fault.NotFound, code
// api_client.unknown.
type Store interface {
	// ListClients lists the clients of an editor that hold, by name, then the last revoked ones.
	ListClients(ctx context.Context, editor value.Siret) ([]Client, error)
	FindClient(ctx context.Context, editor value.Siret, id string) (Client, error)
	// RecordCreated keeps a new client with its secret. Codes (Conflict): api_client.too_many,
	// api_client.name_taken, by one that holds.
	RecordCreated(ctx context.Context, client Client, secret Kept, event audit.Event) error
	// RecordChange keeps what was decided, unless the client moved since: fault.Conflict, code
	// api_client.moved. Code api_client.name_taken as above.
	RecordChange(ctx context.Context, change Change) error
	// RecordEnrolled keeps a client unless its id is there already.
	RecordEnrolled(ctx context.Context, client Client, secret Kept, event audit.Event) error
}

// Service is what the administrators of an editor do with its clients.
type Service struct {
	Store  Store
	Pepper Pepper
	Random io.Reader        // crypto/rand.Reader
	Now    func() time.Time // business time
}

// List lists the clients of an editor.
func (s *Service) List(ctx context.Context, editor value.Siret) ([]Client, error) {
	listed, err := s.Store.ListClients(ctx, editor)
	if err != nil {
		return nil, fmt.Errorf("list API clients: %w", err)
	}
	return listed, nil
}

// Find finds a client of an editor. Code: api_client.unknown (NotFound).
func (s *Service) Find(ctx context.Context, editor value.Siret, id string) (Client, error) {
	if !KnownID(id) {
		return Client{}, fault.New(fault.NotFound, "api_client.unknown")
	}
	client, err := s.Store.FindClient(ctx, editor, id)
	if err != nil {
		return Client{}, fmt.Errorf("find API client: %w", err)
	}
	return client, nil
}

// Create makes a client of the actor's editor, and gives its secret, which nobody can give
// again. A Refusal tells what is wrong in the settings; codes (Conflict): api_client.too_many,
// api_client.name_taken.
func (s *Service) Create(ctx context.Context, by account.Actor, settings Settings) (Client, value.Secret, error) {
	settings = settings.tidy()
	if err := settings.check(); err != nil {
		return Client{}, "", err
	}
	id, err := drawID(s.Random)
	if err != nil {
		return Client{}, "", err
	}
	kept, secret, err := s.draw(by)
	if err != nil {
		return Client{}, "", err
	}
	client := Client{
		ID: id, Editor: by.Organisation, Name: settings.Name, Scopes: settings.Scopes, Networks: settings.Networks,
		CreatedAt: kept.At, CreatedBy: by.Name, Revision: 1,
	}
	if err := s.Store.RecordCreated(ctx, client, kept, told(client, by.Author(), by.RequestID, audit.APIClientCreated, kept.At)); err != nil {
		return Client{}, "", fmt.Errorf("record API client: %w", err)
	}
	return client, secret, nil
}

func (s *Service) draw(by account.Actor) (Kept, value.Secret, error) {
	secret, err := draw(s.Random, secretPrefix)
	if err != nil {
		return Kept{}, "", err
	}
	digest, key := s.Pepper.Digest(secret)
	return Kept{Digest: digest, Key: key, At: s.Now(), By: by.Name}, secret, nil
}

// Change changes the settings of a client; seen is its revision when its form was opened.
// Errors as Create, and api_client.moved, api_client.revoked (Conflict).
func (s *Service) Change(ctx context.Context, by account.Actor, id string, seen int, settings Settings) error {
	client, err := s.Find(ctx, by.Organisation.Siret, id)
	if err != nil {
		return err
	}
	change, changed, err := decideSettings(client, seen, settings, by, s.Now())
	if err != nil || !changed {
		return err
	}
	return s.record(ctx, change)
}

// AddSecret gives a second secret to a client, while the first one holds. Codes (Conflict):
// api_client.two_secrets, api_client.revoked, api_client.moved.
func (s *Service) AddSecret(ctx context.Context, by account.Actor, id string) (Client, value.Secret, error) {
	client, err := s.Find(ctx, by.Organisation.Siret, id)
	if err != nil {
		return Client{}, "", err
	}
	kept, secret, err := s.draw(by)
	if err != nil {
		return Client{}, "", err
	}
	change, err := decideSecret(client, kept, by)
	if err != nil {
		return Client{}, "", err
	}
	if err := s.record(ctx, change); err != nil {
		return Client{}, "", err
	}
	return client, secret, nil
}

// EndSecret ends a secret, and at once the access tokens that were given for it. Codes
// (Conflict): api_client.secret_ended, api_client.revoked, api_client.moved.
func (s *Service) EndSecret(ctx context.Context, by account.Actor, id string, secret int64) error {
	client, err := s.Find(ctx, by.Organisation.Siret, id)
	if err != nil {
		return err
	}
	change, err := decideEnd(client, secret, by, s.Now())
	if err != nil {
		return err
	}
	return s.record(ctx, change)
}

// Revoke cuts a client for ever, with its access tokens. Codes (Conflict): api_client.revoked,
// api_client.moved.
func (s *Service) Revoke(ctx context.Context, by account.Actor, id string) error {
	client, err := s.Find(ctx, by.Organisation.Siret, id)
	if err != nil {
		return err
	}
	change, err := decideRevocation(client, by, s.Now())
	if err != nil {
		return err
	}
	return s.record(ctx, change)
}

func (s *Service) record(ctx context.Context, change Change) error {
	if err := s.Store.RecordChange(ctx, change); err != nil {
		return fmt.Errorf("record change of API client: %w", err)
	}
	return nil
}

// Enrolment is a client whose id and secret are known beforehand: of a seed.
type Enrolment struct {
	ID     string
	Secret value.Secret
	Editor value.Siret
	Settings
}

// Enrol adds a client of a seed, once: what was changed by hand stays changed.
func (s *Service) Enrol(ctx context.Context, author audit.Author, e Enrolment) error {
	if !KnownID(e.ID) || !wellFormed(e.Secret, secretPrefix) {
		return fmt.Errorf("enrol API client %q: its id or its secret is not written as ours are", e.ID)
	}
	settings := e.Settings.tidy()
	if err := settings.check(); err != nil {
		return fmt.Errorf("enrol API client %s: %w", e.ID, err)
	}
	digest, key := s.Pepper.Digest(e.Secret)
	now := s.Now()
	client := Client{
		ID: e.ID, Editor: account.Organisation{Siret: e.Editor}, Name: settings.Name, Scopes: settings.Scopes, Networks: settings.Networks,
		CreatedAt: now, CreatedBy: author.Display, Revision: 1,
	}
	event := told(client, author, "", audit.APIClientCreated, now)
	if err := s.Store.RecordEnrolled(ctx, client, Kept{Digest: digest, Key: key, At: now, By: author.Display}, event); err != nil {
		return fmt.Errorf("enrol API client %s: %w", e.ID, err)
	}
	return nil
}
