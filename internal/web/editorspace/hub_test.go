package editorspace

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web/webtest"
)

func pairFields(id, secret string) url.Values {
	return url.Values{"identifiant": {id}, "cle": {secret}}
}

// « optional deposit […] tested by a real token call […], reveal with step-up and audit,
// replaced, erased » (issue 6, point 3), as the people of an editor live it.
func TestAnEditorDepositsShowsAndErasesAPair(t *testing.T) {
	s := setScene(t)
	path := hubTownPath(town)
	s.get(s.sofia, hubPath).is(http.StatusOK, "À récupérer", "Commune 00017", "!"+elsewhere, "!Morel")
	s.get(s.sofia, path).is(http.StatusOK, "abonnement-"+town, "SI-"+town+"-91998", "https://portail.hubee.example.fr", "!Afficher", "!anne.morel")
	id, secret := pairOf(town)
	s.post(s.leo, path+"/depot", pairFields(id, secret)).leads(path, "hubee-depose-accepte")
	s.get(s.sofia, path).is(http.StatusOK, "Déposés et testés", "par <span translate=\"no\">Leo Talbot", id, "!"+secret)
	s.get(s.sofia, hubPath).is(http.StatusOK, "Déposés et testés", "!"+secret, "!"+id)

	shown := s.post(s.sofia, path+"/cle", nil).is(http.StatusOK, id, secret)
	if shown.cache != "no-store" || shown.to != "" {
		t.Errorf("what shows a secret may be kept: %q", shown.cache)
	}
	if n := s.count(`SELECT count(*) FROM audit_events WHERE act = 'hub_account.revealed' AND author = 'Sofia Talbot' AND object_id = $1 AND organisation = $2 AND request_id <> ''`, town, tilleul); n != 1 {
		t.Errorf("%d lines of the journal say who saw it", n)
	}

	s.post(s.sofia, path+"/depot", pairFields("un-autre-id", "une-autre")).leads(path, "hubee-depose-refuse-garde")
	s.get(s.sofia, path).is(http.StatusOK, "Les précédents identifiants restent utilisés", "HubEE a refusé les nouveaux", "Déposés et testés",
		"Tester ceux qui sont utilisés", id, "un-autre-id", "!une-autre")
	s.get(s.sofia, hubPath).is(http.StatusOK, "Déposés et testés", "Nouveaux identifiants refusés", "!un-autre-id")
	s.post(s.sofia, path+"/cle", nil).is(http.StatusOK, secret, "D’autres ont été déposés depuis", "!une-autre")
	s.post(s.sofia, path+"/test", nil).leads(path, "hubee-test-accepte")
	s.get(s.sofia, path).is(http.StatusOK, "Déposés et testés", "!Nouveaux identifiants", "!un-autre-id")
	s.get(s.sofia, path+"/effacement").is(http.StatusOK, "Effacer les identifiants", "Rien ne change dans HubEE")
	s.post(s.sofia, path+"/effacement", nil).leads(path, "hubee-efface")
	s.get(s.sofia, path).is(http.StatusOK, "À récupérer", "!Effacer")
	s.get(s.sofia, path+"/effacement").is(http.StatusConflict)
	s.post(s.sofia, path+"/cle", nil).is(http.StatusConflict, "Rien n’est déposé ici")
}

// « A refused pair is kept but said refused, beside the field, with what to check », where HubEE
// has accepted none before.
func TestARefusedPairIsKeptAndSaidRefused(t *testing.T) {
	s := setScene(t)
	path := hubTownPath(town)
	s.post(s.sofia, path+"/depot", pairFields("un-id", "une-cle")).leads(path, "hubee-depose-refuse")
	s.get(s.sofia, path).is(http.StatusOK, "Refusés par HubEE", `id="cle-erreur"`, "modalité d’accès est « API »", "un-id", "!une-cle")
	s.post(s.sofia, path+"/cle", nil).is(http.StatusOK, "une-cle", "HubEE refuse ces identifiants")
}

