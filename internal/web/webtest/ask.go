package webtest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// Answer is what the portal answered to a browser.
type Answer struct {
	Status int
	Header http.Header
	To     string // where it sends the browser
	Flash  string // the sentence that the next page will say
	Body   string
	Main   string // of a page: what it is about, as it is written; the whole body of anything else
}

// IsPage tells a page from a file, from a mail that is shown apart, and from what only sends
// the browser on.
func (a Answer) IsPage() bool {
	apart := strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox")
	return a.Status != http.StatusSeeOther && strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") && !apart
}

// Ask sends a request in the session of somebody, or of nobody when it is empty. A page that
// comes back must be well made.
func Ask(t testing.TB, router *web.Router, session value.Token, request *http.Request) Answer {
	t.Helper()
	if session != "" {
		request.AddCookie(&http.Cookie{Name: web.SessionCookie, Value: session.Reveal()})
	}
	recorder := httptest.NewRecorder()
	router.ServeHTTP(recorder, request)
	body := recorder.Body.String()
	a := Answer{Status: recorder.Code, Header: recorder.Header(), To: recorder.Header().Get("Location"), Body: body, Main: body}
	for _, cookie := range recorder.Result().Cookies() {
		if cookie.Name == web.FlashCookie {
			a.Flash = cookie.Value
		}
	}
	if _, main, found := strings.Cut(body, "<main"); found {
		a.Main, _, _ = strings.Cut(main, "</main>")
	}
	if a.IsPage() && request.Method != http.MethodHead {
		Check(t, recorder.Body.Bytes())
	}
	return a
}

// Post sends a form without files.
func Post(path string, fields url.Values) *http.Request {
	request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(fields.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return request
}
