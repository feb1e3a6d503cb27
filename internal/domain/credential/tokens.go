package credential

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/failpoint"
)

// Tokens is what people and programs do with tokens. Each act is recorded before anything is
// shown, with who did it.
type Tokens struct {
	Store TokenStore
	// Tally holds what this instance counted and has not written yet; nil where it counts nothing.
	Tally  *Tally
	Mint   *Mint
	Sealer notice.Sealer
	Opener notice.Opener
	Now    func() time.Time // business time
}

// TextPlace is where the text of a token is sealed for.
func TextPlace(id string) string { return "token " + id }

// Find finds a token of the caller's, to show it: the calls that this instance answered a moment
// ago are among its uses. Code: token.unknown (NotFound), for one of somebody else too.
func (s *Tokens) Find(ctx context.Context, by Caller, id string) (TokenFile, error) {
	if s.Tally != nil {
		if err := s.Tally.WriteOf(ctx, id); err != nil {
			return TokenFile{}, err
		}
	}
	return s.find(ctx, by, id)
}

func (s *Tokens) find(ctx context.Context, by Caller, id string) (TokenFile, error) {
	found, err := s.Store.FindToken(ctx, by.reach(), id)
	if err != nil {
		return TokenFile{}, fmt.Errorf("find token: %w", err)
	}
	return found, nil
}

// CurrentID is the id of the token of a request that goes on, "" for none.
func (s *Tokens) CurrentID(ctx context.Context, request habilitation.RequestNumber) (string, error) {
	found, err := s.Store.FindCurrent(ctx, request)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return "", fmt.Errorf("find the token of request %s: %w", request, err)
	}
	return found.ID, nil
}

// Beside lists the other tokens that the software of one may still use, newest first: closing that one
// does not close them.
func (s *Tokens) Beside(ctx context.Context, of Token) ([]Token, error) {
	found, err := s.Store.ListBeside(ctx, of, s.Now())
	if err != nil {
		return nil, fmt.Errorf("list the tokens beside one: %w", err)
	}
	return found, nil
}

// MayAct tells whether a caller may act on a token of its reach: an editor's people on those
// of its clients, whoever holds the request, and the operator. Code: token.not_holder
// (Forbidden).
func (f TokenFile) MayAct(by Caller) error {
	if by.Side == SideTown && (f.Holder == 0 || f.Holder != by.AccountID) {
		return fault.New(fault.Forbidden, "token.not_holder")
	}
	return nil
}

// mine finds a token on which the caller may act.
func (s *Tokens) mine(ctx context.Context, by Caller, id string) (TokenFile, error) {
	found, err := s.find(ctx, by, id)
	if err != nil {
		return found, err
	}
	return found, found.MayAct(by)
}

// Collect gives the text of a token for the first time; of two at once one is recorded. key
// names the call of a program: the same gets the same answer, another comes too late. The
// second click of one session gets it again. Codes: token.unknown (NotFound), token.not_holder
// (Forbidden), token.collected, token.closed (Conflict).
func (s *Tokens) Collect(ctx context.Context, by Caller, id string, key Key) (value.Secret, TokenFile, error) {
	found, err := s.mine(ctx, by, id)
	if err != nil {
		return "", found, err
	}
	collection := Collection{Side: by.Side, ByID: by.Author.ID, By: by.Author.Display, At: s.Now(), Session: by.SessionID, Key: key}
	var after Token
	for range attempts {
		if after, err = found.Collected(collection); err == nil {
			err = s.record(ctx, by, found, after, audit.TokenCollected, "")
			failpoint.Hit("token: collected, not shown")
		}
		if !fault.Is(err, "token.moved") {
			break
		}
		var errAgain error // somebody was faster, or the habilitation moved
		if found, errAgain = s.mine(ctx, by, id); errAgain != nil {
			return "", found, errAgain
		}
	}
	if fault.Is(err, "token.collected") && found.answersAgain(collection) {
		return s.show(ctx, by, found)
	}
	if err != nil {
		return "", found, err
	}
	found.Token = after
	text, err := s.open(ctx, found.Token)
	return text, found, err
}

