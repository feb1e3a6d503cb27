package hubee

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checkOverride wants X-HTTP-Method-Override: PATCH. Only folders document a 405 for
// another value; elsewhere the header is an enumeration of the swagger.
func (c *call) checkOverride() error {
	const name = "X-HTTP-Method-Override"
	value := c.request.Header.Get(name)
	if !c.route.override || value == http.MethodPatch {
		return nil
	}
	if strings.HasPrefix(c.route.path, "/folders/") {
		return refuse(http.StatusMethodNotAllowed, "Method not allowed")
	}
	return c.invalid([]string{c.line("@header."+name, fmt.Sprintf(`Instance value (%q) not found in enum (possible values: ["PATCH"])`, value))})
}

func (c *call) headerViolations(required bool) []string {
	var found []string
	for _, name := range []string{"editorName", "applicationName", "softwareVersion"} {
		value := c.request.Header.Get(name)
		switch length := utf8.RuneCountInString(value); {
		case length > 50:
			found = append(found, c.line("@header."+name, fmt.Sprintf("String %q is too long (length: %d, maximum allowed: 50)", value, length)))
		case required && length == 0:
			found = append(found, c.line("@header."+name, fmt.Sprintf("Header parameter '%s' is required on path %q but not found in request.", name, c.route.path)))
		}
	}
	return found
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

func (c *call) pathViolations() []string {
	var found []string
	for _, match := range placeholder.FindAllStringSubmatch(c.route.path, -1) {
		name := match[1]
		value := c.request.PathValue(name)
		switch {
		case name == "code":
		case name == "organizationId" && !organizationIDPattern.MatchString(value):
			found = append(found, c.line("@path."+name, fmt.Sprintf(`ECMA 262 regex "%s" does not match input string %q`, organizationIDPattern, value)))
		case name != "organizationId" && !uuidPattern.MatchString(value):
			found = append(found, c.line("@path."+name, fmt.Sprintf("Input string %q is not a valid UUID", value)))
		}
	}
	return found
}

func (c *call) queryViolations() []string {
	var found []string
	for name, values := range c.query {
		known := slices.IndexFunc(c.route.query, func(p parameter) bool { return p.name == name })
		if known < 0 {
			found = append(found, c.line("@query."+name, fmt.Sprintf("Query parameter '%s' is unexpected on path %q", name, c.route.path)))
			continue
		}
		if allowed := c.route.query[known].mismatch(values[0]); allowed != "" {
			// The closing parenthesis is missing from the documented text (E5).
			found = append(found, c.line("@query."+name, "Instance type (string) does not match any allowed primitive type (allowed: "+allowed))
		}
	}
	slices.Sort(found)
	return found
}

// mismatch returns the list of allowed types when the value has none of them.
func (p parameter) mismatch(value string) string {
	var err error
	switch p.kind {
	case "boolean":
		if value != "true" && value != "false" {
			return `["boolean"]`
		}
	case "integer":
		if _, err = strconv.ParseInt(value, 10, 64); err != nil {
			return `["integer"]`
		}
	case "number":
		if _, err = strconv.ParseFloat(value, 64); err != nil {
			return `["integer","number"]`
		}
	}
	return ""
}
