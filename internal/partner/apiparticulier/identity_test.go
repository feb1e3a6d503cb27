package apiparticulier_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/inquiry"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/apiparticulier"
	simulator "portail-qf/internal/sim/apiparticulier"
)

const ours = value.Secret("jeton-du-portail")

// roux is the question about Jeanne ROUX, in each version.
func roux(version inquiry.Version) inquiry.Question {
	fields := []inquiry.Field{
		{Name: "nomNaissance", Text: "ROUX"}, {Name: "prenoms[]", Text: "JEANNE"}, {Name: "prenoms[]", Text: "STÉPHANIE & CO"},
		{Name: "sexeEtatCivil", Text: "F"}, {Name: "codeCogInseePaysNaissance", Text: "99351"},
	}
	if version == inquiry.V2 {
		fields[3].Name, fields[4].Name = "sexe", "codePaysLieuDeNaissance"
	}
	return inquiry.Question{Version: version, Recipient: recipient, Fields: fields}
}

// startIdentity serves API Particulier and makes a client of it.
func startIdentity(t *testing.T, answer http.HandlerFunc) *apiparticulier.Identity {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return apiparticulier.NewIdentity(apiparticulier.Config{BaseURL: server.URL + "/"}, ours)
}

// « GET to config APIParticulier.URL with our own token (Bearer for v3, X-Api-Key for v2)
// and `recipient` = the habilitation's SIRET »
func TestTheQuestionOfATownIsAskedByOurToken(t *testing.T) {
	const names = "nomNaissance=ROUX&prenoms%5B%5D=JEANNE&prenoms%5B%5D=ST%C3%89PHANIE+%26+CO&recipient=21040107100019&"
	for version, want := range map[inquiry.Version][]string{
		inquiry.V2: {"/api/v2/composition-familiale-v2?codePaysLieuDeNaissance=99351&" + names + "sexe=F", "", "jeton-du-portail", `{"enfants":[]}`},
		inquiry.V3: {"/v3/dss/quotient_familial/identite?codeCogInseePaysNaissance=99351&" + names + "sexeEtatCivil=F", "Bearer jeton-du-portail", "", `{"data":{"enfants":[]}}`},
	} {
		client := startIdentity(t, func(w http.ResponseWriter, r *http.Request) {
			got := []string{r.URL.String(), r.Header.Get("Authorization"), r.Header.Get("X-Api-Key")}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("version %d: got %q, want %q", version, got[i], want[i])
				}
			}
			saying(200, want[3])(w, r)
		})
		answer, err := client.Ask(t.Context(), roux(version))
		if err != nil || !strings.Contains(string(answer.For(editor.Scopes[:])), `"enfants":[]`) {
			t.Errorf("version %d: %s, %v", version, answer.For(editor.Scopes[:]), err)
		}
	}
}

