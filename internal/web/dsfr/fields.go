package dsfr

import "portail-qf/internal/web/form"

// Input is a line of text with its label, hint and error.
type Input struct {
	form.Field
	Type string // of the control: text, email, tel, date
	// Code is true for an identifier to copy: no spelling help, capitals on a phone.
	Code bool
	// Exact is true for a code of which capitals and small letters differ: no capitals then.
	Exact bool
	// Autocomplete says what the browser may fill in of the person herself; "off" for
	// what is about somebody else.
	Autocomplete string
	MaxLength    int // in characters; 0 for none
}

// Autofill lets the browser propose what it knows of the person: "email", "tel", "name".
func (i Input) Autofill(what string) Input {
	i.Autocomplete = what
	return i
}

// Limited keeps the browser from taking more than so many characters.
func (i Input) Limited(most int) Input {
	i.MaxLength = most
	return i
}

// Textarea is several lines of text.
type Textarea struct {
	form.Field
	Rows      int // shown at first
	MaxLength int // in characters; 0 for none
	// Code is true for identifiers and secrets: no spelling help, which some browsers ask
	// somebody else for.
	Code bool
}

// Limited keeps the browser from taking more than so many characters.
func (t Textarea) Limited(most int) Textarea {
	t.MaxLength = most
	return t
}

// Option is one of the answers to a question. Its words are Text or, where Go only knows a
// code, the sentence of templates/messages that Code names.
type Option struct {
	Value, Text, Code string
	Hint, HintCode    string // of a radio button or a box, one or the other; may be ""
}

// Select offers one answer among many.
type Select struct {
	form.Field
	Empty   string // what is read when nothing is chosen
	Options []Option
}

// Radios offers one answer among a few, all in sight.
type Radios struct {
	form.Field
	Options []Option
}

// Checkboxes offers any number of answers.
type Checkboxes struct {
	form.Choices
	Options []Option
}

// Checkbox is a statement that the person makes by ticking it; its value is "oui".
type Checkbox struct{ form.Field }

// File is a file to hand in. A browser never shows again the one that was chosen.
type File struct {
	form.Field
	Accept string // media types or endings, joined by commas
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

// usualRows is the height of a textarea, in lines: a paragraph.
const usualRows = 5

// codeRows is that of a list that somebody pastes.
const codeRows = 12

// fieldFuncs are the constructors of what a form holds.
func fieldFuncs() map[string]any {
	return map[string]any{
		"input": func(field form.Field) Input { return Input{Field: field, Type: "text", Autocomplete: "off"} },
		"codeInput": func(field form.Field) Input {
			return Input{Field: field, Type: "text", Autocomplete: "off", Code: true}
		},
		"exactInput": func(field form.Field) Input {
			return Input{Field: field, Type: "text", Autocomplete: "off", Code: true, Exact: true}
		},
		// secretInput hides what is typed, and never shows it again.
		"secretInput": func(field form.Field) Input {
			field.Value = ""
			return Input{Field: field, Type: "password", Autocomplete: "off"}
		},
		"emailInput":   func(field form.Field) Input { return Input{Field: field, Type: "email", Autocomplete: "off"} },
		"telInput":     func(field form.Field) Input { return Input{Field: field, Type: "tel", Autocomplete: "off"} },
		"dateInput":    func(field form.Field) Input { return Input{Field: field, Type: "date", Autocomplete: "off"} },
		"textarea":     func(field form.Field) Textarea { return Textarea{Field: field, Rows: usualRows} },
		"codeTextarea": func(field form.Field) Textarea { return Textarea{Field: field, Rows: codeRows, Code: true} },
		"option":       func(value, text string) Option { return Option{Value: value, Text: text} },
		"hinted":       func(option Option, hint string) Option { option.Hint = hint; return option },
		"select": func(field form.Field, empty string, options ...Option) Select {
			return Select{Field: field, Empty: empty, Options: options}
		},
		"selectFrom": func(field form.Field, empty string, options []Option) Select {
			return Select{Field: field, Empty: empty, Options: options}
		},
		"radios":     func(field form.Field, options ...Option) Radios { return Radios{Field: field, Options: options} },
		"radiosFrom": func(field form.Field, options []Option) Radios { return Radios{Field: field, Options: options} },
		"checkboxes": func(choices form.Choices, options ...Option) Checkboxes {
			return Checkboxes{Choices: choices, Options: options}
		},
		"checkboxesFrom": func(choices form.Choices, options []Option) Checkboxes {
			return Checkboxes{Choices: choices, Options: options}
		},
		"checkbox": func(field form.Field) Checkbox { return Checkbox{Field: field} },
		"file":     func(field form.Field, accept string) File { return File{Field: field, Accept: accept} },
		"search": func(action, button string, field form.Field) Search {
			return Search{Field: field, Action: action, Button: button}
		},
		"errors": func(problems []form.Problem) ErrorSummary { return ErrorSummary{Problems: problems} },
	}
}
