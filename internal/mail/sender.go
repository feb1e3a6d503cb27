package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	netmail "net/mail"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/outbox"
)

// Parts is what a Sender works with.
type Parts struct {
	Post      notice.Post
	Vault     notice.Opener
	Templates fs.FS            // templates.FS
	Now       func() time.Time // business time
	Wall      func() time.Time // real time, of the Date header
}

// Sender sends the mails that the outbox orders.
type Sender struct {
	parts     Parts
	relay     *relay
	identity  identity
	kinds     map[notice.Kind]kind
	catalogue []notice.Sample
}

// kind is a mail that can be written.
type kind struct {
	entry entry
	texts *texts
}

// writeTimeout is for writing down what the relay decided, even when the time of the order
// is over.
const writeTimeout = 10 * time.Second

// New checks the configuration, parses every template and renders every sample. Nothing is
// connected to.
func New(config Config, parts Parts) (*Sender, error) {
	s := &Sender{parts: parts, kinds: map[notice.Kind]kind{}}
	var wrongRelay, wrongIdentity error
	s.relay, wrongRelay = parseRelay(config.SMTPURL)
	s.identity, wrongIdentity = parseIdentity(config)
	if err := errors.Join(wrongRelay, wrongIdentity); err != nil {
		return nil, err
	}
	s.relay.introduction = s.identity.host
	w, err := newWording(parts.Templates, frame{Portal: config.PortalURL, Contact: config.Contact})
	if err != nil {
		return nil, err
	}
	for _, listed := range registry {
		parsed, err := listed.parse(w)
		if err != nil {
			return nil, err
		}
		s.kinds[listed.exampleNotice().Kind()] = kind{listed, parsed}
	}
	s.catalogue, err = s.renderSamples(w)
	return s, err
}

// Send sends a mail to those who still wait for it: an order of the outbox, whose subject
// is the id of the mail. An error puts the order off; who has the mail does not get it
// again.
func (s *Sender) Send(ctx context.Context, subject string) error {
	id, err := strconv.ParseInt(subject, 10, 64)
	if err != nil {
		return outbox.Hopeless(fmt.Errorf("read the id of a mail: %w", err))
	}
	return s.parts.Post.Alone(ctx, id, func(ctx context.Context) error { return s.send(ctx, id) })
}

func (s *Sender) send(ctx context.Context, id int64) error {
	mail, err := s.parts.Post.FindOutgoing(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return outbox.Hopeless(fmt.Errorf("find mail: %w", err)) // erased: there is nothing left to send
	}
	if err != nil {
		return fmt.Errorf("find mail: %w", err)
	}
	if len(waiting(mail.Mail)) == 0 {
		return nil
	}
	text, err := s.write(mail)
	if err != nil {
		return err
	}
	as := notice.Written{Subject: text.Subject, MessageID: mail.MessageID}
	if as.MessageID == "" {
		// The same however often it is tried: a mailbox knows two of one by it.
		as.MessageID = notice.MessageID(mail.Key, s.identity.host)
	}
	told, undelivered := s.deliver(ctx, mail.Mail, s.compose(mail.Mail, text, as.MessageID))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	return errors.Join(undelivered, s.parts.Post.RecordTried(ctx, id, as, told, s.parts.Now()))
}

// waiting lists the recipients who wait for a mail.
func waiting(mail notice.Mail) (pending []notice.Recipient) {
	for _, recipient := range mail.Recipients {
		if recipient.State == notice.Pending {
			pending = append(pending, recipient)
		}
	}
	return pending
}

// write opens what the mail says and puts it in words.
func (s *Sender) write(mail notice.Outgoing) (written, error) {
	known, found := s.kinds[mail.Kind]
	if !found {
		// A newer instance recorded it; this one is about to be replaced.
		return written{}, fmt.Errorf("write mail: no kind %q", mail.Kind)
	}
	plain, err := s.parts.Vault.Open(mail.Content, notice.Place(mail.Key))
	if err != nil {
		return written{}, fmt.Errorf("open mail %s: %w", mail.Kind, err)
	}
	return s.leaving(known, plain, mail.Recipients[0].Address)
}

// leaving puts what a mail says in words, as it is now.
func (s *Sender) leaving(known kind, plain []byte, to string) (written, error) {
	n, err := known.entry.read(plain)
	if err != nil {
		return written{}, err
	}
	if timely, ok := n.(notice.Timely); ok {
		n = timely.LeavingAt(s.parts.Now())
		known = s.kinds[n.Kind()]
	}
	return known.entry.write(known.texts, n, to)
}

// deliver hands the message for those who wait and says what was decided for each; who
// still waits is in the error. What is no address is not worth a question.
func (s *Sender) deliver(ctx context.Context, mail notice.Mail, message *gomail.Msg) (told []notice.Told, err error) {
	var asked []notice.Recipient
	p := parcel{from: s.identity.from.Address, write: func(w io.Writer) error { _, err := message.WriteTo(w); return err }}
	for _, recipient := range waiting(mail) {
		if _, err := notice.ParseAddress(recipient.Address); err != nil {
			told = append(told, decided(recipient, notice.Bounced, notice.CodeMalformed))
			continue
		}
		asked, p.to = append(asked, recipient), append(p.to, recipient.Address)
	}
	if len(asked) == 0 {
		return told, nil
	}
	verdicts, err := s.relay.deliver(ctx, p)
	for i, v := range verdicts {
		switch {
		case v.accepted:
			told = append(told, decided(asked[i], notice.Sent, ""))
		case v.refusal != reply{}:
			told = append(told, decided(asked[i], notice.Bounced, v.refusal.String()))
		}
	}
	return told, err
}

func decided(recipient notice.Recipient, state notice.State, code string) notice.Told {
	return notice.Told{Position: recipient.Position, Address: recipient.Address, State: state, Code: code}
}

// compose makes the message, the same for every recipient: each sees who else has it.
func (s *Sender) compose(mail notice.Mail, text written, messageID string) *gomail.Msg {
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	message.FromMailAddress(s.identity.from)
	message.ReplyToMailAddress(s.identity.replyTo)
	message.ToMailAddress(addressesOf(mail, notice.FieldTo)...)
	message.CcMailAddress(addressesOf(mail, notice.FieldCC)...)
	message.Subject(text.Subject)
	message.SetDateWithValue(s.parts.Wall())
	message.SetMessageIDWithValue(messageID)
	message.SetGenHeader(gomail.HeaderContentLang, "fr")
	// Absence notices must not answer (RFC 3834).
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(gomail.TypeTextPlain, text.Text)
	message.AddAlternativeString(gomail.TypeTextHTML, text.HTML)
	return message
}

// addressesOf gives the addresses of a field; what is no address has no place in a header.
func addressesOf(mail notice.Mail, field notice.Field) (addresses []*netmail.Address) {
	for _, recipient := range mail.Recipients {
		if _, err := notice.ParseAddress(recipient.Address); err == nil && recipient.Field == field {
			addresses = append(addresses, &netmail.Address{Address: recipient.Address})
		}
	}
	return addresses
}
