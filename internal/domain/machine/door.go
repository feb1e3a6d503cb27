package machine

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// DoorStore finds who shows what.
type DoorStore interface {
	// FindShown finds the client of an id, if it holds, by one of the digests of its secrets.
	// failures is how often the attempt failed in the present minute, whatever is found.
	// fault.NotFound, code api_client.unknown.
	FindShown(ctx context.Context, id string, digests [][]byte, attempt Attempt) (found Found, failures int, err error)
	// NoteFailure counts a failure of the present minute.
	NoteFailure(ctx context.Context, attempt Attempt) error
	// NoteUse moves the last use of a client and of its secret, where it was before stale.
	NoteUse(ctx context.Context, found Found, stale, now time.Time) error
	// CountGrant counts that a client asks for an access token in the present minute, unless it did
	// as often as most: it then may not, and nothing is written.
	CountGrant(ctx context.Context, clientID string, most int) (may bool, err error)
	// RecordAccess keeps an access token, and erases the oldest of its client beyond most.
	// fault.NotFound, code api_client.unknown, when the client or the secret was cut meanwhile.
	RecordAccess(ctx context.Context, access Access, most int) error
	// FindAccess finds what an access token opens at now, and how often its client has called in
	// the present second, this call included. The last use moves where it was before stale. From
	// an address from which the client may not call, nothing is counted nor moves, and calls is 0.
	// fault.NotFound, code api_client.unknown, for one that opens nothing any more.
	FindAccess(ctx context.Context, digest [32]byte, from netip.Addr, stale, now time.Time) (pass Pass, calls int, err error)
	// PurgeAccesses erases the access tokens that are over, and the counts of the past.
	PurgeAccesses(ctx context.Context, now time.Time) (int, error)
	// RecordOnce journals an event unless the same one was within a time (audit.Recorder).
	RecordOnce(ctx context.Context, event audit.Event, within time.Duration) error
}

// Attempt names who tries: a client's id from an address, hashed.
type Attempt [32]byte

// Found is a client and the secret that it showed.
type Found struct {
	Client   Client // without its secrets
	SecretID int64
}

// Access is an access token as the store keeps it.
type Access struct {
	Digest              [32]byte
	ClientID            string
	SecretID            int64
	Scopes              []Scope
	IssuedAt, ExpiresAt time.Time
}

// Shown is what a program shows to say who it is, and from where.
type Shown struct {
	ID     string
	Secret value.Secret
	From   netip.Addr // not valid: not known
}

// Grant is an access token that was issued.
type Grant struct {
	Text   value.Secret
	Scopes []Scope
	Life   time.Duration
}

// Pass is what an access token opens.
type Pass struct {
	Client Client
	Scopes []Scope // of the token, as far as the client still has them
}

// Opens tells whether the token opens what a scope is for.
func (p Pass) Opens(scope Scope) bool { return slices.Contains(p.Scopes, scope) }

// Door lets the programs of editors in.
type Door struct {
	Store  DoorStore
	Pepper Pepper
	Random io.Reader        // crypto/rand.Reader
	Now    func() time.Time // business time
}

// Recognise tells which client shows its secret. An unknown client, a wrong secret, one that
// was ended and an address from which the client may not call are refused alike, after the
// same work. Codes (Forbidden): api_client.refused, api_client.too_many_failures.
func (d *Door) Recognise(ctx context.Context, shown Shown) (Client, error) {
	found, err := d.recognise(ctx, shown)
	return found.Client, err
}

func (d *Door) recognise(ctx context.Context, shown Shown) (Found, error) {
	attempt := attemptOf(shown)
	found, failures, err := d.Store.FindShown(ctx, shown.ID, d.Pepper.Digests(shown.Secret), attempt)
	unknown := fault.Is(err, "api_client.unknown")
	switch {
	case err != nil && !unknown:
		return Found{}, fmt.Errorf("find the client of a secret: %w", err)
	case failures >= FailuresPerMinute:
		return Found{}, fault.New(fault.Forbidden, "api_client.too_many_failures")
	case unknown:
		return Found{}, d.refuse(ctx, attempt)
	case !found.Client.Calls(shown.From):
		if err := d.tellAddress(ctx, found.Client); err != nil {
			return Found{}, err
		}
		return Found{}, d.refuse(ctx, attempt)
	}
	now := d.Now()
	if err := d.Store.NoteUse(ctx, found, now.Add(-usedEvery), now); err != nil {
		return Found{}, fmt.Errorf("note the use of a secret: %w", err)
	}
	return found, nil
}

