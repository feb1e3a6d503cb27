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

// Desk implements request.Desk.
type Desk struct{ DB *DB }

var _ request.Desk = Desk{}

// queueTables are what a queue is made of. Only claims may be about a request without
// application: one that DataPass made.
const queueTables = `
	FROM requests r LEFT JOIN applications a ON a.request = r.number
	LEFT JOIN amendments d ON d.request = r.number AND d.ended_at IS NULL AND r.state = 'reouverte'`

const (
	// hasWaited is since when a line waits.
	hasWaited = `COALESCE(a.first_filed_at, a.edited_at, r.state_at)`
	// queueOrder names what the queue is sorted by, besides the number: the modifications that
	// prolong a token in the order of its expiry, the other modifications, then the rest, each
	// from what has waited the longest on.
	queueOrder = `
		CASE WHEN d.id IS NOT NULL THEN 0 WHEN r.state = 'reouverte' THEN 1 ELSE 2 END AS later, COALESCE(d.expires_at, ` + hasWaited + `) AS since`
)

// wasDeposited leaves out the drafts, also once they are withdrawn or erased: they are their
// town's alone.
const wasDeposited = `r.state <> 'brouillon' AND (r.state <> 'archivee' OR a.filed_at IS NOT NULL)`

// unreadOfTowns are the messages that the instructors have not read.
const unreadOfTowns = `m.side = 'collectivite' AND m.read_at IS NULL`

// queueMatches takes the parameters of matching.
const queueMatches = `
	WHERE ($1 = '' AND a.phase = 'deposee' AND r.state <> 'suspendue'
		OR $1 IN ('redaction', 'a_modifier') AND a.phase = $1
		OR $1 = 'close' AND a.phase = 'close' AND ` + wasDeposited + `
		OR $1 = 'toutes' AND a.request IS NOT NULL AND ` + wasDeposited + `
		OR $1 = 'message' AND r.number IN (SELECT m.request FROM request_messages m WHERE ` + unreadOfTowns + `)
		OR $1 = 'prolongation' AND a.phase = 'deposee' AND d.id IS NOT NULL
		OR $1 = 'modification' AND a.phase = 'deposee' AND r.state = 'reouverte'
		OR $1 = 'transfert' AND r.number IN (SELECT c.request FROM request_claims c WHERE ` + ripe + ` $8))
	  AND ($2 OR cardinality($3::text[]) > 0 AND r.folded_name LIKE ALL ($3)
		OR $4 <> '' AND r.siret LIKE $4 || '%'
		OR r.number = $5
		OR r.number = (SELECT v.request FROM habilitations v WHERE v.number = $6)
		OR $7 <> '' AND r.requester ->> 'mail' LIKE $7 || '%')
	  AND ($9 = '' OR COALESCE(a.form_uid, r.form_uid) IN (SELECT f.form_uid FROM editor_forms f WHERE f.editor_siret = $9))
	  AND ($10 = '' OR COALESCE(a.form_uid, r.form_uid) = $10)
	  AND ($11 = '' OR a.departement = $11)
	  AND ($12 = '' OR $12 = 'moi' AND a.assignee = $13 OR $12 = 'personne' AND a.assignee IS NULL OR $12 = 'autre' AND a.assignee <> $13)
	  AND ($14 = 0 OR a.assignee = $14)`

func matching(q request.Query) []any {
	return []any{
		string(q.Stage), q.IsZero(), patterns(q.Words), q.SiretStart, int64(q.Request), int64(q.Habilitation), literal(q.MailStart), q.RipeBefore,
		q.Editor.String(), q.FormUID, q.Departement, string(q.Assigned), q.Account, q.Assignee,
	}
}

