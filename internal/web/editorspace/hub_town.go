package editorspace

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// hubTown shows the access to HubEE of a town.
func (h *Handler) hubTown(c *gin.Context) error {
	access, err := h.hubAccess(c)
	if err != nil {
		return err
	}
	return h.writeHubTown(c, http.StatusOK, access, hubFormOf(access))
}

func (h *Handler) hubAccess(c *gin.Context) (credential.HubAccess, error) {
	siret, err := townOf(c)
	if err != nil {
		return credential.HubAccess{}, err
	}
	return h.Hub.Find(c.Request.Context(), web.ActorOf(c).Organisation.Siret, siret)
}

func (h *Handler) writeHubTown(c *gin.Context, status int, access credential.HubAccess, fields hubForm) error {
	page := newHubTownPage(h.Frame(c), access, fields)
	page.Portal = h.HubPortal
	return h.Views.hubTown.Write(c.Writer, status, page)
}

// hubDeposit keeps the pair of a town. What HubEE says of it is on the page that follows.
func (h *Handler) hubDeposit(c *gin.Context) error {
	siret, err := townOf(c)
	if err != nil {
		return err
	}
	fields := readHubForm(c.Request.PostForm)
	answer, err := h.Hub.Deposit(c.Request.Context(), credential.HandOf(web.ActorOf(c)), siret, fields.ID.Value, value.Secret(fields.Secret.Value))
	if fault.KindOf(err) == fault.Invalid {
		access, unknown := h.hubAccess(c)
		if unknown != nil {
			return unknown
		}
		return h.writeHubTown(c, http.StatusUnprocessableEntity, access, fields.refusedFor(err))
	}
	if err != nil {
		return err
	}
	return web.Done(c, hubTownPath(siret), "hubee-depose-"+told(answer))
}

// hubTest asks HubEE again about the pair of a town.
func (h *Handler) hubTest(c *gin.Context) error {
	siret, err := townOf(c)
	if err != nil {
		return err
	}
	answer, err := h.Hub.Test(c.Request.Context(), credential.HandOf(web.ActorOf(c)), siret)
	if err != nil {
		return err
	}
	return web.Done(c, hubTownPath(siret), "hubee-test-"+told(answer))
}

// told is the end of the code of the sentence that says what HubEE said.
func told(answer credential.HubAnswer) string {
	said := "sans-reponse"
	switch answer.State {
	case credential.HubAccountTested:
		return "accepte"
	case credential.HubAccountRefused:
		said = "refuse"
	default:
	}
	if answer.FormerKept {
		return said + "-garde"
	}
	return said
}

// hubReveal shows the pair of a town, and it is written down to whom: the one page of it that
// holds a secret is the answer to a form, which nothing keeps.
func (h *Handler) hubReveal(c *gin.Context) error {
	siret, err := townOf(c)
	if err != nil {
		return err
	}
	access, pair, err := h.Hub.Reveal(c.Request.Context(), credential.HandOf(web.ActorOf(c)), siret)
	if err != nil {
		return err
	}
	return h.Views.hubPair.Write(c.Writer, http.StatusOK, newHubPairPage(h.Frame(c), access, pair))
}

// hubConfirmErasure asks once more before what is known of a pair is forgotten.
func (h *Handler) hubConfirmErasure(c *gin.Context) error {
	access, err := h.hubAccess(c)
	if err != nil {
		return err
	}
	if access.Account.State == credential.HubAccountNone {
		return fault.New(fault.Conflict, "hub_account.none")
	}
	return h.Views.hubErasure.Write(c.Writer, http.StatusOK, newHubErasurePage(h.Frame(c), access))
}

// hubErase forgets what is known of the pair of a town.
func (h *Handler) hubErase(c *gin.Context) error {
	siret, err := townOf(c)
	if err != nil {
		return err
	}
	if err := h.Hub.Erase(c.Request.Context(), credential.HandOf(web.ActorOf(c)), siret); err != nil {
		return err
	}
	return web.Done(c, hubTownPath(siret), "hubee-efface")
}

// hubForm asks for the pair of a town.
type hubForm struct{ ID, Secret form.Field }

// maxTyped is more than either may have: what is too long is refused, not cut.
const maxTyped = 1000

func readHubForm(sent map[string][]string) hubForm {
	return hubForm{ID: form.Text(sent, "identifiant", maxTyped), Secret: form.Text(sent, "cle", maxTyped)}
}

// hubFormOf offers to replace the pair of a town, and says beside its field that HubEE refuses
// it.
func hubFormOf(access credential.HubAccess) hubForm {
	last := access.Account.HubDeposit
	if access.Account.Next.State != credential.HubAccountNone {
		last = access.Account.Next
	}
	f := hubForm{ID: form.Field{Name: "identifiant", Value: last.ClientID}, Secret: form.Field{Name: "cle"}}
	if access.Account.State == credential.HubAccountRefused {
		f.Secret = f.Secret.Refused("hub_account.refused")
	}
	return f
}

// refusedFor puts the sentence of an error beside the field that it is about. A key that is missing
// is said at once, whatever the id.
func (f hubForm) refusedFor(err error) hubForm {
	switch code := fault.CodeOf(err); code {
	case "hub_account.id_missing", "hub_account.id_malformed", "hub_account.id_taken":
		if f.ID = f.ID.Refused(code); code != "hub_account.id_taken" && strings.TrimSpace(f.Secret.Value) == "" {
			f.Secret = f.Secret.Refused("hub_account.secret_missing")
		}
	default:
		f.Secret = f.Secret.Refused(code)
	}
	return f
}
