package web

import "portail-qf/internal/domain/account"

// menuEntry is a link of a space, shown to those who may open it.
type menuEntry struct {
	code, path  string
	object, act string
}

// menus are the navigations of the spaces. The first link is the home page.
var menus = map[account.Space][]menuEntry{
	account.SpaceAdministration: {
		{"accueil", "", "space.administration", "enter"},
		{"comptes", "/comptes", "account", "read"},
		{"invitations", "/invitations", "membership", "grant"},
		{"sessions", "/sessions", "session", "read"},
		{"organisations", "/organisations", "organisation", "read"},
		{"collectivites", "/collectivites", "collectivity", "read"},
		{"habilitations", "/habilitations", "habilitation", "read"},
		{"jetons", "/jetons", "token", "read"},
		{"prolongations", "/prolongations", "renewal", "watch"},
		{"hubee", "/hubee", "subscription", "read"},
		{"datapass", "/datapass", "datapass", "read"},
		{"envois", "/envois", "order", "read"},
		{"mails", "/mails", "mail", "read"},
		{"catalogue", "/modeles-de-mails", "mail.catalogue", "read"},
		{"taches", "/taches", "job", "read"},
		{"journal", "/journal", "journal", "read"},
	},
	account.SpaceInstruction: {
		{"accueil", "", "space.instruction", "enter"},
		{"demandes", "/demandes", "request", "instruct"},
		{"habilitations", "/habilitations", "habilitation", "read"},
		{"jetons", "/jetons", "token", "read"},
		{"prolongations", "/prolongations", "renewal", "watch"},
		{"modeles", "/modeles", "reason_template", "write"},
	},
	account.SpaceSupport: {
		{"accueil", "", "space.support", "enter"},
		{"jetons", "/jetons", "token", "read"},
		{"prolongations", "/prolongations", "renewal", "watch"},
	},
	account.SpaceEditor: {
		{"accueil", "", "space.editor", "enter"},
		{"collectivites", "/collectivites", "space.editor", "enter"},
		{"jetons", "/jetons", "token", "read"},
		{"prolongations", "/prolongations", "token", "read"},
		{"acces-hubee", "/hubee", "hub_account", "read"},
		{"api", "/api", "api_client", "read"},
		{"membres", "/membres", "membership", "read"},
		{"invitations", "/invitations", "membership", "grant"},
	},
	account.SpaceTown: {
		{"accueil", "", "space.town", "enter"},
		{"demandes", "/demandes", "request", "read"},
		{"collegues", "/collegues", "membership", "read"},
	},
}

func (r *Router) navigation(actor account.Actor, path string) []NavLink {
	space := actor.Role.Space()
	var links []NavLink
	for _, entry := range menus[space] {
		if r.config.Policy.Can(actor.Role, entry.object, entry.act) {
			links = append(links, NavLink{Code: entry.code, URL: space.Path() + entry.path})
		}
	}
	return MarkCurrent(links, path)
}
