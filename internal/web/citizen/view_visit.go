package citizen

import (
	"net/url"
	"strings"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/web"
)

// town is what a page says of a collectivity.
type town struct {
	Siret       string
	Name        string // "Majastres"
	DisplayName string // "Majastres (04)"
	Postcode    string
	Soon        bool // the form opens later
	Closed      bool // the form was closed
	Contact     directory.Contact
	HasContact  bool
	PhoneLink   string // the number without spaces
	ContactHost string // of Contact.URL, what the citizen reads
}

func newTown(c directory.Collectivity) town {
	contact := c.Contact
	host := ""
	if u, err := url.Parse(contact.URL); err == nil {
		host = u.Host
	}
	if host == "" {
		contact.URL = "" // not an address that a link can lead to
	}
	return town{
		Siret:       c.Siret.String(),
		Name:        web.Typographic(c.Name),
		DisplayName: web.Typographic(c.DisplayName()),
		Postcode:    c.Postcode,
		Soon:        c.Form == directory.FormSoon,
		Closed:      c.Form == directory.FormClosed,
		Contact:     contact,
		HasContact:  contact.Mail != "" || contact.Phone != "" || contact.URL != "",
		PhoneLink:   dialable(contact.Phone),
		ContactHost: host,
	}
}

// dialable keeps of a phone number what a telephone dials: not the (0) that one drops when
// calling from abroad.
func dialable(phone string) string {
	if strings.HasPrefix(phone, "+") {
		phone = strings.Replace(phone, "(0)", "", 1)
	}
	return strings.Map(func(r rune) rune {
		if r == '+' || (r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, phone)
}

// Visit is what the pages of a collectivity have in common: where the citizen is, and
// what his link brought. Link is the sealed parameters, to be carried along in forms and
// addresses; Return is zero when there is no allowed way back.
type Visit struct {
	Town   town
	Link   string
	Return directory.Return
}

// NewVisit describes a visit of a collectivity.
func NewVisit(c directory.Collectivity, link string, back directory.Return) Visit {
	return Visit{Town: newTown(c), Link: link, Return: back}
}

// FormURL is the address of the form, with what the link brought.
func (v Visit) FormURL() string { return v.address("") }

// AlternativesURL is the address of the page without FranceConnect.
func (v Visit) AlternativesURL() string { return v.address("/sans-franceconnect") }

func (v Visit) address(suffix string) string {
	address := "/collectivites/" + v.Town.Siret + suffix
	if v.Link != "" {
		address += "?lien=" + url.QueryEscape(v.Link)
	}
	return address
}
