package clamav_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/sim/clamav"
)

func TestFaultsOfEachCommand(t *testing.T) {
	l := open(t, clamav.Options{})
	scan := "zINSTREAM\x00" + stream([]byte("délibération"))
	const odd = "\xff\xfe ceci n’est pas une réponse de clamd"
	tests := []struct {
		fault, said, answered string
		status                int
		body                  string // beginning
	}{
		{`{"match":"PING","mode":"status","status":503,"times":1}`, "nPING\n", "simulated fault 503 ERROR\n", 503, ""},
		{`{"match":"PING","mode":"down","times":1}`, "nPING\n", "", 0, ""},
		{`{"match":"PING","mode":"lost","times":1}`, "nPING\n", "", 0, ""},
		{`{"match":"PING","mode":"garbage","times":1}`, "nPING\n", odd + "\n", 0, ""},
		{`{"match":"VERSION","mode":"down","times":1}`, "zVERSION\x00", "", 0, ""},
		{`{"match":"INSTREAM","mode":"status","status":500,"times":1}`, scan, "simulated fault 500 ERROR\x00", 500, `{"size":14,`},
		{`{"match":"INSTREAM","mode":"down","times":1}`, scan, "", 0, ""},
		{`{"match":"INSTREAM","mode":"lost","times":1}`, scan, "", 0, `{"size":14,`},
		{`{"match":"INSTREAM","mode":"garbage","times":1}`, scan, odd + "\x00", 0, `{"size":14,`},
		{`{"match":"IN","mode":"lost","times":1}`, scan, "", 0, `{"size":14,`},
		{`{"match":"","mode":"lost","times":1}`, scan, "", 0, `{"size":14,`},
		{`{"match":"SCAN /","mode":"down","times":1}`, "zSCAN /etc\x00", "", 0, ""},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			l.order(test.fault)
			if got := l.say(test.said); got != test.answered {
				t.Errorf("answered %q, want %q", got, test.answered)
			}
			if got := l.newest(); got.Status != test.status || !strings.HasPrefix(got.Body, test.body) || test.body == "" && got.Body != "" {
				t.Errorf("the log says %+v", got)
			}
			if got := l.say("zPING\x00") + l.say(scan); got != "PONG\x00"+clean {
				t.Errorf("used up, yet the next are answered %q", got)
			}
		})
	}
}

func TestAFaultConcernsItsCommandUntilItIsUsedUp(t *testing.T) {
	l := open(t, clamav.Options{})
	l.order(`{"match":"INSTREAM","mode":"down","times":2}`)
	l.order(`{"match":"INSTREAM","mode":"status","status":500}`)
	if got := l.say("zPING\x00"); got != "PONG\x00" {
		t.Errorf("another command: %q", got)
	}
	for i, want := range []string{"", "", "simulated fault 500 ERROR\x00", "simulated fault 500 ERROR\x00"} {
		if got := l.scan([]byte("a")); got != want {
			t.Errorf("scan %d: %q, want %q", i+1, got, want)
		}
	}
	l.server.Control.Reset()
	if got := l.scan([]byte("a")); got != clean {
		t.Errorf("after the reset: %q", got)
	}
}

// down cuts before the stream is read: a client that sends much meets a closed connection.
func TestDownReadsNothingOfTheStream(t *testing.T) {
	l := open(t, clamav.Options{StreamMaxLength: 1 << 30})
	l.order(`{"match":"INSTREAM","mode":"down"}`)
	conn := l.connect()
	_, err := io.WriteString(conn, "zINSTREAM\x00")
	for sent := 0; err == nil; sent++ {
		if sent > 1000 {
			t.Fatal("a thousand million bytes are taken")
		}
		_, err = conn.Write(append(length(1<<20), make([]byte, 1<<20)...))
	}
}

func TestSlowWaitsThenAnswers(t *testing.T) {
	// Slower than clamd waits for a client: the two have nothing to do with each other.
	l := open(t, clamav.Options{ReadTimeout: 100 * time.Millisecond})
	for said, want := range map[string]string{
		"zPING\x00":                                 "PONG\x00",
		"zINSTREAM\x00" + stream([]byte("a")):       clean,
		"zINSTREAM\x00" + stream(clamav.EICAR()):    infected,
		"zINSTREAM\x00" + stream([]byte("a")) + "?": clean,
	} {
		l.order(`{"match":"","mode":"slow","delay_ms":200,"times":1}`)
		start := time.Now()
		if got := l.say(said); got != want || time.Since(start) < 200*time.Millisecond {
			t.Errorf("%q is answered %q after %s", said, got, time.Since(start))
		}
	}
}

