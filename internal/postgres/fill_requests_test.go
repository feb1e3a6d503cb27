package postgres_test

import (
	"context"
	"testing"
	"time"

	accounts "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// Requests of no one are lined up as real ones, and each draft is deposited by whoever signed in
// for it, and by nobody else.
func TestRequestsOfNoOneAreLikeRealOnes(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	template, err := postgres.Templates{DB: s.db}.FindTemplate(ctx, tilleulForm)
	if err != nil {
		t.Fatal(err)
	}
	agents := []value.Token{value.NewToken(), value.NewToken(), value.NewToken()}
	if err := postgres.Fill(ctx, s.db, 150, 0, noon); err != nil {
		t.Fatal(err)
	}
	if err := postgres.FillPeople(ctx, s.db, postgres.Crowd{Accounts: 400, Operator: "13002526500013", Agents: agents}, noon); err != nil {
		t.Fatal(err)
	}
	answers := request.Begun(template)
	answers.DeliberationURL = "https://www.essai.example.fr/deliberation"
	drafts, err := postgres.FillRequests(ctx, s.db, postgres.Paperwork{Template: template, Answers: answers, Filed: 120, Drafts: agents}, noon)
	if err != nil || len(drafts) != len(agents) {
		t.Fatalf("%d drafts, %v", len(drafts), err)
	}
	desk := s.instruction()
	counts, err := desk.Counts(ctx, accounts.Actor{})
	if err != nil || counts.ToInstruct != 120 || counts.Unassigned != 120 || counts.Modifications != 6 || counts.Unread != 12 {
		t.Errorf("what waits is %+v, %v", counts, err)
	}
	for _, of := range []struct {
		search request.Search
		want   int
	}{{request.Search{Text: "commune essai 12"}, 3}, {request.Search{Departement: "45"}, 1}, {request.Search{Stage: request.StageWriting}, len(agents)}} {
		of.search.Limit = 1
		if _, total, err := desk.Queue(ctx, accounts.Actor{}, of.search); err != nil || total != of.want {
			t.Errorf("%+v finds %d, want %d (%v)", of.search, total, of.want, err)
		}
	}

	sessions, store := postgres.Sessions{DB: s.db}, s.applications()
	for i, cookie := range agents {
		actor, err := sessions.FindActor(ctx, cookie.Hash(), noon)
		if err != nil {
			t.Fatal(err)
		}
		a, err := store.FindApplication(ctx, drafts[i], actor.Organisation.Siret)
		if err != nil || a.Request.Holder != actor.AccountID || a.Answers.DeliberationURL != answers.DeliberationURL || a.Request.Requester.Mail == "" {
			t.Fatalf("a draft is %+v, %v", a.Request, err)
		}
		s.changes(deposit(a, noon.Add(time.Hour)))
	}
	if counts, err = desk.Counts(ctx, accounts.Actor{}); err != nil || counts.ToInstruct != 123 {
		t.Errorf("deposited, what waits is %+v, %v", counts, err)
	}
	if _, err := postgres.FillRequests(ctx, s.db, postgres.Paperwork{Template: template, Answers: answers, Drafts: []value.Token{value.NewToken()}}, noon); err == nil {
		t.Error("a draft was made for a session that nobody opened")
	}
}
