package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/value"
)

// « End-to-end: signed approve → organisation and active subscription in the simulator →
// town listed → form open → a dossier delivered → revoke → closed → a late approve changes
// nothing » (issue 4).
func TestFromAnApprovalToADossierAndToTheRevocation(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.visitor().get("/collectivites/" + clairmont.Siret).answers(http.StatusNotFound)

	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.drain()
	got := p.hasOneSubscription(clairmont, "Actif", "API")
	if got.DatapassID != 48231 || got.DelegationActor == nil || deref(got.DelegationActor.CompanyRegister) != "90511200900014" || deref(got.DelegationActor.Type) != "EDT" {
		t.Errorf("the subscription is %+v", got)
	}
	organisation := p.organizationsOf(clairmont)[0]
	if organisation.Name != "Limerzel" || organisation.Territory != "Limerzel" || organisation.PostalCode != "56220" {
		t.Errorf("the organisation is %+v", organisation)
	}
	if !p.isListed(clairmont) {
		t.Error("the town is not listed")
	}
	p.visitor().get("/collectivites/" + clairmont.Siret).answers(http.StatusOK).says("Limerzel")

	reference := p.transmitsTo(clairmont)
	p.drain()
	p.holdsWhole(reference)

	p.mustTell(told("revoke", 48231, 1782400000, fields{"state": "revoked"}))
	if got := p.formOf(clairmont); got != "ferme" {
		t.Errorf("revoked, the form is %q at once", got)
	}
	p.drain()
	p.hasOneSubscription(clairmont, "Suspendu", "API")
	if p.isListed(clairmont) {
		t.Error("revoked, the town is still listed")
	}
	p.visitor().get("/collectivites/" + clairmont.Siret).answers(http.StatusOK).neverSays("/demarrer")

	mails := len(p.stage.Mail.Messages())
	p.mustTell(told("approve", 48231, 1782350000, nil))
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.drain()
	p.hasOneSubscription(clairmont, "Suspendu", "API")
	if got := p.requestState(48231); got != "revoquee" || p.formOf(clairmont) != "ferme" || len(p.stage.Mail.Messages()) != mails {
		t.Errorf("after a late approval the request is %q, the form %q, %d mails more", got, p.formOf(clairmont), len(p.stage.Mail.Messages())-mails)
	}
	if n := p.count(`SELECT count(*) FROM habilitations WHERE request = 48231`); n != 1 {
		t.Errorf("%d habilitations for one approval that counted", n)
	}
	p.keepsQuiet(requester, "Cadoret", "0836656565")
}

// transmitsTo has a citizen send a dossier to a town.
func (p *portal) transmitsTo(town newTown) value.Reference {
	p.t.Helper()
	citizen := p.visitor()
	form := citizen.get("/collectivites/" + town.Siret)
	p.signInAs(p.anybody())
	confirmation := form.submit("/demarrer").at("/collectivites/" + town.Siret + "/verification").submit("/transmettre")
	_, shown, _ := strings.Cut(confirmation.url.Path, "/confirmation/")
	reference, err := value.ParseReference(shown)
	if err != nil {
		p.t.Fatalf("no identifier on %s", confirmation.url.Path)
	}
	return reference
}

// holdsWhole fails unless HubEE has one completed folder of a dossier, with everything.
func (p *portal) holdsWhole(reference value.Reference) {
	p.t.Helper()
	folders := p.foldersOf(reference)
	if len(folders) != 1 || !isCompleted(folders[0]) || !hasEverything(folders[0]) {
		p.t.Errorf("HubEE has of %s %+v", reference, folders)
	}
}

