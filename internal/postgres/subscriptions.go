package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/value"
)

// Subscriptions implements credential.Store.
type Subscriptions struct{ DB *DB }

var _ credential.Store = Subscriptions{}

// Alone runs work while holding the lock of a town's subscription. The lock goes with the
// connection: a portal that dies lets it go.
func (s Subscriptions) Alone(ctx context.Context, siret value.Siret, work func(ctx context.Context) error) error {
	select {
	case s.DB.sagas <- struct{}{}:
		defer func() { <-s.DB.sagas }()
	case <-ctx.Done():
		return fmt.Errorf("wait for a connection: %w", ctx.Err())
	}
	var failed error
	alone, err := s.DB.alone(ctx, "subscription "+siret.String(), func(ctx context.Context) { failed = work(ctx) })
	if err == nil && !alone {
		return fault.New(fault.Conflict, "subscription.busy")
	}
	return errors.Join(err, failed)
}

// FindSubscription finds the subscription of a town.
func (s Subscriptions) FindSubscription(ctx context.Context, siret value.Siret) (credential.Subscription, error) {
	return findSubscription(ctx, s.DB.pool, siret)
}

func findSubscription(ctx context.Context, q sqlx.QueryerContext, siret value.Siret) (credential.Subscription, error) {
	const sqlFind = `SELECT ` + watchedColumns + watchedTables + ` WHERE s.siret = $1`
	var row watchedRow
	if err := sqlx.GetContext(ctx, q, &row, sqlFind, siret.String()); err != nil {
		return credential.Subscription{}, notFoundAs("subscription.unknown", err)
	}
	watched, err := row.watched()
	return watched.Subscription, err
}

// FindCollectivity finds a town of the directory.
func (s Subscriptions) FindCollectivity(ctx context.Context, siret value.Siret) (directory.Collectivity, error) {
	return Collectivities(s).FindCollectivity(ctx, siret)
}

// RecordStep records a step and what follows for the town.
func (s Subscriptions) RecordStep(ctx context.Context, step credential.Step) error {
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := writeSubscription(ctx, tx, step.After, step.At); err != nil {
			return err
		}
		if step.Town != nil {
			if err := recordCollectivity(ctx, tx, *step.Town, step.At); err != nil {
				return err
			}
			if err := followUsersContact(ctx, tx, step.Town.Siret, false); err != nil {
				return err
			}
		}
		if err := followSubscription(ctx, tx, step.After, step.At); err != nil {
			return err
		}
		if err := recordCalls(ctx, tx, step.After.Siret, step.Calls); err != nil {
			return err
		}
		for _, event := range step.Events {
			if err := recordEvent(ctx, tx, event); err != nil {
				return err
			}
		}
		for _, letter := range step.Letters {
			if err := recordLetter(ctx, tx, letter, step.At); err != nil {
				return err
			}
		}
		if step.Provision {
			return enqueue(ctx, tx, outbox.Provision, step.After.Siret.String(), step.At)
		}
		return nil
	})
}

// writeSubscription writes a subscription that was read at its revision; 0 is a new one.
// What an editor kept of it goes when another one receives the dossiers. Code:
// subscription.moved.
func writeSubscription(ctx context.Context, tx *sqlx.Tx, s credential.Subscription, at time.Time) error {
	administrator, err := json.Marshal(s.Administrator)
	if err != nil {
		return fmt.Errorf("write the local administrator: %w", err)
	}
	const sqlInsert = `
		INSERT INTO subscriptions (siret, request, organisation, editor_siret, contender, administrator, want, wanted_at, state, code_cog,
			hub_id, at_hub, suspended_at_hub, failure_code, failure_field, failure_trace, failed_at, active_at, seen_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19 WHERE $20 = 0
		ON CONFLICT (siret) DO NOTHING`
	const sqlUpdate = `
		UPDATE subscriptions SET request = $2, organisation = $3, editor_siret = $4, contender = $5, administrator = $6, want = $7, wanted_at = $8,
			state = $9, code_cog = $10, hub_id = $11, at_hub = $12, suspended_at_hub = $13, failure_code = $14, failure_field = $15, failure_trace = $16,
			failed_at = $17, active_at = $18, seen_at = $19, revision = revision + 1
		WHERE siret = $1 AND revision = $20`
	statement := sqlUpdate
	if s.Revision == 0 {
		statement = sqlInsert
	}
	result, err := tx.ExecContext(ctx, statement, s.Siret.String(), nullNumber(int64(s.Request)), s.Organisation, nullText(s.Editor.String()),
		nullNumber(int64(s.Contender)), administrator, string(s.Want), s.WantedAt, string(s.State), s.COG, nullText(s.HubID), string(s.AtHub), s.SuspendedAtHub,
		s.Failure.Code, s.Failure.Field, s.Failure.Trace, nullTime(s.Failure.At), nullTime(s.ActiveAt), nullTime(s.SeenAt), s.Revision)
	if err != nil {
		return fmt.Errorf("write subscription: %w", err)
	}
	if err := oneRow(result, fault.New(fault.Conflict, "subscription.moved")); err != nil {
		return err
	}
	return forgetHubAccount(ctx, tx, s, at)
}

