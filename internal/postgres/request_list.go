package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// Catalogue implements habilitation.CatalogueStore.
type Catalogue struct{ DB *DB }

var _ habilitation.CatalogueStore = Catalogue{}

// listedRequest is a request with its newest habilitation, whose columns are null before the
// first approval.
type listedRequest struct {
	Number       int64     `db:"number"`
	Source       string    `db:"source"`
	Siret        string    `db:"siret"`
	Organisation string    `db:"organisation"`
	FormUID      string    `db:"form_uid"`
	State        string    `db:"state"`
	StateAt      time.Time `db:"state_at"`
	CreatedAt    time.Time `db:"created_at"`
	Requester    []byte    `db:"requester"`
	Holder       int64     `db:"holder"`
	Mails        string    `db:"mails_by"`
	SuspendedBy  string    `db:"suspended_by"`
	Suspender    string    `db:"suspender"`
	SuspendedFor string    `db:"suspended_for"`
	Revision     int       `db:"revision"`

	Granted    sql.NullInt64  `db:"granted"`
	Token      sql.NullBool   `db:"token"`
	Form       sql.NullBool   `db:"form"`
	Editor     sql.NullString `db:"editor_siret"`
	EditorName sql.NullString `db:"editor"`
	ApprovedAt sql.NullTime   `db:"approved_at"`

	Total int `db:"total"`
}

const listedRequestColumns = `
	r.number, r.source, r.siret, r.organisation, r.form_uid, r.state, r.state_at, r.created_at, r.requester,
	COALESCE(r.holder, 0) AS holder, r.mails_by, r.suspended_by, r.suspender, r.suspended_for, r.revision,
	h.number AS granted, h.token, h.form, h.editor_siret, h.editor, h.approved_at`

// withNewest joins a request with its newest habilitation.
const withNewest = `
	FROM requests r
	LEFT JOIN LATERAL (
		SELECT h.number, h.token, h.form, h.editor_siret, h.editor, h.approved_at FROM habilitations h
		WHERE h.request = r.number ORDER BY h.number DESC LIMIT 1) h ON true`

func (r listedRequest) request() (habilitation.Request, error) {
	request := habilitation.Request{
		Number: habilitation.RequestNumber(r.Number), Source: habilitation.Source(r.Source), Siret: value.Siret(r.Siret),
		Organisation: r.Organisation, FormUID: r.FormUID, State: habilitation.State(r.State), StateAt: r.StateAt, CreatedAt: r.CreatedAt,
		Holder: r.Holder, Revision: r.Revision,
		Suspension: habilitation.Suspension{AuthorID: r.SuspendedBy, Author: r.Suspender, Reason: r.SuspendedFor},
	}
	if mailer := habilitation.Mailer(r.Mails); mailer != habilitation.MailsByPortal {
		request.Mails = mailer
	}
	if err := json.Unmarshal(r.Requester, &request.Requester); err != nil {
		return habilitation.Request{}, fmt.Errorf("read the requester of %s: %w", request.Number, err)
	}
	if r.Granted.Valid {
		request.Current = habilitation.Habilitation{
			Number: habilitation.Number(r.Granted.Int64), Request: request.Number, Siret: request.Siret, Organisation: request.Organisation,
			Modalities: habilitation.Modalities{Token: r.Token.Bool, Form: r.Form.Bool},
			Editor:     habilitation.Editor{Siret: value.Siret(r.Editor.String), Name: r.EditorName.String}, ApprovedAt: r.ApprovedAt.Time,
		}
	}
	return request, nil
}

// A name between these two is folded nearly as place.Fold does: the letters of French are
// enough for the names of its local authorities.
const (
	plain     = `translate(replace(replace(lower(`
	plainEnds = `), 'œ', 'oe'), 'æ', 'ae'), 'àâäáçéèêëíîïñóôöùúûüÿ', 'aaaaceeeeiiinooouuuuy')`
)

// ListRequests lists a page of requests.
func (s Catalogue) ListRequests(ctx context.Context, query habilitation.Query) ([]habilitation.Request, int, error) {
	const sqlList = `
		SELECT ` + listedRequestColumns + `, count(*) OVER () AS total` + withNewest + `
		WHERE ($1 OR cardinality($2::text[]) > 0 AND ` + plain + `r.organisation` + plainEnds + ` LIKE ALL ($2)
			OR $3 <> '' AND r.siret LIKE $3 || '%'
			OR r.number = $4
			OR r.number = (SELECT v.request FROM habilitations v WHERE v.number = $5)
			OR $6 <> '' AND r.requester ->> 'mail' LIKE $6 || '%')
		  AND ($7 = '' OR r.state = $7)
		  AND ($8 = '' OR CASE $8 WHEN 'jeton' THEN h.token ELSE h.form END)
		  AND ($9 = '' OR h.editor_siret = $9)
		ORDER BY
			CASE WHEN $10 = 'date' AND $11 THEN r.state_at END DESC,
			CASE WHEN $10 = 'date' AND NOT $11 THEN r.state_at END,
			CASE WHEN $10 = 'nom' AND $11 THEN lower(r.organisation) END DESC,
			CASE WHEN $10 = 'nom' AND NOT $11 THEN lower(r.organisation) END,
			r.number DESC
		LIMIT $12 OFFSET $13`
	var rows []listedRequest
	err := s.DB.pool.SelectContext(ctx, &rows, sqlList, query.IsZero(), patterns(query.Words), query.SiretStart,
		int64(query.Request), int64(query.Habilitation), literal(query.MailStart), string(query.State), string(query.Modality), query.Editor.String(),
		string(query.Order), query.Descending, query.Limit, query.Offset)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	found, err := requestsOf(rows)
	return found, rows[0].Total, err
}

