package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/lib/pq"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// EditorClients implements credential.ClientStore.
type EditorClients struct{ DB *DB }

var _ credential.ClientStore = EditorClients{}

// askedOfEditor are the requests with the editor $1, one a town: a request is with the editor of
// its newest habilitation, and before the first one with that of its form. A request that came to
// nothing is none.
const askedOfEditor = `
	SELECT DISTINCT ON (r.siret) r.siret, r.organisation, r.state, h.number, h.approved_at, h.token, h.form
	FROM requests r
	LEFT JOIN LATERAL (
		SELECT v.number, v.approved_at, v.token, v.form, v.editor_siret FROM habilitations v
		WHERE v.request = r.number ORDER BY v.number DESC LIMIT 1) h ON true
	WHERE r.number IN (
			SELECT g.request FROM habilitations g WHERE g.editor_siret = $1
			UNION ALL
			SELECT q.number FROM requests q JOIN editor_forms f ON f.form_uid = q.form_uid WHERE f.editor_siret = $1)
	  AND (h.number IS NULL OR h.editor_siret = $1)
	  AND r.state <> 'archivee'
	  AND ($2 = '' OR r.siret = $2)
	ORDER BY r.siret, r.state NOT IN ('validee', 'reouverte'), r.state_at DESC, r.number DESC`

// ListClients lists collectivities of an editor, in the order of SIRETs.
func (s EditorClients) ListClients(ctx context.Context, editor, only, after value.Siret, limit int) ([]credential.Client, error) {
	const sqlClients = `
		WITH asked AS (` + askedOfEditor + `)
		SELECT t.siret, COALESCE(c.name, a.organisation, '') AS name, COALESCE(c.form, '') AS public_form,
			COALESCE(a.state, '') AS request_state, COALESCE(a.number, 0) AS habilitation, a.approved_at,
			COALESCE(a.token, false) AS with_token, COALESCE(a.form, false) AS with_form,
			COALESCE(s.state, '') AS subscription, COALESCE(` + stoppedByHub + `, false) AS suspended_at_hub
		FROM (
			SELECT k.siret FROM collectivities k WHERE k.editor_siret = $1 AND ($2 = '' OR k.siret = $2)
			UNION
			SELECT a.siret FROM asked a) t
		LEFT JOIN asked a ON a.siret = t.siret
		LEFT JOIN collectivities c ON c.siret = t.siret
		LEFT JOIN subscriptions s ON s.siret = t.siret AND s.editor_siret = $1
		WHERE t.siret > $3
		ORDER BY t.siret LIMIT $4`
	var rows []struct {
		Siret          string       `db:"siret"`
		Name           string       `db:"name"`
		PublicForm     string       `db:"public_form"`
		RequestState   string       `db:"request_state"`
		Habilitation   int64        `db:"habilitation"`
		ApprovedAt     sql.NullTime `db:"approved_at"`
		WithToken      bool         `db:"with_token"`
		WithForm       bool         `db:"with_form"`
		Subscription   string       `db:"subscription"`
		SuspendedAtHub bool         `db:"suspended_at_hub"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlClients, editor.String(), only.String(), after.String(), limit); err != nil {
		return nil, err
	}
	clients := make([]credential.Client, len(rows))
	for i, row := range rows {
		clients[i] = credential.Client{
			Siret: value.Siret(row.Siret), Name: row.Name, Form: directory.FormState(row.PublicForm), Request: habilitation.State(row.RequestState),
			Habilitation: habilitation.Number(row.Habilitation), ApprovedAt: row.ApprovedAt.Time,
			Modalities:   habilitation.Modalities{Token: row.WithToken, Form: row.WithForm},
			Subscription: credential.State(row.Subscription), SuspendedAtHub: row.SuspendedAtHub,
		}
	}
	return clients, nil
}

// ListCurrent lists the token that goes on of each of some towns, with an editor.
func (s EditorClients) ListCurrent(ctx context.Context, editor value.Siret, towns []value.Siret) (map[value.Siret]credential.Token, error) {
	const sqlList = `
		SELECT DISTINCT ON (t.siret) ` + tokenColumns + ` FROM tokens t
		WHERE t.editor_siret = $1 AND t.siret = ANY($2)
		ORDER BY t.siret, t.replaced_at IS NOT NULL, t.revoked_at IS NOT NULL, t.issued_at DESC`
	sirets := make(pq.StringArray, len(towns))
	for i, town := range towns {
		sirets[i] = town.String()
	}
	var rows []tokenRow
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlList, editor.String(), sirets); err != nil {
		return nil, fmt.Errorf("list the tokens of towns: %w", err)
	}
	current := map[value.Siret]credential.Token{}
	for _, row := range rows {
		current[value.Siret(row.Siret)] = row.token()
	}
	return current, nil
}
