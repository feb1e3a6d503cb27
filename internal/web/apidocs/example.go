package apidocs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

// written is an example as JSON, its members in the order of the document.
func written(example any) string {
	var out strings.Builder
	write(&out, example, "\n")
	return out.String()
}

func write(out *strings.Builder, value any, line string) {
	within := line + "  "
	switch v := value.(type) {
	case yaml.MapSlice:
		writeAll(out, "{", "}", len(v), line, func(i int) {
			writeScalar(out, fmt.Sprint(v[i].Key))
			out.WriteString(": ")
			write(out, v[i].Value, within)
		})
	case []any:
		writeAll(out, "[", "]", len(v), line, func(i int) { write(out, v[i], within) })
	default:
		writeScalar(out, v)
	}
}

func writeAll(out *strings.Builder, open, closed string, count int, line string, one func(i int)) {
	out.WriteString(open)
	for i := range count {
		if i > 0 {
			out.WriteString(",")
		}
		out.WriteString(line + "  ")
		one(i)
	}
	if count > 0 {
		out.WriteString(line)
	}
	out.WriteString(closed)
}

// writeScalar writes what JSON writes on one line.
func writeScalar(out *strings.Builder, value any) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // texts, numbers, true, false and null
	out.WriteString(strings.TrimSpace(text.String()))
}
