package tokens

import (
	"bytes"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/seal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	tilleul   = account.Organisation{Siret: sampleEditor, Name: "Logiciels Tilleul"}
	brume     = account.Organisation{Siret: "91033700500011", Name: "Ateliers Brume"}
	majastres = account.Organisation{Siret: sampleSiret, Name: "COMMUNE DE MAJASTRES"}
	sainville = account.Organisation{Siret: "21280363700014", Name: "COMMUNE DE SAINVILLE"}
	operator  = account.Organisation{Siret: "13002526500013", Name: "Direction interministérielle du numérique"}
)

// scene is the pages of tokens on a database of its own: Majastres has an editor and two agents,
// one of whom holds its request; Sainville has no editor.
type scene struct {
	t        *testing.T
	db       *postgres.DB
	raw      *sql.DB // the owner's view
	now      time.Time
	router   *web.Router
	service  *credential.Tokens
	gate     *credential.Gate
	renewals *renewal.Service
	log      *safeBuffer
	// told is all that the portal answered, the answers that reveal a token apart.
	told *safeBuffer

	sofia, leo, karim, anne, ines, paul, camille, hugo, rose, remi person
	majastres, sainville                                           string // addresses of their tokens
}

// person is somebody signed in; the zero person is a visitor.
type person struct {
	id     int64
	role   account.Role
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
	s := &scene{t: t, db: db, raw: raw, now: noon, log: &safeBuffer{}, told: &safeBuffer{}}
	for _, e := range []account.Organisation{tilleul, brume} {
		s.run(`INSERT INTO editors (siret, name, technical_contact, created_at, updated_at) VALUES ($1, $2, 'integration@' || $1 || '.example.fr', $3, $3)`, e.Siret, e.Name, noon)
	}
	s.run(`INSERT INTO collectivities (siret, name, folded_name, code_cog, departement, form, created_at, updated_at)
		VALUES ($1, 'Majastres', 'majastres', '04107', '04', 'ouvert', $2, $2)`, majastres.Siret, noon)
	s.sofia, s.leo, s.karim = s.signIn("Sofia", account.EditorAdmin, tilleul), s.signIn("Leo", account.EditorMember, tilleul), s.signIn("Karim", account.EditorAdmin, brume)
	s.anne, s.ines, s.paul = s.signIn("Anne", account.Town, majastres), s.signIn("Ines", account.Town, majastres), s.signIn("Paul", account.Town, sainville)
	s.camille, s.hugo = s.signIn("Camille", account.Admin, operator), s.signIn("Hugo", account.Instructor, operator)
	s.rose, s.remi = s.signIn("Rose", account.Support, operator), s.signIn("Remi", account.Reader, operator)
	s.mount()
	s.majastres, s.sainville = s.granted(48231, majastres, tilleul, s.anne), s.granted(48260, sainville, account.Organisation{}, s.paul)
	return s
}

// mount builds the pages as internal/app does.
func (s *scene) mount() {
	s.t.Helper()
	now := func() time.Time { return s.now }
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		s.t.Fatal(err)
	}
	policy := webtest.Policy(s.t)
	pepper, err := seal.ParsePepper(seal.NewKey("test"))
	if err != nil {
		s.t.Fatal(err)
	}
	store := postgres.Tokens{DB: s.db}
	s.service = &credential.Tokens{
		Store: store, Mint: &credential.Mint{Sealer: ring, Pepper: pepper, Prefix: credential.TestPrefix}, Sealer: ring, Opener: ring, Now: now,
	}
	s.gate = &credential.Gate{Store: postgres.Tokens{DB: s.db}, Pepper: pepper, Now: now, Clock: time.Now}
	// Whatever the story's time, nobody has to sign in again.
	sessions := &account.Sessions{Store: postgres.Sessions{DB: s.db, Operator: operator}, Now: func() time.Time { return noon }}
	s.router = webtest.Router(s.t, web.Settings{
		Contact: "api-particulier@api.gouv.fr", Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Sessions: sessions, Policy: policy, DatabaseAway: postgres.Away,
	})
	s.renewals = &renewal.Service{
		Store: postgres.Renewals{DB: s.db}, Sealer: ring, Prefix: credential.TestPrefix, Now: now,
		Requests: &request.Service{Store: postgres.Applications{DB: s.db}, Templates: &editor.Templates{Store: postgres.Templates{DB: s.db}, Editors: postgres.Editors{DB: s.db}, Now: now}, Sealer: ring, Now: now},
	}
	(&Handler{
		Views: webtest.Views(s.t, ParseViews), Tokens: s.service, Renewals: s.renewals, Can: policy.Can, PortalURL: webtest.PortalURL, Frame: s.router.ProFrame, NoteRefused: s.router.NoteRefused,
	}).Mount(s.router)
}

// safeBuffer is written to by several requests.
type safeBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
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

