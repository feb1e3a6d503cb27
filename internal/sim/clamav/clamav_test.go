package clamav_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/clamav"
)

const (
	clean    = "stream: OK\x00"
	infected = "stream: Eicar-Test-Signature FOUND\x00"
)

// clamd(8): « Clamd replies will honour the requested terminator in turn. »
func TestTheAnswerEndsAsTheCommandDid(t *testing.T) {
	l := open(t, clamav.Options{})
	tests := []struct{ said, answered string }{
		{"zPING\x00", "PONG\x00"},
		{"nPING\n", "PONG\n"},
		{"PING\n", "PONG\n"},
		{"nPING\r\n", "PONG\n"},
		{"PING\r\n", "PONG\n"},
		{"nINSTREAM\n" + stream([]byte("délibération")), "stream: OK\n"},
		{"zINSTREAM\x00" + stream([]byte("délibération")), "stream: OK\x00"},
		{"nINSTREAM\n" + stream(clamav.EICAR()), "stream: Eicar-Test-Signature FOUND\n"},
		{"zNIMPORTE\x00", "UNKNOWN COMMAND\x00"},
		{"nNIMPORTE\n", "UNKNOWN COMMAND\n"},
	}
	for _, test := range tests {
		if got := l.say(test.said); got != test.answered {
			t.Errorf("%q is answered %q, want %q", test.said, got, test.answered)
		}
	}
	for said, end := range map[string]string{"zVERSION\x00": "\x00", "nVERSION\n": "\n", "VERSION\n": "\n"} {
		if got := l.say(said); !regexp.MustCompile(`^ClamAV \d+\.\d+\.\d+/\d+/[^\x00\n]+` + end + `$`).MatchString(got) {
			t.Errorf("%q is answered %q", said, got)
		}
	}
}

// clamd(8): « If clamd doesn't recognize the command, or the command doesn't follow the
// requirements specified below, it will reply with an error message, and close the connection. »
func TestWhatIsNoCommandIsUnknown(t *testing.T) {
	l := open(t, clamav.Options{})
	for _, said := range []string{
		"zping\x00", "zPING \x00", "zPINGPING\x00", "zPING\n\x00", "zVERSION 1\x00", "zSCAN /etc/hostname\x00", "zIDSESSION\x00", "z\x00",
		"nping\n", "n\n", "\n", "SCAN /etc/hostname\n", "zzPING\x00", "zINSTREAM now\x00",
		// « It is mandatory to prefix this command with n or z. »
		"INSTREAM\n" + stream([]byte("délibération")),
		"z" + strings.Repeat("A", 100_000) + "\x00",
	} {
		end := "\n"
		if said[0] == 'z' {
			end = "\x00"
		}
		if got := l.say(said); got != "UNKNOWN COMMAND"+end {
			t.Errorf("%.30q is answered %q", said, got)
		}
		if got := l.newest(); got.Status != 400 {
			t.Errorf("%.30q is in the log with status %d", said, got.Status)
		}
	}
}

func TestOneCommandAConnection(t *testing.T) {
	l := open(t, clamav.Options{})
	for said, want := range map[string]string{
		"zPING\x00zPING\x00": "PONG\x00",
		"zINSTREAM\x00" + stream([]byte("une")) + "zINSTREAM\x00" + stream([]byte("deux")): clean,
	} {
		if got := l.say(said); got != want {
			t.Errorf("%q is answered %q, want %q alone", said, got, want)
		}
	}
	if log := l.requests(); len(log) != 2 {
		t.Errorf("the log holds %d commands, want the first of each connection", len(log))
	}
}

// The digest of the file that eicar.org publishes.
func TestTheTestStringIsTheOfficialOne(t *testing.T) {
	digest := sha256.Sum256(clamav.EICAR())
	if got := hex.EncodeToString(digest[:]); got != "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f" {
		t.Errorf("the digest of %q is %s", clamav.EICAR(), got)
	}
	clamav.EICAR()[0] = 'x'
	if clamav.EICAR()[0] != 'X' {
		t.Error("who writes into the string changes it for everybody")
	}
}

