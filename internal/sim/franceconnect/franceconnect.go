package franceconnect

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portail-qf/internal/sim/control"
	"portail-qf/internal/sim/oidc"
)

// The lifetimes of reference/identity.md §1.3 and §1.4.
const (
	codeLife        = 30 * time.Second
	tokenLife       = 60 * time.Second
	interactionLife = 30 * time.Minute
	sessionLife     = 30 * time.Minute // sliding
)

// Options is what a simulator is made of.
type Options struct {
	Issuer     string // "http://localhost:8081/api/v2"; its path is where the endpoints are
	Clients    []Client
	Providers  []Provider
	Identities []Identity       // offered on the pages, in this order
	Now        func() time.Time // nil: the real clock
}

// Client is a registered service ("fournisseur de service", §1.2).
type Client struct {
	ID                     string
	Secret                 string
	Name                   string // shown on the pages
	Entity                 string // what sub is derived from; "": ID
	Alg                    jose.SignatureAlgorithm
	RedirectURIs           []string // compared exactly
	PostLogoutRedirectURIs []string
	Scopes                 []string // those it is entitled to, besides openid
	MayRequestAMR          bool
}

// Provider is a registered data provider ("fournisseur de données", §1.8).
type Provider struct {
	ID            string
	Secret        string
	Alg           jose.SignatureAlgorithm // of the inner JWS; "": ES256
	EncryptionKey jose.JSONWebKey         // public; RSA (RSA-OAEP-256) or EC (ECDH-ES)
	Scopes        []string                // those that it may learn
}

// Identity is a person whom the pages offer.
type Identity struct {
	Key    string         `json:"key"`
	Label  string         `json:"label"`
	Claims map[string]any `json:"claims"`
	// Expect tells a test what data this person's quotient gives: ok, not_found or error.
	Expect string `json:"expect"`
	// Refusal is the code of the page by which FranceConnect itself refuses this person
	// (Y600006, E010015…). Empty: the person signs in.
	Refusal string `json:"-"`
}

// Server simulates FranceConnect. The embedded surface serves it over HTTP and takes its
// orders.
type Server struct {
	*control.Surface
	issuer     string
	base       string // path of the issuer
	clients    map[string]Client
	providers  map[string]Provider
	identities []Identity
	now        func() time.Time
	keys       *oidc.Keyring
	orders     *oidc.Orders

	mu           sync.Mutex
	interactions oidc.Shelf[interaction]
	sessions     oidc.Shelf[session]
	codes        oidc.Shelf[*grant]
	tokens       oidc.Shelf[*grant]
	logouts      oidc.Shelf[logout]
}

// New builds a simulator with fresh keys. An issuer that is not an absolute URL is a
// mistake of the program: it panics.
func New(options Options) *Server {
	issuer, err := url.Parse(options.Issuer)
	if err != nil || issuer.Host == "" {
		panic("franceconnect: the issuer must be an absolute URL")
	}
	s := &Server{
		issuer:     options.Issuer,
		base:       strings.TrimSuffix(issuer.Path, "/"),
		clients:    map[string]Client{},
		providers:  map[string]Provider{},
		identities: append([]Identity{}, options.Identities...),
		now:        options.Now,
		keys:       oidc.NewKeyring(),
	}
	if s.now == nil {
		s.now = time.Now
	}
	for _, client := range options.Clients {
		if client.Entity == "" {
			client.Entity = client.ID
		}
		if client.Alg == "" {
			client.Alg = jose.ES256
		}
		s.clients[client.ID] = client
	}
	for _, provider := range options.Providers {
		if provider.Alg == "" {
			provider.Alg = jose.ES256
		}
		s.providers[provider.ID] = provider
	}
	s.orders = oidc.NewOrders(func(key string) bool {
		_, found := s.findIdentity(key)
		return found
	})
	s.Surface = control.New(s.protocol())
	s.Handle("GET /_sim/identities", s.listIdentities)
	s.Handle("GET /_sim/next", s.orders.List)
	s.Handle("POST /_sim/next", s.orders.Queue)
	return s
}

// RotateKeys replaces the signing keys; the key ids stay, as they do at the real one.
// An id_token signed before is still good as a logout hint.
func (s *Server) RotateKeys() { s.keys.Rotate() }

func (s *Server) protocol() http.Handler {
	mux := http.NewServeMux()
	handle := func(method, path string, handler http.HandlerFunc) {
		mux.HandleFunc(method+" "+s.base+path, handler)
	}
	handle("GET", "/.well-known/openid-configuration", s.discovery)
	handle("GET", "/jwks", s.keys.Publish)
	handle("GET", "/authorize", s.authorize)
	handle("POST", "/authorize", s.authorize)
	handle("POST", "/token", s.token)
	handle("GET", "/userinfo", s.userinfo)
	handle("POST", "/checktoken", s.checkToken)
	handle("GET", "/session/end", s.endSession)
	handle("POST", "/session/end/confirm", s.confirmEndSession)
	handle("GET", "/interaction/{id}", s.showInteraction)
	handle("GET", "/interaction/{id}/connexion", s.showLogin)
	handle("POST", "/interaction/{id}/connexion", s.login)
	handle("POST", "/interaction/{id}/continuer", s.resume)
	handle("POST", "/interaction/{id}/retour", s.abort)
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.refusePage(w, http.StatusNotFound, oidc.PageRefusal{Reason: "Cette page n’existe pas."})
	})
	return mux
}
