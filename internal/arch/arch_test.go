package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "portail-qf"

func TestTheHouseIsAsItsTableSays(t *testing.T) {
	found, err := violations(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, sentence := range found {
		t.Error(sentence)
	}
}

// violations reads every Go file of the tree and says, in one sentence each, what the house does not allow.
func violations(tree fs.FS) ([]string, error) {
	var found []string
	documented := map[string]bool{}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && isForeign(name):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		folder := path.Dir(name)
		documented[folder] = documented[folder] || path.Base(name) == "doc.go"
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		if err != nil {
			found = append(found, name+" cannot be parsed")
			return nil
		}
		found = append(found, inFile(name, file)...)
		return nil
	})
	for folder, hasDoc := range documented {
		if _, known := roomOf(folder); !known {
			found = append(found, folder+" is not in the table of internal/arch")
		}
		if !hasDoc {
			found = append(found, folder+" has no doc.go")
		}
	}
	slices.Sort(found)
	return found, err
}

// isForeign says that a folder holds no package of ours: hidden, downloaded, built or left by the demo.
func isForeign(folder string) bool {
	base := path.Base(folder)
	return folder == "var" || folder == "bin" || base == "node_modules" || base == "testdata" || base != "." && strings.HasPrefix(base, ".")
}

func inFile(name string, file *ast.File) []string {
	var found []string
	folder, isTest := path.Dir(name), strings.HasSuffix(name, "_test.go")
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil || !isAllowed(folder, imported, isTest) {
			found = append(found, fmt.Sprintf("%s may not import %s (%s)", folder, strings.TrimPrefix(imported, module+"/"), path.Base(name)))
		}
	}
	if strings.HasPrefix(name, domain) && !isTest && readsClock(file) {
		found = append(found, fmt.Sprintf("%s may not read the clock: time is an argument (%s)", folder, path.Base(name)))
	}
	return found
}

func isAllowed(folder, imported string, isTest bool) bool {
	if ours, found := strings.CutPrefix(imported, module+"/"); found {
		may, _ := roomOf(folder)
		simulator := matches("internal/sim/...", folder)
		return ours == folder || matchesAny(may, ours) || isTest && !simulator && matchesAny(inTests, ours)
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return imported != "C" && !(strings.HasPrefix(folder, domain) && slices.Contains(never, imported))
	}
	isImported := func(library string) bool { return matches(library+"/...", imported) }
	return isTest && slices.ContainsFunc(testLibraries, isImported) ||
		slices.ContainsFunc(homes, func(h home) bool { return isImported(h.library) && matchesAny(h.rooms, folder) })
}

// roomOf gives what a package may import of the project; known is false for a package that the table does not name.
func roomOf(folder string) (may []string, known bool) {
	below := []string{"internal/failpoint"}
	for _, rank := range ranks {
		for _, name := range rank {
			if matches(domain+name+"/...", folder) {
				return below, true
			}
		}
		for _, name := range rank {
			below = append(below, domain+name)
		}
	}
	i := slices.IndexFunc(adapters, func(r room) bool { return matches(r.folder, folder) })
	if i < 0 {
		return nil, false
	}
	return adapters[i].may, true
}

// matches compares a folder with a pattern: itself or, with "/...", itself and all below.
func matches(pattern, folder string) bool {
	root, below := strings.CutSuffix(pattern, "/...")
	return folder == root || below && strings.HasPrefix(folder, root+"/")
}

func matchesAny(patterns []string, folder string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, folder) })
}

// readsClock finds time.Now and its two disguises.
func readsClock(file *ast.File) bool {
	found := false
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if name, ok := selector.X.(*ast.Ident); ok && name.Name == "time" {
				found = found || slices.Contains([]string{"Now", "Since", "Until"}, selector.Sel.Name)
			}
		}
		return !found
	})
	return found
}

// TestTheHouseCanFail shows the checker a small house with one fault of each sort.
func TestTheHouseCanFail(t *testing.T) {
	tree := fstest.MapFS{
		"internal/domain/value/value.go":     {Data: []byte("package value\nimport _ \"net/http\"")},
		"internal/domain/dossier/dossier.go": {Data: []byte("package dossier\nimport (\n\"time\"\n_ \"portail-qf/internal/domain/value\"\n_ \"portail-qf/internal/postgres\"\n)\nvar now = time.Now")},
		"internal/domain/directory/town.go":  {Data: []byte("package directory\nimport _ \"portail-qf/internal/domain/dossier\"")},
		"internal/domain/directory/doc.go":   {Data: []byte("package directory")},
		"internal/postgres/doc.go":           {Data: []byte("package postgres\nimport (\n_ \"github.com/lib/pq\"\n_ \"portail-qf/internal/partner/hubee\"\n)")},
		"internal/partner/hubee/doc.go":      {Data: []byte("package hubee\nimport _ \"portail-qf/internal/sim/hubee\"")},
		"internal/partner/hubee/a_test.go":   {Data: []byte("package hubee\nimport _ \"portail-qf/internal/sim/hubee\"")},
		"internal/sim/hubee/doc.go":          {Data: []byte("package hubee\nimport _ \"github.com/lib/pq\"")},
		"internal/sim/hubee/a_test.go":       {Data: []byte("package hubee\nimport _ \"portail-qf/internal/domain/value\"")},
		"internal/web/citizen/doc.go":        {Data: []byte("package citizen\nimport _ \"portail-qf/internal/web/accounts\"")},
		"internal/web/doc.go":                {Data: []byte("package web\nimport _ \"portail-qf/internal/app\"")},
		"internal/helpers/doc.go":            {Data: []byte("package helpers")},
		"cmd/portal/doc.go":                  {Data: []byte("package main\nimport (\n_ \"portail-qf/internal/app\"\n_ \"portail-qf/internal/sim/hubee\"\n)")},
		"templates/doc.go":                   {Data: []byte("package templates\nimport")},
		"static/node_modules/x/x.go":         {Data: []byte("not Go")},
	}
	want := []string{
		"cmd/portal may not import internal/sim/hubee (doc.go)",
		"internal/domain/directory may not import internal/domain/dossier (town.go)",
		"internal/domain/dossier has no doc.go",
		"internal/domain/dossier may not import internal/postgres (dossier.go)",
		"internal/domain/dossier may not read the clock: time is an argument (dossier.go)",
		"internal/domain/value has no doc.go",
		"internal/domain/value may not import net/http (value.go)",
		"internal/helpers is not in the table of internal/arch",
		"internal/partner/hubee may not import internal/sim/hubee (doc.go)",
		"internal/postgres may not import internal/partner/hubee (doc.go)",
		"internal/sim/hubee may not import github.com/lib/pq (doc.go)",
		"internal/sim/hubee may not import internal/domain/value (a_test.go)",
		"internal/web may not import internal/app (doc.go)",
		"internal/web/citizen may not import internal/web/accounts (doc.go)",
		"templates/doc.go cannot be parsed",
	}
	got, err := violations(tree)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("found:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
