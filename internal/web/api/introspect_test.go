package api

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
)

const inactive = `{"active":false}`

// token is a token of API Particulier of a town of Tilleul, and its text.
func (p *programs) token(letter string, change func(*credential.Token)) string {
	p.t.Helper()
	text := credential.TokenText{Prefix: credential.TestPrefix, PublicID: strings.Repeat(letter, 12), Secret: value.Secret(strings.Repeat("s", 43))}
	kept := credential.Token{
		ID: "0b4fbbd4-0000-4000-8000-000000000001", PublicID: text.PublicID, Request: 48231, Habilitation: 10_000_042, Siret: "21040107100019", Organisation: "Majastres",
		Editor: tilleul, Scopes: []string{"cnaf_quotient_familial", "cnaf_adresse"}, IssuedAt: noon.Add(-24 * time.Hour), ExpiresAt: noon.Add(24 * time.Hour),
	}
	if change != nil {
		change(&kept)
	}
	p.tokens.known[text.PublicID] = kept
	return text.Reveal().Reveal()
}

func (p *programs) introspect(token string, headers ...string) answer {
	p.t.Helper()
	return p.post("/oauth/introspect", url.Values{"token": {token}}.Encode(), headers...)
}

// « RFC 7662 at /oauth/introspect for the existing gateway »: whatever way its secret is encoded.
func TestTheGatewayIsToldWhatATokenOpens(t *testing.T) {
	p := openPrograms(t)
	token := p.token("a", nil)
	want := map[string]any{
		"active": true, "scope": "cnaf_quotient_familial cnaf_adresse", "token_type": "Bearer", "exp": float64(noon.Add(24 * time.Hour).Unix()), "iat": float64(noon.Add(-24 * time.Hour).Unix()),
		"sub": "H10000042", "aud": "api-particulier", "iss": "https://portail.example.fr", "jti": "0b4fbbd4-0000-4000-8000-000000000001",
		"siret": "21040107100019", "organisation": "Majastres", "habilitation": "H10000042",
	}
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}, "client_id": {gatewayID}, "client_secret": {gatewaySecret}}.Encode()
	for name, got := range map[string]answer{
		"as the standard encodes": p.introspect(token, "Authorization", basic(gatewayID, url.QueryEscape(gatewaySecret))),
		"as it is":                p.introspect(token, "Authorization", basic(gatewayID, gatewaySecret)),
		"in the body":             p.post("/oauth/introspect", form),
	} {
		var told map[string]any
		if err := json.Unmarshal([]byte(got.body), &told); err != nil || got.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		got.has("Cache-Control", "no-store")
	}
	if strings.Contains(p.log.String(), token) {
		t.Error("the log tells the token")
	}
}

