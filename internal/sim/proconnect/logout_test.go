package proconnect_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestLogoutByFormThenRedirectWithState(t *testing.T) {
	b := newBench(t)
	hint := b.TokensOf(b.CodeOf(b.signIn("agent"))).IDToken
	b.Advance(2 * time.Hour) // an expired hint is accepted

	page := b.Logout("id_token_hint", hint, "post_logout_redirect_uri", goodbye, "state", "etat de sortie")
	wantPage(t, page, http.StatusOK, ".submit()")
	if !strings.Contains(page.Body, "<button") {
		t.Error("without JavaScript nobody can confirm")
	}
	b.CodeOf(b.Authorize()) // a GET changes nothing

	a := b.ConfirmLogout(page)
	if a.Status != http.StatusSeeOther || a.Address != goodbye || a.Location.Get("state") != "etat de sortie" || len(a.Location) != 1 {
		t.Errorf("%d %s %v", a.Status, a.Address, a.Location)
	}
	wantPage(t, b.Authorize(), http.StatusOK, "Adresse électronique") // the SSO session has ended
	wantPage(t, b.ConfirmLogout(page), http.StatusBadRequest, "a expiré")
}

func TestLogoutEndsTheSSOForAllServicesOfThatBrowser(t *testing.T) {
	b := newBench(t)
	got := b.TokensOf(b.CodeOf(b.signIn("agent")))
	b.CodeOf(b.Authorize("client_id", "autre", "scope", "openid email"))
	b.ConfirmLogout(b.Logout("client_id", clientID, "post_logout_redirect_uri", goodbye, "state", "x"))
	wantPage(t, b.Authorize("client_id", "autre", "scope", "openid email"), http.StatusOK, "Adresse électronique")
	if a := b.UserInfo(got.AccessToken); a.Status != http.StatusOK {
		t.Errorf("but not their local sessions: userinfo answered %d", a.Status)
	}
}

func TestLogoutForgetsTheOrder(t *testing.T) {
	b := newBench(t)
	hint := b.Tokens(`{"key":"agent"}`).IDToken
	b.ConfirmLogout(b.Logout("id_token_hint", hint, "post_logout_redirect_uri", goodbye, "state", "x"))
	wantPage(t, b.Authorize("claims", demanded), http.StatusOK, "Adresse électronique")
}

func TestLogoutWithoutReturnAddressEndsOnAPage(t *testing.T) {
	b := newBench(t)
	hint := b.Tokens(`{"key":"agent"}`).IDToken
	wantPage(t, b.ConfirmLogout(b.Logout("id_token_hint", hint, "state", "x")), http.StatusOK, "Vous êtes déconnecté")
}

func TestLogoutRefusals(t *testing.T) {
	b := newBench(t)
	hint := b.Tokens(`{"key":"agent"}`).IDToken
	rogue := b.Tokens(`{"key":"agent","mutate":{"id_token":{"_key":"rogue"}}}`).IDToken
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
		{"a hint that is no token", []string{"id_token_hint", "abc", "state", "x"}, "«\u00a0id_token_hint\u00a0» n’a pas été émis"},
		{"a hint of somebody else's key", []string{"id_token_hint", rogue, "state", "x"}, "«\u00a0id_token_hint\u00a0» n’a pas été émis"},
		{"a hint of another service", []string{"id_token_hint", hint, "client_id", "autre", "state", "x"}, "pour un autre service"},
		{"an unknown service", []string{"client_id", "inconnu", "state", "x"}, "invalid_client"},
		{"bad post_logout_redirect_uri → Y030111", []string{"id_token_hint", hint, "post_logout_redirect_uri", goodbye + "/", "state", "x"}, "Y030111"},
		{"in words", []string{"id_token_hint", hint, "post_logout_redirect_uri", goodbye + "/", "state", "x"}, "post_logout_redirect_uri not registered"},
		{"another service's address", []string{"client_id", "autre", "post_logout_redirect_uri", goodbye, "state", "x"}, "Y030111"},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			wantPage(t, b.Logout(test.pairs...), http.StatusBadRequest, test.text)
		})
	}
	t.Run("session/end is GET only", func(t *testing.T) {
		if a := b.Post(b.Issuer+"/session/end", url.Values{"id_token_hint": {hint}, "state": {"x"}}); a.Status != http.StatusNotFound {
			t.Errorf("POST answered %d", a.Status)
		}
	})
	t.Run("a hint signed before a rotation is still good", func(t *testing.T) {
		b.Server.RotateKeys()
		wantPage(t, b.Logout("id_token_hint", hint, "state", "x"), http.StatusOK, "Déconnexion")
	})
}
