package web_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

const (
	sharedSecret = "un-secret-partage"
	mostSent     = 100 // bytes
	slowness     = 300 * time.Millisecond
)

// site is a router with routes of programs and of people, that a server serves.
type site struct {
	t      *testing.T
	url    string
	log    bytes.Buffer
	routes []web.Route
}

func openSite(t *testing.T, more ...func(router *web.Router)) *site {
	t.Helper()
	s := &site{t: t}
	router := s.mount(more...)
	s.routes = router.Routes()
	server := httptest.NewUnstartedServer(router)
	server.Config.ReadTimeout = slowness
	server.Start()
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// mount makes the router.
func (s *site) mount(more ...func(router *web.Router)) *web.Router {
	s.t.Helper()
	router := webtest.Router(s.t, web.Settings{
		Log:          slog.New(slog.NewTextHandler(&s.log, nil)),
		DatabaseAway: func(err error) bool { return errors.Is(err, net.ErrClosed) },
	})
	post := func(path string, credential web.Credential, handler web.MachineFunc) {
		router.HandleMachine(http.MethodPost, path, web.Machine{Credential: credential, MaxBody: mostSent}, handler)
	}
	echo := func(c *gin.Context, body []byte) error {
		c.Data(http.StatusOK, "text/plain", body)
		return nil
	}
	failing := func(err error) web.MachineFunc { return func(*gin.Context, []byte) error { return err } }
	post("/api/signe", web.SignedWith(sharedSecret), echo)
	post("/api/porteur", web.Bearer(sharedSecret), echo)
	post("/api/libre", web.Anyone, echo)
	post("/api/ferme-signe", web.SignedWith(""), echo)
	post("/api/ferme-porteur", web.Bearer(""), echo)
	post("/oauth/token", web.Anyone, failing(fault.New(fault.NotFound, "collectivity.unknown")))
	post("/api/erreur/defaut", web.Anyone, failing(errors.New("un détail")))
	post("/api/erreur/absente", web.Anyone, failing(fmt.Errorf("read: %w", net.ErrClosed)))
	post("/api/erreur/lente", web.Anyone, failing(context.DeadlineExceeded))
	post("/api/erreur/invalide", web.Anyone, failing(fault.New(fault.Invalid, "siret.invalid")))
	post("/api/erreur/conflit", web.Anyone, failing(fault.New(fault.Conflict, "collectivity.taken")))
	post("/api/erreur/panique", web.Anyone, func(*gin.Context, []byte) error { panic("un détail") })
	router.HandleMachine(http.MethodGet, "/api/lecture", web.Machine{Credential: web.Anyone}, echo)
	router.Handle(http.MethodGet, "/page", web.Public, func(c *gin.Context) error { c.String(http.StatusOK, "page"); return nil })
	for _, mount := range more {
		mount(router)
	}
	return router
}

// send makes a request, with headers two by two.
func (s *site) send(method, path string, body io.Reader, headers ...string) (*http.Response, string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response, string(text)
}

// refuses wants an error as programs read it, guarded as every answer is.
func (s *site) refuses(response *http.Response, body string, status int) {
	s.t.Helper()
	want := fmt.Sprintf(`{"error":%q}`, http.StatusText(status))
	if response.Request.Method == http.MethodHead {
		want = ""
	}
	if response.StatusCode != status || body != want || response.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		s.t.Errorf("%d %s %q, want %d %q", response.StatusCode, response.Header.Get("Content-Type"), body, status, want)
	}
	h := response.Header
	if h.Get("X-Request-ID") == "" || h.Get("Content-Security-Policy") == "" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
		s.t.Errorf("not guarded: %v", h)
	}
}