func requestsOf(rows []listedRequest) ([]habilitation.Request, error) {
	found := make([]habilitation.Request, len(rows))
	for i, row := range rows {
		request, err := row.request()
		if err != nil {
			return nil, err
		}
		found[i] = request
	}
	return found, nil
}

// ListRequestsOfOrganisation lists those of one, the valid ones first, then the newest.
func (s Catalogue) ListRequestsOfOrganisation(ctx context.Context, siret value.Siret, limit int) ([]habilitation.Request, error) {
	const sqlList = `
		SELECT ` + listedRequestColumns + withNewest + `
		WHERE r.siret = $1
		ORDER BY r.state NOT IN ('validee', 'reouverte'), r.state_at DESC, r.number DESC LIMIT $2`
	var rows []listedRequest
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlList, siret.String(), limit); err != nil {
		return nil, err
	}
	return requestsOf(rows)
}

// listedVersion is a habilitation, whole.
type listedVersion struct {
	Number       int64          `db:"number"`
	Request      int64          `db:"request"`
	Siret        string         `db:"siret"`
	Organisation string         `db:"organisation"`
	Token        bool           `db:"token"`
	Form         bool           `db:"form"`
	Scopes       pq.StringArray `db:"scopes"`
	EditorSiret  string         `db:"editor_siret"`
	Editor       string         `db:"editor"`
	FormUID      string         `db:"form_uid"`
	Title        string         `db:"title"`
	Terms        string         `db:"terms"`
	Contacts     []byte         `db:"contacts"`
	ApprovedBy   string         `db:"approved_by"`
	ApprovedAt   time.Time      `db:"approved_at"`
}

func (v listedVersion) habilitation() (habilitation.Habilitation, error) {
	granted := habilitation.Habilitation{
		Number: habilitation.Number(v.Number), Request: habilitation.RequestNumber(v.Request), Siret: value.Siret(v.Siret), Organisation: v.Organisation,
		Modalities: habilitation.Modalities{Token: v.Token, Form: v.Form}, Scopes: v.Scopes,
		Editor: habilitation.Editor{Siret: value.Siret(v.EditorSiret), Name: v.Editor}, FormUID: v.FormUID, Title: v.Title, Terms: v.Terms,
		ApprovedBy: v.ApprovedBy, ApprovedAt: v.ApprovedAt,
	}
	if err := json.Unmarshal(v.Contacts, &granted.Contacts); err != nil {
		return habilitation.Habilitation{}, fmt.Errorf("read the contacts of %s: %w", granted.Number, err)
	}
	return granted, nil
}

// FindRequest finds a request with all its habilitations, as they are at one moment: two
// statements would show a request that is valid without anything granted.
func (s Catalogue) FindRequest(ctx context.Context, number habilitation.RequestNumber) (habilitation.Request, []habilitation.Habilitation, error) {
	const (
		sqlVersions = `
			SELECT h.number, h.request, h.siret, h.organisation, h.token, h.form, h.scopes, COALESCE(h.editor_siret, '') AS editor_siret, h.editor,
				h.form_uid, h.title, h.terms, h.contacts, h.approved_by, h.approved_at
			FROM habilitations h WHERE h.request = $1 AND h.number <= $2 ORDER BY h.number DESC`
		sqlFind = `SELECT ` + listedRequestColumns + withNewest + ` WHERE r.number = $1`
	)
	var row listedRequest
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, int64(number)); err != nil {
		return habilitation.Request{}, nil, notFoundAs("habilitation.unknown", err)
	}
	request, err := row.request()
	if err != nil {
		return habilitation.Request{}, nil, err
	}
	var granted []listedVersion
	if err := s.DB.pool.SelectContext(ctx, &granted, sqlVersions, int64(number), row.Granted.Int64); err != nil {
		return habilitation.Request{}, nil, fmt.Errorf("list the versions of %s: %w", number, err)
	}
	versions := make([]habilitation.Habilitation, len(granted))
	for i, version := range granted {
		if versions[i], err = version.habilitation(); err != nil {
			return habilitation.Request{}, nil, err
		}
	}
	if len(versions) > 0 {
		request.Current = versions[0]
	}
	return request, versions, nil
}
