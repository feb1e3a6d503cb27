package tokens

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
)

// Handler answers those whom a token concerns.
type Handler struct {
	Views  Views
	Tokens *credential.Tokens
	// Renewals prolong them.
	Renewals *renewal.Service
	// Can tells whether a role may do an act (authz.Policy): pages offer nothing that the
	// route would refuse.
	Can       func(role account.Role, object, act string) bool
	PortalURL string // without final slash
	// Frame is what every page of a request shows; NoteRefused journals a refusal that has a
	// page of its own.
	Frame       func(c *gin.Context) web.ProPage
	NoteRefused func(c *gin.Context) error
}

const (
	rootPath        = "/jetons"
	collectPart     = "/recuperation"
	showPart        = "/affichage"
	safePart        = "/enregistrement"
	replacementPart = "/remplacement"
	endPart         = "/arret"
	suspensionPart  = "/suspension"
	resumePart      = "/reprise"
	revocationPart  = "/revocation"

	listPart          = "/jetons"
	remindersPart     = "/rappels"                        // package editorspace
	renewalsPart      = "/prolongations"                  // likewise
	townRequestsPath  = "/collectivite/demandes"          // package requests
	holderLinkPath    = "/collectivite/lien-du-demandeur" // likewise
	townHabilitations = "/collectivite#habilitations"
)

// listed are the spaces that have a list.
var listed = [...]account.Space{account.SpaceEditor, account.SpaceAdministration, account.SpaceInstruction, account.SpaceSupport}

// Mount registers the routes. Whoever replaces or revokes proves a second factor, on the page
// of the form already, so that nobody fills one in vain; to suspend must not wait.
func (h *Handler) Mount(r *web.Router) {
	can := func(act string) web.Access { return web.Can("token", act) }
	const one = rootPath + "/:id"
	r.Handle(http.MethodGet, one, can("read"), h.one)
	r.Handle(http.MethodGet, one+collectPart, can("collect"), h.orExplain(h.beforeCollecting))
	r.Handle(http.MethodPost, one+collectPart, can("collect"), h.orExplain(h.collect))
	r.Handle(http.MethodPost, one+showPart, can("collect").Confirmed(), h.orExplain(h.showAgain))
	r.Handle(http.MethodPost, one+safePart, can("collect"), h.orExplain(h.safe))
	r.Handle(http.MethodGet, one+replacementPart, can("replace").Confirmed(), h.orExplain(h.beforeReplacing))
	r.Handle(http.MethodPost, one+replacementPart, can("replace").Confirmed(), h.orExplain(h.replace))
	r.Handle(http.MethodGet, one+endPart, can("replace"), h.orExplain(h.beforeEnding))
	r.Handle(http.MethodPost, one+endPart, can("replace"), h.orExplain(h.end))
	r.Handle(http.MethodGet, one+suspensionPart, can("suspend"), h.orExplain(h.ask(suspension)))
	r.Handle(http.MethodPost, one+suspensionPart, can("suspend"), h.orExplain(h.do(suspension)))
	r.Handle(http.MethodPost, one+resumePart, can("resume"), h.orExplain(h.resume))
	r.Handle(http.MethodGet, one+revocationPart, can("revoke").Confirmed(), h.orExplain(h.ask(revocation)))
	r.Handle(http.MethodPost, one+revocationPart, can("revoke").Confirmed(), h.orExplain(h.do(revocation)))
	r.Handle(http.MethodGet, one+renewalPart, can("read"), h.beforeProlonging)
	r.Handle(http.MethodPost, one+renewalPart, can("renew"), h.explained(h.prolong, h.refuseRenewal))
	r.Handle(http.MethodPost, one+nudgePart, can("nudge"), h.explained(h.nudge, h.refuseRenewal))
	for _, space := range listed {
		r.Handle(http.MethodGet, space.Path()+listPart, can("read"), h.list)
		r.Handle(http.MethodPost, space.Path()+listPart, can("read"), h.search)
	}
}

func pathOf(id string) string { return rootPath + "/" + id }

