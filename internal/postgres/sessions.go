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

// RecordDeparture notes a browser that leaves for the provider.
func (s Sessions) RecordDeparture(ctx context.Context, p account.Pending) error {
	const sqlDepart = `
		INSERT INTO sign_ins (state_hash, browser_key, purpose, nonce, verifier, subject, signed_for, session_id, return_to, held, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, NULLIF($8, 0), $9, $10, $11)`
	_, err := s.DB.pool.ExecContext(ctx, sqlDepart, p.StateHash[:], p.Browser[:], p.Purpose, p.Nonce, p.Verifier,
		p.Subject, p.SignedFor, p.SessionID, p.ReturnTo, p.Held, p.CreatedAt)
	return err
}

// TakeDeparture consumes what waits for a state in a browser: of two callbacks, the second
// one finds nothing.
func (s Sessions) TakeDeparture(ctx context.Context, browser, state [32]byte, notBefore time.Time) (account.Pending, error) {
	const sqlTake = `
		DELETE FROM sign_ins WHERE state_hash = $1 AND browser_key = $2
		RETURNING purpose, nonce, verifier, subject, signed_for, COALESCE(session_id, 0) AS session_id, return_to, held, created_at`
	var row struct {
		Purpose   string    `db:"purpose"`
		Nonce     string    `db:"nonce"`
		Verifier  string    `db:"verifier"`
		Subject   string    `db:"subject"`
		SignedFor string    `db:"signed_for"`
		SessionID int64     `db:"session_id"`
		ReturnTo  string    `db:"return_to"`
		Held      []byte    `db:"held"`
		CreatedAt time.Time `db:"created_at"`
	}
	err := s.DB.pool.GetContext(ctx, &row, sqlTake, state[:], browser[:])
	if err == nil && row.CreatedAt.Before(notBefore) {
		err = sql.ErrNoRows
	}
	if err != nil {
		return account.Pending{}, notFoundAs("signin.unknown", err)
	}
	return account.Pending{
		StateHash: state, Browser: browser, Purpose: account.Purpose(row.Purpose), Nonce: row.Nonce, Verifier: row.Verifier,
		Subject: row.Subject, SignedFor: row.SignedFor, SessionID: row.SessionID, ReturnTo: row.ReturnTo, Held: row.Held, CreatedAt: row.CreatedAt,
	}, nil
}

// FindSubject finds the subject of an account.
func (s Sessions) FindSubject(ctx context.Context, accountID int64) (string, error) {
	const sqlSubject = `SELECT subject FROM accounts WHERE id = $1`
	var subject string
	if err := s.DB.pool.GetContext(ctx, &subject, sqlSubject, accountID); err != nil {
		return "", notFoundAs("account.unknown", err)
	}
	return subject, nil
}

// FindAccount finds an account by its key, with every membership.
func (s Sessions) FindAccount(ctx context.Context, issuer, subject string) (account.Account, []account.Membership, error) {
	sqlFind := accountSelect + ` WHERE a.issuer = $1 AND a.subject = $2`
	var row accountRow
	err := s.DB.pool.GetContext(ctx, &row, sqlFind, issuer, subject)
	if errors.Is(err, sql.ErrNoRows) {
		return account.Account{}, nil, nil
	}
	if err != nil {
		return account.Account{}, nil, err
	}
	memberships, err := s.ListMembershipsOfAccount(ctx, row.ID)
	return row.account(s.Operator), memberships, err
}

