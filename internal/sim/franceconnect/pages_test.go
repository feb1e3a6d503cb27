package franceconnect_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

// signIn goes through the pages as somebody, up to the information page.
func (b *bench) signIn(key string) answer {
	b.t.Helper()
	choice := b.authorize()
	login := b.get(b.origin + choice.at + "/connexion")
	return b.press(login, "/connexion", url.Values{"key": {key}})
}

func TestThePagesIdPChoiceLoginInformationContinue(t *testing.T) {
	b := newBench(t)
	choice := b.authorize()
	wantPage(t, choice, http.StatusOK, "Démonstration eIDAS faible")
	if !strings.Contains(choice.body, "«\u00a0Portail QF\u00a0»") {
		t.Error("the page does not name the service")
	}
	login := b.get(b.origin + choice.at + "/connexion")
	wantPage(t, login, http.StatusOK, "Nom d’usage différent du nom de naissance")
	information := b.press(login, "/connexion", url.Values{"key": {"test"}})
	wantPage(t, information, http.StatusOK, "nom de naissance")
	if strings.Contains(information.body, "adresse électronique") {
		t.Error("the information page names what was not asked for")
	}
	back := b.press(information, "/continuer", nil)
	if back.status != http.StatusSeeOther || back.address != callback || back.location.Get("state") != stateSent || back.location.Get("iss") != b.issuer {
		t.Fatalf("%d %s %v", back.status, back.address, back.location)
	}
	if a := b.post(b.issuer+"/token", exchange(back.location.Get("code"))); a.status != http.StatusOK {
		t.Errorf("token: %s", a.body)
	}
	t.Run("the page serves once", func(t *testing.T) {
		wantPage(t, b.press(information, "/continuer", nil), http.StatusBadRequest, "a expiré")
	})
}

func TestNobodyContinuesBeforeHavingSignedIn(t *testing.T) {
	b := newBench(t)
	choice := b.authorize()
	wantPage(t, b.post(b.origin+choice.at+"/continuer", nil), http.StatusOK, "Démonstration eIDAS faible")
	wantPage(t, b.post(b.origin+choice.at+"/connexion", url.Values{"key": {"inconnu"}}), http.StatusBadRequest, "n’existe pas")
}

func TestRetourAuServiceIsAccessDenied(t *testing.T) {
	b := newBench(t)
	choice := b.authorize()
	want := url.Values{"error": {"access_denied"}, "error_description": {"User auth aborted"}, "state": {stateSent}, "iss": {b.issuer}}
	login := b.get(b.origin + choice.at + "/connexion")
	back := b.press(login, "/retour", nil)
	if diff := cmp.Diff(want, back.location); diff != "" || back.address != callback {
		t.Error(back.address, diff)
	}
	if back := b.press(b.authorize(), "/retour", nil); back.location.Get("error") != "access_denied" {
		t.Errorf("from the first page: %v", back.location)
	}
	if back := b.press(b.signIn("test"), "/retour", nil); back.location.Get("error") != "access_denied" {
		t.Errorf("from the information page: %v", back.location)
	}
}

func TestAPersonWhomFranceConnectRefusesSeesItsPageThenServerError(t *testing.T) {
	b := newBench(t)
	failure := b.signIn("sans_mail")
	wantPage(t, failure, http.StatusBadRequest, "Y600006")
	want := url.Values{
		"error":             {"server_error"},
		"error_description": {"authentication aborted due to a technical error on the authorization server"},
		"state":             {stateSent}, "iss": {b.issuer},
	}
	if diff := cmp.Diff(want, b.press(failure, "/retour", nil).location); diff != "" {
		t.Error(diff)
	}
	b.order(`{"key":"E010015"}`)
	if diff := cmp.Diff(want, b.authorize().location); diff != "" {
		t.Errorf("by an order: %s", diff)
	}
}

func TestSingleSignOnIs30MinutesSlidingAndStillShowsTheInformationPage(t *testing.T) {
	b := newBench(t)
	first := b.press(b.signIn("test"), "/continuer", nil)
	firstToken := b.post(b.issuer+"/token", exchange(first.location.Get("code")))
	signedIn := b.clock().Unix()
	for range 3 {
		b.advance(29 * time.Minute)
		information := b.authorize()
		wantPage(t, information, http.StatusOK, "Continuer vers")
		again := b.press(information, "/continuer", nil)
		token := decoded(t, []byte(b.post(b.issuer+"/token", exchange(again.location.Get("code"))).body))
		claims := b.verified(token["id_token"].(string), jose.ES256)
		if claims["auth_time"] != float64(signedIn) {
			t.Errorf("auth_time = %v, want that of the first log-in", claims["auth_time"])
		}
		if before := b.verified(decoded(t, []byte(firstToken.body))["id_token"].(string), jose.ES256); claims["sub"] != before["sub"] {
			t.Error("another person")
		}
	}
	b.advance(30 * time.Minute)
	wantPage(t, b.authorize(), http.StatusOK, "Démonstration eIDAS faible")
}

func TestTheInteractionBelongsToTheBrowserThatAsked(t *testing.T) {
	b := newBench(t)
	information := b.signIn("test")
	b.browser = b.newBrowser()
	wantPage(t, b.press(information, "/continuer", nil), http.StatusBadRequest, "a expiré")
	wantPage(t, b.authorize(), http.StatusOK, "Démonstration eIDAS faible")
}

func TestTheTimeAllowedToLogInIs30Minutes(t *testing.T) {
	b := newBench(t)
	choice := b.authorize()
	b.advance(29 * time.Minute)
	wantPage(t, b.get(b.origin+choice.at), http.StatusOK, "Démonstration")
	b.advance(time.Minute)
	wantPage(t, b.get(b.origin+choice.at), http.StatusBadRequest, "a expiré")
}

func TestAnAllowedIdPHintSkipsTheChoice(t *testing.T) {
	b := newBench(t)
	if a := b.authorize("idp_hint", "demonstration-eidas-faible"); !strings.HasSuffix(a.at, "/connexion") {
		t.Errorf("stands at %s", a.at)
	}
}

func TestTheCookieIsTheSimulatorsOwn(t *testing.T) {
	b := newBench(t)
	b.authorize()
	address, _ := url.Parse(b.origin)
	cookies := b.browser.Jar.Cookies(address)
	if len(cookies) != 1 || cookies[0].Name != "sim_fc" {
		t.Errorf("cookies = %v", cookies)
	}
}

func TestOtherPages(t *testing.T) {
	b := newBench(t)
	wantPage(t, b.get(b.origin+"/"), http.StatusOK, b.issuer)
	wantPage(t, b.get(b.issuer+"/token/revocation"), http.StatusNotFound, "n’existe pas")
}