// « expired, revoked, unknown, malformed → {"active":false} exactly, 200 »
func TestATokenThatOpensNothingIsOnlyInactive(t *testing.T) {
	p := openPrograms(t)
	gateway := []string{"Authorization", basic(gatewayID, url.QueryEscape(gatewaySecret))}
	right := p.token("a", nil)
	for name, token := range map[string]string{
		"expired":   p.token("b", func(t *credential.Token) { t.ExpiresAt = noon.Add(-time.Second) }),
		"revoked":   p.token("c", func(t *credential.Token) { t.Revocation.At = noon.Add(-time.Second) }),
		"suspended": p.token("d", func(t *credential.Token) { t.Suspension.At = noon.Add(-time.Second) }),
		"barred":    p.token("e", func(t *credential.Token) { t.Barred = noon.Add(-time.Second) }),
		"replaced":  p.token("f", func(t *credential.Token) { t.ReplacedAt, t.EndsAt = noon.Add(-time.Hour), noon.Add(-time.Second) }),
		"unknown":   credential.TokenText{Prefix: credential.TestPrefix, PublicID: "zzzzzzzzzzzz", Secret: value.Secret(strings.Repeat("s", 43))}.Reveal().Reveal(),
		"cut":       right[:len(right)-1], "mistyped": right[:20] + "?" + right[21:], "of another system": "eyJhbGciOiJIUzI1NiJ9.e30.x", "hostile": "' OR 1=1 --\x00", "long": strings.Repeat("a", 8000),
	} {
		if got := p.introspect(token, gateway...); got.status != http.StatusOK || got.body != inactive {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	p.introspect("", gateway...).errs(http.StatusBadRequest, "invalid_request")
	p.post("/oauth/introspect", "token="+right+"&token="+right, gateway...).errs(http.StatusBadRequest, "invalid_request")
	p.ask(http.MethodPost, "/oauth/introspect?token="+right, "", append(gateway, "Content-Type", formType)...).errs(http.StatusBadRequest, "invalid_request")
	p.ask(http.MethodPost, "/oauth/introspect", `{"token":"`+right+`"}`, append(gateway, "Content-Type", noForm)...).errs(http.StatusBadRequest, "invalid_request")
	p.get("/oauth/introspect?token="+right, gateway...).is(http.StatusMethodNotAllowed, errorText("Method Not Allowed"))
	// That we cannot tell is not that it opens nothing.
	for err, status := range map[error]int{driver.ErrBadConn: http.StatusServiceUnavailable, errors.New("un défaut"): http.StatusInternalServerError} {
		p.tokens.err = err
		if got := p.introspect(right, gateway...); got.status != status || strings.Contains(got.body, "active") {
			t.Errorf("%v: %d %s", err, got.status, got.body)
		}
	}
}

// « an editor's client sees only tokens of its own habilitations (Admission.Editor), others
// inactive »
func TestAnEditorIsToldOfItsOwnTokensAlone(t *testing.T) {
	p := openPrograms(t)
	own := p.token("a", nil)
	foreign, nobodys := p.token("b", func(t *credential.Token) { t.Editor = brume }), p.token("c", func(t *credential.Token) { t.Editor = "" })
	client, secret := p.create(tilleul, "", machine.ScopeTokens)
	if got := p.introspect(own, "Authorization", basic(client.ID, secret)); got.status != http.StatusOK || !strings.Contains(got.body, `"active":true`) {
		t.Errorf("its own: %d %s", got.status, got.body)
	}
	p.introspect(foreign, "Authorization", basic(client.ID, secret)).is(http.StatusOK, inactive)
	p.introspect(nobodys, "Authorization", basic(client.ID, secret)).is(http.StatusOK, inactive)
	other, otherSecret := p.create(brume, "", machine.ScopeTokens)
	p.introspect(own, "Authorization", basic(other.ID, otherSecret)).is(http.StatusOK, inactive)
	less, lessSecret := p.create(tilleul, "", machine.ScopeClients)
	p.introspect(own, "Authorization", basic(less.ID, lessSecret)).errs(http.StatusForbidden, "insufficient_scope")
	for _, who := range []string{basic(client.ID, otherSecret), basic(gatewayID, ""), basic("", gatewaySecret), basic(gatewayID, gatewaySecret+"x"), basic("", ""), "Bearer " + p.enter(client.ID, secret, "")} {
		p.introspect(own, "Authorization", who).errs(http.StatusUnauthorized, "invalid_client")
	}
	p.introspect(own).errs(http.StatusUnauthorized, "invalid_client")
}

// « without them it is not let in »: no secret is everybody's.
func TestWithoutItsSecretTheGatewayIsNotLetIn(t *testing.T) {
	for _, i := range []Introspection{{}, {GatewayID: gatewayID}, {GatewaySecret: gatewaySecret}} {
		for _, asked := range []asking{{}, {id: gatewayID}, {secret: gatewaySecret}, {id: gatewayID, secret: gatewaySecret}} {
			if i.isGateway(asked) {
				t.Errorf("%+v is let in by %q", asked.id, i.GatewayID)
			}
		}
	}
}
