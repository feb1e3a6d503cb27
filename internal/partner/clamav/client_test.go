package clamav_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/clamav"
	"portail-qf/internal/partner/outward"
)

// more is a file that the buffers between two sockets cannot hold.
var more = make([]byte, 32<<20)

// file is of a length and of bytes that repeat nowhere.
func file(length int) []byte {
	content := make([]byte, length)
	_, _ = rand.NewChaCha8([32]byte{byte(length)}).Read(content)
	return content
}

func wantUnavailable(t *testing.T, virus string, err error) {
	t.Helper()
	if virus != "" || fault.KindOf(err) != fault.Unavailable || !fault.Is(err, "scanner.unavailable") {
		t.Errorf("Scan = %q, %v, want scanner.unavailable", virus, err)
	}
}

func wantTooLarge(t *testing.T, virus string, err error) {
	t.Helper()
	if virus != "" || fault.KindOf(err) != fault.Invalid || !fault.Is(err, "document.too_large") {
		t.Errorf("Scan = %q, %v, want document.too_large", virus, err)
	}
}

// « délibération PDF (≤ 10 MB …) »: clamd receives the file to the octet, in the framing of
// its protocol, whatever the length.
func TestAFileReachesClamdWhole(t *testing.T) {
	for _, length := range []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 10 << 20} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			content := file(length)
			client := asking(t, clamd{verdict: func(received []byte) string {
				if !bytes.Equal(received, content) {
					t.Errorf("clamd received another file, of %d bytes", len(received))
				}
				return "stream: OK\x00"
			}}.behave)
			if virus, err := client.Scan(t.Context(), content); virus != "" || err != nil {
				t.Errorf("Scan = %q, %v, want a clean file", virus, err)
			}
		})
	}
}

func TestAVirusIsNamedInBoundedVisibleASCII(t *testing.T) {
	for answer, want := range map[string]string{
		"stream: Win.Test.EICAR_HDB-1 FOUND":                   "Win.Test.EICAR_HDB-1",
		"stream: Eicar-Test-Signature(abc:68) FOUND":           "Eicar-Test-Signature(abc:68)",
		"stream: OK FOUND":                                     "OK",
		"stream: FOUND FOUND":                                  "FOUND",
		"stream: ERROR FOUND":                                  "ERROR",
		"stream: " + strings.Repeat("x", 100) + " FOUND":       strings.Repeat("x", 100),
		"stream: " + strings.Repeat("x", 4000) + " FOUND":      strings.Repeat("x", 100),
		"stream: " + strings.Repeat("é", 4000/2) + " FOUND":    strings.Repeat("?", 100),
		"stream: a\r\nb\tc\x1b[2Jd\x7fe\xfff g\u202eh FOUND":   "a??b?c?[2Jd?e?f?g?h",
		"stream: \x01\x02 FOUND":                               "??", // not clean
		"stream: <b>&\"'</b> FOUND":                            `<b>&"'</b>`,
		"stream: INSTREAM size limit exceeded. ERROR FOUND":    "INSTREAM?size?limit?exceeded.?ERROR",
		"stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND": "Heuristics.Limits.Exceeded.MaxScanSize",
	} {
		virus, err := asking(t, answering(answer+"\x00")).Scan(t.Context(), file(100))
		if virus != want || err != nil {
			t.Errorf("%q: Scan = %q, %v, want %q", answer, virus, err, want)
		}
	}
}

// The answer may come in as many pieces as the network likes.
func TestAnAnswerMayComeOctetByOctet(t *testing.T) {
	client := asking(t, func(t *testing.T, connection net.Conn) {
		if _, err := (clamd{}).receive(connection); err != nil {
			t.Error(err)
		}
		for _, octet := range []byte("stream: Eicar FOUND\x00") {
			_, _ = connection.Write([]byte{octet})
			time.Sleep(time.Millisecond)
		}
	})
	if virus, err := client.Scan(t.Context(), file(100)); virus != "Eicar" || err != nil {
		t.Errorf("Scan = %q, %v", virus, err)
	}
}

// « INSTREAM size limit exceeded. ERROR … must refuse the file »: clamd answers in the middle
// of the file and closes on what it has not read, so that the client's writes fail. The
// moment of each differs from one time to the next.
func TestAFileOverTheLimitIsTooLargeAndNotABrokenPipe(t *testing.T) {
	for _, limit := range []int{1, 64 << 10, 1 << 20, 10<<20 - 1} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			client := asking(t, clamd{limit: limit}.behave)
			for range 25 {
				virus, err := client.Scan(t.Context(), more[:10<<20])
				wantTooLarge(t, virus, err)
			}
		})
	}
}

