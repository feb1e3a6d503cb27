package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"portail-qf/internal/config"
	"portail-qf/internal/document"
	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/jobs"
	"portail-qf/internal/observe"
	"portail-qf/internal/partner/apiparticulier"
	"portail-qf/internal/partner/franceconnect"
	"portail-qf/internal/partner/hubee"
	"portail-qf/internal/partner/sirene"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/citizen"
	"portail-qf/static"
)

// Options are what tests and the demo decide, and production leaves as they are.
type Options struct {
	Log *slog.Logger
	// Now is business time, moved by the demo; nil is the real time.
	Now func() time.Time
	// Farewell is how long the portal, told to stop, still answers while it says that it is
	// not ready: the time for a load balancer to notice.
	Farewell time.Duration
	// Rehearsal undoes all that is written when the portal closes.
	Rehearsal bool
}

// App is a whole portal.
type App struct {
	Directory     *directory.Service
	Organisations *directory.Organisations
	Access        *account.Access
	Templates     *editor.Templates
	Journal       *audit.Journal
	Delivery      *dossier.Delivery
	Outbox        postgres.Outbox
	Jobs          *jobs.Table
	Rotation      *operation.Rotation

	config config.Config
	log    *slog.Logger
	now    func() time.Time
	db     *postgres.DB
	people *people

	tokens        *tokens
	renewals      *renewals
	habilitations *habilitations
	requests      *requests
	machines      *machines

	followUp *dossier.FollowUp
	handler  *web.Router
	metrics  *observe.Metrics
	workers  *jobs.Workers
	stopping chan struct{}
	farewell time.Duration
}

// softwareVersion is what HubEE is told of us, raised when what we send changes.
const softwareVersion = "1"

// workersInParallel is how many orders one instance carries out at once: the answers of HubEE
// and of the relay, and lots that gather, not our processors, are what they wait for. Few of them
// hold a connection meanwhile (postgres.Subscriptions.Alone).
const workersInParallel = 64