// RecordSignedIn writes the account and its session. The account's row is locked by the
// upsert, so that two sign-ins of one person enter one town once.
func (s Sessions) RecordSignedIn(ctx context.Context, a account.Arrival) error {
	const sqlAccount = `
		INSERT INTO accounts (issuer, subject, given_name, usual_name, folded_name, mail, siret, created_at, signed_in_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
		ON CONFLICT (issuer, subject) DO UPDATE SET given_name = EXCLUDED.given_name, usual_name = EXCLUDED.usual_name,
			folded_name = EXCLUDED.folded_name, mail = EXCLUDED.mail, siret = EXCLUDED.siret, signed_in_at = EXCLUDED.signed_in_at
		RETURNING id`
	const sqlForget = `DELETE FROM sessions WHERE key = $1`
	const sqlOpen = `
		INSERT INTO sessions (key, account_id, membership_id, signed_for, acr, strong_at, id_token, created_at, seen_at)
		VALUES ($1, $2, NULLIF($3, 0), $4, $5, $6, $7, $8, $8) RETURNING id`
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		p := a.Person
		var id, sessionID int64
		changed, err := whatChanged(ctx, tx, p, a.SignedFor.Siret)
		if err != nil {
			return err
		}
		err = tx.GetContext(ctx, &id, sqlAccount, p.Issuer, p.Subject, p.GivenName, p.UsualName,
			place.Fold(p.GivenName+" "+p.UsualName), p.Mail, a.SignedFor.Siret, a.At)
		if err != nil {
			return fmt.Errorf("write account: %w", err)
		}
		membershipID := a.MembershipID
		if a.EntersTown {
			entered, err := s.enterTown(ctx, tx, id, a)
			if err != nil {
				return err
			}
			if a.BeginsInTown {
				membershipID = entered
			}
		}
		if _, err := tx.ExecContext(ctx, sqlForget, a.Previous[:]); err != nil {
			return fmt.Errorf("end the session before: %w", err)
		}
		err = tx.GetContext(ctx, &sessionID, sqlOpen, a.Session[:], id, membershipID, a.SignedFor.Siret, p.ACR, orNull(a.StrongAt), a.SealedToken, a.At)
		if err != nil {
			return fmt.Errorf("open session: %w", err)
		}
		for _, detail := range changed {
			err := recordEvent(ctx, tx, audit.Event{
				At: a.At, Author: authorOf(id, p), Act: audit.AccountChanged, Detail: detail, RequestID: a.RequestID,
				Object: audit.Object{Kind: "account", ID: strconv.FormatInt(id, 10), Display: fullName(p)},
			})
			if err != nil {
				return err
			}
		}
		return recordEvent(ctx, tx, audit.Event{
			At: a.At, Author: authorOf(id, p), Act: audit.SignInAccepted, Detail: proofs(p), RequestID: a.RequestID,
			Object:       audit.Object{Kind: "session", ID: strconv.FormatInt(sessionID, 10), Display: fullName(p)},
			Organisation: a.SignedFor.Siret.String(),
		})
	})
}

// proofs says how a person proved who she is, and at which identity provider, for whoever
// looks into a take-over (reference/identity.md §3.4).
func proofs(p account.Person) string {
	return strings.TrimSpace(p.ACR + " " + strings.Join(p.AMR, "+") + " " + p.ProviderID)
}

// whatChanged tells what a sign-in changes of an account, and whether a new account has the
// address of somebody who holds a role (reference/identity.md §2.4).
func whatChanged(ctx context.Context, tx *sqlx.Tx, p account.Person, siret value.Siret) (details []string, err error) {
	const sqlBefore = `
		SELECT mail <> $3 AS mail, siret <> $4 AS siret, (given_name, usual_name) <> ($5, $6) AS name
		FROM accounts WHERE issuer = $1 AND subject = $2 FOR UPDATE`
	const sqlTwin = `
		SELECT EXISTS (SELECT FROM accounts a JOIN memberships m ON m.account_id = a.id WHERE a.mail = $1 AND m.ended_at IS NULL)`
	var changed struct{ Mail, Siret, Name bool }
	err = tx.GetContext(ctx, &changed, sqlBefore, p.Issuer, p.Subject, p.Mail, siret, p.GivenName, p.UsualName)
	if errors.Is(err, sql.ErrNoRows) {
		var twin bool
		if err := tx.GetContext(ctx, &twin, sqlTwin, p.Mail); err != nil {
			return nil, fmt.Errorf("look for the same address: %w", err)
		}
		if twin {
			details = append(details, "same_mail")
		}
		return details, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read account: %w", err)
	}
	for _, part := range []struct {
		changed bool
		detail  string
	}{{changed.Mail, "mail"}, {changed.Siret, "siret"}, {changed.Name, "name"}} {
		if part.changed {
			details = append(details, part.detail)
		}
	}
	return details, nil
}

