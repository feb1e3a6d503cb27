package proconnect_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/partner/proconnect"
)

const (
	state       = "state0123456789state0123456789state01234567"
	nonce       = "nonce0123456789nonce0123456789nonce01234567"
	verifier    = "verifier0123456789verifier0123456789verifier0"
	secret      = "secret-of-the-client"
	token       = "access-token-of-one-hour"
	refresh     = "refresh-token-without-use"
	subject     = "9c8f0b1e-6b58-4c39-8d0c-3f6a2f3f7a10"
	redirectURL = "https://portail.exemple.fr/connexion/retour"
)

// proConnect is a strict provider of one client, which each test may falsify. It answers
// as ProConnect does (reference/identity.md §2.2 to §2.4): acr and amr only when claims
// asks for them, a header with typ, at_hash, six members at /token, a signed userinfo.
type proConnect struct {
	*httptest.Server
	t         *testing.T
	algorithm jose.SignatureAlgorithm // the registered one

	mu      sync.Mutex
	ec      *ecdsa.PrivateKey
	rs      *rsa.PrivateKey
	slot    string     // a part of the keys' ids
	request url.Values // the last at /authorize

	acr, amr          any            // how the person proved who they are
	idToken, userInfo map[string]any // what replaces the claims of each
	callback          url.Values     // what replaces the parameters of the return
	typ               string         // of the headers; "" for none
	// How each token is written; the default is the registered algorithm.
	writeIDToken, writeUserInfo func(claims map[string]any) string
	instead                     map[string]http.HandlerFunc // replaces the handler of a path
}

func start(t *testing.T, algorithm jose.SignatureAlgorithm) *proConnect {
	t.Helper()
	pc := &proConnect{
		t: t, algorithm: algorithm, ec: newEC(t), rs: newRSA(t), slot: "hsm", typ: "JWT",
		acr: "eidas1", amr: []string{"pwd"}, instead: map[string]http.HandlerFunc{},
		idToken: map[string]any{}, userInfo: map[string]any{}, callback: url.Values{},
	}
	pc.writeIDToken, pc.writeUserInfo = pc.sign, pc.sign
	pc.Server = httptest.NewServer(http.HandlerFunc(pc.serve))
	t.Cleanup(pc.Close)
	return pc
}

func (pc *proConnect) issuer() string { return pc.URL + "/api/v2" }

func (pc *proConnect) client(changes ...func(*proconnect.Config)) *proconnect.Client {
	config := proconnect.Config{
		Issuer: pc.issuer(), ClientID: "portail", ClientSecret: secret, RedirectURL: redirectURL,
		PostLogoutRedirectURL: "https://portail.exemple.fr/deconnexion/retour",
		Algorithm:             string(pc.algorithm), PKCE: true,
	}
	for _, change := range changes {
		change(&config)
	}
	return proconnect.New(config)
}

// signIn leaves for ProConnect as the browser does and brings its answer back.
func (pc *proConnect) signIn(client *proconnect.Client) (account.Person, error) {
	pc.t.Helper()
	return pc.comeBack(client, account.Departure{State: state, Nonce: nonce, Verifier: verifier})
}

func (pc *proConnect) comeBack(client *proconnect.Client, departure account.Departure) (account.Person, error) {
	pc.t.Helper()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := browser.Get(client.AuthorizeURL(departure))
	if err != nil {
		pc.t.Fatal(err)
	}
	_ = response.Body.Close()
	location, err := response.Location()
	if err != nil {
		pc.t.Fatalf("no redirection: status %d", response.StatusCode)
	}
	back := location.Query()
	return client.SignIn(pc.t.Context(), account.SignInAnswer{
		Code: back.Get("code"), State: back.Get("state"), Issuer: back.Get("iss"), Error: back.Get("error"),
	}, nonce, departure.Verifier)
}

func (pc *proConnect) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v2")
	if instead := pc.instead[path]; instead != nil {
		instead(w, r)
		return
	}
	switch r.Method + " " + path {
	case "GET /authorize":
		pc.serveAuthorize(w, r)
	case "POST /token":
		pc.serveToken(w, r)
	case "GET /userinfo":
		if got := r.Header.Get("Authorization"); got != "Bearer "+token {
			pc.t.Errorf("userinfo authorization: got %q", got)
		}
		w.Header().Set("Content-Type", "application/jwt; charset=utf-8")
		fmt.Fprint(w, pc.writeUserInfo(pc.claims(camille(), pc.userInfo)))
	case "GET /jwks":
		pc.serveKeys(w)
	default:
		pc.t.Errorf("unexpected request: %s %s", r.Method, r.URL.Path)
		http.NotFound(w, r)
	}
}

// serveAuthorize sends the browser back with a code, and keeps what the code was asked for.
func (pc *proConnect) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	pc.mu.Lock()
	pc.request = r.URL.Query()
	pc.mu.Unlock()
	back := url.Values{"code": {"good"}, "state": {pc.request.Get("state")}, "iss": {pc.issuer()}}
	for name, values := range pc.callback {
		back[name] = values
	}
	http.Redirect(w, r, redirectURL+"?"+back.Encode(), http.StatusSeeOther)
}

