package oidc_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portail-qf/internal/partner/oidc"
)

func TestNominalSignInGivesThePersonAndTheTokens(t *testing.T) {
	p := startProvider(t)
	verified, err := p.client().Authenticate(t.Context(), p.answer(), oidc.Attempt{Nonce: nonce})
	if err != nil {
		t.Fatal(err)
	}
	if verified.Subject != subject || verified.AccessToken.Reveal() != accessToken || !strings.HasPrefix(verified.IDToken.Reveal(), "eyJ") {
		t.Errorf("got %q, %q, %q", verified.Subject, verified.AccessToken.Reveal(), verified.IDToken.Reveal())
	}
	if name, _ := verified.UserInfo.Text("family_name"); name != familyName {
		t.Errorf("userinfo: got %s", verified.UserInfo)
	}
	if level, _ := verified.Claims.Text("acr"); level != "eidas1" {
		t.Errorf("claims of the id_token: got %s", verified.Claims)
	}
}

// accepted is the absence of a reason to fail.
const accepted oidc.Reason = -1

// TestStrictWrapper proves, row by row, the column "strict wrapper" of
// reference/identity.md §3.2 and the recipe of §3.3.
func TestStrictWrapper(t *testing.T) {
	atHash := func(token string) string {
		sum := sha256.Sum256([]byte(token))
		return base64.RawURLEncoding.EncodeToString(sum[:16])
	}
	rows := []struct {
		name    string
		falsify func(t *testing.T, p *provider)
		want    oidc.Reason
	}{
		{"nominal", func(*testing.T, *provider) {}, accepted},

		{"wrong iss in the id_token", func(_ *testing.T, p *provider) { p.idToken["iss"] = "https://autre.exemple.fr" }, oidc.Refused},
		{"wrong iss in userinfo", func(_ *testing.T, p *provider) { p.userInfo["iss"] = "https://autre.exemple.fr" }, oidc.Refused},
		{"iss with one more slash", func(_ *testing.T, p *provider) { p.idToken["iss"] = p.issuer() + "/" }, oidc.Refused},
		{"wrong aud in the id_token", func(_ *testing.T, p *provider) { p.idToken["aud"] = "autre" }, oidc.Refused},
		{"wrong aud in userinfo", func(_ *testing.T, p *provider) { p.userInfo["aud"] = "autre" }, oidc.Refused},
		{"no aud in userinfo", func(_ *testing.T, p *provider) { delete(p.userInfo, "aud") }, oidc.Refused},

		{"expired id_token", func(_ *testing.T, p *provider) { p.idToken["exp"] = instant.Add(-31 * time.Second).Unix() }, oidc.Refused},
		{"expired userinfo", func(_ *testing.T, p *provider) { p.userInfo["exp"] = instant.Add(-31 * time.Second).Unix() }, oidc.Refused},
		{"no exp", func(_ *testing.T, p *provider) { delete(p.idToken, "exp") }, oidc.Refused},
		{"30 s leeway", func(_ *testing.T, p *provider) {
			p.idToken["exp"] = instant.Add(-29 * time.Second).Unix()
			p.userInfo["exp"] = instant.Add(-29 * time.Second).Unix()
		}, accepted},

		{"userinfo as plain JSON", func(_ *testing.T, p *provider) {
			p.instead["/userinfo"] = func(w http.ResponseWriter, _ *http.Request) {
				writeJSON(w, "application/json", http.StatusOK, p.userInfo)
			}
		}, oidc.Refused},
		{"userinfo as plain JSON announced as a JWT", func(_ *testing.T, p *provider) {
			p.instead["/userinfo"] = func(w http.ResponseWriter, _ *http.Request) {
				writeJSON(w, "application/jwt", http.StatusOK, p.userInfo)
			}
		}, oidc.Refused},
		{"userinfo without media type", func(_ *testing.T, p *provider) {
			p.instead["/userinfo"] = func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = nil
				_, _ = w.Write([]byte(p.signES(p.userInfo)))
			}
		}, oidc.Refused},
		{"userinfo longer than 1 MiB", func(_ *testing.T, p *provider) {
			p.userInfo["family_name"] = strings.Repeat("x", 1<<20)
		}, oidc.Refused},
		{"userinfo sub is not the id_token's", func(_ *testing.T, p *provider) { p.userInfo["sub"] = "autre" }, oidc.Refused},
		{"no sub in userinfo", func(_ *testing.T, p *provider) { delete(p.userInfo, "sub") }, oidc.Refused},

		{"id_token of algorithm none", func(_ *testing.T, p *provider) { p.writeIDToken = unsigned }, oidc.Refused},
		{"userinfo of algorithm none", func(_ *testing.T, p *provider) { p.writeUserInfo = unsigned }, oidc.Refused},
		{"id_token of HS256", func(t *testing.T, p *provider) { p.writeIDToken = signHS(t) }, oidc.Refused},
		{"userinfo of HS256", func(t *testing.T, p *provider) { p.writeUserInfo = signHS(t) }, oidc.Refused},
		{"id_token of a rogue key", func(t *testing.T, p *provider) { p.writeIDToken = signRogue(t, p) }, oidc.Refused},
		{"userinfo of a rogue key", func(t *testing.T, p *provider) { p.writeUserInfo = signRogue(t, p) }, oidc.Refused},
		{"id_token of the provider's other key", func(_ *testing.T, p *provider) { p.writeIDToken = p.signRS }, oidc.Refused},
		{"userinfo of the provider's other key", func(_ *testing.T, p *provider) { p.writeUserInfo = p.signRS }, oidc.Refused},
		{"id_token altered after signature", func(_ *testing.T, p *provider) {
			p.writeIDToken = func(claims map[string]any) string {
				parts := strings.Split(p.signES(claims), ".")
				claims["sub"] = "autre"
				return parts[0] + "." + strings.Split(unsigned(claims), ".")[1] + "." + parts[2]
			}
		}, oidc.Refused},

		{"several audiences without azp", func(_ *testing.T, p *provider) { p.idToken["aud"] = []string{clientID, "autre"} }, oidc.Refused},
		{"several audiences and our azp", func(_ *testing.T, p *provider) {
			p.idToken["aud"] = []string{clientID, "autre"}
			p.idToken["azp"] = clientID
		}, accepted},
		{"azp of another client", func(_ *testing.T, p *provider) { p.idToken["azp"] = "autre" }, oidc.Refused},

		{"no sub", func(_ *testing.T, p *provider) { delete(p.idToken, "sub"); delete(p.userInfo, "sub") }, oidc.Refused},
		{"iat 61 s ahead", func(_ *testing.T, p *provider) { p.idToken["iat"] = instant.Add(61 * time.Second).Unix() }, oidc.Refused},
		{"iat 60 s ahead", func(_ *testing.T, p *provider) { p.idToken["iat"] = instant.Add(60 * time.Second).Unix() }, accepted},
		{"no iat", func(_ *testing.T, p *provider) { delete(p.idToken, "iat") }, oidc.Refused},

		{"wrong nonce", func(_ *testing.T, p *provider) { p.idToken["nonce"] = "autre" }, oidc.Refused},
		{"no nonce", func(_ *testing.T, p *provider) { delete(p.idToken, "nonce") }, oidc.Refused},
		{"signed userinfo instead of the id_token", func(_ *testing.T, p *provider) {
			p.writeIDToken = func(map[string]any) string { return p.signES(p.userInfo) }
		}, oidc.Refused},
		{"no id_token", func(_ *testing.T, p *provider) { p.writeIDToken = func(map[string]any) string { return "" } }, oidc.Refused},

		{"at_hash of the access token", func(_ *testing.T, p *provider) { p.idToken["at_hash"] = atHash(accessToken) }, accepted},
		{"at_hash of another token", func(_ *testing.T, p *provider) { p.idToken["at_hash"] = atHash("autre") }, oidc.Refused},
		{"acr too low", func(_ *testing.T, p *provider) { p.idToken["acr"] = "eidas0" }, oidc.Refused},
		{"no acr", func(_ *testing.T, p *provider) { delete(p.idToken, "acr") }, oidc.Refused},
		{"acr is no text", func(_ *testing.T, p *provider) { p.idToken["acr"] = 1 }, oidc.Refused},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			p := startProvider(t)
			row.falsify(t, p)
			verified, err := p.client().Authenticate(t.Context(), p.answer(), oidc.Attempt{Nonce: nonce})
			if row.want == accepted {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			assertReason(t, err, row.want)
			if verified.Subject != "" || verified.UserInfo != nil || verified.AccessToken != "" {
				t.Errorf("a failed sign-in gave something: %s", verified.UserInfo)
			}
		})
	}
}

