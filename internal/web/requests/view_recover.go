package requests

import (
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// recoverPage shows the link of a requester to whoever has it. Nothing of the request is told
// that the mail did not say.
type recoverPage struct {
	web.ProPage
	State               request.LinkState
	Number, Town, Siret string
	ExpiresAt           web.Moment
	Path, RenewURL      string
	SignedIn            bool
	Elsewhere           bool   // the person is signed in for another establishment
	For                 string // which one
}

func newRecoverPage(page web.ProPage, path string, reader account.Actor, l request.Link, now time.Time) recoverPage {
	acting := reader.Organisation
	if acting.Siret == "" {
		acting = reader.SignedFor
	}
	return recoverPage{
		ProPage: page, State: l.State(now), Number: l.Request.String(), Town: web.Typographic(l.Organisation), Siret: l.Siret.Display(),
		ExpiresAt: web.MomentOf(l.ExpiresAt), Path: path, RenewURL: path + renewPart, SignedIn: reader.SignedIn(),
		Elsewhere: reader.SignedIn() && (acting.Siret != l.Siret || reader.SignedFor.Siret != l.Siret), For: web.Typographic(acting.Display()),
	}
}

// recoverUnknownPage answers a link that is none.
type recoverUnknownPage struct{ web.ProPage }
