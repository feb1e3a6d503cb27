package static_test

import (
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"portail-qf/static"
)

var (
	cssAddress  = regexp.MustCompile(`url\(([^"'()]+)\)`)
	cssClass    = regexp.MustCompile(`\.(fr-[-\w]+)`)
	cssRead     = regexp.MustCompile(`var\((--[-\w]+)\)`)
	cssDefined  = regexp.MustCompile(`(--[-\w]+):`)
	namedClass  = regexp.MustCompile(`\bfr-[a-z][-\w]*`)
	pageSources = []string{"../templates", "../internal/web"}
	stylesheets = []string{"dsfr/dsfr.css", "app.css", "pro.css"}
)

func generated(t *testing.T) *static.Assets {
	t.Helper()
	assets := newAssets(t, static.Files())
	if assets.Missing() {
		t.Skip("static/dsfr is empty: run \"make generate\"")
	}
	return assets
}

func embedded(t *testing.T, name string) string {
	t.Helper()
	content, err := fs.ReadFile(static.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func allStyle(t *testing.T) string {
	t.Helper()
	var style strings.Builder
	for _, name := range stylesheets {
		style.WriteString(embedded(t, name))
	}
	return style.String()
}

// "first view ≤ 200 kB transferred (fonts ≤ 126, the rest ≤ 74), ≤ 3 font files": page and icons need their share of the 74.
func TestTheFirstViewStaysLight(t *testing.T) {
	assets := generated(t)
	fonts, err := fs.Glob(static.Files(), "dsfr/fonts/*")
	if err != nil || len(fonts) != 3 {
		t.Fatalf("%d font files %v, want 3 (%v)", len(fonts), fonts, err)
	}
	weight := 0
	for _, name := range fonts {
		weight += transferred(t, assets, name)
	}
	if weight > 126_000 {
		t.Errorf("the fonts weigh %d bytes, want at most 126 000", weight)
	}
	if weight = transferred(t, assets, "dsfr/dsfr.css") + transferred(t, assets, "app.css"); weight > 52_000 {
		t.Errorf("the stylesheets weigh %d bytes compressed, want at most 52 000", weight)
	}
	if weight = transferred(t, assets, "pro.css"); weight > 6_000 {
		t.Errorf("the back-office's own style weighs %d bytes compressed, want at most 6 000", weight)
	}
}

func transferred(t *testing.T, assets *static.Assets, name string) int {
	t.Helper()
	response := get(t, assets, "GET", assets.URL(name), "gzip")
	size, err := strconv.Atoi(response.Header.Get("Content-Length"))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, length %v", name, response.StatusCode, err)
	}
	return size
}

func TestEveryFileThatTheStylesheetNamesIsServed(t *testing.T) {
	assets := generated(t)
	for _, style := range stylesheets {
		for _, match := range cssAddress.FindAllStringSubmatch(embedded(t, style), -1) {
			name := path.Join(path.Dir(style), match[1])
			if status := get(t, assets, "GET", assets.URL(name), "").StatusCode; status != http.StatusOK {
				t.Errorf("%s names %s: status %d", style, match[1], status)
			}
		}
	}
}

func TestEveryVariableThatAStylesheetReadsIsDefined(t *testing.T) {
	generated(t)
	style := allStyle(t)
	defined := map[string]bool{}
	for _, match := range cssDefined.FindAllStringSubmatch(style, -1) {
		defined[match[1]] = true
	}
	published := stylesheetNames(t, cssDefined)
	for _, match := range cssRead.FindAllStringSubmatch(style, -1) {
		if !defined[match[1]] && published[match[1]] {
			t.Errorf("%s is read, the DSFR defines it, and static/dsfr does not", match[1])
		}
	}
}

// A class that the subset leaves out would show as an unstyled part of a page.
func TestEveryDSFRClassThatAPageNamesIsInTheSubset(t *testing.T) {
	generated(t)
	kept := map[string]bool{}
	for _, match := range cssClass.FindAllStringSubmatch(allStyle(t), -1) {
		kept[match[1]] = true
	}
	published := stylesheetNames(t, cssClass)
	for _, folder := range pageSources {
		for file, names := range classesNamedIn(t, folder) {
			for _, name := range names {
				if published[name] && !kept[name] {
					t.Errorf("%s names %s, which static/internal/build/subset.go leaves out", file, name)
				}
			}
		}
	}
}

// stylesheetNames gives what the pattern finds in the whole DSFR.
func stylesheetNames(t *testing.T, pattern *regexp.Regexp) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, file := range []string{"dsfr.main.min.css", "utility/utility.main.min.css"} {
		whole, err := os.ReadFile(filepath.Join("node_modules/@gouvfr/dsfr/dist", file))
		if err != nil {
			t.Skip("the whole DSFR is not installed: run \"make generate\"")
		}
		for _, match := range pattern.FindAllStringSubmatch(string(whole), -1) {
			names[match[1]] = true
		}
	}
	return names
}

func classesNamedIn(t *testing.T, folder string) map[string][]string {
	t.Helper()
	named := map[string][]string{}
	err := filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !slices.Contains([]string{".tmpl", ".go"}, filepath.Ext(file)) {
			return err
		}
		content, err := os.ReadFile(file)
		named[file] = namedClass.FindAllString(string(content), -1)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return named
}

func TestTheFontsOfTheDocumentsAreTrueType(t *testing.T) {
	generated(t)
	regular, bold, err := static.Fonts()
	if err != nil {
		t.Fatal(err)
	}
	for name, font := range map[string][]byte{"regular": regular, "bold": bold} {
		if !strings.HasPrefix(string(font), "\x00\x01\x00\x00") {
			t.Errorf("the %s face is not a TrueType file", name)
		}
	}
}
