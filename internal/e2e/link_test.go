package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// The other towns of the seed, each in a situation of its own.
const (
	sainville  = "/collectivites/21280363900013" // the same editor as Majastres
	portClair  = "/collectivites/21200990600018" // no editor, a return address of its own
	rivebrune  = "/collectivites/21974490100014" // closed
	montfleury = "/collectivites/21590997900019" // soon open
)

const (
	identifierIgnored = "Votre numéro de dossier n’a pas pu être lu dans le lien"
	linkExpired       = "Le lien que vous avez suivi a expiré"
)

// carrying gives the address of a form with the parameters of a link, name and value in
// turn, encoded as an editor's software does.
func carrying(form string, parameters ...string) string {
	var pairs []string
	for i := 0; i < len(parameters); i += 2 {
		pairs = append(pairs, parameters[i]+"="+url.QueryEscape(parameters[i+1]))
	}
	return form + "?" + strings.Join(pairs, "&")
}

// visitorOf is a visitor whose misfortunes are those of a part of the test.
func (p *portal) visitorOf(t *testing.T) *visitor {
	v := p.visitor()
	v.t = t
	return v
}

// signsIn presses the button of FranceConnect on a form as a person with a quotient.
func (p *portal) signsIn(form *page) *page {
	form.visitor.t.Helper()
	p.signInAs(p.anybody())
	return form.submit("/demarrer").at(form.url.Path + "/verification")
}

// « external_id: any printable text up to 255 characters, deposited verbatim »
// (PRODUCT.md 3.6): byte for byte in both files, nowhere in HubEE's own fields, and in no
// address once the link is open.
func TestExternalIDIsDepositedVerbatim(t *testing.T) {
	t.Parallel()
	p := open(t)
	for name, id := range map[string]string{
		"255 letters":        strings.Repeat("é", 255),
		"255 emoji":          strings.Repeat("👩", 255),
		"one emoji of five":  "👩‍👧‍👦🏽",
		"markup":             `"><script>alert(1)</script>`,
		"end of comment":     `--><!-- ]]><![CDATA[&amp;&#13;`,
		"like a NIR":         "1 85 05 78 006 084 36",
		"like a mail":        "prenom.nom+famille@example.fr",
		"spaces around":      "  42\u00a0\u202f ",
		"reserved in a URL":  `a&b=c;d%41+#?/\'`,
		"backslash":          `{"a":"\u0000\n"}`,
		"marks of direction": "\u202eabc\u202c\u200f\u2066",
		"accents apart":      "e\u0301 é",
		"byte order mark":    "\ufeff42",
		"formula":            "=1+1",
		"statement":          "'; DROP TABLE dossiers; --",
		"null":               "null",
		"zero":               "0",
		"rare letters":       "Łukasik Ọlá 𝔘 漢字 ﷽",
	} {
		t.Run(name, func(t *testing.T) {
			citizen := p.visitorOf(t)
			form := citizen.get(carrying(majastres, "external_id", id)).at(majastres).answers(200)
			if named := form.url.Query(); len(named) != 1 || !named.Has("lien") {
				t.Errorf("the address was not cleaned: %s", form.url)
			}
			review := p.signsIn(form).neverSays("<script>alert", "<!-- ]]>")
			if !strings.Contains(plain(review.text()), plain(id)) {
				t.Errorf("the citizen does not read the identifier in\n%s", review.text())
			}
			unwrapped := p.parcelOf(t, review.submit("/transmettre").reference())
			if got := unwrapped.read()["external_id"]; got != id {
				t.Errorf("FormulaireQF.json has %q, want %q", got, id)
			}
			if got := unwrapped.tree().at("external-id").Text; got != id {
				t.Errorf("FormulaireQF.xml has %q, want %q", got, id)
			}
			unwrapped.checkFiles()
		})
	}
}

