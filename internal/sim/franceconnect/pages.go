package franceconnect

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

type choicePage struct {
	page
	Here    string // path of the interaction
	Service string
}

type loginPage struct {
	page
	Here       string
	Service    string
	Identities []Identity
}

type informationPage struct {
	page
	Here    string
	Service string
	Shared  []string // what the service will learn, in words
}

type failurePage struct {
	page
	Here    string
	Service string
	Code    string
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
		page:    page{Title: "Informations transmises au service"},
		Here:    here,
		Service: request.client.Name,
	}
	var opened []string
	for _, scope := range request.scopes {
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
	render(w, http.StatusOK, "home", homePage{
		page:       page{Title: "Simulateur FranceConnect"},
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
