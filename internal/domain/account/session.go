package account

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// Life of a professional session, in business time (SETTLED.md, time).
const (
	IdleLife     = 30 * time.Minute
	AbsoluteLife = 8 * time.Hour
)

// Sessions says who makes a request, and lets people choose a space and end sessions.
type Sessions struct {
	Store SessionStore
	Now   func() time.Time // business time
}

// SessionStore keeps sessions. Those that are idle or old are as good as absent.
type SessionStore interface {
	// FindActor reads who a session belongs to and the membership it acts in, if that
	// still holds, and notes that it was seen. fault.NotFound, code session.none.
	FindActor(ctx context.Context, key [32]byte, now time.Time) (Actor, error)
	// ListMembershipsOfAccount lists every membership of an account, ended ones included.
	ListMembershipsOfAccount(ctx context.Context, accountID int64) ([]Membership, error)
	// RecordChosen moves a session into a membership of its own account.
	RecordChosen(ctx context.Context, actor Actor, membershipID int64) error
	// FindHolder finds whose session a cookie was, ended or not. fault.NotFound, code
	// session.none, once it is forgotten.
	FindHolder(ctx context.Context, key [32]byte) (int64, error)
	// FindHeld gives the sealed form that waits in a session, nil for none.
	FindHeld(ctx context.Context, sessionID int64) ([]byte, error)
	// ForgetHeld forgets it.
	ForgetHeld(ctx context.Context, sessionID int64) error
	ListSessions(ctx context.Context, query SessionQuery, now time.Time) ([]Session, int, error)
	// RecordEnded ends a session. fault.NotFound, code session.unknown.
	RecordEnded(ctx context.Context, sessionID int64, event audit.Event, now time.Time) error
	// RecordOnce journals an event unless the same one was within a time.
	RecordOnce(ctx context.Context, event audit.Event, within time.Duration) error
}

// Session is somebody signed in, as an administrator sees it.
type Session struct {
	ID           int64
	AccountID    int64
	Name, Mail   string
	Role         Role // "" when no space is chosen
	Organisation Organisation
	CreatedAt    time.Time
	SeenAt       time.Time
	StrongAt     time.Time
}

// SessionQuery selects sessions. ID 0 is every one, AccountID 0 everybody's.
type SessionQuery struct {
	ID, AccountID int64
	Search        string
	Space         Space
	Sort          string // "seen" or "name"
	Descending    bool
	Offset, Limit int
}

// Actor reads who holds a session cookie.
func (s *Sessions) Actor(ctx context.Context, session value.Token) (Actor, error) {
	if session == "" {
		return Actor{}, fault.New(fault.NotFound, "session.none")
	}
	actor, err := s.Store.FindActor(ctx, session.Hash(), s.Now())
	if err != nil {
		return Actor{}, fmt.Errorf("find the actor: %w", err)
	}
	return actor, nil
}

// Choices are the spaces of a person, and why there is none.
type Choices struct {
	Memberships []Membership
	Refusal     Refusal // "" when there is at least one
	// Withdrawn is the last access that was ended, for RefusedWithdrawn and RefusedLeft.
	Withdrawn Membership
}

// Refusal is why a signed-in person has no space.
type Refusal string

// The refusals; each has its words and says whom to ask.
const (
	RefusedClosed     Refusal = "closed"    // the establishment is closed in the register
	RefusedElsewhere  Refusal = "elsewhere" // roles were given for another establishment
	RefusedDeclared   Refusal = "declared"  // nobody vouches that she works there
	RefusedWithdrawn  Refusal = "withdrawn" // roles were ended
	RefusedLeft       Refusal = "left"      // by herself
	RefusedUnknown    Refusal = "unknown"   // the register did not tell who the establishment is
	RefusedNotInvited Refusal = "not_invited"
	refusedNothing    Refusal = ""
)

// Refusals lists every refusal.
var Refusals = [...]Refusal{RefusedClosed, RefusedDeclared, RefusedElsewhere, RefusedWithdrawn, RefusedLeft, RefusedUnknown, RefusedNotInvited}

// Choices lists the spaces that an actor may choose from.
func (s *Sessions) Choices(ctx context.Context, actor Actor) (Choices, error) {
	all, err := s.Store.ListMembershipsOfAccount(ctx, actor.AccountID)
	if err != nil {
		return Choices{}, fmt.Errorf("list memberships: %w", err)
	}
	return choices(actor, all), nil
}

func choices(actor Actor, all []Membership) Choices {
	usable := Usable(all, actor.SignedFor)
	holds := func(m Membership) bool { return m.EndedAt.IsZero() }
	holdsHere := func(m Membership) bool { return holds(m) && m.Role == Town && m.SignedFor == actor.SignedFor.Siret }
	switch {
	case len(usable) > 0:
		return Choices{Memberships: usable, Refusal: refusedNothing}
	case actor.SignedFor.Closed:
		return Choices{Refusal: RefusedClosed}
	case actor.SignedFor.Declared && slices.ContainsFunc(all, holdsHere):
		return Choices{Refusal: RefusedDeclared}
	case slices.ContainsFunc(all, holds):
		return Choices{Refusal: RefusedElsewhere}
	case len(all) > 0:
		return ended(all)
	case actor.SignedFor.Name == "":
		return Choices{Refusal: RefusedUnknown}
	case actor.SignedFor.Declared:
		return Choices{Refusal: RefusedDeclared}
	}
	return Choices{Refusal: RefusedNotInvited}
}

