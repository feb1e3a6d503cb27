package habilitations

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// objectKind is what the journal calls a habilitation, known by the number of its request.
const objectKind = "habilitation"

// historyShown bounds the acts of the journal that a page tells.
const historyShown = 30

// one shows a request with what was granted of it.
func (h *Handler) one(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	found, versions, err := h.Catalogue.Find(ctx, asked)
	if err != nil {
		return err
	}
	subscription, err := h.subscriptionOf(ctx, found.Siret)
	if err != nil {
		return err
	}
	history, err := h.Journal.Search(ctx, audit.Search{ObjectKind: objectKind, ObjectID: strconv.FormatInt(int64(asked), 10)}, 0, historyShown)
	if err != nil {
		return err
	}
	orphan, err := h.orphanOf(ctx, asked)
	if err != nil {
		return err
	}
	file := file{Orphan: orphan, Request: found, Versions: versions, Subscription: subscription, History: history.Entries}
	if file.Token, err = h.tokenOf(c, asked); err != nil {
		return err
	}
	return h.Views.one.Write(c.Writer, http.StatusOK, h.Views.newOnePage(h.Frame(c), file, h.rights(c)))
}

// orphanOf finds a request that nobody's account holds; zero for any other.
func (h *Handler) orphanOf(ctx context.Context, number habilitation.RequestNumber) (request.Orphan, error) {
	found, err := h.Recovery.Store.FindOrphan(ctx, number)
	if fault.KindOf(err) == fault.NotFound {
		return request.Orphan{}, nil
	}
	return found, err
}

// invite has the link of the requester sent to the recorded address.
func (h *Handler) invite(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	if _, _, err := h.Catalogue.Find(c.Request.Context(), asked); err != nil {
		return err
	}
	done := "lien-envoye"
	err = h.Recovery.Invite(c.Request.Context(), web.ActorOf(c), asked)
	switch {
	case fault.Is(err, "link.just_sent"):
		done = "lien-deja-envoye"
	case fault.Is(err, "link.not_needed"):
		done = "lien-inutile"
	case err != nil:
		return err
	}
	return web.Done(c, pathOf(h.Root, asked), done)
}

// subscriptionOf finds the subscription of a town; zero without one.
func (h *Handler) subscriptionOf(ctx context.Context, siret value.Siret) (credential.Watched, error) {
	watched, err := h.Watch.Find(ctx, siret)
	if fault.KindOf(err) == fault.NotFound {
		return credential.Watched{}, nil
	}
	return watched, err
}

// tokenOf finds the token of a request that goes on; without URL where there is none.
func (h *Handler) tokenOf(c *gin.Context, asked habilitation.RequestNumber) (web.TokenView, error) {
	found, _, err := h.Tokens.List(c.Request.Context(), credential.CallerOf(web.ActorOf(c)), credential.TokenQuery{
		Named: habilitation.Named{Request: asked}, CurrentOnly: true, Order: credential.ByTownName, Limit: 1,
	})
	if err != nil || len(found) == 0 || !h.may(c, "token", "read") {
		return web.TokenView{}, err
	}
	return web.NewTokenView(found[0].Token, h.Tokens.Mint.Prefix, h.Tokens.Now()), nil
}

func (h *Handler) rights(c *gin.Context) rights {
	return rights{
		Root: h.Root, Person: web.ActorOf(c).Author().ID,
		Suspend: h.may(c, objectKind, string(habilitation.Suspend)), Restore: h.may(c, objectKind, string(habilitation.Restore)),
		Revoke: h.may(c, objectKind, string(habilitation.Revoke)), ReadSubscription: h.may(c, "subscription", "read"),
		Invite: h.may(c, objectKind, "invite"), ReadTowns: h.may(c, "collectivity", "read"), Instruct: h.Root == InInstruction && h.may(c, "request", "instruct"),
	}
}
