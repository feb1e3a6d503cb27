package request

import (
	"context"
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// Side is one of the two that talk about a request.
type Side string

// The sides, as the database's CHECK lists them.
const (
	SideTown  Side = "collectivite"
	SideStaff Side = "instruction"
)

// Sides lists both.
var Sides = [...]Side{SideTown, SideStaff}

// Other is who a side talks to.
func (s Side) Other() Side {
	if s == SideTown {
		return SideStaff
	}
	return SideTown
}

// Message is a text of the thread of a request. It is never changed.
type Message struct {
	ID     int64
	Side   Side // who wrote it
	Author Person
	Text   string
	At     time.Time
	// Read: the other side has marked it as read, or answered.
	Read bool
	// Seen, of a message to send, is the last message of the other side that its author had
	// read, or one of later; 0 for none.
	Seen int64
}

// MessageStore keeps the threads.
type MessageStore interface {
	// ListMessages lists the thread of a request, oldest first.
	ListMessages(ctx context.Context, number habilitation.RequestNumber) ([]Message, error)
	// CountUnread counts what a side has not read, request by request; tenant is a town, ""
	// for all of them.
	CountUnread(ctx context.Context, side Side, tenant value.Siret) (map[habilitation.RequestNumber]int, error)
	// MarkRead marks what the other side wrote, up to a message.
	MarkRead(ctx context.Context, number habilitation.RequestNumber, reader Side, upTo int64, at time.Time) error
}

// messageLimit is the length of a message, in characters.
const messageLimit = 4000
