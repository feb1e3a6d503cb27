package franceconnect

import (
	"net/http"
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
	issuer     oidc.Issuer
	clients    map[string]Client
	providers  map[string]Provider
	identities []Identity
	now        func() time.Time
	keys       *oidc.Keyring
	orders     *oidc.Orders
	pages      oidc.Pages

	sessions     *oidc.Sessions[session]
	interactions *oidc.Shelf[interaction]
	grants       *oidc.Grants[*grant]
	logouts      *oidc.Logouts
}

// firstKeys are drawn once in a process: that takes longer than most tests.
var firstKeys = sync.OnceValue(oidc.DrawKeys)

// New builds a simulator. An issuer that is not an absolute URL is a
// mistake of the program: it panics.
func New(options Options) *Server {
	now := options.Now
	if now == nil {
		now = time.Now
	}
	s := &Server{
		issuer:       oidc.NewIssuer(options.Issuer),
		clients:      map[string]Client{},
		providers:    map[string]Provider{},
		identities:   append([]Identity{}, options.Identities...),
		now:          now,
		keys:         oidc.NewKeyring(firstKeys()),
		pages:        oidc.NewPages("FranceConnect", templates),
		sessions:     oidc.NewSessions[session](cookieName, sessionLife, now),
		interactions: oidc.NewShelf[interaction](interactionLife, now),
		grants:       oidc.NewGrants[*grant](codeLife, tokenLife, now),
	}
	s.logouts = oidc.NewLogouts(s.issuer, s.pages, now)
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
	s.orders.Control(s.Surface, s.identities)
	return s
}

// RotateKeys replaces the signing keys; the key ids stay, as they do at the real one.
// An id_token signed before is still good as a logout hint.
func (s *Server) RotateKeys() { s.keys.Rotate() }

func (s *Server) protocol() http.Handler {
	mux := s.issuer.Routes(map[string]http.HandlerFunc{
		"GET /.well-known/openid-configuration": s.discovery,
		"GET /jwks":                             s.keys.Publish,
		"GET /authorize":                        s.authorize,
		"POST /authorize":                       s.authorize,
		"POST /token":                           s.token,
		"GET /userinfo":                         s.userinfo,
		"POST /checktoken":                      s.checkToken,
		"GET /session/end":                      s.endSession,
		"POST /session/end/confirm":             s.confirmEndSession,
		"GET /interaction/{id}":                 s.showInteraction,
		"GET /interaction/{id}/connexion":       s.showLogin,
		"POST /interaction/{id}/connexion":      s.login,
		"POST /interaction/{id}/continuer":      s.resume,
		"POST /interaction/{id}/retour":         s.abort,
	})
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("/", s.pages.NotFound)
	return mux
}
