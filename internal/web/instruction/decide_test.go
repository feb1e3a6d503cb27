package instruction

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
)

// « An instructor answers in two [minutes] »: from the page of a clean request, three clicks
// approve it, and the mail that leaves is the one that was shown.
func TestACleanRequestIsApprovedInThreeClicks(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	s.get(s.camille, pathOf(number)).is(http.StatusOK,
		"COMMUNE DE MAJASTRES", "Déposée", "aujourd’hui", "Avant le 2 mai 2026", "Anne Talbot", "Tilleul Enfance", `href="`+actPath(number, habilitation.Approve)+`"`,
		"Commune, catégorie", "Majastres (04107)", "C’est une collectivité", "Autres demandes de la collectivité</dt><dd>Aucune", "Jamais vu ici",
		"Différent du responsable de traitement et du contact métier", "La collectivité n’a rien changé", "Fixé par le formulaire", "Jeton API Particulier",
		"Les agents de la collectivité chargés de la tarification", "Demande déposée", "Aucune autre demande ne vous attend")
	validation, preview := actPath(number, habilitation.Approve), previewPath(number, habilitation.Approve)
	first := s.get(s.camille, validation).is(http.StatusOK, "Rien ne part avant", "Voir le mail avant d’envoyer", "préparez des modèles")
	s.post(s.camille, validation, first.form(validation)).leads(preview, "")
	shown := s.get(s.camille, preview).is(http.StatusOK, "habilitation-validee", "anne@exemple.fr", "integration@tilleul.example.fr", "personne-designee", "dpd@pays.example.fr",
		"La collectivité est habilitée", "!remplace", "Le formulaire de la collectivité s’ouvre", "Valider la demande et envoyer ces mails", "Corriger le texte")
	if granted := s.read(`SELECT count(*) FROM habilitations`); granted != "0" {
		t.Error("the page that shows the mail decided")
	}
	s.post(s.camille, preview, shown.form(preview)).leads(pathOf(number), "demande-approve-mails")
	granted := s.read(`SELECT 'H' || number FROM habilitations WHERE request = $1 AND approved_by = 'Camille Talbot'`, int64(number))
	if !strings.Contains(shown.text, granted) {
		t.Errorf("%s was granted, and the mail that was shown told another number:\n%s", granted, shown.text)
	}
	if state := s.read(`SELECT state || ' ' || phase FROM requests JOIN applications ON request = number`); state != "validee close" {
		t.Error(state)
	}
	if kinds := s.read(`SELECT string_agg(kind, ' ' ORDER BY kind) FROM mails`); kinds != "demande-deposee habilitation-validee personne-designee personne-designee" {
		t.Error(kinds)
	}
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Validée", "Habilitation validée", granted, "Voir ce qui est accordé", "!Voir le mail", `!href="`+validation+`"`)
	s.get(s.camille, validation).is(http.StatusConflict, "Ce n’est pas possible maintenant", "« Habilitation validée », par", "Camille Talbot")
	s.get(s.camille, preview).leads(validation, "")
}