// What comes back, by api-particulier.md §7.4 and by what a proxy may put in its place.
func TestWhatAnAnswerBecomes(t *testing.T) {
	const (
		problem = `{"errors":[{"code":"37999","title":"T","detail":"pour ROUX","source":null,"meta":{}}]}`
		legacy  = `{"error":"not_found","reason":"pour ROUX","message":"pour ROUX"}`
	)
	for _, row := range []struct {
		says    string
		version inquiry.Version
		status  int
		body    string
		want    string // "ok", an ending, or a code
	}{
		{"success", inquiry.V3, 200, `{"data":{"enfants":[]}}`, "ok"},
		{"success that is none", inquiry.V3, 200, `{"data":{}}`, "35999"},
		{"success that is a page", inquiry.V3, 200, `<html>`, "35999"},
		{"success of the other version", inquiry.V2, 200, `{"data":{"enfants":[]}}`, "35999"},
		{"404 passed through", inquiry.V3, 404, problem, "ending 2"},
		{"404 of a router", inquiry.V3, 404, `Not Found`, "35999"},
		{"422 passed through", inquiry.V3, 422, problem, "ending 1"},
		{"400 is not of this version", inquiry.V3, 400, problem, "35999"},
		{"502 passed through", inquiry.V3, 502, problem, "ending 3"},
		{"503 passed through", inquiry.V3, 503, problem, "ending 4"},
		{"504 passed through", inquiry.V3, 504, problem, "ending 5"},
		{"v2: 400 passed through", inquiry.V2, 400, legacy, "ending 1"},
		{"v2: 422 is not of this version", inquiry.V2, 422, legacy, "35999"},
		{"v2: 404 passed through", inquiry.V2, 404, legacy, "ending 2"},
		{"v2: 502 passed through", inquiry.V2, 502, legacy, "ending 3"},
		{"v2: 503 passed through", inquiry.V2, 503, legacy, "ending 4"},
		{"v2: 504 passed through", inquiry.V2, 504, legacy, "ending 5"},
		{"v2: 404 in the shape of v3", inquiry.V2, 404, problem, "35999"},
		{"401 = our token is bad", inquiry.V3, 401, refusal("00103"), "ours 00103"},
		{"403 = our token is bad", inquiry.V3, 403, `<html>`, "ours "},
		{"v2: 401 = our token is bad", inquiry.V2, 401, legacy, "ours "},
		{"429 is not the caller's", inquiry.V3, 429, refusal("00429"), "35008"},
		{"409 is the caller's", inquiry.V3, 409, refusal("00015"), "00015"},
		{"500", inquiry.V3, 500, problem, "35999"},
		{"a redirection is not followed", inquiry.V3, 302, ``, "35999"},
		{"a proxy without upstream", inquiry.V3, 502, `<html>`, "35001"},
		{"a page of maintenance", inquiry.V2, 503, `<html>`, "35001"},
		{"a proxy that waited in vain", inquiry.V3, 504, `<html>`, "35002"},
		{"longer than anything", inquiry.V3, 200, strings.Repeat(" ", 1<<20) + `{"data":{"enfants":[]}}`, "35999"},
	} {
		t.Run(row.says, func(t *testing.T) {
			_, err := startIdentity(t, saying(row.status, row.body)).Ask(t.Context(), roux(row.version))
			if got := ending(err); got != row.want {
				t.Errorf("got %s (%v), want %s", got, err, row.want)
			}
			if err != nil && strings.Contains(err.Error(), "ROUX") {
				t.Errorf("the error names the person: %v", err)
			}
		})
	}
}

// ending names how a question ended.
func ending(err error) string {
	var (
		passed     *inquiry.Passed
		unanswered *inquiry.Unanswered
	)
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &passed):
		return fmt.Sprintf("ending %d", passed.Ending)
	case errors.Is(err, inquiry.ErrOurToken):
		_, code, _ := strings.Cut(err.Error(), "code ")
		return "ours " + code
	case errors.As(err, &unanswered):
		return string(unanswered.Code)
	}
	return err.Error()
}

// « upstream down answers the documented 502 (00501 or 35001…) or 504 (35002) quickly »
func TestAnUpstreamThatIsNotThereIsToldApart(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	_ = listener.Close()
	cut := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(cut.Close)
	leave := make(chan struct{})
	mute := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-leave }))
	t.Cleanup(func() { close(leave); mute.Close() })
	for address, want := range map[string]string{closed: "00501", cut.URL: "00501", "http://nulle-part.invalid": "35004", mute.URL: "35002"} {
		client := apiparticulier.NewIdentity(apiparticulier.Config{BaseURL: address}, ours)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		if want != "35002" {
			ctx = t.Context()
		}
		_, err := client.Ask(ctx, roux(inquiry.V3))
		cancel()
		if got := ending(err); got != want || strings.Contains(err.Error(), "ROUX") || strings.Contains(err.Error(), "nomNaissance") {
			t.Errorf("%s: got %s (%v), want %s", address, got, err, want)
		}
	}
}

func TestAfterFiveSilencesNobodyWaits(t *testing.T) {
	var asked atomic.Int64
	client := startIdentity(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		saying(503, "<html>")(w, r)
	})
	for range 5 {
		if _, err := client.Ask(t.Context(), roux(inquiry.V2)); ending(err) != "35001" {
			t.Fatal(err)
		}
	}
	if _, err := client.Ask(t.Context(), roux(inquiry.V3)); ending(err) != "35001" || asked.Load() != 5 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}

