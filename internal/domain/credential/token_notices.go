package credential

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// The mails that are about tokens.
const (
	KindTokenAvailable notice.Kind = "jeton-disponible"
	KindTokenCollected notice.Kind = "jeton-recupere"
	KindTokenReplaced  notice.Kind = "jeton-remplace"
	KindTokenEnded     notice.Kind = "jeton-arrete"
	KindTokenSuspended notice.Kind = "jeton-suspendu"
	KindTokenResumed   notice.Kind = "jeton-retabli"
	KindTokenRevoked   notice.Kind = "jeton-revoque"
)

// tokenKinds are the acts that people are written to about.
var tokenKinds = map[audit.Act]notice.Kind{
	audit.TokenIssued: KindTokenAvailable, audit.TokenCollected: KindTokenCollected, audit.TokenReplaced: KindTokenReplaced,
	audit.TokenOverlapEnded: KindTokenEnded, audit.TokenSuspended: KindTokenSuspended, audit.TokenResumed: KindTokenResumed, audit.TokenRevoked: KindTokenRevoked,
}

// TokenTold tells a town and its editor what became of a token. It names the token and never
// holds its text.
type TokenTold struct {
	Act          audit.Act
	Token        string // as lists name it
	ID           string // of the page: that of the token which takes over, where another one does
	Habilitation habilitation.Number
	Siret        value.Siret
	Organisation string
	Title        string
	Editor       string    // name; "" without an editor
	By           string    // who did it, as displayed; "" for the portal itself
	Side         Side      // for whom he did it
	Program      bool      // who did it is a program of the editor's
	Reason       string    // on lines of its own; "" for none
	Until        time.Time // how long one that was replaced goes on; would have gone on, once it is ended
	Expiry       time.Time // of the token; zero in what was written before it was told
	// New is the token that takes the place of this one, as lists name it, and NewExpiry its
	// expiry. Of a replacement alone.
	New       string
	NewExpiry time.Time
	// Beside are the other tokens that the software may still use, once this one is closed.
	Beside []TokenBeside
	// Heir: another token took the place of this one already, and goes on. ID is its.
	Heir bool
	// Moved: what goes on is the token of another software, which this one's people cannot read.
	Moved bool
	// Amended: a modification waits for its decision, which prolongs the token.
	Amended bool
	// Uncollected: nobody has the text of the token that is suspended, revoked, or resumed and open.
	Uncollected bool
	// Barred: its habilitation is suspended, which keeps it closed although it is resumed.
	Barred bool
	To, CC string
	At     time.Time
}

// TokenBeside is a token that goes on while another one is closed.
type TokenBeside struct {
	Token string    // as lists name it
	Until time.Time // it stops by itself
}

// NewTokenTold completes the notice. It refuses one without addressee, token or date.
func NewTokenTold(n TokenTold) (TokenTold, error) {
	if n.Kind() == "" || n.To == "" || n.Token == "" || n.ID == "" || n.At.IsZero() {
		return TokenTold{}, fmt.Errorf("make %q: %w", n.Act, notice.ErrIncomplete)
	}
	n.Organisation, n.Title = notice.OneLine(n.Organisation, textLimit), notice.OneLine(n.Title, textLimit)
	n.Editor, n.By = notice.OneLine(n.Editor, textLimit), notice.OneLine(n.By, textLimit)
	return n, nil
}

// textLimit cuts the texts that a mail prints, in characters.
const textLimit = 256

// Kind implements notice.Notice.
func (n TokenTold) Kind() notice.Kind { return tokenKinds[n.Act] }

// Key is one per token and act of a moment. It is not that of the page: two tokens that end at
// once may have given way to the same one.
func (n TokenTold) Key() string {
	return fmt.Sprintf("%s %s %s", n.Kind(), n.Token, n.At.UTC().Format(time.RFC3339Nano))
}

// Recipients are the requester and, in copy, the technical contact.
func (n TokenTold) Recipients() notice.Recipients {
	return notice.Recipients{To: []string{n.To}, CC: []string{n.CC}}
}

// Lines are those of the reason, as a mail quotes them; none without a reason.
func (n TokenTold) Lines() []string {
	return strings.FieldsFunc(n.Reason, func(r rune) bool { return r == '\n' })
}

// ByEditor tells that somebody of the editor did it; templates call this.
func (n TokenTold) ByEditor() bool { return n.By != "" && n.Side == SideEditor }

// ByTown tells that somebody of the town did it.
func (n TokenTold) ByTown() bool { return n.By != "" && n.Side == SideTown }

// Overlaps tells that the token that was replaced goes on for a while.
func (n TokenTold) Overlaps() bool { return n.Until.After(n.At) }

