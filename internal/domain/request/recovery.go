package request

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// Recovery lets the requesters whom another system knew find their habilitation again: « an
// imported requester is linked by the same SIRET plus a one-time link to the recorded address,
// never by e-mail alone » (PRODUCT.md 3.13).
type Recovery struct {
	Store  RecoveryStore
	Sealer notice.Sealer
	Now    func() time.Time // business time
}

const (
	// LinkLife is how long the link of a requester opens something.
	LinkLife = 7 * 24 * time.Hour
	// LinkPause is how long nobody has another one sent after a link.
	LinkPause = time.Hour
	// LinkMemory is how long a link that opens nothing any more tells whoever follows it why, and
	// may be renewed: as long as an invitation is kept.
	LinkMemory = 365 * 24 * time.Hour
)

// Link is a link that was sent to the recorded address of a requester.
type Link struct {
	Request      habilitation.RequestNumber
	Siret        value.Siret // for which the person must sign in
	Organisation string
	ExpiresAt    time.Time
	Used         bool // the requester came by it
	Replaced     bool // by a later one
	Held         bool // the request has a holder
}

// LinkState is where a link stands.
type LinkState string

// The states.
const (
	LinkOpen     LinkState = "open"
	LinkUsed     LinkState = "used"
	LinkReplaced LinkState = "replaced"
	LinkExpired  LinkState = "expired"
	LinkHeld     LinkState = "held" // somebody holds the request by now
)

// LinkStates lists every state.
var LinkStates = [...]LinkState{LinkOpen, LinkUsed, LinkReplaced, LinkExpired, LinkHeld}

// State tells where the link stands at a time.
func (l Link) State(now time.Time) LinkState {
	switch {
	case l.Used:
		return LinkUsed
	case l.Held:
		return LinkHeld
	case l.Replaced:
		return LinkReplaced
	case !now.Before(l.ExpiresAt):
		return LinkExpired
	}
	return LinkOpen
}

// Renewable tells whether another link may be sent instead.
func (s LinkState) Renewable() bool { return s == LinkExpired || s == LinkReplaced }

// DecideRecovery says whether an actor may take up a link: it is open, and the actor acts, and
// signed in, for the establishment of the request. Codes: link.over (Conflict),
// link.other_siret (Forbidden).
func DecideRecovery(by account.Actor, l Link, now time.Time) error {
	switch {
	case l.State(now) != LinkOpen:
		return fault.New(fault.Conflict, "link.over")
	case by.Role != account.Town || by.Organisation.Siret != l.Siret || by.SignedFor.Siret != l.Siret:
		return fault.New(fault.Forbidden, "link.other_siret")
	}
	return nil
}

// Orphan is a request with a right that nobody's account holds, and about which the portal
// writes.
type Orphan struct {
	Request   habilitation.Request
	Title     string
	SentAt    time.Time // of the last link; zero for none
	Addressed string    // the recorded address
}

// SentLink is a link to record with its mail. It takes the place of the former one.
type SentLink struct {
	Request   habilitation.RequestNumber
	Token     [32]byte // its hash
	SentAt    time.Time
	ExpiresAt time.Time
	Letter    notice.Letter
	Event     audit.Event
}

// RecoveryStore keeps the links.
type RecoveryStore interface {
	// FindLink finds a link by the hash of its token. fault.NotFound, code link.unknown.
	FindLink(ctx context.Context, token [32]byte) (Link, error)
	// FindOrphan finds a request that nobody holds. fault.NotFound, code link.not_needed, for
	// any other.
	FindOrphan(ctx context.Context, number habilitation.RequestNumber) (Orphan, error)
	// ListOrphans lists those of a town.
	ListOrphans(ctx context.Context, siret value.Siret) ([]Orphan, error)
	// RecordSent keeps a link with its mail. fault.Conflict, code link.just_sent, when
	// somebody else sent one at this moment.
	RecordSent(ctx context.Context, sent SentLink) error
	// RecordRecovered makes an account the holder of a request, by a link that is open.
	// fault.Conflict, code link.over, when it is not any more.
	RecordRecovered(ctx context.Context, token [32]byte, l Link, account int64, event audit.Event) error
	// PurgeLinks erases the links that expired before a time, used or not.
	PurgeLinks(ctx context.Context, expiredBefore time.Time) (int, error)
}

// Find finds a link. Code: link.unknown (NotFound).
func (r *Recovery) Find(ctx context.Context, token value.Token) (Link, error) {
	found, err := r.Store.FindLink(ctx, token.Hash())
	if err != nil {
		return Link{}, fmt.Errorf("find link: %w", err)
	}
	return found, nil
}