// « Revealed only by POST with step-up »
func TestAPairIsShownToWhomHasJustProvedWhoSheIs(t *testing.T) {
	s := setScene(t)
	path := hubTownPath(town)
	id, secret := pairOf(town)
	s.post(s.sofia, path+"/depot", pairFields(id, secret))
	s.get(s.sofia, path+"/cle").is(http.StatusMethodNotAllowed, "!"+secret)
	s.now = noon.Add(11 * time.Minute)
	s.post(s.sofia, path+"/cle", nil).leads("/connexion/confirmation", "")
	if n := s.count(`SELECT count(*) FROM audit_events WHERE act = 'hub_account.revealed'`); n != 0 {
		t.Error("what was not shown is said to be")
	}
	s.post(s.sofia, path+"/test", nil).leads(path, "hubee-test-accepte")
}

// « Foreign and unknown objects look the same (404) »
func TestAnotherEditorsTownLooksLikeNone(t *testing.T) {
	s := setScene(t)
	id, secret := pairOf(town)
	s.post(s.sofia, hubTownPath(town)+"/depot", pairFields(id, secret))
	var pages []string
	for _, siret := range []string{town, "21049902000019", "12345678901234", "majastres"} {
		path := hubPath + "/" + siret
		page := s.get(s.karim, path).is(http.StatusNotFound)
		pages = append(pages, page.text)
		s.get(s.karim, path+"/effacement").is(http.StatusNotFound)
		for _, act := range []string{"depot", "test", "cle", "effacement"} {
			s.post(s.karim, path+"/"+act, pairFields("a", "b")).is(http.StatusNotFound, "!"+secret)
		}
	}
	for i, text := range pages {
		if text != pages[0] {
			t.Errorf("page %d differs:\n%s\nfrom\n%s", i, text, pages[0])
		}
	}
	s.post(s.karim, hubFetchedPath, url.Values{"siret": {town}}).leads(hubPath, "hubee-rien-a-noter")
	if n := s.count(`SELECT count(*) FROM hub_accounts WHERE siret = $1 AND state = 'teste'`, town); n != 1 {
		t.Error("another editor changed the pair")
	}
}

// « HubEE silent: kept, « test impossible pour le moment », button « Tester à nouveau » »
func TestADepositWaitsForASilentHubEE(t *testing.T) {
	s := setScene(t)
	s.silent = true
	path := hubTownPath(town)
	id, secret := pairOf(town)
	s.post(s.sofia, path+"/depot", pairFields(id, secret)).leads(path, "hubee-depose-sans-reponse")
	s.get(s.sofia, path).is(http.StatusOK, "Test impossible pour le moment", "Tester à nouveau")
	s.post(s.sofia, path+"/test", nil).leads(path, "hubee-test-sans-reponse")
	s.silent = false
	s.post(s.sofia, path+"/test", nil).leads(path, "hubee-test-accepte")

	s.silent = true
	s.post(s.sofia, path+"/test", nil).leads(path, "hubee-test-sans-reponse")
	s.post(s.sofia, path+"/depot", pairFields(id, secret)).leads(path, "hubee-depose-sans-reponse-garde")
	s.get(s.sofia, path).is(http.StatusOK, "Déposés et testés", "Les précédents identifiants restent utilisés", "HubEE ne répond pas", "Tester les nouveaux")
	s.post(s.sofia, path+"/test", nil).leads(path, "hubee-test-sans-reponse-garde")
	s.silent = false
	s.post(s.sofia, path+"/test", nil).leads(path, "hubee-test-accepte")
	s.get(s.sofia, path).is(http.StatusOK, "Déposés et testés", "!Nouveaux identifiants")
}

// « same form, values kept, field messages »; the secret alone is never given back.
func TestAWrongPairIsSaidBesideItsField(t *testing.T) {
	s := setScene(t)
	path := hubTownPath(town)
	for name, row := range map[string]struct{ id, secret, says string }{
		"nothing":             {"", "", `id="identifiant-erreur"`},
		"nothing, the key":    {"", " ", `id="cle-erreur"`},
		"an id with a colon":  {"a:b", "secret-d-essai", `value="a:b"`},
		"no secret":           {"client-d-essai", " ", `value="client-d-essai"`},
		"a secret in words":   {"client-d-essai", "secret d essai", `id="cle-erreur"`},
		"an endless secret":   {"client-d-essai", strings.Repeat("z", 900), `id="cle-erreur"`},
		"a hostile id":        {`"><script>`, "secret-d-essai:", "!<script>"},
		"an id longer than a": {strings.Repeat("i", 300), "secret-d-essai", `id="identifiant-erreur"`},
	} {
		page := s.post(s.sofia, path+"/depot", pairFields(row.id, row.secret))
		if name == "a hostile id" {
			page.leads(path, "hubee-depose-refuse") // odd, and possible
			s.get(s.sofia, path).is(http.StatusOK, row.says)
			continue
		}
		page.is(http.StatusUnprocessableEntity, row.says, "!secret-d-essai", "!zzzz")
	}
}

