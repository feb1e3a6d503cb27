package collectivity

import (
	"slices"
	"strings"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
)

// habilitationView is a request of the town, with what was granted of it.
type habilitationView struct {
	Request      string // "D48231"
	Habilitation string // "H10000042"
	State        habilitation.State
	Stage        stage // of what is under way
	Severity     string
	Since        web.Moment
	ApprovedAt   web.Moment
	Editor       string // "" without an editor
	Software     string // "" where it is not known
	Token, Form  bool
	Issued       web.TokenView // without URL where there is none
	Lapsing      lapsingView   // of it; without URL where it is not to be prolonged now
	Valid        bool          // it permits what it gives
	Contact      string
	Orphan       orphan
	Claim        web.ClaimView // that waits; zero for none
	// Where the request is followed and spoken of, and where what is granted is modified, a
	// modification goes on or the request is claimed; "" where that is not possible here.
	URL, MessagesURL, ModifyURL, ResumeURL, ClaimURL string
	// Who receives the dossiers of a valid habilitation with the form; none where it has none.
	Receiver receiver
}

// orphan is a request that no account holds: only whoever made it may act on it, once it is
// attached to that person's account.
type orphan struct {
	Is       bool
	Linkable bool // the link that attaches it may be asked for
	Own      bool // it seems to be the reader's, who need not be told of somebody else
}

func newOrphan(reader account.Actor, r habilitation.Request) orphan {
	if r.Holder != 0 {
		return orphan{}
	}
	isSame := func(a, b string) bool { return a != "" && strings.EqualFold(a, b) }
	return orphan{
		Is: true, Linkable: r.Mails != habilitation.MailsByExisting && (r.Habilitated() || r.State == habilitation.Suspended),
		Own: isSame(r.Requester.Mail, reader.Mail) || isSame(r.Requester.Name(), reader.Name),
	}
}

// receiver is who receives the dossiers of a town.
type receiver string

// The receivers.
const (
	nobodyReceives   receiver = ""
	editorReceives   receiver = "editor"    // HubEE's mail may be ignored
	townReceives     receiver = "town"      // there is a password to create
	anotherReceives  receiver = "elsewhere" // through another habilitation: which one must is to be said
	replacedReceives receiver = "replaced"  // another one does now, as the town asked
	settledReceives  receiver = "settled"   // another one does, and nobody asks which one must
)

// newHabilitationViews shows what was granted.
func newHabilitationViews(reader account.Actor, of affairs, contact string) []habilitationView {
	var views []habilitationView
	for _, r := range of.Requests {
		if r.Current.Number == 0 {
			continue
		}
		a, here := of.written(r.Number)
		view := habilitationView{
			Request: r.Number.String(), Habilitation: r.Current.Number.String(), State: r.State, Stage: stageOf(r, a), Severity: web.StateSeverity(r.State), Since: web.MomentOf(r.StateAt),
			ApprovedAt: web.MomentOf(r.Current.ApprovedAt), Editor: editorName(r.Current.Editor), Software: web.Typographic(a.Template.Software),
			Token: r.Current.Modalities.Token, Form: r.Current.Modalities.Form, Receiver: receiverOf(r, of),
			Valid: r.Habilitated(), Contact: contact, Issued: of.Tokens[r.Number],
			Lapsing: newLapsingView(reader, of.Lapsing[r.Number], of.Now), Orphan: newOrphan(reader, r), Claim: of.claimOf(reader, r),
		}
		path := requestPath(r.Number)
		if here || r.Source == habilitation.FromPortal {
			view.URL, view.MessagesURL = path, path+messagesPart
		}
		switch holds := r.Holder == reader.AccountID; {
		case holds && r.State.Allows(habilitation.Reopen):
			view.ModifyURL = path + reopenPart
		case holds && view.Stage != settled:
			view.ResumeURL = path
		case !holds && r.Habilitated() && view.Claim.Claimant == "":
			view.ClaimURL = path + transferPart
		}
		views = append(views, view)
	}
	return views
}

