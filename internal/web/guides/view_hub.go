package guides

import (
	_ "embed"

	"portail-qf/internal/web"
)

// hubPage tells how dossiers are read in HubEE.
type hubPage struct {
	web.ProPage
	PortalURL string
	Hub       Hub
	Dossier   string // a whole FormulaireQF.json
}

// exampleDossier is what package dossier writes of an invented person; a test compares them.
//
//go:embed examples/dossier.json
var exampleDossier string

func newHubPage(page web.ProPage, portalURL string, hub Hub) hubPage {
	return hubPage{ProPage: page, PortalURL: portalURL, Hub: hub, Dossier: exampleDossier}
}
