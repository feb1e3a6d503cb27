package postgres

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
)

// Waiting counts what waits for somebody, for the home pages of the spaces.
type Waiting struct{ DB *DB }

// AdministrationWaiting is what waits for the administration. Each count stops at
// waitingLimit.
type AdministrationWaiting struct {
	DeadOrders          int `db:"dead_orders"`
	LateOrders          int `db:"late_orders"`
	BouncedMails        int `db:"bounced_mails"`
	FailedJobs          int `db:"failed_jobs"`
	ExpiringInvitations int `db:"expiring_invitations"`
	QuarantinedDossiers int `db:"quarantined_dossiers"`
	ClosedOrganisations int `db:"closed_organisations"`
	// Subscriptions at HubEE: nothing happens until somebody acts; awaited for more than a
	// day; stopped by HubEE; wanted by two.
	FailedSubscriptions    int `db:"failed_subscriptions"`
	AwaitedSubscriptions   int `db:"awaited_subscriptions"`
	StoppedSubscriptions   int `db:"stopped_subscriptions"`
	ContendedSubscriptions int `db:"contended_subscriptions"`
	QuarantinedEvents      int `db:"quarantined_events"`      // of DataPass
	SuspendedHabilitations int `db:"suspended_habilitations"` // to be restored or revoked
	// Late are the prolongations to make up for.
	Late renewal.Late `db:"-"`
	// UnmanagedEditors are those of which nobody may invite any more.
	UnmanagedEditors []account.Organisation `db:"-"`
}

const (
	// waitingLimit bounds each count: beyond, nobody looks at the number any more.
	waitingLimit = 10_000
	// lateAfter is how old an order is when it should have left: an order that fails at first
	// and then leaves takes less.
	lateAfter = time.Hour
	// expiringWithin is how long before its end an invitation without an answer is told.
	expiringWithin = 3 * 24 * time.Hour
)

// Administration counts what waits for the administration at a time: of the mails whose
// content is erased nothing can be corrected any more; a job fails when its last run that
// ended did, within a week of the database's clock, so that one that was taken out of the
// table is forgotten.
func (w Waiting) Administration(ctx context.Context, now time.Time) (AdministrationWaiting, error) {
	const sqlCount = `
		WITH RECURSIVE names AS (
			(SELECT job FROM job_runs ORDER BY job LIMIT 1)
			UNION ALL
			SELECT (SELECT r.job FROM job_runs r WHERE r.job > names.job ORDER BY r.job LIMIT 1) FROM names WHERE names.job IS NOT NULL)
		SELECT
			(SELECT count(*) FROM (SELECT FROM outbox o WHERE o.abandoned_at IS NOT NULL AND o.done_at IS NULL LIMIT $4) found) AS dead_orders,
			(SELECT count(*) FROM (SELECT FROM outbox o
				WHERE o.done_at IS NULL AND o.abandoned_at IS NULL AND o.created_at < $2 LIMIT $4) found) AS late_orders,
			(SELECT count(*) FROM (SELECT DISTINCT r.mail_id FROM mail_recipients r JOIN mails m ON m.id = r.mail_id
				WHERE r.state = 'bounced' AND m.content IS NOT NULL LIMIT $4) found) AS bounced_mails,
			(SELECT count(*) FROM names CROSS JOIN LATERAL (SELECT r.failed FROM job_runs r
				WHERE r.job = names.job AND r.finished_at IS NOT NULL AND r.scheduled_for > now() - interval '7 days'
				ORDER BY r.scheduled_for DESC LIMIT 1) last WHERE last.failed) AS failed_jobs,
			(SELECT count(*) FROM (SELECT FROM invitations i
				WHERE i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > $1 AND i.expires_at <= $3 LIMIT $4) found) AS expiring_invitations,
			(SELECT count(*) FROM (SELECT FROM dossiers d WHERE d.state = 'quarantaine' LIMIT $4) found) AS quarantined_dossiers,
			(SELECT count(*) FROM (SELECT FROM organisations o WHERE o.closed AND ` + organisationInUse + ` LIMIT $4) found) AS closed_organisations,
			(SELECT count(*) FROM (SELECT FROM subscriptions s WHERE s.state = 'en_erreur' LIMIT $4) found) AS failed_subscriptions,
			(SELECT count(*) FROM (SELECT FROM subscriptions s WHERE s.state = 'en_attente' AND s.wanted_at <= $5 LIMIT $4) found) AS awaited_subscriptions,
			(SELECT count(*) FROM (SELECT FROM subscriptions s WHERE ` + stoppedByHub + ` LIMIT $4) found) AS stopped_subscriptions,
			(SELECT count(*) FROM (SELECT FROM subscriptions s WHERE s.contender IS NOT NULL LIMIT $4) found) AS contended_subscriptions,
			(SELECT count(*) FROM (SELECT FROM datapass_events d WHERE d.state = 'quarantaine' LIMIT $4) found) AS quarantined_events,
			(SELECT count(*) FROM (SELECT FROM requests r WHERE r.state = 'suspendue' LIMIT $4) found) AS suspended_habilitations`
	var counted AdministrationWaiting
	err := w.DB.pool.GetContext(ctx, &counted, sqlCount, now, now.Add(-lateAfter), now.Add(expiringWithin), waitingLimit,
		now.Add(-credential.AwaitingPatience))
	if err != nil {
		return AdministrationWaiting{}, fmt.Errorf("count what waits: %w", err)
	}
	if counted.Late, err = (&renewal.Watch{Store: RenewalWatch(w), Now: func() time.Time { return now }}).Late(ctx); err != nil {
		return AdministrationWaiting{}, err
	}
	counted.UnmanagedEditors, err = w.unmanagedEditors(ctx, now)
	return counted, err
}

// unmanagedLimit is how many editors without anybody to manage them are named.
const unmanagedLimit = 20

// unmanagedEditors lists the editors that had people and have nobody who manages their space,
// nor anybody invited to. One that nobody ever joined has not begun.
func (w Waiting) unmanagedEditors(ctx context.Context, now time.Time) ([]account.Organisation, error) {
	const sqlUnmanaged = `
		SELECT e.siret, e.name FROM editors e
		WHERE EXISTS (SELECT FROM memberships m WHERE m.organisation = e.siret AND m.role IN ('editor_admin', 'editor_member'))
		  AND NOT EXISTS (SELECT FROM memberships m WHERE m.organisation = e.siret AND m.role = 'editor_admin' AND m.ended_at IS NULL)
		  AND NOT EXISTS (SELECT FROM invitations i WHERE i.organisation = e.siret AND i.role = 'editor_admin'
			AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > $1)
		ORDER BY e.name, e.siret LIMIT $2`
	var rows []struct{ Siret, Name string }
	if err := w.DB.pool.SelectContext(ctx, &rows, sqlUnmanaged, now, unmanagedLimit); err != nil {
		return nil, fmt.Errorf("list editors without a manager: %w", err)
	}
	var listed []account.Organisation
	for _, row := range rows {
		listed = append(listed, account.Organisation{Siret: value.Siret(row.Siret), Name: row.Name})
	}
	return listed, nil
}
