package oidc

import "encoding/json"

// Claims are what a verified token says, by exact name.
type Claims map[string]json.RawMessage

// Text reads a claim that is a text. A claim that is absent, null or of another type is
// not one.
func (c Claims) Text(name string) (said string, ok bool) { return text(c[name]) }

// Texts reads a claim that is an array of texts; one stranger among them disqualifies it.
func (c Claims) Texts(name string) []string {
	var elements []json.RawMessage
	if json.Unmarshal(c[name], &elements) != nil {
		return nil
	}
	var said []string
	for _, element := range elements {
		one, ok := text(element)
		if !ok {
			return nil
		}
		said = append(said, one)
	}
	return said
}

func text(raw json.RawMessage) (string, bool) {
	var said *string
	if json.Unmarshal(raw, &said) != nil || said == nil {
		return "", false
	}
	return *said, true
}
