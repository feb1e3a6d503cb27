package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/sim/control"
	"portail-qf/internal/sim/sirene"
)

const (
	ownAccount   = "/mon-compte"
	proRefused   = "/connexion/refus/refusee"
	proExpired   = "/connexion/refus/expiree"
	proCancelled = "/connexion/refus/annulee"
	proAway      = "/connexion/refus/indisponible"
	proSiret     = "/connexion/refus/siret"
	proOther     = "/connexion/refus/autre-personne"
	proFactor    = "/connexion/refus/second-facteur"
)

// signsIn presses the button of the sign-in page that leads to one's own account.
func (v *visitor) signsIn() *page {
	v.t.Helper()
	return v.get("/connexion?retour=" + ownAccount).submit("/connexion")
}

// isNobody fails when the browser is signed in.
func (v *visitor) isNobody() {
	v.t.Helper()
	v.get(ownAccount).at("/connexion")
}

// « Wrong or replayed state, nonce, code; … unsigned userinfo; sub mismatch » : whatever is
// false in ProConnect's answer, nobody is signed in, and the journal names nobody.
func TestAFalseAnswerOfProConnectSignsNobodyIn(t *testing.T) {
	t.Parallel()
	p := open(t)
	for name, row := range map[string]struct{ mutation, leads string }{
		"nonce of another sign-in":     {`{"id_token":{"nonce":"00000000000000000000000000000000"}}`, proRefused},
		"no nonce":                     {`{"id_token":{"nonce":null}}`, proRefused},
		"issuer of the token":          {`{"id_token":{"iss":"https://evil.example/api/v2"}}`, proRefused},
		"audience of the token":        {`{"id_token":{"aud":"another-client"}}`, proRefused},
		"second audience without azp":  {`{"id_token":{"aud":["portail-qf-pro","another-client"]}}`, proRefused},
		"no subject":                   {`{"id_token":{"sub":null}}`, proRefused},
		"expired token":                {`{"id_token":{"exp":1500000000}}`, proRefused},
		"issued tomorrow":              {`{"id_token":{"iat":4102444800}}`, proRefused},
		"hash of another access token": {`{"id_token":{"at_hash":"AAAAAAAAAAAAAAAAAAAAAA"}}`, proRefused},
		"no signature":                 {`{"id_token":{"_alg":"none"}}`, proRefused},
		"signed with our secret":       {`{"id_token":{"_alg":"HS256"}}`, proRefused},
		"signed with the other key":    {`{"id_token":{"_alg":"ES256"}}`, proRefused},
		"signed with an unknown key":   {`{"id_token":{"_key":"rogue"}}`, proRefused},
		"somebody else's userinfo":     {`{"userinfo":{"sub":"6f0b1f6e-0b1c-4c59-9a5e-0d6f4f1a0001"}}`, proRefused},
		"userinfo without subject":     {`{"userinfo":{"sub":null}}`, proRefused},
		"userinfo in plain JSON":       {`{"userinfo":{"_format":"json"}}`, proRefused},
		"userinfo without signature":   {`{"userinfo":{"_alg":"none"}}`, proRefused},
		"userinfo signed by HS256":     {`{"userinfo":{"_alg":"HS256"}}`, proRefused},
		"userinfo of an unknown key":   {`{"userinfo":{"_key":"rogue"}}`, proRefused},
		"userinfo for another":         {`{"userinfo":{"aud":"another-client"}}`, proRefused},
		"expired userinfo":             {`{"userinfo":{"exp":1500000000}}`, proRefused},
		"issuer of the answer":         {`{"callback":{"iss":"https://evil.example/api/v2"}}`, proRefused},
		"answer without issuer":        {`{"callback":{"iss":null}}`, proRefused},
		"answer without code":          {`{"callback":{"code":null}}`, proRefused},
		"code of nobody":               {`{"callback":{"code":"none"}}`, proExpired},
		"error of no standard":         {`{"callback":{"error":"<b>panne</b>","error_description":"Appelez le 08 99 00 00 00"}}`, proRefused},
		"state of nobody":              {`{"callback":{"state":"00000000000000000000000000000000"}}`, proExpired},
		"no state":                     {`{"callback":{"state":null}}`, proExpired},
	} {
		t.Run(name, func(t *testing.T) {
			v := p.visitorFor(t)
			before := p.lastAct()
			p.proConnect(`{"key":"agente-majastres","mutate":` + row.mutation + `}`)
			v.signsIn().at(row.leads).neverSays("08 99", "panne</b>", "Ferrand", "evil.example")
			v.isNobody()
			for _, line := range p.acts(before) {
				if !strings.HasPrefix(line, "signin.refused Personne non reconnue") || strings.Contains(line, "Ferrand") {
					t.Errorf("the journal says %q", line)
				}
			}
		})
	}
	p.keepsQuiet("camille.ferrand@majastres.example.fr", "08 99", "evil.example")
}

