package tokens

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
)

// « Foreign and unknown look the same: 404 », on every route.
func TestAnothersTokenIsUnknown(t *testing.T) {
	s := setScene(t)
	before := s.tables()
	unknown := []string{"/jetons/5f0c1a52-9a3e-4b7c-8d11-0242ac120002", "/jetons/1", "/jetons/abc%27", "/jetons/" + strings.ToUpper(idOf(s.majastres)), "/jetons/%00"}
	words := func(a answer) string {
		a.is(http.StatusNotFound, "Ce jeton n’existe pas, ou il n’est pas à l’organisation")
		return a.text
	}
	for _, who := range []person{s.karim, s.paul} {
		for _, part := range []string{"", collectPart, replacementPart, endPart, suspensionPart, revocationPart} {
			want := words(s.get(who, s.majastres+part))
			for _, path := range unknown {
				if got := words(s.get(who, path+part)); got != want {
					t.Errorf("%s says %q, another's says %q", path+part, got, want)
				}
			}
		}
		for _, part := range []string{collectPart, showPart, safePart, replacementPart, endPart, suspensionPart, resumePart, revocationPart} {
			sent := url.Values{fieldReason: {"Une fuite."}, fieldOverlap: {"0"}, fieldKey: {"x"}}
			want := words(s.post(who, s.majastres+part, sent))
			for _, path := range unknown {
				if got := words(s.post(who, path+part, sent)); got != want {
					t.Errorf("%s says %q, another's says %q", path+part, got, want)
				}
			}
		}
	}
	if after := s.tables(); after != before {
		t.Error("something changed")
	}
}

// « matrix: support & instructor suspend; admin suspend and revoke; reader reads »; nobody of
// them collects or replaces.
func TestTheOperatorsPeopleActByTheirRole(t *testing.T) {
	s := setScene(t)
	may := map[account.Role]string{
		account.Admin: suspensionPart + resumePart + revocationPart, account.Instructor: suspensionPart + resumePart,
		account.Support: suspensionPart + resumePart, account.Reader: "",
	}
	for _, who := range []person{s.camille, s.hugo, s.rose, s.remi} {
		page := s.get(who, s.majastres).is(http.StatusOK, "À récupérer", "!Récupérer le jeton")
		for _, part := range []string{collectPart, showPart, safePart, replacementPart, endPart, suspensionPart, resumePart, revocationPart} {
			refused := s.post(who, s.majastres+part, nil).status == http.StatusForbidden
			if allowed := strings.Contains(may[who.role], part); allowed == refused {
				t.Errorf("%s, %s: refused %v", who.role, part, refused)
			}
			if part != resumePart && strings.Contains(page.body, s.majastres+part) != strings.Contains(may[who.role], part) {
				t.Errorf("%s is offered %s against the role", who.role, part)
			}
		}
	}
	if got := s.acts(s.majastres); got != "" {
		t.Errorf("something was done: %q", got)
	}
}

var counted = regexp.MustCompile(`href="([^"]+\?etat=[a-z_]+)">([^<]+) : ([0-9]+)</a>`)

// « filters with counts », « « À récupérer » first », « search by town/SIRET/prefix », « never
// the secret »; an editor sees its own clients alone.
func TestAnEditorFindsItsTokens(t *testing.T) {
	s := setScene(t)
	s.granted(48300, majastres, tilleul, s.anne)
	collected := s.granted(48301, majastres, tilleul, s.anne)
	revoked := s.granted(48302, majastres, tilleul, s.anne)
	s.granted(48303, sainville, brume, s.paul)
	s.post(s.sofia, collected+collectPart, nil).reveals()
	s.post(s.sofia, collected+replacementPart, url.Values{fieldOverlap: {"7"}})
	s.post(s.sofia, revoked+revocationPart, url.Values{fieldReason: {"Une fuite."}})

	const path = "/editeur/jetons"
	list := s.get(s.leo, path).is(http.StatusOK, "4 jetons", "COMMUNE DE MAJASTRES", "!SAINVILLE")
	if first, last := strings.Index(list.body, ">À récupérer</span>"), strings.Index(list.body, ">Révoqué</span>"); first < 0 || last < first {
		t.Errorf("what is to collect comes at %d, what is revoked at %d", first, last)
	}
	list.is(http.StatusOK, "1 ancien jeton n’est pas dans cette liste")
	s.get(s.leo, path+"?etat=revoque").is(http.StatusOK, "!ancien jeton")
	links := counted.FindAllStringSubmatch(strings.ReplaceAll(list.body, "\u00a0", " "), -1)
	if len(links) != 3 {
		t.Errorf("the counts are %q", links)
	}
	for _, link := range links {
		noun := " jetons"
		if link[3] == "1" {
			noun = " jeton"
		}
		s.get(s.leo, link[1]).is(http.StatusOK, link[3]+noun, link[2])
	}
	display := s.read(`SELECT 'apip_test_' || public_id FROM tokens WHERE id = $1`, idOf(revoked))
	for typed, want := range map[string]string{"majas": "4 jetons", "210 401 071": "4 jetons", "d48302": "1 jeton", display: "1 jeton", idOf(revoked): "1 jeton", "sainville": "Aucun résultat", display[:15]: "Aucun résultat"} {
		found := s.post(s.leo, path, url.Values{"q": {typed}})
		s.get(s.leo, found.to).is(http.StatusOK, want)
	}
	s.get(s.karim, path).is(http.StatusOK, "1 jeton", "SAINVILLE", "!MAJASTRES")
	s.get(s.karim, path+"?q="+display).is(http.StatusOK, "Aucun résultat", "!MAJASTRES")
	s.get(s.anne, path).is(http.StatusForbidden)
}

