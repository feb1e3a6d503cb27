package request

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
)

// Thread lists the messages of a request of the actor's town, oldest first. Code:
// request.unknown (NotFound).
func (s *Service) Thread(ctx context.Context, by account.Actor, number habilitation.RequestNumber) ([]Message, error) {
	if _, err := s.Find(ctx, by, number); err != nil {
		return nil, err
	}
	return listed(s.Messages.ListMessages(ctx, number))
}

func listed(messages []Message, err error) ([]Message, error) {
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return messages, nil
}

// Write sends a message to the instructors; every colleague may. seen is the last message that
// the actor was shown, 0 for none: what the instructors wrote up to it counts as read. Codes:
// request.unknown (NotFound), message.required, message.too_long (Invalid), request.moved,
// message.sent_already (Conflict: the actor wrote the same since, and nobody wrote after).
func (s *Service) Write(ctx context.Context, by account.Actor, number habilitation.RequestNumber, text string, seen int64) error {
	a, err := s.Find(ctx, by, number)
	if err != nil {
		return err
	}
	if a.over() {
		return moved
	}
	to := a.Assignee.Mail
	if to == "" {
		to = s.Mailbox
	}
	change, err := said(by, a, SideTown, Saying{Text: text, Seen: seen, To: to, At: s.Now()}, s.Sealer)
	if err != nil {
		return err
	}
	if err := s.Store.RecordChange(ctx, change); err != nil {
		return fmt.Errorf("record message: %w", err)
	}
	return nil
}

// Saying is a message on its way.
type Saying struct {
	Text string
	Seen int64  // as of Message
	To   string // who is told that it waits
	At   time.Time
}

// said is a message with the mail that tells the other side. Its text stays here.
func said(by account.Actor, a Application, side Side, saying Saying, sealer notice.Sealer) (Change, error) {
	text := tidy(saying.Text, Text{Lines: true})
	switch {
	case strings.TrimSpace(text) == "":
		return Change{}, fault.New(fault.Invalid, "message.required")
	case utf8.RuneCountInString(text) > messageLimit:
		return Change{}, fault.New(fault.Invalid, "message.too_long")
	}
	change := Change{
		Application: a, At: saying.At, Events: []audit.Event{event(by, a.Request, audit.MessageSent, saying.At)},
		Message: &Message{Side: side, Author: Person{ID: by.AccountID, Name: by.Name, Mail: by.Mail}, Text: text, At: saying.At, Seen: saying.Seen},
	}
	if saying.To == "" {
		return change, nil
	}
	about := a.about()
	about.To = saying.To
	return change, change.write(sealer, func() (notice.Notice, error) {
		return NewMessageSent(MessageSent{About: about, From: side, At: saying.At})
	})
}

// MarkRead marks what the instructors wrote as read, up to a message. Code: request.unknown
// (NotFound).
func (s *Service) MarkRead(ctx context.Context, by account.Actor, number habilitation.RequestNumber, upTo int64) error {
	if _, err := s.Find(ctx, by, number); err != nil {
		return err
	}
	if err := s.Messages.MarkRead(ctx, number, SideTown, upTo, s.Now()); err != nil {
		return fmt.Errorf("mark messages as read: %w", err)
	}
	return nil
}

// Unread counts what the instructors wrote and nobody of the actor's town has read.
func (s *Service) Unread(ctx context.Context, by account.Actor) (map[habilitation.RequestNumber]int, error) {
	counted, err := s.Messages.CountUnread(ctx, SideTown, by.Organisation.Siret)
	if err != nil {
		return nil, fmt.Errorf("count unread messages: %w", err)
	}
	return counted, nil
}
