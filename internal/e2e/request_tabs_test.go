package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
)

// « two tabs on one draft (nothing typed is lost) » (issue 5): of two that wrote in one step,
// the second is told what the first wrote, keeps what she typed, and wins if she insists.
func TestTwoTabsOnOneDraftLoseNothing(t *testing.T) {
	t.Parallel()
	p := open(t)
	a, step := p.begins(p.visitor(), "agente-clairval", tilleulForm)
	a.answers(step, typed{"deliberation_url": "clairval.example.fr/actes"}, nil)
	one, two := a.get(a.path("/etapes/traitement")), a.get(a.path("/etapes/traitement"))
	users := a.get(a.path("/etapes/usagers"))
	a.answers(one, typed{"conservation": "6"}, nil).at(a.path("/etapes/personnes"))
	late := a.answers(two, typed{"conservation": "24", "destinataires": "Le service enfance"}, nil).answers(http.StatusConflict)
	late.says("Ces réponses ont changé entre-temps", "Enregistré entre-temps", "Le service enfance", "6", "24")
	if got := a.answered("conservation"); got != "6" {
		t.Errorf("told of a conflict, %q is kept", got)
	}
	a.answers(late, nil, nil).at(a.path("/etapes/personnes"))
	if got := a.answered("conservation") + a.answered("destinataires"); got != "24Le service enfance" {
		t.Errorf("the second tab insists, and %q is kept", got)
	}
	// Another step is another matter, and the same answer sent twice is one.
	a.answers(users, typed{"usagers_mail": "enfance@clairval-les-pins.example.fr"}, nil).at(a.path("/recapitulatif"))
	a.answers(users, typed{"usagers_mail": "enfance@clairval-les-pins.example.fr"}, nil).at(a.path("/recapitulatif"))

	read := a.completes(a.get(a.path("/etapes/personnes")), nil)
	a.changes("traitement", typed{"conservation": "3"}, nil)
	told := read.fill("/recapitulatif", consents).answers(http.StatusConflict).says("Rien n’est envoyé", "Cette demande a été modifiée entre-temps", "3")
	if !strings.Contains(told.body, " checked") {
		t.Error("what was ticked is lost")
	}
	a.deposits(told)
	told.fill("/recapitulatif", consents).at(a.path("/depot")) // sent again, it is deposited already
	a.answers(two, typed{"conservation": "19"}, nil).answers(http.StatusConflict).says("ces réponses ne sont pas enregistrées", "19")
	if got, deposits := a.answered("conservation"), p.count(`SELECT count(*) FROM deposits`); got != "3" || deposits != 1 {
		t.Errorf("deposited, %q is kept, %d deposits", got, deposits)
	}
	p.comesFromElsewhere(a)
}

// comesFromElsewhere: what another site has the browser send does nothing.
func (p *portal) comesFromElsewhere(a *asking) {
	p.t.Helper()
	before := p.lastAct()
	for _, part := range []string{"/recapitulatif", "/retrait", "/transfert", "/messages", "/etapes/deliberation", "/etapes/personnes"} {
		for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			got := a.hop(http.MethodPost, p.portalURL+a.path(part), url.Values{"message": {"forgé"}}, headers...)
			if got.status != http.StatusForbidden {
				p.t.Errorf("POST %s with %v is answered %d", part, headers, got.status)
			}
		}
	}
	instructor := p.professional("instructrice")
	instructor.previews(a.number, approval, nil)
	for _, part := range []string{"/attribution", approval, approval + "/apercu", refusal + "/apercu", "/messages", "/reprise"} {
		if got := instructor.hop(http.MethodPost, p.portalURL+theQueue+"/"+a.number+part, url.Values{"motif": {"x"}}, "Sec-Fetch-Site", "cross-site"); got.status != http.StatusForbidden {
			p.t.Errorf("POST %s from elsewhere is answered %d", part, got.status)
		}
	}
	for _, act := range p.acts(before) {
		if strings.HasPrefix(act, "request.") || strings.HasPrefix(act, "habilitation.") {
			p.t.Errorf("from elsewhere, %s", act)
		}
	}
}

// « session ended in mid-form (sign in, continue where one was) »: what was typed is saved by
// one click, for the person who typed it alone; a file has to be chosen again.
func TestASessionThatEndsInMidFormLosesNothing(t *testing.T) {
	t.Parallel()
	p := open(t)
	a, step := p.begins(p.visitor(), "agente-clairval", tilleulForm)
	processing := a.answers(step, typed{"deliberation_url": "clairval.example.fr/actes"}, nil)
	p.advance(account.IdleLife + time.Minute)
	over := a.answers(processing, typed{"conservation": "18"}, nil).answers(http.StatusForbidden).says("Votre session est terminée", "gardé")

	// The same page, under somebody else's hand.
	thief := p.visitor()
	target, held := over.form("/connexion")
	p.proConnect(`{"key":"agent-clairval"}`)
	landed := thief.post(target, held).neverSays("18 mois", `value="18"`)
	if landed.url.Path == "/connexion/reprise" && landed.asks("conservation") {
		t.Error("somebody else is shown what was typed")
	}
	if got := a.answered("conservation"); got != "" {
		t.Errorf("before the click, %q is kept", got)
	}

	p.proConnect(`{"key":"agente-clairval"}`)
	resumed := over.submit("/connexion").at("/connexion/reprise").says("Reprenez où vous en étiez", "18", "Durée de conservation")
	resumed.submit("/etapes/traitement").at(a.path("/etapes/personnes"))
	if got := a.answered("conservation"); got != "18" {
		t.Errorf("after one click, %q is kept", got)
	}

	again := a.get(a.path("/etapes/deliberation"))
	p.advance(account.IdleLife + time.Minute)
	filing := a.answers(again, typed{"deliberation_url": "https://www.clairval.example.fr/actes/12"}, deliberation()).answers(http.StatusForbidden)
	p.proConnect(`{"key":"agente-clairval"}`)
	resumed = filing.submit("/connexion").at("/connexion/reprise").says("fichier", "https://www.clairval.example.fr/actes/12")
	resumed.submit("/etapes/deliberation")
	if got, files := a.answered("deliberation_url"), p.count(`SELECT count(*) FROM documents`); got != "https://www.clairval.example.fr/actes/12" || files != 0 {
		t.Errorf("after the second click, %q is kept, with %d files", got, files)
	}

	// The summary too, and what an instructor was writing.
	summary := a.completes(a.get(a.path("/etapes/personnes")), nil)
	p.advance(account.IdleLife + time.Minute)
	p.proConnect(`{"key":"agente-clairval"}`)
	summary.fill("/recapitulatif", consents).answers(http.StatusForbidden).submit("/connexion").at("/connexion/reprise").submit("/recapitulatif").at(a.path("/depot"))
	instructor := p.professional("instructrice")
	writing := instructor.get(theQueue + "/" + a.number + refusal)
	p.advance(account.IdleLife + time.Minute)
	kept := writing.fill(refusal, typed{"motif": "Une délibération plus récente est nécessaire."}).answers(http.StatusForbidden)
	p.proConnect(`{"key":"instructrice"}`)
	shown := kept.submit("/connexion").at("/connexion/reprise").says("Une délibération plus récente est nécessaire.").submit(refusal)
	shown.at(fmt.Sprintf("%s/%s%s/apercu", theQueue, a.number, refusal)).says("Une délibération plus récente est nécessaire.")
	p.keepsQuiet("délibération plus récente", "clairval.example.fr")
}
