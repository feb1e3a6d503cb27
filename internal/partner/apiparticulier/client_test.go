package apiparticulier_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/apiparticulier"
)

const (
	token     = value.Secret("franceconnect-access-token")
	recipient = value.Siret("21040107100019")
)

// The household of Angela DUBOIS, in the answer of formulaire-qf.md §3.2.
const angela = `{"data":{
	"quotient_familial":{"fournisseur":"CNAF","valeur":2550,"annee":2024,"mois":2,"annee_calcul":2024,"mois_calcul":12},
	"allocataires":[{"nom_naissance":"DUBOIS","nom_usage":"DUBOIS","prenoms":"ANGELA","date_naissance":"1962-08-24","sexe":"F"}],
	"enfants":[]},"links":{},"meta":{}}`

// start serves API Particulier and makes a client of it.
func start(t *testing.T, answer http.HandlerFunc) *apiparticulier.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return apiparticulier.New(apiparticulier.Config{BaseURL: server.URL})
}

// saying answers always the same.
func saying(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.api+json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func refusal(code string) string {
	return `{"errors":[{"code":"` + code + `","title":"Titre","detail":"Texte pour DUBOIS","source":null,"meta":{"provider":"CNAF"}}]}`
}

func providerRefusal(code string) string {
	return `{"errors":[{"code":"00366","title":"Titre","detail":"Texte pour DUBOIS","meta":{"provider_error_code":` + code + `,"provider_error_message":"Dossier"}}]}`
}

// "GET /v3/dss/quotient_familial/france_connect?recipient=…, Authorization: Bearer <FC
// access token>" (formulaire-qf.md §3.2).
func TestTheQuestionCarriesTheTokenAndTheRecipient(t *testing.T) {
	var asked atomic.Int64
	client := start(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if got, want := r.Method+" "+r.URL.String(), "GET /v3/dss/quotient_familial/france_connect?recipient=21040107100019"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer franceconnect-access-token" {
			t.Errorf("authorization: got %q", got)
		}
		if got := r.Header.Get("Accept"); got != "application/json" {
			t.Errorf("accept: got %q", got)
		}
		saying(200, angela)(w, r)
	})
	quotient, err := client.Quotient(t.Context(), token, recipient)
	if err != nil {
		t.Fatal(err)
	}
	if quotient.Provider != "CNAF" || quotient.Value == nil || *quotient.Value != 2550 || quotient.Year != 2024 || quotient.Month != 2 {
		t.Errorf("quotient: got %+v", quotient)
	}
	want := []dossier.Person{{BirthName: "DUBOIS", UsualName: "DUBOIS", GivenNames: "ANGELA", Birthdate: "1962-08-24", Sex: "F"}}
	if diff := cmp.Diff(want, quotient.Holders); diff != "" {
		t.Errorf("holders (-want +got):\n%s", diff)
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// The errors of reference/api-particulier.md §7.4 and formulaire-qf.md §3.2, by what the
// citizen can do about them.
func TestWhatTheCitizenIsTold(t *testing.T) {
	const (
		notFound    = "quotient.not_found"
		suspended   = "quotient.suspended"
		unavailable = "quotient.unavailable"
		slow        = "quotient.slow"
		expired     = "quotient.token_expired"
	)
	rows := []struct {
		name   string
		status int
		body   string
		kind   fault.Kind
		code   string
		cause  string // what operations must read in the error
	}{
		{"absent at MSA", 404, refusal("10003"), fault.NotFound, notFound, "10003"},
		{"absent at CNAF", 404, refusal("23003"), fault.NotFound, notFound, "23003"},
		{"not referenced", 404, refusal("35003"), fault.NotFound, notFound, "35003"},
		{"absent at CNAV, as the sandbox says", 404, refusal("37003"), fault.NotFound, notFound, "37003"},
		{"absent at RNCPS", 404, refusal("40003"), fault.NotFound, notFound, "40003"},
		{"not identified by SNGI", 422, refusal("00355"), fault.NotFound, notFound, "00355"},
		{"civil status not understood by the fund", 422, refusal("00366"), fault.NotFound, notFound, "00366"},
		{"birth name not accepted", 422, refusal("00420"), fault.NotFound, notFound, "00420"},
		{"no file at the fund", 404, `{"errors":[{"code":"23003","meta":{"provider_error_code":133}}]}`, fault.NotFound, notFound, "133"},

		{"struck off", 404, providerRefusal("101"), fault.Conflict, suspended, "101"},
		{"joining", 422, providerRefusal("111"), fault.Conflict, suspended, "111"},
		{"suspended", 404, providerRefusal("121"), fault.Conflict, suspended, "121"},
		{"suspended, the code being a text", 404, providerRefusal(`"122"`), fault.Conflict, suspended, "122"},
		{"no right", 404, providerRefusal("141"), fault.Conflict, suspended, "141"},
		{"a provider code beyond", 404, `{"errors":[{"code":"35003","meta":{"provider_error_code":"40406"}}]}`, fault.NotFound, notFound, "40406"},

		{"provider too slow", 504, refusal("35002"), fault.Unavailable, slow, "35002"},
		{"gateway too slow, no JSON", 504, "<html>", fault.Unavailable, slow, "504"},
		{"too many requests", 429, refusal("00429"), fault.Unavailable, slow, "00429"},

		{"provider answer unknown", 502, refusal("37999"), fault.Unavailable, unavailable, "37999"},
		{"provider down", 502, refusal("35001"), fault.Unavailable, unavailable, "35001"},
		{"API Particulier down", 503, "<html>", fault.Unavailable, unavailable, "503"},
		{"API Particulier broken", 500, "", fault.Unavailable, unavailable, "500"},

		{"FranceConnect token malformed", 401, refusal("50001"), fault.Conflict, expired, "50001"},
		{"FranceConnect token expired", 401, refusal("50002"), fault.Conflict, expired, "50002"},
		{"FranceConnect identity without a part of the civil status", 401, refusal("50003"), fault.Conflict, "quotient.identity_incomplete", "50003"},
		{"token not valid", 401, refusal("00101"), fault.Unavailable, unavailable, "00101"},
		{"token expired", 401, refusal("00103"), fault.Unavailable, unavailable, "00103"},
		{"token blacklisted", 401, `{"errors":["Texte pour DUBOIS"]}`, fault.Unavailable, unavailable, "401"},
		{"not enough rights", 403, refusal("00100"), fault.Unavailable, unavailable, "00100"},
		{"recipient refused", 422, refusal("00203"), fault.Unavailable, unavailable, "00203"},

		{"404 of a proxy", 404, "<h1>Not found, DUBOIS</h1>", fault.Unavailable, unavailable, "404"},
		{"404 without body", 404, "", fault.Unavailable, unavailable, "404"},
		{"404 of another application", 404, `{"message":"DUBOIS"}`, fault.Unavailable, unavailable, "404"},
		{"404 of another list of errors", 404, `{"errors":[]}`, fault.Unavailable, unavailable, "404"},
		{"404 with another code", 404, refusal("00404"), fault.Unavailable, unavailable, "00404"},
		{"404 whose code is a text", 404, refusal("DUBOI"), fault.Unavailable, unavailable, "404"},
		{"gone", 410, "L'API n'est plus disponible", fault.Unavailable, unavailable, "410"},

		{"200 without data", 200, `{"links":{},"meta":{}}`, fault.Unavailable, unavailable, "200"},
		{"200 with null data", 200, `{"data":null}`, fault.Unavailable, unavailable, "200"},
		{"200 with a list of data", 200, `{"data":[]}`, fault.Unavailable, unavailable, "200"},
		{"200 with no section", 200, `{"data":{}}`, fault.Unavailable, unavailable, "200"},
		{"200 that is an error", 200, refusal("23003"), fault.Unavailable, unavailable, "200"},
		{"200 without body", 200, "", fault.Unavailable, unavailable, "200"},
		{"200 that is no JSON", 200, "<html>DUBOIS</html>", fault.Unavailable, unavailable, "200"},
		{"200 cut in the middle", 200, angela[:200], fault.Unavailable, unavailable, "200"},
		{"200 longer than 1 MiB", 200, angela + strings.Repeat(" ", 1<<20), fault.Unavailable, unavailable, "longer than allowed"},
		{"another success", 202, angela, fault.Unavailable, unavailable, "202"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := start(t, saying(row.status, row.body)).Quotient(t.Context(), token, recipient)
			assertFault(t, err, row.kind, row.code)
			if !strings.Contains(err.Error(), row.cause) {
				t.Errorf("the cause does not name %q: %v", row.cause, err)
			}
		})
	}
}

func assertFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Fatalf("got kind %d, %v; want kind %d, %s", fault.KindOf(err), err, kind, code)
	}
	for _, secret := range []string{token.Reveal(), "DUBOI", "Texte", "Titre", "Dossier"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error repeats %q: %v", secret, err)
		}
	}
}

func TestAnAnswerThatNeverComesIsSlow(t *testing.T) {
	client := start(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := client.Quotient(ctx, token, recipient)
	assertFault(t, err, fault.Unavailable, "quotient.slow")
}

func TestAnAnswerThatStopsOnTheWayIsSlow(t *testing.T) {
	client := start(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, angela[:100])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := client.Quotient(ctx, token, recipient)
	assertFault(t, err, fault.Unavailable, "quotient.slow")
}

func TestACutConnectionIsUnavailable(t *testing.T) {
	for name, cut := range map[string]http.HandlerFunc{
		"before the answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"within the answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(angela)))
			fmt.Fprint(w, angela[:100])
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := start(t, cut).Quotient(t.Context(), token, recipient)
			assertFault(t, err, fault.Unavailable, "quotient.unavailable")
		})
	}
}

func TestAServerThatIsDownIsUnavailable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := apiparticulier.New(apiparticulier.Config{BaseURL: server.URL}).Quotient(t.Context(), token, recipient)
	assertFault(t, err, fault.Unavailable, "quotient.unavailable")
}

