package apidocs

import (
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestADescriptionIsReadAsItIsWritten(t *testing.T) {
	got := prose("Un `code`, et [un guide](/aide/hubee).\nLa suite.\n\n- l’un `a` ;\n- l’autre.\n\nUn ` seul, un [crochet] seul.\n")
	want := []block{
		{Spans: []span{{Text: "Un "}, {Text: "code", Code: true}, {Text: ", et "}, {Text: "un guide", URL: "/aide/hubee"}, {Text: ". La suite."}}},
		{Items: [][]span{{{Text: "l’un "}, {Text: "a", Code: true}, {Text: " ;"}}, {{Text: "l’autre."}}}},
		{Spans: []span{{Text: "Un ` seul, un [crochet] seul."}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := prose(""); got != nil {
		t.Errorf("of nothing: %+v", got)
	}
}

// Whatever is written, nothing of it is lost but the marks.
func TestNoTextIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringMatching("[a-z`\\[\\]() ]{0,40}").Draw(t, "line")
		letters := func(text string) (n int) {
			for _, r := range text {
				if r >= 'a' && r <= 'z' {
					n++
				}
			}
			return n
		}
		found := 0
		for _, s := range spans(words) {
			found += letters(s.Text) + letters(s.URL)
		}
		if found != letters(words) && letters(words) > 0 && !emptyMark(words) {
			t.Errorf("%q: %d letters of %d", words, found, letters(words))
		}
	})
}

// emptyMark tells a line with a link without text, of which nobody could see the address.
func emptyMark(line string) bool {
	for i := 0; i+3 <= len(line); i++ {
		if line[i:i+3] == "[](" {
			return true
		}
	}
	return false
}

func TestAnExampleIsWrittenInTheOrderOfTheDocument(t *testing.T) {
	var example any
	const text = "b: 1\na: [x, {c: null, é: \"0<&\"}]\nd: {}\ne: []\nf: true"
	if err := yaml.UnmarshalWithOptions([]byte(text), &example, yaml.UseOrderedMap()); err != nil {
		t.Fatal(err)
	}
	const want = "{\n  \"b\": 1,\n  \"a\": [\n    \"x\",\n    {\n      \"c\": null,\n      \"é\": \"0<&\"\n    }\n  ],\n  \"d\": {},\n  \"e\": [],\n  \"f\": true\n}"
	if diff := cmp.Diff(want, written(example)); diff != "" {
		t.Error(diff)
	}
}

// What refers to something finds it, and every value of a list of states has its words.
func TestTheDocumentLacksNothingThatIsShown(t *testing.T) {
	d, err := Read(sampleURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range operations(d, "") {
		if len(o.operation.Tags) != 1 || o.operation.Summary == "" || len(o.operation.Samples) != 1 {
			t.Errorf("%s %s lacks its subject, its summary or its command", o.method, o.path)
		}
		for _, p := range o.operation.Parameters {
			if p = d.parameter(p); p.Ref != "" || p.Description == "" {
				t.Errorf("%s: the parameter %s%s says nothing", o.path, p.Name, p.Ref)
			}
		}
		for _, r := range o.operation.Responses {
			if found := d.response(r.Value); found.Ref != "" || found.Description == "" {
				t.Errorf("%s: %s says nothing", o.path, r.Name)
			}
		}
	}
	for _, s := range d.Components.Schemas {
		for _, field := range d.fields(s.Value, "") {
			if len(field.Text) == 0 || field.Type == "" {
				t.Errorf("%s.%s says nothing", s.Name, field.Name)
			}
			for _, value := range field.Values {
				if value.Text == "" {
					t.Errorf("%s.%s: %s has no words", s.Name, field.Name, value.Name)
				}
			}
		}
	}
}
