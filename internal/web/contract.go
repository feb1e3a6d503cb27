package web

import (
	"bytes"
	"fmt"
	"io/fs"

	"portail-qf/templates"
)

// exampleURL stands for the address of the portal in the document of the API.
const exampleURL = "https://portail.example.fr"

// Contract is the OpenAPI document of what a portal answers to programs, with its own address.
func Contract(portalURL string) ([]byte, error) {
	text, err := fs.ReadFile(templates.FS, "api/openapi.yaml")
	if err != nil {
		return nil, fmt.Errorf("read the document of the API: %w", err)
	}
	return bytes.ReplaceAll(text, []byte(exampleURL), []byte(portalURL)), nil
}
