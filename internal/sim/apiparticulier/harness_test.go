package apiparticulier_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/apiparticulier"
)

const (
	recipient    = "21310555400017" // its key holds
	clientID     = "api-particulier"
	clientSecret = "secret-of-the-data-provider"

	identityPath = "/v3/dss/quotient_familial/identite"
	citizenPath  = "/v3/dss/quotient_familial/france_connect"
	oldPath      = "/api/v2/composition-familiale-v2"
)

var allScopes = []string{"cnaf_quotient_familial", "cnaf_allocataires", "cnaf_enfants", "cnaf_adresse"}

// today is when the tests run: the official families ask for May 2026.
var today = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// issuer is FranceConnect as the simulator sees it: /checktoken and /jwks.
type issuer struct {
	*httptest.Server
	t       *testing.T
	signing *ecdsa.PrivateKey

	mu        sync.Mutex
	tokens    map[string]map[string]any // token → token_introspection
	recipient jose.JSONWebKey           // whom answers are encrypted for
	envelope  map[string]any            // the members beside token_introspection
	answer    http.HandlerFunc          // when not nil, answers instead
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, signing: signing, tokens: map[string]map[string]any{}, envelope: map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v2/checktoken", i.checkToken)
	mux.HandleFunc("GET /api/v2/jwks", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwk-set+json")
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: signing.Public(), KeyID: "sig", Use: "sig", Algorithm: "ES256"}}})
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) checkToken(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.answer != nil {
		i.answer(w, r)
		return
	}
	if r.PostFormValue("client_id") != clientID || r.PostFormValue("client_secret") != clientSecret {
		http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
		return
	}
	if !strings.HasPrefix(r.PostFormValue("token"), "fc-") {
		http.Error(w, `{"error":"invalid_request"}`, http.StatusBadRequest)
		return
	}
	introspection, known := i.tokens[r.PostFormValue("token")]
	if !known {
		introspection = map[string]any{"active": false}
	}
	w.Header().Set("Content-Type", "application/token-introspection+jwt")
	_, _ = io.WriteString(w, i.seal(introspection, i.signing))
}

// seal signs the introspection, then encrypts it for the data provider.
func (i *issuer) seal(introspection map[string]any, signing *ecdsa.PrivateKey) string {
	members := maps.Clone(i.envelope)
	members["token_introspection"] = introspection
	payload, err := json.Marshal(members)
	if err != nil {
		i.t.Error(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: signing, KeyID: "sig"}}, nil)
	if err != nil {
		i.t.Error(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		i.t.Error(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		i.t.Error(err)
	}
	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.KeyAlgorithm(i.recipient.Algorithm), Key: i.recipient.Key, KeyID: i.recipient.KeyID}, nil)
	if err != nil {
		i.t.Error(err)
	}
	encrypted, err := encrypter.Encrypt([]byte(compact))
	if err != nil {
		i.t.Error(err)
	}
	sealed, err := encrypted.CompactSerialize()
	if err != nil {
		i.t.Error(err)
	}
	return sealed
}

// signIn makes a token for a person; members of change replace those of the introspection.
func (i *issuer) signIn(claims, change map[string]any) (token string) {
	introspection := map[string]any{
		"active": true, "aud": "service-provider", "sub": strings.Repeat("a", 64) + "v1", "acr": "eidas1", "jti": "j",
		"iat": today.Unix(), "exp": today.Unix() + 60, "scope": strings.Join(allScopes, " "),
	}
	maps.Copy(introspection, claims)
	maps.Copy(introspection, change)
	i.mu.Lock()
	defer i.mu.Unlock()
	token = "fc-" + rand.Text()
	i.tokens[token] = introspection
	return token
}

// bench is a simulator on a real connection with its FranceConnect.
type bench struct {
	t   *testing.T
	sim *apiparticulier.Server
	url string
	fc  *issuer
}

