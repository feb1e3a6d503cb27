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

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
)

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
		INSERT INTO sessions (key, account_id, membership_id, signed_for, acr, strong_at, id_token, created_at, seen_at, held)
		VALUES ($1, $2, NULLIF($3, 0), $4, $5, $6, $7, $8, $8, $9) RETURNING id`
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
		err = tx.GetContext(ctx, &sessionID, sqlOpen, a.Session[:], id, membershipID, a.SignedFor.Siret, p.ACR, orNull(a.StrongAt), a.SealedToken, a.At, a.Held)
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
