package sirene_test

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

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/sirene"
)

// start serves a register that answers so and makes a client of it.
func start(t *testing.T, answer http.HandlerFunc) *sirene.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return sirene.New(sirene.Config{BaseURL: server.URL + "/", Key: key})
}

// saying answers always the same.
func saying(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// establishment is an answer with the members of formulaire-qf.md §3.4 and others that
// nobody reads.
func establishment(siret value.Siret, address, periods string) string {
	return `{"header":{"statut":200,"message":"ok"},"autre":[1],"etablissement":{"siret":"` + siret.String() + `","nouveau":{"a":null},
		"uniteLegale":{"denominationUniteLegale":"COMMUNE DE VALBOURG","sigleUniteLegale":null},
		"adresseEtablissement":` + address + `,"periodesEtablissement":` + periods + `}}`
}

const (
	inValbourg = `{"codePostalEtablissement":"31000","codeCommuneEtablissement":"31555","libelleCommuneEtablissement":"VALBOURG"}`
	active     = `[{"dateFin":null,"etatAdministratifEtablissement":"A"}]`
)

func TestTheQuestionIsTheContractsAndNothingElse(t *testing.T) {
	client := start(t, func(w http.ResponseWriter, r *http.Request) {
		if got, want := r.Method+" "+r.URL.String(), "GET /api-sirene/3.11/siret/21310555400017"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := r.Header.Values("X-INSEE-Api-Key-Integration"); len(got) != 1 || got[0] != key.Reveal() {
			t.Errorf("key: got %q", got)
		}
		if got := r.Header.Get("Accept"); got != "application/json" {
			t.Errorf("accept: got %q", got)
		}
		if r.ContentLength != 0 || r.Header.Get("Authorization") != "" {
			t.Errorf("more than the question: %d bytes, %v", r.ContentLength, r.Header)
		}
		saying(200, establishment(valbourg, inValbourg, active))(w, r)
	})
	if _, err := client.Find(t.Context(), valbourg); err != nil {
		t.Fatal(err)
	}
}

func TestAnAnswerIsReadWhateverElseItHolds(t *testing.T) {
	tests := []struct {
		name, body string
		want       directory.Establishment
	}{
		{"members that nobody reads", establishment(valbourg, inValbourg, active),
			directory.Establishment{Name: "COMMUNE DE VALBOURG", COG: "31555", Postcode: "31000"}},
		{"closed since, open before", establishment(valbourg, inValbourg, `[{"etatAdministratifEtablissement":"F"},{"etatAdministratifEtablissement":"A"}]`),
			directory.Establishment{Name: "COMMUNE DE VALBOURG", COG: "31555", Postcode: "31000", Closed: true}},
		{"open again", establishment(valbourg, inValbourg, `[{"etatAdministratifEtablissement":"A"},{"etatAdministratifEtablissement":"F"}]`),
			directory.Establishment{Name: "COMMUNE DE VALBOURG", COG: "31555", Postcode: "31000"}},
		{"no address", establishment(valbourg, `{"codePostalEtablissement":null,"codeCommuneEtablissement":null}`, active),
			directory.Establishment{Name: "COMMUNE DE VALBOURG"}},
		{"address withheld", establishment(valbourg, `{"codePostalEtablissement":"[ND]","codeCommuneEtablissement":"[ND]"}`, active),
			directory.Establishment{Name: "COMMUNE DE VALBOURG"}},
		{"name withheld", strings.Replace(establishment(valbourg, inValbourg, active), "COMMUNE DE VALBOURG", "[ND]", 1),
			directory.Establishment{COG: "31555", Postcode: "31000"}},
		{"a legal category that is none", strings.Replace(establishment(valbourg, inValbourg, active), `"sigleUniteLegale":null`, `"categorieJuridiqueUniteLegale":"72"`, 1),
			directory.Establishment{Name: "COMMUNE DE VALBOURG", COG: "31555", Postcode: "31000"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := start(t, saying(200, test.body)).Find(t.Context(), valbourg)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// « closing date (dateDebut of the closed period) if the register tells it »: a change of a
// closed establishment begins a further closed period, and does not close it again.
func TestSinceWhenAnEstablishmentIsClosed(t *testing.T) {
	tests := []struct {
		name, periods string
		closed        bool
		want          string // "" when not told
	}{
		{"closed", `[{"dateDebut":"2025-12-31","etatAdministratifEtablissement":"F"},{"dateDebut":"1983-03-01","etatAdministratifEtablissement":"A"}]`, true, "2025-12-31"},
		{"renamed once closed", `[{"dateDebut":"2026-01-15","etatAdministratifEtablissement":"F"},{"dateDebut":"2025-12-31","etatAdministratifEtablissement":"F"},
			{"dateDebut":"1983-03-01","etatAdministratifEtablissement":"A"}]`, true, "2025-12-31"},
		{"closed twice", `[{"dateDebut":"2025-12-31","etatAdministratifEtablissement":"F"},{"dateDebut":"2001-01-01","etatAdministratifEtablissement":"A"},
			{"dateDebut":"1999-01-01","etatAdministratifEtablissement":"F"}]`, true, "2025-12-31"},
		{"not told", `[{"dateDebut":null,"etatAdministratifEtablissement":"F"}]`, true, ""},
		{"no date", `[{"dateDebut":"31/12/2025","etatAdministratifEtablissement":"F"}]`, true, ""},
		{"open", `[{"dateDebut":"2025-12-31","etatAdministratifEtablissement":"A"}]`, false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := start(t, saying(200, establishment(valbourg, inValbourg, test.periods))).Find(t.Context(), valbourg)
			if err != nil {
				t.Fatal(err)
			}
			var want time.Time
			if test.want != "" {
				want, _ = time.Parse(time.DateOnly, test.want)
			}
			if got.Closed != test.closed || !got.ClosedOn.Equal(want) {
				t.Errorf("closed %t on %s, want %t on %s", got.Closed, got.ClosedOn, test.closed, want)
			}
		})
	}
}

// An answer that is not the contract's tells nothing: neither an establishment, nor that
// there is none.
func TestABadAnswerIsNoAnswer(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
	}{
		{"a page", 200, "<html>21310555400017</html>"},
		{"nothing", 200, ""},
		{"another SIRET", 200, establishment(closed, inValbourg, active)},
		{"no establishment", 200, `{"header":{"statut":200}}`},
		{"no period", 200, establishment(valbourg, inValbourg, `[]`)},
		{"an unknown state", 200, establishment(valbourg, inValbourg, `[{"etatAdministratifEtablissement":"X"}]`)},
		{"no state", 200, establishment(valbourg, inValbourg, `[{}]`)},
		{"a postcode as a number", 200, establishment(valbourg, `{"codePostalEtablissement":31000}`, active)},
		{"longer than 1 MiB", 200, establishment(valbourg, inValbourg, active) + strings.Repeat(" ", 1<<20)},
		{"a page of a proxy", 404, "<html>introuvable</html>"},
		{"another 404", 404, `{"message":"no Route matched"}`},
		{"a refused key", 401, `{"message":"Unauthorized","http_status_code":401}`},
		{"too many questions", 429, `{"header":{"statut":429,"message":"quota"}}`},
		{"a failure", 500, `{"header":{"statut":500,"message":"21310555400017"}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := start(t, saying(test.status, test.body)).Find(t.Context(), valbourg)
			wantUnavailable(t, err)
			if err != nil && strings.Contains(err.Error(), valbourg.String()) {
				t.Errorf("the error quotes the answer: %v", err)
			}
		})
	}
}

// A redirection would carry the key elsewhere.
func TestARedirectionIsNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("followed to %s", r.URL)
	}))
	t.Cleanup(elsewhere.Close)
	client := start(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusMovedPermanently)
	})
	_, err := client.Find(t.Context(), valbourg)
	wantUnavailable(t, err)
}

// « no retries »: whoever asks decides whether to ask again.
func TestAFailureIsNotAskedTwice(t *testing.T) {
	var asked atomic.Int64
	client := start(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		saying(503, `{}`)(w, r)
	})
	_, err := client.Find(t.Context(), valbourg)
	wantUnavailable(t, err)
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// impatient shortens the deadline that it checks.
type impatient struct{ t *testing.T }

func (i impatient) RoundTrip(r *http.Request) (*http.Response, error) {
	deadline, limited := r.Context().Deadline()
	if left := time.Until(deadline); !limited || left > 10*time.Second || left < 9*time.Second {
		i.t.Errorf("the call may last %s, want 10 s", left)
	}
	ctx, cancel := context.WithTimeout(r.Context(), 50*time.Millisecond)
	context.AfterFunc(ctx, cancel)
	return http.DefaultTransport.RoundTrip(r.WithContext(ctx))
}

func TestASlowRegisterIsLeftAtTheDeadline(t *testing.T) {
	for name, slow := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"header":`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(slow)
			t.Cleanup(server.Close)
			client := sirene.New(sirene.Config{BaseURL: server.URL, Key: key, HTTP: &http.Client{Transport: impatient{t}}})
			_, err := client.Find(t.Context(), valbourg)
			wantUnavailable(t, err)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error = %v, want the deadline", err)
			}
		})
	}
}

// « INSEE allows 30 a minute »: calls come one after the other, with a rest after each.
func TestQuestionsComeOneByOneWithARest(t *testing.T) {
	const pause = 60 * time.Millisecond
	var inside atomic.Int64
	var answered atomic.Pointer[time.Time]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if inside.Add(1) != 1 {
			t.Error("two questions at the same time")
		}
		if previous := answered.Load(); previous != nil && time.Since(*previous) < pause {
			t.Errorf("asked %s after the previous answer, want %s", time.Since(*previous), pause)
		}
		saying(200, establishment(valbourg, inValbourg, active))(w, r)
		now := time.Now()
		answered.Store(&now)
		inside.Add(-1)
	}))
	t.Cleanup(server.Close)
	client := sirene.New(sirene.Config{BaseURL: server.URL, Key: key, Pause: pause})
	results := make(chan error)
	for range 3 {
		go func() {
			_, err := client.Find(t.Context(), valbourg)
			results <- err
		}()
	}
	for range 3 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

