package hubee_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/hubee"
)

// « responses can be gzip: the client decodes it explicitly », even one that did not ask.
func TestCompressedAnswers(t *testing.T) {
	mute := func(config *hubee.Config) {
		config.HTTP = &http.Client{Transport: &http.Transport{DisableCompression: true}}
	}
	for name, adjust := range map[string]func(*hubee.Config){
		"asked":     func(*hubee.Config) {},
		"not asked": mute,
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			client := h.client(adjust)
			h.on("GET /cases/{case}", twist{answer: gzipped(200, `{"status":"IN_PROGRESS"}`)})
			status, err := client.CaseStatus(t.Context(), caseID)
			if err != nil || status != "IN_PROGRESS" {
				t.Errorf("CaseStatus = %q, %v", status, err)
			}
			h.on("POST /folders", twist{answer: gzipped(400, `{"errors":[{"code":400,"message":"Folder already exists"}]}`)})
			_, err = client.Create(t.Context(), folderRequest())
			checkFault(t, err, fault.Conflict, "hubee.duplicate")
			h.on("PATCH /folders/{folder}", twist{answer: gzipped(204, "")})
			if err := client.Complete(t.Context(), folderID); err != nil {
				t.Errorf("an empty 204 that announces gzip: %v", err)
			}
			h.on("GET /cases/{case}", twist{answer: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = w.Write([]byte(`{"status":"DONE"}`))
			}})
			_, err = client.CaseStatus(t.Context(), caseID)
			checkFault(t, err, fault.Unavailable, "hubee.unavailable")
		})
	}
}

// Answers are read up to 4 MiB, compressed or not.
func TestOversizedAnswers(t *testing.T) {
	fitting := `{"status":"DONE","padding":"` + strings.Repeat("x", 4<<20-100) + `"}`
	tooLong := `{"status":"DONE"}` + strings.Repeat(" ", 4<<20)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		fits   bool
	}{
		"almost 4 MiB":                {answering(200, fitting), true},
		"almost 4 MiB, compressed":    {gzipped(200, fitting), true},
		"more than 4 MiB":             {answering(200, tooLong), false},
		"more than 4 MiB, compressed": {gzipped(200, tooLong), false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.on("GET /cases/{case}", twist{answer: c.answer})
			status, err := h.client().CaseStatus(t.Context(), caseID)
			if c.fits {
				if err != nil || status != "DONE" {
					t.Errorf("CaseStatus = %q, %v", status, err)
				}
				return
			}
			checkFault(t, err, fault.Unavailable, "hubee.unavailable")
		})
	}
}

// A slow HubEE is left at the deadline: 10 s and 30 s for an upload, shortened here.
func TestSlowHubEEIsLeftAtTheDeadline(t *testing.T) {
	const short, long = 250 * time.Millisecond, 750 * time.Millisecond
	hasty := func(config *hubee.Config) {
		config.Timeout, config.CreateTimeout, config.UploadTimeout = short, short, long
	}
	for _, one := range operations() {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			client := h.client(hasty)
			h.on(one.route, twist{answer: tooSlow})
			start := time.Now()
			err := one.run(t.Context(), client)
			elapsed := time.Since(start)
			checkFault(t, err, fault.Unavailable, "hubee.unavailable")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the deadline as its cause", err)
			}
			if isUpload := one.name == "upload"; elapsed < short || isUpload && elapsed < long || elapsed > 3*time.Second {
				t.Errorf("left after %v", elapsed)
			}
		})
	}
}

// deadlines keeps how long each request was given, and answers nothing.
type deadlines []time.Duration

func (d *deadlines) RoundTrip(r *http.Request) (*http.Response, error) {
	end, _ := r.Context().Deadline()
	*d = append(*d, time.Until(end).Round(time.Second))
	if r.URL.Path == "/oauth2/token" {
		return http.DefaultTransport.RoundTrip(r)
	}
	return nil, errors.New("not sent")
}

