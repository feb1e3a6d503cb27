package outward

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What an adapter carries goes to the configured address and nowhere else.
func TestARedirectionIsNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the call was carried elsewhere")
	}))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	for _, given := range []*http.Client{nil, {Jar: http.DefaultClient.Jar}} {
		response, err := Client(given).Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusTemporaryRedirect {
			t.Errorf("answered %d", response.StatusCode)
		}
	}
}

func TestAnAnswerIsReadToItsLimit(t *testing.T) {
	if read, err := Read(strings.NewReader("12345"), 5); err != nil || string(read) != "12345" {
		t.Errorf("Read = %q, %v", read, err)
	}
	if _, err := Read(strings.NewReader("123456"), 5); !errors.Is(err, ErrTooLong) {
		t.Errorf("Read = %v, want ErrTooLong", err)
	}
}

// The error of a call may quote what was received: none of it is kept.
func TestACauseRepeatsNothingOfTheWire(t *testing.T) {
	quoting := errors.New(`malformed HTTP response "Angela DUBOIS"`)
	for _, err := range []error{quoting, fmt.Errorf("Get: %w", quoting)} {
		if cause := Cause(err); strings.Contains(cause.Error(), "DUBOIS") {
			t.Errorf("Cause = %v", cause)
		}
	}
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, ErrTooLong, dial} {
		if cause := Cause(fmt.Errorf("call: %w", known)); !errors.Is(cause, known) {
			t.Errorf("Cause(%v) = %v", known, cause)
		}
	}
}
