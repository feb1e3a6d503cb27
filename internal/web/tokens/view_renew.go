package tokens

import (
	"strconv"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// standing is how far the prolongation of a token is.
type standing string

// The standings.
const (
	open      standing = "open"      // it may be prolonged
	early     standing = "early"     // not yet
	prolonged standing = "prolonged" // it was, and may not be again yet
	filed     standing = "filed"     // a modification is being instructed, which prolongs it
	closed    standing = "closed"    // it is not to be prolonged
)

func standingOf(f renewal.File, now time.Time) standing {
	switch {
	case f.Closed(now):
		return closed
	case !f.Open(now) && f.Last.Until.Equal(f.ExpiresAt):
		return prolonged
	case !f.Open(now):
		return early
	case f.Amendment.Filed():
		return filed
	}
	return open
}

// expiryView is when a token expires, or since when it is cut: tokens/partials/expiry.
type expiryView struct {
	At      web.Moment
	Left    int  // days; 0 on the last one, below zero once it is cut
	Exact   bool // another system gave it, at any time of the day
	Expired bool
	Form    directory.FormState // as credential.Right.FormBeside tells
}

func newExpiryView(f renewal.File, now time.Time) expiryView {
	return expiryView{At: web.MomentOf(f.ExpiresAt), Left: f.DaysLeft(now), Exact: f.PublicID == "", Expired: now.After(f.ExpiresAt), Form: f.Right.FormBeside()}
}

// Days is how many days are left, or have passed; templates call it.
func (v expiryView) Days() int { return max(v.Left, -v.Left) }

// lapsing is what the page of a token, of any space, says of its prolongation: zero where it is
// not open.
type lapsing struct {
	Expiry   expiryView
	URL      string     // of the page of the prolongation; "" where it is not open
	Filed    bool       // a modification is being instructed, which prolongs it
	Overdue  bool       // silence about it has become a refusal
	Deadline web.Moment // since when
	Town     bool       // the reader is of the town
	Holds    bool       // and may prolong it
	Holder   string     // who may; "" where nobody is known
	Nudging  web.Nudging
}

func newLapsing(f renewal.File, by reader, now time.Time) lapsing {
	if f.ID == "" || !f.Open(now) {
		return lapsing{}
	}
	return lapsing{
		Expiry: newExpiryView(f, now), URL: pathOf(f.ID) + renewalPart, Filed: standingOf(f, now) == filed,
		Overdue: f.Amendment.Overdue(now), Deadline: web.MomentOf(f.Amendment.Deadline()), Town: by.Side == credential.SideTown,
		Holds: holds(f.TokenFile, by), Holder: web.Typographic(f.RequesterName), Nudging: web.NewNudging(f, by.Nudge, now),
	}
}

func holds(f credential.TokenFile, by reader) bool {
	return by.Side == credential.SideTown && f.MayAct(by.Caller) == nil
}

// renewalPage asks whether anything has changed, or says how far the prolongation is.
type renewalPage struct {
	web.ProPage
	subject
	Refusal  string // code of why something was not done; "" for nothing
	Standing standing
	Expiry   expiryView
	Until    web.Moment // the expiry that a click gives
	OpensAt  web.Moment // from when it may be prolonged
	Shown    string     // the expiry, for the form
	Printed  string     // the day that a click gives, likewise

	Town, Holds          bool // the reader is of the town, and follows the request
	Request              string
	Holder               string // who may prolong; "" where nobody is known
	TransferURL, LinkURL string // where somebody else comes to hold the request; "" for nowhere
	RequestURL           string // where the holder follows it
	Nudging              web.Nudging

	Questions questions
	Title     string
	Purpose   []string // lines of what the data are for
	Scopes    []string // codes of the words of what the token opens
	People    []contactRow

	Amendment amendmentView
	RefusedAt web.Moment // of the last modification, where none is under way; zero for none
	Claim     web.ClaimView
	Last      prolongedView
	Confirmed bool   // by a mail
	Why       string // code of why it is not to be prolonged
	Next      nearView
}

// contactRow is somebody whom a habilitation names.
type contactRow struct {
	Role              string // code
	Name, Mail, Phone string
}

// amendmentView is a modification that prolongs once it is approved; zero for none.
type amendmentView struct {
	BegunAt, FiledAt web.Moment
	// LastFiledAt is the deposit that waits, Deadline when silence about it becomes a refusal, Overdue
	// that it did; zero where none waits.
	LastFiledAt, Deadline web.Moment
	Overdue               bool
	By                    string
	Returned              bool   // an instructor asks for changes
	URL                   string // where its holder goes on with it
}

// prolongedView is a prolongation; zero for none.
type prolongedView struct {
	At, From  web.Moment
	By        string
	Amendment bool // by a modification
}

func (v Views) newRenewalPage(page web.ProPage, f renewalFile, by reader, m moment) renewalPage {
	p := renewalPage{
		ProPage: page, subject: newSubject(f.TokenFile, by, m), Standing: standingOf(f.File, m.Now), Expiry: newExpiryView(f.File, m.Now),
		Until: web.MomentOf(f.Until(m.Now)), OpensAt: web.MomentOf(f.OpensAt()), Shown: f.ExpiresAt.UTC().Format(time.RFC3339Nano),
		Printed: value.InParis(f.Until(m.Now)).Format(time.DateOnly),
		Town:    by.Side == credential.SideTown, Holds: holds(f.TokenFile, by), Request: f.Request.String(), Holder: web.Typographic(f.RequesterName),
		Nudging: web.NewNudging(f.File, by.Nudge, m.Now), Questions: unchanged(), Amendment: newAmendmentView(f.File, m.Now),
		Last: prolongedView{At: web.MomentOf(f.Last.At), From: web.MomentOf(f.Last.From), By: f.Last.By, Amendment: f.Last.Way == renewal.Amended},
		Next: newNearView(f.Next, by, m), Confirmed: f.Mail != "",
	}
	switch {
	case p.Holds:
		p.RequestURL = requestOf(f.Request)
	case p.Town && f.Holder == 0:
		p.LinkURL = holderLinkPath
	case p.Town:
		p.TransferURL = requestOf(f.Request) + transferPart
	case by.Space == account.SpaceAdministration || by.Space == account.SpaceInstruction:
		p.RequestURL = by.Space.Path() + "/habilitations/" + strconv.FormatInt(int64(f.Request), 10)
	}
	if p.Standing == open && p.Amendment.BegunAt.Year == 0 {
		p.RefusedAt = web.MomentOf(f.RefusedAt)
	}
	if p.Town {
		p.Claim = web.NewClaimView(f.Claim, f.Holder, by.AccountID, m.Now)
	}
	if p.Standing == closed {
		p.Why = "renewal.why." + whyClosed(f.File, m.Now)
	}
	if p.Asks() { // what is shown is nobody else's affair
		p.Title, p.Purpose, p.Scopes, p.People = web.Typographic(f.Granted.Title), web.Lines(f.Purpose), v.scopesOf(f.Token), newContactRows(f.File)
	}
	return p
}

// Asks tells that the page asks the reader whether anything has changed; templates call it.
func (p renewalPage) Asks() bool { return p.Standing == open && p.Holds }

func newAmendmentView(f renewal.File, now time.Time) amendmentView {
	if f.Amendment.IsZero() {
		return amendmentView{}
	}
	v := amendmentView{BegunAt: web.MomentOf(f.Amendment.BegunAt), FiledAt: web.MomentOf(f.Amendment.FiledAt), By: f.Amendment.By, Returned: f.Amendment.Returned, URL: requestOf(f.Request)}
	if deadline := f.Amendment.Deadline(); !deadline.IsZero() {
		v.LastFiledAt, v.Deadline, v.Overdue = web.MomentOf(f.Amendment.LastFiledAt), web.MomentOf(deadline), f.Amendment.Overdue(now)
	}
	switch {
	case v.FiledAt.Year != 0: // the request says what is asked
	case f.State == habilitation.Reopened:
		v.URL += summaryPart
	default: // it was recorded, and the request not opened
		v.URL += reopenPart
	}
	return v
}

// whyClosed tells why a token is not to be prolonged.
func whyClosed(f renewal.File, now time.Time) string {
	switch state := f.Token.State(now); {
	case state == credential.TokenRevoked && f.Right.Holds:
		return "revoque"
	case !f.ReplacedAt.IsZero():
		return "remplace"
	case !f.Suspension.At.IsZero():
		return "suspendu"
	}
	return "habilitation"
}

// newContactRows lists the people of a habilitation: who holds the request now in the place of
// whoever made it, and the editor where its people are the technical contact.
func newContactRows(f renewal.File) []contactRow {
	granted := f.Granted.Contacts
	row := func(role string, c habilitation.Contact) contactRow {
		return contactRow{Role: "habilitation.contact." + role, Name: web.Typographic(c.Name()), Mail: c.Mail, Phone: c.Phone}
	}
	requester, technical := row("requester", granted.Requester), row("technical", granted.Technical)
	if to := f.Addressees.Requester; to != "" && to != requester.Mail {
		requester.Mail, requester.Phone = to, ""
	}
	if f.RequesterName != "" {
		requester.Name = web.Typographic(f.RequesterName)
	}
	if to := f.Addressees.Technical; f.Editor != "" && to != "" && to != technical.Mail {
		technical = contactRow{Role: technical.Role, Name: editorOf(f.TokenFile), Mail: to}
	}
	return []contactRow{requester, technical, row("business", granted.Business), row("dpd", granted.DPD), row("controller", granted.Controller)}
}