// « a pasted leaked token: the pasted secret must never be echoed back, nor stay in a URL ».
func TestALeakedTokenIsFoundByItsBeginning(t *testing.T) {
	s := setScene(t)
	leaked := s.post(s.sofia, s.majastres+collectPart, nil).reveals().Reveal()
	public := leaked[:22]
	imported := "9d7d3a0e-3f0a-4d7e-8f3e-1f0f4f8a0c11"
	s.run(`UPDATE tokens SET id = $1, public_id = NULL, digest = NULL, pepper = '' WHERE id = $2`, imported, idOf(s.sainville))
	payload := base64.RawURLEncoding.EncodeToString([]byte(`{"jti":"` + imported + `","iat":1}`))
	foreign := "eyJhbGciOiJIUzI1NiJ9." + payload + ".c2lnbmF0dXJlIHF1aSBuZSBkb2l0IHBhcyBmdWly"
	for who, path := range map[person]string{s.camille: "/administration/jetons", s.remi: "/administration/jetons", s.hugo: "/instruction/jetons", s.rose: "/assistance/jetons", s.sofia: "/editeur/jetons"} {
		for typed, cleaned := range map[string]string{
			leaked: public, " Bearer " + leaked + " ": public, leaked[:40] + "\n " + leaked[40:]: public, leaked[:30]: public,
			foreign: imported, foreign[:60]: "…", leaked[22:]: "…",
			leaked[10:]: public, "test_" + leaked[10:] + ".": public, leaked[10:50] + "\n " + leaked[50:]: public, leaked[11:]: "…",
		} {
			want := path + "?q=" + url.QueryEscape(cleaned)
			s.post(who, path, url.Values{"q": {typed}, "page": {"3"}}).leads(want, "")
			fetched := httptest.NewRequest(http.MethodGet, path, nil)
			fetched.URL.RawQuery = url.Values{"q": {typed}}.Encode()
			s.ask(who, fetched).leads(want, "")
		}
		s.get(who, path+"?q="+public).is(http.StatusOK, "1 jeton", "COMMUNE DE MAJASTRES", public)
		found := s.get(who, path+"?q="+imported)
		if who == s.sofia {
			found.is(http.StatusOK, "Aucun résultat")
		} else {
			found.is(http.StatusOK, "1 jeton", "COMMUNE DE SAINVILLE", imported)
		}
		s.get(who, path+"?q=%E2%80%A6").is(http.StatusOK, "Aucun résultat")
		s.get(who, path).is(http.StatusOK, `method="post" action="`+path, "Un jeton qui a fui peut être collé ici")
	}
	s.isTold(leaked)
	s.isTold(foreign)
}

// isTold fails when an answer, its headers or the log hold what opens something.
func (s *scene) isTold(secret string) {
	s.t.Helper()
	for name, said := range map[string]string{"an answer": s.told.String(), "the log": s.log.String(), "the journal": s.read(`SELECT string_agg(e::text, '') FROM audit_events e`)} {
		if part := secret[len(secret)-20:]; strings.Contains(said, part) || strings.Contains(said, url.QueryEscape(part)) {
			s.t.Errorf("%s tells the token", name)
		}
	}
}

// « Nothing secret in lists, HTML, headers, URLs, logs », whatever is done with a token.
func TestNothingTellsTheToken(t *testing.T) {
	s := setScene(t)
	text := s.post(s.sofia, s.majastres+collectPart, nil).reveals().Reveal()
	next := s.post(s.sofia, s.majastres+replacementPart, url.Values{fieldOverlap: {"30"}}).to
	latest := s.post(s.leo, next+collectPart, nil).reveals().Reveal()
	for _, path := range []string{s.majastres, next} {
		for _, part := range []string{"", collectPart, replacementPart, suspensionPart, revocationPart, endPart} {
			s.get(s.sofia, path+part)
			s.post(s.anne, path+part, nil)
			s.get(s.camille, path+part)
		}
	}
	s.get(s.sofia, "/editeur/jetons")
	s.get(s.camille, "/administration/jetons")
	for _, secret := range []string{text, latest} {
		s.isTold(secret)
	}
	if logged := s.log.String(); !strings.Contains(logged, "route=/jetons/:id") || strings.Contains(logged, idOf(next)) {
		t.Errorf("the log should name routes, never addresses:\n%s", logged)
	}
	if credential.PublicPart(text) != text[:22] || fmt.Sprint(s.service.Mint.Prefix) != text[:10] {
		t.Error("the token does not begin as lists say")
	}
}
