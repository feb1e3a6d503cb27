package webtest

import (
	"sync"
	"testing"

	"portail-qf/internal/web"
	"portail-qf/templates"
)

var readTemplates = sync.OnceValues(func() (*web.Templates, error) {
	return web.ParseTemplates(templates.FS, func(name string) string { return "/static/" + name })
})

// Templates are the portal's. They are read once for all the tests of a package: nothing
// changes them, in the portal either.
func Templates(t testing.TB) *web.Templates {
	t.Helper()
	parsed, err := readTemplates()
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// Views are the pages of a package, which its ParseViews parses.
func Views[V any](t testing.TB, parse func(*web.Templates) (V, error)) V {
	t.Helper()
	views, err := parse(Templates(t))
	if err != nil {
		t.Fatal(err)
	}
	return views
}
