package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/mail"
	"portail-qf/internal/sim/control"
	"portail-qf/internal/sim/smtp"
	"portail-qf/templates"
)

const relayName = "relais.exemple.fr"

// certify makes a certificate for a name, and the authority that vouches for it.
func certify(t testing.TB, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	described := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	signed, err := x509.CreateCertificate(rand.Reader, described, described, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(signed)
	if err != nil {
		t.Fatal(err)
	}
	authorities := x509.NewCertPool()
	authorities.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key}, authorities
}

func offering(certificate tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{certificate}}
}

// spoken tells whether the relay was told anything of a mail.
func (o *office) spoken() bool {
	for _, line := range o.relay.Control.Requests(0) {
		if line.Method != "CONNECT" {
			return true
		}
	}
	return false
}

// « STARTTLS mandatory »: a relay elsewhere gets a mail under a certificate that holds, or
// gets nothing.
func TestARelayElsewhereIsSpokenToUnderTLS(t *testing.T) {
	right, authorities := certify(t, relayName)
	wrongName, nameAuthorities := certify(t, "autre.exemple.fr")
	unknown, _ := certify(t, relayName)
	for name, row := range map[string]struct {
		tls         *tls.Config
		authorities *x509.CertPool
		credentials string
		sent        bool
	}{
		"STARTTLS":                   {offering(right), authorities, "portail:secret@", true},
		"no STARTTLS":                {nil, authorities, "", false},
		"no STARTTLS, a password":    {nil, authorities, "portail:secret@", false},
		"another name":               {offering(wrongName), nameAuthorities, "", false},
		"nobody vouches for it":      {offering(unknown), authorities, "", false},
		"an outdated version of TLS": {&tls.Config{Certificates: []tls.Certificate{right}, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, authorities, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, smtp.Options{TLS: row.tls, Username: "portail", Password: "secret"})
			o.sender = o.newSender("smtp://" + row.credentials + relayName + ":2525")
			o.sender.Trust(row.authorities, o.listen)
			id := o.recordFor("maire@ville.fr")
			err := o.send(id)
			if row.sent {
				if err != nil {
					t.Fatal(err)
				}
				o.want(id, "sent")
				return
			}
			refusesToTell(t, err)
			checkCode(t, err, "mail.unavailable")
			o.want(id, "pending")
			if o.spoken() {
				t.Error("the relay was told of the mail all the same")
			}
		})
	}
}

func TestTLSFromTheFirstByte(t *testing.T) {
	right, authorities := certify(t, relayName)
	unknown, _ := certify(t, relayName)
	for name, row := range map[string]struct {
		certificate tls.Certificate
		states      string
	}{"a certificate that holds": {right, "sent"}, "one that nobody vouches for": {unknown, "pending"}} {
		t.Run(name, func(t *testing.T) {
			o := openBehind(t, smtp.Options{Username: "portail", Password: "secret"}, behindTLS(row.certificate))
			o.sender = o.newSender("smtps://portail:secret@" + relayName)
			o.sender.Trust(authorities, o.listen)
			id := o.recordFor("maire@ville.fr")
			if err := o.send(id); (err == nil) != (row.states == "sent") {
				t.Error(err)
			}
			o.want(id, row.states)
		})
	}
}

// « except on loopback where plain is accepted (STARTTLS used if offered) », whatever
// certificate a relay on this machine was installed with.
func TestARelayOnThisMachine(t *testing.T) {
	unknown, _ := certify(t, "debian.local")
	for name, options := range map[string]smtp.Options{"plain": {}, "STARTTLS": {TLS: offering(unknown)}} {
		t.Run(name, func(t *testing.T) {
			o := open(t, options)
			o.sender = o.newSender("smtp://localhost" + o.listen[strings.LastIndex(o.listen, ":"):])
			id := o.recordFor("maire@ville.fr")
			if err := o.send(id); err != nil {
				t.Fatal(err)
			}
			o.want(id, "sent")
		})
	}
}

// « AUTH: an error too (the operator must act) »; the password is in no error.
func TestCredentials(t *testing.T) {
	for credentials, code := range map[string]string{"portail:s%2Fecret@": "", "portail:secret-wrong@": "mail.refused", "autre:s%2Fecret@": "mail.refused"} {
		t.Run(credentials, func(t *testing.T) {
			o := open(t, smtp.Options{Username: "portail", Password: "s/ecret"})
			o.sender = o.newSender("smtp://" + credentials + o.listen)
			id := o.recordFor("maire@ville.fr")
			err := o.send(id)
			if code == "" {
				if err != nil {
					t.Fatal(err)
				}
				o.want(id, "sent")
				return
			}
			refusesToTell(t, err)
			checkCode(t, err, code)
			o.want(id, "pending")
		})
	}
}

// « Deadlines »: a relay that takes the connection and says nothing is given up, the portal
// hangs up, and the order comes back.
func TestASilentRelayIsGivenUp(t *testing.T) {
	for _, line := range []string{"CONNECT", "MAIL", "DATA"} {
		o := open(t, smtp.Options{})
		o.sender.Hurry(300 * time.Millisecond)
		id := o.recordFor("maire@ville.fr")
		o.relay.Control.Inject(control.Fault{Match: line, Mode: control.ModeSlow, DelayMS: 60_000})
		began := time.Now()
		err := o.send(id)
		refusesToTell(t, err)
		checkCode(t, err, "mail.unavailable")
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: given up after %s", line, took)
		}
		o.want(id, "pending")
	}
}

// The configuration is checked before anything is sent, and its errors quote nothing.
func TestWhatTheConfigurationMustBe(t *testing.T) {
	for name, spoil := range map[string]func(*mail.Config){
		"no relay":             func(c *mail.Config) { c.SMTPURL = "" },
		"no host":              func(c *mail.Config) { c.SMTPURL = "smtp://user:hunter2@" },
		"another protocol":     func(c *mail.Config) { c.SMTPURL = "https://user:hunter2@relais.fr" },
		"no number":            func(c *mail.Config) { c.SMTPURL = "smtp://user:hunter2@relais.fr:smtp" },
		"port out of range":    func(c *mail.Config) { c.SMTPURL = "smtp://user:hunter2@relais.fr:70000" },
		"a path":               func(c *mail.Config) { c.SMTPURL = "smtp://user:hunter2@relais.fr/x" },
		"a query":              func(c *mail.Config) { c.SMTPURL = "smtp://user:hunter2@relais.fr?tls=no" },
		"unreadable":           func(c *mail.Config) { c.SMTPURL = "smtp://user:hunter2%zz@relais.fr" },
		"no sender":            func(c *mail.Config) { c.From = "" },
		"two senders":          func(c *mail.Config) { c.From = "hunter2@relais.fr, b@relais.fr" },
		"a sender on two rows": func(c *mail.Config) { c.From = "hunter2 <a@relais.fr>\r\nBcc: b@relais.fr" },
		"no return address":    func(c *mail.Config) { c.ReplyTo = "hunter2" },
	} {
		config := configOf("smtp://user:hunter2@relais.fr")
		spoil(&config)
		_, err := mail.New(config, mail.Parts{Templates: templates.FS})
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "relais") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, url := range []string{"smtp://relais.fr", "smtp://relais.fr:25/", "smtps://relais.fr", "smtp://[::1]:1025", "smtp://us%40er:p%3Aw@relais.fr"} {
		if _, err := mail.New(configOf(url), mail.Parts{Templates: templates.FS}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
