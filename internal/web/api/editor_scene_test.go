package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
	"portail-qf/internal/web/webtest"
	"portail-qf/templates"
)

// Towns that the directory of the other stories has not.
var clairval, valombre = siretOf(300), value.Siret("21910998000017")

// editors is a portal whose API two editors call. Each call and each answer is compared with
// the document that programs are given.
type editors struct {
	*programs
	service   *credential.Tokens
	deposited [][]string
	contract  routers.Router
}

func openEditors(t *testing.T) *editors {
	t.Helper()
	e := &editors{programs: setPrograms(t)}
	ring, err := seal.Parse(seal.NewKey("anneau"))
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return e.now }
	mint := &credential.Mint{Sealer: ring, Pepper: e.pepper, Prefix: credential.TestPrefix}
	e.service = &credential.Tokens{Store: postgres.Tokens{DB: e.db}, Mint: mint, Sealer: ring, Opener: ring, Now: now}
	router := e.router()
	(&OAuth{Door: e.door, Address: router.Address}).Mount(router)
	(&Introspection{
		Door: e.door, Gate: &credential.Gate{Store: postgres.Tokens{DB: e.db}, Pepper: e.pepper, Now: now, Clock: time.Now}, PortalURL: webtest.PortalURL, Address: router.Address,
	}).Mount(router)
	(&Editor{
		Clients: &credential.Clients{Store: postgres.EditorClients{DB: e.db}}, Tokens: e.service,
		Dossiers: &dossier.Lookup{Records: postgres.FollowUp{DB: e.db}, Journal: postgres.Journal{DB: e.db}, Now: now},
		Deposit:  e.deposit, PortalURL: webtest.PortalURL,
	}).Mount(router)
	e.serve(router)
	e.contract = readContract(t, e.url)
	for i, editor := range []string{tilleul, brume} {
		e.run(`INSERT INTO editor_forms (form_uid, editor_siret) VALUES ($1, $2)`, []string{"formulaire-tilleul", "formulaire-brume"}[i], editor)
	}
	return e
}

// readContract reads the document as programs do, of a portal.
func readContract(t *testing.T, portalURL string) routers.Router {
	t.Helper()
	text, err := fs.ReadFile(templates.FS, "api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(bytes.ReplaceAll(text, []byte("https://portail.example.fr"), []byte(portalURL)))
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	contract, err := gorillamux.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	return contract
}

// deposit takes what the accesses to HubEE are given: here of Majastres alone.
func (e *editors) deposit(_ context.Context, by account.Actor, siret value.Siret, id string, secret value.Secret) (credential.HubAnswer, error) {
	switch {
	case siret != majastres:
		return credential.HubAnswer{}, fault.New(fault.NotFound, "hub_account.unknown")
	case strings.Contains(id, ":"):
		return credential.HubAnswer{}, fault.New(fault.Invalid, "hub_account.id_malformed")
	}
	e.deposited = append(e.deposited, []string{by.OfTenant(), siret.String(), id, secret.Reveal()})
	if secret == "refusé" {
		return credential.HubAnswer{State: credential.HubAccountRefused, FormerKept: true}, nil
	}
	return credential.HubAnswer{State: credential.HubAccountTested}, nil
}

// program is a program that was let in.
type program struct {
	*editors
	access string
}

// lets a program of an editor in, with some scopes.
func (e *editors) lets(editor value.Siret, scopes ...machine.Scope) *program {
	e.t.Helper()
	client, secret := e.create(editor, "", scopes...)
	return &program{e, e.enter(client.ID, secret, "")}
}

// call makes a call, with headers two by two, and compares it and its answer with the document.
// A program that is told to wait waits.
func (p *program) call(method, path, body string, headers ...string) answer {
	p.t.Helper()
	headers = append([]string{"Authorization", "Bearer " + p.access}, headers...)
	if body != "" && !slices.Contains(headers, "Content-Type") {
		headers = append(headers, "Content-Type", "application/json")
	}
	got := p.ask(method, editorAPI+path, body, headers...)
	for got.status == http.StatusTooManyRequests {
		time.Sleep(50 * time.Millisecond)
		got = p.ask(method, editorAPI+path, body, headers...)
	}
	p.compare(got, method, path, body, headers)
	return got
}

func (p *program) compare(got answer, method, path, body string, headers []string) {
	p.t.Helper()
	if method == http.MethodHead {
		return
	}
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.url+editorAPI+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Add(pair[0], pair[1])
	}
	route, parameters, err := p.contract.FindRoute(request)
	if err != nil {
		if got.status != http.StatusNotFound && got.status != http.StatusMethodNotAllowed {
			p.t.Errorf("%s %s is answered %d and is not in the document: %v", method, path, got.status, err)
		}
		return
	}
	asked := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if got.status < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(p.t.Context(), asked); err != nil {
			p.t.Errorf("%s %s is answered %d, and the document refuses it: %v", method, path, got.status, err)
		}
	}
	answered := &openapi3filter.ResponseValidationInput{RequestValidationInput: asked, Status: got.status, Header: got.header, Options: asked.Options}
	answered.SetBodyBytes([]byte(got.body))
	if err := openapi3filter.ValidateResponse(p.t.Context(), answered); err != nil {
		p.t.Errorf("%s %s: %d %s breaks the document: %v", method, path, got.status, got.body, err)
	}
}

