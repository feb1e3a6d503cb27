package inquiry

import (
	"context"

	"portail-qf/internal/domain/value"
)

// Question is a query without fault, in the name of an administration.
type Question struct {
	Version   Version
	Recipient value.Siret // whom the provider's own trace names
	Fields    []Field     // under the names of the version; the recipient apart
}

// Field is a parameter of a question.
type Field struct{ Name, Text string }

// Question is what is asked of API Particulier: the parameters that we know and nothing
// else of what came.
func (q *Query) Question(to value.Siret) Question {
	question := Question{Version: q.Version, Recipient: to}
	for at := range parameters {
		name := names[q.Version][at]
		switch {
		case at == recipient:
		case at == firstNames:
			for _, text := range q.given[at] {
				question.Fields = append(question.Fields, Field{name + list, text})
			}
		case q.text(at) != "":
			question.Fields = append(question.Fields, Field{name, q.text(at)})
		}
	}
	return question
}

// Source answers questions.
type Source interface {
	// Ask gives the whole answer, whatever a token opens of it. Errors: *Passed and
	// *Unanswered; any other means that the caller left.
	Ask(ctx context.Context, question Question) (Answer, error)
}