func TestSlowAnswersNothingToAClientWhoLeaves(t *testing.T) {
	l := open(t, clamav.Options{})
	l.order(`{"match":"INSTREAM","mode":"slow","delay_ms":60000,"times":1}`)
	conn := l.connect()
	if _, err := io.WriteString(conn, "zINSTREAM\x00"+stream([]byte("a"))); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	_ = conn.Close()
	eventually(t, "still waiting although the client left", func() bool { return len(l.requests()) == 1 })
	if got := l.newest(); got.Status != 0 || scanIn(t, got.Body).Size != 1 {
		t.Errorf("the log says %+v", got)
	}
}

func TestCloseEndsASlowFault(t *testing.T) {
	l := open(t, clamav.Options{})
	l.order(`{"match":"INSTREAM","mode":"slow","delay_ms":60000}`)
	conn := l.connect()
	if _, err := io.WriteString(conn, "zINSTREAM\x00"+stream([]byte("a"))); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if err := l.server.Close(); err != nil {
		t.Fatal(err)
	}
	if got := l.answer(conn); got != "" {
		t.Errorf("answered %q", got)
	}
}

// One port: what begins with a method of HTTP is a control call, everything else is for clamd.
func TestTheControlSurfaceSharesThePort(t *testing.T) {
	l := open(t, clamav.Options{})
	conn := l.connect()
	reader := bufio.NewReader(conn)
	call := func(request string) (status int, body string) {
		t.Helper()
		for _, b := range []byte(request) { // POST and PING begin alike
			if _, err := conn.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(text)
	}
	const order = `{"match":"PING","mode":"down"}`
	tests := []struct {
		request string
		status  int
		body    string // beginning
	}{
		{"GET /_sim/requests HTTP/1.1\r\nHost: clamd\r\n\r\n", 200, "[]\n"},
		{"POST /_sim/faults HTTP/1.1\r\nHost: clamd\r\nContent-Length: 30\r\n\r\n" + order, 200, `{"match":"PING"`},
		{"POST /_sim/faults HTTP/1.1\r\nHost: clamd\r\nContent-Length: 4\r\n\r\nnull", 400, `{"error":`},
		{"POST /_sim/reset HTTP/1.1\r\nHost: clamd\r\nContent-Length: 0\r\n\r\n", 200, "{}"},
		{"DELETE /_sim/requests HTTP/1.1\r\nHost: clamd\r\n\r\n", 404, `{"error":`},
		{"GET / HTTP/1.1\r\nHost: clamd\r\n\r\n", 404, ""},
	}
	for i, test := range tests {
		if status, body := call(test.request); status != test.status || !strings.HasPrefix(body, test.body) {
			t.Errorf("%q: %d %s", test.request, status, body)
		}
		want := "PONG\x00"
		if i == 1 || i == 2 {
			want = "" // the fault ordered
		}
		if got := l.say("zPING\x00"); got != want {
			t.Errorf("after %q, PING is answered %q, want %q", test.request, got, want)
		}
	}
	// The reset forgot the first exchanges; the others are there, visits are not.
	if log := l.requests(); len(log) != 3 || log[0].Number != 4 {
		t.Errorf("the log holds %+v", log)
	}
}

// A person looks at the log while a document is being read.
func TestControlAnswersDuringAScan(t *testing.T) {
	l := open(t, clamav.Options{})
	conn := l.connect()
	if _, err := io.WriteString(conn, "zINSTREAM\x00"+string(length(3))); err != nil {
		t.Fatal(err)
	}
	if log := l.requests(); len(log) != 0 {
		t.Errorf("the log holds %+v", log)
	}
	if _, err := io.WriteString(conn, "abc"+string(length(0))); err != nil {
		t.Fatal(err)
	}
	if got := l.answer(conn); got != clean {
		t.Errorf("answered %q", got)
	}
}
