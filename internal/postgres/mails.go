package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/failpoint"
)

// Mails keeps the mails: it implements notice.Post and notice.MailStore.
type Mails struct{ DB *DB }

var (
	_ notice.Post      = Mails{}
	_ notice.MailStore = Mails{}
)

// recordLetter is recordLetters for one mail.
func recordLetter(ctx context.Context, tx *sqlx.Tx, letter notice.Letter, now time.Time) error {
	_, err := recordLetters(ctx, tx, []notice.Letter{letter}, now)
	return err
}

// recordLetters records mails and orders their sending, inside the transaction that decides
// them, and counts those that were new. A mail of the same key is the same mail: then nothing
// happens, unless it was withdrawn (isWithdrawn): then it is taken up again.
func recordLetters(ctx context.Context, tx *sqlx.Tx, letters []notice.Letter, now time.Time) (int, error) {
	if len(letters) == 0 {
		return 0, nil
	}
	const (
		sqlMails = `
			INSERT INTO mails AS m (kind, key, content, created_at)
			SELECT DISTINCT ON (w.key) w.kind, w.key, w.content, $4 FROM unnest($1::text[], $2::text[], $3::bytea[]) AS w (kind, key, content) ORDER BY w.key
			ON CONFLICT (key) DO UPDATE SET kind = EXCLUDED.kind, content = EXCLUDED.content, created_at = EXCLUDED.created_at, finished_at = NULL
			WHERE ` + isWithdrawn + ` RETURNING id, key`
		sqlFormer     = `DELETE FROM mail_recipients WHERE mail_id = ANY ($1) AND state = 'withdrawn'`
		sqlRecipients = `
			INSERT INTO mail_recipients (mail_id, position, field, address)
			SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[])
			ON CONFLICT DO NOTHING` // whoever has the mail already
		sqlOrders = `
			WITH given AS (
				INSERT INTO outbox AS waiting (kind, subject, due_at, created_at) SELECT $1, id::text, $3, $3 FROM unnest($2::bigint[]) AS id
				ON CONFLICT (kind, subject) WHERE done_at IS NULL AND abandoned_at IS NULL
				DO UPDATE SET due_at = EXCLUDED.due_at, created_at = EXCLUDED.created_at, attempts = waiting.attempts + 1)
			SELECT pg_notify($4, '')`
	)
	var kinds, keys pq.StringArray
	var contents pq.ByteaArray
	byKey := map[string]notice.Letter{}
	for _, letter := range letters {
		kinds, keys, contents = append(kinds, string(letter.Kind)), append(keys, letter.Key), append(contents, letter.Content)
		byKey[letter.Key] = letter
	}
	var recorded []struct {
		ID  int64  `db:"id"`
		Key string `db:"key"`
	}
	if err := tx.SelectContext(ctx, &recorded, sqlMails, kinds, keys, contents, now); err != nil {
		return 0, fmt.Errorf("record mails: %w", err)
	}
	var ids, mails, positions pq.Int64Array
	var fields, addresses pq.StringArray
	for _, mail := range recorded {
		ids = append(ids, mail.ID)
		listed, written := columnsOf(byKey[mail.Key].Recipients.Distinct())
		for i := range listed {
			mails, positions = append(mails, mail.ID), append(positions, int64(i+1))
			fields, addresses = append(fields, listed[i]), append(addresses, written[i])
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	if _, err := tx.ExecContext(ctx, sqlFormer, ids); err != nil {
		return 0, fmt.Errorf("forget for whom mails were: %w", err)
	}
	if _, err := tx.ExecContext(ctx, sqlRecipients, mails, positions, fields, addresses); err != nil {
		return 0, fmt.Errorf("record recipients of mails: %w", err)
	}
	if _, err := tx.ExecContext(ctx, sqlOrders, outbox.SendMail, ids, now, outboxChannel); err != nil {
		return 0, fmt.Errorf("order the sending of mails: %w", err)
	}
	return len(recorded), nil
}

// isWithdrawn tells a mail m that was withdrawn before any of those it is written to had it,
// whoever has a copy.
const isWithdrawn = `NOT EXISTS (SELECT FROM mail_recipients w WHERE w.mail_id = m.id AND w.field = 'to' AND w.state <> 'withdrawn')`

// withdrawMails takes mails back from those who still wait for them. One that a worker is
// handing over at that moment may leave all the same.
func withdrawMails(ctx context.Context, tx *sqlx.Tx, keys pq.StringArray, now time.Time) error {
	if len(keys) == 0 {
		return nil
	}
	const (
		sqlLock     = `SELECT id FROM mails WHERE key = ANY ($1) AND finished_at IS NULL ORDER BY id FOR UPDATE`
		sqlWithdraw = `UPDATE mail_recipients SET state = 'withdrawn', told_at = $2 WHERE mail_id = ANY ($1) AND state = 'pending'`
		sqlFinish   = `UPDATE mails SET finished_at = $2, content = NULL WHERE id = ANY ($1)`
	)
	var ids pq.Int64Array
	if err := tx.SelectContext(ctx, &ids, sqlLock, keys); err != nil {
		return fmt.Errorf("lock mails: %w", err)
	}
	for _, statement := range []string{sqlWithdraw, sqlFinish} {
		if _, err := tx.ExecContext(ctx, statement, ids, now); err != nil {
			return fmt.Errorf("withdraw mails: %w", err)
		}
	}
	return nil
}

func columnsOf(recipients notice.Recipients) (fields, addresses pq.StringArray) {
	for _, list := range []struct {
		field     notice.Field
		addresses []string
	}{{notice.FieldTo, recipients.To}, {notice.FieldCC, recipients.CC}} {
		for _, address := range list.addresses {
			fields, addresses = append(fields, string(list.field)), append(addresses, address)
		}
	}
	return fields, addresses
}

// Record records a mail that no other change decides.
func (m Mails) Record(ctx context.Context, letter notice.Letter, now time.Time) error {
	return m.DB.InTx(ctx, func(tx *sqlx.Tx) error { return recordLetter(ctx, tx, letter, now) })
}

// Alone runs work while holding the lock of a mail. The lock goes with the connection: a
// portal that dies lets it go.
func (m Mails) Alone(ctx context.Context, mailID int64, work func(ctx context.Context) error) error {
	alone, err := m.DB.mailLocks.take(ctx, m.DB, mailID)
	if err != nil {
		return err
	}
	if !alone {
		return fault.New(fault.Conflict, "mail.busy")
	}
	defer m.DB.mailLocks.free(ctx, m.DB, mailID)
	return work(ctx)
}

// soughtMail is a mail that FindOutgoing looks for.
type soughtMail struct {
	id    int64
	found *notice.Outgoing
}

// FindOutgoing finds a mail to send. Mails that are looked for at the same moment are read together.
func (m Mails) FindOutgoing(ctx context.Context, mailID int64) (outgoing notice.Outgoing, err error) {
	err = m.DB.sought.write(soughtMail{mailID, &outgoing}, func(lot []soughtMail) error { return m.findOutgoing(ctx, lot) })
	if err == nil && outgoing.Recipients == nil {
		err = fault.New(fault.NotFound, "mail.unknown")
	}
	return outgoing, err
}

func (m Mails) findOutgoing(ctx context.Context, lot []soughtMail) error {
	const sqlOutgoing = `
		SELECT m.id, m.kind, m.key, COALESCE(m.message_id, ''), m.content, r.position, r.field, r.address, r.state
		FROM mails m JOIN mail_recipients r ON r.mail_id = m.id WHERE m.id = ANY ($1) ORDER BY m.id, r.position`
	// The end of one order must not cost the others their mails.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lotTimeout)
	defer cancel()
	find, err := m.DB.statement(ctx, sqlOutgoing)
	if err != nil {
		return err
	}
	ids := make(pq.Int64Array, len(lot))
	for i, one := range lot {
		ids[i] = one.id
	}
	rows, err := find.QueryContext(ctx, ids)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	found := map[int64]notice.Outgoing{}
	for rows.Next() {
		var o notice.Outgoing
		var r notice.Recipient
		if err := rows.Scan(&o.ID, &o.Kind, &o.Key, &o.MessageID, &o.Content, &r.Position, &r.Field, &r.Address, &r.State); err != nil {
			return err
		}
		o.Recipients = append(found[o.ID].Recipients, r)
		found[o.ID] = o
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, one := range lot {
		*one.found = found[one.id]
	}
	return nil
}

// triedMail is what RecordTried records.
type triedMail struct {
	id      int64
	written notice.Written
	told    []notice.Told
	at      time.Time
}

// RecordTried keeps how a mail was written, and what the relay decided for those who still waited
// at these addresses. Mails that were tried at the same moment are recorded together.
func (m Mails) RecordTried(ctx context.Context, mailID int64, written notice.Written, told []notice.Told, now time.Time) error {
	failpoint.Hit("mail: accepted, not recorded")
	return m.DB.tried.write(triedMail{mailID, written, told, now}, func(lot []triedMail) error { return m.recordTried(ctx, lot) })
}

func (m Mails) recordTried(ctx context.Context, lot []triedMail) error {
	const (
		// The lock makes those who change the recipients of a mail wait for one another: each
		// then sees what the others left.
		sqlLock = `SELECT count(*) FROM (SELECT id FROM mails WHERE id = ANY ($1) ORDER BY id FOR UPDATE) locked`
		sqlTold = `
			UPDATE mail_recipients r SET state = told.state, code = told.code, told_at = told.at
			FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::timestamptz[]) AS told (mail, position, address, state, code, at)
			WHERE r.mail_id = told.mail AND r.position = told.position AND r.address = told.address
				AND (r.state = 'pending' OR r.state = 'withdrawn' AND told.state = 'sent')` // it left as it was withdrawn
		sqlTried = `
			UPDATE mails m SET subject = tried.subject, message_id = COALESCE(m.message_id, tried.message_id),
				finished_at = CASE WHEN still.waits THEN m.finished_at ELSE tried.at END,
				content = CASE WHEN still.waits OR still.bounced THEN m.content END
			FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) AS tried (mail, subject, message_id, at), LATERAL (
				SELECT COALESCE(bool_or(state = 'pending'), false) AS waits, COALESCE(bool_or(state = 'bounced'), false) AS bounced
				FROM mail_recipients WHERE mail_id = tried.mail) AS still
			WHERE m.id = tried.mail`
	)
	var ids, mails, positions pq.Int64Array
	var subjects, messageIDs, times, addresses, states, codes, toldAt pq.StringArray
	for _, mail := range lot {
		ids, subjects, messageIDs = append(ids, mail.id), append(subjects, mail.written.Subject), append(messageIDs, mail.written.MessageID)
		times = append(times, instant(mail.at))
		for _, one := range mail.told {
			mails, positions, addresses = append(mails, mail.id), append(positions, int64(one.Position)), append(addresses, one.Address)
			states, codes, toldAt = append(states, string(one.State)), append(codes, one.Code), append(toldAt, instant(mail.at))
		}
	}
	lock, errLock := m.DB.statement(ctx, sqlLock)
	tell, errTell := m.DB.statement(ctx, sqlTold)
	try, errTry := m.DB.statement(ctx, sqlTried)
	if err := errors.Join(errLock, errTell, errTry); err != nil {
		return err
	}
	return m.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		var found int
		if err := tx.Tx.StmtContext(ctx, lock).QueryRowContext(ctx, ids).Scan(&found); err != nil {
			return fmt.Errorf("lock mails: %w", err)
		}
		if found < len(lot) {
			return fault.New(fault.NotFound, "mail.unknown")
		}
		if _, err := tx.Tx.StmtContext(ctx, tell).ExecContext(ctx, mails, positions, addresses, states, codes, toldAt); err != nil {
			return fmt.Errorf("record what the relay told: %w", err)
		}
		if _, err := tx.Tx.StmtContext(ctx, try).ExecContext(ctx, ids, subjects, messageIDs, times); err != nil {
			return fmt.Errorf("record that mails were tried: %w", err)
		}
		return nil
	})
}

// RecordReaddressed gives a bounced recipient another address, orders the sending and
// writes the event down.
func (m Mails) RecordReaddressed(ctx context.Context, readdressed notice.Readdressed) error {
	now := readdressed.Event.At
	return m.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := readdressInvitation(ctx, tx, readdressed); err != nil {
			return err
		}
		const sqlWaits = `UPDATE mails SET finished_at = NULL WHERE id = $1 AND content IS NOT NULL`
		result, err := tx.ExecContext(ctx, sqlWaits, readdressed.MailID)
		if err != nil {
			return fmt.Errorf("take mail up again: %w", err)
		}
		if err := oneRow(result, fault.New(fault.Conflict, "mail.erased")); err != nil {
			return err
		}
		const sqlReaddress = `
			UPDATE mail_recipients
			SET corrected_from = address, address = $3, state = 'pending', code = '', told_at = NULL
			WHERE mail_id = $1 AND position = $2 AND state = 'bounced'`
		result, err = tx.ExecContext(ctx, sqlReaddress, readdressed.MailID, readdressed.Position, readdressed.Address)
		if err != nil {
			return fmt.Errorf("correct address: %w", err)
		}
		if err := oneRow(result, fault.New(fault.Conflict, "mail.not_bounced")); err != nil {
			return err
		}
		if err := readdressRequester(ctx, tx, readdressed); err != nil {
			return err
		}
		if err := recordEvent(ctx, tx, readdressed.Event); err != nil {
			return err
		}
		return enqueue(ctx, tx, outbox.SendMail, strconv.FormatInt(readdressed.MailID, 10), now)
	})
}

