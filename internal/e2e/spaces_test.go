package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/value"
	"portail-qf/internal/sim/sirene"
)

// membershipOf is the number of the role that somebody of the seed holds.
func (p *portal) membershipOf(key string) int {
	p.t.Helper()
	return p.count(`SELECT m.id FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE a.mail = $1 AND m.ended_at IS NULL`, p.persona(key).Mail)
}

// « follow hundreds of client towns »: an editor finds its own, with what it gives to their
// citizens, and nobody else's.
func TestAnEditorFindsItsTowns(t *testing.T) {
	t.Parallel()
	p := open(t)
	sofia := p.professional("editrice-tilleul")
	home := sofia.get("/editeur").answers(200).says("Logiciels Tilleul", "905 112 009 00014", "1 jeton à récupérer", "Gestion de l'espace éditeur")
	list := sofia.get(home.link("Voir toutes vos collectivités")).says("Majastres", "Alpes-de-Haute-Provence (04)", "Sainville", "Ouvert", p.portalURL+"/collectivites/")
	list.neverSays("Valombre", "21910998000017")
	if form := sofia.get(list.linkTo("/21040107100019")); form.status != http.StatusOK || !strings.Contains(form.text(), "Majastres") {
		t.Errorf("the form answered %d", form.status)
	}
	if code := sofia.get(list.linkTo("/21040107100019/qr.svg")); code.header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("the QR code is %s", code.header.Get("Content-Type"))
	}
	sofia.get("/editeur/collectivites?q=21910998000017").says("Aucun résultat pour ces critères").neverSays("Valombre")
	sofia.get("/editeur/collectivites?formulaire=ouvert&q=sain").says("1 collectivité", "Sainville").neverSays("21040107100019")
	sofia.get("/editeur/collectivites?page=7").says("Cette page de la liste est vide")
	karim := p.professional("editeur-brume")
	karim.get("/editeur/collectivites").says("Valombre").neverSays("Majastres")
}

// An editor's administrator invites and removes; a member sees the same list and no button.
func TestAnEditorLooksAfterItsMembers(t *testing.T) {
	t.Parallel()
	p := open(t)
	sofia, leo := p.professional("editrice-tilleul"), p.professional("membre-tilleul")
	leo.get("/editeur/membres").says("Sofia Renard", "Léo Garnier", "leo.garnier@tilleul.example.fr").neverSays("/retrait", "/invitations", "Karim")
	for _, address := range []string{"/editeur/invitations", "/editeur/invitations/nouvelle", fmt.Sprintf("/editeur/membres/%d/retrait", p.membershipOf("editrice-tilleul"))} {
		leo.get(address).answers(403)
	}

	members := sofia.get("/editeur/membres").says("Une seule personne gère cet espace", "Léo Garnier")
	if own := fmt.Sprintf("/editeur/membres/%d/retrait", p.membershipOf("editrice-tilleul")); strings.Contains(members.body, own) {
		t.Error("one is offered to remove oneself")
	}
	asked := sofia.get("/editeur/invitations/nouvelle").at("/connexion/confirmation").submit("/connexion/confirmation").at("/editeur/invitations/nouvelle")
	target, _ := asked.form("/nouvelle")
	invite := func(mail, role string) *page {
		return sofia.post(target, url.Values{"mail": {mail}, "role": {role}, "editeur": {"91033700500011"}, "organisation": {"91033700500011"}})
	}
	invite(" ", "").answers(422).says("2 réponses sont à corriger", "Écrivez l'adresse mail", "Choisissez un rôle")
	invite("ida.martel", "admin").answers(422).says("Choisissez un rôle").neverSays(`value="admin"`)
	invite(p.persona("editrice-tilleul").Mail, "editor_member").answers(422).says("C'est votre propre adresse")
	invite(p.persona("membre-tilleul").Mail, "editor_member").answers(422).says("Cette personne a déjà ce rôle")
	invite("ida.martel@tilleul.example.fr", "editor_admin").at("/editeur/invitations").says("L'invitation est envoyée à ida.martel@tilleul.example.fr",
		"Gestion de l'espace éditeur » pour Logiciels Tilleul", "SIRET 905 112 009 00014", "En attente").neverSays("/administration/mails")
	if told := p.letter("ida.martel@tilleul.example.fr"); !strings.Contains(told.text, "Logiciels Tilleul") {
		t.Errorf("the mail is for another editor:\n%s", told.text)
	}
	sofia.get("/editeur").says("1 invitation sans réponse")
	sofia.get("/editeur/invitations").submit("/renvoi").says("nouveau lien", "Retirée ou remplacée")
	waiting := sofia.get("/editeur/invitations?etat=waiting").says("1 invitation")
	sofia.get(waiting.linkTo("/retrait")).says("Retirer l'invitation envoyée à ida.martel@tilleul.example.fr").submit("/retrait").says("L'invitation est retirée")

	removal := sofia.get(sofia.get("/editeur/membres").linkTo("/retrait")).says("Retirer à Léo Garnier")
	leo.get("/editeur").answers(200)
	removal.submit("/retrait").at("/editeur/membres").says("Le rôle est retiré").neverSays("Léo Garnier")
	leo.get("/editeur").at("/espaces").answers(403)
	removal.submit("/retrait").answers(409).says("déjà été retiré")
}

