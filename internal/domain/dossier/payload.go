package dossier

import (
	"encoding/json"
	"fmt"
	"time"

	"portail-qf/internal/domain/value"
)

// PayloadPlace binds a payload and its files to their dossier.
func PayloadPlace(reference value.Reference) string { return "dossier " + reference.String() }

// contentJSON is the stored form of Content: the quotient as it came.
type contentJSON struct {
	Reference    value.Reference `json:"reference"`
	Collectivity string          `json:"collectivity"`
	RecordedAt   time.Time       `json:"recorded_at"`
	ExternalID   *string         `json:"external_id"`
	Identity     PivotIdentity   `json:"identity"`
	Quotient     json.RawMessage `json:"quotient"`
}

func marshalContent(c Content) ([]byte, error) {
	quotient, err := json.Marshal(c.Quotient.Data)
	if err != nil {
		return nil, fmt.Errorf("write quotient: %w", err)
	}
	plain, err := json.Marshal(contentJSON{c.Reference, c.Collectivity, c.RecordedAt, c.ExternalID, c.Identity, quotient})
	if err != nil {
		return nil, fmt.Errorf("write content: %w", err)
	}
	return plain, nil
}

func unmarshalContent(plain []byte) (Content, error) {
	var stored contentJSON
	if err := json.Unmarshal(plain, &stored); err != nil {
		return Content{}, fmt.Errorf("read content: %w", err)
	}
	quotient, err := ParseQuotient(stored.Quotient)
	if err != nil {
		return Content{}, fmt.Errorf("read quotient: %w", err)
	}
	return Content{stored.Reference, stored.Collectivity, stored.RecordedAt, stored.ExternalID, stored.Identity, quotient}, nil
}

func marshalFiles(files []File) ([]byte, error) {
	plain, err := json.Marshal(files)
	if err != nil {
		return nil, fmt.Errorf("write files: %w", err)
	}
	return plain, nil
}

func unmarshalFiles(plain []byte) ([]File, error) {
	var files []File
	if err := json.Unmarshal(plain, &files); err != nil {
		return nil, fmt.Errorf("read files: %w", err)
	}
	return files, nil
}
