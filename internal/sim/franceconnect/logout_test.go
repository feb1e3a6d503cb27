package franceconnect_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestLogoutByFormThenRedirectWithState(t *testing.T) {
	b := newBench(t)
	hint := b.Tokens(`{"key":"test"}`).IDToken
	wantPage(t, b.Authorize(), http.StatusOK, "Continuer vers")
	b.Advance(10 * time.Minute) // an expired hint is accepted: it lives 60 s

	page := b.Logout("id_token_hint", hint, "post_logout_redirect_uri", goodbye, "state", "etat de sortie")
	wantPage(t, page, http.StatusOK, ".submit()")
	if !strings.Contains(page.Body, "<button") {
		t.Error("without JavaScript nobody can confirm")
	}
	wantPage(t, b.Authorize(), http.StatusOK, "Continuer vers") // a GET changes nothing

	a := b.ConfirmLogout(page)
	if a.Status != http.StatusSeeOther || a.Address != goodbye || a.Location.Get("state") != "etat de sortie" || len(a.Location) != 1 {
		t.Errorf("%d %s %v", a.Status, a.Address, a.Location)
	}
	wantPage(t, b.Authorize(), http.StatusOK, "Démonstration eIDAS faible") // the SSO session has ended
	wantPage(t, b.ConfirmLogout(page), http.StatusBadRequest, "a expiré")
}

func TestLogoutWithoutReturnAddressEndsOnAPage(t *testing.T) {
	b := newBench(t)
	page := b.Logout("id_token_hint", b.Tokens(`{"key":"test"}`).IDToken)
	wantPage(t, b.ConfirmLogout(page), http.StatusOK, "Vous êtes déconnecté")
}

func TestLogoutRefusals(t *testing.T) {
	b := newBench(t)
	hint := b.Tokens(`{"key":"test"}`).IDToken
	rogue := b.Tokens(`{"key":"test","mutate":{"id_token":{"_key":"rogue"}}}`).IDToken
	tests := []struct {
		sentence string
		pairs    []string
		text     string
	}{
		{"id_token_hint is required", []string{"post_logout_redirect_uri", goodbye, "state", "x"}, "Y030007"},
		{"and non-empty", []string{"id_token_hint", "", "post_logout_redirect_uri", goodbye}, "Y030007"},
		{"extra parameters → 400", []string{"id_token_hint", hint, "client_id", clientID}, "Y030007"},
		{"a repeated one too", []string{"id_token_hint", hint, "state", "a", "state", "b"}, "Y030007"},
		{"a hint that is no token", []string{"id_token_hint", "abc"}, "«\u00a0id_token_hint\u00a0» n’a pas été émis"},
		{"a hint of somebody else's key", []string{"id_token_hint", rogue}, "«\u00a0id_token_hint\u00a0» n’a pas été émis"},
		{"unregistered address → 400 post_logout_redirect_uri not registered", []string{"id_token_hint", hint, "post_logout_redirect_uri", goodbye + "/"}, "post_logout_redirect_uri not registered"},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			wantPage(t, b.Logout(test.pairs...), http.StatusBadRequest, test.text)
		})
	}
	t.Run("session/end is GET only", func(t *testing.T) {
		if a := b.Post(b.Issuer+"/session/end", url.Values{"id_token_hint": {hint}}); a.Status != http.StatusNotFound {
			t.Errorf("POST answered %d", a.Status)
		}
	})
	t.Run("a hint signed before a rotation is still good", func(t *testing.T) {
		b.Server.RotateKeys()
		wantPage(t, b.Logout("id_token_hint", hint), http.StatusOK, "Déconnexion")
	})
}
