package proconnect_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func (b *bench) logout(pairs ...string) answer {
	b.t.Helper()
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return b.get(b.issuer + "/session/end?" + values.Encode())
}

// confirm presses the button that the page of logout presses by itself.
func (b *bench) confirm(page answer) answer {
	b.t.Helper()
	_, rest, found := strings.Cut(page.body, `name="request" value="`)
	if !found {
		b.t.Fatalf("nothing to confirm: %d %s", page.status, page.body)
	}
	request, _, _ := strings.Cut(rest, `"`)
	return b.press(page, "/session/end/confirm", form("request", request))
}

func TestLogoutByFormThenRedirectWithState(t *testing.T) {
	b := newBench(t)
	hint := b.exchanged(b.codeOf(b.signIn("agent"))).IDToken
	b.advance(2 * time.Hour) // an expired hint is accepted

	page := b.logout("id_token_hint", hint, "post_logout_redirect_uri", goodbye, "state", "etat de sortie")
	wantPage(t, page, http.StatusOK, ".submit()")
	if !strings.Contains(page.body, "<button") {
		t.Error("without JavaScript nobody can confirm")
	}
	b.codeOf(b.authorize()) // a GET changes nothing

	a := b.confirm(page)
	if a.status != http.StatusSeeOther || a.address != goodbye || a.location.Get("state") != "etat de sortie" || len(a.location) != 1 {
		t.Errorf("%d %s %v", a.status, a.address, a.location)
	}
	wantPage(t, b.authorize(), http.StatusOK, "Adresse électronique") // the SSO session has ended
	wantPage(t, b.confirm(page), http.StatusBadRequest, "a expiré")
}

func TestLogoutEndsTheSSOForAllServicesOfThatBrowser(t *testing.T) {
	b := newBench(t)
	got := b.exchanged(b.codeOf(b.signIn("agent")))
	b.codeOf(b.authorize("client_id", "autre", "scope", "openid email"))
	b.confirm(b.logout("client_id", clientID, "post_logout_redirect_uri", goodbye, "state", "x"))
	wantPage(t, b.authorize("client_id", "autre", "scope", "openid email"), http.StatusOK, "Adresse électronique")
	if a := b.userinfo(got.AccessToken); a.status != http.StatusOK {
		t.Errorf("but not their local sessions: userinfo answered %d", a.status)
	}
}

func TestLogoutForgetsTheOrder(t *testing.T) {
	b := newBench(t)
	hint := b.tokens(`{"key":"agent"}`).IDToken
	b.confirm(b.logout("id_token_hint", hint, "post_logout_redirect_uri", goodbye, "state", "x"))
	wantPage(t, b.authorize("claims", demanded), http.StatusOK, "Adresse électronique")
}

func TestLogoutWithoutReturnAddressEndsOnAPage(t *testing.T) {
	b := newBench(t)
	hint := b.tokens(`{"key":"agent"}`).IDToken
	wantPage(t, b.confirm(b.logout("id_token_hint", hint, "state", "x")), http.StatusOK, "Vous êtes déconnecté")
}

func TestLogoutRefusals(t *testing.T) {
	b := newBench(t)
	hint := b.tokens(`{"key":"agent"}`).IDToken
	rogue := b.tokens(`{"key":"agent","mutate":{"id_token":{"_key":"rogue"}}}`).IDToken
	tests := []struct {
		sentence string
		pairs    []string
		text     string
	}{
		{"state required in docs", []string{"id_token_hint", hint, "post_logout_redirect_uri", goodbye}, "Y000400"},
		{"neither hint nor client_id", []string{"post_logout_redirect_uri", goodbye, "state", "x"}, "Y000400"},
		{"an empty hint", []string{"id_token_hint", "", "state", "x"}, "Y000400"},
		{"extra parameters", []string{"id_token_hint", hint, "state", "x", "ui_locales", "fr"}, "Y000400"},
		{"a repeated one too", []string{"id_token_hint", hint, "state", "a", "state", "b"}, "Y000400"},
		{"a hint that is no token", []string{"id_token_hint", "abc", "state", "x"}, "n’a pas été émis"},
		{"a hint of somebody else's key", []string{"id_token_hint", rogue, "state", "x"}, "n’a pas été émis"},
		{"a hint of another service", []string{"id_token_hint", hint, "client_id", "autre", "state", "x"}, "pour un autre service"},
		{"an unknown service", []string{"client_id", "inconnu", "state", "x"}, "invalid_client"},
		{"bad post_logout_redirect_uri → Y030111", []string{"id_token_hint", hint, "post_logout_redirect_uri", goodbye + "/", "state", "x"}, "Y030111"},
		{"in words", []string{"id_token_hint", hint, "post_logout_redirect_uri", goodbye + "/", "state", "x"}, "post_logout_redirect_uri not registered"},
		{"another service's address", []string{"client_id", "autre", "post_logout_redirect_uri", goodbye, "state", "x"}, "Y030111"},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			wantPage(t, b.logout(test.pairs...), http.StatusBadRequest, test.text)
		})
	}
	t.Run("session/end is GET only", func(t *testing.T) {
		if a := b.post(b.issuer+"/session/end", url.Values{"id_token_hint": {hint}, "state": {"x"}}); a.status != http.StatusNotFound {
			t.Errorf("POST answered %d", a.status)
		}
	})
	t.Run("a hint signed before a rotation is still good", func(t *testing.T) {
		b.server.RotateKeys()
		wantPage(t, b.logout("id_token_hint", hint, "state", "x"), http.StatusOK, "Déconnexion")
	})
}
