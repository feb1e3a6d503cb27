package franceconnect_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/franceconnect"
)

const (
	nonce   = "nonce0123456789nonce0123456789nonce01234567"
	subject = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefv1"
	secret  = "secret-of-the-client"
	token   = "access-token-of-sixty-seconds"
)

// franceConnect answers the code "good" as FranceConnect does, with what userinfo holds.
type franceConnect struct {
	*httptest.Server
	key      *ecdsa.PrivateKey
	userInfo map[string]any
	level    string
	// refuse, when set, is the error of /token.
	refuse       string
	refuseStatus int
}

func start(t *testing.T, userInfo map[string]any) *franceConnect {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	fc := &franceConnect{key: key, userInfo: userInfo, level: "eidas1"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v2/jwks", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
			{Key: &key.PublicKey, KeyID: "pkcs11:ES256:hsm", Algorithm: "ES256", Use: "sig"},
		}})
	})
	mux.HandleFunc("POST /api/v2/token", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if fc.refuse != "" {
			w.WriteHeader(fc.refuseStatus)
			fmt.Fprintf(w, `{"error":%q,"error_description":"grant request is invalid","error_uri":"https://exemple.fr"}`, fc.refuse)
			return
		}
		if r.PostFormValue("code") != "good" || r.PostFormValue("client_secret") != secret || r.PostForm.Has("code_verifier") {
			t.Errorf("token request: got %v", r.PostForm)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"access_token": token, "expires_in": 60, "token_type": "Bearer", "scope": "openid",
			"id_token": fc.sign(t, map[string]any{"nonce": nonce, "acr": fc.level}),
		})
	})
	mux.HandleFunc("GET /api/v2/userinfo", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			t.Error("userinfo was asked without the access token")
		}
		w.Header().Set("Content-Type", "application/jwt; charset=utf-8")
		fmt.Fprint(w, fc.sign(t, fc.userInfo))
	})
	fc.Server = httptest.NewServer(mux)
	t.Cleanup(fc.Close)
	return fc
}

