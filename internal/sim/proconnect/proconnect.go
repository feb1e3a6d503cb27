package proconnect

import (
	"net/http"
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
	issuer     oidc.Issuer
	clients    map[string]Client
	identities []Identity
	now        func() time.Time
	keys       *oidc.Keyring
	orders     *oidc.Orders
	pages      oidc.Pages

	sessions     *oidc.Sessions[session]
	interactions *oidc.Shelf[interaction]
	grants       *oidc.Grants[*grant]
	logouts      *oidc.Logouts
	followUps    *oidc.Shelf[ordered] // by client
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
		identities:   append([]Identity{}, options.Identities...),
		now:          now,
		keys:         oidc.NewKeyring(firstKeys()),
		pages:        oidc.NewPages("ProConnect", templates),
		sessions:     oidc.NewSessions[session](cookieName, sessionLife, now),
		interactions: oidc.NewShelf[interaction](interactionLife, now),
		grants:       oidc.NewGrants[*grant](codeLife, tokenLife, now),
		followUps:    oidc.NewShelf[ordered](followUpLife, now),
	}
	s.logouts = oidc.NewLogouts(s.issuer, s.pages, now)
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
		"POST /userinfo":                        s.userinfo,
		"GET /session/end":                      s.endSession,
		"POST /session/end/confirm":             s.confirmEndSession,
		"GET /interaction/{id}":                 s.showInteraction,
		"POST /interaction/{id}/adresse":        s.nameEmail,
		"GET /interaction/{id}/connexion":       s.showLogin,
		"POST /interaction/{id}/connexion":      s.login,
		"POST /interaction/{id}/organisation":   s.chooseOrganization,
		"POST /interaction/{id}/second-facteur": s.confirmFactor,
		"POST /interaction/{id}/retour":         s.abort,
	})
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("/", s.pages.NotFound)
	return mux
}
