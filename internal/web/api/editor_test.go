package api

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
)

// « GET /clients (stage, habilitation, token metadata and expiry, HubEE state) », in the shape of
// SETTLED.md.
func TestAnEditorReadsHowFarItsClientsAre(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	id := e.habilitated(10000042, majastres, tilleul)
	e.run(`INSERT INTO subscriptions (siret, editor_siret, administrator, want, wanted_at, state) VALUES ($1, $2, '{}', 'actif', $3, 'actif')`, majastres.String(), tilleul, noon)
	e.request(10000043, sainville, habilitation.Draft, "formulaire-tilleul", "") // in no directory
	e.town(valombre, "Valombre", brume)
	e.habilitated(10000044, valombre, brume)
	e.request(10000045, valombre, habilitation.Submitted, "formulaire-tilleul", "") // asks for a second software
	e.town(clairval, "Clairval", brume)
	e.request(10000046, clairval, habilitation.Archived, "formulaire-tilleul", "") // came to nothing
	e.request(10000047, clairval, habilitation.Validated, "formulaire-tilleul", brume)

	p := e.lets(tilleul, machine.ScopeClients)
	prefix := e.prefixOf(id)
	first := `{"siret":"21040107100019","nom":"Majastres","etape":"jeton_a_recuperer","habilitation":{"numero":"H10000042","validee_le":"2026-03-02T13:00:00+01:00"},` +
		`"jeton":{"id":"` + id + `","prefixe":"` + prefix + `","etat":"a_recuperer","expire_le":"2027-09-02T23:59:59+02:00","derniere_utilisation":null},` +
		`"hubee":{"etat":"actif"},"formulaire":{"url":"https://portail.example.fr/collectivites/21040107100019"}}`
	second := `{"siret":"21280363900013","nom":"COMMUNE","etape":"demande_commencee","habilitation":null,"jeton":null,"hubee":{"etat":"aucun"},"formulaire":{"url":null}}`
	third := `{"siret":"21910998000017","nom":"Valombre","etape":"deposee","habilitation":null,"jeton":null,"hubee":{"etat":"aucun"},"formulaire":{"url":"https://portail.example.fr/collectivites/21910998000017"}}`
	p.reads("/clients").is(http.StatusOK, `{"donnees":[`+first+`,`+second+`,`+third+`],"suivant":null}`).
		has("Content-Type", "application/json; charset=utf-8", "Cache-Control", "private, no-cache", "Vary", "Authorization")
	p.reads("/clients/21040107100019").is(http.StatusOK, first)
	p.reads("/clients/21280363900013").is(http.StatusOK, second)

	e.run(`UPDATE tokens SET collected_at = $1, collected_side = 'editeur', last_used_at = $2`, noon, noon.Add(time.Hour))
	if got := into[clientView](p.reads("/clients/21040107100019")); got.Stage != "en_service" || got.Token.State != "recupere" || *got.Token.LastUse != "2026-03-02T14:00:00+01:00" {
		t.Errorf("%+v %+v", got, got.Token)
	}
	e.run(`UPDATE subscriptions SET suspended_at_hub = true`)
	e.run(`UPDATE requests SET state = 'suspendue' WHERE number = 10000042`)
	if got := into[clientView](p.reads("/clients/21040107100019")); got.Stage != "suspendue" || got.Hub.State != "suspendu" {
		t.Errorf("%+v", got)
	}
	// Its own town apart, what another editor has looks like what nobody has.
	foreign := p.reads("/clients/"+clairval.String()).refuses(http.StatusNotFound, "client.unknown")
	p.reads("/clients/"+siretOf(7).String()).is(http.StatusNotFound, foreign.body)
}

// « pagination … stable under inserts »: 250 clients, and others that come on both sides of where
// the reading is.
func TestAListThatGrowsWhileItIsReadForgetsAndRepeatsNothing(t *testing.T) {
	e := openEditors(t)
	for i := range 250 {
		e.town(siretOf(1000+10*i), fmt.Sprintf("Commune %d", i), tilleul)
	}
	p := e.lets(tilleul, machine.ScopeClients)
	added := 0
	seen := map[string]int{}
	for _, one := range walk[clientView](p, "/clients", 30, func() {
		added++
		e.town(siretOf(1001+10*added), "Avant", tilleul)
		e.town(siretOf(3400+added), "Après", tilleul)
	}) {
		seen[one.Siret]++
	}
	for i := range 250 {
		if n := seen[siretOf(1000+10*i).String()]; n != 1 {
			t.Errorf("client %d is told %d times", i, n)
		}
	}
	for siret, n := range seen {
		if n != 1 {
			t.Errorf("%s is told %d times", siret, n)
		}
	}
	if all := walk[clientView](p, "/clients", 100, func() {}); len(all) != 250+2*added {
		t.Errorf("%d clients, want %d", len(all), 250+2*added)
	}
	if page := into[listed[clientView]](p.reads("/clients")); len(page.Data) != usualLimit {
		t.Errorf("%d lines where none were asked for", len(page.Data))
	}
}

