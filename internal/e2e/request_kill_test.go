package e2e

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// requestKills are the places of a deposit and of its approval at which the portal is killed,
// one after the other.
var requestKills = []string{
	"request: about to be deposited", "request: deposited, not answered", "instruction: decided, not recorded", "instruction: recorded, not answered",
}

// tries sends a form to a portal that dies of it, perhaps: the status is 0 then.
func (v *visitor) tries(alive context.Context, target string, fields url.Values) (status int, location string) {
	v.t.Helper()
	request, err := http.NewRequestWithContext(alive, http.MethodPost, target, strings.NewReader(fields.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	client := *v.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.CloseIdleConnections() // those to a portal that was killed since
	response, err := client.Do(request)
	if err != nil {
		return 0, ""
	}
	_ = response.Body.Close()
	return response.StatusCode, response.Header.Get("Location")
}

// comesBack forgets the connections to a portal that was killed.
func (v *visitor) comesBack() *visitor {
	v.client.CloseIdleConnections()
	return v
}

// « Kill -9 »: one deposit, one habilitation and one mail of each, whatever happens; and after
// each restart the person finds the page true.
func TestAPortalKilledDuringARequestKeepsItsWord(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	s := setScene(t)
	p := &portal{scene: s}
	mortal := s.launch(requestKills[0])
	a, step := p.begins(s.visitor(), "agente-clairval", tilleulForm)
	target, fields := a.completes(step, nil).form("/recapitulatif")
	for name, value := range consents {
		fields.Set(name, value)
	}
	press := func() { // and whoever presses learns nothing
		t.Helper()
		if status, location := a.tries(mortal.alive, target, fields); status != 0 {
			t.Errorf("answered %d to %s by a portal that dies", status, location)
		}
		mortal.dies()
		s.leasesRunOut()
	}
	press()
	mortal = s.launch(requestKills[1])
	a.comesBack()
	a.get(a.path("")).says("Brouillon")
	if n := s.count(`SELECT count(*) FROM deposits`); n != 0 {
		t.Errorf("%d deposits before the first was recorded", n)
	}
	press()

	mortal = s.launch(requestKills[2])
	a.comesBack()
	a.get(a.path("/recapitulatif")).at(a.path("")).says("Déposée", "Rien : la demande est lue par les instructeurs")
	if status, location := a.tries(mortal.alive, target, fields); status != http.StatusSeeOther || location != a.path("/depot") {
		t.Errorf("sent again, a deposit is answered %d to %s", status, location)
	}
	instructor := p.professional("instructrice")
	target, fields = instructor.previews(a.number, approval, typed{"motif": "Bienvenue."}).form("/apercu")
	a.visitor = instructor
	press()
	mortal = s.launch(requestKills[3])
	instructor.comesBack()
	instructor.get(theQueue + "/" + a.number).says("Déposée")
	instructor.get(theQueue + "/" + a.number + approval + "/apercu").says("Bienvenue.")
	press()

	mortal = s.launch("")
	instructor.comesBack()
	instructor.get(theQueue+"/"+a.number).says("Validée", "Habilitation validée")
	if status, location := instructor.tries(mortal.alive, target, fields); status != http.StatusSeeOther || location != theQueue+"/"+a.number {
		t.Errorf("sent again, an approval is answered %d to %s", status, location)
	}
	mortal.settles()
	s.isDecidedOnce(a.number)
}

// isDecidedOnce fails unless a request was deposited and approved once, with all that follows.
func (s *scene) isDecidedOnce(number string) {
	s.t.Helper()
	for what, counted := range map[string]int{
		"deposits":         s.count(`SELECT count(*) FROM deposits WHERE request = $1`, number),
		"habilitations":    s.count(`SELECT count(*) FROM habilitations WHERE request = $1`, number),
		"acts of deposit":  s.count(`SELECT count(*) FROM audit_events WHERE act = 'request.filed'`),
		"acts of approval": s.count(`SELECT count(*) FROM audit_events WHERE act = 'habilitation.approved'`),
		"acknowledgements": s.count(`SELECT count(*) FROM mails WHERE kind = 'demande-deposee'`),
		"approvals mailed": s.count(`SELECT count(*) FROM mails WHERE kind LIKE 'habilitation-validee%'`),
	} {
		if counted != 1 {
			s.t.Errorf("%d %s", counted, what)
		}
	}
	left := map[string]int{} // copies of each; « at most one duplicate per kill » between the relay and the commit
	for _, m := range s.stage.Mail.Messages() {
		left[messageID(m)]++
	}
	if recorded := s.count(`SELECT count(*) FROM mails`); recorded != 4 || len(left) != recorded || len(s.stage.Mail.Messages()) > recorded+len(requestKills) { // the two, and who is named
		s.t.Errorf("%d mails are recorded, left %v", recorded, left)
	}
	s.hasOneSubscription(clairval, "Actif", "API")
	if got := s.formOf(clairval); got != "ouvert" || !s.isListed(clairval) {
		s.t.Errorf("the form is %q", got)
	}
}
