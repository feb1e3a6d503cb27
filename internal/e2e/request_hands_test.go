package e2e

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/request"
	"portail-qf/internal/sim/smtp"
)

// lastMail is the newest mail, all of which have left.
func (p *portal) lastMail() smtp.Message {
	p.t.Helper()
	p.drain()
	all := p.stage.Mail.Messages()
	if late := p.count(`SELECT count(*) FROM outbox WHERE done_at IS NULL AND kind = 'mail.send'`); len(all) == 0 || late > 0 {
		p.t.Fatalf("%d mails left, %d are put off:\n%s", len(all), late, p.log)
	}
	return all[len(all)-1]
}

// goesTo fails unless a mail is to somebody, with a copy, and says what is given.
func (p *portal) goesTo(m smtp.Message, to, cc string, says ...string) {
	p.t.Helper()
	if strings.Join(m.To, " ") != to || strings.Join(m.Cc, " ") != cc {
		p.t.Errorf("« %s » goes to %v, copy %v", m.Subject, m.To, m.Cc)
	}
	for _, said := range says {
		if !strings.Contains(plain(m.Subject+" "+m.Text), plain(said)) {
			p.t.Errorf("« %s » does not say %q:\n%s", m.Subject, said, m.Text)
		}
	}
}

// accountOf is the number of somebody's account.
func (p *portal) accountOf(mail string) string {
	p.t.Helper()
	return fmt.Sprint(p.count(`SELECT id FROM accounts WHERE mail = $1`, mail))
}

// « colleagues of the same SIRET see it; transfer to a colleague, or claim decided by an
// instructor in one click when the holder does not answer in 72 h » (issue 5).
func TestARequestGoesFromHandToHand(t *testing.T) {
	t.Parallel()
	p := open(t)
	held := p.asks("agente-clairval", tilleulForm, nil)
	colleague := p.reaches(p.professional("agent-clairval"), held.number)

	list := colleague.get(townRequests).says("D"+held.number, "Lucie Marchand", "Déposée")
	page := colleague.get(list.linkTo(held.path(""))).says("Lucie Marchand", "Odile", "Délibération du 12 mars.pdf", "Demander à la reprendre").neverSays("/retrait", "/recapitulatif")
	if document := colleague.get(page.linkTo("/documents/1")); document.status != 200 || document.header.Get("Content-Type") != "application/pdf" {
		t.Errorf("a colleague opens the document: %d %s", document.status, document.header)
	}
	for _, part := range []string{"/recapitulatif", "/retrait", "/etapes/personnes", "/transfert"} {
		refused := colleague.post(p.portalURL+held.path(part), url.Values{"edition": {"9"}, "collegue": {p.accountOf(bastien)}}).answers(403)
		refused.says("Une autre personne suit cette demande", "Lucie Marchand").neverSays("Kerjean")
	}

	// Given to a colleague, and given back.
	given := held.get(held.path("/transfert")).says("Bastien Roux", bastien)
	given.fill("/transfert", nil).answers(422).says("Choisissez la personne")
	sent := p.sent()
	given.fill("/transfert", typed{"collegue": p.accountOf("noe.lambert@sainville.example.fr")}).answers(422)
	if got := p.sent(); got != sent {
		t.Errorf("a stranger to the town: %d mails", got-sent)
	}
	given.fill("/transfert", typed{"collegue": p.accountOf(bastien)}).at(held.path("")).says("La demande est confiée", "Bastien Roux")
	p.goesTo(p.lastMail(), bastien, lucie, "Bastien Roux suit désormais la demande d’habilitation D"+held.number, "Lucie Marchand")
	held.get(held.path("/retrait")).answers(403).says("Bastien Roux")
	given.fill("/transfert", typed{"collegue": p.accountOf(bastien)}).answers(403)

	// Claimed, and refused by the holder.
	held.get(held.path("/transfert")).submit("/reprise").at(held.path("/transfert")).says("Votre demande de reprise est envoyée")
	p.goesTo(p.lastMail(), bastien, "", "Lucie Marchand demande à reprendre")
	held.post(p.portalURL+held.path("/reprise"), nil).answers(409)
	const asks = "Vous demandez à reprendre la demande"
	held.get("/collectivite").says(asks, "qui la suit, peut répondre", "un instructeur d’API Particulier peut décider", "Voir votre demande de reprise").neverSays("Demander à la reprendre")
	held.get(townRequests).says("Vous demandez à la reprendre depuis le")
	colleague.get("/collectivite").says("Lucie Marchand demande à reprendre la demande", "Répondez avant le").neverSays(asks)
	colleague.get(colleague.path("")).says("Lucie Marchand", "demande à reprendre")
	colleague.get(colleague.path("/transfert")).fill("/reprise/reponse", typed{"reponse": "refuser"}).says("Vous gardez la demande")
	p.goesTo(p.lastMail(), lucie, "", "Bastien Roux a refusé la reprise")
	p.goesToWhoClaims(held, colleague)
}

