package e2e

import (
	"fmt"
	"net/http"
	netmail "net/mail"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/sim/control"
	"portail-qf/internal/sim/smtp"
)

const (
	leaFontaine = "lea.fontaine@numerique.example.fr"
	// The same with a slip, which the relay refuses.
	leaFontane = "lea.fontane@numerique.example.fr"
	// postHost is right of the @ of the sender.
	postHost = "particulier.api.gouv.fr"
)

// relayFails orders what the mail relay refuses.
func (s *scene) relayFails(faults ...control.Fault) {
	for _, fault := range faults {
		s.stage.Mail.Control.Inject(fault)
	}
}

// isDown is a relay that nobody can speak to, on a line that is open neither.
func isDown() []control.Fault {
	return []control.Fault{{Match: "CONNECT", Mode: control.ModeDown}, {Match: "MAIL", Mode: control.ModeDown}}
}

// refuses is a relay that answers a line with a code.
func refuses(line string, code int) control.Fault {
	return control.Fault{Match: line, Mode: control.ModeStatus, Status: code}
}

// copies gives the messages that the catcher holds for an address, oldest first.
func (s *scene) copies(to string) []smtp.Message {
	return slices.DeleteFunc(s.stage.Mail.Messages(), func(m smtp.Message) bool { return !slices.Contains(m.Envelope.To, to) })
}

// arrivedOnce fails unless one copy of one mail is at an address, and gives it.
func (s *scene) arrivedOnce(to string) smtp.Message {
	s.t.Helper()
	all := s.copies(to)
	if len(all) != 1 {
		s.t.Fatalf("%d mails for %s, want 1", len(all), to)
	}
	return all[0]
}

// messageIDOf gives the Message-ID that the database holds of the only mail to an address.
func (s *scene) messageIDOf(to string) (id string) {
	s.t.Helper()
	const query = `SELECT COALESCE(m.message_id, '') FROM mails m JOIN mail_recipients r ON r.mail_id = m.id WHERE r.address = $1`
	if err := s.tables.QueryRow(query, to).Scan(&id); err != nil {
		s.t.Fatal(err)
	}
	return id
}

// messageID is what a message says it is.
func messageID(m smtp.Message) string {
	return strings.Trim(strings.Join(m.Headers["Message-Id"], " "), "<>")
}

// tokenIn is the token of the link in an invitation.
func (s *scene) tokenIn(m smtp.Message) string {
	s.t.Helper()
	_, after, found := strings.Cut(m.Text, s.portalURL+"/invitations/")
	if !found {
		s.t.Fatalf("no link in the mail:\n%s", m.Text)
	}
	return strings.Fields(after)[0]
}

// invitesToSupport has an administrator invite somebody there.
func (v *visitor) invitesToSupport(mail string) {
	v.t.Helper()
	v.invites(url.Values{"mail": {mail}, "role": {"support"}}).at("/administration/invitations").answers(200)
}

// accepts signs somebody in by the link of an invitation, presses the button and proves a
// second factor; the page is where that leads.
func (v *visitor) accepts(p *portal, name, mail, link string) *page {
	v.t.Helper()
	p.arrivesAs(name, mail, theOperator)
	v.get(link).submit("/connexion").at(link)
	v.proves()
	return v.post(p.portalURL+link, nil)
}

