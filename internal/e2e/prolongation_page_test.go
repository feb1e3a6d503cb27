package e2e

import (
	"fmt"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/value"
)

// lapses makes a token of Majastres, whose habilitation names everybody, expire at the end of a day
// some days from now, as one of which a reminder was recorded; it gives the address of the page that
// prolongs it, and what its button says.
func (m *matrix) lapses(days int) (page, button string) {
	id := m.token()
	expiry := value.MonthsLater(m.now().AddDate(0, 0, days), 0)
	m.execute(`UPDATE tokens SET expires_at = $2, collected_at = now(), collected_side = 'editeur', sealed = NULL WHERE id = $1::uuid`, id, expiry)
	m.execute(`UPDATE habilitations SET title = 'Tarifs de la cantine', answers = '{"description": "Calculer le tarif de la cantine."}', contacts = '{
		"technique": {"prenom": "Sofia", "nom": "Renard", "mail": "integration@tilleul.example.fr"}, "metier": {"prenom": "Aline", "nom": "Morvan", "mail": "enfance@majastres.example.fr", "telephone": "0400000000"},
		"dpd": {"prenom": "Luc", "nom": "Kerjean", "mail": "dpd@majastres.example.fr"}, "responsable": {"prenom": "Odile", "nom": "Tanguy", "mail": "maire@majastres.example.fr", "fonction": "Maire"}}'
		WHERE number = (SELECT habilitation FROM tokens WHERE id = $1::uuid)`, id)
	m.execute(`INSERT INTO reminders (token, expires_at, stage, state, recorded_at) SELECT id, expires_at, 7, 'passe', now() FROM tokens WHERE id = $1::uuid`, id)
	until := expiry
	if days < 0 {
		until = m.now()
	}
	until = value.MonthsLater(until, 18)
	return theTokens + "/" + id + "/prolongation", "Prolonger jusqu’au " + shownDay(until)
}

// shownDay is a day as pages print it.
func shownDay(at time.Time) string {
	months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	day := value.MomentOf(at)
	first := fmt.Sprint(day.Day)
	if day.Day == 1 {
		first = "1er"
	}
	return fmt.Sprintf("%s %s %d", first, months[day.Month-1], day.Year)
}

// « Browser test of the page: one page, one click, no JavaScript, axe 0 violation » (issue 7): from the
// link of a mail to the new date, before and after the expiry, on a telephone and at a desk.
func TestATokenIsProlongedInABrowser(t *testing.T) {
	t.Parallel()
	for _, visit := range []struct {
		name    string
		scripts bool
		width   int
		days    int // before the expiry
	}{
		{"before, with scripts, on a desk", true, wide, 7},
		{"after, without scripts, 320 px", false, narrow, -3},
	} {
		t.Run(visit.name, func(t *testing.T) {
			p := open(t)
			p.professional("agente-majastres") // whose account holds the request
			m := &matrix{portal: p}
			link, button := m.lapses(visit.days)
			b := browse(t, visit.width)
			if !visit.scripts {
				b.withoutScripts()
			}
			look := func(name string) {
				if visit.scripts {
					b.isAccessible("prolongation/" + name)
				}
				b.resize(visit.width)
				b.fits(name)
				b.shoot("prolongation/" + name)
			}
			p.proConnect(`{"key":"agente-majastres"}`)
			b.open(p.portalURL + link).reads("Connexion des professionnels").press("S’identifier avec ProConnect").reads("Prolonger le jeton")
			b.says("Êtes-vous toujours en charge de cette demande ?", "Calculer le tarif de la cantine.", "maire@majastres.example.fr", button)
			look("page")
			if visit.days < 0 {
				b.says("Coupé depuis le", "Cela n’arrête ni l’habilitation, ni le formulaire, ni les dépôts dans HubEE")
			}
			b.press(button).reads("Votre jeton est prolongé").says("Rien à changer dans votre logiciel")
			look("done")
			if clicks := b.clicks[p.portalURL[len("http://"):]]; clicks != 2 {
				t.Errorf("%d clicks on our pages, want the sign-in and one", clicks)
			}
			b.open(p.portalURL+"/collectivite").reads("Bonjour").neverSays("Votre jeton expire", "Votre jeton est coupé")
			if arrived := m.insert(`SELECT count(*) FROM renewal_arrivals WHERE token = $2::uuid AND $1 > 0`, link[len(theTokens)+1:][:36]); arrived != "1" {
				t.Errorf("%s arrivals are noted", arrived)
			}
			b.wasAtPeace()
		})
	}
}

