package qfgateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// « a token in the query string is refused 401 00101 without being looked up; repeated
// headers, or both headers with different values, refused the same way; bearer of another
// scheme too »
func TestATokenThatWasNotShownAsItShouldIsNotLookedUp(t *testing.T) {
	s := set(t, nil)
	third, second := helene()
	bearer := "Bearer " + whole
	for name, row := range map[string]struct {
		more    string
		headers []string
	}{
		"in the address":                    {"&token=" + whole, nil},
		"in the address beside the header":  {"&token=" + whole, []string{"Authorization", bearer}},
		"empty in the address":              {"&token=", []string{"Authorization", bearer}},
		"disguised in the address":          {"&tok%65n[]=x", []string{"X-Api-Key", whole}},
		"the header twice":                  {"", []string{"Authorization", bearer, "Authorization", bearer}},
		"the key twice":                     {"", []string{"X-Api-Key", whole, "X-Api-Key", whole}},
		"two that differ":                   {"", []string{"Authorization", bearer, "X-Api-Key", childs}},
		"one of two empty":                  {"", []string{"Authorization", bearer, "X-Api-Key", ""}},
		"another scheme":                    {"", []string{"Authorization", "Basic " + whole}},
		"another scheme beside the key":     {"", []string{"Authorization", "Basic eDp5", "X-Api-Key", whole}},
		"without scheme":                    {"", []string{"Authorization", whole}},
		"a scheme alone":                    {"", []string{"Authorization", "Bearer"}},
		"nothing at all":                    {"", nil},
		"a name with an underscore":         {"", []string{"X_Api_Key", whole}},
		"for a proxy":                       {"", []string{"Proxy-Authorization", bearer}},
		"in a cookie":                       {"", []string{"Cookie", "token=" + whole}},
		"in the name of another connection": {"", []string{"X-Forwarded-Authorization", bearer}},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.ask(http.MethodGet, third+row.more, row.headers...).refuses(http.StatusUnauthorized, "00101")
			s.ask(http.MethodGet, second+row.more, row.headers...).refusesV2(http.StatusUnauthorized, "access_denied", "Votre token n'est pas valide")
		})
	}
	if looked := s.gate.lookedUp(); looked != 0 {
		t.Errorf("%d were looked up", looked)
	}
	if strings.Contains(s.log.String(), whole) {
		t.Error("a token that was shown wrongly is in the log")
	}
}

// « method override headers ignored, POST/HEAD/OPTIONS »
func TestOnlyGetAsks(t *testing.T) {
	s := set(t, nil)
	third, second := helene()
	shown := []string{"X-Api-Key", whole, "X-HTTP-Method-Override", "GET", "X-HTTP-Method", "GET", "X-Method-Override", "GET"}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, "FETCH"} {
		s.ask(method, third+"&_method=GET", shown...).refuses(http.StatusMethodNotAllowed, "00405").has("Allow", "GET, HEAD")
		s.ask(method, second, shown...).refusesV2(http.StatusMethodNotAllowed, "method_not_allowed", "Method Not Allowed").has("Allow", "GET, HEAD")
	}
	if looked := s.gate.lookedUp(); looked != 0 {
		t.Errorf("%d tokens were looked up", looked)
	}
	s.ask(http.MethodGet, third+"&_method=DELETE", "X-Api-Key", whole, "X-HTTP-Method-Override", "DELETE").has("X-Response-Cached", "false")
	s.ask(http.MethodHead, third, "X-Api-Key", whole).is(http.StatusOK, "").has("X-Response-Cached", "false")
	s.ask(http.MethodHead, second, "X-Api-Key", expired).is(http.StatusUnauthorized, "")
}