func newBench(t *testing.T, change func(*apiparticulier.Options)) *bench {
	t.Helper()
	fc := newIssuer(t)
	options := apiparticulier.Options{
		Issuer: fc.URL + "/api/v2", ClientID: clientID, ClientSecret: clientSecret,
		RateLimit: 1000, Now: func() time.Time { return today },
		Tokens: []apiparticulier.Token{
			{Value: "full", Name: "Restauration scolaire", Siret: recipient, Scopes: allScopes},
			{Value: "expired", Siret: recipient, Scopes: allScopes, Expired: true},
			{Value: "blacklisted", Siret: recipient, Scopes: allScopes, Blacklisted: true},
			{Value: "other-scopes", Siret: recipient, Scopes: []string{"dgfip_declarant1_nom"}},
			{Value: "quotient-only", Siret: recipient, Scopes: allScopes[:1]},
		},
	}
	if change != nil {
		change(&options)
	}
	sim := apiparticulier.New(options)
	fc.recipient = sim.PublicKey()
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return &bench{t, sim, server.URL, fc}
}

// answered is what a call came back with.
type answered struct {
	status int
	header http.Header
	body   []byte
}

func (a answered) json(t *testing.T) any {
	t.Helper()
	return parse(t, a.body)
}

// errorCodes lists the codes of a v3 refusal.
func (a answered) errorCodes(t *testing.T) []string {
	t.Helper()
	var refusal struct {
		Errors []struct{ Code string }
	}
	if err := json.Unmarshal(a.body, &refusal); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	var codes []string
	for _, each := range refusal.Errors {
		codes = append(codes, each.Code)
	}
	return codes
}

func parse(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("not JSON: %s: %v", text, err)
	}
	return value
}

// get calls a path with a query and headers given two by two.
func (b *bench) get(path string, query url.Values, headers ...string) answered {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path+"?"+query.Encode(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return b.send(request)
}

func (b *bench) send(request *http.Request) answered {
	b.t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answered{response.StatusCode, response.Header, body}
}

// put orders families as DEMO.md says.
func (b *bench) put(families string) answered {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodPut, b.url+"/_sim/families", strings.NewReader(families))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send(request)
}

// lucie is a request that an own family answers.
func lucie() url.Values {
	return url.Values{
		"recipient": {recipient}, "nomNaissance": {"GARNIER"}, "prenoms[]": {"LUCIE", "MARTHE"},
		"anneeDateNaissance": {"1990"}, "moisDateNaissance": {"2"}, "jourDateNaissance": {"14"}, "sexeEtatCivil": {"F"},
		"codeCogInseeCommuneNaissance": {"31555"}, "codeCogInseePaysNaissance": {"99100"},
	}
}

// oldLucie is the same request in v2.
func oldLucie() url.Values { return inOldWords(lucie()) }

func inOldWords(query url.Values) url.Values {
	names := map[string]string{
		"anneeDateNaissance": "anneeDateDeNaissance", "moisDateNaissance": "moisDateDeNaissance", "jourDateNaissance": "jourDateDeNaissance",
		"sexeEtatCivil": "sexe", "codeCogInseeCommuneNaissance": "codeInseeLieuDeNaissance",
		"codeCogInseePaysNaissance": "codePaysLieuDeNaissance", "codeCogInseeDepartementNaissance": "codeInseeDepartementNaissance",
	}
	old := url.Values{}
	for name, value := range query {
		if renamed, found := names[name]; found {
			name = renamed
		}
		old[name] = value
	}
	return old
}

// angela is the person of FranceConnect's sandbox.
func angela() map[string]any {
	return map[string]any{
		"family_name": "DUBOIS", "given_name": "Angela Claire Louise", "given_name_array": []string{"Angela", "Claire", "Louise"},
		"gender": "female", "birthdate": "1962-08-24", "birthplace": "75107", "birthcountry": "99100",
	}
}

func toRecipient() url.Values { return url.Values{"recipient": {recipient}} }

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
