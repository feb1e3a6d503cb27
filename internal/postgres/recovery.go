package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// Recovery implements request.RecoveryStore.
type Recovery struct{ DB *DB }

var _ request.RecoveryStore = Recovery{}

// FindLink finds a link by the hash of its token.
func (s Recovery) FindLink(ctx context.Context, token [32]byte) (request.Link, error) {
	const sqlFind = `
		SELECT l.request, r.siret, r.organisation, l.expires_at, l.used_by IS NOT NULL OR l.ended_at IS NOT NULL AND NOT l.replaced AS used,
			l.replaced, r.holder IS NOT NULL AS held
		FROM holder_links l JOIN requests r ON r.number = l.request WHERE l.token_hash = $1`
	var row struct {
		Request      int64     `db:"request"`
		Siret        string    `db:"siret"`
		Organisation string    `db:"organisation"`
		ExpiresAt    time.Time `db:"expires_at"`
		Used         bool      `db:"used"`
		Replaced     bool      `db:"replaced"`
		Held         bool      `db:"held"`
	}
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, token[:]); err != nil {
		return request.Link{}, notFoundAs("link.unknown", err)
	}
	return request.Link{
		Request: habilitation.RequestNumber(row.Request), Siret: value.Siret(row.Siret), Organisation: row.Organisation, ExpiresAt: row.ExpiresAt,
		Used: row.Used, Replaced: row.Replaced, Held: row.Held,
	}, nil
}

// sqlOrphans are the requests of which nobody's account is the holder, though there is a right
// to hold and an address to write to.
const sqlOrphans = `
	SELECT r.number, r.siret, r.organisation, r.requester, h.title, l.sent_at
	FROM requests r
	JOIN LATERAL (SELECT v.title FROM habilitations v WHERE v.request = r.number ORDER BY v.number DESC LIMIT 1) h ON true
	LEFT JOIN holder_links l ON l.request = r.number AND l.ended_at IS NULL
	WHERE r.holder IS NULL AND r.mails_by = 'portail' AND r.state IN ('validee', 'reouverte', 'suspendue') AND r.requester ->> 'mail' <> ''`

type orphanRow struct {
	Number       int64        `db:"number"`
	Siret        string       `db:"siret"`
	Organisation string       `db:"organisation"`
	Requester    []byte       `db:"requester"`
	Title        string       `db:"title"`
	SentAt       sql.NullTime `db:"sent_at"`
}

func (r orphanRow) orphan() (request.Orphan, error) {
	of := habilitation.Request{Number: habilitation.RequestNumber(r.Number), Siret: value.Siret(r.Siret), Organisation: r.Organisation}
	if err := json.Unmarshal(r.Requester, &of.Requester); err != nil {
		return request.Orphan{}, fmt.Errorf("read the requester of %s: %w", of.Number, err)
	}
	return request.Orphan{Request: of, Title: r.Title, SentAt: r.SentAt.Time, Addressed: of.Requester.Mail}, nil
}

// FindOrphan finds a request that nobody holds.
func (s Recovery) FindOrphan(ctx context.Context, number habilitation.RequestNumber) (request.Orphan, error) {
	var row orphanRow
	if err := s.DB.pool.GetContext(ctx, &row, sqlOrphans+` AND r.number = $1`, int64(number)); err != nil {
		return request.Orphan{}, notFoundAs("link.not_needed", err)
	}
	return row.orphan()
}

// ListOrphans lists those of a town.
func (s Recovery) ListOrphans(ctx context.Context, siret value.Siret) ([]request.Orphan, error) {
	var rows []orphanRow
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlOrphans+` AND r.siret = $1 ORDER BY r.number`, siret.String()); err != nil {
		return nil, err
	}
	orphans := make([]request.Orphan, len(rows))
	for i, row := range rows {
		var err error
		if orphans[i], err = row.orphan(); err != nil {
			return nil, err
		}
	}
	return orphans, nil
}

// RecordSent keeps a link in the place of the former one, whose mail says nothing any more.
func (s Recovery) RecordSent(ctx context.Context, sent request.SentLink) error {
	const (
		sqlReplace = `UPDATE holder_links SET ended_at = $2, replaced = true WHERE request = $1 AND ended_at IS NULL`
		sqlSend    = `
			INSERT INTO holder_links (token_hash, request, sent_at, expires_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (request) WHERE ended_at IS NULL DO NOTHING`
	)
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlReplace, int64(sent.Request), sent.SentAt); err != nil {
			return fmt.Errorf("replace the former link: %w", err)
		}
		result, err := tx.ExecContext(ctx, sqlSend, sent.Token[:], int64(sent.Request), sent.SentAt, sent.ExpiresAt)
		if err != nil {
			return fmt.Errorf("keep a link: %w", err)
		}
		if err := oneRow(result, fault.New(fault.Conflict, "link.just_sent")); err != nil {
			return err
		}
		if err := recordEvent(ctx, tx, sent.Event); err != nil {
			return err
		}
		return recordLetter(ctx, tx, sent.Letter, sent.SentAt)
	})
}

// endForeignLinks ends the one-time link of a request whose requester is another person from now
// on: it was sent to the former one.
func endForeignLinks(ctx context.Context, tx *sqlx.Tx, r habilitation.Request, at time.Time) error {
	const sqlEnd = `
		UPDATE holder_links l SET ended_at = $3, replaced = true
		FROM requests r WHERE r.number = l.request AND l.request = $1 AND l.ended_at IS NULL AND r.requester ->> 'mail' IS DISTINCT FROM $2`
	if _, err := tx.ExecContext(ctx, sqlEnd, int64(r.Number), nullText(r.Requester.Mail), at); err != nil {
		return fmt.Errorf("end the link of a former requester: %w", err)
	}
	return nil
}

// RecordRecovered makes an account the holder: of two at once, one ends the link, and the other
// finds it ended.
func (s Recovery) RecordRecovered(ctx context.Context, token [32]byte, l request.Link, account int64, event audit.Event) error {
	const (
		sqlUse  = `UPDATE holder_links SET ended_at = $2, used_by = $3 WHERE token_hash = $1 AND ended_at IS NULL AND expires_at > $2`
		sqlHold = `UPDATE requests SET holder = $2, revision = revision + 1 WHERE number = $1 AND siret = $3 AND holder IS NULL`
	)
	over := fault.New(fault.Conflict, "link.over")
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		used, err := tx.ExecContext(ctx, sqlUse, token[:], event.At, account)
		if err != nil {
			return fmt.Errorf("use a link: %w", err)
		}
		if err := oneRow(used, over); err != nil {
			return err
		}
		held, err := tx.ExecContext(ctx, sqlHold, int64(l.Request), account, l.Siret.String())
		if err != nil {
			return fmt.Errorf("hold a request: %w", err)
		}
		if err := oneRow(held, over); err != nil {
			return err
		}
		return recordEvent(ctx, tx, event)
	})
}

// PurgeLinks erases old links.
func (s Recovery) PurgeLinks(ctx context.Context, expiredBefore time.Time) (int, error) {
	result, err := s.DB.pool.ExecContext(ctx, `DELETE FROM holder_links WHERE expires_at <= $1`, expiredBefore)
	if err != nil {
		return 0, err
	}
	erased, err := result.RowsAffected()
	return int(erased), err
}
