package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// What keeps a body from being read; each is said after the name of a field.
var (
	errNotObject = errors.New("is not a JSON object")
	errTwice     = errors.New("has a member twice")
	errTooDeep   = errors.New("is nested too deep")
)

// maxDepth is more than any object that programs send us needs.
const maxDepth = 20

// object holds the members of a JSON object by their exact names.
type object map[string]json.RawMessage

// readObject reads a body that can be read in one way only: one object, in UTF-8, nothing
// after it, no member twice.
func readObject(body []byte) (object, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, errNotObject
	}
	if depth(body) > maxDepth {
		return nil, errTooDeep
	}
	return members(body)
}

// members reads the members of an object, of a body that is valid.
func members(text json.RawMessage) (object, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if brace, err := decoder.Token(); err != nil || brace != json.Delim('{') {
		return nil, errNotObject
	}
	found := object{}
	for decoder.More() {
		var member json.RawMessage
		name, err := decoder.Token()
		if err := errors.Join(err, decoder.Decode(&member)); err != nil {
			return nil, errNotObject
		}
		if _, twice := found[name.(string)]; twice {
			return nil, errTwice
		}
		found[name.(string)] = member
	}
	return found, nil
}

// depth is how many brackets of a valid text are open at once, at most.
func depth(text []byte) (deepest int) {
	open, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch symbol := text[i]; {
		case quoted && symbol == '\\':
			i++ // what follows is no end
		case symbol == '"':
			quoted = !quoted
		case quoted:
		case symbol == '{' || symbol == '[':
			open++
			deepest = max(deepest, open)
		case symbol == '}' || symbol == ']':
			open--
		}
	}
	return deepest
}

// text gives a member that is a text, or a number as it is written; "" for anything else.
func (o object) text(name string) string {
	member := o[name]
	if len(member) == 0 {
		return ""
	}
	if first := member[0]; first == '-' || first >= '0' && first <= '9' {
		return string(member)
	}
	return o.string(name)
}

// string gives a member that is a text; "" for anything else.
func (o object) string(name string) (text string) {
	if json.Unmarshal(o[name], &text) != nil {
		return ""
	}
	return text
}
