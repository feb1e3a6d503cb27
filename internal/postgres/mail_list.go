package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"portail-qf/internal/domain/notice"
)

type mailRow struct {
	ID         int64      `db:"id"`
	Kind       string     `db:"kind"`
	Key        string     `db:"key"`
	MessageID  string     `db:"message_id"`
	Subject    string     `db:"subject"`
	CreatedAt  time.Time  `db:"created_at"`
	FinishedAt *time.Time `db:"finished_at"`
	Erased     bool       `db:"erased"`
}

func (r mailRow) mail() notice.Mail {
	mail := notice.Mail{
		ID: r.ID, Kind: notice.Kind(r.Kind), Key: r.Key, MessageID: r.MessageID, Subject: r.Subject,
		CreatedAt: r.CreatedAt, Erased: r.Erased,
	}
	if r.FinishedAt != nil {
		mail.FinishedAt = *r.FinishedAt
	}
	return mail
}

type recipientRow struct {
	MailID        int64      `db:"mail_id"`
	Position      int        `db:"position"`
	Field         string     `db:"field"`
	Address       string     `db:"address"`
	State         string     `db:"state"`
	Code          string     `db:"code"`
	ToldAt        *time.Time `db:"told_at"`
	CorrectedFrom string     `db:"corrected_from"`
}

func (r recipientRow) recipient() notice.Recipient {
	recipient := notice.Recipient{
		Position: r.Position, Field: notice.Field(r.Field), Address: r.Address,
		State: notice.State(r.State), Code: r.Code, CorrectedFrom: r.CorrectedFrom,
	}
	if r.ToldAt != nil {
		recipient.ToldAt = *r.ToldAt
	}
	return recipient
}

const sqlMail = `
	SELECT m.id, m.kind, m.key, COALESCE(m.message_id, '') AS message_id, m.subject, m.created_at, m.finished_at,
	       m.content IS NULL AS erased
	FROM mails m `

// sqlMailsWanted says in SQL what notice.Mail.State says in Go; a test compares the two.
// Each EXISTS asks an index about one mail: a list of identifiers, IN, takes for ever where
// many are bounced, or where an address has many mails.
const sqlMailsWanted = `
	WHERE ($1 = '' OR m.kind = $1)
	  AND ($2 = '' OR $2 = CASE
	       WHEN EXISTS (SELECT FROM mail_recipients r WHERE r.mail_id = m.id AND r.state = 'bounced') THEN 'bounced'
	       WHEN EXISTS (SELECT FROM mail_recipients r WHERE r.mail_id = m.id AND r.state = 'pending') THEN 'pending'
	       WHEN EXISTS (SELECT FROM mail_recipients r WHERE r.mail_id = m.id AND r.state = 'withdrawn')
	        AND NOT EXISTS (SELECT FROM mail_recipients r WHERE r.mail_id = m.id AND r.state = 'sent') THEN 'withdrawn'
	       ELSE 'sent' END)
	  AND ($3 = '' OR EXISTS (
	       SELECT FROM mail_recipients r
	       WHERE r.mail_id = m.id AND (lower(r.address) LIKE $3 || '%' OR split_part(lower(r.address), '@', 2) LIKE $3 || '%')))`

// ListMails lists a page of mails and tells how many there are in all.
func (m Mails) ListMails(ctx context.Context, query notice.MailQuery) ([]notice.Mail, int, error) {
	const (
		sqlNewestFirst = sqlMail + sqlMailsWanted + ` ORDER BY m.created_at DESC, m.id DESC LIMIT $4 OFFSET $5`
		sqlOldestFirst = sqlMail + sqlMailsWanted + ` ORDER BY m.created_at, m.id LIMIT $4 OFFSET $5`
		sqlCount       = `SELECT count(*) FROM mails m ` + sqlMailsWanted
	)
	wanted := []any{string(query.Kind), string(query.State), literal(query.Search)}
	var total int
	if err := m.DB.pool.GetContext(ctx, &total, sqlCount, wanted...); err != nil {
		return nil, 0, fmt.Errorf("count mails: %w", err)
	}
	list := sqlOldestFirst
	if query.Descending {
		list = sqlNewestFirst
	}
	var rows []mailRow
	if err := m.DB.pool.SelectContext(ctx, &rows, list, append(wanted, query.Limit, query.Offset)...); err != nil {
		return nil, 0, fmt.Errorf("list mails: %w", err)
	}
	mails, err := m.withRecipients(ctx, rows)
	return mails, total, err
}

// FindMail finds a mail by its id.
func (m Mails) FindMail(ctx context.Context, mailID int64) (notice.Mail, error) {
	var row mailRow
	if err := m.DB.pool.GetContext(ctx, &row, sqlMail+`WHERE m.id = $1`, mailID); err != nil {
		return notice.Mail{}, notFoundAs("mail.unknown", err)
	}
	mails, err := m.withRecipients(ctx, []mailRow{row})
	if err != nil {
		return notice.Mail{}, err
	}
	return mails[0], nil
}

func (m Mails) withRecipients(ctx context.Context, rows []mailRow) ([]notice.Mail, error) {
	const sqlRecipients = `
		SELECT mail_id, position, field, address, state, code, told_at, corrected_from
		FROM mail_recipients WHERE mail_id = ANY($1) ORDER BY mail_id, position`
	ids := make(pq.Int64Array, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	var recipients []recipientRow
	if err := m.DB.pool.SelectContext(ctx, &recipients, sqlRecipients, ids); err != nil {
		return nil, fmt.Errorf("list recipients: %w", err)
	}
	of := map[int64][]notice.Recipient{}
	for _, row := range recipients {
		of[row.MailID] = append(of[row.MailID], row.recipient())
	}
	mails := make([]notice.Mail, len(rows))
	for i, row := range rows {
		mails[i] = row.mail()
		mails[i].Recipients = of[row.ID]
	}
	return mails, nil
}
