package qfgateway

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/apiparticulier"
	simulator "portail-qf/internal/sim/apiparticulier"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

const (
	town      = value.Siret("21040107100019")
	otherTown = "13002526500013"
	ours      = "jeton-du-portail"

	whole   = "apip_test_tout" // texts of tokens, by what they open
	childs  = "apip_test_enfants"
	nothing = "apip_test_rien"
	expired = "apip_test_expire"
	barred  = "apip_test_revoque"
	hurried = "apip_test_presse"
	absent  = "apip_test_base_absente"
)

// noon of 24 November 2026 in Paris: the official examples ask for 2026.
var noon = time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC)

// gate holds what tokens open. The real one reads it in the database, and is tried with the
// whole portal (package e2e).
type gate struct {
	mu     sync.Mutex
	looked []string // the texts that were looked up
}

func (g *gate) Admit(_ context.Context, text value.Secret) (credential.Admission, error) {
	g.mu.Lock()
	g.looked = append(g.looked, text.Reveal())
	g.mu.Unlock()
	admission := credential.Admission{
		TokenID: "id-of-" + text.Reveal(), Siret: town, Scopes: editor.Scopes[:],
		Allowance: credential.Allowance{Limit: 20, Remaining: 19, Reset: time.Unix(1795600801, 0)},
	}
	switch text {
	case whole:
		return admission, nil
	case childs:
		admission.Scopes = []string{editor.ScopeChildren, "dgfip_revenu"}
		return admission, nil
	case nothing:
		admission.Scopes = []string{"dgfip_revenu"}
		return admission, nil
	case expired:
		return admission, fault.New(fault.Forbidden, "token.expired")
	case barred:
		admission.Allowance = credential.Allowance{}
		return admission, fault.New(fault.Forbidden, "token.revoked")
	case hurried:
		admission.Allowance.Remaining, admission.Allowance.Exceeded = 0, true
		return admission, fault.New(fault.Forbidden, "token.too_many_calls")
	case absent:
		return credential.Admission{}, errAway
	}
	return credential.Admission{}, fault.New(fault.Invalid, "token.malformed")
}

func (g *gate) lookedUp() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.looked)
}

var errAway = io.ErrClosedPipe // what the database's driver would say

// uses keeps what a tally writes.
type uses []credential.Use

func (u *uses) AddUses(_ context.Context, more []credential.Use) error {
	*u = append(*u, more...)
	return nil
}

// logLines is a log that several goroutines write.
type logLines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logLines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// scene is a gateway in front of a simulated API Particulier.
type scene struct {
	t        testing.TB
	url      string
	upstream string
	handler  *Handler
	gate     *gate
	tallied  *uses
	log      *logLines
}

// set makes a scene; change, when not nil, changes the simulator's options.
func set(t testing.TB, change func(o *simulator.Options)) *scene {
	t.Helper()
	options := simulator.Options{
		Tokens:    []simulator.Token{{Value: ours, Siret: otherTown, Scopes: editor.Scopes[:]}},
		RateLimit: 100000, Now: func() time.Time { return noon },
		Families: []simulator.Family{{
			Route: simulator.RouteV3Identity, Status: 200,
			Params: simulator.Params{BirthName: "D'ORVAULT", FirstNames: []string{"HÉLÈNE", "ZOÉ"}, Sex: "F", Country: "99351"},
			Payload: []byte(`{"data":{"quotient_familial":{"fournisseur":"MSA","valeur":null,"annee":2026,"mois":11,"annee_calcul":2026,"mois_calcul":11},
				"allocataires":[{"nom_naissance":"D'ORVAULT","nom_usage":null,"prenoms":"HÉLÈNE ZOÉ","date_naissance":"1980-00-00","sexe":"F"}],"enfants":[],
				"adresse":{"destinataire":"Madame D'ORVAULT","complement_information":null,"complement_information_geographique":null,"numero_libelle_voie":null,"lieu_dit":null,"code_postal_ville":"04320 SAINVILLE","pays":"FRANCE"}},"links":{},"meta":{}}`),
		}, {
			Route: simulator.RouteV2, Status: 200,
			Params:  simulator.Params{BirthName: "D'ORVAULT", FirstNames: []string{"HÉLÈNE", "ZOÉ"}, Sex: "F", Country: "99351"},
			Payload: []byte(`{"quotientFamilial":null,"mois":11,"annee":2026,"allocataires":[{"nomNaissance":"D'ORVAULT","nomUsuel":null}],"enfants":[],"adresse":null}`),
		}},
	}
	if change != nil {
		change(&options)
	}
	server := httptest.NewServer(simulator.New(options))
	t.Cleanup(server.Close)
	return setBefore(t, server.URL)
}

// setBefore makes a scene in front of any upstream.
func setBefore(t testing.TB, upstream string) *scene {
	t.Helper()
	s := &scene{t: t, upstream: upstream, gate: &gate{}, tallied: &uses{}, log: &logLines{}}
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	router := webtest.Router(t, web.Settings{Log: log, DatabaseAway: func(err error) bool { return err == errAway }})
	s.handler = &Handler{
		Gate: s.gate, Source: apiparticulier.NewIdentity(apiparticulier.Config{BaseURL: upstream}, ours),
		Tally: &credential.Tally{Store: s.tallied}, Sentences: webtest.Templates(t), Now: func() time.Time { return noon }, Log: log,
	}
	s.handler.Mount(router)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// play orders a fault of the simulator.
func (s *scene) play(order string) {
	s.t.Helper()
	response, err := http.Post(s.upstream+"/_sim/faults", "application/json", strings.NewReader(order)) //nolint:noctx // a test
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %v", order, err)
	}
	_ = response.Body.Close()
}

