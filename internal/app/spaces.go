package app

import (
	"context"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/launch"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/postgres"
	"portail-qf/internal/web"
	"portail-qf/internal/web/administration"
	"portail-qf/internal/web/collectivity"
	"portail-qf/internal/web/editorspace"
	"portail-qf/internal/web/guides"
	habilitationpages "portail-qf/internal/web/habilitations"
	"portail-qf/internal/web/helpdesk"
	"portail-qf/internal/web/instruction"
	"portail-qf/internal/web/operations"
	renewalpages "portail-qf/internal/web/renewals"
	requestpages "portail-qf/internal/web/requests"
	tokenpages "portail-qf/internal/web/tokens"
)

// mountAdministration mounts the pages of administrators, and of those who watch over the
// portal.
func (a *App) mountAdministration(router *web.Router, parsed *web.Templates) (err error) {
	staff := &administration.Handler{
		Access: a.Access, Sessions: a.people.sessions, Organisations: a.Organisations, Can: a.people.policy.Can, Now: a.now,
		Towns: &directory.Towns{Store: postgres.Towns{DB: a.db}}, Catalogue: a.catalogue(), Watch: a.subscriptions(),
		Frame: router.ProFrame,
		Waiting: func(ctx context.Context, now time.Time) (administration.Waiting, error) {
			counted, err := postgres.Waiting{DB: a.db}.Administration(ctx, now)
			return administration.Waiting(counted), err
		},
	}
	if staff.Views, err = administration.ParseViews(parsed); err != nil {
		return err
	}
	staff.Mount(router)
	watch := &operations.Handler{
		Orders: &operation.Orders{Store: a.Outbox, Now: a.now}, Mails: a.people.mails,
		Jobs:    &operation.Jobs{Timetable: a.Jobs, Store: postgres.JobRuns{DB: a.db}, Now: a.now},
		Journal: a.Journal, Catalogue: a.people.mail.Catalogue(),
		Watch: a.subscriptions(), Provisioning: a.habilitations.provisioning, Decisions: a.habilitations.decisions,
		Mailroom: &decision.Mailroom{Store: postgres.Mailroom{DB: a.db}}, Inbox: a.habilitations.inbox,
		From: a.config.Mail.From, ReplyTo: a.config.Mail.ReplyTo, Can: a.people.policy.Can, Now: a.now, Frame: router.ProFrame,
	}
	if watch.Views, err = operations.ParseViews(parsed); err != nil {
		return err
	}
	watch.Mount(router)
	return a.mountHabilitations(router, parsed)
}

// mountHabilitations mounts the pages of the habilitations in the two spaces that have them.
func (a *App) mountHabilitations(router *web.Router, parsed *web.Templates) error {
	views, err := habilitationpages.ParseViews(parsed)
	if err != nil {
		return err
	}
	for _, root := range []string{habilitationpages.InAdministration, habilitationpages.InInstruction} {
		(&habilitationpages.Handler{
			Views: views, Catalogue: a.catalogue(), Decisions: a.habilitations.decisions, Watch: a.subscriptions(), Journal: a.Journal,
			Recovery: a.requests.recovery, Tokens: a.tokens.service, Access: a.Access, Can: a.people.policy.Can, Root: root, Frame: router.ProFrame,
		}).Mount(router)
	}
	return nil
}

// mountTokens mounts the pages of the tokens, for all those whom one concerns.
func (a *App) mountTokens(router *web.Router, parsed *web.Templates) (err error) {
	shown := &tokenpages.Handler{
		Tokens: a.tokens.service, Renewals: a.renewals.service, Can: a.people.policy.Can, PortalURL: a.config.PortalURL, Frame: router.ProFrame,
		NoteRefused: router.NoteRefused,
	}
	if shown.Views, err = tokenpages.ParseViews(parsed); err != nil {
		return err
	}
	shown.Mount(router)
	return nil
}

// mountRenewals mounts the watch over the prolongations.
func (a *App) mountRenewals(router *web.Router, parsed *web.Templates) (err error) {
	watch := &renewalpages.Handler{Watch: a.renewals.watch, Access: a.Access, Prefix: a.tokens.service.Mint.Prefix, Can: a.people.policy.Can, Frame: router.ProFrame}
	if watch.Views, err = renewalpages.ParseViews(parsed); err != nil {
		return err
	}
	watch.Mount(router)
	return nil
}

// catalogue tells what was asked for the towns and granted to them.
func (a *App) catalogue() *habilitation.Catalogue {
	return &habilitation.Catalogue{Store: postgres.Catalogue{DB: a.db}}
}

// subscriptions tells how far the subscriptions at HubEE are.
func (a *App) subscriptions() *credential.Watch {
	return &credential.Watch{Store: postgres.SubscriptionWatch{DB: a.db}, Now: a.now}
}

