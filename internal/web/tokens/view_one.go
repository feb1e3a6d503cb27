package tokens

import (
	"strconv"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/web"
)

// moment is when a page is made, and what the tokens of the portal begin with.
type moment struct {
	Now    time.Time
	Prefix credential.TokenPrefix
}

// subject is what every page says of the token that it is about.
type subject struct {
	Token        web.TokenView
	Name, Siret  string // of the town
	Habilitation string // "H10000042"
	Editor       string // "" without an editor
	Told         bool   // somebody is written to of what happens to it
	ListName     string // code of the words of the page above
	ListURL      string
}

func newSubject(f credential.TokenFile, by reader, m moment) subject {
	s := subject{
		Token: web.NewTokenView(f.Token, m.Prefix, m.Now), Name: web.Typographic(f.Organisation), Siret: f.Siret.Display(), Habilitation: f.Habilitation.String(),
		Editor: editorOf(f), Told: f.Addressees.Requester != "", ListName: "nav.jetons", ListURL: by.Space.Path() + listPart,
	}
	if s.Name == "" {
		s.Name = s.Siret
	}
	if by.Side == credential.SideTown {
		s.ListName, s.ListURL = "nav.habilitations", townHabilitations
	}
	return s
}

// editorOf is the name of the editor, its SIRET where nobody told it, or nothing.
func editorOf(f credential.TokenFile) string {
	if f.Addressees.Editor == "" || f.Editor == "" {
		return f.Editor.Display()
	}
	return web.Typographic(f.Addressees.Editor)
}

// text is what stands between the reader and the text of the token.
type text string

// What there is to do.
const (
	nothingToCollect text = ""
	toCollect        text = "collect" // by the reader
	toLeave          text = "leave"   // the editor collects; the reader may
	toBeCollected    text = "others"  // by others than the reader
	shownAgain       text = "again"   // to the reader
	erased           text = "erased"  // the reader's side had it, and it goes on
	hadByOthers      text = "had"     // the other side collected it
)

// onePage shows a token.
type onePage struct {
	web.ProPage
	subject
	Refusal    string   // code of why something was not done; "" for nothing
	Help       string   // code of what the state means; "" where Lapsing says it
	Title      string   // of the project
	Request    string   // "D48231"
	RequestURL string   // "" for nowhere that the person may go
	Scopes     []string // codes of the words of what it opens
	IssuedAt   web.Moment
	FirstUse   web.Moment

	Text        text
	Barred      bool // the habilitation is suspended, which keeps the token closed
	Awaits      text // who collects it once it is resumed; "" where somebody has it
	ShownUntil  web.Moment
	ConfirmedAt web.Moment
	Holds       bool   // the reader acts for the town
	Holder      string // who acts for the town; "" where nobody is known
	TransferURL string // where a colleague asks to act in that place; "" for everybody else
	LinkURL     string // where an agent has the link sent that gives the request its holder; "" where somebody is
	Collection  collectionView
	Suspension  closedView
	Revocation  closedView
	Next        nearView
	Former      nearView
	Beside      []besideView
	ReplacedAt  web.Moment
	EndsAt      web.Moment
	Ended       bool       // that time is over
	ExpiredAt   web.Moment // zero before
	Uses        []useDay
	// Served and Refused are the sums of them.
	Served, Refused int

	Lapsing lapsing // what is said of its prolongation; zero while it is not open

	CanReplace, CanEnd, CanSuspend, CanResume, CanRevoke bool
	// OperatorHolds: only those who suspended it open it again.
	OperatorHolds bool
}

// collectionView is who collected a token; zero before.
type collectionView struct {
	At   web.Moment
	By   string
	Side string // code of its words
	// Program: a program of the editor's did, and nobody of its people.
	Program bool
}

// closedView is who suspended or revoked a token; zero where nobody did.
type closedView struct {
	At     web.Moment
	By     string // "" where nobody is known
	Side   string // code of its words; "" likewise
	Reason []string
}