func TestACitizenWhoLeavesEndsTheQuestion(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	client := start(t, func(_ http.ResponseWriter, r *http.Request) {
		leave()
		<-r.Context().Done()
	})
	_, err := client.Quotient(ctx, token, recipient)
	assertFault(t, err, fault.Unavailable, "quotient.unavailable")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cause: got %v", err)
	}
}

// The token of the citizen goes nowhere else.
func TestNoRedirectionIsFollowed(t *testing.T) {
	client := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			t.Error("the redirection was followed")
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	_, err := client.Quotient(t.Context(), token, recipient)
	assertFault(t, err, fault.Unavailable, "quotient.unavailable")
}

// "409 00015: the same request is in progress" (reference/api-particulier.md §7.4): the
// question is asked once more, a second later.
func TestAQuestionInProgressIsAskedOnceMore(t *testing.T) {
	var asked atomic.Int64
	client := start(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			saying(409, refusal("00015"))(w, r)
			return
		}
		saying(200, angela)(w, r)
	})
	begin := time.Now()
	if _, err := client.Quotient(t.Context(), token, recipient); err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(begin); asked.Load() != 2 || waited < time.Second {
		t.Errorf("asked %d times in %s", asked.Load(), waited)
	}
}

func TestAQuestionIsNeverAskedThreeTimes(t *testing.T) {
	var asked atomic.Int64
	client := start(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		saying(409, refusal("00015"))(w, r)
	})
	_, err := client.Quotient(t.Context(), token, recipient)
	assertFault(t, err, fault.Unavailable, "quotient.slow")
	if asked.Load() != 2 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestAQuestionIsNotAskedAgainWithoutTheTime(t *testing.T) {
	var asked atomic.Int64
	client := start(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		saying(409, refusal("00015"))(w, r)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := client.Quotient(ctx, token, recipient)
	assertFault(t, err, fault.Unavailable, "quotient.slow")
	if asked.Load() != 1 || time.Since(begin) > 500*time.Millisecond {
		t.Errorf("asked %d times in %s", asked.Load(), time.Since(begin))
	}
}

// deadlines notes how long each request is allowed to last.
type deadlines struct{ left time.Duration }

func (d *deadlines) RoundTrip(r *http.Request) (*http.Response, error) {
	if deadline, limited := r.Context().Deadline(); limited {
		d.left = time.Until(deadline)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestTheCitizenWaits20SecondsAtMost(t *testing.T) {
	server := httptest.NewServer(saying(200, angela))
	t.Cleanup(server.Close)
	var seen deadlines
	client := apiparticulier.New(apiparticulier.Config{BaseURL: server.URL, HTTP: &http.Client{Transport: &seen}})
	if _, err := client.Quotient(t.Context(), token, recipient); err != nil {
		t.Fatal(err)
	}
	if seen.left <= 19*time.Second || seen.left > 20*time.Second {
		t.Errorf("the request may last %s", seen.left)
	}
}

func TestEachOutcomeIsObserved(t *testing.T) {
	for outcome, answer := range map[string]http.HandlerFunc{
		"ok":                 saying(200, angela),
		"quotient.not_found": saying(404, refusal("23003")),
		"quotient.slow":      saying(504, ""),
	} {
		server := httptest.NewServer(answer)
		t.Cleanup(server.Close)
		var observed []string
		client := apiparticulier.New(apiparticulier.Config{
			BaseURL: server.URL + "/",
			Observe: func(outcome string, waited time.Duration) {
				if waited <= 0 {
					t.Errorf("%s: waited %s", outcome, waited)
				}
				observed = append(observed, outcome)
			},
		})
		_, _ = client.Quotient(t.Context(), token, recipient)
		if diff := cmp.Diff([]string{outcome}, observed); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
