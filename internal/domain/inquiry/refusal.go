package inquiry

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Ending is how API Particulier ends a question that it understood and has no data for.
type Ending int

// The endings.
const (
	Rejected    Ending = iota + 1 // the parameters identify nobody, or one of them is wrong
	Absent                        // there is no file
	Failed                        // CNAF or MSA answered something that is no answer
	Unavailable                   // they cannot answer now
	Slow                          // they did not answer in time
)

// Passed is a refusal that is repeated as API Particulier said it. Its error text holds
// none of its words.
type Passed struct {
	Ending   Ending
	Problems []Problem // of the third version
	Legacy   Legacy    // of the second
}

// Problem is one reason of a refusal of the third version.
type Problem struct {
	Code   Code            `json:"code"`
	Title  string          `json:"title"`
	Detail string          `json:"detail"`
	Source *Origin         `json:"source"`
	Meta   json.RawMessage `json:"meta"`
}

// Origin is the parameter of which a problem speaks.
type Origin struct {
	Parameter string `json:"parameter"`
}

// Legacy is a refusal of the second version.
type Legacy struct {
	Error   string `json:"error"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// Error tells the code alone.
func (p *Passed) Error() string { return "refused: " + string(p.Code()) }

// Code is the first code of a refusal; "" in the second version, which has none.
func (p *Passed) Code() Code {
	if len(p.Problems) == 0 {
		return ""
	}
	return p.Problems[0].Code
}

// Unanswered is a question to which no answer came that could be believed.
type Unanswered struct {
	Code  Code
	Cause error // nothing of a person in it
}

// ErrOurToken says that API Particulier does not take our own token: no call of anybody
// can succeed until somebody sees to it.
var ErrOurToken = errors.New("our own token is refused")

// Error joins the code and the cause, for the log.
func (u *Unanswered) Error() string { return fmt.Sprintf("unanswered: %s: %v", u.Code, u.Cause) }

// Unwrap gives the cause.
func (u *Unanswered) Unwrap() error { return u.Cause }

const (
	maxProblems = 20
	maxWords    = 2000 // octets of a title or a detail
	maxMeta     = 4000
)

// ErrShape says that a body is not what the contract describes. It repeats nothing of it.
var ErrShape = errors.New("not of the documented shape")

// ParseRefusal reads the body of a refusal. The only error is ErrShape.
func ParseRefusal(version Version, ending Ending, body []byte) (*Passed, error) {
	if version == V2 {
		return parseLegacy(ending, body)
	}
	var envelope struct {
		Errors []Problem `json:"errors"`
	}
	if !isJSON(body) || json.Unmarshal(body, &envelope) != nil || len(envelope.Errors) == 0 || len(envelope.Errors) > maxProblems {
		return nil, ErrShape
	}
	for i := range envelope.Errors {
		problem := &envelope.Errors[i]
		if len(problem.Code) != 5 || !isDigits(string(problem.Code)) || !isWorded(problem.Title) || !isWorded(problem.Detail) {
			return nil, ErrShape
		}
		if !begins(problem.Meta, '{') || len(problem.Meta) > maxMeta {
			problem.Meta = json.RawMessage("{}")
		}
		if problem.Source != nil && problem.Source.Parameter == "" {
			problem.Source = nil
		}
	}
	return &Passed{Ending: ending, Problems: envelope.Errors}, nil
}

func parseLegacy(ending Ending, body []byte) (*Passed, error) {
	var legacy Legacy
	if !isJSON(body) || json.Unmarshal(body, &legacy) != nil || !isWorded(legacy.Error) || !isWorded(legacy.Reason) || !isWorded(legacy.Message) {
		return nil, ErrShape
	}
	return &Passed{Ending: ending, Legacy: legacy}, nil
}

func isWorded(text string) bool { return text != "" && len(text) <= maxWords }

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}
