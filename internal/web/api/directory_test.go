package api

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
)

const (
	majastres value.Siret = "21040107100019"
	sainville value.Siret = "21280363900013"
	ccas      value.Siret = "26040107000016"
	theList               = "/api/collectivites"
)

const (
	majastresText = `{"name":"Majastres","siret":"21040107100019","code_cog":"04107","departement":"04"}`
	sainvilleText = `{"name":"Sainville","siret":"21280363900013","code_cog":"28363","departement":"28"}`
)

// twoTowns is the usual list.
func twoTowns(t *testing.T) *scene {
	t.Helper()
	s := setScene(t)
	s.open(sainville, "Sainville", "28363")
	s.open(majastres, "Majastres", "04107")
	return s
}

// « active only, ordered by name: [{"name","siret","code_cog"}]. Public, CORS * »
// (formulaire-qf.md §3.6)
func TestThePublicListIsOfOpenForms(t *testing.T) {
	s := twoTowns(t)
	portal := s.start()
	portal.get(theList).is(http.StatusOK, "["+majastresText+","+sainvilleText+"]").has(
		"Content-Type", "application/json; charset=utf-8", "Access-Control-Allow-Origin", "*", "Access-Control-Expose-Headers", "ETag",
		"Cache-Control", "no-cache", "Vary", "Accept-Encoding", "X-Content-Type-Options", "nosniff", "Content-Encoding", "")
	s.setForm(majastres, directory.FormSoon)
	portal.get(theList).is(http.StatusOK, "["+sainvilleText+"]")
	s.setForm(sainville, directory.FormClosed)
	portal.get(theList).is(http.StatusOK, "[]")
	if strings.Contains(s.log.String(), "request failed") {
		t.Error(s.log)
	}
}

// The list, its entity tag and the 304 are the database's: whichever instance is asked, and
// as soon as a form closes.
func TestInstancesAgreeAndAClosingShowsAtOnce(t *testing.T) {
	s := twoTowns(t)
	one, other := s.start(), s.start()
	agree := func(body string) string {
		t.Helper()
		first := one.get(theList).is(http.StatusOK, body)
		tag := first.header.Get("ETag")
		other.get(theList).is(http.StatusOK, body).has("ETag", tag)
		for _, instance := range []*instance{one, other, s.start()} { // the last one has printed nothing
			instance.get(theList, "If-None-Match", tag).is(http.StatusNotModified, "").has(
				"ETag", tag, "Cache-Control", "no-cache", "Vary", "Accept-Encoding", "Access-Control-Allow-Origin", "*")
		}
		return tag
	}
	both := "[" + majastresText + "," + sainvilleText + "]"
	tag := agree(both)
	s.setForm(majastres, directory.FormClosed)
	other.get(theList, "If-None-Match", tag).is(http.StatusOK, "["+sainvilleText+"]")
	if closed := agree("[" + sainvilleText + "]"); closed == tag {
		t.Error("the tag is that of before the closing")
	}
	s.setForm(majastres, directory.FormOpen)
	if again := agree(both); again != tag {
		t.Errorf("the same list has the tag %s, then %s", tag, again)
	}
}

// RFC 9110 §13.1.2
func TestWhoeverHasTheListIsToldSo(t *testing.T) {
	s := twoTowns(t)
	portal := s.start()
	for _, path := range []string{theList, theList + "/04107", theList + "/" + majastres.String()} {
		tag := portal.get(path).header.Get("ETag")
		strong := strings.TrimPrefix(tag, "W/")
		for condition, known := range map[string]bool{
			tag: true, strong: true, "W/" + strong: true, "*": true, " * ": true, `"autre", ` + tag: true, `"a,b",,W/"c" , ` + strong + ` ,"d"`: true,
			`"autre"`: false, "": false, "x": false, strings.Trim(strong, `"`): false, `"` + strong: false, strong[:len(strong)-1]: false,
			"w/" + strong: false, `"autre", *`: false,
		} {
			want := http.StatusOK
			if known {
				want = http.StatusNotModified
			}
			if got := portal.get(path, "If-None-Match", condition); got.status != want || got.header.Get("ETag") != tag {
				t.Errorf("%s with %q: %d %s, want %d %s", path, condition, got.status, got.header.Get("ETag"), want, tag)
			}
		}
		if got := portal.get(path, "If-None-Match", `"autre"`, "If-None-Match", tag); got.status != http.StatusNotModified {
			t.Errorf("%s with two headers: %d", path, got.status)
		}
	}
}

