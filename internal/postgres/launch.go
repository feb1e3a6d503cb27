package postgres

import (
	"context"
	"database/sql"

	"portail-qf/internal/domain/launch"
	"portail-qf/internal/domain/value"
)

// Launch implements launch.Source: what the tables tell of an editor's way to its first town.
type Launch struct{ DB *DB }

var _ launch.Source = Launch{}

// FindFacts tells when each step was done first. A form that was withdrawn is not published. A
// token that calls is in the software, whoever collected it; the step of the call waits for one
// that obtains the data. Dossiers are erased after 90 days: the first one is the oldest that is
// still known, found town by town by their index.
func (s Launch) FindFacts(ctx context.Context, editor value.Siret) (launch.Facts, error) {
	const sqlFacts = `
		SELECT
			(SELECT min(v.published_at) FROM editor_forms f JOIN form_versions v ON v.form_uid = f.form_uid
				WHERE f.editor_siret = $1 AND NOT EXISTS (SELECT FROM form_versions w WHERE w.form_uid = v.form_uid AND w.version >= v.version AND w.withdrawn)) AS form,
			EXISTS (SELECT FROM editors e WHERE e.siret = $1 AND e.technical_contact <> '') AS contact,
			(SELECT min(h.approved_at) FROM habilitations h WHERE h.editor_siret = $1) AS town,
			(SELECT min(LEAST(CASE WHEN t.collected_side = 'editeur' THEN t.collected_at END, t.first_used_at)) FROM tokens t WHERE t.editor_siret = $1) AS token,
			(SELECT min(t.first_answered_at) FROM tokens t WHERE t.editor_siret = $1) AS call,
			(SELECT min(a.kept_at) FROM hub_accounts a WHERE a.editor_siret = $1 AND a.state <> 'refuse') AS hub_account,
			(SELECT min(c.created_at) FROM api_clients c WHERE c.editor_siret = $1 AND c.revoked_at IS NULL) AS client,
			(SELECT min(s.active_at) FROM subscriptions s WHERE s.editor_siret = $1) AS subscription,
			(SELECT min(first.received_at) FROM subscriptions s CROSS JOIN LATERAL (
				SELECT d.received_at FROM dossiers d WHERE d.siret = s.siret AND d.received_at IS NOT NULL ORDER BY d.recorded_at LIMIT 1) first
				WHERE s.editor_siret = $1) AS dossier`
	var row struct {
		Form         sql.NullTime `db:"form"`
		Contact      bool         `db:"contact"`
		Town         sql.NullTime `db:"town"`
		Token        sql.NullTime `db:"token"`
		Call         sql.NullTime `db:"call"`
		Subscription sql.NullTime `db:"subscription"`
		Dossier      sql.NullTime `db:"dossier"`
		HubAccount   sql.NullTime `db:"hub_account"`
		Client       sql.NullTime `db:"client"`
	}
	if err := s.DB.pool.GetContext(ctx, &row, sqlFacts, editor.String()); err != nil {
		return nil, err
	}
	dated := func(at sql.NullTime) launch.Fact { return launch.Fact{Done: at.Valid, At: at.Time} }
	return launch.Facts{
		launch.FormPublished: dated(row.Form), launch.ContactVerified: {Done: row.Contact}, launch.TownHabilitated: dated(row.Town),
		launch.TokenCollected: dated(row.Token), launch.CallAnswered: dated(row.Call),
		launch.SubscriptionActive: dated(row.Subscription), launch.DossierFetched: dated(row.Dossier),
		launch.HubAccountHeld: dated(row.HubAccount), launch.ClientCreated: dated(row.Client),
	}, nil
}
