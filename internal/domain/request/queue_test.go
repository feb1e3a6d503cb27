package request

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
)

var queueTime = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

func asked(s Search) (Query, bool) {
	i := &Instruction{Now: func() time.Time { return queueTime }}
	return i.understood(account.Actor{AccountID: 3}, s)
}

// everything is what waits for the instructors, without restriction.
func everything(limit int) Query {
	return Query{Account: 3, RipeBefore: queueTime.Add(-ClaimPatience), Limit: limit}
}

// A bookmark of another time, or an address that somebody made up, still shows the queue.
func TestACriterionThatDoesNotExistDoesNotRestrict(t *testing.T) {
	for name, search := range map[string]Search{
		"a stage":        {Stage: "perdue"},
		"a département":  {Departement: "20"}, // two of them since 1976
		"an assignee":    {Assigned: "tous"},
		"an editor":      {Editor: "12345678901234"},
		"no SIRET":       {Editor: "\x00' OR 1=1"},
		"no form":        {FormUID: "\x00' OR 1=1"},
		"a page before":  {Offset: -20},
		"spaces":         {Text: "  "},
		"all at once":    {Stage: "x", Departement: "00", Assigned: "x", Editor: "x", FormUID: "X", Offset: -1},
		"nothing at all": {},
	} {
		got, mayMatch := asked(search)
		if diff := cmp.Diff(everything(1), got); diff != "" || !mayMatch {
			t.Errorf("%s: may match %v, %s", name, mayMatch, diff)
		}
	}
}

// « filters (state, editor, form, département, assignee, text) »
func TestACriterionThatExistsRestricts(t *testing.T) {
	want := func(how func(q *Query)) Query {
		q := everything(1)
		how(&q)
		return q
	}
	for name, row := range map[string]struct {
		search Search
		want   Query
	}{
		"a town":          {Search{Text: "Clairval"}, want(func(q *Query) { q.Words = []string{"clairval"} })},
		"a number":        {Search{Text: "D10000042"}, want(func(q *Query) { q.Request, q.Stage = 10000042, StageAny })},
		"a département":   {Search{Departement: "2A"}, want(func(q *Query) { q.Departement = "2A" })},
		"an overseas":     {Search{Departement: "974"}, want(func(q *Query) { q.Departement = "974" })},
		"an editor":       {Search{Editor: "90511200900014"}, want(func(q *Query) { q.Editor = "90511200900014" })},
		"a form":          {Search{FormUID: "api-particulier-tilleul"}, want(func(q *Query) { q.FormUID = "api-particulier-tilleul" })},
		"mine":            {Search{Assigned: AssignedToMe}, want(func(q *Query) { q.Assigned = AssignedToMe })},
		"nobody's":        {Search{Assigned: AssignedToNobody}, want(func(q *Query) { q.Assigned = AssignedToNobody })},
		"somebody's":      {Search{Assigned: AssignedToOther}, want(func(q *Query) { q.Assigned = AssignedToOther })},
		"the third page":  {Search{Offset: 40, Limit: 20}, want(func(q *Query) { q.Offset, q.Limit = 40, 20 })},
		"a page too long": {Search{Limit: 100_000}, want(func(q *Query) { q.Limit = maxQueue })},
	} {
		got, mayMatch := asked(row.search)
		if diff := cmp.Diff(row.want, got); diff != "" || !mayMatch {
			t.Errorf("%s: may match %v, %s", name, mayMatch, diff)
		}
	}
	for _, stage := range Stages {
		if got, _ := asked(Search{Stage: stage}); got.Stage != stage {
			t.Errorf("%s is read as %q", stage, got.Stage)
		}
	}
	if _, mayMatch := asked(Search{Text: "'-!"}); mayMatch {
		t.Error("a text without letter nor digit may match")
	}
}

// Guide 6: a modification is treated first; the queue shows until when the town may wait.
func TestAnApplicationInTheQueueSaysUntilWhen(t *testing.T) {
	filed := instant(t, "2026-12-31T12:00:00+01:00")
	q := Queued{State: habilitation.Reopened, FiledAt: filed}
	if !q.Modification() || !q.Deadline().Equal(DeadlineOf(filed)) {
		t.Errorf("modification %v, deadline %s", q.Modification(), q.Deadline())
	}
	if q := (Queued{State: habilitation.Submitted}); q.Modification() || !q.Deadline().IsZero() {
		t.Errorf("modification %v, deadline %s", q.Modification(), q.Deadline())
	}
}
