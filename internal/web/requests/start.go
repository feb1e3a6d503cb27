package requests

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web/form"
)

const (
	fieldForm = "formulaire"
	// fieldReused names the request whose answers a new one takes up.
	fieldReused = "reponses"
	// maxPrefill is more than the longest answer that an address may bring: the domain cuts it.
	maxPrefill = 5_000
	maxUID     = 100
)

// start says what a request through a form takes, before anybody signs in.
func (h *Handler) start(c *gin.Context) error {
	if _, err := h.Recognise(c); err != nil {
		return err
	}
	ctx := c.Request.Context()
	template, err := h.Templates.Find(ctx, c.Param("uid"))
	switch {
	case err != nil:
		return err
	case template.Withdrawn:
		return h.sayWithdrawn(c, template, http.StatusOK)
	}
	delay, known, err := h.Requests.MedianDelay(ctx)
	if err != nil {
		return err
	}
	if !known {
		delay = 0
	}
	page := newStartPage(h.Frame(c), template, newDelayView(delay))
	page.BeginURL, page.TooLong = beginURL(template.UID, prefilled(c.Request.URL.Query()), page.Person == "")
	return h.Views.start.Write(c.Writer, http.StatusOK, page)
}

// sayWithdrawn says that a form is not offered any more, and lists the others.
func (h *Handler) sayWithdrawn(c *gin.Context, withdrawn editor.Template, status int) error {
	listed, err := h.Templates.List(c.Request.Context())
	if err != nil {
		return err
	}
	page := withdrawnPage{choosePage: newChoosePage(h.Frame(c), form.Field{Name: fieldSearch}, listed), Form: newFormLink(withdrawn)}
	return h.Views.withdrawn.Write(c.Writer, status, page)
}

// prefilled keeps of what an address asks for the answers that it may bring (datapass.md §7).
func prefilled(sent url.Values) url.Values {
	kept := url.Values{}
	for _, field := range request.Prefillable() {
		if text := form.Text(sent, string(field), maxPrefill); text.Value != "" {
			kept.Set(text.Name, text.Value)
		}
	}
	if scopes := form.AnyOf(sent, string(request.FieldScopes), editor.Scopes[:]...); len(scopes.Values) > 0 {
		kept[scopes.Name] = scopes.Values
	}
	return kept
}

// beginURL is where a request begins, with what the address of its form brought. Where
// somebody has to sign in first, answers too long for the way back stay behind: tooLong says so.
func beginURL(uid string, kept url.Values, signsIn bool) (address string, tooLong bool) {
	kept.Set(fieldForm, uid)
	for {
		address = beginPath + "?" + kept.Encode()
		if !signsIn || account.LocalPath(address) != "" || len(kept) == 1 {
			return address, tooLong
		}
		names := make([]string, 0, len(kept))
		for name := range kept {
			if name != fieldForm {
				names = append(names, name)
			}
		}
		kept.Del(slices.MaxFunc(names, func(a, b string) int {
			return len(url.QueryEscape(kept.Get(a))) - len(url.QueryEscape(kept.Get(b)))
		}))
		tooLong = true
	}
}

// withdrawnPage says that a form is not offered any more.
type withdrawnPage struct {
	choosePage
	Form formLink
}