// nearView is a token before or after another one; zero for none.
type nearView struct {
	web.TokenView
	Overlaps bool // both go on
	EndsAt   web.Moment
	CanEnd   bool // at once, by the reader
}

// besideView is another token that the software may still use.
type besideView struct {
	web.TokenView
	Until web.Moment // it stops by itself
}

func newBesideViews(f file, m moment) (views []besideView) {
	for _, t := range f.Beside {
		views = append(views, besideView{TokenView: web.NewTokenView(t, m.Prefix, m.Now), Until: web.MomentOf(t.Closes())})
	}
	return views
}

// CanClose tells that the reader may do something against a leak; templates call it.
func (p onePage) CanClose() bool { return p.CanReplace || p.CanSuspend || p.CanRevoke }

func (v Views) newOnePage(page web.ProPage, f file, by reader, m moment) onePage {
	p := onePage{
		ProPage: page, subject: newSubject(f.TokenFile, by, m), Help: helpOf(f, m.Now), Title: web.Typographic(f.Title), Request: f.Request.String(),
		Scopes: v.scopesOf(f.Token), IssuedAt: web.MomentOf(f.IssuedAt), FirstUse: web.MomentOf(f.FirstUse), ConfirmedAt: web.MomentOf(f.ConfirmedAt),
		ReplacedAt: web.MomentOf(f.ReplacedAt), EndsAt: web.MomentOf(f.EndsAt), Ended: !f.EndsAt.After(m.Now), Text: textOf(f, by, m.Now),
		Revocation: closedView{At: web.MomentOf(f.Revocation.At), By: f.Revocation.By, Reason: web.Lines(f.Revocation.Reason)},
		Suspension: closedView{At: web.MomentOf(f.Suspension.At), By: f.Suspension.By, Side: sideOf(f.Suspension.Side), Reason: web.Lines(f.Suspension.Reason)},
		Next:       newNearView(f.Next, by, m), Former: newNearView(f.Former, by, m), Uses: v.newUseDays(f.Uses),
	}
	if state := f.State(m.Now); (state == credential.TokenSuspended || state == credential.TokenRevoked) && f.ReplacedAt.IsZero() {
		p.Beside = newBesideViews(f, m) // somebody closed the token of the software, which may have another one
	}
	p.Barred = !f.Barred.IsZero()
	if c := f.Collection; c.Side != "" {
		p.Collection = collectionView{At: web.MomentOf(c.At), By: c.By, Side: sideOf(c.Side), Program: c.ByProgram()}
		p.ShownUntil = web.MomentOf(c.At.Add(credential.ShownAgain))
	}
	p.Holds = by.Side == credential.SideTown && f.MayAct(by.Caller) == nil
	if m.Now.After(f.ExpiresAt) {
		p.ExpiredAt = web.MomentOf(f.ExpiresAt)
	}
	if by.Side == credential.SideTown && !p.Holds {
		p.Holder, p.TransferURL = web.Typographic(f.RequesterName), townRequestsPath+"/"+strconv.FormatInt(int64(f.Request), 10)+"/transfert"
		if f.Holder == 0 {
			p.TransferURL, p.LinkURL = "", holderLinkPath
		}
	}
	if by.Space == account.SpaceAdministration || by.Space == account.SpaceInstruction {
		p.RequestURL = by.Space.Path() + "/habilitations/" + strconv.FormatInt(int64(f.Request), 10)
	}
	for _, day := range p.Uses {
		p.Served += day.Served
		for _, other := range day.Others {
			p.Refused += other.Count
		}
	}
	if p.Lapsing = newLapsing(f.Renewal, by, m.Now); p.Lapsing.URL != "" && (p.Token.Lapses() || p.Token.State == credential.TokenInUse) {
		p.Help = "" // which says less
	}
	p.offer(f, by, m.Now)
	return p
}