// Whoever leaves says nothing of API Particulier: ten callers who leave stop nobody.
func TestACallerWhoLeavesStopsNobody(t *testing.T) {
	leave := make(chan struct{})
	client := startIdentity(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-leave:
			saying(200, `{"data":{"enfants":[]}}`)(w, r)
		}
	})
	for range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		if _, err := client.Ask(ctx, roux(inquiry.V3)); !errors.Is(err, context.Canceled) {
			t.Fatalf("left: %v", err)
		}
	}
	close(leave)
	if _, err := client.Ask(t.Context(), roux(inquiry.V3)); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

func TestTheOutcomeIsObserved(t *testing.T) {
	server := httptest.NewServer(saying(404, refusal("23003")))
	t.Cleanup(server.Close)
	var outcomes []string
	client := apiparticulier.NewIdentity(apiparticulier.Config{
		BaseURL: server.URL, Observe: func(outcome string, _ time.Duration) { outcomes = append(outcomes, outcome) },
	}, ours)
	_, _ = client.Ask(t.Context(), roux(inquiry.V3))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = client.Ask(ctx, roux(inquiry.V3))
	server.Close()
	_, _ = client.Ask(t.Context(), roux(inquiry.V3))
	if got := strings.Join(outcomes, " "); got != "passed left 00501" {
		t.Errorf("observed %q", got)
	}
}

// "Contract test per port: one suite run against adapter + simulator" (ARCHITECTURE.md §11).
func TestTheSimulatorAnswersTheQuestionsOfTowns(t *testing.T) {
	family := simulator.Family{
		Route: simulator.RouteV3Identity, Status: 200,
		Params:  simulator.Params{BirthName: "ROUX", FirstNames: []string{"JEANNE", "STÉPHANIE"}, Sex: "F", Country: "99351"},
		Payload: []byte(`{"data":{"quotient_familial":{"fournisseur":"MSA","valeur":null},"enfants":[]},"links":{},"meta":{}}`),
	}
	server := httptest.NewServer(simulator.New(simulator.Options{
		Families: []simulator.Family{family}, RateLimit: 3,
		Tokens: []simulator.Token{{Value: ours.Reveal(), Siret: "13002526500013", Scopes: editor.Scopes[:]}, {Value: "vieux", Expired: true}},
	}))
	t.Cleanup(server.Close)
	client := apiparticulier.NewIdentity(apiparticulier.Config{BaseURL: server.URL}, ours)
	question := roux(inquiry.V3)
	question.Fields[2].Text = "STÉPHANIE"
	answer, err := client.Ask(t.Context(), question)
	if got := string(answer.For(editor.Scopes[:])); err != nil || got != `{"data":{"quotient_familial":{"fournisseur":"MSA","valeur":null},"enfants":[]},"links":{},"meta":{}}` {
		t.Errorf("%s, %v", got, err)
	}
	stranger := roux(inquiry.V2)
	stranger.Fields[2].Text = "PAUL"
	if _, err := client.Ask(t.Context(), stranger); ending(err) != "ending 2" {
		t.Errorf("a stranger: %v", err)
	}
	wrong := roux(inquiry.V3) // it checks too
	if _, err := client.Ask(t.Context(), wrong); ending(err) != "ending 1" {
		t.Errorf("a fault of a parameter: %v", err)
	}
	throttled := false
	for range 20 { // of which some are in the same second
		_, err := client.Ask(t.Context(), wrong)
		throttled = throttled || ending(err) == "35008"
	}
	if !throttled {
		t.Error("twenty calls, and none is one too many of its second")
	}
	expired := apiparticulier.NewIdentity(apiparticulier.Config{BaseURL: server.URL}, "vieux")
	if _, err := expired.Ask(t.Context(), question); ending(err) != "ours 00103" {
		t.Errorf("our own token expired: %v", err)
	}
}
