package e2e

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portail-qf/internal/web/citizen"
	"portail-qf/internal/web/webtest"
)

// malicious are what people and programs put where a value is expected.
var malicious = []string{
	"", " ", "0", "-1", "null", "undefined", "NaN", "true", "1e999", "\x00", "\x00\x01\x7f", "\r\nSet-Cookie: a=b", "%00", "%zz", "%2e%2e%2f",
	"../../../../etc/passwd", `..\..\windows\win.ini`, "/", "//", "//evil.example/", `/\evil.example`, "https://evil.example/", "javascript:alert(1)",
	`"><script>alert(1)</script>`, "'><img src=x onerror=alert(1)>", "{{.Town}}", "{{template \"x\"}}", "${7*7}", "<!--#exec cmd=\"ls\"-->", "]]>",
	"' OR '1'='1", "'; DROP TABLE dossiers; --", "\\", "%", "_", "%%%", "\xff\xfe", "\xc3\x28", "\xed\xa0\x80", "\ufffe", "\u2028", "\u202e\u200f",
	"𝕱𝖔𝖗𝖒", "İıſK", "ﷺ", strings.Repeat("a", 300), strings.Repeat("é", 600), strings.Repeat("%", 1000), strings.Repeat("../", 300),
	"21040107100019", "210 401 071 00019", "ABCD-EFGH-JKLM7", "introuvable", "9223372036854775808", "2026-13-45", "[]", "{}", "a[b]=c", ";", "&", "=", "+",
}

// names are those that the site knows, and those that others would.
var names = []string{
	"external_id", "redirect_uri", "lien", "demarche", "identifiant", "q", "departement", "page", "code", "state", "iss", "error", "error_description",
	"siret", "id", "_method", "debug", "__proto__", "a[]", "",
}

// parametersOf are the names to which a route listens.
var parametersOf = map[string][]string{
	"/collectivites":                     {"q", "departement", "page"},
	"/collectivites/:siret":              {"external_id", "redirect_uri", "lien"},
	"/collectivites/:siret/me_connecter": {"external_id", "redirect_uri"},
	"/collectivites/:siret/demarrer":     {"lien"},
	"/collectivites/:siret/transmettre":  {"demarche"},
	"/franceconnect/retour":              {"code", "state", "iss", "error"},
	"/suivi":                             {"identifiant"},
	"/formulaires":                       {"q"},
	"/formulaires/:uid/demande/nouveau":  {"intitule", "description", "cadre_juridique", "destinataires", "conservation", "donnees", "siret", "dpd_mail"},
}

// tormentor makes requests out of a fixed seed: a failure can be played again.
type tormentor struct {
	*rand.Rand
	routes  []string // "GET /collectivites/:siret"
	secrets []string // values that are good somewhere
}

func (r tormentor) value() string {
	if r.IntN(4) == 0 {
		return r.secrets[r.IntN(len(r.secrets))]
	}
	value := malicious[r.IntN(len(malicious))]
	if r.IntN(5) == 0 {
		value += malicious[r.IntN(len(malicious))]
	}
	return value
}

func (r tormentor) values(route string) url.Values {
	values := url.Values{}
	for range r.IntN(5) {
		name := names[r.IntN(len(names))]
		switch known := parametersOf[route]; {
		case known != nil && r.IntN(2) == 0:
			name = known[r.IntN(len(known))]
		case r.IntN(8) == 0:
			name = r.value()
		}
		values.Add(name, r.value())
	}
	return values
}