func (p *program) reads(path string, headers ...string) answer {
	p.t.Helper()
	return p.call(http.MethodGet, path, "", headers...)
}

func (p *program) posts(path, body string, headers ...string) answer {
	p.t.Helper()
	return p.call(http.MethodPost, path, body, headers...)
}

// refuses checks an error: its status, its code, and that it says something in French.
func (a answer) refuses(status int, code string) answer {
	a.t.Helper()
	var told problemText
	if err := json.Unmarshal([]byte(a.body), &told); err != nil || a.status != status || told.Status != status || told.Code != code ||
		told.Title == "" || told.Title == http.StatusText(status) || a.header.Get("Content-Type") != "application/problem+json" || a.header.Get("Cache-Control") != "no-store" {
		a.t.Errorf("answered %d %s, want %d %s", a.status, a.body, status, code)
	}
	return a
}

type problemText struct {
	Title, Detail, Code string
	Status              int
}

// into reads the answer of a call that went well.
func into[T any](a answer) (content T) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), &content); err != nil || a.status/100 != 2 {
		a.t.Fatalf("answered %d %s: %v", a.status, a.body, err)
	}
	return content
}

// town adds a collectivity to the directory, whose dossiers an editor receives.
func (e *editors) town(siret value.Siret, name string, editor string) {
	e.t.Helper()
	e.run(`INSERT INTO collectivities (siret, name, folded_name, code_cog, departement, form, editor_siret, created_at, updated_at)
		VALUES ($1, $2, lower($2), '04107', '04', 'ouvert', NULLIF($3, ''), $4, $4)`, siret.String(), name, editor, noon)
}

// request adds a request; with a habilitation where habilitated is its editor.
func (e *editors) request(number int, siret value.Siret, state habilitation.State, form, habilitated string) {
	e.t.Helper()
	e.run(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester) VALUES ($1, 'portail', $2, 'COMMUNE', $3, $4, $5, $5,
		'{"mail": "camille.ferrand@exemple.fr", "prenom": "Camille", "nom": "Ferrand"}')`, number, siret.String(), form, string(state), noon)
	if habilitated != "" {
		e.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
			VALUES ($1, $1, $2, 'COMMUNE', true, true, '{}', $3, 'Éditeur', '', '', '', '{}', 'Noé', $4)`, number, siret.String(), habilitated, noon)
	}
}

// token gives a habilitation its token, to be collected, and tells its id.
func (e *editors) token(number int, siret value.Siret, editor string) string {
	e.t.Helper()
	grantee := credential.Grantee{
		Request: habilitation.RequestNumber(number), Habilitation: habilitation.Number(number), Siret: siret, Organisation: "COMMUNE",
		Editor: value.Siret(editor), Scopes: []string{"cnaf_quotient_familial"},
	}
	if _, err := e.service.Seed(e.t.Context(), audit.System, grantee, credential.SeedToken{}); err != nil {
		e.t.Fatal(err)
	}
	id, err := e.service.CurrentID(e.t.Context(), grantee.Request)
	if err != nil {
		e.t.Fatal(err)
	}
	return id
}

// habilitated is a town of an editor with all that it needs; it tells the id of its token.
func (e *editors) habilitated(number int, siret value.Siret, editor string) string {
	e.t.Helper()
	e.request(number, siret, habilitation.Validated, "", editor)
	return e.token(number, siret, editor)
}

// dossier adds one.
func (e *editors) dossier(reference value.Reference, siret value.Siret, state dossier.State, at time.Time) {
	e.t.Helper()
	e.run(`INSERT INTO dossiers (reference, attempt_id, siret, code_cog, state, recorded_at, state_at, folder_id, case_id)
		VALUES ($1, gen_random_uuid(), $2, '04107', $3, $4, $5, CASE WHEN $3 <> 'enregistre' THEN 'folder-' || $1 END, CASE WHEN $3 <> 'enregistre' THEN 'case-' || $1 END)`,
		reference.String(), siret.String(), string(state), noon, at)
}

// siretOf makes a SIRET of a number.
func siretOf(n int) value.Siret {
	body := fmt.Sprintf("21%011d", n)
	for check := range 10 {
		if siret, err := value.ParseExactSiret(fmt.Sprintf("%s%d", body, check)); err == nil {
			return siret
		}
	}
	panic("no check digit makes a SIRET of " + body)
}

// walk reads a list to its end, page by page; between is called after each page.
func walk[T any](p *program, path string, limit int, between func()) (all []T) {
	p.t.Helper()
	query := url.Values{"limite": {fmt.Sprint(limit)}}
	for range 1000 {
		page := into[listed[T]](p.reads(path + "?" + query.Encode()))
		if len(page.Data) > limit || page.Next != nil && len(page.Data) != limit {
			p.t.Fatalf("a page of %d lines, of %d asked", len(page.Data), limit)
		}
		all = append(all, page.Data...)
		if page.Next == nil {
			return all
		}
		query.Set("suivant", *page.Next)
		between()
	}
	p.t.Fatal("the list has no end")
	return nil
}
