package accounts

import (
	"net/url"
	"strings"
	"testing"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// After a session that ended, the form of a request that waits says which page it is of, what
// its button does, and what was typed, in the order in which it is asked and in words.
func TestAFormOfARequestThatWaitsSaysWhatItDoes(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	people := url.Values{
		"technique_moi": {"autre"}, "metier_autre": {"moi"}, "dpd_prenom": {"Zoé"}, "demandeur_telephone": {"04 92 00 00 00"}, "responsable_nom": {"Aubert"}, "suite": {"continuer"},
	}
	for name, row := range map[string]struct {
		path   string
		file   bool
		fields url.Values
		says   []string // in this order, and "!" for what is not there
	}{
		"a step": {"/etapes/personnes", false, people, []string{
			"Étape : <strong>Les personnes</strong>", "D10000012", "Téléphone du demandeur", "Prénom du délégué", "Nom du responsable", "Contact métier", "C’est moi",
			"Contact technique", "Une autre personne ou un service", `name="suite" value="continuer"`, "Enregistrer ces réponses",
		}},
		"a step with a file": {"/etapes/deliberation", true, url.Values{"suite": {"quitter"}, "deliberation_url": {"exemple.fr"}}, []string{
			"La délibération", "sur la page qui suit", `name="suite" value="fichier"`, "Enregistrer ces réponses", `!value="quitter"`,
		}},
		"the summary": {"/recapitulatif", false, url.Values{"cgu": {"oui"}}, []string{"Récapitulatif de la demande", "Acceptées", "Déposer la demande"}},
		"a message": {"/messages", false, url.Values{"message": {"Bonjour,\r\nmerci."}}, []string{
			"Messages de la demande", `Bonjour,</span><br><span translate="no">merci.`, "Envoyer le message",
		}},
		"another page": {"/transfert", false, url.Values{"collegue": {"3"}}, []string{"Continuer", "!Étape"}},
	} {
		page := views.newResumePage(web.ProPage{}, heldRequest(row.path, row.file, row.fields))
		body, err := views.resume.Render(page)
		if err != nil {
			t.Fatal(err)
		}
		webtest.Check(t, body)
		text, from := strings.ReplaceAll(string(body), "\u00a0", " "), 0
		for _, said := range row.says {
			if unwanted, isNot := strings.CutPrefix(said, "!"); isNot {
				if strings.Contains(text, unwanted) {
					t.Errorf("%s: the page says %q", name, unwanted)
				}
				continue
			}
			at := strings.Index(text[from:], said)
			if at < 0 {
				t.Errorf("%s: the page should say %q, after what comes before it:\n%s", name, said, text)
				continue
			}
			from += at
		}
	}
}

// A form that shows or ends something has no field that tells so: the page and its button do.
func TestAnActThatWaitsIsNamed(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	const token = "/jetons/0b6f2a54-3c1d-8e7f-9a10-4f6d2c8b7e10"
	for path, says := range map[string][]string{
		token + "/recuperation":                {"<strong>Afficher le jeton</strong>", `class="fr-btn">Afficher le jeton</button>`},
		token + "/affichage":                   {"<strong>Afficher le jeton</strong>"},
		token + "/remplacement":                {"<strong>Remplacer le jeton</strong>"},
		token + "/revocation":                  {"<strong>Révoquer le jeton</strong>"},
		"/editeur/hubee/21040107100019/cle":    {"<strong>Afficher les identifiants HubEE</strong>, SIRET", "210 401 071 00019"},
		"/editeur/api/qf_client_x/coupure":     {"<strong>Couper un accès à l’API</strong>"},
		"/administration/invitations/3/renvoi": {"Continuer"},
	} {
		body, err := views.resume.Render(views.newResumePage(web.ProPage{}, account.HeldForm{Path: path}))
		if err != nil {
			t.Fatal(err)
		}
		webtest.Check(t, body)
		for _, said := range says {
			if text := strings.ReplaceAll(string(body), "\u00a0", " "); !strings.Contains(text, said) {
				t.Errorf("%s: the page should say %q:\n%s", path, said, text)
			}
		}
	}
}
