package proconnect_test

import (
	"net/http"
	"testing"
	"time"
)

func TestTheSessionLasts12HoursNotSliding(t *testing.T) {
	b := newBench(t)
	first := b.claimsOf(b.signIn("agent"))
	for range 3 {
		b.Advance(3*time.Hour + 59*time.Minute)
		again := b.claimsOf(b.Authorize("prompt", "login")) // prompt=login does not force re-authentication
		if again["auth_time"] != first["auth_time"] || again["sub"] != first["sub"] {
			t.Errorf("again = %v", again)
		}
	}
	b.Advance(3 * time.Minute)
	b.WantBack(t, b.Authorize("prompt", "none"), "login_required", "End-User authentication is required")
	wantPage(t, b.Authorize(), http.StatusOK, "Adresse électronique professionnelle")
}

func TestPromptNoneIsSilentWithinASession(t *testing.T) {
	b := newBench(t)
	b.CodeOf(b.signIn("agent"))
	b.CodeOf(b.Authorize("prompt", "none"))
	t.Run("but does not raise a level", func(t *testing.T) {
		b.WantBack(t, b.Authorize("prompt", "none", "claims", demanded), "login_required", "End-User authentication is required")
	})
}

func TestASessionIsReusedIfItSatisfiesTheRequirementExceptEidas2AndEidas3(t *testing.T) {
	b := newBench(t)
	listed := `{"id_token":{"acr":{"essential":true,"values":["eidas1","eidas1-mfa","eidas2","eidas3"]}}}`
	first := b.claimsOf(b.signIn("agent", "claims", listed))
	if again := b.claimsOf(b.Authorize("claims", listed)); again["auth_time"] != first["auth_time"] {
		t.Error("eidas1 is not re-used")
	}
	b.Browser = b.NewBrowser()
	first = b.claimsOf(b.signIn("forte", "claims", listed))
	b.Advance(time.Minute)
	login := b.Authorize("claims", listed)
	wantPage(t, login, http.StatusOK, "Inès MOREAU") // without the page of the e-mail: it is known
	if again := b.claimsOf(b.Press(login, "/connexion", form("key", "forte"))); again["auth_time"] != first["auth_time"].(float64)+60 || again["acr"] != "eidas2" {
		t.Errorf("eidas2 always triggers a new authentication: %v", again)
	}
	t.Run("without demand it is re-used at its level", func(t *testing.T) {
		if again := b.claimsOf(b.Authorize()); again["acr"] != "eidas2" {
			t.Errorf("again = %v", again)
		}
	})
}

func TestAStepUpByThePagesOnlyAsksForTheSecondFactor(t *testing.T) {
	b := newBench(t)
	got := b.TokensOf(b.CodeOf(b.Press(b.signIn("double"), "/organisation", form("siret", "21280363900013"))))
	plain := b.Verified(got.IDToken, "RS256")
	b.Advance(time.Minute)
	page := b.Authorize("claims", demanded, "login_hint", "noe@agglo.example.fr", "siret_hint", "21280363900013")
	wantPage(t, page, http.StatusOK, "double authentification")
	got = b.TokensOf(b.CodeOf(b.Press(page, "/second-facteur", nil)))
	raised := b.Verified(got.IDToken, "RS256")
	wantLevel(t, raised, "eidas1-mfa", []any{"pwd", "mail"})
	if raised["sub"] != plain["sub"] || raised["auth_time"] != plain["auth_time"].(float64)+60 {
		t.Errorf("plain %v, raised %v", plain, raised)
	}
	if claims := b.Verified(b.UserInfo(got.AccessToken).Body, "RS256"); claims["siret"] != "21280363900013" {
		t.Errorf("the organisation changed: %v", claims)
	}
	t.Run("or another person may come: the service has to look", func(t *testing.T) {
		b.Browser = b.NewBrowser()
		b.CodeOf(b.signIn("agent"))
		page := b.Authorize("claims", demanded)
		everybody := b.Get(b.Origin + page.At + "/connexion?toutes=1")
		if other := b.claimsOf(b.Press(everybody, "/connexion", form("key", "forte"))); other["sub"] == plain["sub"] || other["acr"] != "eidas2" {
			t.Errorf("other = %v", other)
		}
	})
}

func TestHintsOfSomebodyElseDropTheSession(t *testing.T) {
	b := newBench(t)
	tests := []struct {
		sentence string
		changes  []string
		dropped  bool
	}{
		{"the same e-mail, in another case", []string{"login_hint", "CAMILLE.ferrand@majastres.example.fr"}, false},
		{"a session under another e-mail is dropped", []string{"login_hint", "noe@agglo.example.fr"}, true},
		{"the same provider", []string{"idp_hint", "71144ab3-ee1a-4401-b7b3-79b44f7daeeb"}, false},
		{"a session with another IdP is dropped", []string{"idp_hint", otherIdP}, true},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			b.Browser = b.NewBrowser()
			b.CodeOf(b.signIn("agent"))
			a := b.Authorize(test.changes...)
			if dropped := a.Status == http.StatusOK; dropped != test.dropped {
				t.Fatalf("answered %d %v", a.Status, a.Location)
			}
			// Dropped for good, not set aside.
			if again := b.Authorize(); (again.Status == http.StatusOK) != test.dropped {
				t.Errorf("then answered %d %v", again.Status, again.Location)
			}
		})
	}
}

func TestASessionServesEveryServiceOfThatBrowser(t *testing.T) {
	b := newBench(t)
	b.CodeOf(b.signIn("agent"))
	b.CodeOf(b.Authorize("client_id", "autre", "scope", "openid email"))
	b.Browser = b.NewBrowser()
	wantPage(t, b.Authorize("client_id", "autre", "scope", "openid email"), http.StatusOK, "Autre service")
}
