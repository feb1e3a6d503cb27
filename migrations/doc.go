// Package migrations holds the schema of the portal: forward only, numbered, one subject
// each. A merged file never changes; code runs before and after each of them.
package migrations

import "embed"

// FS holds the migrations, for goose.
//
//go:embed *.sql
var FS embed.FS