// readdressRequester has what is written next about a request go to the corrected address of its
// reminder too, as long as the requester's is the one that was refused.
func readdressRequester(ctx context.Context, tx *sqlx.Tx, readdressed notice.Readdressed) error {
	const sqlRequester = `
		UPDATE requests r SET refused_mail = r.requester ->> 'mail', corrected_mail = $3
		FROM mails m JOIN mail_recipients a ON a.mail_id = m.id AND a.position = $2 AND a.field = 'to'
			JOIN reminders x ON x.mail_key = m.key JOIN tokens t ON t.id = x.token
		WHERE m.id = $1 AND r.number = t.request AND lower(a.corrected_from) = lower(` + requesterMail + `)`
	if _, err := tx.ExecContext(ctx, sqlRequester, readdressed.MailID, readdressed.Position, readdressed.Address); err != nil {
		return fmt.Errorf("correct the address of a requester: %w", err)
	}
	return nil
}

// readdressInvitation makes an invitation whose mail came back that of the address which
// was corrected, and of whoever corrected it: he cannot accept it himself. One that nobody
// can accept any more has nothing to send.
func readdressInvitation(ctx context.Context, tx *sqlx.Tx, readdressed notice.Readdressed) error {
	const sqlInvited = `
		SELECT i.id, i.accepted_at IS NOT NULL OR i.withdrawn_at IS NOT NULL OR i.expires_at <= $2 AS over
		FROM invitations i JOIN mails m ON m.key = ` + mailOfInvitation + ` WHERE m.id = $1 FOR UPDATE OF i`
	const sqlTaken = `
		SELECT EXISTS (SELECT FROM invitations o JOIN invitations i ON o.role = i.role AND o.organisation = i.organisation AND o.id <> i.id
			WHERE i.id = $1 AND o.mail = $2 AND o.accepted_at IS NULL AND o.withdrawn_at IS NULL)`
	const sqlMove = `UPDATE invitations SET mail = $2, inviter_id = $3, inviter = $4 WHERE id = $1`
	address, author := lower(readdressed.Address), readdressed.Event.Author
	var invited struct {
		ID   int64 `db:"id"`
		Over bool  `db:"over"`
	}
	err := tx.GetContext(ctx, &invited, sqlInvited, readdressed.MailID, readdressed.Event.At)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the invitation of a mail: %w", err)
	}
	if invited.Over {
		return fault.New(fault.Conflict, "mail.invitation_over")
	}
	var taken bool
	if err := tx.GetContext(ctx, &taken, sqlTaken, invited.ID, address); err != nil {
		return fmt.Errorf("look for another invitation: %w", err)
	}
	if taken {
		return fault.New(fault.Invalid, "mail.address_taken")
	}
	if _, err := tx.ExecContext(ctx, sqlMove, invited.ID, address, author.ID, author.Display); err != nil {
		return fmt.Errorf("correct the address of an invitation: %w", err)
	}
	return nil
}

