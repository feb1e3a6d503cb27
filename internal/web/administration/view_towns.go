package administration

import (
	"net/url"
	"strconv"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/web"
)

// townsPage lists the collectivities.
type townsPage struct {
	web.ProPage
	List web.List
	Rows []townRow
}

// townRow is a collectivity in the list.
type townRow struct {
	URL, Name, Siret      string
	Departement, Postcode string
	Form                  directory.FormState
	Editor                string // "" without an editor
}

func newTownsPage(page web.ProPage, list web.List, listed []directory.Town) townsPage {
	p := townsPage{ProPage: page, List: list}
	for _, t := range listed {
		p.Rows = append(p.Rows, townRow{
			URL: townPath(t), Name: web.Typographic(t.Name), Siret: t.Siret.Display(), Departement: t.Departement, Postcode: t.Postcode,
			Form: t.Form, Editor: web.Typographic(t.EditorName),
		})
	}
	return p
}

func townPath(t directory.Town) string { return townsPath + "/" + t.Siret.String() }

// townPage shows a collectivity.
type townPage struct {
	web.ProPage
	Name, Siret, COG string
	Departement      string // "Alpes-de-Haute-Provence (04)"
	Postcode         string // "" when not known
	Form             directory.FormState
	FormURL          string
	Editor           string // "" without an editor
	EditorSiret      string
	Help             townContact

	ShowsRequests     bool
	Requests          []townRequest
	ShowsSubscription bool
	Subscription      townSubscription
}

// townContact is what citizens are told when they need help.
type townContact struct{ Label, Mail, Phone, Site string }

// Declared tells whether the collectivity declared one.
func (c townContact) Declared() bool { return c.Mail != "" || c.Phone != "" || c.Site != "" }

// townRequest is a request of the collectivity.
type townRequest struct {
	URL, Number  string
	State        habilitation.State
	Habilitation string // "H10000042"; "" before the first approval
	Editor       string
	Since        web.Moment
}

// townSubscription says how far the collectivity is at HubEE.
type townSubscription struct {
	State credential.Phase // "" without a subscription
	URL   string
}

func newTownPage(page web.ProPage, t directory.Town) townPage {
	p := townPage{
		ProPage: page, Name: web.Typographic(t.Name), Siret: t.Siret.Display(), COG: t.COG, Departement: departementName(t.Departement),
		Postcode: t.Postcode, Form: t.Form, FormURL: "/collectivites/" + t.Siret.String(), Editor: web.Typographic(t.EditorName),
		Help: townContact{Label: t.Contact.Label, Mail: t.Contact.Mail, Phone: t.Contact.Phone, Site: hostOf(t.Contact.URL)},
	}
	if t.EditorSiret != "" {
		p.EditorSiret = t.EditorSiret.Display()
	}
	return p
}

func departementName(code string) string {
	for _, d := range place.Departements() {
		if d.Code == code {
			return web.Typographic(d.Name) + " (" + code + ")"
		}
	}
	return code
}

// hostOf is the host of an address, which is what people read; "" when it is no address.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

func newTownRequests(requests []habilitation.Request) []townRequest {
	rows := make([]townRequest, len(requests))
	for i, r := range requests {
		rows[i] = townRequest{
			URL: habilitationsPath + "/" + strconv.FormatInt(int64(r.Number), 10), Number: r.Number.String(), State: r.State,
			Editor: web.Typographic(r.Current.Editor.Name), Since: web.MomentOf(r.StateAt),
		}
		if r.Current.Number != 0 {
			rows[i].Habilitation = r.Current.Number.String()
		}
	}
	return rows
}
