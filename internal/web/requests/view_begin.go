package requests

import (
	"maps"
	"slices"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
)

// beginPage confirms for whom a request begins, and says first what the town has already.
type beginPage struct {
	web.ProPage
	UID         string
	Form        formLink
	Name, Siret string // of the establishment
	Commune     string // its name; "" where it is not known
	COG         string // the code of its commune
	Postcode    string
	Closed      bool
	ToldAt      web.Moment // by the register; zero where it never did
	PersonMail  string
	Granted     []grantedView
	UnderWay    []underWayView
	Draft       underWayView // of the same form, by the same person; zero for none
	Hidden      []dsfr.Hidden
	Brought     []web.AnswerView // by the address of the form, or by another request
	Reused      string           // the number of that request; "" for the address
	FileLeft    bool             // its file is to be handed in again
}

// grantedView is a habilitation that the town has.
type grantedView struct {
	Number, Editor string
	Since          web.Moment
	URL, ModifyURL string // ModifyURL is "" where the reader may not
}

// underWayView is a request that the town is making.
type underWayView struct {
	Number, Software string
	State            stateView
	Holder           string // "" for the reader
	URL              string
	ResumeURL        string // of a draft of the reader
}

func newBeginPage(page web.ProPage, by account.Actor, t editor.Template, town directory.Organisation) beginPage {
	p := beginPage{
		ProPage: page, UID: t.UID, Form: newFormLink(t), Name: web.Typographic(town.Name), Siret: town.Siret.Display(), Closed: town.Closed,
		ToldAt: web.MomentOf(town.ToldAt), PersonMail: by.Mail,
	}
	p.Commune, _ = place.Commune(town.COG)
	p.COG, p.Postcode = town.COG, town.Postcode
	return p
}

// recall tells what the town has been granted, and what it is asking for.
func (p *beginPage) recall(by account.Actor, granted []habilitation.Request, written []request.Application) {
	for _, r := range granted {
		if !r.Habilitated() {
			continue
		}
		view := grantedView{
			Number: r.Current.Number.String(), Editor: editorName(r.Current.Editor), Since: web.MomentOf(r.Current.ApprovedAt), URL: grantedPath,
		}
		if r.Source == habilitation.FromPortal {
			view.URL = pathOf(r.Number)
		}
		if r.Holder == by.AccountID && r.State.Allows(habilitation.Reopen) {
			view.ModifyURL = actPath(r.Number, habilitation.Reopen)
		}
		p.Granted = append(p.Granted, view)
	}
	for _, a := range written {
		if a.Phase == request.Closed {
			continue
		}
		view := newUnderWayView(by, a)
		if a.Request.Holder == by.AccountID && a.Request.State == habilitation.Draft && a.Template.UID == p.UID {
			p.Draft = view
			p.Draft.ResumeURL = file{Application: a}.resumeURL()
			continue
		}
		p.UnderWay = append(p.UnderWay, view)
	}
}

// carry shows what is brought into the request, and keeps it to be sent with the form of the
// page.
func (p *beginPage) carry(t editor.Template, b brought) {
	p.Hidden = []dsfr.Hidden{{Name: fieldForm, Value: t.UID}}
	for _, name := range slices.Sorted(maps.Keys(b.kept)) {
		for _, value := range b.kept[name] {
			p.Hidden = append(p.Hidden, dsfr.Hidden{Name: name, Value: value})
		}
	}
	if b.from != 0 {
		p.Reused, p.FileLeft = b.from.String(), b.fileLeft
	}
	begun := request.Begun(t)
	if b.fill != nil {
		for _, changed := range request.Differences(begun, b.fill(t, begun)) {
			p.Brought = append(p.Brought, web.NewAnswerView(changed.Field, changed.After, nil))
		}
	}
}