func nullNumber(number int64) sql.NullInt64 { return sql.NullInt64{Int64: number, Valid: number != 0} }

func nullTime(at time.Time) sql.NullTime { return sql.NullTime{Time: at, Valid: !at.IsZero()} }

// followSubscription opens or closes the form of the town, and lets the dossiers go that
// waited for it. A town that the directory does not have yet has no form.
func followSubscription(ctx context.Context, tx *sqlx.Tx, s credential.Subscription, now time.Time) error {
	var before string
	err := tx.GetContext(ctx, &before, `SELECT form FROM collectivities WHERE siret = $1 FOR NO KEY UPDATE`, s.Siret.String())
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("lock the town: %w", err)
	}
	after := s.FormAfter(directory.FormState(before))
	const sqlFollow = `
		UPDATE collectivities SET form = $2, editor_siret = $3, updated_at = $4
		WHERE siret = $1 AND (form, editor_siret) IS DISTINCT FROM ($2, $3)`
	if _, err := tx.ExecContext(ctx, sqlFollow, s.Siret.String(), string(after), nullText(s.Editor.String()), now); err != nil {
		return fmt.Errorf("move the form of the town: %w", err)
	}
	if after != directory.FormOpen || before == string(after) {
		return nil
	}
	// As in enqueue: a worker that has one of them looked too early, and must not put it off.
	const sqlRelease = `
		WITH released AS (
			UPDATE outbox o SET due_at = $2, attempts = o.attempts + 1 FROM dossiers d
			WHERE o.kind = $3 AND o.subject = d.id::text AND o.done_at IS NULL AND o.abandoned_at IS NULL
			  AND d.siret = $1 AND d.state = 'enregistre')
		SELECT pg_notify($4, '')`
	if _, err := tx.ExecContext(ctx, sqlRelease, s.Siret.String(), now, outbox.DeliverDossier, outboxChannel); err != nil {
		return fmt.Errorf("let the dossiers of the town go: %w", err)
	}
	return nil
}

// callsKept is how many calls are kept of a town: a saga that fails for days tells the same
// thing.
const callsKept = 200

func recordCalls(ctx context.Context, tx *sqlx.Tx, siret value.Siret, calls []credential.Call) error {
	const sqlCall = `INSERT INTO subscription_calls (siret, at, step, outcome, trace) VALUES ($1, $2, $3, $4, $5)`
	for _, call := range calls {
		if _, err := tx.ExecContext(ctx, sqlCall, siret.String(), call.At, call.Step, call.Outcome, call.Trace); err != nil {
			return fmt.Errorf("record call: %w", err)
		}
	}
	if len(calls) == 0 {
		return nil
	}
	const sqlForget = `
		DELETE FROM subscription_calls WHERE siret = $1 AND id <= (
			SELECT id FROM subscription_calls WHERE siret = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)`
	if _, err := tx.ExecContext(ctx, sqlForget, siret.String(), callsKept); err != nil {
		return fmt.Errorf("forget old calls: %w", err)
	}
	return nil
}

