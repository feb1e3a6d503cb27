package instruction

import (
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// claimPage shows who asks to hold a request.
type claimPage struct {
	web.ProPage
	Number, Name, Siret string
	PageURL             string // of the request
	Claim               *claimView
}

// claimView is a colleague who asks to hold a request in the place of its holder.
type claimView struct {
	URL            string
	Claimant, Mail string
	Holder         string // "" where nobody is known
	HolderMail     string
	Held           bool // by somebody's account, who may still answer
	At             web.Moment
	Ripe           bool       // an instructor may decide
	From           web.Moment // from when on
	Lapsing        web.LapsingView
}

// claimed is a claim, with the token that is to be prolonged of its request.
type claimed struct {
	request.Claim
	Lapsing request.Lapsing
}

// newClaimView is nil where nobody claims.
func newClaimView(r habilitation.Request, claim claimed, now time.Time) *claimView {
	if claim.ID == 0 {
		return nil
	}
	return &claimView{
		URL: claimPath(r.Number), Claimant: web.Typographic(claim.Claimant.Contact.Name()), Mail: claim.Claimant.Contact.Mail,
		Holder: web.Typographic(r.Requester.Name()), HolderMail: r.Requester.Mail, Held: r.Holder != 0, At: web.MomentOf(claim.At), Ripe: claim.Ripe(now),
		From: web.MomentOf(claim.At.Add(request.ClaimPatience)), Lapsing: web.NewLapsingView(claim.Lapsing, false, now),
	}
}

func newClaimPage(page web.ProPage, r habilitation.Request, claim *claimView) claimPage {
	p := claimPage{ProPage: page, Number: r.Number.String(), Name: nameOf(r), Siret: r.Siret.Display(), Claim: claim}
	p.PageURL = pageOf(r)
	return p
}

// pageOf is where a request is shown: those that DataPass made have no page of instruction.
func pageOf(r habilitation.Request) string {
	if r.Source == habilitation.FromPortal {
		return pathOf(r.Number)
	}
	return habilitationsPath + "/" + numberText(r.Number)
}
