package administration

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
)

// sessionListing is the list of those who are signed in, the last active first.
var sessionListing = web.Listing{
	Path: sessionsPath,
	Filters: []web.Filter{web.ChoiceFilter("espace", "space", string(account.SpaceAdministration), string(account.SpaceInstruction),
		string(account.SpaceSupport), string(account.SpaceEditor), string(account.SpaceTown))},
	Sorts: []string{"-activite", "nom"},
}

// sessions lists the sessions under way.
func (h *Handler) sessions(c *gin.Context) error {
	asked := sessionListing.Read(c.Request.URL.Query())
	query := account.SessionQuery{
		Search: asked.Search, Space: account.Space(asked.Filter("espace")), Sort: sortedBy(asked.Sort), Descending: asked.Descending,
		Offset: asked.Offset(), Limit: asked.Limit(),
	}
	listed, total, err := h.Sessions.List(c.Request.Context(), query)
	if err != nil {
		return err
	}
	return h.Views.sessions.Write(c.Writer, http.StatusOK, newSessionsPage(h.Frame(c), asked.List(total), web.ActorOf(c), listed))
}

// confirmEnding asks once more before a session is ended.
func (h *Handler) confirmEnding(c *gin.Context) error {
	id, err := web.ID(c, "id", "session.unknown")
	if err != nil {
		return err
	}
	session, err := h.Sessions.Other(c.Request.Context(), web.ActorOf(c), id)
	if err != nil {
		return err
	}
	return h.Views.ending.Write(c.Writer, http.StatusOK, newEndingPage(h.Frame(c), session))
}

// end ends a session.
func (h *Handler) end(c *gin.Context) error {
	id, err := web.ID(c, "id", "session.unknown")
	if err != nil {
		return err
	}
	if err := h.Sessions.End(c.Request.Context(), web.ActorOf(c), id); err != nil {
		return err
	}
	return web.Done(c, sessionsPath, "session-fermee")
}
