package habilitation

import (
	"strconv"
	"strings"
	"time"

	"portail-qf/internal/domain/value"
)

// RequestNumber names a request: that of DataPass where it came from there, else one of
// ours, from 10,000,000 on (SETTLED.md, names). HubEE knows it as datapassId.
type RequestNumber int64

// String is the number as people quote it: "D48231".
func (n RequestNumber) String() string { return "D" + strconv.FormatInt(int64(n), 10) }

// Number names a habilitation, from 10,000,000 on.
type Number int64

// String is the number as people quote it: "H10000042".
func (n Number) String() string { return "H" + strconv.FormatInt(int64(n), 10) }

// Source is where a request was made.
type Source string

// The sources.
const (
	FromDatapass Source = "datapass"
	FromPortal   Source = "portail"
)

// Sources lists every source, as the database's CHECK does.
var Sources = [...]Source{FromDatapass, FromPortal}

// Mailer is who writes the mails about a request, while the existing system lives on
// (PRODUCT.md 3.13).
type Mailer string

// The mailers. "" is the portal too.
const (
	MailsByPortal   Mailer = "portail"
	MailsByExisting Mailer = "ancien"
)

// Mailers lists both, as the database's CHECK does.
var Mailers = [...]Mailer{MailsByPortal, MailsByExisting}

// Request is a demand of a local authority, from its draft on. The newest of its
// habilitations counts.
type Request struct {
	Number       RequestNumber
	Source       Source
	Siret        value.Siret
	Organisation string // name, as told with the request
	FormUID      string
	State        State
	StateAt      time.Time
	CreatedAt    time.Time
	// Requester is who holds the request today: the mails go there.
	Requester Contact
	// Holder is the account of the requester; 0 where nobody linked one yet: DataPass knows
	// its own accounts.
	Holder int64
	// Mails is who writes about it.
	Mails Mailer
	// Suspension is who suspended; zero unless the state is Suspended.
	Suspension Suspension
	// Revision counts the changes: whoever decides says which one was read.
	Revision int
	// Current is the newest habilitation; zero before the first approval.
	Current Habilitation
}

// Habilitated tells whether an approval holds: a modification under way leaves the
// habilitation valid (guide, 6.a; datapass.md §6).
func (r Request) Habilitated() bool { return r.State.Habilitates() && r.Current.Number != 0 }

// Suspension is who suspended a habilitation, and why, as it was written to the requester.
type Suspension struct{ AuthorID, Author, Reason string }

// Habilitation is what one approval granted. It never changes.
type Habilitation struct {
	Number       Number
	Request      RequestNumber
	Siret        value.Siret
	Organisation string
	Modalities   Modalities
	Scopes       []string
	Editor       Editor // zero without an editor
	FormUID      string
	Title        string
	Terms        string // version of the general terms of use that were accepted
	Contacts     Contacts
	ApprovedBy   string // as displayed then
	ApprovedAt   time.Time
}

// Modalities are the ways to the data that were granted (PRODUCT.md 3.2).
type Modalities struct {
	Token bool // of API Particulier, for the software
	Form  bool // the national form, for citizens
}

// Editor is the publisher of the software, as it was at the approval.
type Editor struct {
	Siret value.Siret
	Name  string
}

// IsZero tells that there is no editor.
func (e Editor) IsZero() bool { return e.Siret == "" }

// Contacts are the people that the request named. A Contact is zero where it named nobody.
type Contacts struct {
	Requester  Contact `json:"demandeur"`
	Technical  Contact `json:"technique"`
	Business   Contact `json:"metier"`
	DPD        Contact `json:"dpd"`
	Controller Contact `json:"responsable"`
}

// Contact is somebody who acts for an organisation.
type Contact struct {
	GivenName  string `json:"prenom,omitempty"`
	FamilyName string `json:"nom,omitempty"`
	Mail       string `json:"mail,omitempty"` // lower case
	Phone      string `json:"telephone,omitempty"`
	Job        string `json:"fonction,omitempty"`
}

// Name is the whole name, "" when none was given.
func (c Contact) Name() string { return strings.TrimSpace(c.GivenName + " " + c.FamilyName) }
