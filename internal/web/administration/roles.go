package administration

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
)

// grantForm asks which role to give to somebody.
func (h *Handler) grantForm(c *gin.Context) error {
	found, err := h.findOther(c)
	if err != nil {
		return err
	}
	offer, err := h.readOffer(c, url.Values{})
	if err != nil {
		return err
	}
	return h.Views.grant.Write(c.Writer, http.StatusOK, newGrantPage(h.Frame(c), found, offer))
}

// grant gives a role to somebody who has an account.
func (h *Handler) grant(c *gin.Context) error {
	found, err := h.findOther(c)
	if err != nil {
		return err
	}
	offer, err := h.readOffer(c, c.Request.PostForm)
	if err != nil {
		return err
	}
	if offer = offer.checked(); offer.isRight() {
		err = h.Access.Grant(c.Request.Context(), web.ActorOf(c), found.ID, offer.made())
		if err == nil {
			return web.Done(c, accountPath(found.ID), "role-donne")
		}
		offer = offer.refusedFor(err)
	}
	if offer.isRight() {
		return err // it is about no field
	}
	return h.Views.grant.Write(c.Writer, statusOf(err), newGrantPage(h.Frame(c), found, offer))
}

// findRole finds the role of the address among those that somebody holds.
func (h *Handler) findRole(c *gin.Context) (account.Account, account.Membership, error) {
	found, err := h.findOther(c)
	if err != nil {
		return found, account.Membership{}, err
	}
	id, err := web.ID(c, "role", "membership.unknown")
	if err != nil {
		return found, account.Membership{}, err
	}
	at := slices.IndexFunc(found.Memberships, func(m account.Membership) bool { return m.ID == id })
	if at < 0 {
		return found, account.Membership{}, fault.New(fault.NotFound, "membership.unknown")
	}
	return found, found.Memberships[at], nil
}

// confirmWithdrawal asks once more before a role is taken.
func (h *Handler) confirmWithdrawal(c *gin.Context) error {
	found, role, err := h.findRole(c)
	if err != nil {
		return err
	}
	return h.Views.withdrawal.Write(c.Writer, http.StatusOK, newWithdrawalPage(h.Frame(c), found, role))
}

// withdraw takes a role from somebody.
func (h *Handler) withdraw(c *gin.Context) error {
	found, role, err := h.findRole(c)
	if err != nil {
		return err
	}
	if _, err := h.Access.Withdraw(c.Request.Context(), web.ActorOf(c), role.ID); err != nil {
		return err
	}
	return web.Done(c, accountPath(found.ID), "role-retire")
}
