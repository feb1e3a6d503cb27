package operations

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/seal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var operator = account.Organisation{Siret: "13002526500013", Name: "Direction interministérielle du numérique"}

// scene is the operations on a database of their own, where an administrator and a reader
// have signed in.
type scene struct {
	t      *testing.T
	db     *postgres.DB
	raw    *sql.DB // the owner's view
	router *web.Router
	ring   *seal.Ring

	admin, reader value.Token // their sessions
}

// timetable is what a portal with two jobs plans.
type timetable []operation.Planned

func (t timetable) Planned() []operation.Planned { return t }

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
	s := &scene{t: t, db: db, raw: raw}
	if s.ring, err = seal.Parse(seal.NewKey("test")); err != nil {
		t.Fatal(err)
	}
	s.admin, s.reader = s.signIn("Camille", account.Admin), s.signIn("Rose", account.Reader)
	s.mount()
	return s
}

// mount builds the pages as internal/app does.
func (s *scene) mount() {
	s.t.Helper()
	policy := webtest.Policy(s.t)
	now := func() time.Time { return noon }
	s.router = webtest.Router(s.t, web.Settings{
		Sessions: &account.Sessions{Store: postgres.Sessions{DB: s.db, Operator: operator}, Now: now}, Policy: policy, DatabaseAway: postgres.Away,
	})
	(&Handler{
		Views: webtest.Views(s.t, ParseViews), Frame: s.router.ProFrame, Can: policy.Can, Now: now,
		Orders:       &operation.Orders{Store: postgres.Outbox{DB: s.db}, Now: now},
		Mails:        &notice.Mails{Store: postgres.Mails{DB: s.db}, Now: now},
		Jobs:         &operation.Jobs{Timetable: timetable{{Name: "purge", Every: "*/10 * * * *", Timeout: time.Minute, Next: noon}, {Name: "nouvelle", Every: "1 1 1 1 *"}}, Store: postgres.JobRuns{DB: s.db}, Now: now},
		Journal:      &audit.Journal{Store: postgres.Journal{DB: s.db}, Now: now},
		Watch:        &credential.Watch{Store: postgres.SubscriptionWatch{DB: s.db}, Now: now},
		Provisioning: &credential.Provisioning{Store: postgres.Subscriptions{DB: s.db}, Sealer: s.ring, Now: now, Wall: now},
		Decisions:    &decision.Service{Store: postgres.Decisions{DB: s.db}, Editors: postgres.Editors{DB: s.db}, Sealer: s.ring, Mint: mintOf(s.t, s.ring), Now: now},
		Mailroom:     &decision.Mailroom{Store: postgres.Mailroom{DB: s.db}}, Inbox: s.inbox(),
		From: "API Particulier <support@particulier.api.gouv.fr>", ReplyTo: "api-particulier@api.gouv.fr", Catalogue: sampleCatalogue,
	}).Mount(s.router)
}

// inbox takes what DataPass sends.
func (s *scene) inbox() *decision.Inbox {
	return &decision.Inbox{
		Store: postgres.Decisions{DB: s.db}, Events: postgres.Inbox{DB: s.db}, Editors: postgres.Editors{DB: s.db},
		Organisations: &directory.Organisations{Store: postgres.Organisations{DB: s.db}, Now: func() time.Time { return noon }},
		Vault:         s.ring, Mint: mintOf(s.t, s.ring), Now: func() time.Time { return noon }, Wall: func() time.Time { return noon },
	}
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

// signIn opens the session of somebody of the operator.
func (s *scene) signIn(name string, role account.Role) value.Token {
	s.t.Helper()
	return webtest.SignIn(s.t, s.raw, name, role, operator.Siret, noon.Add(-time.Minute)).Cookie
}

// mail records a mail refused at its first address, and delivered to its second.
func (s *scene) mail() (id string) {
	s.t.Helper()
	letter := notice.Letter{
		Kind: "invitation", Key: "invitation 3", Content: s.ring.Seal([]byte(`{}`), notice.Place("invitation 3")),
		Recipients: notice.Recipients{To: []string{"lea@vile.fr"}, CC: []string{"dgs@ville.fr"}},
	}
	mails := postgres.Mails{DB: s.db}
	if err := mails.Record(s.t.Context(), letter, noon.Add(-time.Hour)); err != nil {
		s.t.Fatal(err)
	}
	s.run(`UPDATE outbox SET done_at = due_at, attempts = 1 WHERE kind = 'mail.send'`)
	err := mails.RecordTried(s.t.Context(), 1, notice.Written{Subject: "Votre invitation", MessageID: "abc@exemple.fr"}, []notice.Told{
		{Position: 1, Address: "lea@vile.fr", State: notice.Bounced, Code: "550 5.1.1"}, {Position: 2, Address: "dgs@ville.fr", State: notice.Sent},
	}, noon.Add(-time.Hour))
	if err != nil {
		s.t.Fatal(err)
	}
	return s.read(`SELECT id FROM mails`)
}

// answer is what the portal answered.
type answer struct {
	t      *testing.T
	status int
	to     string // where it sends the browser
	flash  string
	text   string // of the page: what it is about
	policy string // its Content-Security-Policy
}

// get opens a page as somebody and checks that it is well made.
func (s *scene) get(as value.Token, path string) answer {
	s.t.Helper()
	return s.ask(as, httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends a form as somebody.
func (s *scene) post(as value.Token, path string, fields url.Values) answer {
	s.t.Helper()
	return s.ask(as, webtest.Post(path, fields))
}

func (s *scene) ask(as value.Token, request *http.Request) answer {
	s.t.Helper()
	got := webtest.Ask(s.t, s.router, as, request)
	return answer{t: s.t, status: got.Status, to: got.To, flash: got.Flash, text: got.Main, policy: got.Header.Get("Content-Security-Policy")}
}

// is checks the status of an answer, and what its page says or does not ("!…").
func (a answer) is(status int, says ...string) {
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
}

// leads checks that an answer sends the browser on, with a sentence.
func (a answer) leads(to, flash string) {
	a.t.Helper()
	if a.status != http.StatusSeeOther || a.to != to || a.flash != flash {
		a.t.Errorf("status %d to %q saying %q, want %q saying %q:\n%s", a.status, a.to, a.flash, to, flash, a.text)
	}
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
