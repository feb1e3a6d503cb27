package accounts

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
)

const (
	// paramSpace is the membership chosen.
	paramSpace = "espace"
	// tokensPath is where the pages of tokens are (package tokens), to which mails lead and which
	// belong to no space.
	tokensPath = "/jetons/"
)

// spaces leads to the only space of a person, lets one choose among several, or says why
// there is none and whom to ask.
func (h *Handler) spaces(c *gin.Context) error {
	actor, back := web.ActorOf(c), account.LocalPath(c.Query(paramReturn))
	choices, err := h.Sessions.Choices(c.Request.Context(), actor)
	switch {
	case err != nil:
		return err
	case choices.Refusal != "":
		return h.Views.noSpace.Write(c.Writer, http.StatusForbidden, newNoSpacePage(h.Frame(c), actor, choices))
	case actor.Role != "" && len(choices.Memberships) == 1:
		return web.SeeOther(c, actor.Role.Space().Path())
	}
	return h.Views.spaces.Write(c.Writer, http.StatusOK, newSpacesPage(h.Frame(c), actor, choices, back))
}

// choose enters a space. Staff without a second factor prove one first.
func (h *Handler) choose(c *gin.Context) error {
	id, err := strconv.ParseInt(c.PostForm(paramSpace), 10, 64)
	if err != nil {
		return web.SeeOther(c, spacesPath)
	}
	role, err := h.Sessions.Choose(c.Request.Context(), web.ActorOf(c), id)
	switch {
	case fault.Is(err, "membership.factor_needed"):
		return web.SeeOther(c, confirmPath+returning(spacesPath))
	case err != nil:
		return err
	}
	home, back := role.Space().Path(), account.LocalPath(c.PostForm(paramReturn))
	if back != home && back != resumePath && !strings.HasPrefix(back, home+"/") && !strings.HasPrefix(back, tokensPath) {
		back = home
	}
	return web.SeeOther(c, back)
}
