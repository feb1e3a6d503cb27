package mail_test

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/sim/smtp"
)

// « From API Particulier <support@particulier.api.gouv.fr>, Reply-To
// api-particulier@api.gouv.fr » (PRODUCT.md 3.10): every header is read back.
func TestAMailAsItArrives(t *testing.T) {
	o := open(t, smtp.Options{})
	id := o.record(circular{Invited: invited(), key: "invitation 12", to: []string{"Lea@Editeur.fr"}, cc: []string{"support@editeur.fr"}})
	if err := o.send(id); err != nil {
		t.Fatal(err)
	}
	messages := o.relay.Messages()
	if len(messages) != 1 {
		t.Fatalf("%d messages", len(messages))
	}
	got := messages[0]
	messageID := notice.MessageID("invitation 12", "particulier.api.gouv.fr")
	headers := map[string][]string{
		"From":             {`"API Particulier" <support@particulier.api.gouv.fr>`},
		"Reply-To":         {"<api-particulier@api.gouv.fr>"},
		"To":               {"<Lea@Editeur.fr>"},
		"Cc":               {"<support@editeur.fr>"},
		"Subject":          {"Votre invitation à rejoindre l’espace éditeur"},
		"Date":             {"Wed, 25 Nov 2026 09:30:00 +0100"},
		"Message-Id":       {"<" + messageID + ">"},
		"Auto-Submitted":   {"auto-generated"},
		"Content-Language": {"fr"},
		"Mime-Version":     {"1.0"},
		"Content-Type":     got.Headers["Content-Type"],
	}
	if diff := cmp.Diff(headers, got.Headers); diff != "" {
		t.Error(diff)
	}
	if media, _, err := mime.ParseMediaType(got.Headers["Content-Type"][0]); err != nil || media != "multipart/alternative" {
		t.Errorf("%s, %v", media, err)
	}
	if n := strings.Count(got.Raw, "charset=UTF-8"); n != 2 {
		t.Errorf("%d parts in UTF-8", n)
	}
	if diff := cmp.Diff(smtp.Envelope{From: "support@particulier.api.gouv.fr", To: []string{"Lea@Editeur.fr", "support@editeur.fr"}}, got.Envelope); diff != "" {
		t.Error(diff)
	}
	for part, words := range map[string]string{"text": got.Text, "html": got.HTML} {
		for _, want := range []string{"Camille Ferrand", "Logiciel Exemple", "https://portail.exemple.fr/invitations/TOKENOFTHELINK", "16 mars 2026 à 9\u00a0h\u00a005", "contact@exemple.fr"} {
			if !strings.Contains(words, want) {
				t.Errorf("the %s lacks %q", part, want)
			}
		}
	}
	for line := range strings.SplitSeq(got.Raw, "\n") {
		if len(line) > 200 || strings.ContainsFunc(line, func(r rune) bool { return r > 127 }) {
			t.Errorf("a line that some relays break: %q", line)
		}
	}
	mail := o.mail(id)
	want := notice.Mail{
		ID: id, Kind: "invitation", Key: "invitation 12", MessageID: messageID, Subject: "Votre invitation à rejoindre l’espace éditeur",
		CreatedAt: noon, FinishedAt: noon.Add(time.Minute), Erased: true,
		Recipients: []notice.Recipient{
			{Position: 1, Field: notice.FieldTo, Address: "Lea@Editeur.fr", State: notice.Sent, ToldAt: noon.Add(time.Minute)},
			{Position: 2, Field: notice.FieldCC, Address: "support@editeur.fr", State: notice.Sent, ToldAt: noon.Add(time.Minute)},
		},
	}
	if diff := cmp.Diff(want, mail); diff != "" {
		t.Error(diff)
	}
	// An order that comes back finds nothing to do.
	if err := o.send(id); err != nil || len(o.relay.Messages()) != 1 {
		t.Errorf("sent again: %v, %d messages", err, len(o.relay.Messages()))
	}
}

// « RCPT refused 5xx → that recipient is marked bounced with the code and the others still
// get it »; corrected, only that recipient gets it.
func TestARefusedAddressKeepsNobodyElseFromTheMail(t *testing.T) {
	o := open(t, smtp.Options{})
	id := o.recordFor("maire@ville.fr", "dgs@vile.fr", "accueil@ville.fr")
	o.order(`{"match":"RCPT dgs@vile.fr","mode":"status","status":550}`)
	if err := o.send(id); err != nil {
		t.Fatalf("the order comes back, although nobody waits: %v", err)
	}
	o.want(id, "sent bounced:550 5.0.0 sent")
	if mail := o.mail(id); mail.Erased || mail.State() != notice.Bounced {
		t.Errorf("%+v", mail)
	}

	if err := o.correct(id, 2, "dgs@ville.fr"); err != nil {
		t.Fatal(err)
	}
	if err := o.send(id); err != nil {
		t.Fatal(err)
	}
	o.want(id, "sent sent sent")
	if diff := cmp.Diff([]string{"maire@ville.fr accueil@ville.fr", "dgs@ville.fr"}, o.envelopes()); diff != "" {
		t.Error(diff)
	}
	first, second := o.relay.Messages()[0], o.relay.Messages()[1]
	if diff := cmp.Diff(first.Headers["Message-Id"], second.Headers["Message-Id"]); diff != "" {
		t.Errorf("the corrected copy is another message: %s", diff)
	}
	if diff := cmp.Diff([]string{"maire@ville.fr", "dgs@ville.fr", "accueil@ville.fr"}, second.To); diff != "" {
		t.Errorf("To and Cc are those of the whole mail in every copy:\n%s", diff)
	}
	if !o.mail(id).Erased {
		t.Error("everybody has it, its content is still kept")
	}
}

