package requests

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// onePage says where a request is, and what is to be done.
type onePage struct {
	web.ProPage
	Number, Software, Editor string // "" on the generic form
	Habilitation             string // "H10000042"; "" before the first approval
	State                    stateView
	Phase                    request.Phase
	Since                    web.Moment
	FiledAt, Deadline        web.Moment // of the deposit that waits; zero otherwise
	Overdue                  bool       // the deadline is over: silence became a refusal
	Holder                   string     // "" where nobody is known
	Held                     bool       // by the reader
	Over                     bool       // nothing can be done of it any more
	Next                     next
	Modification             bool
	ResumeURL                string
	AnewURL                  string // where another request begins, with these answers if there are any; "" while this one lives
	MessagesURL, TransferURL string
	ReopenURL, CancelURL     string // "" where it is not possible now
	WithdrawURL              string
	Reason                   []string // what the instructors ask for
	Comments                 []commentView
	Told                     []string         // what the last decision said; nothing where it said nothing
	ToldAct                  habilitation.Act // which decision
	AskedBy                  string
	AskedAt                  web.Moment
	Claim                    web.ClaimView
	Lapsing                  web.LapsingView
	Unread                   int
	Differences              []web.DifferenceView
	Blocks                   []blockView
	Documents                []web.DocumentView
	History                  []eventView
}

// commentView is what the instructors say of a field.
type commentView struct {
	Label string // code
	Text  []string
	URL   string // where it is mended; "" for who may not
}

// eventView is an act of the journal.
type eventView struct {
	At     web.Moment
	Act    string // code of its words
	Author string
	Number string // of the habilitation that it granted; "" for none
}

func newOnePage(page web.ProPage, f file) onePage {
	a, root := f.Application, pathOf(f.Request.Number)
	p := onePage{
		ProPage: page, Number: a.Request.Number.String(), Software: web.Typographic(a.Template.Software), Editor: web.Typographic(a.Template.Editor.Name),
		State: newStateView(a.Request.State), Phase: a.Phase, Since: web.MomentOf(a.Request.StateAt),
		Holder: web.Typographic(a.Request.Requester.Name()), Held: f.Held(), Next: nextOf(a.Request.State, a.Phase), Over: isOver(a.Request.State), Modification: a.Modification(),
		MessagesURL: root + messagesPart, TransferURL: root + transferPart, Blocks: newBlockViews(f, a.Answers, false), Documents: newDocuments(a),
	}
	if a.Request.Current.Number != 0 {
		p.Habilitation = a.Request.Current.Number.String()
	}
	if a.Phase == request.Filed {
		p.FiledAt, p.Deadline = web.MomentOf(a.FiledAt), web.MomentOf(a.Deadline())
	}
	if p.Next == nextBeginAnew || p.Next == nextRevoked {
		p.AnewURL = anewURL(a)
	}
	p.offer(f)
	p.asked(f)
	if a.Modification() && a.Granted != nil {
		p.Differences = web.NewDifferenceViews(request.Differences(*a.Base(), a.Answers), documentsOf(a))
	}
	return p
}

// anewURL is where a request begins in the place of one that ended: on the same form, with its
// answers, where something is left of them.
func anewURL(a request.Application) string {
	if a.Template.UID == "" || a.Answers.Equal(request.Answers{}) {
		return formsPath
	}
	return beginPath + "?" + url.Values{fieldForm: {a.Template.UID}, fieldReused: {strconv.FormatInt(int64(a.Request.Number), 10)}}.Encode()
}

// isOver tells that a request ended: nobody needs to hold it.
func isOver(state habilitation.State) bool {
	return state == habilitation.Archived || state == habilitation.Refused || state == habilitation.Revoked
}

// offer gives the page what the state allows to the holder.
func (p *onePage) offer(f file) {
	if !p.Held {
		return
	}
	if f.Writable() {
		p.ResumeURL = pathOf(f.Request.Number) + summaryPart
		if f.Request.State == habilitation.Draft {
			p.ResumeURL = f.resumeURL()
		}
	}
	for _, offered := range []struct {
		act habilitation.Act
		url *string
	}{{habilitation.Reopen, &p.ReopenURL}, {habilitation.Cancel, &p.CancelURL}, {habilitation.Withdraw, &p.WithdrawURL}} {
		if f.Allows(offered.act) {
			*offered.url = actPath(f.Request.Number, offered.act)
		}
	}
}

// asked tells which changes the instructors ask for, while they do, then what they said with
// their decision.
func (p *onePage) asked(f file) {
	asked := f.Asked
	switch f.Phase {
	case request.Closed:
		if p.Told = web.Lines(asked.Reason); len(p.Told) > 0 {
			p.ToldAct, p.AskedBy, p.AskedAt = asked.Act, asked.By, web.MomentOf(asked.At)
		}
		return
	case request.Writing, request.Filed:
		return
	case request.Returned:
	}
	p.Reason, p.AskedBy, p.AskedAt = web.Lines(asked.Reason), asked.By, web.MomentOf(asked.At)
	for _, comment := range asked.Comments {
		view := commentView{Label: web.FieldLabel(comment.Field), Text: web.Lines(comment.Text)}
		if block, known := blockOf(f.Application, comment.Field); known && f.Writable() && slices.Contains(f.steps(), block) {
			view.URL = stepPath(f.Request.Number, block) + "?" + fieldReturn + "=" + returnSummary
		}
		p.Comments = append(p.Comments, view)
	}
}

// newDocuments lists the files that something names: one that was replaced before any deposit
// is about to be erased.
func newDocuments(a request.Application) []web.DocumentView {
	var views []web.DocumentView
	for _, d := range a.Documents {
		named := d.ID == a.Answers.Document || a.Sent != nil && d.ID == a.Sent.Document || a.Granted != nil && d.ID == a.Granted.Document
		if named {
			views = append(views, documentsOf(a)(d.ID))
		}
	}
	return views
}

// told are the acts that a town reads: who instructs is the instructors' affair.
var told = []audit.Act{
	audit.RequestBegun, audit.RequestFiled, audit.RequestReturned, audit.RequestWithdrawn, audit.RequestReopened, audit.RequestCancelled,
	audit.RequestClaimed, audit.RequestUnclaimed, audit.ClaimRefused, audit.RequesterChanged, audit.MessageSent,
	audit.HabilitationApproved, audit.HabilitationAdopted, audit.HabilitationRefused, audit.HabilitationSuspended, audit.HabilitationRestored,
	audit.HabilitationRevoked,
}

// newEventViews shows what was done of a request, newest first.
func newEventViews(entries []audit.Entry) []eventView {
	var views []eventView
	acts := web.ActCodes(entries)
	for i, entry := range entries {
		if !slices.Contains(told, entry.Act) {
			continue
		}
		view := eventView{At: web.MomentOf(entry.At), Act: acts[i], Author: web.Typographic(entry.Author.Display)}
		if entry.Act == audit.HabilitationApproved && strings.HasPrefix(entry.Detail, "H") {
			view.Number = entry.Detail
		}
		views = append(views, view)
	}
	return views
}
