package api

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const (
	bearer   = "un-jeton-d-annuaire"
	secret   = "un-secret-de-datapass"
	tilleul  = "90511200900014" // an editor of ours
	noForm   = "application/json"
	formType = "application/x-www-form-urlencoded"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// scene is a database on which several instances may run.
type scene struct {
	t         *testing.T
	addresses pgtest.Database
	raw       *sql.DB // the owner's view
	log       *lines  // of every instance
	inbox     *inbox
}

// lines is a log that several goroutines write.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// inbox tells what reached it. What becomes of an event is tried with the real one
// (package decision, and the journeys).
type inbox struct {
	answer decision.Received
	err    error
	bodies []string
}

func (i *inbox) Receive(_ context.Context, body []byte) (decision.Received, error) {
	i.bodies = append(i.bodies, string(body))
	return i.answer, i.err
}

func setScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, addresses: pgtest.New(t), log: &lines{}, inbox: &inbox{}}
	var err error
	if s.raw, err = sql.Open("postgres", s.addresses.Owner); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.raw.Close() })
	s.run(`INSERT INTO editors (siret, name, created_at, updated_at) VALUES ($1, 'Tilleul', $2, $2)`, tilleul, noon)
	return s
}

func (s *scene) run(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.raw.ExecContext(s.t.Context(), statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// instance is a portal on the database of the scene, with its own memory.
type instance struct {
	*scene
	url   string
	db    *postgres.DB
	press *press
}

func (s *scene) start() *instance {
	s.t.Helper()
	db, err := postgres.Open(s.t.Context(), s.addresses.App)
	if err != nil {
		s.t.Fatal(err)
	}
	router := webtest.Router(s.t, web.Settings{Log: slog.New(slog.NewJSONHandler(s.log, nil)), DatabaseAway: postgres.Away})
	towns := &directory.Service{Store: postgres.Collectivities{DB: db}, Now: func() time.Time { return noon }}
	public := &Directory{Collectivities: towns, Bearer: bearer}
	public.Mount(router)
	datapass := &Datapass{Inbox: s.inbox, Tokens: &credential.Tokens{Store: postgres.Tokens{DB: db}}, Secret: secret}
	datapass.Mount(router)
	server := httptest.NewServer(router)
	s.t.Cleanup(func() { server.Close(); _ = db.Close() })
	return &instance{scene: s, url: server.URL, db: db, press: newPress(towns)}
}

// open adds a collectivity whose form is open.
func (s *scene) open(siret value.Siret, name, cog string) {
	s.t.Helper()
	const sqlOpen = `INSERT INTO collectivities (siret, name, folded_name, code_cog, departement, form, created_at, updated_at)
		VALUES ($1, $2, lower($2), $3, left($3, 2), 'ouvert', $4, $4)`
	s.run(sqlOpen, siret.String(), name, cog, noon)
}

func (s *scene) setForm(siret value.Siret, form directory.FormState) {
	s.t.Helper()
	s.run(`UPDATE collectivities SET form = $2 WHERE siret = $1`, siret.String(), string(form))
}

// answer is what an instance answered.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// ask makes a request, with headers two by two. The answer is as it was sent: nothing is
// decompressed.
func (i *instance) ask(method, path, body string, headers ...string) answer {
	i.t.Helper()
	request, err := http.NewRequestWithContext(i.t.Context(), method, i.url+path, strings.NewReader(body))
	if err != nil {
		i.t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Add(pair[0], pair[1])
	}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		i.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		i.t.Fatal(err)
	}
	return answer{i.t, response.StatusCode, response.Header, string(text)}
}

func (i *instance) get(path string, headers ...string) answer {
	i.t.Helper()
	return i.ask(http.MethodGet, path, "", headers...)
}

// is checks a status and a body.
func (a answer) is(status int, body string) answer {
	a.t.Helper()
	if a.status != status || a.body != body {
		a.t.Errorf("answered %d %s, want %d %s", a.status, a.body, status, body)
	}
	return a
}

// has checks headers, given two by two; "" for one that must be absent.
func (a answer) has(headers ...string) answer {
	a.t.Helper()
	for pair := range slices.Chunk(headers, 2) {
		if got := a.header.Get(pair[0]); got != pair[1] {
			a.t.Errorf("%s: %q, want %q", pair[0], got, pair[1])
		}
	}
	return a
}

// errorText is an error as programs read it.
func errorText(message string) string { return fmt.Sprintf(`{"error":%q}`, message) }
