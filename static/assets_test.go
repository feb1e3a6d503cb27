package static_test

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"portail-qf/static"
)

const longStyle = "body{color:black}body{color:black}body{color:black}body{color:black}body{color:black}body{color:black}"

func tree(style string) fstest.MapFS {
	return fstest.MapFS{
		"app.css":                         {Data: []byte(style)},
		"dsfr/dsfr.css":                   {Data: []byte(".fr-btn{background:url(icons/a.svg)}")},
		"dsfr/icons/a.svg":                {Data: []byte("<svg/>")},
		"dsfr/fonts/Marianne.woff2":       {Data: []byte("wOF2")},
		"dsfr/.keep":                      {},
		"dsfr/fonts-pdf/DejaVuSans.ttf":   {Data: []byte("ttf")},
		"dsfr/favicon/site.webmanifest":   {Data: []byte("{}")},
		"images/portrait of a town.svg":   {Data: []byte("<svg/>")},
		"dsfr/favicon/favicon.ico":        {Data: []byte("ico")},
		"dsfr/favicon/touch.png":          {Data: []byte("png")},
		"dsfr/LICENSE.md":                 {Data: []byte("Licence")},
		"dsfr/fonts-pdf/LICENSE":          {Data: []byte("Licence")},
		"dsfr/icons/system/arrow-left.js": {Data: []byte("0")},
	}
}

func newAssets(t *testing.T, files fs.FS) *static.Assets {
	t.Helper()
	assets, err := static.NewAssets(files)
	if err != nil {
		t.Fatal(err)
	}
	return assets
}

func get(t *testing.T, assets http.Handler, method, address, encoding string) *http.Response {
	t.Helper()
	request := httptest.NewRequest(method, address, nil)
	if encoding != "" {
		request.Header.Set("Accept-Encoding", encoding)
	}
	recorder := httptest.NewRecorder()
	assets.ServeHTTP(recorder, request)
	return recorder.Result()
}

func TestAFileIsServedForEverUnderTheDigestOfTheTree(t *testing.T) {
	assets := newAssets(t, tree(longStyle))
	for name, wanted := range map[string]string{
		"app.css":                       "text/css; charset=utf-8",
		"dsfr/dsfr.css":                 "text/css; charset=utf-8",
		"dsfr/icons/a.svg":              "image/svg+xml",
		"dsfr/fonts/Marianne.woff2":     "font/woff2",
		"dsfr/favicon/site.webmanifest": "application/manifest+json",
		"dsfr/favicon/favicon.ico":      "image/x-icon",
		"dsfr/favicon/touch.png":        "image/png",
	} {
		response := get(t, assets, "GET", assets.URL(name), "")
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != wanted {
			t.Errorf("%s: status %d, type %q, want 200, %q", name, response.StatusCode, response.Header.Get("Content-Type"), wanted)
		}
		if policy := response.Header.Get("Cache-Control"); policy != "public, max-age=31536000, immutable" {
			t.Errorf("%s: cache policy %q", name, policy)
		}
	}
	changed := newAssets(t, tree(longStyle+"p{margin:0}"))
	if assets.URL("dsfr/dsfr.css") == changed.URL("dsfr/dsfr.css") {
		t.Error("another content has the same address: browsers would keep the old one")
	}
}

func TestUnknownAddressesAreNotFound(t *testing.T) {
	assets := newAssets(t, tree(longStyle))
	for _, address := range []string{
		assets.URL("absent.css"), assets.URL(""), assets.URL("dsfr"), assets.URL("dsfr/.keep"),
		assets.URL("dsfr/fonts-pdf/DejaVuSans.ttf"), assets.URL("../go.mod"), "/assets/0000000000000000/app.css", "/assets/", "/app.css",
	} {
		if status := get(t, assets, "GET", address, "").StatusCode; status != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", address, status)
		}
	}
	if status := get(t, assets, "POST", assets.URL("app.css"), "").StatusCode; status != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d, want 405", status)
	}
}

func TestTheCompressedFormGoesToWhoeverAcceptsIt(t *testing.T) {
	assets := newAssets(t, tree(longStyle))
	for accepted, wanted := range map[string]string{
		"": "", "br": "", "gzip": "gzip", "gzip, deflate, br": "gzip", "br;q=1.0, gzip;q=0.8": "gzip", "*": "gzip",
		"gzip;q=0": "", "gzip; q=0.0, *": "", "*;q=0": "", "*;q=0, gzip": "gzip", "GZIP": "gzip",
	} {
		response := get(t, assets, "GET", assets.URL("app.css"), accepted)
		if got := response.Header.Get("Content-Encoding"); got != wanted {
			t.Errorf("Accept-Encoding %q: encoding %q, want %q", accepted, got, wanted)
		}
		if response.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: a shared cache is not told that the answer varies", accepted)
		}
		body := io.Reader(response.Body)
		if wanted == "gzip" {
			unzipped, err := gzip.NewReader(body)
			if err != nil {
				t.Fatal(err)
			}
			body = unzipped
		}
		if content, err := io.ReadAll(body); err != nil || string(content) != longStyle {
			t.Errorf("Accept-Encoding %q: read %q, %v", accepted, content, err)
		}
	}
	font := get(t, assets, "GET", assets.URL("dsfr/fonts/Marianne.woff2"), "gzip")
	if font.Header.Get("Content-Encoding") != "" || font.Header.Get("Vary") != "" {
		t.Error("a font, compressed already, is compressed again")
	}
	head := get(t, assets, "HEAD", assets.URL("app.css"), "")
	if content, _ := io.ReadAll(head.Body); len(content) != 0 || head.ContentLength != int64(len(longStyle)) {
		t.Errorf("HEAD: %d bytes, announced %d", len(content), head.ContentLength)
	}
}

func TestWithoutTheDSFRTheProgramStillServesItsOwnFiles(t *testing.T) {
	assets := newAssets(t, fstest.MapFS{"app.css": {Data: []byte("p{}")}, "dsfr/.keep": {}})
	if !assets.Missing() {
		t.Error("the DSFR is absent and Missing does not say so")
	}
	if status := get(t, assets, "GET", assets.URL("app.css"), "").StatusCode; status != http.StatusOK {
		t.Errorf("app.css: status %d", status)
	}
	if newAssets(t, tree("")).Missing() {
		t.Error("the DSFR is present and Missing says the contrary")
	}
}

func TestAFileOfUnknownKindIsRefusedAtStart(t *testing.T) {
	_, err := static.NewAssets(fstest.MapFS{"images/town.xcf": {Data: []byte("x")}})
	if err == nil || !strings.Contains(err.Error(), "images/town.xcf") {
		t.Errorf("error %v, want one that names the file", err)
	}
}
