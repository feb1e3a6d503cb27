package dsfr

import (
	"fmt"
	"html/template"
	"maps"
)

// Severity chooses a colour and an icon; the words always say the same thing too.
type Severity string

// The severities of the design system.
const (
	Info    Severity = "info"
	Success Severity = "success"
	Warning Severity = "warning"
	Failure Severity = "error"
)

// Alert tells what happened, in the page.
type Alert struct {
	Severity    Severity
	Title, Text string // Text may be ""
}

// Badge is a state in a word or two.
type Badge struct {
	Severity Severity
	Label    string
}

// Notice is a banner across the page.
type Notice struct {
	Severity    Severity
	Title, Text string
}

// Callout sets a paragraph apart.
type Callout struct{ Title, Text string }

// Crumb is a page above the present one.
type Crumb struct{ Label, URL string }

// Breadcrumb says where the page is; the home page always comes first.
type Breadcrumb struct {
	Home    string // its address
	Above   []Crumb
	Current string
}

// SummaryRow is a line of a summary.
type SummaryRow struct {
	Key, Value string
	// Proper is true for a value that is a name or an identifier, not words of ours.
	Proper bool
}

// SummaryList shows facts by name and value.
type SummaryList struct{ Rows []SummaryRow }

// Funcs are the constructors that templates call.
func Funcs() template.FuncMap {
	funcs := template.FuncMap{
		"alert":   newAlert,
		"badge":   newBadge,
		"notice":  newNotice,
		"callout": func(title, text string) Callout { return Callout{Title: title, Text: text} },
		"crumb":   func(label, url string) Crumb { return Crumb{Label: label, URL: url} },
		"breadcrumb": func(current string, above ...Crumb) Breadcrumb {
			return Breadcrumb{Home: "/", Current: current, Above: above}
		},
		// trail is a breadcrumb within a space of the back-office, from its home page.
		"trail": func(home, current string, above ...Crumb) Breadcrumb {
			return Breadcrumb{Home: home, Current: current, Above: above}
		},
		"row":     func(key, value string) SummaryRow { return SummaryRow{Key: key, Value: value} },
		"named":   func(key, value string) SummaryRow { return SummaryRow{Key: key, Value: value, Proper: true} },
		"summary": func(rows ...SummaryRow) SummaryList { return SummaryList{Rows: rows} },
	}
	for _, more := range []map[string]any{fieldFuncs(), actionFuncs(), listFuncs()} {
		maps.Copy(funcs, more)
	}
	return funcs
}

func newAlert(severity, title, text string) (Alert, error) {
	known, err := parseSeverity(severity)
	return Alert{Severity: known, Title: title, Text: text}, err
}

func newBadge(severity, label string) (Badge, error) {
	known, err := parseSeverity(severity)
	return Badge{Severity: known, Label: label}, err
}

func newNotice(severity, title, text string) (Notice, error) {
	known, err := parseSeverity(severity)
	return Notice{Severity: known, Title: title, Text: text}, err
}

// parseSeverity refuses a misspelt severity, which would silently lose its colour.
func parseSeverity(name string) (Severity, error) {
	switch s := Severity(name); s {
	case Info, Success, Warning, Failure:
		return s, nil
	}
	return "", fmt.Errorf("unknown severity %q", name)
}
