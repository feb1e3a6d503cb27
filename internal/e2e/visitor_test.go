package e2e

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"portail-qf/internal/web/webtest"
)

// visitor is a browser without JavaScript: it keeps cookies, follows redirects and fills
// in the forms that it finds.
type visitor struct {
	t      testing.TB
	portal *scene
	client *http.Client
}

func (s *scene) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{t: s.t, portal: s, client: &http.Client{Jar: loopbackJar{jar}, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// loopbackJar sends Secure cookies over http, as browsers do to this machine.
type loopbackJar struct{ jar *cookiejar.Jar }

func (j loopbackJar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.jar.SetCookies(secured(u), cookies)
}
func (j loopbackJar) Cookies(u *url.URL) []*http.Cookie { return j.jar.Cookies(secured(u)) }

func secured(u *url.URL) *url.URL {
	copied := *u
	copied.Scheme = "https"
	return &copied
}

// page is what the visitor reads.
type page struct {
	visitor *visitor
	status  int
	url     *url.URL
	header  http.Header
	body    string
	root    *html.Node
}

// get opens an address of the portal, or a whole address.
func (v *visitor) get(address string) *page {
	v.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.portal.portalURL + address
	}
	response, err := v.client.Get(address)
	return v.read(response, err)
}

// post sends a form, as a button of the same site does.
func (v *visitor) post(address string, fields url.Values) *page {
	v.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.portal.portalURL + address
	}
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(fields.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	response, err := v.client.Do(request)
	return v.read(response, err)
}

func (v *visitor) read(response *http.Response, err error) *page {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err != nil {
		v.t.Fatal(err)
	}
	p := &page{visitor: v, status: response.StatusCode, url: response.Request.URL, header: response.Header, body: string(body)}
	if response.StatusCode >= 500 {
		v.t.Errorf("%s answered %d", p.url.Path, response.StatusCode)
	}
	if p.isHTML() {
		if p.root, err = html.Parse(strings.NewReader(p.body)); err != nil {
			v.t.Fatal(err)
		}
		if strings.HasPrefix(p.url.String(), v.portal.portalURL) {
			webtest.Check(v.t, body)
		}
	}
	return p
}

func (p *page) isHTML() bool { return strings.HasPrefix(p.header.Get("Content-Type"), "text/html") }

// text is what the page says, spaces made plain.
func (p *page) text() string {
	var words strings.Builder
	if main := find(p.root, func(n *html.Node) bool { return n.Data == "main" }); main != nil {
		collect(main, &words)
	}
	return plain(words.String())
}

func plain(text string) string {
	text = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'").Replace(text)
	return strings.Join(strings.Fields(text), " ")
}

// says fails when the page does not say one of the texts.
func (p *page) says(texts ...string) *page {
	p.visitor.t.Helper()
	said := p.text()
	for _, text := range texts {
		if !strings.Contains(said, plain(text)) {
			p.visitor.t.Errorf("%s does not say %q; it says:\n%s", p.url.Path, text, said)
		}
	}
	return p
}

// neverSays fails when one of the texts is anywhere in the page's source or address.
func (p *page) neverSays(texts ...string) *page {
	p.visitor.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, text) || strings.Contains(p.url.String(), text) {
			p.visitor.t.Errorf("%s says %q", p.url.Path, text)
		}
	}
	return p
}

// at fails when the page is not at a path.
func (p *page) at(path string) *page {
	p.visitor.t.Helper()
	if p.url.Path != path {
		p.visitor.t.Fatalf("at %s (%d), want %s:\n%s", p.url.Path, p.status, path, p.text())
	}
	return p
}

// answers fails when the page has another status.
func (p *page) answers(status int) *page {
	p.visitor.t.Helper()
	if p.status != status {
		p.visitor.t.Errorf("%s answered %d, want %d", p.url.Path, p.status, status)
	}
	return p
}

// submit presses the button of the form whose action ends so, with what the page put in
// it.
func (p *page) submit(action string) *page {
	p.visitor.t.Helper()
	target, fields := p.form(action)
	return p.visitor.post(target, fields)
}

// form finds a form by the end of its action, with what a browser would send of it: what is
// hidden, typed, ticked or chosen. No button is pressed, and no file chosen.
func (p *page) form(action string) (target string, fields url.Values) {
	p.visitor.t.Helper()
	form := p.formNode(action)
	fields = url.Values{}
	find(form, func(n *html.Node) bool {
		if name := attribute(n, "name"); name != "" && n.Data != "button" {
			if value, sent := controlled(n); sent {
				fields.Add(name, value)
			}
		}
		return false
	})
	absolute, err := p.url.Parse(attribute(form, "action"))
	if err != nil {
		p.visitor.t.Fatal(err)
	}
	return absolute.String(), fields
}

func (p *page) formNode(action string) *html.Node {
	p.visitor.t.Helper()
	form := find(p.root, func(n *html.Node) bool {
		return n.Data == "form" && strings.HasSuffix(attribute(n, "action"), action)
	})
	if form == nil {
		p.visitor.t.Fatalf("%s (%d) has no form to %s:\n%s", p.url.Path, p.status, action, p.text())
	}
	return form
}

// controlled is what a field holds, if a browser sends it.
func controlled(n *html.Node) (value string, sent bool) {
	switch n.Data {
	case "input":
		switch attribute(n, "type") {
		case "checkbox", "radio":
			return attribute(n, "value"), has(n, "checked")
		case "file":
			return "", false
		}
		return attribute(n, "value"), true
	case "textarea":
		if n.FirstChild != nil {
			value = n.FirstChild.Data
		}
		return value, true
	case "select":
		chosen := find(n, func(option *html.Node) bool { return option.Data == "option" && has(option, "selected") })
		if chosen == nil {
			chosen = find(n, func(option *html.Node) bool { return option.Data == "option" })
		}
		return attribute(chosen, "value"), true
	}
	return "", false
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// link finds a link by its words.
func (p *page) link(words string) string {
	p.visitor.t.Helper()
	anchor := find(p.root, func(n *html.Node) bool {
		var said strings.Builder
		if n.Data == "a" {
			collect(n, &said)
		}
		return n.Data == "a" && strings.Contains(plain(said.String()), plain(words))
	})
	if anchor == nil {
		return ""
	}
	return attribute(anchor, "href")
}

func find(n *html.Node, wanted func(*html.Node) bool) *html.Node {
	if n == nil {
		return nil
	}
	if n.Type == html.ElementNode && wanted(n) {
		return n
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if found := find(child, wanted); found != nil {
			return found
		}
	}
	return nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func collect(n *html.Node, into *strings.Builder) {
	if n.Type == html.TextNode {
		into.WriteString(n.Data)
		into.WriteByte(' ')
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		collect(child, into)
	}
}