func (fc *franceConnect) sign(t *testing.T, claims map[string]any) string {
	now := time.Now()
	payload := map[string]any{
		"iss": fc.issuer(), "aud": "portail", "sub": subject, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for name, claim := range claims {
		payload[name] = claim
	}
	text, err := json.Marshal(payload)
	if err != nil {
		t.Error(err)
		return ""
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: fc.key, KeyID: "pkcs11:ES256:hsm"},
	}, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	signed, err := signer.Sign(text)
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

func (fc *franceConnect) issuer() string { return fc.URL + "/api/v2" }

func (fc *franceConnect) client() *franceconnect.Client {
	return franceconnect.New(franceconnect.Config{
		Issuer: fc.issuer(), ClientID: "portail", ClientSecret: secret,
		RedirectURL:           "https://portail.exemple.fr/callback",
		PostLogoutRedirectURL: "https://portail.exemple.fr/logout-callback",
	})
}

func (fc *franceConnect) signIn(t *testing.T) (dossier.SignedIn, error) {
	t.Helper()
	return fc.client().SignIn(t.Context(), dossier.SignInAnswer{Code: "good", State: "state", Issuer: fc.issuer()}, nonce)
}

// "anything else: HTTP 400 page, no redirect" (reference/identity.md §1.3); scopes of
// formulaire-qf.md §3.1.
func TestAuthorizeURLHasTheListedParametersAndNoOther(t *testing.T) {
	client := franceconnect.New(franceconnect.Config{
		Issuer: "https://fc.exemple.fr/api/v2", ClientID: "portail", ClientSecret: secret,
		RedirectURL: "https://portail.exemple.fr/callback",
	})
	base, query, _ := strings.Cut(client.AuthorizeURL("state", nonce), "?")
	if base != "https://fc.exemple.fr/api/v2/authorize" {
		t.Errorf("address: got %q", base)
	}
	got, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"response_type": {"code"}, "client_id": {"portail"}, "redirect_uri": {"https://portail.exemple.fr/callback"},
		"scope":      {"openid identite_pivot cnaf_quotient_familial cnaf_allocataires cnaf_enfants"},
		"acr_values": {"eidas1"}, "state": {"state"}, "nonce": {nonce},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

// "id_token_hint is required and non-empty; extra parameters → 400" (reference/identity.md §1.7).
func TestLogoutURLHasItsThreeParameters(t *testing.T) {
	client := franceconnect.New(franceconnect.Config{
		Issuer: "https://fc.exemple.fr/api/v2", PostLogoutRedirectURL: "https://portail.exemple.fr/logout-callback",
	})
	base, query, _ := strings.Cut(client.LogoutURL("e.y.J", "s&t=é"), "?")
	got, err := url.ParseQuery(query)
	if err != nil || base != "https://fc.exemple.fr/api/v2/session/end" {
		t.Fatalf("got %q, %v", base, err)
	}
	want := url.Values{
		"id_token_hint": {"e.y.J"}, "post_logout_redirect_uri": {"https://portail.exemple.fr/logout-callback"}, "state": {"s&t=é"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

func TestSignInGivesTheCivilStatusAndTheTokens(t *testing.T) {
	fc := start(t, angela())
	signed, err := fc.signIn(t)
	if err != nil {
		t.Fatal(err)
	}
	want := dossier.PivotIdentity{
		FamilyName: "DUBOIS", GivenName: "Angela Claire Louise", GivenNames: []string{"Angela", "Claire", "Louise"},
		Gender: "female", Birthdate: "1962-08-24", Birthplace: "75107", Birthcountry: "99100", Subject: subject,
		Present: []string{"family_name", "given_name", "gender", "birthdate", "birthplace", "birthcountry"},
	}
	if diff := cmp.Diff(want, signed.Identity); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
	if signed.AccessToken != value.Secret(token) || !strings.HasPrefix(signed.IDToken.Reveal(), "eyJ") {
		t.Errorf("tokens: got %q and %q", signed.AccessToken.Reveal(), signed.IDToken.Reveal())
	}
}

func TestWhatTheCitizenIsToldOfAnErrorInTheAddress(t *testing.T) {
	fc := start(t, angela())
	for _, row := range []struct {
		answer dossier.SignInAnswer
		kind   fault.Kind
		code   string
	}{
		{dossier.SignInAnswer{Issuer: fc.issuer(), Error: "access_denied"}, fault.Conflict, "signin.cancelled"},
		{dossier.SignInAnswer{Issuer: fc.issuer(), Error: "server_error"}, fault.Unavailable, "signin.unavailable"},
		{dossier.SignInAnswer{Issuer: fc.issuer(), Error: "invalid_request"}, fault.Unavailable, "signin.unavailable"},
		{dossier.SignInAnswer{Issuer: fc.issuer(), Error: "invalid_scope"}, fault.Unavailable, "signin.unavailable"},
		{dossier.SignInAnswer{Issuer: fc.issuer(), Error: "made up by a visitor"}, fault.Forbidden, "signin.refused"},
		{dossier.SignInAnswer{Issuer: "https://autre.exemple.fr", Error: "access_denied"}, fault.Forbidden, "signin.refused"},
		{dossier.SignInAnswer{Error: "access_denied"}, fault.Forbidden, "signin.refused"},
		{dossier.SignInAnswer{Code: "good"}, fault.Forbidden, "signin.refused"},
	} {
		_, err := fc.client().SignIn(t.Context(), row.answer, nonce)
		assertFault(t, err, row.kind, row.code)
	}
}

func TestWhatTheCitizenIsToldOfAFailedExchange(t *testing.T) {
	for _, row := range []struct {
		refuse string
		status int
		kind   fault.Kind
		code   string
		cause  string
	}{
		{"invalid_grant", 400, fault.Conflict, "signin.expired", "invalid_grant"},
		{"invalid_client", 401, fault.Unavailable, "signin.unavailable", "invalid_client"},
		{"invalid_scope", 400, fault.Unavailable, "signin.unavailable", "invalid_scope"},
		{"server_error", 500, fault.Unavailable, "signin.unavailable", "status 500"},
	} {
		fc := start(t, angela())
		fc.refuse, fc.refuseStatus = row.refuse, row.status
		_, err := fc.signIn(t)
		assertFault(t, err, row.kind, row.code)
		if !strings.Contains(err.Error(), row.cause) {
			t.Errorf("%s: the cause does not tell operations why: %v", row.refuse, err)
		}
		if strings.Contains(err.Error(), "grant request") {
			t.Errorf("%s: the provider's text is passed on: %v", row.refuse, err)
		}
	}
}

func TestAnotherLevelThanEidas1IsRefused(t *testing.T) {
	fc := start(t, angela())
	fc.level = "eidas0"
	_, err := fc.signIn(t)
	assertFault(t, err, fault.Forbidden, "signin.refused")
}

func TestFranceConnectDown(t *testing.T) {
	fc := start(t, angela())
	client := fc.client()
	if !client.Available(t.Context()) {
		t.Error("FranceConnect answers, yet is said to be down")
	}
	fc.Close()
	if fc.client().Available(t.Context()) {
		t.Error("FranceConnect is down, yet is said to answer")
	}
	_, err := fc.signIn(t)
	assertFault(t, err, fault.Unavailable, "signin.unavailable")
}

func TestOriginsForFormAction(t *testing.T) {
	fc := start(t, nil)
	if diff := cmp.Diff([]string{fc.URL}, fc.client().Origins()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPrintingAClientShowsNoSecret(t *testing.T) {
	if printed := fmt.Sprintf("%+v", start(t, nil).client()); strings.Contains(printed, secret) {
		t.Error("the secret is printed")
	}
}

func assertFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Errorf("got kind %d, code %q (%v); want kind %d, code %q", fault.KindOf(err), fault.CodeOf(err), err, kind, code)
	}
}
