package decision

import (
	"cmp"
	"context"
	"fmt"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
)

// Relay is who takes the dossiers of a town over when the request that they are sent for no
// longer holds. Zero for nobody: its form closes.
type Relay struct {
	Request habilitation.RequestNumber
	Editor  string // by name; "" for the town itself
	Same    bool   // that software has the dossiers already
	Open    bool   // the form is open, and stays so
	// Told: the software is another one, and a mail of its own tells the town and both editors.
	Told bool
}

// Relay foresees what a suspension or a revocation of a request makes of the dossiers.
func (s *Service) Relay(ctx context.Context, number habilitation.RequestNumber) (Relay, error) {
	file, err := s.Store.FindFile(ctx, number, "")
	if err != nil {
		return Relay{}, fmt.Errorf("find who takes over: %w", err)
	}
	return file.Relay(), nil
}

// Relay is what release obeys.
func (f File) Relay() Relay {
	s := f.Subscription
	if s.Siret == "" || s.Request != f.Request.Number || !f.Heir.Habilitated() {
		return Relay{}
	}
	to := f.Heir.Current.Editor
	return Relay{
		Request: f.Heir.Number, Editor: cmp.Or(f.HeirEditor.Name, to.Name, to.Siret.String()),
		Same: s.Editor == to.Siret, Open: s.Want == credential.WantActive && s.State == credential.Active,
		Told: s.Want == credential.WantActive && s.State != credential.Suspended && s.Editor != to.Siret,
	}
}