// FindAddressees says whom to write to about a town.
func (s Subscriptions) FindAddressees(ctx context.Context, siret value.Siret) (credential.Addressees, error) {
	const sqlFind = `
		SELECT COALESCE(r.requester ->> 'mail', '') AS requester, COALESCE(e.name, '') AS editor,
			COALESCE(NULLIF(e.technical_contact, ''), h.contacts -> 'technique' ->> 'mail', '') AS technical
		FROM subscriptions s
		LEFT JOIN requests r ON r.number = s.request
		LEFT JOIN editors e ON e.siret = s.editor_siret
		LEFT JOIN LATERAL (
			SELECT v.contacts FROM habilitations v WHERE v.request = s.request ORDER BY v.number DESC LIMIT 1) h ON true
		WHERE s.siret = $1`
	var row struct{ Requester, Editor, Technical string }
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, siret.String()); err != nil {
		return credential.Addressees{}, notFoundAs("subscription.unknown", err)
	}
	return credential.Addressees{Requester: row.Requester, Technical: row.Technical, Editor: row.Editor}, nil
}

// RecordSeen notes when HubEE told of subscriptions.
func (s Subscriptions) RecordSeen(ctx context.Context, ids []string, at time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	const sqlSeen = `UPDATE subscriptions SET seen_at = $2 WHERE hub_id = ANY ($1)`
	if _, err := s.DB.pool.ExecContext(ctx, sqlSeen, pq.StringArray(ids), at); err != nil {
		return fmt.Errorf("record what was seen: %w", err)
	}
	return nil
}

// ListTold finds what is kept of subscriptions that HubEE told of.
func (s Subscriptions) ListTold(ctx context.Context, keys []credential.OrganisationKey) (map[credential.OrganisationKey]credential.Subscription, error) {
	const sqlList = `SELECT ` + watchedColumns + watchedTables + ` WHERE s.siret = ANY ($1)`
	sirets := make(pq.StringArray, len(keys))
	for i, key := range keys {
		sirets[i] = key.Siret.String()
	}
	var rows []watchedRow
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlList, sirets); err != nil {
		return nil, err
	}
	found := make(map[credential.OrganisationKey]credential.Subscription, len(rows))
	for _, row := range rows {
		watched, err := row.watched()
		if err != nil {
			return nil, err
		}
		found[watched.Key()] = watched.Subscription
	}
	return found, nil
}

// ListUnseen lists towns whose subscription HubEE did not tell of since a time.
func (s Subscriptions) ListUnseen(ctx context.Context, since time.Time, limit int) ([]value.Siret, error) {
	const sqlUnseen = `
		SELECT siret FROM subscriptions
		WHERE state IN ('actif', 'en_attente', 'suspendu') AND want = 'actif' AND code_cog <> '' AND (seen_at IS NULL OR seen_at < $1)
		ORDER BY seen_at NULLS FIRST LIMIT $2`
	var found []value.Siret
	err := s.DB.pool.SelectContext(ctx, &found, sqlUnseen, since, limit)
	return found, err
}

// ListRefused lists towns whose activation was refused before a time.
func (s Subscriptions) ListRefused(ctx context.Context, before time.Time, limit int) ([]value.Siret, error) {
	const sqlRefused = `
		SELECT siret FROM subscriptions
		WHERE state IN ('en_attente', 'actif') AND want = 'actif' AND failed_at < $1
		  AND failure_code IN ('provisioning.activation_refused', 'provisioning.editor_unknown')
		ORDER BY failed_at LIMIT $2`
	var found []value.Siret
	err := s.DB.pool.SelectContext(ctx, &found, sqlRefused, before, limit)
	return found, err
}

// RecordAdopted keeps the subscription of a town that had none here.
func (s Subscriptions) RecordAdopted(ctx context.Context, told credential.HubSubscription, at time.Time) (credential.Subscription, bool, error) {
	town, err := s.FindCollectivity(ctx, told.Subscriber.Siret)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return credential.Subscription{}, false, nil
	case err != nil:
		return credential.Subscription{}, false, err
	case town.COG != told.Subscriber.COG, town.Form == directory.FormClosed && told.Status == credential.HubActive:
		return credential.Subscription{}, false, nil
	}
	adopted := credential.Adopted(town, told, at)
	err = s.DB.InTx(ctx, func(tx *sqlx.Tx) error { return writeSubscription(ctx, tx, adopted, at) })
	if fault.Is(err, "subscription.moved") { // it has one meanwhile
		return credential.Subscription{}, false, nil
	}
	return adopted, err == nil, err
}