func TestAnEmptyNonceNeverMatches(t *testing.T) {
	p := startProvider(t)
	delete(p.idToken, "nonce")
	_, err := p.client().Authenticate(t.Context(), p.answer(), oidc.Attempt{})
	assertReason(t, err, oidc.Refused)
}

func TestWithoutLevelsTheCallerJudgesAcr(t *testing.T) {
	p := startProvider(t)
	delete(p.idToken, "acr")
	client := p.client(func(config *oidc.Config) { config.Levels = nil })
	if _, err := client.Authenticate(t.Context(), p.answer(), oidc.Attempt{Nonce: nonce}); err != nil {
		t.Fatal(err)
	}
}

func TestAnRS256RegistrationAcceptsRS256Only(t *testing.T) {
	p := startProvider(t)
	client := p.client(func(config *oidc.Config) { config.Algorithm = "RS256" })
	_, err := client.Authenticate(t.Context(), p.answer(), oidc.Attempt{Nonce: nonce})
	assertReason(t, err, oidc.Refused)
	p.writeIDToken, p.writeUserInfo = p.signRS, p.signRS
	if _, err := client.Authenticate(t.Context(), p.answer(), oidc.Attempt{Nonce: nonce}); err != nil {
		t.Fatal(err)
	}
}

func TestTheVerifierOfPKCEGoesWithTheCode(t *testing.T) {
	p := startProvider(t)
	p.verifier = rand.Text() + rand.Text()
	if _, err := p.client().Authenticate(t.Context(), p.answer(), oidc.Attempt{Nonce: nonce, Verifier: p.verifier}); err != nil {
		t.Fatal(err)
	}
}

