package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	publisher "portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// An application is found with all that the rules need of it.
func TestAnApplicationIsFoundWhole(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	anne, instructor := s.colleague("Anne", "Morel", majastres), s.colleague("Camille", "Ferrand", "13002526500013")
	begun := s.begins(anne, majastres)
	want := s.newDraft(anne, majastres)
	want.Request.Number, want.Request.Revision, want.Edition = begun.Request.Number, 1, 1
	if diff := cmp.Diff(want, begun); diff != "" {
		t.Errorf("a draft: %s", diff)
	}
	if begun.Template.Editor.Name != "Logiciels Tilleul" || begun.Request.Requester.Name() != "Anne Morel" {
		t.Errorf("the template is %+v of %+v", begun.Template, begun.Request.Requester)
	}
	// The town keeps its own version of the form, whatever is published later.
	later := formOf(tilleulForm, tilleul, "Tilleul 2", "Demande")
	later.Withdrawn = true
	s.publish(noon, later)
	s.run(`UPDATE applications SET assignee = $1`, instructor)
	filed := s.changes(deposit(begun, noon.Add(time.Hour)))
	want.Request.State, want.Request.StateAt, want.Request.Revision = habilitation.Submitted, noon.Add(time.Hour), 2
	want.Phase, want.Edition, want.FiledAt, want.FirstFiledAt, want.Sent = request.Filed, 2, noon.Add(time.Hour), noon.Add(time.Hour), &want.Answers
	want.Terms = request.TermsVersion
	want.Assignee = request.Person{ID: instructor, Name: "Camille Ferrand", Mail: "camille.ferrand@mairie.example.fr"}
	if diff := cmp.Diff(want, filed); diff != "" {
		t.Errorf("a deposit: %s", diff)
	}
}

