package form

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Field is one field of a form. Label and Hint are given by the template, which owns the
// French; Error is a code of templates/messages, "" when the value is right.
type Field struct {
	Name  string // also the id of its control
	Label string
	Hint  string
	Value string
	Error string
}

// Text reads a field, without the spaces around it nor control characters, which nobody types and PostgreSQL refuses.
// What is longer than limit characters is cut: a person who pastes a novel gets its beginning back, not the whole of it.
func Text(values url.Values, name string, limit int) Field {
	value := strings.TrimSpace(strings.Map(typed, strings.ToValidUTF8(values.Get(name), "")))
	if utf8.RuneCountInString(value) > limit {
		value = string([]rune(value)[:limit])
	}
	return Field{Name: name, Value: value}
}

// typed leaves out control characters, save those that lay out a longer text.
func typed(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
		return -1
	}
	return r
}

// Refused returns the field with the code of the sentence that says what is wrong.
func (f Field) Refused(code string) Field {
	f.Error = code
	return f
}

// Labelled returns the field with its words; templates call it.
func (f Field) Labelled(label, hint string) Field {
	f.Label, f.Hint = label, hint
	return f
}

// Choices is a group of boxes of which any number may be ticked.
type Choices struct {
	Name   string // of each box, and the id of the first
	Label  string
	Hint   string
	Values []string // of the ticked ones
	Error  string
}

// Has tells whether a box is ticked.
func (c Choices) Has(value string) bool { return slices.Contains(c.Values, value) }

// Refused returns the group with the code of the sentence that says what is wrong.
func (c Choices) Refused(code string) Choices {
	c.Error = code
	return c
}

// Labelled returns the group with its words; templates call it.
func (c Choices) Labelled(label, hint string) Choices {
	c.Label, c.Hint = label, hint
	return c
}

// Field is the group as Problems lists it, among fields.
func (c Choices) Field() Field { return Field{Name: c.Name, Error: c.Error} }

// Problem is an entry of the summary at the top of a refused form.
type Problem struct {
	FieldID string // of the control to go to
	Code    string // of the sentence
	// Label is the code of what names the field, where the sentence would suit any; "" for none.
	Label string
	// URL is where the control is, when it is on another page.
	URL string
}

// Problems lists the refused fields, in the order of the form.
func Problems(fields ...Field) []Problem {
	var problems []Problem
	for _, field := range fields {
		if field.Error != "" {
			problems = append(problems, Problem{FieldID: field.Name, Code: field.Error})
		}
	}
	return problems
}