// tell says what the town asked for, and where each request is followed.
func (p *homePage) tell(reader account.Actor, of affairs) {
	p.Habilitations, p.Asked = newHabilitationViews(reader, of, p.Contact), newAskedViews(reader, of, p.Contact)
	p.Closing, p.Known, p.Anew = closingOf(of.Requests), len(of.Requests) > 0, len(of.Requests) > 0
	for _, count := range of.Unread {
		p.Unread += count
	}
	for _, r := range of.Requests {
		begun := r.State == habilitation.Draft || r.State == habilitation.Submitted || r.State == habilitation.ChangesRequested
		p.Pending = p.Pending || begun
		if claim := of.claimOf(reader, r); claim.ToAnswer {
			p.Claims = append(p.Claims, claim)
		}
		if newOrphan(reader, r).Linkable {
			p.LinkURL = linkPath
		}
		p.Anew = p.Anew && !begun && !r.Habilitated() && r.State != habilitation.Suspended
	}
	for _, view := range p.Habilitations {
		if view.Lapsing.ToDo() {
			p.Lapsing = append(p.Lapsing, view)
		}
		if view.Orphan.Linkable {
			p.Orphans = append(p.Orphans, view)
		}
		if view.Lapsing.Waits() {
			p.Waiting = append(p.Waiting, view)
		}
		if view.Form && p.MessagesURL == "" {
			p.MessagesURL = view.MessagesURL
		}
	}
}

// OwnOrphan tells that the reader seems to have made a request that no account holds; templates
// call it.
func (p homePage) OwnOrphan() bool {
	return slices.ContainsFunc(p.Orphans, func(v habilitationView) bool { return v.Orphan.Own })
}

// OrphanLapses tells that the token of such a request is to be prolonged; templates call it.
func (p homePage) OrphanLapses() bool {
	return slices.ContainsFunc(p.Orphans, func(v habilitationView) bool { return v.Lapsing.URL != "" })
}

// Changed is where what citizens read is changed; templates call it.
func (p homePage) Changed() habilitationView {
	for _, view := range p.Habilitations {
		if view.Form && (view.ModifyURL != "" || view.ResumeURL != "" || view.ClaimURL != "" || view.Claim.Claimant != "") {
			return view
		}
	}
	return habilitationView{}
}

func editorName(e habilitation.Editor) string {
	if e.Name == "" && !e.IsZero() {
		return e.Siret.Display()
	}
	return web.Typographic(e.Name)
}

// receiverOf says who receives the dossiers: a town has one subscription, which may serve
// another habilitation. A replacement takes place at the approval, so none is ever under way:
// which software must receive is open only while the request contends, as the operator reads too.
func receiverOf(r habilitation.Request, of affairs) receiver {
	subscription := of.Subscription
	elsewhere := subscription.Siret != "" && subscription.Request != r.Number && subscription.Editor != r.Current.Editor.Siret
	switch {
	case !r.Habilitated() || !r.Current.Modalities.Form:
		return nobodyReceives
	case elsewhere && subscription.Contender == r.Number:
		return anotherReceives
	case elsewhere && of.replaces(subscription.Request, r):
		return replacedReceives
	case elsewhere:
		return settledReceives
	case r.Current.Editor.IsZero():
		return townReceives
	}
	return editorReceives
}

// closing is why the form of a town is closed, as far as its habilitations tell.
type closing string

// The reasons.
const (
	closedSomehow     closing = ""
	closedByHub       closing = "hubee"     // there is a right, and HubEE takes no dossier
	closedBySuspended closing = "suspendue" // the right may come back
	closedByRevoked   closing = "revoquee"  // it will not
)

// closingOf finds why: whatever is valid does not close a form, what is suspended may open it
// again, what is revoked never does.
func closingOf(requests []habilitation.Request) closing {
	why := closedSomehow
	for _, r := range requests {
		switch form := r.Current.Modalities.Form; {
		case form && r.Habilitated():
			return closedByHub
		case form && r.State == habilitation.Suspended:
			why = closedBySuspended
		case form && r.State == habilitation.Revoked && why == closedSomehow:
			why = closedByRevoked
		}
	}
	return why
}
