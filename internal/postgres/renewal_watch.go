package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
)

// RenewalWatch implements renewal.WatchStore.
type RenewalWatch struct{ DB *DB }

var _ renewal.WatchStore = RenewalWatch{}

const (
	// toldStages are the reminders that are recorded for the expiry of a token t; beforeStages
	// those of the token that it replaces, for the same expiry.
	toldStages   = `ARRAY(SELECT x.stage::bigint FROM reminders x WHERE x.token = t.id AND x.expires_at = t.expires_at ORDER BY x.stage)`
	beforeStages = `ARRAY(SELECT x.stage::bigint FROM reminders x WHERE x.token = t.replaces AND x.expires_at = t.expires_at ORDER BY x.stage)`
	// civilExpiry is the last day of a token t.
	civilExpiry = `(t.expires_at AT TIME ZONE 'Europe/Paris')::date`
)

func stagesOf(stored pq.Int64Array) []renewal.Stage {
	var stages []renewal.Stage
	for _, stage := range stored {
		stages = append(stages, renewal.Stage(stage))
	}
	return stages
}

// parisDay is the beginning in Paris of a date of the database.
func parisDay(date time.Time) time.Time {
	return value.DayBegins(date.Year(), date.Month(), date.Day())
}

// ListCycles lists the expiries of the tokens of which people are reminded.
func (s RenewalWatch) ListCycles(ctx context.Context, editor value.Siret, before time.Time) ([]renewal.Cycle, error) {
	const sqlCycles = `
		SELECT expiry, told, before, count(*) AS tokens
		FROM (SELECT ` + civilExpiry + ` AS expiry, ` + toldStages + ` AS told, ` + beforeStages + ` AS before` + fileTables + `
			WHERE ` + isReminded + ` AND ` + isOfNewest + ` AND t.expires_at < $1 AND ($2 = '' OR t.editor_siret = $2)) seen
		GROUP BY expiry, told, before ORDER BY expiry`
	var rows []struct {
		Expiry time.Time     `db:"expiry"`
		Told   pq.Int64Array `db:"told"`
		Before pq.Int64Array `db:"before"`
		Tokens int           `db:"tokens"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlCycles, before, editor.String()); err != nil {
		return nil, err
	}
	cycles := make([]renewal.Cycle, len(rows))
	for i, row := range rows {
		cycles[i] = renewal.Cycle{Expiry: parisDay(row.Expiry), Told: stagesOf(row.Told), Before: stagesOf(row.Before), Tokens: row.Tokens}
	}
	return cycles, nil
}

// ListPlanned lists the tokens that are reminded of on a day: renewal.Cycle.Coming in SQL; a
// test compares them.
func (s RenewalWatch) ListPlanned(ctx context.Context, query renewal.DayQuery) ([]renewal.Planned, int, error) {
	const sqlPlanned = `
		SELECT` + fileColumns + neighbours + `, due.stage, count(*) OVER () AS total` + fileTables + `
		CROSS JOIN LATERAL (SELECT CASE WHEN $3 = $1 THEN ` + dueStage + `
			ELSE (SELECT s FROM unnest($2::int[]) s WHERE s = ` + civilExpiry + ` - $3::date) END AS stage) due
		WHERE ` + isReminded + ` AND ` + isOfNewest + ` AND due.stage IS NOT NULL
			AND t.expires_at >= $4 AND t.expires_at < $5
			AND NOT EXISTS (SELECT FROM reminders x WHERE x.token = t.id AND x.expires_at = t.expires_at AND x.stage <= due.stage)
			AND NOT ($3 = $1 AND EXISTS (SELECT FROM reminders x WHERE x.token = t.replaces AND x.expires_at = t.expires_at AND x.stage = due.stage))
		ORDER BY due.stage, lower(t.organisation), t.id LIMIT $6 OFFSET $7`
	from, before := renewal.Window(query.Day)
	if to, _ := renewal.Window(query.Now); from.Before(to) {
		from = to
	}
	var rows []struct {
		tokenFileRow
		Stage int `db:"stage"`
	}
	err := s.DB.pool.SelectContext(ctx, &rows, sqlPlanned, value.InParis(query.Now).Format(time.DateOnly), allStages(),
		value.InParis(query.Day).Format(time.DateOnly), from, before, query.Limit, query.Offset)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	planned := make([]renewal.Planned, len(rows))
	for i, row := range rows {
		planned[i] = renewal.Planned{TokenFile: row.file(), Stage: renewal.Stage(row.Stage)}
	}
	return planned, rows[0].Total, nil
}

const (
	// lastHandedOver is the last reminder of the expiry of a token t that a server took or
	// refused for the requester: those that follow a correction tell more than those before.
	lastHandedOver = `
		LEFT JOIN LATERAL (
			SELECT m.id AS mail, a.state, a.address FROM reminders x JOIN mails m ON m.key = x.mail_key JOIN mail_recipients a ON a.mail_id = m.id
			WHERE x.token = t.id AND x.expires_at = t.expires_at AND a.field = 'to' AND a.state IN ('sent', 'bounced')
				AND lower(a.address) = lower(` + requesterMail + `)
			ORDER BY x.stage LIMIT 1) handed ON true`
	// townOf knows the département of the town of a token t.
	townOf = `
		LEFT JOIN collectivities c ON c.siret = t.siret
		LEFT JOIN applications a ON a.request = t.request`
	departementOf = `COALESCE(c.departement, NULLIF(a.departement, ''), '')`
	// callsRefused is the last day on which a token t was shown after it had expired.
	callsRefused = `(SELECT max(u.day) FROM token_uses u WHERE u.token = t.id AND u.outcome LIKE '%00103' AND u.day >= ` + civilExpiry + `)`
)

type riskRow struct {
	tokenFileRow
	Departement    string         `db:"departement"`
	Requester      []byte         `db:"requester"`
	MailInUse      string         `db:"mail_in_use"`
	TownPhone      string         `db:"town_phone"`
	Elsewhere      bool           `db:"elsewhere"`
	RefusedMail    sql.NullInt64  `db:"refused_mail"`
	RefusedAddress sql.NullString `db:"refused_address"`
	CallsRefused   sql.NullTime   `db:"calls_refused"`
	Amendment      sql.NullInt64  `db:"amendment"`
	BegunAt        sql.NullTime   `db:"begun_at"`
	FiledAt        sql.NullTime   `db:"filed_at"`
	Returned       bool           `db:"returned"`
	Told           pq.Int64Array  `db:"told"`
	Before         pq.Int64Array  `db:"before"`
}

func (r riskRow) risk() (renewal.Risk, error) {
	risk := renewal.Risk{
		TokenFile: r.file(), Departement: r.Departement, TownPhone: r.TownPhone, Elsewhere: r.Elsewhere, RefusedMail: r.RefusedMail.Int64, RefusedAddress: r.RefusedAddress.String,
		Told: stagesOf(r.Told), Before: stagesOf(r.Before),
	}
	if r.CallsRefused.Valid {
		risk.CallsRefused = parisDay(r.CallsRefused.Time)
	}
	if r.Amendment.Valid {
		risk.Amendment = renewal.Amendment{
			ID: r.Amendment.Int64, TokenID: risk.ID, Request: risk.Request, Expiry: risk.ExpiresAt, BegunAt: r.BegunAt.Time, FiledAt: r.FiledAt.Time, Returned: r.Returned,
		}
	}
	if err := json.Unmarshal(r.Requester, &risk.Requester); err != nil {
		return renewal.Risk{}, fmt.Errorf("read the requester of %s: %w", risk.Request, err)
	}
	risk.Requester.Mail = r.MailInUse
	return risk, nil
}

// ListRisks lists the tokens that match. The page is cut first: what is shown of its lines is
// read for them alone.
func (s RenewalWatch) ListRisks(ctx context.Context, query renewal.RiskQuery) ([]renewal.Risk, int, error) {
	const sqlRisks = `
		WITH page AS MATERIALIZED (
			SELECT t.id, count(*) OVER () AS total, CASE WHEN $15 THEN -1 ELSE 1 END * row_number() OVER (ORDER BY
				CASE WHEN $13 = 'nom' THEN lower(t.organisation) END,
				CASE WHEN $13 = 'usage' THEN GREATEST(t.last_used_at, ` + callsRefused + `) END DESC NULLS LAST,
				t.expires_at, t.id) AS place` + fileTables + townOf + `
			WHERE ` + isProlongable + ` AND ` + isOfNewest + ` AND t.expires_at >= $1 AND t.expires_at < $2
			  AND ($3 OR cardinality($4::text[]) > 0 AND ` + plain + `t.organisation` + plainEnds + ` LIKE ALL ($4)
				OR $5 <> '' AND t.siret LIKE $5 || '%' OR t.request = $6 OR t.habilitation = $7)
			  AND ($8 = '' OR t.editor_siret = $8) AND ($9 = '' OR ` + departementOf + ` = $9)
			  AND (NOT $10 OR COALESCE((SELECT handed.state = 'bounced' FROM (SELECT) one` + lastHandedOver + `), false))
			ORDER BY place LIMIT $11 OFFSET $12)
		SELECT` + fileColumns + neighbours + `, page.total, ` + departementOf + ` AS departement, r.requester, ` + requesterMail + ` AS mail_in_use,
			COALESCE(c.contact_phone, '') AS town_phone, r.mails_by <> 'portail' AS elsewhere,
			CASE handed.state WHEN 'bounced' THEN handed.mail END AS refused_mail, CASE handed.state WHEN 'bounced' THEN handed.address END AS refused_address,
			CASE WHEN t.expires_at < $14 THEN ` + callsRefused + ` END AS calls_refused, d.id AS amendment, d.begun_at, d.filed_at, ` + isReturned + ` AS returned,
			` + toldStages + ` AS told, ` + beforeStages + ` AS before` + fileTables + `
		JOIN page ON page.id = t.id` + townOf + lastHandedOver + `
		LEFT JOIN amendments d ON d.request = t.request AND d.ended_at IS NULL
		ORDER BY page.place`
	from := query.From
	if from.IsZero() {
		from = time.Unix(0, 0)
	}
	var rows []riskRow
	err := s.DB.pool.SelectContext(ctx, &rows, sqlRisks, from, query.Before, query.IsZero(), patterns(query.Words), query.SiretStart,
		int64(query.Request), int64(query.Habilitation), query.Editor.String(), query.Departement, query.Refused, query.Limit, query.Offset,
		string(query.Order), query.Now, query.Reverse)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	found := make([]renewal.Risk, len(rows))
	for i, row := range rows {
		if found[i], err = row.risk(); err != nil {
			return nil, 0, err
		}
	}
	return found, rows[0].Total, nil
}

// CountRisks counts the tokens at risk: those that lists of them show.
func (s RenewalWatch) CountRisks(ctx context.Context, editor value.Siret, now time.Time) (renewal.RiskCounts, error) {
	const sqlCount = `
		SELECT count(*) AS all, count(*) FILTER (WHERE t.expires_at >= $2 AND t.expires_at < $3) AS in_thirty,
			count(*) FILTER (WHERE t.expires_at >= $2 AND t.expires_at < $4) AS in_seven, count(*) FILTER (WHERE t.expires_at < $2) AS cut,
			count(*) FILTER (WHERE handed.state = 'bounced') AS refused, count(*) FILTER (WHERE COALESCE(r.requester ->> 'mail', '') = '') AS unaddressed` +
		fileTables + lastHandedOver + `
		WHERE ` + isProlongable + ` AND ` + isOfNewest + ` AND t.expires_at < $5 AND ($1 = '' OR t.editor_siret = $1)`
	var counted struct {
		All         int `db:"all"`
		InThirty    int `db:"in_thirty"`
		InSeven     int `db:"in_seven"`
		Cut         int `db:"cut"`
		Refused     int `db:"refused"`
		Unaddressed int `db:"unaddressed"`
	}
	err := s.DB.pool.GetContext(ctx, &counted, sqlCount, editor.String(), now, renewal.DayIn(now, renewal.NearDays), renewal.DayIn(now, renewal.UrgentDays),
		renewal.DayIn(now, renewal.Opening+1))
	return renewal.RiskCounts(counted), err
}

// ListFunnel tells what became of the expiries between two times. Whoever answered has come, on
// a session that was open already too, of which nothing else is noted: looking changes nothing.
func (s RenewalWatch) ListFunnel(ctx context.Context, editor value.Siret, from, before time.Time) ([]renewal.FunnelMonth, error) {
	const sqlFunnel = `
		WITH cohort AS (
			SELECT x.token, x.expires_at FROM reminders x JOIN tokens t ON t.id = x.token JOIN requests r ON r.number = t.request AND r.mails_by = 'portail'
			WHERE x.expires_at >= $1 AND x.expires_at < $2 AND t.expires_at = x.expires_at AND t.replaced_at IS NULL AND t.revoked_at IS NULL
			UNION
			SELECT p.token, p.from_at FROM prolongations p WHERE p.from_at >= $1 AND p.from_at < $2),
		came AS (
			SELECT a.token, a.expires_at FROM renewal_arrivals a WHERE a.expires_at >= $1 AND a.expires_at < $2
			UNION
			SELECT p.token, p.from_at FROM prolongations p WHERE p.from_at >= $1 AND p.from_at < $2
			UNION
			SELECT m.token, m.expires_at FROM amendments m WHERE m.expires_at >= $1 AND m.expires_at < $2)
		SELECT date_trunc('month', c.expires_at AT TIME ZONE 'Europe/Paris')::date AS month, count(*) AS tokens, sum(w.written)::bigint AS written,
			sum(w.sent)::bigint AS sent, count(a.token) AS opened,
			count(*) FILTER (WHERE p.days_left > $3) AS early, count(*) FILTER (WHERE p.days_left <= $3 AND p.at <= c.expires_at) AS in_time,
			count(*) FILTER (WHERE p.at > c.expires_at) AS late, count(*) FILTER (WHERE p.way = 'modification') AS amended
		FROM cohort c JOIN tokens t ON t.id = c.token
		CROSS JOIN LATERAL (
			SELECT count(*) AS written, count(*) FILTER (WHERE EXISTS (
				SELECT FROM mails m JOIN mail_recipients o ON o.mail_id = m.id WHERE m.key = x.mail_key AND o.field = 'to' AND o.state = 'sent')) AS sent
			FROM reminders x WHERE x.token = c.token AND x.expires_at = c.expires_at AND x.state = 'ecrit') w
		LEFT JOIN came a ON a.token = c.token AND a.expires_at = c.expires_at
		LEFT JOIN LATERAL (
			SELECT d.at, d.way, (d.from_at AT TIME ZONE 'Europe/Paris')::date - (d.at AT TIME ZONE 'Europe/Paris')::date AS days_left
			FROM prolongations d WHERE d.token = c.token AND d.from_at = c.expires_at) p ON true
		WHERE $4 = '' OR t.editor_siret = $4
		GROUP BY month ORDER BY month`
	var rows []struct {
		Month   time.Time `db:"month"`
		Tokens  int       `db:"tokens"`
		Written int       `db:"written"`
		Sent    int       `db:"sent"`
		Opened  int       `db:"opened"`
		Early   int       `db:"early"`
		InTime  int       `db:"in_time"`
		Late    int       `db:"late"`
		Amended int       `db:"amended"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlFunnel, from, before, renewal.NearDays, editor.String()); err != nil {
		return nil, err
	}
	months := make([]renewal.FunnelMonth, len(rows))
	for i, row := range rows {
		months[i] = renewal.FunnelMonth(row)
		months[i].Month = parisDay(row.Month)
	}
	return months, nil
}

