package api

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/templates"
)

func (e *editors) prefixOf(id string) (prefix string) {
	e.t.Helper()
	if err := e.raw.QueryRowContext(e.t.Context(), `SELECT 'apip_test_' || public_id FROM tokens WHERE id = $1`, id).Scan(&prefix); err != nil {
		e.t.Fatal(err)
	}
	return prefix
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
	gate := &credential.Gate{Store: postgres.Tokens{DB: e.db}, Pepper: e.pepper, Now: func() time.Time { return e.now }, Clock: time.Now}
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

// Of programs that replace at once one does; the document tells what each of the others is
// answered.
func TestOfTwentyReplacementsAtOnceTheLosersAreToldWhatIsDocumented(t *testing.T) {
	e := openEditors(t)
	id := e.habilitated(10000042, majastres, tilleul)
	p := e.lets(tilleul, machine.ScopeTokensWrite)
	p.posts("/jetons/"+id+"/collecte", "", "Idempotency-Key", "collecte")
	answers := make([]answer, 20)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i] = p.posts("/jetons/"+id+"/remplacement", "", "Idempotency-Key", fmt.Sprint("appel-", i))
		})
	}
	all.Wait()
	document, err := fs.ReadFile(templates.FS, "api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, documented, _ := strings.Cut(string(document), "/jetons/{id}/remplacement:\n")
	documented, _, _ = strings.Cut(documented, "\n  /api/")
	for _, code := range []string{"token.replaced", "token.moved"} { // whoever reads it before, or writes it after
		if !strings.Contains(documented, "`"+code+"`") {
			t.Errorf("the document does not tell %s", code)
		}
	}
	replaced := 0
	for _, got := range answers {
		var told problemText
		if got.status == http.StatusCreated {
			replaced++
		} else if err := json.Unmarshal([]byte(got.body), &told); err != nil || got.status != http.StatusConflict || !strings.Contains(documented, "`"+told.Code+"`") {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	if replaced != 1 {
		t.Errorf("%d replaced it", replaced)
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

// « NotFound, and anything of another tenant »: after a change of software each editor is told of its own tokens alone.
func TestTheTokenOfAnotherSoftwareIsNotNamed(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	id := e.habilitated(10000042, majastres, tilleul)
	former, next := e.lets(tilleul, machine.ScopeTokens, machine.ScopeTokensWrite), e.lets(brume, machine.ScopeTokens)
	former.posts("/jetons/"+id+"/collecte", "", "Idempotency-Key", "essai")
	created := into[tokenView](former.posts("/jetons/"+id+"/remplacement", "", "Idempotency-Key", "essai"))
	if created.Replaces == nil || *created.Replaces != id {
		t.Errorf("the new one replaces %+v", created.Replaces)
	}
	if view := into[tokenView](former.reads("/jetons/" + created.ID)); view.Replaces == nil || *view.Replaces != id {
		t.Errorf("its own former token is hidden: %+v", view)
	}
	e.run(`UPDATE tokens SET editor_siret = $2 WHERE id = $1`, created.ID, brume) // as an approval for another software issues it
	for p, path := range map[*program]string{former: "/jetons/" + id, next: "/jetons/" + created.ID} {
		if view := into[tokenView](p.reads(path)); view.Replaces != nil || view.ReplacedBy != nil {
			t.Errorf("%s names another editor's token: %+v", path, view)
		}
		for _, view := range into[listed[tokenView]](p.reads("/jetons")).Data {
			if view.Replaces != nil || view.ReplacedBy != nil {
				t.Errorf("the list names another editor's token: %+v", view)
			}
		}
	}
}
