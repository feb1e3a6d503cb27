package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portail-qf/internal/app"
	"portail-qf/internal/config"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/seal"
	"portail-qf/internal/sim/stage"
)

// storiesAtOnce are played even where there are fewer processors: a story mostly waits, for a
// portal that starts, a worker that wakes up, a browser.
const storiesAtOnce = 4

func TestMain(m *testing.M) {
	// Two hundred portals are built here, and as many in processes of their own: most of what
	// they allocate lives as long as they do, and the collector looks at it in vain.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(2 << 30)
	if runtime.GOMAXPROCS(0) < storiesAtOnce {
		_ = flag.Set("test.parallel", strconv.Itoa(storiesAtOnce)) // -parallel on the command line holds
	}
	if os.Getenv(mortalMark) != "" { // this program run again by a kill test
		os.Exit(mainOfMortal())
	}
	os.Exit(pgtest.Main(m))
}

// scene is everything around a portal: simulators, database, clock, log.
type scene struct {
	t        testing.TB
	stage    *stage.Stage
	database pgtest.Database
	tables   *sql.DB // the database, behind the portal's back
	keys     string
	pepper   string
	shift    atomic.Int64 // of the business clock
	log      *journal

	portalURL, issuer, proIssuer, hubURL, apiURL, registerURL, smtpAddress, clamdAddress string
	listener                                                                             net.Listener // of the portal
}

// journal keeps what the portal logged, to prove what is not in it.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// setScene starts the simulators and prepares a database. The portal is started apart.
func setScene(t testing.TB) *scene {
	t.Helper()
	s := &scene{t: t, database: pgtest.New(t), keys: seal.NewKey("test"), pepper: seal.NewKey("test"), log: &journal{}}
	s.tables = openTables(t, s.database.Owner)
	s.listener = listen(t)
	s.portalURL = "http://" + s.listener.Addr().String()
	// Another host than the portal's: the journeys are cross-site, as in production.
	franceConnect, proConnect, post := listen(t), listen(t), listen(t)
	s.issuer, s.proIssuer = issuerAt(t, franceConnect), issuerAt(t, proConnect)
	var err error
	s.stage, err = stage.Set(stage.Options{PortalURL: s.portalURL, FranceConnect: s.issuer, ProConnect: s.proIssuer})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, franceConnect, s.stage.FranceConnect)
	serve(t, proConnect, s.stage.ProConnect)
	s.smtpAddress = post.Addr().String()
	go func() { _ = s.stage.Mail.Serve(post) }()
	atTheEnd(t, func() { _ = s.stage.Mail.Close() })
	antivirus := listen(t)
	s.clamdAddress = antivirus.Addr().String()
	go func() { _ = s.stage.Clamd.Serve(antivirus) }()
	atTheEnd(t, func() { _ = s.stage.Clamd.Close() })
	s.hubURL = serve(t, listen(t), s.stage.HubEE)
	s.apiURL = serve(t, listen(t), s.stage.APIParticulier)
	s.registerURL = serve(t, listen(t), s.stage.Register)
	return s
}

func issuerAt(t testing.TB, listener net.Listener) string {
	t.Helper()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "http://localhost:" + port + "/api/v2"
}

// config is the portal's, as the environment gives it.
func (s *scene) config() []string {
	return []string{
		"PORTAL_URL=" + s.portalURL, "DATABASE_URL=" + s.database.App, "KEYS=" + s.keys, "PEPPER=" + s.pepper,
		"FRANCECONNECT_ISSUER=" + s.issuer, "FRANCECONNECT_CLIENT_ID=" + stage.FranceConnectClient, "FRANCECONNECT_CLIENT_SECRET=" + stage.FranceConnectSecret,
		"PROCONNECT_ISSUER=" + s.proIssuer, "PROCONNECT_CLIENT_ID=" + stage.ProConnectClient, "PROCONNECT_CLIENT_SECRET=" + stage.ProConnectSecret,
		"SMTP_URL=smtp://" + s.smtpAddress,
		"API_PARTICULIER_URL=" + s.apiURL, "API_PARTICULIER_TOKEN=" + stage.APIParticulierToken, "TOKEN_PREFIX=apip_test_",
		"INTROSPECTION_ID=" + stage.IntrospectionID, "INTROSPECTION_SECRET=" + stage.IntrospectionSecret, "HUBEE_API_URL=" + s.hubURL, "HUBEE_TOKEN_URL=" + s.hubURL + "/oauth2/token", "HUBEE_PORTAL_URL=" + s.hubURL,
		"HUBEE_OSL_ID=" + stage.HubEEDepositor, "HUBEE_OSL_SECRET=" + stage.HubEEDepositorKey, "MARQUE_ETAT=false",
		"HUBEE_ADMIN_ID=" + stage.HubEEAdministrator, "HUBEE_ADMIN_SECRET=" + stage.HubEEAdminKey,
		"DATAPASS_SECRET=" + stage.DatapassSecret, "DIRECTORY_BEARER=" + stage.DirectoryBearer,
		"CLAMD_ADDRESS=" + s.clamdAddress, "SIRENE_URL=" + s.registerURL, "SIRENE_KEY=" + stage.RegisterKey, "SIRENE_PAUSE=0s",
	}
}