// « « Récupéré dans HubEE » ticked for one or many (checkboxes on the list, one POST) »
func TestTownsAreTickedOnTheList(t *testing.T) {
	s := setScene(t)
	s.post(s.sofia, hubFetchedPath, nil).is(http.StatusUnprocessableEntity, "Cochez au moins une collectivité", `href="#siret"`)
	s.post(s.sofia, hubFetchedPath, url.Values{"siret": {"21049902000018", "'--"}}).is(http.StatusUnprocessableEntity)
	s.post(s.sofia, hubFetchedPath+"?identifiants=a_recuperer&page=2&essai=x", url.Values{"siret": {town, town, "21040107100019", elsewhere}}).
		leads(hubPath+"?identifiants=a_recuperer", "hubee-recuperes-en-partie") // elsewhere is another editor's
	if n := s.count(`SELECT count(*) FROM hub_accounts WHERE state = 'recupere' AND editor_siret = $1`, tilleul); n != 2 || s.count(`SELECT count(*) FROM hub_accounts`) != 2 {
		t.Errorf("%d towns of the editor are noted, want 2 and no other", n)
	}
	s.get(s.leo, hubPath).is(http.StatusOK, "Récupérés dans HubEE", "!type=\"checkbox\"")
	s.get(s.leo, hubTownPath(town)).is(http.StatusOK, "Retirer cette note", "Sofia Talbot")
	s.post(s.leo, hubTownPath(town)+"/effacement", nil).leads(hubTownPath(town), "hubee-efface")
}

// « by CSV paste […] with a report per line, nothing lost »: the lines that are refused are
// given back, and no other.
func TestAListIsPasted(t *testing.T) {
	s := setScene(t)
	id, secret := pairOf(town)
	right := fmt.Sprintf("%s;%s;%s", town, id, secret)
	page := s.paste(s.sofia, "siret;id;secret\r\n"+right+"\r\n"+elsewhere+";si-x;cle-etrangere\r\n21049902000019;si-y;cle-inconnue\r\n12;si-z;cle-fausse\r\n").
		is(http.StatusUnprocessableEntity, "Une ligne est enregistrée", "3 lignes sont refusées", "Ligne 3", "Ligne 5", "cle-etrangere", "cle-inconnue", "cle-fausse", "!"+secret)
	if page.cache != "no-store" || strings.Count(page.text, "Votre logiciel ne reçoit pas les dossiers de cette collectivité") != 2 {
		t.Errorf("« unknown/foreign SIRET same words »:\n%s", page.text)
	}
	_, report, _ := strings.Cut(page.text, `href="`+hubReportsPath)
	report, _, _ = strings.Cut(report, `"`)
	report = hubReportsPath + report
	s.get(s.sofia, report).is(http.StatusOK, "attend la réponse de HubEE", "Déposés, non testés", "!"+secret, "!"+id)
	s.get(s.karim, report).is(http.StatusNotFound)
	s.get(s.sofia, hubReportsPath+"/999").is(http.StatusNotFound)
	if err := s.hub.TestOrdered(t.Context(), value.Siret(town)); err != nil { // as a worker does
		t.Fatal(err)
	}
	s.get(s.sofia, report).is(http.StatusOK, "HubEE accepte tous ces identifiants", "Déposés et testés")

	again := s.paste(s.sofia, town+";"+id+";fausse").is(http.StatusSeeOther).to
	s.get(s.sofia, again).is(http.StatusOK, "attend la réponse de HubEE", "Nouveaux identifiants non testés")
	if err := s.hub.TestOrdered(t.Context(), value.Siret(town)); err != nil {
		t.Fatal(err)
	}
	s.get(s.sofia, again).is(http.StatusOK, "HubEE avait accepté les précédents identifiants, ils restent utilisés", "1, dont 1 là où les précédents restent utilisés",
		"Déposés et testés", "Nouveaux identifiants refusés")
	s.get(s.sofia, report).is(http.StatusOK, "HubEE accepte tous ces identifiants")

	s.paste(s.sofia, "21040107100019;seulement").is(http.StatusUnprocessableEntity, "210 401 071 00019", "il manque l’identifiant client, la clé secrète", "!Illisible")
	s.paste(s.sofia, right+"\n"+right).is(http.StatusSeeOther)
	s.paste(s.sofia, " \n").is(http.StatusUnprocessableEntity, "Collez au moins une ligne")
	s.paste(s.sofia, strings.Repeat("x\n", credential.MaxHubLines+1)).is(http.StatusUnprocessableEntity, "plus de 1 000 lignes", "x x x")
	s.paste(s.sofia, "\xff\xfe;<b>;\x00").is(http.StatusUnprocessableEntity, "&lt;b&gt;")
}

