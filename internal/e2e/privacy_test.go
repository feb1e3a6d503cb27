package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/sim/control"
)

// witness stands behind a visitor's browser and notes all that it sends and receives.
type witness struct {
	under http.RoundTripper
	mu    sync.Mutex
	seen  []glance
}

// glance is one answer.
type glance struct {
	method string
	url    *url.URL
	status int
	header http.Header
	body   string
}

// watched is a visitor with a witness.
func (p *portal) watched() (*visitor, *witness) {
	v := p.visitor()
	w := &witness{under: v.client.Transport}
	v.client.Transport = w
	return v, w
}

// RoundTrip implements http.RoundTripper.
func (w *witness) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := w.under.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, glance{request.Method, request.URL, response.StatusCode, response.Header, string(body)})
	return response, err
}

// of lists what came from one server.
func (w *witness) of(address string) []glance {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.seen), func(g glance) bool { return !strings.HasPrefix(g.url.String(), address) })
}

// secrets are texts that must not be found, in any of the writings that a log, an address
// or a table could give them.
type secrets map[string]string // by what they are

func (s secrets) foundIn(place string) (what string) {
	place = sealed.ReplaceAllStringFunc(place, func(digits string) string {
		octets, err := hex.DecodeString(digits[len(`\x`):])
		if err != nil {
			return digits
		}
		return string(octets)
	})
	for what, text := range s {
		for _, written := range []string{
			text, url.QueryEscape(text), url.PathEscape(text), hex.EncodeToString([]byte(text)), base64.StdEncoding.EncodeToString([]byte(text)),
			strings.ToLower(text),
		} {
			if text != "" && strings.Contains(place, written) {
				return what
			}
		}
	}
	return ""
}

// sealed is how PostgreSQL writes octets. They are read as such: five digits of a quotient
// come up by chance in a long hexadecimal text, never in as many octets.
var sealed = regexp.MustCompile(`\\x(?:[0-9a-f]{2}){8,}`)

// A life is everything that may be said of the citizen of these tests.
const lifeAnswer = `{"data":{"quotient_familial":{"fournisseur":"CNAF","valeur":98765,"annee":2026,"mois":10,"annee_calcul":2026,"mois_calcul":1},
	"allocataires":[{"nom_naissance":"FERRIER","nom_usage":"VAUQUELIN","prenoms":"ALIX JEANNE","date_naissance":"1984-05-17","sexe":"F"}],
	"enfants":[{"nom_naissance":"QUILLEBOIS","nom_usage":null,"prenoms":"THELONIUS","date_naissance":"2015-02-03","sexe":"M"}]}}`

func life() secrets {
	return secrets{
		"name": "FERRIER", "name of use": "VAUQUELIN", "first name": "Alix", "birth": "1984-05-17", "birth in words": "17 mai 1984",
		"child": "QUILLEBOIS", "first name of the child": "THELONIUS", "birth of the child": "2015-02-03", "birth of the child in words": "3 février 2015",
		"quotient": "98765", "quotient in words": "98\u202f765", "identifier of the software": "famille-0042-à-taire", "way back": "dossier=0077",
	}
}

// tokensOf adds what FranceConnect gave in the course of a story.
func (p *portal) tokensOf(s secrets, w *witness) {
	p.t.Helper()
	for _, request := range p.exchanges("/api/v2/userinfo") {
		s["access token"] = strings.TrimPrefix(request.Headers.Get("Authorization"), "Bearer ")
	}
	for _, request := range p.exchanges("/api/v2/session/end?") {
		s["id_token"] = mustQuery(p.t, request).Get("id_token_hint")
	}
	for _, request := range p.exchanges("/api/v2/authorize") {
		s["state"] = mustQuery(p.t, request).Get("state")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(s["id_token"], ".")[1])
	if err != nil {
		p.t.Fatal(err)
	}
	s["sub"] = readJSON(p.t, payload)["sub"].(string)
	for _, g := range w.of(p.portalURL) {
		for _, set := range (&http.Response{Header: g.header}).Cookies() {
			if set.Value != "" {
				s["cookie "+g.url.Path] = set.Value
			}
		}
	}
	for what, text := range s {
		if len(text) < 4 {
			p.t.Fatalf("the %s is %q", what, text)
		}
	}
}

func mustQuery(t testing.TB, request control.Request) url.Values {
	t.Helper()
	read, err := url.ParseRequestURI(request.Path)
	if err != nil {
		t.Fatal(err)
	}
	return read.Query()
}

