package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
	"portail-qf/templates"
)

// "Its HTML renderer writes straight to the response: a template error mid-page gives a
// truncated 200" (LIBRARIES.md): ours gives nothing at all.
func TestAPageThatFailsMidwayWritesNothing(t *testing.T) {
	files := fstest.MapFS{
		"messages/x.tmpl":       {Data: []byte(`{{define "known"}}Connu.{{end}}`)},
		"pages/space/page.tmpl": {Data: []byte(`<p>début</p>{{message .Code}}`)},
	}
	parsed, err := web.ParseTemplates(files, func(name string) string { return name })
	if err != nil {
		t.Fatal(err)
	}
	view, err := web.ParseView[struct{ Code string }](parsed, "space/page")
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	if err := view.Write(answer, http.StatusOK, struct{ Code string }{"unknown"}); err == nil {
		t.Error("an unknown sentence was no error")
	}
	if answer.Body.Len() != 0 {
		t.Errorf("%q was sent", answer.Body)
	}
	if err := view.Write(answer, http.StatusTeapot, struct{ Code string }{"known"}); err != nil {
		t.Error(err)
	}
	if answer.Code != http.StatusTeapot || answer.Body.String() != "<p>début</p>Connu." {
		t.Errorf("status %d, body %q", answer.Code, answer.Body)
	}
}

func TestAViewThatWasNeverParsedIsAnError(t *testing.T) {
	var view web.View[web.Page]
	if _, err := view.Render(web.Page{}); err == nil {
		t.Error("it was rendered")
	}
}

// The parser of a space reports every page that is wrong, not the first one only.
func TestTheParserReportsEveryMissingPage(t *testing.T) {
	p := web.NewParser(webtest.Templates(t))
	web.Parsed[web.Page](p, "common/404")
	if p.Err() != nil {
		t.Fatal(p.Err())
	}
	web.Parsed[web.Page](p, "common/first")
	web.Parsed[web.Page](p, "common/second")
	if err := p.Err(); err == nil || !strings.Contains(err.Error(), "first") || !strings.Contains(err.Error(), "second") {
		t.Errorf("error %v", err)
	}
}

// "Anything else: 500, pre-rendered page with the request id" (ARCHITECTURE.md §7).
func TestThePreRenderedPageShowsTheRequestID(t *testing.T) {
	pages, err := web.ParseErrorPages(webtest.Templates(t), web.Page{Brand: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct{ asked, want int }{
		"500":              {http.StatusInternalServerError, http.StatusInternalServerError},
		"without own page": {http.StatusTeapot, http.StatusInternalServerError},
		"404":              {http.StatusNotFound, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			answer := httptest.NewRecorder()
			if err := pages.Write(answer, row.asked, web.Page{RequestID: "<id-12>"}); err != nil {
				t.Fatal(err)
			}
			if answer.Code != row.want {
				t.Errorf("status %d, want %d", answer.Code, row.want)
			}
			webtest.Check(t, answer.Body.Bytes())
			shown := strings.Contains(answer.Body.String(), "<code>&lt;id-12&gt;</code>")
			if shown != (row.want == http.StatusInternalServerError) {
				t.Errorf("request id shown: %v", shown)
			}
		})
	}
}

// The brand block is switchable: the DSFR is reserved to the State's sites
// (users-reliability-security.md, E.3).
func TestTheBrandIsShownOnlyWhenAsked(t *testing.T) {
	view, err := web.ParseView[web.Page](webtest.Templates(t), "common/404")
	if err != nil {
		t.Fatal(err)
	}
	for _, brand := range []bool{true, false} {
		body, err := view.Render(web.Page{Brand: brand})
		if err != nil {
			t.Fatal(err)
		}
		webtest.Check(t, body)
		if shown := strings.Contains(string(body), "République"); shown != brand {
			t.Errorf("brand %v: shown %v", brand, shown)
		}
	}
}

// Times are printed in Paris, in French.
func TestMomentsAreParisTime(t *testing.T) {
	for name, row := range map[string]struct {
		instant time.Time
		want    web.Moment
	}{
		"winter":     {time.Date(2026, 1, 31, 23, 30, 0, 0, time.UTC), web.Moment{Year: 2026, Month: 2, Day: 1, Hour: 0, Minute: 30}},
		"summer":     {time.Date(2026, 7, 14, 8, 5, 0, 0, time.UTC), web.Moment{Year: 2026, Month: 7, Day: 14, Hour: 10, Minute: 5}},
		"no instant": {time.Time{}, web.Moment{}},
	} {
		if diff := cmp.Diff(row.want, web.MomentOf(row.instant)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNumbersAndMomentsAreFrench(t *testing.T) {
	files := fstest.MapFS{"pages/space/page.tmpl": {Data: []byte(`{{number .Count}}|{{moment .At}}`)}}
	dates, err := templates.FS.ReadFile("messages/dates.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	files["messages/dates.tmpl"] = &fstest.MapFile{Data: dates}
	parsed, err := web.ParseTemplates(files, func(name string) string { return name })
	if err != nil {
		t.Fatal(err)
	}
	type content struct {
		Count int
		At    web.Moment
	}
	view, err := web.ParseView[content](parsed, "space/page")
	if err != nil {
		t.Fatal(err)
	}
	for want, shown := range map[string]content{
		"7|date non connue":                                    {Count: 7},
		"999|1er août 2026 à 9\u00a0h\u00a005":                 {999, web.Moment{Year: 2026, Month: 8, Day: 1, Hour: 9, Minute: 5}},
		"1\u202f234\u202f567|12 mars 2026 à 10\u00a0h\u00a041": {1234567, web.Moment{Year: 2026, Month: 3, Day: 12, Hour: 10, Minute: 41}},
	} {
		if got, err := view.Render(shown); err != nil || string(got) != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
}

// « phones grouped by two digits on pages »: those of France, whatever they are written with.
func TestPhonesAreGroupedByTwoDigits(t *testing.T) {
	files := fstest.MapFS{"pages/space/page.tmpl": {Data: []byte(`{{phone .}}`)}, "messages/none.tmpl": {}}
	parsed, err := web.ParseTemplates(files, func(name string) string { return name })
	if err != nil {
		t.Fatal(err)
	}
	view, err := web.ParseView[string](parsed, "space/page")
	if err != nil {
		t.Fatal(err)
	}
	const grouped, abroad = "02\u00a097\u00a066\u00a000\u00a000", "&#43;33\u00a02\u00a097\u00a066\u00a000\u00a000"
	for written, want := range map[string]string{
		"0297660000": grouped, "02 97 66 00 00": grouped, "02.97.66.00.00": grouped, "02-97-66-00-00": grouped,
		"+33297660000": abroad, "+33 (0)2 97 66 00 00": abroad,
		"3646": "3646", "029766000": "029766000", "+352 27 00 00": "&#43;352 27 00 00", "02 97 66 00 00 poste 12": "02 97 66 00 00 poste 12", "": "", "+33": "&#43;33",
	} {
		if got, err := view.Render(written); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v, want %q", written, got, err, want)
		}
	}
}