// granted makes a valid habilitation, which then has its token, and gives the address that
// mails link to.
func (s *scene) granted(request int, town, editor account.Organisation, holder person) string {
	s.t.Helper()
	s.run(`INSERT INTO requests (number, source, siret, organisation, state, state_at, created_at, requester, holder)
		SELECT $1, 'datapass', $2, $3, 'validee', $4, $4, jsonb_build_object('prenom', given_name, 'nom', usual_name, 'mail', mail), id FROM accounts WHERE id = $5`,
		request, town.Siret, town.Name, noon, holder.id)
	s.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		VALUES (nextval('habilitation_numbers'), $1, $2, $3, true, true, '{cnaf_quotient_familial}', NULLIF($4, ''), $5, '', 'Tarifs de la cantine', '', '{}', 'DataPass', $6)`,
		request, town.Siret, town.Name, editor.Siret, editor.Name, noon)
	if _, err := s.service.IssueMissing(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	return pathOf(s.read(`SELECT id FROM tokens WHERE request = $1`, request))
}

// elsewhere is the same person, signed in on another device too.
func (s *scene) elsewhere(p person) person {
	s.t.Helper()
	p.cookie = value.NewToken()
	key := p.cookie.Hash()
	s.run(`INSERT INTO sessions (key, account_id, membership_id, signed_for, acr, id_token, created_at, seen_at)
		SELECT $1, account_id, membership_id, signed_for, acr, id_token, created_at, seen_at FROM sessions WHERE account_id = $2`, key[:], p.id)
	return p
}

// signIn opens the session of somebody who proved a second factor a minute ago.
func (s *scene) signIn(name string, role account.Role, organisation account.Organisation) person {
	s.t.Helper()
	signed := webtest.SignIn(s.t, s.raw, name, role, organisation.Siret, noon.Add(-time.Minute))
	return person{id: signed.Account, role: role, cookie: signed.Cookie}
}

// proved tells whether somebody proved a second factor lately.
func (s *scene) proved(p person, lately bool) {
	at := noon.Add(-time.Minute)
	if !lately {
		at = at.Add(-account.StepUpLife)
	}
	s.run(`UPDATE sessions SET strong_at = $2 WHERE account_id = $1`, p.id, at)
}

// answer is what the portal answered.
type answer struct {
	t      *testing.T
	status int
	to     string // where it sends the browser
	flash  string
	header http.Header
	body   string
	text   string // of the page: what it is about, with plain spaces
}

// get opens a page as somebody and checks that it is well made.
func (s *scene) get(as person, path string) answer {
	return s.ask(as, httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends a form as somebody.
func (s *scene) post(as person, path string, fields url.Values) answer {
	return s.ask(as, webtest.Post(path, fields))
}

var tags = regexp.MustCompile(`<[^>]*>`)

func (s *scene) ask(as person, sent *http.Request) answer {
	s.t.Helper()
	got := webtest.Ask(s.t, s.router, as.cookie, sent)
	text := strings.Join(strings.Fields(tags.ReplaceAllString(strings.ReplaceAll(got.Main, "\u00a0", " "), " ")), " ")
	text = strings.NewReplacer(" ,", ",", " .", ".", "( ", "(", " )", ")").Replace(text)
	if !strings.Contains(got.Body, `id="jeton"`) {
		_, _ = fmt.Fprintln(s.told, got.Header, got.Body)
	}
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
		if isNot == (strings.Contains(a.text, unwanted) || strings.Contains(a.body, unwanted)) {
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

var shownText = regexp.MustCompile(`(?s)<textarea[^>]* id="jeton"[^>]*>\n(.*?)</textarea>`)

// reveals gives the text of the token that a page shows: whole, and nowhere else in the answer.
func (a answer) reveals() value.Secret {
	a.t.Helper()
	a.is(http.StatusOK)
	found := shownText.FindStringSubmatch(a.body)
	if found == nil {
		a.t.Fatalf("the page shows no token:\n%s", a.text)
	}
	text := value.Secret(found[1])
	if _, err := credential.ParseTokenText(text); err != nil {
		a.t.Error(err)
	}
	if a.header.Get("Cache-Control") != "no-store" || strings.Count(a.body, found[1]) != 1 || strings.Contains(fmt.Sprint(a.header), found[1]) {
		a.t.Errorf("the token is shown %d times, headers %v", strings.Count(a.body, found[1]), a.header)
	}
	return text
}

// opens tells whether a token lets calls through.
func (s *scene) opens(text value.Secret) bool {
	_, err := s.gate.Look(s.t.Context(), text)
	return err == nil
}

// acts lists what the journal has of a token, oldest first: act and author.
func (s *scene) acts(path string) string {
	return s.read(`SELECT COALESCE(string_agg(act || ' ' || author, ', ' ORDER BY id), '') FROM audit_events WHERE object_id = $1 AND act <> 'token.issued'`, strings.TrimPrefix(path, rootPath+"/"))
}

// tables is all that the database holds of tokens, and how many mails there are.
func (s *scene) tables() string {
	return s.read(`SELECT (SELECT md5(string_agg(t::text, '' ORDER BY t.id)) FROM tokens t) || ' ' || (SELECT count(*) FROM mails)`)
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// hidden gives a hidden field of a page.
func (a answer) hidden(name string) string {
	a.t.Helper()
	for _, match := range hiddenField.FindAllStringSubmatch(a.body, -1) {
		if match[1] == name {
			return match[2]
		}
	}
	a.t.Fatalf("the page has no hidden field %q:\n%s", name, a.text)
	return ""
}
