package webtest

import (
	"database/sql"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/value"
)

// Person is somebody signed in: what the database calls his account, his role and his session,
// and the cookie of the session. The zero Person is a visitor.
type Person struct {
	Account, Membership, Session int64
	Cookie                       value.Token
}

// SignIn opens the session of somebody new, who has a role in an organisation and proved a
// second factor at that time. Anne's usual name is Talbot, and her address anne@exemple.fr.
// The database is as its owner sees it.
func SignIn(t testing.TB, db *sql.DB, name string, role account.Role, organisation value.Siret, at time.Time) Person {
	t.Helper()
	p := Person{Cookie: value.NewToken()}
	key := p.Cookie.Hash()
	const sqlSignIn = `
		WITH a AS (INSERT INTO accounts (issuer, subject, given_name, usual_name, folded_name, mail, siret, created_at, signed_in_at)
				VALUES ('issuer', $1, $1, 'Talbot', lower($1) || ' talbot', lower($1) || '@exemple.fr', $3, $4, $4) RETURNING id),
			m AS (INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
				SELECT a.id, $2, $3, $3, 'Hugo Marchal', $4 FROM a RETURNING id),
			s AS (INSERT INTO sessions (key, account_id, membership_id, signed_for, acr, strong_at, id_token, created_at, seen_at)
				SELECT $5, a.id, m.id, $3, 'eidas2', $4, '\x00', $4, $4 FROM a, m RETURNING id)
		SELECT a.id, m.id, s.id FROM a, m, s`
	err := db.QueryRowContext(t.Context(), sqlSignIn, name, role, organisation, at, key[:]).Scan(&p.Account, &p.Membership, &p.Session)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