// New builds the portal. It reaches the database, and nothing else outside: the portal
// starts while its partners are down.
func New(ctx context.Context, c config.Config, o Options) (*App, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	ring, err := seal.Parse(c.Keys.Reveal())
	if err != nil {
		return nil, fmt.Errorf("KEYS: %w", err)
	}
	pepper, err := seal.ParsePepper(c.Pepper.Reveal())
	if err != nil {
		return nil, fmt.Errorf("PEPPER: %w", err)
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return nil, fmt.Errorf("load the time of Paris: %w", err)
	}
	documents, err := newDocuments()
	if err != nil {
		return nil, err
	}
	open := postgres.Open
	if o.Rehearsal {
		open = postgres.OpenRehearsal
	}
	db, err := open(ctx, c.DatabaseURL.Reveal())
	if err != nil {
		return nil, err
	}
	if err := db.CheckSchema(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := checkKeys(ctx, db, ring, c); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	a := &App{config: c, log: o.Log, now: o.Now, db: db, Outbox: postgres.Outbox{DB: db}, stopping: make(chan struct{}), farewell: o.Farewell}
	a.Rotation = &operation.Rotation{Store: postgres.Rotation{DB: db}, Ring: ring}
	a.metrics = observe.New(a.Outbox.OldestDelivery, a.remindersMissed, o.Now, o.Log)
	hub := a.hub()
	a.Directory = &directory.Service{Store: postgres.Collectivities{DB: db}, Registry: a.registry(), Now: o.Now}
	a.Delivery = &dossier.Delivery{Shipments: postgres.Shipments{DB: db}, Hub: hub, Renderer: documents.Renderer, Vault: ring, Now: o.Now, Concern: a.concern}
	a.followUp = &dossier.FollowUp{Hub: hub, Records: postgres.FollowUp{DB: db}, Now: o.Now}
	if a.people, err = a.newPeople(ring); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	a.tokens = a.newTokens(ring, pepper)
	a.machines = a.newMachines(pepper)
	a.habilitations = a.newHabilitations(ring, paris)
	a.requests = a.newRequests(ring)
	a.renewals = a.newRenewals(ring)
	a.Jobs = &jobs.Table{Jobs: a.recurring(), Runs: postgres.JobRuns{DB: db}, Log: o.Log, Zone: paris}
	a.workers = &jobs.Workers{
		Outbox: a.Outbox, Kinds: a.kinds(), Log: o.Log, Now: o.Now,
		Parallel: workersInParallel, Observe: a.metrics.Order,
	}
	identities := a.identities()
	a.handler, err = a.site(&citizen.Handler{
		Journey: &dossier.Journey{
			Attempts: postgres.Attempts{DB: db}, Collectivities: postgres.Collectivities{DB: db},
			Identities: identities, Quotients: a.quotients(), Vault: ring, Now: o.Now,
			Random: rand.Reader, NewID: uuid.NewString,
		},
		FollowUp: a.followUp, Directory: a.Directory, Documents: documents,
		Commune: place.Commune, Country: place.Country,
		Operator: web.Operator(c.Operator), Contact: c.ContactEmail, PortalURL: c.PortalURL, FeedbackURL: c.FeedbackURL, Now: o.Now, Log: o.Log,
	}, append(identities.Origins(), a.people.provider.Origins()...))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

// Router is the map of the site, for whoever reviews it.
func (a *App) Router() *web.Router { return a.handler }

// concern calls for somebody: a dossier was not delivered. Its number finds it in the
// database; portal admin quarantine lists those that can still be saved.
func (a *App) concern(id int64, state dossier.State) {
	a.metrics.Concern(string(state))
	a.log.Error("a dossier was not delivered", "dossier", id, "state", string(state))
}

// Close gives back what New took.
func (a *App) Close() error { return a.db.Close() }

func (a *App) identities() *franceconnect.Client {
	c := a.config.FranceConnect
	return franceconnect.New(franceconnect.Config{
		Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		RedirectURL:           a.config.PortalURL + citizen.CallbackPath,
		PostLogoutRedirectURL: a.config.PortalURL + citizen.LoggedOutPath,
	})
}

func (a *App) quotients() *apiparticulier.Client {
	observe := a.metrics.Partner("api_particulier")
	return apiparticulier.New(apiparticulier.Config{
		BaseURL: a.config.APIParticulier.URL,
		Observe: func(outcome string, waited time.Duration) { observe("quotient", outcome, waited) },
	})
}

func (a *App) hub() *hubee.Client {
	c := a.config.HubEE
	return hubee.New(hubee.Config{
		APIURL: c.APIURL, TokenURL: c.TokenURL, ClientID: c.OSLID, ClientSecret: c.OSLSecret,
		Editor: "DINUM", Application: "Formulaire QF", Version: softwareVersion,
		Observe: a.metrics.Partner("hubee"),
	})
}

// registry asks at the pace that the register allows to whoever asks much; it is nil where no
// register is configured.
func (a *App) registry() directory.Registry { return a.registryEvery(a.config.Sirene.Pause) }

// registryAtOnce is for single questions.
func (a *App) registryAtOnce() directory.Registry { return a.registryEvery(0) }

func (a *App) registryEvery(pause time.Duration) directory.Registry {
	c := a.config.Sirene
	if c.URL == "" {
		return nil
	}
	return sirene.New(sirene.Config{BaseURL: c.URL, Key: c.Key, Pause: pause})
}

// documents draws what is not HTML.
type documents struct{ *document.Renderer }

// qrScale is the side of a module in pixels: a poster's code stays sharp on paper.
const qrScale = 16

func newDocuments() (documents, error) {
	regular, bold, err := static.Fonts()
	if err != nil {
		return documents{}, err
	}
	renderer, err := document.New(document.Fonts{Regular: regular, Bold: bold}, place.Commune, place.Country)
	if err != nil {
		return documents{}, fmt.Errorf("prepare documents: %w", err)
	}
	return documents{renderer}, nil
}

func (documents) QRSVG(address string) ([]byte, error) { return document.QRSVG(address) }

func (documents) QRPNG(address string) ([]byte, error) { return document.QRPNG(address, qrScale) }

// Enrol gives the people of a seed their accounts and roles, as ProConnect knows them, its
// towns their habilitations, and its requesters what they hold.
func (a *App) Enrol(ctx context.Context, seed []byte) error {
	store := postgres.Access{DB: a.db, Operator: a.people.stored.Operator}
	if err := store.Enrol(ctx, a.config.ProConnect.Issuer, seed, a.now()); err != nil {
		return err
	}
	adopted, err := a.habilitations.decisions.Adopt(ctx, postgres.SeedAuthor, bytes.NewReader(seed))
	switch {
	case err != nil:
		return err
	case len(adopted.Faults) > 0:
		return fmt.Errorf("adopt the habilitations of the seed: %s", strings.Join(adopted.Faults, "; "))
	}
	if err := a.enrolTokens(ctx, seed); err != nil {
		return err
	}
	if err := a.enrolClients(ctx, seed); err != nil {
		return err
	}
	return store.LinkHolders(ctx, a.config.ProConnect.Issuer, seed)
}

// Filling is what Fill adds: so many collectivities, clients of each editor, tokens that expire
// within 90 days, and dossiers.
type Filling struct {
	Collectivities   int `json:"collectivities"`
	ClientsPerEditor int `json:"clients_per_editor"`
	TokensExpiring   int `json:"tokens_expiring"`
	Dossiers         int `json:"dossiers"`
}

// Fill adds collectivities of no one, their tokens and dossiers, for measurements.
func (a *App) Fill(ctx context.Context, asked Filling) error {
	if err := postgres.Fill(ctx, a.db, asked.Collectivities, asked.Dossiers, a.now()); err != nil {
		return err
	}
	clientele := postgres.Clientele{PerEditor: asked.ClientsPerEditor, Expiring: asked.TokensExpiring}
	return postgres.FillClients(ctx, a.db, a.tokens.service.Mint, clientele, a.now())
}
