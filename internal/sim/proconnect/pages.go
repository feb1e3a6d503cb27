package proconnect

import (
	"embed"
	"html/template"
	"net/http"
	"slices"

	"portail-qf/internal/sim/oidc"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

var templates = template.Must(template.ParseFS(templateFiles, "templates/*.tmpl"))

// page is what every page has.
type page struct{ Title string }

type emailPage struct {
	page
	Here    string // path of the interaction
	Service string
	Known   []string // addresses of the persons offered
}

type loginPage struct {
	page
	Here       string
	Service    string
	Identities []Identity
	Unknown    string // an address that nobody has
	More       bool   // there are others than these
}

type organizationPage struct {
	page
	Here          string
	Service       string
	Organizations []organization
}

// organization is one of those for which a person may log in.
type organization struct{ Siret, Label string }

type factorPage struct {
	page
	Here    string
	Service string
	Email   string
}

type refusalPage struct {
	page
	oidc.PageRefusal
}

type logoutPage struct {
	page
	Confirm string // path of the confirmation
	Request string
}

type homePage struct {
	page
	Issuer     string
	Identities []Identity
}

func (s *Server) newEmailPage(here string, i interaction) emailPage {
	p := emailPage{
		page:    page{Title: "Se connecter avec ProConnect"},
		Here:    here,
		Service: i.request.client.Name,
	}
	for _, identity := range s.identities {
		if email := person(identity.Claims).text("email"); email != "" && !slices.Contains(p.Known, email) {
			p.Known = append(p.Known, email)
		}
	}
	return p
}

// newOrganizationPage lists the organizations, first the one that the service suggests
// (§2.2: siret_hint guarantees nothing).
func newOrganizationPage(here string, i interaction) organizationPage {
	p := organizationPage{
		page:    page{Title: "Choisir une organisation"},
		Here:    here,
		Service: i.request.client.Name,
	}
	for _, members := range i.person.organizations() {
		entry := organization{members.text("siret"), members.text("organization_label")}
		if entry.Siret == i.request.siretHint {
			p.Organizations = slices.Insert(p.Organizations, 0, entry)
		} else {
			p.Organizations = append(p.Organizations, entry)
		}
	}
	return p
}

func (s *Server) home(w http.ResponseWriter, _ *http.Request) {
	render(w, http.StatusOK, "home", homePage{
		page:       page{Title: "Simulateur ProConnect"},
		Issuer:     s.issuer,
		Identities: s.identities,
	})
}

func (s *Server) refusePage(w http.ResponseWriter, status int, refusal oidc.PageRefusal) {
	render(w, status, "refusal", refusalPage{page{Title: "Une erreur est survenue"}, refusal})
}

func render(w http.ResponseWriter, status int, name string, content any) {
	oidc.Render(w, status, templates, name, content)
}
