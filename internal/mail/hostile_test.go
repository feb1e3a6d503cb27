package mail_test

import (
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/smtp"
)

// An address that is none is not worth a question to the relay, and has no place in a
// header.
func TestWhatIsNoAddressIsToBeCorrected(t *testing.T) {
	o := open(t, smtp.Options{})
	id := o.recordFor("maire@ville.fr", "pas une adresse", "x@y.fr\r\nBcc: z@y.fr", "rené@ville.fr")
	if err := o.send(id); err != nil {
		t.Fatal(err)
	}
	o.want(id, "sent bounced:malformed bounced:malformed bounced:malformed")
	message := o.relay.Messages()[0]
	if diff := cmp.Diff([]string{"maire@ville.fr"}, message.To); diff != "" || message.Headers["Bcc"] != nil {
		t.Errorf("%v %s", message.Headers["Bcc"], diff)
	}
	copied := o.record(circular{Invited: invited(), key: "invitation 13", to: []string{"personne"}, cc: []string{"support@editeur.fr"}})
	if err := o.send(copied); err != nil {
		t.Fatal(err)
	}
	o.want(copied, "bounced:malformed sent")
	if message := o.relay.Messages()[1]; message.Headers["To"] != nil || message.Headers["Cc"] == nil {
		t.Errorf("%v", message.Headers)
	}
	alone := o.recordFor("personne")
	if err := o.send(alone); err != nil {
		t.Fatal(err)
	}
	o.want(alone, "bounced:malformed")
}

// « No header can be injected by content »; whatever a name holds, it is shown as it is.
func TestHostileContentStaysContent(t *testing.T) {
	for name, text := range map[string]string{
		"line feeds":      "Camille\r\nBcc: victime@exemple.fr\r\n\r\nCorps",
		"a lone dot":      "Camille\r\n.\r\nMAIL FROM:<x@y.fr>",
		"markup":          `<script>alert(1)</script><a href="https://mechant.exemple">cliquez</a>`,
		"a template":      `{{.Notice.Token}}{{template "link"}}`,
		"emoji":           "👩🏽‍💻 Camille 🇫🇷",
		"300 letters":     strings.Repeat("é", 300),
		"an encoded word": "=?UTF-8?Q?=0D=0ABcc:_victime@exemple.fr?=",
		"turned round":    "gpj.\u202eetiord",
		"no text at all":  "\xff\xfe\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := open(t, smtp.Options{})
			n := invited()
			n.Inviter, n.OrganisationName = text, text
			hostile := circular{Invited: n, key: "invitation " + text, to: []string{"maire@ville.fr"}}
			if strings.ContainsRune(hostile.key, 0) {
				hostile.key = "invitation"
			}
			id := o.record(hostile)
			if err := o.send(id); err != nil {
				t.Fatal(err)
			}
			messages := o.relay.Messages()
			if len(messages) != 1 {
				t.Fatalf("%d messages", len(messages))
			}
			message := messages[0]
			if diff := cmp.Diff([]string{"maire@ville.fr"}, message.Envelope.To); diff != "" || message.Headers["Bcc"] != nil {
				t.Errorf("Bcc %q %s", message.Headers["Bcc"], diff)
			}
			if _, err := netmail.ReadMessage(strings.NewReader(message.Raw)); err != nil || len(message.Headers) != 10 {
				t.Errorf("%d headers, %v", len(message.Headers), err)
			}
			if strings.Contains(message.HTML, "<script") || strings.Contains(message.HTML, `href="https://mechant`) {
				t.Error("the markup of a name is markup")
			}
			if len(message.Subject) == 0 || strings.ContainsAny(message.Subject, "\r\n") {
				t.Errorf("subject %q", message.Subject)
			}
			if !strings.Contains(message.Text, "https://portail.exemple.fr/invitations/TOKENOFTHELINK") {
				t.Error("the link is gone")
			}
		})
	}
}
