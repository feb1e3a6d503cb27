package mail_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/mail"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/seal"
	"portail-qf/internal/sim/control"
	"portail-qf/internal/sim/smtp"
	"portail-qf/templates"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	wall = time.Date(2026, 11, 25, 9, 30, 0, 0, time.FixedZone("Paris", 3600))
)

// office is a portal that sends mails and a relay that takes them.
type office struct {
	t      testing.TB
	relay  *smtp.Server
	listen string // host:port of the relay
	mails  postgres.Mails
	ring   *seal.Ring
	sender *mail.Sender
}

func open(t testing.TB, options smtp.Options) *office {
	t.Helper()
	return openBehind(t, options, func(l net.Listener) net.Listener { return l })
}

// openBehind opens an office whose relay listens through something, such as TLS.
func openBehind(t testing.TB, options smtp.Options, through func(net.Listener) net.Listener) *office {
	t.Helper()
	o := &office{t: t, relay: smtp.New(options), mails: postgres.Mails{DB: pgtest.Open(t)}, ring: newRing(t)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.listen = listener.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- o.relay.Serve(through(listener)) }()
	t.Cleanup(func() {
		if err := o.relay.Close(); err != nil {
			t.Error(err)
		}
		<-ended
	})
	o.sender = o.newSender("smtp://" + o.listen)
	return o
}

func newRing(t testing.TB) *seal.Ring {
	t.Helper()
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func configOf(smtpURL string) mail.Config {
	return mail.Config{
		SMTPURL: value.Secret(smtpURL), From: "API Particulier <support@particulier.api.gouv.fr>",
		ReplyTo: "api-particulier@api.gouv.fr", PortalURL: "https://portail.exemple.fr", Contact: "contact@exemple.fr",
	}
}

// newSender is another instance of the portal.
func (o *office) newSender(smtpURL string) *mail.Sender {
	o.t.Helper()
	return o.newSenderAt(smtpURL, func() time.Time { return noon.Add(time.Minute) })
}

// newSenderAt is one whose business time is told.
func (o *office) newSenderAt(smtpURL string, now func() time.Time) *mail.Sender {
	o.t.Helper()
	sender, err := mail.New(configOf(smtpURL), mail.Parts{
		Post: o.mails, Vault: o.ring, Templates: templates.FS,
		Now: now, Wall: func() time.Time { return wall },
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return sender
}

// order gives the relay a fault, written as the orders of a demo are.
func (o *office) order(written string) {
	o.t.Helper()
	var fault control.Fault
	if err := json.Unmarshal([]byte(written), &fault); err != nil {
		o.t.Fatal(err)
	}
	o.relay.Control.Inject(fault)
}

// circular is an invitation that several people get, in its key a number of its own.
type circular struct {
	account.Invited
	key    string
	to, cc []string
}

func (c circular) Key() string                   { return c.key }
func (c circular) Recipients() notice.Recipients { return notice.Recipients{To: c.to, CC: c.cc} }

func invited() account.Invited {
	return account.Invited{
		Mail: "lea@editeur.fr", Inviter: "Camille Ferrand", Role: account.EditorAdmin, OrganisationName: "Logiciel Exemple",
		Token: "TOKENOFTHELINK", ExpiresAt: time.Date(2026, 3, 16, 8, 5, 0, 0, time.UTC),
	}
}

// record records a notice and returns the id of its mail, which is also what the order of
// the outbox says.
func (o *office) record(n notice.Notice) int64 {
	o.t.Helper()
	letter, err := notice.Prepare(o.ring, n)
	if err == nil {
		err = o.mails.Record(context.Background(), letter, noon)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	listed, _, err := o.mails.ListMails(context.Background(), notice.MailQuery{Descending: true, Limit: 1})
	if err != nil {
		o.t.Fatal(err)
	}
	return listed[0].ID
}

// recordFor records an invitation for several people.
func (o *office) recordFor(to ...string) int64 {
	o.t.Helper()
	return o.record(circular{Invited: invited(), key: "invitation of " + strings.Join(to, " "), to: to})
}

func (o *office) send(id int64) error {
	return o.sender.Send(context.Background(), fmt.Sprint(id))
}

func (o *office) mail(id int64) notice.Mail {
	o.t.Helper()
	found, err := o.mails.FindMail(context.Background(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return found
}

// states are those of the recipients, in their order: "sent bounced:550 5.0.0".
func (o *office) states(id int64) string {
	o.t.Helper()
	var states []string
	for _, recipient := range o.mail(id).Recipients {
		state := string(recipient.State)
		if recipient.Code != "" {
			state += ":" + recipient.Code
		}
		states = append(states, state)
	}
	return strings.Join(states, " ")
}

func (o *office) want(id int64, states string) {
	o.t.Helper()
	if got := o.states(id); got != states {
		o.t.Errorf("recipients: %s, want %s", got, states)
	}
}

// envelopes are the recipients of each message that the relay took.
func (o *office) envelopes() (envelopes []string) {
	for _, message := range o.relay.Messages() {
		envelopes = append(envelopes, strings.Join(message.Envelope.To, " "))
	}
	return envelopes
}

func (o *office) correct(id int64, position int, address string) error {
	mails := notice.Mails{Store: o.mails, Now: func() time.Time { return noon.Add(time.Hour) }}
	return mails.Readdress(context.Background(), audit.Operator, notice.Correction{MailID: id, Position: position, Address: address})
}

// refusesToTell fails the test if an error says what no log may hold.
func refusesToTell(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	for _, private := range []string{"@", "ville.fr", "invitation", "Camille", "TOKENOFTHELINK", "secret", "simulated"} {
		if strings.Contains(err.Error(), private) {
			t.Errorf("%q tells %q", err, private)
		}
	}
}

func behindTLS(certificate tls.Certificate) func(net.Listener) net.Listener {
	return func(l net.Listener) net.Listener {
		return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}})
	}
}
