package postgres

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/account"
)

const (
	// invitationRetention is how long an invitation that led to nothing is kept, for whoever
	// asks what became of it.
	invitationRetention = 365 * 24 * time.Hour
	// strangerRetention is how long somebody who signed in and was let in nowhere is
	// remembered.
	strangerRetention = 30 * 24 * time.Hour
	// formerRetention is how long somebody is remembered after the last role: what was done
	// in it stays in the journal (users-reliability-security.md D.2).
	formerRetention = 365 * 24 * time.Hour
)

// PeopleCount is what a purge of the professional side erased.
type PeopleCount struct{ Sessions, SignIns, Invitations, Accounts, Former int }

// Purge erases the sessions that are over, the sign-ins that never came back, old
// invitations, the accounts of people to whom nothing was ever opened, and those of people
// who hold nothing any more. wall is the
// real time, of the sign-ins (SETTLED.md, time).
func (s Sessions) Purge(ctx context.Context, now, wall time.Time) (PeopleCount, error) {
	var count PeopleCount
	for _, step := range []struct {
		erased *int
		query  string
		args   []any
	}{
		{&count.Sessions, `DELETE FROM sessions WHERE created_at <= $1 OR seen_at <= $2`,
			[]any{now.Add(-account.AbsoluteLife), now.Add(-account.IdleLife)}},
		{&count.SignIns, `DELETE FROM sign_ins WHERE created_at <= $1`, []any{wall.Add(-account.SignInLife)}},
		{&count.Invitations, `DELETE FROM invitations WHERE accepted_at IS NULL AND created_at <= $1`, []any{now.Add(-invitationRetention)}},
		{&count.Accounts, `
			DELETE FROM accounts a WHERE a.signed_in_at <= $1
			  AND NOT EXISTS (SELECT FROM memberships m WHERE m.account_id = a.id)
			  AND NOT EXISTS (SELECT FROM sessions s WHERE s.account_id = a.id)
			  AND NOT EXISTS (SELECT FROM invitations i WHERE i.accepted_by = a.id)`,
			[]any{now.Add(-strangerRetention)}},
		{&count.Former, `
			WITH former AS MATERIALIZED (
				SELECT a.id FROM accounts a
				WHERE a.signed_in_at <= $1 AND EXISTS (SELECT FROM memberships m WHERE m.account_id = a.id)
				  AND NOT EXISTS (SELECT FROM memberships m WHERE m.account_id = a.id AND (m.ended_at IS NULL OR m.ended_at > $1))
				  AND NOT EXISTS (SELECT FROM sessions s WHERE s.account_id = a.id)
			), invited AS (
				DELETE FROM invitations WHERE accepted_by IN (SELECT id FROM former)
			), held AS (
				DELETE FROM memberships WHERE account_id IN (SELECT id FROM former)
			)
			DELETE FROM accounts WHERE id IN (SELECT id FROM former)`,
			[]any{now.Add(-formerRetention)}},
	} {
		result, err := s.DB.pool.ExecContext(ctx, step.query, step.args...)
		if err != nil {
			return count, fmt.Errorf("purge the professional side: %w", err)
		}
		erased, err := result.RowsAffected()
		if err != nil {
			return count, fmt.Errorf("count what was purged: %w", err)
		}
		*step.erased = int(erased)
	}
	return count, nil
}
