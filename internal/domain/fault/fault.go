package fault

import "errors"

// Kind decides what the edge answers. The zero Kind is Internal: an error nobody
// classified is our fault.
type Kind int

// The kinds of ARCHITECTURE.md §7.
const (
	Internal    Kind = iota // a defect: 500 and a request id
	Invalid                 // the input is wrong and its author can mend it
	NotFound                // unknown, or belongs to somebody else
	Forbidden               // the role lacks the act
	Conflict                // the state moved in between
	Unavailable             // an external system does not answer as it should
)

// Error is a classified error. Code names the sentence to show, such as
// "quotient.not_found"; Err keeps the cause for the log.
type Error struct {
	Kind Kind
	Code string
	Err  error
}

// New returns an error of a kind, with the code of its sentence.
func New(kind Kind, code string) *Error { return &Error{Kind: kind, Code: code} }

// Because returns an error of a kind and code with its cause.
func Because(kind Kind, code string, cause error) *Error {
	return &Error{Kind: kind, Code: code, Err: cause}
}

// Error joins the code and the cause, for the log.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Code
	}
	return e.Code + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first classified error in the chain.
func KindOf(err error) Kind {
	var classified *Error
	if errors.As(err, &classified) {
		return classified.Kind
	}
	return Internal
}

// CodeOf returns the code of the first classified error in the chain, or "".
func CodeOf(err error) string {
	var classified *Error
	if errors.As(err, &classified) {
		return classified.Code
	}
	return ""
}

// Is reports whether err carries this code.
func Is(err error, code string) bool { return code != "" && CodeOf(err) == code }
