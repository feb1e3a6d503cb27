package mail

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"

	"portail-qf/internal/domain/fault"
)

// reply is what the relay answered, without its words: they may quote an address.
type reply struct {
	code     int    // 550
	enhanced string // 5.1.1, "" when not told
}

// enhancedCode begins the words of a reply (RFC 2034).
var enhancedCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// replyOf finds the answer of the relay in an error; false when the relay did not answer.
func replyOf(err error) (reply, bool) {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return reply{}, false
	}
	return reply{code: answer.Code, enhanced: enhancedCode.FindString(answer.Msg)}, true
}

// String is the reply as people of the trade read it: 550 5.1.1.
func (r reply) String() string {
	if r.enhanced == "" {
		return fmt.Sprintf("%d", r.code)
	}
	return fmt.Sprintf("%d %s", r.code, r.enhanced)
}

// permanent tells a refusal for good from one to try again.
func (r reply) permanent() bool { return r.code >= 500 }

// closes tells the reply after which the relay hangs up (RFC 5321, 4.2.3).
func (r reply) closes() bool { return r.code == 421 }

// failure says what kept a mail from being sent, in words that hold no address, no subject
// and no word of the relay. Codes: mail.refused (somebody must act on the relay or on our
// account there), mail.unavailable (time mends it).
func failure(step string, err error) error {
	if answer, answered := replyOf(err); answered {
		cause := fmt.Errorf("mail relay answered %s to %s", answer, step)
		if answer.permanent() {
			return fault.Because(fault.Unavailable, "mail.refused", cause)
		}
		return fault.Because(fault.Unavailable, "mail.unavailable", cause)
	}
	var unreadable textproto.ProtocolError
	if errors.As(err, &unreadable) {
		return fault.Because(fault.Unavailable, "mail.unavailable", fmt.Errorf("mail relay answered nothing readable to %s", step))
	}
	return fault.Because(fault.Unavailable, "mail.unavailable", fmt.Errorf("speak to the mail relay, %s: %w", step, err))
}
