package directory

import (
	"strings"
	"time"
	"unicode"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/value"
)

// Organisation is an establishment as the register last told it.
type Organisation struct {
	Siret value.Siret
	Establishment
	Enrolled bool      // one of our collectivities
	ToldAt   time.Time // when the register last told this
	AskedAt  time.Time // last question, answered or not
	Answer   Answer    // to the last question
}

// Answer is what the register made of a question.
type Answer string

// The answers, as the database's CHECK lists them.
const (
	AnswerTold    Answer = "told"
	AnswerUnknown Answer = "unknown" // the register has no such SIRET, or not any more
	AnswerNone    Answer = "none"    // not answered, or not yet
)

// Answers lists every answer.
var Answers = [...]Answer{AnswerTold, AnswerUnknown, AnswerNone}

const (
	// freshFor is how long an answer is believed: « refreshed daily ».
	freshFor = 24 * time.Hour
	// silentFor is how long the register is left alone about an organisation once it did
	// not answer: a closing must not stay unnoticed for a day because of one bad minute, nor
	// each sign-in wait for a register that is down.
	silentFor = time.Hour
)

// isStale tells whether the register should be asked again. A question of the future was
// asked before the clock of a demo was set back.
func (o Organisation) isStale(now time.Time) bool {
	age := now.Sub(o.AskedAt)
	return age < 0 || age >= freshFor || o.Answer == AnswerNone && age >= silentFor
}

// LocalAuthority tells whether its agents may ask for a habilitation: it is one by its legal
// category, or it is one of our collectivities.
func (o Organisation) LocalAuthority() bool {
	return o.Enrolled || isLocalAuthority(o.LegalCategory)
}

// isLocalAuthority reads INSEE's nomenclature "Catégories juridiques", level III: 72 holds
// the "collectivités territoriales"; 73 the "établissements publics administratifs", which
// are local but for 738, the chambers (7381) and the national ones (7382–7389).
func isLocalAuthority(legalCategory string) bool {
	return strings.HasPrefix(legalCategory, "72") ||
		strings.HasPrefix(legalCategory, "73") && !strings.HasPrefix(legalCategory, "738")
}

// known is what accounts need of an organisation.
func (o Organisation) known() account.Organisation {
	return account.Organisation{Siret: o.Siret, Name: o.Name, Closed: o.Closed, LocalAuthority: o.LocalAuthority()}
}

// nameLimit is more than the register's own, 120 characters.
const nameLimit = 256

// tidied brings a name that the register tells onto one line of characters that people see.
// It is never refused: what else is told must be kept.
func tidied(name string) string {
	seen := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r): // joins or turns round its neighbours
			return -1
		case !unicode.IsGraphic(r):
			return ' '
		}
		return r
	}, name)
	runes := []rune(strings.Join(strings.Fields(seen), " "))
	if len(runes) > nameLimit {
		runes = append(runes[:nameLimit-1], '…')
	}
	return string(runes)
}

// The changes that the journal tells, in the detail of its events.
const (
	noticedClosed   = "closed"
	noticedReopened = "reopened"
)

// noticed names the change that an answer brings to what was kept, "" for none.
func noticed(before Organisation, told Establishment) string {
	switch {
	case before.Siret == "" || before.Closed == told.Closed:
		return ""
	case told.Closed:
		return noticedClosed
	}
	return noticedReopened
}

// event is what the journal tells of an organisation.
func (a Answered) event(author audit.Author, act audit.Act, detail string) audit.Event {
	return audit.Event{
		At: a.At, Author: author, Act: act, Detail: detail,
		Object: audit.Object{Kind: "organisation", ID: a.Siret.String(), Display: a.Told.Name},
	}
}

// unasked is the journal of an answer that nobody asked for by himself: only a change of
// state is worth a line, and it is the portal's.
func (a Answered) unasked(before Organisation) []audit.Event {
	change := noticed(before, a.Told)
	if a.Answer != AnswerTold || change == "" {
		return nil
	}
	return []audit.Event{a.event(audit.System, audit.OrganisationAsked, change)}
}
