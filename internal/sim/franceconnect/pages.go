package franceconnect

import (
	"embed"
	"net/http"
	"slices"

	"portail-qf/internal/sim/oidc"
)

//go:embed templates/*.tmpl
var templates embed.FS

type choicePage struct {
	oidc.Page
	Here    string // path of the interaction
	Service string
}

type loginPage struct {
	oidc.Page
	Here       string
	Service    string
	Identities []Identity
}

type informationPage struct {
	oidc.Page
	Here    string
	Service string
	Shared  []string // what the service will learn, in words
}

type failurePage struct {
	oidc.Page
	Here    string
	Service string
	Code    string
}

// claimWords says in French what a claim hands over, in the order of the page.
var claimWords = []struct{ claim, words string }{
	{"given_name", "prénoms"},
	{"family_name", "nom de naissance"},
	{"preferred_username", "nom d’usage"},
	{"gender", "sexe"},
	{"birthdate", "date de naissance"},
	{"birthplace", "commune de naissance"},
	{"birthcountry", "pays de naissance"},
	{"email", "adresse électronique"},
}

func newInformationPage(here string, request authorization, who person) informationPage {
	p := informationPage{
		Page:    oidc.Page{Title: "Informations transmises au service"},
		Here:    here,
		Service: request.client.Name,
	}
	var opened []string
	for _, scope := range request.Scopes {
		opened = append(opened, scopeClaims(scope)...)
	}
	for _, entry := range claimWords {
		if _, has := who[entry.claim]; has && slices.Contains(opened, entry.claim) {
			p.Shared = append(p.Shared, entry.words)
		}
	}
	return p
}

func (s *Server) home(w http.ResponseWriter, _ *http.Request) {
	s.pages.Home(w, s.issuer, s.identities)
}
