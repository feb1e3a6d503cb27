package proconnect

import (
	"embed"
	"net/http"
	"slices"

	"portail-qf/internal/sim/oidc"
)

//go:embed templates/*.tmpl
var templates embed.FS

type emailPage struct {
	oidc.Page
	Here    string // path of the interaction
	Service string
	Known   []string // addresses of the persons offered
}

type loginPage struct {
	oidc.Page
	Here       string
	Service    string
	Identities []Identity
	Unknown    string // an address that nobody has
	More       bool   // there are others than these
}

type organizationPage struct {
	oidc.Page
	Here          string
	Service       string
	Organizations []organization
}

// organization is one of those for which a person may log in.
type organization struct{ Siret, Label string }

type factorPage struct {
	oidc.Page
	Here    string
	Service string
	Email   string
}

func (s *Server) newEmailPage(here string, i interaction) emailPage {
	p := emailPage{
		Page:    oidc.Page{Title: "Se connecter avec ProConnect"},
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
		Page:    oidc.Page{Title: "Choisir une organisation"},
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
	s.pages.Home(w, s.issuer, s.identities)
}
