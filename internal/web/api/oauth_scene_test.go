package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

const (
	gatewayID     = "passerelle"
	gatewaySecret = "un secret + 100 % à nous"
	brume         = "91033700500011"
	editorPath    = "/api/v1/editeur/essai"
)

// programs is a portal to which the programs of two editors speak.
type programs struct {
	*instance
	now     time.Time
	service *machine.Service
	door    *machine.Door
	pepper  *seal.Pepper
	tokens  *tokens
}

// tokens are those of API Particulier, in the place of the database.
type tokens struct {
	known map[string]credential.Token // by public id
	err   error
}

func (s *tokens) FindShown(_ context.Context, shown credential.Shown) (credential.Token, error) {
	token, found := s.known[shown.PublicID]
	if !found && s.err == nil {
		return token, fault.New(fault.NotFound, "token.unknown")
	}
	return token, s.err
}

// CountShown implements credential.GateStore: introspection counts nothing.
func (s *tokens) CountShown(context.Context, credential.Shown, time.Time) (credential.Token, credential.Allowance, error) {
	return credential.Token{}, credential.Allowance{}, errors.New("a call is counted")
}

func openPrograms(t *testing.T) *programs {
	t.Helper()
	p := setPrograms(t)
	now := func() time.Time { return p.now }
	router := p.router()
	(&OAuth{Door: p.door, Address: router.Address}).Mount(router)
	(&Introspection{
		Door: p.door, Gate: &credential.Gate{Store: p.tokens, Pepper: p.pepper, Now: now, Clock: time.Now}, GatewayID: gatewayID, GatewaySecret: gatewaySecret,
		PortalURL: webtest.PortalURL, Address: router.Address,
	}).Mount(router)
	router.HandleClient(http.MethodGet, editorPath, web.Client{Object: "client", Act: "read", Scope: machine.ScopeClients}, tellWho)
	router.HandleClient(http.MethodPost, editorPath, web.Client{Object: "client", Act: "read", Scope: machine.ScopeClients, MaxBody: 10}, tellWho)
	router.HandleClient(http.MethodGet, editorPath+"/interdit", web.Client{Object: "journal", Act: "read", Scope: machine.ScopeClients}, tellWho)
	router.HandleClient(http.MethodGet, editorPath+"/inconnu", web.Client{Object: "client", Act: "read", Scope: machine.ScopeClients},
		func(*gin.Context, []byte) error { return fault.New(fault.NotFound, "api_client.unknown") })
	router.HandleClient(http.MethodGet, editorPath+"/panique", web.Client{Object: "client", Act: "read", Scope: machine.ScopeClients},
		func(*gin.Context, []byte) error { panic("un détail") })
	p.serve(router)
	return p
}

// setPrograms sets two editors up, before there is a portal.
func setPrograms(t *testing.T) *programs {
	t.Helper()
	s := setScene(t)
	s.run(`INSERT INTO editors (siret, name, created_at, updated_at) VALUES ($1, 'Brume', $2, $2)`, brume, noon)
	db, err := postgres.Open(t.Context(), s.addresses.App)
	if err != nil {
		t.Fatal(err)
	}
	p := &programs{instance: &instance{scene: s, db: db}, now: noon, tokens: &tokens{known: map[string]credential.Token{}}}
	now := func() time.Time { return p.now }
	if p.pepper, err = seal.ParsePepper(seal.NewKey("poivre")); err != nil {
		t.Fatal(err)
	}
	p.service = &machine.Service{Store: postgres.APIClients{DB: db}, Pepper: p.pepper, Random: rand.Reader, Now: now}
	p.door = &machine.Door{Store: postgres.APIDoor{DB: db}, Pepper: p.pepper, Random: rand.Reader, Now: now}
	t.Cleanup(func() { _ = db.Close() })
	return p
}

func (p *programs) serve(router *web.Router) {
	server := httptest.NewServer(router)
	p.url = server.URL
	p.t.Cleanup(server.Close)
}

func tellWho(c *gin.Context, body []byte) error {
	actor := web.ActorOf(c)
	c.JSON(http.StatusOK, []string{string(actor.Role), actor.Author().ID, actor.OfTenant(), string(body)})
	return nil
}

func (p *programs) router() *web.Router {
	p.t.Helper()
	return webtest.Router(p.t, web.Settings{
		Log: slog.New(slog.NewJSONHandler(p.log, nil)), Policy: webtest.Policy(p.t), Clients: p.door, DatabaseAway: postgres.Away,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	})
}

// create makes a client of an editor, with some scopes.
func (p *programs) create(editor value.Siret, networks string, scopes ...machine.Scope) (machine.Client, string) {
	p.t.Helper()
	settings := machine.Settings{Name: "Serveur " + networks + " " + string(scopes[0]), Scopes: scopes}
	settings.Networks, _ = machine.ReadNetworks(networks)
	client, secret, err := p.service.Create(p.t.Context(), p.administrator(editor), settings)
	if err != nil {
		p.t.Fatal(err)
	}
	return client, secret.Reveal()
}

func (p *programs) administrator(editor value.Siret) account.Actor {
	return account.Actor{AccountID: 1, Name: "Camille", Role: account.EditorAdmin, Organisation: account.Organisation{Siret: editor}}
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// post sends a form, with headers two by two.
func (p *programs) post(path, form string, headers ...string) answer {
	p.t.Helper()
	return p.ask(http.MethodPost, path, form, append([]string{"Content-Type", formType}, headers...)...)
}

// enter asks for an access token.
func (p *programs) enter(id, secret, scope string) string {
	p.t.Helper()
	got := p.post("/oauth/token", url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}.Encode(), "Authorization", basic(id, secret))
	var grant struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(got.body), &grant); err != nil || got.status != http.StatusOK || grant.Token == "" {
		p.t.Fatalf("no access token: %d %s", got.status, got.body)
	}
	return grant.Token
}

// errs checks an error of RFC 6749.
func (a answer) errs(status int, code string) answer {
	a.t.Helper()
	if a.status != status || !strings.Contains(a.body, `"error":"`+code+`"`) || a.header.Get("Cache-Control") != "no-store" {
		a.t.Errorf("answered %d %s, want %d %s", a.status, a.body, status, code)
	}
	return a
}
