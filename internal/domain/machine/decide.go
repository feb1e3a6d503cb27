package machine

import (
	"slices"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
)

// Change is what becomes of a client, decided.
type Change struct {
	Client Client // as it is from now on; its Revision is that of before
	Adds   *Kept  // a secret
	Ends   int64  // a secret; 0 for none
	Event  audit.Event
}

// Kept is a new secret as the store keeps it.
type Kept struct {
	Digest []byte
	Key    string // of the digest
	At     time.Time
	By     string
}

// told is the event of an act.
func told(client Client, by audit.Author, requestID string, act audit.Act, at time.Time) audit.Event {
	return audit.Event{At: at, Author: by, Act: act, Object: client.object(), Organisation: client.Editor.Siret.String(), RequestID: requestID}
}

// changeable says why a client cannot be changed any more.
func changeable(c Client) error {
	if c.Revoked() {
		return fault.New(fault.Conflict, "api_client.revoked")
	}
	return nil
}

// decideSettings changes what an editor says of a client, as it was when its form was opened.
// Changing nothing is no change, and is not told.
func decideSettings(c Client, seen int, s Settings, by account.Actor, now time.Time) (change Change, changed bool, err error) {
	if err := changeable(c); err != nil {
		return Change{}, false, err
	}
	if s = s.tidy(); slices.Equal(s.Scopes, c.Scopes) && slices.Equal(s.Networks, c.Networks) && s.Name == c.Name {
		return Change{}, false, nil
	}
	if seen != c.Revision {
		return Change{}, false, fault.New(fault.Conflict, "api_client.moved")
	}
	if err := s.check(); err != nil {
		return Change{}, false, err
	}
	c.Name, c.Scopes, c.Networks = s.Name, s.Scopes, s.Networks
	return Change{Client: c, Event: told(c, by.Author(), by.RequestID, audit.APIClientChanged, now)}, true, nil
}

// decideSecret adds a second secret.
func decideSecret(c Client, kept Kept, by account.Actor) (Change, error) {
	if err := changeable(c); err != nil {
		return Change{}, err
	}
	if len(c.Secrets) >= MostSecrets {
		return Change{}, fault.New(fault.Conflict, "api_client.two_secrets")
	}
	return Change{Client: c, Adds: &kept, Event: told(c, by.Author(), by.RequestID, audit.APISecretAdded, kept.At)}, nil
}

// decideEnd ends a secret, the last one too: the client then waits for another.
func decideEnd(c Client, id int64, by account.Actor, now time.Time) (Change, error) {
	if err := changeable(c); err != nil {
		return Change{}, err
	}
	if _, holds := c.secret(id); !holds {
		return Change{}, fault.New(fault.Conflict, "api_client.secret_ended")
	}
	return Change{Client: c, Ends: id, Event: told(c, by.Author(), by.RequestID, audit.APISecretEnded, now)}, nil
}

// decideRevocation cuts a client for ever.
func decideRevocation(c Client, by account.Actor, now time.Time) (Change, error) {
	if err := changeable(c); err != nil {
		return Change{}, err
	}
	c.RevokedAt, c.RevokedBy = now, by.Name
	return Change{Client: c, Event: told(c, by.Author(), by.RequestID, audit.APIClientRevoked, now)}, nil
}