func TestAMailThatEverybodyRefuses(t *testing.T) {
	o := open(t, smtp.Options{})
	id := o.recordFor("a@vile.fr", "b@vile.fr")
	o.order(`{"match":"RCPT","mode":"status","status":553}`)
	if err := o.send(id); err != nil {
		t.Fatal(err)
	}
	o.want(id, "bounced:553 5.0.0 bounced:553 5.0.0")
	if kept := len(o.relay.Messages()); kept != 0 {
		t.Errorf("%d messages", kept)
	}
	if err := o.correct(id, 1, "a@ville"); !fault.Is(err, "mail.address_invalid") {
		t.Errorf("%v", err)
	}
	if err := o.correct(id, 1, "b@vile.fr"); !fault.Is(err, "mail.address_taken") {
		t.Errorf("%v", err)
	}
}

// « Temporary failures → an error, so that the outbox puts the order off; nothing already
// sent is sent again »: a relay that puts strangers off for a while.
func TestGreylistingIsWaitedOut(t *testing.T) {
	o := open(t, smtp.Options{})
	id := o.recordFor("maire@ville.fr", "dgs@bourg.fr", "perdu@vile.fr")
	o.order(`{"match":"RCPT dgs@bourg.fr","mode":"status","status":450,"times":1}`)
	o.order(`{"match":"RCPT perdu@vile.fr","mode":"status","status":550,"times":1}`)
	err := o.send(id)
	refusesToTell(t, err)
	if !fault.Is(err, "mail.unavailable") || !strings.Contains(err.Error(), "450") {
		t.Errorf("%v", err)
	}
	o.want(id, "sent pending bounced:550 5.0.0")
	if err := o.send(id); err != nil {
		t.Fatal(err)
	}
	o.want(id, "sent sent bounced:550 5.0.0")
	if diff := cmp.Diff([]string{"maire@ville.fr", "dgs@bourg.fr"}, o.envelopes()); diff != "" {
		t.Error(diff)
	}
}

