package franceconnect_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/franceconnect"
	sim "portail-qf/internal/sim/franceconnect"
)

// simulated is the adapter in front of the project's simulator, which was written from the
// same contract by other hands.
type simulated struct {
	server *httptest.Server
	sim    *sim.Server
	client *franceconnect.Client
}

func simulate(t *testing.T) *simulated {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer := "http://" + server.Listener.Addr().String() + "/api/v2"
	provider := sim.New(sim.Options{Issuer: issuer, Clients: []sim.Client{{
		ID: "portail", Secret: secret, Name: "Portail", Alg: jose.ES256,
		RedirectURIs:           []string{"https://portail.exemple.fr/callback"},
		PostLogoutRedirectURIs: []string{"https://portail.exemple.fr/logout-callback"},
		Scopes:                 []string{"identite_pivot", "cnaf_quotient_familial", "cnaf_allocataires", "cnaf_enfants"},
	}}})
	server.Config.Handler = provider
	server.Start()
	t.Cleanup(server.Close)
	return &simulated{server, provider, franceconnect.New(franceconnect.Config{
		Issuer: issuer, ClientID: "portail", ClientSecret: secret,
		RedirectURL:           "https://portail.exemple.fr/callback",
		PostLogoutRedirectURL: "https://portail.exemple.fr/logout-callback",
	})}
}

// signIn orders how the next authorisation is answered, goes to FranceConnect as the
// browser does and brings its answer back.
func (s *simulated) signIn(t *testing.T, order string) (dossier.SignedIn, error) {
	t.Helper()
	ordered, err := http.Post(s.server.URL+"/_sim/next", "application/json", strings.NewReader(order))
	if err != nil {
		t.Fatal(err)
	}
	ordered.Body.Close()
	if ordered.StatusCode >= 300 {
		t.Fatalf("order refused: status %d", ordered.StatusCode)
	}
	back := s.visit(t, s.client.AuthorizeURL("state0123456789state0123456789state01234567", nonce))
	return s.client.SignIn(t.Context(), dossier.SignInAnswer{
		Code: back.Get("code"), State: back.Get("state"), Issuer: back.Get("iss"), Error: back.Get("error"),
	}, nonce)
}

// visit opens an address and reads the parameters of the redirection that answers.
func (s *simulated) visit(t *testing.T, address string) url.Values {
	t.Helper()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	location, err := response.Location()
	if err != nil {
		t.Fatalf("no redirection: status %d", response.StatusCode)
	}
	return location.Query()
}

const angelaOrder = `"identity":{"family_name":"DUBOIS","given_name":"Angela Claire Louise",
	"given_name_array":["Angela","Claire","Louise"],"gender":"female","birthdate":"1962-08-24",
	"birthplace":"75107","birthcountry":"99100"}`

func TestSimulatorSignsInBeforeAndAfterARotationOfItsKeys(t *testing.T) {
	s := simulate(t)
	for range 2 {
		signed, err := s.signIn(t, `{`+angelaOrder+`}`)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"Angela", "Claire", "Louise"}, signed.Identity.GivenNames); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if len(signed.Identity.Subject) != 66 {
			t.Errorf("sub has %d characters, want 66", len(signed.Identity.Subject))
		}
		response, err := http.Get(s.client.LogoutURL(signed.IDToken, "state"))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("logout: status %d", response.StatusCode)
		}
		s.sim.RotateKeys()
	}
}

func TestSimulatorFalsificationsAreRefused(t *testing.T) {
	for name, mutation := range map[string]string{
		"wrong iss":              `"id_token":{"iss":"https://autre.exemple.fr"}`,
		"wrong aud":              `"id_token":{"aud":"autre"}`,
		"several audiences":      `"id_token":{"aud":["portail","autre"]}`,
		"expired":                `"id_token":{"exp":1}`,
		"wrong nonce":            `"id_token":{"nonce":"autre"}`,
		"no nonce":               `"id_token":{"nonce":null}`,
		"no sub":                 `"id_token":{"sub":null}`,
		"iat in the future":      `"id_token":{"iat":4102444800}`,
		"another level":          `"id_token":{"acr":"eidas2"}`,
		"at_hash of another":     `"id_token":{"at_hash":"autre"}`,
		"algorithm none":         `"id_token":{"_alg":"none"}`,
		"HS256":                  `"id_token":{"_alg":"HS256"}`,
		"the provider's RS256":   `"id_token":{"_alg":"RS256"}`,
		"rogue key":              `"id_token":{"_key":"rogue"}`,
		"userinfo plain JSON":    `"userinfo":{"_format":"json"}`,
		"userinfo none":          `"userinfo":{"_alg":"none"}`,
		"userinfo HS256":         `"userinfo":{"_alg":"HS256"}`,
		"userinfo RS256":         `"userinfo":{"_alg":"RS256"}`,
		"userinfo rogue key":     `"userinfo":{"_key":"rogue"}`,
		"userinfo wrong iss":     `"userinfo":{"iss":"https://autre.exemple.fr"}`,
		"userinfo wrong aud":     `"userinfo":{"aud":"autre"}`,
		"userinfo expired":       `"userinfo":{"exp":1}`,
		"userinfo foreign sub":   `"userinfo":{"sub":"autre"}`,
		"callback of another":    `"callback":{"iss":"https://autre.exemple.fr"}`,
		"callback without iss":   `"callback":{"iss":null}`,
		"callback without code":  `"callback":{"code":null}`,
		"callback unknown error": `"callback":{"error":"autre"}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := simulate(t).signIn(t, `{`+angelaOrder+`,"mutate":{`+mutation+`}}`)
			assertFault(t, err, fault.Forbidden, "signin.refused")
		})
	}
}

func TestSimulatorErrors(t *testing.T) {
	s := simulate(t)
	_, err := s.signIn(t, `{"error":"access_denied"}`)
	assertFault(t, err, fault.Conflict, "signin.cancelled")
	_, err = s.signIn(t, `{"error":"server_error"}`)
	assertFault(t, err, fault.Unavailable, "signin.unavailable")
	_, err = s.signIn(t, `{`+angelaOrder+`,"mutate":{"callback":{"code":"autre"}}}`)
	assertFault(t, err, fault.Conflict, "signin.expired")
}