func signatureOf(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// « hex HMAC-SHA256(secret, raw body), constant-time compare; absent/wrong -> 401
// {"error":"Unauthorized"} » (formulaire-qf.md §3.5)
func TestASignatureHoldsForTheBytesThatWereSent(t *testing.T) {
	s := openSite(t)
	const body = "a=1&b=%zz\x00\xff" // no form, no text: bytes
	right := signatureOf(sharedSecret, body)
	for name, test := range map[string]struct {
		signatures []string
		status     int
	}{
		"right":                {[]string{right}, http.StatusOK},
		"right, in upper case": {[]string{"sha256=" + strings.ToUpper(strings.TrimPrefix(right, "sha256="))}, http.StatusOK},
		"absent":               {nil, http.StatusUnauthorized},
		"empty":                {[]string{""}, http.StatusUnauthorized},
		"its prefix alone":     {[]string{"sha256="}, http.StatusUnauthorized},
		"without prefix":       {[]string{strings.TrimPrefix(right, "sha256=")}, http.StatusUnauthorized},
		"with another prefix":  {[]string{strings.Replace(right, "256", "1", 1)}, http.StatusUnauthorized},
		"cut":                  {[]string{right[:len(right)-2]}, http.StatusUnauthorized},
		"an odd digit":         {[]string{right[:len(right)-1]}, http.StatusUnauthorized},
		"longer":               {[]string{right + "00"}, http.StatusUnauthorized},
		"no digits":            {[]string{"sha256=" + strings.Repeat("zz", 32)}, http.StatusUnauthorized},
		"one digit off":        {[]string{mistyped(right)}, http.StatusUnauthorized},
		"of another body":      {[]string{signatureOf(sharedSecret, body+"\n")}, http.StatusUnauthorized},
		"by another secret":    {[]string{signatureOf("un-autre-secret", body)}, http.StatusUnauthorized},
		"by no secret":         {[]string{signatureOf("", body)}, http.StatusUnauthorized},
		"twice":                {[]string{right, right}, http.StatusUnauthorized},
		"two, one right":       {[]string{signatureOf("x", body), right}, http.StatusUnauthorized},
		"two on one line":      {[]string{right + ", " + right}, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			headers := []string{"Content-Type", "application/x-www-form-urlencoded"}
			for _, signature := range test.signatures {
				headers = append(headers, "X-Hub-Signature-256", signature)
			}
			response, answer := s.send(http.MethodPost, "/api/signe", strings.NewReader(body), headers...)
			if test.status != http.StatusOK {
				s.refuses(response, answer, test.status)
			} else if response.StatusCode != http.StatusOK || answer != body {
				t.Errorf("%d %q, want what was sent", response.StatusCode, answer)
			}
		})
	}
	s.t = t
	response, answer := s.send(http.MethodPost, "/api/ferme-signe", strings.NewReader(body), "X-Hub-Signature-256", signatureOf("", body))
	s.refuses(response, answer, http.StatusUnauthorized) // no secret is configured: nobody knows it
}

// mistyped has another last digit.
func mistyped(signature string) string {
	if all, zero := strings.CutSuffix(signature, "0"); zero {
		return all + "1"
	}
	return signature[:len(signature)-1] + "0"
}

func TestABearerIsShownOnce(t *testing.T) {
	s := openSite(t)
	for shown, status := range map[string]int{
		"Bearer " + sharedSecret:              http.StatusOK,
		"bearer " + sharedSecret:              http.StatusOK, // RFC 9110: a scheme has no case
		"":                                    http.StatusUnauthorized,
		"Bearer":                              http.StatusUnauthorized,
		"Bearer ":                             http.StatusUnauthorized,
		sharedSecret:                          http.StatusUnauthorized,
		"Basic " + sharedSecret:               http.StatusUnauthorized,
		"Bearer " + sharedSecret + "x":        http.StatusUnauthorized,
		"Bearer " + sharedSecret[1:]:          http.StatusUnauthorized,
		"Bearer " + sharedSecret + ", Bearer": http.StatusUnauthorized,
	} {
		response, answer := s.send(http.MethodPost, "/api/porteur", strings.NewReader("x"), "Authorization", shown)
		if status == http.StatusOK {
			if response.StatusCode != status || answer != "x" {
				t.Errorf("%q: %d %q", shown, response.StatusCode, answer)
			}
			continue
		}
		s.refuses(response, answer, status)
		if challenge := response.Header.Get("WWW-Authenticate"); challenge != "Bearer" {
			t.Errorf("%q: challenged with %q", shown, challenge)
		}
	}
	twice := []string{"Authorization", "Bearer " + sharedSecret, "Authorization", "Bearer " + sharedSecret}
	response, answer := s.send(http.MethodPost, "/api/porteur", strings.NewReader("x"), twice...)
	s.refuses(response, answer, http.StatusUnauthorized)
	response, answer = s.send(http.MethodPost, "/api/ferme-porteur", strings.NewReader("x"), "Authorization", "Bearer ")
	s.refuses(response, answer, http.StatusUnauthorized)
}