// received are the requests that the simulator received on the two routes.
func (s *scene) received() []string {
	s.t.Helper()
	response, err := http.Get(s.upstream + "/_sim/requests") //nolint:noctx // a test
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var requests []struct{ Path string }
	if err := json.NewDecoder(response.Body).Decode(&requests); err != nil {
		s.t.Fatal(err)
	}
	var paths []string
	for _, request := range requests {
		paths = append(paths, request.Path)
	}
	return paths
}

// underway counts the questions in progress.
func (s *scene) underway() int {
	s.handler.underway.mu.Lock()
	defer s.handler.underway.mu.Unlock()
	return len(s.handler.underway.keys)
}

// answer is what the gateway answered.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// ask makes a request, with headers two by two.
func (s *scene) ask(method, address string, headers ...string) answer {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Add(pair[0], pair[1])
	}
	return s.send(request)
}

func (s *scene) send(request *http.Request) answer {
	s.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		s.t.Fatalf("%s %.100s: %v", request.Method, request.URL, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{s.t, response.StatusCode, response.Header, string(text)}
}

// helene is a question without fault, in both versions.
func helene(changes ...string) (third, second string) {
	values3, values2 := url.Values{}, url.Values{}
	given := append([]string{
		"nomNaissance", "D'Orvault", "prenoms[]", "HÉLÈNE|ZOÉ", "sexeEtatCivil", "F", "codeCogInseePaysNaissance", "99351", "recipient", town.String(),
	}, changes...)
	renamed := map[string]string{
		"sexeEtatCivil": "sexe", "codeCogInseePaysNaissance": "codePaysLieuDeNaissance", "codeCogInseeCommuneNaissance": "codeInseeLieuDeNaissance",
		"anneeDateNaissance": "anneeDateDeNaissance", "codeCogInseeDepartementNaissance": "codeInseeDepartementNaissance",
	}
	for pair := range slices.Chunk(given, 2) {
		second := pair[0]
		if other, found := renamed[second]; found {
			second = other
		}
		values3[pair[0]], values2[second] = strings.Split(pair[1], "|"), strings.Split(pair[1], "|")
		if pair[1] == "absent" {
			values3.Del(pair[0])
			values2.Del(second)
		}
	}
	return RouteV3 + "?" + values3.Encode(), RouteV2 + "?" + values2.Encode()
}

// both asks in the third and in the second version, each by its own header.
func (s *scene) both(token string, changes ...string) (third, second answer) {
	s.t.Helper()
	address3, address2 := helene(changes...)
	return s.ask(http.MethodGet, address3, "Authorization", "Bearer "+token), s.ask(http.MethodGet, address2, "X-Api-Key", token)
}

// is checks a status and a body.
func (a answer) is(status int, body string) answer {
	a.t.Helper()
	if a.status != status || a.body != body {
		a.t.Errorf("answered %d %s\nwant %d %s", a.status, a.body, status, body)
	}
	return a
}

// refuses checks the status and the codes of an error of the third version.
func (a answer) refuses(status int, codes ...string) answer {
	a.t.Helper()
	var body struct {
		Errors []struct {
			Code, Title, Detail string
			Meta                map[string]any
		}
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.header.Get("Content-Type") != "application/vnd.api+json" {
		a.t.Errorf("%d %s %s: %v", a.status, a.header.Get("Content-Type"), a.body, err)
	}
	var got []string
	for _, problem := range body.Errors {
		got = append(got, problem.Code)
		if problem.Title == "" || problem.Detail == "" || problem.Meta == nil {
			a.t.Errorf("incomplete: %s", a.body)
		}
	}
	if a.status != status || !slices.Equal(got, codes) {
		a.t.Errorf("answered %d %v, want %d %v", a.status, got, status, codes)
	}
	return a
}

// refusesV2 checks the status and the word of an error of the second version, whose reason
// begins so; "" for a flat one.
func (a answer) refusesV2(status int, word, reason string) answer {
	a.t.Helper()
	var body struct {
		Error, Reason, Message string
		Errors                 []string
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.header.Get("Content-Type") != "application/json; charset=utf-8" {
		a.t.Errorf("%d %s %s: %v", a.status, a.header.Get("Content-Type"), a.body, err)
	}
	if word == "" && len(body.Errors) == 1 {
		body.Reason, body.Message = body.Errors[0], body.Errors[0]
	}
	if a.status != status || body.Error != word || !strings.HasPrefix(body.Reason, reason) || body.Reason != body.Message || reason == "" {
		a.t.Errorf("answered %d %s, want %d %q %q", a.status, a.body, status, word, reason)
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

// env reads a folder that a test needs, or skips it.
func env(t *testing.T, name string) string {
	t.Helper()
	folder := os.Getenv(name)
	if folder == "" {
		t.Skip(name + " is unset: the official files are not read")
	}
	return folder
}
