package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/net/html"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web/citizen"
)

// everyPage opens every page of the site, in a journey and outside one, and returns the
// witness of it.
func (p *portal) everyPage() *witness {
	p.t.Helper()
	citizen, witness := p.watched()
	for _, address := range []string{
		"/", "/collectivites", "/collectivites?q=majas", "/collectivites?q=x", "/collectivites?q=zzzz", "/collectivites?q=%00a%1F", "/collectivites?departement=04",
		"/aide", "/plan-du-site", "/accessibilite", "/mentions-legales", "/donnees-personnelles", "/cookies", "/suivi", "/suivi?identifiant=x",
		"/suivi/ABCD-EFGH-JKLM7", "/session-terminee", "/franceconnect/deconnexion", "/franceconnect/retour", "/nulle-part", "/deconnexion",
		"/sante/live", "/sante/pret", "/.well-known/security.txt", "/favicon.ico", "/robots.txt",
		majastres, sainville, portClair, rivebrune, montfleury, "/collectivites/123", majastres + "/sans-franceconnect",
		majastres + "/verification", majastres + "/qr.png", majastres + "/qr.svg", majastres + "/me_connecter?external_id=12",
		majastres + "?lien=x",
	} {
		citizen.get(address)
	}
	for _, cause := range []string{
		"introuvable", "dossier-suspendu", "caf-msa-indisponible", "caf-msa-lente", "franceconnect-annule", "franceconnect-indisponible",
		"franceconnect-refuse", "session-terminee", "formulaire-ferme", "autre",
	} {
		citizen.get(majastres + "/echec/" + cause).answers(200)
	}
	review := p.signsIn(citizen.get(majastres))
	confirmation := review.submit("/transmettre")
	citizen.get(confirmation.url.Path + "/recu.pdf").answers(200)
	citizen.get("/suivi/" + confirmation.reference().String()).answers(200)
	citizen.post(majastres+"/transmettre", url.Values{"demarche": {"x"}}).answers(409)
	citizen.post(majastres+"/transmettre", url.Values{"demarche": {strings.Repeat("x", 70_000)}}).answers(413)
	citizen.hop(http.MethodPost, "/deconnexion", nil, "Sec-Fetch-Site", "cross-site")
	citizen.hop(http.MethodGet, "/collectivites/", nil)
	confirmation.submit("/deconnexion").submit("/session/end/confirm").answers(200)
	return witness
}

// « CSP … nosniff; COOP same-origin; Cache-Control: no-store » (SETTLED.md, web;
// users-reliability-security.md C.1), « there are no third parties » (PRODUCT.md §6).
func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	p := open(t)
	seen := p.everyPage().of(p.portalURL)
	if len(seen) < 60 {
		t.Fatalf("only %d answers", len(seen))
	}
	franceConnect, proConnect := strings.TrimSuffix(p.issuer, "/api/v2"), strings.TrimSuffix(p.proIssuer, "/api/v2")
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
			"base-uri 'none'; frame-ancestors 'none'; form-action 'self' " + franceConnect + " " + proConnect,
		"X-Content-Type-Options":     "nosniff",
		"Referrer-Policy":            "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin",
		"Cache-Control":              "no-store",
	}
	for _, g := range seen {
		for name, value := range want {
			if got := g.header.Get(name); got != value && !(name == "Cache-Control" && strings.Contains(g.url.Path, "/qr.")) {
				t.Errorf("%s %s (%d): %s is %q", g.method, g.url, g.status, name, got)
			}
		}
		if g.header.Get("X-Request-Id") == "" || g.header.Get("Server") != "" || g.header.Get("X-Powered-By") != "" {
			t.Errorf("%s %s says %v", g.method, g.url, g.header)
		}
		for _, set := range (&http.Response{Header: g.header}).Cookies() {
			if set.Name != citizen.SessionCookie {
				t.Errorf("%s sets the cookie %s", g.url, set.Name)
			}
		}
		if strings.HasPrefix(g.header.Get("Content-Type"), "text/html") {
			checkNoThirdParty(t, p, g)
		}
	}
}

var loaded = regexp.MustCompile(`(?:src|srcset|action|poster|data)="([^"]+)"|<link[^>]* href="([^"]+)"`)