// « Foreign and unknown objects look the same »: another town's, one that DataPass keeps, and
// one that nobody ever made are all unknown; the operator's people read any.
func TestAForeignApplicationLooksUnknown(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.requests() // 48231 is DataPass's, without an application
	s.forms()
	number := s.begins(s.colleague("Anne", "Morel", majastres), majastres).Request.Number
	for name, row := range map[string]struct {
		number habilitation.RequestNumber
		tenant value.Siret
		want   string
	}{
		"its own town":              {number, majastres, ""},
		"the operator, a draft too": {number, "", ""},
		"another town":              {number, paris, "request.unknown"},
		"DataPass's, of the town":   {48231, majastres, "request.unknown"},
		"DataPass's, for operators": {48231, "", "request.unknown"},
		"of nobody":                 {99, majastres, "request.unknown"},
	} {
		_, err := s.applications().FindApplication(ctx, row.number, row.tenant)
		if row.want == "" && err != nil || row.want != "" && fault.CodeOf(err) != row.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// « existing habilitation of the town »: a modification begins from what is granted, of a
// request that another system kept as well.
func TestWhatIsGrantedIsFoundWhereverItWasMade(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.requests()
	s.forms()
	store := s.applications()
	elsewhere, err := store.FindGranted(ctx, 48231, majastres)
	if err != nil || elsewhere.Phase != request.Closed || elsewhere.Template.UID != "" || elsewhere.Granted != nil || elsewhere.Edition != 0 {
		t.Errorf("DataPass's is %+v, %v", elsewhere, err)
	}
	whole, _, err := postgres.Catalogue{DB: s.db}.FindRequest(ctx, 48231)
	if diff := cmp.Diff(whole, elsewhere.Request); diff != "" || err != nil || whole.Current.Title == "" || whole.Current.Contacts.DPD.Mail == "" || len(whole.Current.Scopes) == 0 {
		t.Errorf("its request is not whole: %s, %v", diff, err)
	}
	a := s.changes(deposit(s.begins(s.colleague("Anne", "Morel", majastres), majastres), noon))
	a = s.grants(a, 10_000_009, noon)
	ours, err := store.FindGranted(ctx, a.Request.Number, majastres)
	if err != nil || ours.Granted == nil || ours.Granted.Title != "Cantine" || ours.Template.UID != tilleulForm || ours.Request.Current.Title == "" || ours.Edition != a.Edition {
		t.Errorf("the portal's is %+v, %v", ours, err)
	}
	if refused, err := store.FindGranted(ctx, 48233, ""); err != nil || refused.Request.State != habilitation.Refused {
		t.Errorf("one in another state: %+v, %v", refused, err)
	}
	for _, foreign := range []habilitation.RequestNumber{48231, a.Request.Number, 99} {
		_, err := store.FindGranted(ctx, foreign, paris)
		wantCode(t, err, "request.unknown")
	}
}

// « another system kept them »: nothing is known of what was written for a habilitation of
// before.
func TestWhatAnotherSystemGrantedHasNoAnswers(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	a := s.changes(deposit(s.begins(s.colleague("Anne", "Morel", majastres), majastres), noon))
	s.grants(a, 10_000_001, noon)
	s.granted(10_000_002, int64(a.Request.Number), tilleul, true, true)
	if got := s.application(a.Request.Number).Granted; got != nil {
		t.Errorf("the newest habilitation has the answers of the one before: %+v", got)
	}
}

// « all at submission; cancel and refuse restore everything »: what was deposited before a
// modification began is not its deposit.
func TestADepositCountsForItsOwnExchange(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.forms()
	a := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
	a = s.changes(deposit(a, noon))
	a.Answers.Title = "Cantine et garderie"
	a = s.changes(deposit(a, noon.Add(time.Hour)))
	if a.Sent == nil || a.Sent.Title != "Cantine et garderie" {
		t.Errorf("the last deposit is %+v", a.Sent)
	}
	a = s.changes(reopened(s.grants(a, 10_000_001, noon.Add(2*time.Hour)), noon.Add(3*time.Hour)))
	if a.Sent != nil || a.Granted == nil || !a.FiledAt.IsZero() || !a.FirstFiledAt.IsZero() {
		t.Errorf("a modification begins with the deposit %+v", a.Sent)
	}
	a.Answers.Title = "Garderie"
	a = s.changes(deposit(a, noon.Add(4*time.Hour)))
	if a.Sent == nil || a.Sent.Title != "Garderie" || a.Granted.Title != "Cantine et garderie" {
		t.Errorf("its deposit is %+v beside %+v", a.Sent, a.Granted)
	}
	if n := s.count(`SELECT count(*) FROM deposits WHERE request = $1 AND rank IN (1, 2, 3)`, int64(a.Request.Number)); n != 3 {
		t.Errorf("%d deposits are kept", n)
	}
}

// « lists those of a town, what is under way first, then the newest »
func TestTheApplicationsOfATownBeginWithWhatIsUnderWay(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.requests()
	s.forms()
	var numbers []habilitation.RequestNumber
	for _, given := range []string{"Anne", "Bruno", "Chloé"} {
		a := s.begins(s.colleague(given, "Morel", majastres), majastres)
		s.run(`UPDATE requests SET created_at = $2 WHERE number = $1`, int64(a.Request.Number), noon.Add(time.Duration(len(numbers))*time.Hour))
		numbers = append(numbers, a.Request.Number)
	}
	foreign := s.begins(s.colleague("Denis", "Petit", paris), paris)
	newest := s.application(numbers[2])
	newest.Phase, newest.Request.State = request.Closed, habilitation.Archived
	s.changes(request.Change{Application: newest, Moves: true, At: noon})
	s.handsIn(s.application(numbers[0]), request.Clean)
	s.handsIn(foreign, request.Clean)
	listed, err := s.applications().ListApplications(ctx, majastres, 10)
	var got []habilitation.RequestNumber
	for _, a := range listed {
		got = append(got, a.Request.Number)
	}
	if diff := cmp.Diff([]habilitation.RequestNumber{numbers[1], numbers[0], numbers[2]}, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	for _, a := range listed {
		if diff := cmp.Diff(s.application(a.Request.Number), a); diff != "" {
			t.Errorf("%s is not listed as it is found: %s", a.Request.Number, diff)
		}
	}
	if len(listed[1].Documents) != 1 || len(listed[0].Documents) != 0 {
		t.Errorf("the documents are %+v and %+v", listed[1].Documents, listed[0].Documents)
	}
	if first, err := s.applications().ListApplications(ctx, majastres, 1); err != nil || len(first) != 1 {
		t.Errorf("one of them: %d, %v", len(first), err)
	}
	for _, nobodys := range []value.Siret{"", "35600000000048"} {
		if none, err := s.applications().ListApplications(ctx, nobodys, 10); err != nil || len(none) != 0 {
			t.Errorf("of nobody: %d, %v", len(none), err)
		}
	}
}

// « the second editor's question »: who receives the dossiers is whom the subscription names,
// else whom the directory has the form open for.
func TestWhoReceivesTheDossiersOfATown(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.requests()
	s.subscribed(majastres, "COMMUNE DE MAJASTRES", credential.Failed, brume, 5)
	s.run(`UPDATE subscriptions SET request = 48231 WHERE siret = $1`, majastres)
	s.run(`UPDATE collectivities SET editor_siret = $2 WHERE siret = $1`, paris, tilleul)
	const suspended, itself, shut value.Siret = "21910998000017", "21280363900013", "21690123100011"
	s.subscribed(suspended, "Valombre", credential.Suspended, tilleul, 5)
	s.run(`UPDATE subscriptions SET want = 'suspendu' WHERE siret = $1`, suspended)
	s.subscribed(itself, "Évreux-la-Forêt", credential.Active, "", 5)
	s.open(shut, "Fermée", "69123")
	s.run(`UPDATE collectivities SET form = 'ferme', editor_siret = $2 WHERE siret = $1`, shut, tilleul)
	for name, row := range map[string]struct {
		town value.Siret
		want request.Receiver
	}{
		"a subscription that is wanted":      {majastres, request.Receiver{Request: 48231, Editor: publisher.Editor{Siret: brume, Name: "Ateliers Brume"}, Active: true}},
		"a form that the directory has":      {paris, request.Receiver{Editor: publisher.Editor{Siret: tilleul, Name: "Logiciels Tilleul"}, Active: true}},
		"the town itself":                    {itself, request.Receiver{Active: true}},
		"a subscription that is suspended":   {suspended, request.Receiver{}},
		"a form that the directory has shut": {shut, request.Receiver{}},
		"a town that nobody knows":           {"35600000000048", request.Receiver{}},
	} {
		got, err := s.applications().FindReceiver(ctx, row.town)
		if diff := cmp.Diff(row.want, got); diff != "" || err != nil {
			t.Errorf("%s: %s, %v", name, diff, err)
		}
	}
}

// « transfer to a colleague » of the same SIRET: one who left, or who signs in for another
// establishment since, is none.
func TestAColleagueIsSomebodyWhoMayActForTheTown(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	anne, bruno, chloe := s.colleague("Anne", "Morel", majastres), s.colleague("Bruno", "Petit", majastres), s.colleague("Chloé", "Roux", majastres)
	denis, agent := s.colleague("Denis", "Blanc", paris), s.colleague("Élodie", "Noir", majastres)
	s.run(`UPDATE memberships SET ended_at = $2, ended_by = 'essai' WHERE account_id = $1`, bruno, noon)
	s.run(`UPDATE accounts SET siret = $2 WHERE id = $1`, chloe, paris)
	s.run(`UPDATE memberships SET role = 'reader' WHERE account_id = $1`, agent)
	s.run(`UPDATE accounts SET mail = 'Anne.MOREL@mairie.example.fr' WHERE id = $1`, anne)
	found, err := s.applications().FindColleague(ctx, anne, majastres)
	want := request.Colleague{
		Person:  request.Person{ID: anne, Name: "Anne Morel", Mail: "anne.morel@mairie.example.fr"},
		Contact: habilitation.Contact{GivenName: "Anne", FamilyName: "Morel", Mail: "anne.morel@mairie.example.fr"},
	}
	if found != want || err != nil {
		t.Errorf("a colleague is %+v, %v", found, err)
	}
	for name, row := range map[string]struct {
		account int64
		tenant  value.Siret
	}{
		"who left": {bruno, majastres}, "who is elsewhere": {chloe, majastres}, "of another town": {denis, majastres}, "for another town": {anne, paris},
		"with another role": {agent, majastres}, "nobody": {0, majastres},
	} {
		if _, err := s.applications().FindColleague(ctx, row.account, row.tenant); fault.CodeOf(err) != "request.colleague_unknown" {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.closed(majastres)
	_, err = s.applications().FindColleague(ctx, anne, majastres)
	wantCode(t, err, "request.colleague_unknown")
}

// « mean delay » of the start page: half of the decisions took less.
func TestTheMedianDelayIsThatOfTheDecisions(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	if delay, count, err := s.applications().MedianDelay(ctx, noon); delay != 0 || count != 0 || err != nil {
		t.Errorf("before any: %s, %d, %v", delay, count, err)
	}
	for i, row := range []struct{ filed, decided any }{
		{noon, noon.Add(time.Hour)},
		{noon, noon.Add(4 * time.Hour)},
		{noon, noon.Add(90 * time.Hour)},
		{noon.Add(-time.Hour), noon.Add(5 * time.Hour)},
		{noon.Add(-800 * time.Hour), noon.Add(-time.Minute)}, // decided before
		{noon, nil},                      // waits
		{noon.Add(50 * time.Hour), noon}, // a modification, deposited since
		{nil, noon.Add(time.Hour)},       // a modification that begins
	} {
		a := s.begins(s.colleague("Anne", string(rune('A'+i)), majastres), majastres)
		s.run(`UPDATE applications SET first_filed_at = $2, decided_at = $3 WHERE request = $1`, int64(a.Request.Number), row.filed, row.decided)
	}
	delay, count, err := s.applications().MedianDelay(ctx, noon)
	if want := 5 * time.Hour; delay != want || count != 4 || err != nil {
		t.Errorf("the delay is %s over %d decisions, %v", delay, count, err)
	}
}
