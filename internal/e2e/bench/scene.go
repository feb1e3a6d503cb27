package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pglocal"
	"portail-qf/internal/seal"
	"portail-qf/internal/sim/stage"
)

const (
	portalDatabase = "portail"
	bareDatabase   = "portail_nu" // a copy
	issuerPath     = "/api/v2"
)

// operator is for whom the people of the seed work who hold a role of staff.
var operator = account.Organisation{Siret: "13002526500013", Name: "Direction interministérielle du numérique"}

// scene is everything that runs.
type scene struct {
	settings
	folder  string
	keys    string
	pepper  string
	client  *http.Client // of every visitor
	cluster *pglocal.Cluster
	db      *postgres.DB // the portal's, to check what it wrote
	stage   *stage.Stage
	servers []*http.Server // of the simulators
	portal  *process
	crowd   postgres.Crowd               // of professionals who are there already
	drafts  []habilitation.RequestNumber // those of the agents of the crowd, in its order
	tokens  []value.Secret               // of the towns that were filled

	issuer, proIssuer, hubURL, apiURL, smtpAddress, metricsURL string
}

// setScene starts everything but the bare handler, in a database as full as production's.
func setScene(ctx context.Context, wanted settings) (*scene, error) {
	folder, err := os.MkdirTemp("", "portail-qf-bench-")
	if err != nil {
		return nil, err
	}
	s := &scene{settings: wanted, folder: folder, keys: seal.NewKey("bench"), pepper: seal.NewKey("bench"), client: newClient(), crowd: newCrowd()}
	for _, step := range []func(context.Context) error{s.startDatabase, s.fill, s.startPortal, s.enrol} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.strike())
		}
	}
	return s, nil
}

