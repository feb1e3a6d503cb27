package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/api"
	"portail-qf/internal/web/apidocs"
)

// machines are the programs of editors.
type machines struct {
	clients *machine.Service
	door    *machine.Door
}

func (a *App) newMachines(pepper *seal.Pepper) *machines {
	return &machines{
		clients: &machine.Service{Store: postgres.APIClients{DB: a.db}, Pepper: pepper, Random: rand.Reader, Now: a.now},
		door:    &machine.Door{Store: postgres.APIDoor{DB: a.db}, Pepper: pepper, Random: rand.Reader, Now: a.now},
	}
}

// mountEditorAPI mounts the API of editors, its document, and the pages that show it.
func (a *App) mountEditorAPI(router *web.Router, parsed *web.Templates) error {
	editors := &api.Editor{
		Clients: &credential.Clients{Store: postgres.EditorClients{DB: a.db}}, Tokens: a.tokens.service,
		Dossiers: &dossier.Lookup{Records: postgres.FollowUp{DB: a.db}, Journal: postgres.Journal{DB: a.db}, Now: a.now}, PortalURL: a.config.PortalURL,
		Deposit: func(ctx context.Context, by account.Actor, siret value.Siret, id string, secret value.Secret) (credential.HubAnswer, error) {
			return a.habilitations.hubAccounts.Deposit(ctx, credential.HandOf(by), siret, id, secret)
		},
	}
	editors.Mount(router)
	text, err := web.Contract(a.config.PortalURL)
	if err != nil {
		return err
	}
	(&api.Contract{Text: text}).Mount(router)
	docs := &apidocs.Handler{PortalURL: a.config.PortalURL, Frame: router.ProFrame, Recognise: router.Recognise}
	if docs.Views, err = apidocs.ParseViews(parsed); err != nil {
		return err
	}
	if docs.Document, err = apidocs.Read(a.config.PortalURL); err != nil {
		return err
	}
	docs.Mount(router)
	return nil
}

// enrolClients gives the editors of a seed a program each, of which the seed knows the secret.
func (a *App) enrolClients(ctx context.Context, seed []byte) error {
	var read struct {
		Editors []struct {
			Siret value.Siret `json:"siret"`
			API   struct {
				ID     string       `json:"identifiant"`
				Secret value.Secret `json:"secret"`
			} `json:"acces_api"`
		} `json:"editeurs"`
	}
	if err := json.Unmarshal(seed, &read); err != nil {
		return fmt.Errorf("understand the programs of the seed: %w", err)
	}
	for _, e := range read.Editors {
		if e.API.ID == "" {
			continue
		}
		enrolment := machine.Enrolment{
			ID: e.API.ID, Secret: e.API.Secret, Editor: e.Siret, Settings: machine.Settings{Name: "Serveur", Scopes: machine.Scopes[:]},
		}
		if err := a.machines.clients.Enrol(ctx, postgres.SeedAuthor, enrolment); err != nil {
			return err
		}
	}
	return nil
}

// purgeMachines erases the access tokens that are over.
func (a *App) purgeMachines(ctx context.Context) (string, error) {
	erased, err := a.machines.door.Purge(ctx)
	return fmt.Sprintf("%d accesses", erased), err
}