// « Foreign ids look unknown »: another editor's, the operator's, a town's and one that
// never was answer the same, by every door.
func TestWhatIsAnotherEditorsLooksUnknown(t *testing.T) {
	t.Parallel()
	p := open(t)
	sofia := p.professional("editrice-tilleul")
	sofia.get("/editeur/invitations/nouvelle").submit("/connexion/confirmation").at("/editeur/invitations/nouvelle")
	admin := p.professional("administratrice")
	for _, offer := range []url.Values{
		{"mail": {"a@brume.example.fr"}, "role": {"editor_member"}, "editeur": {"91033700500011"}}, {"mail": {"b@numerique.example.fr"}, "role": {"support"}},
	} {
		admin.invites(offer).answers(200)
	}
	var answers []string
	ask := func(what *page) {
		what.answers(404)
		text, _, _ := strings.Cut(what.text(), "Référence à donner")
		answers = append(answers, text)
	}
	for _, key := range []string{"editeur-brume", "administratrice", "agente-majastres", ""} {
		id := "9999999"
		if key != "" {
			id = fmt.Sprint(p.membershipOf(key))
		}
		ask(sofia.get("/editeur/membres/" + id + "/retrait"))
		ask(sofia.post("/editeur/membres/"+id+"/retrait", nil))
	}
	for i := range answers {
		if answers[i] != answers[0] {
			t.Errorf("told apart: %q and %q", answers[0], answers[i])
		}
	}
	answers = nil
	for _, id := range []int{p.count(`SELECT min(id) FROM invitations`), p.count(`SELECT max(id) FROM invitations`), 9999999} {
		ask(sofia.get(fmt.Sprintf("/editeur/invitations/%d/retrait", id)))
		ask(sofia.post(fmt.Sprintf("/editeur/invitations/%d/retrait", id), nil))
		ask(sofia.post(fmt.Sprintf("/editeur/invitations/%d/renvoi", id), nil))
	}
	for i := range answers {
		if answers[i] != answers[0] {
			t.Errorf("told apart: %q and %q", answers[0], answers[i])
		}
	}
	for _, id := range []string{"0", "-1", "x", "99999999999999999999", "1%20OR%201=1"} {
		sofia.get("/editeur/membres/" + id + "/retrait").answers(404)
		sofia.get("/editeur/invitations/" + id + "/retrait").answers(404)
	}
	if n := p.count(`SELECT (SELECT count(*) FROM memberships WHERE ended_at IS NOT NULL) + (SELECT count(*) FROM invitations WHERE withdrawn_at IS NOT NULL)`); n != 0 {
		t.Errorf("%d were ended", n)
	}
}

// unlistedTown is a commune that no list of ours names.
var unlistedTown = sirene.Organization{Siret: "21049902000019", Name: "COMMUNE D'ARCHE", CommuneCog: "04990", PostalCode: "04990", Commune: "ARCHE"}

