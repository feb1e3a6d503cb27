package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/sim/stage"
)

// « SIRET unknown or closed; […] register down. Nothing lost, nothing double, nothing
// half-open »: the approval stands, the form does not open, somebody is called, and
// « Relancer » ends it.
func TestATownThatTheRegisterDoesNotKnow(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.isRegistered(bigorne, false)
	p.mustTell(told("approve", 48232, 1782300000, fields{"organization": fields{"name": bigorne.Name, "siret": bigorne.Siret}}))
	p.drain()
	for town, code := range map[newTown]string{clairmont: "provisioning.siret_unknown", bigorne: "provisioning.siret_closed"} {
		if got := p.subscriptionFailure(town); got != "en_erreur "+code {
			t.Errorf("%s: %s", town.Name, got)
		}
		if p.formOf(town) != "" || len(p.organizationsOf(town)) != 0 {
			t.Errorf("%s is half-open: %q", town.Name, p.formOf(town))
		}
	}
	if p.requestState(48231) != "validee" || len(p.letters(requester)) != 2 {
		t.Errorf("the approval is %q, %d mails", p.requestState(48231), len(p.letters(requester)))
	}
	p.isRegistered(clairmont, true)
	p.professional("administratrice").get("/administration/hubee/" + clairmont.Siret).submit("/relance")
	p.drain()
	p.hasOneSubscription(clairmont, "Actif", "API")
	p.becomesActive(clairmont)
}

func (s *scene) subscriptionFailure(town newTown) (state string) {
	s.t.Helper()
	_ = s.tables.QueryRow(`SELECT state || ' ' || failure_code FROM subscriptions WHERE siret = $1`, town.Siret).Scan(&state)
	return state
}

// The register is down for a day: the approval waits for it, and the form opens after.
func TestARegisterThatIsDownDelaysTheFormOnly(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.order(p.registerURL+"/_sim/faults", `{"match":"GET /","mode":"down"}`)
	p.mustTell(told("approve", 48231, 1782300000, nil))
	eventually(t, 10*time.Second, "the portal has tried", func() bool {
		return p.subscriptionFailure(clairmont) == "a_creer registry.unavailable"
	})
	if len(p.letters(requester)) != 1 {
		eventually(t, 10*time.Second, "the requester is told", func() bool { return len(p.letters(requester)) == 1 })
	}
	p.order(p.registerURL+"/_sim/reset", "")
	p.later(24 * time.Hour)
	p.hasOneSubscription(clairmont, "Actif", "API")
	p.becomesActive(clairmont)
}

// « HubEE 400, 401, 500, 504 at each step, lost answers »: one organisation, one
// subscription, right state, once HubEE is well again.
func TestAnUnwellHubEEIsLivedThrough(t *testing.T) {
	t.Parallel()
	steps := map[string]string{
		"the search of the organisation": "GET /referential/v1/organizations", "the organisation": "POST /referential/v1/organizations",
		"the search of the subscription": "GET /referential/v1/subscriptions", "the subscription": "POST /referential/v1/subscriptions",
		"the activation": "PUT /referential/v1/subscriptions", "the token": "POST /oauth2/token",
	}
	faults := map[string]string{
		"down": `"mode":"down"`, "400": `"mode":"status","status":400`, "401": `"mode":"status","status":401`, "500": `"mode":"status","status":500`,
		"504": `"mode":"status","status":504`, "a lost answer": `"mode":"lost"`, "garbage": `"mode":"garbage"`,
	}
	for step, match := range steps {
		for fault, how := range faults {
			t.Run(fault+" at "+step, func(t *testing.T) {
				t.Parallel()
				p := open(t)
				p.isRegistered(clairmont, true)
				p.hubFails(fmt.Sprintf(`{"match":%q,%s,"times":2}`, match, how))
				p.mustTell(told("approve", 48231, 1782300000, nil))
				p.catchesUp()
				if fault == "400" && step != "the token" { // what the same call meets again waits for somebody
					p.order(p.hubURL+"/_sim/reset", "")
					p.professional("administratrice").get("/administration/hubee/" + clairmont.Siret).submit("/relance")
					p.catchesUp()
				}
				p.hasOneSubscription(clairmont, "Actif", "API")
				if got := p.formOf(clairmont); got != "ouvert" || !p.isListed(clairmont) {
					t.Errorf("the form is %q", got)
				}
				if got := len(p.letters(requester)); got != 1 {
					t.Errorf("%d mails to the requester", got)
				}
			})
		}
	}
}