// ended tells the last access that was ended, and whether the person gave it up.
func ended(all []Membership) Choices {
	last := slices.MaxFunc(all, func(a, b Membership) int { return a.EndedAt.Compare(b.EndedAt) })
	if last.EndedBy == "" {
		return Choices{Refusal: RefusedLeft, Withdrawn: last}
	}
	return Choices{Refusal: RefusedWithdrawn, Withdrawn: last}
}

// Choose moves the actor into one of his memberships and gives its role. Codes:
// membership.unknown, membership.factor_needed.
func (s *Sessions) Choose(ctx context.Context, actor Actor, membershipID int64) (Role, error) {
	choices, err := s.Choices(ctx, actor)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(choices.Memberships, func(m Membership) bool { return m.ID == membershipID })
	if at < 0 {
		return "", fault.New(fault.NotFound, "membership.unknown")
	}
	chosen := choices.Memberships[at]
	if chosen.Role.Staff() && actor.StrongAt.IsZero() {
		return chosen.Role, fault.New(fault.Forbidden, "membership.factor_needed")
	}
	if err := s.Store.RecordChosen(ctx, actor, membershipID); err != nil {
		return "", fmt.Errorf("choose a space: %w", err)
	}
	return chosen.Role, nil
}

// List lists sessions under way.
func (s *Sessions) List(ctx context.Context, query SessionQuery) ([]Session, int, error) {
	listed, total, err := s.Store.ListSessions(ctx, query, s.Now())
	if err != nil {
		return nil, 0, fmt.Errorf("list sessions: %w", err)
	}
	return listed, total, nil
}

// Own lists the actor's own sessions.
func (s *Sessions) Own(ctx context.Context, actor Actor) ([]Session, error) {
	const enough = 50
	listed, _, err := s.List(ctx, SessionQuery{AccountID: actor.AccountID, Sort: "seen", Descending: true, Limit: enough})
	return listed, err
}

// Other finds the session of somebody else, or another one of the actor's, for an
// administrator. Codes: session.unknown; session.own, the one that asks: it is ended by
// signing out, which ends the provider's too.
func (s *Sessions) Other(ctx context.Context, actor Actor, sessionID int64) (Session, error) {
	if sessionID == actor.SessionID {
		return Session{}, fault.New(fault.Conflict, "session.own")
	}
	listed, _, err := s.List(ctx, SessionQuery{ID: sessionID, Limit: 1})
	if err == nil && len(listed) == 0 {
		err = fault.New(fault.NotFound, "session.unknown")
	}
	if err != nil {
		return Session{}, err
	}
	return listed[0], nil
}

// End ends a session for an administrator. Codes: those of Other.
func (s *Sessions) End(ctx context.Context, actor Actor, sessionID int64) error {
	if sessionID == actor.SessionID {
		return fault.New(fault.Conflict, "session.own")
	}
	return s.end(ctx, actor, sessionID)
}

// EndOwn ends one of the actor's own sessions. Another's looks like none.
func (s *Sessions) EndOwn(ctx context.Context, actor Actor, sessionID int64) error {
	own, err := s.Own(ctx, actor)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(own, func(o Session) bool { return o.ID == sessionID }) {
		return fault.New(fault.NotFound, "session.unknown")
	}
	return s.end(ctx, actor, sessionID)
}

func (s *Sessions) end(ctx context.Context, actor Actor, sessionID int64) error {
	event := audit.Event{
		At: s.Now(), Author: actor.Author(), Act: audit.SessionEnded, RequestID: actor.RequestID,
		Object: audit.Object{Kind: "session", ID: strconv.FormatInt(sessionID, 10)},
	}
	if err := s.Store.RecordEnded(ctx, sessionID, event, s.Now()); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// refusedOnce is how long the same refusal of the same person is one line of the journal:
// somebody who insists must not fill it.
const refusedOnce = time.Minute

// NoteRefused journals that a person was refused at a route, whether the role lacks its act
// or the object was for somebody else.
func (s *Sessions) NoteRefused(ctx context.Context, actor Actor, route string) error {
	event := audit.Event{
		At: s.Now(), Author: actor.Author(), Act: audit.AccessRefused, RequestID: actor.RequestID,
		Object:       audit.Object{Kind: "route", ID: route, Display: route},
		Organisation: actor.OfTenant(),
	}
	if err := s.Store.RecordOnce(ctx, event, refusedOnce); err != nil {
		return fmt.Errorf("journal a refused access: %w", err)
	}
	return nil
}

// Holder is whose session a cookie was, ended or not; the zero Actor once it is forgotten.
// Only the account is told: it has no right whatever.
func (s *Sessions) Holder(ctx context.Context, session value.Token) (Actor, error) {
	if session == "" {
		return Actor{}, nil
	}
	id, err := s.Store.FindHolder(ctx, session.Hash())
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Actor{}, fmt.Errorf("find whose session it was: %w", err)
	}
	return Actor{AccountID: id}, nil
}

// Held gives the sealed form that waits in the actor's session, nil for none.
func (s *Sessions) Held(ctx context.Context, actor Actor) ([]byte, error) {
	held, err := s.Store.FindHeld(ctx, actor.SessionID)
	if err != nil {
		return nil, fmt.Errorf("find the form that waits: %w", err)
	}
	return held, nil
}

// ForgetHeld forgets the form that waited in the actor's session: it has been sent.
func (s *Sessions) ForgetHeld(ctx context.Context, actor Actor) error {
	if err := s.Store.ForgetHeld(ctx, actor.SessionID); err != nil {
		return fmt.Errorf("forget the form that waited: %w", err)
	}
	return nil
}
