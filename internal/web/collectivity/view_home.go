package collectivity

import (
	"net/url"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/web"
)

// homePage is the first page: where the form stands, what citizens are told, and how many
// dossiers are in which state.
type homePage struct {
	web.ProPage
	Name, Siret string
	Form        directory.FormState // "" without form
	Closing     closing             // of a closed form
	FormURL     string              // where citizens go; "" where there is nothing to share
	Address     string              // the same, in full
	Town        string              // as citizens read it; "" without form
	Help        contact
	Counts      []stateCount
	Total       int

	Habilitations []habilitationView
	Lapsing       []habilitationView // whose token the reader is to prolong
	Waiting       []habilitationView // of the reader, whose token a modification prolongs once it is decided
	Asked         []askedView        // that are under way, or were refused
	Claims        []web.ClaimView    // that wait for the reader's answer
	Known         bool               // the town asked for a habilitation once, or began to
	Pending       bool               // something that is not granted yet is under way
	Anew          bool               // all that it asked for came to nothing, or to its end
	Unread        int                // messages about its requests
	Orphans       []habilitationView // that the link would attach to the account of whoever made them
	LinkURL       string             // has the link of whoever made a request sent; "" where somebody's account holds each
	MessagesURL   string             // where it asks about its form; "" where it has no page for that
}

// contact is what citizens are told when they need help.
type contact struct{ Label, Mail, Phone, Site string }

// Declared tells whether the collectivity declared one.
func (c contact) Declared() bool { return c.Mail != "" || c.Phone != "" || c.Site != "" }

// stateCount is how many dossiers are in a state.
type stateCount struct {
	State dossier.State
	Count int
}

func newHomePage(page web.ProPage, of account.Organisation, town directory.Collectivity, counts map[dossier.State]int) homePage {
	p := homePage{
		ProPage: page, Name: of.Name, Siret: of.Siret.Display(), Form: town.Form,
		Town:   web.Typographic(town.Name),
		Help:   contact{Label: town.Contact.Label, Mail: town.Contact.Mail, Phone: town.Contact.Phone, Site: siteOf(town.Contact.URL)},
		Counts: newStateCounts(counts),
	}
	if town.Form == directory.FormOpen || town.Form == directory.FormSoon {
		p.FormURL = "/collectivites/" + town.Siret.String()
	}
	for _, c := range p.Counts {
		p.Total += c.Count
	}
	return p
}

// newStateCounts lists the states in which there are dossiers, in their order. One that
// waits for our staff is still being sent, as far as the town is concerned.
func newStateCounts(counts map[dossier.State]int) []stateCount {
	var listed []stateCount
	for _, state := range dossier.States {
		count := counts[state]
		switch state {
		case dossier.Recorded:
			count += counts[dossier.Quarantined]
		case dossier.Quarantined:
			continue
		}
		if count > 0 {
			listed = append(listed, stateCount{state, count})
		}
	}
	return listed
}

// siteOf is the host of an address, which is what people read; "" when it is no address.
func siteOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
