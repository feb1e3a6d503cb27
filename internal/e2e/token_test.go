package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/sim/apiparticulier"
)

// tokenLink is the address of a token in a mail.
var tokenLink = regexp.MustCompile(`/jetons/[0-9a-f-]{36}`)

// calls the gateway of a portal with a token.
func (p *portal) calls(path, token string, query url.Values) (status int, body string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.portalURL+path+"?"+query.Encode(), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if strings.HasPrefix(path, "/v3/") {
		request.Header.Set("Authorization", "Bearer "+token)
	} else {
		request.Header.Set("X-Api-Key", token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

// Where the gateway is.
const (
	gatewayV3 = "/v3/dss/quotient_familial/identite"
	gatewayV2 = "/api/v2/composition-familiale-v2"
)

// « approve → mail → reveal → gateway 200 with the sandbox families, each valid v2/v3 example equal
// in JSON meaning; expire by the clock → 401 00103; revoke → 401 00105 on a second instance within
// 1 s » (issue 6)
func TestFromTheApprovalToTheAnswersOfTheGateway(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	body, err := json.Marshal(told("approve", 48231, time.Now().Unix(), nil))
	if err != nil {
		t.Fatal(err)
	}
	status, answer := p.sendsSigned(body)
	var approved struct {
		ID string `json:"token_id"`
	}
	if status != http.StatusOK || json.Unmarshal([]byte(answer), &approved) != nil || approved.ID == "" {
		t.Fatalf("DataPass is answered %d %s", status, answer)
	}
	if _, again := p.sendsSigned(body); again != answer {
		t.Errorf("told again, DataPass is answered %s, not %s", again, answer)
	}
	p.drain()
	mail := p.letter(requester)
	link := tokenLink.FindString(mail.text)
	if link != "/jetons/"+approved.ID || !strings.Contains(mail.text, "Vous n’avez rien à faire") {
		t.Fatalf("the mail leads to %q:\n%s", link, mail.text)
	}

	sofia := p.professional("editrice-tilleul")
	text := sofia.get(link).says("À récupérer", "Récupérer le jeton").submit(link + "/recuperation").answers(http.StatusOK).shownToken()
	recipient := url.Values{"recipient": {clairmont.Siret}}
	for _, route := range []string{gatewayV2, gatewayV3} { // what is wrong is the parameters
		if status, answer := p.calls(route, text, recipient); status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", route, status, answer)
		}
	}
	sofia.get(link).neverSays("Jamais utilisé") // a software has it: that is known at once
	p.knowsTheExamples()
	p.answersTheExamples(text, clairmont.Siret)
	p.keepsQuiet(text)

	second := p.run(listen(t)) // another instance
	sofia.get(link).says("Récupéré le", "Sofia Renard").neverSays(text)
	if status, answer := second.calls(gatewayV3, text, recipient); status != http.StatusUnprocessableEntity {
		t.Fatalf("the second instance answers %d %s", status, answer)
	}
	p.advance(19 * 31 * 24 * time.Hour)
	for _, instance := range []*portal{p, second} {
		if status, answer := instance.calls(gatewayV3, text, recipient); status != http.StatusUnauthorized || !strings.Contains(answer, `"00103"`) {
			t.Errorf("expired: %d %s", status, answer)
		}
	}
	p.advance(-19 * 31 * 24 * time.Hour)
	sofia.revokes(link)
	revoked := time.Now()
	for _, instance := range []*portal{second, p} {
		if status, answer := instance.calls(gatewayV3, text, recipient); status != http.StatusUnauthorized || !strings.Contains(answer, `"00105"`) {
			t.Errorf("revoked: %d %s", status, answer)
		}
	}
	if took := time.Since(revoked); took > time.Second {
		t.Logf("asked %s after the revocation", took)
	}
	if status, answer := second.calls(gatewayV2, text, recipient); status != http.StatusUnauthorized || !strings.Contains(answer, "liste noire") {
		t.Errorf("revoked, version 2: %d %s", status, answer)
	}
	// « An expired token stops the gateway at once; the form and the habilitation go on. »
	if got := p.requestState(48231); got != "validee" {
		t.Errorf("the request is %q", got)
	}
}

// knowsTheExamples gives API Particulier the official families, where there are any.
func (s *scene) knowsTheExamples() {
	s.t.Helper()
	folder := os.Getenv("FAMILIES_DIR")
	if folder == "" {
		s.t.Log("FAMILIES_DIR is not set: the project's own families are asked for")
		return
	}
	families, err := apiparticulier.ReadFamilies(folder)
	if err != nil {
		s.t.Fatal(err)
	}
	var given []fields
	for _, family := range families {
		params := fields{}
		for name, values := range family.Params.Query(family.Route) {
			if params[strings.TrimSuffix(name, "[]")] = values[0]; strings.HasSuffix(name, "[]") {
				params[strings.TrimSuffix(name, "[]")] = values
			}
		}
		given = append(given, fields{"route": family.Route, "params": params, "status": family.Status, "payload": family.Payload})
	}
	body, err := json.Marshal(given)
	if err != nil {
		s.t.Fatal(err)
	}
	s.put(s.apiURL+"/_sim/families", body)
}

// answersTheExamples sends every example with valid parameters, and compares what is answered.
func (p *portal) answersTheExamples(token, siret string) {
	p.t.Helper()
	sent := 0
	for _, family := range p.stage.APIParticulier.Families() {
		route, query := gatewayV3, family.Params.Query(family.Route)
		if family.Route == apiparticulier.RouteV2 {
			route = gatewayV2
		}
		if family.Route == apiparticulier.RouteV3FranceConnect || family.OutsideContract != "" || family.Status != http.StatusOK {
			continue
		}
		query.Set("recipient", siret)
		status, answer := p.calls(route, token, query)
		if status == http.StatusTooManyRequests { // 20 in a second: the next second is another
			time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
			status, answer = p.calls(route, token, query)
		}
		var got, want any
		if status != family.Status || json.Unmarshal([]byte(answer), &got) != nil || json.Unmarshal(family.Payload, &want) != nil || !reflect.DeepEqual(got, want) {
			p.t.Errorf("%s %s: %d %s, want %d %s", route, family.Description, status, answer, family.Status, family.Payload)
		}
		sent++
	}
	if sent < 2 {
		p.t.Errorf("%d examples sent", sent)
	}
}

// revokes revokes a token by its page, with what it asks for on the way.
func (v *visitor) revokes(link string) {
	v.t.Helper()
	v.proves().get(link+"/revocation").fill(link+"/revocation", typed{"motif": "Publié par erreur."}).at(link).says("Révoqué")
}

// tokenKills are the places of a collection at which the portal is killed.
var tokenKills = []string{"token: collected, not shown"}

// « Record, then act »: a portal that is killed when a token is recorded as collected, and not shown
// yet, has lost nothing: the same side has it shown, and one collection is told.
func TestAPortalKilledDuringACollectionLosesNothing(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	s := setScene(t)
	p := &portal{scene: s}
	mortal := s.launch(tokenKills[0])
	sofia := p.professional("editrice-tilleul").proves()
	var id string
	if err := s.tables.QueryRow(`SELECT id FROM tokens WHERE siret = $1`, s.stage.Town("hubee_en_attente").Siret).Scan(&id); err != nil {
		t.Fatal(err)
	}
	link := theTokens + "/" + id
	target, fields := sofia.get(link).form(link + "/recuperation")
	if status, _ := sofia.tries(mortal.alive, target, fields); status != 0 {
		t.Errorf("answered %d by a portal that dies", status)
	}
	mortal.dies()
	s.leasesRunOut()
	mortal = s.launch("")
	sofia.comesBack()
	text := sofia.get(link).says("Récupéré le", "Sofia Renard").submit(link + "/affichage").answers(http.StatusOK).shownToken()
	if status, answer := p.calls(gatewayV3, text, url.Values{}); status != http.StatusUnprocessableEntity {
		t.Errorf("the token that is shown is answered %d %s", status, answer)
	}
	mortal.settles()
	if n := s.count(`SELECT count(*) FROM audit_events WHERE act = 'token.collected'`); n != 1 {
		t.Errorf("%d collections", n)
	}
	if n := s.count(`SELECT count(*) FROM mails WHERE kind = 'jeton-recupere'`); n != 1 {
		t.Errorf("%d mails of the collection", n)
	}
}
