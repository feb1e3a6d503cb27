package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// SubscriptionWatch implements credential.WatchStore.
type SubscriptionWatch struct{ DB *DB }

var _ credential.WatchStore = SubscriptionWatch{}

type watchedRow struct {
	Siret          string       `db:"siret"`
	Request        int64        `db:"request"`
	Organisation   string       `db:"organisation"`
	EditorSiret    string       `db:"editor_siret"`
	Contender      int64        `db:"contender"`
	Administrator  []byte       `db:"administrator"`
	Want           string       `db:"want"`
	WantedAt       time.Time    `db:"wanted_at"`
	State          string       `db:"state"`
	COG            string       `db:"code_cog"`
	HubID          string       `db:"hub_id"`
	AtHub          string       `db:"at_hub"`
	SuspendedAtHub bool         `db:"suspended_at_hub"`
	FailureCode    string       `db:"failure_code"`
	FailureField   string       `db:"failure_field"`
	FailureTrace   string       `db:"failure_trace"`
	FailedAt       sql.NullTime `db:"failed_at"`
	ActiveAt       sql.NullTime `db:"active_at"`
	SeenAt         sql.NullTime `db:"seen_at"`
	Revision       int          `db:"revision"`

	Town           string `db:"town"`
	TownForm       string `db:"town_form"`
	EditorName     string `db:"editor_name"`
	ContendingID   string `db:"contending_siret"`
	ContendingName string `db:"contending_name"`
	Account        string `db:"account_state"`

	Total int `db:"total"`
}

const watchedColumns = `
	s.siret, COALESCE(s.request, 0) AS request, s.organisation, COALESCE(s.editor_siret, '') AS editor_siret, COALESCE(s.contender, 0) AS contender,
	s.administrator, s.want, s.wanted_at, s.state, s.code_cog, COALESCE(s.hub_id, '') AS hub_id, s.at_hub, s.suspended_at_hub,
	s.failure_code, s.failure_field, s.failure_trace, s.failed_at, s.active_at, s.seen_at, s.revision,
	COALESCE(c.name, s.organisation) AS town, COALESCE(c.form, '') AS town_form, COALESCE(e.name, '') AS editor_name,
	COALESCE(v.editor_siret, '') AS contending_siret, COALESCE(v.editor, '') AS contending_name, COALESCE(a.state, '') AS account_state`

// watchedTables are a subscription with the names that go with it: of the town, of the editor
// that receives, of the editor that contends; and with the state of its pair.
const watchedTables = `
	FROM subscriptions s
	LEFT JOIN collectivities c ON c.siret = s.siret
	LEFT JOIN editors e ON e.siret = s.editor_siret
	LEFT JOIN hub_accounts a ON a.siret = s.siret AND a.editor_siret = s.editor_siret
	LEFT JOIN LATERAL (
		SELECT h.editor_siret, h.editor FROM habilitations h
		WHERE h.request = s.contender ORDER BY h.number DESC LIMIT 1) v ON true`

func (r watchedRow) watched() (credential.Watched, error) {
	watched := credential.Watched{
		Subscription: credential.Subscription{
			Siret: value.Siret(r.Siret), Request: habilitation.RequestNumber(r.Request), Organisation: r.Organisation,
			Editor: value.Siret(r.EditorSiret), Contender: habilitation.RequestNumber(r.Contender),
			Want: credential.Want(r.Want), WantedAt: r.WantedAt, State: credential.State(r.State), COG: r.COG, HubID: r.HubID,
			AtHub: credential.HubStatus(r.AtHub), SuspendedAtHub: r.SuspendedAtHub, ActiveAt: r.ActiveAt.Time, SeenAt: r.SeenAt.Time, Revision: r.Revision,
			Failure: credential.Failure{Code: r.FailureCode, Field: r.FailureField, Trace: r.FailureTrace, At: r.FailedAt.Time},
		},
		Town: r.Town, TownForm: directory.FormState(r.TownForm), EditorName: r.EditorName,
		Contending: credential.Contending{Siret: value.Siret(r.ContendingID), Name: r.ContendingName},
		Account:    credential.HubAccountState(r.Account),
	}
	if err := json.Unmarshal(r.Administrator, &watched.Administrator); err != nil {
		return credential.Watched{}, fmt.Errorf("read the local administrator of %s: %w", r.Siret, err)
	}
	return watched, nil
}

