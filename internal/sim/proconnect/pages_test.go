package proconnect_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func form(name, value string) url.Values { return url.Values{name: {value}} }

// signIn goes through the pages as somebody, up to the callback or to what still is asked.
func (b *bench) signIn(key string, changes ...string) answer {
	b.T.Helper()
	page := b.Authorize(changes...)
	if strings.Contains(page.Body, "/adresse") {
		page = b.Press(page, "/adresse", nil)
	}
	return b.Press(page, "/connexion", form("key", key))
}

func TestThePagesEmailIdentityAndBack(t *testing.T) {
	b := newBench(t)
	email := b.Authorize()
	wantPage(t, email, http.StatusOK, "Adresse électronique professionnelle")
	if !strings.Contains(email.Body, "«\u00a0Portail QF\u00a0»") {
		t.Error("the page does not name the service")
	}
	login := b.Press(email, "/adresse", form("email", "noe@AGGLO.example.fr "))
	wantPage(t, login, http.StatusOK, "Noé LAMBERT")
	if strings.Contains(login.Body, "Camille FERRAND") {
		t.Error("the page offers persons of another address")
	}
	everybody := b.Get(b.Origin + login.At + "?toutes=1")
	wantPage(t, everybody, http.StatusOK, "Camille FERRAND")
	back := b.Press(everybody, "/connexion", form("key", "agent"))
	if back.Status != http.StatusSeeOther || back.Address != callback || back.Location.Get("state") != stateSent || back.Location.Get("iss") != b.Issuer {
		t.Fatalf("%d %s %v", back.Status, back.Address, back.Location)
	}
	wantLevel(t, b.claimsOf(back), "eidas1", []any{"pwd"})
	t.Run("the page serves once", func(t *testing.T) {
		wantPage(t, b.Press(everybody, "/connexion", form("key", "agent")), http.StatusBadRequest, "a expiré")
	})
}

func TestAnAddressOfNobodyOffersEverybody(t *testing.T) {
	b := newBench(t)
	login := b.Press(b.Authorize(), "/adresse", form("email", "<inconnu@example.fr>"))
	wantPage(t, login, http.StatusOK, "&lt;inconnu@example.fr&gt;")
	wantPage(t, login, http.StatusOK, "Camille FERRAND")
}

func TestHintsSkipTheEmailPage(t *testing.T) {
	b := newBench(t)
	login := b.Authorize("login_hint", "camille.ferrand@majastres.example.fr")
	wantPage(t, login, http.StatusOK, "Camille FERRAND")
	if strings.Contains(login.Body, "Noé LAMBERT") {
		t.Error("login_hint does not narrow the choice")
	}
	login = b.Authorize("idp_hint", otherIdP)
	wantPage(t, login, http.StatusOK, "Inès MOREAU")
	if strings.Contains(login.Body, "Camille FERRAND") {
		t.Error("idp_hint does not narrow the choice")
	}
}

func TestAUserOfSeveralOrganisationsPicksOne(t *testing.T) {
	b := newBench(t)
	page := b.signIn("double", "siret_hint", "21280363900013")
	wantPage(t, page, http.StatusOK, "COMMUNE DE MAJASTRES, SIRET 21040107100019")
	if strings.Index(page.Body, "SAINVILLE") > strings.Index(page.Body, "MAJASTRES") {
		t.Error("siret_hint: the suggestion does not come first")
	}
	wantPage(t, b.Press(page, "/organisation", form("siret", "13002526500013")), http.StatusBadRequest, "n’est pas l’une des vôtres")
	got := b.TokensOf(b.CodeOf(b.Press(page, "/organisation", form("siret", "21040107100019"))))
	if claims := b.Verified(b.UserInfo(got.AccessToken).Body, "RS256"); claims["siret"] != "21040107100019" {
		t.Errorf("siret_hint is no access control: %v", claims)
	}
	t.Run("siret_hint is ignored when the session is re-used: to switch, log out", func(t *testing.T) {
		got := b.TokensOf(b.CodeOf(b.Authorize("siret_hint", "21280363900013")))
		if claims := b.Verified(b.UserInfo(got.AccessToken).Body, "RS256"); claims["siret"] != "21040107100019" {
			t.Errorf("switched: %v", claims)
		}
	})
}

func TestProConnectSendsACodeWhereTheProviderHasNoMFA(t *testing.T) {
	b := newBench(t)
	page := b.signIn("agent", "claims", demanded)
	wantPage(t, page, http.StatusOK, "Camille.Ferrand@Majastres.example.fr")
	claims := b.claimsOf(b.Press(page, "/second-facteur", nil))
	wantLevel(t, claims, "eidas1-mfa", []any{"pwd", "mail"})
	t.Run("the session at eidas1-mfa is re-used", func(t *testing.T) {
		b.Advance(time.Minute)
		if again := b.claimsOf(b.Authorize("claims", demanded)); again["auth_time"] != claims["auth_time"] || again["acr"] != "eidas1-mfa" {
			t.Errorf("again = %v", again)
		}
	})
	t.Run("after the organisation", func(t *testing.T) {
		b.Browser = b.NewBrowser()
		page := b.Press(b.signIn("double", "claims", demanded), "/organisation", form("siret", "21040107100019"))
		wantPage(t, page, http.StatusOK, "double authentification")
		wantLevel(t, b.claimsOf(b.Press(page, "/second-facteur", nil)), "eidas1-mfa", []any{"pwd", "mail"})
	})
	t.Run("a self-declared link stays one", func(t *testing.T) {
		b.Browser = b.NewBrowser()
		page := b.signIn("declare", "claims", `{"id_token":{"acr":{"essential":true,"value":"eidas0-mfa"},"amr":null}}`)
		wantLevel(t, b.claimsOf(b.Press(page, "/second-facteur", nil)), "eidas0-mfa", []any{"pwd", "mail"})
	})
}

