package accounts

import (
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/authz"
	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/partner/proconnect"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/seal"
	"portail-qf/internal/sim/stage"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const (
	clairval = "21300990500018"
	lucie    = "agente-clairval"
	bastien  = "agent-clairval"

	// What a town and anybody send, to be kept as it came.
	townForm      = "/collectivite/demandes"
	sensitiveForm = "/essai/sensible"
)

// startOfStory is the business time at which stories begin.
var startOfStory = time.Date(2026, time.March, 2, 11, 0, 0, 0, time.UTC)

// scene is the door on a database of its own, before the simulator of ProConnect, with a form
// of the towns and a sensitive one.
type scene struct {
	t        *testing.T
	raw      *sql.DB // the owner's view
	now      time.Time
	provider string // address of ProConnect
	router   *web.Router
	door     *Handler
}

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
	s := &scene{t: t, raw: raw, now: startOfStory}
	s.run(`INSERT INTO organisations (siret, name, folded_name, legal_category, code_cog, told_at, asked_at, last_answer, created_at)
		VALUES ($1, 'COMMUNE DE CLAIRVAL-LES-PINS', 'commune de clairval les pins', '7210', '30990', $2, $2, 'told', $2)`, clairval, startOfStory)
	s.mount(db)
	return s
}

// mount builds the door as internal/app does.
func (s *scene) mount(db *postgres.DB) {
	s.t.Helper()
	now := func() time.Time { return s.now }
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		s.t.Fatal(err)
	}
	policy := webtest.Policy(s.t)
	organisations := &directory.Organisations{Store: postgres.Organisations{DB: db}, Now: now}
	stored := postgres.Sessions{DB: db, Operator: account.Organisation{Siret: "13002526500013", Name: "Direction interministérielle du numérique"}}
	sessions := &account.Sessions{Store: stored, Now: now}
	s.door = &Handler{
		SignIns:  &account.SignIns{Provider: s.proConnect(), Store: stored, Organisations: organisations, Vault: ring, Now: now, Wall: time.Now},
		Sessions: sessions, Now: now, Log: slog.New(slog.DiscardHandler),
		Access: &account.Access{Store: postgres.Access{DB: db}, Organisations: organisations, Sealer: ring, Now: now},
	}
	s.router = newRouter(s.t, sessions, policy, s.door)
}

// proConnect is the client of the provider, before its simulator.
func (s *scene) proConnect() account.IdentityProvider {
	s.t.Helper()
	var provider http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { provider.ServeHTTP(w, r) }))
	s.t.Cleanup(server.Close)
	s.provider = server.URL
	simulators, err := stage.Set(stage.Options{PortalURL: webtest.PortalURL, FranceConnect: "http://127.0.0.1:1", ProConnect: server.URL + "/api/v2"})
	if err != nil {
		s.t.Fatal(err)
	}
	provider = simulators.ProConnect
	return proconnect.New(proconnect.Config{
		Issuer: server.URL + "/api/v2", ClientID: stage.ProConnectClient, ClientSecret: stage.ProConnectSecret,
		RedirectURL: webtest.PortalURL + CallbackPath, PostLogoutRedirectURL: webtest.PortalURL + LoggedOutPath, PKCE: true,
	})
}

func newRouter(t *testing.T, sessions *account.Sessions, policy *authz.Policy, door *Handler) *web.Router {
	t.Helper()
	router := webtest.Router(t, web.Settings{Sessions: sessions, Policy: policy, DatabaseAway: postgres.Away})
	door.Views, door.Frame, door.Recognise, door.NoteRefused = webtest.Views(t, ParseViews), router.ProFrame, router.Recognise, router.NoteRefused
	door.Mount(router)
	kept := func(c *gin.Context) error {
		c.String(http.StatusOK, "kept: %s", c.Request.Form.Encode())
		return nil
	}
	router.Handle(http.MethodPost, townForm, web.Can("request", "write"), kept)
	router.HandleUpload(townForm+"/documents", web.Can("request", "write"), 1000, kept)
	router.Handle(http.MethodPost, sensitiveForm, web.SignedIn.Confirmed(), kept)
	return router
}