// checkNoThirdParty verifies that a page loads and sends nothing elsewhere, whatever loads
// it: its style sheets too.
func checkNoThirdParty(t *testing.T, p *portal, g glance) {
	t.Helper()
	for _, found := range loaded.FindAllStringSubmatch(g.body, -1) {
		address := found[1] + found[2]
		if !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") {
			t.Errorf("%s loads or sends to %s", g.url.Path, address)
		}
		if !strings.HasSuffix(address, ".css") || g.url.Path != "/" {
			continue
		}
		style := p.visitor().get(address).answers(200)
		if strings.Contains(style.body, "//") && regexp.MustCompile(`url\(\s*["']?(https?:)?//|@import`).MatchString(style.body) {
			t.Errorf("%s loads from elsewhere", address)
		}
	}
	if strings.Contains(g.body, "http-equiv") || strings.Contains(g.body, "<iframe") {
		t.Errorf("%s has a redirection or a frame", g.url.Path)
	}
}

// « HSTS 1 y + subdomains » (C.1) as soon as the portal is announced over https.
func TestASecurePortalSaysSo(t *testing.T) {
	t.Parallel()
	s := setScene(t)
	address := s.portalURL
	s.portalURL = "https://quotient.example.fr"
	s.run(s.listener)
	got := s.visitor().get(address + "/").header.Get("Strict-Transport-Security")
	if got != "max-age=31536000; includeSubDomains" {
		t.Errorf("Strict-Transport-Security is %q", got)
	}
}

// facts reads the lists of facts of a page, and the persons that it lists.
func (p *page) facts() (facts map[string]string, persons []string) {
	facts = map[string]string{}
	term := ""
	find(p.root, func(n *html.Node) bool {
		var words strings.Builder
		switch n.Data {
		case "dt":
			collect(n, &words)
			term = plain(words.String())
		case "dd":
			collect(n, &words)
			facts[term] = plain(words.String())
		case "li":
			if n.Parent != nil && attribute(n.Parent, "class") == "qf-people" {
				collect(n, &words)
				persons = append(persons, plain(words.String()))
			}
		}
		return false
	})
	return facts, persons
}

// « Check: here is what will be transmitted » (A.9.3): what the review page shows is what
// is deposited, no more and no less.
func TestTheReviewIsWhatIsDeposited(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, key := range []string{"dubois-angela", "lefort-yann", "morvan-claire", "nguyen-minh", "leca-jean-philippe", "roussel-helene", "benali-karim", "collet-sarah", "fabre-josette"} {
		t.Run(key, func(t *testing.T) {
			p.signInAs(key)
			review := p.visitorOf(t).get(carrying(majastres, "external_id", "famille-12")).submit("/demarrer").at(verification).says("famille-12")
			shown, persons := review.facts()
			deposited := p.parcelOf(t, review.submit("/transmettre").reference()).read()
			wanted, wantedPersons := readAloud(t, deposited)
			if diff := cmp.Diff(wanted, shown); diff != "" {
				t.Errorf("deposited and shown differ:\n%s", diff)
			}
			if diff := cmp.Diff(wantedPersons, persons); diff != "" {
				t.Errorf("persons deposited and shown differ:\n%s", diff)
			}
		})
	}
}

