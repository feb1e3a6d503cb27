package webtest

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// A sign of high punctuation wants a space that does not break before it; an opening
// quotation mark wants one after it.
var (
	highSign  = regexp.MustCompile(`[^\x{00A0}\x{202F}?!…][;?!](\s|$)|[^\x{00A0}\x{202F}]:(\s|$)|[^\x{00A0}\x{202F}]»`)
	openSign  = regexp.MustCompile(`«[^\x{00A0}\x{202F}]|«$`)
	aloneSign = regexp.MustCompile(`^[;:?!»]`)
	lowSign   = regexp.MustCompile(`[\s\x{00A0}\x{202F}],(\s|$)`)
)

// readAttributes are read aloud or shown on hover.
var readAttributes = [...]string{"title", "alt", "aria-label", "placeholder"}

// checkTypography refuses, in what a person reads, what a French typographer would. Code
// and texts marked translate="no" (names, identifiers, addresses) are shown as they are.
func (p *page) checkTypography(n *html.Node) {
	if verbatim(n.Parent) {
		return
	}
	p.checkSentence(n.Data)
	if lowSign.MatchString(n.Data) { // also at its beginning: an element stands before
		p.report("space before a comma in %q", n.Data)
	}
}

func (p *page) checkAttributesText(n *html.Node) {
	for _, key := range readAttributes {
		if value, ok := attribute(n, key); ok && !verbatim(n) {
			p.checkSentence(value)
		}
	}
}

func (p *page) checkSentence(sentence string) {
	trimmed := strings.Trim(sentence, " \n\t\r")
	for _, rule := range []struct {
		problem string
		broken  bool
	}{
		{"straight apostrophe", strings.Contains(trimmed, "'")},
		{"straight quotation mark", strings.Contains(trimmed, `"`)},
		{"three dots for an ellipsis", strings.Contains(trimmed, "...")},
		{"no non-breaking space before high punctuation", highSign.MatchString(trimmed) || aloneSign.MatchString(trimmed)},
		{"no non-breaking space after an opening quotation mark", openSign.MatchString(trimmed)},
	} {
		if rule.broken {
			p.report("%s in %q", rule.problem, trimmed)
		}
	}
}

func verbatim(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		switch n.Data {
		case "code", "pre", "kbd", "samp", "script", "style":
			return true
		}
		if translate, _ := attribute(n, "translate"); translate == "no" {
			return true
		}
	}
	return false
}
