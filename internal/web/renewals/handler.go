package renewals

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// Handler answers those who watch over the prolongations.
type Handler struct {
	Views  Views
	Watch  *renewal.Watch
	Access *account.Access // who names the editors
	Prefix credential.TokenPrefix
	// Can tells whether a role may do an act (authz.Policy): pages offer nothing that the
	// route would refuse.
	Can func(role account.Role, object, act string) bool
	// Frame is what every page of a request shows.
	Frame func(c *gin.Context) web.ProPage
}

const (
	rootPart     = "/prolongations"
	sheetPart    = rootPart + "/export.csv"
	callsPart    = rootPart + "/appels"
	refusedPart  = rootPart + "/adresses-refusees"
	calendarPart = rootPart + "/calendrier"
	funnelPart   = rootPart + "/suivi"
)

// watching are the spaces that have the pages.
var watching = [...]account.Space{account.SpaceAdministration, account.SpaceInstruction, account.SpaceSupport}

// sheetPatience is how long a sheet of every token may take.
const sheetPatience = 30 * time.Second

// Mount registers the routes. An editor has those that count, of its clients.
func (h *Handler) Mount(r *web.Router) {
	watches := web.Can("renewal", "watch")
	for _, space := range watching {
		root := space.Path()
		r.Handle(http.MethodGet, root+rootPart, watches, h.risks)
		r.HandleWithin(sheetPatience, http.MethodGet, root+sheetPart, watches, h.sheet)
		r.Handle(http.MethodGet, root+callsPart, watches, h.calls)
		r.Handle(http.MethodGet, root+refusedPart, watches, h.refused)
		r.Handle(http.MethodGet, root+calendarPart, watches, h.calendar)
		r.Handle(http.MethodGet, root+calendarPart+"/:jour", watches, h.day)
		r.Handle(http.MethodGet, root+funnelPart, watches, h.funnel)
	}
	reads := web.Can("token", "read")
	r.Handle(http.MethodGet, account.SpaceEditor.Path()+calendarPart, reads, h.calendar)
	r.Handle(http.MethodGet, account.SpaceEditor.Path()+funnelPart, reads, h.funnel)
}

// reader is who reads a page, and what she may open and see.
type reader struct {
	Space account.Space
	Root  string // of her space
	// Editor is whose tokens she reads of; "" for those of all.
	Editor value.Siret
	// Contacts: the agents of towns, as the pages of habilitations show them.
	Contacts, Mails, Requests bool
}

func (h *Handler) reader(c *gin.Context) reader {
	actor := web.ActorOf(c)
	role := actor.Role
	by := reader{
		Space: role.Space(), Root: role.Space().Path(), Contacts: h.Can(role, "habilitation", "read"), Mails: h.Can(role, "mail", "read"), Requests: h.Can(role, "request", "instruct"),
	}
	if by.Space == account.SpaceEditor {
		by.Editor = actor.Organisation.Siret
	}
	return by
}

func (r reader) tabs(part string) []web.RenewalTab { return web.RenewalTabs(r.Space, r.Root+part) }

// moment is when a page is made, and what the tokens of the portal begin with.
type moment struct {
	Now    time.Time
	Prefix credential.TokenPrefix
}

func (h *Handler) moment() moment { return moment{h.Watch.Now(), h.Prefix} }
