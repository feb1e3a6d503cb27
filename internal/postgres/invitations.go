package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// letterColumns tell where the mail of an invitation i stands.
const letterColumns = `
	COALESCE((SELECT m.id FROM mails m WHERE m.key = ` + mailOfInvitation + `), 0) AS mail_id,
	COALESCE((SELECT r.state FROM mails m JOIN mail_recipients r ON r.mail_id = m.id AND r.position = 1
		WHERE m.key = ` + mailOfInvitation + `), '') AS mail_state`

const invitationColumns = `
	i.id, i.mail, i.role, i.organisation, i.inviter_id, i.inviter, i.created_at, i.expires_at, i.accepted_at, COALESCE(i.accepted_by, 0) AS accepted_by, i.withdrawn_at`

type invitationRow struct {
	ID               int64        `db:"id"`
	Mail             string       `db:"mail"`
	Role             string       `db:"role"`
	Organisation     string       `db:"organisation"`
	OrganisationName string       `db:"organisation_name"`
	InviterID        string       `db:"inviter_id"`
	Inviter          string       `db:"inviter"`
	CreatedAt        time.Time    `db:"created_at"`
	ExpiresAt        time.Time    `db:"expires_at"`
	AcceptedAt       sql.NullTime `db:"accepted_at"`
	AcceptedBy       int64        `db:"accepted_by"`
	WithdrawnAt      sql.NullTime `db:"withdrawn_at"`
}

func (r invitationRow) invitation(operator account.Organisation) account.Invitation {
	return account.Invitation{
		ID: r.ID, Mail: r.Mail, Role: account.Role(r.Role), Organisation: named(operator, r.Organisation, r.OrganisationName),
		InviterID: r.InviterID, Inviter: r.Inviter, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt,
		AcceptedAt: r.AcceptedAt.Time, AcceptedBy: r.AcceptedBy, WithdrawnAt: r.WithdrawnAt.Time,
	}
}

// RecordInvitation replaces the invitation that waits for the same address, role and
// organisation.
func (s Access) RecordInvitation(ctx context.Context, i account.Invitation, token [32]byte, entry func(id int64) (account.Entry, error)) (int64, error) {
	const theSame = `mail = $2 AND role = $3 AND organisation = $4`
	const sqlInvite = `
		INSERT INTO invitations (token_hash, mail, role, organisation, inviter_id, inviter, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (mail, role, organisation) WHERE accepted_at IS NULL AND withdrawn_at IS NULL DO NOTHING
		RETURNING id`
	var id int64
	err := s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := endInvitations(ctx, tx, i.CreatedAt, theSame, i.Mail, i.Role, i.Organisation.Siret); err != nil {
			return fmt.Errorf("replace invitation: %w", err)
		}
		err := tx.GetContext(ctx, &id, sqlInvite, token[:], i.Mail, i.Role, i.Organisation.Siret, i.InviterID, i.Inviter, i.CreatedAt, i.ExpiresAt)
		if err != nil { // somebody invited the same person at the same moment
			return conflictWhenAbsent("invitation.moved", err)
		}
		left, err := entry(id)
		if err != nil {
			return err
		}
		return recordEntry(ctx, tx, left)
	})
	return id, err
}

// CountInvitations counts the invitations of an organisation since a time.
func (s Access) CountInvitations(ctx context.Context, organisation value.Siret, since time.Time) (int, error) {
	const sqlCount = `SELECT count(*) FROM invitations WHERE organisation = $1 AND created_at > $2`
	var sent int
	err := s.DB.pool.GetContext(ctx, &sent, sqlCount, organisation, since)
	return sent, err
}

// FindInvitation finds an invitation by the hash of its link.
func (s Access) FindInvitation(ctx context.Context, token [32]byte) (account.Invitation, error) {
	return s.findInvitation(ctx, `i.token_hash = $1`, token[:])
}

// FindInvitationByID finds an invitation for those who sent it.
func (s Access) FindInvitationByID(ctx context.Context, id int64) (account.Invitation, error) {
	return s.findInvitation(ctx, `i.id = $1`, id)
}

func (s Access) findInvitation(ctx context.Context, condition string, key any) (account.Invitation, error) {
	sqlFind := `SELECT ` + invitationColumns + `, ` + nameOf("i.organisation") + ` AS organisation_name FROM invitations i WHERE ` + condition
	var row invitationRow
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, key); err != nil {
		return account.Invitation{}, notFoundAs("invitation.unknown", err)
	}
	return row.invitation(s.Operator), nil
}

