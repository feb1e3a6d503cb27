package postgres_test

import (
	"bytes"
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

func newDocument(state request.DocumentState, content []byte) *request.NewDocument {
	return &request.NewDocument{Content: content, Document: request.Document{
		Name: "délibération.pdf", Size: len(content), Pages: 3, State: state, AddedAt: noon.Add(time.Minute), AddedBy: "Anne Morel",
	}}
}

// handsIn hands a file in with what is written.
func (s *scene) handsIn(a request.Application, state request.DocumentState) (id int64) {
	s.t.Helper()
	written := request.Written{Application: s.application(a.Request.Number), Document: newDocument(state, []byte("%PDF-1.7")), At: noon.Add(time.Minute)}
	if err := s.applications().RecordWritten(context.Background(), written); err != nil {
		s.t.Fatal(err)
	}
	return s.application(a.Request.Number).Answers.Document
}

// « délibération PDF (≤ 10 MB…) »: the largest one comes back as it was handed in.
func TestTheLargestDocumentIsKeptWhole(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	content := bytes.Repeat([]byte("%PDF-1.7\x00\xff\\\n"), 10<<20/12+1)[:10<<20]
	a := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
	if err := s.applications().RecordWritten(ctx, request.Written{Application: a, Document: newDocument(request.Clean, content), At: noon}); err != nil {
		t.Fatal(err)
	}
	a = s.application(a.Request.Number)
	found, back, err := s.applications().FindDocument(ctx, a.Answers.Document, a.Request.Number, majastres)
	if err != nil || !bytes.Equal(content, back) {
		t.Errorf("%d bytes came back of %d, %v", len(back), len(content), err)
	}
	want := newDocument(request.Clean, content).Document
	want.ID, want.Request = a.Answers.Document, a.Request.Number
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]request.Document{want}, a.Documents); diff != "" {
		t.Error(diff)
	}
	if n := s.count(`SELECT count(*) FROM documents WHERE scanned_at = added_at`); n != 1 {
		t.Error("when it was analysed is not kept")
	}
	if n := s.count(`SELECT count(*) FROM outbox`); n != 0 {
		t.Error("the analysis of a file that was analysed is ordered")
	}
}

// « foreign and guessed ids »: a document is found with its own request, for its own town.
func TestAForeignDocumentLooksUnknown(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	ours, theirs := s.begins(s.colleague("Anne", "Morel", majastres), majastres), s.begins(s.colleague("Denis", "Petit", paris), paris)
	id := s.handsIn(ours, request.Clean)
	for name, row := range map[string]struct {
		id     int64
		of     habilitation.RequestNumber
		tenant value.Siret
		known  bool
	}{
		"its own town":          {id, ours.Request.Number, majastres, true},
		"another town":          {id, ours.Request.Number, paris, false},
		"no town":               {id, ours.Request.Number, "", false},
		"under another request": {id, theirs.Request.Number, paris, false},
		"a guessed one":         {id + 1, ours.Request.Number, majastres, false},
	} {
		_, content, err := s.applications().FindDocument(ctx, row.id, row.of, row.tenant)
		if row.known != (err == nil) || row.known != (content != nil) || !row.known && fault.CodeOf(err) != "document.unknown" {
			t.Errorf("%s: %d bytes, %v", name, len(content), err)
		}
	}
}

// What is being written is the town's alone: an instructor opens what was deposited, and what was
// granted.
func TestAnInstructorOpensWhatWasDeposited(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	a := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
	id := s.handsIn(a, request.Clean)
	if _, _, err := s.applications().FindDeposited(ctx, id, a.Request.Number); fault.CodeOf(err) != "document.unknown" {
		t.Errorf("that of a draft: %v", err)
	}
	s.changes(deposit(s.application(a.Request.Number), noon))
	if d, content, err := s.applications().FindDeposited(ctx, id, a.Request.Number); err != nil || d.ID != id || content == nil {
		t.Errorf("that of a deposit: %+v, %v", d, err)
	}
	if _, _, err := s.applications().FindDeposited(ctx, id, a.Request.Number+1); fault.CodeOf(err) != "document.unknown" {
		t.Errorf("under another request: %v", err)
	}
}

