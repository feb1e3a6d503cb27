package postgres

import (
	"context"
	"database/sql"
	"errors"
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

// Sessions implements account.SignInStore and account.SessionStore.
type Sessions struct {
	DB *DB
	// Operator is for whom staff act; no table names it.
	Operator account.Organisation
}

var (
	_ account.SignInStore  = Sessions{}
	_ account.SessionStore = Sessions{}
)

// nameOf is the name of the organisation of a column: as an editor or a town is known
// here, else as the register tells it.
func nameOf(column string) string {
	return `COALESCE(
		(SELECT e.name FROM editors e WHERE e.siret = ` + column + `),
		(SELECT c.name FROM collectivities c WHERE c.siret = ` + column + `),
		(SELECT o.name FROM organisations o WHERE o.siret = ` + column + `), '')`
}

// named gives an organisation its name.
func named(operator account.Organisation, siret, name string) account.Organisation {
	if operator.Siret.String() == siret {
		return operator
	}
	return account.Organisation{Siret: value.Siret(siret), Name: name}
}

// EndSession erases the session of a cookie.
func (s Sessions) EndSession(ctx context.Context, key [32]byte, event audit.Event) ([]byte, error) {
	const sqlEnd = `
		DELETE FROM sessions s USING accounts a WHERE s.key = $1 AND a.id = s.account_id
		RETURNING s.id, s.id_token, a.id AS account_id, a.given_name, a.usual_name,
			COALESCE((SELECT m.role FROM memberships m WHERE m.id = s.membership_id), '') AS role`
	var row struct {
		ID        int64  `db:"id"`
		IDToken   []byte `db:"id_token"`
		AccountID int64  `db:"account_id"`
		GivenName string `db:"given_name"`
		UsualName string `db:"usual_name"`
		Role      string `db:"role"`
	}
	err := s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		err := tx.GetContext(ctx, &row, sqlEnd, key[:])
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("erase session: %w", err)
		}
		event.Author = authorOf(row.AccountID, account.Person{GivenName: row.GivenName, UsualName: row.UsualName})
		event.Author.Role = row.Role
		event.Object = audit.Object{Kind: "session", ID: strconv.FormatInt(row.ID, 10), Display: event.Author.Display}
		return recordEvent(ctx, tx, event)
	})
	return row.IDToken, err
}

// RecordOnce journals an event unless the same one was within a time.
func (s Sessions) RecordOnce(ctx context.Context, event audit.Event, within time.Duration) error {
	return Journal{DB: s.DB}.RecordOnce(ctx, event, within)
}

// actorRow is what every request of a signed-in person reads.
type actorRow struct {
	SessionID    int64          `db:"session_id"`
	AccountID    int64          `db:"account_id"`
	GivenName    string         `db:"given_name"`
	UsualName    string         `db:"usual_name"`
	Mail         string         `db:"mail"`
	SignedFor    string         `db:"signed_for"`
	SignedName   string         `db:"signed_name"`
	Closed       bool           `db:"closed"`
	StrongAt     sql.NullTime   `db:"strong_at"`
	Stale        bool           `db:"stale"`
	MembershipID sql.NullInt64  `db:"membership_id"`
	Role         sql.NullString `db:"role"`
	Organisation sql.NullString `db:"organisation"`
	Organised    string         `db:"organised_name"`
	HomeSiret    sql.NullString `db:"home_siret"`
	ACR          string         `db:"acr"`
	FormWaits    bool           `db:"form_waits"`
	// Held are the memberships of the account, each "role SIRET" of where it was taken.
	Held pq.StringArray `db:"held"`
}

