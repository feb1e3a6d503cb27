package form

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// OneOf reads a choice among values. Anything else reads as no choice: no page of ours
// sends it.
func OneOf(sent url.Values, name string, values ...string) Field {
	field := Field{Name: name}
	if chosen := sent.Get(name); slices.Contains(values, chosen) {
		field.Value = chosen
	}
	return field
}

// AnyOf reads the ticked boxes among values, in their order, each once.
func AnyOf(sent url.Values, name string, values ...string) Choices {
	choices := Choices{Name: name}
	for _, value := range values {
		if slices.Contains(sent[name], value) {
			choices.Values = append(choices.Values, value)
		}
	}
	return choices
}

// maxDay is the length in characters of the longest date that Day reads, and some room.
const maxDay = 20

// Day reads a civil date, given at midnight UTC: as a date field sends it, 2026-11-03, or as
// people write it, 3/11/2026. What is no date is refused; nothing typed gives the zero time.
func Day(sent url.Values, name string) (Field, time.Time) {
	field := Text(sent, name, maxDay)
	if field.Value == "" {
		return field, time.Time{}
	}
	for _, layout := range [...]string{time.DateOnly, "2/1/2006"} {
		if day, err := time.Parse(layout, strings.ReplaceAll(field.Value, " ", "")); err == nil {
			field.Value = day.Format(time.DateOnly) // the only form that a date field shows again
			return field, day
		}
	}
	return field.Refused("form.day"), time.Time{}
}
