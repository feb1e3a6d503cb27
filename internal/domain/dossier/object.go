package dossier

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
)

// Object is a JSON object whose members keep their order and whose numbers keep their
// writing, so that a dossier repeats the answer of API Particulier as it came. The zero
// Object is empty.
type Object struct {
	members []member
}

type member struct {
	name  string
	value any // nil, bool, string, json.Number, Object, []any
}

// The largest answer of API Particulier is far below these: a family of forty takes 8 kB
// and nests four levels.
const (
	maxObjectBytes = 1 << 20
	maxObjectDepth = 32
)

// ErrObject says that a text is not one JSON object of an acceptable size. It repeats
// nothing of the text, which may hold identities.
var ErrObject = errors.New("not a JSON object, or too large or too deep")

// parseObject reads one JSON object with nothing after it. When a name comes twice, the
// last value wins and stays at the place of the first. The only error is ErrObject.
func parseObject(text []byte) (Object, error) {
	if len(text) > maxObjectBytes {
		return Object{}, ErrObject
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := readValue(decoder, 0)
	if err != nil || decoder.InputOffset() != int64(len(bytes.TrimRight(text, " \t\r\n"))) {
		return Object{}, ErrObject
	}
	object, ok := value.(Object)
	if !ok {
		return Object{}, ErrObject
	}
	return object, nil
}

func readValue(decoder *json.Decoder, depth int) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	opening, nested := token.(json.Delim)
	switch {
	case !nested:
		return token, nil
	case depth == maxObjectDepth:
		return nil, ErrObject
	case opening == '{':
		return readMembers(decoder, depth+1)
	default:
		return readElements(decoder, depth+1)
	}
}

func readMembers(decoder *json.Decoder, depth int) (any, error) {
	var object Object
	places := make(map[string]int)
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, ErrObject
		}
		value, err := readValue(decoder, depth)
		if err != nil {
			return nil, err
		}
		if place, seen := places[name]; seen {
			object.members[place].value = value
			continue
		}
		places[name] = len(object.members)
		object.members = append(object.members, member{name, value})
	}
	_, err := decoder.Token() // the closing brace
	return object, err
}

func readElements(decoder *json.Decoder, depth int) (any, error) {
	elements := []any{}
	for decoder.More() {
		value, err := readValue(decoder, depth)
		if err != nil {
			return nil, err
		}
		elements = append(elements, value)
	}
	_, err := decoder.Token() // the closing bracket
	return elements, err
}

// Members gives the names and values in order. A value is nil, a bool, a string, a
// json.Number, an Object or a []any of these.
func (o Object) Members() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, m := range o.members {
			if !yield(m.name, m.value) {
				return
			}
		}
	}
}

// Get returns the value of a name, nil when the object has none or has null.
func (o Object) Get(name string) any {
	for _, m := range o.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// with returns the object with one more member at its end; o itself is left alone.
func (o Object) with(name string, value any) Object {
	return Object{append(o.members[:len(o.members):len(o.members)], member{name, value})}
}

// MarshalJSON writes the members in order, on one line.
func (o Object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	if err := o.writeJSON(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (o Object) writeJSON(out *bytes.Buffer) error {
	out.WriteByte('{')
	for i, m := range o.members {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeScalar(out, m.name); err != nil {
			return err
		}
		out.WriteByte(':')
		if err := writeJSON(out, m.value); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

func writeJSON(out *bytes.Buffer, value any) error {
	switch value := value.(type) {
	case Object:
		return value.writeJSON(out)
	case []any:
		out.WriteByte('[')
		for i, element := range value {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := writeJSON(out, element); err != nil {
				return err
			}
		}
		out.WriteByte(']')
		return nil
	default:
		return writeScalar(out, value)
	}
}

// writeScalar leaves <, > and & as they are: a dossier is a file, never a piece of a page.
func writeScalar(out *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	out.Truncate(out.Len() - 1) // the line feed that Encode adds
	return nil
}