// Purge erases what mails say to addresses that nobody corrected in time, then the
// mails themselves. It tells how many of each.
func (m Mails) Purge(ctx context.Context, now time.Time) (contents, mails int64, err error) {
	const sqlErase = `UPDATE mails SET content = NULL WHERE content IS NOT NULL AND finished_at <= $1`
	// Somebody may wait for ever: the order that sends the mail was given up, and nobody took
	// it up again.
	const sqlForget = `
		DELETE FROM mails m WHERE m.finished_at <= $1 OR m.finished_at IS NULL AND m.created_at <= $1 AND NOT EXISTS (
			SELECT FROM outbox o WHERE o.kind = 'mail.send' AND o.subject = m.id::text AND o.done_at IS NULL AND o.abandoned_at IS NULL)`
	for _, purge := range []struct {
		statement string
		before    time.Time
		count     *int64
	}{
		{sqlErase, now.Add(-notice.ContentLife), &contents},
		{sqlForget, now.Add(-notice.MailLife), &mails},
	} {
		result, err := m.DB.pool.ExecContext(ctx, purge.statement, purge.before)
		if err != nil {
			return contents, mails, fmt.Errorf("purge mails: %w", err)
		}
		if *purge.count, err = result.RowsAffected(); err != nil {
			return contents, mails, fmt.Errorf("count purged mails: %w", err)
		}
	}
	return contents, mails, nil
}