// « sender of PRODUCT.md 3.10, deterministic Message-ID, text + HTML »: an invitation, as
// the mailbox has it.
func TestAnInvitationArrivesAsItWasMeant(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.professional("administratrice").invitesToSupport(leaFontaine)
	p.drain()
	m := p.arrivedOnce(leaFontaine)
	from, err := netmail.ParseAddress(strings.Join(m.Headers["From"], ", "))
	if err != nil || from.Name != "API Particulier" || from.Address != "support@particulier.api.gouv.fr" || m.Envelope.From != from.Address {
		t.Errorf("from %v (%s), %v", from, m.Envelope.From, err)
	}
	replyTo, err := netmail.ParseAddressList(strings.Join(m.Headers["Reply-To"], ", "))
	if err != nil || len(replyTo) != 1 || replyTo[0].Address != "api-particulier@api.gouv.fr" {
		t.Errorf("answers go to %v, %v", replyTo, err)
	}
	if !slices.Equal(m.To, []string{leaFontaine}) || !slices.Equal(m.Envelope.To, []string{leaFontaine}) || len(m.Cc) > 0 || m.Headers["Bcc"] != nil {
		t.Errorf("to %v, cc %v, envelope %v", m.To, m.Cc, m.Envelope.To)
	}
	token := p.tokenIn(m)
	if want := notice.MessageID(account.Invited{Token: token}.Key(), postHost); messageID(m) != want || p.messageIDOf(leaFontaine) != want {
		t.Errorf("Message-ID %q, in the database %q, want %q", messageID(m), p.messageIDOf(leaFontaine), want)
	}
	if want := "Votre invitation à rejoindre l’espace d’assistance"; m.Subject != want {
		t.Errorf("subject %q, want %q", m.Subject, want)
	}
	for _, body := range []string{m.Text, m.HTML} {
		for _, text := range []string{
			"Nadia Keller", "Direction interministérielle du numérique", "Assistance", p.portalURL + "/invitations/" + token, leaFontaine,
			"vous accepterez ensuite, si vous le voulez", "valable jusqu’au", "api-particulier@api.gouv.fr",
		} {
			if !strings.Contains(plain(body), plain(text)) {
				t.Errorf("the mail does not say %q:\n%s", text, body)
			}
		}
	}
	if !strings.Contains(m.HTML, "<h1") || strings.Contains(m.Text, "<") || strings.Contains(m.HTML, "<img") || strings.Contains(m.HTML, "<script") {
		t.Errorf("the text and the HTML are mixed up, or something is fetched:\n%s\n%s", m.Text, m.HTML)
	}
	if strings.Contains(m.Subject, token) || strings.Count(m.Raw, "Subject:") != 1 || m.Headers["Auto-Submitted"] == nil || m.Headers["Date"] == nil {
		t.Errorf("headers %v", m.Headers)
	}
	if kept := p.count(`SELECT count(*) FROM mails WHERE content IS NOT NULL`); kept > 0 {
		t.Error("what the mail says is kept although everybody has it")
	}
	p.keepsQuiet(leaFontaine, token)
}

// « mails sent, pending, bounced (5xx at RCPT) with the address to correct »: the mail goes
// to the new address, and the invitation goes along.
func TestAnAddressThatTheRelayRefusesIsCorrected(t *testing.T) {
	t.Parallel()
	p := open(t)
	nadia := p.professional("administratrice")
	p.relayFails(refuses("RCPT <"+leaFontane+">", 550))
	nadia.invitesToSupport(leaFontane)
	p.drain()

	yann := p.professional("administrateur")
	home := yann.get("/administration").says("1 mail avec une adresse à corriger")
	list := yann.get(home.link("avec une adresse à corriger")).says("1 mail", leaFontane, "Adresse à corriger")
	mail := yann.get(list.link("Votre invitation")).says("Refusé", "cette adresse n'existe pas", "550", "Corriger l'adresse "+leaFontane)
	target, fields := mail.form("/destinataires/1")
	yann.proves()
	for typed, says := range map[string]string{
		"":                       "n'est pas complète ou contient une faute",
		"lea.fontaine@":          "n'est pas complète ou contient une faute",
		"léa@example.fr":         "sans accent ni espace",
		"a@example.fr, b@x.fr":   "n'est pas complète ou contient une faute",
		"<script>alert</script>": "n'est pas complète ou contient une faute",
	} {
		fields.Set("adresse-1", typed)
		kept := yann.post(target, fields).answers(422).says(says, leaFontane)
		if _, shown := kept.form("/destinataires/1"); shown.Get("adresse-1") != typed {
			t.Errorf("%q was typed, %q is left", typed, shown.Get("adresse-1"))
		}
	}
	fields.Set("adresse-1", " Lea.Fontaine@numerique.example.fr")
	corrected := yann.post(target, fields).at(mail.url.Path).says("L'adresse est corrigée")
	yann.post(target, fields).answers(409).says("n'est plus à corriger")
	p.drain()
	arrived := p.arrivedOnce(leaFontaine)
	yann.get(corrected.url.Path).says("Remis", leaFontaine, "Remplace "+leaFontane)
	yann.get("/administration").neverSays("adresse à corriger")
	yann.get("/administration/invitations").says(leaFontaine, "Yann Le Bihan")
	if n := len(p.copies(leaFontane)); n > 0 {
		t.Errorf("%d mails went to the refused address", n)
	}
	if !strings.Contains(arrived.Text, leaFontaine) || strings.Contains(arrived.Raw, leaFontane) {
		t.Errorf("the corrected mail says\n%s", arrived.Text)
	}

	link := "/invitations/" + p.tokenIn(arrived)
	p.visitor().accepts(p, "Léa Fontane", leaFontane, link).answers(403).says("Cette invitation est pour une autre adresse")
	p.visitor().accepts(p, "Léa Fontaine", leaFontaine, link).at("/assistance").says("Bienvenue")
	p.keepsQuiet(leaFontaine, leaFontane)
}

