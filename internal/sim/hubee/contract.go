package hubee

import (
	"fmt"
	"time"
)

// Scope is what a token allows (reference/hubee.md §1).
type Scope string

// The three scopes that HubEE really grants; DATAPASS exists only in a swagger.
const (
	ScopeOSL   Scope = "OSL"
	ScopeSI    Scope = "SI"
	ScopeAdmin Scope = "ADMIN"
)

// Attachment statuses (reference/hubee.md §8).
const (
	attachmentPending   = "PENDING"
	attachmentReceived  = "RECEIVED"
	attachmentCorrupted = "CORRUPTED"
	attachmentRejected  = "REJECTED"
	attachmentDeleted   = "DELETED"
)

// Timestamp is a date on the wire: milliseconds and a numeric offset, as in
// 2024-07-04T08:54:15.438+00:00 (reference/hubee.md §2).
type Timestamp struct{ time.Time }

const timestampLayout = "2006-01-02T15:04:05.000-07:00"

// MarshalJSON writes the date in HubEE's own layout, always in UTC.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(`"` + timestampLayout + `"`)), nil
}

func timestampOf(t time.Time) *Timestamp { return &Timestamp{t} }

// OrganizationID names an organisation; its text form is {type}-{siret}-{branchCode}.
type OrganizationID struct {
	Type            string `json:"type"` // OSL, SI, EDT, Admin
	CompanyRegister string `json:"companyRegister"`
	BranchCode      string `json:"branchCode"`
}

func (o OrganizationID) String() string {
	return fmt.Sprintf("%s-%s-%s", o.Type, o.CompanyRegister, o.BranchCode)
}

// Organization is a member of HubEE's directory (reference/hubee.md §9).
type Organization struct {
	OrganizationID
	Name           string     `json:"name"`
	Code           *string    `json:"code"`
	Country        *string    `json:"country"`
	PostalCode     string     `json:"postalCode"`
	Territory      string     `json:"territory"`
	Email          string     `json:"email"`
	PhoneNumber    *string    `json:"phoneNumber"`
	Status         string     `json:"status"`
	CreateDateTime Timestamp  `json:"createDateTime"`
	UpdateDateTime *Timestamp `json:"updateDateTime"`
}

// Applicant is the person whom a folder is about.
type Applicant struct {
	FirstName string  `json:"firstName"`
	LastName  string  `json:"lastName"`
	Email     *string `json:"email"`
}

// PartnerInfo repeats the identification headers of the call that made an object.
type PartnerInfo struct {
	EditorName      *string `json:"editorName"`
	ApplicationName *string `json:"applicationName"`
	SoftwareVersion *string `json:"softwareVersion"`
}

// Attachment is the metadata of a file.
type Attachment struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	FileName string `json:"fileName"`
	Type     string `json:"type"`
	Size     int64  `json:"size"` // bytes
	MimeType string `json:"mimeType"`
}

// FolderAttachment says moreover which cases of the folder receive the file.
type FolderAttachment struct {
	Attachment
	Recipients []string `json:"recipients"` // external ids of cases
}

// StoredAttachment is what the control surface shows: the metadata and the bytes.
type StoredAttachment struct {
	FolderAttachment
	Content []byte `json:"content"` // null before the upload, and after a refused one
}

// CaseSummary is a case as its folder shows it.
type CaseSummary struct {
	ID                   string         `json:"id"`
	Status               string         `json:"status"`
	ExternalID           string         `json:"externalId"`
	Recipient            OrganizationID `json:"recipient"`
	UpdateDateTime       *Timestamp     `json:"updateDateTime"`
	TransmissionDateTime *Timestamp     `json:"transmissionDateTime"`
	PartnerAttributes    *string        `json:"partnerAttributes"`
}

// FolderCase is a case as the control surface shows it, with its events.
type FolderCase struct {
	CaseSummary
	Events []Event `json:"events"`
}

// FolderHeader is a folder without its cases and attachments.
type FolderHeader struct {
	ID             string      `json:"id"`
	GlobalStatus   string      `json:"globalStatus"`
	ProcessCode    string      `json:"processCode"`
	ExternalID     string      `json:"externalId"`
	CreateDateTime Timestamp   `json:"createDateTime"`
	UpdateDateTime *Timestamp  `json:"updateDateTime"`
	CloseDateTime  *Timestamp  `json:"closeDateTime"`
	Applicant      Applicant   `json:"applicant"`
	PartnerInfo    PartnerInfo `json:"partnerInfo"`
}