// Recover makes the actor the holder of the request of a link. What refuses leaves the link as
// it is. Codes: link.unknown (NotFound), link.over (Conflict), link.other_siret (Forbidden).
func (r *Recovery) Recover(ctx context.Context, by account.Actor, token value.Token) (Link, error) {
	found, err := r.Find(ctx, token)
	if err != nil {
		return found, err
	}
	now := r.Now()
	if err := DecideRecovery(by, found, now); err != nil {
		return found, err
	}
	of := habilitation.Request{Number: found.Request, Siret: found.Siret, Organisation: found.Organisation}
	if err := r.Store.RecordRecovered(ctx, token.Hash(), found, by.AccountID, event(by, of, audit.HolderLinked, now)); err != nil {
		return found, fmt.Errorf("record a requester found again: %w", err)
	}
	return found, nil
}

// Invite sends the requester of a request a link. Codes: link.not_needed (NotFound: somebody
// holds it, or the portal does not write about it), link.just_sent (Conflict).
func (r *Recovery) Invite(ctx context.Context, by account.Actor, number habilitation.RequestNumber) error {
	return r.invite(ctx, by.Author(), by.RequestID, number)
}

func (r *Recovery) invite(ctx context.Context, by audit.Author, requestID string, number habilitation.RequestNumber) error {
	found, err := r.Store.FindOrphan(ctx, number)
	if err != nil {
		return fmt.Errorf("find a request that nobody holds: %w", err)
	}
	return r.send(ctx, by, requestID, found)
}

// InviteAll sends a link for each of some requests that needs one, and counts them; one failure
// does not hold the others back.
func (r *Recovery) InviteAll(ctx context.Context, by audit.Author, numbers []habilitation.RequestNumber) (sent int, err error) {
	var failed []error
	for _, number := range numbers {
		switch err := r.invite(ctx, by, "", number); {
		case err == nil:
			sent++
		case fault.Is(err, "link.not_needed"), fault.Is(err, "link.just_sent"):
		case ctx.Err() != nil:
			return sent, ctx.Err()
		default:
			failed = append(failed, err)
		}
	}
	return sent, errors.Join(failed...)
}

// Ask has a link sent for whatever nobody holds in the actor's town, to the recorded addresses.
// Whether there was anything is not told.
func (r *Recovery) Ask(ctx context.Context, by account.Actor) error {
	orphans, err := r.Store.ListOrphans(ctx, by.Organisation.Siret)
	if err != nil {
		return fmt.Errorf("list what nobody holds: %w", err)
	}
	for _, orphan := range orphans {
		if err := r.send(ctx, by.Author(), by.RequestID, orphan); err != nil && !fault.Is(err, "link.just_sent") {
			return err
		}
	}
	return nil
}

// Renew sends another link in the place of one that opens nothing any more, to the recorded
// address, for whoever has the old one. Whether it left is not told. Code: link.unknown
// (NotFound).
func (r *Recovery) Renew(ctx context.Context, token value.Token) error {
	found, err := r.Find(ctx, token)
	if err != nil || !found.State(r.Now()).Renewable() {
		return err
	}
	err = r.invite(ctx, audit.System, "", found.Request)
	if fault.Is(err, "link.not_needed") || fault.Is(err, "link.just_sent") {
		return nil
	}
	return err
}

// Purge erases the links that are forgotten.
func (r *Recovery) Purge(ctx context.Context) (int, error) {
	erased, err := r.Store.PurgeLinks(ctx, r.Now().Add(-LinkMemory))
	if err != nil {
		return 0, fmt.Errorf("purge links: %w", err)
	}
	return erased, nil
}

func (r *Recovery) send(ctx context.Context, by audit.Author, requestID string, to Orphan) error {
	now := r.Now()
	if now.Before(to.SentAt.Add(LinkPause)) {
		return fault.New(fault.Conflict, "link.just_sent")
	}
	token, of := value.NewToken(), to.Request
	told, err := NewRecoverable(Recoverable{
		About: About{Request: of.Number, Siret: of.Siret, Organisation: of.Organisation, To: to.Addressed}, Title: to.Title,
		Token: token.Reveal(), ExpiresAt: now.Add(LinkLife),
	})
	if err != nil {
		return err
	}
	letter, err := notice.Prepare(r.Sealer, told)
	if err != nil {
		return err
	}
	journal := event(account.Actor{RequestID: requestID}, of, audit.HolderLinkSent, now)
	journal.Author = by
	err = r.Store.RecordSent(ctx, SentLink{Request: of.Number, Token: token.Hash(), SentAt: now, ExpiresAt: told.ExpiresAt, Letter: letter, Event: journal})
	if err != nil {
		return fmt.Errorf("record a link: %w", err)
	}
	return nil
}