// What is below the two roads and is no route is told in their dialect.
func TestAnAddressThatDoesNotExistIsToldInItsDialect(t *testing.T) {
	s := set(t, nil)
	for _, path := range []string{"/v3", "/v3/", "/v3/dss/quotient_familial/identite/", "/v3/dss/quotient_familial/france_connect", "/v3/../v3/x"} {
		s.ask(http.MethodGet, path).refuses(http.StatusNotFound, "00404")
	}
	for _, path := range []string{"/api/v2", "/api/v2/composition-familiale-v2/", "/api/v2/composition-familiale"} {
		s.ask(http.MethodGet, path).refusesV2(http.StatusNotFound, "not_found", "Not Found")
	}
	s.ask(http.MethodGet, "/api/v20").is(http.StatusNotFound, `{"error":"Not Found"}`)
	if page := s.ask(http.MethodGet, "/v30"); !strings.Contains(page.body, "<h1") {
		t.Errorf("a page of people: %s", page.body)
	}
}

// What fails on our side is told in the dialect too, and never as a refusal of the token.
func TestADefectOfOursIsToldInTheDialect(t *testing.T) {
	s := set(t, nil)
	third, second := s.both(absent)
	third.refuses(http.StatusServiceUnavailable, "00503").has("Retry-After", "30")
	second.refusesV2(http.StatusServiceUnavailable, "service_unavailable", "Service Unavailable").has("Retry-After", "30")
	s.handler.Source = nil // a defect
	third, second = s.both(whole)
	third.refuses(http.StatusInternalServerError, "00500")
	second.refusesV2(http.StatusInternalServerError, "internal_server_error", "Internal Server Error")
	if left := s.underway(); left != 0 {
		t.Errorf("%d questions are left in progress", left)
	}
}

// « huge or repeated parameters …, nul bytes, bad percent-encoding, invalid UTF-8, 1 MB
// query …, recipient arrays »
func TestHostileParametersAreFaultsOfTheirAuthor(t *testing.T) {
	s := set(t, nil)
	third, second := helene()
	for more, codes := range map[string]string{
		"&nomNaissance=X":                             "00420",
		"&sexeEtatCivil=F":                            "00427",
		"&sexe=F":                                     "", // not of this version
		"&recipient=" + town.String():                 "00210",
		"&recipient[]=" + town.String():               "00210",
		"&nomUsage=%00":                               "00366",
		"&nomUsage=%zz":                               "00366",
		"&nomUsage=%C3%28":                            "00366",
		"&nomUsage=" + strings.Repeat("A", 5000):      "00366",
		"&prenoms[]=" + strings.Repeat("A", 5000):     "00367",
		"&prenoms=X":                                  "00367",
		"&mois[]=1":                                   "00354",
		"&%00=%00&=&&%zz;x":                           "",
		"&" + strings.Repeat("inconnu=1&", 500):       "",
		"&annee=2026%0A2026":                          "00356",
		"&nomUsage=<script>&redirect=//evil.example":  "404 37003",
		"&codeCogInseeCommuneNaissance=%2e%2e%2fetc":  "00365",
		"&nomUsage=A%0D%0AX-Injected:%201&nomUsage=B": "00366",
	} {
		got := s.ask(http.MethodGet, third+more, "X-Api-Key", whole)
		switch codes {
		case "":
			if got.status != http.StatusOK {
				t.Errorf("%.60q: %d %s", more, got.status, got.body)
			}
		case "404 37003":
			got.refuses(http.StatusNotFound, "37003")
		default:
			got.refuses(http.StatusUnprocessableEntity, codes)
		}
	}
	megabyte := strings.Repeat("nomUsage=A&", 90000)
	s.ask(http.MethodGet, third+"&"+megabyte, "X-Api-Key", whole).refuses(http.StatusRequestURITooLong, "00414")
	s.ask(http.MethodGet, second+"&"+megabyte, "X-Api-Key", whole).refusesV2(http.StatusRequestURITooLong, "request_uri_too_long", "Request URI Too Long")
}