// RFC 9110 §13.1.2: what a program has already is not sent again.
func TestWhatAProgramHasAlreadyIsNotSentAgain(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	id := e.habilitated(10000042, majastres, tilleul)
	e.dossier("K7RM42XPQ9TBH", majastres, dossier.Transmitted, noon)
	p := e.lets(tilleul, machine.Scopes[:]...)
	for _, path := range []string{"/clients", "/clients/21040107100019", "/jetons", "/jetons/" + id, "/dossiers"} {
		tag := p.reads(path).header.Get("ETag")
		if tag == "" {
			t.Fatalf("%s has no ETag", path)
		}
		for _, wanted := range []string{tag, "W/" + tag, `"autre", ` + tag, "*"} {
			p.reads(path, "If-None-Match", wanted).is(http.StatusNotModified, "").has("ETag", tag, "Cache-Control", "private, no-cache", "Vary", "Authorization")
		}
		if p.reads(path, "If-None-Match", `"autre"`).status != http.StatusOK {
			t.Errorf("%s: another content is not sent", path)
		}
		if got := p.call(http.MethodHead, path, ""); got.status != http.StatusOK || got.header.Get("ETag") != tag {
			t.Errorf("HEAD %s: %d", path, got.status)
		}
	}
	before := p.reads("/jetons").header.Get("ETag")
	into[map[string]string](p.posts("/jetons/"+id+"/collecte", "", "Idempotency-Key", "1"))
	if p.reads("/jetons", "If-None-Match", before).status != http.StatusOK {
		t.Error("a change is not told")
	}
}

// « GET /dossiers?siret=&depuis= (states only) »; « identifiant » in any case and with
// separators; another editor's looks like none.
func TestAnEditorReadsTheStatesOfItsDossiers(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	e.town(sainville, "Sainville", tilleul)
	e.town(valombre, "Valombre", brume)
	references := make([]value.Reference, 6)
	for i := range references {
		references[i] = e.draw()
	}
	e.dossier(references[0], majastres, dossier.Recorded, noon)
	e.dossier(references[1], majastres, dossier.Transmitted, noon.Add(time.Minute))
	e.dossier(references[2], sainville, dossier.Received, noon.Add(2*time.Minute))
	e.dossier(references[3], valombre, dossier.Received, noon.Add(3*time.Minute))
	p := e.lets(tilleul, machine.ScopeDossiers)
	told := func(query string) (found []string) {
		t.Helper()
		for _, one := range into[listed[dossierView]](p.reads("/dossiers" + query)).Data {
			found = append(found, one.Reference)
		}
		return found
	}
	is := func(query string, want ...value.Reference) {
		t.Helper()
		var texts []string
		for _, reference := range want {
			texts = append(texts, reference.String())
		}
		if got := told(query); !slices.Equal(got, texts) {
			t.Errorf("%s: %q, want %q", query, got, texts)
		}
	}
	is("", references[:3]...)
	is("?siret="+majastres.String(), references[:2]...)
	is("?siret=" + valombre.String())
	is("?siret=" + siretOf(3).String())
	is("?depuis="+url.QueryEscape("2026-03-02T13:01:00+01:00"), references[1:3]...)
	is("?depuis=2026-03-02T12:02:00Z&siret="+sainville.String(), references[2])
	p.reads("/dossiers/"+references[1].String()).is(http.StatusOK, `{"identifiant":"`+references[1].String()+`","siret":"21040107100019","etat":"transmis",`+
		`"depuis":"2026-03-02T13:01:00+01:00","hubee_folder_id":"folder-`+references[1].String()+`","hubee_case_id":"case-`+references[1].String()+`"}`)
	for _, written := range []string{references[0].Display(), strings.ToLower(references[0].String()), url.PathEscape(references[0].Display()[:4] + " " + references[0].String()[4:])} {
		if got := into[dossierView](p.reads("/dossiers/" + written)); got.Reference != references[0].String() || got.FolderID != nil || got.CaseID != nil {
			t.Errorf("%s: %+v", written, got)
		}
	}
	unknown := p.reads("/dossiers/"+references[5].String()).refuses(http.StatusNotFound, "dossier.unknown")
	for _, other := range []string{references[3].String(), "x", "%00", strings.Repeat("A", 300), references[0].String()[:12]} {
		p.reads("/dossiers/"+other).is(http.StatusNotFound, unknown.body)
	}
	e.run(`UPDATE collectivities SET editor_siret = $1 WHERE siret = $2`, brume, sainville.String())
	is("", references[:2]...) // those of its present towns alone
	p.reads("/dossiers/"+references[2].String()).is(http.StatusNotFound, unknown.body)
	if logged := e.log.String(); strings.Contains(logged, references[0].String()) || strings.Contains(logged, references[3].String()) {
		t.Error("the log tells which dossier was looked at")
	}
}

