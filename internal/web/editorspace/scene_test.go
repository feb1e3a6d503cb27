package editorspace

import (
	"crypto/rand"
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/authz"
	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/seal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
	"portail-qf/templates"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	tilleul  = account.Organisation{Siret: "90511200900014", Name: "Logiciels Tilleul"}
	brume    = account.Organisation{Siret: "91033700500011", Name: "Ateliers Brume"}
	operator = account.Organisation{Siret: "13002526500013", Name: "Direction interministérielle du numérique"}
)

// scene is the space of two editors: an administrator and a member of one, an administrator of
// the other one.
type scene struct {
	t      *testing.T
	raw    *sql.DB // the owner's view
	now    time.Time
	router *web.Router
	door   *machine.Door
	api    *machine.Service

	camille, dominique, noe value.Token // their cookies
}

func setScene(t *testing.T) *scene {
	t.Helper()
	addresses := pgtest.New(t)
	db, err := postgres.Open(t.Context(), addresses.App)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, now: sampleNow()}
	if s.raw, err = sql.Open("postgres", addresses.Owner); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = s.raw.Close(), db.Close() })
	for _, e := range []account.Organisation{tilleul, brume} {
		s.run(`INSERT INTO editors (siret, name, created_at, updated_at) VALUES ($1, $2, $3, $3)`, e.Siret.String(), e.Name, s.now)
	}
	s.camille, s.dominique, s.noe = s.signIn("Camille", account.EditorAdmin, tilleul), s.signIn("Dominique", account.EditorMember, tilleul), s.signIn("Noé", account.EditorAdmin, brume)
	pepper, err := seal.ParsePepper(seal.NewKey("poivre"))
	policy, refused := authz.Read()
	if err != nil || refused != nil {
		t.Fatal(err, refused)
	}
	now := func() time.Time { return s.now }
	s.api = &machine.Service{Store: postgres.APIClients{DB: db}, Pepper: pepper, Random: rand.Reader, Now: now}
	s.door = &machine.Door{Store: postgres.APIDoor{DB: db}, Pepper: pepper, Random: rand.Reader, Now: now}
	sessions := &account.Sessions{Store: postgres.Sessions{DB: db, Operator: operator}, Now: sampleNow}
	s.router = newRouter(t, sessions, policy, &Handler{API: s.api, Can: policy.Can, Now: now})
	return s
}

func parseAll(t *testing.T) (*web.Templates, Views) {
	t.Helper()
	parsed, err := web.ParseTemplates(templates.FS, func(name string) string { return "/static/" + name })
	if err != nil {
		t.Fatal(err)
	}
	views, err := ParseViews(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return parsed, views
}

func newRouter(t *testing.T, sessions *account.Sessions, policy *authz.Policy, h *Handler) *web.Router {
	t.Helper()
	parsed, views := parseAll(t)
	errorPages, err := web.ParseErrorPages(parsed, web.Page{})
	proErrors, refused := web.ParseProErrorPage(parsed)
	if err != nil || refused != nil {
		t.Fatal(err, refused)
	}
	router := web.NewRouter(web.Settings{
		PortalURL: "https://portail.example.fr", Errors: errorPages, ProErrors: proErrors, Sentences: parsed,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Sessions: sessions, Policy: policy,
		DatabaseAway: postgres.Away, NewRequestID: func() string { return "01JCXN3Z8G5Q" },
	})
	h.Views, h.Frame = views, router.ProFrame
	router.GuardedBy(gate{})
	h.Mount(router)
	return router
}

// gate tells where somebody would be sent (package accounts).
type gate struct{}

func (gate) AskSignIn(c *gin.Context) error       { return web.SeeOther(c, "/connexion") }
func (gate) AskSpace(c *gin.Context) error        { return web.SeeOther(c, "/espaces") }
func (gate) AskConfirmation(c *gin.Context) error { return web.SeeOther(c, "/connexion/confirmation") }

func (s *scene) run(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.raw.ExecContext(s.t.Context(), statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

func (s *scene) count(query string, args ...any) (n int) {
	s.t.Helper()
	if err := s.raw.QueryRowContext(s.t.Context(), query, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// signIn opens the session of somebody who has just proved a second factor.
func (s *scene) signIn(name string, role account.Role, organisation account.Organisation) value.Token {
	s.t.Helper()
	cookie := value.NewToken()
	key := cookie.Hash()
	s.run(`
		WITH a AS (INSERT INTO accounts (issuer, subject, given_name, usual_name, folded_name, mail, siret, created_at, signed_in_at)
				VALUES ('issuer', $1, $1, 'Talbot', lower($1) || ' talbot', lower($1) || '@exemple.fr', $3, $4, $4) RETURNING id),
			m AS (INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
				SELECT a.id, $2, $3, $3, 'Hugo Marchal', $4 FROM a RETURNING id)
		INSERT INTO sessions (key, account_id, membership_id, signed_for, acr, strong_at, id_token, created_at, seen_at)
			SELECT $5, a.id, m.id, $3, 'eidas2', $4, '\x00', $4, $4 FROM a, m`, name, role, organisation.Siret, s.now.Add(-time.Minute), key[:])
	return cookie
}

// answer is what the portal answered.
type answer struct {
	t      *testing.T
	status int
	to     string
	flash  string
	header http.Header
	body   string
	text   string // of the page, on one line with plain spaces
}

func (s *scene) get(as value.Token, path string) answer {
	s.t.Helper()
	return s.ask(as, httptest.NewRequest(http.MethodGet, path, nil))
}

func (s *scene) post(as value.Token, path string, fields url.Values) answer {
	s.t.Helper()
	sent := httptest.NewRequest(http.MethodPost, path, strings.NewReader(fields.Encode()))
	sent.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.ask(as, sent)
}

func (s *scene) ask(as value.Token, sent *http.Request) answer {
	s.t.Helper()
	sent.AddCookie(&http.Cookie{Name: web.SessionCookie, Value: as.Reveal()})
	recorder := httptest.NewRecorder()
	s.router.ServeHTTP(recorder, sent)
	a := answer{t: s.t, status: recorder.Code, to: recorder.Header().Get("Location"), header: recorder.Header(), body: recorder.Body.String()}
	for _, cookie := range recorder.Result().Cookies() {
		if cookie.Name == web.FlashCookie {
			a.flash = cookie.Value
		}
	}
	_, main, _ := strings.Cut(a.body, "<main")
	a.text = strings.Join(strings.Fields(strings.ReplaceAll(main, "\u00a0", " ")), " ")
	if a.status != http.StatusSeeOther {
		webtest.Check(s.t, recorder.Body.Bytes())
	}
	return a
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