// « Documents are the files that the answers, the deposit or the habilitation name »: one that
// was replaced stays with what was deposited and granted of it.
func TestTheDocumentsOfEveryAnswerAreListed(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	a := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
	replaced, granted := s.handsIn(a, request.Clean), s.handsIn(a, request.NotScanned)
	a = s.grants(s.changes(deposit(s.application(a.Request.Number), noon)), 10_000_001, noon)
	s.changes(reopened(a, noon))
	sent := s.handsIn(a, request.Clean)
	a = s.changes(deposit(s.application(a.Request.Number), noon))
	a.Phase, a.Request.State = request.Returned, habilitation.Reopened
	s.changes(request.Change{Application: a, Moves: true, At: noon})
	written := s.handsIn(a, request.Unscanned)
	a = s.application(a.Request.Number)
	if a.Answers.Document != written || a.Sent.Document != sent || a.Granted.Document != granted {
		t.Errorf("written %d, sent %d, granted %d", a.Answers.Document, a.Sent.Document, a.Granted.Document)
	}
	for id, want := range map[int64]request.DocumentState{replaced: request.Clean, granted: request.NotScanned, sent: request.Clean, written: request.Unscanned} {
		if d := a.Document(id); d.State != want || d.Request != a.Request.Number {
			t.Errorf("document %d is %+v", id, d)
		}
	}
}

// « it waits, visibly, and the work goes on »: the analysis is ordered with the file, and what
// it says counts once.
func TestADocumentWaitsForItsAnalysis(t *testing.T) {
	for _, said := range []request.DocumentState{request.Clean, request.Infected} {
		t.Run(string(said), func(t *testing.T) {
			s, ctx := setScene(t), context.Background()
			s.editors()
			s.forms()
			a := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
			document := newDocument(request.Unscanned, []byte("%PDF-1.7"))
			document.ScanLater = true
			if err := s.applications().RecordWritten(ctx, request.Written{Application: a, Document: document, At: noon}); err != nil {
				t.Fatal(err)
			}
			id := s.application(a.Request.Number).Answers.Document
			order := s.claimOne(noon.Add(time.Hour))
			if order.Kind != outbox.ScanDocument || order.Subject != strconv.FormatInt(id, 10) {
				t.Errorf("what is ordered is %+v", order)
			}
			if content, err := s.applications().FindContent(ctx, id); err != nil || string(content) != "%PDF-1.7" {
				t.Errorf("what waits is %q, %v", content, err)
			}
			if err := s.applications().RecordScanned(ctx, id, said, noon.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if content, err := s.applications().FindContent(ctx, id); err != nil || content != nil {
				t.Errorf("%d bytes wait after the analysis, %v", len(content), err)
			}
			// An order that is carried out twice tells something else: too late.
			for _, later := range []request.DocumentState{request.Clean, request.Infected} {
				if err := s.applications().RecordScanned(ctx, id, later, noon.Add(2*time.Hour)); err != nil {
					t.Error(err)
				}
			}
			found, content, err := s.applications().FindDocument(ctx, id, a.Request.Number, majastres)
			if err != nil || found.State != said || (content == nil) != (said == request.Infected) {
				t.Errorf("the document is %+v with %d bytes, %v", found, len(content), err)
			}
			if n := s.count(`SELECT count(*) FROM documents WHERE scanned_at = $1`, noon.Add(time.Hour)); n != 1 {
				t.Error("when it was analysed is not kept")
			}
			if n := s.count(`SELECT count(*) FROM document_contents`); n != map[request.DocumentState]int{request.Clean: 1}[said] {
				t.Errorf("%d contents are kept", n)
			}
		})
	}
}

// Nothing waits where nothing is.
func TestADocumentThatIsGoneIsNotAnalysed(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	if content, err := s.applications().FindContent(ctx, 7); content != nil || err != nil {
		t.Errorf("%d bytes, %v", len(content), err)
	}
	if err := s.applications().RecordScanned(ctx, 7, request.Clean, noon); err != nil {
		t.Error(err)
	}
}