func (e *editors) draw() value.Reference {
	e.t.Helper()
	reference, err := value.NewReference(rand.Reader)
	if err != nil {
		e.t.Fatal(err)
	}
	return reference
}

// A dossier that moves while the list is read comes again at its end, and no other is forgotten:
// half of them have their state since the same moment.
func TestDossiersThatMoveAreNotForgotten(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	e.town(sainville, "Sainville", tilleul)
	var all []value.Reference
	for i := range 60 {
		all = append(all, e.draw())
		e.dossier(all[i], []value.Siret{majastres, sainville}[i%2], dossier.Transmitted, noon.Add(time.Duration(i/30)*time.Microsecond))
	}
	p := e.lets(tilleul, machine.ScopeDossiers)
	seen := map[string][]string{}
	moves := 0
	for _, one := range walk[dossierView](p, "/dossiers", 7, func() {
		e.run(`UPDATE dossiers SET state = 'recu', state_at = $2 WHERE reference = $1`, all[moves*7].String(), noon.Add(time.Hour+time.Duration(moves)*time.Second))
		moves++
	}) {
		seen[one.Reference] = append(seen[one.Reference], one.State)
	}
	for i, reference := range all {
		states := seen[reference.String()]
		moved := i%7 == 0 && i/7 < moves
		if len(states) == 0 || moved && states[len(states)-1] != "recu" || !moved && len(states) != 1 {
			t.Errorf("dossier %d is told as %q", i, states)
		}
	}
}

// « HubEE credentials … API »: what is deposited is handed over whole, and given back to nobody.
func TestAnEditorDepositsTheAccessOfATown(t *testing.T) {
	e := openEditors(t)
	p := e.lets(tilleul, machine.ScopeHubWrite)
	p.posts("/clients/21040107100019/hubee", `{"identifiant":"si-majastres","secret":"très secret\"é"}`).is(http.StatusOK, `{"siret":"21040107100019","etat":"teste","precedent_garde":false}`)
	if want := []string{tilleul, majastres.String(), "si-majastres", `très secret"é`}; len(e.deposited) != 1 || !slices.Equal(e.deposited[0], want) {
		t.Errorf("%d deposits", len(e.deposited))
	}
	p.posts("/clients/21040107100019/hubee", `{"identifiant":"si-majastres","secret":"refusé"}`).is(http.StatusOK, `{"siret":"21040107100019","etat":"refuse","precedent_garde":true}`)
	p.posts("/clients/21280363900013/hubee", `{"identifiant":"a","secret":"b"}`).refuses(http.StatusNotFound, "client.unknown")
	p.posts("/clients/21040107100019/hubee", `{"identifiant":"a:b","secret":"c"}`).refuses(http.StatusUnprocessableEntity, "hub_account.id_malformed")
	for _, body := range []string{"", `{}`, `{"identifiant":"a"}`, `{"secret":"b"}`, `{"identifiant":"","secret":""}`, `{"identifiant":["a"],"secret":{}}`, `{"identifiant":true,"secret":null}`,
		`{"identifiant":1,"secret":2}`, `{"identifiant":"a","secret":2}`, `{"identifiant":-1.5e3,"secret":"b"}`} {
		p.posts("/clients/21040107100019/hubee", body).refuses(http.StatusBadRequest, "call.pair_missing")
	}
	if strings.Contains(e.log.String(), "très secret") || strings.Contains(e.log.String(), "si-majastres") {
		t.Error("the log tells a secret")
	}
}
