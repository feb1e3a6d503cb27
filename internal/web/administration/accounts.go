package administration

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
)

// accountListing is the list of the people who ever signed in.
var accountListing = web.Listing{
	Path: accountsPath, Filters: []web.Filter{roleFilter}, Sorts: []string{"nom", "-connexion"},
}

// accounts lists the accounts.
func (h *Handler) accounts(c *gin.Context) error {
	asked := accountListing.Read(c.Request.URL.Query())
	query := account.AccountQuery{
		Search: asked.Search, Role: account.Role(asked.Filter("role")), Sort: sortedBy(asked.Sort), Descending: asked.Descending,
		Offset: asked.Offset(), Limit: asked.Limit(),
	}
	listed, total, err := h.Access.Accounts(c.Request.Context(), query)
	if err != nil {
		return err
	}
	return h.Views.accounts.Write(c.Writer, http.StatusOK, newAccountsPage(h.Frame(c), asked.List(total), listed))
}

// sortKeys translates the keys of the addresses to those of package account.
var sortKeys = map[string]string{"nom": "name", "connexion": "seen", "activite": "seen", "adresse": "mail", "envoi": "age"}

func sortedBy(key string) string { return sortKeys[key] }

// manySessions is more than anybody has.
const manySessions = 50

// account shows who somebody is, in which roles and signed in where.
func (h *Handler) account(c *gin.Context) error {
	found, err := h.findAccount(c)
	if err != nil {
		return err
	}
	sessions, _, err := h.Sessions.List(c.Request.Context(), account.SessionQuery{
		AccountID: found.ID, Sort: "seen", Descending: true, Limit: manySessions,
	})
	if err != nil {
		return err
	}
	page := newAccountPage(h.Frame(c), web.ActorOf(c), found, sessions)
	return h.Views.account.Write(c.Writer, http.StatusOK, page)
}

// findAccount finds the account of the address.
func (h *Handler) findAccount(c *gin.Context) (account.Account, error) {
	id, err := web.ID(c, "id", "account.unknown")
	if err != nil {
		return account.Account{}, err
	}
	return h.Access.Account(c.Request.Context(), id)
}

// findOther finds the account of the address, for a page that changes its rights: nobody
// edits his own.
func (h *Handler) findOther(c *gin.Context) (account.Account, error) {
	found, err := h.findAccount(c)
	if err == nil && found.ID == web.ActorOf(c).AccountID {
		err = fault.New(fault.Conflict, "membership.own")
	}
	return found, err
}