// « field-by-field difference with the form and with the last version », « request changes per
// field », « preview of the exact mail before each decision ».
func TestChangesAreAskedFieldByFieldThenCompared(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	address := actPath(number, habilitation.RequestChanges)
	s.post(s.camille, address, s.get(s.camille, address).form(address)).is(http.StatusUnprocessableEntity, "Écrivez le motif", `href="#motif"`)

	fields := s.get(s.camille, address).is(http.StatusOK, "Délibération (adresse web)", "https://www.majastres.example.fr", "Durée de conservation", "!Cadre juridique").form(address)
	if _, offered := fields[fieldComment+"technique_mail"]; offered || len(fields[fieldComment+"dpd_mail"]) != 1 {
		t.Errorf("the fields to comment: %v", fields)
	}
	fields.Set(fieldText, "Il manque la délibération.\n\nJoignez-la.")
	fields.Set(fieldComment+"deliberation_url", "Cette page n’existe pas.\nDonnez-en une autre.")
	fields.Set(fieldComment+"conservation", strings.Repeat("x", maxComment+1))
	s.post(s.camille, address, fields).is(http.StatusUnprocessableEntity, "500 caractères au plus", `href="#commentaire-conservation"`, "Joignez-la.", "Donnez-en une autre.")
	fields.Set(fieldComment+"conservation", "")
	s.post(s.camille, address, fields).leads(address+"/apercu", "")

	// The note survives leaving the page.
	s.get(s.camille, address).is(http.StatusOK, "Joignez-la.", "<details open> <summary>Délibération (adresse web)", "Donnez-en une autre.")
	s.get(s.hugo, address).is(http.StatusOK, "!Joignez-la.")
	shown := s.get(s.camille, address+"/apercu").is(http.StatusOK, "modifications-demandees", "Cette page n’existe pas.", "revient à la collectivité", "Demander ces modifications et envoyer ce mail")
	s.post(s.camille, address+"/apercu", shown.form(address+"/apercu")).leads(pathOf(number), "demande-request_changes")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Modifications demandées", "doit corriger sa demande", "Les modifications déjà demandées", "Donnez-en une autre.", "Refuser", "!Valider<", "!Réponse attendue")

	s.now = s.now.AddDate(0, 0, 3)
	s.answer(s.anne, number, func(a request.Answers) request.Answers {
		a.DeliberationURL, a.Recipients = "https://www.majastres.example.fr/conseil/2026-01", "Les agents de la régie"
		return a
	})
	// What the town writes meanwhile is its own.
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "conseil/2025-12", "!conseil/2026-01", "!Les agents de la régie")
	s.submit(s.anne, number)
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Depuis le dépôt précédent", "conseil/2025-12", "conseil/2026-01", "Les agents de la collectivité chargés de la tarification", "Les agents de la régie",
		"Premier dépôt le 2 mars 2026", "Avant le 5 mai 2026", "2 réponses changées", "Les modifications déjà demandées")
	s.get(s.camille, address).is(http.StatusOK, "!Joignez-la.") // that was sent
	s.decided(s.camille, number, habilitation.Approve, "Merci pour votre réponse rapide.").is(http.StatusOK, "Merci pour votre réponse rapide.")
}

// « two instructors on one request »: one wins; the other reads who decided what, and keeps
// what was typed.
func TestOfTwoInstructorsOneDecides(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	refusal := actPath(number, habilitation.Refuse)
	fields := s.get(s.hugo, refusal).form(refusal)
	fields.Set(fieldText, "Cette demande n’est pas la vôtre.")
	s.post(s.hugo, refusal, fields).leads(refusal+"/apercu", "")
	shown := s.get(s.hugo, refusal+"/apercu").is(http.StatusOK, "Refuser la demande et envoyer ce mail", "c’est définitif", "habilitation-refusee")
	s.decided(s.camille, number, habilitation.Approve, "")

	says := []string{"Ce n’est pas possible maintenant", "Validée", "« Habilitation validée », par", "Camille Talbot", "Cette demande n’est pas la vôtre.", "Ce que vous aviez écrit", "!Voir le mail"}
	s.post(s.hugo, refusal+"/apercu", shown.form(refusal+"/apercu")).is(http.StatusConflict, says...)
	s.post(s.hugo, refusal, fields).is(http.StatusConflict, says...)
	if state := s.read(`SELECT state FROM requests`); state != "validee" {
		t.Error(state)
	}
	if mails := s.read(`SELECT count(*) FROM mails WHERE kind = 'habilitation-refusee'`); mails != "0" {
		t.Error("a refusal left")
	}
}

// A request that moved and may still be decided is read again before anything is sent.
func TestARequestThatMovedIsReadAgain(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	address := actPath(number, habilitation.Approve)
	fields := s.get(s.camille, address).form(address)
	fields.Set(fieldText, "Bienvenue.")
	if err := s.town.Transfer(t.Context(), s.anne.Actor, number, s.ines.AccountID); err != nil {
		t.Fatal(err)
	}
	again := s.post(s.camille, address, fields).is(http.StatusConflict, "Cette demande a changé pendant ce temps", "Bienvenue.", "Voir le mail avant d’envoyer")
	s.post(s.camille, address, again.form(address)).leads(address+"/apercu", "")
	s.get(s.camille, address+"/apercu").is(http.StatusOK, "ines@exemple.fr", "Bienvenue.")
}

