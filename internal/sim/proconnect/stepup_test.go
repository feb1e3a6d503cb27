package proconnect_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// strong is the amr of a person whom an order raises to eidas2.
var strong = []any{"pwd", "otp", "mfa"}

func wantLevel(t *testing.T, claims map[string]any, acr any, amr []any) {
	t.Helper()
	if diff := cmp.Diff([]any{acr, amr}, []any{claims["acr"], claims["amr"]}); diff != "" {
		t.Error(diff)
	}
}

func TestAStepUpRightAfterAnOrderAnswersTheSamePersonAtEidas2(t *testing.T) {
	b := newBench(t)
	b.Order(`{"identity":{"email":"a@example.fr","siret":"21040107100019"}}`)
	plain := b.claimsOf(b.Authorize())
	wantLevel(t, plain, "eidas1", []any{"pwd"})
	b.Advance(time.Minute)
	raised := b.claimsOf(b.Authorize("claims", demanded, "login_hint", "a@example.fr", "siret_hint", "21040107100019"))
	wantLevel(t, raised, "eidas2", strong)
	if raised["sub"] != plain["sub"] || raised["auth_time"] != plain["auth_time"].(float64)+60 {
		t.Errorf("plain %v, raised %v", plain, raised)
	}
	t.Run("the session keeps the level", func(t *testing.T) {
		again := b.claimsOf(b.Authorize())
		wantLevel(t, again, "eidas2", strong)
		if again["auth_time"] != raised["auth_time"] {
			t.Error("authenticated anew without demand")
		}
	})
	t.Run("and so does each step-up that follows in that browser", func(t *testing.T) {
		wantLevel(t, b.claimsOf(b.Authorize("claims", demanded)), "eidas2", strong)
	})
	t.Run("an order of its own comes first", func(t *testing.T) {
		b.Order(`{"error":"access_denied"}`)
		b.WantBack(t, b.Authorize("claims", demanded), "access_denied", "User auth aborted")
		b.Order(`{"identity":{"email":"b@example.fr"}}`)
		if other := b.claimsOf(b.Authorize("claims", demanded)); other["sub"] == plain["sub"] {
			t.Error("the same person")
		}
	})
}

func TestAStepUpAnswersTheAcrThatTheOrderGaveFitOrNot(t *testing.T) {
	b := newBench(t)
	b.Order(`{"identity":{"email":"a@example.fr","acr":"eidas1"}}`)
	wantLevel(t, b.claimsOf(b.Authorize()), "eidas1", []any{"pwd"})
	wantLevel(t, b.claimsOf(b.Authorize("claims", demanded)), "eidas1", []any{"pwd"})
	b.Order(`{"identity":{"email":"a@example.fr","acr":"eidas1","amr":["pwd","mfa"]}}`)
	wantLevel(t, b.claimsOf(b.Authorize("claims", demanded)), "eidas1", []any{"pwd", "mfa"})
	b.Order(`{"identity":{"email":"a@example.fr","amr":["hwk"]}}`)
	wantLevel(t, b.claimsOf(b.Authorize("claims", demanded)), "eidas2", []any{"hwk"})
}

func TestALevelDemandedAtOnce(t *testing.T) {
	b := newBench(t)
	tests := []struct {
		order string
		acr   string
		amr   []any
	}{
		{`{"identity":{}}`, "eidas2", strong},
		{`{"key":"agent"}`, "eidas2", strong},
		{`{"key":"declare"}`, "eidas2", strong},
		{`{"key":"moyenne"}`, "eidas1-mfa", []any{"pwd", "otp", "mfa"}},
		{`{"key":"forte"}`, "eidas2", []any{"pwd", "pop", "mfa"}},
	}
	for _, test := range tests {
		t.Run(test.order, func(t *testing.T) {
			b.Order(test.order)
			wantLevel(t, b.claimsOf(b.Authorize("claims", demanded)), test.acr, test.amr)
		})
	}
}

