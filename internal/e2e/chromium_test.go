package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	screen "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The widths of a telephone at its narrowest (WCAG 2.1, 1.4.10) and of a desk.
const (
	narrow = 320
	wide   = 1280
)

// patience is how long a page may take on a busy machine.
const patience = 30 * time.Second

// findChromium gives the browser that CHROME names, or the first that is found. A machine
// without one proves nothing: the test fails.
func findChromium(t testing.TB) string {
	t.Helper()
	names := []string{"chromium", "chromium-headless-shell", "google-chrome"}
	if named := os.Getenv("CHROME"); named != "" {
		names = []string{named}
	}
	for _, name := range names {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	t.Fatalf("no browser among %v: install Debian's package chromium, as make test does, or name a program in CHROME", names)
	return ""
}

// tab is what a person looks at: a page of a Chromium whose profile is new and empty. It
// hides chromedp.
type tab struct {
	t      testing.TB
	ctx    context.Context
	clicks map[string]int // by host

	mu     sync.Mutex
	faults []string // what the browser complained of
	loads  []*load
}

// load is something that the browser asked for.
type load struct {
	id          network.RequestID
	address     *url.URL
	kind        network.ResourceType
	headers     int // bytes
	transferred int // bytes, headers included; 0 from the cache
	ended       bool
}

// browse starts a Chromium of a width, until the test ends.
func browse(t testing.TB, width int) *tab {
	t.Helper()
	limited, end := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(end)
	// chromedp makes the profile, and adds --no-sandbox for root.
	allocated, release := chromedp.NewExecAllocator(limited, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(findChromium(t)), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))...)
	t.Cleanup(release)
	return openTab(t, allocated, width)
}

// another opens a second tab of the same browser, with the same cookies.
func (b *tab) another(width int) *tab {
	b.t.Helper()
	return openTab(b.t, b.ctx, width)
}

// stranger opens the browser of somebody else: no cookie of this one.
func (b *tab) stranger(width int) *tab {
	b.t.Helper()
	return openTab(b.t, b.ctx, width, chromedp.WithNewBrowserContext())
}

func openTab(t testing.TB, browser context.Context, width int, options ...chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t, clicks: map[string]int{}}
	ctx, end := chromedp.NewContext(browser, append(options, chromedp.WithListener(b.notice))...)
	t.Cleanup(end)
	b.ctx = ctx
	b.resize(width)
	// A page without a window has the focus like one that is looked at.
	devtools(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return b
}

// notice keeps what the browser reports.
func (b *tab) notice(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded: // violations of the Content-Security-Policy are among them
		if e.Entry.Level == log.EntryLevelError || e.Entry.Source == log.EntrySourceSecurity {
			b.faults = append(b.faults, fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		b.faults = append(b.faults, fmt.Sprintf("console.%s", e.Type))
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, e.ExceptionDetails.Text)
	case *network.EventRequestWillBeSent:
		if redirected := b.loading(e.RequestID); redirected != nil {
			redirected.ended = true
			redirected.transferred = int(e.RedirectResponse.EncodedDataLength)
		}
		if address, err := url.Parse(e.Request.URL); err == nil && address.Host != "" {
			b.loads = append(b.loads, &load{id: e.RequestID, address: address, kind: e.Type})
		}
	case *network.EventResponseReceived:
		if l := b.loading(e.RequestID); l != nil {
			l.headers = int(e.Response.EncodedDataLength)
		}
	case *network.EventLoadingFinished:
		if l := b.loading(e.RequestID); l != nil {
			l.ended, l.transferred = true, int(e.EncodedDataLength)
		}
	case *network.EventLoadingFailed:
		if l := b.loading(e.RequestID); l != nil {
			l.ended = true
		}
	}
}

// loading finds what is being loaded under an id, which redirects share.
func (b *tab) loading(id network.RequestID) *load {
	i := slices.IndexFunc(b.loads, func(l *load) bool { return l.id == id && !l.ended })
	if i < 0 {
		return nil
	}
	return b.loads[i]
}

// loaded waits for the network to be quiet and gives what was loaded since the last time.
func (b *tab) loaded() []*load {
	b.t.Helper()
	var all []*load
	eventually(b.t, patience, "everything is loaded", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		all = b.loads
		return !slices.ContainsFunc(all, func(l *load) bool { return !l.ended })
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.loads = nil
	return all
}

// complaints are what the browser found wrong so far.
func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.faults)
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// devtools gives a command of the DevTools protocol.
func devtools[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// ask reads something in the page. It works where scripts are disabled and whatever the
// Content-Security-Policy says: DevTools is no script of the page.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	answer, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.80s: %v", expression, err)
	}
	return answer
}

func (b *tab) resize(width int) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(int64(width), 800))
}

