package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"portail-qf/internal/domain/value"
)

// security is how a connection is protected.
type security int

const (
	startTLS          security = iota // refused where the relay does not offer it
	startTLSIfOffered                 // on this machine only
	implicitTLS
)

const (
	connectTimeout = 5 * time.Second
	wholeTimeout   = 30 * time.Second // of a mail, connection included
)

// relay is the SMTP server that takes our mails.
type relay struct {
	host     string
	port     int
	security security
	user     string // "" for none
	password value.Secret
	patience time.Duration // wholeTimeout
	// introduction is the name that the portal gives itself in EHLO: that of its machine may
	// be none that a relay accepts.
	introduction string

	// Tests have authorities of their own, and lead a name to a simulator; nil is the usual.
	authorities *x509.CertPool
	dial        func(ctx context.Context, network, address string) (net.Conn, error)
}

// parcel is a message with its envelope.
type parcel struct {
	from  string
	to    []string
	write func(io.Writer) error
}

// verdict is what became of one recipient.
type verdict struct {
	accepted bool
	refusal  reply // of the recipient for good; the zero reply: not refused
}

// deliver brings a parcel in one transaction. The verdicts are those of the recipients, in
// their order; one that is neither accepted nor refused still waits, and the error says
// why. A message whose acceptance was never heard is brought again.
func (r relay) deliver(ctx context.Context, p parcel) ([]verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	client, hangUp, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	defer hangUp()
	if err := client.Mail("<" + p.from + ">"); err != nil {
		return nil, failure("MAIL", err)
	}
	verdicts, accepted, waits := make([]verdict, len(p.to)), 0, error(nil)
	for i, address := range p.to {
		err := client.Rcpt("<" + address + ">")
		refusal, answered := replyOf(err)
		switch {
		case err == nil:
			verdicts[i].accepted = true
			accepted++
		case answered && refusal.permanent():
			verdicts[i].refusal = refusal
		case answered && !refusal.closes():
			waits = failure("RCPT", err)
		default:
			return nil, failure("RCPT", err)
		}
	}
	if accepted > 0 {
		if err := hand(client, p.write); err != nil {
			for i := range verdicts {
				verdicts[i].accepted = false
			}
			return verdicts, err
		}
	}
	_ = client.Quit() // whatever it answers, it has the message
	return verdicts, waits
}

// hand gives the message itself.
func hand(client *smtp.Client, write func(io.Writer) error) error {
	content, err := client.Data()
	if err != nil {
		return failure("DATA", err)
	}
	if err := write(content); err != nil {
		return failure("DATA", err)
	}
	if err := content.Close(); err != nil {
		return failure("end of DATA", err)
	}
	return nil
}

// open connects, protects the connection and authenticates. hangUp frees the connection,
// which the end of ctx cuts.
func (r relay) open(ctx context.Context) (client *smtp.Client, hangUp func(), err error) {
	hangUp = func() {}
	dial := func(_ context.Context, network, address string) (net.Conn, error) {
		conn, err := r.connect(ctx, network, address)
		if err != nil {
			return nil, err
		}
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		hangUp = func() { stop(); _ = conn.Close() }
		return conn, nil
	}
	speaker, err := gomail.NewClient(r.host, append(r.options(), gomail.WithDialContextFunc(dial))...)
	if err != nil {
		return nil, nil, fmt.Errorf("set up SMTP: %w", err)
	}
	client, err = speaker.DialToSMTPClientWithContext(ctx)
	if err != nil {
		hangUp() // the library leaves the connection open
		return nil, nil, failure("connection", err)
	}
	return client, hangUp, nil
}

func (r relay) options() []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(r.port), gomail.WithHELO(r.introduction), gomail.WithTimeout(r.patience), gomail.WithTLSConfig(r.tlsConfig()),
		// Asking for SMTPUTF8 would make some relays refuse mailboxes that lack it; our
		// addresses need none.
		gomail.WithoutSMTPUTF8(),
	}
	switch r.security {
	case startTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case startTLSIfOffered:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case implicitTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS)) // connect did it
	}
	if r.user != "" {
		options = append(options, gomail.WithUsername(r.user), gomail.WithPassword(r.password.Reveal()),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return options
}

func (r relay) tlsConfig() *tls.Config {
	return &tls.Config{
		ServerName: r.host, RootCAs: r.authorities, MinVersion: tls.VersionTLS12,
		// A relay on this machine may as well be spoken to in plain: its certificate, often
		// made by its installer, has nothing to prove.
		InsecureSkipVerify: r.security == startTLSIfOffered,
	}
}

// connect opens the connection, by TLS where it is implicit.
func (r relay) connect(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	dial := r.dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, network, address)
	if err != nil || r.security != implicitTLS {
		return conn, err
	}
	secured := tls.Client(conn, r.tlsConfig())
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secured, nil
}