// now is the business time.
func (s *scene) now() time.Time { return time.Now().Add(time.Duration(s.shift.Load())) }

// advance moves the business time.
func (s *scene) advance(by time.Duration) { s.shift.Add(int64(by)) }

// portal is a running portal.
type portal struct {
	*scene
	app        *app.App
	metricsURL string
}

// open sets the scene and runs a portal in it, with the seeded collectivities.
func open(t testing.TB) *portal {
	t.Helper()
	s := setScene(t)
	return s.run(s.listener)
}

// run starts a portal on a listener; several may run on one scene.
func (s *scene) run(public net.Listener) *portal {
	s.t.Helper()
	c, err := config.Read(s.config())
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	built, err := app.New(ctx, c, app.Options{Log: slog.New(slog.NewJSONHandler(s.log, nil)), Now: s.now})
	if err != nil {
		stop()
		s.t.Fatal(err)
	}
	if _, err := built.Directory.Import(ctx, bytes.NewReader(stage.SeedFile)); err != nil {
		stop()
		s.t.Fatal(err)
	}
	if _, err := built.Templates.Import(ctx, bytes.NewReader(stage.Forms())); err != nil {
		stop()
		s.t.Fatal(err)
	}
	if err := built.Enrol(ctx, stage.SeedFile); err != nil {
		stop()
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	private := listen(s.t)
	go func() { ended <- built.Run(ctx, public, private) }()
	atTheEnd(s.t, func() {
		stop()
		if err := errors.Join(<-ended, built.Close()); err != nil {
			s.t.Errorf("the portal stopped badly: %v", err)
		}
	})
	return &portal{scene: s, app: built, metricsURL: "http://" + private.Addr().String() + "/metrics"}
}

// job runs a job now.
func (p *portal) job(name string) {
	p.t.Helper()
	if _, err := p.app.Jobs.Run(p.t.Context(), name); err != nil {
		p.t.Fatalf("job %s: %v", name, err)
	}
}

// drain waits until no order is due.
func (p *portal) drain() {
	p.t.Helper()
	eventually(p.t, 30*time.Second, "the outbox is empty", func() bool {
		busy, err := p.app.Outbox.Busy(p.t.Context(), p.now())
		return err == nil && busy == 0
	})
}

// openTables opens the database as its owner; the driver comes with package postgres.
func openTables(t testing.TB, owner string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", owner)
	if err != nil {
		t.Fatal(err)
	}
	atTheEnd(t, func() { _ = db.Close() })
	return db
}

// keepsQuiet fails when one of the texts was logged.
func (s *scene) keepsQuiet(texts ...string) {
	s.t.Helper()
	logged := s.log.String()
	for _, text := range texts {
		if text != "" && strings.Contains(logged, text) {
			s.t.Errorf("%q is in the log", text)
		}
	}
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// serve runs a simulator until the test ends and returns its address.
func serve(t testing.TB, listener net.Listener, handler http.Handler) string {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	atTheEnd(t, func() { _ = server.Close() })
	return "http://" + listener.Addr().String()
}

// atTheEnd calls a function when a test ends, and lets go of whatever it reaches: package
// testing keeps what was given to Cleanup until the last parallel test, which would be every
// portal of the suite, some gigabytes.
func atTheEnd(t testing.TB, end func()) {
	t.Cleanup(func() {
		end()
		end = nil
	})
}

// eventually waits for something that comes by itself.
func eventually(t testing.TB, patience time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("after %s, still not: %s", patience, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// order posts an order to the control surface of a simulator.
func (s *scene) order(address, order string) {
	s.t.Helper()
	response, err := http.Post(address, "application/json", strings.NewReader(order))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= 300 {
		s.t.Fatalf("POST %s answered %d", address, response.StatusCode)
	}
}
