package form_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/web/form"
)

// "Same form, values kept, field messages" (ARCHITECTURE.md §7).
func TestTextKeepsWhatWasTyped(t *testing.T) {
	for name, row := range map[string]struct{ sent, want string }{
		"as typed":              {"04270", "04270"},
		"without spaces around": {"  Digne \n", "Digne"},
		"cut by characters":     {"ééééééé", "ééééé"},
		"without broken bytes":  {"a\xffb", "ab"},
		"absent":                {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			field := form.Text(url.Values{"q": {row.sent}}, "q", 5)
			if diff := cmp.Diff(form.Field{Name: "q", Value: row.want}, field); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// "Errors summarised at the top with anchors" (ARCHITECTURE.md §6).
func TestProblemsListTheRefusedFieldsInOrder(t *testing.T) {
	first := form.Field{Name: "nom"}.Refused("form.required")
	second := form.Field{Name: "prenom"}
	third := form.Field{Name: "identifiant"}.Refused("reference.invalid")
	want := []form.Problem{{FieldID: "nom", Code: "form.required"}, {FieldID: "identifiant", Code: "reference.invalid"}}
	if diff := cmp.Diff(want, form.Problems(first, second, third)); diff != "" {
		t.Error(diff)
	}
}
