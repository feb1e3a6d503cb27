package hubee

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"portail-qf/internal/domain/fault"
)

// The codes of dossier.Depositor, dossier.Correspondence and credential.Provisioner.
const (
	codeUnavailable         = "hubee.unavailable"
	codeRefused             = "hubee.refused"
	codeForbidden           = "hubee.forbidden"
	codeDuplicate           = "hubee.duplicate"
	codeNotSubscribed       = "hubee.not_subscribed"
	codeFolderMissing       = "hubee.folder_missing"
	codeCaseMissing         = "hubee.case_missing"
	codeEventMissing        = "hubee.event_missing"
	codeAlreadyExists       = "hubee.already_exists"
	codeSubscriptionMissing = "hubee.subscription_missing"
)

// knownSentences are HubEE's own words that quote nothing of the request
// (reference/hubee.md §13.2). The rest of a message may repeat a name: of a message that
// starts with one of these, only these words are kept, and the name of the property.
var knownSentences = [...]string{
	"Bad Request : Validation failed",
	"Bad Response : Validation failed",
	"Bad request",
	"Binary meta-data is not found",
	"Case is not found",
	"Event is not found",
	"File is not found",
	"Folder is not found",
	"Internal Server Error",
	"Invalid Credentials",
	"Method not allowed",
	"Notification is not found",
	"Organization is not found",
	"Size does not match with attachment meta-data",
	"Subscription is not found",
	"Unauthorized user",
}

var (
	// refusedField is where HubEE's gateway says which property it refused: a name of the
	// contract, never a value.
	refusedField = regexp.MustCompile(`\[Path '(/[A-Za-z0-9/]{1,80})'\]`)
	// refusedValue and absentField are how the interfaces themselves name a property (E27).
	refusedValue  = regexp.MustCompile(`^#(/[A-Za-z0-9/]{1,80}): `)
	absentField   = regexp.MustCompile(`^#((?:/[A-Za-z0-9/]{1,80})?): ?([A-Za-z0-9]{1,80}) required key not found`)
	safeRequestID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
)

// maxDescribedErrors bounds what one answer can write into our log.
const maxDescribedErrors = 3

// hubeeError is one entry of HubEE's error body.
type hubeeError struct {
	Code    looseNumber `json:"code"`
	Message string      `json:"message"`
}

func unavailable(cause error) error {
	return fault.Because(fault.Unavailable, codeUnavailable, cause)
}

// saysAbsent tells whether HubEE itself, and not something on the road to it, says that
// the object is not there.
func (a answer) saysAbsent() bool {
	return a.status == http.StatusNotFound && len(a.listedErrors()) > 0
}

// failure translates an answer whose status is not the expected one. missing is the code
// of a 404, or "" when the call names no object. A 404 without HubEE's error body comes
// from the road to HubEE, not from HubEE's judgement of the request: taking it for an
// absent folder would make a second one. 408 and 429 ask to come back later. 401 and 403 are
// about our account, which somebody mends; HubEE's manual has a first call answered 403
// (reference/hubee.md §13.2, E4).
func (a answer) failure(missing string) error {
	cause := errors.New(a.description())
	switch {
	case missing != "" && a.saysAbsent():
		return fault.Because(fault.NotFound, missing, cause)
	case a.status < 400, a.status >= 500,
		a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status == http.StatusNotFound,
		a.status == http.StatusRequestTimeout, a.status == http.StatusTooManyRequests:
		return unavailable(cause)
	}
	return fault.Because(fault.Invalid, codeRefused, cause)
}

