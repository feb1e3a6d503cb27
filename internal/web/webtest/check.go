package webtest

import (
	"bytes"
	"fmt"
	"testing"

	"golang.org/x/net/html"
)

// Check fails the test for each fault of a page.
func Check(t testing.TB, body []byte) {
	t.Helper()
	for _, fault := range Faults(body) {
		t.Error(fault)
	}
}

// Faults lists what is wrong with a page, in words, in the order of the page.
func Faults(body []byte) []string {
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return []string{fmt.Sprintf("the page cannot be parsed: %v", err)}
	}
	p := &page{ids: map[string]int{}, labels: map[string]bool{}}
	p.collect(root)
	p.walk(root)
	p.checkWhole()
	return p.faults
}

// page is what is known of a page while it is read.
type page struct {
	faults []string
	ids    map[string]int
	labels map[string]bool // ids that a label names

	lang, title string
	heading1    []string
	mains       int
	lastHeading int
}

func (p *page) report(format string, args ...any) {
	p.faults = append(p.faults, fmt.Sprintf(format, args...))
}

// collect notes the ids and labels first: a reference may come before what it names.
func (p *page) collect(n *html.Node) {
	if n.Type == html.ElementNode {
		if id, ok := attribute(n, "id"); ok {
			p.ids[id]++
			if p.ids[id] == 2 {
				p.report("id %q is used twice", id)
			}
		}
		if target, ok := attribute(n, "for"); ok && n.Data == "label" {
			p.labels[target] = true
		}
	}
	for child := range n.ChildNodes() {
		p.collect(child)
	}
}

func (p *page) walk(n *html.Node) {
	switch n.Type {
	case html.CommentNode:
		p.report("HTML comment %q", n.Data)
	case html.ElementNode:
		p.checkElement(n)
	case html.TextNode:
		p.checkTypography(n)
	}
	for child := range n.ChildNodes() {
		p.walk(child)
	}
}

func (p *page) checkElement(n *html.Node) {
	p.checkSafety(n)
	p.checkReferences(n)
	p.checkAttributesText(n)
	switch n.Data {
	case "html":
		p.lang, _ = attribute(n, "lang")
	case "title":
		p.title = text(n)
	case "main":
		p.mains++
	case "h1", "h2", "h3", "h4", "h5", "h6":
		p.checkHeading(n)
	case "form":
		p.checkForm(n)
	case "input", "select", "textarea":
		p.checkLabelled(n)
	case "label":
		if target, ok := attribute(n, "for"); !ok || p.ids[target] == 0 {
			p.report("label %q names no field", text(n))
		}
	case "img":
		if _, ok := attribute(n, "alt"); !ok {
			p.report("image without alt")
		}
	case "a":
		p.checkLink(n)
	case "button":
		p.checkButton(n)
	case "table":
		p.checkTable(n)
	}
}

func (p *page) checkWhole() {
	if p.lang != "fr" {
		p.report("html lang is %q, not \"fr\"", p.lang)
	}
	if len(p.heading1) != 1 {
		p.report("%d h1, not one", len(p.heading1))
	}
	switch {
	case p.title == "":
		p.report("no title")
	case len(p.heading1) == 1 && p.title == p.heading1[0]:
		p.report("the title says no more than the h1")
	}
	if p.mains != 1 {
		p.report("%d main, not one", p.mains)
	}
}
