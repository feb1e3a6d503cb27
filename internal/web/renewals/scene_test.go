package renewals

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const (
	tilleul  = "90511200900014"
	brume    = "91033700500011"
	operator = "13002526500013"
)

// scene is the watch on a database of its own, with somebody of each role of the operator's and
// an editor.
type scene struct {
	t      *testing.T
	raw    *sql.DB // the owner's view
	router *web.Router

	admin, instructor, support, reader, editor value.Token
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
	s := &scene{t: t, raw: raw}
	s.run(`INSERT INTO editors (siret, name, created_at, updated_at) VALUES ($1, 'Logiciels Tilleul', $3, $3), ($2, 'Ateliers Brume', $3, $3)`, tilleul, brume, noon)
	s.admin, s.instructor = s.signIn("Camille", account.Admin, operator), s.signIn("Hugo", account.Instructor, operator)
	s.support, s.reader = s.signIn("Rose", account.Support, operator), s.signIn("Jeanne", account.Reader, operator)
	s.editor = s.signIn("Sofia", account.EditorAdmin, tilleul)
	clock := func() time.Time { return noon }
	firm, policy := account.Organisation{Siret: operator}, webtest.Policy(t)
	s.router = webtest.Router(t, web.Settings{
		Sessions: &account.Sessions{Store: postgres.Sessions{DB: db, Operator: firm}, Now: clock}, Policy: policy, DatabaseAway: postgres.Away,
	})
	(&Handler{
		Views: webtest.Views(t, ParseViews), Watch: &renewal.Watch{Store: postgres.RenewalWatch{DB: db}, Now: clock}, Access: &account.Access{Store: postgres.Access{DB: db, Operator: firm}, Now: clock},
		Prefix: credential.TestPrefix, Can: policy.Can, Frame: s.router.ProFrame,
	}).Mount(s.router)
	return s
}

func (s *scene) run(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.raw.ExecContext(s.t.Context(), statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

func (s *scene) signIn(name string, role account.Role, organisation value.Siret) value.Token {
	s.t.Helper()
	return webtest.SignIn(s.t, s.raw, name, role, organisation, noon).Cookie
}

// expires gives a town a token that expires at the end of a day.
func (s *scene) expires(number int64, name, editor string, days int) {
	s.t.Helper()
	s.run(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
		VALUES ($1, 'portail', '21040107100019', $2, 'x', 'validee', $3, $3, '{"prenom":"Anne","nom":"Morel","mail":"anne.morel@exemple.fr","telephone":"0400000000"}')`, number, name, noon)
	s.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		VALUES (10000000 + $1, $1, '21040107100019', $2, true, true, '{}', $3, '', 'x', '', '', '{}', 'X', $4)`, number, name, editor, noon)
	s.run(`INSERT INTO tokens (id, public_id, digest, pepper, request, habilitation, siret, organisation, editor_siret, scopes, issued_at, expires_at)
		VALUES (gen_random_uuid(), lpad($1::bigint::text, 12, '0'), sha256($1::bigint::text::bytea), 'test', $1, 10000000 + $1, '21040107100019', $2, $3, '{}', $4, $5)`,
		number, name, editor, noon.AddDate(0, -17, 0), value.MonthsLater(noon.AddDate(0, 0, days), 0))
}

// answer is what the portal answered.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
	text   string // of the page, on one line with plain spaces
}

// get opens a page as somebody and checks that it is well made.
func (s *scene) get(as value.Token, path string) answer {
	s.t.Helper()
	got := webtest.Ask(s.t, s.router, as, httptest.NewRequest(http.MethodGet, path, nil))
	text := strings.Join(strings.Fields(strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(got.Main)), " ")
	return answer{t: s.t, status: got.Status, header: got.Header, body: got.Body, text: text}
}

// is checks the status of an answer, and what its page says or does not ("!…").
func (a answer) is(status int, says ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("status %d, want %d:\n%s", a.status, status, a.text)
	}
	for _, said := range says {
		unwanted, isNot := strings.CutPrefix(said, "!")
		if isNot == strings.Contains(a.text, unwanted) {
			a.t.Errorf("the page should say %q:\n%s", said, a.text)
		}
	}
	return a
}
