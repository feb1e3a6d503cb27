package habilitations

import (
	"slices"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// file is all that the page of a request is made from.
type file struct {
	Orphan       request.Orphan // zero where somebody's account holds it
	Request      habilitation.Request
	Versions     []habilitation.Habilitation // newest first
	Subscription credential.Watched          // of the town; zero without one
	Relay        decision.Relay              // who takes the dossiers over when the request no longer holds
	History      []audit.Entry               // newest first
	Token        web.TokenView               // the one that goes on; without URL for none
}

// rights are where the page is, who reads it, and what she may do and open.
type rights struct {
	Root, Person                string
	Suspend, Restore, Revoke    bool
	ReadSubscription, ReadTowns bool
	Instruct, Invite            bool
}

// onePage shows a request with what was granted of it.
type onePage struct {
	web.ProPage
	Root, Number string
	Name, Siret  string // of the organisation
	TownURL      string // "" for nowhere that the person may go
	State        stateView
	Over         bool   // nothing will be granted of it
	InstructURL  string // where it is instructed; "" for who may not, and for what DataPass has
	UnderWay     bool   // somebody waits for an answer, or writes
	Since        web.Moment
	DecidedBy    string // who brought it to its state; "" where nobody is known to have
	Suspension   suspensionView
	Source       habilitation.Source
	CreatedAt    web.Moment
	FormUID      string
	Current      *versionView // nil before the first approval
	Contacts     []contactView
	Versions     []*versionView
	Subscription subscriptionLink
	Token        web.TokenView
	History      []eventView

	SuspendURL, RestoreURL, RevokeURL string // "" where the state or the role does not allow it
	// Orphan: nobody's account holds it; InviteURL sends the requester the link, "" for who may
	// not; InvitedAt is when one last left.
	Orphan    bool
	InviteURL string
	InvitedAt web.Moment
	// AnotherRevokes: the person suspended it herself.
	AnotherRevokes bool
}

// versionView is what one approval granted.
type versionView struct {
	Number      string
	At          web.Moment
	By          string // "" where nobody told
	Token, Form bool
	Scopes      []string
	Editor      string // "" without an editor
	EditorSiret string
	Title       string
	Terms       string
	FormUID     string
}

// contactView is somebody whom the request names.
type contactView struct {
	Part             string // code of its words
	Name, Job        string
	Mail, Phone      string
	Missing          bool // it names nobody
	FormerlyDeclared bool // as declared, where another holds the request by now
}

// subscriptionLink says how far the town is at HubEE.
type subscriptionLink struct {
	State credential.Phase // "" without a subscription
	URL   string
	// Elsewhere: it serves another request.
	Elsewhere string
}

// eventView is an act of the journal.
type eventView struct {
	At     web.Moment
	Act    string // code of its words
	Author string
	Detail string // the number of a habilitation, or a code
}

func (v Views) newOnePage(page web.ProPage, f file, may rights) onePage {
	r := f.Request
	p := onePage{
		ProPage: page, Root: may.Root, Number: r.Number.String(), Name: nameOf(r), Siret: r.Siret.Display(), State: newStateView(r.State), Over: over(r.State),
		Since: web.MomentOf(r.StateAt), DecidedBy: decidedBy(f), Suspension: newSuspensionView(r), Source: r.Source, CreatedAt: web.MomentOf(r.CreatedAt), FormUID: r.FormUID,
		Contacts: contactsOf(r), Subscription: linkOf(f, may), Token: f.Token,
	}
	if may.ReadTowns && f.Subscription.COG != "" {
		p.TownURL = townsPath + "/" + r.Siret.String()
	}
	for _, version := range f.Versions {
		p.Versions = append(p.Versions, newVersionView(version))
	}
	if len(p.Versions) > 0 {
		p.Current = p.Versions[0]
	}
	acts := web.ActCodes(f.History)
	for i, entry := range f.History {
		view := eventView{At: web.MomentOf(entry.At), Act: v.known(acts[i], "audit.other"), Author: entry.Author.Display}
		if entry.Act == audit.HabilitationApproved || entry.Act == audit.HabilitationAdopted { // the number of the version
			view.Detail = entry.Detail
		}
		p.History = append(p.History, view)
	}
	if may.Instruct && r.Source == habilitation.FromPortal {
		p.InstructURL, p.UnderWay = pathOf(instructionPath, r.Number), underWay[r.State]
	}
	p.offer(r, may)
	p.Orphan, p.InvitedAt = f.Orphan.Request.Number != 0, web.MomentOf(f.Orphan.SentAt)
	if p.Orphan && may.Invite {
		p.InviteURL = pathOf(may.Root, r.Number) + invitePart
	}
	return p
}

// underWay are the states in which a request, or its modification, is not decided.
var underWay = map[habilitation.State]bool{habilitation.Submitted: true, habilitation.ChangesRequested: true, habilitation.Reopened: true}

// decisive are the acts of the journal that bring a request to a state.
var decisive = map[habilitation.State][]audit.Act{
	habilitation.Validated: {audit.HabilitationApproved, audit.HabilitationAdopted, audit.HabilitationRestored, audit.HabilitationRefused},
	habilitation.Refused:   {audit.HabilitationRefused},
	habilitation.Revoked:   {audit.HabilitationRevoked},
}

// decidedBy says who brought a request to its state, as far as the request, the journal or
// the newest version tells: an act of another moment made another state.
func decidedBy(f file) string {
	r := f.Request
	if r.State == habilitation.Suspended {
		return r.Suspension.Author
	}
	for _, entry := range f.History {
		if entry.At.Equal(r.StateAt) && slices.Contains(decisive[r.State], entry.Act) {
			return entry.Author.Display
		}
	}
	if r.State == habilitation.Validated && len(f.Versions) > 0 && f.Versions[0].ApprovedAt.Equal(r.StateAt) {
		return f.Versions[0].ApprovedBy
	}
	return ""
}

// offer gives the page the acts that the state allows and the person may do.
func (p *onePage) offer(r habilitation.Request, may rights) {
	if may.Suspend && r.State.Allows(habilitation.Suspend) {
		p.SuspendURL = actPath(may.Root, r.Number, habilitation.Suspend)
	}
	if may.Restore && r.State.Allows(habilitation.Restore) {
		p.RestoreURL = actPath(may.Root, r.Number, habilitation.Restore)
	}
	if may.Revoke && r.State.Allows(habilitation.Revoke) {
		if p.AnotherRevokes = r.Suspension.AuthorID == may.Person; !p.AnotherRevokes {
			p.RevokeURL = actPath(may.Root, r.Number, habilitation.Revoke)
		}
	}
}

func newVersionView(h habilitation.Habilitation) *versionView {
	view := &versionView{
		Number: h.Number.String(), At: web.MomentOf(h.ApprovedAt), By: h.ApprovedBy, Token: h.Modalities.Token, Form: h.Modalities.Form,
		Scopes: h.Scopes, Editor: web.Typographic(h.Editor.Name), Title: web.Typographic(h.Title), Terms: h.Terms, FormUID: h.FormUID,
	}
	if !h.Editor.IsZero() {
		view.EditorSiret = h.Editor.Siret.Display()
		if view.Editor == "" {
			view.Editor = view.EditorSiret
		}
	}
	return view
}

// contactsOf lists the people of a request: who holds it today, then those whom its newest
// habilitation names, the first holder too where it is another.
func contactsOf(r habilitation.Request) []contactView {
	views := []contactView{newContactView("requester", r.Requester)}
	if r.Current.Number == 0 {
		return views
	}
	declared := r.Current.Contacts
	if declared.Requester.Mail != "" && declared.Requester.Mail != r.Requester.Mail {
		former := newContactView("requester", declared.Requester)
		former.FormerlyDeclared = true
		views = append(views, former)
	}
	return append(views, newContactView("technical", declared.Technical), newContactView("business", declared.Business),
		newContactView("dpd", declared.DPD), newContactView("controller", declared.Controller))
}

func newContactView(part string, c habilitation.Contact) contactView {
	return contactView{
		Part: "habilitation.contact." + part, Name: web.Typographic(c.Name()), Job: web.Typographic(c.Job), Mail: c.Mail, Phone: c.Phone,
		Missing: c == habilitation.Contact{},
	}
}

func linkOf(f file, may rights) subscriptionLink {
	s := f.Subscription
	if s.Siret == "" {
		return subscriptionLink{}
	}
	link := subscriptionLink{State: s.Phase()}
	if may.ReadSubscription {
		link.URL = subscriptionsPath + "/" + s.Siret.String()
	}
	if s.Request != 0 && s.Request != f.Request.Number {
		link.Elsewhere = s.Request.String()
	}
	return link
}