// "callback order: … iss == issuer → error? → Exchange" (reference/identity.md §3.3).
func TestTheAnswerIsJudgedBeforeAnyRequest(t *testing.T) {
	p := startProvider(t)
	rows := []struct {
		name   string
		answer oidc.Answer
		want   oidc.Reason
		code   string
	}{
		{"no iss", oidc.Answer{Code: code}, oidc.Refused, ""},
		{"iss of another provider", oidc.Answer{Code: code, Issuer: "https://autre.exemple.fr"}, oidc.Refused, ""},
		{"an error of another provider", oidc.Answer{Error: "access_denied", Issuer: "https://autre.exemple.fr"}, oidc.Refused, ""},
		{"neither code nor error", oidc.Answer{Issuer: p.issuer()}, oidc.Refused, ""},
		{"the person turned back", oidc.Answer{Error: "access_denied", Issuer: p.issuer()}, oidc.Cancelled, "access_denied"},
		{"an error goes before a code", oidc.Answer{Code: code, Error: "access_denied", Issuer: p.issuer()}, oidc.Cancelled, "access_denied"},
		{"technical error", oidc.Answer{Error: "server_error", Issuer: p.issuer()}, oidc.Unavailable, "server_error"},
		{"busy", oidc.Answer{Error: "temporarily_unavailable", Issuer: p.issuer()}, oidc.Unavailable, "temporarily_unavailable"},
		{"our request", oidc.Answer{Error: "invalid_request", Issuer: p.issuer()}, oidc.Misconfigured, "invalid_request"},
		{"our scopes", oidc.Answer{Error: "invalid_scope", Issuer: p.issuer()}, oidc.Misconfigured, "invalid_scope"},
		{"our response type", oidc.Answer{Error: "unsupported_response_type", Issuer: p.issuer()}, oidc.Misconfigured, "unsupported_response_type"},
		{"our level", oidc.Answer{Error: "invalid_acr", Issuer: p.issuer()}, oidc.Misconfigured, "invalid_acr"},
		{"no session", oidc.Answer{Error: "login_required", Issuer: p.issuer()}, oidc.Refused, "login_required"},
		{"a text made up by a visitor", oidc.Answer{Error: "description " + familyName, Issuer: p.issuer()}, oidc.Refused, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := p.client().Authenticate(t.Context(), row.answer, oidc.Attempt{Nonce: nonce})
			failure := assertReason(t, err, row.want)
			if failure.Code != row.code {
				t.Errorf("code: got %q, want %q", failure.Code, row.code)
			}
		})
	}
	if n := p.requests("/token"); n != 0 {
		t.Errorf("%d codes were sent, none should", n)
	}
}

// Map errors: "invalid_grant → start again, invalid_client → alert" (reference/identity.md
// §3.3, pitfall 8; bodies of §1.6).
func TestTokenErrors(t *testing.T) {
	body := func(code string) map[string]any {
		return map[string]any{"error": code, "error_description": "description for " + familyName, "error_uri": "https://exemple.fr/Y000000"}
	}
	rows := []struct {
		name   string
		status int
		body   any
		want   oidc.Reason
	}{
		{"code too old or already used", 400, body("invalid_grant"), oidc.Expired},
		{"wrong secret", 401, body("invalid_client"), oidc.Misconfigured},
		{"scope not allowed", 400, body("invalid_scope"), oidc.Misconfigured},
		{"wrong request", 400, body("invalid_request"), oidc.Misconfigured},
		{"server error", 500, body("server_error"), oidc.Unavailable},
		{"server error that speaks of the grant", 502, body("invalid_grant"), oidc.Unavailable},
		{"too many requests", 429, body("invalid_request"), oidc.Unavailable},
		{"an error in a success", 200, body("invalid_grant"), oidc.Expired},
		{"an unknown error", 400, body("description"), oidc.Unavailable},
		{"no JSON", 503, "<h1>description</h1>", oidc.Unavailable},
		{"a success that is no token", 200, []string{"description"}, oidc.Unavailable},
		{"a success without access token", 200, map[string]any{"id_token": "eyJ"}, oidc.Unavailable},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			p := startProvider(t)
			p.instead["/token"] = func(w http.ResponseWriter, _ *http.Request) {
				writeJSON(w, "application/json", row.status, row.body)
			}
			_, err := p.client().Authenticate(t.Context(), p.answer(), oidc.Attempt{Nonce: nonce})
			assertReason(t, err, row.want)
			if n := p.requests("/token"); n != 1 {
				t.Errorf("the code was sent %d times", n)
			}
		})
	}
}

