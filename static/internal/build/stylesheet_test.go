package main

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestPrintingWhatWasReadGivesTheSameRules(t *testing.T) {
	for source, wanted := range map[string]string{
		`/*! notice */@charset "UTF-8";a{color:red}`:                       `a{color:red}`,
		"@media (min-width:48em){\n  /*! media md */.a{top:0}.b{top:1px}}": `@media (min-width:48em){.a{top:0}.b{top:1px}}`,
		`@media print{ /*! nothing */ }`:                                   ``,
		`a:before{content:"}"}`:                                            `a:before{content:"}"}`,
		`a{background:url("data:image/svg+xml;utf8,<svg>{;}</svg>")}`:      `a{background:url("data:image/svg+xml;utf8,<svg>{;}</svg>")}`,
		`@keyframes turn{from{top:0}to{top:1px}}`:                          `@keyframes turn{from{top:0}to{top:1px}}`,
		`.fr-cell--fixed\@md,.b\{{top:0}`:                                  `.fr-cell--fixed\@md,.b\{{top:0}`,
	} {
		rules, err := parseRules(source)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		printRules(&out, rules)
		if diff := cmp.Diff(wanted, out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", source, diff)
		}
	}
}

func TestABrokenStylesheetIsRefused(t *testing.T) {
	for _, source := range []string{"a{color:red", "/* open", "a{}b", "@media print{a{}"} {
		if rules, err := parseRules(source); err == nil {
			t.Errorf("%s: read as %v, want an error", source, rules)
		}
	}
}

func TestSelectorsOfLeftOutClassesGoAndTheirNegationsStay(t *testing.T) {
	for selector, wanted := range map[string]bool{
		".fr-btn":                           true,
		".fr-mt-4w":                         true,
		".fr-mt-md-16v":                     true,
		".fr-mt-32v":                        false,
		".fr-mt-n2v":                        false,
		".fr-pb-first-2w":                   false,
		".fr-col-offset-md-2":               false,
		".fr-badge.fr-badge--green-menthe":  false,
		".fr-tag:not(.fr-tag--pink-tuile)":  true,
		".fr-callout--blue-ecume:before":    false,
		".fr-badge--success":                true,
		".fr-connect-group .fr-connect":     true,
		"[class^=fr-icon-]:before":          true,
		".fr-responsive-vid .fr-whatever a": false,
	} {
		if got := isKept(selector); got != wanted {
			t.Errorf("%s kept: %v, want %v", selector, got, wanted)
		}
	}
}

// distribution is a DSFR with one rule of each sort.
func distribution() fstest.MapFS {
	dist := fstest.MapFS{
		"core/core.main.min.css": {Data: []byte(`:root{--used:var(--deep);--deep:#000;--page:#111;--lost:var(--lost-too);--lost-too:#222}` +
			`@font-face{font-family:Marianne;src:url(../fonts/Marianne-Bold.woff2) format("woff2"),url(../fonts/Marianne-Bold.woff) format("woff")}` +
			`@font-face{font-family:Marianne;src:url(../fonts/Marianne-Light.woff2) format("woff2")}` +
			`a,.fr-display-lg{color:var(--used)}.fr-ratio-1x1{top:0}`)},
		"core/core.print.min.css": {Data: []byte(`@media print{.fr-no-print{display:none}}`)},
	}
	for _, name := range components {
		dist["component/"+name+"/"+name+".main.min.css"] = &fstest.MapFile{Data: []byte(".fr-" + name + "{mask:url(../../icons/system/" + name + ".svg)}")}
		dist["component/"+name+"/"+name+".print.min.css"] = &fstest.MapFile{}
	}
	var iconRules strings.Builder
	for _, name := range append([]string{"unlisted"}, icons...) {
		iconRules.WriteString(".fr-icon-" + name + ":before{mask:url(../../icons/any/" + name + ".svg)}")
	}
	dist["utility/icons/icons.main.min.css"] = &fstest.MapFile{Data: []byte(iconRules.String())}
	return dist
}

func TestTheBundleHoldsWhatIsUsedAndNamesItsFiles(t *testing.T) {
	style, needed, err := bundle(distribution(), "p{color:var(--page)}")
	if err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []string{
		`:root{--used:var(--deep);--deep:#000;--page:#111}`,
		`@font-face{font-family:Marianne;src:url(fonts/Marianne-Bold.woff2) format("woff2")}`,
		`a{color:var(--used)}`,
		`.fr-button{mask:url(icons/system/button.svg)}`,
		`.fr-icon-refresh-line:before{mask:url(icons/any/refresh-line.svg)}`,
	} {
		if !strings.Contains(style, wanted) {
			t.Errorf("the bundle lacks %s", wanted)
		}
	}
	for _, unwanted := range []string{"lost", "Light", "display-lg", "ratio", "unlisted", "woff)"} {
		if strings.Contains(style, unwanted) {
			t.Errorf("the bundle still holds %s", unwanted)
		}
	}
	if !strings.HasSuffix(style, `@media print{.fr-no-print{display:none}}`) {
		t.Error("the rules for printing do not come last")
	}
	if count := 1 + len(components) + len(icons); len(needed) != count {
		t.Errorf("%d files needed, want %d: %v", len(needed), count, needed)
	}
}

func TestAnIconThatTheDSFRLacksStopsTheBuild(t *testing.T) {
	dist := distribution()
	dist["utility/icons/icons.main.min.css"] = &fstest.MapFile{Data: []byte(".fr-icon-unlisted{top:0}")}
	if _, _, err := bundle(fs.FS(dist), ""); err == nil || !strings.Contains(err.Error(), "refresh-line") {
		t.Errorf("error %v, want one that names the icons", err)
	}
}
