package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// Exchange implements request.MessageStore and request.ClaimStore: what is said about a
// request, and who asks to hold it.
type Exchange struct{ DB *DB }

var (
	_ request.MessageStore = Exchange{}
	_ request.ClaimStore   = Exchange{}
)

// ListMessages lists the thread of a request, oldest first. Of authors, their name then is
// told, and not their address.
func (s Exchange) ListMessages(ctx context.Context, number habilitation.RequestNumber) ([]request.Message, error) {
	const sqlList = `
		SELECT m.id, m.side, m.account_id, m.author, m.body, m.at, m.read_at IS NOT NULL AS read
		FROM request_messages m WHERE m.request = $1 ORDER BY m.id`
	var rows []struct {
		ID      int64         `db:"id"`
		Side    string        `db:"side"`
		Account sql.NullInt64 `db:"account_id"`
		Author  string        `db:"author"`
		Body    string        `db:"body"`
		At      time.Time     `db:"at"`
		Read    bool          `db:"read"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlList, int64(number)); err != nil {
		return nil, err
	}
	thread := make([]request.Message, len(rows))
	for i, row := range rows {
		thread[i] = request.Message{
			ID: row.ID, Side: request.Side(row.Side), Author: request.Person{ID: row.Account.Int64, Name: row.Author},
			Text: row.Body, At: row.At, Read: row.Read,
		}
	}
	return thread, nil
}

// CountUnread counts what a side has not read, request by request.
func (s Exchange) CountUnread(ctx context.Context, side request.Side, tenant value.Siret) (map[habilitation.RequestNumber]int, error) {
	const sqlCount = `
		SELECT m.request, count(*) AS unread FROM request_messages m JOIN requests r ON r.number = m.request
		WHERE m.side = $1 AND m.read_at IS NULL AND ($2 = '' OR r.siret = $2) GROUP BY m.request`
	var rows []struct {
		Request int64 `db:"request"`
		Unread  int   `db:"unread"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlCount, string(side.Other()), tenant.String()); err != nil {
		return nil, err
	}
	counted := make(map[habilitation.RequestNumber]int, len(rows))
	for _, row := range rows {
		counted[habilitation.RequestNumber(row.Request)] = row.Unread
	}
	return counted, nil
}

// MarkRead marks what the other side wrote, up to a message: what came since the page was
// shown stays unread.
func (s Exchange) MarkRead(ctx context.Context, number habilitation.RequestNumber, reader request.Side, upTo int64, at time.Time) error {
	const sqlMark = `
		UPDATE request_messages SET read_at = $4 WHERE request = $1 AND side = $2 AND id <= $3 AND read_at IS NULL`
	_, err := s.DB.pool.ExecContext(ctx, sqlMark, int64(number), string(reader.Other()), upTo, at)
	return err
}

// ripe begins the condition of the claims c that an instructor may decide: they wait since a
// moment, or before (request.Claim.Ripe).
const ripe = `c.state = 'en_attente' AND c.at <=`

// FindClaim finds the claim that waits for a request; zero when none does.
func (s Exchange) FindClaim(ctx context.Context, number habilitation.RequestNumber) (request.Claim, error) {
	const sqlFind = `
		SELECT c.id AS claim, c.state, c.at, p.id, p.given_name, p.usual_name, p.mail
		FROM request_claims c JOIN accounts p ON p.id = c.account_id WHERE c.request = $1 AND c.state = 'en_attente'`
	var row struct {
		Claim int64     `db:"claim"`
		State string    `db:"state"`
		At    time.Time `db:"at"`
		colleagueRow
	}
	err := s.DB.pool.GetContext(ctx, &row, sqlFind, int64(number))
	if errors.Is(err, sql.ErrNoRows) {
		return request.Claim{}, nil
	}
	if err != nil {
		return request.Claim{}, err
	}
	return request.Claim{ID: row.Claim, Request: number, Claimant: row.colleague(), State: request.ClaimState(row.State), At: row.At}, nil
}

// CountRipe counts the claims that wait since a time, or before.
func (s Exchange) CountRipe(ctx context.Context, before time.Time) (int, error) {
	const sqlCount = `SELECT count(*) FROM request_claims c WHERE ` + ripe + ` $1`
	var counted int
	if err := s.DB.pool.GetContext(ctx, &counted, sqlCount, before); err != nil {
		return 0, fmt.Errorf("count ripe claims: %w", err)
	}
	return counted, nil
}
