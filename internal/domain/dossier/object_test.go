package dossier

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// "so that a dossier repeats the answer of API Particulier as it came"
func TestObjectKeepsOrderAndWritingOfNumbers(t *testing.T) {
	for name, test := range map[string]struct{ in, out string }{
		"order":          {`{"b":1,"a":{"z":null,"y":true},"c":[1,"x",[]]}`, `{"b":1,"a":{"z":null,"y":true},"c":[1,"x",[]]}`},
		"numbers":        {`{"a":1.50,"b":1e3,"c":12345678901234567890,"d":-0}`, `{"a":1.50,"b":1e3,"c":12345678901234567890,"d":-0}`},
		"spaces":         {" { \"a\" : 1 }\n\t ", `{"a":1}`},
		"empty":          {`{}`, `{}`},
		"last wins":      {`{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		"no HTML escape": {`{"a<b":"d'Artagnan & fils > €"}`, `{"a<b":"d'Artagnan & fils > €"}`},
		"broken UTF-8":   {"{\"a\":\"\xff\"}", "{\"a\":\"\uFFFD\"}"},
	} {
		t.Run(name, func(t *testing.T) {
			object, err := parseObject([]byte(test.in))
			if err != nil {
				t.Fatal(err)
			}
			out, err := object.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if string(out) != test.out {
				t.Errorf("got %s, want %s", out, test.out)
			}
		})
	}
}

// "depth and size bounded": what is not one object of an acceptable size is refused, and
// the error repeats nothing of it.
func TestObjectRefusesTheRest(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":       ``,
		"null":          `null`,
		"list":          `[{"a":1}]`,
		"text":          `"DUBOIS"`,
		"cut short":     `{"nom":"DUBOIS"`,
		"trailing":      `{"nom":"DUBOIS"} {}`,
		"trailing word": `{"nom":"DUBOIS"} DUBOIS`,
		"broken":        `{"nom":DUBOIS}`,
		"too deep":      `{"a":` + strings.Repeat("[", maxObjectDepth) + strings.Repeat("]", maxObjectDepth) + `}`,
		"too large":     `{"nom":"` + strings.Repeat("D", maxObjectBytes) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseObject([]byte(in))
			if !errors.Is(err, ErrObject) {
				t.Fatalf("got %v, want ErrObject", err)
			}
			if strings.Contains(err.Error(), "DUBOIS") {
				t.Errorf("the error repeats the text: %v", err)
			}
		})
	}
}

func TestObjectAtTheAllowedDepth(t *testing.T) {
	nested := `{"a":` + strings.Repeat("[", maxObjectDepth-1) + strings.Repeat("]", maxObjectDepth-1) + `}`
	if _, err := parseObject([]byte(nested)); err != nil {
		t.Error(err)
	}
}

func TestObjectWithLeavesTheOriginalAlone(t *testing.T) {
	base := Object{}.with("a", json.Number("1"))
	first, second := base.with("b", "first"), base.with("b", "second")
	if first.Get("b") != "first" || second.Get("b") != "second" || base.Get("b") != nil {
		t.Error("two objects made from the same one share their members")
	}
}
