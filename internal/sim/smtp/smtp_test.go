package smtp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	gosmtp "net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/wneessen/go-mail"

	"portail-qf/internal/sim/control"
	"portail-qf/internal/sim/smtp"
)

// postOffice is a simulator with both its listeners.
type postOffice struct {
	t      *testing.T
	server *smtp.Server
	smtp   string // host:port
	http   string // URL
}

func open(t *testing.T, options smtp.Options) postOffice {
	t.Helper()
	server := smtp.New(options)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	pages := httptest.NewServer(server)
	t.Cleanup(func() {
		pages.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return postOffice{t, server, listener.Addr().String(), pages.URL}
}

func (p postOffice) order(fault string) {
	p.t.Helper()
	response, err := http.Post(p.http+"/_sim/faults", "application/json", strings.NewReader(fault))
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		p.t.Fatalf("order %s: %d", fault, response.StatusCode)
	}
}

func (p postOffice) send() error {
	return gosmtp.SendMail(p.smtp, nil, "portail@example.org", []string{"elu@example.org"}, []byte("Subject: essai\r\n\r\nBonjour\r\n"))
}

// sendWithin sends like a client that loses patience, and hangs up.
func (p postOffice) sendWithin(patience time.Duration) error {
	conn, err := net.Dial("tcp", p.smtp)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	client, err := gosmtp.NewClient(conn, "localhost")
	if err != nil {
		return err
	}
	if err := errors.Join(client.Mail("portail@example.org"), client.Rcpt("elu@example.org")); err != nil {
		return err
	}
	content, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(content, "Subject: essai\r\n\r\nBonjour\r\n"); err != nil {
		return err
	}
	return content.Close()
}

func (p postOffice) get(path string) (status int, body string, header http.Header) {
	p.t.Helper()
	response, err := http.Get(p.http + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return response.StatusCode, string(content), response.Header
}

// write sends a mail as the portal writes them, by the portal's own client library.
func (p postOffice) write(options ...mail.Option) error {
	p.t.Helper()
	message := mail.NewMsg()
	for _, err := range []error{
		message.FromFormat("Portail du quotient familial", "portail@example.org"),
		message.AddToFormat("Angèle Œuvrard", "angele@example.org"),
		message.AddTo("second@example.org"),
		message.AddCc("editeur@example.org"),
		message.AddBcc("cache@example.org"),
	} {
		if err != nil {
			p.t.Fatal(err)
		}
	}
	message.Subject("Votre jeton expire bientôt : il vous reste 90 jours pour le prolonger, à Saint-Étienne")
	message.SetBodyString(mail.TypeTextPlain, "Bonjour,\n\nProlongez « ici » : https://portail.example.org/jetons/12/prolongation.\n")
	message.AddAlternativeString(mail.TypeTextHTML, `<p>Prolongez « ici »</p><script>alert(1)</script>`)
	host, port, _ := strings.Cut(p.smtp, ":")
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		p.t.Fatal(err)
	}
	client, err := mail.NewClient(host, append([]mail.Option{mail.WithPort(number), mail.WithTLSPolicy(mail.NoTLS), mail.WithTimeout(5 * time.Second)}, options...)...)
	if err != nil {
		p.t.Fatal(err)
	}
	return client.DialAndSendWithContext(p.t.Context(), message)
}

func TestAMessageIsListedDecoded(t *testing.T) {
	p := open(t, smtp.Options{})
	if _, body, _ := p.get("/_sim/messages"); body != "[]\n" {
		t.Errorf("every GET returns an array: %q", body)
	}
	if err := p.write(); err != nil {
		t.Fatal(err)
	}
	_, body, _ := p.get("/_sim/messages")
	var messages []map[string]any
	if err := json.Unmarshal([]byte(body), &messages); err != nil || len(messages) != 1 {
		t.Fatal(err, body)
	}
	got := messages[0]
	raw := got["raw"].(string)
	if !strings.Contains(raw, "=?UTF-8?q?Votre_jeton") || !strings.Contains(raw, "multipart/alternative") {
		t.Errorf("raw = %s", raw)
	}
	headers := got["headers"].(map[string]any)
	if diff := cmp.Diff([]any{`"Portail du quotient familial" <portail@example.org>`}, headers["From"]); diff != "" {
		t.Errorf("headers: %s", diff)
	}
	for _, name := range []string{"raw", "headers", "received_at"} {
		delete(got, name)
	}
	want := map[string]any{
		"number": 1.0, "from": "portail@example.org", "to": []any{"angele@example.org", "second@example.org"}, "cc": []any{"editeur@example.org"},
		"envelope": map[string]any{
			"from": "portail@example.org",
			"to":   []any{"angele@example.org", "second@example.org", "editeur@example.org", "cache@example.org"},
		},
		"subject": "Votre jeton expire bientôt : il vous reste 90 jours pour le prolonger, à Saint-Étienne",
		"text":    "Bonjour,\n\nProlongez « ici » : https://portail.example.org/jetons/12/prolongation.\n",
		"html":    "<p>Prolongez « ici »</p><script>alert(1)</script>",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	t.Run("DELETE forgets them", func(t *testing.T) {
		request, _ := http.NewRequest(http.MethodDelete, p.http+"/_sim/messages", nil)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if _, body, _ := p.get("/_sim/messages"); body != "[]\n" || response.StatusCode != http.StatusOK {
			t.Errorf("%d, left: %s", response.StatusCode, body)
		}
	})
}

func TestMessagesOfEveryShapeAreRead(t *testing.T) {
	const mixed = "From: a@example.org\r\nTo: b@example.org\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" +
		"--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n" +
		"--y\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+w6k8L2I+\r\n--y--\r\n" +
		"--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\njointe\r\n" +
		"--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E9t=E9\r\n--x--\r\n"
	tests := []struct {
		sentence, raw string
		want          smtp.Message
	}{
		{"nested parts, attachment, encodings", mixed, smtp.Message{From: "a@example.org", To: []string{"b@example.org"}, Text: "été", HTML: "<b>é</b>"}},
		{"no content type: text", "Subject: s\r\n\r\ncorps\r\n", smtp.Message{Subject: "s", Text: "corps\n"}},
		{"an address that cannot be parsed stands as it is", "To: pas une adresse\r\n\r\n\r\n", smtp.Message{To: []string{"pas une adresse"}, Text: "\n"}},
		{"no header at all", "n'importe quoi\r\n", smtp.Message{}},
		{"a dot at the beginning of a line", "Subject: s\r\n\r\n.a\r\n", smtp.Message{Subject: "s", Text: ".a\n"}},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			p := open(t, smtp.Options{})
			if err := gosmtp.SendMail(p.smtp, nil, "a@example.org", []string{"b@example.org"}, []byte(test.raw)); err != nil {
				t.Fatal(err)
			}
			got := p.server.Messages()[0]
			if got.Raw != test.raw {
				t.Errorf("raw = %q, want %q", got.Raw, test.raw)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(smtp.Message{}, "Number", "ReceivedAt", "Envelope", "Headers", "Raw")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheLogHoldsEachLine(t *testing.T) {
	p := open(t, smtp.Options{})
	if err := p.send(); err != nil {
		t.Fatal(err)
	}
	p.get("/")
	var lines []string
	for _, exchange := range p.server.Control.Requests(0) {
		lines = append(lines, strings.TrimSpace(exchange.Method+" "+exchange.Path))
		if exchange.Method == "DATA" && exchange.Body != "Subject: essai\r\n\r\nBonjour\r\n" {
			t.Errorf("body = %q", exchange.Body)
		}
	}
	if diff := cmp.Diff([]string{"CONNECT", "MAIL portail@example.org", "RCPT elu@example.org", "DATA"}, lines); diff != "" {
		t.Error(diff)
	}
}

func TestAuthIsOfferedNotDemanded(t *testing.T) {
	p := open(t, smtp.Options{Username: "portail", Password: "secret"})
	plain := func(password string) []mail.Option {
		return []mail.Option{mail.WithSMTPAuth(mail.SMTPAuthPlainNoEnc), mail.WithUsername("portail"), mail.WithPassword(password)}
	}
	if err := p.write(); err != nil {
		t.Errorf("without credentials: %v", err)
	}
	if err := p.write(plain("secret")...); err != nil {
		t.Errorf("right credentials: %v", err)
	}
	if err := p.write(plain("faux")...); err == nil {
		t.Error("wrong credentials accepted")
	}
	p = open(t, smtp.Options{})
	if err := p.write(plain("n’importe lequel")...); err != nil {
		t.Errorf("any credentials: %v", err)
	}
}

func TestSTARTTLS(t *testing.T) {
	p := open(t, smtp.Options{})
	if err := p.write(mail.WithTLSPolicy(mail.TLSMandatory)); err == nil {
		t.Error("a client that demands STARTTLS is served without certificate")
	}
	certificate, roots := selfSigned(t)
	p = open(t, smtp.Options{TLS: &tls.Config{Certificates: []tls.Certificate{certificate}}})
	secured := []mail.Option{mail.WithTLSPolicy(mail.TLSMandatory), mail.WithTLSConfig(&tls.Config{RootCAs: roots, ServerName: "127.0.0.1"})}
	if err := p.write(secured...); err != nil {
		t.Fatal(err)
	}
	p.order(`{"match":"DATA","mode":"slow","delay_ms":30,"times":1}`)
	if err := p.write(secured...); err != nil {
		t.Errorf("slow under TLS: %v", err)
	}
	if kept := len(p.server.Messages()); kept != 2 {
		t.Errorf("%d messages kept", kept)
	}
	p.order(`{"match":"DATA","mode":"lost","times":1}`)
	if err := p.write(secured...); err == nil || len(p.server.Messages()) != 3 {
		t.Errorf("lost under TLS: %v, %d messages", err, len(p.server.Messages()))
	}
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func TestOnlyTheLoopbackInterfaceIsServed(t *testing.T) {
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := smtp.New(smtp.Options{}).Serve(listener); err == nil {
		t.Error("served")
	}
}

func TestTheInboxShowsAMessageAndRunsNothingOfIt(t *testing.T) {
	p := open(t, smtp.Options{})
	if _, body, _ := p.get("/"); !strings.Contains(body, "Aucun message") {
		t.Errorf("empty inbox: %s", body)
	}
	if err := p.write(); err != nil {
		t.Fatal(err)
	}
	if _, body, _ := p.get("/"); !strings.Contains(body, `<a href="/messages/1">Votre jeton expire`) {
		t.Errorf("inbox: %s", body)
	}
	status, body, header := p.get("/messages/1")
	for _, want := range []string{
		`<a href="https://portail.example.org/jetons/12/prolongation">`,
		`<iframe sandbox title="Version HTML du message" srcdoc="&lt;p&gt;`,
		"Prolongez « ici »", "cache@example.org",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in:\n%s", want, body)
		}
	}
	if status != http.StatusOK || strings.Contains(body, "<script") {
		t.Errorf("%d: a script of the message is in the page", status)
	}
	if policy := header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "script-src") {
		t.Errorf("policy = %s", policy)
	}
	for _, path := range []string{"/messages/2", "/messages/x"} {
		if status, _, _ := p.get(path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestControlIsServedBesideTheInbox(t *testing.T) {
	p := open(t, smtp.Options{})
	p.server.Control.Inject(control.Fault{Mode: control.ModeDown})
	if status, _, _ := p.get("/"); status != http.StatusOK {
		t.Errorf("a fault of SMTP reaches the inbox: %d", status)
	}
}
