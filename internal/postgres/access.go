package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
)

// Access implements account.AccessStore.
type Access struct {
	DB *DB
	// Operator is for whom staff act; no table names it.
	Operator account.Organisation
}

var _ account.AccessStore = Access{}

func lower(text string) string { return strings.ToLower(text) }

// accountSelect is what every finder of accounts reads.
var accountSelect = `
	SELECT a.id, a.issuer, a.subject, a.given_name, a.usual_name, a.mail, a.siret, a.created_at, a.signed_in_at,
		` + nameOf("a.siret") + ` AS organisation_name, ` + organisationClosed + ` AS organisation_closed
	FROM accounts a`

// organisationClosed tells whether the register has closed where the person of an account a
// last signed in for.
const organisationClosed = `EXISTS (SELECT FROM organisations o WHERE o.siret = a.siret AND o.closed)`

type accountRow struct {
	ID               int64     `db:"id"`
	Issuer           string    `db:"issuer"`
	Subject          string    `db:"subject"`
	GivenName        string    `db:"given_name"`
	UsualName        string    `db:"usual_name"`
	Mail             string    `db:"mail"`
	Siret            string    `db:"siret"`
	CreatedAt        time.Time `db:"created_at"`
	SignedInAt       time.Time `db:"signed_in_at"`
	OrganisationName string    `db:"organisation_name"`
	Closed           bool      `db:"organisation_closed"`
}

func (r accountRow) account(operator account.Organisation) account.Account {
	signedFor := named(operator, r.Siret, r.OrganisationName)
	signedFor.Closed = r.Closed
	return account.Account{
		ID: r.ID, Issuer: r.Issuer, Subject: r.Subject, GivenName: r.GivenName, UsualName: r.UsualName, Mail: r.Mail,
		SignedFor: signedFor, CreatedAt: r.CreatedAt, SignedInAt: r.SignedInAt,
	}
}

// membershipSelect is what every finder of memberships reads.
var membershipSelect = `
	SELECT m.id, m.account_id, m.role, m.organisation, m.signed_for, m.granted_by, m.granted_at, m.ended_by, m.ended_at,
		` + nameOf("m.organisation") + ` AS organisation_name
	FROM memberships m`

type membershipRow struct {
	ID               int64        `db:"id"`
	AccountID        int64        `db:"account_id"`
	Role             string       `db:"role"`
	Organisation     string       `db:"organisation"`
	SignedFor        string       `db:"signed_for"`
	GrantedBy        string       `db:"granted_by"`
	GrantedAt        time.Time    `db:"granted_at"`
	EndedBy          string       `db:"ended_by"`
	EndedAt          sql.NullTime `db:"ended_at"`
	OrganisationName string       `db:"organisation_name"`
}

func (r membershipRow) membership(operator account.Organisation) account.Membership {
	return account.Membership{
		ID: r.ID, AccountID: r.AccountID, Role: account.Role(r.Role), Organisation: named(operator, r.Organisation, r.OrganisationName),
		SignedFor: value.Siret(r.SignedFor), GrantedBy: r.GrantedBy, GrantedAt: r.GrantedAt, EndedBy: r.EndedBy, EndedAt: r.EndedAt.Time,
	}
}

func listMemberships(ctx context.Context, q sqlx.QueryerContext, operator account.Organisation, query string, args ...any) ([]account.Membership, error) {
	var rows []membershipRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("list memberships: %w", err)
	}
	listed := make([]account.Membership, len(rows))
	for i, row := range rows {
		listed[i] = row.membership(operator)
	}
	return listed, nil
}

// FindMembership finds one by its id.
func (s Access) FindMembership(ctx context.Context, id int64) (account.Membership, error) {
	var row membershipRow
	if err := s.DB.pool.GetContext(ctx, &row, membershipSelect+` WHERE m.id = $1`, id); err != nil {
		return account.Membership{}, notFoundAs("membership.unknown", err)
	}
	return row.membership(s.Operator), nil
}

// FindAccountByID finds an account with the roles that it holds.
func (s Access) FindAccountByID(ctx context.Context, id int64) (account.Account, error) {
	var row accountRow
	if err := s.DB.pool.GetContext(ctx, &row, accountSelect+` WHERE a.id = $1`, id); err != nil {
		return account.Account{}, notFoundAs("account.unknown", err)
	}
	found := row.account(s.Operator)
	var err error
	found.Memberships, err = listMemberships(ctx, s.DB.pool, s.Operator,
		membershipSelect+` WHERE m.account_id = $1 AND m.ended_at IS NULL ORDER BY m.granted_at, m.id`, id)
	return found, err
}

