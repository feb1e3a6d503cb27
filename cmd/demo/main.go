package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"portail-qf/internal/app"
	"portail-qf/internal/config"
	"portail-qf/internal/postgres/pglocal"
	"portail-qf/internal/seal"
	"portail-qf/internal/sim/stage"
)

const (
	stopTimeout = 30 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		stop()
		os.Exit(1)
	}
}

// settings are what the Makefile hands over.
type settings struct {
	basePort int
	folder   string
	reset    bool
	families string // folder of official families, "" for none
}

func readSettings() (settings, error) {
	s := settings{basePort: 8080, folder: "var", reset: os.Getenv("RESET") == "1", families: os.Getenv("FAMILIES_DIR")}
	if given := os.Getenv("VAR"); given != "" {
		s.folder = given
	}
	if given := os.Getenv("BASE_PORT"); given != "" {
		port, err := strconv.Atoi(given)
		if err != nil || port < 1024 || port > 65000 {
			return s, errors.New("BASE_PORT must be a number from 1024 to 65000")
		}
		s.basePort = port
	}
	folder, err := filepath.Abs(s.folder)
	s.folder = folder
	return s, err
}

func run(ctx context.Context) (err error) {
	s, err := readSettings()
	if err != nil {
		return err
	}
	if s.reset {
		if err := erase(ctx, s.folder); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(s.folder, 0o755); err != nil {
		return err
	}
	businessTime, err := openClock(filepath.Join(s.folder, "clock.json"))
	if err != nil {
		return err
	}
	where, err := s.openDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, where.stop(context.WithoutCancel(ctx))) }()
	d := &demo{settings: s, clock: businessTime, databaseAt: where.place}
	if err := d.build(ctx, where.url); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.portal.Close()) }()
	return d.serve(ctx)
}

// erase removes what an earlier run left, and only that.
func erase(ctx context.Context, folder string) error {
	if err := pglocal.Reset(ctx, folder); err != nil {
		return err
	}
	for _, name := range []string{"clock.json", "keys", "pepper", "log.jsonl"} {
		if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// demo is everything that runs.
type demo struct {
	settings
	clock      *clock
	databaseAt string
	stage      *stage.Stage
	portal     *app.App
}

// address is where a part listens; see the ports of DEMO.md.
func (d *demo) address(offset int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(d.basePort+offset))
}

func (d *demo) url(offset int) string { return "http://" + d.address(offset) }

// local is the address of an identity provider: another host than the portal's, so that
// journeys are cross-site as in production (SETTLED.md, web).
func (d *demo) local(offset int) string { return "http://localhost:" + strconv.Itoa(d.basePort+offset) }

func (d *demo) issuer(offset int) string { return d.local(offset) + "/api/v2" }

func (d *demo) build(ctx context.Context, databaseURL string) error {
	families, err := readFamilies(d.families)
	if err != nil {
		return err
	}
	d.stage, err = stage.Set(stage.Options{
		PortalURL: d.url(portPortal), FranceConnect: d.issuer(portFranceConnect), ProConnect: d.issuer(portProConnect), Families: families,
	})
	if err != nil {
		return err
	}
	keys, err := d.keys("keys")
	if err != nil {
		return err
	}
	pepper, err := d.keys("pepper")
	if err != nil {
		return err
	}
	c, err := config.Read([]string{
		"PORTAL_URL=" + d.url(portPortal), "LISTEN=" + d.address(portPortal), "METRICS_LISTEN=" + d.address(portMetrics),
		"DATABASE_URL=" + databaseURL, "KEYS=" + keys, "PEPPER=" + pepper, "TOKEN_PREFIX=apip_test_",
		"FRANCECONNECT_ISSUER=" + d.issuer(portFranceConnect), "FRANCECONNECT_CLIENT_ID=" + stage.FranceConnectClient, "FRANCECONNECT_CLIENT_SECRET=" + stage.FranceConnectSecret,
		"PROCONNECT_ISSUER=" + d.issuer(portProConnect), "PROCONNECT_CLIENT_ID=" + stage.ProConnectClient, "PROCONNECT_CLIENT_SECRET=" + stage.ProConnectSecret,
		"SMTP_URL=smtp://" + d.address(portSMTP),
		"API_PARTICULIER_URL=" + d.url(portAPIParticulier), "API_PARTICULIER_TOKEN=" + stage.APIParticulierToken,
		"INTROSPECTION_ID=" + stage.IntrospectionID, "INTROSPECTION_SECRET=" + stage.IntrospectionSecret,
		"HUBEE_API_URL=" + d.url(portHubEE), "HUBEE_TOKEN_URL=" + d.url(portHubEE) + "/oauth2/token", "HUBEE_PORTAL_URL=" + d.url(portHubEE),
		"HUBEE_OSL_ID=" + stage.HubEEDepositor, "HUBEE_OSL_SECRET=" + stage.HubEEDepositorKey,
		"HUBEE_ADMIN_ID=" + stage.HubEEAdministrator, "HUBEE_ADMIN_SECRET=" + stage.HubEEAdminKey,
		"DATAPASS_SECRET=" + stage.DatapassSecret, "DIRECTORY_BEARER=" + stage.DirectoryBearer,
		"SIRENE_URL=" + d.url(portRegister), "SIRENE_KEY=" + stage.RegisterKey, "SIRENE_PAUSE=0s",
		"CLAMD_ADDRESS=" + d.address(portClamd),
		"MARQUE_ETAT=false",
	})
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(d.folder, "log.jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	d.portal, err = app.New(ctx, c, app.Options{Log: slog.New(slog.NewJSONHandler(log, nil)), Now: d.clock.Now})
	if err != nil {
		return err
	}
	return d.seed(ctx)
}

// keys draws keys of the portal at the first run and keeps them beside the database.
func (d *demo) keys(name string) (string, error) {
	file := filepath.Join(d.folder, name)
	kept, err := os.ReadFile(file)
	if err == nil {
		return string(kept), nil
	}
	keys := seal.NewKey("demo")
	if err := os.WriteFile(file, []byte(keys), 0o600); err != nil {
		return "", fmt.Errorf("keep the keys: %w", err)
	}
	return keys, nil
}

// serve runs every part until ctx ends or one breaks.
func (d *demo) serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	listeners := map[int]net.Listener{}
	for _, offset := range allPorts {
		listener, err := net.Listen("tcp", d.address(offset))
		if err != nil {
			return fmt.Errorf("%w (another demo? make demo BASE_PORT=18080)", err)
		}
		listeners[offset] = listener
	}
	for offset, handler := range d.handlers() {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		group.Go(func() error {
			if err := server.Serve(listeners[offset]); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		context.AfterFunc(ctx, func() { _ = server.Close() })
	}
	group.Go(func() error { return d.stage.Mail.Serve(listeners[portSMTP]) })
	context.AfterFunc(ctx, func() { _ = d.stage.Mail.Close() })
	group.Go(func() error { return d.stage.Clamd.Serve(listeners[portClamd]) })
	context.AfterFunc(ctx, func() { _ = d.stage.Clamd.Close() })
	group.Go(func() error { return d.portal.Run(ctx, listeners[portPortal], listeners[portMetrics]) })
	group.Go(func() error { return d.announce(ctx) })
	return group.Wait()
}
