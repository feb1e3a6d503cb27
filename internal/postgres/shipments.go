package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/failpoint"
)

// Shipments implements dossier.ShipmentStore.
type Shipments struct{ DB *DB }

var _ dossier.ShipmentStore = Shipments{}

const sqlShipment = `
	SELECT d.id, d.reference, d.siret, d.code_cog, d.state, d.recorded_at, COALESCE(d.folder_id, '') AS folder_id,
	       p.key, p.content, p.files, c.form <> 'ouvert' AS held
	FROM dossiers d JOIN collectivities c ON c.siret = d.siret LEFT JOIN dossier_payloads p ON p.dossier_id = d.id `

type shipmentRow struct {
	ID         int64     `db:"id"`
	Reference  string    `db:"reference"`
	Siret      string    `db:"siret"`
	COG        string    `db:"code_cog"`
	State      string    `db:"state"`
	RecordedAt time.Time `db:"recorded_at"`
	FolderID   string    `db:"folder_id"`
	Key        []byte    `db:"key"`
	Content    []byte    `db:"content"`
	Files      []byte    `db:"files"`
	Held       bool      `db:"held"`
}

func (r shipmentRow) shipment() dossier.Shipment {
	return dossier.Shipment{
		ID: r.ID, Reference: value.Reference(r.Reference), State: dossier.State(r.State),
		Recipient:  dossier.Recipient{Siret: value.Siret(r.Siret), COG: r.COG},
		RecordedAt: r.RecordedAt, FolderID: r.FolderID, Held: r.Held,
		PayloadKey: r.Key, Payload: r.Content, Files: r.Files,
	}
}

// FindShipment finds a shipment by its id.
func (s Shipments) FindShipment(ctx context.Context, id int64) (dossier.Shipment, error) {
	return s.find(ctx, sqlShipment+`WHERE d.id = $1`, id)
}

// FindShipmentByReference finds a shipment by its reference.
func (s Shipments) FindShipmentByReference(ctx context.Context, reference value.Reference) (dossier.Shipment, error) {
	return s.find(ctx, sqlShipment+`WHERE d.reference = $1`, reference.String())
}

func (s Shipments) find(ctx context.Context, query string, key any) (dossier.Shipment, error) {
	var row shipmentRow
	if err := s.DB.pool.GetContext(ctx, &row, query, key); err != nil {
		return dossier.Shipment{}, notFoundAs("dossier.unknown", err)
	}
	return row.shipment(), nil
}

// RecordPrepared keeps the sealed files, once: those of a late worker may have other sizes
// than HubEE was told.
func (s Shipments) RecordPrepared(ctx context.Context, id int64, files []byte, now time.Time) error {
	const sqlPrepare = `
		WITH prepared AS (
			UPDATE dossier_payloads SET files = $2 WHERE dossier_id = $1 AND files IS NULL RETURNING dossier_id)
		INSERT INTO dossier_events (dossier_id, at, kind) SELECT dossier_id, $3, 'prepared' FROM prepared`
	result, err := s.DB.pool.ExecContext(ctx, sqlPrepare, id, files, now)
	if err != nil {
		return err
	}
	return oneRow(result, fault.New(fault.Conflict, "dossier.moved"))
}

// RecordFolder keeps the ids of HubEE as long as the dossier is on its way and has no other
// folder: a late worker never replaces the folder that another one fills. Writing the same
// folder again, because the first answer was lost, changes nothing.
func (s Shipments) RecordFolder(ctx context.Context, id int64, folderID, caseID string, now time.Time) error {
	const sqlFolder = `
		WITH kept AS (
			UPDATE dossiers SET folder_id = $2, case_id = $3
			WHERE id = $1 AND state = 'enregistre' AND (folder_id IS NULL OR folder_id = $2) RETURNING id)
		INSERT INTO dossier_events (dossier_id, at, kind, detail) SELECT id, $4, 'folder_created', $2 FROM kept`
	result, err := s.DB.pool.ExecContext(ctx, sqlFolder, id, folderID, caseID, now)
	if err != nil {
		return err
	}
	return oneRow(result, fault.New(fault.Conflict, "dossier.moved"))
}

// ForgetFolder drops the ids of a folder that is gone, unless the dossier has another by
// now.
func (s Shipments) ForgetFolder(ctx context.Context, id int64, folderID string, now time.Time) error {
	const sqlForget = `
		WITH forgotten AS (
			UPDATE dossiers SET folder_id = NULL, case_id = NULL
			WHERE id = $1 AND state = 'enregistre' AND folder_id = $2 RETURNING id)
		INSERT INTO dossier_events (dossier_id, at, kind, detail) SELECT id, $3, 'folder_gone', $2 FROM forgotten`
	result, err := s.DB.pool.ExecContext(ctx, sqlForget, id, folderID, now)
	if err != nil {
		return err
	}
	return oneRow(result, fault.New(fault.Conflict, "dossier.moved"))
}

