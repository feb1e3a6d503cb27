package instruction

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"portail-qf/internal/authz"
	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/seal"
	"portail-qf/internal/sim/stage"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	majastres = account.Organisation{Siret: sampleSiret, Name: "COMMUNE DE MAJASTRES"}
	elsewhere = account.Organisation{Siret: "21750001600019", Name: "VILLE DE PARIS"}
	operator  = account.Organisation{Siret: "13002526500013", Name: "Direction interministérielle du numérique"}
)

// scene is the space of the instructors on a database of its own, with the forms of the demo:
// two instructors, two agents of a town, one of another town, and somebody of the support.
type scene struct {
	t       *testing.T
	db      *postgres.DB
	raw     *sql.DB // the owner's view
	now     time.Time
	router  *web.Router
	town    *request.Service
	handler *Handler

	camille, hugo, rose person
	anne, ines, paul    person
}

// person is somebody signed in.
type person struct {
	account.Actor
	cookie value.Token
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
	s := &scene{t: t, db: db, raw: raw, now: noon}
	for _, e := range [][3]string{{"90511200900014", "Logiciels Tilleul", "tilleul"}, {"91033700500011", "Ateliers Brume", "brume"}} {
		s.run(`INSERT INTO editors (siret, name, technical_contact, created_at, updated_at) VALUES ($1, $2, 'integration@' || $3 || '.example.fr', $4, $4)`, e[0], e[1], e[2], noon)
	}
	for cog, o := range map[string]account.Organisation{"04107": majastres, "75056": elsewhere} {
		s.run(`INSERT INTO organisations (siret, name, folded_name, legal_category, code_cog, told_at, asked_at, last_answer, created_at)
			VALUES ($1, $2, lower($2), '7210', $3, $4, $4, 'told', $4)`, o.Siret, o.Name, cog, noon)
	}
	s.camille, s.hugo, s.rose = s.signIn("Camille", account.Instructor, operator), s.signIn("Hugo", account.Instructor, operator), s.signIn("Rose", account.Support, operator)
	s.anne, s.ines, s.paul = s.signIn("Anne", account.Town, majastres), s.signIn("Ines", account.Town, majastres), s.signIn("Paul", account.Town, elsewhere)
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
	kept, exchange, desk := postgres.Applications{DB: s.db}, postgres.Exchange{DB: s.db}, postgres.Desk{DB: s.db}
	editors, decisions := postgres.Editors{DB: s.db}, postgres.Decisions{DB: s.db}
	organisations := &directory.Organisations{Store: postgres.Organisations{DB: s.db}, Now: now}
	templates := &editor.Templates{Store: postgres.Templates{DB: s.db}, Editors: editors, Now: now}
	report, err := templates.Import(s.t.Context(), bytes.NewReader(stage.Forms()))
	if err != nil || len(report.Faults) > 0 {
		s.t.Fatal(err, report.Faults)
	}
	s.town = &request.Service{Store: kept, Files: kept, Messages: exchange, Claims: exchange, Templates: templates, Sealer: ring, Now: now}
	s.handler = &Handler{
		Instruction: &request.Instruction{
			Store: kept, Files: kept, Messages: exchange, Claims: exchange, Desk: desk, Facts: postgres.Facts{DB: s.db}, Register: organisations, Sealer: ring, Now: now,
		},
		Decisions: &decision.Service{Store: decisions, Editors: editors, Notes: desk, Sealer: ring, Mint: mintOf(s.t, ring), Now: now}, Compose: composed, NextNumber: decisions.NextHabilitation,
		Templates: templates, Access: &account.Access{Store: postgres.Access{DB: s.db, Operator: operator}, Organisations: organisations, Sealer: ring, Now: now, Operator: operator},
		Clients: &directory.Clients{Store: postgres.Collectivities{DB: s.db}}, Catalogue: &habilitation.Catalogue{Store: postgres.Catalogue{DB: s.db}},
		Watch: &credential.Watch{Store: postgres.SubscriptionWatch{DB: s.db}, Now: now}, Journal: &audit.Journal{Store: postgres.Journal{DB: s.db}, Now: now},
		Can: policy.Can, Now: now,
	}
	// Whatever the story's time, nobody has to sign in again.
	sessions := &account.Sessions{Store: postgres.Sessions{DB: s.db, Operator: operator}, Now: func() time.Time { return noon }}
	s.router = newRouter(s.t, sessions, policy, s.handler)
}

// composed shows all that a mail is written from. The wording is package mail's.
func composed(n notice.Notice) (Mail, error) {
	text, err := json.Marshal(n)
	to := n.Recipients().Distinct()
	return Mail{Subject: string(n.Kind()), Text: string(text), To: to.To, CC: to.CC}, err
}

func newRouter(t *testing.T, sessions *account.Sessions, policy *authz.Policy, h *Handler) *web.Router {
	t.Helper()
	router := webtest.Router(t, web.Settings{Sessions: sessions, Policy: policy, DatabaseAway: postgres.Away})
	h.Views, h.Frame = webtest.Views(t, ParseViews), router.ProFrame
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
	signed := webtest.SignIn(s.t, s.raw, name, role, organisation.Siret, noon.Add(-time.Minute))
	actor := account.Actor{AccountID: signed.Account, Name: name + " Talbot", Mail: strings.ToLower(name) + "@exemple.fr", Role: role, Organisation: organisation}
	return person{Actor: actor, cookie: signed.Cookie}
}

// answer is what the portal answered.
type answer struct {
	t      *testing.T
	status int
	to     string // where it sends the browser
	flash  string
	header http.Header
	body   string
	text   string // of the page: what it is about, on one line with plain spaces
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

func (s *scene) ask(as person, sent *http.Request) answer {
	s.t.Helper()
	got := webtest.Ask(s.t, s.router, as.cookie, sent)
	return answer{t: s.t, status: got.Status, to: got.To, flash: got.Flash, header: got.Header, body: got.Body, text: plain(got.Main)}
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

// form gives the fields of the form of a page that is sent to an address, as a browser sends
// them when nobody touches anything.
func (a answer) form(action string) url.Values {
	a.t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		a.t.Fatal(err)
	}
	for node := range root.Descendants() {
		if node.Data == "form" && attribute(node, "action") == action {
			return fieldsOf(node)
		}
	}
	a.t.Fatalf("the page has no form for %q:\n%s", action, a.text)
	return nil
}

func fieldsOf(form *html.Node) url.Values {
	fields := url.Values{}
	for node := range form.Descendants() {
		name := attribute(node, "name")
		_, checked := attributes(node)["checked"]
		switch kind := attribute(node, "type"); {
		case name == "" || kind == "radio" && !checked:
		case node.Data == "input":
			fields.Add(name, attribute(node, "value"))
		case node.Data == "textarea" && node.FirstChild != nil:
			// At the end of a line a browser sends two characters.
			fields.Add(name, strings.ReplaceAll(node.FirstChild.Data, "\n", "\r\n"))
		case node.Data == "textarea":
			fields.Add(name, "")
		}
	}
	return fields
}

func attributes(node *html.Node) map[string]string {
	all := map[string]string{}
	for _, a := range node.Attr {
		all[a.Key] = a.Val
	}
	return all
}

func attribute(node *html.Node, name string) string { return attributes(node)[name] }

// mintOf issues tokens that open nothing.
func mintOf(t testing.TB, ring *seal.Ring) *credential.Mint {
	t.Helper()
	pepper, err := seal.ParsePepper(seal.NewKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	return &credential.Mint{Sealer: ring, Pepper: pepper, Prefix: credential.TestPrefix}
}