// request picks a route, now and then with another method or a longer path.
func (r tormentor) request() (method, address string, fields url.Values, headers []string) {
	method, pattern, _ := strings.Cut(strings.Join(strings.Fields(r.routes[r.IntN(len(r.routes))]), " "), " ")
	if r.IntN(10) == 0 {
		method = []string{http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPost, "PROPFIND"}[r.IntN(6)]
	}
	segments := strings.Split(pattern, "/")
	for i, segment := range segments {
		switch {
		case strings.HasPrefix(segment, ":") && r.IntN(3) > 0 && segment == ":siret":
			segments[i] = "21040107100019"
		case segment == ":uid" && r.IntN(3) > 0:
			segments[i] = "api-particulier-brume"
		case strings.HasPrefix(segment, ":") || strings.HasPrefix(segment, "*"):
			segments[i] = url.PathEscape(r.value())
		}
	}
	address = strings.Join(segments, "/")
	if r.IntN(10) == 0 {
		address += "/" + url.PathEscape(r.value())
	}
	if query := r.values(pattern); len(query) > 0 {
		address += "?" + query.Encode()
	}
	for _, name := range []string{
		"Cookie", "Origin", "Referer", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-For", "X-Original-Url",
		"Accept-Language", "Range", "If-None-Match", "Content-Type", "Sec-Fetch-Site",
	} {
		if r.IntN(6) > 0 {
			continue
		}
		value := strings.Map(func(c rune) rune {
			if c < ' ' || c > '~' {
				return 'x'
			}
			return c
		}, r.value())
		if name == "Cookie" {
			value = citizen.SessionCookie + "=" + value
		}
		headers = append(headers, name, value)
	}
	return method, address, r.values(pattern), headers
}

// Whatever is asked of a public route, the answer is never a defect of ours, always a page
// that passes every check, and never leads to another site than FranceConnect.
func TestWhateverIsAskedThePortalAnswersWell(t *testing.T) {
	t.Parallel()
	p := open(t)
	const seed = 20261122
	victim := p.visitor()
	form := victim.get(carrying(majastres, "external_id", "12", "redirect_uri", "https://portail.example.fr/retour"))
	confirmation := p.signsIn(form).submit("/transmettre")
	r := tormentor{Rand: rand.New(rand.NewPCG(seed, seed)), secrets: []string{
		form.url.Query().Get("lien"), confirmation.reference().String(), victim.session(), "2A", "04", "access_denied", p.issuer, "session-terminee",
	}}
	for _, route := range p.app.Router().Routes() {
		r.routes = append(r.routes, route.Method+" "+route.Path)
	}
	tormented := p.visitor()
	for number := range 1500 {
		method, address, fields, headers := r.request()
		got := tormented.hop(method, address, fields, headers...)
		complain := func(what string) {
			t.Helper()
			t.Errorf("request %d of seed %d: %s %s with %q answered %d %s: %s", number, seed, method, address, headers, got.status, got.location, what)
		}
		switch {
		case got.status >= 500:
			complain("a defect")
		case got.status >= 300 && got.status < 400:
			if !leadsHome(p, got.location) {
				complain("leads to another site")
			}
		case strings.HasPrefix(got.header.Get("Content-Type"), "text/html") && method != http.MethodHead:
			if faults := webtest.Faults([]byte(got.body)); len(faults) > 0 {
				complain(strings.Join(faults, "; "))
			}
		case got.body == "" && method != http.MethodHead && got.status != http.StatusNotModified && got.status != http.StatusNoContent:
			complain("no page")
		}
		if got.header.Get("Content-Security-Policy") == "" || got.header.Get("X-Content-Type-Options") != "nosniff" {
			complain("not guarded")
		}
		if t.Failed() && number > 50 {
			break
		}
	}
	victim.get(confirmation.url.Path).answers(200).says("Majastres")
	p.keepsQuiet("panic", "DUBOIS", "request failed\",\"status\":500")
}

// leadsHome tells whether a redirection stays on the site or goes to FranceConnect.
func leadsHome(p *portal, location string) bool {
	if strings.HasPrefix(location, p.issuer+"/") || strings.HasPrefix(location, p.proIssuer+"/") {
		return true
	}
	return strings.HasPrefix(location, "/") && !strings.HasPrefix(location, "//") && !strings.HasPrefix(location, `/\`) && !strings.ContainsAny(location, "\r\n")
}
