package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"portail-qf/internal/domain/value"
)

const theProlongation = "/jetons/5f0c1a52-9a3e-4b7c-8d11-0242ac120002/prolongation"

// Whoever follows the link of a reminder and has to choose a space comes to the page of the token:
// it belongs to no space.
func TestTheLinkOfATokenOutlivesTheChoiceOfASpace(t *testing.T) {
	s := setScene(t)
	v := s.visitor()
	v.enter(lucie)
	s.run(`INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
		SELECT id, 'editor_member', '90511200900014', siret, 'Hugo Marchal', $1 FROM accounts`, startOfStory)
	choice := v.get(spacesPath+"?retour="+url.QueryEscape(theProlongation)).is(http.StatusOK, "Choisissez un espace")
	chosen := choice.form(spacesPath)
	chosen.Set(paramSpace, fmt.Sprint(s.count(`SELECT id FROM memberships WHERE role = 'town'`)))
	v.post(spacesPath, spacesPath, chosen).leads(theProlongation)
	for _, elsewhere := range []string{"/jetonsbis", "/editeur/jetons", "/administration"} {
		chosen.Set(paramReturn, elsewhere)
		v.post(spacesPath, spacesPath, chosen).leads("/collectivite")
	}
}

// « the funnel: opened by sign-in » (issue 7): where a sign-in leads is told once, and a failure to
// note it keeps nobody out.
func TestWhereASignInLeadsIsTold(t *testing.T) {
	s := setScene(t)
	var told []string
	s.door.Arrived = func(ctx context.Context, session value.Token, to string) error {
		actor, err := s.door.Sessions.Actor(ctx, session)
		if err != nil || !actor.SignedIn() {
			t.Error("nobody is signed in", err)
		}
		told = append(told, to)
		return errors.New("the database is away")
	}
	v := s.visitor()
	v.get(theProlongation)
	v.returns(v.post("", signInPath, url.Values{paramReturn: {theProlongation}}), fmt.Sprintf(`{"key":%q}`, lucie)).leads(theProlongation)
	s.visitor().enter(bastien) // who goes nowhere in particular
	if fmt.Sprint(told) != "["+theProlongation+"]" {
		t.Errorf("told: %v", told)
	}
}