// stoppedByHub tells that HubEE holds back what the portal wants to be active.
const stoppedByHub = `s.suspended_at_hub AND s.want = 'actif'`

// urgencyRank is the order of credential.ByUrgency: what nobody but a person mends first.
const urgencyRank = `CASE
	WHEN s.state = 'en_erreur' THEN 0 WHEN ` + stoppedByHub + ` THEN 1 WHEN s.contender IS NOT NULL THEN 2
	ELSE 2 + array_position(ARRAY['en_attente', 'inactif', 'organisation_creee', 'a_creer', 'suspendu', 'actif'], s.state) END`

// ListSubscriptions lists a page of subscriptions.
func (w SubscriptionWatch) ListSubscriptions(ctx context.Context, query credential.WatchQuery) ([]credential.Watched, int, error) {
	const sqlList = `
		SELECT ` + watchedColumns + `, count(*) OVER () AS total` + watchedTables + `
		WHERE ($1 OR cardinality($2::text[]) > 0 AND COALESCE(c.folded_name, ` + plain + `s.organisation` + plainEnds + `) LIKE ALL ($2)
			OR $3 <> '' AND s.siret LIKE $3 || '%'
			OR s.request = $4 OR s.contender = $4)
		  AND CASE $5
			WHEN '' THEN true
			WHEN 'en_retard' THEN s.state = 'en_attente' AND s.wanted_at <= $6
			WHEN 'suspendu_hubee' THEN ` + stoppedByHub + `
			WHEN 'dispute' THEN s.contender IS NOT NULL
			ELSE s.state = $5 END
		ORDER BY
			CASE WHEN $7 = 'etat' THEN ` + urgencyRank + ` * $8 END,
			CASE WHEN $7 = 'date' THEN extract(epoch FROM s.wanted_at) * $8 END,
			CASE WHEN $7 = 'nom' AND $8 < 0 THEN COALESCE(c.folded_name, lower(s.organisation)) END DESC,
			CASE WHEN $7 = 'nom' AND $8 > 0 THEN COALESCE(c.folded_name, lower(s.organisation)) END,
			s.wanted_at DESC, s.siret
		LIMIT $9 OFFSET $10`
	direction := 1
	if query.Descending {
		direction = -1
	}
	var rows []watchedRow
	err := w.DB.pool.SelectContext(ctx, &rows, sqlList, query.IsZero(), patterns(query.Words), query.SiretStart, int64(query.Request),
		string(query.Selection), query.AwaitedSince, string(query.Order), direction, query.Limit, query.Offset)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	found := make([]credential.Watched, len(rows))
	for i, row := range rows {
		if found[i], err = row.watched(); err != nil {
			return nil, 0, err
		}
	}
	return found, rows[0].Total, nil
}

// CountSubscriptions counts them by state.
func (w SubscriptionWatch) CountSubscriptions(ctx context.Context) (map[credential.State]int, error) {
	const sqlCount = `SELECT state, count(*) AS n FROM subscriptions GROUP BY state`
	var rows []struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}
	if err := w.DB.pool.SelectContext(ctx, &rows, sqlCount); err != nil {
		return nil, err
	}
	counts := make(map[credential.State]int, len(rows))
	for _, row := range rows {
		counts[credential.State(row.State)] = row.N
	}
	return counts, nil
}

// FindSubscription finds that of a town.
func (w SubscriptionWatch) FindSubscription(ctx context.Context, siret value.Siret) (credential.Watched, error) {
	const sqlFind = `SELECT ` + watchedColumns + watchedTables + ` WHERE s.siret = $1`
	var row watchedRow
	if err := w.DB.pool.GetContext(ctx, &row, sqlFind, siret.String()); err != nil {
		return credential.Watched{}, notFoundAs("subscription.unknown", err)
	}
	return row.watched()
}

