package control_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/control"
)

// call is one call of a real client on a connection of its own, so that Go's repetition of
// requests on kept-alive connections does not blur the counts.
func call(t *testing.T, method, url, body string) (status int, answer string, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

// simulator is a protocol that echoes bodies and counts what it did, behind a surface.
func simulator(t *testing.T) (url string, surface *control.Surface, acts *atomic.Int64) {
	t.Helper()
	acts = new(atomic.Int64)
	surface = control.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		acts.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(body)
	}))
	server := httptest.NewServer(surface)
	t.Cleanup(server.Close)
	return server.URL, surface, acts
}

func order(t *testing.T, url, fault string) {
	t.Helper()
	if status, answer, err := call(t, "POST", url+"/_sim/faults", fault); err != nil || status != 200 {
		t.Fatalf("order %s: %d %s %v", fault, status, answer, err)
	}
}

func TestEachModeOnARealConnection(t *testing.T) {
	tests := []struct {
		sentence string
		fault    string
		status   int
		answer   string
		cut      bool
		acts     int64
	}{
		{"down = the connection is closed at once without answer", `{"match":"PUT /folders","mode":"down","times":1}`, 0, "", true, 0},
		{"status = answers that status with a small JSON body", `{"match":"PUT /folders","mode":"status","status":503,"times":1}`, 503, "{\"error\":\"simulated fault\"}\n", false, 0},
		{"lost = acts, then cuts the connection", `{"match":"PUT /folders","mode":"lost","times":1}`, 0, "", true, 1},
		{"garbage = 200 with bytes that are not JSON", `{"match":"PUT /folders","mode":"garbage","times":1}`, 200, "<!-- simulated fault \xff\xfe -->", false, 0},
		{"slow answers normally in the end", `{"match":"PUT /folders","mode":"slow","delay_ms":30,"times":1}`, 201, "body", false, 1},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			url, surface, acts := simulator(t)
			order(t, url, test.fault)
			status, answer, err := call(t, "PUT", url+"/folders/1?x=y", "body")
			if cut := err != nil; cut != test.cut {
				t.Fatalf("connection cut: %t (%v), want %t", cut, err, test.cut)
			}
			if status != test.status || answer != test.answer {
				t.Errorf("answered %d %q, want %d %q", status, answer, test.status, test.answer)
			}
			if acts.Load() != test.acts {
				t.Errorf("the protocol acted %d times, want %d", acts.Load(), test.acts)
			}
			log := surface.Requests(0)
			if len(log) != 1 || log[0].Status != test.status || log[0].Body != "body" || log[0].Path != "/folders/1?x=y" {
				t.Errorf("logged %+v", log)
			}
			if status, _, _ := call(t, "PUT", url+"/folders/1", "body"); status != 201 {
				t.Errorf("used up, but the next request is answered %d", status)
			}
		})
	}
}

func TestSlowWaitsTheDelay(t *testing.T) {
	url, surface, _ := simulator(t)
	surface.Inject(control.Fault{Match: "/x", Mode: control.ModeSlow, DelayMS: 120})
	start := time.Now()
	if status, _, _ := call(t, "POST", url+"/x", ""); status != 201 {
		t.Errorf("answered %d", status)
	}
	if waited := time.Since(start); waited < 120*time.Millisecond {
		t.Errorf("answered after %s", waited)
	}
}

func TestSlowHonoursTheClientsLeaving(t *testing.T) {
	url, surface, acts := simulator(t)
	surface.Inject(control.Fault{Match: "/", Mode: control.ModeSlow, DelayMS: 60_000})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	request, _ := http.NewRequestWithContext(ctx, "POST", url+"/x", strings.NewReader("body"))
	if _, err := http.DefaultClient.Do(request); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("err = %v", err)
	}
	for deadline := time.Now().Add(5 * time.Second); len(surface.Requests(0)) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("still waiting although the client left")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if log := surface.Requests(0); log[0].Status != 0 || acts.Load() != 0 {
		t.Errorf("logged status %d, acted %d times", log[0].Status, acts.Load())
	}
}

func TestMatchIsAPrefixOfTheLineOrOfThePath(t *testing.T) {
	tests := []struct {
		match string
		taken bool
	}{
		{"PUT /teledossiers/v1", true},
		{"PUT /teledossiers/v1/folders?a=1", true},
		{"/teledossiers/", true},
		{"/teledossiers/v1/folders?a=", true},
		{"PUT", true},
		{"", true},
		{"GET /teledossiers/", false},
		{"/v1", false},
		{"teledossiers", false},
		{"/teledossiers/v1/folders?a=12", false},
	}
	for _, test := range tests {
		t.Run(test.match, func(t *testing.T) {
			surface := control.New(http.NotFoundHandler())
			surface.Inject(control.Fault{Match: test.match, Mode: control.ModeDown})
			if _, taken := surface.Take("PUT /teledossiers/v1/folders?a=1"); taken != test.taken {
				t.Errorf("taken = %t, want %t", taken, test.taken)
			}
		})
	}
}