// FindActor reads the session with the membership that it acts in, when that still holds.
// The rule that decides whether it may be used is the domain's, applied here as at the
// sign-in; without its second factor a staff role is none.
func (s Sessions) FindActor(ctx context.Context, key [32]byte, now time.Time) (account.Actor, error) {
	sqlActor := `
		SELECT s.id AS session_id, s.account_id, a.given_name, a.usual_name, a.mail, s.signed_for, s.strong_at, s.seen_at < $4 AS stale,
			` + nameOf("s.signed_for") + ` AS signed_name,
			COALESCE((SELECT o.closed FROM organisations o WHERE o.siret = s.signed_for), false) AS closed,
			m.id AS membership_id, m.role, m.organisation, m.signed_for AS home_siret,
			CASE WHEN m.id IS NULL THEN '' ELSE ` + nameOf("m.organisation") + ` END AS organised_name,
			s.acr, s.held IS NOT NULL AS form_waits, ARRAY(SELECT x.role || ' ' || x.signed_for FROM memberships x WHERE x.account_id = s.account_id AND x.ended_at IS NULL) AS held
		FROM sessions s JOIN accounts a ON a.id = s.account_id
		LEFT JOIN memberships m ON m.id = s.membership_id AND m.account_id = s.account_id AND m.ended_at IS NULL
		WHERE s.key = $1 AND s.created_at > $2 AND s.seen_at > $3`
	const sqlSeen = `UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2`
	var row actorRow
	err := s.DB.pool.GetContext(ctx, &row, sqlActor, key[:], now.Add(-account.AbsoluteLife), now.Add(-account.IdleLife), now.Add(-seenEvery))
	if err != nil {
		return account.Actor{}, notFoundAs("session.none", err)
	}
	if row.Stale {
		if _, err := s.DB.pool.ExecContext(ctx, sqlSeen, row.SessionID, now); err != nil {
			return account.Actor{}, fmt.Errorf("note session as seen: %w", err)
		}
	}
	return row.actor(s.Operator), nil
}

func (r actorRow) actor(operator account.Organisation) account.Actor {
	actor := account.Actor{
		AccountID: r.AccountID, SessionID: r.SessionID, Name: r.GivenName + " " + r.UsualName, Mail: r.Mail,
		SignedFor: named(operator, r.SignedFor, r.SignedName), StrongAt: r.StrongAt.Time, FormWaits: r.FormWaits,
	}
	actor.SignedFor.Closed, actor.SignedFor.Declared = r.Closed, !account.Vouched(r.ACR)
	for _, held := range r.Held {
		role, from, _ := strings.Cut(held, " ")
		if (account.Membership{Role: account.Role(role), SignedFor: value.Siret(from)}).UsableFrom(actor.SignedFor) {
			actor.Open = append(actor.Open, account.Role(role).Space())
		}
	}
	m := account.Membership{ID: r.MembershipID.Int64, Role: account.Role(r.Role.String), SignedFor: value.Siret(r.HomeSiret.String)}
	if m.ID != 0 && m.UsableFrom(actor.SignedFor) && !(m.Role.Staff() && actor.StrongAt.IsZero()) {
		actor.MembershipID, actor.Role = m.ID, m.Role
		actor.Organisation = named(operator, r.Organisation.String, r.Organised)
	}
	return actor
}

// FindHolder finds whose session a cookie was, ended or not, as long as it is remembered.
func (s Sessions) FindHolder(ctx context.Context, key [32]byte) (int64, error) {
	const sqlHolder = `SELECT account_id FROM sessions WHERE key = $1`
	var id int64
	err := s.DB.pool.GetContext(ctx, &id, sqlHolder, key[:])
	return id, notFoundAs("session.none", err)
}

// ListMembershipsOfAccount lists every membership of an account, the oldest first.
func (s Sessions) ListMembershipsOfAccount(ctx context.Context, accountID int64) ([]account.Membership, error) {
	sqlList := membershipSelect + ` WHERE m.account_id = $1 ORDER BY m.granted_at, m.id`
	return listMemberships(ctx, s.DB.pool, s.Operator, sqlList, accountID)
}

// RecordChosen moves a session into a membership of its own account.
func (s Sessions) RecordChosen(ctx context.Context, actor account.Actor, membershipID int64) error {
	const sqlChoose = `
		UPDATE sessions s SET membership_id = m.id FROM memberships m
		WHERE s.id = $1 AND s.account_id = $2 AND m.id = $3 AND m.account_id = s.account_id AND m.ended_at IS NULL`
	result, err := s.DB.pool.ExecContext(ctx, sqlChoose, actor.SessionID, actor.AccountID, membershipID)
	if err != nil {
		return err
	}
	return oneRow(result, fault.New(fault.NotFound, "membership.unknown"))
}

// ForgetHeld forgets the form that waits in a session.
func (s Sessions) ForgetHeld(ctx context.Context, sessionID int64) error {
	const sqlForget = `UPDATE sessions SET held = NULL WHERE id = $1 AND held IS NOT NULL`
	_, err := s.DB.pool.ExecContext(ctx, sqlForget, sessionID)
	return err
}

