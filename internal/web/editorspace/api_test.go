package editorspace

import (
	"bytes"
	"html/template"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jba/templatecheck"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// Every page is well made in each of its states, is light, and shows as text what somebody
// wrote, wherever it was written.
func TestEverySampleIsARightPage(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for _, exhibit := range views.Exhibits(web.ProPage{Page: web.Page{Brand: true, Contact: "api-particulier@api.gouv.fr"}, SeveralSpaces: true}) {
		for _, sample := range exhibit.Samples {
			body, err := sample.Render()
			if err != nil {
				t.Fatal(err)
			}
			for _, wrong := range webtest.Faults(body) {
				t.Errorf("%s/%s: %s", exhibit.Name, sample.Name, wrong)
			}
			for _, leftover := range []string{"<no value>", "{{", "%!", "alert(1)</script>"} {
				if bytes.Contains(body, []byte(leftover)) {
					t.Errorf("%s/%s shows %q", exhibit.Name, sample.Name, leftover)
				}
			}
			if len(body) > 40_000 {
				t.Errorf("%s/%s weighs %d bytes", exhibit.Name, sample.Name, len(body))
			}
		}
		if err := exhibit.Verify(func(page *template.Template, content any) error { return templatecheck.CheckHTMLStrict(page, content) }); err != nil {
			t.Errorf("%s: %v", exhibit.Name, err)
		}
	}
}

var (
	shownID     = regexp.MustCompile(`qf_client_[0-9A-Za-z]{16}`)
	shownSecret = regexp.MustCompile(`qf_secret_[0-9A-Za-z]{49}`)
)

func typed(name, networks string, scopes ...string) url.Values {
	return url.Values{"nom": {name}, "adresses": {networks}, "droits": scopes}
}

// enters tells whether a program is let in by a secret.
func (s *scene) enters(id, secret string) bool {
	s.t.Helper()
	_, err := s.door.Recognise(s.t.Context(), machine.Shown{ID: id, Secret: value.Secret(secret), From: netip.MustParseAddr("203.0.113.7")})
	if err != nil && !fault.Is(err, "api_client.refused") {
		s.t.Fatal(err)
	}
	return err == nil
}

// « secrets shown once, two at a time for rotation »: a program is let in, its secret replaced
// without silence, and it is cut.
func TestAnAdministratorManagesTheProgramsOfHerEditor(t *testing.T) {
	s := setSceneAt(t, sampleNow())
	s.get(s.sofia, "/editeur/api").is(http.StatusOK, "Aucun programme n’a accès à l’API.", "Créer un accès")
	s.get(s.sofia, "/editeur/api/nouveau").is(http.StatusOK, `value="clients" checked`, `value="jetons:ecriture" autocomplete`)

	made := s.post(s.sofia, "/editeur/api/nouveau", typed("Serveur", "203.0.113.0/24\r\n", "clients", "jetons"))
	made.is(http.StatusOK, "Copiez-le maintenant : il ne sera plus affiché")
	id, first := shownID.FindString(made.body), shownSecret.FindString(made.body)
	if made.cache != "no-store" || !s.enters(id, first) {
		t.Fatalf("made %q", id)
	}
	// Sent twice, it is one program: the second answer says what to do.
	s.post(s.sofia, "/editeur/api/nouveau", typed("Serveur", "", "clients")).is(http.StatusUnprocessableEntity, "S’il vient d’être créé et que vous n’avez pas copié son secret")

	path := "/editeur/api/" + id
	for _, page := range []answer{s.get(s.sofia, "/editeur/api"), s.get(s.sofia, path), s.get(s.leo, path)} {
		page.is(http.StatusOK, "Serveur", id, "Consulter les jetons", "24 novembre 2026", "!"+first, "!qf_secret_")
	}
	s.get(s.sofia, path).is(http.StatusOK, "203.0.113.0/24", "Ajouter un secret")

	// A page that is opened changes nothing.
	s.get(s.sofia, path+"/secrets/nouveau").is(http.StatusOK, "L’ancien secret continue de marcher", "!qf_secret_")
	if n := s.count(`SELECT count(*) FROM api_client_secrets`); n != 1 {
		t.Errorf("%d secrets", n)
	}
	added := s.post(s.sofia, path+"/secrets/nouveau", nil).is(http.StatusOK, "Copiez-le maintenant : il ne sera plus affiché", "supprimez l’ancien secret")
	second := shownSecret.FindString(added.body)
	if added.cache != "no-store" || !s.enters(id, first) || !s.enters(id, second) {
		t.Error("the two secrets do not both hold")
	}
	s.post(s.sofia, path+"/secrets/nouveau", nil).is(http.StatusConflict, "Cet accès a déjà deux secrets.", "!qf_secret_")
	s.get(s.sofia, path+"/secrets/nouveau").is(http.StatusConflict, "Cet accès a déjà deux secrets.")
	s.get(s.sofia, path).is(http.StatusOK, "Secret n° 1", "Secret n° 2", "!Ajouter un secret")

	end := path + "/secrets/" + strconv.Itoa(s.count(`SELECT min(id) FROM api_client_secrets`)) + "/suppression"
	s.get(s.sofia, end).is(http.StatusOK, "C’est le secret n° 1", "L’autre secret continue de marcher.")
	s.post(s.sofia, end, nil).leads(path, "secret-api-supprime")
	if s.enters(id, first) || !s.enters(id, second) {
		t.Error("the wrong secret was ended")
	}
	s.post(s.sofia, end, nil).is(http.StatusConflict, "Ce secret a déjà été supprimé.")
	s.get(s.sofia, path).is(http.StatusOK, "Secret n° 2", "!Secret n° 1")

	s.get(s.sofia, path+"/coupure").is(http.StatusOK, "Cet accès ne peut pas être rétabli")
	s.post(s.sofia, path+"/coupure", nil).leads("/editeur/api", "acces-api-coupe")
	if s.enters(id, second) {
		t.Error("a program that was cut is let in")
	}
	s.get(s.sofia, path).is(http.StatusOK, "Cet accès est coupé", "!Ajouter un secret", "!Couper cet accès")
	for _, act := range []string{"/coupure", "/modification", "/secrets/nouveau"} {
		s.get(s.sofia, path+act).is(http.StatusConflict, "Cet accès a été coupé")
	}
	s.post(s.sofia, path+"/secrets/nouveau", nil).is(http.StatusConflict, "!qf_secret_")
	if n := s.count(`SELECT count(*) FROM audit_events WHERE author = 'Sofia Talbot' AND organisation = $1 AND object_id = $2 AND request_id <> ''
		AND act IN ('api_client.created', 'api_client.secret_added', 'api_client.secret_ended', 'api_client.revoked')`, tilleul, id); n != 4 {
		t.Errorf("the journal tells %d acts", n)
	}
}

// « CIDR errors beside the field with a clear sentence and what was typed kept »
func TestWhatIsTypedWronglyIsKeptAndNamed(t *testing.T) {
	s := setSceneAt(t, sampleNow())
	wrong := s.post(s.sofia, "/editeur/api/nouveau", typed("", "203.0.113.7\r\n203.0.113.0/99\r\n<script>", "jetons", "admin"))
	wrong.is(http.StatusUnprocessableEntity, "Une ligne n’est pas une adresse IP : elle est montrée sous la liste.", `Ligne 2 : <span translate="no">203.0.113.0/99</span>`, "Ligne 3 : ", "&lt;script&gt;</span>", "203.0.113.7 203.0.113.0/99 &lt;script&gt;</textarea>",
		"Donnez un nom à cet accès.", `value="jetons" checked`, "!admin")
	s.post(s.sofia, "/editeur/api/nouveau", url.Values{}).is(http.StatusUnprocessableEntity, "Donnez un nom", "Cochez au moins un droit.")
	s.post(s.sofia, "/editeur/api/nouveau", typed(strings.Repeat("é", 61), strings.Repeat("203.0.113.7/32\n", 400), "jetons")).is(http.StatusUnprocessableEntity, "60 caractères au plus")
	if n := s.count(`SELECT count(*) FROM api_clients`); n != 0 {
		t.Errorf("%d programs", n)
	}

	made := s.post(s.sofia, "/editeur/api/nouveau", typed("Serveur", "", "clients", "jetons"))
	path := "/editeur/api/" + shownID.FindString(made.body)
	s.get(s.sofia, path+"/modification").is(http.StatusOK, `name="revision" value="1"`, `value="jetons" checked`)
	change := typed("Serveur de nuit", "2001:DB8::/48", "jetons")
	change.Set("revision", "1")
	s.post(s.sofia, path+"/modification", change).leads(path, "acces-api-modifie")
	s.get(s.sofia, path).is(http.StatusOK, "Serveur de nuit", "2001:db8::/48", "!Consulter vos collectivités")
	// A page that was opened before changes nothing, whoever sends it.
	change.Set("nom", "Autre")
	s.post(s.sofia, path+"/modification", change).is(http.StatusConflict, "Cet accès a changé entre-temps.")
	for _, seen := range []string{"", "x", "-1", "99999999999999999999"} {
		change.Set("revision", seen)
		s.post(s.sofia, path+"/modification", change).is(http.StatusConflict)
	}
	if n := s.count(`SELECT count(*) FROM api_clients WHERE name = 'Serveur de nuit'`); n != 1 {
		t.Error("it was changed")
	}
}

// « Only editor_admin manages; editor_member reads », « step-up `.Confirmed()` », « Foreign and
// unknown objects look the same (404) »
func TestOnlyWhoManagesTheEditorManagesItsPrograms(t *testing.T) {
	s := setSceneAt(t, sampleNow())
	made := s.post(s.sofia, "/editeur/api/nouveau", typed("Serveur", "", "clients"))
	path := "/editeur/api/" + shownID.FindString(made.body)
	secret := "/secrets/" + strconv.Itoa(s.count(`SELECT min(id) FROM api_client_secrets`)) + "/suppression"
	acts := []string{"/modification", "/coupure", "/secrets/nouveau", secret}

	s.get(s.leo, "/editeur/api").is(http.StatusOK, "Serveur", "!Créer un accès", "adressez-vous à une personne")
	s.get(s.leo, path).is(http.StatusOK, "!Modifier", "!Couper", "!Ajouter")
	s.get(s.leo, "/editeur/api/nouveau").is(http.StatusForbidden)
	for _, act := range acts {
		s.get(s.leo, path+act).is(http.StatusForbidden)
		s.post(s.leo, path+act, typed("Pris", "", "clients")).is(http.StatusForbidden)
		s.get(s.karim, path+act).is(http.StatusNotFound)
		s.post(s.karim, path+act, typed("Pris", "", "clients")).is(http.StatusNotFound)
		for _, unknown := range []string{"qf_client_0000000000000000", "1", "%27", "%00", strings.Repeat("a", 300)} {
			s.get(s.karim, "/editeur/api/"+unknown+act).is(http.StatusNotFound)
		}
	}
	s.get(s.karim, path).is(http.StatusNotFound)
	s.get(s.karim, "/editeur/api").is(http.StatusOK, "!Serveur")
	for _, unknown := range []string{"0", "abc", "9223372036854775808", "%00"} {
		s.get(s.sofia, path+"/secrets/"+unknown+"/suppression").is(http.StatusNotFound)
	}
	s.post(s.sofia, path+"/secrets/9223372036854775807/suppression", nil).is(http.StatusConflict)

	// Eleven minutes after the second factor, each act asks for it again, on the form already.
	s.run(`UPDATE sessions SET strong_at = strong_at - interval '11 minutes'`)
	for _, act := range append(acts, "") {
		if act == "" {
			s.get(s.sofia, path).is(http.StatusOK)
			continue
		}
		s.get(s.sofia, path+act).leads("/connexion/confirmation", "")
		s.post(s.sofia, path+act, typed("Pris", "", "clients")).leads("/connexion/confirmation", "")
	}
	s.post(s.sofia, "/editeur/api/nouveau", typed("Pris", "", "clients")).leads("/connexion/confirmation", "")
	if n := s.count(`SELECT count(*) FROM api_clients WHERE name = 'Serveur' AND revoked_at IS NULL AND revision = 1`); n != 1 || s.count(`SELECT count(*) FROM api_clients`) != 1 {
		t.Error("somebody changed it")
	}
}

// « list of clients with last use »
func TestAnEditorSeesWhetherItsProgramsCall(t *testing.T) {
	s := setSceneAt(t, sampleNow())
	made := s.post(s.sofia, "/editeur/api/nouveau", typed("Serveur", "", "clients"))
	id, secret := shownID.FindString(made.body), shownSecret.FindString(made.body)
	s.get(s.sofia, "/editeur/api").is(http.StatusOK, "Jamais")
	s.now = s.now.Add(50 * time.Hour)
	s.run(`UPDATE sessions SET created_at = $1, seen_at = $1`, s.now) // she signed in again
	if !s.enters(id, secret) {
		t.Fatal("refused")
	}
	s.get(s.sofia, "/editeur/api").is(http.StatusOK, "26 novembre 2026 à 12 h 30", "!Jamais")
	s.get(s.sofia, "/editeur/api/"+id).is(http.StatusOK, "26 novembre 2026 à 12 h 30", "il y a 2 jours", "!Jamais")
}
