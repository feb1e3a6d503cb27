package webtest

import (
	"strings"

	"golang.org/x/net/html"
)

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// text gives what a person reads in an element, with single spaces.
func text(n *html.Node) string {
	var words strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			words.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(words.String()), " ")
}

// name gives the accessible name of a link or a button: its label, its text, or the
// alternative of its images.
func name(n *html.Node) string {
	if label, _ := attribute(n, "aria-label"); label != "" {
		return label
	}
	words := text(n)
	for d := range n.Descendants() {
		if alt, ok := attribute(d, "alt"); ok && d.Data == "img" {
			words += alt
		}
	}
	return words
}

// checkSafety refuses what the content security policy blocks, and third parties.
func (p *page) checkSafety(n *html.Node) {
	if n.Data == "style" {
		p.report("inline style element")
	}
	if _, external := attribute(n, "src"); n.Data == "script" && !external {
		p.report("inline script")
	}
	for _, a := range n.Attr {
		value := strings.ToLower(strings.TrimSpace(a.Val))
		switch {
		case a.Key == "style":
			p.report("inline style %q on %s", a.Val, n.Data)
		case strings.HasPrefix(a.Key, "on"):
			p.report("event handler %s on %s", a.Key, n.Data)
		case strings.HasPrefix(value, "javascript:") && a.Key != "value": // a value is shown, never followed
			p.report("script in attribute %s of %s", a.Key, n.Data)
		case strings.Contains(value, "#zgotmplz"):
			p.report("attribute %s of %s was refused by the template engine", a.Key, n.Data)
		}
		loads := a.Key == "src" || a.Key == "srcset" || a.Key == "data" && n.Data == "object" || a.Key == "href" && n.Data == "link"
		if loads && (strings.HasPrefix(value, "http:") || strings.HasPrefix(value, "https:") || strings.HasPrefix(value, "//")) {
			p.report("%s loads %s from elsewhere", n.Data, a.Val)
		}
	}
}

// checkReferences follows the attributes that name other elements of the page.
func (p *page) checkReferences(n *html.Node) {
	for _, key := range []string{"aria-describedby", "aria-labelledby", "aria-controls"} {
		value, _ := attribute(n, key)
		for _, id := range strings.Fields(value) {
			if p.ids[id] == 0 {
				p.report("%s of %s names %q, which is not in the page", key, n.Data, id)
			}
		}
	}
	if href, _ := attribute(n, "href"); len(href) > 1 && href[0] == '#' && p.ids[href[1:]] == 0 {
		p.report("link to %s, which is not in the page", href)
	}
}

func (p *page) checkHeading(n *html.Node) {
	level := int(n.Data[1] - '0')
	if level == 1 {
		p.heading1 = append(p.heading1, text(n))
	}
	if level > p.lastHeading+1 {
		p.report("%s %q comes after a heading of level %d", n.Data, text(n), p.lastHeading)
	}
	if text(n) == "" {
		p.report("%s without text", n.Data)
	}
	p.lastHeading = level
}

func (p *page) checkForm(n *html.Node) {
	if action, _ := attribute(n, "action"); action == "" {
		p.report("form without action")
	}
	if method, _ := attribute(n, "method"); method != "get" && method != "post" {
		p.report("form with method %q, neither get nor post", method)
	}
}

func (p *page) checkLabelled(n *html.Node) {
	kind, _ := attribute(n, "type")
	switch kind {
	case "hidden", "submit", "button", "image", "reset":
		return
	}
	id, _ := attribute(n, "id")
	label, _ := attribute(n, "aria-label")
	labelledBy, _ := attribute(n, "aria-labelledby")
	if !p.labels[id] && label == "" && labelledBy == "" {
		field, _ := attribute(n, "name")
		p.report("field %q without label", field)
	}
	if field, _ := attribute(n, "name"); field == "" {
		p.report("field %q without name: it is never sent", id)
	}
}

func (p *page) checkLink(n *html.Node) {
	if name(n) == "" {
		p.report("link without text")
	}
	_, href := attribute(n, "href")
	_, disabled := attribute(n, "aria-disabled")
	_, current := attribute(n, "aria-current")
	if !href && !disabled && !current {
		p.report("link %q leads nowhere", name(n))
	}
	if target, _ := attribute(n, "target"); target != "_blank" {
		return
	}
	if title, _ := attribute(n, "title"); !strings.Contains(title, "nouvelle fenêtre") {
		p.report("link %q opens a window without saying so in its title", name(n))
	}
	if rel, _ := attribute(n, "rel"); !strings.Contains(rel, "noopener") {
		p.report("link %q opens a window without rel noopener", name(n))
	}
}

func (p *page) checkButton(n *html.Node) {
	if name(n) == "" {
		p.report("button without text")
	}
	if kind, _ := attribute(n, "type"); kind != "submit" && kind != "button" {
		p.report("button %q without type", name(n))
	}
}

func (p *page) checkTable(n *html.Node) {
	captioned := false
	for d := range n.Descendants() {
		switch {
		case d.Data == "caption" && d.Type == html.ElementNode:
			captioned = text(d) != ""
		case d.Data == "th" && d.Type == html.ElementNode:
			if _, ok := attribute(d, "scope"); !ok {
				p.report("column heading %q without scope", text(d))
			}
		}
	}
	if !captioned {
		p.report("table without caption")
	}
	p.checkCards(n)
}

// checkCards compares the cells of a table whose rows become cards on a narrow screen with
// the headings that introduce them there.
func (p *page) checkCards(table *html.Node) {
	var headings []string
	column, cards := 0, false
	for d := range table.Descendants() {
		switch scope, _ := attribute(d, "scope"); {
		case d.Type != html.ElementNode:
		case d.Data == "tr":
			_, labelled := attribute(d, "data-label") // of its first row: dsfr/table_start
			column, cards = 0, cards || labelled
		case scope == "col":
			headings = append(headings, text(d))
		case d.Data == "th" || d.Data == "td":
			label, _ := attribute(d, "data-label")
			if cards && d.Data == "td" && (column >= len(headings) || label != headings[column]) {
				p.report("cell %q is introduced by %q: its column is another", text(d), label)
			}
			column++
		}
	}
}