// FindHeld gives the sealed form that waits in a session.
func (s Sessions) FindHeld(ctx context.Context, sessionID int64) ([]byte, error) {
	const sqlHeld = `SELECT held FROM sessions WHERE id = $1`
	var held []byte
	if err := s.DB.pool.GetContext(ctx, &held, sqlHeld, sessionID); err != nil {
		return nil, notFoundAs("session.unknown", err)
	}
	return held, nil
}

// ListSessions lists the sessions that are under way.
func (s Sessions) ListSessions(ctx context.Context, q account.SessionQuery, now time.Time) ([]account.Session, int, error) {
	sqlList := `
		SELECT s.id, s.account_id, a.given_name || ' ' || a.usual_name AS name, a.mail, COALESCE(m.role, '') AS role,
			COALESCE(m.organisation, s.signed_for) AS organisation, ` + nameOf("COALESCE(m.organisation, s.signed_for)") + ` AS organisation_name,
			s.created_at, s.seen_at, s.strong_at, count(*) OVER () AS total
		FROM sessions s JOIN accounts a ON a.id = s.account_id
		LEFT JOIN memberships m ON m.id = s.membership_id AND m.ended_at IS NULL
		WHERE s.created_at > $1 AND s.seen_at > $2 AND ($3 = 0 OR s.account_id = $3) AND ($11::bigint = 0 OR s.id = $11)
		  AND ($4 = '' OR a.folded_name LIKE '%' || $4 || '%' OR a.mail LIKE '%' || $5 || '%')
		  AND (cardinality($6::text[]) = 0 OR m.role = ANY ($6))
		ORDER BY CASE WHEN $7 = 'name' AND NOT $8 THEN a.folded_name END, CASE WHEN $7 = 'name' AND $8 THEN a.folded_name END DESC,
			CASE WHEN $7 <> 'name' AND NOT $8 THEN s.seen_at END, CASE WHEN $7 <> 'name' AND $8 THEN s.seen_at END DESC, s.id
		LIMIT $9 OFFSET $10`
	var rows []struct {
		ID               int64        `db:"id"`
		AccountID        int64        `db:"account_id"`
		Name             string       `db:"name"`
		Mail             string       `db:"mail"`
		Role             string       `db:"role"`
		Organisation     string       `db:"organisation"`
		OrganisationName string       `db:"organisation_name"`
		CreatedAt        time.Time    `db:"created_at"`
		SeenAt           time.Time    `db:"seen_at"`
		StrongAt         sql.NullTime `db:"strong_at"`
		Total            int          `db:"total"`
	}
	err := s.DB.pool.SelectContext(ctx, &rows, sqlList, now.Add(-account.AbsoluteLife), now.Add(-account.IdleLife), q.AccountID,
		literal(place.Fold(q.Search)), literal(lower(q.Search)), rolesOf(q.Space), q.Sort, q.Descending, q.Limit, q.Offset, q.ID)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	listed := make([]account.Session, len(rows))
	for i, r := range rows {
		listed[i] = account.Session{
			ID: r.ID, AccountID: r.AccountID, Name: r.Name, Mail: r.Mail, Role: account.Role(r.Role),
			Organisation: named(s.Operator, r.Organisation, r.OrganisationName),
			CreatedAt:    r.CreatedAt, SeenAt: r.SeenAt, StrongAt: r.StrongAt.Time,
		}
	}
	return listed, rows[0].Total, nil
}

// rolesOf lists the roles that open a space; none for no space.
func rolesOf(space account.Space) pq.StringArray {
	roles := pq.StringArray{}
	for _, role := range account.Roles {
		if space != "" && role.Space() == space {
			roles = append(roles, string(role))
		}
	}
	return roles
}

// RecordEnded ends a session that is under way, and names in the journal whose it was.
func (s Sessions) RecordEnded(ctx context.Context, sessionID int64, event audit.Event, now time.Time) error {
	const sqlEnd = `
		DELETE FROM sessions s USING accounts a
		WHERE s.id = $1 AND a.id = s.account_id AND s.created_at > $2 AND s.seen_at > $3
		RETURNING a.given_name || ' ' || a.usual_name`
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		err := tx.GetContext(ctx, &event.Object.Display, sqlEnd, sessionID, now.Add(-account.AbsoluteLife), now.Add(-account.IdleLife))
		if err != nil {
			return notFoundAs("session.unknown", err)
		}
		return recordEvent(ctx, tx, event)
	})
}
