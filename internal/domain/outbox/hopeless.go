package outbox

import "errors"

// ErrHopeless is in the chain of a failure that no retry can mend.
var ErrHopeless = errors.New("no retry can mend this")

// Hopeless marks a failure that no retry can mend, such as a subject that cannot be read:
// the order is abandoned at once. Time must have nothing to do with it: what a partner, a
// relay or another instance of the portal may mend is no such failure.
func Hopeless(err error) error {
	if err == nil {
		return nil
	}
	return hopeless{err}
}

// hopeless says what its cause says.
type hopeless struct{ error }

// Unwrap gives the cause and the mark.
func (h hopeless) Unwrap() []error { return []error{h.error, ErrHopeless} }