// creationFailure recognises, in a refused creation, the two refusals that a dossier can
// live through. The misspelling of "subscribed" is HubEE's (E9, E10); the error of a
// duplicate folder is not documented, that of an organisation or subscription is (E23,
// E26).
func creationFailure(reply answer, failure error) error {
	duplicate := fault.Because(fault.Conflict, codeDuplicate, errors.New("HubEE already has this reference"+reply.trace()))
	switch reply.status {
	case http.StatusConflict:
		return duplicate
	case http.StatusBadRequest:
	default:
		return failure
	}
	for _, entry := range reply.listedErrors() {
		message := strings.ToLower(entry.Message)
		switch {
		case saysDuplicate(message):
			return duplicate
		case !strings.HasPrefix(message, "case recipient"):
			continue
		case strings.Contains(message, "does not suscribed"), strings.Contains(message, "does not subscribed"):
			return fault.Because(fault.Unavailable, codeNotSubscribed, errors.New("the recipient has no active subscription"))
		case strings.Contains(message, "does not exist"):
			return fault.Because(fault.Unavailable, codeNotSubscribed, errors.New("the recipient is unknown to HubEE"))
		}
	}
	return failure
}

// saysDuplicate is wide on purpose: HubEE's words for a second folder of one reference are
// not documented (reference/hubee.md §16, question 5). Taken for a duplicate, a refusal goes
// to somebody who looks; taken for another one, the dossier would be tried in vain until it
// fails.
func saysDuplicate(message string) bool {
	return strings.Contains(message, "already exist") || strings.Contains(message, "duplicate") ||
		strings.Contains(message, "externalid") && strings.Contains(message, "unique")
}

// existence recognises, in a refused creation in the referential, that the object is there
// already: E23 and E26, whose status is 400. object is HubEE's word for it: another thing
// that exists already, such as the account of the local administrator, is another refusal.
func (a answer) existence(object string, failure error) error {
	exists := a.status == http.StatusConflict
	if a.status == http.StatusBadRequest {
		for _, entry := range a.listedErrors() {
			message := strings.ToLower(entry.Message)
			exists = exists || strings.HasPrefix(message, object+" ") && strings.Contains(message, "already exist")
		}
	}
	if !exists {
		return failure
	}
	return fault.Because(fault.Conflict, codeAlreadyExists, fmt.Errorf("HubEE already has this %s%s", object, a.trace()))
}

// unusable says that an answer has the right status and not the promised content.
func (a answer) unusable(defect string) error {
	return unavailable(fmt.Errorf("HubEE's answer of status %d %s%s", a.status, defect, a.trace()))
}

// listedErrors reads HubEE's error body, if that is what the body is.
func (a answer) listedErrors() []hubeeError {
	var refusal struct {
		Errors []hubeeError `json:"errors"`
	}
	if json.Unmarshal(a.body, &refusal) != nil {
		return nil
	}
	return refusal.Errors
}

// description is what may be written about a failed answer: see knownSentences.
func (a answer) description() string {
	text := fmt.Sprintf("HubEE answered %d", a.status)
	listed := a.listedErrors()
	for _, entry := range listed[:min(len(listed), maxDescribedErrors)] {
		if 0 < entry.Code && entry.Code < 1_000_000 {
			text += fmt.Sprintf(", code %d", entry.Code)
		}
		if known := knownSentence(entry.Message); known != "" {
			text += ": " + known
		}
	}
	return text + a.trace()
}

// trace is the number that finds the request in HubEE's own logs.
func (a answer) trace() string {
	if !safeRequestID.MatchString(a.requestID) {
		return ""
	}
	return " (request " + a.requestID + ")"
}

func knownSentence(message string) string {
	if field := absentField.FindStringSubmatch(message); field != nil {
		return "a value is missing at " + field[1] + "/" + field[2]
	}
	if field := refusedValue.FindStringSubmatch(message); field != nil {
		return "a value is refused at " + field[1]
	}
	for _, known := range knownSentences {
		if len(message) < len(known) || !strings.EqualFold(message[:len(known)], known) {
			continue
		}
		if field := refusedField.FindStringSubmatch(message); field != nil {
			return known + " at " + field[1]
		}
		return known
	}
	return ""
}
