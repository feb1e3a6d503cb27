package form_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/web/form"
)

// "Mass assignment" (issue 3, bad input): a choice that was not offered is no choice.
func TestOnlyWhatWasOfferedIsChosen(t *testing.T) {
	sent := url.Values{"role": {"admin"}, "avis": {"semaine", "nuit", "jour", "jour"}}
	if got := form.OneOf(sent, "role", "support", "reader"); got.Value != "" {
		t.Errorf("a role that was not offered: %q", got.Value)
	}
	if got := form.OneOf(sent, "role", "support", "admin"); got.Value != "admin" {
		t.Errorf("a role that was offered: %q", got.Value)
	}
	if got := form.AnyOf(sent, "avis", "jour", "semaine", "mois"); !slices.Equal(got.Values, []string{"jour", "semaine"}) {
		t.Errorf("ticked: %q", got.Values)
	} else if got.Has("mois") || !got.Has("jour") {
		t.Error("it does not know what is ticked")
	}
	if got := form.AnyOf(sent, "absent", "jour"); got.Values != nil {
		t.Errorf("ticked: %q", got.Values)
	}
}

// A browser without date fields sends what people write.
func TestADayIsReadAsItIsWritten(t *testing.T) {
	third := time.Date(2026, time.November, 3, 0, 0, 0, 0, time.UTC)
	for typed, row := range map[string]struct {
		field form.Field
		day   time.Time
	}{
		"2026-11-03":              {form.Field{Name: "du", Value: "2026-11-03"}, third},
		"3/11/2026":               {form.Field{Name: "du", Value: "2026-11-03"}, third},
		" 03 / 11 /2026":          {form.Field{Name: "du", Value: "2026-11-03"}, third},
		"":                        {form.Field{Name: "du"}, time.Time{}},
		"31/02/2026":              {form.Field{Name: "du", Value: "31/02/2026", Error: "form.day"}, time.Time{}},
		"demain":                  {form.Field{Name: "du", Value: "demain", Error: "form.day"}, time.Time{}},
		"2026-11-03T00:00:00Z'--": {form.Field{Name: "du", Value: "2026-11-03T00:00:00Z", Error: "form.day"}, time.Time{}},
	} {
		field, day := form.Day(url.Values{"du": {typed}}, "du")
		if diff := cmp.Diff(row.field, field); diff != "" {
			t.Errorf("%q: %s", typed, diff)
		}
		if !day.Equal(row.day) {
			t.Errorf("%q: %v, want %v", typed, day, row.day)
		}
	}
}

func TestAGroupIsListedAmongTheProblems(t *testing.T) {
	group := form.Choices{Name: "avis"}.Labelled("Avis", "").Refused("form.choice")
	want := []form.Problem{{FieldID: "avis", Code: "form.choice"}}
	if diff := cmp.Diff(want, form.Problems(form.Field{Name: "mail"}, group.Field())); diff != "" {
		t.Error(diff)
	}
}
