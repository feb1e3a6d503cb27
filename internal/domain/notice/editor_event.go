package notice

import "portail-qf/internal/domain/value"

// EditorEvent is what an editor may learn of a client: for its space, and its webhooks
// (PRODUCT.md 3.9).
type EditorEvent struct {
	Kind    string // "habilitation.validee"
	Editor  value.Siret
	Siret   value.Siret // of the client
	Subject string      // "H10000042", or the id of a token
}
