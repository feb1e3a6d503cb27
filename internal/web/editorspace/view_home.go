package editorspace

import (
	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/web"
)

// unanswered counts invitations.
type unanswered struct{ Waiting, Expired int }

// homePage is the first page: for whom the person acts, what waits, and the collectivities.
type homePage struct {
	web.ProPage
	Editor, Siret string
	Role          account.Role
	Unanswered    unanswered
	Stuck         int // clients whose subscription at HubEE failed, or that HubEE suspended
	Clients       directory.FormCounts
	// ToCollect, InThirty and Cut count tokens: to be collected, that expire in less than thirty
	// days, and that are cut.
	ToCollect, InThirty, Cut int
}

func newHomePage(page web.ProPage, actor account.Actor, counts directory.FormCounts, waiting unanswered) homePage {
	return homePage{
		ProPage: page, Editor: actor.Organisation.Name, Siret: actor.Organisation.Siret.Display(), Role: actor.Role,
		Unanswered: waiting, Clients: counts,
	}
}