// « access_denied … server_error » (reference/identity.md §2.6): told without ProConnect's
// own words.
func TestAProfessionalSignInGivenUpIsExplained(t *testing.T) {
	t.Parallel()
	p := open(t)
	for code, leads := range map[string]string{
		"access_denied": proCancelled, "server_error": proAway, "temporarily_unavailable": proAway, "invalid_scope": proAway, "login_required": proRefused,
	} {
		p.proConnect(`{"error":"` + code + `"}`)
		p.visitor().signsIn().at(leads).neverSays(code)
	}
	p.order(strings.TrimSuffix(p.proIssuer, "/api/v2")+"/_sim/faults", `{"match":"POST /api/v2/token","mode":"status","status":500,"times":1}`)
	p.proConnect(`{"key":"agente-majastres"}`)
	p.visitor().signsIn().at(proAway).says("ProConnect ne répond pas")
}

// « essential acr for staff re-verified on our side (fail closed) » ; « missing, lower or
// forged acr »: each row answers the first passage, then the second.
func TestStaffComeInWithASecondFactorOnly(t *testing.T) {
	t.Parallel()
	p := open(t)
	weak := func(acr string) string {
		return fmt.Sprintf(`{"identity":{"sub":%q,"given_name":"Nadia","usual_name":"Keller","email":%q,"siret":%q%s}}`,
			p.persona("administratrice").Subject, p.persona("administratrice").Mail, p.persona("administratrice").Siret, acr)
	}
	key := `{"key":"administratrice"}`
	for name, row := range map[string]struct {
		orders []string
		leads  string
	}{
		"a weak first passage, a strong second one": {[]string{key}, ownAccount},
		"strong at once":                {[]string{weak(`,"acr":"eidas2"`)}, ownAccount},
		"multi-factor by amr":           {[]string{weak(`,"acr":"eidas1","amr":["pwd","otp","mfa"]`)}, ownAccount},
		"lower":                         {[]string{weak(`,"acr":"eidas1"`)}, proFactor},
		"self-declared":                 {[]string{weak(`,"acr":"eidas0-mfa","amr":["mfa"]`)}, proFactor},
		"forged level":                  {[]string{weak(`,"acr":"eidas9"`)}, proFactor},
		"missing":                       {[]string{key, `{"key":"administratrice","mutate":{"id_token":{"acr":null}}}`}, proFactor},
		"missing, with amr":             {[]string{key, `{"key":"administratrice","mutate":{"id_token":{"acr":null,"amr":["mfa"]}}}`}, proFactor},
		"a list":                        {[]string{key, `{"key":"administratrice","mutate":{"id_token":{"acr":["eidas2"]}}}`}, proRefused},
		"told by userinfo alone":        {[]string{key, `{"key":"administratrice","mutate":{"id_token":{"acr":"eidas1","amr":["pwd"]},"userinfo":{"acr":"eidas3"}}}`}, proFactor},
		"given up":                      {[]string{key, `{"error":"access_denied"}`}, proFactor},
		"somebody else the second time": {[]string{key, `{"key":"administrateur"}`}, proOther},
	} {
		t.Run(name, func(t *testing.T) {
			v := p.visitorFor(t)
			for _, order := range row.orders {
				p.proConnect(order)
			}
			v.signsIn().at(row.leads)
			if row.leads != ownAccount {
				v.isNobody()
			}
		})
	}
}

