package request

import (
	"context"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// Inspector tells whether a file is a document that people can read and that does nothing
// else (package document/intake).
type Inspector interface {
	// Inspect counts the pages of a PDF. Codes, fault.Invalid: document.empty,
	// document.too_large, document.not_pdf, document.encrypted, document.damaged,
	// document.too_heavy, document.active; fault.Unavailable: document.busy.
	Inspect(ctx context.Context, content []byte) (pages int, err error)
}

// Scanner looks for viruses (package partner/clamav).
type Scanner interface {
	// Scan names the virus found in a file, "" when none is known. fault.Unavailable, code
	// scanner.unavailable; fault.Invalid, code document.too_large.
	Scan(ctx context.Context, content []byte) (virus string, err error)
}

// Register knows what the company register says of an establishment.
type Register interface {
	// Find gives an establishment as it was last told. fault.NotFound, code
	// organisation.unknown.
	Find(ctx context.Context, siret value.Siret) (directory.Organisation, error)
}

// Store keeps applications, and all that belongs to them.
type Store interface {
	// FindApplication finds the application of a request; tenant is the SIRET of the town that
	// asks, "" for the operator's people. fault.NotFound, code request.unknown: there is none,
	// it is another's, or DataPass has it.
	FindApplication(ctx context.Context, number habilitation.RequestNumber, tenant value.Siret) (Application, error)
	// FindGranted finds a valid request with what is granted of it, for a modification to
	// begin from: that of an application, or one that another system granted, whose answers
	// are then as far as they are known. fault.NotFound, code request.unknown.
	FindGranted(ctx context.Context, number habilitation.RequestNumber, tenant value.Siret) (Application, error)
	// ListApplications lists those of a town, what is under way first, then the newest.
	ListApplications(ctx context.Context, tenant value.Siret, limit int) ([]Application, error)
	// FindDeposit finds what was sent before the last deposit of the exchange under way: back
	// is 1 for the one before, 0 for the last one itself. False where there is none.
	FindDeposit(ctx context.Context, number habilitation.RequestNumber, back int) (Answers, bool, error)
	// FindReceiver tells which software receives the dossiers of a town.
	FindReceiver(ctx context.Context, siret value.Siret) (Receiver, error)
	// FindLapsing finds the token of a request that may be prolonged at a time; zero for none.
	FindLapsing(ctx context.Context, number habilitation.RequestNumber, now time.Time) (Lapsing, error)
	// FindColleague finds somebody who may act for a town. fault.NotFound, code
	// request.colleague_unknown.
	FindColleague(ctx context.Context, account int64, tenant value.Siret) (Colleague, error)
	// MedianDelay is how long the instructors took, between the first deposit and the
	// decision, for what they decided since a time; count is how many decisions that is.
	MedianDelay(ctx context.Context, since time.Time) (delay time.Duration, count int, err error)

	// RecordBegun keeps a new application and draws the number of its request. Where the same
	// person has a draft of the same form for the same town, that one's number is given and
	// nothing is recorded.
	RecordBegun(ctx context.Context, begun Application, event audit.Event) (habilitation.RequestNumber, error)
	// RecordWritten keeps what was written; its edition is the one that was read. A document
	// to keep is kept with it, and the answers name it. fault.Conflict, code request.written
	// (somebody wrote meanwhile) or request.moved (it is not to be written any more).
	RecordWritten(ctx context.Context, written Written) error
	// RecordChange keeps a change whole. fault.Conflict, code request.moved, when the request
	// is not what was read any more; request.written, when something was written in it since;
	// request.claimed or request.unclaimed, when somebody claims it already, or no longer;
	// request.colleague_drafts, when its new holder drafts the same form already;
	// message.sent_already, when the same message was sent just before.
	RecordChange(ctx context.Context, change Change) error
}

// Receiver is the software that receives the dossiers of a town, by the request that it works
// for; zero where none does.
type Receiver struct {
	Request habilitation.RequestNumber
	Editor  editor.Editor // zero: the town itself, in HubEE's portal
	Active  bool          // its subscription is wanted
}

// Colleague is somebody who may act for a town.
type Colleague struct {
	Person
	habilitation.Contact
}

// called is the name of a colleague, or the address where the account has none.
func (c Colleague) called() string {
	if name := c.Contact.Name(); name != "" {
		return name
	}
	return c.Contact.Mail
}

// Written is what somebody wrote.
type Written struct {
	Application Application
	Document    *NewDocument
	At          time.Time
}

// NewDocument is a file to keep. ScanLater orders its analysis.
type NewDocument struct {
	Document
	Content   []byte
	ScanLater bool
}

// Change is a change of an application, to be recorded in one transaction or not at all.
type Change struct {
	// Application is as it is afterwards; the revision of its request is the one that was
	// read. Only moves of the request count it: a message does not.
	Application Application
	Moves       bool
	// Deposit keeps the answers as they were sent.
	Deposit *Deposit
	Message *Message
	Claim   *Claim // new, or answered
	Events  []audit.Event
	Letters []notice.Letter
	At      time.Time
}

// Deposit is what was sent to the instructors, and what its author declared.
type Deposit struct {
	Answers Answers
	Terms   string // version of the general terms
	By      Person
	At      time.Time
}

// DocumentStore keeps the files.
type DocumentStore interface {
	// FindDocument finds a file with its content; tenant as in FindApplication.
	// fault.NotFound, code document.unknown.
	FindDocument(ctx context.Context, id int64, of habilitation.RequestNumber, tenant value.Siret) (Document, []byte, error)
	// FindDeposited finds a file that was deposited or granted, whoever's it is. Same code.
	FindDeposited(ctx context.Context, id int64, of habilitation.RequestNumber) (Document, []byte, error)
	// FindContent finds the content of a file that waits for its analysis; nil when it does
	// not, or not any more.
	FindContent(ctx context.Context, id int64) ([]byte, error)
	// RecordScanned keeps what the analysis said.
	RecordScanned(ctx context.Context, id int64, state DocumentState, at time.Time) error
}
