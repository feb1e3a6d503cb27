package postgres

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
)

// applicationColumns are those of an application a beside those of its request and of its
// template. Deposits count from the exchange under way alone: none was made in it as long as
// filed_at is null.
const (
	applicationColumns = listedRequestColumns + `,` + templateColumns + `,
		a.phase, a.answers, a.edition, a.edited_at, a.filed_at, a.first_filed_at, a.asked,
		(SELECT d.answers FROM deposits d WHERE d.request = a.request AND a.filed_at IS NOT NULL ORDER BY d.rank DESC LIMIT 1) AS sent,
		(SELECT d.terms FROM deposits d WHERE d.request = a.request AND a.filed_at IS NOT NULL ORDER BY d.rank DESC LIMIT 1) AS terms,
		(SELECT g.answers FROM habilitations g WHERE g.number = h.number) AS granted_answers, a.carried,
		COALESCE(p.id, 0) AS assignee, COALESCE(` + nameOfPerson + `, '') AS assignee_name, COALESCE(p.mail, '') AS assignee_mail`
	applicationTables = withNewest + `
		JOIN applications a ON a.request = r.number
		JOIN form_versions v ON v.form_uid = a.form_uid AND v.version = a.form_version` + withEditor + `
		LEFT JOIN accounts p ON p.id = a.assignee`
	// nameOfPerson is that of an account p.
	nameOfPerson = `btrim(p.given_name || ' ' || p.usual_name)`
)

type applicationRow struct {
	listedRequest
	templateRow
	Phase        string         `db:"phase"`
	Answers      []byte         `db:"answers"`
	Edition      int            `db:"edition"`
	EditedAt     time.Time      `db:"edited_at"`
	FiledAt      sql.NullTime   `db:"filed_at"`
	FirstFiledAt sql.NullTime   `db:"first_filed_at"`
	Asked        []byte         `db:"asked"`
	Sent         []byte         `db:"sent"`
	Granted      []byte         `db:"granted_answers"`
	Carried      []byte         `db:"carried"`
	Terms        sql.NullString `db:"terms"`
	Assignee     int64          `db:"assignee"`
	AssigneeName string         `db:"assignee_name"`
	AssigneeMail string         `db:"assignee_mail"`
}

// application is all but the documents.
func (r applicationRow) application() (request.Application, error) {
	a := request.Application{
		Phase: request.Phase(r.Phase), Terms: r.Terms.String, Edition: r.Edition, EditedAt: r.EditedAt,
		FiledAt: r.FiledAt.Time, FirstFiledAt: r.FirstFiledAt.Time,
		Assignee: request.Person{ID: r.Assignee, Name: r.AssigneeName, Mail: r.AssigneeMail},
	}
	var err error
	if a.Request, err = r.request(); err != nil {
		return request.Application{}, err
	}
	if a.Template, err = r.template(); err != nil {
		return request.Application{}, err
	}
	answers, err := readAnswers(r.Answers)
	if err != nil {
		return request.Application{}, fmt.Errorf("read the answers of %s: %w", a.Request.Number, err)
	}
	a.Answers = *answers
	if a.Sent, err = readAnswers(r.Sent); err != nil {
		return request.Application{}, fmt.Errorf("read the deposit of %s: %w", a.Request.Number, err)
	}
	if a.Carried = r.Granted == nil && r.Carried != nil; a.Carried {
		r.Granted = r.Carried
	}
	if a.Granted, err = readAnswers(r.Granted); err != nil {
		return request.Application{}, fmt.Errorf("read what is granted of %s: %w", a.Request.Number, err)
	}
	if a.Asked, err = readAsked(r.Asked); err != nil {
		return request.Application{}, fmt.Errorf("read what is asked of %s: %w", a.Request.Number, err)
	}
	return a, nil
}

// readAnswers is nil for none.
func readAnswers(stored []byte) (*request.Answers, error) {
	if stored == nil {
		return nil, nil
	}
	answers := new(request.Answers)
	return answers, json.Unmarshal(stored, answers)
}

// askedChanges are the changes that an instructor asks for, as they are stored.
type askedChanges struct {
	Act      habilitation.Act  `json:"acte,omitempty"`
	Reason   string            `json:"motif,omitempty"`
	Comments []request.Comment `json:"champs,omitempty"`
	By       string            `json:"par,omitempty"`
	At       time.Time         `json:"le,omitzero"`
}

func readAsked(stored []byte) (request.Asked, error) {
	var asked askedChanges
	err := json.Unmarshal(stored, &asked)
	return request.Asked(asked), err
}

type documentRow struct {
	ID      int64     `db:"id"`
	Request int64     `db:"request"`
	Name    string    `db:"name"`
	Size    int       `db:"size"`
	Pages   int       `db:"pages"`
	State   string    `db:"state"`
	AddedAt time.Time `db:"added_at"`
	AddedBy string    `db:"added_by"`
}

const documentColumns = `d.id, d.request, d.name, d.size, d.pages, d.state, d.added_at, d.added_by`

func (r documentRow) document() request.Document {
	return request.Document{
		ID: r.ID, Request: habilitation.RequestNumber(r.Request), Name: r.Name, Size: r.Size, Pages: r.Pages,
		State: request.DocumentState(r.State), AddedAt: r.AddedAt, AddedBy: r.AddedBy,
	}
}