// « PKCE: S256 towards ProConnect » ; the two passages ask for what they must.
func TestTheDepartureSaysWhatItMust(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.professional("administratrice")
	var departures []url.Values
	for _, request := range p.stage.ProConnect.Requests(0) {
		if path, query, found := strings.Cut(request.Path, "?"); found && strings.HasSuffix(path, "/authorize") {
			values, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			departures = append(departures, values)
		}
	}
	if len(departures) != 2 {
		t.Fatalf("%d departures, want 2", len(departures))
	}
	for i, d := range departures {
		if d.Get("code_challenge_method") != "S256" || len(d.Get("state")) < 32 || len(d.Get("nonce")) < 32 {
			t.Errorf("departure %d: %v", i, d)
		}
	}
	if first := departures[0]; strings.Contains(first.Get("claims"), "essential") || first.Has("login_hint") {
		t.Errorf("the first departure asks for a level: %v", first)
	}
	if second := departures[1]; !strings.Contains(second.Get("claims"), `"essential":true`) || second.Get("siret_hint") != "13002526500013" {
		t.Errorf("the second departure: %v", second)
	}
}

// « Transaction: … deleted on first use, bound to the browser by a __Host- cookie » : the
// address of the return is worth something once, in one browser. Login CSRF is a return
// that another browser was sent to.
func TestTheAnswerOfProConnectServesOnceInItsBrowser(t *testing.T) {
	t.Parallel()
	p := open(t)
	victim, attacker := p.visitor(), p.visitor()
	away := attacker.hop(http.MethodPost, "/connexion", url.Values{"retour": {ownAccount}}).location
	p.proConnect(`{"key":"agente-majastres"}`)
	back := attacker.hop(http.MethodGet, away, nil).location
	if !strings.HasPrefix(back, p.portalURL+"/proconnect/retour?") {
		t.Fatalf("ProConnect sends to %q", back)
	}
	victim.get(back).at(proExpired) // without any cookie
	victim.hop(http.MethodPost, "/connexion", nil)
	victim.get(back).at(proExpired)
	victim.isNobody()
	for range 3 { // what a mail scanner or a preview does
		if head := attacker.hop(http.MethodHead, back, nil); head.status != 200 || head.header.Get("Set-Cookie") != "" {
			t.Errorf("HEAD answered %d and %s", head.status, head.header)
		}
	}
	attacker.get(back).at(ownAccount)
	attacker.get(back).at(proExpired)
	attacker.get(ownAccount).at(ownAccount) // a replay ends no session
	// « TTL 30 min »: in real time, which the database is told.
	late := p.visitor()
	away = late.hop(http.MethodPost, "/connexion", nil).location
	p.proConnect(`{"key":"agente-majastres"}`)
	back = late.hop(http.MethodGet, away, nil).location
	if _, err := p.tables.ExecContext(t.Context(), `UPDATE sign_ins SET created_at = created_at - interval '31 minutes'`); err != nil {
		t.Fatal(err)
	}
	late.get(back).at(proExpired)
}

// « session fixation; cookie after logout »; « rotated at sign-in and step-up »
func TestASessionIsWorthNothingBeforeAndAfter(t *testing.T) {
	t.Parallel()
	p := open(t)
	v := p.visitor()
	v.bring(proCookie, "choisi-par-un-autre")
	p.proConnect(`{"key":"agente-majastres"}`)
	v.signsIn().at(ownAccount)
	first := v.cookie(proCookie)
	if first == "choisi-par-un-autre" || len(first) < 40 {
		t.Fatalf("the session is %q", first)
	}
	var stored []byte
	if err := p.tables.QueryRowContext(t.Context(), `SELECT key FROM sessions`).Scan(&stored); err != nil || strings.Contains(string(stored), first) {
		t.Errorf("the database knows the cookie: %q, %v", stored, err)
	}
	p.proConnect(`{"key":"agente-majastres"}`)
	again := v.hop(http.MethodPost, "/connexion", url.Values{"retour": {ownAccount}})
	v.get(again.location).at(ownAccount)
	second := v.cookie(proCookie)
	if second == first {
		t.Error("a new sign-in keeps the session's id")
	}
	old := p.visitor()
	old.bring(proCookie, first)
	old.isNobody()

	v.get(ownAccount).submit("/deconnexion-professionnelle").submit("/session/end/confirm").at("/proconnect/deconnexion").says("Vous êtes déconnecté")
	if kept := v.cookie(proCookie); kept != "" {
		t.Errorf("the browser keeps %q", kept)
	}
	v.bring(proCookie, second)
	v.isNobody()
	if ends := slices.IndexFunc(p.stage.ProConnect.Requests(0), func(r control.Request) bool { return strings.Contains(r.Path, "/session/end") }); ends < 0 {
		t.Error("ProConnect was not asked to end its session")
	}
	for _, hostile := range []string{"", "x", strings.Repeat("a", 5000), "é", "' OR 1=1 --"} {
		v.bring(proCookie, hostile)
		v.isNobody()
	}
}