func TestTheListIsCompressedForThoseWhoTakeIt(t *testing.T) {
	s := twoTowns(t)
	portal := s.start()
	plain := portal.get(theList)
	for accepted, compressed := range map[string]bool{
		"gzip": true, "GZIP": true, "x-gzip": true, "br, gzip": true, "gzip;q=0.1": true, "gzip; q=1": true, "*": true, "br;q=1, *;q=0.5": true,
		"": false, "identity": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "*;q=0": false, "*, gzip;q=0": false, "gzip;q=x": false, "gzipped": false,
	} {
		got := portal.get(theList, "Accept-Encoding", accepted).has("ETag", plain.header.Get("ETag"), "Vary", "Accept-Encoding")
		if !compressed {
			got.is(http.StatusOK, plain.body).has("Content-Encoding", "")
			continue
		}
		got.has("Content-Encoding", "gzip", "Content-Type", "application/json; charset=utf-8")
		reader, err := gzip.NewReader(strings.NewReader(got.body))
		if err != nil {
			t.Errorf("with %q: %v", accepted, err)
			continue
		}
		text, err := io.ReadAll(reader)
		if err != nil || !bytes.Equal(text, []byte(plain.body)) {
			t.Errorf("with %q: %s, %v", accepted, text, err)
		}
	}
}

func TestHeadersAloneAndLeaveToReadAreGiven(t *testing.T) {
	s := twoTowns(t)
	portal := s.start()
	for _, path := range []string{theList, theList + "/04107"} {
		whole := portal.get(path)
		portal.ask(http.MethodHead, path, "").is(http.StatusOK, "").has("ETag", whole.header.Get("ETag"), "Content-Length", whole.header.Get("Content-Length"))
		portal.ask(http.MethodHead, path, "", "If-None-Match", whole.header.Get("ETag")).is(http.StatusNotModified, "")
		portal.ask(http.MethodOptions, path, "", "Origin", "https://exemple.fr", "Access-Control-Request-Method", "GET").is(http.StatusNoContent, "").has(
			"Access-Control-Allow-Origin", "*", "Access-Control-Allow-Methods", "GET, HEAD", "Access-Control-Allow-Headers", "If-None-Match")
	}
	portal.ask(http.MethodDelete, theList, "").is(http.StatusMethodNotAllowed, errorText("Method Not Allowed")).has("Allow", "GET, HEAD, OPTIONS, POST")
	portal.get(theList+"/").is(http.StatusNotFound, errorText("Not Found"))
	portal.get(theList+"/04107/x").is(http.StatusNotFound, errorText("Not Found"))
}

// « by COG without collision between a commune and its CCAS »; the SIRET reaches each.
func TestACodeGivesOneCollectivity(t *testing.T) {
	s := twoTowns(t)
	s.open(ccas, "CCAS de Majastres", "04107")
	portal := s.start()
	const ccasText = `{"name":"CCAS de Majastres","siret":"26040107000016","code_cog":"04107","departement":"04"}`
	portal.get(theList+"/04107").is(http.StatusOK, majastresText).has(
		"Content-Type", "application/json; charset=utf-8", "Access-Control-Allow-Origin", "*", "Access-Control-Expose-Headers", "ETag", "Cache-Control", "no-cache")
	portal.get(theList+"/"+majastres.String()).is(http.StatusOK, majastresText)
	portal.get(theList+"/"+ccas.String()).is(http.StatusOK, ccasText)
	s.setForm(majastres, directory.FormClosed)
	portal.get(theList+"/04107").is(http.StatusOK, ccasText)
	for _, unknown := range []string{
		majastres.String(), "21750001600019", "99999999999999", "04270", "75056", "4107", "041070", "04%20107", "2a004", "04107%00", "%00", "%ff%fe", "%F0%9F%92%A5", "..", "%27%20OR%201=1", "null",
		strings.Repeat("0", 3000),
	} {
		portal.get(theList+"/"+unknown).is(http.StatusNotFound, errorText("Collectivity not found")).has("Access-Control-Allow-Origin", "*", "ETag", "")
	}
}

// "One rendering at a time": whoever comes meanwhile takes the copy that was made.
func TestAnEditionIsPrintedOnce(t *testing.T) {
	s := twoTowns(t)
	portal := s.start()
	for range 3 {
		edition, err := portal.press.collectivities.CurrentEdition(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		const many = 30
		copies := make([]*copied, many)
		var readers sync.WaitGroup
		for i := range many {
			readers.Go(func() {
				var err error
				if copies[i], err = portal.press.copyOf(t.Context(), edition); err != nil {
					t.Error(err)
				}
			})
		}
		readers.Wait()
		for _, one := range copies {
			if one != copies[0] || one == nil || one.edition != edition {
				t.Fatal("the edition was printed more than once")
			}
		}
		s.run(`UPDATE collectivities SET name = name || 'x', folded_name = folded_name || 'x'`)
	}
}

// A page of another site may read that something went wrong too.
func TestADefectIsToldToAnySite(t *testing.T) {
	s := twoTowns(t)
	portal := s.start()
	if err := portal.db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{theList, theList + "/04107"} {
		portal.get(path).is(http.StatusInternalServerError, errorText("Internal Server Error")).has("Access-Control-Allow-Origin", "*", "ETag", "", "Cache-Control", "no-store")
	}
}