// « auto falls back to waiting on a 4xx »; « an unknown EDT organisation never blocks an
// approval »: HubEE refuses, somebody there activates, the job notices, the form opens.
func TestAnActivationThatHubEERefusesIsWaitedFor(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.put(p.hubURL+"/_sim/settings", []byte(`{"activation":"refuse"}`))
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.drain()
	if got := p.subscriptionFailure(clairmont); got != "en_attente provisioning.activation_refused" {
		t.Errorf("refused, it is %s", got)
	}
	p.visitor().get("/collectivites/" + clairmont.Siret).answers(http.StatusOK).says("Bientôt disponible").neverSays("/demarrer")
	if p.isListed(clairmont) {
		t.Error("the town is listed before its subscription is active")
	}
	p.job("hubee-subscriptions")
	if got := p.formOf(clairmont); got != "bientot" {
		t.Errorf("nobody activated it, and the form is %q", got)
	}
	p.put(p.hubURL+"/_sim/settings", []byte(`{"activation":"accept"}`))
	p.movesAtHub(clairmont, "Actif")
	p.job("hubee-subscriptions")
	if got := p.formOf(clairmont); got != "ouvert" {
		t.Errorf("activated by hand, the form is %q", got)
	}
	p.hasOneSubscription(clairmont, "Actif", "PORTAIL")
}

// An activation that HubEE refused because it did not know the editor yet is asked for again
// the next day, by itself.
func TestAnActivationRefusedYesterdayIsAskedForAgain(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.put(p.hubURL+"/_sim/settings", []byte(`{"activation":"refuse"}`))
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.drain()
	p.put(p.hubURL+"/_sim/settings", []byte(`{"activation":"accept"}`))
	p.job("hubee-subscriptions")
	p.drain()
	p.hasOneSubscription(clairmont, "Inactif", "")
	p.later(24 * time.Hour)
	p.job("hubee-subscriptions")
	p.drain()
	p.hasOneSubscription(clairmont, "Actif", "API")
	p.becomesActive(clairmont)
}

// movesAtHub changes the status of a subscription behind the portal's back, as the local
// administrator does in HubEE's portal.
func (s *scene) movesAtHub(town newTown, status string) {
	s.t.Helper()
	if err := s.stage.HubEE.SetSubscriptionStatus(s.subscriptionsOf(town)[0].ID, status); err != nil {
		s.t.Fatal(err)
	}
}

// « a suspension made at HubEE is noticed (hubee-subscriptions job), closes the form, holds
// queued dossiers, alerts »; ended there, the dossiers go.
func TestASuspensionMadeAtHubEE(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.drain()
	p.hubFails(`{"match":"POST /teledossiers/v1/folders","mode":"down"}`)
	reference := p.transmitsTo(clairmont)
	eventually(t, 10*time.Second, "the delivery has failed once", func() bool {
		return p.count(`SELECT count(*) FROM outbox WHERE kind = 'dossier.deliver' AND last_error <> ''`) == 1
	})
	p.movesAtHub(clairmont, "Suspendu")
	p.job("hubee-subscriptions")
	if got := p.formOf(clairmont); got != "ferme" || p.isListed(clairmont) {
		t.Errorf("suspended at HubEE, the form is %q", got)
	}
	p.visitor().get("/collectivites/" + clairmont.Siret).answers(http.StatusOK).neverSays("/demarrer")
	p.order(p.hubURL+"/_sim/reset", "")
	p.later(2 * time.Hour)
	if folders := p.foldersOf(reference); len(folders) != 0 {
		t.Errorf("a held dossier left: %+v", folders)
	}
	if letters := p.letters("api-particulier@api.gouv.fr"); len(letters) != 1 {
		t.Errorf("the operator received %d mails", len(letters))
	}
	waiting := p.visitor().get("/suivi/"+reference.String()).answers(http.StatusOK).says("En attente", "est fermé pour le moment").neverSays("En cours d’envoi")
	waiting.linkTo("/sans-franceconnect")
	p.professional("assistant").get("/assistance/dossiers/"+reference.String()).answers(http.StatusOK).says("En attente", "n’est pas ouvert en ce moment")

	p.job("hubee-subscriptions") // nothing new: nobody is told again
	p.movesAtHub(clairmont, "Actif")
	p.job("hubee-subscriptions")
	p.drain()
	p.holdsWhole(reference)
	if got := p.formOf(clairmont); got != "ouvert" || len(p.letters("api-particulier@api.gouv.fr")) != 1 {
		t.Errorf("active again at HubEE, the form is %q, %d mails to the operator", got, len(p.letters("api-particulier@api.gouv.fr")))
	}
}

// « narrow HubEE patterns (mail, phone, lengths) checked before calling, with the field to
// correct »
func TestAnAddressThatHubEERefusesIsCorrected(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.mustTell(told("approve", 48231, 1782300000, fields{"applicant": fields{"email": "yves+qf@limerzel.bzh.alsace", "given_name": "Yves", "family_name": "Cadoret", "phone_number": "02 97"}}))
	p.drain()
	if got := p.subscriptionFailure(clairmont); got != "en_erreur hubee.mail_narrow" {
		t.Fatalf("it is %s", got)
	}
	if len(p.organizationsOf(clairmont)) != 0 {
		t.Error("HubEE was called before the check")
	}
	admin := p.professional("administratrice")
	page := admin.get("/administration/hubee/" + clairmont.Siret)
	page.fill("/gestionnaire", typed{"mail": "yves.cadoret@limerzel.fr", "telephone": "02 97"}).answers(http.StatusUnprocessableEntity)
	admin.get("/administration/hubee/"+clairmont.Siret).fill("/gestionnaire", typed{"mail": "yves.cadoret@limerzel.fr", "telephone": "02 97 66 00 00"})
	p.drain()
	p.hasOneSubscription(clairmont, "Actif", "API")
	p.becomesActive(clairmont)
}