// file is all that a page of a token is made from.
type file struct {
	credential.TokenFile
	// Next replaced the token, Former is the one that it replaced; without ID where there is
	// none within reach.
	Next, Former credential.TokenFile
	Beside       []credential.Token // which its software may still use
	Uses         []credential.Use   // newest first
	Renewal      renewal.File       // without ID where the token is not to be prolonged now
}

// givesWayToAnother tells that the token of another software replaces this one.
func (f file) givesWayToAnother() bool { return f.Moved() || f.Next.ID == "" }

// usesShown is how many days of calls a page tells.
const usesShown = 30

// find finds the token of an address with those around it.
func (h *Handler) find(c *gin.Context) (file, error) {
	ctx, by := c.Request.Context(), credential.CallerOf(web.ActorOf(c))
	found, err := h.Tokens.Find(ctx, by, c.Param("id"))
	if err != nil {
		return file{}, err
	}
	f := file{TokenFile: found}
	if found.Successor == "" && !found.ReplacedAt.IsZero() { // of another system, which does not say by which
		if found.Successor, err = h.Tokens.CurrentID(ctx, found.Request); err != nil {
			return f, err
		}
	}
	if f.Next, err = h.near(ctx, by, found.Successor); err != nil {
		return f, err
	}
	if f.Former, err = h.near(ctx, by, found.Predecessor); err != nil {
		return f, err
	}
	if f.Beside, err = h.Tokens.Beside(ctx, found.Token); err != nil {
		return f, err
	}
	f.Uses, err = h.Tokens.Uses(ctx, found.ID, usesShown)
	return f, err
}

// near finds a token before or after another one.
func (h *Handler) near(ctx context.Context, by credential.Caller, id string) (credential.TokenFile, error) {
	if id == "" {
		return credential.TokenFile{}, nil
	}
	found, err := h.Tokens.Find(ctx, by, id)
	if fault.KindOf(err) == fault.NotFound {
		return credential.TokenFile{}, nil
	}
	return found, err
}

// mine finds the token of an address, on which the person may act. Code: token.not_holder
// (Forbidden).
func (h *Handler) mine(c *gin.Context) (file, error) {
	found, err := h.find(c)
	if err != nil {
		return found, err
	}
	return found, found.MayAct(credential.CallerOf(web.ActorOf(c)))
}

// orExplain answers with the page of the token, as it is now, whoever may not act on it or
// comes too late: it says why, and what to do.
func (h *Handler) orExplain(handler web.HandlerFunc) web.HandlerFunc {
	return h.explained(handler, h.refuse)
}

// explained has a refusal answered by a page that says why, with what is possible now.
func (h *Handler) explained(handler web.HandlerFunc, refuse func(c *gin.Context, status int, code string) error) web.HandlerFunc {
	return func(c *gin.Context) error {
		err := handler(c)
		status := http.StatusConflict
		switch fault.KindOf(err) {
		case fault.Conflict:
		case fault.Forbidden:
			status = http.StatusForbidden
			if unnoted := h.NoteRefused(c); unnoted != nil {
				return unnoted
			}
		case fault.Internal, fault.Invalid, fault.NotFound, fault.Unavailable:
			return err
		}
		return refuse(c, status, fault.CodeOf(err))
	}
}

// refuse answers with the page of the token, and why nothing was done.
func (h *Handler) refuse(c *gin.Context, status int, code string) error {
	page, err := h.onePage(c)
	if err != nil {
		return err
	}
	page.Refusal = code
	return h.Views.one.Write(c.Writer, status, page)
}

// reader is who reads a page: her side, and what her role lets her do.
type reader struct {
	credential.Caller
	Space                                     account.Space
	Collect, Replace, Suspend, Resume, Revoke bool
	Nudge                                     bool
}

func (h *Handler) reader(c *gin.Context) reader {
	actor := web.ActorOf(c)
	may := func(act string) bool { return h.Can(actor.Role, "token", act) }
	return reader{
		Caller: credential.CallerOf(actor), Space: actor.Role.Space(),
		Collect: may("collect"), Replace: may("replace"), Suspend: may("suspend"), Resume: may("resume"), Revoke: may("revoke"),
		Nudge: may("nudge"),
	}
}