// Nothing else is sent than what was shown, whatever another tab wrote meanwhile.
func TestNothingIsSentThatWasNotShown(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	address := actPath(number, habilitation.Refuse)
	fields := s.get(s.camille, address).form(address)
	fields.Set(fieldText, "Premier motif.")
	s.post(s.camille, address, fields).leads(address+"/apercu", "")
	first := s.get(s.camille, address+"/apercu").form(address + "/apercu")
	fields.Set(fieldText, "Second motif.")
	s.post(s.camille, address, fields).leads(address+"/apercu", "")

	again := s.post(s.camille, address+"/apercu", first).is(http.StatusConflict, "Votre texte a changé pendant ce temps", "Second motif.", "!Premier motif.")
	if state := s.read(`SELECT state FROM requests`); state != "deposee" {
		t.Fatal(state)
	}
	s.post(s.camille, address+"/apercu", nil).is(http.StatusConflict, "Cette demande a changé") // nothing was shown
	s.post(s.camille, address+"/apercu", again.form(address+"/apercu")).leads(pathOf(number), "demande-refuse")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Refusée")
}

// « Modification: reopening keeps the habilitation valid; refuse restores everything »; it is
// compared with what is granted.
func TestAModificationIsComparedWithWhatIsGranted(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	s.decided(s.camille, number, habilitation.Approve, "")
	s.now = s.now.AddDate(0, 1, 0)
	if err := s.town.Reopen(t.Context(), s.anne.Actor, number); err != nil {
		t.Fatal(err)
	}
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Modification en cours d’écriture", "qu’elle n’a pas déposée", "!Rien n’est déposé", "!Par rapport à ce qui est accordé")
	s.answer(s.anne, number, func(a request.Answers) request.Answers {
		a.Controller.GivenName, a.Controller.FamilyName = "Marie", "Tessier"
		return a
	})
	s.submit(s.anne, number)
	s.get(s.camille, queuePath).is(http.StatusOK, "Modification : à traiter en priorité", "Modification déposée")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Par rapport à ce qui est accordé", "Aubert", "Tessier", "!Depuis le dépôt précédent", "l’habilitation reste valide telle qu’elle est")
	s.decided(s.camille, number, habilitation.Refuse, "Le maire n’a pas changé.").is(http.StatusOK, "La modification est refusée. L’habilitation reste valide", "Refuser la modification et envoyer ce mail")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Validée", "Jean Aubert", "!Tessier")
}

// « on the generic form, a technical contact equal to an editor's verified address proposes
// that editor and the instructor confirms » (PRODUCT.md 3.2).
func TestTheInstructorConfirmsTheEditor(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, genericForm)
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Logiciels Tilleul", "À confirmer au moment de valider")
	address := actPath(number, habilitation.Approve)
	fields := s.get(s.camille, address).is(http.StatusOK, "Pour quel logiciel", "Logiciels Tilleul (905 112 009 00014)", "adresse vérifiée", "Aucun éditeur").form(address)
	s.post(s.camille, address, fields).is(http.StatusUnprocessableEntity, "Choisissez une réponse", `href="#editeur"`)
	fields.Set(fieldEditor, "91033700500011") // of nobody's asking
	s.post(s.camille, address, fields).is(http.StatusUnprocessableEntity, "Choisissez une réponse")

	fields.Set(fieldEditor, noEditor)
	s.post(s.camille, address, fields).leads(address+"/apercu", "")
	s.get(s.camille, address+"/apercu").is(http.StatusOK, "habilitation-validee-sans-editeur")
	if fields = s.get(s.camille, address).form(address); fields.Get(fieldEditor) != noEditor {
		t.Errorf("the answer is %q", fields.Get(fieldEditor))
	}
	fields.Set(fieldEditor, "90511200900014")
	s.post(s.camille, address, fields).leads(address+"/apercu", "")
	shown := s.get(s.camille, address+"/apercu").is(http.StatusOK, "habilitation-validee", "!sans-editeur")
	s.post(s.camille, address+"/apercu", shown.form(address+"/apercu")).leads(pathOf(number), "demande-approve-mails")
	if granted := s.read(`SELECT editor FROM habilitations`); granted != "Logiciels Tilleul" {
		t.Error(granted)
	}
}

