package app

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"portail-qf/internal/config"
	"portail-qf/internal/partner/apiparticulier"
	"portail-qf/internal/postgres"
	"portail-qf/internal/web"
	"portail-qf/internal/web/accounts"
	"portail-qf/internal/web/api"
	"portail-qf/internal/web/citizen"
	"portail-qf/internal/web/qfgateway"
	"portail-qf/static"
	"portail-qf/templates"
)

// site parses every page and mounts every space.
func (a *App) site(citizens *citizen.Handler, formActions []string) (*web.Router, error) {
	assets, err := static.NewAssets(static.Files())
	if err != nil {
		return nil, err
	}
	if assets.Missing() {
		a.log.Warn("the DSFR is not built in: pages have no style (run make generate, then build again)")
	}
	parsed, err := web.ParseTemplates(templates.FS, assets.URL)
	if err != nil {
		return nil, err
	}
	errorPages, err := web.ParseErrorPages(parsed, web.Page{Brand: a.config.Brand})
	if err != nil {
		return nil, err
	}
	proErrors, err := web.ParseProErrorPage(parsed)
	if err != nil {
		return nil, err
	}
	if citizens.Views, err = citizen.ParseViews(parsed); err != nil {
		return nil, err
	}
	proxies, err := a.config.Proxies()
	if err != nil {
		return nil, err
	}
	router := web.NewRouter(web.Settings{
		PortalURL: a.config.PortalURL, Brand: a.config.Brand, Contact: a.config.ContactEmail,
		Errors: errorPages, ProErrors: proErrors, Sentences: parsed, Log: a.log,
		Sessions: a.people.sessions, Policy: a.people.policy, Clients: a.machines.door, TrustedProxies: proxies,
		FormActions: formActions, Observe: a.metrics.Request, NewRequestID: newRequestID,
		DatabaseAway: postgres.Away,
	})
	router.Files(static.Prefix, assets)
	health := &api.Health{Ready: a.ready, Stopping: a.stopping, Log: a.log}
	health.Mount(router)
	security := &api.Security{Contact: a.config.ContactEmail, PortalURL: a.config.PortalURL, Now: a.now}
	security.Mount(router)
	a.mountMachines(router, parsed)
	if err := a.mountEditorAPI(router, parsed); err != nil {
		return nil, err
	}
	citizens.Frame = router.Frame
	citizens.Mount(router)
	return router, a.mountBackOffice(router, parsed)
}

// mountMachines mounts what programs use.
func (a *App) mountMachines(router *web.Router, parsed *web.Templates) {
	public := &api.Directory{Collectivities: a.Directory, Bearer: a.config.Machines.DirectoryBearer}
	public.Mount(router)
	datapass := &api.Datapass{Inbox: a.habilitations.inbox, Tokens: a.tokens.service, Secret: a.config.Machines.DatapassSecret}
	datapass.Mount(router)
	observe := a.metrics.Partner("api_particulier")
	gateway := &qfgateway.Handler{
		Gate: a.tokens.gate, Tally: a.tokens.tally,
		Source: apiparticulier.NewIdentity(apiparticulier.Config{
			BaseURL: a.config.APIParticulier.URL,
			Observe: func(outcome string, waited time.Duration) { observe("identity", outcome, waited) },
		}, a.config.APIParticulier.Token),
		ForeignRecipients: a.config.Tokens.Recipients == config.RecipientsLogged, Sentences: parsed, Now: a.now, Log: a.log,
	}
	gateway.Mount(router)
	oauth := &api.OAuth{Door: a.machines.door, Address: router.Address}
	oauth.Mount(router)
	introspection := &api.Introspection{
		Door: a.machines.door, Gate: a.tokens.gate, GatewayID: a.config.Tokens.IntrospectionID, GatewaySecret: a.config.Tokens.IntrospectionSecret,
		PortalURL: a.config.PortalURL, Address: router.Address,
	}
	introspection.Mount(router)
}

// mountBackOffice mounts the door of the professional side and its spaces.
func (a *App) mountBackOffice(router *web.Router, parsed *web.Templates) error {
	door := &accounts.Handler{
		SignIns: a.people.signIns, Sessions: a.people.sessions, Access: a.Access, Now: a.now, Log: a.log,
		Arrived: a.noteArrival, Frame: router.ProFrame, Recognise: router.Recognise, NoteRefused: router.NoteRefused,
	}
	var err error
	if door.Views, err = accounts.ParseViews(parsed); err != nil {
		return err
	}
	door.Mount(router)
	if err := a.mountAdministration(router, parsed); err != nil {
		return err
	}
	return a.mountSpaces(router, parsed)
}

func (a *App) ready(ctx context.Context) error {
	return a.db.CheckSchema(ctx)
}

// newRequestID draws the id of a request, which tells it from the others and opens nothing: no
// call of the system for it.
func newRequestID() string {
	var id uuid.UUID
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // version 4 (RFC 9562)
	return id.String()
}