// attempts is how often an act is tried on a token that moves meanwhile.
const attempts = 4

// answersAgain tells that a collection is that which was recorded, asked for once more.
func (f TokenFile) answersAgain(again Collection) bool {
	if again.Key != (Key{}) {
		return f.Collection.Key == again.Key && f.Collection.Side == again.Side
	}
	return f.SameClick(again)
}

// ShowAgain gives the text again to the side that collected it. Codes: token.unknown
// (NotFound), token.not_holder (Forbidden), token.collected, token.closed (Conflict).
func (s *Tokens) ShowAgain(ctx context.Context, by Caller, id string) (value.Secret, TokenFile, error) {
	found, err := s.mine(ctx, by, id)
	if err != nil {
		return "", found, err
	}
	return s.show(ctx, by, found)
}

func (s *Tokens) show(ctx context.Context, by Caller, found TokenFile) (value.Secret, TokenFile, error) {
	if err := found.MayShow(by.Side, s.Now()); err != nil {
		return "", found, err
	}
	change := TokenChange{At: s.Now(), Events: []audit.Event{s.event(by, found.Token, audit.TokenShown, "")}}
	if err := s.Store.RecordTokens(ctx, change); err != nil {
		return "", found, fmt.Errorf("record that a token is shown: %w", err)
	}
	text, err := s.open(ctx, found.Token)
	return text, found, err
}

// open reads the text of a token. Code: token.closed, when it was erased meanwhile.
func (s *Tokens) open(ctx context.Context, t Token) (value.Secret, error) {
	sealed, err := s.Store.FindText(ctx, t.ID)
	switch {
	case err != nil:
		return "", fmt.Errorf("find the text of a token: %w", err)
	case sealed == nil:
		return "", fault.New(fault.Conflict, "token.closed")
	}
	text, err := s.Opener.Open(sealed, TextPlace(t.ID))
	if err != nil {
		return "", fmt.Errorf("open the text of a token: %w", err)
	}
	return value.Secret(text), nil
}

// Confirm erases the text: the side that collected it has it safe. Said twice, it is recorded
// once. Codes: token.unknown (NotFound), token.not_holder (Forbidden), token.collected,
// token.uncollected (Conflict).
func (s *Tokens) Confirm(ctx context.Context, by Caller, id string) error {
	found, err := s.mine(ctx, by, id)
	if err != nil {
		return err
	}
	after, err := found.Safe(by.Side, s.Now())
	if err != nil || !found.ConfirmedAt.IsZero() {
		return err
	}
	return s.record(ctx, by, found, after, audit.TokenSafe, "")
}

// EndOverlap closes a token that was replaced. Codes: token.unknown (NotFound),
// token.not_holder (Forbidden), token.no_overlap (Conflict).
func (s *Tokens) EndOverlap(ctx context.Context, by Caller, id string) error {
	found, err := s.mine(ctx, by, id)
	if err != nil {
		return err
	}
	after, err := found.Ended(s.Now())
	if err != nil {
		return err
	}
	return s.record(ctx, by, found, after, audit.TokenOverlapEnded, "")
}

// Suspend closes a token until somebody opens it again. Codes: token.unknown (NotFound),
// token.not_holder (Forbidden), token.over (Conflict), reason.required, reason.too_long,
// reason.holds_token (Invalid).
func (s *Tokens) Suspend(ctx context.Context, by Caller, id, reason string) error {
	why, err := readReason(reason)
	if err != nil {
		return err
	}
	return s.change(ctx, by, id, func(found TokenFile) (Token, audit.Act, string, error) {
		after, err := found.Suspended(TokenSuspension{Side: by.Side, By: by.Author.Display, Reason: why, At: s.Now()})
		return after, audit.TokenSuspended, why, err
	})
}

