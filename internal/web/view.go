package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"text/template/parse"

	"portail-qf/internal/web/dsfr"
)

// Templates holds what all pages share: layouts, components, partials and sentences.
type Templates struct {
	files  fs.FS
	shared *template.Template
	blank  *template.Template // knows the functions, and holds nothing yet
	words  words
}

// ParseTemplates reads the shared templates of files (templates.FS). asset gives the
// address of a static file under its content hash.
func ParseTemplates(files fs.FS, asset func(name string) string) (*Templates, error) {
	words, err := parseWords(files)
	if err != nil {
		return nil, err
	}
	shared := template.New("shared").
		Option("missingkey=error").
		Funcs(dsfr.Funcs()).
		Funcs(words.funcs()).
		Funcs(template.FuncMap{"asset": asset})
	blank, err := shared.Clone()
	if err != nil {
		return nil, fmt.Errorf("clone templates: %w", err)
	}
	for _, pattern := range []string{"layouts/*.tmpl", "dsfr/*.tmpl", "pages/*/partials/*.tmpl"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, fmt.Errorf("list templates: %w", err)
		}
		for _, name := range names {
			if err := parseFile(shared, files, name); err != nil {
				return nil, err
			}
		}
	}
	return &Templates{files: files, shared: shared, blank: blank, words: words}, nil
}

// Sentence gives the French of an error code; ok is false when templates/messages has
// none.
func (t *Templates) Sentence(code string) (sentence string, ok bool) {
	sentence, err := t.words.say(code, nil)
	return sentence, err == nil
}

// parseFile adds a template under its path, without "pages/" and without extension:
// "dsfr/alert", "citizen/partials/contact", "citizen/home".
func parseFile(set *template.Template, files fs.FS, name string) error {
	source, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("read template: %w", err)
	}
	short := strings.TrimPrefix(strings.TrimSuffix(name, path.Ext(name)), "pages/")
	if _, err := set.New(short).Parse(string(source)); err != nil {
		return fmt.Errorf("parse template: %w", err)
	}
	return nil
}

// View is a page ready to be rendered from a T. Each has its own set of templates, so
// that two pages may both define "content".
type View[T any] struct {
	page      *template.Template
	templates *Templates
}

// ParseView reads templates/pages/<name>.tmpl.
func ParseView[T any](t *Templates, name string) (View[T], error) {
	page, err := t.parsePage(name)
	return View[T]{page: page, templates: t}, err
}

func (t *Templates) parsePage(name string) (*template.Template, error) {
	set, err := t.blank.Clone()
	if err != nil {
		return nil, fmt.Errorf("clone templates: %w", err)
	}
	if err := parseFile(set, t.files, "pages/"+name+".tmpl"); err != nil {
		return nil, err
	}
	if err := t.complete(set); err != nil {
		return nil, fmt.Errorf("complete page %s: %w", name, err)
	}
	return set.Lookup(name), nil
}

// complete brings into the set of a page the shared templates that it calls, and those that
// they call: a copy of all of them for each page would be most of the portal's memory.
func (t *Templates) complete(set *template.Template) error {
	waiting := set.Templates()
	for len(waiting) > 0 {
		caller := waiting[0]
		waiting = waiting[1:]
		if caller.Tree == nil {
			continue
		}
		for _, called := range calledBy(caller.Tree.Root) {
			if set.Lookup(called) != nil {
				continue
			}
			shared := t.shared.Lookup(called)
			if shared == nil || shared.Tree == nil {
				return fmt.Errorf("there is no template %q, which %q calls", called, caller.Name())
			}
			added, err := set.AddParseTree(called, shared.Tree.Copy())
			if err != nil {
				return fmt.Errorf("add template %q: %w", called, err)
			}
			waiting = append(waiting, added)
		}
	}
	return nil
}

// calledBy names the templates that a part of one calls.
func calledBy(node parse.Node) []string {
	var names []string
	branches := func(b *parse.BranchNode) { names = append(append(names, calledBy(b.List)...), calledBy(b.ElseList)...) }
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, child := range n.Nodes {
			names = append(names, calledBy(child)...)
		}
	case *parse.TemplateNode:
		return []string{n.Name}
	case *parse.IfNode:
		branches(&n.BranchNode)
	case *parse.RangeNode:
		branches(&n.BranchNode)
	case *parse.WithNode:
		branches(&n.BranchNode)
	}
	return names
}

// usualPage is more than most pages hold, in bytes: their buffer then never grows.
const usualPage = 16 << 10

// Render gives the whole page. An error leaves nothing half written.
func (v View[T]) Render(content T) ([]byte, error) {
	if v.page == nil {
		return nil, errors.New("render a page: its view was never parsed")
	}
	var body bytes.Buffer
	body.Grow(usualPage)
	if err := v.page.Execute(&body, content); err != nil {
		return nil, fmt.Errorf("render %s: %w", v.page.Name(), err)
	}
	return body.Bytes(), nil
}

// Write answers with the page, once it is known to be whole.
func (v View[T]) Write(w http.ResponseWriter, status int, content T) error {
	body, err := v.Render(content)
	if err != nil {
		return err
	}
	return writeHTML(w, status, body)
}

// Verify hands the parsed page and a zero T to a checker of types. The checker is a
// dependency of the tests alone, hence the argument. The page is parsed anew: the first
// rendering rewrites a template.
func (v View[T]) Verify(check func(page *template.Template, content any) error) error {
	page, err := v.templates.parsePage(v.page.Name())
	if err != nil {
		return err
	}
	var content T
	return check(page, content)
}

func writeHTML(w http.ResponseWriter, status int, body []byte) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// Without it a page leaves in pieces, each announced by its own length.
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("send page: %w", err)
	}
	return nil
}

// Parser parses several views and remembers what failed, so that the pages of a space are
// listed once, without an error check between two lines.
type Parser struct {
	templates *Templates
	errs      []error
}

// NewParser returns a parser of t.
func NewParser(t *Templates) *Parser { return &Parser{templates: t} }

// Err joins what failed.
func (p *Parser) Err() error { return errors.Join(p.errs...) }

// Parsed is ParseView for a list of views.
func Parsed[T any](p *Parser, name string) View[T] {
	view, err := ParseView[T](p.templates, name)
	if err != nil {
		p.errs = append(p.errs, err)
	}
	return view
}
