package notice

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Kind names a mail: its three templates in templates/mails and its line in the
// catalogue.
type Kind string

// Notice is a mail to send. Its exported fields are what its templates print; they are
// stored sealed until everyone has it.
type Notice interface {
	Kind() Kind
	// Key makes the mail unique, such as "invitation 12": however often the same key is
	// recorded, it is one mail, with one Message-ID.
	Key() string
	Recipients() Recipients
}

// Timely is a notice whose words hang on when its mail leaves: it may have waited for days.
type Timely interface {
	Notice
	// LeavingAt is the notice as it is at a time; its kind may be another one by then.
	LeavingAt(now time.Time) Notice
}

// Recipients are addresses. To is never empty. An address given twice gets the mail once.
type Recipients struct{ To, CC []string }

// Letter is a notice ready to be recorded.
type Letter struct {
	Kind       Kind
	Key        string
	Recipients Recipients
	Content    []byte // sealed JSON of the notice
}

// Sealer seals what is personal (package seal). place binds a sealed text to its row.
type Sealer interface {
	Seal(plain []byte, place string) []byte
}

// Place is where the content of a mail is sealed for.
func Place(key string) string { return "mail " + key }

// Prepare makes the letter of a notice. It refuses one that nobody would receive.
func Prepare(sealer Sealer, n Notice) (Letter, error) {
	recipients := n.Recipients().Distinct()
	if len(recipients.To) == 0 || n.Key() == "" {
		return Letter{}, fmt.Errorf("prepare %s: %w", n.Kind(), ErrIncomplete)
	}
	plain, err := json.Marshal(n)
	if err != nil {
		return Letter{}, fmt.Errorf("write %s: %w", n.Kind(), err)
	}
	return Letter{Kind: n.Kind(), Key: n.Key(), Recipients: recipients, Content: sealer.Seal(plain, Place(n.Key()))}, nil
}

// ErrIncomplete says that a notice has no recipient or no key.
var ErrIncomplete = errors.New("a notice without recipient or key")
