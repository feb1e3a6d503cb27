package apiparticulier

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portail-qf/internal/sim/control"
)

// Options says whom the simulator trusts and what it knows. Only the FranceConnect members
// are needed for the FranceConnect routes, only Tokens for the others.
type Options struct {
	// FranceConnect: the issuer's address, under which /checktoken and /jwks lie, and our
	// account of data provider there.
	Issuer       string
	ClientID     string
	ClientSecret string

	Tokens   []Token
	Families []Family // beside the project's own, which they replace where they meet

	RateLimit     int              // requests per second and token; 0: 20, as in production
	ProviderDelay time.Duration    // how long the provider takes to answer
	Now           func() time.Time // nil: the real time
}

// Server is the simulator: the protocol, and DEMO.md's control surface, embedded, around it.
// It is safe for concurrent use.
type Server struct {
	*control.Surface

	issuer, clientID, clientSecret string
	key                            *rsa.PrivateKey
	client                         *http.Client

	tokens        map[string]Token
	families      store
	throttle      throttle
	running       running
	health        health
	providerDelay time.Duration
	now           func() time.Time
}

// productionRate is the limit of §7.6, in requests per second.
const productionRate = 20

// franceConnectTimeout bounds a call to FranceConnect.
const franceConnectTimeout = 10 * time.Second

// ownKey decrypts FranceConnect's answers. It is drawn once in a process: that takes longer
// than most tests.
var ownKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(fmt.Sprintf("apiparticulier: generate key: %v", err))
	}
	return key
})

// New makes the simulator. It panics when the embedded families cannot be read or the
// system gives no randomness: neither depends on options.
func New(options Options) *Server {
	s := &Server{
		issuer:   strings.TrimSuffix(options.Issuer, "/"),
		clientID: options.ClientID, clientSecret: options.ClientSecret,
		key:      ownKey(),
		client:   &http.Client{Timeout: franceConnectTimeout, Transport: &http.Transport{}}, // no proxy: it speaks to this machine
		tokens:   map[string]Token{},
		throttle: throttle{limit: cmp.Or(options.RateLimit, productionRate)},
		running:  running{set: map[string]bool{}}, providerDelay: options.ProviderDelay,
		now: options.Now,
	}
	if s.now == nil {
		s.now = time.Now
	}
	for _, token := range options.Tokens {
		s.tokens[token.Value] = token
	}
	own, err := ownFamilies()
	if err != nil {
		panic(fmt.Sprintf("apiparticulier: %v", err))
	}
	s.families.put(own)
	s.families.put(options.Families)
	s.Surface = control.New(identified(s.routes()))
	s.Handle("PUT /_sim/families", s.putFamilies)
	return s
}

// Families lists every family, the project's own first, a replaced one in its place. Those
// with an Identity are to be offered by FranceConnect.
func (s *Server) Families() []Family { return s.families.all() }

// PublicKey is the key to register at FranceConnect, for which it encrypts its answers.
func (s *Server) PublicKey() jose.JSONWebKey {
	return jose.JSONWebKey{Key: s.key.Public(), KeyID: "api-particulier", Use: "enc", Algorithm: string(keyAlgorithm)}
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v3/dss/quotient_familial/identite", s.quotient(v3, s.administration))
	mux.HandleFunc("GET /v3/dss/quotient_familial/france_connect", s.quotient(v3, s.citizen))
	mux.HandleFunc("GET /api/v2/composition-familiale-v2", s.quotient(v2, s.either))
	mux.HandleFunc("GET /api/introspect", s.introspectOwn)
	mux.HandleFunc("GET /api/france_connect_jwks", s.publishKeys)
	mux.HandleFunc("GET /api/ping", s.ping)
	mux.HandleFunc("GET /api/pings", s.ping)
	mux.HandleFunc("GET /api/cnaf_msa_quotient_familial/ping", s.pingProvider)
	mux.HandleFunc("/api/v2/composition-familiale", gone(oldQuotientGone))
	mux.HandleFunc("/api/v2/", http.NotFound)
	mux.HandleFunc("/api/", gone(firstAPIGone))
	return mux
}

// requestID is what is kept of a client's own X-Request-ID.
var requestID = regexp.MustCompile(`^[\w@.-]{1,255}$`)

// identified names each exchange in X-Request-ID: the client's name for it, or a new one.
func identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-ID")
		if !requestID.MatchString(id) {
			id = newRequestID()
		}
		w.Header().Set("X-Request-ID", id)
		next.ServeHTTP(w, r)
	})
}

// newRequestID is a random UUID (RFC 9562 §5.4).
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: the program would have crashed (crypto/rand)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
