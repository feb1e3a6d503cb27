package requests

import (
	"bytes"
	"database/sql"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/authz"
	"portail-qf/internal/document/intake"
	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/partner/clamav"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/seal"
	simclamav "portail-qf/internal/sim/clamav"
	"portail-qf/internal/sim/stage"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// scene is the pages of requests on a database of its own, with the forms of the demo and an
// antivirus: two agents of a town, one of another, and an instructor.
type scene struct {
	t           *testing.T
	db          *postgres.DB
	raw         *sql.DB // the owner's view
	now         time.Time
	router      *web.Router
	templates   *editor.Templates
	instruction *request.Instruction
	decisions   *decision.Service
	recovery    *request.Recovery
	ring        *seal.Ring

	anne, ines, paul person
	hugo             account.Actor
}

// person is somebody signed in; the zero person is a visitor.
type person = webtest.Person

var (
	majastres = account.Organisation{Siret: "21040107100019", Name: "COMMUNE DE MAJASTRES"}
	elsewhere = account.Organisation{Siret: "21750001600019", Name: "VILLE DE PARIS"}
	operator  = account.Organisation{Siret: "13002526500013", Name: "Direction interministérielle du numérique"}
)

func setScene(t *testing.T) *scene {
	t.Helper()
	addresses := pgtest.New(t)
	db, err := postgres.Open(t.Context(), addresses.App)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("postgres", addresses.Owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = raw.Close(), db.Close() })
	s := &scene{t: t, db: db, raw: raw, now: noon}
	for _, e := range [][2]string{{"90511200900014", "Logiciels Tilleul"}, {"91033700500011", "Ateliers Brume"}} {
		s.run(`INSERT INTO editors (siret, name, technical_contact, created_at, updated_at) VALUES ($1, $2, 'integration@' || $1 || '.example.fr', $3, $3)`, e[0], e[1], noon)
	}
	for cog, o := range map[string]account.Organisation{"04107": majastres, "75056": elsewhere} {
		s.run(`INSERT INTO organisations (siret, name, folded_name, legal_category, code_cog, postcode, told_at, asked_at, last_answer, created_at)
			VALUES ($1, $2, lower($2), '7210', $4, '', $3, $3, 'told', $3)`, o.Siret, o.Name, noon, cog)
	}
	s.anne, s.ines, s.paul = s.signIn("Anne", account.Town, majastres), s.signIn("Ines", account.Town, majastres), s.signIn("Paul", account.Town, elsewhere)
	hugo := s.signIn("Hugo", account.Instructor, operator)
	s.hugo = account.Actor{AccountID: hugo.Account, Name: "Hugo Talbot", Mail: "hugo@exemple.fr", Role: account.Instructor, Organisation: operator}
	s.mount()
	return s
}

// mount builds the space as internal/app does.
func (s *scene) mount() {
	s.t.Helper()
	now := func() time.Time { return s.now }
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		s.t.Fatal(err)
	}
	policy := webtest.Policy(s.t)
	s.ring = ring
	s.recovery = &request.Recovery{Store: postgres.Recovery{DB: s.db}, Sealer: ring, Now: now}
	organisations := &directory.Organisations{Store: postgres.Organisations{DB: s.db}, Now: now}
	sessions := &account.Sessions{Store: postgres.Sessions{DB: s.db, Operator: operator}, Now: now}
	kept, exchange, desk := postgres.Applications{DB: s.db}, postgres.Exchange{DB: s.db}, postgres.Desk{DB: s.db}
	s.templates = &editor.Templates{Store: postgres.Templates{DB: s.db}, Editors: postgres.Editors{DB: s.db}, Now: now}
	report, err := s.templates.Import(s.t.Context(), bytes.NewReader(stage.Forms()))
	if err != nil || len(report.Faults) > 0 {
		s.t.Fatal(err, report.Faults)
	}
	s.instruction = &request.Instruction{
		Store: kept, Files: kept, Messages: exchange, Claims: exchange, Desk: desk, Facts: postgres.Facts{DB: s.db}, Register: organisations, Sealer: ring, Now: now,
	}
	s.decisions = &decision.Service{Store: postgres.Decisions{DB: s.db}, Editors: postgres.Editors{DB: s.db}, Notes: desk, Sealer: ring, Mint: mintOf(s.t, ring), Now: now}
	s.router = newRouter(s.t, sessions, policy, &Handler{
		Requests: &request.Service{
			Store: kept, Files: kept, Messages: exchange, Claims: exchange, Templates: s.templates,
			Inspector: intake.New(), Scanner: s.scanner(), Sealer: ring, Now: now, Mailbox: "instruction@exemple.fr",
		},
		Templates: s.templates, Catalogue: &habilitation.Catalogue{Store: postgres.Catalogue{DB: s.db}},
		Access:        &account.Access{Store: postgres.Access{DB: s.db, Operator: operator}, Organisations: organisations, Sealer: ring, Now: now, Operator: operator},
		Organisations: organisations, Journal: &audit.Journal{Store: postgres.Journal{DB: s.db}, Now: now},
		Recovery: s.recovery,
	})
}