// Each route of programs has its own bound: at most so many bytes, announced or not.
func TestARouteOfProgramsReadsSoMuchAndNoMore(t *testing.T) {
	s := openSite(t)
	most := strings.Repeat("x", mostSent)
	announced := func(text string) io.Reader { return strings.NewReader(text) }
	chunked := func(text string) io.Reader { return io.MultiReader(strings.NewReader(text)) } // of a length that nobody says
	for _, form := range []func(string) io.Reader{announced, chunked} {
		if response, answer := s.send(http.MethodPost, "/api/libre", form(most)); response.StatusCode != http.StatusOK || answer != most {
			t.Errorf("the largest body: %d %q", response.StatusCode, answer)
		}
		response, answer := s.send(http.MethodPost, "/api/libre", form(most+"x"))
		s.refuses(response, answer, http.StatusRequestEntityTooLarge)
	}
	// Who is not entitled learns nothing of the bound.
	response, answer := s.send(http.MethodPost, "/api/porteur", strings.NewReader(most+"x"))
	s.refuses(response, answer, http.StatusUnauthorized)
	if response, answer := s.send(http.MethodGet, "/api/lecture", nil); response.StatusCode != http.StatusOK || answer != "" {
		t.Errorf("a route that reads nothing: %d %q", response.StatusCode, answer)
	}
}