// A link is made by people too: what a browser sends as it was written is read as it was
// written.
func TestExternalIDWrittenByHandInTheLink(t *testing.T) {
	t.Parallel()
	p := open(t)
	for raw, id := range map[string]string{
		"external_id=famille;12":                   "famille;12",
		"external_id=a=b":                          "a=b",
		"external_id=12+bis":                       "12 bis",
		"utm_source=a;b&external_id=7&&=&x":        "7",
		"external%5Fid=7":                          "7",
		"external_id=caf%C3%A9":                    "café",
		"external_id=12&lien=abc&external_id_2=13": "12",
	} {
		t.Run(raw, func(t *testing.T) {
			form := p.visitorOf(t).get(majastres + "?" + raw).at(majastres)
			if strings.Contains(form.url.RawQuery, "external") {
				t.Errorf("the address was not cleaned: %s", form.url)
			}
			p.signsIn(form).says(id)
		})
	}
}

// « longer or with control characters: the form goes on without it and says so »
// (PRODUCT.md 3.6).
func TestAnUnusableExternalIDStopsNobody(t *testing.T) {
	t.Parallel()
	p := open(t)
	for name, query := range map[string]string{
		"256 characters":      "external_id=" + strings.Repeat("a", 256),
		"256 emoji":           carrying("", "external_id", strings.Repeat("👩", 256))[1:],
		"20 kB":               "external_id=" + strings.Repeat("a", 20_000),
		"line feed":           "external_id=a%0Ab",
		"zero":                "external_id=a%00b",
		"escape":              "external_id=%1B%5B2J",
		"C1 control":          "external_id=%C2%85",
		"line separator":      "external_id=%E2%80%A8",
		"no character at all": "external_id=%EF%BF%BE",
		"not UTF-8":           "external_id=%FF%FE",
		"half a character":    "external_id=a%C3",
		"a surrogate":         "external_id=%ED%A0%80",
		"bad escape":          "external_id=%zz",
		"percent sign":        "external_id=100%",
		"given twice":         "external_id=1&external_id=2",
		"given twice alike":   "external_id=1&external_id=1",
	} {
		t.Run(name, func(t *testing.T) {
			form := p.visitorOf(t).get(majastres + "?" + query).at(majastres).answers(200).says(identifierIgnored)
			if strings.Contains(form.url.RawQuery, "external") {
				t.Errorf("the address was not cleaned: %s", form.url)
			}
			review := p.signsIn(form)
			if strings.Contains(review.text(), "numéro") {
				t.Errorf("the citizen reads of a number in\n%s", review.text())
			}
			unwrapped := p.parcelOf(t, review.submit("/transmettre").reference())
			if id, written := unwrapped.read()["external_id"]; id != nil || !written {
				t.Errorf("FormulaireQF.json has %q", id)
			}
			if e := unwrapped.tree().at("external-id"); !e.isNil() {
				t.Errorf("FormulaireQF.xml has %+v", e)
			}
		})
	}
	p.visitor().get(carrying(majastres, "external_id", "")).answers(200).neverSays("pas pu être lu")
}

