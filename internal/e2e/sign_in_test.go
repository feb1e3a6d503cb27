package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/sim/control"
)

const (
	verification = majastres + "/verification"
	refused      = majastres + "/echec/franceconnect-refuse"
	cancelled    = majastres + "/echec/franceconnect-annule"
	unavailable  = majastres + "/echec/franceconnect-indisponible"
	ended        = majastres + "/echec/session-terminee"
	nothingKnown = "/session-terminee"
)

// falsified orders a sign-in of somebody with a quotient whose answer is changed so.
func (p *portal) falsified(mutation string) {
	p.franceConnect(`{"key":"` + p.anybody() + `","mutate":` + mutation + `}`)
}

// « callback order: … iss == issuer → … Verify → nonce → sub … → userinfo … v.Verify(body),
// sub equal » (reference/identity.md §3.2 and §3.3): whatever is false in FranceConnect's
// answer, nobody is signed in, CAF and MSA are asked nothing, and the citizen may try again.
func TestAFalseAnswerOfFranceConnectSignsNobodyIn(t *testing.T) {
	t.Parallel()
	p := open(t)
	for name, row := range map[string]struct{ mutation, leads string }{
		"nonce of another sign-in":      {`{"id_token":{"nonce":"00000000000000000000000000000000"}}`, refused},
		"no nonce":                      {`{"id_token":{"nonce":null}}`, refused},
		"issuer of the token":           {`{"id_token":{"iss":"https://evil.example/api/v2"}}`, refused},
		"audience of the token":         {`{"id_token":{"aud":"another-client"}}`, refused},
		"second audience without azp":   {`{"id_token":{"aud":["portail-qf","another-client"]}}`, refused},
		"authorised party":              {`{"id_token":{"azp":"another-client"}}`, refused},
		"no subject":                    {`{"id_token":{"sub":null}}`, refused},
		"expired token":                 {`{"id_token":{"exp":1500000000}}`, refused},
		"no expiry":                     {`{"id_token":{"exp":null}}`, refused},
		"issued tomorrow":               {`{"id_token":{"iat":4102444800}}`, refused},
		"another level":                 {`{"id_token":{"acr":"eidas0"}}`, refused},
		"no signature":                  {`{"id_token":{"_alg":"none"}}`, refused},
		"no signature, told as a claim": {`{"id_token":{"alg":"none"}}`, refused},
		"signed with our secret":        {`{"id_token":{"_alg":"HS256"}}`, refused},
		"signed with the other key":     {`{"id_token":{"_alg":"RS256"}}`, refused},
		"signed with an unknown key":    {`{"id_token":{"_key":"rogue"}}`, refused},
		"identity of another person":    {`{"userinfo":{"sub":"0000v1"}}`, refused},
		"identity without subject":      {`{"userinfo":{"sub":null}}`, refused},
		"identity in plain JSON":        {`{"userinfo":{"_format":"json"}}`, refused},
		"identity without signature":    {`{"userinfo":{"_alg":"none"}}`, refused},
		"identity signed by HS256":      {`{"userinfo":{"_alg":"HS256"}}`, refused},
		"identity signed by RS256":      {`{"userinfo":{"_alg":"RS256"}}`, refused},
		"identity of an unknown key":    {`{"userinfo":{"_key":"rogue"}}`, refused},
		"identity for another":          {`{"userinfo":{"aud":"another-client"}}`, refused},
		"identity of another issuer":    {`{"userinfo":{"iss":"https://evil.example/api/v2"}}`, refused},
		"expired identity":              {`{"userinfo":{"exp":1500000000}}`, refused},
		"issuer of the answer":          {`{"callback":{"iss":"https://evil.example/api/v2"}}`, refused},
		"answer without issuer":         {`{"callback":{"iss":null}}`, refused},
		"answer without code":           {`{"callback":{"code":null}}`, refused},
		"code of nobody":                {`{"callback":{"code":"none"}}`, ended},
		"error of no standard":          {`{"callback":{"error":"<b>panne</b>","error_description":"Appelez le 08 99 00 00 00"}}`, refused},
		"state of nobody":               {`{"callback":{"state":"00000000000000000000000000000000"}}`, ended},
		"no state":                      {`{"callback":{"state":null}}`, ended},
		"empty state":                   {`{"callback":{"state":""}}`, ended},
		"error for the state of no one": {`{"callback":{"state":"undefined","code":null,"error":"access_denied"}}`, cancelled},
	} {
		t.Run(name, func(t *testing.T) {
			citizen := p.visitorOf(t)
			form := citizen.get(carrying(majastres, "external_id", "famille-12"))
			asked := len(p.stage.APIParticulier.Requests(0))
			p.falsified(row.mutation)
			failed := form.submit("/demarrer").at(row.leads).answers(200).neverSays("08 99", "panne</b>", "DUBOIS")
			citizen.get(verification).at(ended)
			if again := len(p.stage.APIParticulier.Requests(0)); again != asked {
				t.Error("CAF and MSA were asked")
			}
			if row.leads == nothingKnown {
				return
			}
			failed.says("Service Enfance", "attestation")
			p.signInAs(p.anybody())
			failed.submit("/demarrer").at(verification).says("famille-12")
		})
	}
}