// RecordEnding ends a membership. Of an administrator's, every other one is locked too:
// two administrators who take each other's role at once leave one.
func (s Access) RecordEnding(ctx context.Context, ending account.Ending, entry account.Entry) error {
	const sqlAdministrators = `
		SELECT m.id, m.signed_for = a.siret AS usable FROM memberships m JOIN accounts a ON a.id = m.account_id
		WHERE m.role = 'admin' AND m.ended_at IS NULL ORDER BY m.id FOR UPDATE OF m`
	const sqlEnd = `UPDATE memberships SET ended_by = $2, ended_at = $3 WHERE id = $1 AND ended_at IS NULL`
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if ending.Membership.Role == account.Admin {
			var administrators []struct {
				ID     int64
				Usable bool // the person signs in for where the role was taken
			}
			if err := tx.SelectContext(ctx, &administrators, sqlAdministrators); err != nil {
				return fmt.Errorf("lock administrators: %w", err)
			}
			others := 0
			for _, a := range administrators {
				if a.Usable && a.ID != ending.Membership.ID {
					others++
				}
			}
			if others == 0 {
				return fault.New(fault.Conflict, "membership.last_admin")
			}
		}
		result, err := tx.ExecContext(ctx, sqlEnd, ending.Membership.ID, ending.By, ending.At)
		if err != nil {
			return fmt.Errorf("end membership: %w", err)
		}
		if err := oneRow(result, fault.New(fault.Conflict, "membership.ended")); err != nil {
			return err
		}
		if err := s.takeOffersBack(ctx, tx, ending, entry.Event); err != nil {
			return err
		}
		return recordEntry(ctx, tx, entry)
	})
}

// takeOffersBack withdraws the invitations of somebody who may not invite any more: a role
// that was taken must not come back by an offer of its own.
func (s Access) takeOffersBack(ctx context.Context, tx *sqlx.Tx, ending account.Ending, event audit.Event) error {
	const theirs = `inviter_id = $2 AND ($3 = 'admin' OR organisation = $4)`
	m := ending.Membership
	if len(m.Role.Grantable()) == 0 {
		return nil
	}
	offers, err := endInvitations(ctx, tx, ending.At, theirs, strconv.FormatInt(m.AccountID, 10), m.Role, m.Organisation.Siret)
	if err != nil {
		return fmt.Errorf("take back what was offered: %w", err)
	}
	for _, offer := range offers {
		event.Act, event.Detail = audit.InvitationWithdrawn, offer.Role
		event.Object = audit.Object{Kind: "invitation", ID: strconv.FormatInt(offer.ID, 10), Display: offer.Mail}
		if err := recordEvent(ctx, tx, event); err != nil {
			return err
		}
	}
	return nil
}

// recordEntry writes what a change leaves in the journal and in the mail.
func recordEntry(ctx context.Context, tx *sqlx.Tx, entry account.Entry) error {
	if err := recordEvent(ctx, tx, entry.Event); err != nil {
		return err
	}
	for _, letter := range entry.Letters {
		if err := recordLetter(ctx, tx, letter, entry.Event.At); err != nil {
			return err
		}
	}
	return nil
}

// insertMembership adds a membership; id is 0 when the account holds the role already. A
// role that was taken for another establishment is taken anew for this one.
func insertMembership(ctx context.Context, tx *sqlx.Tx, m account.Membership) (id int64, err error) {
	const sqlGrant = `
		INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account_id, role, organisation) WHERE ended_at IS NULL
		DO UPDATE SET signed_for = EXCLUDED.signed_for, granted_by = EXCLUDED.granted_by, granted_at = EXCLUDED.granted_at
			WHERE memberships.signed_for <> EXCLUDED.signed_for
		RETURNING id`
	rows, err := tx.QueryContext(ctx, sqlGrant, m.AccountID, m.Role, m.Organisation.Siret, m.SignedFor, m.GrantedBy, m.GrantedAt)
	if err != nil {
		return 0, fmt.Errorf("insert membership: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(&id); err != nil {
			return 0, fmt.Errorf("read membership: %w", err)
		}
	}
	return id, rows.Err()
}

// RecordGrant adds a membership.
func (s Access) RecordGrant(ctx context.Context, grant account.Membership, entry account.Entry) error {
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		id, err := insertMembership(ctx, tx, grant)
		if err != nil {
			return err
		}
		if id == 0 {
			return fault.New(fault.Conflict, "membership.already")
		}
		return recordEntry(ctx, tx, entry)
	})
}

// HoldsByMail tells whether an account of this address holds a role that it can use.
func (s Access) HoldsByMail(ctx context.Context, mail string, role account.Role, organisation value.Siret) (bool, error) {
	const sqlHolds = `
		SELECT EXISTS (SELECT FROM memberships m JOIN accounts a ON a.id = m.account_id
			WHERE a.mail = $1 AND m.role = $2 AND m.organisation = $3 AND m.ended_at IS NULL
			  AND (m.role IN ('editor_admin', 'editor_member') OR m.signed_for = a.siret))`
	var holds bool
	err := s.DB.pool.GetContext(ctx, &holds, sqlHolds, mail, role, organisation)
	return holds, err
}

// FindEditor gives an editor's name.
func (s Access) FindEditor(ctx context.Context, siret value.Siret) (account.Organisation, error) {
	var name string
	if err := s.DB.pool.GetContext(ctx, &name, `SELECT name FROM editors WHERE siret = $1`, siret); err != nil {
		return account.Organisation{}, notFoundAs("editor.unknown", err)
	}
	return account.Organisation{Siret: siret, Name: name}, nil
}