// Resume opens a suspended token again. Codes: token.unknown (NotFound), token.not_holder,
// token.suspended_by_operator (Forbidden), token.not_suspended (Conflict).
func (s *Tokens) Resume(ctx context.Context, by Caller, id string) error {
	return s.change(ctx, by, id, func(found TokenFile) (Token, audit.Act, string, error) {
		after, err := found.Resumed(by.Side)
		return after, audit.TokenResumed, "", err
	})
}

// Revoke closes a token for ever. Codes: token.unknown (NotFound), token.not_holder,
// token.suspended_by_operator (Forbidden), token.over (Conflict), reason.required,
// reason.too_long, reason.holds_token (Invalid).
func (s *Tokens) Revoke(ctx context.Context, by Caller, id, reason string) error {
	why, err := readReason(reason)
	if err != nil {
		return err
	}
	return s.change(ctx, by, id, func(found TokenFile) (Token, audit.Act, string, error) {
		after, err := found.Revoked(by.Side, TokenRevocation{By: by.Author.Display, Reason: why, At: s.Now()})
		return after, audit.TokenRevoked, why, err
	})
}

// change does an act that moves one token.
func (s *Tokens) change(ctx context.Context, by Caller, id string, move func(TokenFile) (Token, audit.Act, string, error)) error {
	found, err := s.mine(ctx, by, id)
	if err != nil {
		return err
	}
	after, act, why, err := move(found)
	if err != nil {
		return err
	}
	return s.record(ctx, by, found, after, act, why)
}

// record records a token that moved, tells both sides and the editor's programs.
func (s *Tokens) record(ctx context.Context, by Caller, found TokenFile, after Token, act audit.Act, why string) error {
	now := s.Now()
	change := TokenChange{Changed: []Token{after}, Events: []audit.Event{s.event(by, after, act, "")}, At: now}
	switch {
	case after.Editor == "":
	case act == audit.TokenRevoked:
		change.Told = []notice.EditorEvent{{Kind: EventTokenRevoked, Editor: after.Editor, Siret: after.Siret, Subject: after.ID}}
	case act == audit.TokenResumed && after.State(now) == TokenToCollect: // again, or at last: it may have been issued closed
		change.Told = []notice.EditorEvent{{Kind: EventTokenToCollect, Editor: after.Editor, Siret: after.Siret, Subject: after.ID}}
	}
	if !found.ReplacedAt.IsZero() { // people are led to the token that goes on, be it not the first that took its place
		current, err := s.CurrentID(ctx, found.Request)
		if err != nil {
			return err
		}
		found.Successor = cmp.Or(current, found.Successor)
	}
	if err := s.tell(ctx, &change, by, found, act, why); err != nil {
		return err
	}
	if err := s.Store.RecordTokens(ctx, change); err != nil {
		return fmt.Errorf("record token: %w", err)
	}
	return nil
}

// The events that the programs of an editor learn (PRODUCT.md 3.9).
const (
	EventTokenToCollect = "jeton.a_recuperer"
	EventTokenRevoked   = "jeton.revoque"
)

// Replacement is what is asked of a replacement.
type Replacement struct {
	Overlap time.Duration // the former goes on so long; Overlap at most
	Key     Key           // of the call of a program; zero from a page
}

// Replace issues a token in the place of another one, which goes on for an overlap. Asked for
// again with the same key, it answers the same. Codes: token.unknown (NotFound),
// token.not_holder, token.suspended_by_operator (Forbidden), token.replaced, token.expired,
// token.barred, token.moved (Conflict).
func (s *Tokens) Replace(ctx context.Context, by Caller, id string, asked Replacement) (Token, error) {
	found, err := s.mine(ctx, by, id)
	if err != nil {
		return Token{}, err
	}
	drawn, err := s.Mint.Draw(0)
	if err != nil {
		return Token{}, fmt.Errorf("draw a token: %w", err)
	}
	now := s.Now()
	former, next, err := found.Replaced(drawn, by.Side, asked.Overlap, now)
	if err == nil {
		next.Asked = asked.Key
		err = s.recordReplacement(ctx, by, found, former, next, now)
	}
	if (fault.Is(err, "token.replaced") || fault.Is(err, "token.moved")) && asked.Key != (Key{}) {
		if successor, key, errFound := s.Store.FindSuccessor(ctx, id); errFound == nil && key == asked.Key {
			return successor, nil
		}
	}
	return next.Token, err
}