// scanner is the antivirus, before its simulator.
func (s *scene) scanner() request.Scanner {
	s.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	server := simclamav.New(simclamav.Options{})
	go func() { _ = server.Serve(listener) }()
	s.t.Cleanup(func() { _ = server.Close() })
	return clamav.New(clamav.Config{Address: listener.Addr().String()})
}

func newRouter(t *testing.T, sessions *account.Sessions, policy *authz.Policy, h *Handler) *web.Router {
	t.Helper()
	router := webtest.Router(t, web.Settings{Contact: "api-particulier@api.gouv.fr", Sessions: sessions, Policy: policy, DatabaseAway: postgres.Away})
	h.Views, h.Frame, h.Recognise, h.NoteRefused = webtest.Views(t, ParseViews), router.ProFrame, router.Recognise, router.NoteRefused
	h.Mount(router)
	return router
}

func (s *scene) run(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.raw.ExecContext(s.t.Context(), statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// read gives one value, as text.
func (s *scene) read(query string, args ...any) (text string) {
	s.t.Helper()
	if err := s.raw.QueryRowContext(s.t.Context(), query, args...).Scan(&text); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return text
}

// signIn opens the session of somebody who proved a second factor a minute ago.
func (s *scene) signIn(name string, role account.Role, organisation account.Organisation) person {
	s.t.Helper()
	return webtest.SignIn(s.t, s.raw, name, role, organisation.Siret, noon.Add(-time.Minute))
}

// answer is what the portal answered.
type answer struct {
	t      *testing.T
	status int
	to     string // where it sends the browser
	flash  string
	header http.Header
	body   string
	text   string // of the page: what it is about
}

// get opens a page as somebody and checks that it is well made.
func (s *scene) get(as person, path string) answer {
	s.t.Helper()
	return s.ask(as, httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends a form as somebody.
func (s *scene) post(as person, path string, fields url.Values) answer {
	s.t.Helper()
	return s.ask(as, webtest.Post(path, fields))
}

// upload sends a form with a file as somebody.
func (s *scene) upload(as person, path string, fields url.Values, name string, content []byte) answer {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for field, values := range fields {
		if err := form.WriteField(field, values[0]); err != nil {
			s.t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile(string(request.FieldDocument), name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err != nil || form.Close() != nil {
		s.t.Fatal(err)
	}
	sent := httptest.NewRequest(http.MethodPost, path, &body)
	sent.Header.Set("Content-Type", form.FormDataContentType())
	return s.ask(as, sent)
}

func (s *scene) ask(as person, sent *http.Request) answer {
	s.t.Helper()
	got := webtest.Ask(s.t, s.router, as.Cookie, sent)
	text := strings.ReplaceAll(got.Main, "\u00a0", " ") // as people write it
	return answer{t: s.t, status: got.Status, to: got.To, flash: got.Flash, header: got.Header, body: got.Body, text: text}
}

// is checks the status of an answer, and what its page says or does not ("!…").
func (a answer) is(status int, says ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("status %d to %q, want %d:\n%s", a.status, a.to, status, a.text)
	}
	for _, said := range says {
		unwanted, isNot := strings.CutPrefix(said, "!")
		if isNot == strings.Contains(a.text, unwanted) {
			a.t.Errorf("the page should say %q:\n%s", said, a.text)
		}
	}
	return a
}

// leads checks that an answer sends the browser on, with a sentence.
func (a answer) leads(to, flash string) {
	a.t.Helper()
	if a.status != http.StatusSeeOther || a.to != to || a.flash != flash {
		a.t.Errorf("status %d to %q saying %q, want %q saying %q:\n%s", a.status, a.to, a.flash, to, flash, a.text)
	}
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// hidden gives a hidden field of a page.
func (a answer) hidden(name string) string {
	a.t.Helper()
	for _, match := range hiddenField.FindAllStringSubmatch(a.text, -1) {
		if match[1] == name {
			return match[2]
		}
	}
	a.t.Fatalf("the page has no hidden field %q:\n%s", name, a.text)
	return ""
}

// mintOf issues tokens that open nothing.
func mintOf(t testing.TB, ring *seal.Ring) *credential.Mint {
	t.Helper()
	pepper, err := seal.ParsePepper(seal.NewKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	return &credential.Mint{Sealer: ring, Pepper: pepper, Prefix: credential.TestPrefix}
}
