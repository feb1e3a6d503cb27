package main

import (
	"fmt"
	"strings"
)

// A rule is one statement of a stylesheet: a style rule, an at-rule whose body is declarations (@font-face) or opaque
// (@keyframes), or a conditional group (@media, @supports) that holds other rules.
type rule struct {
	prelude string // selectors, or the at-keyword with its condition
	body    string // declarations; empty for a group
	rules   []rule // content of a group; nil otherwise
}

// parseRules reads minified CSS as the DSFR publishes it: comments are dropped, and so are statements without a block (@charset).
func parseRules(source string) ([]rule, error) {
	source, err := withoutComments(source)
	if err != nil {
		return nil, err
	}
	var rules []rule
	for {
		end := indexOutside(source, "{;")
		if end < 0 {
			break
		}
		prelude := strings.TrimSpace(source[:end])
		if source[end] == ';' {
			source = source[end+1:]
			continue
		}
		length := blockLength(source[end:])
		if length < 0 {
			return nil, fmt.Errorf("read rule %.60q: its block is not closed", prelude)
		}
		body := source[end+1 : end+length-1]
		source = source[end+length:]
		if !isGroup(prelude) {
			rules = append(rules, rule{prelude: prelude, body: body})
			continue
		}
		inner, err := parseRules(body)
		if err != nil {
			return nil, err
		}
		if len(inner) > 0 {
			rules = append(rules, rule{prelude: prelude, rules: inner})
		}
	}
	if rest := strings.TrimSpace(source); rest != "" {
		return nil, fmt.Errorf("read stylesheet: %.60q is outside any rule", rest)
	}
	return rules, nil
}

// printRules writes rules back, minified.
func printRules(out *strings.Builder, rules []rule) {
	for _, r := range rules {
		out.WriteString(r.prelude)
		out.WriteByte('{')
		out.WriteString(r.body)
		printRules(out, r.rules)
		out.WriteByte('}')
	}
}

// splitOutside cuts text at each separator that is neither quoted nor inside parentheses or brackets, and drops empty parts.
func splitOutside(text, separator string) []string {
	var parts []string
	for text != "" {
		end := indexOutside(text, separator)
		part := text
		if end < 0 {
			text = ""
		} else {
			part, text = text[:end], text[end+1:]
		}
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

func isGroup(prelude string) bool {
	for _, keyword := range []string{"@media", "@supports", "@-moz-document"} {
		if strings.HasPrefix(prelude, keyword) {
			return true
		}
	}
	return false
}

func withoutComments(source string) (string, error) {
	var out strings.Builder
	for {
		before, comment, found := strings.Cut(source, "/*")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		_, after, closed := strings.Cut(comment, "*/")
		if !closed {
			return "", fmt.Errorf("read stylesheet: a comment is not closed")
		}
		source = after
	}
}

// indexOutside gives the place of the first of the wanted characters that is neither quoted, escaped nor inside parentheses or
// brackets; -1 when there is none.
func indexOutside(text, wanted string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '"' || c == '\'':
			i += quotedLength(text[i:]) - 1
		case depth == 0 && strings.IndexByte(wanted, c) >= 0:
			return i
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		}
	}
	return -1
}

// quotedLength is the length of the quoted string that text starts with, quotes included.
func quotedLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		}
	}
	return len(text)
}

// blockLength is the length of the block that text starts with, braces included; -1 when it is not closed.
func blockLength(text string) int {
	depth := 0
	for from := 0; ; {
		i := indexOutside(text[from:], "{}")
		if i < 0 {
			return -1
		}
		if text[from+i] == '{' {
			depth++
		} else {
			depth--
		}
		from += i + 1
		if depth == 0 {
			return from
		}
	}
}
