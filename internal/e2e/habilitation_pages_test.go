package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// noTown are what no address of a town may be.
var noTown = []string{"99999999999999", "35600000000048", "abc", "0", "%00"}

// request makes a request with a habilitation, in a state, suspended by nobody who asks.
func (m *matrix) request(state string) string {
	return m.insert(`
		WITH r AS (INSERT INTO requests (number, source, siret, organisation, state, state_at, created_at, requester, suspended_by, suspender)
			VALUES (900000 + $1, 'datapass', '21040107100019', 'essai', $2, now(), now(), '{"mail":"essai@example.fr"}', '0', 'essai') RETURNING number, siret, organisation)
		INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, form_uid, title, terms, contacts, approved_by, approved_at)
		SELECT nextval('habilitation_numbers'), r.number, r.siret, r.organisation, true, true, '{}', '', '', '', '{}', '', now() FROM r RETURNING request`, state)
}

func (m *matrix) valid() string { return m.request("validee") }

func (m *matrix) suspended() string { return m.request("suspendue") }

// subscription makes one that failed, for an establishment of which the register knows nothing.
func (m *matrix) subscription() string {
	return m.insert(`INSERT INTO subscriptions (siret, organisation, administrator, want, wanted_at, state)
		VALUES ('356000000' || lpad($1::text, 5, '9'), 'essai', '{}', 'actif', now(), 'en_erreur') RETURNING siret`)
}

// contended makes one that a valid request of the same town contends for.
func (m *matrix) contended() string {
	request := m.valid()
	return m.insert(`WITH of AS (UPDATE requests SET siret = '356000000' || lpad($1::text, 5, '9') WHERE number = $2::bigint)
		INSERT INTO subscriptions (siret, organisation, contender, administrator, want, wanted_at, state)
		VALUES ('356000000' || lpad($1::text, 5, '9'), 'essai', $2::bigint, '{}', 'actif', now(), 'actif') RETURNING siret`, request)
}

// received makes an event in quarantine whose content is gone.
func (m *matrix) received() string {
	return m.insert(`INSERT INTO datapass_events (digest, received_at, last_at, event, state) VALUES (sha256(('essai' || $1)::bytea), now(), now(), 'approve', 'quarantaine') RETURNING id`)
}

// « Habilitations: list, page … mounted twice »: staff find a habilitation by whatever they
// have of it, and each space leads to its own pages.
func TestStaffFindAHabilitation(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.mustTell(told("submit", 48232, 1782300100, fields{"organization": fields{"name": bigorne.Name, "siret": bigorne.Siret}, "state": "submitted"}))
	p.drain()
	nadia, awa, jeanne := p.professional("administratrice"), p.professional("instructrice"), p.professional("lectrice")
	const inAdministration, inInstruction = "/administration/habilitations", "/instruction/habilitations"
	nadia.get(inAdministration).says("COMMUNE DE LIMERZEL", "COMMUNE DE TARBES", "Logiciels Tilleul", "Déposée", "Validée")
	granted := fmt.Sprintf("H%d", p.count(`SELECT max(number) FROM habilitations`))
	for _, asked := range []string{
		"q=limerzel", "q=D48231", "q=" + strings.ToLower(granted), "q=215601240", "q=yves.cadoret@&etat=validee",
		"q=commune+limerzel&etat=validee&modalite=jeton&editeur=90511200900014",
	} {
		nadia.get(inAdministration+"?"+asked).says("1 demande", "COMMUNE DE LIMERZEL").neverSays("TARBES")
	}
	for _, asked := range []string{"q=nulle+part", "q=D48231&etat=refusee", "q=D48231&editeur=91033700500011"} {
		nadia.get(inAdministration + "?" + asked).says("Aucun résultat pour ces critères")
	}
	page := nadia.get(nadia.get(inAdministration + "?q=D48231").linkTo("/habilitations/48231"))
	page.says("habilitation "+granted, "Validée", "Jeton API Particulier, Formulaire", "Logiciels Tilleul", "905 112 009 00014", "cnaf_quotient_familial",
		"Restauration scolaire", "Yves Cadoret", requester, "Aline Morvan", "Luc Kerjean", "Odile Tanguy", "Maire", "08 36 65 65 65", "api-particulier-tilleul",
		"Habilitation validée "+granted, "DataPass", "Suspendre")
	nadia.get(page.linkTo("/administration/hubee/"+clairmont.Siret)).answers(200).says("Actif", "Activer l’abonnement")
	instructed := awa.get(awa.get(inInstruction + "?q=limerzel").linkTo("/habilitations/48231")).at(inInstruction + "/48231")
	instructed.says("Suspendre", "Actif").neverSays("/administration/hubee", "/administration/collectivites")
	jeanne.get(inAdministration+"/48231").answers(200).neverSays("/suspension", "Suspendre")
	awa.get(inInstruction+"/48232").says("Déposée", "Rien n’est encore accordé").neverSays("/suspension")
	for _, number := range []string{"D48231", "1", "0", "x"} {
		nadia.get(inAdministration + "/" + number).answers(404).says("Nous ne trouvons pas cette page")
	}
}