func (b *tab) withoutScripts() {
	b.t.Helper()
	devtools(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

func (b *tab) open(address string) *tab {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
	return b
}

// back is the button of the browser. A page that it kept whole is not loaded again.
func (b *tab) back() *tab { b.t.Helper(); return b.backTo("") }

// backTo is the same button kept pressed, which lists the pages before this one: it goes to
// the last one whose address ends so.
func (b *tab) backTo(ending string) *tab {
	b.t.Helper()
	history := b.history(func(screen.GetNavigationHistoryResult) bool { return true })
	before := history.Entries[:history.CurrentIndex]
	for len(before) > 0 && !strings.HasSuffix(before[len(before)-1].URL, ending) {
		before = before[:len(before)-1]
	}
	if len(before) == 0 {
		b.t.Fatalf("%s: no page before ends in %q", b.path(), ending)
	}
	devtools(b, screen.NavigateToHistoryEntry, screen.NavigateToHistoryEntryParams{EntryID: before[len(before)-1].ID})
	b.history(func(now screen.GetNavigationHistoryResult) bool { return now.CurrentIndex < history.CurrentIndex })
	return b
}

// history waits for the pages that the browser went through to be as said. A page that leaves
// has none to tell.
func (b *tab) history(isSo func(screen.GetNavigationHistoryResult) bool) (pages screen.GetNavigationHistoryResult) {
	b.t.Helper()
	eventually(b.t, patience, "the browser went there", func() bool {
		answer, err := chromedp.Call(b.ctx, screen.GetNavigationHistory, cdp.Empty{})
		if err != nil || !isSo(answer) {
			return false
		}
		pages = answer
		return true
	})
	return pages
}

// key presses keys of the keyboard, one after the other. The character goes with the key, as
// from a keyboard: sent apart, it would reach whatever the key gave the focus to.
func (b *tab) key(keys string) *tab {
	b.t.Helper()
	for _, character := range keys {
		events := kb.Encode(character)
		for i, event := range events {
			if event.Type == kb.KeyChar {
				continue
			}
			if i+1 < len(events) && events[i+1].Type == kb.KeyChar {
				event.Text = events[i+1].Text
			}
			if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, *event); err != nil && event.Type != kb.KeyUp { // of a page that the key made leave
				b.t.Fatal(err)
			}
		}
	}
	return b
}

// press clicks the link or the button that says so, with the mouse.
func (b *tab) press(words string) *tab { b.t.Helper(); return b.click("a, button", words) }

// fill clicks the label of a field, which gives it the focus, and types.
func (b *tab) fill(label, typed string) *tab { b.t.Helper(); return b.click("label", label).key(typed) }

func (b *tab) click(kind, words string) *tab {
	b.t.Helper()
	x, y := b.aim(kind, words)
	b.do(chromedp.MouseClickXY(x, y))
	return b
}

// doublePress clicks as people do who think that everything is a folder of their desk.
func (b *tab) doublePress(words string) *tab {
	b.t.Helper()
	x, y := b.aim("a, button", words)
	b.do(chromedp.MouseClickXY(x, y), chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)))
	return b
}

// aim gives the middle of the link, button or label that says so, once scrolled to. What
// hides it from the mouse hides it from the person.
func (b *tab) aim(kind, words string) (x, y float64) {
	b.t.Helper()
	found := ask[struct {
		X, Y      float64
		Host, Why string
	}](b, `(() => {
		const plain = text => text.replace(/\s+/g, " ").replace(/’/g, "'").trim()
		const words = `+quoted(plain(words))+`
		const all = [...document.querySelectorAll(`+quoted(kind)+`)]
		const it = all.find(e => plain(e.innerText) === words) ?? all.find(e => plain(e.innerText).includes(words))
		if (!it) return {why: "nothing says so among: " + all.map(e => plain(e.innerText)).join(" | ")}
		it.scrollIntoView({block: "center", behavior: "instant"})
		const box = it.getClientRects()[0]
		if (!box) return {why: "it is not shown"}
		const at = {x: box.x + box.width / 2, y: box.y + box.height / 2, host: location.host}
		const top = document.elementFromPoint(at.x, at.y)
		return it.contains(top) ? at : {why: "it is covered by " + top?.outerHTML.slice(0, 80)}
	})()`)
	if found.Why != "" {
		b.t.Fatalf("press %q at %s: %s", words, b.path(), found.Why)
	}
	b.clicks[found.Host]++
	return found.X, found.Y
}

// reads waits for the page of a title.
func (b *tab) reads(title string) *tab {
	b.t.Helper()
	seen := ""
	for deadline := time.Now().Add(patience); !strings.Contains(plain(seen), plain(title)); time.Sleep(10 * time.Millisecond) {
		if seen = b.title(); time.Now().After(deadline) {
			b.t.Fatalf("waited for the page %q, at %q, %q", title, seen, b.complaints())
		}
	}
	return b
}

// title is the h1 of a page that is wholly there, else "".
func (b *tab) title() string {
	said, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](
		`document.readyState === "complete" && document.fonts.status === "loaded" ? document.querySelector("h1")?.innerText ?? "" : ""`))
	if err != nil { // a page that leaves
		return ""
	}
	return said
}

func (b *tab) path() string {
	b.t.Helper()
	return ask[string](b, "location.pathname")
}

// quoted is a text as a script writes it.
func quoted(text string) string {
	literal, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always has a literal
	}
	return string(literal)
}

// shoot keeps an image of the whole page in the folder that SCREENSHOTS names, if any.
func (b *tab) shoot(name string) {
	b.t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	whole := true
	image := devtools(b, screen.CaptureScreenshot, screen.CaptureScreenshotParams{CaptureBeyondViewport: &whole}).Data
	file := filepath.Join(folder, fmt.Sprintf("%s-%d.png", strings.ReplaceAll(name, "/", "-"), ask[int](b, "innerWidth")))
	if err := os.WriteFile(file, image, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
