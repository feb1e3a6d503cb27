package dsfr

import (
	"fmt"
	"html/template"

	"portail-qf/internal/web/form"
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

// Button submits the form that it is in.
type Button struct {
	Label     string
	Secondary bool
}

// Input is a text field with its label, hint and error.
type Input struct {
	form.Field
	// Code is true for an identifier to copy: no spelling help, capitals on a phone.
	Code bool
}

// Search is a whole search form with one field; it is a GET, so that its result can be
// bookmarked.
type Search struct {
	form.Field
	Action string
	Button string
}

// ErrorSummary lists at the top of the page what is to be mended.
type ErrorSummary struct{ Problems []form.Problem }

// Crumb is a page above the present one.
type Crumb struct{ Label, URL string }

// Breadcrumb says where the page is; the home page always comes first.
type Breadcrumb struct {
	Above   []Crumb
	Current string
}

// SummaryRow is a line of a summary.
type SummaryRow struct{ Key, Value string }

// SummaryList shows facts by name and value.
type SummaryList struct{ Rows []SummaryRow }

// Pagination leads through a list cut in pages. An empty URL means no such page.
type Pagination struct {
	Previous, Next string
	Pages          []PageLink
}

// PageLink is one page of a list. Number is 0 for the gap between distant pages.
type PageLink struct {
	Number  int
	URL     string
	Current bool
}

// Paginate builds the links of a list of last pages seen at page current, both from 1:
// the first, the last, and the neighbours of the current one. address gives the address
// of a page.
func Paginate(current, last int, address func(page int) string) Pagination {
	var p Pagination
	if last < 2 || current < 1 || current > last {
		return p
	}
	if current > 1 {
		p.Previous = address(current - 1)
	}
	if current < last {
		p.Next = address(current + 1)
	}
	for number := 1; number <= last; number++ {
		near := number >= current-1 && number <= current+1
		switch {
		case number == 1 || number == last || near:
			p.Pages = append(p.Pages, PageLink{Number: number, URL: address(number), Current: number == current})
		case p.Pages[len(p.Pages)-1].Number != 0:
			p.Pages = append(p.Pages, PageLink{})
		}
	}
	return p
}

// Funcs are the constructors that templates call.
func Funcs() template.FuncMap {
	return template.FuncMap{
		"alert":     newAlert,
		"badge":     newBadge,
		"notice":    newNotice,
		"callout":   func(title, text string) Callout { return Callout{Title: title, Text: text} },
		"button":    func(label string) Button { return Button{Label: label} },
		"secondary": func(label string) Button { return Button{Label: label, Secondary: true} },
		"input":     func(field form.Field) Input { return Input{Field: field} },
		"codeInput": func(field form.Field) Input { return Input{Field: field, Code: true} },
		"search": func(action, button string, field form.Field) Search {
			return Search{Field: field, Action: action, Button: button}
		},
		"errors":     func(problems []form.Problem) ErrorSummary { return ErrorSummary{Problems: problems} },
		"crumb":      func(label, url string) Crumb { return Crumb{Label: label, URL: url} },
		"breadcrumb": func(current string, above ...Crumb) Breadcrumb { return Breadcrumb{Current: current, Above: above} },
		"row":        func(key, value string) SummaryRow { return SummaryRow{Key: key, Value: value} },
		"summary":    func(rows ...SummaryRow) SummaryList { return SummaryList{Rows: rows} },
	}
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