// « the reason is required, ≤ 2,000 characters »; « A conflict shows what is now true and a
// link to the fresh page, nothing typed lost ».
func TestADecisionOfAnotherMeanwhileIsTold(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.drain()
	nadia, awa := p.professional("administratrice"), p.professional("instructrice")
	form := awa.get("/instruction/habilitations/48231/suspension").answers(200).says("Le formulaire se ferme aux usagers", requester, "envoyé tel quel au demandeur")
	form.fill("/suspension", typed{"motif": " \n "}).answers(422).says("Écrivez le motif")
	long := strings.Repeat("é", 2001)
	form.fill("/suspension", typed{"motif": long}).answers(422).says("Ce motif est trop long", long)
	// A modification begins meanwhile: the suspension is still possible, of something else.
	p.mustTell(told("reopen", 48231, 1782300200, fields{"state": "draft"}))
	told := form.fill("/suspension", typed{"motif": "Une fuite du jeton."}).answers(409)
	told.says("Cette habilitation a changé pendant ce temps", "Validée, modification en cours", "Une fuite du jeton.", "Rien n’a été fait")
	awa.get(told.link("Voir l’habilitation")).at("/instruction/habilitations/48231").answers(200)
	// Somebody else suspends.
	decide(nadia, "/administration/habilitations/48231", "suspension", typed{"motif": "Doublon."}).at("/administration/habilitations/48231").says(
		"L’habilitation est suspendue", "par Nadia Keller", "Doublon.", "Une autre personne doit la révoquer").neverSays("/revocation")
	for _, act := range []string{"retablissement", "revocation"} {
		awa.get("/instruction/habilitations/48231/"+act).answers(200).says("par Nadia Keller", "Doublon.")
	}
	told.fill("/suspension", typed{"motif": "Une fuite du jeton."}).answers(409).says("Ce n’est pas possible maintenant", "Suspendue", "Une fuite du jeton.").neverSays("Suspendre l’habilitation</button>")
	nadia.get("/administration/habilitations/48231/revocation").answers(403).says(
		"une autre personne doit la révoquer", "une autre personne qui instruit").neverSays("demandez l’accès", "administrateur")
	awa.get("/instruction/habilitations/48231/suspension").answers(409)
	p.drain()
	subjects := 0
	for _, letter := range p.letters(requester) {
		if strings.Contains(letter.text, "Une fuite du jeton") {
			t.Errorf("a reason of nothing was sent: %s", letter.subject)
		}
		subjects++
	}
	if subjects != 2 {
		t.Errorf("%d mails to the requester, of an approval and a suspension", subjects)
	}
}

// « /administration/collectivites …: name, SIRET, COG, département, postcode, form state,
// editor, contact for citizens, links »
func TestStaffFindATown(t *testing.T) {
	t.Parallel()
	p := open(t)
	nadia, jeanne := p.professional("administratrice"), p.professional("lectrice")
	nadia.get("/administration/collectivites").says("Majastres", "Logiciels Tilleul", "Bientôt disponible", "Fermé")
	for _, asked := range []string{"q=majastres", "q=2104010710", "q=04270", "departement=04&editeur=90511200900014&formulaire=ouvert"} {
		nadia.get("/administration/collectivites?"+asked).says("1 collectivité", "Majastres").neverSays("Valombre")
	}
	nadia.get("/administration/collectivites?q=majastres&departement=2A").says("Aucun résultat pour ces critères")
	page := jeanne.get(jeanne.get("/administration/collectivites?q=majastres").linkTo("/21040107100019"))
	page.says("Majastres", "210 401 071 00019", "04107", "Alpes-de-Haute-Provence (04)", "04270", "Ouvert", "905 112 009 00014", "Service Enfance", "D9001")
	jeanne.get(page.link("Voir ce que voient les usagers")).answers(200)
	jeanne.get(page.linkTo("/administration/habilitations/9001")).answers(200).says("Majastres")
	jeanne.get(page.linkTo("/administration/hubee/21040107100019")).answers(200).says("Actif")
}

