package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/sim/smtp"
)

// mailKill is between the relay's acceptance of a mail and the commit that writes it down.
const mailKill = "mail: accepted, not recorded"

// administratorOf signs an administrator in at a portal of the scene, and gives the address
// of the form that invites.
func (s *scene) administratorOf() (v *visitor, form string) {
	s.t.Helper()
	p := &portal{scene: s}
	v = p.professional("administratrice")
	form, _ = v.get("/administration/invitations/nouvelle").form("/nouvelle")
	return v, form
}

// presses sends a form of a portal that may die meanwhile, and tells whether it answered
// that it was done. Safe for concurrent use.
func (v *visitor) presses(alive context.Context, target string, fields url.Values) bool {
	request, err := http.NewRequestWithContext(alive, http.MethodPost, target, strings.NewReader(fields.Encode()))
	if err != nil {
		v.t.Error(err)
		return false
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	client := *v.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	if location := response.Header.Get("Location"); response.StatusCode != http.StatusSeeOther || !strings.HasPrefix(location, "/administration/invitations") {
		v.t.Errorf("%s answered %d and sends to %q", target, response.StatusCode, location)
	}
	return response.StatusCode == http.StatusSeeOther
}

// « at most one duplicate, none lost »: the portal dies when the relay has the mail and the
// database does not know yet. The one that comes after sends it again, as the same mail.
func TestAPortalKilledWhileItSendsAMailSendsTheSameAgain(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	s := setScene(t)
	mortal := s.launch(mailKill)
	admin, form := s.administratorOf()
	admin.presses(mortal.alive, form, url.Values{"mail": {leaFontaine}, "role": {"support"}})
	mortal.dies()
	first := s.arrivedOnce(leaFontaine)
	if waits := s.count(`SELECT count(*) FROM mail_recipients WHERE state = 'pending'`); waits != 1 {
		t.Errorf("%d recipients wait, want 1: nothing of the mail was written down", waits)
	}

	s.leasesRunOut()
	s.launch("").settles()
	all := s.copies(leaFontaine)
	if len(all) != 2 || messageID(all[1]) != messageID(first) || s.tokenIn(all[1]) != s.tokenIn(first) {
		t.Fatalf("%d mails, want the same twice", len(all))
	}
	if sent := s.count(`SELECT count(*) FROM mail_recipients r JOIN mails m ON m.id = r.mail_id WHERE r.state = 'sent' AND m.content IS NULL`); sent != 1 {
		t.Errorf("%d mails are sent and their content erased, want 1", sent)
	}
	s.visitor().accepts(&portal{scene: s}, "Léa Fontaine", leaFontaine, "/invitations/"+s.tokenIn(first)).at("/assistance")
}

// Killed at any moment around an invitation, the portal never leaves an invitation without
// its mail, nor a mail without its invitation; what it answered is done.
func TestAPortalKilledAroundInvitationsKeepsThemAndTheirMails(t *testing.T) {
	t.Parallel()
	const kills, guests = 4, 6
	s := setScene(t)
	mortal := s.launch("")
	var promised []string
	for round := range kills {
		admin, form := s.administratorOf()
		answered := make([]bool, guests)
		var presses sync.WaitGroup
		for i := range guests {
			fields := url.Values{"mail": {guest(round, i)}, "role": {"reader"}}
			presses.Go(func() { answered[i] = admin.presses(mortal.alive, form, fields) })
		}
		lives := rand.N(120 * time.Millisecond)
		time.Sleep(lives)
		mortal.kill()
		presses.Wait()
		t.Logf("kill -9 after %s: %v answered", lives, answered)
		for i := range guests {
			if answered[i] {
				promised = append(promised, guest(round, i))
			}
		}
		s.leasesRunOut()
		mortal = s.launch("")
		mortal.settles()
	}
	for _, mail := range promised {
		if n := s.count(`SELECT count(*) FROM invitations WHERE mail = $1`, mail); n != 1 {
			t.Errorf("%s was said to be invited: %d invitations", mail, n)
		}
	}
	s.invitationsAndMailsMatch()
}

func guest(round, i int) string { return fmt.Sprintf("invite-%d-%d@numerique.example.fr", round, i) }

// invitationsAndMailsMatch fails unless each invitation is in the journal and in one mail,
// which the mailbox of the address has once, or twice as the same.
func (s *scene) invitationsAndMailsMatch() {
	s.t.Helper()
	received := map[string][]smtp.Message{}
	for _, m := range s.stage.Mail.Messages() {
		received[s.tokenIn(m)] = append(received[s.tokenIn(m)], m)
	}
	for token, all := range received {
		hash := value.Token(token).Hash()
		var to string
		if err := s.tables.QueryRow(`SELECT mail FROM invitations WHERE token_hash = $1`, hash[:]).Scan(&to); err != nil {
			s.t.Errorf("a mail to %v without an invitation: %v", all[0].Envelope.To, err)
		}
		id := notice.MessageID(account.Invited{Token: token}.Key(), postHost)
		for _, m := range all {
			if !slices.Equal(m.Envelope.To, []string{to}) || messageID(m) != id {
				s.t.Errorf("the mail of %s went to %v as %s", to, m.Envelope.To, messageID(m))
			}
		}
		if len(all) > 2 {
			s.t.Errorf("%s has %d copies, want at most two", to, len(all))
		}
	}
	invitations := s.count(`SELECT count(*) FROM invitations`)
	for what, n := range map[string]int{
		"mails that arrived":           len(received),
		"mails recorded as sent":       s.count(`SELECT count(*) FROM mail_recipients WHERE state = 'sent'`),
		"mails recorded":               s.count(`SELECT count(*) FROM mails`),
		"invitations in the journal":   s.count(`SELECT count(*) FROM audit_events WHERE act = 'invitation.sent'`),
		"addresses that were invited":  s.count(`SELECT count(DISTINCT mail) FROM invitations`),
		"orders of the outbox carried": s.count(`SELECT count(*) FROM outbox WHERE kind = 'mail.send' AND done_at IS NOT NULL`),
	} {
		if n != invitations {
			s.t.Errorf("%d invitations, %d %s", invitations, n, what)
		}
	}
}