// « 1,000 clients for one editor » (PRODUCT.md §7): a whole list is recorded within a request.
func TestAListOfAThousandIsPasted(t *testing.T) {
	s := setScene(t)
	s.run(`INSERT INTO subscriptions (siret, organisation, editor_siret, administrator, want, wanted_at, state)
		SELECT '356000000' || lpad(i::text, 5, '0'), 'Commune ' || i, $1, '{}', 'actif', $2, 'actif' FROM generate_series(1, 1000) i`, tilleul, noon)
	var list strings.Builder
	for i := range credential.MaxHubLines {
		fmt.Fprintf(&list, "356000000%05d;3f1c0a52-9d1e-4a54-8f1b-%012d;%s\r\n", i+1, i, strings.Repeat("s", 43))
	}
	began := time.Now()
	s.paste(s.sofia, list.String()).is(http.StatusSeeOther)
	if n := s.count(`SELECT count(*) FROM hub_accounts h JOIN outbox o ON o.subject = h.siret AND o.kind = 'hubee.test_account'`); n != credential.MaxHubLines {
		t.Errorf("%d pairs are kept and wait for their test", n)
	}
	t.Logf("a thousand lines took %s", time.Since(began))
}

// A session without role of an editor, or of another space, comes nowhere near.
func TestOthersHaveNoAccess(t *testing.T) {
	s := setScene(t)
	reader := s.signIn("Rose", "reader", "13002526500013")
	for _, path := range []string{hubPath, hubTownPath(town), hubPastePath, hubReportsPath + "/1"} {
		s.get(reader, path).is(http.StatusForbidden)
	}
	s.get(value.NewToken(), hubPath).leads("/connexion", "")
	s.post(reader, hubTownPath(town)+"/cle", nil).is(http.StatusForbidden)
}

// « every fault code that a person can meet has its sentence », and every state its words and
// its colour.
func TestEveryHubCodeHasItsWords(t *testing.T) {
	parsed := webtest.Templates(t)
	var codes []string
	for _, state := range sampleHubStates {
		codes = append(codes, "hub_account.state."+string(state), "hub_account.help."+string(state))
		if hubSeverities[state] == "" {
			t.Errorf("the badge of %q has no colour", state)
		}
	}
	for _, selection := range credential.HubSelections {
		codes = append(codes, "hub_account.selection."+string(selection))
	}
	for _, state := range credential.HubCandidateStates {
		codes = append(codes, "hub_account.next."+string(state), "hub_account.next.help."+string(state))
	}
	for _, end := range []string{"refuse", "sans-reponse", "refuse-garde", "sans-reponse-garde"} {
		codes = append(codes, "told.hubee-depose-"+end, "told.hubee-test-"+end)
	}
	codes = append(codes, "done.hubee-depose-accepte", "done.hubee-test-accepte")
	codes = append(codes, "done.hubee-recuperes", "told.hubee-rien-a-noter", "told.hubee-recuperes-en-partie", "done.hubee-liste", "done.hubee-efface", "filter."+filterHub)
	for _, code := range codes {
		if _, found := parsed.Sentence(code); !found {
			t.Errorf("no words for %q", code)
		}
	}
}
