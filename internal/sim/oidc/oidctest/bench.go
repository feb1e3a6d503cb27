package oidctest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Bench is a simulator behind a real listener, and one browser.
type Bench struct {
	Provider
	T       testing.TB
	Server  Server
	Issuer  string
	Origin  string
	Browser *http.Client

	mu  sync.Mutex
	now time.Time
}

// NewBench starts the simulator for the length of the test.
func NewBench(t testing.TB, provider Provider) *Bench {
	t.Helper()
	listener := httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(listener.Listener.Addr().String(), ":")
	origin := "http://localhost:" + port
	b := &Bench{Provider: provider, T: t, Origin: origin, Issuer: origin + "/api/v2", now: time.Now()}
	b.Server = provider.New(b.Issuer, b.Clock)
	listener.Config.Handler = b.Server
	listener.Start()
	t.Cleanup(listener.Close)
	b.Browser = b.NewBrowser()
	return b
}

// NewBrowser keeps cookies and follows redirects as long as they stay at the provider.
func (b *Bench) NewBrowser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.T.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(request *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(request.URL.String(), b.Origin) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

// Clock is the simulator's.
func (b *Bench) Clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

// Advance moves the clock.
func (b *Bench) Advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// Answer is what came back, its body read.
type Answer struct {
	Status   int
	Header   http.Header
	Body     string
	Location url.Values // query of the redirect
	Address  string     // where the redirect goes, without query
	At       string     // path where the browser stands
}

// Do sends the request and reads the answer.
func (b *Bench) Do(client *http.Client, request *http.Request) Answer {
	b.T.Helper()
	response, err := client.Do(request)
	if err != nil {
		b.T.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.T.Fatal(err)
	}
	a := Answer{Status: response.StatusCode, Header: response.Header, Body: string(body), At: response.Request.URL.Path}
	if location, err := response.Location(); err == nil {
		a.Location = location.Query()
		location.RawQuery = ""
		a.Address = location.String()
	}
	return a
}

// NewRequest carries a form, or nothing if form is nil.
func (b *Bench) NewRequest(method, address string, form url.Values) *http.Request {
	b.T.Helper()
	request, err := http.NewRequestWithContext(b.T.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.T.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return request
}

// Get reads the address in the browser.
func (b *Bench) Get(address string) Answer {
	b.T.Helper()
	return b.Do(b.Browser, b.NewRequest(http.MethodGet, address, nil))
}

// Post sends the form from the browser.
func (b *Bench) Post(address string, form url.Values) Answer {
	b.T.Helper()
	if form == nil {
		form = url.Values{}
	}
	return b.Do(b.Browser, b.NewRequest(http.MethodPost, address, form))
}

var action = regexp.MustCompile(`action="([^"]+)"`)

// Press submits the form of the page whose action ends so, as a browser without JavaScript
// does.
func (b *Bench) Press(page Answer, ending string, form url.Values) Answer {
	b.T.Helper()
	for _, found := range action.FindAllStringSubmatch(page.Body, -1) {
		if strings.HasSuffix(found[1], ending) {
			return b.Post(b.Origin+found[1], form)
		}
	}
	b.T.Fatalf("no form goes to %s in:\n%s", ending, page.Body)
	return Answer{}
}

// Logout asks for a logout with these pairs of parameters.
func (b *Bench) Logout(pairs ...string) Answer {
	b.T.Helper()
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return b.Get(b.Issuer + "/session/end?" + values.Encode())
}

// ConfirmLogout presses the button that the page of logout presses by itself.
func (b *Bench) ConfirmLogout(page Answer) Answer {
	b.T.Helper()
	_, rest, found := strings.Cut(page.Body, `name="request" value="`)
	if !found {
		b.T.Fatalf("nothing to confirm: %d %s", page.Status, page.Body)
	}
	request, _, _ := strings.Cut(rest, `"`)
	return b.Press(page, "/session/end/confirm", url.Values{"request": {request}})
}

// WantPage checks a page of the provider: its status and some of its words.
func (p Provider) WantPage(t *testing.T, a Answer, status int, text string) {
	t.Helper()
	if a.Status != status || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || !strings.Contains(a.Body, text) {
		t.Errorf("answered %d %s, want a page %d with %q:\n%s", a.Status, a.Header.Get("Content-Type"), status, text, a.Body)
	}
	if !strings.Contains(a.Body, "Simulateur "+p.Name) {
		t.Error("the page does not say that it is a simulator")
	}
}

// WantBack checks an error redirect: always with state and iss.
func (b *Bench) WantBack(t *testing.T, a Answer, code, description string) {
	t.Helper()
	want := url.Values{"error": {code}, "error_description": {description}, "state": {State}, "iss": {b.Issuer}}
	if a.Status != http.StatusSeeOther || a.Address != Callback || a.Location.Encode() != want.Encode() {
		t.Errorf("answered %d to %s with %v, want %v", a.Status, a.Address, a.Location, want)
	}
}
