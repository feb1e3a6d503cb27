package directory_test

import (
	"testing"

	"portail-qf/internal/domain/directory"
)

// « Auto-provisioned names are raw Sirene upper case next to hand-typed names » (W29 of
// formulaire-qf.md): ours are those that citizens know.
func TestATownIsCalledByTheNameThatCitizensKnow(t *testing.T) {
	for _, row := range []struct{ registered, cog, want string }{
		{"COMMUNE DE MAJASTRES", "04107", "Majastres"},
		{"MAJASTRES", "04107", "Majastres"},
		{"COMMUNE D AJACCIO", "2A004", "Ajaccio"},
		{"COMMUNE DE SAINT DENIS", "97411", "Saint-Denis"},
		{"CENTRE COMMUNAL D ACTION SOCIALE DE SAINVILLE", "28363", "Centre communal d’action sociale de Sainville"},
		{"CENTRE COMMUNAL D'ACTION SOCIALE DE SAINVILLE", "28363", "Centre communal d’action sociale de Sainville"},
		{"CCAS DE SAINVILLE", "28363", "CCAS de Sainville"},
		{"CAISSE DES ECOLES DE SAINVILLE", "28363", "Caisse des écoles de Sainville"},
		{"COMMUNAUTE DE COMMUNES DU VAL", "28363", "COMMUNAUTE DE COMMUNES DU VAL"},
		{"SYNDICAT MIXTE DE SAINVILLE", "28363", "SYNDICAT MIXTE DE SAINVILLE"},
		{"COMMUNE DE NULLE PART", "99999", "COMMUNE DE NULLE PART"},
	} {
		if got := directory.CommonName(row.registered, row.cog); got != row.want {
			t.Errorf("CommonName(%q, %s) = %q, want %q", row.registered, row.cog, got, row.want)
		}
	}
}
