package collectivity

import (
	"context"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// affairs are the requests of a town, with what happens to them.
type affairs struct {
	Requests     []habilitation.Request
	Written      []request.Application // of those that are written here
	Unread       map[habilitation.RequestNumber]int
	Claims       map[habilitation.RequestNumber]request.Claim // that wait
	Subscription credential.Watched
	Tokens       map[habilitation.RequestNumber]web.TokenView // the one that goes on of each
	Lapsing      map[habilitation.RequestNumber]renewal.File  // those of them that may be prolonged now
	Now          time.Time
}

// maxTokens is more than a town has.
const maxTokens = 100

func (h *Handler) affairsOf(ctx context.Context, reader account.Actor) (affairs, error) {
	var of affairs
	var err error
	if of.Requests, err = h.Catalogue.OfOrganisation(ctx, reader.Organisation.Siret); err != nil {
		return of, err
	}
	if of.Written, err = h.Requests.List(ctx, reader); err != nil {
		return of, err
	}
	if of.Unread, err = h.Requests.Unread(ctx, reader); err != nil {
		return of, err
	}
	of.Claims = map[habilitation.RequestNumber]request.Claim{}
	for _, r := range of.Requests {
		waiting, err := h.Requests.Claims.FindClaim(ctx, r.Number)
		if err != nil {
			return of, err
		}
		of.Claims[r.Number] = waiting
	}
	if err := h.tokensOf(ctx, reader, &of); err != nil {
		return of, err
	}
	of.Subscription, err = h.Watch.Find(ctx, reader.Organisation.Siret)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return of, err
	}
	return of, nil
}

// tokensOf finds the tokens of a town, the newest one of each request, and how far the
// prolongation is of those that may be prolonged now.
func (h *Handler) tokensOf(ctx context.Context, reader account.Actor, of *affairs) error {
	found, _, err := h.Tokens.List(ctx, credential.CallerOf(reader), credential.TokenQuery{CurrentOnly: true, Order: credential.ByTownName, Limit: maxTokens})
	if err != nil {
		return err
	}
	of.Tokens, of.Lapsing, of.Now = map[habilitation.RequestNumber]web.TokenView{}, map[habilitation.RequestNumber]renewal.File{}, h.Tokens.Now()
	for _, f := range found {
		if _, newer := of.Tokens[f.Request]; newer {
			continue
		}
		of.Tokens[f.Request] = web.NewTokenView(f.Token, h.Tokens.Mint.Prefix, of.Now)
		if open := (renewal.File{TokenFile: f}); !open.Open(of.Now) {
			continue
		}
		if of.Lapsing[f.Request], err = h.Renewals.Find(ctx, reader, f.ID); err != nil {
			return err
		}
	}
	return nil
}

// written finds what was written here of a request; zero where nothing was.
func (of affairs) written(number habilitation.RequestNumber) (request.Application, bool) {
	for _, a := range of.Written {
		if a.Request.Number == number {
			return a, true
		}
	}
	return request.Application{}, false
}

// claimOf is who asks to hold a request, as the reader sees it; zero for nobody.
func (of affairs) claimOf(reader account.Actor, r habilitation.Request) web.ClaimView {
	claim := web.NewClaimView(of.Claims[r.Number], r.Holder, reader.AccountID, of.Now)
	claim.Holder = web.Typographic(r.Requester.Name())
	return claim
}

// replaces tells that what is granted of a request since another one was says that its software
// receives the dossiers in the place of the one that did.
func (of affairs) replaces(number habilitation.RequestNumber, before habilitation.Request) bool {
	a, known := of.written(number)
	return known && a.Granted != nil && a.Granted.Reception == request.ReceptionReplace &&
		a.Request.Current.ApprovedAt.After(before.Current.ApprovedAt)
}