func fullName(p account.Person) string { return p.GivenName + " " + p.UsualName }

func authorOf(accountID int64, p account.Person) audit.Author {
	return audit.Author{ID: strconv.FormatInt(accountID, 10), Display: fullName(p)}
}

// enterTown makes the person an agent of the local authority that it signed in for.
func (s Sessions) enterTown(ctx context.Context, tx *sqlx.Tx, accountID int64, a account.Arrival) (int64, error) {
	const sqlEnter = `
		INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
		VALUES ($1, 'town', $2, $2, $3, $4)
		ON CONFLICT (account_id, role, organisation) WHERE ended_at IS NULL DO UPDATE SET granted_by = memberships.granted_by
		RETURNING id`
	var id int64
	if err := tx.GetContext(ctx, &id, sqlEnter, accountID, a.SignedFor.Siret, audit.System.Display, a.At); err != nil {
		return 0, fmt.Errorf("enter the town: %w", err)
	}
	return id, recordEvent(ctx, tx, audit.Event{
		At: a.At, Author: audit.System, Act: audit.RoleGranted, Detail: string(account.Town), RequestID: a.RequestID,
		Object:       audit.Object{Kind: "account", ID: strconv.FormatInt(accountID, 10), Display: fullName(a.Person)},
		Organisation: a.SignedFor.Siret.String(),
	})
}

// orNull stores the zero time as NULL.
func orNull(at time.Time) sql.NullTime { return sql.NullTime{Time: at, Valid: !at.IsZero()} }

// RecordSteppedUp renews the key of a session and notes the proof. The journal names the
// person, whom the session's row knows.
func (s Sessions) RecordSteppedUp(ctx context.Context, u account.StepUp) error {
	const sqlStepUp = `
		UPDATE sessions s SET key = $2, acr = $3, id_token = $4, held = $5, strong_at = $6, seen_at = $7
		FROM accounts a
		WHERE s.id = $1 AND a.id = s.account_id AND s.created_at > $8 AND s.seen_at > $9
		RETURNING a.id, a.given_name, a.usual_name`
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		var row struct {
			ID        int64  `db:"id"`
			GivenName string `db:"given_name"`
			UsualName string `db:"usual_name"`
		}
		err := tx.GetContext(ctx, &row, sqlStepUp, u.SessionID, u.Session[:], u.ACR, u.SealedToken, u.Held, u.StrongAt, u.At,
			u.At.Add(-account.AbsoluteLife), u.At.Add(-account.IdleLife))
		if err != nil {
			return notFoundAs("session.ended", err)
		}
		u.Event.Author = authorOf(row.ID, account.Person{GivenName: row.GivenName, UsualName: row.UsualName})
		u.Event.Object = audit.Object{Kind: "session", ID: strconv.FormatInt(u.SessionID, 10), Display: u.Event.Author.Display}
		return recordEvent(ctx, tx, u.Event)
	})
}

// NameSession names a session and its person.
func (s Sessions) NameSession(ctx context.Context, sessionID int64) (audit.Author, audit.Object, error) {
	const sqlName = `
		SELECT a.id, a.given_name, a.usual_name FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id = $1`
	var row struct {
		ID        int64  `db:"id"`
		GivenName string `db:"given_name"`
		UsualName string `db:"usual_name"`
	}
	if err := s.DB.pool.GetContext(ctx, &row, sqlName, sessionID); err != nil {
		return audit.Author{}, audit.Object{}, notFoundAs("session.ended", err)
	}
	author := authorOf(row.ID, account.Person{GivenName: row.GivenName, UsualName: row.UsualName})
	return author, audit.Object{Kind: "session", ID: strconv.FormatInt(sessionID, 10), Display: author.Display}, nil
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
			s.acr, ARRAY(SELECT x.role || ' ' || x.signed_for FROM memberships x WHERE x.account_id = s.account_id AND x.ended_at IS NULL) AS held
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
		SignedFor: named(operator, r.SignedFor, r.SignedName), StrongAt: r.StrongAt.Time,
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
