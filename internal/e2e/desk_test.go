package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// « logout at FranceConnect »; « a second person on the same computer never inherit
// anything » (PRODUCT.md 3.6): whoever was signed in for nothing can leave too.
func TestAFailurePageEndsTheSignInToo(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen := p.visitor()
	p.signInAs("inconnu-noe")
	failed := citizen.get(majastres).submit("/demarrer").at(majastres+"/echec/introuvable").says("ordinateur partagé", "nous n’avons rien gardé de vous")
	if p.count(`SELECT count(*) FROM attempts WHERE step <> 'commencee'`) != 0 {
		t.Error("somebody is kept as signed in")
	}
	failed.submit("/deconnexion").submit("/session/end/confirm").at("/franceconnect/deconnexion")
	if left := p.count(`SELECT (SELECT count(*) FROM attempts) + (SELECT count(*) FROM citizen_sessions)`); left != 0 {
		t.Errorf("%d rows are left of the session", left)
	}
	// The next person is asked who she is.
	next := citizen.get(majastres).submit("/demarrer")
	if !strings.HasPrefix(next.url.String(), p.issuer) || strings.Contains(next.body, "Inconnu Noé") && strings.Contains(next.body, "Informations transmises") {
		t.Errorf("FranceConnect goes on at %s", next.url)
	}
}

// « missing/partial/absurd birth dates, empty first names »: an identity that API
// Particulier cannot use has its own page, which does not send the citizen round in circles.
func TestAnIncompleteIdentityIsSaidAndNotTriedAgain(t *testing.T) {
	t.Parallel()
	p := open(t)
	for name, claims := range map[string]string{
		"no birthdate":      `{"family_name":"FERRIER","given_name":"Alix","given_name_array":["Alix"],"gender":"female","birthplace":"75107","birthcountry":"99100"}`,
		"empty first names": `{"family_name":"FERRIER","given_name":"","given_name_array":[],"gender":"female","birthdate":"1990-01-01","birthplace":"75107","birthcountry":"99100"}`,
	} {
		t.Run(name, func(t *testing.T) {
			p.franceConnect(`{"identity":` + claims + `}`)
			p.visitorOf(t).get(majastres).submit("/demarrer").at(majastres+"/echec/identite-incomplete").
				says("Recommencer n’y changera rien", "attestation", "Service Enfance")
		})
	}
}

// « the state shown truthfully at each moment »: no paper says « enregistré » of a dossier
// that failed.
func TestAFailedDossierHasNoReceipt(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.hubFails(`{"mode":"down"}`)
	p.signInAs(p.anybody())
	citizen := p.visitor()
	confirmation := citizen.get(majastres).submit("/demarrer").submit("/transmettre").says("reçu au format PDF")
	p.later(8*24*time.Hour + time.Hour)
	p.job("purge")
	citizen.get(confirmation.url.Path).says("n’a pas abouti").neverSays("recu.pdf")
	citizen.get(confirmation.url.Path + "/recu.pdf").at(confirmation.url.Path)
}

// Whoever invents methods fills neither the metrics nor the log.
func TestAnInventedMethodIsNotNamed(t *testing.T) {
	t.Parallel()
	p := open(t)
	request, err := http.NewRequest("JEANNE-MARTIN", p.portalURL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("answered %d", response.StatusCode)
	}
	p.keepsQuiet("JEANNE")
	metrics, err := http.Get(p.metricsURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = metrics.Body.Close() }()
	text, err := io.ReadAll(metrics.Body)
	if err != nil || strings.Contains(string(text), "JEANNE") || !strings.Contains(string(text), "other none") {
		t.Errorf("the metrics name the method, or not the request: %v", err)
	}
}

// « static page 503 + alternative + Retry-After » (B.4): what waits for the database ends,
// and says so.
func TestADatabaseThatDoesNotAnswerIsSaidInTime(t *testing.T) {
	t.Parallel()
	p := open(t)
	lock, err := p.tables.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(`LOCK TABLE collectivities`); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback() }()
	client := &http.Client{Timeout: 20 * time.Second}
	response, err := client.Get(p.portalURL + majastres)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" || !strings.Contains(string(body), "<h1>") {
		t.Errorf("answered %d with %s", response.StatusCode, response.Header)
	}
}
