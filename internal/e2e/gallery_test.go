package e2e

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	screen "github.com/chromedp/cdproto/page"
)

// picture is a page in one of its states.
type picture struct{ name, address string }

// gallery serves every sample of every page (ARCHITECTURE.md §6: the showcase) under the
// portal's own Content-Security-Policy, with the portal behind for styles and images. PAGES
// narrows it to the pages whose name begins so, "citizen/form", for whoever works on them.
func (p *portal) gallery() []picture {
	p.t.Helper()
	behind, err := url.Parse(p.portalURL)
	if err != nil {
		p.t.Fatal(err)
	}
	policy := p.visitor().get("/").header.Get("Content-Security-Policy")
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(behind))
	address := serve(p.t, listen(p.t), mux)
	var pictures []picture
	for _, exhibit := range exhibits(p.t) {
		if !strings.HasPrefix(exhibit.Name, os.Getenv("PAGES")) {
			continue
		}
		for _, sample := range exhibit.Samples {
			path := fmt.Sprintf("/etats/%d", len(pictures))
			pictures = append(pictures, picture{exhibit.Name + "/" + sample.Name, address + path})
			mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
				body, err := sample.Render()
				if err != nil {
					http.Error(w, err.Error(), http.StatusInternalServerError)
					return
				}
				w.Header().Set("Content-Security-Policy", policy)
				_, _ = w.Write(body)
			})
		}
	}
	return pictures
}

// axeFile is copied by "make generate".
const axeFile = "../../static/node_modules/axe-core/axe.min.js"

// isAccessible fails for each violation that axe-core finds, at both widths (E.1). The
// orientation rule reads the style sheets, the same for all pages: once is enough.
func (b *tab) isAccessible(name string) {
	b.t.Helper()
	for _, width := range []int{narrow, wide} {
		b.resize(width)
		b.isAccessibleHere(name)
	}
}

// isAccessibleHere looks at the page as it is, at one width.
func (b *tab) isAccessibleHere(name string) {
	b.t.Helper()
	if !ask[bool](b, "!!window.axe") {
		axe, err := os.ReadFile(axeFile)
		if err != nil {
			b.t.Fatalf("axe-core is missing (run make generate): %v", err)
		}
		// The pages to come have it from the browser: half a megabyte need not travel for each.
		devtools(b, screen.AddScriptToEvaluateOnNewDocument, screen.AddScriptToEvaluateOnNewDocumentParams{Source: string(axe)})
		ask[any](b, string(axe)+"; null")
	}
	for _, violation := range ask[[]string](b, `axe.run(document, {
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
		resultTypes: ["violations"], preload: location.pathname === "/",
	}).then(found => found.violations.map(v =>
		v.id + ": " + v.help + "\n" + v.nodes.map(n => n.html + "\n" + n.failureSummary).join("\n")))`) {
		b.t.Errorf("%s at %d px: %s", name, ask[int](b, "innerWidth"), violation)
	}
	b.fits(name)
	b.shoot(name)
}

// fits fails when there is something to scroll to on the right (RGAA 10.11).
func (b *tab) fits(name string) {
	b.t.Helper()
	if wider := ask[[]string](b, `document.documentElement.scrollWidth <= innerWidth ? [] : [
		document.documentElement.scrollWidth + " px", ...[...document.querySelectorAll("body *")]
			.filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 120))]`); len(wider) > 0 {
		b.t.Errorf("%s at %d px is wider than the screen:\n%s", name, ask[int](b, "innerWidth"), strings.Join(wider, "\n"))
	}
}

// stretch gives the town, its service and its addresses names of 300 letters without a
// break, and the text the spacing that some people need (RGAA 10.12).
const stretch = `(() => {
	const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	while (words.nextNode())
		words.currentNode.data = words.currentNode.data.replace(/Majastres|enfance|portail\.example\.fr|DUBOIS/g, "M".repeat(300))
	const spaced = new CSSStyleSheet()
	spaced.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }" +
		"p { margin-bottom: 2em !important }")
	document.adoptedStyleSheets = [spaced]
})()`

// picturesPerBrowser keeps a browser within its time on a busy machine (browse).
const picturesPerBrowser = 100