type queuedRow struct {
	Number       int64          `db:"number"`
	Siret        string         `db:"siret"`
	Organisation string         `db:"organisation"`
	Departement  sql.NullString `db:"departement"`
	State        string         `db:"state"`
	Phase        sql.NullString `db:"phase"`
	Software     sql.NullString `db:"software"`
	Editor       sql.NullString `db:"editor"`
	FormUID      string         `db:"form_uid"`
	FiledAt      sql.NullTime   `db:"filed_at"`
	FirstFiledAt sql.NullTime   `db:"first_filed_at"`
	EditedAt     time.Time      `db:"edited_at"`
	Assignee     sql.NullInt64  `db:"assignee"`
	Name         sql.NullString `db:"assignee_name"`
	Mail         sql.NullString `db:"assignee_mail"`
	Unread       int            `db:"unread"`
	Claimed      bool           `db:"claimed"`
	renewalColumns
	Total int `db:"total"`
}

// renewalColumns are those of the prolongation that waits for a request.
type renewalColumns struct {
	RenewalToken  sql.NullString `db:"renewal_token"`
	RenewalExpiry sql.NullTime   `db:"renewal_expiry"`
	SamePurpose   sql.NullBool   `db:"same_purpose"`
	RightContacts sql.NullBool   `db:"right_contacts"`
}

func (c renewalColumns) renewal() request.Renewal {
	return request.Renewal{TokenID: c.RenewalToken.String, Expiry: c.RenewalExpiry.Time, SamePurpose: c.SamePurpose.Bool, RightContacts: c.RightContacts.Bool}
}

func (r queuedRow) queued() request.Queued {
	return request.Queued{
		Number: habilitation.RequestNumber(r.Number), Siret: value.Siret(r.Siret), Organisation: r.Organisation, Departement: r.Departement.String,
		State: habilitation.State(r.State), Phase: request.Phase(r.Phase.String), Software: r.Software.String, Editor: r.Editor.String, FormUID: r.FormUID,
		FiledAt: r.FiledAt.Time, FirstFiledAt: r.FirstFiledAt.Time, EditedAt: r.EditedAt,
		Assignee: request.Person{ID: r.Assignee.Int64, Name: r.Name.String, Mail: r.Mail.String}, Unread: r.Unread, Claimed: r.Claimed, Renewal: r.renewal(),
	}
}

// ListQueue lists a page of the queue. The page is cut first: what is shown of its lines is
// read for them alone. A request without application counts as written when its state came.
func (s Desk) ListQueue(ctx context.Context, query request.Query) ([]request.Queued, int, error) {
	const sqlList = `
		WITH page AS MATERIALIZED (
			SELECT s.number, row_number() OVER (ORDER BY CASE WHEN $17 THEN 0 ELSE s.later END, CASE WHEN $17 THEN s.waited ELSE s.since END, s.number) AS place,
				count(*) OVER () AS total
			FROM (SELECT r.number, ` + hasWaited + ` AS waited, ` + queueOrder + queueTables + queueMatches + `) s
			ORDER BY place LIMIT $15 OFFSET $16)
		SELECT r.number, r.siret, r.organisation, a.departement, r.state, a.phase, v.content ->> 'logiciel' AS software, COALESCE(e.name, (SELECT h.editor FROM habilitations h WHERE h.request = page.number ORDER BY h.number DESC LIMIT 1)) AS editor,
			COALESCE(a.form_uid, r.form_uid) AS form_uid, a.filed_at, a.first_filed_at, COALESCE(a.edited_at, r.state_at) AS edited_at,
			p.id AS assignee, ` + nameOfPerson + ` AS assignee_name, p.mail AS assignee_mail,
			(SELECT count(*) FROM request_messages m WHERE m.request = page.number AND ` + unreadOfTowns + `) AS unread,
			COALESCE((SELECT true FROM request_claims c WHERE c.request = page.number AND ` + ripe + ` $8), false) AS claimed, page.total,
			d.token::text AS renewal_token, d.expires_at AS renewal_expiry, d.same_purpose, d.right_contacts
		FROM page
		JOIN requests r ON r.number = page.number
		LEFT JOIN applications a ON a.request = page.number
		LEFT JOIN form_versions v ON v.form_uid = a.form_uid AND v.version = a.form_version
		LEFT JOIN editor_forms f ON f.form_uid = COALESCE(a.form_uid, r.form_uid)
		LEFT JOIN editors e ON e.siret = f.editor_siret
		LEFT JOIN accounts p ON p.id = a.assignee
		LEFT JOIN amendments d ON d.request = page.number AND d.ended_at IS NULL AND r.state = 'reouverte'
		ORDER BY page.place`
	var rows []queuedRow
	err := s.DB.pool.SelectContext(ctx, &rows, sqlList, append(matching(query), query.Limit, query.Offset, query.Oldest)...)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	found := make([]request.Queued, len(rows))
	for i, row := range rows {
		found[i] = row.queued()
	}
	return found, rows[0].Total, nil
}

