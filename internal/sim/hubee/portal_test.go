package hubee_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"portail-qf/internal/sim/hubee"
)

// browser follows redirections and keeps cookies, as a person without JavaScript.
type browser struct {
	*hub
	client *http.Client
}

func (h *hub) browser() browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return browser{h, &http.Client{Jar: jar}}
}

func (b browser) read(response *http.Response, err error) (int, string) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return response.StatusCode, html.UnescapeString(string(body))
}

func (b browser) get(path string) (int, string) {
	b.t.Helper()
	return b.read(b.client.Get(b.url + path))
}

func (b browser) post(path string, form url.Values) (int, string) {
	b.t.Helper()
	return b.read(b.client.PostForm(b.url+path, form))
}

// find returns what a pattern captures in a page.
func find(t *testing.T, page, pattern string) string {
	t.Helper()
	match := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if match == nil {
		t.Fatalf("no %s in the page:\n%s", pattern, page)
	}
	return match[1]
}

// NJ: "read id/secret on the screen, token SI, list only its own case; regenerate → old
// secret 401".
func TestNJEditorCollectsACredential(t *testing.T) {
	h := start(t)
	osl := h.depositor()
	osl.deposit(reference, valbrume)
	osl.deposit("Formulaire-QF-0000000000002", loriol)
	b := h.browser()
	_, home := b.get("/")
	key := find(t, home, `name="editeur" value="([^"]+)">Logiciels Aubépine`)
	_, list := b.post("/connexion", url.Values{"editeur": {key}})
	if !strings.Contains(list, "Administration des abonnements") || !strings.Contains(list, "Commune de Valbrume") || strings.Contains(list, "Saint-Loriol") {
		t.Fatalf("the editor lands elsewhere than on its own subscriptions:\n%s", list)
	}
	path := find(t, list, `href="(/abonnements/[0-9a-f-]+)"`)
	_, page := b.get(path)
	for _, words := range []string{"Simulateur", "Modalité d’accès", "Identifiant client", "Clé secrète", "Régénérer la clé secrète"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	id, secret := find(t, page, `id="identifiant-client">([^<]+)<`), find(t, page, `id="cle-secrete">([^<]+)<`)
	if queue := h.as("SI", id, secret).notifications(); len(queue) != 1 || queue[0].Recipient != valbrume {
		t.Errorf("queue %+v, want the case of Valbrume alone", queue)
	}

	_, page = b.post(path+"/cle", nil)
	renewed := find(t, page, `id="cle-secrete">([^<]+)<`)
	h.askToken(id, secret, url.Values{"grant_type": {"client_credentials"}, "scope": {"SI"}}).mustBe(t, http.StatusUnauthorized)
	h.as("SI", id, renewed)
}

// "saving the API mode first is what makes them appear" (§10.3).
func TestSavingTheAPIModeMakesTheCredentialAppear(t *testing.T) {
	h := start(t, func(o *hubee.Options) { o.Subscriptions[2].Editor = editorB })
	b := h.browser()
	b.post("/connexion", url.Values{"editeur": {editorB.String()}})
	_, list := b.get("/abonnements")
	path := find(t, list, `href="(/abonnements/[0-9a-f-]+)">Modifier l’abonnement de Commune de Hautefontaine`)
	if _, page := b.get(path); strings.Contains(page, "cle-secrete") {
		t.Error("a credential shows in PORTAIL mode")
	}
	_, page := b.post(path+"/modalite", url.Values{"modalite": {"API"}})
	id, secret := find(t, page, `id="identifiant-client">([^<]+)<`), find(t, page, `id="cle-secrete">([^<]+)<`)
	h.as("SI", id, secret)
	b.post(path+"/modalite", url.Values{"modalite": {"PORTAIL"}})
	h.askToken(id, secret, url.Values{"grant_type": {"client_credentials"}, "scope": {"SI"}}).mustBe(t, http.StatusUnauthorized)
	if status, _ := b.post(path+"/modalite", url.Values{"modalite": {"FAX"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown mode answers %d, want 422", status)
	}
}

// An editor sees and changes its own subscriptions only; nobody does without signing in.
func TestPortalKeepsEditorsApart(t *testing.T) {
	h := start(t)
	var ofA string
	for _, sub := range h.sim.Subscriptions() {
		if sub.Subscriber.OrganizationID == valbrume {
			ofA = "/abonnements/" + sub.ID
		}
	}
	b := h.browser()
	if _, page := b.get(ofA); !strings.Contains(page, "Connexion") || strings.Contains(page, "secret-valbrume") {
		t.Errorf("a stranger does not land on the sign-in page:\n%s", page)
	}
	b.post("/connexion", url.Values{"editeur": {editorB.String()}})
	for _, answer := range []func() (int, string){
		func() (int, string) { return b.get(ofA) },
		func() (int, string) { return b.post(ofA+"/cle", nil) },
		func() (int, string) { return b.post(ofA+"/modalite", url.Values{"modalite": {"PORTAIL"}}) },
	} {
		if status, page := answer(); status != http.StatusNotFound || strings.Contains(page, "secret-valbrume") {
			t.Errorf("editor B gets %d on a subscription of editor A, want 404", status)
		}
	}
	h.town() // the secret of Valbrume still works
	if _, page := b.post("/deconnexion", nil); !strings.Contains(page, "Connexion") {
		t.Error("signing out does not lead to the sign-in page")
	}
	if status, _ := b.post("/connexion", url.Values{"editeur": {valbrume.String()}}); status != http.StatusNotFound {
		t.Errorf("a town signs in as an editor: %d, want 404", status)
	}
}

// The town's page "emits the same event+notification" as the SI's POST of an event.
func TestAgentMovesACaseOnTheScreen(t *testing.T) {
	h := start(t)
	osl := h.depositor()
	folder := osl.deposit(reference, fontaine)
	b := h.browser()
	_, towns := b.get("/dossiers")
	path := find(t, towns, `href="([^"]+)">Commune de Hautefontaine`)
	_, page := b.get(path)
	if !strings.Contains(page, reference+"-01") || !strings.Contains(page, "quotient.pdf") || !strings.Contains(page, "Nouveau") {
		t.Fatalf("the new case does not show:\n%s", page)
	}
	move := find(t, page, `action="([^"]+/cas/[^"]+)"`)
	_, page = b.post(move, url.Values{"statut": {"IN_PROGRESS"}})
	if !strings.Contains(page, "<td>En cours</td>") {
		t.Errorf("the page does not show the new status:\n%s", page)
	}
	queue := osl.notifications()
	if len(queue) != 1 || *queue[0].EventStatus != "SENT" || queue[0].Transmitter != fontaine {
		t.Fatalf("queue of the depositor %+v, want the event of the town", queue)
	}
	event := decode[shownEvent](t, osl.must(http.StatusOK, "GET", eventPath(folder.Cases[0].ID, *queue[0].EventID), nil))
	if event.ActionType != "STATUS_UPDATE" || *event.CaseNewStatus != "IN_PROGRESS" || *event.CaseCurrentStatus != "HUBEE_NOTIFIED" {
		t.Errorf("event %+v, want STATUS_UPDATE from HUBEE_NOTIFIED to IN_PROGRESS", event)
	}
	if status, _ := b.post(move, url.Values{"statut": {"PERDU"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown status answers %d, want 422", status)
	}
	elsewhere := strings.Replace(move, fontaine.String(), valbrume.String(), 1)
	if status, _ := b.post(elsewhere, url.Values{"statut": {"DONE"}}); status != http.StatusNotFound {
		t.Errorf("another town moves the case: %d, want 404", status)
	}
}

// "it leaves Inactif for the local administrator to activate by hand" (§10.1).
func TestLocalAdministratorActivatesOnTheScreen(t *testing.T) {
	h := start(t)
	b := h.browser()
	path := "/dossiers/" + merigny.String()
	_, page := b.get(path)
	form := find(t, page, `action="([^"]+/abonnements/[^"]+)"`)
	b.post(form, url.Values{"statut": {"Actif"}})
	h.depositor().deposit(reference, merigny)
	b.post(form, url.Values{"statut": {"Suspendu"}})
	h.depositor().call("POST", folders+"/folders", quotientFolder("QF-2", merigny)).
		mustRefuse(t, http.StatusBadRequest, 400, "Case recipient SI-21990004000015-99004 does not suscribed to FormulaireQF")
}

// « », ’ and non-breaking spaces: what a person reads is typeset French.
func TestPagesAreFrench(t *testing.T) {
	h := start(t)
	h.depositor().deposit(reference, valbrume)
	b := h.browser()
	b.post("/connexion", url.Values{"editeur": {editorA.String()}})
	_, list := b.get("/abonnements")
	for _, path := range []string{"/", "/abonnements", find(t, list, `href="(/abonnements/[0-9a-f-]+)"`), "/dossiers", "/dossiers/" + valbrume.String(), "/nulle-part"} {
		_, page := b.get(path)
		if strings.Count(page, "<h1>") != 1 || !strings.Contains(page, `<html lang="fr">`) || !strings.Contains(page, "Simulateur") {
			t.Errorf("%s: want one h1, French, and the banner", path)
		}
		text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, "")
		if wrong := regexp.MustCompile(`\w'\w| [:;?!»]|« |\w"`).FindString(text); wrong != "" {
			t.Errorf("%s: %q is not typeset as French", path, wrong)
		}
	}
}