// turnTo shows another picture in the document of this one: parsed, styled and run by the
// browser as if it were opened, under the same Content-Security-Policy. But what the browser
// has learnt of axe-core stays, which takes longer to learn than to run.
func (b *tab) turnTo(address string) *tab {
	b.t.Helper()
	ask[any](b, `fetch(`+quoted(address)+`).then(answer => answer.ok ? answer.text() : Promise.reject(Error(answer.status))).then(text => new Promise(done => {
		document.open()
		document.adoptedStyleSheets = []
		addEventListener("load", () => document.fonts.ready.then(() => done(null)), {once: true})
		document.write(text)
		document.close()
	}))`)
	return b
}

// « axe-core, 0 violation … every page … empty, error and full states » and « Reflow
// 320 px » (users-reliability-security.md, E.1), whatever the length of the names.
func TestEveryPageInEveryStateIsAccessible(t *testing.T) {
	t.Parallel()
	p := open(t)
	for part := range slices.Chunk(p.gallery(), picturesPerBrowser) {
		t.Run("from "+part[0].name, func(t *testing.T) {
			t.Parallel()
			b := browse(t, wide).open(part[0].address)
			for _, picture := range part {
				b.turnTo(picture.address).isAccessible(picture.name)
				b.resize(narrow)
				ask[any](b, stretch)
				b.fits(picture.name + " stretched")
			}
			for _, fault := range b.complaints() {
				t.Error(fault)
			}
		})
	}
}

// What presses in the lists of tokens at risk is read at a glance: on one line, at both widths, and
// with nothing to scroll to at the wide one.
func TestTheCountdownOfATokenAtRiskIsOnOneLine(t *testing.T) {
	t.Parallel()
	p := open(t)
	b, looked := browse(t, wide).open(p.portalURL), 0
	for _, picture := range p.gallery() {
		if !strings.HasPrefix(picture.name, "renewals/risks/") && !strings.HasPrefix(picture.name, "renewals/calls/") && !strings.HasPrefix(picture.name, "renewals/refused/") && !strings.HasPrefix(picture.name, "editorspace/renewals/") {
			continue
		}
		b.open(picture.address)
		for _, width := range []int{narrow, wide} {
			b.resize(width)
			for _, broken := range ask[[]string](b, `[...document.querySelectorAll('td[data-label="Échéance"] .fr-badge')]
				.filter(e => e.getBoundingClientRect().height > 1.5 * parseFloat(getComputedStyle(e).lineHeight)).map(e => e.textContent)`) {
				t.Errorf("%s at %d px breaks « %s »", picture.name, width, broken)
			}
		}
		if hidden := ask[int](b, `Math.max(0, ...[...document.querySelectorAll(".fr-table__container")].map(e => e.scrollWidth - e.clientWidth))`); hidden > 0 {
			t.Errorf("%s: %d px of the table are out of sight", picture.name, hidden)
		}
		looked += ask[int](b, `document.querySelectorAll('td[data-label="Échéance"] .fr-badge').length`)
	}
	if looked == 0 && os.Getenv("PAGES") == "" {
		t.Error("no list has a countdown")
	}
}

// A tool that finds nothing proves nothing until it has found something, on a page that is
// turned to as the pictures are.
func TestTheAccessibilityToolFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	b := browse(t, narrow)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; connect-src 'self'")
		page := `<!DOCTYPE html><html lang="fr"><head><title>Page</title></head><body><main><h1>Page</h1>`
		if r.URL.Path == "/planted" {
			page += `<input name="a"><p style="color: red">large</p>`
		}
		_, _ = fmt.Fprint(w, page+`</main></body></html>`)
	})
	address := serve(t, listen(t), mux)
	silent := &recorder{TB: t}
	b.t = silent
	b.open(address + "/").isAccessible("sound")
	if len(silent.said) > 0 || len(b.complaints()) > 0 {
		t.Errorf("found on a sound page: %q, %q", silent.said, b.complaints())
	}
	b.turnTo(address + "/planted")
	ask[any](b, `document.querySelector("p").style.width = "500px"; null`)
	b.isAccessible("planted")
	for _, wanted := range []string{"label: ", "wider than the screen"} {
		if !slices.ContainsFunc(silent.said, func(said string) bool { return strings.Contains(said, wanted) }) {
			t.Errorf("%q was not found among %q", wanted, silent.said)
		}
	}
	if complaints := b.complaints(); len(complaints) != 1 || !strings.Contains(complaints[0], "Content Security Policy") {
		t.Errorf("of a style that the policy refuses, the browser says %q", complaints)
	}
}

// recorder keeps the errors that are expected.
type recorder struct {
	testing.TB
	said []string
}

func (r *recorder) Errorf(format string, arguments ...any) {
	r.said = append(r.said, fmt.Sprintf(format, arguments...))
}
