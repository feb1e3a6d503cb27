package credential

import (
	"fmt"
	"time"

	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// The mails that are about subscriptions.
const (
	KindClosed  notice.Kind = "formulaire-suspendu"
	KindAlerted notice.Kind = "alerte-abonnement"
)

// Closed tells a town that its form is closed because HubEE suspended its subscription.
type Closed struct {
	Siret        value.Siret
	Organisation string
	Editor       string // name; "" without an editor
	To, CC       string // the requester, and the technical contact or ""
	At           time.Time
}

// NewClosed completes the notice. It refuses one without addressee or date.
func NewClosed(n Closed) (Closed, error) {
	if n.To == "" || n.At.IsZero() {
		return Closed{}, fmt.Errorf("make %s: %w", KindClosed, notice.ErrIncomplete)
	}
	n.Organisation, n.Editor = notice.OneLine(n.Organisation, 256), notice.OneLine(n.Editor, 256)
	return n, nil
}

// Kind implements notice.Notice.
func (Closed) Kind() notice.Kind { return KindClosed }

// Key is one per suspension.
func (n Closed) Key() string {
	return fmt.Sprintf("%s %s %s", KindClosed, n.Siret, n.At.UTC().Format(time.RFC3339Nano))
}

// Recipients are the requester and, in copy, the technical contact.
func (n Closed) Recipients() notice.Recipients {
	return notice.Recipients{To: []string{n.To}, CC: []string{n.CC}}
}

// Alerted calls for the operator: the subscription of a town is no longer what it should
// be.
type Alerted struct {
	Siret        value.Siret
	Organisation string
	Code         string // of the sentence that says why: "hubee.suspended_at_hub", "hubee.subscription_missing"
	To           string // the operator's address
	At           time.Time
}

// NewAlerted completes the notice. It refuses one without addressee, cause or date.
func NewAlerted(n Alerted) (Alerted, error) {
	if n.To == "" || n.Code == "" || n.At.IsZero() {
		return Alerted{}, fmt.Errorf("make %s: %w", KindAlerted, notice.ErrIncomplete)
	}
	n.Organisation = notice.OneLine(n.Organisation, 256)
	return n, nil
}

// Kind implements notice.Notice.
func (Alerted) Kind() notice.Kind { return KindAlerted }

// Key is one per town and event.
func (n Alerted) Key() string {
	return fmt.Sprintf("%s %s %s", KindAlerted, n.Siret, n.At.UTC().Format(time.RFC3339Nano))
}

// Recipients is the operator.
func (n Alerted) Recipients() notice.Recipients { return notice.Recipients{To: []string{n.To}} }
