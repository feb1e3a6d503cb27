package web_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// faultCode finds the codes that the program gives to its errors, and those that refuse a
// field.
var faultCode = regexp.MustCompile(`(?:fault\.(?:New|Because)\([^,()]+,\s*|\.Refused\(|\bcode\w+\s*=\s*)"([a-z_]+\.[a-z_]+)"`)

// "A test asserts every fault code has one" (ARCHITECTURE.md §6): a sentence in
// templates/messages.
func TestEveryErrorCodeHasASentence(t *testing.T) {
	parsed := parseTemplates(t)
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
