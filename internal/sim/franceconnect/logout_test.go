package franceconnect_test

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

func TestLogoutByFormThenRedirectWithState(t *testing.T) {
	b := newBench(t)
	hint := b.tokens(`{"key":"test"}`).IDToken
	wantPage(t, b.authorize(), http.StatusOK, "Continuer vers")
	b.advance(10 * time.Minute) // an expired hint is accepted: it lives 60 s

	page := b.logout("id_token_hint", hint, "post_logout_redirect_uri", goodbye, "state", "etat de sortie")
	wantPage(t, page, http.StatusOK, ".submit()")
	if !strings.Contains(page.body, "<button") {
		t.Error("without JavaScript nobody can confirm")
	}
	wantPage(t, b.authorize(), http.StatusOK, "Continuer vers") // a GET changes nothing

	request := strings.Split(strings.Split(page.body, `name="request" value="`)[1], `"`)[0]
	a := b.press(page, "/session/end/confirm", url.Values{"request": {request}})
	if a.status != http.StatusSeeOther || a.address != goodbye || a.location.Get("state") != "etat de sortie" || len(a.location) != 1 {
		t.Errorf("%d %s %v", a.status, a.address, a.location)
	}
	wantPage(t, b.authorize(), http.StatusOK, "Démonstration eIDAS faible") // the SSO session has ended
	wantPage(t, b.press(page, "/session/end/confirm", url.Values{"request": {request}}), http.StatusBadRequest, "a expiré")
}

func TestLogoutWithoutReturnAddressEndsOnAPage(t *testing.T) {
	b := newBench(t)
	page := b.logout("id_token_hint", b.tokens(`{"key":"test"}`).IDToken)
	request := strings.Split(strings.Split(page.body, `name="request" value="`)[1], `"`)[0]
	wantPage(t, b.press(page, "/session/end/confirm", url.Values{"request": {request}}), http.StatusOK, "Vous êtes déconnecté")
}

func TestLogoutRefusals(t *testing.T) {
	b := newBench(t)
	hint := b.tokens(`{"key":"test"}`).IDToken
	rogue := b.tokens(`{"key":"test","mutate":{"id_token":{"_key":"rogue"}}}`).IDToken
	tests := []struct {
		sentence string
		pairs    []string
		text     string
	}{
		{"id_token_hint is required", []string{"post_logout_redirect_uri", goodbye, "state", "x"}, "Y030007"},
		{"and non-empty", []string{"id_token_hint", "", "post_logout_redirect_uri", goodbye}, "Y030007"},
		{"extra parameters → 400", []string{"id_token_hint", hint, "client_id", clientID}, "Y030007"},
		{"a repeated one too", []string{"id_token_hint", hint, "state", "a", "state", "b"}, "Y030007"},
		{"a hint that is no token", []string{"id_token_hint", "abc"}, "n’a pas été émis"},
		{"a hint of somebody else's key", []string{"id_token_hint", rogue}, "n’a pas été émis"},
		{"unregistered address → 400 post_logout_redirect_uri not registered", []string{"id_token_hint", hint, "post_logout_redirect_uri", goodbye + "/"}, "post_logout_redirect_uri not registered"},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			wantPage(t, b.logout(test.pairs...), http.StatusBadRequest, test.text)
		})
	}
	t.Run("session/end is GET only", func(t *testing.T) {
		if a := b.post(b.issuer+"/session/end", url.Values{"id_token_hint": {hint}}); a.status != http.StatusNotFound {
			t.Errorf("POST answered %d", a.status)
		}
	})
	t.Run("a hint signed before a rotation is still good", func(t *testing.T) {
		b.server.RotateKeys()
		wantPage(t, b.logout("id_token_hint", hint), http.StatusOK, "Déconnexion")
	})
}