// « https, declared per editor or per town (host + path prefix by whole segments, any
// query) …; undeclared: no link » (PRODUCT.md 3.6).
func TestReturnAddresses(t *testing.T) {
	t.Parallel()
	visitor := open(t).visitor()
	const declared = "https://portail.example.fr/retour"
	for asked, want := range map[string]string{
		declared:                                     declared,
		declared + "/":                               declared + "/",
		declared + "/famille?n=1&n=2":                declared + "/famille?n=1&n=2",
		"https://PORTAIL.example.fr:443/retour":      declared,
		declared + "/a/../b":                         declared + "/b",
		"https://familles.tilleul.example.fr":        "https://familles.tilleul.example.fr",
		"https://familles.tilleul.example.fr/x?y":    "https://familles.tilleul.example.fr/x?y",
		declared + `?q="><script>`:                   declared + "?q=%22%3e%3cscript%3e",
		"":                                           "",
		"https://autre.example.fr/retour":            "",
		"https://portail.example.fr":                 "",
		"https://portail.example.fr/retourne":        "",
		"https://portail.example.fr/Retour":          "",
		declared + "/../admin":                       "",
		declared + "/%2e%2e/admin":                   "",
		declared + "%2f..%2fadmin":                   "",
		declared + `\..\admin`:                       "",
		"http://portail.example.fr/retour":           "",
		"//portail.example.fr/retour":                "",
		"/retour":                                    "",
		"javascript:alert(1)":                        "",
		"javascript://portail.example.fr/retour":     "",
		"data:text/html,<script>alert(1)</script>":   "",
		"https://portail.example.fr@evil.example":    "",
		"https://u:p@portail.example.fr/retour":      "",
		"https://portail.example.fr.evil.example/":   "",
		"https://evil.example/portail.example.fr/":   "",
		"https://portail.example.fr./retour":         "",
		"https://portail.example.fr:8443/retour":     "",
		"https://pоrtail.example.fr/retour":          "", // a Cyrillic о
		"https://xn--prtail-pqf.example.fr/retour":   "",
		"https://127.0.0.1/retour":                   "",
		"https://2130706433/retour":                  "",
		"https://[::1]/retour":                       "",
		declared + "#fragment":                       "",
		" " + declared:                               "",
		declared + "\r\nSet-Cookie: a=b":             "",
		"https:portail.example.fr/retour":            "",
		"https://portail.example.fr%2fretour":        "",
		declared + "?" + strings.Repeat("a", 20_000): "",
	} {
		// The form that is not open yet offers the way back at once.
		page := visitor.get(carrying(montfleury, "redirect_uri", asked)).at(montfleury).answers(200).says("Bientôt disponible")
		if got := page.link("Retourner sur"); got != want {
			t.Errorf("%q leads to %q, want %q", asked, got, want)
		}
		if page.url.Query().Has("redirect_uri") || page.header.Get("Set-Cookie") != "" {
			t.Errorf("%q stays in %s", asked, page.url)
		}
	}
	twice := carrying(montfleury, "redirect_uri", declared, "redirect_uri", declared)
	if link := visitor.get(twice).link("Retourner"); link != "" {
		t.Errorf("given twice, it leads to %s", link)
	}
	// Longer than any link should be, and still whole after its seal.
	longest := declared + "?" + strings.Repeat("&", 2000-len(declared)-1)
	both := carrying(majastres, "redirect_uri", longest, "external_id", strings.Repeat("<", 255))
	if target, fields := visitor.get(both).form("/demarrer"); len(fields.Get("lien")) < 1000 {
		t.Errorf("%s sends %v", target, fields)
	}
}

// « shown as a link with its host, on success and on failure pages » (PRODUCT.md 3.6),
// declared by the editor or by the town itself; and only to the browser that brought it.
func TestTheWayBackIsOfferedOnSuccessAndOnFailure(t *testing.T) {
	t.Parallel()
	p := open(t)
	for town, back := range map[string]string{
		majastres: "https://portail.example.fr/retour?famille=12",
		portClair: "https://services.port-clair.example.fr/famille/7",
	} {
		t.Run(town, func(t *testing.T) {
			citizen := p.visitorOf(t)
			host := "Retourner sur " + strings.Split(back, "/")[2]
			offers := func(shown *page) *page {
				t.Helper()
				if got := shown.link(host); got != back {
					t.Errorf("%s offers %q, want %q", shown.url.Path, got, back)
				}
				return shown
			}
			form := citizen.get(carrying(town, "redirect_uri", back, "external_id", "12"))
			offers(citizen.get(form.link("Faire la démarche sans FranceConnect")))
			p.franceConnect(`{"error":"access_denied"}`)
			cancelled := offers(form.submit("/demarrer").at(town + "/echec/franceconnect-annule"))
			p.signInAs("inconnu-noe")
			unknown := offers(cancelled.submit("/demarrer").at(town + "/echec/introuvable"))
			confirmation := offers(p.signsIn(citizen.get(unknown.link("faire la démarche"))).submit("/transmettre"))
			offers(citizen.get(confirmation.url.Path))
			if got := p.parcelOf(t, confirmation.reference()).read()["external_id"]; got != "12" {
				t.Errorf("after two failures the identifier is %v", got)
			}
			if link := p.visitorOf(t).get(confirmation.url.Path).answers(200).link("Retourner"); link != "" {
				t.Errorf("another browser is led to %s", link)
			}
			if link := citizen.get("/suivi/" + confirmation.reference().String()).link("Retourner"); link != "" {
				t.Errorf("the follow-up leads to %s", link)
			}
		})
	}
}