// A person who waits does not stand behind the slow answer of another's question.
func TestWithoutAPauseNoQuestionWaitsForAnother(t *testing.T) {
	const people = 3
	var inside atomic.Int64
	together := make(chan struct{})
	client := start(t, func(w http.ResponseWriter, r *http.Request) {
		if inside.Add(1) == people {
			close(together)
		}
		select {
		case <-together:
			saying(200, establishment(valbourg, inValbourg, active))(w, r)
		case <-r.Context().Done():
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	results := make(chan error)
	for range people {
		go func() {
			_, err := client.Find(ctx, valbourg)
			results <- err
		}()
	}
	for range people {
		if err := <-results; err != nil {
			t.Errorf("it waits for the others: %v", err)
		}
	}
}

// Whoever leaves while waiting for the turn takes nobody's place.
func TestTheRestEndsWithItsContext(t *testing.T) {
	server := httptest.NewServer(saying(200, establishment(valbourg, inValbourg, active)))
	t.Cleanup(server.Close)
	client := sirene.New(sirene.Config{BaseURL: server.URL, Key: key, Pause: 300 * time.Millisecond})
	if _, err := client.Find(t.Context(), valbourg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := client.Find(ctx, valbourg)
	wantUnavailable(t, err)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v, want the deadline", err)
	}
	if _, err := client.Find(t.Context(), valbourg); err != nil {
		t.Errorf("the next one: %v", err)
	}
}