func (s *Tokens) recordReplacement(ctx context.Context, by Caller, found TokenFile, former Token, next Drawn, now time.Time) error {
	change := TokenChange{
		Changed: []Token{former}, New: []Drawn{next}, At: now,
		Events: []audit.Event{s.event(by, former, audit.TokenReplaced, ""), s.event(by, next.Token, audit.TokenIssued, "")},
	}
	if next.Editor != "" {
		change.Told = []notice.EditorEvent{{Kind: EventTokenToCollect, Editor: next.Editor, Siret: next.Siret, Subject: next.ID}}
	}
	found.Successor = next.ID
	found.EndsAt = former.EndsAt
	told := s.told(now, by, found, audit.TokenReplaced, "")
	told.New, told.NewExpiry = next.Display(s.Mint.Prefix), next.ExpiresAt
	if !former.State(now).Opens() {
		told.Until = time.Time{} // its overlap opens nothing
		if err := s.tellBeside(ctx, &told, found); err != nil {
			return err
		}
	}
	if err := s.write(&change, told); err != nil {
		return err
	}
	if err := s.Store.RecordTokens(ctx, change); err != nil {
		return fmt.Errorf("record replacement: %w", err)
	}
	return nil
}

func (s *Tokens) event(by Caller, t Token, act audit.Act, detail string) audit.Event {
	return TokenEvent(by.Author, by.RequestID, t, s.Mint.Prefix, act, detail, s.Now())
}

// TokenEvent is a line of the journal about a token. It names the token as lists do.
func TokenEvent(by audit.Author, requestID string, t Token, prefix TokenPrefix, act audit.Act, detail string, at time.Time) audit.Event {
	return audit.Event{
		At: at, Author: by, Act: act, Organisation: t.Siret.String(), Detail: detail, RequestID: requestID,
		Object: audit.Object{Kind: "token", ID: t.ID, Display: t.Display(prefix) + " " + t.Organisation},
	}
}

// List lists tokens of the caller's reach, and tells how many there are in all.
func (s *Tokens) List(ctx context.Context, by Caller, query TokenQuery) ([]TokenFile, int, error) {
	query.TokenReach, query.Now = by.reach(), s.Now()
	query.Offset, query.Limit = max(query.Offset, 0), min(max(query.Limit, 1), maxTokens)
	found, total, err := s.Store.ListTokens(ctx, query)
	if err != nil {
		return nil, 0, fmt.Errorf("list tokens: %w", err)
	}
	return found, total, nil
}

// maxTokens bounds a page of a list of tokens.
const maxTokens = 100

// Counts counts the tokens of the caller's reach, by state: those that a search of the state
// finds.
func (s *Tokens) Counts(ctx context.Context, by Caller) (map[TokenState]int, error) {
	counts, err := s.Store.CountTokens(ctx, by.reach(), s.Now())
	if err != nil {
		return nil, fmt.Errorf("count tokens: %w", err)
	}
	return counts, nil
}

// Uses lists how often a token was shown in the last days, newest first.
func (s *Tokens) Uses(ctx context.Context, id string, days int) ([]Use, error) {
	uses, err := s.Store.ListUses(ctx, id, dayOf(s.Now().AddDate(0, 0, -days)))
	if err != nil {
		return nil, fmt.Errorf("list the uses of a token: %w", err)
	}
	return uses, nil
}
