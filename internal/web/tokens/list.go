package tokens

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/web"
)

const (
	fieldSearch = "q"
	filterState = "etat"
)

// listing is the list of the tokens in a space, what asks for somebody first.
func listing(space account.Space) web.Listing {
	codes := make([]string, len(urgency))
	for i, state := range urgency {
		codes[i] = string(state)
	}
	return web.Listing{
		Path: space.Path() + listPart, Filters: []web.Filter{web.ChoiceFilter(filterState, "token.state", codes...)},
		Sorts: []string{string(credential.ByTokenUrgency), string(credential.ByTownName)},
	}
}

// list lists the tokens of an editor, or all of them. What somebody typed in the address is cut
// down to what may be in one.
func (h *Handler) list(c *gin.Context) error {
	query := c.Request.URL.Query()
	by := h.reader(c)
	asked := listing(by.Space).Read(query)
	if typed := query.Get(fieldSearch); credential.PublicPart(typed) != typed {
		query.Set(fieldSearch, credential.PublicPart(typed))
		return web.SeeOther(c, listing(by.Space).Read(query).Address())
	}
	ctx := c.Request.Context()
	found, total, err := h.Tokens.Search(ctx, by.Caller, credential.TokenSearch{
		Text: asked.Search, State: credential.TokenState(asked.Filter(filterState)), Order: credential.TokenOrder(asked.Sort),
		Offset: asked.Offset(), Limit: asked.Limit(),
	})
	if err != nil {
		return err
	}
	counts, err := h.Tokens.Counts(ctx, by.Caller)
	if err != nil {
		return err
	}
	of := listOf{Address: asked.Address(), Found: found, Counts: counts}
	if by.Nudge {
		if of.Nudged, err = h.Renewals.Nudged(ctx, idsOf(found)); err != nil {
			return err
		}
		if of.Refused, err = h.Renewals.Refused(ctx, idsOf(found)); err != nil {
			return err
		}
		if of.Filed, err = h.Renewals.Filed(ctx, idsOf(found)); err != nil {
			return err
		}
	}
	return h.Views.list.Write(c.Writer, http.StatusOK, newListPage(h.Frame(c), asked.List(total), of, by, h.moment()))
}

func idsOf(found []credential.TokenFile) []string {
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	return ids
}

// search leads to the list that was asked for: a token that somebody pastes travels in the body
// of a request, and what opens nothing goes on in the address.
func (h *Handler) search(c *gin.Context) error {
	sent := c.Request.PostForm
	sent.Set(fieldSearch, credential.PublicPart(sent.Get(fieldSearch)))
	return web.SeeOther(c, listing(h.reader(c).Space).Read(sent).Address())
}
