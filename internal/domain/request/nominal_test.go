package request

import (
	"encoding/json"
	"strings"
	"testing"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/sim/stage"
)

// demonstrated are the forms of the demo.
func demonstrated(t *testing.T) []editor.Template {
	t.Helper()
	var file struct {
		Forms []struct {
			UID string `json:"uid"`
			editor.TemplateContent
		} `json:"formulaires"`
	}
	if err := json.Unmarshal(stage.Forms(), &file); err != nil {
		t.Fatal(err)
	}
	var templates []editor.Template
	for _, form := range file.Forms {
		templates = append(templates, editor.Template{UID: form.UID, Version: 1, TemplateContent: form.TemplateContent})
	}
	return templates
}

// « At most 12 typed fields for a nominal request. » The délibération is one, what may stay empty is none.
func TestANominalRequestIsTypedInTwelveFields(t *testing.T) {
	limits := map[string]int{
		"api-particulier-tilleul": 12, "api-particulier-tilleul-cantine": 12, "api-particulier-brume-ccas": 12,
		// The town names the technical contact, or confirms the mailbox of the editor.
		"api-particulier-brume": 12, "formulaire-qf": 16,
	}
	for _, template := range demonstrated(t) {
		limit, known := limits[template.UID]
		if !known {
			t.Errorf("%s: how much may be typed is not said", template.UID)
			continue
		}
		answers, typed := Begun(template), map[Field]bool{}
		s := Situation{Template: template, Requester: requester}
		for range len(Texts) {
			for _, f := range Check(answers, s, Steps(template, false)...) {
				typed[f.Field] = true
				respond(t, &answers, f.Field)
			}
		}
		if left := Check(answers, s, Steps(template, false)...); len(left) > 0 {
			t.Errorf("%s: still to be mended: %v", template.UID, left)
		}
		if len(typed) > limit {
			t.Errorf("%s: %d fields are typed, at most %d: %v", template.UID, len(typed), limit, typed)
		}
	}
}

// respond writes what the complete answers say of a field.
func respond(t *testing.T, a *Answers, field Field) {
	t.Helper()
	if field == FieldDocument {
		field = "deliberation_url"
	}
	for _, text := range Texts {
		if text.Field == field {
			text.Set(a, text.Get(complete()))
			return
		}
	}
	t.Fatalf("nothing is known to answer to %s", strings.ToUpper(string(field)))
}
