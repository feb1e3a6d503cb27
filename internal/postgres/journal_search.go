package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"portail-qf/internal/domain/audit"
)

var (
	_ audit.Recorder = Journal{}
	_ audit.Store    = Journal{}
)

type eventRow struct {
	ID           int64     `db:"id"`
	At           time.Time `db:"at"`
	AuthorID     string    `db:"author_id"`
	Author       string    `db:"author"`
	Role         string    `db:"role"`
	Act          string    `db:"act"`
	ObjectKind   string    `db:"object_kind"`
	ObjectID     string    `db:"object_id"`
	Object       string    `db:"object"`
	Organisation string    `db:"organisation"`
	Detail       string    `db:"detail"`
	RequestID    string    `db:"request_id"`
	Batch        int64     `db:"batch"`
}

func (r eventRow) entry() audit.Entry {
	return audit.Entry{ID: r.ID, Batch: r.Batch, Event: audit.Event{
		At: r.At, Author: audit.Author{ID: r.AuthorID, Display: r.Author, Role: r.Role}, Act: audit.Act(r.Act),
		Object:       audit.Object{Kind: r.ObjectKind, ID: r.ObjectID, Display: r.Object},
		Organisation: r.Organisation, Detail: r.Detail, RequestID: r.RequestID,
	}}
}

// searchFilters are the criteria of a search.
const searchFilters = `
	    ($1 = '' OR e.author_id = $1)
	AND ($2 = '' OR e.object_kind = $2)
	AND ($3 = '' OR e.object_id = $3)
	AND ($4 = '' OR e.object_words @@ audit_query($4))
	AND ($5 = '' OR e.act = $5)
	AND ($6 = '' OR e.organisation = $6)
	AND ($7::timestamptz IS NULL OR e.at >= $7)
	AND ($8::timestamptz IS NULL OR e.at < $8)
	AND ($12::text[] IS NULL OR e.author = ANY ($12))`

// searchPage reads one page of the events found, and how many there are.
const searchPage = `
	SELECT e.id, e.at, e.author_id, e.author, e.role, e.act, e.object_kind, e.object_id, e.object,
		e.organisation, e.detail, e.request_id, COALESCE(e.batch, 0) AS batch, page.total
	FROM (SELECT id, count(*) OVER () AS total FROM found ORDER BY at DESC, id DESC LIMIT $9 OFFSET $10) page
	JOIN audit_events e ON e.id = page.id
	ORDER BY e.at DESC, e.id DESC`

// SearchEvents finds events, newest first.
func (j Journal) SearchEvents(ctx context.Context, search audit.Search, offset, limit int) (audit.Page, error) {
	authors, err := j.findAuthors(ctx, search.Author)
	if err != nil {
		return audit.Page{}, fmt.Errorf("find authors: %w", err)
	}
	var rows []struct {
		eventRow
		Total int `db:"total"`
	}
	err = j.DB.pool.SelectContext(ctx, &rows, searchBy(search, authors),
		search.AuthorID, search.ObjectKind, search.ObjectID, search.Object, string(search.Act), search.Organisation,
		sql.NullTime{Time: search.From, Valid: !search.From.IsZero()}, sql.NullTime{Time: search.To, Valid: !search.To.IsZero()},
		max(0, min(limit, audit.SearchLimit-offset)), offset, audit.SearchLimit+1, authors)
	if err != nil {
		return audit.Page{}, fmt.Errorf("search events: %w", err)
	}
	page := audit.Page{Entries: make([]audit.Entry, len(rows))}
	for i, row := range rows {
		page.Entries[i] = row.entry()
		page.Total, page.More = min(row.Total, audit.SearchLimit), row.Total > audit.SearchLimit
	}
	return page, nil
}

// searchBy chooses the way to what a search wants. Over millions of events, each way is
// fast where the two others may walk through years.
func searchBy(search audit.Search, authors []string) string {
	// Each index gives the newest first.
	const sqlByIndex = `
		WITH found AS MATERIALIZED (
			SELECT e.id, e.at FROM audit_events e WHERE ` + searchFilters + `
			ORDER BY e.at DESC, e.id DESC LIMIT $11)` + searchPage
	// Author by author: each one's newest are found at once, even of those who have done
	// nothing for years.
	const sqlByAuthor = `
		WITH found AS MATERIALIZED (
			SELECT e.id, e.at FROM unnest($12::text[]) AS named (author) CROSS JOIN LATERAL (
				SELECT e.id, e.at FROM audit_events e WHERE e.author = named.author AND ` + searchFilters + `
				ORDER BY e.at DESC, e.id DESC LIMIT $11) e
			ORDER BY e.at DESC, e.id DESC LIMIT $11)` + searchPage
	// What words find comes in no order. Frequent ones are soon met among the newest
	// events; otherwise all that they find is read, which OFFSET 0 keeps the planner from
	// trading for a walk.
	const sqlByWords = `
		WITH newest AS MATERIALIZED (
			SELECT e.id, e.at FROM (
				SELECT id, at, author_id, author, act, object_kind, object_id, object_words, organisation FROM audit_events
				WHERE ($7::timestamptz IS NULL OR at >= $7) AND ($8::timestamptz IS NULL OR at < $8)
				ORDER BY at DESC, id DESC LIMIT 50000) e
			WHERE ` + searchFilters + `
			ORDER BY e.at DESC, e.id DESC LIMIT $11
		), whole AS (
			SELECT e.id, e.at FROM audit_events e
			WHERE (SELECT count(*) FROM newest) < $11 AND ` + searchFilters + ` OFFSET 0
		), found AS MATERIALIZED (
			SELECT id, at FROM newest WHERE (SELECT count(*) FROM newest) = $11
			UNION ALL (SELECT id, at FROM whole ORDER BY at DESC, id DESC LIMIT $11))` + searchPage
	switch {
	case search.Author != "" && len(authors) <= fewAuthors:
		return sqlByAuthor
	case search.Author != "" || search.Object != "":
		return sqlByWords
	}
	return sqlByIndex
}

// fewAuthors is how many authors are searched one by one; more than that, and the newest
// events are likely to hold theirs.
const fewAuthors = 50

// findAuthors finds the names that hold the words typed; nil when nothing was typed.
func (j Journal) findAuthors(ctx context.Context, typed string) (pq.StringArray, error) {
	// Each step of the recursion leaps to the next name in the index: what counts is the
	// number of names, not of events.
	const sqlAuthors = `
		WITH RECURSIVE known AS (
			SELECT min(author) AS author FROM audit_events
			UNION ALL
			SELECT (SELECT min(e.author) FROM audit_events e WHERE e.author > known.author)
			FROM known WHERE known.author IS NOT NULL)
		SELECT author FROM known
		WHERE author IS NOT NULL AND array_to_tsvector(audit_words(author)) @@ audit_query($1)`
	if typed == "" {
		return nil, nil
	}
	names := pq.StringArray{}
	err := j.DB.pool.SelectContext(ctx, &names, sqlAuthors, typed)
	return names, err
}
