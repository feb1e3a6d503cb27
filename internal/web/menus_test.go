package web

import (
	"testing"

	"portail-qf/templates"
)

// A link without words would break every page of its space.
func TestEveryMenuHasItsWords(t *testing.T) {
	parsed, err := ParseTemplates(templates.FS, func(name string) string { return name })
	if err != nil {
		t.Fatal(err)
	}
	for space, menu := range menus {
		if _, ok := parsed.Sentence("space." + string(space)); !ok {
			t.Errorf("the space %s has no name", space)
		}
		for _, entry := range menu {
			if _, ok := parsed.Sentence("nav." + entry.code); !ok {
				t.Errorf("the link %s of the space %s has no words", entry.code, space)
			}
		}
	}
}
