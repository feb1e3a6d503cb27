package instruction

import (
	"slices"
	"strings"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
)

// The forms of the demo.
const (
	tilleulForm = "api-particulier-tilleul"
	genericForm = "formulaire-qf"
)

// filled are right answers to all that a form asks.
func filled(a request.Answers) request.Answers {
	a.DeliberationURL = "https://www.majastres.example.fr/conseil/2025-12"
	a.Retention = "12"
	a.RequesterPhone, a.RequesterJob = "0400000000", "Directrice générale des services"
	a.DPD = habilitation.Contact{GivenName: "Zoé", FamilyName: "Lambert", Mail: "dpd@pays.example.fr", Phone: "0400000002"}
	a.Controller = habilitation.Contact{GivenName: "Jean", FamilyName: "Aubert", Mail: "maire@exemple.fr", Job: "Maire"}
	if a.Technical.Mail == "" {
		a.Technical = habilitation.Contact{GivenName: "Paul", FamilyName: "Rey", Mail: "integration@tilleul.example.fr", Phone: "0400000001"}
	}
	return a
}

// begin begins a request of somebody, with right answers.
func (s *scene) begin(as person, form string) habilitation.RequestNumber {
	s.t.Helper()
	number, err := s.town.Begin(s.t.Context(), as.Actor, form, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.answer(as, number, filled)
	return number
}

// answer writes in every block that the town answers.
func (s *scene) answer(as person, number habilitation.RequestNumber, change func(request.Answers) request.Answers) {
	s.t.Helper()
	ctx := s.t.Context()
	for _, block := range editor.Blocks {
		a, err := s.town.Find(ctx, as.Actor, number)
		if err != nil {
			s.t.Fatal(err)
		}
		elsewhere, err := s.town.Elsewhere(ctx, a)
		if err != nil {
			s.t.Fatal(err)
		}
		if !slices.Contains(request.Steps(a.Template, elsewhere.Active), block) {
			continue
		}
		saved, err := s.town.Save(ctx, as.Actor, request.Typed{Number: number, Block: block, Stamp: a.Answers.Stamp(block), Answers: change(a.Answers)})
		if err != nil || len(saved.Faults) > 0 {
			s.t.Fatal(block, err, saved.Faults)
		}
	}
}

// submit deposits what was written.
func (s *scene) submit(as person, number habilitation.RequestNumber) {
	s.t.Helper()
	a, err := s.town.Find(s.t.Context(), as.Actor, number)
	if err != nil {
		s.t.Fatal(err)
	}
	sending := request.Sending{Number: number, Edition: a.Edition, Consents: request.Consents{Terms: true, DPDInformed: true}}
	if faults, err := s.town.Submit(s.t.Context(), as.Actor, sending); err != nil || len(faults) > 0 {
		s.t.Fatal(err, faults)
	}
}

// deposit is a whole request of a form.
func (s *scene) deposit(as person, form string) habilitation.RequestNumber {
	s.t.Helper()
	number := s.begin(as, form)
	s.submit(as, number)
	return number
}

// decided has an instructor do an act from the page of a request, step by step, and gives the
// mail that was shown.
func (s *scene) decided(as person, number habilitation.RequestNumber, act habilitation.Act, text string) answer {
	s.t.Helper()
	fields := s.get(as, actPath(number, act)).is(200).form(actPath(number, act))
	if text != "" {
		fields.Set(fieldText, text)
	}
	s.post(as, actPath(number, act), fields).leads(previewPath(number, act), "")
	shown := s.get(as, previewPath(number, act)).is(200)
	modification := s.read(`SELECT state FROM requests WHERE number = $1`, int64(number)) == string(habilitation.Reopened)
	s.post(as, previewPath(number, act), shown.form(previewPath(number, act))).leads(pathOf(number), doneCode(act, modification, len(shown.mails())))
	return shown
}

// mails are the headings of the mails that a page shows.
func (a answer) mails() []string {
	return strings.Split(a.text, `<dt>Objet</dt>`)[1:]
}