// A town sees its own form, numbers and people.
func TestATownSeesItsFormItsFiguresAndItsPeople(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.readyToTransmit().send(t.Context())
	p.drain()
	camille := p.professional("agente-majastres")
	home := camille.get("/collectivite").answers(200).says("210 401 071 00019", "Ouvert", p.portalURL+"/collectivites/21040107100019", "Service Enfance",
		"Un dossier", "Transmis, pas encore relevés 1")
	home.neverSays("DUBOIS", "quotient familial de ")
	if code := camille.get(home.linkTo("/qr.png")); code.header.Get("Content-Type") != "image/png" {
		t.Errorf("the QR code is %s", code.header.Get("Content-Type"))
	}
	camille.get("/collectivite/collegues").says("Camille Ferrand", "1 agent", p.portalURL+"/connexion").neverSays("Noé", "Sofia")
	p.professional("agent-sainville").get("/collectivite").says("Aucun dossier n'a été transmis", "Mairie de Sainville").neverSays("Majastres")

	// A local authority of which no list says anything comes in all the same.
	p.stage.Register.Put(unlistedTown)
	p.arrivesAs("Agathe Rivière", "agathe.riviere@unlisted.example.fr", unlistedTown.Siret)
	agathe := p.visitor()
	agathe.get("/connexion").submit("/connexion").at("/collectivite").says("ne propose pas le formulaire", "api-particulier@api.gouv.fr").neverSays("/qr.")
	agathe.get("/collectivite/collegues").says("Agathe Rivière").neverSays("Camille")
	for _, form := range []string{"bientot", "ferme"} {
		if _, err := p.tables.ExecContext(t.Context(), `UPDATE collectivities SET form = $1 WHERE siret = '21040107100019'`, form); err != nil {
			t.Fatal(err)
		}
		closed := camille.get("/collectivite").says(map[string]string{"bientot": "Bientôt disponible", "ferme": "Fermé"}[form])
		if shared := strings.Contains(closed.body, "/qr.svg"); shared != (form == "bientot") {
			t.Errorf("%s: a QR code is offered: %t", form, shared)
		}
	}
}

// « Support "did my file arrive?" <= 20 s with the id »; « Lookups are recorded by themselves ».
func TestSupportFindsADossierByItsIdentifier(t *testing.T) {
	t.Parallel()
	p := open(t)
	reference := p.readyToTransmit().send(t.Context())
	p.drain()
	paul := p.professional("assistant")
	before := p.lastAct()
	home := paul.get("/assistance").answers(200)
	look := func(typed string) *page {
		target, fields := home.form("/assistance/dossiers")
		fields.Set("identifiant", typed)
		return paul.post(target, fields)
	}
	canonical := "/assistance/dossiers/" + reference.String()
	for _, typed := range []string{reference.String(), strings.ToLower(reference.Display()), " " + strings.ReplaceAll(reference.Display(), "-", " . ")} {
		look(typed).at(canonical).answers(200).says(reference.Display(), "Transmis", "Majastres (04)", "Logiciels Tilleul", "Service Enfance",
			"Dossier créé dans HubEE", "Transmis : HubEE a tout reçu", "notée dans le journal")
	}
	paul.get("/assistance/dossiers/" + strings.ToLower(reference.Display())).at(canonical)
	// « A citizen's name typed by mistake must not stay in an address. »
	if at := look("Angela DUBOIS").answers(422).says("pas complet ou contient une faute").url; at.RawQuery != "" || strings.Contains(at.Path, "DUBOIS") {
		t.Errorf("what was typed is in %s", at)
	}
	paul.get("/assistance/dossiers?identifiant=" + reference.String()).at("/assistance/dossiers").answers(200).neverSays("Transmis")
	look("").answers(422).says("Écrivez l'identifiant donné à l'usager")
	look("ABCD-EFGH").answers(422).says("pas complet ou contient une faute")
	const unknown = "Aucune transmission ne porte cet identifiant, ou elle date de plus de 90 jours et a été effacée."
	never, err := value.ParseReference("2222222222222")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{never.String(), "nothing", strings.Repeat("A", 300), "%00"} {
		paul.get("/assistance/dossiers/" + id).answers(404).says(unknown)
	}
	lookups := 0
	for _, act := range p.acts(before) {
		if act == "dossier.looked_up Paul Vasseur "+reference.Display() {
			lookups++
		}
	}
	if lookups != 4 {
		t.Errorf("%d lookups of 4 in the journal:\n%s", lookups, strings.Join(p.acts(before), "\n"))
	}
	p.later(91 * 24 * time.Hour)
	p.job("purge")
	paul = p.professional("assistant")
	paul.get(canonical).answers(404).says(unknown)
	for _, key := range []string{"instructrice", "lectrice", "administratrice", "editrice-tilleul", "agente-majastres"} {
		p.professional(key).get(canonical).answers(403)
	}
}

func TestAnInstructorFindsNothingToInstruct(t *testing.T) {
	t.Parallel()
	p := open(t)
	awa := p.professional("instructrice")
	home := awa.get("/instruction").answers(200).says("Rien ne vous attend", fmt.Sprintf("Formulaires ouverts %d", p.count(`SELECT count(*) FROM collectivities WHERE form = 'ouvert'`)))
	awa.get(home.link("Chercher une collectivité")).at("/collectivites").answers(200)
}
