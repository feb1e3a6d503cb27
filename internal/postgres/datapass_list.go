package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/habilitation"
)

// Mailroom implements decision.MailroomStore.
type Mailroom struct{ DB *DB }

var _ decision.MailroomStore = Mailroom{}

type receivedRow struct {
	ID         int64         `db:"id"`
	Event      string        `db:"event"`
	ModelType  string        `db:"model_type"`
	Request    sql.NullInt64 `db:"request"`
	FiredAt    sql.NullInt64 `db:"fired_at"`
	ReceivedAt time.Time     `db:"received_at"`
	LastAt     time.Time     `db:"last_at"`
	Arrivals   int           `db:"arrivals"`
	State      string        `db:"state"`
	Reason     string        `db:"reason"`
	AppliedAt  sql.NullTime  `db:"applied_at"`
	Erased     bool          `db:"erased"`
}

// receivedColumns leave out what the event said: nobody reads it.
const receivedColumns = `
	d.id, d.event, d.model_type, d.request, d.fired_at, d.received_at, d.last_at, d.arrivals, d.state, d.reason, d.applied_at,
	d.content IS NULL AS erased`

func (r receivedRow) received() decision.Received {
	received := decision.Received{
		ID: r.ID, Event: r.Event, ModelType: r.ModelType, Request: habilitation.RequestNumber(r.Request.Int64),
		ReceivedAt: r.ReceivedAt, LastAt: r.LastAt, Arrivals: r.Arrivals,
		State: decision.InboxState(r.State), Reason: r.Reason, AppliedAt: r.AppliedAt.Time, Erased: r.Erased,
	}
	if r.FiredAt.Valid {
		received.FiredAt = time.Unix(r.FiredAt.Int64, 0)
	}
	return received
}

const receivedWanted = `
	WHERE ($1 = 0 OR d.request = $1)
	  AND ($2 = '' OR d.state = $2)
	  AND ($3 = '' OR d.event = $3)`

// ListReceived lists a page of events.
func (m Mailroom) ListReceived(ctx context.Context, query decision.ReceivedQuery) ([]decision.Received, int, error) {
	const (
		sqlCount = `SELECT count(*) FROM datapass_events d ` + receivedWanted
		sqlList  = `SELECT ` + receivedColumns + ` FROM datapass_events d ` + receivedWanted + `
			ORDER BY d.state <> 'quarantaine', `
		sqlNewestFirst = sqlList + `d.received_at DESC, d.id DESC LIMIT $4 OFFSET $5`
		sqlOldestFirst = sqlList + `d.received_at, d.id LIMIT $4 OFFSET $5`
	)
	wanted := []any{int64(query.Request), string(query.State), query.Event}
	var total int
	if err := m.DB.pool.GetContext(ctx, &total, sqlCount, wanted...); err != nil {
		return nil, 0, fmt.Errorf("count events: %w", err)
	}
	list := sqlOldestFirst
	if query.Descending {
		list = sqlNewestFirst
	}
	var rows []receivedRow
	if err := m.DB.pool.SelectContext(ctx, &rows, list, append(wanted, query.Limit, query.Offset)...); err != nil {
		return nil, 0, err
	}
	if len(rows) == 0 {
		return nil, total, nil
	}
	found := make([]decision.Received, len(rows))
	for i, row := range rows {
		found[i] = row.received()
	}
	return found, total, nil
}

// FindReceived finds an event.
func (m Mailroom) FindReceived(ctx context.Context, id int64) (decision.Received, error) {
	const sqlFind = `SELECT ` + receivedColumns + ` FROM datapass_events d WHERE d.id = $1`
	var row receivedRow
	if err := m.DB.pool.GetContext(ctx, &row, sqlFind, id); err != nil {
		return decision.Received{}, notFoundAs("datapass.unknown", err)
	}
	return row.received(), nil
}
