package web

import "net/http"

// ProErrorPage says to a professional what went wrong, what it means and whom to ask, when
// no page of a space does.
type ProErrorPage struct{ view View[proErrorPage] }

// proErrorPage is what it prints. Code is the sentence of what happened, "" where the
// status says it all.
type proErrorPage struct {
	ProPage
	Status int
	Code   string
}

// ParseProErrorPage reads it.
func ParseProErrorPage(t *Templates) (ProErrorPage, error) {
	view, err := ParseView[proErrorPage](t, "common/pro_error")
	return ProErrorPage{view}, err
}

func (p ProErrorPage) write(w http.ResponseWriter, page proErrorPage) error {
	return p.view.Write(w, page.Status, page)
}

// Exhibit shows the page with its samples.
func (p ProErrorPage) Exhibit(page ProPage) Exhibit {
	var samples []Sample[proErrorPage]
	for _, sample := range []proErrorPage{
		{Status: http.StatusForbidden, Code: "access.refused"},
		{Status: http.StatusForbidden, Code: "habilitation.same_person"},
		{Status: http.StatusNotFound},
		{Status: http.StatusNotFound, Code: "template.unknown"},
		{Status: http.StatusConflict, Code: "membership.last_admin"},
		{Status: http.StatusMethodNotAllowed},
		{Status: http.StatusRequestEntityTooLarge},
		{Status: http.StatusServiceUnavailable, Code: "registry.unavailable"},
		{Status: http.StatusUnprocessableEntity},
	} {
		sample.ProPage = page
		name := http.StatusText(sample.Status)
		if sample.Code == "habilitation.same_person" || sample.Code == "template.unknown" { // of the same status as another
			name += " " + sample.Code
		}
		samples = append(samples, Sample[proErrorPage]{Name: name, Content: sample})
	}
	return Show("common/pro_error", p.view, samples...)
}