// « Nobody grants what they do not hold, nobody edits their own rights »: whoever corrects
// the address of an invitation has offered it, and cannot take it up.
func TestNobodyCorrectsAnInvitationTowardsHimself(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.relayFails(refuses("RCPT <"+leaFontane+">", 550))
	p.professional("administratrice").invitesToSupport(leaFontane)
	p.drain()
	const own = "yann.lebihan@numerique.example.fr"
	yann := p.professional("administrateur")
	yann.proves()
	list := yann.get("/administration/mails?etat=bounced")
	target, fields := yann.get(list.link("Votre invitation")).form("/destinataires/1")
	fields.Set("adresse-1", own)
	yann.post(target, fields).answers(200)
	p.drain()
	link := "/invitations/" + p.tokenIn(p.arrivedOnce(own))
	yann.get(link).says("Vous avez envoyé cette invitation", "Personne ne se donne un rôle à soi-même")
	yann.post(p.portalURL+link, nil).answers(403)
	if n := p.count(`SELECT count(*) FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE a.mail = $1`, own); n != 1 {
		t.Errorf("the corrector has %d roles, want his one", n)
	}
}

// « retries by the outbox »: however the relay fails, the mail arrives when it is back, as
// the same mail.
func TestAMailWaitsForTheRelay(t *testing.T) {
	t.Parallel()
	p := open(t)
	for i, row := range []struct {
		name   string
		faults []control.Fault
		away   time.Duration
		copies int // at most one double, where nobody can know
	}{
		{"down for three days", isDown(), 72 * time.Hour, 1},
		{"taking nothing for three days", []control.Fault{refuses("CONNECT", 421), refuses("MAIL", 421)}, 72 * time.Hour, 1},
		{"asking to come back later", []control.Fault{refuses("RCPT", 451)}, time.Hour, 1},
		{"speaking gibberish", []control.Fault{{Match: "MAIL", Mode: control.ModeGarbage}}, time.Minute, 1},
		{"gone before it took the letter", []control.Fault{{Match: "DATA", Mode: control.ModeDown, Times: 1}}, time.Minute, 1},
		{"gone after it took the letter", []control.Fault{{Match: "DATA", Mode: control.ModeLost, Times: 1}}, time.Minute, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			to := fmt.Sprintf("lea.fontaine-%d@numerique.example.fr", i)
			admin := p.visitorFor(t)
			admin.enter(p, "administratrice")
			p.relayFails(row.faults...)
			admin.invitesToSupport(to)
			p.drain()
			waiting := admin.get("/administration/mails?etat=pending").says("1 mail", to, "En attente d'envoi")
			admin.get(waiting.link("Votre invitation")).says("En échec, sera repris", "Le serveur de messagerie ne répondait pas", "prochain essai le")
			promised := p.messageIDOf(to)
			const steps = 8
			for range steps {
				p.later(row.away / steps)
			}
			if row.away > time.Hour {
				admin = p.visitorFor(t) // her session ended meanwhile
				admin.enter(p, "administratrice")
				admin.get("/administration").says("1 envoi qui attend depuis plus d'une heure")
			}
			p.stage.Mail.Control.Reset()
			p.catchesUp()
			all := p.copies(to)
			if len(all) != row.copies {
				t.Fatalf("%d copies, want %d", len(all), row.copies)
			}
			for _, m := range all {
				if messageID(m) != promised || p.tokenIn(m) != p.tokenIn(all[0]) {
					t.Errorf("Message-ID %q, want %q", messageID(m), promised)
				}
			}
			admin = p.visitorFor(t)
			admin.enter(p, "administratrice")
			admin.get("/administration/mails?etat=sent&q="+to).says("1 mail", to)
			p.visitorFor(t).accepts(p, "Léa Fontaine", to, "/invitations/"+p.tokenIn(all[0])).at("/assistance")
		})
	}
	p.keepsQuiet("lea.fontaine-")
}

