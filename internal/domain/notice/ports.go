package notice

import (
	"context"
	"time"

	"portail-qf/internal/domain/audit"
)

// Opener opens what a Sealer sealed for the same place (package seal).
type Opener interface {
	Open(sealed []byte, place string) ([]byte, error)
}

// Outgoing is a mail to send, with what it says.
type Outgoing struct {
	Mail
	Content []byte // sealed JSON of the notice; nil once erased
}

// Written is how a mail was written.
type Written struct {
	Subject   string
	MessageID string // of the first time: one that is kept stays
}

// Told is what the relay decided for one recipient. The address is the one that was tried:
// what is known of it says nothing of the one that may have replaced it meanwhile.
type Told struct {
	Position int
	Address  string
	State    State // Sent or Bounced
	Code     string
}

// Post is what sending a mail needs.
type Post interface {
	// Alone runs work unless somebody sends the same mail at that moment: then
	// fault.Conflict, code mail.busy.
	Alone(ctx context.Context, mailID int64, work func(ctx context.Context) error) error
	// FindOutgoing finds a mail to send. fault.NotFound, code mail.unknown.
	FindOutgoing(ctx context.Context, mailID int64) (Outgoing, error)
	// RecordTried keeps how the mail was written and what the relay decided. What the mail says
	// is erased when everyone has it. fault.NotFound, code mail.unknown.
	RecordTried(ctx context.Context, mailID int64, written Written, told []Told, now time.Time) error
}

// MailStore is what watching over the mails needs.
type MailStore interface {
	// ListMails lists a page of mails and tells how many there are in all.
	ListMails(ctx context.Context, query MailQuery) ([]Mail, int, error)
	// FindMail finds a mail. fault.NotFound, code mail.unknown.
	FindMail(ctx context.Context, mailID int64) (Mail, error)
	// RecordReaddressed gives a bounced recipient another address and orders the sending.
	// Codes: mail.not_bounced, mail.erased, when that became so meanwhile;
	// mail.invitation_over, when what it invites to cannot be accepted any more.
	RecordReaddressed(ctx context.Context, readdressed Readdressed) error
}

// MailQuery selects mails. What is empty selects all.
type MailQuery struct {
	// Search is the beginning of an address, or of what follows its @.
	Search        string
	State         State
	Kind          Kind
	Descending    bool // newest first
	Offset, Limit int
}

// Readdressed is a correction, decided.
type Readdressed struct {
	MailID   int64
	Position int
	Address  string
	Event    audit.Event // its time is that of the correction
}
