package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"portail-qf/internal/sim/stage"
)

// persona finds somebody of the seed.
func (s *scene) persona(key string) stage.Professional {
	s.t.Helper()
	for _, p := range s.stage.Seed.People {
		if p.Key == key {
			return p
		}
	}
	s.t.Fatalf("the seed has no %q", key)
	return stage.Professional{}
}

// proConnect orders how the next sign-in of a professional is answered.
func (p *portal) proConnect(order string) {
	p.t.Helper()
	p.order(strings.TrimSuffix(p.proIssuer, "/api/v2")+"/_sim/next", order)
}

// comesBackAs orders a sign-in with claims of one's own: those of a persona, changed.
func (p *portal) comesBackAs(key string, changes map[string]any) {
	p.t.Helper()
	claims := p.persona(key).Claims()
	for name, value := range changes {
		if value == nil {
			delete(claims, name)
		} else {
			claims[name] = value
		}
	}
	order, err := json.Marshal(map[string]any{"identity": claims})
	if err != nil {
		p.t.Fatal(err)
	}
	p.proConnect(string(order))
}

// professional is a browser in which a persona has signed in.
func (p *portal) professional(key string) *visitor {
	p.t.Helper()
	v := p.visitor()
	v.enter(p, key)
	return v
}

// enter signs a persona in from the sign-in page.
func (v *visitor) enter(p *portal, key string) *page {
	v.t.Helper()
	p.proConnect(fmt.Sprintf(`{"key":%q}`, key))
	return v.get("/connexion").submit("/connexion")
}

// visitorFor is a browser whose faults are told to one test among several.
func (p *portal) visitorFor(t testing.TB) *visitor {
	v := p.visitor()
	v.t = t
	return v
}

// letters gives the mails to an address, oldest first.
func (p *portal) letters(to string) []letter {
	p.t.Helper()
	var found []letter
	for _, message := range p.stage.Mail.Messages() {
		for _, address := range message.To {
			if address == to {
				found = append(found, letter{subject: message.Subject, text: message.Text, html: message.HTML})
			}
		}
	}
	return found
}

type letter struct{ subject, text, html string }

// link gives the address of ours that a mail leads to.
func (l letter) link(p *portal, prefix string) string {
	p.t.Helper()
	at := strings.Index(l.text, p.portalURL+prefix)
	if at < 0 {
		p.t.Fatalf("no link to %s in the mail:\n%s", prefix, l.text)
	}
	address, _, _ := strings.Cut(l.text[at:], "\n")
	return strings.TrimSpace(strings.TrimPrefix(address, p.portalURL))
}

// letter waits for the mail to an address and gives the last one.
func (p *portal) letter(to string) letter {
	p.t.Helper()
	p.drain()
	all := p.letters(to)
	if len(all) == 0 {
		p.t.Fatalf("no mail to %s", to)
	}
	return all[len(all)-1]
}

// acts lists the acts of the journal since one of them, oldest first, as "act author object detail".
func (p *portal) acts(since int64) []string {
	p.t.Helper()
	rows, err := p.tables.QueryContext(p.t.Context(),
		`SELECT act || ' ' || author || ' ' || object || ' ' || detail FROM audit_events WHERE id > $1 ORDER BY id`, since)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			p.t.Fatal(err)
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

// lastAct is the number of the newest line of the journal.
func (p *portal) lastAct() int64 {
	p.t.Helper()
	var id int64
	if err := p.tables.QueryRowContext(p.t.Context(), `SELECT COALESCE(max(id), 0) FROM audit_events`).Scan(&id); err != nil {
		p.t.Fatal(err)
	}
	return id
}

// cookie is the value of one of the portal's cookies in a browser, "" without.
func (v *visitor) cookie(name string) string {
	address, err := url.Parse(v.portal.portalURL)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.client.Jar.Cookies(address) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// bring gives the browser a cookie of the portal.
func (v *visitor) bring(name, value string) {
	address, err := url.Parse(v.portal.portalURL)
	if err != nil {
		v.t.Fatal(err)
	}
	v.client.Jar.SetCookies(address, []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true}})
}

const proCookie = "__Host-professionnel"

// greets fails when the header does not name the person and offer to sign out.
func (p *page) greets(name string) *page {
	p.visitor.t.Helper()
	var words strings.Builder
	if header := find(p.root, func(n *html.Node) bool { return n.Data == "header" }); header != nil {
		collect(header, &words)
	}
	for _, text := range []string{name, "Se déconnecter"} {
		if !strings.Contains(plain(words.String()), plain(text)) {
			p.visitor.t.Errorf("%s (%d) does not greet %s: %s", p.url.Path, p.status, text, plain(words.String()))
		}
	}
	return p
}
