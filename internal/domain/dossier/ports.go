package dossier

import (
	"context"
	"time"

	"portail-qf/internal/domain/value"
)

// IdentityProvider is FranceConnect: it says who the citizen is.
type IdentityProvider interface {
	// AuthorizeURL is where the citizen's browser goes to sign in. state and nonce are
	// ours, at least 32 alphanumeric characters each.
	AuthorizeURL(state, nonce string) string
	// SignIn turns the answer of the provider into an identity. nonce is the one given
	// to AuthorizeURL. The caller has matched the state; everything else is verified
	// here: issuer, code, signatures, audience, nonce, subject.
	//
	// Codes: signin.cancelled (the citizen turned back), signin.expired (the code is too
	// old or already used: start again), signin.refused (the answer is not to be
	// believed), signin.unavailable (the provider is down or slow).
	SignIn(ctx context.Context, answer SignInAnswer, nonce string) (SignedIn, error)
	// LogoutURL is where the browser goes to end the provider's session too.
	LogoutURL(idToken value.Secret, state string) string
	// Available tells whether the provider answers at the moment; it is cached and
	// cheap enough to be asked before each sign-in.
	Available(ctx context.Context) bool
}

// SignInAnswer is what the provider put in the address of our callback, unverified.
type SignInAnswer struct {
	Code, State, Issuer, Error string
}

// SignedIn is a verified sign-in.
type SignedIn struct {
	Identity    PivotIdentity
	AccessToken value.Secret // lives 60 seconds (reference/identity.md §1.4)
	IDToken     value.Secret // only for LogoutURL
}

// QuotientSource is API Particulier in FranceConnect mode: it says what CAF or MSA know
// of the citizen who has just signed in.
type QuotientSource interface {
	// Quotient asks for the quotient of the bearer of accessToken on behalf of the
	// recipient. Codes: quotient.not_found, quotient.suspended, quotient.unavailable,
	// quotient.slow, quotient.token_expired,
	// quotient.identity_incomplete.
	Quotient(ctx context.Context, accessToken value.Secret, recipient value.Siret) (Quotient, error)
}

// Renderer makes the readable document of a dossier (package document).
type Renderer interface {
	DossierPDF(content Content) ([]byte, error)
}

// Depositor is HubEE seen by the depositor: a folder is created, its files uploaded,
// verified, and completed (reference/hubee.md §5 and §11). It never retries by itself.
//
// Codes, on every method: hubee.unavailable (down, slow, 5xx, token refused: try later),
// hubee.refused (a 4xx that the same call will meet again; Err has HubEE's words).
type Depositor interface {
	// Create opens a folder. hubee.duplicate when HubEE already has this reference,
	// hubee.not_subscribed when the recipient has no active subscription.
	Create(ctx context.Context, request FolderRequest) (Folder, error)
	// Find reads a folder. hubee.folder_missing when it is gone.
	Find(ctx context.Context, folderID string) (Folder, error)
	// Upload sends the bytes of one attachment. hubee.folder_missing when the folder or
	// the attachment is gone.
	Upload(ctx context.Context, folderID, attachmentID string, content []byte) error
	// Complete hands the folder over to the recipient.
	Complete(ctx context.Context, folderID string) error
	// Withdraw deletes a folder that was never completed; an absent one is a success.
	Withdraw(ctx context.Context, folderID string) error
}

// FolderRequest describes the folder to open at HubEE.
type FolderRequest struct {
	Reference  value.Reference // external ids are derived from it
	FirstNames string          // of the applicant, as long as they are; the adapter cuts to HubEE's limits
	LastName   string
	Recipient  Recipient
	Files      []FileMeta
}

// Recipient is HubEE's key of a collectivity: its SIRET and the code of its commune.
type Recipient struct {
	Siret value.Siret
	COG   string
}

// FileMeta announces a file before its bytes.
type FileMeta struct {
	Name      string
	MediaType string
	Size      int
}

// Folder is a folder as HubEE has it.
type Folder struct {
	ID          string
	CaseID      string
	ExternalID  string // "Formulaire-QF-" + reference
	Status      string // HubEE's globalStatus
	Completed   bool   // HUBEE_COMPLETED or any later status
	Attachments []Attachment
}

// Attachment is one file of a folder. Received is true once HubEE has its bytes and
// found them as announced.
type Attachment struct {
	ID       string
	FileName string
	Status   string // PENDING, RECEIVED, CORRUPTED, REJECTED
	Received bool
}

// Correspondence is HubEE's queue of notifications seen by the depositor
// (reference/hubee.md §6.2, §7). Same codes as Depositor.
type Correspondence interface {
	// Notifications lists at most limit notifications of our process, never those of
	// another process of the same depositor.
	Notifications(ctx context.Context, limit int) ([]Notification, error)
	// Event reads one event of a case. hubee.event_missing when it is gone.
	Event(ctx context.Context, caseID, eventID string) (CaseEvent, error)
	// Acknowledge marks an event as received.
	Acknowledge(ctx context.Context, caseID, eventID string) error
	// Discard removes a notification from the queue; an absent one is a success.
	Discard(ctx context.Context, notificationID string) error
	// CaseStatus reads the present status of a case, for reconciliation.
	// hubee.case_missing when it is gone.
	CaseStatus(ctx context.Context, caseID string) (string, error)
	// Close ends a case and its folder, in HubEE's order: case, event, folder. Calling
	// it again after a lost answer is harmless.
	Close(ctx context.Context, folderID, caseID, finalStatus string) error
}

// Notification says that something happened to a case.
type Notification struct {
	ID, CaseID, EventID string
	EventStatus         string // SENT, RECEIVED; "" when HubEE does not tell
	At                  time.Time
}

// CaseEvent is what happened.
type CaseEvent struct {
	ID, ActionType, Status string
	NewStatus              string // of the case; "" when the event changes none
	At                     time.Time
}
