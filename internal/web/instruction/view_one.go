package instruction

import (
	"strconv"
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// reader is who reads the page of a request, when, and what she may decide.
type reader struct {
	ID                       int64
	Now                      time.Time
	Approve, Changes, Refuse bool
}

// onePage shows a request.
type onePage struct {
	web.ProPage
	URL, Number, Name, Siret string
	Software                 string // "" on the generic form
	Editor                   string // of the form; on the generic one the one that was confirmed, "" for none
	Modification             bool
	Urgent                   bool // a modification that waits for the instructors
	State                    stateView
	Help                     string // code of what the state means
	Since                    web.Moment
	Filed                    filedView
	Requester                contactView
	HabilitationURL          string // of what is granted; "" for nothing

	ApproveURL, ChangesURL, RefuseURL string // "" where the state or the role does not allow it
	NextURL                           string // "" where nothing else waits

	Renewal    *renewalView // of the token that it prolongs; nil for none
	Assignment assignmentView
	Claim      *claimView
	// Deposited: there is something to read, besides what the town is writing.
	Deposited bool
	Facts     factsView
	Reception *receptionView
	Changed   []changedView
	Asked     *askedView // the changes that were asked for before
	Told      *askedView // what a decision said to the town
	// FromForm is what the form proposed and the town changed.
	FromForm      []web.DifferenceView
	Filled, Fixed answersView
	Messages      threadView
	History       []eventView
}

// renewalView is the prolongation that waits for a modification, with what the requester answered.
type renewalView struct {
	Countdown                  web.Countdown
	TokenURL                   string
	SamePurpose, RightContacts bool
	Decidable                  bool // by the instructors, now
}

func newRenewalView(f file, now time.Time) *renewalView {
	if f.Renewal.IsZero() || !f.Modification() {
		return nil
	}
	return &renewalView{
		Countdown: web.NewCountdown(f.Renewal.Expiry, now), TokenURL: "/jetons/" + f.Renewal.TokenID, SamePurpose: f.Renewal.SamePurpose,
		RightContacts: f.Renewal.RightContacts, Decidable: f.Phase == request.Filed,
	}
}

// assignmentView is who is in charge, and who may be.
type assignmentView struct {
	URL    string
	Name   string // "" for nobody
	Mine   bool
	Reader int64
	Read   int64 // who is in charge, 0 for nobody: sent back with the form
	Choice form.Field
	Others []dsfr.Option
	// Meanwhile is the code of why nobody was put in charge: somebody else did it before. "" for
	// nothing of the kind.
	Meanwhile string
}

// threadView is the end of what was said.
type threadView struct {
	URL    string
	Count  int
	Unread int
	Last   []web.MessageView
}

// lastMessages are shown on the page of a request.
const lastMessages = 3

func (v Views) newOnePage(page web.ProPage, f file, may reader) onePage {
	r := f.Request
	claim := newClaimView(r, claimed{f.Claim, f.Lapsing}, may.Now)
	p := onePage{
		ProPage: page, URL: pathOf(r.Number), Number: r.Number.String(), Name: nameOf(r), Siret: r.Siret.Display(),
		Software: web.Typographic(f.Template.Software), Editor: editorOf(f.Application), Modification: f.Modification(),
		State: newStateView(r.State, f.Phase), Help: helpAbove(claim, r.State, f.Phase), Since: web.MomentOf(r.StateAt),
		Filed: newFiledView(f.FirstFiledAt, f.FiledAt, f.Phase, may.Now), Requester: newContactView("requester", r.Requester),
		Assignment: newAssignmentView(f, may), Claim: claim, Renewal: newRenewalView(f, may.Now), Deposited: deposited(f.Application) != nil,
		Messages: newThreadView(r.Number, f.Thread), History: v.newEventViews(f.History), Urgent: f.Modification() && f.Phase == request.Filed,
	}
	if r.Current.Number != 0 {
		p.HabilitationURL = habilitationsPath + "/" + numberText(r.Number)
	}
	if f.Next != 0 {
		p.NextURL = pathOf(f.Next)
	}
	p.offer(f.Application, may)
	if p.Deposited {
		p.read(v, f)
	}
	return p
}

// read shows what was deposited, and all that it is compared with.
func (p *onePage) read(v Views, f file) {
	documents := documentsOf(f.Application)
	p.Facts = v.newFactsView(f)
	p.Reception = newReceptionView(f)
	p.Changed = changesOf(f, documents)
	if view := newAskedView(f.Asked); f.Phase == request.Closed {
		p.Told = view
	} else {
		p.Asked = view
	}
	p.FromForm = web.NewDifferenceViews(changedOfForm(f.Application), documents)
	p.Filled, p.Fixed = newAnswersViews(f.Application, documents)
}

// offer gives the page the acts that the state allows and the person may do.
func (p *onePage) offer(a request.Application, may reader) {
	for _, offered := range []struct {
		url *string
		act habilitation.Act
		may bool
	}{{&p.ApproveURL, habilitation.Approve, may.Approve}, {&p.ChangesURL, habilitation.RequestChanges, may.Changes}, {&p.RefuseURL, habilitation.Refuse, may.Refuse}} {
		if offered.may && a.Allows(offered.act) {
			*offered.url = actPath(a.Request.Number, offered.act)
		}
	}
}

func newAssignmentView(f file, may reader) assignmentView {
	view := assignmentView{
		URL: pathOf(f.Request.Number) + "/attribution", Name: f.Assignee.Name, Mine: !f.Assignee.IsZero() && f.Assignee.ID == may.ID,
		Reader: may.ID, Read: f.Assignee.ID, Choice: form.Field{Name: fieldInstructor},
	}
	for _, person := range f.Instructors {
		if person.ID != f.Assignee.ID && person.ID != may.ID {
			view.Others = append(view.Others, dsfr.Option{Value: strconv.FormatInt(person.ID, 10), Text: web.Typographic(person.Name)})
		}
	}
	return view
}

// withoutInstructor is the page where nobody was chosen.
func (p onePage) withoutInstructor() onePage {
	p.Assignment.Choice = p.Assignment.Choice.Refused("form.choice")
	p.Problems = form.Problems(p.Assignment.Choice)
	return p
}

func newThreadView(number habilitation.RequestNumber, thread []request.Message) threadView {
	all := web.NewMessageViews(thread, request.SideStaff)
	view := threadView{URL: pathOf(number) + "/messages", Count: len(all), Last: all[max(0, len(all)-lastMessages):]}
	for _, m := range all {
		if m.Unread {
			view.Unread++
		}
	}
	return view
}
