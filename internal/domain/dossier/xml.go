package dossier

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
)

// marshalXML writes the object as Rails' Hash#to_xml does, since editors' parsers were
// written against that output (formulaire-qf.md §4): two spaces of indentation, one
// element per line, typed numbers, lists whose children take the singular name.
func marshalXML(root Object) []byte {
	out := &xmlWriter{}
	out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	out.element("hash", root)
	return out.Bytes()
}

type xmlWriter struct {
	bytes.Buffer
	depth int
}

func (w *xmlWriter) element(name string, value any) {
	tag := xmlName(name)
	switch value := value.(type) {
	case nil:
		w.line("<" + tag + ` nil="true"/>`)
	case Object:
		w.line("<" + tag + ">")
		w.depth++
		for child, inner := range value.Members() {
			w.element(child, inner)
		}
		w.depth--
		w.line("</" + tag + ">")
	case []any:
		w.list(tag, value)
	default:
		kind, text := xmlScalar(value)
		w.line("<" + tag + kind + ">" + xmlText(text) + "</" + tag + ">")
	}
}

func (w *xmlWriter) list(tag string, elements []any) {
	if len(elements) == 0 {
		w.line("<" + tag + ` type="array"/>`)
		return
	}
	singular := tag
	if len(tag) > 1 {
		singular = strings.TrimSuffix(tag, "s")
	}
	w.line("<" + tag + ` type="array">`)
	w.depth++
	for _, element := range elements {
		w.element(singular, element)
	}
	w.depth--
	w.line("</" + tag + ">")
}

func (w *xmlWriter) line(content string) {
	for range w.depth {
		w.WriteString("  ")
	}
	w.WriteString(content)
	w.WriteByte('\n')
}

// xmlScalar gives the type attribute and the text of a scalar. Text has no attribute.
func xmlScalar(value any) (attribute, text string) {
	switch value := value.(type) {
	case bool:
		if value {
			return ` type="boolean"`, "true"
		}
		return ` type="boolean"`, "false"
	case json.Number:
		if strings.ContainsAny(value.String(), ".eE") {
			return ` type="float"`, value.String()
		}
		return ` type="integer"`, value.String()
	default:
		text, _ = value.(string)
		return "", text
	}
}

// xmlName turns a key into an element name: underscores inside become dashes, those at
// both ends stay, camelCase is kept. The keys come from a partner's answer, so any
// character that a name may not have becomes a dash too.
func xmlName(key string) string {
	inner := strings.Trim(key, "_")
	if inner == "" {
		return "_" + key
	}
	start := strings.Index(key, inner)
	name := key[:start] + strings.Map(func(r rune) rune {
		if isXMLLetter(r) || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '-'
	}, inner) + key[start+len(inner):]
	if first := rune(name[0]); first == '-' || first == '.' || first >= '0' && first <= '9' {
		return "_" + name
	}
	return name
}

// isXMLLetter accepts the Latin letters that an XML name may have.
func isXMLLetter(r rune) bool {
	return unicode.IsLetter(r) && (r < 0x80 || 0xC0 <= r && r < 0x250)
}

// xmlText escapes a text. Carriage returns are escaped because a parser would turn them
// into line feeds; characters that XML 1.0 forbids even escaped become U+FFFD.
func xmlText(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '&':
			out.WriteString("&amp;")
		case r == '<':
			out.WriteString("&lt;")
		case r == '>':
			out.WriteString("&gt;")
		case r == '\r':
			out.WriteString("&#13;")
		case r < ' ' && r != '\t' && r != '\n', r == '\uFFFE', r == '\uFFFF':
			out.WriteRune(unicode.ReplacementChar)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
