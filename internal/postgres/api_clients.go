package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
)

// APIClients implements machine.Store.
type APIClients struct{ DB *DB }

var _ machine.Store = APIClients{}

// shownRevoked is how many clients that were revoked are listed, the last ones: the journal
// has them all.
const shownRevoked = 10

// clientColumns are a client c with its editor e.
const (
	clientColumns = `
		c.id, c.editor_siret, e.name AS editor_name, c.name, c.scopes, c.networks::text[] AS networks, c.created_at, c.created_by,
		c.revoked_at, c.revoked_by, c.last_used_at, c.revision`
	withItsEditor = ` JOIN editors e ON e.siret = c.editor_siret `
)

type clientRow struct {
	ID          string         `db:"id"`
	EditorSiret string         `db:"editor_siret"`
	EditorName  string         `db:"editor_name"`
	Name        string         `db:"name"`
	Scopes      pq.StringArray `db:"scopes"`
	Networks    pq.StringArray `db:"networks"`
	CreatedAt   time.Time      `db:"created_at"`
	CreatedBy   string         `db:"created_by"`
	RevokedAt   sql.NullTime   `db:"revoked_at"`
	RevokedBy   string         `db:"revoked_by"`
	LastUsedAt  sql.NullTime   `db:"last_used_at"`
	Revision    int            `db:"revision"`
}

func (r clientRow) client() (machine.Client, error) {
	client := machine.Client{
		ID: r.ID, Editor: account.Organisation{Siret: value.Siret(r.EditorSiret), Name: r.EditorName}, Name: r.Name, Scopes: scopesOf(r.Scopes),
		CreatedAt: r.CreatedAt, CreatedBy: r.CreatedBy, RevokedAt: r.RevokedAt.Time, RevokedBy: r.RevokedBy, LastUse: r.LastUsedAt.Time, Revision: r.Revision,
	}
	for _, text := range r.Networks {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return machine.Client{}, fmt.Errorf("read the networks of API client %s: %w", r.ID, err)
		}
		client.Networks = append(client.Networks, network)
	}
	return client, nil
}

func scopesOf(names []string) []machine.Scope {
	var scopes []machine.Scope
	for _, name := range names {
		scopes = append(scopes, machine.Scope(name))
	}
	return scopes
}

func scopeNames(scopes []machine.Scope) pq.StringArray {
	names := make(pq.StringArray, len(scopes))
	for i, scope := range scopes {
		names[i] = string(scope)
	}
	return names
}

func networkTexts(networks []netip.Prefix) pq.StringArray {
	texts := make(pq.StringArray, len(networks))
	for i, network := range networks {
		texts[i] = network.String()
	}
	return texts
}

// ListClients lists those that hold, by name, then the last revoked ones.
func (s APIClients) ListClients(ctx context.Context, editor value.Siret) ([]machine.Client, error) {
	const sqlList = `
		SELECT ` + clientColumns + ` FROM api_clients c` + withItsEditor + `
		WHERE c.editor_siret = $1 AND (c.revoked_at IS NULL OR c.id IN (
			SELECT r.id FROM api_clients r WHERE r.editor_siret = $1 AND r.revoked_at IS NOT NULL ORDER BY r.revoked_at DESC, r.id LIMIT $2))
		ORDER BY c.revoked_at DESC NULLS FIRST, c.folded_name, c.id`
	var rows []clientRow
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlList, editor.String(), shownRevoked); err != nil {
		return nil, err
	}
	listed, ids := make([]machine.Client, len(rows)), make([]string, len(rows))
	for i, row := range rows {
		var err error
		if listed[i], err = row.client(); err != nil {
			return nil, err
		}
		ids[i] = row.ID
	}
	secrets, err := s.secrets(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range listed {
		listed[i].Secrets = secrets[listed[i].ID]
	}
	return listed, nil
}