func TestFaultsAreAScriptAndZeroTimesLastsUntilReset(t *testing.T) {
	url, _, _ := simulator(t)
	order(t, url, `{"match":"/a","mode":"status","status":500,"times":2}`)
	order(t, url, `{"match":"/a","mode":"status","status":429,"times":1}`)
	order(t, url, `{"match":"/b","mode":"status","status":404}`)
	var got []int
	for _, path := range []string{"/b", "/a", "/a", "/a", "/a", "/b", "/b"} {
		status, _, _ := call(t, "POST", url+path, "")
		got = append(got, status)
	}
	if diff := cmp.Diff([]int{404, 500, 500, 429, 201, 404, 404}, got); diff != "" {
		t.Error(diff)
	}
	if status, _, _ := call(t, "POST", url+"/_sim/reset", ""); status != 200 {
		t.Fatalf("reset answered %d", status)
	}
	if status, _, _ := call(t, "POST", url+"/b", ""); status != 201 {
		t.Errorf("after the reset: %d", status)
	}
}

func TestAnOrderNotUnderstoodIsRefused(t *testing.T) {
	url, _, _ := simulator(t)
	for _, body := range []string{
		`{"match":"/","mode":"explode"}`,
		`{"match":"/"}`,
		`{"match":"/","mode":"status"}`,
		`{"match":"/","mode":"status","status":1000}`,
		`{"match":"/","mode":"down","times":-1}`,
		`{"match":"/","mode":"slow","delay_ms":-1}`,
		`{"match":"/","mode":"down","tiems":3}`,
		`{"match":"/","mode":"down"} {}`,
		`[]`, `mode=down`, ``,
	} {
		status, answer, err := call(t, "POST", url+"/_sim/faults", body)
		var refusal struct{ Error string }
		if err != nil || status != 400 || json.Unmarshal([]byte(answer), &refusal) != nil || refusal.Error == "" {
			t.Errorf("%s: %d %q %v", body, status, answer, err)
		}
	}
	if status, _, err := call(t, "POST", url+"/x", ""); status != 201 {
		t.Errorf("a refused order has an effect: %d %v", status, err)
	}
	for path, want := range map[string]int{"/_sim/requests?since=x": 400, "/_sim/unknown": 404} {
		if status, answer, _ := call(t, "GET", url+path, ""); status != want || !json.Valid([]byte(answer)) {
			t.Errorf("%s: %d %s", path, status, answer)
		}
	}
}

func TestTheLogShowsWhatWasReceived(t *testing.T) {
	url, _, _ := simulator(t)
	if _, answer, _ := call(t, "GET", url+"/_sim/requests", ""); answer != "[]\n" {
		t.Errorf("an empty log reads %q: every GET returns an array", answer)
	}
	_, _, _ = call(t, "POST", url+"/first?a=1", "texte é")
	_, _, _ = call(t, "PUT", url+"/second", "\xff\x00")
	_, answer, _ := call(t, "GET", url+"/_sim/requests?since=0", "")
	var log []map[string]any
	if err := json.Unmarshal([]byte(answer), &log); err != nil {
		t.Fatal(err)
	}
	for _, exchange := range log {
		if at, err := time.Parse(time.RFC3339, exchange["at"].(string)); err != nil || time.Since(at) > time.Minute {
			t.Errorf("at = %v", exchange["at"])
		}
		if _, known := exchange["headers"].(map[string]any)["User-Agent"]; !known {
			t.Errorf("headers = %v", exchange["headers"])
		}
		delete(exchange, "at")
		delete(exchange, "headers")
	}
	want := []map[string]any{
		{"number": 1.0, "method": "POST", "path": "/first?a=1", "body": "texte é", "body_base64": false, "body_truncated": false, "status": 201.0},
		{"number": 2.0, "method": "PUT", "path": "/second", "body": "/wA=", "body_base64": true, "body_truncated": false, "status": 201.0},
	}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Error(diff)
	}
	_, answer, _ = call(t, "GET", url+"/_sim/requests?since=1", "")
	if err := json.Unmarshal([]byte(answer), &log); err != nil || len(log) != 1 || log[0]["number"] != 2.0 {
		t.Errorf("since=1: %s", answer)
	}
}

