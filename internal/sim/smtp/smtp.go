package smtp

import (
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"portail-qf/internal/sim/control"
)

// Options is what a simulator is made of. Its zero value is right for the demo.
type Options struct {
	// Username and Password are the only credentials that AUTH accepts; with an empty
	// Username it accepts any.
	Username, Password string
	// TLS offers STARTTLS with this configuration; nil: plain only.
	TLS *tls.Config
}

// Server is a mail relay that delivers to itself. It serves its inbox over HTTP, and its
// control surface takes the orders.
type Server struct {
	Control *control.Surface

	options Options
	relay   *gosmtp.Server
	pages   *http.ServeMux
	inbox   inbox
	closed  chan struct{} // closed by Close: ends the waits of slow faults
	closing sync.Once
}

// New builds a simulator. Nothing listens before Serve.
func New(options Options) *Server {
	s := &Server{options: options, pages: http.NewServeMux(), closed: make(chan struct{})}
	s.relay = gosmtp.NewServer(gosmtp.BackendFunc(s.newSession))
	s.relay.Domain = "localhost"
	s.relay.TLSConfig = options.TLS
	s.relay.AllowInsecureAuth = true
	s.relay.EnableSMTPUTF8 = true
	s.relay.MaxMessageBytes = 32 << 20
	s.relay.MaxRecipients = 100
	s.relay.ReadTimeout = 5 * time.Minute
	s.relay.WriteTimeout = time.Minute
	// A connection cut is this simulator's business, not news.
	s.relay.ErrorLog = slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)

	s.pages.HandleFunc("GET /{$}", s.showInbox)
	s.pages.HandleFunc("GET /messages/{number}", s.showMessage)
	s.Control = control.New(s.pages)
	s.Control.Handle("GET /_sim/messages", func(w http.ResponseWriter, _ *http.Request) {
		control.Answer(w, s.Messages())
	})
	s.Control.Handle("DELETE /_sim/messages", func(w http.ResponseWriter, _ *http.Request) {
		s.inbox.clear()
		control.Answer(w, struct{}{})
	})
	return s
}

// Serve accepts mail on the listener until Close. A listener that others than this machine
// can reach is refused.
func (s *Server) Serve(listener net.Listener) error {
	address, isTCP := listener.Addr().(*net.TCPAddr)
	if !isTCP || !address.IP.IsLoopback() {
		return errors.New("serve SMTP: the listener must be on the loopback interface")
	}
	if err := s.relay.Serve(wiretap{listener, s}); err != nil {
		return fmt.Errorf("serve SMTP: %w", err)
	}
	return nil
}

// Close ends every connection and every listener at once. Closing again does nothing.
func (s *Server) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.closed)
		err = s.relay.Close()
	})
	return err
}

// ServeHTTP serves the inbox and the control surface.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sim/") {
		s.Control.ServeHTTP(w, r)
		return
	}
	s.pages.ServeHTTP(w, r)
}

// Messages returns the messages received, oldest first, never nil.
func (s *Server) Messages() []Message {
	kept := s.inbox.all()
	messages := make([]Message, len(kept))
	for i, letter := range kept {
		messages[i] = letter.read()
	}
	return messages
}

func (s *Server) authenticate(_, username, password string) error {
	right := subtle.ConstantTimeCompare([]byte(username), []byte(s.options.Username)) &
		subtle.ConstantTimeCompare([]byte(password), []byte(s.options.Password))
	if s.options.Username != "" && right != 1 {
		return gosmtp.ErrAuthFailed
	}
	return nil
}

func (s *Server) newSession(c *gosmtp.Conn) (gosmtp.Session, error) {
	return &session{server: s, conn: c}, nil
}

// AuthMechanisms offers AUTH PLAIN.
func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth checks the credentials of Options.
func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(x.server.authenticate), nil
}