// ListQuarantined lists the dossiers that wait for staff.
func (s Shipments) ListQuarantined(ctx context.Context) ([]dossier.Shipment, error) {
	var rows []shipmentRow
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlShipment+`WHERE d.state = 'quarantaine' ORDER BY d.recorded_at`); err != nil {
		return nil, err
	}
	waiting := make([]dossier.Shipment, len(rows))
	for i, row := range rows {
		waiting[i] = row.shipment()
	}
	return waiting, nil
}

// RecordTransmitted moves the dossier to Transmitted, unless HubEE already told more, and
// erases its payload.
func (s Shipments) RecordTransmitted(ctx context.Context, id int64, now time.Time) error {
	const sqlTransmit = `
		UPDATE dossiers SET transmitted_at = COALESCE(transmitted_at, $2),
			state = CASE WHEN state = 'enregistre' THEN 'transmis' ELSE state END,
			state_at = CASE WHEN state = 'enregistre' THEN $2 ELSE state_at END
		WHERE id = $1 AND state NOT IN ('echec', 'quarantaine')`
	return s.end(ctx, id, now, "transmitted", sqlTransmit)
}

// RecordFailed moves the dossier to Failed and erases its payload.
func (s Shipments) RecordFailed(ctx context.Context, id int64, now time.Time) error {
	const sqlFail = `
		UPDATE dossiers SET state = 'echec', state_at = $2
		WHERE id = $1 AND state IN ('enregistre', 'quarantaine')`
	return s.end(ctx, id, now, "failed", sqlFail)
}

// end moves a dossier to a state that needs no payload any more.
func (s Shipments) end(ctx context.Context, id int64, now time.Time, kind, move string) error {
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, move, id, now)
		if err != nil {
			return fmt.Errorf("move dossier: %w", err)
		}
		if err := oneRow(result, fault.New(fault.Conflict, "dossier.moved")); err != nil {
			return err
		}
		failpoint.Hit("end: moved, payload not erased")
		if _, err := tx.ExecContext(ctx, `DELETE FROM dossier_payloads WHERE dossier_id = $1`, id); err != nil {
			return fmt.Errorf("erase payload: %w", err)
		}
		return trace(ctx, tx, id, now, kind, "")
	})
}

// RecordQuarantined sets the dossier aside for staff.
func (s Shipments) RecordQuarantined(ctx context.Context, id int64, now time.Time) error {
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		const sqlQuarantine = `
			UPDATE dossiers SET state = 'quarantaine', state_at = $2 WHERE id = $1 AND state = 'enregistre'`
		result, err := tx.ExecContext(ctx, sqlQuarantine, id, now)
		if err != nil {
			return fmt.Errorf("quarantine dossier: %w", err)
		}
		if err := oneRow(result, fault.New(fault.Conflict, "dossier.moved")); err != nil {
			return err
		}
		return trace(ctx, tx, id, now, "quarantined", "")
	})
}

// RecordResumed gives a quarantined dossier its folder and orders its delivery.
func (s Shipments) RecordResumed(ctx context.Context, id int64, folderID, caseID string, now time.Time) error {
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		const sqlResume = `
			UPDATE dossiers SET state = 'enregistre', state_at = $4, folder_id = $2, case_id = $3
			WHERE id = $1 AND state = 'quarantaine'`
		result, err := tx.ExecContext(ctx, sqlResume, id, folderID, caseID, now)
		if err != nil {
			return fmt.Errorf("resume dossier: %w", err)
		}
		if err := oneRow(result, fault.New(fault.Conflict, "dossier.not_quarantined")); err != nil {
			return err
		}
		if err := trace(ctx, tx, id, now, "resumed", folderID); err != nil {
			return err
		}
		return enqueue(ctx, tx, outbox.DeliverDossier, strconv.FormatInt(id, 10), now)
	})
}

// trace adds a line to the technical trace of a dossier.
func trace(ctx context.Context, tx *sqlx.Tx, id int64, now time.Time, kind, detail string) error {
	const sqlTrace = `INSERT INTO dossier_events (dossier_id, at, kind, detail) VALUES ($1, $2, $3, $4)`
	if _, err := tx.ExecContext(ctx, sqlTrace, id, now, kind, detail); err != nil {
		return fmt.Errorf("trace dossier: %w", err)
	}
	return nil
}
