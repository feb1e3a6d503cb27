package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/web"
)

// « read from X-Forwarded-For from the right »: what the caller writes itself is at the left of
// what our proxies add.
func TestFromWhereARequestComes(t *testing.T) {
	ours := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:ffff::/48")}
	router := web.NewRouter(web.Settings{NewRequestID: func() string { return "" }, TrustedProxies: ours})
	careless := web.NewRouter(web.Settings{})
	for name, test := range map[string]struct {
		remote string
		said   []string
		want   string
	}{
		"directly":                           {"203.0.113.7:4000", nil, "203.0.113.7"},
		"directly, lying":                    {"203.0.113.7:4000", []string{"198.51.100.9"}, "203.0.113.7"},
		"by a proxy":                         {"10.0.0.1:4000", []string{"203.0.113.7"}, "203.0.113.7"},
		"by a proxy, lying":                  {"10.0.0.1:4000", []string{"198.51.100.9, 203.0.113.7"}, "203.0.113.7"},
		"by a proxy, lying in a header more": {"10.0.0.1:4000", []string{"198.51.100.9", "203.0.113.7"}, "203.0.113.7"},
		"by two":                             {"10.0.0.1:4000", []string{"198.51.100.9, 203.0.113.7, 10.0.0.2"}, "203.0.113.7"},
		"as one of ours, lying":              {"10.0.0.1:4000", []string{"10.0.0.9, 203.0.113.7"}, "203.0.113.7"},
		"with a port":                        {"10.0.0.1:4000", []string{"203.0.113.7:1234"}, "203.0.113.7"},
		"by IPv6":                            {"[2001:db8:ffff::1]:4000", []string{"2001:db8::1"}, "2001:db8::1"},
		"by IPv6, in brackets":               {"[2001:db8:ffff::1]:4000", []string{"[2001:db8::1]"}, "2001:db8::1"},
		"IPv4 written as IPv6":               {"[::ffff:10.0.0.1]:4000", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		"the proxy itself":                   {"10.0.0.1:4000", nil, "10.0.0.1"},
		"only proxies":                       {"10.0.0.1:4000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"nonsense from the proxy":            {"10.0.0.1:4000", []string{"203.0.113.7, unknown"}, "invalid IP"},
		"nothing between commas":             {"10.0.0.1:4000", []string{"203.0.113.7, "}, "invalid IP"},
		"a zone":                             {"10.0.0.1:4000", []string{"fe80::1%eth0"}, "fe80::1"},
		"no address":                         {"@", []string{"203.0.113.7"}, "invalid IP"},
	} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.RemoteAddr = test.remote
		for _, line := range test.said {
			request.Header.Add("X-Forwarded-For", line)
		}
		request.Header.Set("X-Real-IP", "192.0.2.1")
		request.Header.Set("Forwarded", "for=192.0.2.1")
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = request
		if got := router.Address(c).String(); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
		if got := careless.Address(c).String(); test.remote != "@" && len(got) > 0 && got != netip.MustParseAddrPort(test.remote).Addr().Unmap().String() {
			t.Errorf("%s: without proxies of ours, %s", name, got)
		}
	}
}
