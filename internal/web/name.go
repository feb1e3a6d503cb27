package web

import "strings"

// Typographic gives a registered name the apostrophe of the rest of the page.
func Typographic(name string) string { return strings.ReplaceAll(name, "'", "’") }
