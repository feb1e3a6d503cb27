package requests

import (
	"strconv"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// transferPage says who holds a request, and how somebody else comes to hold it.
type transferPage struct {
	web.ProPage
	Number, Town       string
	PageOrHome         string // the page of the request, else that of the town
	URL, TransferURL   string
	Holder, HolderMail string // "" where nobody is known
	Held               bool   // by the reader
	Gives              bool   // the reader may give it to a colleague here
	Over               bool   // nothing can be done of it any more
	Claim              web.ClaimView
	Lapsing            web.LapsingView
	Answer             form.Field // of the holder to the claim
	Search             form.Field
	Colleague          form.Field
	Colleagues         []dsfr.Option
	Total              int // colleagues that match, the reader apart
}

func newTransferPage(page web.ProPage, reader account.Actor, a request.Application, claim web.ClaimView) transferPage {
	r := a.Request
	p := transferPage{
		ProPage: page, Number: r.Number.String(), Town: web.Typographic(r.Organisation), PageOrHome: grantedPath,
		URL: pathOf(r.Number), TransferURL: pathOf(r.Number) + transferPart,
		Holder: web.Typographic(r.Requester.Name()), HolderMail: r.Requester.Mail, Held: r.Holder == reader.AccountID,
		Claim: claim, Answer: form.Field{Name: fieldAnswer}, Search: form.Field{Name: fieldSearch}, Colleague: form.Field{Name: fieldColleague}, Over: isOver(r.State),
	}
	p.Gives = p.Held && !p.Over
	if a.Template.UID != "" {
		p.PageOrHome = p.URL
	}
	return p
}

// list offers the colleagues.
func (p *transferPage) list(reader account.Actor, members []account.Member, total int) {
	p.Total = total
	for _, m := range members {
		if m.Membership.AccountID == reader.AccountID {
			p.Total--
			continue
		}
		p.Colleagues = append(p.Colleagues, dsfr.Option{Value: strconv.FormatInt(m.Membership.AccountID, 10), Text: web.Typographic(m.Name), Hint: m.Mail})
	}
}

// notHolderPage answers a colleague who wanted to do what only the holder may.
type notHolderPage struct {
	web.ProPage
	Number, Holder  string
	PageOrHome, URL string
	Claim           web.ClaimView
}

func newNotHolderPage(page web.ProPage, reader account.Actor, a request.Application, claim web.ClaimView) notHolderPage {
	p := newTransferPage(page, reader, a, claim)
	return notHolderPage{ProPage: page, Number: p.Number, Holder: p.Holder, PageOrHome: p.PageOrHome, URL: p.URL, Claim: p.Claim}
}

// actPage says what an act of the holder does, before it is done.
type actPage struct {
	web.ProPage
	Act      habilitation.Act
	URL      string
	PageURL  string // of the request, else of the town
	Number   string
	Software string // "" on the generic form
	Draft    bool   // it was never deposited
}

func newActPage(page web.ProPage, act habilitation.Act, a request.Application) actPage {
	p := actPage{
		ProPage: page, Act: act, URL: actPath(a.Request.Number, act), PageURL: grantedPath, Number: a.Request.Number.String(),
		Software: web.Typographic(a.Template.Software), Draft: a.Request.State == habilitation.Draft,
	}
	if a.Template.UID != "" {
		p.PageURL = pathOf(a.Request.Number)
	}
	return p
}