// readAloud says in the words of the review page what a dossier holds.
func readAloud(t *testing.T, deposited map[string]any) (facts map[string]string, persons []string) {
	t.Helper()
	v3 := deposited["quotient_familial_v3"].(map[string]any)
	pivot := deposited["pivot_identity"].(map[string]any)
	amount, _ := v3["quotient_familial"].(map[string]any)
	inWords := func(year, month string) string {
		numbers := [2]int64{}
		for i, key := range []string{year, month} {
			number, _ := amount[key].(json.Number)
			numbers[i], _ = number.Int64()
		}
		return dossier.MonthInWords(int(numbers[0]), int(numbers[1]))
	}
	orElse := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	title := "Quotient familial (" + orElse(inWords("annee", "mois"), "mois non connu") + ")"
	value := "Non connu"
	if number, known := amount["valeur"].(json.Number); known {
		value = number.String()
		if len(value) > 3 {
			value = value[:len(value)-3] + " " + value[len(value)-3:]
		}
	}
	fund := map[any]string{"CNAF": "Caisse d’allocations familiales (CAF)", "MSA": "Mutualité sociale agricole (MSA)"}[amount["fournisseur"]]
	facts = map[string]string{
		title: value, "Mois du calcul": orElse(inWords("annee_calcul", "mois_calcul"), "Non connu"),
		"Calculé par": plain(orElse(fund, "non connu")), "Nom de naissance": pivot["family_name"].(string),
		"Date de naissance": dossier.DateInWords(pivot["birthdate"].(string)), "Sexe": map[any]string{"male": "masculin", "female": "féminin"}[pivot["gender"]],
	}
	facts["Lieu de naissance"], facts["Prénoms"] = birthplaces[fmt.Sprintf("%s %s", pivot["birthplace"], pivot["birthcountry"])], firstNames[pivot["given_name"].(string)]
	if name, one := strings.CutPrefix(facts["Prénoms"], "un: "); one {
		delete(facts, "Prénoms")
		facts["Prénom"] = name
	}
	for _, section := range []string{"allocataires", "enfants"} {
		listed, _ := v3[section].([]any)
		for _, each := range listed {
			person := each.(map[string]any)
			usage, _ := person["nom_usage"].(string)
			if usage != "" {
				usage = "(nom d'usage : " + usage + ") "
			}
			sex := map[any]string{"F": "féminin", "M": "masculin"}[person["sexe"]]
			persons = append(persons, plain(fmt.Sprintf("%s %s%s Naissance : %s. Sexe : %s.",
				person["nom_naissance"], usage, person["prenoms"], dossier.DateInWords(person["date_naissance"].(string)), sex)))
		}
	}
	return facts, persons
}

// The places and first names of the persons of this test as a reader expects them: the
// dossier has codes, and first names joined.
var (
	birthplaces = map[string]string{
		"75107 99100": "Paris 7e Arrondissement (75107)", "29232 99100": "Quimper (29232)", "44109 99100": "Nantes (44109)", " 99243": "Viêt Nam (99243)",
		"2A004 99100": "Ajaccio (2A004)", "56121 99100": "Lorient (56121)", " 99352": "Algérie (99352)", "67482 99100": "Strasbourg (67482)", "12202 99100": "Rodez (12202)",
	}
	firstNames = map[string]string{
		"Angela Claire Louise": "Angela, Claire, Louise", "Yann": "un: Yann", "Claire": "un: Claire", "Minh": "un: Minh", "Hélène": "un: Hélène",
		"Jean Philippe Pierre Louis": "Jean Philippe, Pierre, Louis", "Karim Youssef": "Karim, Youssef", "Sarah": "un: Sarah", "Josette": "un: Josette",
	}
)

// « Confirmation (stable, bookmarkable, no personal data) » (A.9.6): refreshed, without
// cookie, later; and another town’s address knows nothing of it (formulaire-qf.md W23).
func TestTheConfirmationLasts(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen := p.visitor()
	confirmation := p.signsIn(citizen.get(majastres)).submit("/transmettre")
	reference := confirmation.reference()
	personal := []string{"DUBOIS", "Angela", "2550", "2 550", "1962", "75107"}
	bookmark := func(says ...string) {
		t.Helper()
		for _, reader := range []*visitor{citizen, p.visitor()} {
			for _, address := range []string{confirmation.url.Path, "/suivi/" + reference.String()} {
				reader.get(address).answers(200).says(reference.Display(), "Majastres (04)", "Service Enfance").says(says...).neverSays(personal...)
			}
		}
	}
	bookmark("Enregistré le")
	p.drain()
	bookmark("Transmis", "doit maintenant le relever")
	folder := p.parcelOf(t, reference).folder
	p.advance(49 * time.Hour)
	bookmark("Transmis, pas encore relevé", "pas encore relevé par votre collectivité")
	for _, step := range []struct{ status, says string }{{"SI_RECEIVED", "Reçu"}, {"IN_PROGRESS", "En cours de traitement"}, {"DONE", "Traité"}} {
		if err := p.stage.HubEE.Advance(folder.ExternalID, step.status); err != nil {
			t.Fatal(err)
		}
		p.job("hubee-notifications")
		bookmark(step.says, "Reçu par la collectivité le")
	}
	for _, written := range []string{reference.Display(), strings.ToLower(reference.String()), " " + reference.Display() + " ", strings.ReplaceAll(reference.Display(), "-", ".")} {
		citizen.get("/suivi?identifiant=" + url.QueryEscape(written)).at("/suivi/" + reference.String())
	}

	unknown := citizen.get(majastres + "/confirmation/ABCDEFGHJKLM7").answers(404).text()
	for _, address := range []string{
		sainville + "/confirmation/" + reference.String(), sainville + "/confirmation/" + reference.String() + "/recu.pdf",
		"/collectivites/123/confirmation/" + reference.String(), "/suivi/ABCDEFGHJKLM7", "/suivi/x", "/suivi/%00",
		majastres + "/confirmation/x/recu.pdf", majastres + "/confirmation/" + mistyped(reference),
	} {
		if got := citizen.get(address).answers(404).text(); got != unknown {
			t.Errorf("%s tells more than an unknown identifier: %s", address, got)
		}
	}
	p.advance(91 * 24 * time.Hour)
	p.job("purge")
	for _, address := range []string{confirmation.url.Path, confirmation.url.Path + "/recu.pdf", "/suivi/" + reference.String()} {
		if got := citizen.get(address).answers(404).text(); got != unknown {
			t.Errorf("after 90 days %s tells more than an unknown identifier: %s", address, got)
		}
	}
}