// The existing back-office says that it has seen to everything for a town: its form opens,
// and HubEE is asked. A town without subscription is no town that is open: no dossier would
// arrive (« nothing half-open », issue 4).
func TestATownThatTheBackOfficeAddsIsChecked(t *testing.T) {
	t.Parallel()
	p := open(t)
	add := func(town newTown) {
		t.Helper()
		body := fmt.Sprintf(`{"siret":%q,"code_cog":%q,"departement":"00","name":"Limerzel","status":"active","editor":"90511200900014"}`, town.Siret, town.COG)
		request, err := http.NewRequest(http.MethodPost, p.portalURL+"/api/collectivites", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+stage.DirectoryBearer)
		request.Header.Set("Content-Type", "application/json")
		var added struct {
			Collectivity struct{ Siret, Departement string }
		}
		decodeAnswer(t, request, http.StatusCreated, &added)
		if added.Collectivity.Departement != "56" {
			t.Errorf("it lies in %q", added.Collectivity.Departement)
		}
	}
	add(clairmont)
	if !p.isListed(clairmont) {
		t.Error("the town is not listed")
	}
	p.job("hubee-subscriptions")
	if got := p.formOf(clairmont); got != "bientot" || p.subscriptionFailure(clairmont) != "en_erreur hubee.subscription_missing" {
		t.Errorf("HubEE knows no subscription, the form is %q, %s", got, p.subscriptionFailure(clairmont))
	}
	if letters := p.letter("api-particulier@api.gouv.fr"); !strings.Contains(letters.text, "/administration/hubee/"+clairmont.Siret) {
		t.Errorf("the operator reads %s", letters.text)
	}
	p.job("hubee-subscriptions")
	p.drain()
	if got := len(p.letters("api-particulier@api.gouv.fr")); got != 1 {
		t.Errorf("the operator is told %d times", got)
	}
}

// The job learns HubEE's ids of the subscriptions that another system made, and changes
// nothing where HubEE says what we have.
func TestTheSubscriptionsOfTheExistingSystemAreAdopted(t *testing.T) {
	t.Parallel()
	p := open(t)
	forms := func() string {
		var all string
		if err := p.tables.QueryRow(`SELECT string_agg(siret || ' ' || form, ', ' ORDER BY siret) FROM collectivities`).Scan(&all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	before, mails := forms(), len(p.stage.Mail.Messages())
	p.job("hubee-subscriptions")
	p.drain()
	if after := forms(); after != before || len(p.stage.Mail.Messages()) != mails {
		t.Errorf("%s\nbecame\n%s, with %d mails", before, after, len(p.stage.Mail.Messages())-mails)
	}
	if n := p.count(`SELECT count(*) FROM subscriptions WHERE hub_id IS NULL AND want = 'actif'`); n != 0 {
		t.Errorf("%d subscriptions have no id", n)
	}
	waiting := p.stage.Town("hubee_en_attente")
	town := newTown{Siret: waiting.Siret, COG: waiting.COG}
	p.movesAtHub(town, "Actif")
	p.job("hubee-subscriptions")
	if got := p.formOf(town); got != "ouvert" {
		t.Errorf("activated at HubEE, the form is %q", got)
	}
}

// The same at the suspension: the form is closed at once, and HubEE takes nothing any more
// once it is well.
func TestAnUnwellHubEEIsSuspendedAllTheSame(t *testing.T) {
	t.Parallel()
	for fault, how := range map[string]string{
		"down": `"mode":"down"`, "500": `"mode":"status","status":500`, "a lost answer": `"mode":"lost"`, "garbage": `"mode":"garbage"`, "400": `"mode":"status","status":400`,
	} {
		for _, match := range []string{"GET /referential/v1/subscriptions", "PUT /referential/v1/subscriptions"} {
			t.Run(fault+" at "+match, func(t *testing.T) {
				t.Parallel()
				p := open(t)
				p.isRegistered(clairmont, true)
				p.mustTell(told("approve", 48231, 1782300000, nil))
				p.drain()
				p.hubFails(fmt.Sprintf(`{"match":%q,%s,"times":2}`, match, how))
				p.mustTell(told("revoke", 48231, 1782400000, fields{"state": "revoked"}))
				if got := p.formOf(clairmont); got != "ferme" {
					t.Errorf("the form is %q", got)
				}
				p.catchesUp()
				if fault == "400" {
					p.order(p.hubURL+"/_sim/reset", "")
					p.professional("administratrice").get("/administration/hubee/" + clairmont.Siret).submit("/relance")
					p.catchesUp()
				}
				p.hasOneSubscription(clairmont, "Suspendu", "API")
				if got := p.formOf(clairmont); got != "ferme" || p.subscriptionFailure(clairmont) != "suspendu " {
					t.Errorf("the form is %q, %s", got, p.subscriptionFailure(clairmont))
				}
			})
		}
	}
}