// RecordAccepted takes an invitation that waits: of two acceptances at once, one changes
// the row, and the other finds it changed.
func (s Access) RecordAccepted(ctx context.Context, i account.Invitation, grant account.Membership, entry account.Entry) error {
	const sqlAccept = `
		UPDATE invitations SET accepted_at = $2, accepted_by = $3
		WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > $2 AND mail = $4`
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, sqlAccept, i.ID, grant.GrantedAt, grant.AccountID, i.Mail)
		if err != nil {
			return fmt.Errorf("take invitation: %w", err)
		}
		if err := oneRow(result, fault.New(fault.Conflict, "invitation.accepted")); err != nil {
			return err
		}
		if _, err := insertMembership(ctx, tx, grant); err != nil {
			return err
		}
		return recordEntry(ctx, tx, entry)
	})
}

// RecordWithdrawn takes back an invitation that waits, or waited too long.
func (s Access) RecordWithdrawn(ctx context.Context, id int64, now time.Time, entry account.Entry) error {
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		ended, err := endInvitations(ctx, tx, now, `id = $2`, id)
		if err != nil {
			return fmt.Errorf("withdraw invitation: %w", err)
		}
		if len(ended) == 0 {
			return fault.New(fault.Conflict, "invitation.moved")
		}
		return recordEntry(ctx, tx, entry)
	})
}

// mailOfInvitation is the key of the mail that an invitation i left by (account.Invited).
const mailOfInvitation = `'invitation ' || encode(substr(i.token_hash, 1, 8), 'hex')`

// endedInvitation is one that was taken back.
type endedInvitation struct {
	ID         int64
	Mail, Role string
}

// endInvitations ends those that wait and tells which they were. Where the relay refused
// the address, what the mail said goes too: its link leads nowhere, nobody has an address
// to correct any more.
func endInvitations(ctx context.Context, tx *sqlx.Tx, now time.Time, which string, arguments ...any) (ended []endedInvitation, err error) {
	sqlEnd := `
		WITH i AS (
			UPDATE invitations SET withdrawn_at = $1 WHERE accepted_at IS NULL AND withdrawn_at IS NULL AND ` + which + `
			RETURNING id, mail, role, token_hash
		), erased AS (
			UPDATE mails m SET content = NULL FROM i WHERE m.key = ` + mailOfInvitation + ` AND m.finished_at IS NOT NULL)
		SELECT id, mail, role FROM i ORDER BY id`
	err = tx.SelectContext(ctx, &ended, sqlEnd, append([]any{now}, arguments...)...)
	return ended, err
}

// ListInvitations lists invitations, whoever sent them.
func (s Access) ListInvitations(ctx context.Context, q account.InvitationQuery, now time.Time) ([]account.Invitation, int, error) {
	sqlList := `
		SELECT ` + invitationColumns + `, ` + letterColumns + `, ` + nameOf("i.organisation") + ` AS organisation_name, count(*) OVER () AS total
		FROM invitations i
		WHERE ($1 = '' OR i.organisation = $1) AND ($2 = '' OR i.mail LIKE '%' || $2 || '%') AND ($3 = '' OR i.role = $3)
		  AND (cardinality($10::text[]) = 0 OR i.role = ANY ($10))
		  AND CASE $4 WHEN 'waiting' THEN i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > $5
			WHEN 'expired' THEN i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at <= $5
			WHEN 'accepted' THEN i.accepted_at IS NOT NULL WHEN 'withdrawn' THEN i.withdrawn_at IS NOT NULL ELSE true END
		ORDER BY CASE WHEN $6 = 'mail' AND NOT $7 THEN i.mail END, CASE WHEN $6 = 'mail' AND $7 THEN i.mail END DESC,
			CASE WHEN $6 <> 'mail' AND NOT $7 THEN i.created_at END, CASE WHEN $6 <> 'mail' AND $7 THEN i.created_at END DESC,
			CASE WHEN $6 <> 'mail' AND $7 THEN i.id END DESC, i.id
		LIMIT $8 OFFSET $9`
	var rows []struct {
		invitationRow
		MailID    int64  `db:"mail_id"`
		MailState string `db:"mail_state"`
		Total     int    `db:"total"`
	}
	err := s.DB.pool.SelectContext(ctx, &rows, sqlList, q.Organisation, literal(lower(q.Search)), q.Role, q.State, now, q.Sort, q.Descending, q.Limit, q.Offset, rolesOf(q.Space))
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	listed := make([]account.Invitation, len(rows))
	for i, row := range rows {
		listed[i] = row.invitation(s.Operator)
		listed[i].Letter = account.InvitationLetter{MailID: row.MailID, State: notice.State(row.MailState)}
	}
	return listed, rows[0].Total, nil
}
