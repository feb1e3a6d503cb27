package mail

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"net"
	"text/template"
	"time"

	"portail-qf/internal/domain/notice"
)

// Trust makes a sender trust an authority of the test, and reach its relay wherever its
// name may lead.
func (s *Sender) Trust(authorities *x509.CertPool, address string) {
	s.relay.authorities = authorities
	s.relay.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
}

// DeliverHalf brings a message that breaks while it is written.
func (s *Sender) DeliverHalf(broken error) error {
	_, err := s.relay.deliver(context.Background(), parcel{from: "support@particulier.api.gouv.fr", to: []string{"maire@ville.fr"}, write: func(w io.Writer) error {
		_, _ = io.WriteString(w, "Subject: une moiti")
		return broken
	}})
	return err
}

// Hurry makes a sender give a relay up sooner.
func (s *Sender) Hurry(patience time.Duration) { s.relay.patience = patience }

// SampleNotices are the samples of the registry, in its order.
func SampleNotices() (examples []notice.Notice) {
	for _, listed := range registry {
		examples = append(examples, listed.exampleNotice())
	}
	return examples
}

// Render writes a notice as the mail of its kind.
func (s *Sender) Render(n notice.Notice) (notice.Sample, error) {
	plain, err := json.Marshal(n)
	if err != nil {
		return notice.Sample{}, err
	}
	known, recipients := s.kinds[n.Kind()], n.Recipients()
	read, err := known.entry.read(plain)
	if err != nil {
		return notice.Sample{}, err
	}
	text, err := known.entry.write(known.texts, read, recipients.To[0])
	return notice.Sample{
		Kind: n.Kind(), To: recipients.To, CC: recipients.CC, Subject: text.Subject, Text: text.Text, HTML: text.HTML,
	}, err
}

// Wrap cuts lines as the text of mails is cut.
var Wrap = wrap

// VerifyTemplates hands every template to a checker of types, with what it prints.
func VerifyTemplates(files fs.FS, text func(*template.Template, any) error, html func(*htmltemplate.Template, any) error) error {
	w, err := newWording(files, frame{})
	errs := []error{err}
	for _, listed := range registry {
		parsed, err := listed.parse(w)
		if err != nil {
			return err
		}
		prints := listed.(interface{ prints() any }).prints()
		errs = append(errs, text(parsed.subject, prints), text(parsed.text.Lookup("mail"), prints), html(parsed.html.Lookup("mail"), prints))
	}
	return errors.Join(errs...)
}

// prints is what the templates of the kind print, empty.
func (e typed[T]) prints() any { return page[T]{} }
