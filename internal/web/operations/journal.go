package operations

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// objectKinds are what an act may be on, for the filter.
var objectKinds = []string{
	"account", "invitation", "session", "signin", "route", "organisation", "dossier", "order", "mail", "job", "habilitation", "token", "subscription", "hub_account",
	"datapass", "collectivity", "api_client",
}

// journalListing is the search in the journal, newest first.
var journalListing = web.Listing{
	Path: journalPath,
	Filters: []web.Filter{
		web.TextFilter("auteur"),
		web.ChoiceFilter("acte", "audit", texts(audit.Acts[:])...),
		web.ChoiceFilter("sur", "audit.object", objectKinds...),
		web.TextFilter("objet"),
		web.SiretFilter("organisation"),
		web.DayFilter("du"),
		web.DayFilter("au"),
	},
	Sorts: []string{"-date"},
}

// journal searches everybody's acts.
func (h *Handler) journal(c *gin.Context) error {
	asked := journalListing.Read(c.Request.URL.Query())
	if problems := asked.Problems(); problems != nil {
		page := h.Views.newJournalPage(h.Frame(c), asked.List(0), audit.Page{})
		page.Problems = problems
		return h.Views.journal.Write(c.Writer, http.StatusUnprocessableEntity, page)
	}
	found, err := h.Journal.Search(c.Request.Context(), audit.Search{
		Author: asked.Filter("auteur"), Act: audit.Act(asked.Filter("acte")),
		ObjectKind: asked.Filter("sur"), Object: objectTyped(asked.Filter("objet")), Organisation: asked.Filter("organisation"),
		From: asked.Since("du"), To: asked.Until("au"),
	}, asked.Offset(), asked.Limit())
	if err != nil {
		return err
	}
	return h.Views.journal.Write(c.Writer, http.StatusOK, h.Views.newJournalPage(h.Frame(c), asked.List(found.Total), found))
}

// objectTyped is what somebody typed of an object: the identifier of a dossier is in the
// journal as people read it aloud.
func objectTyped(typed string) string {
	if reference, err := value.ParseReference(typed); err == nil {
		return reference.Display()
	}
	return typed
}
