package postgres_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

const tilleulForm = "api-particulier-tilleul"

func (s *scene) applications() postgres.Applications { return postgres.Applications{DB: s.db} }

// colleague is an agent of a town who may act for it.
func (s *scene) colleague(given, usual string, siret value.Siret) (id int64) {
	s.t.Helper()
	err := s.raw.QueryRowContext(context.Background(), `
		INSERT INTO accounts (issuer, subject, given_name, usual_name, folded_name, mail, siret, created_at, signed_in_at)
		VALUES ('pc', $1 || $2 || $3, $1, $2, lower($1 || ' ' || $2), lower($1 || '.' || $2) || '@mairie.example.fr', $3, $4, $4) RETURNING id`,
		given, usual, string(siret), noon).Scan(&id)
	if err != nil {
		s.t.Fatal(err)
	}
	s.run(`INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at) VALUES ($1, 'town', $2, $2, 'essai', $3)`, id, siret, noon)
	return id
}

// forms publishes the form of an editor, and the generic one. The numbers begin after those
// of the lists.
func (s *scene) forms() {
	s.t.Helper()
	s.run(`SELECT setval('request_numbers', 10000100)`)
	s.publish(noon.Add(-24*time.Hour), formOf(tilleulForm, tilleul, "Tilleul", "Demande"), formOf("formulaire-qf", "", "", "Demande libre"))
}

func (s *scene) newDraft(holder int64, siret value.Siret) request.Application {
	s.t.Helper()
	ctx := context.Background()
	template, err := postgres.Templates{DB: s.db}.FindTemplate(ctx, tilleulForm)
	if err != nil {
		s.t.Fatal(err)
	}
	who, err := s.applications().FindColleague(ctx, holder, siret)
	if err != nil {
		s.t.Fatal(err)
	}
	return request.Application{
		Request: habilitation.Request{
			Source: habilitation.FromPortal, Siret: siret, Organisation: "Majastres", FormUID: tilleulForm, State: habilitation.Draft,
			StateAt: noon, CreatedAt: noon, Requester: who.Contact, Holder: who.ID,
		},
		Template: template, Phase: request.Writing, Answers: request.Answers{Title: "Cantine", Form: true}, EditedAt: noon,
	}
}

func begunEvent() audit.Event {
	return audit.Event{At: noon, Author: audit.Author{ID: "1", Display: "Anne Morel"}, Act: audit.RequestBegun, Object: audit.Object{Kind: "habilitation", ID: "0", Display: "D0"}}
}

// begins makes somebody begin a request.
func (s *scene) begins(holder int64, siret value.Siret) request.Application {
	s.t.Helper()
	number, err := s.applications().RecordBegun(context.Background(), s.newDraft(holder, siret), begunEvent())
	if err != nil {
		s.t.Fatal(err)
	}
	return s.application(number)
}

func (s *scene) application(number habilitation.RequestNumber) request.Application {
	s.t.Helper()
	found, err := s.applications().FindApplication(context.Background(), number, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

func (s *scene) changes(change request.Change) request.Application {
	s.t.Helper()
	if err := s.applications().RecordChange(context.Background(), change); err != nil {
		s.t.Fatal(err)
	}
	return s.application(change.Application.Request.Number)
}

func deposit(a request.Application, at time.Time) request.Change {
	a.Request.State, a.Request.StateAt = habilitation.Submitted, at
	a.Phase, a.FiledAt = request.Filed, at
	if a.FirstFiledAt.IsZero() {
		a.FirstFiledAt = at
	}
	by := request.Person{ID: a.Request.Holder, Name: a.Request.Requester.Name(), Mail: a.Request.Requester.Mail}
	return request.Change{Application: a, Moves: true, At: at, Deposit: &request.Deposit{Answers: a.Answers, Terms: request.TermsVersion, By: by, At: at}}
}

// grants approves a request as a decision does, with the answers of a deposit.
func (s *scene) grants(a request.Application, number int64, at time.Time) request.Application {
	s.t.Helper()
	a.Request.State, a.Request.StateAt, a.Phase = habilitation.Validated, at, request.Closed
	s.changes(request.Change{Application: a, Moves: true, At: at})
	s.granted(number, int64(a.Request.Number), tilleul, true, true)
	said, err := json.Marshal(a.Answers)
	if err != nil {
		s.t.Fatal(err)
	}
	s.run(`UPDATE habilitations SET answers = $2 WHERE number = $1`, number, said)
	return s.application(a.Request.Number)
}

// reopened is a modification that begins.
func reopened(a request.Application, at time.Time) request.Change {
	a.Request.State, a.Request.StateAt, a.Request.Source = habilitation.Reopened, at, habilitation.FromPortal
	a.Phase, a.EditedAt, a.Asked = request.Writing, at, request.Asked{}
	a.FiledAt, a.FirstFiledAt, a.Sent, a.Assignee = time.Time{}, time.Time{}, nil, request.Person{}
	return request.Change{Application: a, Moves: true, At: at}
}

// fillIn gives every field another value, and fails on one that it does not know: what is
// added later is tried too.
func fillIn(t testing.TB, v reflect.Value, drawn *int) {
	t.Helper()
	*drawn++
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Repeat("é<\"\n", 2) + string(rune('a'+*drawn%26)) + strings.Repeat("i", *drawn))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*drawn))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillIn(t, v.Index(0), drawn)
		fillIn(t, v.Index(1), drawn)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, said := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillIn(t, key, drawn)
		fillIn(t, said, drawn)
		v.SetMapIndex(key, said)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon.Add(time.Duration(*drawn) * time.Second)))
			return
		}
		for i := range v.NumField() {
			fillIn(t, v.Field(i), drawn)
		}
	default:
		t.Fatalf("no value for a %s", v.Type())
	}
}

// codes counts what became of those who acted at once, by code; "" for who won.
func codes(n int, act func(i int) error) map[string]int {
	outcomes := make([]error, n)
	atOnce(n, func(i int) { outcomes[i] = act(i) })
	counted := map[string]int{}
	for _, err := range outcomes {
		switch {
		case err == nil:
			counted[""]++
		case fault.CodeOf(err) == "":
			counted[err.Error()]++
		default:
			counted[fault.CodeOf(err)]++
		}
	}
	return counted
}

// kept counts the rows of everything that a change may leave.
func (s *scene) kept() map[string]int {
	s.t.Helper()
	counted := map[string]int{}
	for _, table := range []string{"requests", "applications", "deposits", "documents", "document_contents", "request_messages", "request_claims", "instruction_notes", "audit_events", "mails", "outbox"} {
		counted[table] = s.count(`SELECT count(*) FROM ` + table)
	}
	return counted
}