func (d *Door) refuse(ctx context.Context, attempt Attempt) error {
	if err := d.Store.NoteFailure(ctx, attempt); err != nil {
		return fmt.Errorf("count a failure: %w", err)
	}
	return fault.New(fault.Forbidden, "api_client.refused")
}

// tellAddress journals once a day that a client called from where it may not.
func (d *Door) tellAddress(ctx context.Context, client Client) error {
	event := told(client, client.Actor().Author(), "", audit.APIAddressRefused, d.Now())
	if err := d.Store.RecordOnce(ctx, event, toldEvery); err != nil {
		return fmt.Errorf("journal a refused address: %w", err)
	}
	return nil
}

// attemptOf counts every id that cannot be ours as one.
func attemptOf(shown Shown) Attempt {
	id := shown.ID
	if !KnownID(id) {
		id = ""
	}
	return sha256.Sum256([]byte(id + " " + shown.From.String()))
}

// Issue gives an access token. asked are scopes apart by spaces, "" for all that the client
// has. Codes: those of Recognise, api_client.too_many_grants (Forbidden) for a client that asks
// too often, and api_client.scope_refused (Invalid) for a scope that it has not.
func (d *Door) Issue(ctx context.Context, shown Shown, asked string) (Grant, error) {
	found, err := d.recognise(ctx, shown)
	if err != nil {
		return Grant{}, err
	}
	may, err := d.Store.CountGrant(ctx, found.Client.ID, GrantsPerMinute)
	switch {
	case err != nil:
		return Grant{}, fmt.Errorf("count the access tokens of a client: %w", err)
	case !may:
		return Grant{}, fault.New(fault.Forbidden, "api_client.too_many_grants")
	}
	scopes, err := granted(found.Client, asked)
	if err != nil {
		return Grant{}, err
	}
	text, err := draw(d.Random, accessPrefix)
	if err != nil {
		return Grant{}, err
	}
	now := d.Now()
	access := Access{
		Digest: accessDigest(text), ClientID: found.Client.ID, SecretID: found.SecretID, Scopes: scopes, IssuedAt: now, ExpiresAt: now.Add(AccessLife),
	}
	err = d.Store.RecordAccess(ctx, access, MostAccesses)
	if fault.Is(err, "api_client.unknown") {
		return Grant{}, fault.New(fault.Forbidden, "api_client.refused")
	}
	if err != nil {
		return Grant{}, fmt.Errorf("record an access token: %w", err)
	}
	return Grant{Text: text, Scopes: scopes, Life: AccessLife}, nil
}

// granted are the scopes asked for, in our order.
func granted(client Client, asked string) ([]Scope, error) {
	if asked == "" {
		return client.Scopes, nil
	}
	var scopes []Scope
	for name := range strings.SplitSeq(asked, " ") {
		if !client.Holds(Scope(name)) {
			return nil, fault.New(fault.Invalid, "api_client.scope_refused")
		}
		scopes = append(scopes, Scope(name))
	}
	return Settings{Scopes: scopes}.tidy().Scopes, nil
}

// Admit tells what an access token opens for a call, which it counts, unless it comes from where
// the client may not call: whoever stole the token uses up nobody's calls. Codes (Forbidden):
// api_client.access_refused, for one that is malformed, unknown, over, cut, or shown from
// where its client may not call; api_client.too_many_calls.
func (d *Door) Admit(ctx context.Context, text value.Secret, from netip.Addr) (Pass, error) {
	if !wellFormed(text, accessPrefix) {
		return Pass{}, fault.New(fault.Forbidden, "api_client.access_refused")
	}
	now := d.Now()
	pass, calls, err := d.Store.FindAccess(ctx, accessDigest(text), from, now.Add(-usedEvery), now)
	switch {
	case fault.Is(err, "api_client.unknown"):
		return Pass{}, fault.New(fault.Forbidden, "api_client.access_refused")
	case err != nil:
		return Pass{}, fmt.Errorf("find an access token: %w", err)
	case !pass.Client.Calls(from):
		if err := d.tellAddress(ctx, pass.Client); err != nil {
			return Pass{}, err
		}
		return Pass{}, fault.New(fault.Forbidden, "api_client.access_refused")
	case calls > CallsPerSecond:
		return Pass{}, fault.New(fault.Forbidden, "api_client.too_many_calls")
	}
	return pass, nil
}

// Purge erases the access tokens that are over.
func (d *Door) Purge(ctx context.Context) (int, error) {
	return d.Store.PurgeAccesses(ctx, d.Now())
}
