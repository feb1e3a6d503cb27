package proconnect_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/proconnect"
)

const (
	readingProofs   = `{"id_token":{"acr":null,"amr":null}}`
	demandingFactor = `{"id_token":{"acr":{"essential":true,"values":["eidas1-mfa","eidas2","eidas3"]},"amr":null}}`
)

// The parameters of reference/identity.md §2.2, and no other: "others: Y000400".
func TestAuthorizeURLHasTheListedParametersAndNoOther(t *testing.T) {
	usual := account.Departure{State: state, Nonce: nonce, Verifier: verifier}
	for _, row := range []struct {
		name      string
		config    func(*proconnect.Config)
		departure func(*account.Departure)
		change    url.Values // nil removes
	}{
		{name: "usual"},
		{name: "without PKCE, a verifier makes no challenge", config: func(c *proconnect.Config) { c.PKCE = false },
			change: url.Values{"code_challenge": nil, "code_challenge_method": nil}},
		{name: "scopes of the registration", config: func(c *proconnect.Config) { c.Scopes = []string{"openid", "email", "siret"} },
			change: url.Values{"scope": {"openid email siret"}}},
		{name: "a second factor", departure: func(d *account.Departure) { d.Strong = true },
			change: url.Values{"claims": {demandingFactor}}},
		{name: "a person already known", departure: func(d *account.Departure) { d.Mail, d.Siret = "camille@mairie.fr", "21040107100019" },
			change: url.Values{"login_hint": {"camille@mairie.fr"}, "siret_hint": {"21040107100019"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			departure := usual
			if row.departure != nil {
				row.departure(&departure)
			}
			want := url.Values{
				"response_type": {"code"}, "client_id": {"portail"}, "redirect_uri": {redirectURL},
				"scope": {"openid given_name usual_name email siret idp_id organization_label"},
				"state": {state}, "nonce": {nonce}, "claims": {readingProofs},
				"code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"},
			}
			for name, values := range row.change {
				want[name] = values
				if values == nil {
					want.Del(name)
				}
			}
			base, got := split(t, registered(row.config).AuthorizeURL(departure))
			if base != "https://pc.exemple.fr/api/v2/authorize" {
				t.Errorf("address: got %q", base)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
		})
	}
}

// "login_hint: valid e-mail, else 400"; "siret_hint: exactly 14 chars" (reference/identity.md §2.2).
func TestAHintThatProConnectWouldRefuseIsLeftOut(t *testing.T) {
	client := registered(nil)
	for _, mail := range []string{
		"", "camille", "camille@", "@mairie.fr", "camille@mairie", "camille@mairie.fr, autre@mairie.fr", "camille ferrand@mairie.fr",
		"Camille <camille@mairie.fr>", "<camille@mairie.fr>", "camille@mairie.fr\r\nBcc: autre@mairie.fr", "camille@mairie.fr\x00",
		"camille@@mairie.fr", "camille.@mairie.fr", " camille@mairie.fr", "hélène@mairie.fr", strings.Repeat("a", 250) + "@mairie.fr",
	} {
		_, got := split(t, client.AuthorizeURL(account.Departure{State: state, Nonce: nonce, Verifier: verifier, Mail: mail}))
		if got.Has("login_hint") {
			t.Errorf("login_hint of %q is sent", mail)
		}
	}
	for _, siret := range []value.Siret{"", "2104010710001", "210401071000190", "2104010710001A", "21040107100 19", "２１０４０１０７１０００１９"} {
		_, got := split(t, client.AuthorizeURL(account.Departure{State: state, Nonce: nonce, Verifier: verifier, Siret: siret}))
		if got.Has("siret_hint") {
			t.Errorf("siret_hint of %q is sent", siret)
		}
	}
}

// "GET {issuer}/session/end?id_token_hint&post_logout_redirect_uri&state" (reference/identity.md §2.7).
func TestLogoutURLHasItsThreeParameters(t *testing.T) {
	want := url.Values{
		"id_token_hint": {"e.y.J"}, "state": {"s&t=é"},
		"post_logout_redirect_uri": {"https://portail.exemple.fr/deconnexion/retour"},
	}
	base, got := split(t, registered(nil).LogoutURL("e.y.J", "s&t=é"))
	if base != "https://pc.exemple.fr/api/v2/session/end" {
		t.Errorf("address: got %q", base)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	// "client_id accepted instead when impossible".
	want.Del("id_token_hint")
	want.Set("client_id", "portail")
	_, got = split(t, registered(nil).LogoutURL("", "s&t=é"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("without a token (-want +got):\n%s", diff)
	}
}

func TestAvailabilityFollowsProConnect(t *testing.T) {
	pc := start(t, jose.RS256)
	if !pc.client().Available(t.Context()) {
		t.Error("ProConnect answers, yet is said to be down")
	}
	pc.instead["/jwks"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	if pc.client().Available(t.Context()) {
		t.Error("ProConnect is down, yet is said to answer")
	}
}

func TestOriginsForFormAction(t *testing.T) {
	if diff := cmp.Diff([]string{"https://pc.exemple.fr"}, registered(nil).Origins()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPrintingAClientShowsNoSecret(t *testing.T) {
	client := registered(nil)
	if printed := fmt.Sprintf("%v %+v %#v", client, client, client); strings.Contains(printed, secret) {
		t.Error("the secret is printed")
	}
}

// registered is a client of a provider that nothing contacts.
func registered(change func(*proconnect.Config)) *proconnect.Client {
	config := proconnect.Config{
		Issuer: "https://pc.exemple.fr/api/v2", ClientID: "portail", ClientSecret: secret, RedirectURL: redirectURL,
		PostLogoutRedirectURL: "https://portail.exemple.fr/deconnexion/retour", PKCE: true,
	}
	if change != nil {
		change(&config)
	}
	return proconnect.New(config)
}

func split(t *testing.T, address string) (base string, parameters url.Values) {
	t.Helper()
	base, query, _ := strings.Cut(address, "?")
	parameters, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return base, parameters
}
