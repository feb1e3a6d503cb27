package operations

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// objectKinds are what an act may be on, for the filter.
var objectKinds = []string{"account", "invitation", "session", "signin", "route", "organisation", "dossier", "order", "mail", "job"}

// journalListing is the search in the journal, newest first.
var journalListing = web.Listing{
	Path: journalPath,
	Filters: []web.Filter{
		web.TextFilter("auteur"),
		web.ChoiceFilter("acte", "audit", texts(audit.Acts[:])...),
		web.ChoiceFilter("sur", "audit.object", objectKinds...),
		web.TextFilter("objet"),
		web.TextFilter("organisation"),
		web.DayFilter("du"),
		web.DayFilter("au"),
	},
	Sorts: []string{"-date"},
}

// journal searches everybody's acts.
func (h *Handler) journal(c *gin.Context) error {
	asked := journalListing.Read(c.Request.URL.Query())
	found, err := h.Journal.Search(c.Request.Context(), audit.Search{
		Author: asked.Filter("auteur"), Act: audit.Act(asked.Filter("acte")),
		ObjectKind: asked.Filter("sur"), Object: objectTyped(asked.Filter("objet")), Organisation: spaceless(asked.Filter("organisation")),
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

func spaceless(typed string) string { return strings.Join(strings.Fields(typed), "") }
