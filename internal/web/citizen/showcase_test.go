package citizen

import (
	"bytes"
	"html/template"
	"io/fs"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
	"portail-qf/templates"
)

// maxPage is the weight of a page after the first view (SETTLED.md, web).
const maxPage = 20_000

func parseShowcase(t *testing.T) Views {
	t.Helper()
	parsed, err := web.ParseTemplates(templates.FS, func(name string) string { return "/static/" + name })
	if err != nil {
		t.Fatal(err)
	}
	views, err := ParseViews(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return views
}

func showcase(t *testing.T) []web.Exhibit {
	t.Helper()
	return parseShowcase(t).Exhibits(web.Page{Brand: true, RequestID: "01JCXN3Z8G5Q"})
}

// "A test type-checks every view against its T in strict mode" (ARCHITECTURE.md §6).
func TestEveryTemplateAgreesWithItsStruct(t *testing.T) {
	for _, exhibit := range showcase(t) {
		err := exhibit.Verify(func(page *template.Template, content any) error {
			return templatecheck.CheckHTMLStrict(page, content)
		})
		if err != nil {
			t.Errorf("%s: %v", exhibit.Name, err)
		}
	}
}

// "Both come from one registry, so a page without a sample fails" (ARCHITECTURE.md §6).
func TestEveryPageHasASample(t *testing.T) {
	shown := map[string]bool{}
	for _, exhibit := range showcase(t) {
		shown[exhibit.Name] = len(exhibit.Samples) > 0
	}
	for _, pattern := range []string{"pages/citizen/*.tmpl", "pages/citizen/failure/*.tmpl"} {
		files, err := fs.Glob(templates.FS, pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("list %s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			name := strings.TrimSuffix(strings.TrimPrefix(file, "pages/"), ".tmpl")
			if !shown[name] {
				t.Errorf("%s is shown by no sample", name)
			}
		}
	}
}

// Every page a citizen may see is well made, in each of its states, and light.
func TestEverySampleIsARightPage(t *testing.T) {
	for _, exhibit := range showcase(t) {
		for _, sample := range exhibit.Samples {
			t.Run(exhibit.Name+"/"+sample.Name, func(t *testing.T) {
				body, err := sample.Render()
				if err != nil {
					t.Fatal(err)
				}
				webtest.Check(t, body)
				if len(body) > maxPage {
					t.Errorf("%d bytes, more than %d", len(body), maxPage)
				}
				for _, leftover := range []string{"<no value>", "{{", "API Particulier ne", "%!"} {
					if bytes.Contains(body, []byte(leftover)) {
						t.Errorf("the page shows %q", leftover)
					}
				}
			})
		}
	}
}
