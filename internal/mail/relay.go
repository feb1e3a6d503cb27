package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
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

// keptFor is how long a line stays open for the next mail: most mails come alone, and a relay
// holds a process for each line.
const keptFor = time.Second

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

	mu   sync.Mutex
	kept []*line // each after a mail that was taken, the newest last
}

// line is a connection to the relay, protected and authenticated.
type line struct {
	client *smtp.Client
	conn   net.Conn
	free   func() bool // lets the context of a parcel go: it cuts the line no more
	expiry *time.Timer // of a line that is kept
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
func (r *relay) deliver(ctx context.Context, p parcel) ([]verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	l, err := r.begin(ctx, p.from)
	if err != nil {
		return nil, err
	}
	verdicts, err := l.hand(p)
	switch {
	case err != nil: // no QUIT: the library would end the message that broke, and the relay take half of it
		l.cut()
	case slices.ContainsFunc(verdicts, func(v verdict) bool { return v.accepted }):
		r.keep(l)
	default:
		_ = l.client.Quit()
		l.cut()
	}
	return verdicts, err
}

// begin opens the transaction of a parcel, on a line that was kept where there is one. Why such
// a line fails is of no interest: relays close them, or count what comes by each.
func (r *relay) begin(ctx context.Context, from string) (*line, error) {
	for l := r.take(ctx); l != nil; l = r.take(ctx) {
		if l.client.UpdateDeadline(r.patience) == nil && l.client.Mail("<"+from+">") == nil {
			return l, nil
		}
		l.cut()
	}
	l, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.client.Mail("<" + from + ">"); err != nil {
		l.cut()
		return nil, failure("MAIL", err)
	}
	return l, nil
}

// hand gives the recipients, then the message for those who were accepted.
func (l *line) hand(p parcel) ([]verdict, error) {
	verdicts, accepted, waits := make([]verdict, len(p.to)), 0, error(nil)
	for i, address := range p.to {
		err := l.client.Rcpt("<" + address + ">")
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
		if err := l.message(p.write); err != nil {
			for i := range verdicts {
				verdicts[i].accepted = false
			}
			return verdicts, err
		}
	}
	return verdicts, waits
}

// message gives the message itself.
func (l *line) message(write func(io.Writer) error) error {
	content, err := l.client.Data()
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

// cut frees the connection.
func (l *line) cut() { l.free(); _ = l.conn.Close() }

// keep leaves a line open for a while.
func (r *relay) keep(l *line) {
	if !l.free() { // its time was over: it is being cut
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, l)
	l.expiry = time.AfterFunc(keptFor, func() {
		if r.leave(l) {
			_ = l.client.UpdateDeadline(connectTimeout)
			_ = l.client.Quit()
			_ = l.conn.Close()
		}
	})
}

// take gives the line that was kept last, which the end of ctx now cuts; nil for none.
func (r *relay) take(ctx context.Context) *line {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.kept) - 1
	if last < 0 {
		return nil
	}
	l := r.kept[last]
	r.kept = r.kept[:last]
	l.expiry.Stop()
	l.bind(ctx)
	return l
}

// leave takes a line out of those that are kept, and tells whether it was one.
func (r *relay) leave(l *line) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.Index(r.kept, l)
	if at >= 0 {
		r.kept = slices.Delete(r.kept, at, at+1)
	}
	return at >= 0
}

// bind has the end of ctx cut the line.
func (l *line) bind(ctx context.Context) {
	l.free = context.AfterFunc(ctx, func() { _ = l.conn.Close() })
}

// open connects, protects the connection and authenticates. The end of ctx cuts the line.
func (r *relay) open(ctx context.Context) (*line, error) {
	l := &line{}
	dial := func(_ context.Context, network, address string) (conn net.Conn, err error) {
		if conn, err = r.connect(ctx, network, address); err != nil {
			return nil, err
		}
		l.conn = conn
		l.bind(ctx)
		return conn, nil
	}
	speaker, err := gomail.NewClient(r.host, append(r.options(), gomail.WithDialContextFunc(dial))...)
	if err != nil {
		return nil, fmt.Errorf("set up SMTP: %w", err)
	}
	if l.client, err = speaker.DialToSMTPClientWithContext(ctx); err != nil {
		if l.conn != nil {
			l.cut() // the library leaves the connection open
		}
		return nil, failure("connection", err)
	}
	return l, nil
}

func (r *relay) options() []gomail.Option {
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

func (r *relay) tlsConfig() *tls.Config {
	return &tls.Config{
		ServerName: r.host, RootCAs: r.authorities, MinVersion: tls.VersionTLS12,
		// A relay on this machine may as well be spoken to in plain: its certificate, often
		// made by its installer, has nothing to prove.
		InsecureSkipVerify: r.security == startTLSIfOffered,
	}
}

// connect opens the connection, by TLS where it is implicit.
func (r *relay) connect(ctx context.Context, network, address string) (net.Conn, error) {
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
