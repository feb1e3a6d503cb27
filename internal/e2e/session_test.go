package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/web/citizen"
)

// cookie is the session cookie that an answer sets, nil for none.
func (r reply) cookie() *http.Cookie {
	for _, set := range (&http.Response{Header: r.header}).Cookies() {
		if set.Name == citizen.SessionCookie {
			return set
		}
	}
	return nil
}

// session is the value of the session cookie that the visitor holds.
func (v *visitor) session() string {
	v.t.Helper()
	home, err := url.Parse(v.portal.portalURL)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, held := range v.client.Jar.Cookies(home) {
		if held.Name == citizen.SessionCookie {
			return held.Value
		}
	}
	return ""
}

// « `__Host-` prefix, Secure, HttpOnly, SameSite=Lax; opaque id ≥ 128 bits; new id at
// login » (users-reliability-security.md C.1): the cookie of before is worth nothing.
func TestTheSessionCookieIsRenewedAtTheSignIn(t *testing.T) {
	t.Parallel()
	p := open(t)
	visitor := p.visitor()
	target, fields := visitor.get(majastres).form("/demarrer")
	if visitor.session() != "" {
		t.Error("reading a form sets a cookie")
	}
	left := visitor.hop(http.MethodPost, target, fields)
	before := left.cookie()
	arrived := visitor.hop(http.MethodGet, visitor.callback(p, left.location), nil)
	after := arrived.cookie()
	for _, cookie := range []*http.Cookie{before, after} {
		if cookie == nil {
			t.Fatal("no cookie")
		}
		if !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
			t.Errorf("the cookie is %s", cookie)
		}
		if cookie.MaxAge <= 0 || cookie.MaxAge > 3600 || len(cookie.Value) < 32 {
			t.Errorf("the cookie lasts %d s and holds %d characters", cookie.MaxAge, len(cookie.Value))
		}
	}
	if before.Value == after.Value {
		t.Error("the sign-in kept the cookie of before")
	}
	visitor.get(verification).at(verification)
	thief := p.visitor()
	for _, stolen := range []string{before.Value, "", "x", strings.Repeat("x", 5000), `";drop`} {
		found := thief.hop(http.MethodGet, verification, nil, "Cookie", citizen.SessionCookie+"="+stolen)
		if found.status != http.StatusSeeOther || found.location != ended {
			t.Errorf("the cookie %.20q opens %s (%d)", stolen, found.location, found.status)
		}
	}
	// A browser that was given its cookie by somebody else gets another one at the sign-in.
	planted := visitor.hop(http.MethodPost, target, fields, "Cookie", citizen.SessionCookie+"=planted")
	p.signInAs(p.anybody())
	back := visitor.hop(http.MethodGet, planted.location, nil)
	landed := visitor.hop(http.MethodGet, back.location, nil, "Cookie", citizen.SessionCookie+"=planted")
	if renewed := landed.cookie(); renewed == nil || renewed.Value == "planted" {
		t.Errorf("a planted session survives the sign-in: %v", renewed)
	}
}

// « Citizen: 30 min at FranceConnect, 15 min idle from the callback on, 1 h absolute »
// (SETTLED.md, time).
func TestSessionsEndInTime(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]func(t *testing.T, p *portal, v *visitor){
		"29 minutes at FranceConnect": func(_ *testing.T, p *portal, v *visitor) {
			away := v.get(majastres).leaves()
			p.advance(29 * time.Minute)
			v.get(v.callback(p, away)).at(verification)
		},
		"31 minutes at FranceConnect": func(_ *testing.T, p *portal, v *visitor) {
			away := v.get(majastres).leaves()
			p.advance(31 * time.Minute)
			v.get(v.callback(p, away)).at(ended).says("Votre session est terminée", "Service Enfance")
			v.get(verification).at(ended)
		},
		"14 minutes before the review": func(_ *testing.T, p *portal, v *visitor) {
			review := p.signsIn(v.get(majastres))
			p.advance(14 * time.Minute)
			review.submit("/transmettre").reference()
		},
		"16 minutes before the review": func(_ *testing.T, p *portal, v *visitor) {
			review := p.signsIn(v.get(majastres)).says("DUBOIS")
			p.advance(16 * time.Minute)
			review.submit("/transmettre").at(ended).says("Votre session est terminée", "effacées", "Service Enfance").neverSays("DUBOIS")
			v.get(verification).at(ended).neverSays("DUBOIS")
		},
		"an hour of reading": func(_ *testing.T, p *portal, v *visitor) {
			p.signsIn(v.get(majastres))
			for range 5 {
				p.advance(11 * time.Minute)
				v.get(verification).at(verification)
			}
			p.advance(6 * time.Minute)
			v.get(verification).at(ended)
		},
		"16 minutes after the transmission": func(t *testing.T, p *portal, v *visitor) {
			form := v.get(carrying(majastres, "redirect_uri", "https://portail.example.fr/retour"))
			confirmation := p.signsIn(form).submit("/transmettre").says("Me déconnecter")
			p.advance(16 * time.Minute)
			late := v.get(confirmation.url.Path).answers(200).says(confirmation.reference().Display()).neverSays("Me déconnecter")
			if link := late.link("Retourner"); link != "" {
				t.Errorf("the way back %s outlives the session", link)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			story(t, p, p.visitor())
			p.advance(time.Hour)
			p.job("purge")
			if left := p.count("SELECT (SELECT count(*) FROM attempts) + (SELECT count(*) FROM citizen_sessions)"); left != 0 {
				t.Errorf("%d rows of sessions and attempts are left after an hour", left)
			}
		})
	}
}