// contents gives every row of every table, in the order of the tables.
func (s *scene) contents() map[string][]string {
	s.t.Helper()
	read := func(query string) (texts []string) {
		found, err := s.tables.Query(query)
		if err != nil {
			s.t.Fatal(err)
		}
		defer func() { _ = found.Close() }()
		for found.Next() {
			var text string
			if err := found.Scan(&text); err != nil {
				s.t.Fatal(err)
			}
			texts = append(texts, text)
		}
		if err := found.Err(); err != nil {
			s.t.Fatal(err)
		}
		return texts
	}
	rows := map[string][]string{}
	for _, table := range read(`SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'`) {
		rows[table] = read(`SELECT row_to_json(t)::text FROM ` + table + ` t`)
	}
	return rows
}

// « Nothing personal in logs, URLs, mails, metrics, HTML comments, third parties »
// (PRODUCT.md §6), and in the database only sealed: read during a whole story, HubEE being
// down half of the time.
func TestNothingPersonalIsLeftBehind(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen, witness := p.watched()
	personal := life()
	tables := map[string]map[string][]string{}
	p.answersAlix(200, lifeAnswer)
	back := "https://portail.example.fr/retour?" + personal["way back"]

	p.franceConnect(`{"error":"access_denied"}`)
	form := citizen.get(carrying(majastres, "external_id", personal["identifier of the software"], "redirect_uri", back))
	cancelled := form.submit("/demarrer")
	tables["at FranceConnect"] = p.contents()
	p.signInAlix(`{}`)
	review := cancelled.submit("/demarrer").at(verification).says("FERRIER", "THELONIUS", "98 765", "3 février 2015", personal["identifier of the software"])
	tables["at the review"] = p.contents()
	p.hubFails(`{"match":"POST /teledossiers/","mode":"status","status":500,"times":0}`)
	confirmation := review.submit("/transmettre").says("En cours d’envoi")
	reference := confirmation.reference()
	eventually(t, 10*time.Second, "the delivery failed once", func() bool {
		return p.count(`SELECT count(*) FROM outbox WHERE attempts > 0 AND last_error <> ''`) > 0
	})
	tables["while HubEE is down"] = p.contents()
	p.order(p.hubURL+"/_sim/reset", "")
	p.later(10 * time.Minute)
	p.parcelOf(t, reference).checkFiles()
	citizen.get(confirmation.url.Path).says("Transmis").submit("/deconnexion").submit("/session/end/confirm")
	citizen.get("/suivi?identifiant=" + reference.Display()).says("Transmis")
	tables["at the end"] = p.contents()

	p.tokensOf(personal, witness)
	for moment, rows := range tables {
		for table, lines := range rows {
			if what := personal.foundIn(strings.Join(lines, "\n")); what != "" {
				t.Errorf("%s, the %s is in clear in table %s", moment, what, table)
			}
		}
	}
	for moment, held := range map[string]map[string]int{
		"at the review":       {"attempts": 1, "citizen_sessions": 1},
		"while HubEE is down": {"attempts": 1, "dossiers": 1, "dossier_payloads": 1},
		"at the end":          {"attempts": 0, "dossiers": 1, "dossier_payloads": 0, "citizen_sessions": 0},
	} {
		for table, want := range held {
			if got := len(tables[moment][table]); got != want {
				t.Errorf("%s, %s has %d rows, want %d", moment, table, got, want)
			}
		}
	}
	if what := personal.foundIn(p.log.String()); what != "" {
		t.Errorf("the %s is in the log:\n%s", what, p.log)
	}
	if what := personal.foundIn(p.visitor().get(p.metricsURL).answers(200).body); what != "" {
		t.Errorf("the %s is in the metrics", what)
	}
	checkPassage(t, p, witness, personal, reference.String())
}

// checkPassage looks at what the browser carried: only the first address and the review
// have anything personal in them.
func checkPassage(t *testing.T, p *portal, w *witness, personal secrets, reference string) {
	t.Helper()
	delete(personal, "state") // FranceConnect's, in the addresses of the protocol
	for i, g := range w.of(p.portalURL) {
		if what := personal.foundIn(g.url.String()); what != "" && i > 0 {
			t.Errorf("the %s is in the address %s", what, g.url)
		}
		if what := personal.foundIn(g.body); what != "" && g.url.Path != verification && !(what == "way back" && strings.Contains(g.body, "Retourner sur")) {
			t.Errorf("the %s is in the page %s", what, g.url.Path)
		}
	}
	delete(personal, "id_token")     // FranceConnect wants it back at the logout,
	delete(personal, "access token") // and API Particulier shows it what it was given
	for _, server := range []*control.Surface{p.stage.FranceConnect.Surface, p.stage.APIParticulier.Surface} {
		for _, request := range server.Requests(0) {
			sent := request.Path + request.Body
			if what := personal.foundIn(sent); what != "" || strings.Contains(sent, reference) {
				t.Errorf("%s %s was sent the %s", request.Method, request.Path, what)
			}
		}
	}
}