// secrets gives the secrets that hold of clients.
func (s APIClients) secrets(ctx context.Context, clients []string) (map[string][]machine.Secret, error) {
	const sqlSecrets = `
		SELECT s.id, (SELECT count(*) FROM api_client_secrets o WHERE o.client = s.client AND o.id <= s.id) AS rank,
			s.client, s.created_at, s.created_by, s.last_used_at FROM api_client_secrets s
		WHERE s.client = ANY($1) AND s.ended_at IS NULL ORDER BY s.created_at, s.id`
	var rows []struct {
		ID         int64        `db:"id"`
		Rank       int          `db:"rank"`
		Client     string       `db:"client"`
		CreatedAt  time.Time    `db:"created_at"`
		CreatedBy  string       `db:"created_by"`
		LastUsedAt sql.NullTime `db:"last_used_at"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlSecrets, pq.StringArray(clients)); err != nil {
		return nil, fmt.Errorf("list the secrets of API clients: %w", err)
	}
	found := map[string][]machine.Secret{}
	for _, row := range rows {
		found[row.Client] = append(found[row.Client], machine.Secret{ID: row.ID, Rank: row.Rank, CreatedAt: row.CreatedAt, CreatedBy: row.CreatedBy, LastUse: row.LastUsedAt.Time})
	}
	return found, nil
}

// FindClient finds a client of an editor.
func (s APIClients) FindClient(ctx context.Context, editor value.Siret, id string) (machine.Client, error) {
	const sqlFind = `SELECT ` + clientColumns + ` FROM api_clients c` + withItsEditor + ` WHERE c.id = $1 AND c.editor_siret = $2`
	var row clientRow
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, id, editor.String()); err != nil {
		return machine.Client{}, notFoundAs("api_client.unknown", err)
	}
	client, err := row.client()
	if err != nil {
		return machine.Client{}, err
	}
	secrets, err := s.secrets(ctx, []string{id})
	client.Secrets = secrets[id]
	return client, err
}

// RecordCreated keeps a client. Those of an editor wait for one another, so that they are
// counted.
func (s APIClients) RecordCreated(ctx context.Context, client machine.Client, secret machine.Kept, event audit.Event) error {
	const sqlCount = `SELECT count(*) FROM api_clients WHERE editor_siret = $1 AND revoked_at IS NULL`
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, lockKey("API clients of "+client.Editor.Siret.String())); err != nil {
			return fmt.Errorf("wait for other clients of the editor: %w", err)
		}
		var count int
		if err := tx.GetContext(ctx, &count, sqlCount, client.Editor.Siret.String()); err != nil {
			return fmt.Errorf("count the clients of the editor: %w", err)
		}
		if count >= machine.MostClients {
			return fault.New(fault.Conflict, "api_client.too_many")
		}
		added, err := insertClient(ctx, tx, client, secret, event)
		if err == nil && !added {
			return fmt.Errorf("the id %s was drawn twice", client.ID)
		}
		return err
	})
}

// RecordEnrolled keeps a client unless its id is there already.
func (s APIClients) RecordEnrolled(ctx context.Context, client machine.Client, secret machine.Kept, event audit.Event) error {
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		_, err := insertClient(ctx, tx, client, secret, event)
		return err
	})
}

// insertClient tells whether the client is new.
func insertClient(ctx context.Context, tx *sqlx.Tx, client machine.Client, secret machine.Kept, event audit.Event) (bool, error) {
	const sqlInsert = `
		INSERT INTO api_clients (id, editor_siret, name, folded_name, scopes, networks, created_at, created_by)
		VALUES ($1, $2, $3, $4, $5, $6::text[]::cidr[], $7, $8) ON CONFLICT (id) DO NOTHING`
	result, err := tx.ExecContext(ctx, sqlInsert, client.ID, client.Editor.Siret.String(), client.Name, place.Fold(client.Name),
		scopeNames(client.Scopes), networkTexts(client.Networks), client.CreatedAt, client.CreatedBy)
	if err != nil {
		return false, nameTaken(err)
	}
	if added, err := result.RowsAffected(); err != nil || added == 0 {
		return false, err
	}
	if err := insertSecret(ctx, tx, client.ID, secret); err != nil {
		return false, err
	}
	return true, recordEvent(ctx, tx, event)
}

func nameTaken(err error) error {
	if violates(err, "api_clients_name") {
		return fault.New(fault.Conflict, "api_client.name_taken")
	}
	return fmt.Errorf("write API client: %w", err)
}

// insertSecret takes the place that is free.
func insertSecret(ctx context.Context, tx *sqlx.Tx, client string, secret machine.Kept) error {
	const sqlInsert = `
		INSERT INTO api_client_secrets (client, place, digest, pepper, created_at, created_by)
		SELECT $1, free.place, $2, $3, $4, $5
		FROM (SELECT p.place FROM (VALUES (1), (2)) AS p (place)
			WHERE NOT EXISTS (SELECT FROM api_client_secrets s WHERE s.client = $1 AND s.place = p.place AND s.ended_at IS NULL)
			ORDER BY p.place LIMIT 1) free`
	result, err := tx.ExecContext(ctx, sqlInsert, client, secret.Digest, secret.Key, secret.At, secret.By)
	if violates(err, "api_client_secrets_place") {
		return fault.New(fault.Conflict, "api_client.two_secrets")
	}
	if err != nil {
		return fmt.Errorf("write the secret of an API client: %w", err)
	}
	return oneRow(result, fault.New(fault.Conflict, "api_client.two_secrets"))
}

// RecordChange keeps what was decided. The revision says that the client did not move since.
func (s APIClients) RecordChange(ctx context.Context, change machine.Change) error {
	const (
		sqlChange = `
			UPDATE api_clients SET name = $3, folded_name = $4, scopes = $5, networks = $6::text[]::cidr[], revoked_at = $7, revoked_by = $8, revision = revision + 1
			WHERE id = $1 AND revision = $2 AND revoked_at IS NULL`
		sqlEnd = `UPDATE api_client_secrets SET ended_at = $3 WHERE id = $1 AND client = $2 AND ended_at IS NULL`
	)
	c := change.Client
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, sqlChange, c.ID, c.Revision, c.Name, place.Fold(c.Name), scopeNames(c.Scopes), networkTexts(c.Networks),
			sql.NullTime{Time: c.RevokedAt, Valid: c.Revoked()}, c.RevokedBy)
		if err != nil {
			return nameTaken(err)
		}
		if err := oneRow(result, fault.New(fault.Conflict, "api_client.moved")); err != nil {
			return err
		}
		if change.Adds != nil {
			if err := insertSecret(ctx, tx, c.ID, *change.Adds); err != nil {
				return err
			}
		}
		if change.Ends != 0 {
			result, err := tx.ExecContext(ctx, sqlEnd, change.Ends, c.ID, change.Event.At)
			if err != nil {
				return fmt.Errorf("end the secret of an API client: %w", err)
			}
			if err := oneRow(result, fault.New(fault.Conflict, "api_client.secret_ended")); err != nil {
				return err
			}
		}
		return recordEvent(ctx, tx, change.Event)
	})
}