// offer gives the page the acts that the state allows and the person may do: the domain is
// asked of each.
func (p *onePage) offer(f file, by reader, now time.Time) {
	if f.MayAct(by.Caller) != nil {
		return
	}
	_, _, replaced := f.Replaced(credential.Drawn{}, by.Side, 0, now)
	_, ended := f.Ended(now)
	_, suspended := f.Suspended(credential.TokenSuspension{Side: by.Side, At: now})
	_, resumed := f.Resumed(by.Side)
	_, revoked := f.Revoked(by.Side, credential.TokenRevocation{At: now})
	// What nobody has is not worth replacing.
	p.CanReplace = by.Replace && replaced == nil && (f.Collection.Side != "" || !f.Revocation.At.IsZero())
	p.CanEnd, p.CanSuspend = by.Replace && ended == nil, by.Suspend && suspended == nil
	p.CanResume, p.CanRevoke = by.Resume && resumed == nil, by.Revoke && revoked == nil
	if p.CanResume && f.Uncollected() {
		p.Awaits = collectorOf(f, by)
	}
	p.OperatorHolds = f.Suspension.Side == credential.SideOperator && by.Side != credential.SideOperator && f.Revocation.At.IsZero()
}

// textOf tells what stands between the reader and the text.
func textOf(f file, by reader, now time.Time) text {
	switch {
	case !f.State(now).Opens():
		return nothingToCollect
	case f.Uncollected():
		return collectorOf(f, by)
	case f.Collection.Side == "" || !collects(f, by):
		return nothingToCollect
	case f.Collection.Side != by.Side:
		return hadByOthers
	case f.MayShow(by.Side, now) == nil:
		return shownAgain
	case f.Current():
		return erased
	}
	return nothingToCollect
}

// collectorOf tells who collects what nobody has.
func collectorOf(f file, by reader) text {
	switch {
	case !collects(f, by):
		return toBeCollected
	case by.Side == credential.SideTown && f.Editor != "":
		return toLeave
	}
	return toCollect
}

// collects tells that the reader may have the text of the token.
func collects(f file, by reader) bool { return by.Collect && f.MayAct(by.Caller) == nil }

// scopesOf names what a token opens. What a newer instance grants has no words here.
func (v Views) scopesOf(t credential.Token) []string {
	codes := make([]string, len(t.Scopes))
	for i, scope := range t.Scopes {
		if codes[i] = "scope." + scope; !v.knows(codes[i]) {
			codes[i] = "scope.other"
		}
	}
	return codes
}

// helpOf is the code of what a state means: a habilitation that does not hold closes its token
// by itself, what nobody has yet never worked, and lacks nowhere while the former one goes on, and
// there is nothing to put in the place of a token whose software another one replaces.
func helpOf(f file, now time.Time) string {
	state := f.State(now)
	help := "token.help." + string(state)
	switch {
	case state == credential.TokenRevoked && (!f.Barred.IsZero() || !f.Right.Holds), state == credential.TokenSuspended && f.Suspension.At.IsZero():
		help += "_habilitation"
	case state == credential.TokenOverlapped && f.givesWayToAnother():
		help += "_logiciel"
	case state == credential.TokenOverlapped && !f.Next.State(now).Opens():
		help += "_seul"
	case state == credential.TokenSuspended && !f.ReplacedAt.IsZero():
		help += "_ancien"
	case state == credential.TokenSuspended && len(f.Beside) > 0:
		help += "_autre"
	case state == credential.TokenSuspended && f.Uncollected():
		help += "_a_recuperer"
	case state == credential.TokenToCollect && f.Former.State(now) == credential.TokenOverlapped:
		help += "_remplacement"
	}
	return help
}

func sideOf(side credential.Side) string {
	if side == "" {
		return ""
	}
	return "token.side." + string(side)
}

func newNearView(f credential.TokenFile, by reader, m moment) nearView {
	if f.ID == "" {
		return nearView{}
	}
	overlaps := f.State(m.Now) == credential.TokenOverlapped
	return nearView{
		TokenView: web.NewTokenView(f.Token, m.Prefix, m.Now), Overlaps: overlaps, EndsAt: web.MomentOf(f.EndsAt),
		CanEnd: overlaps && by.Replace && f.MayAct(by.Caller) == nil,
	}
}
