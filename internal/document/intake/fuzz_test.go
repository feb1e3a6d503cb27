package intake

import (
	"testing"

	"portail-qf/internal/document/intake/intaketest"
	"portail-qf/internal/domain/fault"
)

// Whatever the bytes, a file has pages or is refused in a way that its sender can understand.
func FuzzInspect(f *testing.F) {
	for _, seed := range [][]byte{
		intaketest.PDF(2), intaketest.Active(), updated(intaketest.PDF(1), ""), signed(), file(link),
		catalog("/X[(a\\)b)<4A>/N#41me -1 +2 3.5 true null 1 0 R]"),
		streamed("/Filter[/A85/LZW/RL/AHx]/DecodeParms[null<</EarlyChange 0>>null null]", []byte("z!!~>")),
		[]byte("%PDF-1.7\n1 0 obj<</Length 2 0 R>>stream\r\nabc\nendstream endobj 2 0 obj 3 endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF"),
	} {
		f.Add(seed)
	}
	inspector := &Inspector{patience: 20e9, time: 1e9}
	f.Fuzz(func(t *testing.T, content []byte) {
		pages, err := inspector.Inspect(t.Context(), content)
		if (pages > 0) == (err != nil) || err != nil && (fault.KindOf(err) != fault.Invalid || fault.CodeOf(err) == "") {
			t.Errorf("%d pages, %v", pages, err)
		}
	})
}

// The survey is ours: it ends and breaks on nothing, without a worker around it.
func FuzzSurvey(f *testing.F) {
	f.Add([]byte("1 0 obj<</Type/ObjStm/First 4/N 1/Length 12>>stream\n9 0 [/N#41me(a\\)b)<4A>]endstream"))
	f.Add([]byte("1 0 obj<</Filter[/A85/LZW/RL/AHx/Fl]/DecodeParms[null<</EarlyChange 0>>null null]/Length 2 0 R>>stream\r\nz!!~>endstream 2 0 obj 7 endobj"))
	f.Add([]byte("xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R>>startxref 1 0 obj (((\\"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := surveyFile(content); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
		otherFormat(content)
	})
}