// « Logout: POST; destroy the local session first, then 303 to end_session »
// (reference/identity.md §3.4), and back.
func TestLogoutErasesHereAndAtFranceConnect(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen := p.visitor()
	stolen := ""
	for _, step := range []string{"review", "confirmation"} {
		shown := p.signsIn(citizen.get(majastres))
		if step == "confirmation" {
			shown = shown.submit("/transmettre")
		}
		stolen = citizen.session()
		atFranceConnect := shown.submit("/deconnexion")
		if !strings.HasPrefix(atFranceConnect.url.String(), p.issuer+"/session/end?") {
			t.Fatalf("from the %s, the logout leads to %s", step, atFranceConnect.url)
		}
		if p.count("SELECT count(*) FROM attempts") != 0 {
			t.Error("the attempt was not erased before FranceConnect")
		}
		atFranceConnect.submit("/session/end/confirm").at("/franceconnect/deconnexion").answers(200).says("Votre session est fermée")
		if citizen.session() != "" {
			t.Error("the cookie is still there")
		}
		citizen.get(verification).at(ended)
		if found := citizen.hop(http.MethodGet, verification, nil, "Cookie", citizenCookie(stolen)); found.location != ended {
			t.Errorf("the old cookie opens %q", found.location)
		}
	}
	// Nobody there, an old cookie, or FranceConnect down: logged out all the same.
	citizen.post("/deconnexion", nil).at("/franceconnect/deconnexion").says("Votre session est fermée")
	if left := citizen.hop(http.MethodPost, "/deconnexion", nil, "Cookie", citizenCookie(stolen)); left.location != "/franceconnect/deconnexion" {
		t.Errorf("leads to %s", left.location)
	}
	citizen.get("/franceconnect/deconnexion?state=" + strings.Repeat("x", 3000)).answers(200)
	away := citizen.get(majastres).leaves()
	citizen.post("/deconnexion", nil).at("/franceconnect/deconnexion")
	citizen.get(citizen.callback(p, away)).at(nothingKnown)
}

func citizenCookie(value string) string { return citizen.SessionCookie + "=" + value }

// « No state change on GET », « cross-site POST refused with a page » (C.1).
func TestOnlyAFormOfThisSiteChangesAnything(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen := p.visitor()
	review := p.signsIn(citizen.get(majastres))
	target, fields := review.form("/transmettre")
	for _, route := range []string{"/demarrer", "/transmettre"} {
		citizen.get(majastres + route + "?" + fields.Encode()).answers(405).says("ne s’ouvre pas ainsi")
	}
	citizen.get("/deconnexion").answers(405)
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"},
		{"Origin", "null"}, {"Origin", p.issuer}, {"Sec-Fetch-Site", "cross-site", "Origin", p.portalURL},
	} {
		for _, address := range []string{target, majastres + "/demarrer", "/deconnexion"} {
			forged := citizen.hop(http.MethodPost, address, fields, headers...)
			if forged.status != http.StatusForbidden || !strings.Contains(forged.body, "<h1>Cette demande n’a pas été acceptée</h1>") || forged.cookie() != nil {
				t.Errorf("POST %s with %v answered %d", address, headers, forged.status)
			}
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, "TRACE"} {
		if tried := citizen.hop(method, target, nil); tried.status != http.StatusMethodNotAllowed {
			t.Errorf("%s answered %d", method, tried.status)
		}
	}
	for _, forged := range []url.Values{{}, {"demarche": {"x"}}, {"demarche": {strings.Repeat("x", 20_000)}}, {"demarche": {"00000000-0000-0000-0000-000000000000"}}} {
		citizen.post(target, forged).answers(409)
	}
	citizen.post(target, url.Values{"demarche": {strings.Repeat("x", 70_000)}}).answers(413).says("trop volumineux")
	citizen.post(sainville+"/transmettre", fields).at(sainville + "/echec/session-terminee")
	if recorded := p.count("SELECT count(*) FROM dossiers"); recorded != 0 {
		t.Fatalf("%d dossiers were recorded", recorded)
	}
	review.submit("/transmettre").reference()
}
