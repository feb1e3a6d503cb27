package app

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/config"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/hubee"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// habilitations are what is decided of the rights of towns, and what follows at HubEE.
type habilitations struct {
	decisions    *decision.Service
	inbox        *decision.Inbox
	provisioning *credential.Provisioning
	hubAccounts  *credential.HubAccounts
}

func (a *App) newHabilitations(ring *seal.Ring, paris *time.Location) *habilitations {
	editors, decisions := postgres.Editors{DB: a.db}, postgres.Decisions{DB: a.db}
	return &habilitations{
		decisions: &decision.Service{Store: decisions, Editors: editors, Notes: postgres.Desk{DB: a.db}, Sealer: ring,
			Mint: a.tokens.service.Mint, Now: a.now},
		inbox: &decision.Inbox{
			Store: decisions, Events: postgres.Inbox{DB: a.db}, Editors: editors, Organisations: a.Organisations, Vault: ring,
			Mint: a.tokens.service.Mint, Now: a.now, Wall: time.Now,
			Observe: func(state decision.InboxState) { a.metrics.Event(string(state)) },
		},
		provisioning: &credential.Provisioning{
			Store: postgres.Subscriptions{DB: a.db}, Hub: a.administrator(), Registry: a.registryAtOnce(), Editors: editors, Sealer: ring,
			ByHand: a.config.HubEE.Activation == config.ActivationManual, Operator: a.config.ContactEmail,
			// HubEE counts activations in days: they are those of Paris.
			Now: a.now, Wall: func() time.Time { return time.Now().In(paris) }, Concern: a.unprovisioned,
		},
		hubAccounts: &credential.HubAccounts{Store: postgres.HubAccounts{DB: a.db}, Hub: a.softwares(), Vault: ring, Now: a.now},
	}
}

func (a *App) administrator() *hubee.Administrator {
	c := a.config.HubEE
	return hubee.NewAdministrator(hubee.Config{
		APIURL: c.APIURL, TokenURL: c.TokenURL, ClientID: c.AdminID, ClientSecret: c.AdminSecret,
		Editor: "DINUM", Application: "Formulaire QF", Version: softwareVersion,
		Observe: a.metrics.Partner("hubee_admin"),
	})
}

// softwares try the pairs by which the softwares of towns read HubEE.
func (a *App) softwares() *hubee.Softwares {
	return hubee.NewSoftwares(hubee.Config{
		TokenURL: a.config.HubEE.TokenURL, Editor: "DINUM", Application: "Formulaire QF", Version: softwareVersion,
		Observe: a.metrics.Partner("hubee_software"),
	})
}

// testHubAccount reads the SIRET that an order is about.
func (a *App) testHubAccount(ctx context.Context, subject string) error {
	return a.habilitations.hubAccounts.TestOrdered(ctx, value.Siret(subject))
}

// unprovisioned calls for somebody: a subscription is not what it should be. The
// administration's home page and the page of HubEE's subscriptions show it.
func (a *App) unprovisioned(siret value.Siret, code string) {
	a.metrics.Stuck(code)
	a.log.Error("a subscription needs somebody", "siret", siret.String(), "code", code)
}

// provision reads the SIRET that an order is about.
func (a *App) provision(ctx context.Context, subject string) error {
	return a.habilitations.provisioning.Provision(ctx, value.Siret(subject))
}

// purgeEvents erases what DataPass's events said once it is of no use.
func (a *App) purgeEvents(ctx context.Context) (string, error) {
	contents, requesters, err := a.habilitations.inbox.Purge(ctx)
	return fmt.Sprintf("%d webhooks, %d requesters", contents, requesters), err
}
