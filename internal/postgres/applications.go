package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// Applications implements request.Store and request.DocumentStore.
type Applications struct{ DB *DB }

var (
	_ request.Store         = Applications{}
	_ request.DocumentStore = Applications{}
)

// FindApplication finds the application of a request.
func (s Applications) FindApplication(ctx context.Context, number habilitation.RequestNumber, tenant value.Siret) (request.Application, error) {
	const sqlFind = `SELECT ` + applicationColumns + applicationTables + ` WHERE r.number = $1 AND ($2 = '' OR r.siret = $2)`
	found, err := s.list(ctx, sqlFind, int64(number), tenant.String())
	if err != nil {
		return request.Application{}, err
	}
	if len(found) == 0 {
		return request.Application{}, fault.New(fault.NotFound, "request.unknown")
	}
	return found[0], nil
}

// FindGranted finds a request, whole, with its application where it has one. The request is
// read first: what moves in between makes a change of it fail.
func (s Applications) FindGranted(ctx context.Context, number habilitation.RequestNumber, tenant value.Siret) (request.Application, error) {
	whole, _, err := Catalogue(s).FindRequest(ctx, number)
	switch {
	case fault.KindOf(err) == fault.NotFound, err == nil && tenant != "" && whole.Siret != tenant:
		return request.Application{}, fault.New(fault.NotFound, "request.unknown")
	case err != nil:
		return request.Application{}, err
	}
	found, err := s.FindApplication(ctx, number, tenant)
	if fault.KindOf(err) == fault.NotFound {
		found, err = request.Application{Phase: request.Closed}, nil
	}
	found.Request = whole
	return found, err
}

// ListApplications lists those of a town, what is under way first, then the newest.
func (s Applications) ListApplications(ctx context.Context, tenant value.Siret, limit int) ([]request.Application, error) {
	const sqlList = `SELECT ` + applicationColumns + applicationTables + `
		WHERE r.siret = $1 ORDER BY a.phase = 'close', r.created_at DESC, r.number DESC LIMIT $2`
	return s.list(ctx, sqlList, tenant.String(), limit)
}

// list reads applications, then their documents: what is named by then exists.
func (s Applications) list(ctx context.Context, query string, args ...any) ([]request.Application, error) {
	var rows []applicationRow
	if err := s.DB.pool.SelectContext(ctx, &rows, query, args...); err != nil || len(rows) == 0 {
		return nil, err
	}
	found, numbers, at := make([]request.Application, len(rows)), make(pq.Int64Array, len(rows)), make(map[int64]int, len(rows))
	for i, row := range rows {
		var err error
		if found[i], err = row.application(); err != nil {
			return nil, err
		}
		numbers[i], at[row.Number] = row.Number, i
	}
	const sqlDocuments = `SELECT ` + documentColumns + ` FROM documents d WHERE d.request = ANY ($1) ORDER BY d.id`
	var documents []documentRow
	if err := s.DB.pool.SelectContext(ctx, &documents, sqlDocuments, numbers); err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	for _, row := range documents {
		of := &found[at[row.Request]]
		of.Documents = append(of.Documents, row.document())
	}
	return found, nil
}

// FindReceiver tells which software receives the dossiers of a town, or will once HubEE has
// done what is wanted.
func (s Applications) FindReceiver(ctx context.Context, siret value.Siret) (request.Receiver, error) {
	behind, err := Decisions(s).behind(ctx, siret)
	if err != nil || behind.Siret == "" || behind.Want != credential.WantActive {
		return request.Receiver{}, err
	}
	receiver := request.Receiver{Request: behind.Request, Active: true}
	if behind.Editor != "" {
		if receiver.Editor, err = Editors(s).FindEditor(ctx, behind.Editor); err != nil {
			return request.Receiver{}, fmt.Errorf("find the editor that receives: %w", err)
		}
	}
	return receiver, nil
}

// FindColleague finds somebody who holds a role for a town that can be used: as at the
// sign-in, only where the person signs in for the town that the role was taken for, and the
// register has not closed it.
func (s Applications) FindColleague(ctx context.Context, account int64, tenant value.Siret) (request.Colleague, error) {
	const sqlFind = `
		SELECT a.id, a.given_name, a.usual_name, a.mail FROM accounts a
		WHERE a.id = $1 AND NOT ` + organisationClosed + ` AND EXISTS (
			SELECT FROM memberships m
			WHERE m.account_id = a.id AND m.role = 'town' AND m.organisation = $2 AND m.ended_at IS NULL AND m.signed_for = a.siret)`
	var row colleagueRow
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, account, tenant.String()); err != nil {
		return request.Colleague{}, notFoundAs("request.colleague_unknown", err)
	}
	return row.colleague(), nil
}

type colleagueRow struct {
	ID        int64  `db:"id"`
	GivenName string `db:"given_name"`
	UsualName string `db:"usual_name"`
	Mail      string `db:"mail"`
}

func (r colleagueRow) colleague() request.Colleague {
	contact := habilitation.Contact{GivenName: r.GivenName, FamilyName: r.UsualName, Mail: lower(r.Mail)}
	return request.Colleague{Person: request.Person{ID: r.ID, Name: contact.Name(), Mail: contact.Mail}, Contact: contact}
}

// MedianDelay measures the decisions of requests and of modifications alike. One that was
// deposited anew since is not measured: its first deposit is later than the decision.
func (s Applications) MedianDelay(ctx context.Context, since time.Time) (time.Duration, int, error) {
	const sqlMedian = `
		SELECT COALESCE(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY decided_at - first_filed_at)), 0) AS seconds,
			count(*) AS decided
		FROM applications WHERE decided_at >= $1 AND first_filed_at <= decided_at`
	var row struct {
		Seconds float64 `db:"seconds"`
		Decided int     `db:"decided"`
	}
	if err := s.DB.pool.GetContext(ctx, &row, sqlMedian, since); err != nil {
		return 0, 0, err
	}
	return time.Duration(row.Seconds * float64(time.Second)), row.Decided, nil
}