// « requester's home page shows the deadline before any mail » (issue 7).
func TestTheHomePageShowsTheDeadline(t *testing.T) {
	t.Parallel()
	p := open(t)
	v := p.professional("agente-majastres")
	m := &matrix{portal: p}
	soon, _ := m.lapses(90)
	cut, _ := m.lapses(-1)
	v.get("/collectivite").says("Votre jeton expire le", "dans 90 jours", "Votre jeton est coupé depuis le", "Cela n’arrête ni l’habilitation, ni le formulaire, ni les dépôts dans HubEE", "Prolonger")
	for _, link := range []string{soon, cut} {
		v.get(link).says("Prolonger jusqu’au").submit(link).at(link).says("Votre jeton est prolongé")
	}
	v.get("/collectivite").neverSays("Votre jeton expire le", "Votre jeton est coupé")
}

// A form that was sent when the session was over waits for the sign-in, and its answers are read in
// words before they are sent again.
func TestAProlongationWaitsForTheSignIn(t *testing.T) {
	t.Parallel()
	p := open(t)
	v := p.professional("agente-majastres")
	m := &matrix{portal: p}
	link, button := m.lapses(7)
	asked := v.get(link).says(button)
	p.advance(account.IdleLife + time.Minute)
	p.proConnect(`{"key":"agente-majastres"}`)
	asked.submit(link).answers(403).submit("/connexion").at("/connexion/reprise").says("Jeton de", "À prolonger jusqu’au", "Vous êtes toujours en charge de la demande", "Oui", button, "Revoir la page de prolongation").submit(link).at(link).says("Votre jeton est prolongé")
}

// « Not in charge → transfer, as requests do (a colleague named …) »: the request was made in DataPass,
// as those of all the imported towns. The page leads to where it is given, and the colleague prolongs.
func TestWhoeverIsNotInChargeGivesTheTokenToAColleague(t *testing.T) {
	t.Parallel()
	p := open(t)
	v, colleague := p.professional("agente-clairval"), p.professional("agent-clairval")
	m := &matrix{portal: p}
	link, button := m.lapses(7)
	number := fmt.Sprint(p.count(`SELECT request FROM tokens WHERE $1 LIKE '%/' || id || '/%'`, link))
	const clairval = "21300990500018"
	p.execute(`UPDATE requests SET siret = $2, holder = (SELECT id FROM accounts WHERE mail = $3), requester = jsonb_build_object('mail', $3::text) WHERE number = $1::bigint`, number, clairval, lucie)
	p.execute(`UPDATE habilitations SET siret = $2 WHERE request = $1::bigint`, number, clairval)
	p.execute(`UPDATE tokens SET siret = $2 WHERE request = $1::bigint`, number, clairval)

	colleague.get(link).neverSays(button).says("Seule la personne qui suit la demande")
	given := "/collectivite/demandes/" + number + "/transfert"
	page := v.get(link).says(button).fill(link, typed{"en_charge": "non"}).at(given).says("Donnez d’abord cette demande", "La confier à un collègue", "Bastien Roux")
	page.fill(given, typed{"collegue": p.accountOf(bastien)}).says("La demande est confiée")
	p.goesTo(p.lastMail(), bastien, lucie, "Bastien Roux")
	v.get(link).neverSays(button)
	colleague.get(link).says(button).submit(link).at(link).says("Votre jeton est prolongé")
}
