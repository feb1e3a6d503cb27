package editor

import (
	"context"

	"portail-qf/internal/domain/value"
)

// Editor is a publisher of software.
type Editor struct {
	Siret value.Siret
	Name  string
	COG   string // of its commune, HubEE's branch code; "" when not known
	// TechnicalContact is its present, verified address; "" when there is none. Mails go
	// there, whatever a habilitation says of the past (PRODUCT.md 3.4).
	TechnicalContact string
}

// Finder knows the editors.
type Finder interface {
	// FindEditor finds an editor by its SIRET. fault.NotFound, code editor.unknown.
	FindEditor(ctx context.Context, siret value.Siret) (Editor, error)
	// FindEditorByForm finds the editor of a pre-filled form, such as
	// "api-particulier-3d-ouest". fault.NotFound, code editor.unknown.
	FindEditorByForm(ctx context.Context, formUID string) (Editor, error)
}
