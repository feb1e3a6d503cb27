package editorspace

import (
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
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
	Editor    string // as its towns read it in the warning about HubEE's mail
}

// clientRow is a collectivity in the list.
type clientRow struct {
	Name, Siret, Departement string
	Form                     directory.FormState
	// FormURL is where its citizens go; "" when the form is closed.
	FormURL  string
	Standing standingView
	Token    web.TokenView // without URL where there is none
	town     value.Siret
}

// standingView is how far a client is, in words: no identity.
type standingView struct {
	Habilitation string             // "H10000042"; "" where none is known
	State        habilitation.State // "" likewise
	Since        web.Moment
	Subscription string // code of its words; "" where another receives the dossiers, or nobody
}

func newStandingView(s credential.Standing) standingView {
	view := standingView{State: s.State, Since: web.MomentOf(s.StateAt)}
	if s.Habilitation != 0 {
		view.Habilitation = s.Habilitation.String()
	}
	switch {
	case s.SuspendedAtHub:
		view.Subscription = "subscription.state." + string(credential.StoppedByHub)
	case s.Subscription == credential.Failed: // nothing that an editor can mend
		view.Subscription = "subscription.client.en_erreur"
	case s.Subscription != "":
		view.Subscription = "subscription.state." + string(s.Subscription)
	}
	return view
}

func newClientsPage(page web.ProPage, list web.List, listed []directory.Collectivity, standings map[value.Siret]credential.Standing) clientsPage {
	p := clientsPage{ProPage: page, List: list}
	names := departementNames()
	for _, c := range listed {
		row := clientRow{Name: web.Typographic(c.Name), Siret: c.Siret.Display(), Departement: c.Departement, Form: c.Form, Standing: newStandingView(standings[c.Siret]), town: c.Siret}
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

// tell adds where the token of each collectivity stands.
func (p *clientsPage) tell(tokens map[value.Siret]credential.Token, prefix credential.TokenPrefix, now time.Time) {
	for i, row := range p.Rows {
		if token, known := tokens[row.town]; known {
			p.Rows[i].Token = web.NewTokenView(token, prefix, now)
		}
	}
}

func departementNames() map[string]string {
	names := map[string]string{}
	for _, d := range place.Departements() {
		names[d.Code] = d.Name
	}
	return names
}