// « EICAR = infected »: wherever the string is.
func TestTheTestStringIsFoundAnywhere(t *testing.T) {
	l := open(t, clamav.Options{})
	pad := bytes.Repeat([]byte("%PDF-1.7\n"), 20_000)
	near := slices.Concat(clamav.EICAR()[:67], []byte("x"), clamav.EICAR()[1:])
	tests := []struct {
		sentence string
		content  []byte
		want     string
	}{
		{"an empty stream is clean", nil, clean},
		{"a document is clean", pad, clean},
		{"the string alone is found", clamav.EICAR(), infected},
		{"at the beginning of a document", slices.Concat(clamav.EICAR(), pad), infected},
		{"in the middle of it", slices.Concat(pad, clamav.EICAR(), pad), infected},
		{"at its end", slices.Concat(pad, clamav.EICAR()), infected},
		{"all but its last byte, then all but its first, is clean", near, clean},
		{"begun twice", slices.Concat(clamav.EICAR()[:40], clamav.EICAR()), infected},
	}
	for _, test := range tests {
		var whole [][]byte
		if test.content != nil {
			whole = [][]byte{test.content}
		}
		if got := l.scan(whole...); got != test.want {
			t.Errorf("%s: %q", test.sentence, got)
		}
		if got := l.scan(slices.Collect(slices.Chunk(test.content, 50))...); got != test.want {
			t.Errorf("%s, in chunks of 50 bytes: %q", test.sentence, got)
		}
	}
}

func TestTheTestStringIsFoundAcrossChunks(t *testing.T) {
	l := open(t, clamav.Options{})
	for at := 1; at < len(clamav.EICAR()); at++ {
		if got := l.scan([]byte("avant "), clamav.EICAR()[:at], clamav.EICAR()[at:], []byte(" après")); got != infected {
			t.Fatalf("split after %d bytes: %q", at, got)
		}
	}
	if got := l.scan(slices.Collect(slices.Chunk(clamav.EICAR(), 1))...); got != infected {
		t.Errorf("a byte a chunk: %q", got)
	}
	if got := l.scan(clamav.EICAR()[:34], []byte{0}, clamav.EICAR()[34:]); got != clean {
		t.Errorf("a byte between the halves: %q", got)
	}
}

