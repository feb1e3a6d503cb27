package inquiry

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"portail-qf/internal/domain/editor"
)

// shape is what a part of an answer may be, null apart: the funds leave out what they do
// not know.
type shape string

const (
	anObject shape = "{"
	anArray  shape = "["
	aText    shape = `"`
	aNumber  shape = "-0123456789"
)

// section is a part of an answer, and the scope that opens it.
type section struct {
	name  string
	scope string
	shape shape
}

// sections are the parts of an answer, in the order in which they are given (§7.3). regime
// is in the sandbox and in the contract; the service itself does not give it.
var sections = map[Version][]section{
	V2: {
		{"quotientFamilial", editor.ScopeQuotient, aNumber},
		{"mois", editor.ScopeQuotient, aNumber},
		{"annee", editor.ScopeQuotient, aNumber},
		{"mois_calcul", editor.ScopeQuotient, aNumber},
		{"annee_calcul", editor.ScopeQuotient, aNumber},
		{"regime", editor.ScopeQuotient, aText},
		{"allocataires", editor.ScopeRecipients, anArray},
		{"enfants", editor.ScopeChildren, anArray},
		{"adresse", editor.ScopeAddress, anObject},
	},
	V3: {
		{"quotient_familial", editor.ScopeQuotient, anObject},
		{"allocataires", editor.ScopeRecipients, anArray},
		{"enfants", editor.ScopeChildren, anArray},
		{"adresse", editor.ScopeAddress, anObject},
	},
}

// Opens tells whether scopes open anything of an answer.
func Opens(scopes []string) bool {
	return slices.ContainsFunc(scopes, func(scope string) bool { return slices.Contains(editor.Scopes[:], scope) })
}

// Answer is what API Particulier knows of a family. Its parts are kept as they were
// written: a number stays the number that the fund gave, and null stays null.
type Answer struct {
	version Version
	parts   map[string]json.RawMessage
	links   json.RawMessage // of the third version
	meta    json.RawMessage
}

// ParseAnswer reads a success, which is one only if it holds a part that we know, and
// none in another shape than documented. The only error is ErrShape.
func ParseAnswer(version Version, body []byte) (Answer, error) {
	answer := Answer{version: version, links: json.RawMessage("{}"), meta: json.RawMessage("{}")}
	if !isJSON(body) || !begins(body, '{') {
		return Answer{}, ErrShape
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return Answer{}, ErrShape
	}
	answer.parts = members
	if version == V3 {
		if begins(members["links"], '{') {
			answer.links = members["links"]
		}
		if begins(members["meta"], '{') {
			answer.meta = members["meta"]
		}
		answer.parts = nil
		if !begins(members["data"], '{') || json.Unmarshal(members["data"], &answer.parts) != nil {
			return Answer{}, ErrShape
		}
	}
	found := false
	for _, s := range sections[version] {
		part, given := answer.parts[s.name]
		if given && !s.shape.fits(part) {
			return Answer{}, ErrShape
		}
		found = found || given
	}
	if !found {
		return Answer{}, ErrShape
	}
	return answer, nil
}

// For writes the parts of an answer that scopes open. What is neither here nor there is
// left out: no scope opens it.
func (a Answer) For(scopes []string) []byte {
	var written bytes.Buffer
	written.WriteByte('{')
	if a.version == V3 {
		written.WriteString(`"data":{`)
	}
	first := true
	for _, s := range sections[a.version] {
		part, given := a.parts[s.name]
		if !given || !slices.Contains(scopes, s.scope) {
			continue
		}
		if !first {
			written.WriteByte(',')
		}
		first = false
		written.WriteString(`"` + s.name + `":`)
		writeCompact(&written, part)
	}
	if a.version == V3 {
		written.WriteString(`},"links":`)
		writeCompact(&written, a.links)
		written.WriteString(`,"meta":`)
		writeCompact(&written, a.meta)
	}
	written.WriteByte('}')
	return written.Bytes()
}

// writeCompact cannot fail: a part was read as JSON.
func writeCompact(written *bytes.Buffer, part json.RawMessage) { _ = json.Compact(written, part) }

func (s shape) fits(part json.RawMessage) bool {
	part = bytes.TrimLeft(part, " \t\r\n")
	return len(part) > 0 && (bytes.IndexByte([]byte(s), part[0]) >= 0 || string(bytes.TrimRight(part, " \t\r\n")) == "null")
}

func begins(part json.RawMessage, with byte) bool {
	part = bytes.TrimLeft(part, " \t\r\n")
	return len(part) > 0 && part[0] == with
}

// isJSON tells a text in JSON from one that merely looks so: what is no UTF-8 would reach
// the caller as it came.
func isJSON(body []byte) bool { return utf8.Valid(body) && json.Valid(body) }
