package mail_test

import (
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jba/templatecheck"
	"golang.org/x/net/html"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/mail"
	"portail-qf/internal/web/webtest"
	"portail-qf/templates"
)

const portal = "https://portail.exemple.fr"

func catalogue(t testing.TB) []notice.Sample {
	t.Helper()
	sender, err := mail.New(configOf("smtp://localhost"), mail.Parts{Templates: templates.FS})
	if err != nil {
		t.Fatal(err)
	}
	return sender.Catalogue()
}

// These find the types that are notices, and the kinds, in the sources of the rules.
var (
	declared = regexp.MustCompile(`func \((?:\w+ )?\*?(\w+)\) Kind\(\) notice\.Kind`)
	named    = regexp.MustCompile(`notice\.Kind\s+= "([^"]+)"`)
)

// « a catalogue page lists every automatic mail, from one registry that a test completes »:
// a notice that is not in the registry cannot be sent.
func TestEveryNoticeIsInTheRegistry(t *testing.T) {
	types, kinds := map[string]int{}, map[notice.Kind]int{}
	for _, sample := range mail.SampleNotices() {
		noticed := reflect.TypeOf(sample)
		types[path.Base(noticed.PkgPath())+"."+noticed.Name()]++
		if kinds[sample.Kind()]++; kinds[sample.Kind()] > 1 {
			t.Errorf("%s is registered twice", sample.Kind())
		}
	}
	foundTypes, foundKinds := 0, 0
	err := filepath.WalkDir("../domain", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		source, err := os.ReadFile(file)
		for _, match := range declared.FindAllSubmatch(source, -1) {
			foundTypes++
			if name := filepath.Base(filepath.Dir(file)) + "." + string(match[1]); types[name] == 0 {
				t.Errorf("%s is a notice that the registry lacks", name)
			}
		}
		for _, match := range named.FindAllSubmatch(source, -1) {
			foundKinds++
			if kinds[notice.Kind(match[1])] == 0 {
				t.Errorf("%s is a kind that the registry lacks", match[1])
			}
		}
		return err
	})
	if err != nil || foundTypes != len(types) || foundKinds != len(kinds) {
		t.Errorf("%d notices of %d kinds declared, %d of %d registered, %v", foundTypes, foundKinds, len(types), len(kinds), err)
	}
}

// « a test renders every kind and refuses a kind without template or a template without
// kind » (ARCHITECTURE.md §10); New refuses the first by itself.
func TestEveryTemplateHasAKind(t *testing.T) {
	known := []string{"layout.html.tmpl", "layout.txt.tmpl", "habilitation.html.tmpl", "habilitation.txt.tmpl", "demande.html.tmpl", "demande.txt.tmpl", "jeton.html.tmpl", "jeton.txt.tmpl", "prolongation.html.tmpl", "prolongation.txt.tmpl"}
	for _, sample := range catalogue(t) {
		for _, part := range []string{"subject", "txt", "html"} {
			known = append(known, string(sample.Kind)+"."+part+".tmpl")
		}
		for _, words := range []string{sample.Name, sample.When} {
			if words == "" {
				t.Errorf("%s has no line in the catalogue", sample.Kind)
			}
			checkWords(t, string(sample.Kind), words)
		}
		if len(sample.To) == 0 {
			t.Errorf("%s: nobody gets the sample", sample.Kind)
		}
	}
	files, err := fs.Glob(templates.FS, "mails/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !slices.Contains(known, path.Base(file)) {
			t.Errorf("%s belongs to no kind", file)
		}
	}
	if len(files) != len(known) {
		t.Errorf("%d files, %d wanted", len(files), len(known))
	}
}

// Every template prints fields that its notice has.
func TestTemplatesPrintWhatThereIs(t *testing.T) {
	if err := mail.VerifyTemplates(templates.FS, templatecheck.CheckTextStrict, templatecheck.CheckHTMLStrict); err != nil {
		t.Error(err)
	}
}

// checkWords proofreads a text as a page is proofread.
func checkWords(t testing.TB, where, words string) {
	t.Helper()
	var page strings.Builder
	page.WriteString(`<!DOCTYPE html><html lang="fr"><head><title>Titre</title></head><body><main><h1>Essai</h1>`)
	for paragraph := range strings.SplitSeq(words, "\n\n") {
		page.WriteString("<p>" + template.HTMLEscapeString(strings.ReplaceAll(paragraph, "\n", " ")) + "</p>")
	}
	page.WriteString("</main></body></html>")
	for _, fault := range webtest.Faults([]byte(page.String())) {
		t.Errorf("%s: %s", where, fault)
	}
}