// « Professional sessions: 30 min idle, 8 h absolute »
func TestAProfessionalSessionEndsByItself(t *testing.T) {
	t.Parallel()
	p := open(t)
	idle, busy := p.visitor(), p.visitor()
	for _, v := range []*visitor{idle, busy} {
		p.proConnect(`{"key":"agente-majastres"}`)
		v.signsIn().at(ownAccount)
	}
	for range 17 { // 29 minutes each: 8 hours and 13 minutes
		if busy.get(ownAccount).url.Path != ownAccount {
			break
		}
		p.advance(29 * time.Minute)
	}
	busy.isNobody()
	idle.isNobody()

	p.proConnect(`{"key":"agente-majastres"}`)
	idle.signsIn().at(ownAccount)
	p.advance(29 * time.Minute)
	idle.get(ownAccount).at(ownAccount)
	p.advance(31 * time.Minute)
	idle.isNobody()
}

// « open redirect after sign-in »
func TestASignInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, evil := range []string{
		"https://evil.example/", "//evil.example/", "/\\evil.example", "/\tevil", "\\\\evil.example", "javascript:alert(1)", "/%0d%0aSet-Cookie:a=b\r\nX: y",
		"http:evil.example", "/" + strings.Repeat("a", 600), "/mon-compte#//evil", "evil.example", "/%5cevil.example", "/%2fevil.example",
	} {
		v := p.visitor()
		p.proConnect(`{"key":"agente-majastres"}`)
		arrived := v.get("/connexion?" + url.Values{"retour": {evil}}.Encode()).submit("/connexion")
		if arrived.url.Host != strings.TrimPrefix(p.portalURL, "http://") {
			t.Errorf("%q leads to %s", evil, arrived.url)
		}
		sent := v.hop(http.MethodGet, "/connexion?"+url.Values{"retour": {evil}}.Encode(), nil)
		if location, err := url.Parse(sent.location); err != nil || location.Host != "" && location.Host != strings.TrimPrefix(p.portalURL, "http://") {
			t.Errorf("%q, signed in, leads to %q", evil, sent.location)
		}
		if sent.header.Get("X") != "" || strings.Contains(fmt.Sprint(sent.header["Set-Cookie"]), "a=b") {
			t.Errorf("%q writes headers: %v", evil, sent.header)
		}
	}
}

// « SIRET re-read at each sign-in »: a right that was taken for one establishment does not
// follow the person to another; « private-sector users accepted ».
func TestTheEstablishmentIsReadAtEachSignIn(t *testing.T) {
	t.Parallel()
	p := open(t)
	v := p.visitor()
	p.comesBackAs("instructrice", map[string]any{"siret": "21040107100019"})
	v.signsIn() // she enters the town for which she signed in, and instructs no more
	v.get("/instruction").answers(403)
	p.comesBackAs("instructrice", map[string]any{"siret": "54120873000013"})
	elsewhere := p.visitor()
	elsewhere.signsIn()
	elsewhere.get("/espaces").answers(403).says("Vos droits ont été donnés pour un autre établissement")
	// An editor's member keeps his membership from another establishment of a company.
	p.comesBackAs("membre-tilleul", map[string]any{"siret": "54120873000013"})
	moved := p.visitor()
	moved.signsIn().at(ownAccount).says("Membre de l’espace éditeur", "Logiciels Tilleul")
}

