package requests

import (
	"strings"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// choosePage lists the forms by software.
type choosePage struct {
	web.ProPage
	Search  form.Field
	Found   []formLink // that match
	Listed  int        // forms of editors in all
	Generic formLink   // for whoever's software has none; zero where none is published
}

// formLink leads to the start page of a form.
type formLink struct {
	URL, Software, Editor, Name string
}

func newChoosePage(page web.ProPage, asked form.Field, listed []editor.Template) choosePage {
	p := choosePage{ProPage: page, Search: asked}
	words := strings.Fields(place.Fold(asked.Value))
	for _, t := range listed {
		link := newFormLink(t)
		if t.Software == "" {
			p.Generic = link
			continue
		}
		p.Listed++
		if holdsAll(place.Fold(link.Software+" "+link.Editor+" "+link.Name), words) {
			p.Found = append(p.Found, link)
		}
	}
	return p
}

func newFormLink(t editor.Template) formLink {
	return formLink{
		URL: t.Path(), Software: web.Typographic(t.Software), Editor: web.Typographic(t.Editor.Name), Name: web.Typographic(t.Name),
	}
}

func holdsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