func TestUserInfoErrors(t *testing.T) {
	for status, want := range map[int]oidc.Reason{
		401: oidc.Expired, 400: oidc.Refused, 403: oidc.Refused, 204: oidc.Refused,
		429: oidc.Unavailable, 500: oidc.Unavailable, 503: oidc.Unavailable,
	} {
		p := startProvider(t)
		p.instead["/userinfo"] = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/jwt")
			w.WriteHeader(status)
			if status != http.StatusNoContent {
				_, _ = w.Write([]byte(p.signES(p.userInfo)))
			}
		}
		_, err := p.client().Authenticate(t.Context(), p.answer(), oidc.Attempt{Nonce: nonce})
		t.Logf("status %d: %v", status, err)
		assertReason(t, err, want)
	}
}

// "no redirects": the secret, the code and the access token go nowhere else.
func TestNoRedirectionIsFollowed(t *testing.T) {
	for _, path := range []string{"/token", "/userinfo", "/jwks"} {
		p := startProvider(t)
		p.instead["/elsewhere"] = func(http.ResponseWriter, *http.Request) { t.Errorf("%s: redirection followed", path) }
		p.instead[path] = func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/api/v2/elsewhere", http.StatusTemporaryRedirect)
		}
		if _, err := p.client().Authenticate(t.Context(), p.answer(), oidc.Attempt{Nonce: nonce}); err == nil {
			t.Errorf("%s: a redirection was believed", path)
		}
	}
}

func TestAProviderThatIsDownSlowOrCutsIsUnavailable(t *testing.T) {
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	half := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwt")
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("eyJ"))
	}
	slow := func(_ http.ResponseWriter, r *http.Request) {
		// The server notices that the client has left once the body is read.
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	for _, path := range []string{"/token", "/userinfo", "/jwks"} {
		for name, trouble := range map[string]http.HandlerFunc{"cut": cut, "half": half, "slow": slow} {
			t.Run(path+" "+name, func(t *testing.T) {
				p := startProvider(t)
				p.instead[path] = trouble
				client := p.client(func(config *oidc.Config) { config.HTTP = &http.Client{Timeout: 100 * time.Millisecond} })
				_, err := client.Authenticate(t.Context(), p.answer(), oidc.Attempt{Nonce: nonce})
				assertReason(t, err, oidc.Unavailable)
			})
		}
	}
	t.Run("down", func(t *testing.T) {
		p := startProvider(t)
		p.Close()
		_, err := p.client().Authenticate(t.Context(), p.answer(), oidc.Attempt{Nonce: nonce})
		assertReason(t, err, oidc.Unavailable)
	})
	t.Run("the caller has left", func(t *testing.T) {
		p := startProvider(t)
		ctx, leave := context.WithCancel(t.Context())
		leave()
		_, err := p.client().Authenticate(ctx, p.answer(), oidc.Attempt{Nonce: nonce})
		assertReason(t, err, oidc.Unavailable)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cause: got %v", err)
		}
	})
}

func assertReason(t *testing.T, err error, want oidc.Reason) *oidc.Error {
	t.Helper()
	var failure *oidc.Error
	if !errors.As(err, &failure) {
		t.Fatalf("got %v, want an *oidc.Error", err)
	}
	if failure.Reason != want {
		t.Errorf("reason: got %d, want %d (%v)", failure.Reason, want, err)
	}
	assertSilent(t, err)
	return failure
}

func signHS(t *testing.T) func(map[string]any) string {
	return func(claims map[string]any) string {
		return sign(t, jose.HS256, []byte(clientSecret+clientSecret), "pkcs11:ES256:hsm", claims)
	}
}

func signRogue(t *testing.T, p *provider) func(map[string]any) string {
	rogue := newEC(t)
	return func(claims map[string]any) string { return sign(t, jose.ES256, rogue, p.ecKeyID, claims) }
}
