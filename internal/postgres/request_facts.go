package postgres

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// Facts implements request.FactStore.
type Facts struct{ DB *DB }

var _ request.FactStore = Facts{}

// maxOthers bounds what is listed of an establishment.
const maxOthers = 20

// ListOthers lists the other requests of an establishment, the newest first: neither drafts
// nor what was dropped.
func (s Facts) ListOthers(ctx context.Context, siret value.Siret, except habilitation.RequestNumber) ([]habilitation.Request, error) {
	const sqlList = `
		SELECT ` + listedRequestColumns + withNewest + `
		WHERE r.siret = $1 AND r.number <> $2 AND r.state NOT IN ('brouillon', 'archivee')
		ORDER BY r.created_at DESC, r.number DESC LIMIT $3`
	var rows []listedRequest
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlList, siret.String(), int64(except), maxOthers); err != nil {
		return nil, err
	}
	return requestsOf(rows)
}

// ListSuspendedTokens looks at the last token of each software, by the rule of
// credential.Withheld: a suspension by the operator outlives what it closed.
func (s Facts) ListSuspendedTokens(ctx context.Context, siret value.Siret) (map[habilitation.RequestNumber]time.Time, error) {
	const sqlList = `
		SELECT l.request, max(l.suspended_at) AS since
		FROM (
			SELECT DISTINCT ON (t.request, t.editor_siret) t.request, t.suspended_at, t.suspended_by, t.revoked_for
			FROM tokens t JOIN requests r ON r.number = t.request
			WHERE r.siret = $1 ORDER BY t.request, t.editor_siret, t.issued_at DESC, t.id DESC
		) l
		WHERE l.suspended_by = 'operateur' AND l.revoked_for = '' GROUP BY l.request`
	var rows []struct {
		Request int64     `db:"request"`
		Since   time.Time `db:"since"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlList, siret.String()); err != nil {
		return nil, err
	}
	found := map[habilitation.RequestNumber]time.Time{}
	for _, row := range rows {
		found[habilitation.RequestNumber(row.Request)] = row.Since
	}
	return found, nil
}

// CountDomain counts the requests whose requester has an address of a domain, by the index
// requests_by_mail_domain: those of the establishment, and those of the others.
func (s Facts) CountDomain(ctx context.Context, domain string, siret value.Siret, except habilitation.RequestNumber) (ofTown, ofOthers int, err error) {
	const sqlCount = `
		SELECT count(*) FILTER (WHERE r.siret = $2) AS town, count(*) FILTER (WHERE r.siret <> $2) AS others FROM requests r
		WHERE lower(split_part(r.requester ->> 'mail', '@', 2)) = lower($1) AND r.number <> $3 AND r.state NOT IN ('brouillon', 'archivee')`
	var counted struct{ Town, Others int }
	if err := s.DB.pool.GetContext(ctx, &counted, sqlCount, domain, siret.String(), int64(except)); err != nil {
		return 0, 0, fmt.Errorf("count requests of a domain: %w", err)
	}
	return counted.Town, counted.Others, nil
}

// CountDPD counts the other towns whose newest habilitation, or whose deposit under
// instruction, names a data protection officer, by the indexes habilitations_by_dpd and
// applications_by_dpd.
func (s Facts) CountDPD(ctx context.Context, mail string, siret value.Siret) (int, error) {
	const sqlCount = `
		SELECT count(*) FROM (
			SELECT r.siret FROM habilitations h JOIN requests r ON r.number = h.request
			WHERE lower(h.contacts -> 'dpd' ->> 'mail') = lower($1) AND r.siret <> $2
			  AND NOT EXISTS (SELECT FROM habilitations n WHERE n.request = h.request AND n.number > h.number)
			UNION
			SELECT r.siret FROM applications a JOIN requests r ON r.number = a.request
			WHERE lower(a.answers -> 'dpd' ->> 'mail') = lower($1) AND a.phase IN ('deposee', 'a_modifier') AND r.siret <> $2) town`
	var counted int
	if err := s.DB.pool.GetContext(ctx, &counted, sqlCount, mail, siret.String()); err != nil {
		return 0, fmt.Errorf("count towns of a data protection officer: %w", err)
	}
	return counted, nil
}

// FindEditorByContact finds the editor of an address; the first by name of several.
func (s Facts) FindEditorByContact(ctx context.Context, mail string) (request.Proposed, error) {
	const sqlFind = `
		SELECT e.siret, e.name FROM editors e WHERE e.technical_contact <> '' AND lower(e.technical_contact) = lower($1)
		ORDER BY e.name, e.siret LIMIT 1`
	var found request.Proposed
	if err := s.DB.pool.GetContext(ctx, &found, sqlFind, mail); err != nil {
		return request.Proposed{}, notFoundAs("editor.unknown", err)
	}
	return found, nil
}
