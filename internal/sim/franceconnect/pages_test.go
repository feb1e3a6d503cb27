package franceconnect_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/oidc/oidctest"
)

// signIn goes through the pages as somebody, up to the information page.
func (b *bench) signIn(key string) answer {
	b.T.Helper()
	choice := b.Authorize()
	login := b.Get(b.Origin + choice.At + "/connexion")
	return b.Press(login, "/connexion", url.Values{"key": {key}})
}

func TestThePagesIdPChoiceLoginInformationContinue(t *testing.T) {
	b := newBench(t)
	choice := b.Authorize()
	wantPage(t, choice, http.StatusOK, "Démonstration eIDAS faible")
	if !strings.Contains(choice.Body, "«\u00a0Portail QF\u00a0»") {
		t.Error("the page does not name the service")
	}
	login := b.Get(b.Origin + choice.At + "/connexion")
	wantPage(t, login, http.StatusOK, "Nom d’usage différent du nom de naissance")
	information := b.Press(login, "/connexion", url.Values{"key": {"test"}})
	wantPage(t, information, http.StatusOK, "nom de naissance")
	if strings.Contains(information.Body, "adresse électronique") {
		t.Error("the information page names what was not asked for")
	}
	back := b.Press(information, "/continuer", nil)
	if back.Status != http.StatusSeeOther || back.Address != callback || back.Location.Get("state") != stateSent || back.Location.Get("iss") != b.Issuer {
		t.Fatalf("%d %s %v", back.Status, back.Address, back.Location)
	}
	if a := b.Exchange(back.Location.Get("code")); a.Status != http.StatusOK {
		t.Errorf("token: %s", a.Body)
	}
	t.Run("the page serves once", func(t *testing.T) {
		wantPage(t, b.Press(information, "/continuer", nil), http.StatusBadRequest, "a expiré")
	})
}

func TestNobodyContinuesBeforeHavingSignedIn(t *testing.T) {
	b := newBench(t)
	choice := b.Authorize()
	wantPage(t, b.Post(b.Origin+choice.At+"/continuer", nil), http.StatusOK, "Démonstration eIDAS faible")
	wantPage(t, b.Post(b.Origin+choice.At+"/connexion", url.Values{"key": {"inconnu"}}), http.StatusBadRequest, "n’existe pas")
}

func TestRetourAuServiceIsAccessDenied(t *testing.T) {
	b := newBench(t)
	choice := b.Authorize()
	want := url.Values{"error": {"access_denied"}, "error_description": {"User auth aborted"}, "state": {stateSent}, "iss": {b.Issuer}}
	login := b.Get(b.Origin + choice.At + "/connexion")
	back := b.Press(login, "/retour", nil)
	if diff := cmp.Diff(want, back.Location); diff != "" || back.Address != callback {
		t.Error(back.Address, diff)
	}
	if back := b.Press(b.Authorize(), "/retour", nil); back.Location.Get("error") != "access_denied" {
		t.Errorf("from the first page: %v", back.Location)
	}
	if back := b.Press(b.signIn("test"), "/retour", nil); back.Location.Get("error") != "access_denied" {
		t.Errorf("from the information page: %v", back.Location)
	}
}

func TestAPersonWhomFranceConnectRefusesSeesItsPageThenServerError(t *testing.T) {
	b := newBench(t)
	failure := b.signIn("sans_mail")
	wantPage(t, failure, http.StatusBadRequest, "Y600006")
	want := url.Values{
		"error":             {"server_error"},
		"error_description": {"authentication aborted due to a technical error on the authorization server"},
		"state":             {stateSent}, "iss": {b.Issuer},
	}
	if diff := cmp.Diff(want, b.Press(failure, "/retour", nil).Location); diff != "" {
		t.Error(diff)
	}
	b.Order(`{"key":"E010015"}`)
	if diff := cmp.Diff(want, b.Authorize().Location); diff != "" {
		t.Errorf("by an order: %s", diff)
	}
}

func TestSingleSignOnIs30MinutesSlidingAndStillShowsTheInformationPage(t *testing.T) {
	b := newBench(t)
	first := b.Press(b.signIn("test"), "/continuer", nil)
	firstToken := b.Exchange(first.Location.Get("code"))
	signedIn := b.Clock().Unix()
	for range 3 {
		b.Advance(29 * time.Minute)
		information := b.Authorize()
		wantPage(t, information, http.StatusOK, "Continuer vers")
		again := b.Press(information, "/continuer", nil)
		token := oidctest.Decoded(t, []byte(b.Exchange(again.Location.Get("code")).Body))
		claims := b.Verified(token["id_token"].(string), jose.ES256)
		if claims["auth_time"] != float64(signedIn) {
			t.Errorf("auth_time = %v, want that of the first log-in", claims["auth_time"])
		}
		if before := b.Verified(oidctest.Decoded(t, []byte(firstToken.Body))["id_token"].(string), jose.ES256); claims["sub"] != before["sub"] {
			t.Error("another person")
		}
	}
	b.Advance(30 * time.Minute)
	wantPage(t, b.Authorize(), http.StatusOK, "Démonstration eIDAS faible")
}

func TestTheInteractionBelongsToTheBrowserThatAsked(t *testing.T) {
	b := newBench(t)
	information := b.signIn("test")
	b.Browser = b.NewBrowser()
	wantPage(t, b.Press(information, "/continuer", nil), http.StatusBadRequest, "a expiré")
	wantPage(t, b.Authorize(), http.StatusOK, "Démonstration eIDAS faible")
}

func TestTheTimeAllowedToLogInIs30Minutes(t *testing.T) {
	b := newBench(t)
	choice := b.Authorize()
	b.Advance(29 * time.Minute)
	wantPage(t, b.Get(b.Origin+choice.At), http.StatusOK, "Démonstration")
	b.Advance(time.Minute)
	wantPage(t, b.Get(b.Origin+choice.At), http.StatusBadRequest, "a expiré")
}

func TestAnAllowedIdPHintSkipsTheChoice(t *testing.T) {
	b := newBench(t)
	if a := b.Authorize("idp_hint", "demonstration-eidas-faible"); !strings.HasSuffix(a.At, "/connexion") {
		t.Errorf("stands at %s", a.At)
	}
}

func TestTheCookieIsTheSimulatorsOwn(t *testing.T) {
	b := newBench(t)
	b.Authorize()
	address, _ := url.Parse(b.Origin)
	cookies := b.Browser.Jar.Cookies(address)
	if len(cookies) != 1 || cookies[0].Name != "sim_fc" {
		t.Errorf("cookies = %v", cookies)
	}
}

func TestOtherPages(t *testing.T) {
	b := newBench(t)
	wantPage(t, b.Get(b.Origin+"/"), http.StatusOK, b.Issuer)
	wantPage(t, b.Get(b.Issuer+"/token/revocation"), http.StatusNotFound, "n’existe pas")
}