// A body that comes too slowly, or ends too soon, is the sender's affair.
func TestABodyThatDoesNotComeIsNoDefectOfOurs(t *testing.T) {
	s := openSite(t)
	for name, test := range map[string]struct {
		leave  bool
		status string
	}{"slow": {false, "408 Request Timeout"}, "cut": {true, "400 Bad Request"}} {
		connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(connection, "POST /api/libre HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
		if test.leave {
			if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}
		answer, err := io.ReadAll(connection)
		if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 "+test.status)) || !bytes.Contains(answer, []byte(`{"error":"`)) {
			t.Errorf("%s: %v\n%s", name, err, answer)
		}
		_ = connection.Close()
	}
}

// The table of ARCHITECTURE.md §7, for programs.
func TestProgramsAreToldWhatWentWrong(t *testing.T) {
	s := openSite(t)
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/api", http.StatusNotFound},
		{http.MethodGet, "/api/", http.StatusNotFound},
		{http.MethodGet, "/api/lecture/", http.StatusNotFound},
		{http.MethodHead, "/api/inconnu", http.StatusNotFound},
		{http.MethodPost, "/api/inconnu", http.StatusNotFound},
		{http.MethodPut, "/api/lecture", http.StatusMethodNotAllowed},
		{http.MethodGet, "/api/signe", http.StatusMethodNotAllowed},
		{http.MethodPost, "/oauth/token", http.StatusNotFound}, // a route of programs elsewhere
		{http.MethodPost, "/api/erreur/defaut", http.StatusInternalServerError},
		{http.MethodPost, "/api/erreur/panique", http.StatusInternalServerError},
		{http.MethodPost, "/api/erreur/absente", http.StatusServiceUnavailable},
		{http.MethodPost, "/api/erreur/lente", http.StatusServiceUnavailable},
		{http.MethodPost, "/api/erreur/invalide", http.StatusUnprocessableEntity},
		{http.MethodPost, "/api/erreur/conflit", http.StatusConflict},
	} {
		// Neither a session nor another site's page changes anything.
		response, answer := s.send(test.method, test.path, nil, "Cookie", web.SessionCookie+"=AAAAAAAAAAAAAAAAAAAAAAAAAA", "Sec-Fetch-Site", "cross-site")
		s.refuses(response, answer, test.status)
		if retry := response.Header.Get("Retry-After"); (retry != "") != (test.status == http.StatusServiceUnavailable) {
			t.Errorf("%s %s: retry after %q", test.method, test.path, retry)
		}
	}
	response, _ := s.send(http.MethodPut, "/api/lecture", nil)
	if allowed := response.Header.Get("Allow"); allowed != "GET, HEAD" {
		t.Errorf("allowed: %q", allowed)
	}
}

// The route of a page is as before: bounded as a form, and its errors are pages.
func TestPeopleAreStillAnsweredWithPages(t *testing.T) {
	s := openSite(t)
	for _, path := range []string{"/inconnue", "/apis", "/apicole/x"} {
		if response, answer := s.send(http.MethodGet, path, nil); response.StatusCode != http.StatusNotFound || !strings.Contains(answer, "<h1") {
			t.Errorf("%s: %d %q", path, response.StatusCode, answer)
		}
	}
	response, answer := s.send(http.MethodPost, "/page", strings.NewReader("a=%zz"), "Content-Type", "application/x-www-form-urlencoded")
	if response.StatusCode != http.StatusBadRequest || !strings.Contains(answer, "<h1") {
		t.Errorf("a form that is none: %d", response.StatusCode)
	}
	response, _ = s.send(http.MethodGet, "/page/", nil)
	if response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != "/page" {
		t.Errorf("a final slash: %d to %q", response.StatusCode, response.Header.Get("Location"))
	}
}

func TestTheAccessOfProgramsIsListed(t *testing.T) {
	listed := map[string]string{}
	for _, route := range openSite(t).routes {
		listed[route.Path] = route.Access.String()
	}
	for path, want := range map[string]string{"/api/signe": "machine: signature", "/api/porteur": "machine: bearer", "/api/libre": "public"} {
		if listed[path] != want {
			t.Errorf("%s is listed as %q, want %q", path, listed[path], want)
		}
	}
}

// A route that waits for somebody else says how long; the others have the usual time.
func TestAMachineMayBeAnsweredLater(t *testing.T) {
	left := make(chan time.Duration, 1)
	s := openSite(t, func(router *web.Router) {
		tell := func(c *gin.Context, _ []byte) error {
			deadline, _ := c.Request.Context().Deadline()
			left <- time.Until(deadline)
			c.Status(http.StatusNoContent)
			return nil
		}
		router.HandleMachine(http.MethodGet, "/api/patiente", web.Machine{Credential: web.Shown("jeton"), Patience: time.Minute}, tell)
		router.HandleMachine(http.MethodGet, "/api/ordinaire", web.Machine{Credential: web.Anyone}, tell)
	})
	for path, want := range map[string]time.Duration{"/api/patiente": time.Minute, "/api/ordinaire": 8 * time.Second} {
		s.send(http.MethodGet, path, nil)
		if got := <-left; got > want || got < want-5*time.Second {
			t.Errorf("%s: %v is left, want %v", path, got, want)
		}
	}
	for _, route := range s.routes {
		if route.Path == "/api/patiente" && route.Access.String() != "machine: jeton" {
			t.Errorf("listed as %q", route.Access)
		}
	}
}

// Programs that expect another dialect are told in it whatever no handler answers.
func TestEachTerritoryHasItsDialect(t *testing.T) {
	in := func(name string) web.Dialect {
		return func(c *gin.Context, status int, message string) { c.String(status, "%s: %s", name, message) }
	}
	s := openSite(t, func(router *web.Router) {
		router.ProgramsBelow("/ailleurs", in("ailleurs"))
		router.ProgramsBelow("/api/v2/plus-loin", in("plus loin"))
		router.ProgramsBelow("/api/v2", in("v2"))
		machine := web.Machine{Credential: web.Bearer(sharedSecret)}
		fails := func(*gin.Context, []byte) error { panic("un détail") }
		router.HandleMachine(http.MethodGet, "/ailleurs/ici", machine, fails)
		router.HandleMachine(http.MethodGet, "/api/v2/ici", machine, fails)
	})
	for _, row := range []struct {
		method, path, shown string
		status              int
		body                string
	}{
		{http.MethodGet, "/ailleurs", "", http.StatusNotFound, "ailleurs: Not Found"},
		{http.MethodPut, "/ailleurs/ici", "", http.StatusMethodNotAllowed, "ailleurs: Method Not Allowed"},
		{http.MethodGet, "/ailleurs/ici", "", http.StatusUnauthorized, "ailleurs: Unauthorized"},
		{http.MethodGet, "/ailleurs/ici", sharedSecret, http.StatusInternalServerError, "ailleurs: Internal Server Error"},
		{http.MethodGet, "/api/v2/ici", sharedSecret, http.StatusInternalServerError, "v2: Internal Server Error"},
		{http.MethodGet, "/api/v2/plus-loin/x", "", http.StatusNotFound, "plus loin: Not Found"},
		{http.MethodGet, "/api/v2/plus-loinx", "", http.StatusNotFound, "v2: Not Found"},
		{http.MethodGet, "/api/v22", "", http.StatusNotFound, `{"error":"Not Found"}`},
	} {
		response, answer := s.send(row.method, row.path, nil, "Authorization", "Bearer "+row.shown, "Sec-Fetch-Site", "cross-site")
		if response.StatusCode != row.status || answer != row.body {
			t.Errorf("%s %s: %d %q, want %d %q", row.method, row.path, response.StatusCode, answer, row.status, row.body)
		}
	}
}
