package postgres_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
)

// « wrong answers are kept too, so that a draft loses nothing »: every answer comes back, as
// it was written, as it was deposited and as it was granted.
func TestAnAnswerLosesNothing(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	a := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
	document := s.handsIn(a, request.Clean)
	a = s.application(a.Request.Number)
	fillIn(t, reflect.ValueOf(&a.Answers).Elem(), new(int))
	a.Answers.Document = document
	for _, field := range reflect.VisibleFields(reflect.TypeFor[request.Answers]()) {
		if reflect.ValueOf(a.Answers).FieldByIndex(field.Index).IsZero() {
			t.Fatalf("%s is not tried", field.Name)
		}
	}
	if err := s.applications().RecordWritten(context.Background(), request.Written{Application: a, At: noon}); err != nil {
		t.Fatal(err)
	}
	written := s.application(a.Request.Number)
	if diff := cmp.Diff(a.Answers, written.Answers); diff != "" {
		t.Error(diff)
	}
	sent := s.changes(deposit(written, noon))
	if diff := cmp.Diff(&a.Answers, sent.Sent); diff != "" {
		t.Error(diff)
	}
	granted := s.grants(sent, 10_000_001, noon)
	if diff := cmp.Diff(&a.Answers, granted.Granted); diff != "" {
		t.Error(diff)
	}
}

// What an instructor asks for comes back, and goes when it is answered.
func TestWhatIsAskedLosesNothing(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	a := s.changes(deposit(s.begins(s.colleague("Anne", "Morel", majastres), majastres), noon))
	if !reflect.ValueOf(a.Asked).IsZero() {
		t.Errorf("before anybody asks: %+v", a.Asked)
	}
	a.Phase, a.Request.State = request.Returned, habilitation.ChangesRequested
	fillIn(t, reflect.ValueOf(&a.Asked).Elem(), new(int))
	found := s.changes(request.Change{Application: a, Moves: true, At: noon})
	if diff := cmp.Diff(a.Asked, found.Asked); diff != "" {
		t.Error(diff)
	}
}