func TestNumbersGoOnAfterAReset(t *testing.T) {
	surface := control.New(http.NotFoundHandler())
	surface.Record(control.Request{Method: "DATA"})
	surface.Reset()
	if left := surface.Requests(0); len(left) != 0 {
		t.Errorf("left after the reset: %v", left)
	}
	surface.Record(control.Request{Method: "DATA"})
	if log := surface.Requests(1); len(log) != 1 || log[0].Number != 2 || log[0].At.IsZero() {
		t.Errorf("log = %+v", log)
	}
}

func TestTheLogKeepsTheNewestTenThousand(t *testing.T) {
	surface := control.New(http.NotFoundHandler())
	for n := range 10_500 {
		surface.Record(control.Request{Body: fmt.Sprint(n + 1)})
	}
	log := surface.Requests(0)
	if len(log) != 10_000 || log[0].Number != 501 || log[0].Body != "501" || log[9_999].Number != 10_500 || log[9_999].Body != "10500" {
		t.Errorf("%d kept, from %d to %d", len(log), log[0].Number, log[len(log)-1].Number)
	}
}

func TestBodiesAreBoundedInTheLogButWholeForTheProtocol(t *testing.T) {
	url, surface, _ := simulator(t)
	const size = 5 << 20
	body := strings.Repeat("a", size)
	if _, answer, err := call(t, "POST", url+"/big", body); err != nil || answer != body {
		t.Fatalf("the protocol got %d bytes of %d (%v)", len(answer), size, err)
	}
	log := surface.Requests(0)
	if len(log[0].Body) != 4<<20 || !log[0].BodyTruncated {
		t.Errorf("kept %d bytes, truncated %t", len(log[0].Body), log[0].BodyTruncated)
	}
	for range 20 {
		surface.Record(control.Request{Body: body})
	}
	log = surface.Requests(0)
	total := 0
	for _, exchange := range log {
		total += len(exchange.Body)
	}
	if len(log) != 21 || total != 64<<20 || log[0].Body != "" || log[20].Body == "" {
		t.Errorf("%d exchanges hold %d bytes", len(log), total)
	}
}

func TestAnAnswerIsInTheLogBeforeItIsRead(t *testing.T) {
	url, surface, _ := simulator(t)
	large := strings.Repeat("b", 1<<20)
	for n := range 50 {
		request, _ := http.NewRequestWithContext(t.Context(), "POST", url+"/x", strings.NewReader(large))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(response.Body, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if log := surface.Requests(n); len(log) != 1 || log[0].Status != 201 {
			t.Fatalf("answer %d read but logged %d", n+1, len(log))
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
}

func TestAProtocolThatCutsTheConnectionIsLoggedWithStatusZero(t *testing.T) {
	surface := control.New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	server := httptest.NewServer(surface)
	defer server.Close()
	if _, _, err := call(t, "GET", server.URL+"/", ""); err == nil {
		t.Error("answered")
	}
	if log := surface.Requests(0); len(log) != 1 || log[0].Status != 0 {
		t.Errorf("log = %+v", log)
	}
}

func TestARouteOfTheSimulatorIsNeitherLoggedNorFaulted(t *testing.T) {
	url, surface, _ := simulator(t)
	surface.Handle("GET /_sim/colours", func(w http.ResponseWriter, _ *http.Request) {
		control.Answer(w, []string{"bleu"})
	})
	surface.Inject(control.Fault{Mode: control.ModeDown})
	if status, answer, err := call(t, "GET", url+"/_sim/colours", ""); status != 200 || answer != "[\"bleu\"]\n" {
		t.Errorf("%d %q %v", status, answer, err)
	}
	if log := surface.Requests(0); len(log) != 0 {
		t.Errorf("log = %+v", log)
	}
}

func TestManyAtOnce(t *testing.T) {
	url, surface, acts := simulator(t)
	surface.Inject(control.Fault{Match: "/x", Mode: control.ModeStatus, Status: 500, Times: 100})
	var refused atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				response, err := http.Post(url+"/x", "text/plain", bytes.NewReader([]byte("b")))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
				if response.StatusCode == 500 {
					refused.Add(1)
				}
			}
		})
	}
	group.Wait()
	if refused.Load() != 100 || acts.Load() != 300 || len(surface.Requests(0)) != 400 {
		t.Errorf("refused %d, acted %d, logged %d", refused.Load(), acts.Load(), len(surface.Requests(0)))
	}
}

func BenchmarkSurface(b *testing.B) {
	surface := control.New(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	body := strings.Repeat("a", 2_000)
	for b.Loop() {
		surface.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/x", strings.NewReader(body)))
	}
}