// « outbox and dead letters with « Relancer » »: given up after a week, sent when somebody
// says so, once, however often the button is pressed.
func TestADeadLetterIsTakenUpAgainOnce(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.relayFails(refuses("MAIL", 554))
	p.professional("administratrice").invitesToSupport(leaFontaine)
	p.drain()
	for range 8 {
		p.later(22 * time.Hour)
	}
	admin := p.professional("administratrice")
	home := admin.get("/administration").says("1 envoi abandonné")
	list := admin.get(home.link("envoi abandonné")).says("1 envoi", "Abandonné", "Envoi d'un mail", "a refusé l'envoi")
	order := admin.get(list.link("Envoi d'un mail")).says("Rien ne se passe tant que personne ne relance", "Mail nº")
	admin.get(order.link("Mail nº")).says("Le portail a cessé d'essayer d'envoyer ce mail")

	// Pressed while the relay still refuses: one try, and given up again.
	list.submit("/relance").at(order.url.Path).says("L'envoi est relancé")
	p.drain()
	admin.get("/administration").says("1 envoi abandonné")

	p.stage.Mail.Control.Reset()
	before := p.lastAct()
	target, _ := list.form("/relance")
	var presses sync.WaitGroup
	statuses := make([]int, 6)
	for i := range statuses {
		presses.Go(func() {
			statuses[i] = admin.hop(http.MethodPost, target, url.Values{}, "Sec-Fetch-Site", "same-origin").status
		})
	}
	presses.Wait()
	p.drain()
	m := p.arrivedOnce(leaFontaine)
	if slices.Index(statuses, http.StatusSeeOther) < 0 || slices.ContainsFunc(statuses, func(s int) bool { return s != http.StatusSeeOther && s != http.StatusConflict }) {
		t.Errorf("answered %v", statuses)
	}
	if acts := p.acts(before); len(acts) != 1 || !strings.HasPrefix(acts[0], "order.retried Nadia Keller") {
		t.Errorf("the journal says\n%s", strings.Join(acts, "\n"))
	}
	admin.get(order.url.Path).says("Fait", "Il n'y a plus rien à faire")
	admin.post(target, nil).answers(409).says("Cet envoi est fait")
	admin.get("/administration").neverSays("envoi abandonné")
	p.visitor().accepts(p, "Léa Fontaine", leaFontaine, "/invitations/"+p.tokenIn(m)).at("/assistance")
}

// « several portal instances on one database » (PRODUCT.md §7): one mail, even when a
// second instance takes the order that a slow first one still carries out.
func TestTwoPortalsSendAMailOnce(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.run(listen(t))
	admin := p.professional("administratrice")
	const invited = 8
	for i := range invited {
		admin.invitesToSupport(fmt.Sprintf("invite-%d@numerique.example.fr", i))
	}
	p.drain()
	for i := range invited {
		p.arrivedOnce(fmt.Sprintf("invite-%d@numerique.example.fr", i))
	}

	p.relayFails(control.Fault{Match: "DATA", Mode: control.ModeSlow, DelayMS: 1500, Times: 1})
	admin.invitesToSupport(leaFontaine)
	eventually(t, 10*time.Second, "the relay has the envelope", func() bool {
		return slices.ContainsFunc(p.stage.Mail.Control.Requests(0), func(r control.Request) bool { return r.Method == "RCPT" && r.Path == leaFontaine })
	})
	p.leasesRunOut()
	p.later(0)
	if busy := p.count(`SELECT count(*) FROM outbox WHERE kind = 'mail.send' AND attempts > 1`); busy != 1 {
		t.Errorf("%d orders were taken a second time, want 1", busy)
	}
	p.catchesUp()
	p.arrivedOnce(leaFontaine)
	p.professional("administratrice").get("/administration/mails?q="+leaFontaine).says("1 mail", "Envoyé")
}

// An invitation that was taken back, or sent again, has no address to correct any more: its
// link leads nowhere.
func TestAMailWhoseInvitationIsOverIsNotSentAgain(t *testing.T) {
	t.Parallel()
	p := open(t)
	admin := p.professional("administratrice")
	p.relayFails(refuses("RCPT <"+leaFontane+">", 550))
	admin.invitesToSupport(leaFontane)
	p.drain()
	bounced := admin.get(admin.get("/administration/mails?etat=bounced").link("Votre invitation"))
	target, fields := bounced.form("/destinataires/1")
	fields.Set("adresse-1", leaFontaine)

	admin.get("/administration/invitations?q=fontane").submit("/renvoi").answers(200)
	p.drain()
	admin.get("/administration").says("1 mail avec une adresse à corriger") // that of the new link
	admin.get(bounced.url.Path).says("Ce mail ne peut plus être renvoyé", "remplacée").neverSays("/destinataires/1")
	admin.post(target, fields).answers(409).says("Il ne peut plus être renvoyé")

	list := admin.get("/administration/invitations?etat=waiting")
	admin.get(list.linkTo("/retrait")).submit("/retrait").answers(200)
	admin.get("/administration").neverSays("adresse à corriger")

	admin.invitesToSupport(leaFontane)
	p.drain()
	p.advance(account.InvitationLife)
	admin = p.professional("administratrice")
	admin.proves()
	target, fields = admin.get(admin.get("/administration/mails?etat=bounced").link("Votre invitation")).form("/destinataires/1")
	fields.Set("adresse-1", leaFontaine)
	admin.post(target, fields).answers(409).says("son lien ne sert plus à rien")
	p.drain()
	if n := len(p.stage.Mail.Messages()); n > 0 {
		t.Errorf("%d mails left", n)
	}
}
