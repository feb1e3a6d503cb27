package e2e

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// reply is an answer that the visitor does not follow.
type reply struct {
	status   int
	header   http.Header
	location string
	body     string
}

// hop sends one request, headers in pairs, and stays there.
func (v *visitor) hop(method, address string, fields url.Values, headers ...string) reply {
	v.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.portal.portalURL + address
	}
	request, err := http.NewRequest(method, address, strings.NewReader(fields.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	staying := *v.client
	staying.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := staying.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(http.MaxBytesReader(nil, response.Body, 8<<20)); err != nil {
		v.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, response.Header.Get("Location"), body.String()}
}

// leaves presses the button of FranceConnect and tells where it leads, without going there
// yet.
func (p *page) leaves() string {
	p.visitor.t.Helper()
	target, fields := p.form("/demarrer")
	left := p.visitor.hop(http.MethodPost, target, fields, "Sec-Fetch-Site", "same-origin")
	if left.status != http.StatusSeeOther || !strings.HasPrefix(left.location, p.visitor.portal.issuer+"/authorize?") {
		p.visitor.t.Fatalf("%s leads to %s (%d)", target, left.location, left.status)
	}
	return left.location
}

// « bound to this attempt and this SIRET », « A page opened without `lien` starts without
// either: nothing is inherited through a cookie » (SETTLED.md, web).
func TestALinkIsForOneTownAndHalfAnHour(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen := p.visitor()
	const back = "https://portail.example.fr/retour"
	link := citizen.get(carrying(majastres, "external_id", "famille-12", "redirect_uri", back)).url
	seal := link.Query().Get("lien")

	// The next page has nothing of it, and what was begun with it is replaced.
	p.signsIn(citizen.get(link.String())).says("famille-12")
	p.signsIn(citizen.get(majastres)).neverSays("famille-12")
	if at := citizen.get(sainville + "?lien=" + seal).says(linkExpired); at.link("Retourner") != "" {
		t.Error("a link of Majastres is good for Sainville")
	}
	middle := len(seal) / 2
	flipped := "A"
	if seal[middle] == 'A' {
		flipped = "B"
	}
	for _, altered := range []string{
		seal[:middle] + flipped + seal[middle+1:], seal[1:], seal[:len(seal)-1], seal + "A", "x", strings.Repeat("A", 20_000), "%00",
	} {
		form := citizen.get(majastres + "?lien=" + altered).answers(200).says(linkExpired)
		if _, fields := form.form("/demarrer"); fields.Has("lien") {
			t.Error("an altered link is sent on")
		}
		p.signsIn(form).neverSays("famille-12")
	}

	p.advance(29 * time.Minute)
	lately := citizen.get(link.String())
	p.signsIn(lately).says("famille-12")
	p.advance(2 * time.Minute)
	citizen.get(link.String()).answers(200).says(linkExpired)
	if late := citizen.get(majastres + "/sans-franceconnect?lien=" + seal).answers(200); late.link("Retourner") != "" {
		t.Error("an old link still offers its way back")
	}
	lately.submit("/demarrer").at(majastres).says(linkExpired)
}

// « keyed by collectivity (so a second link never inherits the first one’s external_id) »
// (ARCHITECTURE.md §6; formulaire-qf.md W4). The page left open transmits nothing.
func TestASecondLinkForTheSameTownReplacesTheFirst(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen := p.visitor()
	first := p.signsIn(citizen.get(carrying(majastres, "external_id", "numéro-un"))).says("numéro-un")
	second := citizen.get(carrying(majastres, "external_id", "numéro-deux"))
	p.signInAs(p.anybody())
	away := second.leaves()
	first.submit("/transmettre").at(majastres + "/echec/session-terminee")
	review := citizen.get(away).at(majastres + "/verification").says("numéro-deux").neverSays("numéro-un")
	first.submit("/transmettre").answers(409).says("La situation a changé")

	confirmation := review.submit("/transmettre")
	reference := confirmation.reference()
	if again := review.submit("/transmettre").reference(); again != reference {
		t.Errorf("the second click made %s beside %s", again, reference)
	}
	citizen.get(majastres + "/verification").at(confirmation.url.Path)
	first.submit("/transmettre").answers(409)
	if got := p.parcelOf(t, reference).read()["external_id"]; got != "numéro-deux" {
		t.Errorf("the dossier has %v", got)
	}
	if count := len(p.stage.HubEE.Folders()); count != 1 {
		t.Errorf("%d folders", count)
	}
}

// Authority A’s page, then B’s, then back from FranceConnect for A: each keeps its own
// parameters and its own recipient (formulaire-qf.md W4, W5).
func TestTwoTownsInTwoTabsKeepTheirOwnParameters(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen := p.visitor()
	const back = "https://portail.example.fr/retour?ville="
	one := citizen.get(carrying(majastres, "external_id", "un", "redirect_uri", back+"un")).leaves()
	two := citizen.get(carrying(sainville, "external_id", "deux", "redirect_uri", back+"deux")).leaves()
	for _, tab := range []struct{ town, away, id string }{{sainville, two, "deux"}, {majastres, one, "un"}} {
		p.signInAs(p.anybody())
		confirmation := citizen.get(tab.away).at(tab.town + "/verification").says(tab.id).submit("/transmettre")
		if got := confirmation.link("Retourner sur portail.example.fr"); got != back+tab.id {
			t.Errorf("%s leads back to %q", tab.town, got)
		}
		unwrapped := p.parcelOf(t, confirmation.reference())
		siret := strings.TrimPrefix(tab.town, "/collectivites/")
		if got := unwrapped.read()["external_id"]; got != tab.id {
			t.Errorf("%s received %v", tab.town, got)
		}
		if got := unwrapped.folder.Cases[0].Recipient.CompanyRegister; got != siret {
			t.Errorf("the dossier of %s went to %s", tab.town, got)
		}
		asked := p.stage.APIParticulier.Requests(0)
		if got := asked[len(asked)-1].Path; !strings.Contains(got, "recipient="+siret) {
			t.Errorf("the quotient for %s was asked with %s", tab.town, got)
		}
	}
}

// « a second parent or next person on a shared/desk computer inherits the first one’s
// external_id » (formulaire-qf.md W4, W22): never here, whatever the first one left open.
func TestTheNextPersonOnTheComputerInheritsNothing(t *testing.T) {
	t.Parallel()
	p := open(t)
	browser := p.visitor()
	ofTheFirst := []string{"GARNIER", "Lucie", "JULES", "684", "dossier-de-lucie", "portail.example.fr"}
	linked := func(town string) string {
		return carrying(town, "external_id", "dossier-de-lucie", "redirect_uri", "https://portail.example.fr/retour")
	}
	p.signInAs("garnier-lucie")
	sent := browser.get(linked(sainville)).submit("/demarrer").submit("/transmettre")
	p.signInAs("garnier-lucie")
	leftOpen := browser.get(linked(majastres)).submit("/demarrer").says("GARNIER", "dossier-de-lucie")

	p.signInAs("benali-karim")
	review := browser.get(majastres).submit("/demarrer").at(majastres + "/verification").
		says("BENALI").neverSays(ofTheFirst...)
	leftOpen.submit("/transmettre").answers(409).neverSays(ofTheFirst...)
	confirmation := review.submit("/transmettre").neverSays(ofTheFirst...)
	browser.get(sent.url.Path).answers(200).neverSays(ofTheFirst...).neverSays("Me déconnecter")
	browser.get(sainville + "/verification").at(sainville + "/echec/session-terminee").neverSays(ofTheFirst...)

	unwrapped := p.parcelOf(t, confirmation.reference())
	if id := unwrapped.read()["external_id"]; id != nil {
		t.Errorf("the second person’s dossier has the identifier %v", id)
	}
	whole := string(unwrapped.json) + string(unwrapped.xml) + pdfText(t, unwrapped.pdf)
	for _, text := range ofTheFirst[:3] {
		if strings.Contains(whole, text) {
			t.Errorf("the second person’s dossier has %q", text)
		}
	}

	// The same for whoever signs in for another town.
	p.signInAs("garnier-lucie")
	browser.get(linked(majastres)).submit("/demarrer").says("GARNIER")
	p.signInAs("benali-karim")
	browser.get(portClair).submit("/demarrer").at(portClair + "/verification").neverSays(ofTheFirst...)
	browser.get(majastres + "/verification").at(majastres + "/echec/session-terminee").neverSays(ofTheFirst...)
}

// « `/collectivites/{siret}` (and the guide’s `/collectivities/{siret}`, same result;
// `/me_connecter` too) » (PRODUCT.md 3.6), whatever the writing of the SIRET.
func TestEveryAddressOfAFormLeadsToIt(t *testing.T) {
	t.Parallel()
	citizen := open(t).visitor()
	for _, spelling := range []string{"/collectivites/", "/collectivities/"} {
		for _, siret := range []string{"21040107100019", "210%20401%20071%2000019", "210.401.071.00019", "%C2%A021040107100019%E2%80%AF"} {
			for _, ending := range []string{"", "/", "/me_connecter"} {
				plain := citizen.get(spelling + siret + ending).at(majastres).answers(200).says("Majastres")
				if plain.url.RawQuery != "" {
					t.Errorf("%s%s%s leads to %s", spelling, siret, ending, plain.url)
				}
				linked := citizen.get(spelling + siret + ending + "?redirect_uri=&external_id=12&utm_source=bulletin").at(majastres)
				if _, fields := linked.form("/demarrer"); fields.Get("lien") == "" || len(linked.url.Query()) != 1 {
					t.Errorf("%s%s%s lost the link: %s", spelling, siret, ending, linked.url)
				}
			}
		}
	}
	for _, siret := range []string{
		"21040107100018", "123", "1234567891234A", "21730132400018", "٢١٠٤٠١٠٧١٠٠٠١٩", "%00", "%09%0D%0A21040107100019",
		"..%2f..%2fetc%2fpasswd", strings.Repeat("1", 5000), "-", "' OR 1=1", "21040107100019;", "null",
	} {
		for _, ending := range []string{"", "/me_connecter", "/sans-franceconnect", "/verification", "/qr.png", "/echec/introuvable"} {
			citizen.get("/collectivites/" + strings.ReplaceAll(siret, " ", "%20") + ending).answers(404)
		}
		citizen.get("/collectivites/" + strings.ReplaceAll(siret, " ", "%20") + "?external_id=1").answers(404)
	}
}

// « Bientôt disponible », alternatives, no FranceConnect button; closed and unknown ones
// accept nothing (PRODUCT.md 3.4; formulaire-qf.md W6, W7).
func TestAFormThatIsNotOpenTakesNothing(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen := p.visitor()
	for town, said := range map[string]string{montfleury: "Bientôt disponible", rivebrune: "Ce formulaire est fermé"} {
		form := citizen.get(town).answers(200).says(said, "attestation").neverSays("fr-connect")
		citizen.get(form.link("Voir les autres façons de faire")).at(town + "/sans-franceconnect").answers(200)
		citizen.post(town+"/demarrer", nil).at(town + "/echec/formulaire-ferme").says("Rien n’a été transmis")
	}
	if asked := p.stage.FranceConnect.Requests(0); len(asked) > 0 {
		t.Errorf("FranceConnect was asked %d times for closed forms", len(asked))
	}

	// Closed while the citizen is at FranceConnect, then while the citizen reads.
	p.signInAs(p.anybody())
	away := citizen.get(majastres).leaves()
	review := p.signsIn(citizen.get(sainville))
	p.execute(`UPDATE collectivities SET form = 'ferme'`)
	review.submit("/transmettre").at(sainville + "/echec/formulaire-ferme").says("vient de fermer")
	citizen.get(away).at(majastres + "/echec/formulaire-ferme")
	for _, question := range p.stage.APIParticulier.Requests(0) {
		if strings.Contains(question.Path, "recipient=21040107100019") {
			t.Error("the quotient was asked for a closed form")
		}
	}
	p.drain()
	if folders := p.stage.HubEE.Folders(); len(folders) > 0 {
		t.Errorf("%d folders for closed forms", len(folders))
	}
}