// FindNext finds what comes after a request among what matches and is the asker's or nobody's.
// After the last one, or one that does not match any more since it was decided, the first comes.
func (s Desk) FindNext(ctx context.Context, query request.Query, after habilitation.RequestNumber) (habilitation.RequestNumber, error) {
	const sqlNext = `
		WITH queue AS MATERIALIZED (
			SELECT r.number, ` + queueOrder + `, a.assignee IS NULL OR a.assignee = $13 AS mine` + queueTables + queueMatches + `)
		SELECT q.number FROM queue q
		WHERE q.mine AND q.number <> $15
		ORDER BY ((q.later, q.since, q.number) > (SELECT h.later, h.since, h.number FROM queue h WHERE h.number = $15)) IS FALSE,
			q.later, q.since, q.number LIMIT 1`
	var next int64
	err := s.DB.pool.GetContext(ctx, &next, sqlNext, append(matching(query), int64(after))...)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return habilitation.RequestNumber(next), err
}

// CountQueue counts what waits. The claims are Exchange.CountRipe's.
func (s Desk) CountQueue(ctx context.Context, assignee int64) (request.Counts, error) {
	const sqlCount = `
		SELECT count(*) AS filed, count(*) FILTER (WHERE a.assignee = $1) AS mine, count(*) FILTER (WHERE a.assignee IS NULL) AS unassigned,
			count(*) FILTER (WHERE r.state = 'reouverte') AS modifications, count(*) FILTER (WHERE r.state = 'reouverte' AND d.id IS NOT NULL) AS renewals,
			(SELECT count(DISTINCT m.request) FROM request_messages m WHERE ` + unreadOfTowns + `) AS unread
		FROM applications a JOIN requests r ON r.number = a.request LEFT JOIN amendments d ON d.request = a.request AND d.ended_at IS NULL
		WHERE a.phase = 'deposee' AND r.state <> 'suspendue'`
	var counted struct{ Filed, Mine, Unassigned, Modifications, Renewals, Unread int }
	if err := s.DB.pool.GetContext(ctx, &counted, sqlCount, assignee); err != nil {
		return request.Counts{}, fmt.Errorf("count applications: %w", err)
	}
	return request.Counts{
		ToInstruct: counted.Filed, Mine: counted.Mine, Unassigned: counted.Unassigned, Modifications: counted.Modifications, Renewals: counted.Renewals,
		Unread: counted.Unread,
	}, nil
}

// FindPendingRenewal finds the prolongation that waits for a request; zero for none.
func (s Desk) FindPendingRenewal(ctx context.Context, number habilitation.RequestNumber) (request.Renewal, error) {
	found, err := findAmendment(ctx, s.DB.pool, number)
	if err != nil || found.IsZero() {
		return request.Renewal{}, err
	}
	return request.Renewal{
		TokenID: found.TokenID, Expiry: found.Expiry, SamePurpose: found.Answers.SamePurpose, RightContacts: found.Answers.RightContacts,
	}, nil
}