// The answer is taken although clamd neither reads the rest nor closes.
func TestAnEarlyAnswerEndsTheSending(t *testing.T) {
	for answer, want := range map[string]func(*testing.T, string, error){
		tooLarge: wantTooLarge,
		"stream: Eicar FOUND\x00": func(t *testing.T, virus string, err error) {
			if virus != "Eicar" || err != nil {
				t.Errorf("Scan = %q, %v, want the virus", virus, err)
			}
		},
		"stream: OK\x00":                      wantUnavailable, // nobody has seen the rest
		"Error processing command. ERROR\x00": wantUnavailable,
	} {
		t.Run(answer, func(t *testing.T) {
			client := asking(t, func(t *testing.T, connection net.Conn) {
				fmt.Fprint(connection, answer)
				deaf(t, connection)
			})
			start := time.Now()
			virus, err := client.Scan(t.Context(), more)
			want(t, virus, err)
			if waited := time.Since(start); waited > 5*time.Second {
				t.Errorf("waited %s with the answer there", waited)
			}
		})
	}
}

// Nothing but the exact answer clears a file, and no error repeats what came.
func TestAnAnswerThatIsNotAVerdictClearsNothing(t *testing.T) {
	for _, answer := range []string{
		"", "OK", "stream:OK", "stream: ", "stream: ok", "stream: OK ", " stream: OK", "stream: OK\n", "stream: OKAY",
		"1: stream: OK", "other: OK", "stream: FOUND", "stream:  FOUND", "Eicar FOUND", "FOUND", "PONG", "ERROR",
		"stream: Can't allocate memory ERROR", "DUBOIS. ERROR", "UNKNOWN COMMAND", "HTTP/1.1 200 OK\r\n\r\nDUBOIS",
		"INSTREAM size limit exceeded.", "stream: \xff\xfe\x01DUBOIS", "instream size limit exceeded. ERROR",
	} {
		t.Run(fmt.Sprintf("%q", answer), func(t *testing.T) {
			virus, err := asking(t, answering(answer+"\x00")).Scan(t.Context(), file(100))
			wantUnavailable(t, virus, err)
			if err != nil && strings.Contains(err.Error(), "DUBOIS") {
				t.Errorf("the error quotes the answer: %v", err)
			}
		})
	}
}

// An answer without its NUL may be the beginning of another: « stream: OK » of « stream: OK.Virus FOUND ».
func TestACutConnectionIsUnavailable(t *testing.T) {
	for name, behave := range map[string]func(*testing.T, net.Conn){
		"at once":              func(*testing.T, net.Conn) {},
		"after the command":    func(_ *testing.T, connection net.Conn) { _, _ = io.ReadFull(connection, make([]byte, 10)) },
		"in the file":          func(_ *testing.T, connection net.Conn) { _, _ = io.CopyN(io.Discard, connection, 1<<20) },
		"before the answer":    func(_ *testing.T, connection net.Conn) { _, _ = clamd{}.receive(connection) },
		"in the answer":        cutting("stream: O"),
		"before the NUL":       cutting("stream: OK"),
		"clamd loses patience": cutting("COMMAND READ TIMED OUT\n"),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			virus, err := asking(t, behave).Scan(t.Context(), more[:10<<20])
			wantUnavailable(t, virus, err)
			if waited := time.Since(start); waited > 5*time.Second {
				t.Errorf("waited %s for who is gone", waited)
			}
		})
	}
}

func TestAnAnswerWithoutEndIsLeft(t *testing.T) {
	for name, text := range map[string]string{"a name": "stream: " + strings.Repeat("x", 1000), "a verdict": "stream: OK "} {
		t.Run(name, func(t *testing.T) {
			client := asking(t, func(t *testing.T, connection net.Conn) {
				go silent(t, connection)
				for {
					if _, err := fmt.Fprint(connection, text); err != nil {
						return
					}
				}
			})
			virus, err := client.Scan(t.Context(), file(100))
			wantUnavailable(t, virus, err)
			if !errors.Is(err, outward.ErrTooLong) {
				t.Errorf("error = %v, want ErrTooLong", err)
			}
		})
	}
}