func (s *scene) run(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.raw.ExecContext(s.t.Context(), statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// count gives one number.
func (s *scene) count(query string, args ...any) (n int) {
	s.t.Helper()
	if err := s.raw.QueryRowContext(s.t.Context(), query, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// visitor is a browser.
type visitor struct {
	s       *scene
	cookies map[string]string
}

func (s *scene) visitor() *visitor { return &visitor{s: s, cookies: map[string]string{}} }

// answer is what the portal answered.
type answer struct {
	t      *testing.T
	status int
	to     string // where it sends the browser
	body   string
}

// get opens a page and checks that it is well made.
func (v *visitor) get(path string) answer {
	return v.ask(httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends a form from a page of ours; "" for one that the browser does not name.
func (v *visitor) post(from, path string, fields url.Values) answer {
	sent := webtest.Post(path, fields)
	if from != "" {
		sent.Header.Set("Referer", "https://"+sent.Host+from)
	}
	return v.ask(sent)
}

func (v *visitor) ask(sent *http.Request) answer {
	v.s.t.Helper()
	for name, held := range v.cookies {
		sent.AddCookie(&http.Cookie{Name: name, Value: held})
	}
	recorder := httptest.NewRecorder()
	v.s.router.ServeHTTP(recorder, sent)
	for _, given := range recorder.Result().Cookies() {
		v.cookies[given.Name] = given.Value
	}
	a := answer{t: v.s.t, status: recorder.Code, to: recorder.Header().Get("Location"), body: recorder.Body.String()}
	if strings.HasPrefix(recorder.Header().Get("Content-Type"), "text/html") && a.status != http.StatusSeeOther {
		webtest.Check(v.s.t, recorder.Body.Bytes())
	}
	a.body = strings.ReplaceAll(a.body, "\u00a0", " ") // as people write it
	return a
}

// returns brings the browser to ProConnect, where somebody signs in at once, and back.
func (v *visitor) returns(left answer, order string) answer {
	v.s.t.Helper()
	if left.status != http.StatusSeeOther || !strings.HasPrefix(left.to, v.s.provider) {
		v.s.t.Fatalf("status %d to %q, not to ProConnect:\n%s", left.status, left.to, left.body)
	}
	ordered, err := http.Post(v.s.provider+"/_sim/next", "application/json", strings.NewReader(order))
	if err != nil {
		v.s.t.Fatal(err)
	}
	_ = ordered.Body.Close()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	there, err := browser.Get(left.to)
	if err != nil {
		v.s.t.Fatal(err)
	}
	said, _ := io.ReadAll(there.Body)
	_ = there.Body.Close()
	back, found := strings.CutPrefix(there.Header.Get("Location"), webtest.PortalURL)
	if !found {
		v.s.t.Fatalf("ProConnect answers %d to %q:\n%s", there.StatusCode, there.Header.Get("Location"), said)
	}
	return v.get(back)
}

// enter signs somebody of the seed in.
func (v *visitor) enter(key string) answer {
	v.s.t.Helper()
	return v.returns(v.post("", signInPath, nil), fmt.Sprintf(`{"key":%q}`, key))
}

// is checks the status of an answer, and what its page says or does not ("!…").
func (a answer) is(status int, says ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("status %d to %q, want %d:\n%s", a.status, a.to, status, a.body)
	}
	for _, said := range says {
		unwanted, isNot := strings.CutPrefix(said, "!")
		if isNot == strings.Contains(a.body, unwanted) {
			a.t.Errorf("the page should say %q:\n%s", said, a.body)
		}
	}
	return a
}

// leads checks that an answer sends the browser on.
func (a answer) leads(to string) {
	a.t.Helper()
	if a.status != http.StatusSeeOther || a.to != to {
		a.t.Errorf("status %d to %q, want %q:\n%s", a.status, a.to, to, a.body)
	}
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// form gives the hidden fields of the form of a page that is sent to an address.
func (a answer) form(action string) url.Values {
	a.t.Helper()
	_, form, found := strings.Cut(a.body, `<form method="post" action="`+action+`"`)
	if !found {
		a.t.Fatalf("the page has no form to %s:\n%s", action, a.body)
	}
	form, _, _ = strings.Cut(form, "</form>")
	fields := url.Values{}
	for _, match := range hiddenField.FindAllStringSubmatch(form, -1) {
		fields.Add(match[1], match[2])
	}
	return fields
}