func TestTheLevelOfAnOfferedIdentityIsADefault(t *testing.T) {
	b := newBench(t)
	for key, want := range map[string]string{"agent": "eidas1", "declare": "eidas0", "moyenne": "eidas1-mfa", "forte": "eidas2"} {
		b.Order(`{"key":"` + key + `"}`)
		if claims := b.claimsOf(b.Authorize()); claims["acr"] != want {
			t.Errorf("%s: acr = %v, want %s", key, claims["acr"], want)
		}
		wantLevel(t, b.claimsOf(b.Authorize("claims", demanded)), "eidas2", strong)
	}
}

func TestAStepUpIsFoundByTheClientOnceIfTheBrowserKeepsNoCookie(t *testing.T) {
	b := newBench(t)
	forgetful := func() { b.Browser = b.NewBrowser() }
	stepUp := func() answer { forgetful(); return b.Authorize("claims", demanded) }

	b.Order(`{"identity":{"email":"a@example.fr"}}`)
	plain := b.claimsOf(b.Authorize())
	raised := b.claimsOf(stepUp())
	wantLevel(t, raised, "eidas2", strong)
	if raised["sub"] != plain["sub"] {
		t.Error("another person")
	}
	wantPage(t, stepUp(), http.StatusOK, "Adresse électronique professionnelle")

	for why, between := range map[string]func(){
		"ten minutes later, it is no longer right after": func() { b.Advance(10 * time.Minute) },
		"a page of that client opened in between":        func() { forgetful(); b.Authorize() },
		"it has been used in the browser":                func() { b.claimsOf(b.Authorize("claims", demanded)) },
	} {
		b.Order(`{"identity":{"email":"a@example.fr"}}`)
		b.CodeOf(b.Authorize())
		between()
		if a := stepUp(); a.Status != http.StatusOK {
			t.Errorf("%s: answered %d %v", why, a.Status, a.Location)
		}
	}
	t.Run("another client finds nothing", func(t *testing.T) {
		b.Order(`{"identity":{"email":"a@example.fr"}}`)
		b.CodeOf(b.Authorize())
		forgetful()
		wantPage(t, b.Authorize("claims", demanded, "client_id", "autre", "scope", "openid email"), http.StatusOK, "Autre service")
	})
	t.Run("a browser that signed in by the pages is not concerned", func(t *testing.T) {
		forgetful()
		b.signIn("declare")
		signedIn := b.Browser
		forgetful()
		b.Order(`{"identity":{"email":"a@example.fr"}}`)
		b.CodeOf(b.Authorize())
		b.Browser = signedIn
		wantPage(t, b.Authorize("claims", demanded), http.StatusOK, "Max DURAND")
	})
}

func TestAPrivateSectorUserIsRefusedByAPage(t *testing.T) {
	b := newBench(t)
	public := []string{"client_id", "public"}
	b.Order(`{"key":"agent"}`)
	b.CodeOf(b.Authorize(public...))
	b.Order(`{"key":"privee"}`)
	wantPage(t, b.Authorize(public...), http.StatusForbidden, "Y500015")
	b.Order(`{"identity":{"email":"a@example.fr"}}`)
	wantPage(t, b.Authorize(public...), http.StatusForbidden, "Y500015")
	b.Order(`{"key":"privee"}`)
	b.CodeOf(b.Authorize()) // elsewhere she is welcome
	t.Run("her session is not re-used there either", func(t *testing.T) {
		wantPage(t, b.Authorize(public...), http.StatusForbidden, "Y500015")
	})
	t.Run("by the pages", func(t *testing.T) {
		b.Browser = b.NewBrowser()
		login := b.Press(b.Authorize(public...), "/adresse", nil)
		wantPage(t, b.Press(login, "/connexion", form("key", "privee")), http.StatusForbidden, "Y500015")
		b.CodeOf(b.Press(login, "/connexion", form("key", "agent")))
	})
}
