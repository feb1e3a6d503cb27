package hubee_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/hubee"
)

// clock is a Now that tests move.
type clock struct{ nanoseconds atomic.Int64 }

func (c *clock) Now() time.Time            { return time.Unix(1_780_000_000, c.nanoseconds.Load()) }
func (c *clock) config(conf *hubee.Config) { conf.Now = c.Now }

// « Read expires_in, default 3600 »; the token is left shortly before its end.
func TestTokenIsKeptUntilShortlyBeforeItsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		expiresIn  any
		kept, left time.Duration
	}{
		"one hour":         {3600, 3539 * time.Second, 3540 * time.Second},
		"absent":           {nil, 3539 * time.Second, 3540 * time.Second},
		"zero":             {0, 3539 * time.Second, 3540 * time.Second},
		"in words":         {"one hour", 3539 * time.Second, 3540 * time.Second},
		"in a string":      {"1000", 939 * time.Second, 940 * time.Second},
		"ten seconds":      {10, 8 * time.Second, 9 * time.Second},
		"longer than ever": {int64(9e18), 24*time.Hour - 2*time.Minute, 24*time.Hour - time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.tokenLife = c.expiresIn
			now := new(clock)
			client := h.client(now.config)
			for _, step := range []struct {
				at      time.Duration
				granted int
			}{{0, 1}, {c.kept, 1}, {c.left, 2}} {
				now.nanoseconds.Store(int64(step.at))
				if err := client.Discard(t.Context(), noticeID); err != nil {
					t.Fatal(err)
				}
				if got := h.tokensGranted(); got != step.granted {
					t.Errorf("after %v: %d tokens fetched, want %d", step.at, got, step.granted)
				}
			}
		})
	}
}

// « on a 401 of an API call the token is dropped and the call repeated once »: the token
// ends between the creation and an upload, and the deposit goes on.
func TestTokenExpiresMidway(t *testing.T) {
	h := newHub(t)
	client := h.client()
	created, err := client.Create(t.Context(), folderRequest())
	if err != nil {
		t.Fatal(err)
	}
	h.forgetTokens()
	if err := client.Upload(t.Context(), created.ID, created.Attachments[0].ID, []byte(contents[0])); err != nil {
		t.Fatalf("upload with an expired token: %v", err)
	}
	if got := string(h.content[created.Attachments[0].ID]); got != contents[0] {
		t.Errorf("HubEE holds %q, want the whole file", got)
	}
	if got := h.tokensGranted(); got != 2 {
		t.Errorf("%d tokens fetched, want 2", got)
	}
	if asked := h.routes(); len(asked) != 3 {
		t.Errorf("HubEE was asked %v, want the creation and the upload twice", asked)
	}
}

func TestSecondRefusalOfTheTokenEndsTheCall(t *testing.T) {
	h := newHub(t)
	client := h.client()
	refused := twist{answer: answering(401, "")}
	h.on("GET /folders/{folder}", refused, refused)
	_, err := client.Find(t.Context(), folderID)
	checkFault(t, err, fault.Unavailable, "hubee.unavailable")
	if asked := h.routes(); len(asked) != 2 {
		t.Errorf("HubEE was asked %v, want two attempts", asked)
	}
	// The next call does not keep the token that was refused.
	if err := client.Discard(t.Context(), noticeID); err != nil {
		t.Fatal(err)
	}
}

// A token refused and not replaced is forgotten all the same.
func TestRefusedTokenIsDroppedEvenWhenNoOtherComes(t *testing.T) {
	h := newHub(t)
	client := h.client()
	if err := client.Discard(t.Context(), noticeID); err != nil {
		t.Fatal(err)
	}
	h.forgetTokens()
	h.on("POST /oauth2/token", twist{answer: answering(503, "")})
	checkFault(t, client.Discard(t.Context(), noticeID), fault.Unavailable, "hubee.unavailable")
	before := len(h.routes())
	if err := client.Discard(t.Context(), noticeID); err != nil {
		t.Fatal(err)
	}
	if asked := len(h.routes()) - before; asked != 1 {
		t.Errorf("the next call was sent %d times, want once, with a new token", asked)
	}
}

// « Failure: 401 … match on status and error, never on the description »
func TestRefusedClient(t *testing.T) {
	h := newHub(t)
	client := h.client(func(config *hubee.Config) { config.ClientSecret = "wrong" })
	_, err := client.Find(t.Context(), folderID)
	checkFault(t, err, fault.Unavailable, "hubee.unavailable")
	if !strings.HasSuffix(err.Error(), "fetch token: status 401, error invalid_client") {
		t.Errorf("error = %q", err)
	}
	if asked := h.routes(); len(asked) != 0 {
		t.Errorf("HubEE was asked %v without a token", asked)
	}
}

func TestUnusableAnswersToATokenRequest(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no token":             answering(200, `{"token_type":"Bearer"}`),
		"a page":               answering(200, "<html>token-Angela</html>"),
		"an error as a page":   answering(503, "<html>DUBOIS</html>"),
		"an error in a phrase": answering(400, `{"error":"Angela DUBOIS is unknown"}`),
		"a redirection":        answering(302, ""),
		"a cut connection":     hangUp,
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.on("POST /oauth2/token", twist{answer: answer})
			client := h.client()
			_, err := client.Find(t.Context(), folderID)
			checkFault(t, err, fault.Unavailable, "hubee.unavailable")
			if err := client.Discard(t.Context(), noticeID); err != nil {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}

// « one fetch at a time for concurrent callers »
func TestConcurrentCallersShareOneToken(t *testing.T) {
	h := newHub(t)
	h.tokenPause = 50 * time.Millisecond
	client := h.client()
	discardTogether(t, client, 20)
	if got := h.tokensGranted(); got != 1 {
		t.Errorf("%d tokens fetched, want 1", got)
	}
	// All of them refused at once: the first replaces the token, the others use it.
	h.forgetTokens()
	discardTogether(t, client, 20)
	if got := h.tokensGranted(); got != 2 {
		t.Errorf("%d tokens fetched, want 2", got)
	}
}

func discardTogether(t *testing.T, client *hubee.Client, callers int) {
	t.Helper()
	failures := make([]error, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() { failures[i] = client.Discard(t.Context(), noticeID) })
	}
	group.Wait()
	if i := slices.IndexFunc(failures, func(err error) bool { return err != nil }); i >= 0 {
		t.Errorf("caller %d: %v", i, failures[i])
	}
}

// A caller waits for the token of another no longer than its own deadline, and one who
// leaves while fetching does not fail the others.
func TestWaitingForAnothersTokenHasADeadline(t *testing.T) {
	h := newHub(t)
	h.tokenPause = 300 * time.Millisecond
	client := h.client()
	first, leave := context.WithCancel(t.Context())
	var group sync.WaitGroup
	var left error
	group.Go(func() { left = client.Discard(first, noticeID) })
	time.Sleep(50 * time.Millisecond)

	hurried, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := client.Discard(hurried, noticeID)
	checkFault(t, err, fault.Unavailable, "hubee.unavailable")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline as its cause", err)
	}
	group.Go(func() {
		if err := client.Discard(t.Context(), noticeID); err != nil {
			t.Errorf("who waited behind the one who left: %v", err)
		}
	})
	time.Sleep(20 * time.Millisecond)
	leave()
	group.Wait()
	checkFault(t, left, fault.Unavailable, "hubee.unavailable")
}
