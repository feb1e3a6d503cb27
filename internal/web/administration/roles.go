package administration

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
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

// grant shows once more who is given what, and gives it when the form says that it was
// seen. Whoever wants to change something gets the form back as it was.
func (h *Handler) grant(c *gin.Context) error {
	found, err := h.findOther(c)
	if err != nil {
		return err
	}
	offer, err := h.readOffer(c, c.Request.PostForm)
	if err != nil {
		return err
	}
	seen := form.OneOf(c.Request.PostForm, "confirme", seenYes, seenNo).Value
	if seen == seenNo {
		return h.Views.grant.Write(c.Writer, http.StatusOK, newGrantPage(h.Frame(c), found, offer))
	}
	if offer = offer.checked(); offer.isRight() {
		if err = h.lookThenGive(c, found.ID, offer, seen == seenYes); err == nil {
			return nil
		}
		offer = offer.refusedFor(err)
	}
	if offer.isRight() {
		return err // it is about no field
	}
	return h.Views.grant.Write(c.Writer, statusOf(err), newGrantPage(h.Frame(c), found, offer))
}

// What the form says of the last look: given, or to be taken from the form again.
const seenYes, seenNo = "oui", "non"

// lookThenGive shows what would be given, or gives it once it was seen.
func (h *Handler) lookThenGive(c *gin.Context, accountID int64, offer offerForm, seen bool) error {
	ctx, actor := c.Request.Context(), web.ActorOf(c)
	if seen {
		if err := h.Access.Grant(ctx, actor, accountID, offer.made()); err != nil {
			return err
		}
		return web.Done(c, accountPath(accountID), "role-donne")
	}
	giving, err := h.Access.PrepareGrant(ctx, actor, accountID, offer.made())
	if err != nil {
		return err
	}
	return h.Views.giving.Write(c.Writer, http.StatusOK, newGivingPage(h.Frame(c), giving, offer))
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
	page := newWithdrawalPage(h.Frame(c), found, role)
	if page.LastManager, err = h.Access.LastManager(c.Request.Context(), role); err != nil {
		return err
	}
	return h.Views.withdrawal.Write(c.Writer, http.StatusOK, page)
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