// « Administration home: what waits »: each count leads to the list of what it counts.
func TestTheHomePageTellsWhatIsStuck(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.execute(`UPDATE subscriptions SET wanted_at = $1, state = 'actif', suspended_at_hub = false, failure_code = '', contender = NULL`, p.now())
	p.execute(`UPDATE subscriptions SET state = 'en_erreur', failure_code = 'hubee.refused' WHERE siret = '21040107100019'`)
	p.execute(`UPDATE subscriptions SET state = 'en_attente', wanted_at = $1 WHERE siret = '21280363900013'`, p.now().Add(-25*time.Hour))
	p.execute(`UPDATE subscriptions SET contender = 9001 WHERE siret = '21590997900019'`)
	p.tells(told("approve", 48231, 1782300000, fields{"organization": fields{"name": "X", "siret": "12345678901234"}}))
	nadia := p.professional("administratrice")
	home := nadia.get("/administration")
	for words, said := range map[string]string{
		"1 abonnement à HubEE en erreur": "HubEE a refusé la demande.", "1 abonnement à HubEE en attente depuis plus d’un jour": "Sainville",
		"1 collectivité dont deux logiciels": "Deux destinataires", "1 événement de DataPass en quarantaine": "Le SIRET de l’organisation n’est pas valable.",
	} {
		home.says(words)
		nadia.get(home.link(words)).answers(200).says(said)
	}
	p.professional("lectrice").get("/administration").says("1 événement de DataPass en quarantaine", "Qui a droit aux données").neverSays("Suspendre, rétablir ou révoquer")
	home.says("Suspendre, rétablir ou révoquer")

	awa := p.professional("instructrice")
	before := p.count(`SELECT count(*) FROM requests WHERE state = 'suspendue'`)
	decide(awa, "/instruction/habilitations/9001", "suspension", typed{"motif": "Le jeton a fui."})
	words := "1 habilitation suspendue"
	if before > 0 {
		words = fmt.Sprintf("%d habilitations suspendues", before+1)
	}
	for _, of := range []struct {
		who  *visitor
		home string
	}{{nadia, "/administration"}, {awa, "/instruction"}} {
		home := of.who.get(of.home).says(words)
		of.who.get(home.link(words)).at(of.home+"/habilitations").answers(200).says("D9001", "Suspendue")
	}
}

// warning is what HubEE's mail to a town must be announced with, to the letter (guide, 2.c).
const warning = "HubEE va vous demander de créer un mot de passe sous 48 heures. Vous pouvez ignorer ce mail : Logiciels Tilleul reçoit les quotients pour vous. " +
	"Comme le prévoient les CGU que vous avez acceptées, vous restez responsable de votre compte HubEE."

// « the literal warning … also on the requester's home, and copyable by the editor »; an
// editor reads states, and no identity.
func TestATownAndItsEditorReadWhereTheHabilitationStands(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.drain()
	p.arrivesAs("Yves Cadoret", requester, clairmont.Siret)
	yves := p.visitor()
	home := yves.get("/connexion").submit("/connexion").at("/collectivite")
	granted := fmt.Sprintf("H%d", p.count(`SELECT max(number) FROM habilitations`))
	home.says("Votre habilitation", "Validée", "D48231", granted, "Logiciels Tilleul", "Le formulaire pour vos usagers, et un jeton API Particulier", warning)

	sofia := p.professional("editrice-tilleul")
	list := sofia.get("/editeur/collectivites?q=limerzel").says("1 collectivité", "Validée", granted, "Actif", "Ouvert", warning)
	list.neverSays("Cadoret", requester, "Morvan", "Kerjean", "Tanguy", "en_erreur")
	decide(p.professional("administratrice"), "/administration/habilitations/48231", "suspension", typed{"motif": "Doublon."})
	p.drain()
	sofia.get("/editeur/collectivites?q=limerzel").says("Suspendue", "Fermé").neverSays("Doublon", "Nadia")
	yves.get("/collectivite").says("Suspendue", granted, "Ce qu’elle permettait", "Pour la faire rétablir", "le rouvrir").neverSays(warning, "Nadia")
	decide(p.professional("instructrice"), "/instruction/habilitations/48231", "revocation", typed{"motif": "Doublon."})
	yves.get("/collectivite").says("Révoquée", "C’est définitif", "il faut une nouvelle demande").neverSays("le rouvrir", "Ce qu’elle permet Le")

	p.execute(`UPDATE subscriptions SET state = 'en_erreur', failure_code = 'hubee.refused', editor_siret = $1 WHERE siret = '21040107100019'`, tilleul)
	blocked := sofia.get("/editeur").says("1 collectivité bloquée ou suspendue dans HubEE").neverSays("Rien ne vous attend")
	sofia.get(blocked.link("1 collectivité bloquée")).says("1 collectivité", "Majastres", "Bloqué").neverSays("Limerzel")
	p.execute(`UPDATE subscriptions SET state = 'actif', failure_code = '' WHERE siret = '21040107100019'`)
	sofia.get("/editeur").neverSays("bloquée ou suspendue")

	// Without an editor there is a password to create.
	p.mustTell(told("approve", 48240, 1782300000, fields{
		"organization": fields{"name": bigorne.Name, "siret": bigorne.Siret}, "form_uid": "formulaire-qf", "service_provider": fields{},
	}))
	p.isRegistered(bigorne, true)
	p.arrivesAs("Yves Cadoret", requester, bigorne.Siret)
	p.visitor().get("/connexion").submit("/connexion").at("/collectivite").says("créez votre mot de passe dans les 48 heures", "FormulaireQF", "Éditeur Aucun").neverSays("Tilleul")
}
