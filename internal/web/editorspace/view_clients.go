package editorspace

import (
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/web"
)

// publicForms is where the forms of all collectivities are, each under its SIRET.
const publicForms = "/collectivites/"

// clientsPage lists the collectivities of an editor.
type clientsPage struct {
	web.ProPage
	List      web.List
	Rows      []clientRow
	Addresses string // what the address of every form begins with
}

// clientRow is a collectivity in the list.
type clientRow struct {
	Name, Siret, Departement string
	Form                     directory.FormState
	// FormURL is where its citizens go; "" when the form is closed.
	FormURL string
}

func newClientsPage(page web.ProPage, list web.List, listed []directory.Collectivity) clientsPage {
	p := clientsPage{ProPage: page, List: list}
	names := departementNames()
	for _, c := range listed {
		row := clientRow{Name: web.Typographic(c.Name), Siret: c.Siret.Display(), Departement: c.Departement, Form: c.Form}
		if name := names[c.Departement]; name != "" {
			row.Departement = name + " (" + c.Departement + ")"
		}
		if c.Form != directory.FormClosed {
			row.FormURL = publicForms + c.Siret.String()
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

func departementNames() map[string]string {
	names := map[string]string{}
	for _, d := range place.Departements() {
		names[d.Code] = d.Name
	}
	return names
}