func TestEveryMailIsWellWritten(t *testing.T) {
	for _, sample := range catalogue(t) {
		t.Run(string(sample.Kind), func(t *testing.T) {
			if strings.ContainsAny(sample.Subject, "\r\n") || utf8.RuneCountInString(sample.Subject) > 110 || sample.Subject == "" {
				t.Errorf("subject %q", sample.Subject)
			}
			checkWords(t, "subject", sample.Subject)
			checkWords(t, "text", sample.Text)
			for line := range strings.Lines(sample.Text) {
				line = strings.TrimSuffix(line, "\n")
				if utf8.RuneCountInString(line) > 72 && strings.Contains(line, " ") || line != strings.TrimSpace(line) {
					t.Errorf("line %q", line)
				}
			}
			for _, fault := range webtest.Faults([]byte(sample.HTML)) {
				if !strings.HasPrefix(fault, "inline style ") { // readers of mail keep nothing else
					t.Error(fault)
				}
			}
			checkMarkup(t, sample)
		})
	}
}

// address finds the web addresses of a text.
var address = regexp.MustCompile(`https?://[^\s<>"]+`)

// checkMarkup follows the HTML: « the HTML and the text say the same link, absolute URLs
// start with PORTAL_URL, no external image, no tracking », one call to action at most.
func checkMarkup(t *testing.T, sample notice.Sample) {
	root, err := html.Parse(strings.NewReader(sample.HTML))
	if err != nil {
		t.Fatal(err)
	}
	links := map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "img", "link", "script", "iframe", "object", "form", "input", "video", "audio", "base":
			t.Errorf("<%s> has no place in a mail", n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "href" && !strings.HasPrefix(a.Val, "mailto:") {
				links[a.Val] = true
			}
			if strings.Contains(a.Val, "url(") || a.Key == "background" {
				t.Errorf("%s of <%s> loads something", a.Key, n.Data)
			}
		}
	}
	if len(links) > 1 {
		t.Errorf("%d calls to action: %v", len(links), links)
	}
	for _, words := range []string{sample.Text, sample.HTML} {
		said := map[string]bool{}
		for _, found := range address.FindAllString(words, -1) {
			said[found] = true
			if !strings.HasPrefix(found, portal+"/") || strings.Contains(found, "?") {
				t.Errorf("%s is none of the portal's pages", found)
			}
		}
		if !reflect.DeepEqual(said, links) {
			t.Errorf("the links are %v here and %v there", said, links)
		}
	}
}

// Every role has its words: a mail about one without them could never be sent.
func TestEveryRoleAndSpaceHasItsWords(t *testing.T) {
	messages, err := template.ParseFS(templates.FS, "messages/*.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range account.Roles {
		names := []string{"role." + string(role), "role." + string(role) + ".can"}
		if space := role.Space(); space != "" {
			names = append(names, "space."+string(space), "space."+string(space)+".the")
		}
		for _, name := range names {
			if messages.Lookup(name) == nil {
				t.Errorf("no words for %s", name)
			}
		}
	}
	for _, state := range notice.States {
		if messages.Lookup("mail.state."+string(state)) == nil {
			t.Errorf("no words for a mail that is %s", state)
		}
	}
}

func TestLinesOfTextAreCutAtSpaces(t *testing.T) {
	long := strings.Repeat("a", 100)
	for text, want := range map[string]string{
		"":                                      "\n",
		"\n\nun\n\n\n\ndeux\n":                  "un\n\ndeux\n",
		"un\ndeux":                              "un\ndeux\n",
		"  bords  \n":                           "bords\n",
		strings.Repeat("mot ", 40):              strings.Repeat("mot ", 17) + "mot\n" + strings.Repeat("mot ", 17) + "mot\n" + "mot mot mot mot\n",
		"voir " + long + " ici":                 "voir\n" + long + "\nici\n",
		strings.Repeat("b", 70) + " c d":        strings.Repeat("b", 70) + " c\nd\n",
		strings.Repeat("c", 70) + " e\u00a0: f": strings.Repeat("c", 70) + "\ne\u00a0: f\n",
	} {
		if got := mail.Wrap(text); got != want {
			t.Errorf("%q:\n%q\n%q", text, got, want)
		}
	}
}