// « reason templates »: a model goes to the end of what is written, and nothing that was typed
// is lost.
func TestAModelIsAddedToWhatIsWritten(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	s.get(s.camille, modelsPath).is(http.StatusOK, "Aucun modèle", "/instruction/modeles/nouveau?acte=refuse")
	added := s.get(s.camille, modelsPath+"/nouveau?acte=refuse").form(modelsPath + "/nouveau")
	s.post(s.camille, modelsPath+"/nouveau", added).is(http.StatusUnprocessableEntity, "Donnez un titre", `href="#titre"`)
	added.Set(fieldTitle, "Pas une collectivité")
	s.post(s.camille, modelsPath+"/nouveau", added).is(http.StatusUnprocessableEntity, "Remplissez ce champ", `value="Pas une collectivité"`)
	added.Set(fieldBody, "La demande {numero} de {collectivite}\nne peut pas aboutir.")
	s.post(s.camille, modelsPath+"/nouveau", url.Values{fieldTitle: added[fieldTitle], fieldBody: added[fieldBody]}).is(http.StatusUnprocessableEntity, "Choisissez la décision")
	s.post(s.camille, modelsPath+"/nouveau", added).leads(modelsPath, "modele-ajoute")
	id := s.read(`SELECT id FROM reason_templates`)
	s.get(s.hugo, modelsPath).is(http.StatusOK, "Pas une collectivité", "{collectivite}")

	address := actPath(number, habilitation.Refuse)
	fields := s.get(s.camille, address).is(http.StatusOK, "Pas une collectivité", `formaction="`+address+`/modeles"`).form(address)
	fields.Set(fieldText, "Bonjour,")
	fields.Set(fieldModel, id)
	s.post(s.camille, address+"/modeles", fields).leads(address, "")
	again := s.get(s.camille, address).form(address)
	if want := "Bonjour,\r\n\r\nLa demande " + number.String() + " de COMMUNE DE MAJASTRES\r\nne peut pas aboutir."; again.Get(fieldText) != want {
		t.Errorf("%q, want %q", again.Get(fieldText), want)
	}
	s.post(s.camille, address+"/modeles", url.Values{fieldModel: {"999"}}).is(http.StatusNotFound, "n’existe pas, ou n’existe plus")
	approval := actPath(number, habilitation.Approve)
	s.post(s.camille, approval+"/modeles", url.Values{fieldModel: {id}}).is(http.StatusNotFound) // of another act
	again.Set(fieldText, strings.Repeat("x", 1990))
	again.Set(fieldModel, id)
	s.post(s.camille, address+"/modeles", again).is(http.StatusUnprocessableEntity, "trop long", "ne peut pas aboutir.")

	changed := s.get(s.hugo, modelsPath+"/"+id).form(modelsPath + "/" + id)
	changed.Set(fieldTitle, "Pas concernée")
	s.post(s.hugo, modelsPath+"/"+id, changed).leads(modelsPath, "modele-change")
	s.get(s.hugo, modelsPath+"/"+id+"/suppression").is(http.StatusOK, "Pas concernée", "Supprimer le modèle")
	s.post(s.hugo, modelsPath+"/"+id+"/suppression", nil).leads(modelsPath, "modele-efface")
	s.get(s.hugo, modelsPath+"/"+id).is(http.StatusNotFound)
	s.post(s.hugo, modelsPath+"/"+id+"/suppression", nil).is(http.StatusNotFound)
}

// A draft is its town's: the instructors see that there is one, and who holds it.
func TestADraftIsNotRead(t *testing.T) {
	s := setScene(t)
	number := s.begin(s.anne, tilleulForm)
	s.get(s.camille, queuePath).is(http.StatusOK, "!MAJASTRES")
	s.get(s.camille, queuePath+"?etape=toutes").is(http.StatusOK, "!MAJASTRES")
	s.get(s.camille, queuePath+"?etape=redaction").is(http.StatusOK, "MAJASTRES", "Pas déposée", "Brouillon")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Rien n’est déposé", "Brouillon", "Anne Talbot", "!chargés de la tarification", "!Zoé", "!2025-12", "!Demander des modifications")
	s.get(s.camille, actPath(number, habilitation.RequestChanges)).is(http.StatusConflict, "!chargés de la tarification")
	s.post(s.camille, actPath(number, habilitation.RequestChanges), url.Values{fieldText: {"Non."}, fieldRevision: {"0"}}).is(http.StatusConflict, "Non.")
}

// « SLA colour + text »: the delay runs while the instructors have the deposit.
func TestTheDeadlineIsToldInTime(t *testing.T) {
	for days, want := range map[int]string{0: "", 46: "", 47: "warning 14", 56: "warning 5", 57: "error 4", 60: "error 1", 61: "error 0", 90: "error -29"} {
		view := newFiledView(noon, noon, request.Filed, noon.Add(time.Duration(days)*24*time.Hour))
		got := ""
		if view.Deadline.Severity != "" {
			got = view.Deadline.Severity + " " + strconv.Itoa(view.Deadline.Left)
		}
		if got != want || view.Days != days {
			t.Errorf("after %d days: %q, %d days, want %q", days, got, view.Days, want)
		}
	}
}