// « access_denied: the user clicked back: normal, not an incident »; the rest is told
// without FranceConnect’s own words (reference/identity.md §1.6).
func TestASignInGivenUpIsExplained(t *testing.T) {
	t.Parallel()
	p := open(t)
	for code, leads := range map[string]string{
		"access_denied": cancelled, "server_error": unavailable, "temporarily_unavailable": unavailable,
		"invalid_request": unavailable, "invalid_scope": unavailable, "invalid_acr": unavailable,
		"login_required": refused,
	} {
		p.franceConnect(`{"error":"` + code + `"}`)
		p.visitor().get(majastres).submit("/demarrer").at(leads).answers(200).
			says("ien n’a été transmis et nous n’avons rien gardé", "Service Enfance").neverSays(code, "aborted")
	}
	// « state may be absent or be the literal text undefined on an aborted return »: told
	// for the attempt in hand, which stays good.
	citizen := p.visitor()
	p.signInAs(p.anybody())
	away := citizen.get(majastres).leaves()
	for _, forged := range []string{"state=undefined&", "state=&", ""} {
		citizen.get("/franceconnect/retour?" + forged + "error=access_denied&iss=" + url.QueryEscape(p.issuer)).at(cancelled)
	}
	citizen.get(away).at(verification)
	// Anybody may forge such an address: it ends no session.
	citizen.get("/franceconnect/retour?error=access_denied&state=undefined").at(nothingKnown)
	citizen.get(verification).at(verification).submit("/transmettre").reference()
	p.visitor().get("/franceconnect/retour?error=access_denied&error_description=Appelez+le+0899700000").at(nothingKnown).neverSays("0899700000", "Appelez")
	p.visitor().get("/franceconnect/retour").at(nothingKnown).answers(200)
}

// callback goes through FranceConnect and stops at the address that it sends back to.
func (v *visitor) callback(p *portal, away string) string {
	v.t.Helper()
	p.signInAs(p.anybody())
	sent := v.hop(http.MethodGet, away, nil)
	if !strings.HasPrefix(sent.location, p.portalURL+"/franceconnect/retour?") {
		v.t.Fatalf("FranceConnect sends to %q (%d)", sent.location, sent.status)
	}
	return sent.location
}

// « Transaction: … deleted on first use, bound to the browser » (reference/identity.md
// §3.4): the address of the callback is worth something once, in one browser.
func TestTheAnswerOfFranceConnectServesOnceInItsBrowser(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen, stranger := p.visitor(), p.visitor()
	answer := citizen.callback(p, citizen.get(majastres).leaves())

	p.visitor().get(answer).at(nothingKnown) // without any cookie
	stranger.get(majastres).leaves()
	stranger.get(answer).at(ended)
	for range 3 { // what a mail scanner or a preview does
		if head := citizen.hop(http.MethodHead, answer, nil); head.status != 200 || head.header.Get("Set-Cookie") != "" {
			t.Errorf("HEAD answered %d and %s", head.status, head.header)
		}
	}
	if exchanges := len(p.exchanges("/api/v2/token")); exchanges != 0 {
		t.Errorf("%d exchanges of a code that is not theirs", exchanges)
	}
	citizen.get(answer).at(verification)
	citizen.get(answer).at(nothingKnown)
	stranger.get(answer).at(ended)
	if exchanges := len(p.exchanges("/api/v2/token")); exchanges != 1 {
		t.Errorf("%d exchanges", exchanges)
	}
	citizen.get(verification).at(verification).submit("/transmettre").reference()
}

// exchanges lists what FranceConnect received at a path.
func (p *portal) exchanges(path string) []control.Request {
	var found []control.Request
	for _, request := range p.stage.FranceConnect.Requests(0) {
		if strings.HasPrefix(request.Path, path) {
			found = append(found, request)
		}
	}
	return found
}

// « which service, retry advice, nothing was lost » (ARCHITECTURE.md §7): FranceConnect
// down or slow, wherever it happens, is a page and not a wait.
func TestFranceConnectDownIsAPage(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]control.Fault{
		"token down":       {Match: "POST /api/v2/token", Mode: control.ModeDown},
		"token 503":        {Match: "POST /api/v2/token", Mode: control.ModeStatus, Status: 503},
		"token garbage":    {Match: "POST /api/v2/token", Mode: control.ModeGarbage},
		"token lost":       {Match: "POST /api/v2/token", Mode: control.ModeLost},
		"token slow":       {Match: "POST /api/v2/token", Mode: control.ModeSlow, DelayMS: 20_000},
		"userinfo down":    {Match: "GET /api/v2/userinfo", Mode: control.ModeDown},
		"userinfo 500":     {Match: "GET /api/v2/userinfo", Mode: control.ModeStatus, Status: 500},
		"userinfo slow":    {Match: "GET /api/v2/userinfo", Mode: control.ModeSlow, DelayMS: 20_000},
		"keys out of date": {Match: "GET /api/v2/jwks", Mode: control.ModeStatus, Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			citizen := p.visitor()
			form := citizen.get(carrying(majastres, "external_id", "famille-12"))
			p.stage.FranceConnect.Inject(fault)
			p.signInAs(p.anybody())
			began := time.Now()
			failed := form.submit("/demarrer").at(unavailable).answers(200).says("FranceConnect ne répond pas", "Service Enfance", "attestation")
			if waited := time.Since(began); waited > 9*time.Second {
				t.Errorf("the citizen waited %s", waited)
			}
			p.stage.FranceConnect.Reset()
			p.signsIn(citizen.get(failed.link("depuis le formulaire"))).says("famille-12")
		})
	}
}

// « An intro page says that the provider is down rather than offer a dead button »
// (users-reliability-security.md B.4).
func TestFranceConnectDownLeavesNoDeadButton(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.stage.FranceConnect.Inject(control.Fault{Match: "GET /api/v2/jwks", Mode: control.ModeDown})
	citizen := p.visitor()
	citizen.get(majastres).answers(200).says("FranceConnect ne répond pas en ce moment", "attestation").neverSays("fr-connect__brand")
	// From a page that was opened before.
	citizen.post(majastres+"/demarrer", nil).at(unavailable).says("Rien n’a été transmis")
}