// goesToWhoClaims lets 72 hours of business pass without an answer: an instructor decides.
func (p *portal) goesToWhoClaims(claimant, holder *asking) {
	p.t.Helper()
	claimant.get(claimant.path("/transfert")).submit("/reprise").says("Votre demande de reprise est envoyée")
	p.advance(request.ClaimPatience - time.Minute)
	instructor := p.professional("instructrice")
	page := instructor.get(theQueue+"/"+claimant.number+"/reprise").says("Lucie Marchand", "Bastien Roux", "Décision possible le")
	instructor.post(p.portalURL+page.url.Path, url.Values{"reponse": {"accepter"}}).answers(409).says("72 heures")
	instructor.get("/instruction").neverSays("reprise")
	p.advance(2 * time.Minute)
	home := instructor.get("/instruction")
	queue := instructor.get(home.linkTo("etape=transfert")).says("1 demande", "Reprise à décider")
	instructor.get(queue.linkTo("/reprise")).fill("/reprise", typed{"reponse": "accepter"}).says("La demande a changé de main")
	p.goesTo(p.lastMail(), lucie, bastien, "Lucie Marchand suit désormais", "Awa Traoré")
	// The sessions of 72 hours ago are over.
	claimant.enter(p, "agente-clairval")
	claimant.get(claimant.path("/retrait")).answers(200)
	holder.enter(p, "agent-clairval")
	holder.get(claimant.path("/retrait")).answers(403)
	p.talk(claimant, holder, instructor)
	if acts := p.actsOf(claimant.number); !slices.Equal(acts, []string{
		"request.begun", "request.filed", "habilitation.transferred", "request.claimed", "request.claim_refused", "request.claimed", "habilitation.transferred",
		"request.message_sent", "request.message_sent", "request.assigned", "request.message_sent",
	}) {
		p.t.Errorf("the journal says %q", acts)
	}
	p.keepsQuiet(lucie, bastien, "Marchand", "reporter la date")
}

// actsOf lists the acts of the journal about a request, oldest first.
func (p *portal) actsOf(number string) (acts []string) {
	p.t.Helper()
	rows, err := p.tables.Query(`SELECT act FROM audit_events WHERE object_kind = 'habilitation' AND object_id = $1 ORDER BY id`, number)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var act string
		if err := rows.Scan(&act); err != nil {
			p.t.Fatal(err)
		}
		acts = append(acts, act)
	}
	return acts
}

// « message thread with unread marks on both sides and mail », « messages (without their body) »
// (issue 5).
func (p *portal) talk(holder, colleague *asking, instructor *visitor) {
	p.t.Helper()
	const question, answer = "Peut-on reporter la date ?", "Oui, jusqu’au 15."
	colleague.get(colleague.path("/messages")).fill("/messages", typed{"message": " \r\n "}).answers(422).says("Écrivez votre message")
	colleague.get(colleague.path("/messages")).fill("/messages", typed{"message": question}).says("essage est envoyé", question, "Bastien Roux")
	mailbox := p.lastMail()
	p.goesTo(mailbox, "api-particulier@api.gouv.fr", "", "D"+holder.number)
	instructor.get(theQueue).says("1 message non lu")
	instructor.get(theQueue+"/"+holder.number).says(question, "Non lu")
	thread := instructor.get(theQueue + "/" + holder.number + "/messages")
	thread.submit("/lecture").says("Les messages sont marqués comme lus").neverSays("Marquer comme lus")
	instructor.get(theQueue).neverSays("message non lu")
	thread.fill("/messages", typed{"message": answer}).says(answer)
	told := p.lastMail()
	p.goesTo(told, lucie, "", "Un message des instructeurs vous attend dans votre demande d’habilitation D"+holder.number)
	for _, m := range []smtp.Message{mailbox, told} {
		if raw := m.Text + m.HTML + m.Raw; strings.Contains(raw, "reporter") || strings.Contains(raw, answer) {
			p.t.Errorf("« %s » shows the message", m.Subject)
		}
	}
	holder.get(townRequests).says("1 message non lu")
	holder.get(holder.path("")).says("1 message non lu")
	holder.get(holder.path("/messages")).says(answer, "Non lu", "pour API Particulier").submit("/lecture").says("Les messages sont marqués comme lus").neverSays("Non lu")
	holder.get(townRequests).neverSays("message non lu")
	// Whoever is in charge is told herself.
	instructor.get(theQueue + "/" + holder.number).submit("/attribution")
	holder.get(holder.path("/messages")).fill("/messages", typed{"message": "Merci."})
	p.goesTo(p.lastMail(), awa, "", "D"+holder.number)
}