// ListEditors lists every editor by name.
func (s Access) ListEditors(ctx context.Context) ([]account.Organisation, error) {
	var rows []struct{ Siret, Name string }
	if err := s.DB.pool.SelectContext(ctx, &rows, `SELECT siret, name FROM editors ORDER BY name, siret`); err != nil {
		return nil, err
	}
	listed := make([]account.Organisation, len(rows))
	for i, row := range rows {
		listed[i] = account.Organisation{Siret: value.Siret(row.Siret), Name: row.Name}
	}
	return listed, nil
}

// ListAccounts lists accounts, each with the roles that it holds.
func (s Access) ListAccounts(ctx context.Context, q account.AccountQuery) ([]account.Account, int, error) {
	sqlList := `
		WITH found AS (
			SELECT a.id, count(*) OVER () AS total FROM accounts a
			WHERE ($1 = '' OR a.folded_name LIKE '%' || $1 || '%' OR a.mail LIKE '%' || $2 || '%')
			  AND ($3 = '' OR EXISTS (SELECT FROM memberships m WHERE m.account_id = a.id AND m.role = $3 AND m.ended_at IS NULL))
			ORDER BY CASE WHEN $4 = 'seen' AND NOT $5 THEN a.signed_in_at END, CASE WHEN $4 = 'seen' AND $5 THEN a.signed_in_at END DESC,
				CASE WHEN $4 <> 'seen' AND NOT $5 THEN a.folded_name END, CASE WHEN $4 <> 'seen' AND $5 THEN a.folded_name END DESC, a.id
			LIMIT $6 OFFSET $7
		)
		SELECT a.id, a.issuer, a.subject, a.given_name, a.usual_name, a.mail, a.siret, a.created_at, a.signed_in_at,
			` + nameOf("a.siret") + ` AS organisation_name, ` + organisationClosed + ` AS organisation_closed, found.total
		FROM accounts a JOIN found ON found.id = a.id
		ORDER BY CASE WHEN $4 = 'seen' AND NOT $5 THEN a.signed_in_at END, CASE WHEN $4 = 'seen' AND $5 THEN a.signed_in_at END DESC,
			CASE WHEN $4 <> 'seen' AND NOT $5 THEN a.folded_name END, CASE WHEN $4 <> 'seen' AND $5 THEN a.folded_name END DESC, a.id`
	var rows []struct {
		accountRow
		Total int `db:"total"`
	}
	err := s.DB.pool.SelectContext(ctx, &rows, sqlList, literal(place.Fold(q.Search)), literal(lower(q.Search)), q.Role, q.Sort, q.Descending, q.Limit, q.Offset)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	listed, ids, at := make([]account.Account, len(rows)), make(pq.Int64Array, len(rows)), make(map[int64]int, len(rows))
	for i, row := range rows {
		listed[i], ids[i], at[row.ID] = row.account(s.Operator), row.ID, i
	}
	held, err := listMemberships(ctx, s.DB.pool, s.Operator,
		membershipSelect+` WHERE m.account_id = ANY ($1) AND m.ended_at IS NULL ORDER BY m.granted_at, m.id`, ids)
	for _, m := range held {
		of := &listed[at[m.AccountID]]
		of.Memberships = append(of.Memberships, m)
	}
	return listed, rows[0].Total, err
}

// ListMembers lists the people of an organisation, by name.
func (s Access) ListMembers(ctx context.Context, q account.MemberQuery) ([]account.Member, int, error) {
	sqlList := `
		SELECT m.id, m.account_id, m.role, m.organisation, m.signed_for, m.granted_by, m.granted_at, m.ended_by, m.ended_at,
			` + nameOf("m.organisation") + ` AS organisation_name,
			a.given_name || ' ' || a.usual_name AS name, a.mail, a.signed_in_at, count(*) OVER () AS total
		FROM memberships m JOIN accounts a ON a.id = m.account_id
		WHERE m.organisation = $1 AND m.ended_at IS NULL AND ($2 = '' OR m.role = $2)
		  AND ($3 = '' OR a.folded_name LIKE '%' || $3 || '%' OR a.mail LIKE '%' || $4 || '%')
		  AND (cardinality($7::text[]) = 0 OR m.role = ANY ($7))
		ORDER BY a.folded_name, m.id LIMIT $5 OFFSET $6`
	var rows []struct {
		membershipRow
		Name       string    `db:"name"`
		Mail       string    `db:"mail"`
		SignedInAt time.Time `db:"signed_in_at"`
		Total      int       `db:"total"`
	}
	err := s.DB.pool.SelectContext(ctx, &rows, sqlList, q.Organisation, q.Role, literal(place.Fold(q.Search)), literal(lower(q.Search)), q.Limit, q.Offset, rolesOf(q.Space))
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	listed := make([]account.Member, len(rows))
	for i, row := range rows {
		listed[i] = account.Member{Membership: row.membership(s.Operator), Name: row.Name, Mail: row.Mail, SignedInAt: row.SignedInAt}
	}
	return listed, rows[0].Total, nil
}