// « header smuggling »: of a request that two servers may read in two ways, none is answered
// with data.
func TestARequestThatMayBeReadInTwoWaysAsksNothing(t *testing.T) {
	s := set(t, nil)
	third, _ := helene()
	host, _ := url.Parse(s.url)
	for name, head := range map[string]string{
		"an unknown coding":        "GET " + third + " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked, identity\r\nX-Api-Key: " + whole + "\r\n\r\n0\r\n\r\n",
		"two lengths":              "GET " + third + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\nX-Api-Key: " + whole + "\r\n\r\n",
		"a name and a space":       "GET " + third + " HTTP/1.1\r\nHost: x\r\nX-Api-Key : " + whole + "\r\n\r\n",
		"a header in two lines":    "GET " + third + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\r\n " + whole + "\r\nX-Api-Key: " + childs + "\r\n\r\n",
		"a nul in the header":      "GET " + third + " HTTP/1.1\r\nHost: x\r\nX-Api-Key: " + whole + "\x00\r\n\r\n",
		"a body with parameters":   "GET " + RouteV3 + "?recipient=" + town.String() + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 14\r\nX-Api-Key: " + whole + "\r\n\r\nnomNaissance=A",
		"two hosts":                "GET " + third + " HTTP/1.1\r\nHost: x\r\nHost: y\r\nX-Api-Key: " + whole + "\r\n\r\n",
		"an address of other host": "GET http://autre.example" + RouteV3 + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Api-Key: " + whole + "\r\n\r\n",
	} {
		connection, err := net.Dial("tcp", host.Host)
		if err != nil {
			t.Fatal(err)
		}
		_ = connection.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprint(connection, head)
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode < 400 || response.StatusCode == http.StatusInternalServerError || response.StatusCode >= 502 {
			t.Errorf("%s: %d %s", name, response.StatusCode, body)
		}
		_ = connection.Close()
	}
	if asked := s.received(); len(asked) != 0 {
		t.Errorf("asked: %v", asked)
	}
}

// RFC 9112 §6.1: « the server MUST close the connection after responding to such a request », one
// that tells its length in two ways: what follows may be its body to whoever stands before us.
func TestNothingIsReadBehindARequestOfTwoLengths(t *testing.T) {
	s := set(t, nil)
	third, _ := helene()
	host, _ := url.Parse(s.url)
	next := "GET " + third + " HTTP/1.1\r\nHost: x\r\nX-Api-Key: " + whole + "\r\n\r\n"
	for name, first := range map[string]string{
		"a question":       "GET " + third + " HTTP/1.1\r\nHost: x\r\nX-Api-Key: " + whole + "\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunks first":     "GET " + third + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\nX-Api-Key: " + whole + "\r\n\r\n0\r\n\r\n",
		"another method":   "POST " + third + " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"no such address":  "GET /nulle-part HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"nobody's address": "HEAD /v3/nulle-part HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	} {
		connection, err := net.Dial("tcp", host.Host)
		if err != nil {
			t.Fatal(err)
		}
		_ = connection.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprint(connection, first+next)
		told, err := io.ReadAll(connection)
		if answers := strings.Count(string(told), "HTTP/1.1 "); err != nil || answers != 1 || !strings.Contains(string(told), "\r\nConnection: close\r\n") {
			t.Errorf("%s: %d answers, %v:\n%s", name, answers, err, told)
		}
		_ = connection.Close()
	}
}

// « never 5xx, never panics » for whatever a program puts in a query.
func FuzzAQueryIsNoDefectOfOurs(f *testing.F) {
	third, _ := helene()
	_, usual, _ := strings.Cut(third, "?")
	for _, seed := range []string{usual, usual + "&prenoms[]=%FF", "recipient=%00&token", "annee=0x&mois=99&%", strings.Repeat("prenoms[]=a&", 300)} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	s := set(f, nil)
	f.Fuzz(func(t *testing.T, raw string, isThird bool) {
		s := *s
		s.t = t
		route := RouteV2
		if isThird {
			route = RouteV3
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+route, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.URL.RawQuery = strings.Map(func(r rune) rune { // what a request line cannot hold
			if r <= ' ' || r == '#' || r > '~' {
				return 'x'
			}
			return r
		}, raw)
		request.Header.Set("X-Api-Key", whole)
		if got := s.send(request); got.status >= 500 {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
}
