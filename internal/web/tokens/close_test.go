package tokens

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
)

// idOf is the id in the address of a token.
func idOf(path string) string { return strings.TrimPrefix(path, rootPath+"/") }

// used makes calls with the token of an address.
func (s *scene) used(path string, at time.Time, outcomes ...string) {
	s.t.Helper()
	tally := &credential.Tally{Store: s.service.Store.(credential.TallyStore)}
	for _, outcome := range outcomes {
		tally.Note(idOf(path), outcome, !strings.HasPrefix(outcome, "401"), at)
	}
	if err := tally.Write(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// « Replace with overlap (default 30 days, both valid, old one's last use shown, early end) ».
func TestATokenIsReplacedWithAnOverlap(t *testing.T) {
	s := setScene(t)
	former := s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	s.used(s.majastres, noon.Add(-2*time.Hour), "200", "200", "401 00103", "418")
	s.used(s.majastres, noon.Add(-time.Hour), "404") // a software shows it, whoever it asks about
	s.get(s.anne, s.majastres).is(http.StatusOK, "2 réponses données, 3 refus ou pannes", "1 : personne inconnue de la CAF et de la MSA", "1 : jeton expiré", "1 : autre réponse", "12 mars 2026 à 11 h 00")
	s.proved(s.sofia, false)
	s.get(s.sofia, s.majastres+replacementPart).leads("/connexion/confirmation", "")
	s.post(s.sofia, s.majastres+replacementPart, nil).leads("/connexion/confirmation", "")
	s.proved(s.sofia, true)
	asked := s.get(s.sofia, s.majastres+replacementPart).is(http.StatusOK, "12 septembre 2027", "Dans 30 jours", "Si l’ancien jeton a fui", `value="30" checked`)
	s.get(s.sofia, s.majastres+replacementPart+"?arret=0").is(http.StatusOK, `value="0" checked`)
	s.post(s.sofia, s.majastres+replacementPart, url.Values{fieldKey: {"x"}, fieldOverlap: {"365"}}).is(http.StatusUnprocessableEntity, "Choisissez une réponse.")

	sent := url.Values{fieldKey: {asked.hidden(fieldKey)}, fieldOverlap: {"7"}}
	done := s.post(s.sofia, s.majastres+replacementPart, sent)
	next := done.to
	done.leads(next, "jeton-remplace")
	s.post(s.sofia, s.majastres+replacementPart, sent).leads(next, "jeton-remplace") // a second click
	s.post(s.leo, s.majastres+replacementPart, url.Values{fieldKey: {"another"}, fieldOverlap: {"0"}}).is(http.StatusConflict, "Un autre jeton remplace déjà celui-ci.", `href="`+next+`"`)

	s.get(s.leo, next).is(http.StatusOK, "À récupérer", "En attendant, le logiciel travaille avec l’ancien.", "L’ancien jeton fonctionne encore", "jusqu’au 19 mars 2026 à 12 h 00", "Sa dernière utilisation : 12 mars 2026 à 11 h 00", s.majastres+endPart)
	s.get(s.leo, s.majastres).is(http.StatusOK, "Remplacement en cours", "Le jeton qui le remplace", "Arrêter l’ancien jeton maintenant", "!/remplacement\"")
	latest := s.post(s.leo, next+collectPart, nil).is(http.StatusOK, "Il remplace un autre jeton").reveals()
	if !s.opens(former) || !s.opens(latest) {
		t.Error("both should open")
	}

	s.get(s.leo, s.majastres+endPart).is(http.StatusOK, "Arrêter l’ancien jeton maintenant ?", "Sans rien faire, il s’arrête le 19 mars 2026", "Un mail prévient la collectivité et l’éditeur.")
	s.post(s.leo, s.majastres+endPart, nil).leads(s.majastres, "jeton-arrete")
	s.get(s.leo, s.majastres).is(http.StatusOK, "Le jeton qui le remplace", "!Un autre jeton")
	if s.opens(former) || !s.opens(latest) {
		t.Error("the former opens still, or the new one does not")
	}
	s.get(s.leo, s.majastres).is(http.StatusOK, "Remplacé", "s’est arrêté le 12 mars 2026 à 12 h 00", "!Suspendre le jeton", "!Révoquer le jeton")
	for _, part := range []string{endPart, suspensionPart, revocationPart, replacementPart} {
		s.get(s.leo, s.majastres+part).is(http.StatusConflict, "Voici où en est le jeton maintenant.", "Remplacé")
	}
	s.post(s.leo, s.majastres+endPart, nil).is(http.StatusConflict, "Ce jeton ne fonctionne déjà plus")
}

// « a leaked token is cut at once »: replaced without overlap.
func TestALeakedTokenIsCutAtOnce(t *testing.T) {
	s := setScene(t)
	leaked := s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	replaced := s.post(s.anne, s.majastres+replacementPart, url.Values{fieldKey: {"x"}, fieldOverlap: {"0"}})
	next := replaced.to
	replaced.leads(next, "jeton-remplace-editeur") // the page does not ask the town to collect it
	if s.opens(leaked) {
		t.Error("the leaked token opens still")
	}
	s.get(s.anne, next).is(http.StatusOK, "Rien à faire : Logiciels Tilleul le récupère", "!L’ancien jeton fonctionne encore")
}

// An old token is cut without a word about another one to create: it is there.
func TestAnOldTokenIsCutAndTheNewOneGoesOn(t *testing.T) {
	s := setScene(t)
	s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	s.get(s.camille, s.majastres+revocationPart).is(http.StatusOK, "La collectivité ou l’éditeur pourra en créer un nouveau.", "!Le nouveau jeton ne change pas")
	next := s.post(s.sofia, s.majastres+replacementPart, url.Values{fieldKey: {"x"}, fieldOverlap: {"30"}}).to
	for _, part := range []string{suspensionPart, revocationPart} {
		s.get(s.camille, s.majastres+part).is(http.StatusOK, "Le nouveau jeton ne change pas", `href="`+next+`"`, "À récupérer", "!en créer un nouveau", "!: le logiciel ne peut plus mettre à jour les quotients")
	}
	s.post(s.leo, s.majastres+suspensionPart, url.Values{fieldReason: {"Un doute."}}).leads(s.majastres, "jeton-suspendu")
	s.get(s.leo, s.majastres).is(http.StatusOK, "Cet ancien jeton ne fonctionne plus, pour l’instant. Celui qui l’a remplacé ne change pas.", `href="`+next+`"`)
}

// A former software reads when its token stops, and nothing about another one that it cannot read;
// nor does the new one read that its software has a token already.
func TestAFormerSoftwareIsPromisedNoToken(t *testing.T) {
	s := setScene(t)
	s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	s.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		VALUES (nextval('habilitation_numbers'), 48231, $1, $2, true, true, '{cnaf_quotient_familial}', $3, $4, '', '', '', '{}', 'DataPass', $5)`,
		majastres.Siret, majastres.Name, brume.Siret, brume.Name, noon)
	s.run(`UPDATE tokens SET replaced_at = $2, ends_at = $3 WHERE id = $1`, idOf(s.majastres), noon, noon.Add(credential.Overlap))
	next, err := s.service.Mint.Draw(0)
	if err != nil {
		t.Fatal(err)
	}
	former, err := s.service.Find(t.Context(), credential.CallerOf(account.Actor{Role: account.EditorAdmin, Organisation: tilleul}), idOf(s.majastres))
	if err != nil {
		t.Fatal(err)
	}
	next = credential.Issued(next, former.Right.Grantee, noon)
	next.Replaces = former.ID
	if err := s.service.Store.RecordTokens(t.Context(), credential.TokenChange{New: []credential.Drawn{next}, At: noon}); err != nil {
		t.Fatal(err)
	}
	s.get(s.sofia, s.majastres).is(http.StatusOK, "La collectivité a choisi un autre logiciel, qui a son propre jeton.", "il n’y a pas de nouveau jeton à récupérer pour le logiciel qui s’en sert",
		"Il fonctionne encore jusqu’au 11 avril 2026", "!mettez le nouveau dans le logiciel")
	s.get(s.anne, s.majastres).is(http.StatusOK, "La collectivité a choisi un autre logiciel", "!mettez le nouveau dans le logiciel")
	s.get(s.sofia, s.majastres+revocationPart).is(http.StatusOK, "Le jeton de l’autre logiciel ne change pas.", "!créer un nouveau")
	s.post(s.karim, pathOf(next.ID)+collectPart, nil).is(http.StatusOK, "!Il remplace un autre jeton").reveals()

	// One whose place another request's token takes has none after it either.
	s.run(`DELETE FROM tokens WHERE id = $1`, next.ID)
	s.run(`DELETE FROM habilitations WHERE editor_siret = $1`, brume.Siret)
	s.get(s.sofia, s.majastres).is(http.StatusOK, "La collectivité a choisi un autre logiciel", "!mettez le nouveau dans le logiciel")
}

// A program is named as one, and what the two versions of the API say in two codes is counted once.
func TestAPageSaysWhoIsAProgramAndCountsAReasonOnce(t *testing.T) {
	s := setScene(t)
	program := credential.CallerOf(account.Actor{ClientID: "qf_client_0000000000000001", Name: "Serveur", Role: account.APIClient, Organisation: tilleul})
	if _, _, err := s.service.Collect(t.Context(), program, idOf(s.majastres), credential.Key{1}); err != nil {
		t.Fatal(err)
	}
	s.used(s.majastres, noon.Add(-time.Hour), "401 00100", "403 00100", "400", "422 00201")
	page := s.get(s.anne, s.majastres).is(http.StatusOK, "par Serveur (programme de l’éditeur).", "2 : données ou collectivité non autorisées", "2 : demande mal remplie")
	if n := strings.Count(page.text, "non autorisées"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

// « concurrent replace »: one new token, and whoever was slower is told.
func TestTwoReplacementsAtOnceMakeOneToken(t *testing.T) {
	s := setScene(t)
	s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	who := [2]person{s.sofia, s.anne}
	answers := s.together(func(i int) answer {
		return s.post(who[i], s.majastres+replacementPart, url.Values{fieldKey: {who[i].cookie.Reveal()}, fieldOverlap: {"30"}})
	})
	if answers[0].status+answers[1].status != http.StatusSeeOther+http.StatusConflict {
		t.Errorf("%d and %d", answers[0].status, answers[1].status)
	}
	for _, a := range answers {
		if a.status == http.StatusConflict {
			a.is(http.StatusConflict, "Voici où en est le jeton maintenant.", "Le jeton qui le remplace")
		}
	}
	if got := s.read(`SELECT count(*) FROM tokens WHERE request = 48231`); got != "2" {
		t.Errorf("%s tokens", got)
	}
}

// « Reason field errors beside the field, nothing typed lost »; « suspension (who, why) ».
func TestATokenIsSuspendedWithAReason(t *testing.T) {
	s := setScene(t)
	text := s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	s.get(s.leo, s.majastres+suspensionPart).is(http.StatusOK, "Suspendre le jeton ?", "Vous pourrez le rétablir")
	s.post(s.leo, s.majastres+suspensionPart, nil).is(http.StatusUnprocessableEntity, "Écrivez le motif", `aria-describedby="motif-erreur"`)
	long := strings.Repeat("a", 2001)
	s.post(s.leo, s.majastres+suspensionPart, url.Values{fieldReason: {long}}).is(http.StatusUnprocessableEntity, "Ce motif est trop long", long)
	s.post(s.leo, s.majastres+suspensionPart, url.Values{fieldReason: {"J’ai vu " + text.Reveal() + " sur un forum."}}).
		is(http.StatusUnprocessableEntity, "Ce motif contient un jeton", `aria-describedby="motif-erreur"`)
	sent := url.Values{fieldReason: {"Un poste a été volé.\r\nNous vérifions."}}
	s.post(s.leo, s.majastres+suspensionPart, sent).leads(s.majastres, "jeton-suspendu")
	s.post(s.leo, s.majastres+suspensionPart, sent).leads(s.majastres, "jeton-suspendu") // a second click
	if s.opens(text) {
		t.Error("the token opens still")
	}
	s.get(s.anne, s.majastres).is(http.StatusOK, "Suspendu", "Suspendu le 12 mars 2026 à 12 h 00 par Leo Talbot (éditeur).", "Un poste a été volé.", "Rétablir le jeton")
	s.post(s.anne, s.majastres+suspensionPart, url.Values{fieldReason: {"Je le fais aussi."}}).is(http.StatusConflict, "Ce n’est pas possible maintenant", "par Leo Talbot", "Je le fais aussi.")
	s.post(s.anne, s.majastres+resumePart, nil).leads(s.majastres, "jeton-retabli")
	s.post(s.anne, s.majastres+resumePart, nil).is(http.StatusConflict, "Ce jeton n’est pas suspendu, ou ne l’est plus.")
	if !s.opens(text) {
		t.Error("the token does not open again")
	}
}

// « support & instructor suspend; admin suspend and revoke »: what the operator did, it alone
// undoes.
func TestWhatTheOperatorSuspendsItAloneResumes(t *testing.T) {
	s := setScene(t)
	s.get(s.rose, s.majastres+suspensionPart).is(http.StatusOK, "L’équipe API Particulier seule pourra le rétablir.")
	s.post(s.rose, s.majastres+suspensionPart, url.Values{fieldReason: {"Jeton vu sur un forum."}}).leads(s.majastres, "jeton-suspendu")
	s.get(s.sofia, s.majastres).is(http.StatusOK, "par Rose Talbot (équipe API Particulier)", "L’équipe API Particulier seule peut le rétablir ou le révoquer.", "!Rétablir le jeton", "!Révoquer le jeton")
	s.post(s.sofia, s.majastres+resumePart, nil).is(http.StatusForbidden, "elle seule peut le rétablir")
	s.post(s.sofia, s.majastres+replacementPart, url.Values{fieldOverlap: {"0"}}).is(http.StatusForbidden, "elle seule peut le rétablir")
	s.get(s.sofia, s.majastres+revocationPart).is(http.StatusForbidden, "elle seule peut le rétablir ou le révoquer")
	s.post(s.anne, s.majastres+revocationPart, url.Values{fieldReason: {"Jeton publié."}}).is(http.StatusForbidden, "elle seule peut le rétablir ou le révoquer")
	s.get(s.rose, s.majastres).is(http.StatusOK, "Rétablir le jeton", "!Révoquer le jeton", "!Récupérer le jeton")
	s.post(s.hugo, s.majastres+resumePart, nil).leads(s.majastres, "jeton-retabli")
}

// The operator does not have to open what an editor suspended, to suspend it for good and all.
func TestTheOperatorSuspendsWhatAnEditorSuspended(t *testing.T) {
	s := setScene(t)
	s.post(s.sofia, s.majastres+suspensionPart, url.Values{fieldReason: {"Un doute."}}).leads(s.majastres, "jeton-suspendu")
	s.get(s.anne, s.majastres).is(http.StatusOK, "!Suspendre le jeton")
	s.get(s.rose, s.majastres).is(http.StatusOK, "Votre suspension remplacera celle-là : votre équipe seule pourra rétablir le jeton.")
	s.get(s.rose, s.majastres+suspensionPart).is(http.StatusOK, "Le jeton ne fonctionne déjà plus", "L’équipe API Particulier seule pourra le rétablir.")
	s.post(s.rose, s.majastres+suspensionPart, url.Values{fieldReason: {"Jeton vu sur un forum."}}).leads(s.majastres, "jeton-suspendu")
	s.get(s.sofia, s.majastres).is(http.StatusOK, "Jeton vu sur un forum.", "L’équipe API Particulier seule peut le rétablir ou le révoquer.", "!Rétablir le jeton")
	s.get(s.rose, s.majastres).is(http.StatusOK, "Rétablir le jeton", "!Suspendre le jeton")
}

// « revoked at once »; the reason is written to both sides, and another token may follow.
func TestATokenIsRevoked(t *testing.T) {
	s := setScene(t)
	text := s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	s.proved(s.camille, false)
	s.get(s.camille, s.majastres+revocationPart).leads("/connexion/confirmation", "")
	s.proved(s.camille, true)
	s.get(s.camille, s.majastres+revocationPart).is(http.StatusOK, "C’est définitif", "La collectivité ou l’éditeur pourra en créer un nouveau.")
	s.post(s.camille, s.majastres+revocationPart, url.Values{fieldReason: {" "}}).is(http.StatusUnprocessableEntity, "Écrivez le motif")
	s.post(s.camille, s.majastres+revocationPart, url.Values{fieldReason: {"Jeton publié."}}).leads(s.majastres, "jeton-revoque")
	if s.opens(text) {
		t.Error("the token opens still")
	}
	s.get(s.sofia, s.majastres).is(http.StatusOK, "Révoqué", "par Camille Talbot", "Jeton publié.", "Créer un nouveau jeton", "!Suspendre le jeton")
	s.post(s.sofia, s.majastres+revocationPart, url.Values{fieldReason: {"Nous aussi."}}).is(http.StatusConflict, "Ce n’est pas possible maintenant", "par Camille Talbot", "Nous aussi.")
	s.get(s.sofia, s.majastres+replacementPart).is(http.StatusOK, "L’ancien jeton ne fonctionne déjà plus.", "!Quand l’ancien jeton doit-il")
	next := s.post(s.sofia, s.majastres+replacementPart, url.Values{fieldKey: {"x"}, fieldOverlap: {"0"}}).to
	if latest := s.post(s.sofia, next+collectPart, nil).reveals(); !s.opens(latest) {
		t.Error("the new token opens nothing")
	}
	s.get(s.sofia, s.majastres).is(http.StatusOK, "!Créer un nouveau jeton", "Le jeton qui le remplace")
}

// « a leaked or expired token is cut at once »: whoever closes one token reads before the click, and after
// it, that the software may still use another one, however many came in between.
func TestATokenThatGoesOnBesideIsShown(t *testing.T) {
	s := setScene(t)
	replaces := func(path, key string) string {
		return s.post(s.sofia, path+replacementPart, url.Values{fieldKey: {key}, fieldOverlap: {"30"}}).to
	}
	const beside, until = "Un autre jeton fonctionne", "jusqu’au 11 avril 2026"
	oldest, first := s.majastres, s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	second := replaces(oldest, "one")
	s.post(s.sofia, second+collectPart, nil).reveals()
	s.get(s.anne, second+suspensionPart).is(http.StatusOK, beside+" encore", until, oldest, "Ce jeton ne fonctionne plus, tout de suite.", "!le logiciel ne peut plus mettre à jour")
	s.post(s.anne, second+suspensionPart, url.Values{fieldReason: {"Un doute."}}).leads(second, "jeton-suspendu")
	s.get(s.anne, second).is(http.StatusOK, beside, until, oldest, "Le logiciel a encore un autre jeton, qui fonctionne.", "!ne peut pas mettre à jour", "!arrêter l’ancien sans attendre")
	s.get(s.anne, oldest).is(http.StatusOK, "mais le nouveau ne fonctionne pas", "!Les deux fonctionnent")
	s.get(s.anne, oldest+endPart).is(http.StatusOK, "Le nouveau jeton ne fonctionne pas : le logiciel n’en aura plus aucun.")

	third := replaces(second, "two")
	s.post(s.sofia, third+collectPart, nil).reveals()
	s.get(s.rose, third+suspensionPart).is(http.StatusOK, beside+" encore", oldest)
	s.post(s.rose, third+suspensionPart, url.Values{fieldReason: {"Une fuite."}}).leads(third, "jeton-suspendu")
	s.get(s.rose, third).is(http.StatusOK, beside, until, oldest)
	if !s.opens(first) {
		t.Error("the oldest is closed")
	}
	s.post(s.rose, oldest+suspensionPart, url.Values{fieldReason: {"Une fuite."}}).leads(oldest, "jeton-suspendu")
	s.get(s.rose, third).is(http.StatusOK, "le logiciel ne peut pas mettre à jour les quotients", "!"+beside)
}

// « An expired token » says what stops and what goes on; it cannot be replaced for more time.
func TestAnExpiredTokenIsNotReplaced(t *testing.T) {
	s := setScene(t)
	text := s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	s.now = time.Date(2027, time.September, 12, 21, 59, 59, 0, time.UTC) // 23 h 59 in Paris
	s.get(s.sofia, s.majastres).is(http.StatusOK, "Expire bientôt")
	if !s.opens(text) {
		t.Error("it opens nothing on its last day")
	}
	s.now = s.now.Add(time.Second)
	s.get(s.sofia, s.majastres).is(http.StatusOK, "Expiré", "Le formulaire, l’habilitation et les dépôts dans HubEE continuent", "La collectivité seule peut le prolonger", "!écrit", "!Remplacer le jeton",
		"Si vous le révoquez, il ne pourra plus être prolongé", "!pour toujours")
	s.get(s.sofia, s.majastres+revocationPart).is(http.StatusOK, "ne pourra être ni rétabli ni prolongé", "Le jeton ne fonctionne déjà plus", "!tout de suite")
	s.get(s.anne, s.majastres).is(http.StatusOK, "Prolonger le jeton", "!écrivez à", "!C’est à la collectivité", "!vous n’avez rien à faire")
	s.get(s.ines, s.majastres).is(http.StatusOK, "Seule la personne qui suit la demande peut le prolonger : Anne Talbot", "!Pour demander la suite")
	s.get(s.sofia, s.majastres+replacementPart).is(http.StatusConflict, "Ce jeton a expiré")
}

// What is said to whoever restores a suspended token follows from whether it has expired: cut, it
// stays so until it is prolonged.
func TestRestoringAnExpiredTokenDoesNotOpenIt(t *testing.T) {
	s := setScene(t)
	text := s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	const opens, cut, prolong = "Le jeton fonctionnera de nouveau tout de suite", "Il a expiré le 12 septembre 2027", "Prolonger le jeton"
	s.post(s.sofia, s.majastres+suspensionPart, url.Values{fieldReason: {"Un poste a été volé."}}).leads(s.majastres, "jeton-suspendu")
	s.get(s.anne, s.majastres).is(http.StatusOK, opens, "!"+cut)
	s.now = weekAfter
	s.get(s.anne, s.majastres).is(http.StatusOK, cut, "il restera coupé jusqu’à ce que vous le prolongiez", "!"+opens, "!"+prolong, "il ne pourra plus être prolongé", "!pour toujours")
	s.get(s.sofia, s.majastres).is(http.StatusOK, cut, "jusqu’à ce que la collectivité le prolonge", "!"+opens)
	s.post(s.sofia, s.majastres+resumePart, nil).leads(s.majastres, "jeton-retabli-coupe")
	if s.opens(text) {
		t.Error("an expired token opens")
	}
	s.get(s.anne, s.majastres).is(http.StatusOK, "Coupé depuis le 12 septembre 2027", prolong)
	page := s.get(s.anne, s.majastres+renewalPart)
	s.post(s.anne, s.majastres+renewalPart, page.nothingChanged()).leads(s.majastres+renewalPart, "")
	if !s.opens(text) {
		t.Error("the same token does not open once it is prolonged")
	}
}

// What nobody has does not work again once it is restored: whoever restores it reads who collects it.
func TestRestoringATokenThatNobodyHasLeavesItToCollect(t *testing.T) {
	s := setScene(t)
	const opens, never, here = "Le jeton fonctionnera de nouveau", "aucun logiciel ne peut s’en servir", "Une fois rétabli, il est à récupérer ici."
	const byEditor, byTown = "Une fois rétabli, Logiciels Tilleul le récupère depuis son espace.", "Une fois rétabli, la personne qui suit la demande le récupère."
	for _, path := range []string{s.majastres, s.sainville} {
		s.post(s.camille, path+suspensionPart, url.Values{fieldReason: {"Un doute."}}).leads(path, "jeton-suspendu")
	}
	s.get(s.sofia, s.majastres).is(http.StatusOK, "personne ne l’a encore récupéré", never, "!ne fonctionne plus")
	s.get(s.camille, s.majastres).is(http.StatusOK, never, byEditor, "!"+opens, "!ne fonctionne plus")
	s.get(s.camille, s.sainville).is(http.StatusOK, never, byTown, "!"+opens)
	for _, path := range []string{s.majastres, s.sainville} {
		s.post(s.camille, path+resumePart, nil).leads(path, "jeton-retabli")
	}

	s.post(s.sofia, s.majastres+suspensionPart, url.Values{fieldReason: {"Un doute."}}).leads(s.majastres, "jeton-suspendu")
	s.post(s.paul, s.sainville+suspensionPart, url.Values{fieldReason: {"Un doute."}}).leads(s.sainville, "jeton-suspendu")
	s.get(s.sofia, s.majastres).is(http.StatusOK, here, "!"+opens)
	s.get(s.anne, s.majastres).is(http.StatusOK, byEditor, "!"+opens)
	s.get(s.paul, s.sainville).is(http.StatusOK, here, "!"+opens)
	s.now = weekAfter
	s.get(s.anne, s.majastres).is(http.StatusOK, "il restera coupé jusqu’à ce que vous le prolongiez", "Il restera alors à le récupérer", "!fonctionnera")
}

// Nor does it while the habilitation is suspended.
func TestRestoringATokenOfASuspendedHabilitationDoesNotOpenIt(t *testing.T) {
	s := setScene(t)
	s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	s.post(s.sofia, s.majastres+suspensionPart, url.Values{fieldReason: {"Un doute."}}).leads(s.majastres, "jeton-suspendu")
	s.run(`UPDATE requests SET state = 'suspendue' WHERE number = 48231`)
	s.run(`UPDATE tokens SET barred_at = $2 WHERE id = $1`, idOf(s.majastres), noon)
	for _, now := range []time.Time{noon, weekAfter} {
		s.now = now
		s.get(s.sofia, s.majastres).is(http.StatusOK, "Une fois rétabli, il restera fermé tant que l’habilitation est suspendue.", "!fonctionnera", "!restera coupé", "!ici.")
	}
	s.post(s.sofia, s.majastres+resumePart, nil).leads(s.majastres, "jeton-retabli-ferme")
}
