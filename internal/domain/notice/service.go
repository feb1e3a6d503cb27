package notice

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
)

// Mails lets staff watch over the mails and correct addresses.
type Mails struct {
	Store MailStore
	Now   func() time.Time // business time
}

// Correction is another address for one recipient of a mail.
type Correction struct {
	MailID    int64
	Position  int
	Address   string // as typed
	RequestID string
}

// List lists a page of mails and tells how many there are in all.
func (m *Mails) List(ctx context.Context, query MailQuery) ([]Mail, int, error) {
	query.Search = strings.ToLower(strings.TrimSpace(query.Search))
	return m.Store.ListMails(ctx, query)
}

// Find finds a mail. Code: mail.unknown.
func (m *Mails) Find(ctx context.Context, mailID int64) (Mail, error) {
	return m.Store.FindMail(ctx, mailID)
}

// Readdress corrects the address of a recipient whom the relay refused, and sends the mail
// again, to that recipient alone. The same address may be given again: the mailbox may
// have been opened since. Codes: mail.unknown, mail.address_invalid, mail.address_taken,
// mail.not_bounced, mail.erased, mail.invitation_over.
func (m *Mails) Readdress(ctx context.Context, by audit.Author, correction Correction) error {
	mail, err := m.Store.FindMail(ctx, correction.MailID)
	if err != nil {
		return fmt.Errorf("find mail: %w", err)
	}
	readdressed, err := DecideCorrection(mail, correction, m.Now())
	if err != nil {
		return err
	}
	readdressed.Event.Author = by
	if err := m.Store.RecordReaddressed(ctx, readdressed); err != nil {
		return fmt.Errorf("record corrected address: %w", err)
	}
	return nil
}

// DecideCorrection says whether an address may be corrected, and what to record. The
// journal gets the mail and the code of the refusal, neither address.
func DecideCorrection(mail Mail, correction Correction, now time.Time) (Readdressed, error) {
	bounced, found := mail.Recipient(correction.Position)
	switch {
	case !found:
		return Readdressed{}, fault.New(fault.NotFound, "mail.unknown")
	case bounced.State != Bounced:
		return Readdressed{}, fault.New(fault.Conflict, "mail.not_bounced")
	case mail.Erased:
		return Readdressed{}, fault.New(fault.Conflict, "mail.erased")
	}
	address, err := ParseAddress(correction.Address)
	if err != nil {
		return Readdressed{}, err
	}
	for _, other := range mail.Recipients {
		if other.Position != bounced.Position && strings.EqualFold(other.Address, address) {
			return Readdressed{}, fault.New(fault.Invalid, "mail.address_taken")
		}
	}
	return Readdressed{
		MailID: mail.ID, Position: bounced.Position, Address: address,
		Event: audit.Event{
			At: now, Act: audit.MailReaddressed,
			Object:    audit.Object{Kind: "mail", ID: strconv.FormatInt(mail.ID, 10), Display: mail.Subject},
			Detail:    fmt.Sprintf("recipient %d: %s", bounced.Position, bounced.Code),
			RequestID: correction.RequestID,
		},
	}, nil
}