// « a refused person is told why and whom to ask »
func TestWhoIsNotLetInIsToldWhy(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.stage.Register.Put(
		sirene.Organization{Siret: "21130055300016", Name: "COMMUNE DE VILLENEUVE", CommuneCog: "13055", PostalCode: "13001"},
		sirene.Organization{Siret: "35600000000048", Name: "LA POSTE", CommuneCog: "75115", LegalCategory: "5510"})
	for name, row := range map[string]struct {
		claims map[string]any
		says   string
	}{
		"a company that nobody invited":    {map[string]any{}, "personne ne vous a invité"},
		"La Poste, whose SIRET is its own": {map[string]any{"siret": "35600000000048"}, "personne ne vous a invité"},
		"a closed town":                    {map[string]any{"siret": "21049901000010"}, "indique que cet établissement est fermé"},
		"an establishment nobody knows":    {map[string]any{"siret": "92345618000028"}, "vérifier cet établissement"},
	} {
		t.Run(name, func(t *testing.T) {
			v := p.visitorFor(t)
			row.claims["sub"] = "6f0b1f6e-0b1c-4c59-9a5e-0d6f4f1a9" + fmt.Sprintf("%03d", len(name))
			p.comesBackAs("sans-invitation", row.claims)
			v.get("/connexion").submit("/connexion").at("/espaces").answers(403).says(row.says, "bruno.salvi@salvi.example.fr").
				submit("/deconnexion-professionnelle").submit("/session/end/confirm").at("/proconnect/deconnexion")
		})
	}
	for name, siret := range map[string]any{"no SIRET": nil, "not a SIRET": "12345678901234", "a text": "mairie", "a number": 21040107100019} {
		t.Run(name, func(t *testing.T) {
			v := p.visitorFor(t)
			p.comesBackAs("sans-invitation", map[string]any{"siret": siret})
			v.signsIn().at(proSiret).says("SIRET")
			v.isNobody()
		})
	}
	// A commune that no list names: its agents come in, to ask for a habilitation.
	v := p.visitor()
	p.comesBackAs("sans-invitation", map[string]any{"siret": "21130055300016", "sub": "6f0b1f6e-0b1c-4c59-9a5e-0d6f4f1a9999"})
	v.signsIn().at(ownAccount).says("Agent de collectivité", "COMMUNE DE VILLENEUVE")
}

// « cached when the register is down »
func TestARegisterThatIsDownKeepsOnlyStrangersOut(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.stage.Register.Put(sirene.Organization{Siret: "21130055300016", Name: "COMMUNE DE VILLENEUVE", CommuneCog: "13055", PostalCode: "13001"})
	villeneuve := func(sub string) *page {
		p.comesBackAs("sans-invitation", map[string]any{"siret": "21130055300016", "sub": sub})
		return p.visitor().get("/connexion").submit("/connexion")
	}
	p.order(p.registerURL+"/_sim/faults", `{"match":"GET /api-sirene/","mode":"down","times":0}`)
	villeneuve("6f0b1f6e-0b1c-4c59-9a5e-0d6f4f1a9001").at("/espaces").answers(403).says("réessayez dans quelques minutes")
	p.professional("administratrice").get(ownAccount).at(ownAccount)
	p.professional("agente-majastres").get(ownAccount).at(ownAccount).says("Agent de collectivité")
	p.order(p.registerURL+"/_sim/reset", `{}`)
	p.advance(2 * time.Hour)
	p.comesBackAs("sans-invitation", map[string]any{"siret": "21130055300016", "sub": "6f0b1f6e-0b1c-4c59-9a5e-0d6f4f1a9002"})
	p.visitor().signsIn().at(ownAccount).says("Agent de collectivité")
	p.order(p.registerURL+"/_sim/faults", `{"match":"GET /api-sirene/","mode":"down","times":0}`)
	p.advance(48 * time.Hour)
	p.comesBackAs("sans-invitation", map[string]any{"siret": "21130055300016", "sub": "6f0b1f6e-0b1c-4c59-9a5e-0d6f4f1a9003"})
	p.visitor().signsIn().at(ownAccount).says("Agent de collectivité", "COMMUNE DE VILLENEUVE")
}

// Names come from outside: whatever is in them is shown as text, and never in a header.
func TestHostileNamesAreShownAsText(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.comesBackAs("agente-majastres", map[string]any{
		"given_name": "<script>alert(1)</script>\r\nSet-Cookie: a=b", "usual_name": strings.Repeat("Ferrand-", 60), "email": "Camille.FERRAND@majastres.example.fr",
	})
	page := p.visitor().signsIn().at(ownAccount)
	page.neverSays("<script>alert", "\r\nSet-Cookie").says("camille.ferrand@majastres.example.fr")
}