// ListCalls lists the last calls of a town.
func (w SubscriptionWatch) ListCalls(ctx context.Context, siret value.Siret, limit int) ([]credential.Call, error) {
	const sqlCalls = `
		SELECT l.at, l.step, l.outcome, l.trace FROM subscription_calls l
		WHERE l.siret = $1 ORDER BY l.id DESC LIMIT $2`
	var rows []struct {
		At      time.Time `db:"at"`
		Step    string    `db:"step"`
		Outcome string    `db:"outcome"`
		Trace   string    `db:"trace"`
	}
	if err := w.DB.pool.SelectContext(ctx, &rows, sqlCalls, siret.String(), limit); err != nil {
		return nil, err
	}
	calls := make([]credential.Call, len(rows))
	for i, row := range rows {
		calls[i] = credential.Call(row)
	}
	return calls, nil
}

// ListStandingsForEditor tells how far towns are with an editor: of several requests of a
// town, the one that is valid, else the one that moved last.
func (w SubscriptionWatch) ListStandingsForEditor(ctx context.Context, editor value.Siret, towns []value.Siret) (map[value.Siret]credential.Standing, error) {
	const sqlStandings = `
		SELECT t.siret, COALESCE(r.number, 0) AS request, COALESCE(r.habilitation, 0) AS habilitation, COALESCE(r.state, '') AS state,
			r.state_at, r.approved_at, COALESCE(r.token, false) AS token, COALESCE(r.form, false) AS form,
			COALESCE(s.state, '') AS subscription, COALESCE(` + stoppedByHub + `, false) AS suspended_at_hub
		FROM unnest($2::text[]) AS t (siret)
		LEFT JOIN LATERAL (
			SELECT r.number, r.state, r.state_at, h.number AS habilitation, h.approved_at, h.token, h.form
			FROM requests r CROSS JOIN LATERAL (
				SELECT v.number, v.approved_at, v.token, v.form, v.editor_siret FROM habilitations v
				WHERE v.request = r.number ORDER BY v.number DESC LIMIT 1) h
			WHERE r.siret = t.siret AND h.editor_siret = $1
			ORDER BY r.state NOT IN ('validee', 'reouverte'), r.state_at DESC, r.number DESC LIMIT 1) r ON true
		LEFT JOIN subscriptions s ON s.siret = t.siret AND s.editor_siret = $1
		WHERE r.number IS NOT NULL OR s.siret IS NOT NULL`
	asked := make(pq.StringArray, len(towns))
	for i, town := range towns {
		asked[i] = town.String()
	}
	var rows []struct {
		Siret          string       `db:"siret"`
		Request        int64        `db:"request"`
		Habilitation   int64        `db:"habilitation"`
		State          string       `db:"state"`
		StateAt        sql.NullTime `db:"state_at"`
		ApprovedAt     sql.NullTime `db:"approved_at"`
		Token          bool         `db:"token"`
		Form           bool         `db:"form"`
		Subscription   string       `db:"subscription"`
		SuspendedAtHub bool         `db:"suspended_at_hub"`
	}
	if err := w.DB.pool.SelectContext(ctx, &rows, sqlStandings, editor.String(), asked); err != nil {
		return nil, err
	}
	standings := make(map[value.Siret]credential.Standing, len(rows))
	for _, row := range rows {
		standings[value.Siret(row.Siret)] = credential.Standing{
			Request: habilitation.RequestNumber(row.Request), Habilitation: habilitation.Number(row.Habilitation), State: habilitation.State(row.State),
			StateAt: row.StateAt.Time, ApprovedAt: row.ApprovedAt.Time, Modalities: habilitation.Modalities{Token: row.Token, Form: row.Form},
			Subscription: credential.State(row.Subscription), SuspendedAtHub: row.SuspendedAtHub,
		}
	}
	return standings, nil
}