func (pc *proConnect) serveToken(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	want := url.Values{
		"grant_type": {"authorization_code"}, "code": {"good"}, "redirect_uri": {redirectURL},
		"client_id": {"portail"}, "client_secret": {secret},
	}
	given := r.PostForm.Get("code_verifier")
	r.PostForm.Del("code_verifier")
	if r.PostForm.Encode() != want.Encode() {
		pc.t.Errorf("token request: got %q, want %q", r.PostForm.Encode(), want.Encode())
	}
	pc.mu.Lock()
	asked := pc.request
	pc.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	// A verifier without a challenge is refused as much as a challenge without a verifier.
	if asked.Has("code_challenge") != (given != "") || given != "" && challenge(given) != asked.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"grant request is invalid"}`)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": token, "expires_in": 3600, "token_type": "Bearer", "scope": asked.Get("scope"),
		"refresh_token": refresh, "id_token": pc.writeIDToken(pc.claims(pc.proofs(asked), pc.idToken)),
	})
}

// proofs are the claims of an id_token. "Without claims.id_token.acr, the id_token has no
// acr; without claims.id_token.amr, no amr" (reference/identity.md §2.2).
func (pc *proConnect) proofs(asked url.Values) map[string]any {
	var claims struct {
		IDToken map[string]any `json:"id_token"`
	}
	_ = json.Unmarshal([]byte(asked.Get("claims")), &claims)
	proofs := map[string]any{"nonce": asked.Get("nonce"), "auth_time": time.Now().Unix(), "at_hash": hash(token)}
	if _, wanted := claims.IDToken["acr"]; wanted && pc.acr != nil {
		proofs["acr"] = pc.acr
	}
	if _, wanted := claims.IDToken["amr"]; wanted && pc.amr != nil {
		proofs["amr"] = pc.amr
	}
	return proofs
}

// claims adds to a token what all have, then what the test replaces; nil removes.
func (pc *proConnect) claims(own, replaced map[string]any) map[string]any {
	now := time.Now()
	claims := map[string]any{
		"iss": pc.issuer(), "aud": "portail", "sub": subject, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	maps.Copy(claims, own)
	maps.Copy(claims, replaced)
	maps.DeleteFunc(claims, func(_ string, claim any) bool { return claim == nil })
	return claims
}

func (pc *proConnect) serveKeys(w http.ResponseWriter) {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: &pc.ec.PublicKey, KeyID: pc.keyID(jose.ES256), Algorithm: "ES256", Use: "sig"},
		{Key: &pc.rs.PublicKey, KeyID: pc.keyID(jose.RS256), Algorithm: "RS256", Use: "sig"},
	}})
}

func (pc *proConnect) keyID(algorithm jose.SignatureAlgorithm) string {
	return "pkcs11:" + string(algorithm) + ":" + pc.slot
}

func (pc *proConnect) sign(claims map[string]any) string { return pc.signWith(pc.algorithm, claims) }

// signOther signs with the provider's key of the algorithm that is not registered.
func (pc *proConnect) signOther(claims map[string]any) string {
	if pc.algorithm == jose.RS256 {
		return pc.signWith(jose.ES256, claims)
	}
	return pc.signWith(jose.RS256, claims)
}

func (pc *proConnect) signWith(algorithm jose.SignatureAlgorithm, claims map[string]any) string {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	var key any = pc.rs
	if algorithm == jose.ES256 {
		key = pc.ec
	}
	return pc.write(algorithm, key, pc.keyID(algorithm), claims)
}

// signRogue signs with a key of the right kind and id that is not the provider's.
func (pc *proConnect) signRogue(claims map[string]any) string {
	var key any = newEC(pc.t)
	if pc.algorithm == jose.RS256 {
		rogue, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			pc.t.Error(err)
		}
		key = rogue
	}
	return pc.write(pc.algorithm, key, pc.keyID(pc.algorithm), claims)
}

// signHS signs with the secret that both know, under the id of a true key.
func (pc *proConnect) signHS(claims map[string]any) string {
	return pc.write(jose.HS256, []byte(secret+secret), pc.keyID(pc.algorithm), claims)
}

func (pc *proConnect) write(algorithm jose.SignatureAlgorithm, key any, keyID string, claims map[string]any) string {
	options := &jose.SignerOptions{}
	if pc.typ != "" {
		options.WithType(jose.ContentType(pc.typ))
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: keyID}}, options)
	if err != nil {
		pc.t.Error(err)
		return ""
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		pc.t.Error(err)
		return ""
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		pc.t.Error(err)
		return ""
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		pc.t.Error(err)
	}
	return compact
}

// unsigned writes a token of the algorithm "none".
func unsigned(claims map[string]any) string {
	payload, _ := json.Marshal(claims)
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + encode(payload) + "."
}

// rotate gives the provider new keys, under new ids.
func (pc *proConnect) rotate() {
	fresh, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		pc.t.Fatal(err)
	}
	pc.mu.Lock()
	defer pc.mu.Unlock()
	pc.ec, pc.rs, pc.slot = newEC(pc.t), fresh, pc.slot+"+"
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

// challenge is PKCE's S256 (RFC 7636 §4.2).
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// hash is at_hash of a token signed with SHA-256 (OpenID Connect Core §3.1.3.6).
func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// camille is an agent of a town hall, as ProConnect knows them.
func camille() map[string]any {
	return map[string]any{
		"given_name": "Camille", "usual_name": "Ferrand", "email": "Camille.Ferrand@Mairie-Exemple.fr",
		"siret": "21040107100019", "idp_id": "71144ab3-ee1a-4401-b7b3-79b44f7daeeb",
		"organization_label": "COMMUNE DE LES ALPES", "uid": "42",
	}
}
