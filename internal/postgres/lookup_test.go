package postgres_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"portail-qf/internal/domain/dossier"
)

// The trace is written by statements and read by people: a kind that a statement writes
// and nobody has words for would be a line that says nothing.
func TestTheTraceHasNoKindThatPeopleCannotRead(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	whole := s.record(noon)
	must(s.shipments.RecordPrepared(ctx, whole.ID, []byte("files"), noon))
	must(s.shipments.RecordFolder(ctx, whole.ID, "first", "first case", noon))
	must(s.shipments.ForgetFolder(ctx, whole.ID, "first", noon))
	must(s.shipments.RecordQuarantined(ctx, whole.ID, noon))
	must(s.shipments.RecordResumed(ctx, whole.ID, "second", "second case", noon))
	must(s.shipments.RecordTransmitted(ctx, whole.ID, noon))
	_, err := s.followUp.RecordStatus(ctx, dossier.StatusChange{CaseID: "second case", EventID: "e", Status: dossier.IntegrationError, At: noon.Add(time.Hour)})
	must(err)
	failed := s.record(noon)
	must(s.shipments.RecordFailed(ctx, failed.ID, noon))

	seen := map[dossier.TraceKind]bool{}
	for _, shipment := range []dossier.Shipment{whole, failed} {
		trace, err := s.followUp.FindTrace(ctx, shipment.Reference)
		must(err)
		for _, line := range trace.Lines {
			seen[line.Kind] = true
			if !slices.Contains(dossier.TraceKinds[:], line.Kind) {
				t.Errorf("the kind %q", line.Kind)
			}
			if (line.Status == dossier.IntegrationError) != (line.Kind == dossier.TraceStatus) {
				t.Errorf("the line %+v", line)
			}
		}
		if whole := shipment.ID == whole.ID; whole != (trace.FolderID == "second") || whole != trace.IntegrationErrorAt.Equal(noon.Add(time.Hour)) {
			t.Errorf("trace: %+v", trace)
		}
	}
	if len(seen) != len(dossier.TraceKinds) {
		t.Errorf("%d kinds of %d were written", len(seen), len(dossier.TraceKinds))
	}
}

// « A.11: … editor name »: support says to whom a question goes.
func TestTheTraceNamesTheEditor(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment := s.record(noon)
	s.run(`INSERT INTO editors (siret, name, created_at, updated_at) VALUES ($1, 'Éditeur essai', $2, $2)`, editorSiret, noon)
	for _, want := range []string{"", "Éditeur essai"} {
		if want != "" {
			s.run(`UPDATE collectivities SET editor_siret = $2 WHERE siret = $1`, majastres, editorSiret)
		}
		if trace, err := s.followUp.FindTrace(ctx, shipment.Reference); err != nil || trace.Editor != want {
			t.Errorf("editor %q, %v; want %q", trace.Editor, err, want)
		}
	}
}
