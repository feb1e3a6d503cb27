package oidc

import (
	"encoding/json"
	"time"
)

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

// Time reads a claim that is a number of seconds since 1970; the zero time when it is not
// one, or could not be a time of now.
func (c Claims) Time(name string) time.Time {
	var seconds *float64
	if json.Unmarshal(c[name], &seconds) != nil || seconds == nil || *seconds < 1 || *seconds > maxSeconds {
		return time.Time{}
	}
	return time.Unix(int64(*seconds), 0)
}

// maxSeconds is the year 9999.
const maxSeconds = 253402300799

func text(raw json.RawMessage) (string, bool) {
	var said *string
	if json.Unmarshal(raw, &said) != nil || said == nil {
		return "", false
	}
	return *said, true
}
