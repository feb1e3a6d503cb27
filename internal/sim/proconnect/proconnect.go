package proconnect

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

// The lifetimes of reference/identity.md §2.3, the stricter where sources disagree. The
// contract does not give that of an interaction.
const (
	codeLife        = 60 * time.Second
	tokenLife       = time.Hour
	sessionLife     = 12 * time.Hour // not sliding
	interactionLife = 30 * time.Minute
)

// Options is what a simulator is made of.
type Options struct {
	Issuer     string // "http://localhost:8082/api/v2"; its path is where the endpoints are
	Clients    []Client
	Identities []Identity       // offered on the pages, in this order
	Now        func() time.Time // nil: the real clock
}

// Client is a registered service ("fournisseur de service", §2.1).
type Client struct {
	ID                     string
	Secret                 string
	Name                   string                  // shown on the pages
	Alg                    jose.SignatureAlgorithm // "": RS256
	RedirectURIs           []string                // compared exactly
	PostLogoutRedirectURIs []string
	Scopes                 []string // those it is entitled to, besides openid
	PublicOnly             bool     // refuses who is not a public agent (§2.8)
}

// Identity is a person whom the pages offer. Its claims are those of package doc.
type Identity struct {
	Key    string         `json:"key"`
	Label  string         `json:"label"`
	Claims map[string]any `json:"claims"`
	// Expect tells a test how this person fares: ok, not_found or error.
	Expect string `json:"expect"`
}

// Server simulates ProConnect. The embedded surface serves it over HTTP and takes its
// orders.
type Server struct {
	*control.Surface
	issuer     string
	base       string // path of the issuer
	clients    map[string]Client
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
	followUps    oidc.Shelf[ordered] // by client
}

// New builds a simulator with fresh keys. An issuer that is not an absolute URL is a
// mistake of the program: it panics.
func New(options Options) *Server {
	issuer, err := url.Parse(options.Issuer)
	if err != nil || issuer.Host == "" {
		panic("proconnect: the issuer must be an absolute URL")
	}
	s := &Server{
		issuer:     options.Issuer,
		base:       strings.TrimSuffix(issuer.Path, "/"),
		clients:    map[string]Client{},
		identities: append([]Identity{}, options.Identities...),
		now:        options.Now,
		keys:       oidc.NewKeyring(),
	}
	if s.now == nil {
		s.now = time.Now
	}
	for _, client := range options.Clients {
		if client.Alg == "" {
			client.Alg = jose.RS256
		}
		s.clients[client.ID] = client
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
	handle("POST", "/userinfo", s.userinfo)
	handle("GET", "/session/end", s.endSession)
	handle("POST", "/session/end/confirm", s.confirmEndSession)
	handle("GET", "/interaction/{id}", s.showInteraction)
	handle("POST", "/interaction/{id}/adresse", s.nameEmail)
	handle("GET", "/interaction/{id}/connexion", s.showLogin)
	handle("POST", "/interaction/{id}/connexion", s.login)
	handle("POST", "/interaction/{id}/organisation", s.chooseOrganization)
	handle("POST", "/interaction/{id}/second-facteur", s.confirmFactor)
	handle("POST", "/interaction/{id}/retour", s.abort)
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.refusePage(w, http.StatusNotFound, oidc.PageRefusal{Reason: "Cette page n’existe pas."})
	})
	return mux
}