// ListUndecided lists the modifications that were not decided at the expiry between two times.
func (s RenewalWatch) ListUndecided(ctx context.Context, from, before time.Time) ([]renewal.Undecided, error) {
	const sqlUndecided = `
		SELECT d.id, d.request, t.siret, t.organisation, t.id::text AS token, d.expires_at, d.filed_at, d.ended_at,
			CASE WHEN t.replaced_at IS NULL AND t.revoked_at IS NULL THEN t.expires_at END AS until
		FROM amendments d JOIN tokens t ON t.id = d.token
		WHERE d.filed_at < d.expires_at AND (d.ended_at > d.expires_at OR d.ended_at IS NULL AND ` + isFiled + `) AND d.expires_at >= $1 AND d.expires_at < $2
		ORDER BY d.expires_at, d.id`
	var rows []struct {
		ID           int64        `db:"id"`
		Request      int64        `db:"request"`
		Siret        string       `db:"siret"`
		Organisation string       `db:"organisation"`
		Token        string       `db:"token"`
		ExpiresAt    time.Time    `db:"expires_at"`
		FiledAt      time.Time    `db:"filed_at"`
		EndedAt      sql.NullTime `db:"ended_at"`
		Until        sql.NullTime `db:"until"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlUndecided, from, before); err != nil {
		return nil, err
	}
	found := make([]renewal.Undecided, len(rows))
	for i, row := range rows {
		found[i] = renewal.Undecided{
			Amendment: renewal.Amendment{
				ID: row.ID, TokenID: row.Token, Request: habilitation.RequestNumber(row.Request), Expiry: row.ExpiresAt, FiledAt: row.FiledAt, EndedAt: row.EndedAt.Time,
			},
			Siret: value.Siret(row.Siret), Organisation: row.Organisation, Until: row.Until.Time,
		}
	}
	return found, nil
}

// CountLate counts what lists of them show.
func (s RenewalWatch) CountLate(ctx context.Context, from, now time.Time) (renewal.Late, error) {
	const sqlLate = `
		SELECT (SELECT count(*)` + fileTables + ` WHERE ` + isProlongable + ` AND ` + isOfNewest + ` AND t.expires_at < $2) AS cut,
			(SELECT count(*) FROM amendments d WHERE d.filed_at < d.expires_at AND d.ended_at IS NULL AND ` + isFiled + ` AND d.expires_at >= $1 AND d.expires_at < $2) AS undecided`
	var counted struct {
		Cut       int `db:"cut"`
		Undecided int `db:"undecided"`
	}
	err := s.DB.pool.GetContext(ctx, &counted, sqlLate, from, now)
	return renewal.Late(counted), err
}