func TestRequestedACRsThatCouldNotBeSatisfied(t *testing.T) {
	b := newBench(t)
	only := func(level string) string { return `{"id_token":{"acr":{"essential":true,"values":["` + level + `"]}}}` }
	for why, test := range map[string]struct{ key, claims string }{
		"no ordering: eidas1 asked, eidas2 answered":            {"forte", only("eidas1")},
		"eidas1 cannot become eidas2":                           {"agent", only("eidas2")},
		"eidas0 is excluded, MFA or not":                        {"declare", demanded},
		"no code where the provider has MFA but answers eidas1": {"tue", demanded},
		"the older URIs are no longer supported":                {"agent", only("https://proconnect.gouv.fr/assurance/consistency-checked-2fa")},
	} {
		t.Run(why, func(t *testing.T) {
			b.Browser = b.NewBrowser()
			b.WantBack(t, b.signIn(test.key, "claims", test.claims), "access_denied", "requested ACRs could not be satisfied")
		})
	}
	t.Run("met at once", func(t *testing.T) {
		for key, level := range map[string]string{"agent": "eidas1", "declare": "eidas0", "forte": "eidas2"} {
			b.Browser = b.NewBrowser()
			if claims := b.claimsOf(b.signIn(key, "claims", only(level))); claims["acr"] != level {
				t.Errorf("%s: %v", key, claims)
			}
		}
	})
}

func TestRetourAuServiceIsAccessDenied(t *testing.T) {
	b := newBench(t)
	for why, page := range map[string]answer{
		"from the first page":     b.Authorize(),
		"from the choice":         b.Press(b.Authorize(), "/adresse", nil),
		"from the organisations":  b.signIn("double"),
		"from the second factor":  b.signIn("agent", "claims", demanded),
		"from a choice by a hint": b.Authorize("login_hint", "personne@example.fr"),
	} {
		t.Run(why, func(t *testing.T) {
			b.WantBack(t, b.Press(page, "/retour", nil), "access_denied", "User auth aborted")
			wantPage(t, b.Press(page, "/retour", nil), http.StatusBadRequest, "a expiré")
		})
	}
}

func TestNobodySkipsAPage(t *testing.T) {
	b := newBench(t)
	email := b.Authorize()
	wantPage(t, b.Post(b.Origin+email.At+"/second-facteur", nil), http.StatusOK, "Adresse électronique")
	wantPage(t, b.Post(b.Origin+email.At+"/organisation", form("siret", "21040107100019")), http.StatusBadRequest, "n’est pas l’une des vôtres")
	wantPage(t, b.Post(b.Origin+email.At+"/connexion", form("key", "inconnu")), http.StatusBadRequest, "n’existe pas")
	page := b.signIn("double", "claims", demanded)
	wantPage(t, b.Post(b.Origin+page.At+"/second-facteur", nil), http.StatusOK, "Choisir une organisation")
}

func TestTheInteractionBelongsToTheBrowserThatAskedFor30Minutes(t *testing.T) {
	b := newBench(t)
	email := b.Authorize()
	b.Advance(29 * time.Minute)
	wantPage(t, b.Get(b.Origin+email.At), http.StatusOK, "Adresse électronique")
	mine := b.Browser
	b.Browser = b.NewBrowser()
	wantPage(t, b.Press(email, "/adresse", nil), http.StatusBadRequest, "a expiré")
	b.Browser = mine
	b.Advance(time.Minute)
	wantPage(t, b.Get(b.Origin+email.At), http.StatusBadRequest, "a expiré")
}

func TestTheCookieIsTheSimulatorsOwn(t *testing.T) {
	b := newBench(t)
	b.Authorize()
	address, _ := url.Parse(b.Origin)
	cookies := b.Browser.Jar.Cookies(address)
	if len(cookies) != 1 || cookies[0].Name != "sim_pc" {
		t.Errorf("cookies = %v", cookies)
	}
}

func TestOtherPages(t *testing.T) {
	b := newBench(t)
	wantPage(t, b.Get(b.Origin+"/"), http.StatusOK, b.Issuer)
	for _, path := range []string{"/token/revocation", "/token/introspection", "/checktoken"} {
		wantPage(t, b.Post(b.Issuer+path, nil), http.StatusNotFound, "n’existe pas")
	}
}