// « One mail To the requester, Cc the technical contact, whatever the equality of contacts »
// (PRODUCT.md 3.4): for the seven equalities of requester, business and technical contact,
// « exactly one per approval », the copy to the editor's present contact or, without an
// editor, to the one that was named; nobody twice.
func TestOneMailToTheRightPeople(t *testing.T) {
	t.Parallel()
	p := open(t)
	const d, b, c = "d@limerzel.example.fr", "b@limerzel.example.fr", "t@prestataire.example.fr"
	person := func(mail string) fields { return fields{"email": mail, "given_name": "Yves", "family_name": "Cadoret"} }
	for i, row := range []struct {
		name                           string
		requester, business, technical any // mail; nil: nobody was named
		cc                             []string
	}{
		{"all the same", d, d, d, nil},
		{"all different", d, b, c, []string{c}},
		{"business and technical are one", d, c, c, []string{c}},
		{"no business contact", d, nil, c, []string{c}},
		{"requester and business are one", d, d, c, []string{c}},
		{"requester and technical are one", d, b, d, nil},
		{"the requester alone", d, nil, nil, nil},
	} {
		for editor, provider := range map[string]any{"an editor": fields{"id": "tilleul", "type": "editor", "siret": "90511200900014"}, "no editor": nil} {
			t.Run(row.name+", "+editor, func(t *testing.T) {
				p.reportsTo(t)
				since := len(p.stage.Mail.Messages())
				number := int64(50000 + i)
				form := "formulaire-inconnu"
				cc := row.cc
				if provider != nil {
					number, form, cc = number+100, "api-particulier-tilleul", []string{tilleulContact}
				}
				town := anotherTown(t, int(number))
				p.isRegistered(town, true)
				p.mustTell(told("approve", number, 1782300000, fields{
					"organization": fields{"name": town.Name, "siret": town.Siret}, "applicant": person(row.requester.(string)), "form_uid": form,
					"service_provider": provider, "contact_metier_email": row.business, "contact_technique_email": row.technical,
					"delegue_protection_donnees_email": nil, "responsable_traitement_email": nil,
				}))
				p.drain()
				want := []envelope{{To: []string{d}, CC: cc}}
				if diff := cmp.Diff(want, p.envelopes(since), joined); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// An editor that asks for its own client is in To, and not in copy of itself.
func TestAnEditorThatIsTheRequesterIsWrittenToOnce(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.mustTell(told("approve", 48231, 1782300000, fields{
		"applicant":                        fields{"email": "Integration@Tilleul.example.fr", "given_name": "Sofia", "family_name": "Renard"},
		"delegue_protection_donnees_email": nil, "responsable_traitement_email": nil,
	}))
	p.drain()
	want := []envelope{{To: []string{tilleulContact}}}
	if diff := cmp.Diff(want, p.envelopes(0), joined); diff != "" {
		t.Error(diff)
	}
}

// « DPD and controller told what was declared in their name » (issue 4), each once; and a
// modification is confirmed by a text of its own.
func TestWhoWasDesignatedIsTold(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.drain()
	for _, mail := range []string{"dpd@syndicat.example.fr", "maire@limerzel.example.fr"} {
		if letters := p.letters(mail); len(letters) != 1 || !strings.Contains(plain(letters[0].text), "Yves Cadoret") {
			t.Errorf("%s received %+v", mail, letters)
		}
	}
	if got := len(p.letters(requester)); got != 1 {
		t.Errorf("the requester received %d mails", got)
	}
	p.mustTell(told("reopen", 48231, 1782310000, fields{"state": "draft"}))
	p.mustTell(told("approve", 48231, 1782320000, fields{"modalities": []string{"params", "formulaire_qf"}}))
	p.drain()
	if got := p.count(`SELECT count(*) FROM habilitations WHERE request = 48231`); got != 2 {
		t.Errorf("%d versions after two approvals", got)
	}
	letters := p.letters(requester)
	if len(letters) != 2 || letters[1].subject == letters[0].subject {
		t.Errorf("the requester received %d mails: %+v", len(letters), letters)
	}
	p.hasOneSubscription(clairmont, "Actif", "API")
}

// « Replayed […] webhooks. Nothing lost, nothing double »: fifty copies of one event at once
// are one habilitation, one subscription, one mail.
func TestFiftyCopiesOfAnApprovalAreOne(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	event := told("approve", 48231, 1782300000, fields{"delegue_protection_donnees_email": nil, "responsable_traitement_email": nil})
	statuses := make(chan int, 50)
	for range 50 {
		go func() { statuses <- p.tells(event) }()
	}
	for range 50 {
		if status := <-statuses; status != http.StatusOK {
			t.Errorf("one was answered %d", status)
		}
	}
	p.drain()
	p.hasOneSubscription(clairmont, "Actif", "API")
	if got := p.count(`SELECT count(*) FROM habilitations WHERE request = 48231`); got != 1 || len(p.envelopes(0)) != 1 {
		t.Errorf("%d habilitations, %d mails", got, len(p.envelopes(0)))
	}
	if got := p.count(`SELECT arrivals FROM datapass_events WHERE request = 48231`); got != 50 {
		t.Errorf("%d arrivals are counted", got)
	}
}

// « Replayed, reordered, truncated, unsigned, oversized, deeply nested, duplicate-key
// webhooks […] 401 / 422 / 200 »
func TestWhatDatapassMaySendWrong(t *testing.T) {
	t.Parallel()
	p := open(t)
	for name, row := range map[string]struct {
		body string
		want int
	}{
		"truncated":       {`{"event":"approve","fired_at":1`, http.StatusUnprocessableEntity},
		"no event":        {`{}`, http.StatusUnprocessableEntity},
		"nested":          {`{"a":` + strings.Repeat(`{"a":`, 200) + `1` + strings.Repeat(`}`, 200) + `}`, http.StatusUnprocessableEntity},
		"deeply nested":   {strings.Repeat(`[`, 100000), http.StatusUnprocessableEntity},
		"a key twice":     {`{"event":"approve","event":"revoke"}`, http.StatusUnprocessableEntity},
		"a test":          {`{"test":true,"timestamp":"2026-11-25T10:00:00Z"}`, http.StatusOK},
		"another API":     {`{"event":"approve","fired_at":1782300000,"model_type":"authorization_request/api_entreprise","model_id":7,"data":{}}`, http.StatusOK},
		"something empty": {``, http.StatusUnprocessableEntity},
	} {
		if status, answer := p.sendsSigned([]byte(row.body)); status != row.want {
			t.Errorf("%s: %d %s, want %d", name, status, answer, row.want)
		}
		if status, _ := p.sendsRaw(t.Context(), []byte(row.body), ""); status != http.StatusUnauthorized {
			t.Errorf("%s, unsigned: %d", name, status)
		}
	}
	// The portal hangs up on who goes on sending: the answer may not be read (status 0).
	if status, _ := p.sendsSigned([]byte(strings.Repeat(" ", 3<<20))); status != 0 && status != http.StatusRequestEntityTooLarge {
		t.Errorf("oversized: %d", status)
	}
	if got := p.count(`SELECT count(*) FROM datapass_events WHERE state = 'quarantaine'`); got != 6 {
		t.Errorf("%d events in quarantine", got)
	}
	p.drain()
	if got := p.count(`SELECT count(*) FROM requests WHERE number NOT BETWEEN 9001 AND 9006`); got != 0 {
		t.Errorf("%d requests came of it", got)
	}
}

// « suspended by one person, revoked by a second »; « two people deciding at once: one wins,
// the other is told »; « restored on restoration ».
func TestOnePersonSuspendsAndASecondRevokes(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.drain()
	awa, maud := p.professional("instructrice"), p.professional("polyvalente")
	const page = "/instruction/habilitations/48231"
	maud.get("/espaces").submit("/espaces")

	decide(awa, page, "suspension", typed{"motif": "Une fuite du jeton est signalée."})
	p.drain()
	p.hasOneSubscription(clairmont, "Suspendu", "API")
	if p.requestState(48231) != "suspendue" || p.formOf(clairmont) != "ferme" {
		t.Errorf("suspended, the request is %q, the form %q", p.requestState(48231), p.formOf(clairmont))
	}
	decide(awa, page, "retablissement", typed{"motif": ""})
	p.drain()
	p.hasOneSubscription(clairmont, "Actif", "API")
	if p.requestState(48231) != "validee" || p.formOf(clairmont) != "ouvert" {
		t.Errorf("restored, the request is %q, the form %q", p.requestState(48231), p.formOf(clairmont))
	}
	decide(awa, page, "suspension", typed{"motif": "Une fuite du jeton est signalée."})
	if status := awa.get(page + "/revocation").status; status == http.StatusOK {
		awa.get(page+"/revocation").fill("/revocation", typed{"motif": "Fuite confirmée."}).answers(http.StatusForbidden)
	}
	if p.requestState(48231) != "suspendue" {
		t.Errorf("the same person revoked: %q", p.requestState(48231))
	}
	decide(maud, page, "revocation", typed{"motif": "Fuite confirmée."})
	p.drain()
	if p.requestState(48231) != "revoquee" {
		t.Errorf("revoked by a second person, the request is %q", p.requestState(48231))
	}
	var subjects []string
	for _, letter := range p.letters(requester) {
		subjects = append(subjects, letter.subject)
	}
	if len(subjects) != 5 {
		t.Errorf("the requester was told: %q", subjects)
	}
}

// decide sends the form of a decision.
func decide(v *visitor, page, act string, values typed) *page {
	v.t.Helper()
	return v.get(page+"/"+act).fill("/"+act, values)
}

// « One HubEE subscription per town and process, so one editor receives the dossiers: a
// second editor's request asks "which software must receive them?" […] tells both editors and
// the town » (PRODUCT.md 3.2). DataPass does not ask: somebody here decides.
func TestASecondSoftwareReceivesTheDossiersWhenSomebodySaysSo(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.drain()
	p.mustTell(told("approve", 48240, 1782310000, fields{
		"form_uid": "api-particulier-brume", "service_provider": fields{"id": "brume", "type": "editor", "siret": "91033700500011"},
	}))
	p.drain()
	delegate := func() string {
		return deref(p.hasOneSubscription(clairmont, "Actif", "API").DelegationActor.CompanyRegister)
	}
	if got := delegate(); got != "90511200900014" || p.formOf(clairmont) != "ouvert" {
		t.Errorf("a second approval gave the dossiers to %s, the form is %q", got, p.formOf(clairmont))
	}
	since := len(p.stage.Mail.Messages())
	admin := p.professional("administratrice")
	admin.get("/administration/hubee/" + clairmont.Siret).says("Ateliers Brume")
	admin.get("/administration/hubee/" + clairmont.Siret + "/logiciel").submit("/logiciel")
	if p.formOf(clairmont) != "ouvert" {
		t.Errorf("handed over, the form is %q", p.formOf(clairmont))
	}
	p.drain()
	if got := delegate(); got != "91033700500011" {
		t.Errorf("the dossiers go to %s", got)
	}
	want := []envelope{{To: []string{requester}, CC: sorted([]string{tilleulContact, "technique@brume.example.fr"})}}
	if diff := cmp.Diff(want, p.envelopes(since), joined); diff != "" {
		t.Error(diff)
	}
	// The first one is valid still, though nobody contends: it takes over, as the page foretells.
	awa := p.professional("instructrice")
	awa.get("/instruction/habilitations/48240/suspension").says("Le formulaire reste ouvert", "D48231", "Logiciels Tilleul reçoit désormais les dossiers").neverSays("se ferme")
	decide(awa, "/instruction/habilitations/48240", "suspension", typed{"motif": "À vérifier."})
	p.drain()
	if got := delegate(); got != "90511200900014" || p.formOf(clairmont) != "ouvert" {
		t.Errorf("the second right is suspended: the dossiers go to %s, the form is %q", got, p.formOf(clairmont))
	}
	p.mustTell(told("revoke", 48240, 1782400000, fields{"state": "revoked"}))
	p.mustTell(told("revoke", 48231, 1782410000, fields{"state": "revoked"}))
	p.drain()
	p.hasOneSubscription(clairmont, "Suspendu", "API")
}

// A town with two valid rights by one software keeps its form when one of them ends.
func TestTheFormStaysWhileOneRightHolds(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	for number := range int64(2) {
		p.mustTell(told("approve", 48231+number, 1782300000, nil))
	}
	p.drain()
	p.mustTell(told("revoke", 48231, 1782400000, fields{"state": "revoked"}))
	p.drain()
	p.hasOneSubscription(clairmont, "Actif", "API")
	if p.formOf(clairmont) != "ouvert" {
		t.Errorf("the form is %q", p.formOf(clairmont))
	}
	p.mustTell(told("revoke", 48232, 1782400000, fields{"state": "revoked"}))
	p.drain()
	p.hasOneSubscription(clairmont, "Suspendu", "API")
}
