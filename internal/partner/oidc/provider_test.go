package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portail-qf/internal/partner/oidc"
)

// What the fake provider and the client have agreed on. None of it may show in an error.
const (
	clientID     = "portail-qf"
	clientSecret = "secret-of-the-client"
	redirectURL  = "https://portail.exemple.fr/callback"
	code         = "code-of-thirty-seconds"
	accessToken  = "access-token-of-sixty-seconds"
	nonce        = "nonce0123456789nonce0123456789nonce01234567"
	subject      = "sub-of-angela-dubois"
	familyName   = "DUBOIS"
)

var instant = time.Date(2026, time.November, 20, 10, 0, 0, 0, time.UTC)

// provider is a strict OpenID provider of one client, which each test may falsify.
type provider struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	ec       *ecdsa.PrivateKey
	ecKeyID  string
	rs       *rsa.PrivateKey
	seen     map[string]int // path → requests
	verifier string         // PKCE's, expected at /token

	idToken  map[string]any
	userInfo map[string]any
	// How each token is written; the default is ES256 with the provider's key.
	writeIDToken, writeUserInfo func(claims map[string]any) string
	// A handler that replaces that of a path.
	instead map[string]http.HandlerFunc
}

func startProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{
		t: t, ec: newEC(t), ecKeyID: "pkcs11:ES256:hsm", rs: newRSA(t),
		seen: map[string]int{}, instead: map[string]http.HandlerFunc{},
	}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	times := map[string]any{"iat": instant.Unix(), "exp": instant.Add(time.Minute).Unix()}
	p.idToken = map[string]any{"iss": p.issuer(), "aud": clientID, "sub": subject, "nonce": nonce, "acr": "eidas1", "auth_time": instant.Unix()}
	p.userInfo = map[string]any{"iss": p.issuer(), "aud": clientID, "sub": subject, "family_name": familyName}
	maps.Copy(p.idToken, times)
	maps.Copy(p.userInfo, times)
	p.writeIDToken, p.writeUserInfo = p.signES, p.signES
	return p
}

func newEC(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// oneRSA spares each test the making of a key, which is slow.
var oneRSA = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := oneRSA()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (p *provider) issuer() string { return p.URL + "/api/v2" }

// client is registered at the provider with ES256 and the level eidas1.
func (p *provider) client(changes ...func(*oidc.Config)) *oidc.Client {
	config := oidc.Config{
		Issuer: p.issuer(), ClientID: clientID, ClientSecret: clientSecret, RedirectURL: redirectURL,
		Scopes: []string{"openid", "identite_pivot"}, Algorithm: "ES256", Levels: []string{"eidas1"},
		Now: func() time.Time { return instant },
	}
	for _, change := range changes {
		change(&config)
	}
	return oidc.New(config)
}

func (p *provider) answer() oidc.Answer { return oidc.Answer{Code: code, Issuer: p.issuer()} }

func (p *provider) requests(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[path]
}

func (p *provider) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v2")
	p.mu.Lock()
	p.seen[path]++
	instead := p.instead[path]
	p.mu.Unlock()
	switch {
	case instead != nil:
		instead(w, r)
	case path == "/jwks" && r.Method == http.MethodGet:
		p.serveKeys(w)
	case path == "/token" && r.Method == http.MethodPost:
		p.serveToken(w, r)
	case path == "/userinfo" && r.Method == http.MethodGet:
		p.serveUserInfo(w, r)
	default:
		p.t.Errorf("unexpected request: %s %s", r.Method, r.URL.Path)
		http.NotFound(w, r)
	}
}

func (p *provider) serveKeys(w http.ResponseWriter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	writeJSON(w, "application/jwk-set+json", http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: &p.ec.PublicKey, KeyID: p.ecKeyID, Algorithm: "ES256", Use: "sig"},
		{Key: &p.rs.PublicKey, KeyID: "pkcs11:RS256:hsm", Algorithm: "RS256", Use: "sig"},
		{Key: &p.rs.PublicKey, KeyID: "encryption", Algorithm: "RSA-OAEP", Use: "enc"},
	}})
}

func (p *provider) serveToken(w http.ResponseWriter, r *http.Request) {
	if _, _, basic := r.BasicAuth(); basic {
		p.t.Error("the secret came by Basic, client_secret_post was expected")
	}
	want := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURL},
		"client_id": {clientID}, "client_secret": {clientSecret},
	}
	if p.verifier != "" {
		want.Set("code_verifier", p.verifier)
	}
	if err := r.ParseForm(); err != nil || r.PostForm.Encode() != want.Encode() {
		p.t.Errorf("token request: got %q, want %q", r.PostForm.Encode(), want.Encode())
	}
	writeJSON(w, "application/json", http.StatusOK, map[string]any{
		"access_token": accessToken, "expires_in": 60, "token_type": "Bearer", "scope": "openid",
		"id_token": p.writeIDToken(p.idToken),
	})
}

func (p *provider) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	if got := r.Header.Get("Authorization"); got != "Bearer "+accessToken {
		p.t.Errorf("userinfo authorization: got %q", got)
	}
	w.Header().Set("Content-Type", "application/jwt; charset=utf-8")
	fmt.Fprint(w, p.writeUserInfo(p.userInfo))
}

func (p *provider) signES(claims map[string]any) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return sign(p.t, jose.ES256, p.ec, p.ecKeyID, claims)
}

func (p *provider) signRS(claims map[string]any) string {
	return sign(p.t, jose.RS256, p.rs, "pkcs11:RS256:hsm", claims)
}

// rotate gives the provider a new key, of another id or of the same: FranceConnect's ids
// name a slot of its hardware module.
func (p *provider) rotate(keyID string) {
	fresh := newEC(p.t)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ec, p.ecKeyID = fresh, keyID
}

func sign(t *testing.T, algorithm jose.SignatureAlgorithm, key any, keyID string, claims map[string]any) string {
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: keyID}}, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Error(err)
		return ""
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Error(err)
		return ""
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return compact
}

// unsigned writes a token with the algorithm "none".
func unsigned(claims map[string]any) string {
	payload, _ := json.Marshal(claims)
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none"}`)) + "." + encode(payload) + "."
}

func writeJSON(w http.ResponseWriter, kind string, status int, body any) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// secrets lists what no error may repeat.
func secrets() []string {
	return []string{clientSecret, code, accessToken, nonce, subject, familyName, "description", "eyJ"}
}

func assertSilent(t *testing.T, err error) {
	t.Helper()
	if at := slices.IndexFunc(secrets(), func(secret string) bool { return strings.Contains(err.Error(), secret) }); at >= 0 {
		t.Errorf("the error repeats %q: %v", secrets()[at], err)
	}
}
