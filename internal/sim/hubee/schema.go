package hubee

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// schema is the part of JSON Schema that HubEE's swaggers use. Its texts are those of the
// validator in front of the real API (reference/hubee.md §2 and §13.2).
type schema struct {
	kind       string // object, array, string, integer, boolean
	nullable   bool
	maxLength  int // characters; 0: no limit
	minItems   int
	pattern    *regexp.Regexp
	format     string // uuid, email, date-time
	enum       []string
	required   []string
	readOnly   []string // properties that may not be sent
	properties map[string]schema
	items      *schema
	composed   bool // the swagger writes it as an allOf of two schemas
}

func text(maxLength int) schema { return schema{kind: "string", maxLength: maxLength} }
func list(minItems int, of schema) schema {
	return schema{kind: "array", minItems: minItems, items: &of}
}

func object(properties map[string]schema, required ...string) schema {
	return schema{kind: "object", properties: properties, required: required}
}

func (s schema) orNull() schema {
	s.nullable = true
	return s
}

func (s schema) matching(pattern *regexp.Regexp) schema {
	s.pattern = pattern
	return s
}

// violations tells what is wrong with a JSON document of this shape.
func (s schema) violations(document any) []string {
	found := s.at("", document)
	if len(found) == 0 || !s.composed {
		return found
	}
	return []string{"Instance failed to match all required schemas (matched only 1 out of 2)\n\t* /allOf/0: " +
		strings.Join(found, "\n\t* /allOf/0: ")}
}

func (s schema) at(path string, v any) []string {
	if v == nil && s.nullable {
		return nil
	}
	switch value := v.(type) {
	case map[string]any:
		if s.kind == "object" {
			return s.inObject(path, value)
		}
	case []any:
		if s.kind == "array" {
			return s.inArray(path, value)
		}
	case string:
		if s.kind == "string" {
			return s.inString(path, value)
		}
	case bool:
		if s.kind == "boolean" {
			return nil
		}
	case json.Number:
		if _, err := value.Int64(); s.kind == "integer" && err == nil {
			return nil
		}
	}
	return violation(path, "Instance type (%s) does not match any allowed primitive type (allowed: [%q])", kindOf(v), s.kind)
}

func (s schema) inObject(path string, value map[string]any) []string {
	var found []string
	var missing, forbidden []string
	for _, name := range slices.Sorted(slices.Values(s.required)) {
		if _, present := value[name]; !present {
			missing = append(missing, name)
		}
	}
	for _, name := range slices.Sorted(slices.Values(s.readOnly)) {
		if _, present := value[name]; present {
			forbidden = append(forbidden, name)
		}
	}
	if len(missing) > 0 {
		found = append(found, violation(path, "Object has missing required properties (%s)", quotedList(missing))...)
	}
	if len(forbidden) > 0 {
		found = append(found, violation(path, "Object instance has properties which are not allowed by the schema: %s", quotedList(forbidden))...)
	}
	for _, name := range slices.Sorted(maps.Keys(s.properties)) {
		if property, present := value[name]; present {
			found = append(found, s.properties[name].at(path+"/"+name, property)...)
		}
	}
	return found
}

func (s schema) inArray(path string, value []any) []string {
	if len(value) < s.minItems {
		return violation(path, "Array is too short: must have at least %d elements but instance has %d elements", s.minItems, len(value))
	}
	var found []string
	for i, item := range value {
		found = append(found, s.items.at(fmt.Sprintf("%s/%d", path, i), item)...)
	}
	return found
}

func (s schema) inString(path, value string) []string {
	var found []string
	if length := utf8.RuneCountInString(value); s.maxLength > 0 && length > s.maxLength {
		found = append(found, violation(path, "String %q is too long (length: %d, maximum allowed: %d)", value, length, s.maxLength)...)
	}
	if s.pattern != nil && !s.pattern.MatchString(value) {
		found = append(found, violation(path, `ECMA 262 regex "%s" does not match input string %q`, s.pattern, value)...)
	}
	if len(s.enum) > 0 && !slices.Contains(s.enum, value) {
		found = append(found, violation(path, "Instance value (%q) not found in enum (possible values: %s)", value, quotedList(s.enum))...)
	}
	switch s.format {
	case "email":
		if !isMailAddress(value) {
			found = append(found, violation(path, "String %q is not a valid email address", value)...)
		}
	case "date-time":
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			found = append(found, violation(path, "String %q is invalid against requested date format(s) [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,12}Z]", value)...)
		}
	}
	return found
}

func isMailAddress(value string) bool {
	address, err := mail.ParseAddress(value)
	return err == nil && address.Address == value
}

func violation(path, format string, arguments ...any) []string {
	message := fmt.Sprintf(format, arguments...)
	if path != "" {
		message = fmt.Sprintf("[Path '%s'] %s", path, message)
	}
	return []string{message}
}

// quotedList writes ["a","b"], as in the documented messages.
func quotedList(names []string) string { return `["` + strings.Join(names, `","`) + `"]` }

func kindOf(v any) string {
	switch value := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number:
		if _, err := value.Int64(); err == nil {
			return "integer"
		}
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	default:
		return "object"
	}
}

// parseDocument reads one JSON document and nothing after it. Nothing at all reads as an
// empty object: the recorded answers to an empty body list the missing properties.
func parseDocument(body []byte) (any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return map[string]any{}, nil
	}
	var document any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		return nil, fmt.Errorf("parse document: %w", err)
	}
	if decoder.More() {
		return nil, fmt.Errorf("parse document: more than one value")
	}
	return document, nil
}