// Whatever goes wrong with the relay, the mail waits, the order comes back, and what is
// said of it holds nothing personal.
func TestARelayThatFails(t *testing.T) {
	for fault, code := range map[string]string{
		`{"match":"CONNECT","mode":"status","status":421,"times":1}`: "mail.unavailable",
		`{"match":"CONNECT","mode":"status","status":554,"times":1}`: "mail.refused",
		`{"match":"CONNECT","mode":"down","times":1}`:                "mail.unavailable",
		`{"match":"CONNECT","mode":"garbage","times":1}`:             "mail.unavailable",
		`{"match":"CONNECT","mode":"slow","delay_ms":60000}`:         "mail.unavailable",
		`{"match":"MAIL","mode":"status","status":451,"times":1}`:    "mail.unavailable",
		`{"match":"MAIL","mode":"status","status":550,"times":1}`:    "mail.refused",
		`{"match":"MAIL","mode":"garbage","times":1}`:                "mail.unavailable",
		`{"match":"RCPT","mode":"status","status":421,"times":1}`:    "mail.unavailable",
		`{"match":"RCPT","mode":"status","status":452,"times":2}`:    "mail.unavailable",
		`{"match":"RCPT","mode":"down","times":1}`:                   "mail.unavailable",
		`{"match":"RCPT","mode":"slow","delay_ms":60000}`:            "mail.unavailable",
		`{"match":"DATA","mode":"status","status":451,"times":1}`:    "mail.unavailable",
		`{"match":"DATA","mode":"status","status":554,"times":1}`:    "mail.refused",
		`{"match":"DATA","mode":"down","times":1}`:                   "mail.unavailable",
		`{"match":"DATA","mode":"slow","delay_ms":60000}`:            "mail.unavailable",
		`{"match":"DATA","mode":"garbage","times":1}`:                "mail.unavailable",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			o := open(t, smtp.Options{})
			id := o.recordFor("maire@ville.fr", "dgs@ville.fr")
			o.order(fault)
			ctx := context.Background()
			if strings.Contains(fault, "slow") {
				patient, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
				defer cancel()
				ctx = patient
			}
			err := o.sender.Send(ctx, fmt.Sprint(id))
			refusesToTell(t, err)
			checkCode(t, err, code)
			o.want(id, "pending pending")
			if kept := len(o.relay.Messages()); kept != 0 {
				t.Errorf("%d messages", kept)
			}
			o.relay.Control.Reset()
			if err := o.send(id); err != nil {
				t.Fatalf("the relay works again: %v", err)
			}
			o.want(id, "sent sent")
			if diff := cmp.Diff([]string{"maire@ville.fr dgs@ville.fr"}, o.envelopes()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func checkCode(t testing.TB, err error, code string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("%v, want the code %s", err, code)
	}
}

func TestNobodyListens(t *testing.T) {
	o := open(t, smtp.Options{})
	id := o.recordFor("maire@ville.fr")
	if err := o.relay.Close(); err != nil {
		t.Fatal(err)
	}
	err := o.send(id)
	refusesToTell(t, err)
	checkCode(t, err, "mail.unavailable")
	o.want(id, "pending")
}

// « connection cut ("lost" at DATA: retried with the same Message-ID) »: the relay has it,
// the portal cannot know. The mailbox can.
func TestAnAcceptanceThatWasNeverHeard(t *testing.T) {
	o := open(t, smtp.Options{})
	id := o.recordFor("maire@ville.fr")
	o.order(`{"match":"DATA","mode":"lost","times":1}`)
	refusesToTell(t, o.send(id))
	o.want(id, "pending")
	if err := o.send(id); err != nil {
		t.Fatal(err)
	}
	o.want(id, "sent")
	messages := o.relay.Messages()
	if len(messages) != 2 {
		t.Fatalf("%d messages", len(messages))
	}
	if diff := cmp.Diff(messages[0].Headers["Message-Id"], messages[1].Headers["Message-Id"]); diff != "" {
		t.Errorf("the mailbox cannot tell that they are one: %s", diff)
	}
}

func TestASlowRelayIsWaitedFor(t *testing.T) {
	o := open(t, smtp.Options{})
	id := o.recordFor("maire@ville.fr")
	for _, line := range []string{"CONNECT", "RCPT", "DATA"} {
		o.order(`{"match":"` + line + `","mode":"slow","delay_ms":50,"times":1}`)
	}
	if err := o.send(id); err != nil {
		t.Fatal(err)
	}
	o.want(id, "sent")
}

// Two workers of two instances have the order of one mail, because a lease ended too soon.
func TestTwoWorkersSendOneMail(t *testing.T) {
	o := open(t, smtp.Options{})
	id := o.recordFor("maire@ville.fr", "dgs@ville.fr")
	o.order(`{"match":"DATA","mode":"slow","delay_ms":100}`)
	senders := []func() error{
		func() error { return o.send(id) },
		func() error { return o.newSender("smtp://"+o.listen).Send(context.Background(), fmt.Sprint(id)) },
	}
	errs := make([]error, len(senders))
	var both sync.WaitGroup
	for i, send := range senders {
		both.Go(func() { errs[i] = send() })
	}
	both.Wait()
	for _, err := range errs {
		if err != nil && !fault.Is(err, "mail.busy") {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"maire@ville.fr dgs@ville.fr"}, o.envelopes()); diff != "" {
		t.Error(diff)
	}
	o.want(id, "sent sent")
}

// « the order is abandoned at once »: time brings no mail back.
func TestAnOrderThatNamesNoMail(t *testing.T) {
	o := open(t, smtp.Options{})
	for subject, code := range map[string]string{"x": "", "": "", "99": "mail.unknown", "99999999999999999999": ""} {
		if err := o.sender.Send(context.Background(), subject); !errors.Is(err, outbox.ErrHopeless) || fault.CodeOf(err) != code {
			t.Errorf("%q: %v", subject, err)
		}
	}
}

// A mail that a newer instance recorded, and one sealed by a key that has left the ring,
// wait and say so.
func TestAMailThatThisInstanceCannotRead(t *testing.T) {
	o := open(t, smtp.Options{})
	ctx := context.Background()
	for name, letter := range map[string]notice.Letter{
		"an unknown kind": {Kind: "nouveau", Key: "nouveau 1", Content: o.ring.Seal([]byte("{}"), notice.Place("nouveau 1"))},
		"another mail's":  {Kind: "invitation", Key: "invitation 1", Content: o.ring.Seal([]byte("{}"), notice.Place("invitation 2"))},
		"another ring's":  {Kind: "invitation", Key: "invitation 3", Content: newRing(t).Seal([]byte("{}"), notice.Place("invitation 3"))},
		"no notice":       {Kind: "invitation", Key: "invitation 4", Content: o.ring.Seal([]byte(`{"ExpiresAt":"maire@ville.fr"}`), notice.Place("invitation 4"))},
		"an empty notice": {Kind: "invitation", Key: "invitation 5", Content: o.ring.Seal([]byte(`{}`), notice.Place("invitation 5"))},
	} {
		letter.Recipients.To = []string{"maire@ville.fr"}
		if err := o.mails.Record(ctx, letter, noon); err != nil {
			t.Fatal(err)
		}
		listed, _, err := o.mails.ListMails(ctx, notice.MailQuery{Descending: true, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.send(listed[0].ID); err == nil || strings.Contains(err.Error(), "@") {
			t.Errorf("%s: %v", name, err)
		}
		o.want(listed[0].ID, "pending")
	}
	if kept := len(o.relay.Messages()); kept != 0 {
		t.Errorf("%d messages", kept)
	}
}