// mistyped is an identifier with another last character.
func mistyped(reference value.Reference) string {
	text := reference.String()
	if last := "A"; !strings.HasSuffix(text, last) {
		return text[:len(text)-1] + last
	}
	return text[:len(text)-1] + "B"
}

// « No PDF/receipt … for the citizen » (W30): here one, with the identifier, the town and
// the date, and nothing personal.
func TestTheReceiptHasNothingPersonal(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.answersAlix(200, lifeAnswer)
	p.signInAlix(`{}`)
	citizen := p.visitor()
	confirmation := citizen.get(carrying(majastres, "external_id", "famille-0042")).submit("/demarrer").submit("/transmettre")
	file := p.visitor().get(confirmation.link("reçu au format PDF")).answers(200)
	if kind, name := file.header.Get("Content-Type"), file.header.Get("Content-Disposition"); kind != "application/pdf" || !strings.Contains(name, "recu-"+confirmation.reference().Display()+".pdf") {
		t.Errorf("the receipt is %s, %s", kind, name)
	}
	printed := plain(pdfText(t, []byte(file.body)))
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []string{
		confirmation.reference().Display(), "Majastres (04)", dossier.DateInWords(p.now().In(paris).Format(time.DateOnly)),
		p.portalURL + "/suivi/" + confirmation.reference().String(),
	} {
		if !strings.Contains(printed, wanted) {
			t.Errorf("the receipt lacks %q: %s", wanted, printed)
		}
	}
	if what := life().foundIn(printed + file.body); what != "" || strings.Contains(printed, "0042") {
		t.Errorf("the receipt has the %s", what)
	}
}

// « address in clear and QR (SVG, PNG) at the bottom of the page » (PRODUCT.md 3.6).
func TestTheQRCodeLeadsToTheForm(t *testing.T) {
	t.Parallel()
	p := open(t)
	visitor := p.visitor()
	for _, town := range []string{majastres, sainville, portClair} {
		form := visitor.get(carrying(town, "external_id", "12")).says(p.portalURL + town)
		picture := visitor.get(form.link("image PNG")).answers(200)
		decoded, err := png.Decode(bytes.NewReader([]byte(picture.body)))
		if err != nil {
			t.Fatalf("%s: %v", picture.url, err)
		}
		bitmap, err := gozxing.NewBinaryBitmapFromImage(decoded)
		if err != nil {
			t.Fatal(err)
		}
		// The port of the portal is anything, and this reader misses a code among two hundred in a picture.
		read, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true})
		if err != nil || read.GetText() != p.portalURL+town {
			t.Errorf("%s reads %v, %v", picture.url, read, err)
		}
		drawn := visitor.get(form.link("image SVG")).answers(200)
		if !strings.HasPrefix(drawn.header.Get("Content-Type"), "image/svg+xml") || !strings.Contains(drawn.body, "<svg") || strings.Contains(drawn.body, "<script") {
			t.Errorf("%s is %s", drawn.url, drawn.header)
		}
	}
	for _, address := range []string{"/collectivites/21730132400018/qr.png", "/collectivites/123/qr.svg"} {
		visitor.get(address).answers(404)
	}
}
