package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Secure cookies go to the portal over http, as browsers send them on the loopback; nowhere else; and not once taken back.
func TestABrowserKeepsThePortalsCookiesForThePortal(t *testing.T) {
	brought := map[string][]string{}
	serve := func(name string, answer http.HandlerFunc) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			brought[name+r.URL.Path] = r.Header["Cookie"]
			answer(w, r)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	provider := serve("provider", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "theirs", Value: "1"})
	})
	portal := serve("portal", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/in":
			http.SetCookie(w, &http.Cookie{Name: "__Host-ours", Value: "2", Path: "/", Secure: true})
		case "/out":
			http.SetCookie(w, &http.Cookie{Name: "__Host-ours", Path: "/", Secure: true, MaxAge: -1})
		}
	})
	v := &visit{client: newClient(), portal: portal}
	for _, address := range []string{portal + "/in", provider + "/", portal + "/out", portal + "/after"} {
		if _, err := v.get(t.Context(), address, http.StatusOK); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string][]string{"portal/in": nil, "provider/": nil, "portal/out": {"__Host-ours=2"}, "portal/after": nil}
	if diff := cmp.Diff(want, brought); diff != "" {
		t.Error(diff)
	}
}