// strike stops everything and leaves nothing. The simulators go first, so that no worker of the portal still waits for one.
func (s *scene) strike() (err error) {
	for _, server := range s.servers {
		err = errors.Join(err, server.Close())
	}
	if s.stage != nil {
		err = errors.Join(err, s.stage.Mail.Close())
	}
	if s.portal != nil {
		err = errors.Join(err, s.portal.stop())
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	if s.cluster != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		err = errors.Join(err, s.cluster.Stop(ctx), pglocal.Reset(ctx, s.folder))
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}

func (s *scene) file(name string) string { return filepath.Join(s.folder, name) }

func (s *scene) startDatabase(ctx context.Context) error {
	if err := os.Chmod(s.folder, 0o755); err != nil { // the server's account goes through it
		return err
	}
	var err error
	if s.cluster, err = pglocal.Start(ctx, pglocal.Options{Dir: s.folder, Durable: true}); err != nil {
		return err
	}
	if err := postgres.Prepare(ctx, s.superuserURL(), portalDatabase); err != nil {
		return err
	}
	return postgres.Migrate(ctx, s.cluster.URL(portalDatabase, postgres.OwnerRole))
}

func (s *scene) superuserURL() string { return s.cluster.URL("postgres", s.cluster.Superuser()) }

func (s *scene) databaseURL(name string) string {
	return s.cluster.URL(name, postgres.ApplicationRole)
}

// fill fills the database and copies it for the bare handler.
func (s *scene) fill(ctx context.Context) error {
	db, err := postgres.Open(ctx, s.databaseURL(portalDatabase))
	if err != nil {
		return err
	}
	towns := &directory.Service{Store: postgres.Collectivities{DB: db}, Now: time.Now}
	_, err = towns.Import(ctx, bytes.NewReader(stage.SeedFile))
	if err == nil {
		err = postgres.Fill(ctx, db, s.towns, s.dossiers, time.Now())
	}
	if err == nil {
		err = postgres.FillPeople(ctx, db, s.crowd, time.Now())
	}
	if err == nil {
		err = s.fillRequests(ctx, db)
	}
	if err == nil {
		err = s.fillTokens(ctx, db)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := postgres.Settle(ctx, s.cluster.URL(portalDatabase, postgres.OwnerRole)); err != nil {
		return fmt.Errorf("settle the database: %w", err)
	}
	if err := postgres.CloneDatabase(ctx, s.superuserURL(), portalDatabase, bareDatabase); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	s.db, err = postgres.Open(ctx, s.databaseURL(portalDatabase))
	return err
}

// filledTown is the SIRET of a collectivity that postgres.Fill made; they are numbered from 1.
func filledTown(number int) value.Siret {
	for check := range 10 {
		if siret, err := value.ParseExactSiret(fmt.Sprintf("9%08d0001%d", number, check)); err == nil {
			return siret
		}
	}
	panic("of ten check digits, one is right")
}

// enrol gives the people of the seed, whom ProConnect's simulator knows, their accounts and roles.
func (s *scene) enrol(ctx context.Context) error {
	return postgres.Access{DB: s.db, Operator: operator}.Enrol(ctx, s.proIssuer, stage.SeedFile, time.Now())
}

// startPortal starts the simulators, then the portal with what an operator would write in its environment.
func (s *scene) startPortal(ctx context.Context) error {
	address, errPublic := freeAddress()
	metrics, errPrivate := freeAddress()
	if err := errors.Join(errPublic, errPrivate, s.startSimulators("http://"+address)); err != nil {
		return err
	}
	s.metricsURL = "http://" + metrics
	var err error
	s.portal, err = start(ctx, s.file("portal.log"), address, s.settings.portal, []string{"serve"}, []string{
		"PORTAL_URL=http://" + address, "LISTEN=" + address, "METRICS_LISTEN=" + metrics,
		"DATABASE_URL=" + s.databaseURL(portalDatabase), "KEYS=" + s.keys, "PEPPER=" + s.pepper,
		"FRANCECONNECT_ISSUER=" + s.issuer, "FRANCECONNECT_CLIENT_ID=" + stage.FranceConnectClient, "FRANCECONNECT_CLIENT_SECRET=" + stage.FranceConnectSecret,
		"PROCONNECT_ISSUER=" + s.proIssuer, "PROCONNECT_CLIENT_ID=" + stage.ProConnectClient, "PROCONNECT_CLIENT_SECRET=" + stage.ProConnectSecret,
		"SMTP_URL=smtp://" + s.smtpAddress, "OPERATOR_SIRET=" + operator.Siret.String(), "OPERATOR_NAME=" + operator.Name,
		"API_PARTICULIER_URL=" + s.apiURL, "API_PARTICULIER_TOKEN=" + stage.APIParticulierToken, "TOKEN_PREFIX=apip_test_",
		"INTROSPECTION_ID=" + stage.IntrospectionID, "INTROSPECTION_SECRET=" + stage.IntrospectionSecret, "HUBEE_API_URL=" + s.hubURL, "HUBEE_TOKEN_URL=" + s.hubURL + "/oauth2/token", "HUBEE_PORTAL_URL=" + s.hubURL,
		"HUBEE_OSL_ID=" + stage.HubEEDepositor, "HUBEE_OSL_SECRET=" + stage.HubEEDepositorKey, "MARQUE_ETAT=false",
		"HUBEE_ADMIN_ID=" + stage.HubEEAdministrator, "HUBEE_ADMIN_SECRET=" + stage.HubEEAdminKey,
		"DATAPASS_SECRET=" + stage.DatapassSecret, "DIRECTORY_BEARER=" + stage.DirectoryBearer,
	})
	return err
}

func (s *scene) startSimulators(portalURL string) error {
	// Another host than the portal's: the journeys are cross-site, as in production.
	franceConnect, errFC := net.Listen("tcp", "127.0.0.1:0")
	proConnect, errPC := net.Listen("tcp", "127.0.0.1:0")
	post, errPost := net.Listen("tcp", "127.0.0.1:0")
	if err := errors.Join(errFC, errPC, errPost); err != nil {
		return err
	}
	s.issuer, s.proIssuer = issuerAt(franceConnect), issuerAt(proConnect)
	s.smtpAddress = post.Addr().String()
	var err error
	s.stage, err = stage.Set(stage.Options{PortalURL: portalURL, FranceConnect: s.issuer, ProConnect: s.proIssuer})
	if err != nil {
		return errors.Join(err, franceConnect.Close(), proConnect.Close(), post.Close())
	}
	s.serve(franceConnect, s.stage.FranceConnect)
	s.serve(proConnect, s.stage.ProConnect)
	go func() { _ = s.stage.Mail.Serve(post) }() // ends with strike
	var errHub, errAPI error
	s.hubURL, errHub = s.serveAnywhere(s.stage.HubEE)
	s.apiURL, errAPI = s.serveAnywhere(s.stage.APIParticulier)
	return errors.Join(errHub, errAPI)
}

func issuerAt(listener net.Listener) string {
	return fmt.Sprintf("http://localhost:%d%s", listener.Addr().(*net.TCPAddr).Port, issuerPath)
}

func (s *scene) serveAnywhere(handler http.Handler) (url string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.serve(listener, handler)
	return "http://" + listener.Addr().String(), nil
}

func (s *scene) serve(listener net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: readyTimeout}
	s.servers = append(s.servers, server)
	go func() { _ = server.Serve(listener) }() // ends with strike
}
