package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// State is where a recipient stands, and where a mail stands as people read it.
type State string

// The states.
const (
	Pending State = "pending" // the portal goes on trying
	Sent    State = "sent"    // the relay answers for it from now on
	Bounced State = "bounced" // the relay refused the address for good: somebody must correct it
	// Withdrawn: the mail lost its object before it left for the recipient, such as a reminder of
	// what is done.
	Withdrawn State = "withdrawn"
)

// States lists every state.
var States = [...]State{Pending, Sent, Bounced, Withdrawn}

// Field is the line of a mail's header that names a recipient.
type Field string

// The fields.
const (
	FieldTo Field = "to"
	FieldCC Field = "cc"
)

// Fields lists every field.
var Fields = [...]Field{FieldTo, FieldCC}

// How long a mail is kept, in business time.
const (
	// ContentLife is how long what a mail says waits for the correction of an address.
	ContentLife = 30 * 24 * time.Hour
	// MailLife is how long the portal remembers, once nobody waits for a mail any more, that
	// it was sent and to whom (users-reliability-security.md D.2, contacts). One that
	// nobody sends any more is forgotten that long after it was recorded.
	MailLife = 365 * 24 * time.Hour
)

// CodeMalformed stands for the answer of the relay when the address is none that a relay
// could be asked about.
const CodeMalformed = "malformed"

// Recipient is one address of a mail.
type Recipient struct {
	Position int // 1 for the first, and for ever: an address may be corrected
	Field    Field
	Address  string
	State    State
	Code     string    // of a bounced one: "550 5.1.1", or CodeMalformed
	ToldAt   time.Time // when the relay accepted or refused, or it was withdrawn; zero while pending
	// CorrectedFrom is the address that this one replaced; "" for none.
	CorrectedFrom string
}

// Mail is a notice recorded.
type Mail struct {
	ID         int64
	Kind       Kind
	Key        string
	MessageID  string // without angle brackets; "" until first written, like Subject
	Subject    string
	CreatedAt  time.Time
	FinishedAt time.Time // when nobody waited any more; zero while somebody does
	// Erased: what the mail said is gone, it cannot be sent to anybody any more.
	Erased     bool
	Recipients []Recipient // in the order of their positions
}

// State is where the mail stands. An address to correct comes before one that the portal
// still tries: it is what a person can do something about. One is withdrawn when it was from all.
func (m Mail) State() State {
	state := Sent
	if len(m.Recipients) > 0 {
		state = Withdrawn
	}
	for _, recipient := range m.Recipients {
		switch recipient.State {
		case Bounced:
			return Bounced
		case Pending:
			state = Pending
		case Sent:
			if state == Withdrawn {
				state = Sent
			}
		case Withdrawn:
		}
	}
	return state
}

// Recipient finds a recipient by its position.
func (m Mail) Recipient(position int) (Recipient, bool) {
	for _, recipient := range m.Recipients {
		if recipient.Position == position {
			return recipient, true
		}
	}
	return Recipient{}, false
}

// MessageID is the identifier of the mail of a key, the same at every attempt: a mailbox
// that got it twice, because the portal died before writing the first down, can tell.
func MessageID(key, host string) string {
	sum := sha256.Sum256([]byte(key))
	// 128 bits: a longer one would not fit the line of its header.
	return hex.EncodeToString(sum[:16]) + "@" + host
}