// Cut tells that the token has expired: whatever is done to it, its software stays cut.
func (n TokenTold) Cut() bool { return !n.Expiry.IsZero() && n.At.After(n.Expiry) }

// Lapsed tells that only a prolongation has its software served again.
func (n TokenTold) Lapsed() bool { return n.Cut() && !n.Heir && !n.Moved && !n.Barred }

// ToProlong tells that it is to be asked for: no modification that brings it is instructed.
func (n TokenTold) ToProlong() bool { return n.Lapsed() && !n.Amended }

// tell adds the mail of an act to a change, where there is one and somebody to read it.
func (s *Tokens) tell(ctx context.Context, change *TokenChange, by Caller, file TokenFile, act audit.Act, why string) error {
	if tokenKinds[act] == "" {
		return nil
	}
	told := s.told(change.At, by, file, act, why)
	told.Barred = act == audit.TokenResumed && !file.Barred.IsZero()
	told.Uncollected = (closes(act) || act == audit.TokenResumed && !told.Barred) && file.Uncollected()
	if closes(act) {
		if err := s.tellBeside(ctx, &told, file); err != nil {
			return err
		}
	}
	if act == audit.TokenResumed && told.Lapsed() {
		amended, err := s.Store.IsAmended(ctx, file.Request)
		if err != nil {
			return fmt.Errorf("find a modification that waits: %w", err)
		}
		told.Amended = amended
	}
	return s.write(change, told)
}

// closes tells an act after which the software lacks a token, unless it has another one.
func closes(act audit.Act) bool { return act == audit.TokenSuspended || act == audit.TokenRevoked }

// tellBeside says which other tokens go on once one is closed.
func (s *Tokens) tellBeside(ctx context.Context, told *TokenTold, file TokenFile) error {
	if told.Heir || told.Moved {
		return nil // the mail speaks of the token that goes on
	}
	beside, err := s.Beside(ctx, file.Token)
	if err != nil {
		return err
	}
	for _, t := range beside {
		told.Beside = append(told.Beside, TokenBeside{Token: t.Display(s.Mint.Prefix), Until: t.Closes()})
	}
	return nil
}

// told is what the mail of an act says.
func (s *Tokens) told(at time.Time, by Caller, file TokenFile, act audit.Act, why string) TokenTold {
	told := TokenTold{
		Act: act, Token: file.Display(s.Mint.Prefix), ID: file.ID, Habilitation: file.Habilitation, Siret: file.Siret, Organisation: file.Organisation,
		Title: file.Title, Editor: file.Addressees.Editor, By: by.Author.Display, Side: by.Side, Program: by.Author.Program(), Reason: why, Until: file.EndsAt,
		Expiry: file.ExpiresAt, To: file.Addressees.Requester, CC: file.Addressees.Technical, At: at,
	}
	if by.Author == audit.System {
		told.By = ""
	}
	if !file.ReplacedAt.IsZero() {
		told.Moved = file.Moved() || file.Successor == ""
		told.Heir = !told.Moved
	}
	if told.Heir || act == audit.TokenReplaced {
		told.ID = file.Successor
	}
	return told
}

// write adds a mail to a change, where there is somebody to read it.
func (s *Tokens) write(change *TokenChange, told TokenTold) error {
	if told.To == "" {
		return nil
	}
	notified, err := NewTokenTold(told)
	if err != nil {
		return err
	}
	letter, err := notice.Prepare(s.Sealer, notified)
	if err != nil {
		return err
	}
	change.Letters = append(change.Letters, letter)
	return nil
}

// reasonLimit is the length of a reason, in characters.
const reasonLimit = 2000

// pasted is a token: one of ours, even cut at its end, or a signed one of the existing system.
// A reason is mailed and journalled, where a token must never be.
var pasted = regexp.MustCompile(`apip_(?:live|test)_[0-9A-Za-z]{20}|eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8}`)

// readReason keeps the lines of a reason. Codes: reason.required, reason.too_long,
// reason.holds_token (Invalid).
func readReason(typed string) (string, error) {
	var kept []string
	for line := range strings.FieldsFuncSeq(typed, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line = notice.OneLine(line, reasonLimit+1); line != "" {
			kept = append(kept, line)
		}
	}
	reason := strings.Join(kept, "\n")
	switch {
	case reason == "":
		return "", fault.New(fault.Invalid, "reason.required")
	case utf8.RuneCountInString(reason) > reasonLimit:
		return "", fault.New(fault.Invalid, "reason.too_long")
	case pasted.MatchString(reason):
		return "", fault.New(fault.Invalid, "reason.holds_token")
	}
	return reason, nil
}
