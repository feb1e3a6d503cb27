package dossier

import (
	"time"

	"portail-qf/internal/domain/value"
)

// Content is what one dossier says, before it takes the shape of files.
type Content struct {
	Reference    value.Reference
	Collectivity string    // display name, "Majastres (04)"
	RecordedAt   time.Time // when the citizen transmitted
	ExternalID   *string   // the editor's identifier, verbatim; nil when none was given
	Identity     PivotIdentity
	Quotient     Quotient
}

// File is one attachment of the folder, with its bytes.
type File struct {
	Name      string
	MediaType string
	Bytes     []byte
}
