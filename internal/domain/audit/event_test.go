package audit_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portail-qf/internal/domain/audit"
)

// « it is cut and cleaned rather than refused »
func TestAnEventIsMadeStorable(t *testing.T) {
	long := strings.Repeat("é", audit.TextLimit)
	for text, want := range map[string]string{
		"":                         "",
		"Hélène d’Orvault « DSI »": "Hélène d’Orvault « DSI »",
		"a\x00b\nc\td":             "a�b�c�d",
		"admin\u202egnp":           "admin�gnp", // turns the rest of the line round
		"a\xffb":                   "a�b",
		"a\u2028b":                 "a�b",
		long:                       long,
		long + "é":                 long[:2*(audit.TextLimit-1)] + "…",
	} {
		event := audit.Event{
			Author: audit.Author{ID: text, Display: text, Role: text}, Act: audit.Act(text),
			Object: audit.Object{Kind: text, ID: text, Display: text}, Organisation: text, Detail: text, RequestID: text, At: noon,
		}
		stored := audit.Event{
			Author: audit.Author{ID: want, Display: want, Role: want}, Act: audit.Act(want),
			Object: audit.Object{Kind: want, ID: want, Display: want}, Organisation: want, Detail: want, RequestID: want, At: noon,
		}
		if diff := cmp.Diff(stored, event.Storable()); diff != "" {
			t.Errorf("%.40q: %s", text, diff)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		detail := audit.Event{Detail: text}.Storable().Detail
		if !utf8.ValidString(detail) || strings.ContainsRune(detail, 0) || utf8.RuneCountInString(detail) > audit.TextLimit {
			t.Fatalf("%q became %q", text, detail)
		}
	})
}

func TestEveryActIsListedOnceAndFitsTheJournal(t *testing.T) {
	acts := slices.Sorted(slices.Values(audit.Acts[:]))
	if len(slices.Compact(acts)) != len(audit.Acts) {
		t.Errorf("an act is listed twice: %v", acts)
	}
	for _, act := range audit.Acts {
		if (audit.Event{Act: act}).Storable().Act != act || !strings.Contains(string(act), ".") {
			t.Errorf("the act %q", act)
		}
	}
}