// The network splits as it likes, lengths and commands too.
func TestBytesMayComeOneByOne(t *testing.T) {
	l := open(t, clamav.Options{})
	conn := l.connect()
	for _, b := range []byte("zINSTREAM\x00" + stream([]byte("avant "), clamav.EICAR())) {
		if _, err := conn.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.answer(conn); got != infected {
		t.Errorf("answered %q", got)
	}
}

// clamd(8): « do not exceed StreamMaxLength as defined in clamd.conf, otherwise clamd will reply
// with INSTREAM size limit exceeded and close the connection. »
func TestAStreamThatIsTooLongIsRefused(t *testing.T) {
	const refused = "INSTREAM size limit exceeded. ERROR\x00"
	l := open(t, clamav.Options{StreamMaxLength: 100})
	whole := bytes.Repeat([]byte("a"), 101)
	tests := []struct {
		sentence, said, want string
		size                 int64 // of what is in the log
	}{
		{"all that is allowed", stream(whole[:100]), clean, 100},
		{"all that is allowed, in two", stream(whole[:60], whole[:40]), clean, 100},
		{"a byte more", stream(whole), refused, 0},
		{"a byte more, in two", stream(whole[:60], whole[:41]), refused, 60},
		{"a byte more, announced alone", string(length(101)), refused, 0},
		{"as long as a length can say", string(length(1<<32-1)) + "aaa", refused, 0},
		{"infected and too long", stream(clamav.EICAR(), whole[:33]), refused, 68},
	}
	for _, test := range tests {
		if got := l.say("zINSTREAM\x00" + test.said); got != test.want {
			t.Errorf("%s: %q", test.sentence, got)
		}
		status := map[string]int{clean: 200, refused: 413}[test.want]
		if got := l.newest(); got.Status != status || scanIn(t, got.Body).Size != test.size {
			t.Errorf("%s: the log says %d, %s", test.sentence, got.Status, got.Body)
		}
	}
}

func TestTheLimitIs25MBByDefault(t *testing.T) {
	l := open(t, clamav.Options{})
	million := make([]byte, 1<<20)
	chunks := slices.Repeat([][]byte{million}, 25)
	if got := l.scan(chunks...); got != clean {
		t.Errorf("25 MB: %q", got)
	}
	// Most of what is still on its way is never read: the answer must come through all the same.
	for range 2 {
		if got := l.scan(slices.Concat(chunks, [][]byte{{0}}, chunks)...); got != "INSTREAM size limit exceeded. ERROR\x00" {
			t.Errorf("more: %q", got)
		}
	}
}

func TestASilentClientIsSentAway(t *testing.T) {
	l := open(t, clamav.Options{ReadTimeout: 50 * time.Millisecond})
	for _, said := range []string{"", "P", "zPIN", "zINSTREAM\x00", "zINSTREAM\x00\x00\x00", "zINSTREAM\x00" + string(length(10)) + "abc", "zINSTREAM\x00" + string(length(3)) + "abc"} {
		if got := l.say(said); got != "COMMAND READ TIMED OUT\n" {
			t.Errorf("after %q, silence is answered %q", said, got)
		}
		if got := l.newest(); got.Status != 408 {
			t.Errorf("after %q, silence is in the log with status %d", said, got.Status)
		}
	}
}

// What counts is each silence, not how long the whole takes.
func TestASlowClientThatIsNeverSilentIsServed(t *testing.T) {
	t.Parallel()
	const limit = time.Second
	l := open(t, clamav.Options{ReadTimeout: limit})
	conn, start := l.connect(), time.Now()
	for _, b := range []byte("zINSTREAM\x00" + stream([]byte("a"), []byte("b"), []byte("c"))) {
		time.Sleep(limit / 20)
		if _, err := conn.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.answer(conn); got != clean || time.Since(start) < limit {
		t.Errorf("it is answered %q after %s", got, time.Since(start))
	}
}

func TestTheLogKeepsSizeAndDigestNeverTheContent(t *testing.T) {
	l := open(t, clamav.Options{})
	secret := []byte("délibération du conseil de Valombre")
	digest := sha256.Sum256(secret)
	want := clamav.Scan{Size: int64(len(secret)), SHA256: hex.EncodeToString(digest[:])}
	l.scan(secret[:10], secret[10:])
	if got := l.newest(); got.Method != "INSTREAM" || got.Status != 200 {
		t.Errorf("the log says %+v", got)
	} else if diff := cmp.Diff(want, scanIn(t, got.Body)); diff != "" {
		t.Error(diff)
	}
	l.scan(clamav.EICAR())
	if got := scanIn(t, l.newest().Body); !got.Infected || got.Size != 68 {
		t.Errorf("the log says %+v", got)
	}
	// A client that forgets the command sends the document in its place.
	l.say(string(secret) + "\n")
	l.say("zPING\x00")
	var methods []string
	for _, exchange := range l.requests() {
		methods = append(methods, exchange.Method)
		text, err := json.Marshal(exchange)
		if err != nil || strings.Contains(string(text), "conseil") || strings.Contains(string(text), "EICAR") {
			t.Errorf("%v, the log holds %s", err, text)
		}
	}
	if diff := cmp.Diff([]string{"INSTREAM", "INSTREAM", "UNKNOWN", "PING"}, methods); diff != "" {
		t.Error(diff)
	}
}

func TestAClientWhoLeavesMidwayIsInTheLog(t *testing.T) {
	l := open(t, clamav.Options{})
	conn := l.connect()
	if _, err := io.WriteString(conn, "zINSTREAM\x00"+string(length(10))+"abc"); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	eventually(t, "the stream that ended early is not in the log", func() bool { return len(l.requests()) == 1 })
	if got := l.newest(); got.Status != 0 || scanIn(t, got.Body).Size != 3 {
		t.Errorf("the log says %+v", got)
	}
	// One that asks nothing, as a probe of the port does, is not.
	_ = l.connect().Close()
	l.say("zPING\x00")
	if log := l.requests(); len(log) != 2 {
		t.Errorf("the log holds %+v", log)
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	l := open(t, clamav.Options{})
	pad := make([]byte, 300_000)
	var clients sync.WaitGroup
	for i := range 20 {
		clients.Go(func() {
			want, content := clean, [][]byte{pad, pad}
			if i%2 == 0 {
				want, content = infected, [][]byte{pad, clamav.EICAR(), pad}
			}
			if got := l.scan(content...); got != want {
				t.Errorf("client %d: %q, want %q", i, got, want)
			}
		})
	}
	clients.Wait()
	if log := l.requests(); len(log) != 20 {
		t.Errorf("the log holds %d exchanges", len(log))
	}
}

func TestOnlyTheLoopbackInterfaceIsServed(t *testing.T) {
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := clamav.New(clamav.Options{}).Serve(listener); err == nil {
		t.Error("served")
	}
}

func TestCloseCutsEveryConnection(t *testing.T) {
	l := open(t, clamav.Options{})
	silent, midway, asking := l.connect(), l.connect(), l.connect()
	for conn, said := range map[net.Conn]string{midway: "zINSTREAM\x00" + string(length(10)), asking: "GET /_sim/req"} {
		if _, err := io.WriteString(conn, said); err != nil {
			t.Fatal(err)
		}
	}
	l.say("zPING\x00") // those before it have been accepted
	for range 2 {
		if err := l.server.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, conn := range []net.Conn{silent, midway, asking} {
		if got := l.answer(conn); got != "" {
			t.Errorf("answered %q", got)
		}
	}
	if conn, err := net.Dial("tcp", l.address); err == nil {
		_ = conn.Close()
		t.Error("closed, yet it still listens")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.server.Serve(listener); err != nil {
		t.Errorf("served after Close: %v", err)
	}
	if _, err := listener.Accept(); err == nil {
		t.Error("Serve after Close leaves its listener open")
	}
}

func scanIn(t *testing.T, body string) clamav.Scan {
	t.Helper()
	var scan clamav.Scan
	if err := json.Unmarshal([]byte(body), &scan); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	return scan
}