// Folder is a deposited folder as the control surface and Folders show it.
type Folder struct {
	FolderHeader
	Cases       []FolderCase       `json:"cases"`
	Attachments []StoredAttachment `json:"attachments"`
}

// Event is a fact on a case, emitted by one of its two parties (reference/hubee.md §5.6).
type Event struct {
	ID                string         `json:"id"`
	ActionType        string         `json:"actionType"`
	Status            string         `json:"status"`
	Notification      *bool          `json:"notification"`
	CaseCurrentStatus *string        `json:"caseCurrentStatus"`
	CaseNewStatus     *string        `json:"caseNewStatus"`
	Author            *string        `json:"author"`
	Message           *string        `json:"message"`
	Comment           *string        `json:"comment"`
	PartnerAttributes *string        `json:"partnerAttributes"`
	PartnerInfo       PartnerInfo    `json:"partnerInfo"`
	Transmitter       OrganizationID `json:"transmitter"`
	Attachments       []Attachment   `json:"attachments"`
	CreateDateTime    Timestamp      `json:"createDateTime"`
	UpdateDateTime    *Timestamp     `json:"updateDateTime"`
}

// Notification is one line of the queue of an organisation (reference/hubee.md §7).
type Notification struct {
	ID          string         `json:"id"`
	ProcessCode string         `json:"processCode"`
	CaseID      string         `json:"caseId"`
	EventID     *string        `json:"eventId"`
	DateTime    Timestamp      `json:"dateTime"`
	Recipient   OrganizationID `json:"recipient"`
	Transmitter OrganizationID `json:"transmitter"`
}

// Process is the settings of one procedure (reference/hubee.md §8 and §15). An empty list
// of formats or types forbids every attachment of that side.
type Process struct {
	Code                        string   `json:"code"`
	Name                        string   `json:"name"`
	AttachmentFormatsEnabled    []string `json:"attachmentFormatsEnabled"`
	SIAttachmentFormatsEnabled  []string `json:"siAttachmentFormatsEnabled"`
	AttachmentTypesEnabled      []string `json:"attachmentTypesEnabled"`
	AttachmentMaxSizeEnabled    int64    `json:"attachmentMaxSizeEnabled"` // bytes
	AcceptsMessageToTransmitter bool     `json:"messageToTransmitter"`
}

// Subscriber is the organisation of a subscription, with its name on reading.
type Subscriber struct {
	OrganizationID
	Name string `json:"name,omitempty"`
}

// DelegationActor is the editor of a subscription: an organisation (the form that HubEE
// emits), or a person known by mail (the swagger's form, taken on input).
type DelegationActor struct {
	Type            *string `json:"type"`
	CompanyRegister *string `json:"companyRegister"`
	BranchCode      *string `json:"branchCode"`
	Email           *string `json:"email,omitempty"`
}

// LocalAdministrator is the agent who answers for a subscription in the town.
type LocalAdministrator struct {
	Email        string  `json:"email"`
	FirstName    string  `json:"firstName,omitempty"`
	LastName     string  `json:"lastName,omitempty"`
	Function     *string `json:"function,omitempty"`
	PhoneNumber  *string `json:"phoneNumber,omitempty"`
	MobileNumber *string `json:"mobileNumber,omitempty"`
}

// Subscription ties an organisation to a process (reference/hubee.md §10).
type Subscription struct {
	ID                    string             `json:"id"`
	DatapassID            int64              `json:"datapassId"`
	ProcessCode           string             `json:"processCode"`
	Subscriber            Subscriber         `json:"subscriber"`
	Status                string             `json:"status"`
	AccessMode            *string            `json:"accessMode"`
	NotificationFrequency string             `json:"notificationFrequency"`
	Email                 *string            `json:"email"`
	LocalAdministrator    LocalAdministrator `json:"localAdministrator"`
	DelegationActor       *DelegationActor   `json:"delegationActor"`
	CreationDateTime      Timestamp          `json:"creationDateTime"`
	ActivateDateTime      *Timestamp         `json:"activateDateTime"`
	ValidateDateTime      *Timestamp         `json:"validateDateTime"`
	RejectDateTime        *Timestamp         `json:"rejectDateTime"`
	EndDateTime           *Timestamp         `json:"endDateTime"`
	UpdateDateTime        *Timestamp         `json:"updateDateTime"`
	RejectionReason       *string            `json:"rejectionReason"`
}

// Mail is a message that HubEE itself would have sent.
type Mail struct {
	From     string    `json:"from"`
	To       []string  `json:"to"`
	Subject  string    `json:"subject"`
	Text     string    `json:"text"`
	DateTime Timestamp `json:"dateTime"`
}
