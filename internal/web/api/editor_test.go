package api

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/web"
	"portail-qf/templates"
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

func (e *editors) prefixOf(id string) (prefix string) {
	e.t.Helper()
	if err := e.raw.QueryRowContext(e.t.Context(), `SELECT 'apip_test_' || public_id FROM tokens WHERE id = $1`, id).Scan(&prefix); err != nil {
		e.t.Fatal(err)
	}
	return prefix
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

// « API: same Idempotency-Key = same answer; another key after collection = 409 » (SETTLED.md)
func TestATokenIsCollectedOnce(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	id := e.habilitated(10000042, majastres, tilleul)
	p := e.lets(tilleul, machine.ScopeTokens, machine.ScopeTokensWrite)
	collecte := "/jetons/" + id + "/collecte"
	p.posts("/jetons/"+id+"/confirmation", "").refuses(http.StatusConflict, "token.uncollected")
	first := p.posts(collecte, "", "Idempotency-Key", "premier-essai").has("Cache-Control", "no-store")
	got := into[map[string]string](first)
	text, err := credential.ParseTokenText(value.Secret(got["jeton"]))
	if err != nil || got["prefixe"] != "apip_test_"+text.PublicID || got["id"] != id || got["expire_le"] != "2027-09-02T23:59:59+02:00" || len(got) != 4 {
		t.Errorf("%d members, %v", len(got), err)
	}
	gate := &credential.Gate{Store: postgres.Tokens{DB: e.db}, Pepper: e.pepper, Now: func() time.Time { return e.now }}
	if admission, err := gate.Look(t.Context(), value.Secret(got["jeton"])); err != nil || admission.Siret != majastres {
		t.Errorf("what was given opens nothing: %v", err)
	}
	p.posts(collecte, "{}", "Idempotency-Key", "premier-essai").is(http.StatusOK, first.body)
	e.now = e.now.Add(6 * 24 * time.Hour)
	p = e.lets(tilleul, machine.ScopeTokensWrite, machine.ScopeTokens) // access tokens last an hour
	p.posts(collecte, "", "Idempotency-Key", "premier-essai").is(http.StatusOK, first.body)
	p.posts(collecte, "", "Idempotency-Key", "second-essai").refuses(http.StatusConflict, "token.collected")

	p.posts("/jetons/"+id+"/confirmation", "").is(http.StatusNoContent, "")
	p.posts("/jetons/"+id+"/confirmation", "{}").is(http.StatusNoContent, "")
	p.posts(collecte, "", "Idempotency-Key", "premier-essai").refuses(http.StatusConflict, "token.closed")
	if view := into[tokenView](p.reads("/jetons/" + id)); view.State != "recupere" || *view.CollectedAt != "2026-03-02T13:00:00+01:00" {
		t.Errorf("%+v", view)
	}
	if n := e.count(`SELECT count(*) FROM audit_events WHERE act = 'token.collected' AND author_id LIKE 'client:qf_client_%'`); n != 1 {
		t.Errorf("%d collections are journalled", n)
	}
	e.secretNowhere(p, got["jeton"])
}

func (e *editors) count(query string, args ...any) (n int) {
	e.t.Helper()
	if err := e.raw.QueryRowContext(e.t.Context(), query, args...).Scan(&n); err != nil {
		e.t.Fatal(err)
	}
	return n
}

// secretNowhere looks for the text of a token, and for what of it opens, in what is read again
// and in the log.
func (e *editors) secretNowhere(p *program, text string) {
	e.t.Helper()
	secret := text[len("apip_test_")+12:]
	for _, path := range []string{"/jetons", "/jetons?etat=recupere"} {
		if strings.Contains(p.reads(path).body, secret[:20]) {
			e.t.Errorf("%s tells a token", path)
		}
	}
	if logged := e.log.String(); strings.Contains(logged, secret[:20]) || strings.Contains(logged, p.access) || strings.Contains(logged, "essai") {
		e.t.Error("the log tells a token, an access token or a key")
	}
}

// « concurrent reveal (one collection recorded) »
func TestOfTwentyProgramsAtOnceOneCollects(t *testing.T) {
	e := openEditors(t)
	id := e.habilitated(10000042, majastres, tilleul)
	p := e.lets(tilleul, machine.ScopeTokensWrite)
	race := func(key func(i int) string) map[int]int {
		var all sync.WaitGroup
		var mu sync.Mutex
		statuses, bodies := map[int]int{}, map[string]bool{}
		for i := range 20 {
			all.Go(func() {
				got := p.posts("/jetons/"+id+"/collecte", "", "Idempotency-Key", key(i))
				mu.Lock()
				defer mu.Unlock()
				statuses[got.status]++
				if got.status == http.StatusOK {
					bodies[got.body] = true
				}
			})
		}
		all.Wait()
		if len(bodies) != 1 {
			t.Errorf("%d different tokens were given", len(bodies))
		}
		return statuses
	}
	if got := race(func(i int) string { return fmt.Sprint("appel-", i) }); got[http.StatusOK] != 1 || got[http.StatusConflict] != 19 {
		t.Errorf("of twenty keys: %v", got)
	}
	id = e.habilitated(10000043, sainville, tilleul)
	if got := race(func(int) string { return "le-meme" }); got[http.StatusOK] != 20 {
		t.Errorf("of one key, twenty times: %v", got)
	}
	if n := e.count(`SELECT count(*) FROM audit_events WHERE act = 'token.collected'`); n != 2 {
		t.Errorf("%d collections are journalled, of two tokens", n)
	}
}

// « Replace with overlap (default 30 days, both valid) », « concurrent replace »
func TestATokenIsReplacedOnce(t *testing.T) {
	e := openEditors(t)
	id := e.habilitated(10000042, majastres, tilleul)
	p := e.lets(tilleul, machine.ScopeTokens, machine.ScopeTokensWrite)
	into[map[string]string](p.posts("/jetons/"+id+"/collecte", "", "Idempotency-Key", "1"))
	var all sync.WaitGroup
	statuses := make(chan int, 10)
	for i := range 10 {
		all.Go(func() {
			statuses <- p.posts("/jetons/"+id+"/remplacement", `{"recouvrement_jours":7}`, "Idempotency-Key", fmt.Sprint("r", i)).status
		})
	}
	all.Wait()
	close(statuses)
	created := 0
	for status := range statuses {
		if status == http.StatusCreated {
			created++
		} else if status != http.StatusConflict {
			t.Errorf("answered %d", status)
		}
	}
	former := into[tokenView](p.reads("/jetons/" + id))
	if created != 1 || former.State != "remplacement_en_cours" || *former.EndsAt != "2026-03-09T13:00:00+01:00" || former.ReplacedBy == nil {
		t.Fatalf("%d replacements, %+v", created, former)
	}
	next := *former.ReplacedBy
	p.posts("/jetons/"+next+"/remplacement", "", "Idempotency-Key", strings.Repeat("~", maxKey)) // not collected: the former stops at once
	view := into[tokenView](p.reads("/jetons/" + next))
	if view.State != "remplace" || *view.Replaces != id {
		t.Errorf("%+v", view)
	}
	last := *view.ReplacedBy
	first := p.posts("/jetons/"+last+"/remplacement", `{"recouvrement_jours":0}`, "Idempotency-Key", "le-meme")
	newest := into[tokenView](first)
	first.has("Location", "/api/v1/editeur/jetons/"+newest.ID)
	if newest.State != "a_recuperer" || *newest.Replaces != last || newest.Siret != majastres.String() || *newest.ExpiresAt != *former.ExpiresAt {
		t.Errorf("%+v", newest)
	}
	p.posts("/jetons/"+last+"/remplacement", `{"recouvrement_jours":0}`, "Idempotency-Key", "le-meme").is(http.StatusCreated, first.body)
	p.posts("/jetons/"+last+"/remplacement", `{"recouvrement_jours":3}`, "Idempotency-Key", "le-meme").refuses(http.StatusConflict, "token.replaced")
	p.posts("/jetons/"+last+"/remplacement", "", "Idempotency-Key", "autre").refuses(http.StatusConflict, "token.replaced")
	p.posts("/jetons/"+last+"/collecte", "", "Idempotency-Key", "2").refuses(http.StatusConflict, "token.closed")
	into[map[string]string](p.posts("/jetons/"+newest.ID+"/collecte", "", "Idempotency-Key", "2"))
}

// « GET /jetons (+ filter etat) », the former ones included, over pages.
func TestTokensAreListedByState(t *testing.T) {
	e := openEditors(t)
	states := map[string]string{}
	for i := range 12 {
		states[e.habilitated(10000050+i, siretOf(i), tilleul)] = "a_recuperer"
	}
	e.habilitated(10000080, valombre, brume)
	p := e.lets(tilleul, machine.ScopeTokens, machine.ScopeTokensWrite)
	for id := range states {
		into[map[string]string](p.posts("/jetons/"+id+"/collecte", "", "Idempotency-Key", id))
		into[tokenView](p.posts("/jetons/"+id+"/remplacement", "", "Idempotency-Key", id))
		break
	}
	var ids []string
	for _, one := range walk[tokenView](p, "/jetons", 5, func() {}) {
		ids = append(ids, one.ID)
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 13 {
		t.Errorf("%d tokens: %q", len(ids), ids)
	}
	for state, want := range map[string]int{"a_recuperer": 12, "remplacement_en_cours": 1, "revoque": 0, "expire": 0} {
		if got := into[listed[tokenView]](p.reads("/jetons?etat=" + state)); len(got.Data) != want {
			t.Errorf("%s: %d, want %d", state, len(got.Data), want)
		}
	}
	p.reads("/jetons?etat=inconnu").refuses(http.StatusBadRequest, "call.state_invalid")
	p.reads("/jetons?etat=").refuses(http.StatusBadRequest, "call.state_invalid")
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

// « each refusal »: parameters, cursors, keys and bodies.
func TestWhatCannotBeUnderstoodIsRefused(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	id := e.habilitated(10000042, majastres, tilleul)
	p := e.lets(tilleul, machine.Scopes[:]...)
	encode := base64.RawURLEncoding.EncodeToString
	for query, code := range map[string]string{
		"/clients?autre=1": "call.parameter_unknown", "/clients?LIMITE=1": "call.parameter_unknown", "/clients/21040107100019?limite=1": "call.parameter_unknown",
		"/jetons/" + id + "?etat=expire": "call.parameter_unknown", "/dossiers/K7RM42XPQ9TBH?a=1": "call.parameter_unknown",
		"/clients?limite=1&limite=2": "api_client.query_refused", "/dossiers?depuis=%zz": "api_client.query_refused", "/clients?access_token=x": "api_client.query_refused",
		"/clients?limite=0": "call.limit_invalid", "/clients?limite=101": "call.limit_invalid", "/jetons?limite=": "call.limit_invalid", "/dossiers?limite=1e1": "call.limit_invalid",
		"/clients?limite=99999999999999999999": "call.limit_invalid",
		"/clients?suivant=":                    "call.cursor_invalid", "/clients?suivant=%00": "call.cursor_invalid", "/clients?suivant=" + encode([]byte("clients 123")): "call.cursor_invalid",
		"/clients?suivant=" + encode([]byte("jetons "+id)): "call.cursor_invalid", "/jetons?suivant=" + encode([]byte("jetons x")): "call.cursor_invalid",
		"/jetons?suivant=" + encode([]byte("jetons "+strings.ToUpper(id))): "call.cursor_invalid", "/dossiers?suivant=" + encode([]byte("dossiers 1")): "call.cursor_invalid",
		"/dossiers?suivant=" + encode([]byte("dossiers 999999999999999999 K7RM42XPQ9TBH")): "call.cursor_invalid", "/dossiers?suivant=" + encode([]byte("dossiers 1 x")): "call.cursor_invalid",
		"/clients?suivant=" + strings.Repeat("A", 4000): "call.cursor_invalid",
		"/clients/123": "call.siret_invalid", "/clients/210%20401%20071%2000019": "call.siret_invalid", "/clients/21040107100010": "call.siret_invalid", "/clients/%00": "call.siret_invalid", "/dossiers?siret=": "call.siret_invalid",
		"/dossiers?siret=21040107100010": "call.siret_invalid", "/dossiers?depuis=": "call.since_invalid", "/dossiers?depuis=hier": "call.since_invalid",
		"/dossiers?depuis=2026-03-02": "call.since_invalid", "/dossiers?depuis=2026-03-02T12:00:00": "call.since_invalid", "/dossiers?depuis=0000-01-01T00:00:00Z": "call.since_invalid",
		"/dossiers?depuis=99999-01-01T00:00:00Z": "call.since_invalid",
	} {
		p.reads(query).refuses(http.StatusBadRequest, code)
	}
	for _, path := range []string{"/jetons/" + id + "/collecte", "/jetons/" + id + "/remplacement"} {
		p.posts(path, "").refuses(http.StatusBadRequest, "call.key_missing")
		for _, key := range []string{"", "é", "a b", strings.Repeat("a", maxKey+1)} {
			p.posts(path, "", "Idempotency-Key", key).refuses(http.StatusBadRequest, "call.key_invalid")
		}
		p.posts(path, "", "Idempotency-Key", "1", "Idempotency-Key", "2").refuses(http.StatusBadRequest, "call.key_invalid")
	}
	p.everyBodyIsRead("/jetons/" + id + "/remplacement")
	p.everyBodyIsRead("/jetons/" + id + "/collecte")
	p.everyBodyIsRead("/jetons/" + id + "/confirmation")
	p.everyBodyIsRead("/clients/21040107100019/hubee")
	for _, body := range []string{`{"recouvrement_jours":31}`, `{"recouvrement_jours":-1}`, `{"recouvrement_jours":1.5}`, `{"recouvrement_jours":"7"}`, `{"recouvrement_jours":null}`, `{"recouvrement_jours":[7]}`, `{"recouvrement_jours":1e99}`} {
		p.posts("/jetons/"+id+"/remplacement", body, "Idempotency-Key", "1").refuses(http.StatusBadRequest, "call.overlap_invalid")
	}
	p.posts("/jetons/"+id+"/remplacement?recouvrement_jours=0", "", "Idempotency-Key", "1").refuses(http.StatusBadRequest, "call.parameter_unknown")
	if got := into[tokenView](p.reads("/jetons/" + id)); got.State != "a_recuperer" || got.ReplacedBy != nil {
		t.Errorf("a refused call did something: %+v", got)
	}
}

// everyBodyIsRead sends what is no body of a route: each is refused, and nothing is done.
func (p *program) everyBodyIsRead(path string) {
	p.t.Helper()
	key := []string{"Idempotency-Key", "corps"}
	for body, code := range map[string]string{
		"[]": "call.body_malformed", "null": "call.body_malformed", "{": "call.body_malformed", `{"recouvrement_jours":1,"recouvrement_jours":2}`: "call.body_malformed",
		`{} {}`: "call.body_malformed", "\xff": "call.body_malformed", strings.Repeat("[", 500): "call.body_malformed", `{"inconnu":1}`: "call.member_unknown",
		`{"Recouvrement_jours":1}`: "call.member_unknown",
	} {
		p.posts(path, body, key...).refuses(http.StatusBadRequest, code)
	}
	for _, kind := range []string{"text/plain", formType, "", "application/json-patch", "multipart/form-data; boundary=x"} {
		p.posts(path, `{}`, append(key, "Content-Type", kind)...).refuses(http.StatusUnsupportedMediaType, "call.body_type")
	}
	p.posts(path, `{"a":"`+strings.Repeat("x", maxCall)+`"}`, key...).refuses(http.StatusRequestEntityTooLarge, "")
}

// « unknown path/method below /api/v1/editeur »
func TestAddressesThatDoNotExistAreProblemsToo(t *testing.T) {
	e := openEditors(t)
	id := e.habilitated(10000042, majastres, tilleul)
	p := e.lets(tilleul, machine.Scopes[:]...)
	for _, path := range []string{"", "/", "/clients/", "/autre", "/jetons/" + id + "/secret", "/dossiers/a/b", "/clients/21040107100019/hubee/secret"} {
		p.reads(path).refuses(http.StatusNotFound, "")
	}
	for path, method := range map[string]string{"/clients": http.MethodPost, "/jetons/" + id: http.MethodDelete, "/jetons/" + id + "/collecte": http.MethodGet, "/dossiers": "TRACE"} {
		p.call(method, path, "").refuses(http.StatusMethodNotAllowed, "")
	}
	p.reads("/jetons/"+id+"/collecte", "X-HTTP-Method-Override", "POST", "Idempotency-Key", "1").refuses(http.StatusMethodNotAllowed, "")
	if got := into[tokenView](p.reads("/jetons/" + id)); got.State != "a_recuperer" {
		t.Errorf("a GET collected: %+v", got)
	}
}

// An editor does to another's tokens what it does to tokens that do not exist: nothing, and
// nothing tells them apart.
func TestAnotherEditorsTokenLooksLikeNone(t *testing.T) {
	e := openEditors(t)
	foreign := e.habilitated(10000042, majastres, brume)
	p := e.lets(tilleul, machine.Scopes[:]...)
	for _, act := range []string{"", "/collecte", "/confirmation", "/remplacement"} {
		method := http.MethodPost
		if act == "" {
			method = http.MethodGet
		}
		unknown := p.call(method, "/jetons/0b6f2a54-3c1d-8e7f-9a10-4f6d2c8b7e11"+act, "", "Idempotency-Key", "1").refuses(http.StatusNotFound, "token.unknown")
		for _, id := range []string{foreign, strings.ToUpper(foreign), "x", "%00", strings.Repeat("a", 36)} {
			p.call(method, "/jetons/"+id+act, "", "Idempotency-Key", "1").is(http.StatusNotFound, unknown.body)
		}
	}
	if n := e.count(`SELECT count(*) FROM tokens WHERE collected_at IS NOT NULL OR replaced_at IS NOT NULL`); n != 0 {
		t.Error("the token of another editor moved")
	}
	if got := into[listed[tokenView]](p.reads("/jetons")); len(got.Data) != 0 || got.Data == nil || got.Next != nil {
		t.Errorf("%+v", got)
	}
}

// « scopes × routes matrix »: each route opens to its scope alone.
func TestEachRouteOpensToItsScopeAlone(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	id := e.habilitated(10000042, majastres, tilleul)
	reference := e.draw()
	e.dossier(reference, majastres, dossier.Transmitted, noon)
	routes := []struct {
		method, path, body string
		scope              machine.Scope
		status             int
	}{
		{http.MethodGet, "/clients", "", machine.ScopeClients, http.StatusOK},
		{http.MethodGet, "/clients/21040107100019", "", machine.ScopeClients, http.StatusOK},
		{http.MethodGet, "/jetons", "", machine.ScopeTokens, http.StatusOK},
		{http.MethodGet, "/jetons/" + id, "", machine.ScopeTokens, http.StatusOK},
		{http.MethodPost, "/jetons/" + id + "/collecte", "", machine.ScopeTokensWrite, http.StatusOK},
		{http.MethodPost, "/jetons/" + id + "/confirmation", "", machine.ScopeTokensWrite, http.StatusNoContent},
		{http.MethodPost, "/jetons/" + id + "/remplacement", "", machine.ScopeTokensWrite, http.StatusCreated},
		{http.MethodGet, "/dossiers", "", machine.ScopeDossiers, http.StatusOK},
		{http.MethodGet, "/dossiers/" + reference.String(), "", machine.ScopeDossiers, http.StatusOK},
		{http.MethodPost, "/clients/21040107100019/hubee", `{"identifiant":"si","secret":"s"}`, machine.ScopeHubWrite, http.StatusOK},
	}
	for _, scope := range machine.Scopes {
		p := e.lets(tilleul, scope)
		for _, route := range routes {
			got := p.call(route.method, route.path, route.body, "Idempotency-Key", "1")
			if route.scope == scope {
				if got.status != route.status {
					t.Errorf("%s %s with %s: %d %s", route.method, route.path, scope, got.status, got.body)
				}
				continue
			}
			got.refuses(http.StatusForbidden, "api_client.scope_missing").has("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+string(route.scope)+`"`)
		}
	}
	for _, route := range routes { // whoever has no access token is told so first
		e.ask(route.method, editorAPI+route.path, route.body).refuses(http.StatusUnauthorized, "")
	}
}

// A program that calls from elsewhere than it may has no access token.
func TestAProgramCallsFromItsNetworksAlone(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	client, secret := e.create(tilleul, "127.0.0.0/8\n203.0.113.0/24", machine.ScopeClients)
	access := e.enter(client.ID, secret, "")
	from := func(address string) answer {
		return e.get(editorAPI+"/clients", "Authorization", "Bearer "+access, "X-Forwarded-For", address)
	}
	if got := from("203.0.113.7"); got.status != http.StatusOK {
		t.Errorf("from its own network: %d", got.status)
	}
	from("198.51.100.9").refuses(http.StatusUnauthorized, "api_client.access_refused")
}

// « HubEE credentials … API »: what is deposited is handed over whole, and given back to nobody.
func TestAnEditorDepositsTheAccessOfATown(t *testing.T) {
	e := openEditors(t)
	p := e.lets(tilleul, machine.ScopeHubWrite)
	p.posts("/clients/21040107100019/hubee", `{"identifiant":"si-majastres","secret":"très secret\"é"}`).is(http.StatusOK, `{"siret":"21040107100019","etat":"teste"}`)
	if want := []string{tilleul, majastres.String(), "si-majastres", `très secret"é`}; len(e.deposited) != 1 || !slices.Equal(e.deposited[0], want) {
		t.Errorf("%d deposits", len(e.deposited))
	}
	p.posts("/clients/21280363900013/hubee", `{"identifiant":"a","secret":"b"}`).refuses(http.StatusNotFound, "client.unknown")
	p.posts("/clients/21040107100019/hubee", `{"identifiant":"a:b","secret":"c"}`).refuses(http.StatusUnprocessableEntity, "hub_account.id_malformed")
	for _, body := range []string{"", `{}`, `{"identifiant":"a"}`, `{"secret":"b"}`, `{"identifiant":"","secret":""}`, `{"identifiant":["a"],"secret":{}}`, `{"identifiant":true,"secret":null}`} {
		p.posts("/clients/21040107100019/hubee", body).refuses(http.StatusBadRequest, "call.pair_missing")
	}
	if strings.Contains(e.log.String(), "secret") && strings.Contains(e.log.String(), "très") {
		t.Error("the log tells a secret")
	}
}

// « never identities »: nothing of the people of a request is in any answer.
func TestNoAnswerTellsWhoSomebodyIs(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	id := e.habilitated(10000042, majastres, tilleul)
	p := e.lets(tilleul, machine.Scopes[:]...)
	for _, path := range []string{"/clients", "/clients/21040107100019", "/jetons", "/jetons/" + id, "/dossiers"} {
		if body := strings.ToLower(p.reads(path).body); strings.Contains(body, "camille") || strings.Contains(body, "ferrand") || strings.Contains(body, "noé") {
			t.Errorf("%s tells who somebody is", path)
		}
	}
}

// Every code by which a call is refused here has its sentence.
func TestEveryRefusalOfACallHasItsSentence(t *testing.T) {
	parsed, err := web.ParseTemplates(templates.FS, func(name string) string { return name })
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		if !strings.HasPrefix(file.Name(), "editor") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		source, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range regexp.MustCompile(`"(call\.[a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
			found++
			if sentence, known := parsed.Sentence(code[1]); !known || sentence == "" {
				t.Errorf("%s has no sentence", code[1])
			}
		}
	}
	if found < 15 {
		t.Errorf("%d codes found", found)
	}
}
