package web

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web/form"
)

// Page is what every page knows, whatever it shows; each view struct embeds it. Titles
// are in the templates (define "title"); the layout adds the name of the service, and
// « Erreur » before them when there are Problems.
type Page struct {
	Path      string         // of the request, to mark the current link
	Brand     bool           // the State's brand block, reserved to official domains
	RequestID string         // to quote to support when something broke
	Contact   string         // mail address for professionals; "" on citizen pages (PRODUCT.md 3.6)
	Problems  []form.Problem // what is wrong in the form of the page
}

// ProPage is what every page of a professional knows besides; each view struct of the
// back-office embeds it. A page within a space is framed by layouts/pro; a page outside any
// (sign-in, refusal, choice of a space) by layouts/pro_plain, with what is known so far.
type ProPage struct {
	Page
	Person        string // "" before the sign-in
	Organisation  string // for whom the person acts
	Space         account.Space
	SeveralSpaces bool // the person may change
	Navigation    []NavLink
	Flash         string // code of the sentence that says what has just been done; "" for none
}

// NavLink is an entry of the navigation of a space.
type NavLink struct {
	Code    string // its label is the sentence "nav.<code>" of templates/messages
	URL     string
	Current bool
	Count   int // of what waits there; not shown when 0
}

// MarkCurrent tells which link leads to the page of a path, or to a page above it. A link
// above another one, the home page of the space, is current on its own page only.
func MarkCurrent(links []NavLink, path string) []NavLink {
	marked := slices.Clone(links)
	for i, link := range marked {
		above := slices.ContainsFunc(links, func(other NavLink) bool { return below(other.URL, link.URL) })
		marked[i].Current = path == link.URL || !above && below(path, link.URL)
	}
	return marked
}

func below(path, folder string) bool { return strings.HasPrefix(path, folder+"/") }

// Operator is what the law wants a site to say of itself and only its operator knows. An
// empty field is shown as to be filled in: nothing is invented.
type Operator struct {
	PublicationDirector  string
	HostName             string
	HostAddress          string
	HostPhone            string
	DataProtection       string // mail address of the data protection officer
	AccessibilityContact string // mail address for accessibility reports
}

// errorStatuses are those that have a page of their own in templates/pages/common.
var errorStatuses = [...]int{
	http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
	http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusInternalServerError,
	http.StatusServiceUnavailable,
}

// ErrorPages are the pages that say what went wrong when no page of a space does.
type ErrorPages struct {
	views map[int]View[Page]
	// The 500 page is rendered at start, cut where the request id goes: it must come out
	// even when rendering is what fails.
	beforeID, afterID []byte
}

// ParseErrorPages reads them. frame is what the pre-rendered page shows of Page.
func ParseErrorPages(t *Templates, frame Page) (ErrorPages, error) {
	pages := ErrorPages{views: make(map[int]View[Page])}
	for _, status := range errorStatuses {
		view, err := ParseView[Page](t, fmt.Sprintf("common/%d", status))
		if err != nil {
			return ErrorPages{}, err
		}
		pages.views[status] = view
	}
	const place = "request-id-goes-here"
	frame.RequestID = place
	body, err := pages.views[http.StatusInternalServerError].Render(frame)
	if err != nil {
		return ErrorPages{}, err
	}
	var cut bool
	if pages.beforeID, pages.afterID, cut = bytes.Cut(body, []byte(place)); !cut {
		return ErrorPages{}, errors.New("the page of status 500 does not show the request id")
	}
	return pages, nil
}

// Write answers with the page of a status, or with the page of 500 when the status has
// none or its page cannot be rendered. The returned error is for the log.
func (p ErrorPages) Write(w http.ResponseWriter, status int, page Page) error {
	view, known := p.views[status]
	if !known || status == http.StatusInternalServerError {
		return p.writeInternal(w, page.RequestID)
	}
	body, err := view.Render(page)
	if err != nil {
		return errors.Join(err, p.writeInternal(w, page.RequestID))
	}
	return writeHTML(w, status, body)
}

func (p ErrorPages) writeInternal(w http.ResponseWriter, requestID string) error {
	id := []byte(html.EscapeString(requestID))
	return writeHTML(w, http.StatusInternalServerError, bytes.Join([][]byte{p.beforeID, p.afterID}, id))
}

// Exhibits shows the error pages with their samples.
func (p ErrorPages) Exhibits() []Exhibit {
	var exhibits []Exhibit
	for _, status := range errorStatuses {
		name := fmt.Sprintf("common/%d", status)
		sample := Page{Path: "/", Brand: true, RequestID: "01JCXN3Z8G5Q"}
		samples := []Sample[Page]{{Name: "page", Content: sample}}
		if status == http.StatusNotFound {
			sample.Path = "/formulaires/inconnu/demande/nouveau"
			samples = append(samples, Sample[Page]{Name: "formulaire", Content: sample})
		}
		exhibits = append(exhibits, Show(name, p.views[status], samples...))
	}
	return exhibits
}
