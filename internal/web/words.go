package web

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"text/template"
)

// words says in French what Go knows as a code or a number: templates/messages.
type words struct{ set *template.Template }

func parseWords(files fs.FS) (words, error) {
	set, err := template.New("messages").ParseFS(files, "messages/*.tmpl")
	if err != nil {
		return words{}, fmt.Errorf("parse messages: %w", err)
	}
	return words{set: set}, nil
}

// say gives the text of a definition. An unknown name is an error: a person must never
// read a code.
func (w words) say(name string, about any) (string, error) {
	definition := w.set.Lookup(name)
	if definition == nil {
		return "", fmt.Errorf("no sentence for %q in templates/messages", name)
	}
	var text strings.Builder
	if err := definition.Execute(&text, about); err != nil {
		return "", fmt.Errorf("write sentence %q: %w", name, err)
	}
	return strings.TrimSpace(text.String()), nil
}

// funcs are the words that page templates ask for.
func (w words) funcs() map[string]any {
	return map[string]any{
		"message": func(code string) (string, error) { return w.say(code, nil) },
		// about is message for a sentence that names somebody.
		"about":  func(code, name string) (string, error) { return w.say(code, name) },
		"moment": func(m Moment) (string, error) { return w.say("moment", m) },
		"day":    func(m Moment) (string, error) { return w.say("day", m) },
		// month is the month of a day with its year.
		"month":  func(m Moment) (string, error) { return w.say("month_year", m) },
		"number": number,
		"phone":  phone,
	}
}

// number groups the digits of a count as in French, with narrow no-break spaces: 2 550.
func number(count int) string {
	digits := strconv.Itoa(count)
	for end := len(digits) - 3; end > 0; end -= 3 {
		digits = digits[:end] + "\u202f" + digits[end:]
	}
	return digits
}

// phone groups the digits of a French telephone number by two, as people read it aloud; any
// other number stays as it was written.
func phone(number string) string {
	digits := strings.NewReplacer(" ", "", ".", "", "-", "", "\u00a0", "", "\u202f", "", "(0)", "").Replace(number)
	national, prefix := digits, ""
	if abroad, found := strings.CutPrefix(digits, "+33"); found {
		national, prefix = "0"+abroad, "+33\u00a0"
	}
	if len(national) != 10 || national[0] != '0' || strings.Trim(national, "0123456789") != "" {
		return number
	}
	groups := make([]string, 0, 5)
	for i := 0; i < len(national); i += 2 {
		groups = append(groups, national[i:i+2])
	}
	if prefix != "" {
		groups[0] = groups[0][1:]
	}
	return prefix + strings.Join(groups, "\u00a0")
}