// slow are the servers on which only a deadline or a cancellation helps.
func slow() map[string]func(*testing.T, net.Conn) {
	return map[string]func(*testing.T, net.Conn){
		"no answer":         silent,
		"the file not read": deaf,
		"half an answer": func(t *testing.T, connection net.Conn) {
			fmt.Fprint(connection, "stream: ")
			silent(t, connection)
		},
		"an octet now and then": func(t *testing.T, connection net.Conn) {
			go silent(t, connection)
			for {
				if _, err := connection.Write([]byte("x")); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		},
	}
}

func TestASlowScannerIsLeftWhenPatienceEnds(t *testing.T) {
	for name, behave := range slow() {
		t.Run(name, func(t *testing.T) {
			client := clamav.New(clamav.Config{Address: serve(t, behave), Patience: 200 * time.Millisecond})
			start := time.Now()
			virus, err := client.Scan(t.Context(), more)
			waited := time.Since(start)
			wantUnavailable(t, virus, err)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error = %v, want the deadline", err)
			}
			if waited < 200*time.Millisecond || waited > 5*time.Second {
				t.Errorf("waited %s, want 200 ms", waited)
			}
		})
	}
}

func TestAScanEndsWithItsContext(t *testing.T) {
	for name, behave := range slow() {
		t.Run(name, func(t *testing.T) {
			wantCanceled(t, serve(t, behave))
		})
	}
	t.Run("no connection", func(t *testing.T) { wantCanceled(t, unaccepting(t)) })
	t.Run("before the beginning", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		virus, err := asking(t, answering("stream: OK\x00")).Scan(ctx, file(100))
		wantUnavailable(t, virus, err)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error = %v, want the cancellation", err)
		}
	})
}

func wantCanceled(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	start := time.Now()
	virus, err := clamav.New(clamav.Config{Address: address}).Scan(ctx, more)
	wantUnavailable(t, virus, err)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want the cancellation", err)
	}
	if waited := time.Since(start); waited > 1500*time.Millisecond {
		t.Errorf("waited %s after the cancellation", waited)
	}
}

// « connect 2 s »: whoever does not take the connection is not given the whole patience.
func TestAConnectionIsAwaitedTwoSeconds(t *testing.T) {
	client := clamav.New(clamav.Config{Address: unaccepting(t)})
	start := time.Now()
	virus, err := client.Scan(t.Context(), file(100))
	wantUnavailable(t, virus, err)
	if waited := time.Since(start); waited < 1900*time.Millisecond || waited > 5*time.Second {
		t.Errorf("waited %s, want 2 s", waited)
	}
}

// unaccepting is the address of a socket whose queue of connections is full.
func unaccepting(t *testing.T) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	if err := errors.Join(syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(socket, 0)); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
	for range 16 {
		waiting, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = waiting.Close() })
	}
	t.Fatal("the queue takes every connection")
	return ""
}

func TestAScannerThatIsGoneIsUnavailable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	for _, address := range []string{listener.Addr().String(), "127.0.0.1", "nulle-part.invalid:3310"} {
		virus, err := clamav.New(clamav.Config{Address: address}).Scan(t.Context(), file(100))
		wantUnavailable(t, virus, err)
	}
}

// Verdicts of files scanned together are not exchanged.
func TestEachFileHasItsOwnVerdict(t *testing.T) {
	client := asking(t, clamd{verdict: func(file []byte) string {
		return fmt.Sprintf("stream: Virus-%d FOUND\x00", len(file))
	}}.behave)
	var scanning sync.WaitGroup
	for length := range 20 {
		scanning.Go(func() {
			want := fmt.Sprintf("Virus-%d", length*10_000)
			if virus, err := client.Scan(t.Context(), file(length*10_000)); virus != want || err != nil {
				t.Errorf("Scan = %q, %v, want %q", virus, err, want)
			}
		})
	}
	scanning.Wait()
}

func TestEachOutcomeIsObserved(t *testing.T) {
	for answer, outcome := range map[string]string{
		"stream: OK\x00":          "ok",
		"stream: Eicar FOUND\x00": "ok",
		tooLarge:                  "document.too_large",
		"nonsense\x00":            "scanner.unavailable",
	} {
		var observed []string
		client := clamav.New(clamav.Config{
			Address: serve(t, answering(answer)),
			Observe: func(outcome string, waited time.Duration) {
				if waited <= 0 {
					t.Errorf("%s: waited %s", outcome, waited)
				}
				observed = append(observed, outcome)
			},
		})
		_, _ = client.Scan(t.Context(), file(100))
		if diff := cmp.Diff([]string{outcome}, observed); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