// « total 10 s, uploads 30 s », when the configuration says nothing; a token has 10 s.
func TestDeadlinesByDefault(t *testing.T) {
	h := newHub(t)
	var given deadlines
	client := h.client(func(config *hubee.Config) {
		config.HTTP, config.Now = &http.Client{Transport: &given}, nil
	})
	checkFault(t, client.Upload(t.Context(), folderID, attachmentID(0), nil), fault.Unavailable, "hubee.unavailable")
	checkFault(t, client.Complete(t.Context(), folderID), fault.Unavailable, "hubee.unavailable")
	if diff := cmp.Diff(deadlines{10 * time.Second, 30 * time.Second, 10 * time.Second}, given); diff != "" {
		t.Errorf("deadlines of the token, the upload, the completion (-want +got):\n%s", diff)
	}
}

// freshConnections opens one connection for each request: net/http itself repeats a read
// that met the end of a kept one, which would hide a cut from the test.
func freshConnections(config *hubee.Config) {
	config.HTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

// A connection cut before any answer is never followed by a second attempt.
func TestCutConnections(t *testing.T) {
	for _, one := range operations() {
		t.Run(one.name, func(t *testing.T) {
			h := newHub(t)
			client := h.client(freshConnections)
			h.on(one.route, twist{answer: hangUp})
			checkFault(t, one.run(t.Context(), client), fault.Unavailable, "hubee.unavailable")
			if asked := h.routes(); len(asked) != 1 {
				t.Errorf("HubEE was asked %v", asked)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	h := newHub(t)
	h.server.Close()
	_, err := h.client().Notifications(t.Context(), 25)
	checkFault(t, err, fault.Unavailable, "hubee.unavailable")
}

func TestCallerGivesUp(t *testing.T) {
	h := newHub(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.client().Find(ctx, folderID)
	checkFault(t, err, fault.Unavailable, "hubee.unavailable")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the cancellation as its cause", err)
	}
}

// A redirection is not followed: the dossier stays on the configured address.
func TestRedirectionsAreNotFollowed(t *testing.T) {
	elsewhere := newHub(t)
	h := newHub(t)
	h.on("PUT /folders/{folder}/attachments/{att}", twist{answer: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.server.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}})
	err := h.client().Upload(t.Context(), folderID, attachmentID(0), []byte("x"))
	checkFault(t, err, fault.Unavailable, "hubee.unavailable")
	if asked := elsewhere.routes(); len(asked) != 0 {
		t.Errorf("the other host was asked %v", asked)
	}
}

// « optional, ≤ 50 chars each, on every call »: longer names are cut, whole characters.
func TestPartnerHeadersFitHubEE(t *testing.T) {
	h := newHub(t)
	client := h.client(func(config *hubee.Config) {
		config.Editor = strings.Repeat("é", 60)
		config.Application = strings.Repeat("a", 51)
		config.Version = strings.Repeat("9", 50)
	})
	if _, err := client.Create(t.Context(), folderRequest()); err != nil {
		t.Fatal(err)
	}
	sent := h.requests[0].header
	got := []string{sent.Get("editorName"), sent.Get("applicationName"), sent.Get("softwareVersion")}
	if diff := cmp.Diff([]string{strings.Repeat("é", 50), strings.Repeat("a", 50), strings.Repeat("9", 50)}, got); diff != "" {
		t.Errorf("partner headers (-want +got):\n%s", diff)
	}
}

// The observer learns each operation, with "ok" or the code of its fault.
func TestObservedOperations(t *testing.T) {
	for _, one := range operations() {
		t.Run(one.name, func(t *testing.T) {
			h := newHub(t)
			h.on(one.route, twist{answer: answering(503, "")})
			var seen []string
			client := h.client(func(config *hubee.Config) {
				config.Observe = func(operation, outcome string, elapsed time.Duration) {
					if elapsed < 0 {
						t.Errorf("%s lasted %v", operation, elapsed)
					}
					seen = append(seen, operation+" "+outcome)
				}
			})
			if err := one.run(t.Context(), client); err == nil {
				t.Error("no error")
			}
			if diff := cmp.Diff([]string{"token ok", one.name + " hubee.unavailable"}, seen); diff != "" {
				t.Errorf("observed (-want +got):\n%s", diff)
			}
		})
	}
	h := newHub(t)
	var outcomes []string
	client := h.client(func(config *hubee.Config) {
		config.Observe = func(operation, outcome string, _ time.Duration) { outcomes = append(outcomes, operation+" "+outcome) }
	})
	if err := client.Discard(t.Context(), noticeID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"token ok", "discard ok"}, outcomes); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}
