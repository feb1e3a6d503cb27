package account

import (
	"context"
	"fmt"
	"slices"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// SignIns is how professionals come in and go out.
type SignIns struct {
	Provider      IdentityProvider
	Store         SignInStore
	Organisations Organisations
	Vault         Vault
	Now           func() time.Time // business time: sessions
	Wall          func() time.Time // real time: what is shared with the provider
}

// SignInStore keeps departures, accounts and sessions.
type SignInStore interface {
	RecordDeparture(ctx context.Context, pending Pending) error
	// TakeDeparture finds what waits for this state in this browser and consumes it.
	// fault.NotFound, code signin.unknown, when there is none or it is too old.
	TakeDeparture(ctx context.Context, browser, state [32]byte, notBefore time.Time) (Pending, error)
	// FindSubject finds the subject of an account at the provider.
	FindSubject(ctx context.Context, accountID int64) (string, error)
	// FindAccount finds an account with all its memberships, ended ones included; the
	// zero Account when nobody has this subject.
	FindAccount(ctx context.Context, issuer, subject string) (Account, []Membership, error)
	// RecordSignedIn writes the account, its entry by SIRET and its session, ends the
	// session that the browser had, and gives the membership that the session acts in.
	RecordSignedIn(ctx context.Context, arrival Arrival) error
	// RecordSteppedUp renews the session's key and notes the proof. fault.NotFound, code
	// session.ended, when the session has gone meanwhile.
	RecordSteppedUp(ctx context.Context, stepUp StepUp) error
	// EndSession erases a session, names its person in the event, and returns its sealed
	// id_token; nil without session.
	EndSession(ctx context.Context, key [32]byte, event audit.Event) (sealedIDToken []byte, err error)
	// NameSession names a session and its person as the journal does; fault.NotFound, code
	// session.ended.
	NameSession(ctx context.Context, sessionID int64) (audit.Author, audit.Object, error)
	// RecordOnce journals an event unless the same one was within a time.
	RecordOnce(ctx context.Context, event audit.Event, within time.Duration) error
}

// Vault seals what the portal keeps of a person at the provider (package seal).
type Vault interface {
	Seal(plain []byte, place string) []byte
	Open(sealed []byte, place string) ([]byte, error)
}

// Account is a person, keyed by (issuer, sub): an address or a name may change.
type Account struct {
	ID          int64
	Issuer      string
	Subject     string
	GivenName   string
	UsualName   string
	Mail        string
	SignedFor   Organisation // at the last sign-in
	CreatedAt   time.Time
	SignedInAt  time.Time
	Memberships []Membership // those that hold, where a finder says so
}

// Name is how the account is called.
func (a Account) Name() string { return a.GivenName + " " + a.UsualName }

// Arrival is a verified sign-in to record.
type Arrival struct {
	Person    Person
	SignedFor Organisation
	// EntersTown: the person becomes an agent of the local authority it signed in for.
	EntersTown bool
	// MembershipID is the space in which the session begins; 0 where the person must
	// choose, or where BeginsInTown.
	MembershipID int64
	// BeginsInTown: the town just entered is the only space.
	BeginsInTown bool
	StrongAt     time.Time // zero without second factor
	Held         []byte    // sealed form that waits to be sent again; nil for none
	Session      [32]byte
	Previous     [32]byte // of the browser's session until now
	SealedToken  []byte
	At           time.Time
	RequestID    string
}

// StepUp is a second factor proved within a session.
type StepUp struct {
	SessionID   int64
	Session     [32]byte // the new key
	ACR         string
	SealedToken []byte
	Held        []byte
	StrongAt    time.Time
	At          time.Time
	Event       audit.Event
}

// Started is a browser on its way to the provider.
type Started struct {
	Browser value.Token // of the cookie that the browser must bring back
	URL     string
}

// Begin opens a sign-in. waiting.Held is what Hold sealed of a form that was sent when the
// session was over: it comes back to the same account only. Codes: signin.unavailable.
func (s *SignIns) Begin(ctx context.Context, browser value.Token, waiting Waiting) (Started, error) {
	if browser == "" {
		browser = value.NewToken()
	}
	pending, leaving := departure(PurposeLogin, browser, s.Wall())
	pending.ReturnTo, pending.Held = LocalPath(waiting.ReturnTo), waiting.Held
	if !s.Provider.Available(ctx) {
		return Started{}, fault.New(fault.Unavailable, "signin.unavailable")
	}
	return s.depart(ctx, browser, pending, leaving)
}

// Confirm sends a signed-in person to prove a second factor for a sensitive act. held is
// what Hold sealed of the form that waits, nil for none.
func (s *SignIns) Confirm(ctx context.Context, actor Actor, browser value.Token, waiting Waiting) (Started, error) {
	if browser == "" {
		browser = value.NewToken()
	}
	subject, err := s.Store.FindSubject(ctx, actor.AccountID)
	if err != nil {
		return Started{}, fmt.Errorf("find who steps up: %w", err)
	}
	pending, leaving := departure(PurposeStepUp, browser, s.Wall())
	pending.Subject, pending.SignedFor = subject, actor.SignedFor.Siret.String()
	pending.SessionID, pending.ReturnTo, pending.Held = actor.SessionID, LocalPath(waiting.ReturnTo), waiting.Held
	leaving.Mail, leaving.Siret = actor.Mail, actor.SignedFor.Siret
	return s.depart(ctx, browser, pending, leaving)
}

func (s *SignIns) depart(ctx context.Context, browser value.Token, pending Pending, leaving Departure) (Started, error) {
	if err := s.Store.RecordDeparture(ctx, pending); err != nil {
		return Started{}, fmt.Errorf("record departure: %w", err)
	}
	return Started{Browser: browser, URL: s.Provider.AuthorizeURL(leaving)}, nil
}

// Waiting is what a person was about to do when a second factor was asked for.
type Waiting struct {
	ReturnTo string
	Held     []byte
}

// Cookies are what a browser brings.
type Cookies struct{ Browser, Session value.Token }

// Arrived is where a return from the provider led.
type Arrived struct {
	Purpose  Purpose
	Session  value.Token // new; "" when Again is set
	ReturnTo string
	Held     bool   // a form waits for its second sending
	Again    string // where the browser must go for a second factor, "" for nowhere
}

// Return turns the provider's answer into a session, or into a second departure where a
// role demands a second factor that is not proved (reference/identity.md §3.5: one attempt
// only). Nothing is written before everything is verified; each refusal of a departure of
// ours is in the journal.
//
// Codes: signin.unknown (no such departure), those of IdentityProvider,
// signin.siret_invalid, signin.other_person, signin.factor_missing, signin.proof_old.
func (s *SignIns) Return(ctx context.Context, cookies Cookies, answer SignInAnswer, requestID string) (Arrived, error) {
	pending, err := s.Store.TakeDeparture(ctx, cookies.Browser.Hash(), value.Token(answer.State).Hash(), s.Wall().Add(-SignInLife))
	if err != nil {
		return Arrived{}, fmt.Errorf("take departure: %w", err)
	}
	arrived := Arrived{Purpose: pending.Purpose, ReturnTo: pending.ReturnTo}
	person, siret, err := s.verify(ctx, pending, answer)
	if err != nil {
		return arrived, s.refuse(ctx, pending, requestID, err)
	}
	if pending.Purpose == PurposeStepUp {
		return s.stepUp(ctx, pending, person, requestID)
	}
	return s.arrive(ctx, pending, entry{person, siret, cookies.Session, requestID})
}

// verify checks everything that the answer says.
func (s *SignIns) verify(ctx context.Context, pending Pending, answer SignInAnswer) (Person, value.Siret, error) {
	if pending.Purpose == PurposeLogout {
		return Person{}, "", fault.New(fault.NotFound, "signin.unknown")
	}
	person, err := s.Provider.SignIn(ctx, answer, pending.Nonce, pending.Verifier)
	if fault.Is(err, "signin.cancelled") && pending.Purpose != PurposeLogin {
		return Person{}, "", fault.Because(fault.Forbidden, "signin.factor_missing", err)
	}
	if err != nil {
		return Person{}, "", err
	}
	siret, err := value.ParseExactSiret(person.Siret)
	switch {
	case err != nil:
		return Person{}, "", fault.Because(fault.Forbidden, "signin.siret_invalid", err)
	case pending.Subject != "" && (person.Subject != pending.Subject || siret.String() != pending.SignedFor):
		return Person{}, "", fault.New(fault.Forbidden, "signin.other_person")
	case pending.Purpose != PurposeLogin && !Strong(person.ACR, person.AMR):
		return Person{}, "", fault.New(fault.Forbidden, "signin.factor_missing")
	case pending.Purpose == PurposeStepUp && s.Wall().Sub(person.AuthenticatedAt) > StepUpLife:
		// ProConnect used its session of this morning again: on a desk left unlocked that
		// proves nothing of now.
		return Person{}, "", fault.New(fault.Forbidden, "signin.proof_old")
	}
	return person, siret, nil
}

// refuse journals a refusal. Nothing of a refused answer is believed: it names nobody, or
// the person of the session that asked for a proof. Who turns back is no news, and anybody may knock without end: one line a cause and a minute.
func (s *SignIns) refuse(ctx context.Context, pending Pending, requestID string, why error) (err error) {
	if fault.Is(why, "signin.cancelled") && pending.Purpose == PurposeLogin {
		return why
	}
	act := audit.SignInRefused
	if pending.Purpose == PurposeStepUp {
		act = audit.StepUpRefused
	}
	event := audit.Event{
		At: s.Now(), Author: audit.Author{ID: "unknown", Display: "Personne non reconnue"}, Act: act,
		Object: audit.Object{Kind: "signin", ID: string(pending.Purpose) + " " + fault.CodeOf(why)}, Detail: fault.CodeOf(why), RequestID: requestID,
	}
	if pending.SessionID != 0 { // whose session it is was known before the departure
		event.Author, event.Object, err = s.Store.NameSession(ctx, pending.SessionID)
		if fault.KindOf(err) == fault.NotFound {
			return why
		}
		if err != nil {
			return fmt.Errorf("name a session: %w", err)
		}
	}
	if err = s.Store.RecordOnce(ctx, event, refusedOnce); err != nil {
		return fmt.Errorf("journal a refused sign-in: %w", err)
	}
	return why
}

func (s *SignIns) stepUp(ctx context.Context, pending Pending, person Person, requestID string) (Arrived, error) {
	session := value.NewToken()
	err := s.Store.RecordSteppedUp(ctx, StepUp{
		SessionID: pending.SessionID, Session: session.Hash(), ACR: person.ACR, SealedToken: s.sealToken(person), Held: pending.Held,
		StrongAt: s.provedAt(person), At: s.Now(),
		Event: audit.Event{At: s.Now(), Act: audit.StepUpAccepted, Detail: person.ACR, RequestID: requestID},
	})
	if err != nil {
		return Arrived{Purpose: pending.Purpose, ReturnTo: pending.ReturnTo}, fmt.Errorf("record step-up: %w", err)
	}
	return Arrived{Purpose: pending.Purpose, Session: session, ReturnTo: pending.ReturnTo, Held: pending.Held != nil}, nil
}

// entry is a verified person at the door.
type entry struct {
	person    Person
	siret     value.Siret
	previous  value.Token
	requestID string
}

func (s *SignIns) arrive(ctx context.Context, pending Pending, e entry) (Arrived, error) {
	_, memberships, err := s.Store.FindAccount(ctx, e.person.Issuer, e.person.Subject)
	if err != nil {
		return Arrived{}, fmt.Errorf("find account: %w", err)
	}
	organisation, err := s.know(ctx, e)
	if err != nil {
		return Arrived{}, err
	}
	usable := Usable(memberships, organisation)
	now := s.Now()
	strongAt := s.provedAt(e.person)
	if strongAt.IsZero() && demandsFactor(usable) {
		if pending.Purpose == PurposeFactor { // a proof without its time is none, and was asked for once
			return Arrived{}, s.refuse(ctx, pending, e.requestID, fault.New(fault.Forbidden, "signin.factor_missing"))
		}
		return s.again(ctx, pending, e)
	}
	session, enters := value.NewToken(), entersTown(organisation, memberships)
	begins := choose(usable, pending.ReturnTo).ID
	if enters && len(usable) > 0 {
		begins = 0 // the person had one space and has two now
	}
	err = s.Store.RecordSignedIn(ctx, Arrival{
		Person: e.person, SignedFor: organisation, EntersTown: enters, BeginsInTown: enters && len(usable) == 0,
		MembershipID: begins, StrongAt: strongAt, Held: pending.Held,
		Session: session.Hash(), Previous: e.previous.Hash(), SealedToken: s.sealToken(e.person), At: now, RequestID: e.requestID,
	})
	if err != nil {
		return Arrived{}, fmt.Errorf("record sign-in: %w", err)
	}
	return Arrived{Purpose: PurposeLogin, Session: session, ReturnTo: pending.ReturnTo, Held: pending.Held != nil}, nil
}

// provedAt is when the person proved a second factor, in business time; zero for never.
func (s *SignIns) provedAt(person Person) time.Time {
	if person.AuthenticatedAt.IsZero() || !Strong(person.ACR, person.AMR) {
		return time.Time{}
	}
	return s.Now().Add(-max(0, s.Wall().Sub(person.AuthenticatedAt)))
}

func demandsFactor(usable []Membership) bool {
	return slices.ContainsFunc(usable, func(m Membership) bool { return m.Role.Staff() })
}

// entersTown tells whether a sign-in opens the space of a local authority. An access that
// somebody withdrew does not come back by itself.
func entersTown(o Organisation, memberships []Membership) bool {
	return o.LocalAuthority && !o.Closed && !o.Declared && !slices.ContainsFunc(memberships, func(m Membership) bool {
		return m.Role == Town && m.Organisation.Siret == o.Siret
	})
}

// again sends the browser back at once for a second factor, as the same person for the
// same establishment.
func (s *SignIns) again(ctx context.Context, pending Pending, e entry) (Arrived, error) {
	next, leaving := departure(PurposeFactor, "", s.Wall())
	next.Browser, next.ReturnTo, next.Held = pending.Browser, pending.ReturnTo, pending.Held
	next.Subject, next.SignedFor = e.person.Subject, e.siret.String()
	leaving.Mail, leaving.Siret = e.person.Mail, e.siret
	started, err := s.depart(ctx, "", next, leaving)
	return Arrived{Purpose: PurposeFactor, Again: started.URL}, err
}

// know asks who the establishment is. A register that does not know it, or does not
// answer, keeps nobody out who is invited: the name is then what the provider says.
func (s *SignIns) know(ctx context.Context, e entry) (Organisation, error) {
	known, err := s.Organisations.Know(ctx, e.siret)
	switch kind := fault.KindOf(err); {
	case kind == fault.NotFound || kind == fault.Unavailable:
		known = Organisation{Siret: e.siret, Name: e.person.OrganisationLabel}
	case err != nil:
		return Organisation{}, fmt.Errorf("find the establishment: %w", err)
	}
	known.Declared = !Vouched(e.person.ACR)
	return known, nil
}

const tokenPlace = "id_token of a session"

func (s *SignIns) sealToken(person Person) []byte {
	return s.Vault.Seal([]byte(person.IDToken.Reveal()), tokenPlace)
}

// SignOut ends the session, then gives the address that ends it at the provider too; ""
// when there is no session. The local session ends first and whatever the provider's
// state.
func (s *SignIns) SignOut(ctx context.Context, cookies Cookies, requestID string) (string, error) {
	sealed, err := s.Store.EndSession(ctx, cookies.Session.Hash(), audit.Event{At: s.Now(), Act: audit.SignedOut, RequestID: requestID})
	if err != nil || sealed == nil {
		return "", err
	}
	// A token sealed by a key that has left the ring is none: the provider then knows us by
	// our own name.
	plain, err := s.Vault.Open(sealed, tokenPlace)
	if err != nil {
		plain = nil
	}
	pending, leaving := departure(PurposeLogout, cookies.Browser, s.Wall())
	if err := s.Store.RecordDeparture(ctx, pending); err != nil {
		return "", fmt.Errorf("record logout: %w", err)
	}
	return s.Provider.LogoutURL(value.Secret(plain), leaving.State), nil
}

// SignedOut tells whether a return from the provider answers a logout of this browser. The
// page works without: everything was ended before.
func (s *SignIns) SignedOut(ctx context.Context, browser value.Token, state string) (bool, error) {
	pending, err := s.Store.TakeDeparture(ctx, browser.Hash(), value.Token(state).Hash(), s.Wall().Add(-SignInLife))
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil && pending.Purpose == PurposeLogout, err
}