// mountRequests mounts the pages by which towns ask for their habilitation.
func (a *App) mountRequests(router *web.Router, parsed *web.Templates) (err error) {
	asking := &requestpages.Handler{
		Requests: a.requests.town, Templates: a.Templates, Catalogue: a.catalogue(), Access: a.Access, Organisations: a.Organisations,
		Journal: a.Journal, Recovery: a.requests.recovery, Frame: router.ProFrame, Recognise: router.Recognise, NoteRefused: router.NoteRefused,
	}
	if asking.Views, err = requestpages.ParseViews(parsed); err != nil {
		return err
	}
	asking.Mount(router)
	return nil
}

// mountInstruction mounts the pages of the instructors.
func (a *App) mountInstruction(router *web.Router, parsed *web.Templates, clients *directory.Clients) (err error) {
	instructors := &instruction.Handler{
		Instruction: a.requests.instruction, Decisions: a.habilitations.decisions, Compose: a.compose,
		NextNumber: a.habilitations.decisions.Store.NextHabilitation, Templates: a.Templates, Access: a.Access, Clients: clients,
		Catalogue: a.catalogue(), Watch: a.subscriptions(), Journal: a.Journal, Can: a.people.policy.Can, Now: a.now, Frame: router.ProFrame,
	}
	if instructors.Views, err = instruction.ParseViews(parsed); err != nil {
		return err
	}
	instructors.Mount(router)
	return nil
}

// compose writes a mail as its recipients will read it.
func (a *App) compose(n notice.Notice) (instruction.Mail, error) {
	written, err := a.people.mail.Preview(n)
	return instruction.Mail{Subject: written.Subject, Text: written.Text, To: written.To, CC: written.CC}, err
}

// mountSpaces mounts the spaces of editors, local authorities, instructors and support.
func (a *App) mountSpaces(router *web.Router, parsed *web.Templates) (err error) {
	clients := &directory.Clients{Store: postgres.Collectivities{DB: a.db}}
	lookup := &dossier.Lookup{Records: postgres.FollowUp{DB: a.db}, Journal: postgres.Journal{DB: a.db}, Now: a.now}

	editors := &editorspace.Handler{
		Access: a.Access, Clients: clients, Watch: a.subscriptions(), API: a.machines.clients, Can: a.people.policy.Can,
		PortalURL: a.config.PortalURL, Now: a.now, Frame: router.ProFrame,
		Hub: a.habilitations.hubAccounts, HubPortal: a.config.HubEE.PortalURL,
		Tokens: a.tokens.service, Renewals: a.renewals.service, AtRisk: a.renewals.watch, CurrentTokens: postgres.EditorClients{DB: a.db}.ListCurrent,
	}
	if editors.Views, err = editorspace.ParseViews(parsed); err != nil {
		return err
	}
	editors.Mount(router)
	if err := a.mountGuides(router, parsed); err != nil {
		return err
	}

	towns := &collectivity.Handler{
		Access: a.Access, Directory: a.Directory, Lookup: lookup, Catalogue: a.catalogue(), Watch: a.subscriptions(),
		Requests: a.requests.town, Tokens: a.tokens.service, Renewals: a.renewals.service, PortalURL: a.config.PortalURL, Frame: router.ProFrame,
	}
	if towns.Views, err = collectivity.ParseViews(parsed); err != nil {
		return err
	}
	towns.Mount(router)

	if err := a.mountTokens(router, parsed); err != nil {
		return err
	}
	if err := a.mountRenewals(router, parsed); err != nil {
		return err
	}
	if err := a.mountRequests(router, parsed); err != nil {
		return err
	}
	if err := a.mountInstruction(router, parsed, clients); err != nil {
		return err
	}

	support := &helpdesk.Handler{Lookup: lookup, AtRisk: a.renewals.watch, Now: a.now, Frame: router.ProFrame}
	if support.Views, err = helpdesk.ParseViews(parsed); err != nil {
		return err
	}
	support.Mount(router)
	return nil
}

// mountGuides mounts what editors read before their first town.
func (a *App) mountGuides(router *web.Router, parsed *web.Templates) (err error) {
	read := &guides.Handler{
		Checklist: &launch.Checklist{Sources: []launch.Source{postgres.Launch{DB: a.db}}}, PortalURL: a.config.PortalURL,
		Hub:   guides.Hub{API: a.config.HubEE.APIURL, Token: a.config.HubEE.TokenURL, Portal: a.config.HubEE.PortalURL},
		Frame: router.ProFrame, Recognise: router.Recognise,
	}
	if read.Views, err = guides.ParseViews(parsed); err != nil {
		return err
	}
	read.Mount(router)
	return nil
}
