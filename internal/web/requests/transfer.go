package requests

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	fieldColleague = "collegue"
	fieldAnswer    = "reponse"
	answerAccept   = "accepter"
	answerRefuse   = "refuser"
	// maxColleagues bounds those that a page lists: a search finds the others.
	maxColleagues = 50
)

// transferPage says who holds a request, and how somebody else comes to hold it.
func (h *Handler) transferPage(c *gin.Context) error {
	page, err := h.newTransferPage(c)
	if err != nil {
		return err
	}
	return h.Views.transfer.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) newTransferPage(c *gin.Context) (transferPage, error) {
	asked, err := number(c)
	if err != nil {
		return transferPage{}, err
	}
	ctx, actor := c.Request.Context(), web.ActorOf(c)
	a, err := h.subject(ctx, actor, asked)
	if err != nil {
		return transferPage{}, err
	}
	claim, err := h.claimOf(ctx, actor, a.Request)
	if err != nil {
		return transferPage{}, err
	}
	urgent, err := h.Requests.Lapsing(ctx, asked)
	if err != nil {
		return transferPage{}, err
	}
	page := newTransferPage(h.Frame(c), actor, a, claim)
	page.Lapsing = web.NewLapsingView(urgent, page.Held, h.Requests.Now())
	if !page.Gives {
		return page, nil
	}
	page.Search = form.Text(c.Request.URL.Query(), fieldSearch, maxSearch)
	members, total, err := h.Access.Members(ctx, account.MemberQuery{
		Organisation: actor.Organisation.Siret, Space: account.SpaceTown, Search: page.Search.Value, Limit: maxColleagues,
	})
	page.list(actor, members, total)
	return page, err
}

// transfer gives a request to a colleague.
func (h *Handler) transfer(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	colleague, _ := strconv.ParseInt(c.PostForm(fieldColleague), 10, 64) // none is no account
	err = fault.New(fault.NotFound, "request.colleague_unknown")
	code := "request.colleague_required"
	if colleague > 0 {
		err = h.Requests.Transfer(c.Request.Context(), web.ActorOf(c), asked, colleague)
		code = fault.CodeOf(err)
	}
	switch {
	case err == nil:
		given, err := h.newTransferPage(c)
		if err != nil { // it is done all the same
			given.PageOrHome = grantedPath
		}
		return web.Done(c, given.PageOrHome, "demande-transferee")
	case fault.Is(err, "request.colleague_unknown"), fault.Is(err, "request.already_holder"):
		return h.chooseAgain(c, code)
	}
	return err
}

// chooseAgain shows the colleagues again, with why the one chosen does not suit.
func (h *Handler) chooseAgain(c *gin.Context, code string) error {
	page, err := h.newTransferPage(c)
	switch {
	case err != nil:
		return err
	case !page.Held:
		return fault.New(fault.Forbidden, "request.not_holder")
	}
	page.Colleague = page.Colleague.Refused(code)
	page.Problems = form.Problems(page.Colleague)
	return h.Views.transfer.Write(c.Writer, http.StatusUnprocessableEntity, page)
}

// claim asks to hold a request in the place of its holder.
func (h *Handler) claim(c *gin.Context) error {
	return h.exchange(c, "reprise-demandee", func(asked habilitation.RequestNumber) error {
		return h.Requests.Claim(c.Request.Context(), web.ActorOf(c), asked)
	})
}

// withdrawClaim takes it back.
func (h *Handler) withdrawClaim(c *gin.Context) error {
	return h.exchange(c, "reprise-annulee", func(asked habilitation.RequestNumber) error {
		return h.Requests.WithdrawClaim(c.Request.Context(), web.ActorOf(c), asked)
	})
}

// answerClaim is the holder's answer to a colleague.
func (h *Handler) answerClaim(c *gin.Context) error {
	answered := form.OneOf(c.Request.PostForm, fieldAnswer, answerAccept, answerRefuse)
	done := "demande-transferee"
	switch answered.Value {
	case "":
		return h.answerClaimAgain(c, answered.Refused("form.choice"))
	case answerRefuse:
		done = "reprise-refusee"
	}
	return h.exchange(c, done, func(asked habilitation.RequestNumber) error {
		return h.Requests.AnswerClaim(c.Request.Context(), web.ActorOf(c), asked, answered.Value == answerAccept)
	})
}

// answerClaimAgain asks the holder once more, who answered nothing.
func (h *Handler) answerClaimAgain(c *gin.Context, answered form.Field) error {
	page, err := h.newTransferPage(c)
	switch {
	case err != nil:
		return err
	case !page.Held:
		return fault.New(fault.Forbidden, "request.not_holder")
	case page.Claim.Claimant == "":
		return fault.New(fault.Conflict, "request.unclaimed")
	}
	page.Answer, page.Problems = answered, form.Problems(answered)
	return h.Views.transfer.Write(c.Writer, http.StatusUnprocessableEntity, page)
}

// exchange does something about who holds a request, and goes back to the page that says it.
func (h *Handler) exchange(c *gin.Context, done string, do func(asked habilitation.RequestNumber) error) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	if err := do(asked); err != nil {
		return err
	}
	return web.Done(c, pathOf(asked)+transferPart, done)
}
