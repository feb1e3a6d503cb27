package proconnect_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/proconnect"
)

// algorithms are those that the portal may register; the contract is the same with both.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.ES256}

func TestNominalSignInGivesThePersonAsProConnectVouches(t *testing.T) {
	for _, algorithm := range algorithms {
		for name, change := range map[string]func(*proconnect.Config){
			"with PKCE":    func(*proconnect.Config) {},
			"without PKCE": func(c *proconnect.Config) { c.PKCE = false },
		} {
			t.Run(string(algorithm)+" "+name, func(t *testing.T) {
				pc := start(t, algorithm)
				person, err := pc.signIn(pc.client(change))
				if err != nil {
					t.Fatal(err)
				}
				if !strings.HasPrefix(person.IDToken.Reveal(), "eyJ") {
					t.Error("the id_token, needed at logout, is not kept")
				}
				if age := time.Since(person.AuthenticatedAt); age < 0 || age > time.Minute {
					t.Errorf("authenticated %s ago", age)
				}
				person.IDToken, person.AuthenticatedAt = "", time.Time{}
				if diff := cmp.Diff(camilleRead(pc.issuer()), person); diff != "" {
					t.Errorf("person (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// "default RS256 for both id_token and userinfo" (reference/identity.md §2.1).
func TestARegistrationWithoutAlgorithmIsRS256(t *testing.T) {
	pc := start(t, jose.RS256)
	if _, err := pc.signIn(pc.client(func(c *proconnect.Config) { c.Algorithm = "" })); err != nil {
		t.Fatal(err)
	}
}

// "refuse HS256 registrations" (reference/identity.md §3.2): with one, nothing signs in.
func TestARegistrationOfAnotherAlgorithmSignsNobodyIn(t *testing.T) {
	for _, algorithm := range []string{"HS256", "none", "RS512"} {
		for name, write := range map[string]func(*proConnect) func(map[string]any) string{
			"HS256": func(pc *proConnect) func(map[string]any) string { return pc.signHS },
			"none":  func(*proConnect) func(map[string]any) string { return unsigned },
			"RS256": func(pc *proConnect) func(map[string]any) string { return pc.sign },
		} {
			pc := start(t, jose.RS256)
			pc.writeIDToken, pc.writeUserInfo = write(pc), write(pc)
			if _, err := pc.signIn(pc.client(func(c *proconnect.Config) { c.Algorithm = algorithm })); err == nil {
				t.Errorf("registered with %s, a token of %s is believed", algorithm, name)
			}
		}
	}
}

// Each row of reference/identity.md §3.2 is the mutation of a nominal sign-in.
func TestWhatIsNotToBeBelievedIsRefused(t *testing.T) {
	future := time.Now().Add(5 * time.Minute).Unix()
	rows := []struct {
		name    string
		falsify func(pc *proConnect)
	}{
		{"wrong iss", func(pc *proConnect) { pc.idToken["iss"] = "https://autre.exemple.fr" }},
		{"wrong iss in userinfo", func(pc *proConnect) { pc.userInfo["iss"] = "https://autre.exemple.fr" }},
		{"wrong aud", func(pc *proConnect) { pc.idToken["aud"] = "autre" }},
		{"wrong aud in userinfo", func(pc *proConnect) { pc.userInfo["aud"] = "autre" }},
		{"expired", func(pc *proConnect) { pc.idToken["exp"] = 1 }},
		{"expired userinfo", func(pc *proConnect) { pc.userInfo["exp"] = 1 }},
		{"userinfo as plain JSON", func(pc *proConnect) {
			pc.instead["/userinfo"] = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(`{"sub":"` + subject + `","email":"camille@mairie.fr"}`))
			}
		}},
		{"userinfo of another subject", func(pc *proConnect) { pc.userInfo["sub"] = "autre" }},
		{"algorithm none", func(pc *proConnect) { pc.writeIDToken = unsigned }},
		{"algorithm none in userinfo", func(pc *proConnect) { pc.writeUserInfo = unsigned }},
		{"HS256", func(pc *proConnect) { pc.writeIDToken = pc.signHS }},
		{"HS256 in userinfo", func(pc *proConnect) { pc.writeUserInfo = pc.signHS }},
		{"rogue key", func(pc *proConnect) { pc.writeIDToken = pc.signRogue }},
		{"rogue key in userinfo", func(pc *proConnect) { pc.writeUserInfo = pc.signRogue }},
		{"the provider's other key", func(pc *proConnect) { pc.writeIDToken = pc.signOther }},
		{"the provider's other key in userinfo", func(pc *proConnect) { pc.writeUserInfo = pc.signOther }},
		{"several audiences without azp", func(pc *proConnect) { pc.idToken["aud"] = []string{"portail", "autre"} }},
		{"no sub", func(pc *proConnect) { pc.idToken["sub"], pc.userInfo["sub"] = nil, nil }},
		{"iat in the future", func(pc *proConnect) { pc.idToken["iat"] = future }},
		{"wrong nonce", func(pc *proConnect) { pc.idToken["nonce"] = "autre" }},
		{"no nonce", func(pc *proConnect) { pc.idToken["nonce"] = nil }},
		{"userinfo in the place of the id_token", func(pc *proConnect) {
			pc.writeIDToken = func(map[string]any) string { return pc.sign(pc.claims(camille(), nil)) }
		}},
		{"at_hash of another token", func(pc *proConnect) { pc.idToken["at_hash"] = hash("autre") }},

		{"callback without iss", func(pc *proConnect) { pc.callback["iss"] = nil }},
		{"callback of another provider", func(pc *proConnect) { pc.callback.Set("iss", "https://autre.exemple.fr") }},
		{"callback without code", func(pc *proConnect) { pc.callback["code"] = nil }},
		{"an error that a visitor made up", func(pc *proConnect) { pc.callback.Set("error", "camille@mairie.fr") }},
		{"no session, which we never ask", func(pc *proConnect) { pc.callback.Set("error", "login_required") }},
	}
	for _, algorithm := range algorithms {
		for _, row := range rows {
			t.Run(string(algorithm)+" "+row.name, func(t *testing.T) {
				pc := start(t, algorithm)
				row.falsify(pc)
				person, err := pc.signIn(pc.client())
				assertFault(t, err, fault.Forbidden, "signin.refused")
				if diff := cmp.Diff(account.Person{}, person); diff != "" {
					t.Errorf("a refused sign-in gives something: %s", diff)
				}
			})
		}
	}
}

// "JWS header typ: JWT" (reference/identity.md §2.11); what RFC 7519 §5.1 lets vary is not judged.
func TestTheTypeOfAHeaderIsNotJudged(t *testing.T) {
	for _, typ := range []string{"JWT", "jwt", ""} {
		pc := start(t, jose.RS256)
		pc.typ = typ
		if _, err := pc.signIn(pc.client()); err != nil {
			t.Errorf("typ %q: %v", typ, err)
		}
	}
}

func TestAnotherVerifierThanTheDeparturesIsRefusedByProConnect(t *testing.T) {
	pc := start(t, jose.RS256)
	client := pc.client()
	if _, err := pc.signIn(client); err != nil {
		t.Fatal(err)
	}
	answer := account.SignInAnswer{Code: "good", State: state, Issuer: pc.issuer()}
	for _, given := range []string{"", strings.Repeat("another", 7)} {
		_, err := client.SignIn(t.Context(), answer, nonce, given)
		assertFault(t, err, fault.Conflict, "signin.expired")
	}
}

func TestRenewedKeysAreFetched(t *testing.T) {
	for _, algorithm := range algorithms {
		pc := start(t, algorithm)
		client := pc.client()
		for range 2 {
			if _, err := pc.signIn(client); err != nil {
				t.Fatal(err)
			}
			pc.rotate()
		}
	}
}

// The errors of reference/identity.md §2.6, as the person is told.
func TestWhatThePersonIsToldOfAnErrorOfProConnect(t *testing.T) {
	for _, row := range []struct {
		where, code string
		status      int
		kind        fault.Kind
		told        string
	}{
		{"callback", "access_denied", 0, fault.Conflict, "signin.cancelled"}, // "requested ACRs could not be satisfied" too
		{"callback", "idp_hint_not_found", 0, fault.Unavailable, "signin.unavailable"},
		{"callback", "invalid_scope", 0, fault.Unavailable, "signin.unavailable"},
		{"callback", "invalid_request", 0, fault.Unavailable, "signin.unavailable"},
		{"callback", "server_error", 0, fault.Unavailable, "signin.unavailable"},
		{"/token", "invalid_grant", http.StatusBadRequest, fault.Conflict, "signin.expired"},
		{"/token", "invalid_client", http.StatusUnauthorized, fault.Unavailable, "signin.unavailable"},
		{"/token", "server_error", http.StatusInternalServerError, fault.Unavailable, "signin.unavailable"},
		{"/userinfo", "invalid_token", http.StatusUnauthorized, fault.Conflict, "signin.expired"},
	} {
		t.Run(row.where+" "+row.code, func(t *testing.T) {
			pc := start(t, jose.RS256)
			if row.where == "callback" {
				pc.callback.Set("error", row.code)
			} else {
				pc.instead[row.where] = func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(row.status)
					_, _ = w.Write([]byte(`{"error":"` + row.code + `","error_description":"description of ` + subject + `"}`))
				}
			}
			_, err := pc.signIn(pc.client())
			assertFault(t, err, row.kind, row.told)
		})
	}
}

func TestAProConnectInTroubleIsUnavailable(t *testing.T) {
	troubles := map[string]http.HandlerFunc{
		"slow": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // the server notices afterwards that the client has left
			<-r.Context().Done()
		},
		"cut":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"500":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"proxy": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
	}
	hurried := func(c *proconnect.Config) { c.HTTP = &http.Client{Timeout: 100 * time.Millisecond} }
	for _, path := range []string{"/token", "/userinfo", "/jwks"} {
		for name, trouble := range troubles {
			t.Run(path+" "+name, func(t *testing.T) {
				pc := start(t, jose.RS256)
				pc.instead[path] = trouble
				_, err := pc.signIn(pc.client(hurried))
				assertFault(t, err, fault.Unavailable, "signin.unavailable")
			})
		}
	}
	t.Run("down", func(t *testing.T) {
		pc := start(t, jose.RS256)
		client := pc.client()
		pc.Close()
		_, err := client.SignIn(t.Context(), account.SignInAnswer{Code: "good", State: state, Issuer: pc.issuer()}, nonce, verifier)
		assertFault(t, err, fault.Unavailable, "signin.unavailable")
	})
}

// An answer that makes no sense is the provider's trouble where it could not be forged, and
// is not believed where a person should have been.
func TestGarbageIsNeverAPerson(t *testing.T) {
	for path, want := range map[string]struct {
		kind fault.Kind
		code string
	}{
		"/token":    {fault.Unavailable, "signin.unavailable"},
		"/jwks":     {fault.Unavailable, "signin.unavailable"},
		"/userinfo": {fault.Forbidden, "signin.refused"},
	} {
		for _, body := range []string{"", "<h1>maintenance</h1>", "null", "[]", `{"a":`, "eyJ.eyJ.eyJ", strings.Repeat("x", 2<<20)} {
			pc := start(t, jose.RS256)
			pc.instead[path] = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", map[string]string{"/userinfo": "application/jwt"}[path])
				_, _ = io.WriteString(w, body)
			}
			_, err := pc.signIn(pc.client())
			assertFault(t, err, want.kind, want.code)
		}
	}
}

// assertFault also proves that nothing received is repeated.
func assertFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Errorf("got kind %d, code %q (%v); want kind %d, code %q", fault.KindOf(err), fault.CodeOf(err), err, kind, code)
	}
	if err == nil {
		return
	}
	received := []string{secret, token, refresh, nonce, verifier, subject, "airie", "errand", "description", "eyJ"}
	if at := slices.IndexFunc(received, func(text string) bool { return strings.Contains(err.Error(), text) }); at >= 0 {
		t.Errorf("the error repeats %q: %v", received[at], err)
	}
}
