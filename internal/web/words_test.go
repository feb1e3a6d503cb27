package web_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portail-qf/internal/web/webtest"
	"portail-qf/templates"
)

// faultCode finds the codes that the program gives to its errors, and those that refuse a
// field.
var faultCode = regexp.MustCompile(`(?:fault\.(?:New|Because)\([^,()]+,\s*|\.Refused\(|\bcode\w+\s*=\s*)"([a-z_]+\.[a-z_]+)"`)

// definition finds the sentences of templates/messages.
var definition = regexp.MustCompile(`\{\{-? *define "([^"]+)"`)

// "A test asserts every fault code has one" (ARCHITECTURE.md §6): a sentence in
// templates/messages.
func TestEveryErrorCodeHasASentence(t *testing.T) {
	parsed := webtest.Templates(t)
	codes := map[string]string{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, match := range faultCode.FindAllSubmatch(source, -1) {
			codes[string(match[1])] = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(codes) == 0 {
		t.Fatal("no code was found in the sources: the search is broken")
	}
	for code, path := range codes {
		sentence, ok := parsed.Sentence(code)
		if !ok || !strings.HasSuffix(sentence, ".") {
			t.Errorf("%s: code %q has no sentence in templates/messages (%q)", path, code, sentence)
		}
	}
}

// Two files that define the same sentence would hide one of the two.
func TestEverySentenceIsWrittenOnce(t *testing.T) {
	names, err := fs.Glob(templates.FS, "messages/*.tmpl")
	if err != nil || len(names) == 0 {
		t.Fatalf("list messages: %d files, %v", len(names), err)
	}
	written := map[string]string{}
	for _, name := range names {
		source, err := fs.ReadFile(templates.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range definition.FindAllSubmatch(source, -1) {
			code := string(match[1])
			if before, twice := written[code]; twice {
				t.Errorf("%s and %s both define %q", before, name, code)
			}
			written[code] = name
		}
	}
}
