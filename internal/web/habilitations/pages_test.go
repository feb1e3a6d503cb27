package habilitations

import (
	"strings"
	"testing"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// What these pages know as a code has its words.
func TestEveryCodeHasItsWords(t *testing.T) {
	parsed := webtest.Templates(t)
	var codes []string
	for _, state := range habilitation.States {
		codes = append(codes, "habilitation.state."+string(state), "habilitation.help."+string(state))
		if web.StateSeverity(state) == "" {
			t.Errorf("the badge of %q has no colour", state)
		}
	}
	for _, source := range habilitation.Sources {
		codes = append(codes, "habilitation.source."+string(source))
	}
	for _, a := range acts {
		codes = append(codes, "done.habilitation-"+string(a.act))
	}
	for _, filter := range listing(InAdministration, nil).Filters {
		codes = append(codes, "filter."+filter.Name)
	}
	for _, contact := range contactsOf(sampleFile(habilitation.Validated).Request) {
		codes = append(codes, contact.Part)
	}
	codes = append(codes, "held."+fieldReason, "habilitation.modality.jeton", "habilitation.modality.formulaire", "audit."+string(audit.HabilitationRevoked))
	for _, code := range codes {
		if _, found := parsed.Sentence(code); !found {
			t.Errorf("no words for %q", code)
		}
	}
}

// « The page offers only what the state allows and the role may; to the person who
// suspended, revocation is shown as « Une autre personne doit la révoquer » »
func TestThePageOffersWhatTheStateAllowsAndTheRoleMay(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for _, state := range habilitation.States {
		for name, may := range map[string]rights{"may all": mayAll, "reads": mayRead} {
			page := views.newOnePage(web.ProPage{}, sampleFile(state), may)
			suspends := name == "may all" && (state == habilitation.Validated || state == habilitation.Reopened)
			ends := name == "may all" && state == habilitation.Suspended
			if (page.SuspendURL != "") != suspends || (page.RestoreURL != "") != ends || (page.RevokeURL != "") != ends || page.AnotherRevokes {
				t.Errorf("%s, who %s: %q %q %q", state, name, page.SuspendURL, page.RestoreURL, page.RevokeURL)
			}
		}
	}
	own := sampleFile(habilitation.Suspended)
	own.Request.Suspension.AuthorID = mayAll.Person
	page := views.newOnePage(web.ProPage{}, own, mayAll)
	if !page.AnotherRevokes || page.RevokeURL != "" || page.RestoreURL == "" {
		t.Errorf("who suspended is offered %+v", page)
	}
	reader := mayRead
	reader.Person = mayAll.Person
	if page := views.newOnePage(web.ProPage{}, own, reader); page.AnotherRevokes {
		t.Error("somebody who may not revoke is told that another must")
	}
}

// « a request of the portal is instructed on its own page », which only the instructors' space
// leads to; of one that is over nothing is still to come.
func TestARequestMadeHereLeadsToItsInstruction(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	frame := web.ProPage{Space: account.SpaceInstruction}
	const instructed, read = `href="/instruction/demandes/10000017">Instruire la demande`, `href="/instruction/demandes/10000017">Voir la demande`
	for name, row := range map[string]struct {
		file      file
		may       rights
		says, not string
	}{
		"to instruct":           {madeHere(habilitation.Submitted), instruct, instructed, "Rien n’est accordé"},
		"a modification":        {madeHere(habilitation.Reopened), instruct, instructed, "Rien n’est"},
		"granted":               {madeHere(habilitation.Validated), instruct, read, "Instruire"},
		"refused":               {madeHere(habilitation.Refused), instruct, "Rien n’est accordé", "Instruire"},
		"withdrawn":             {madeHere(habilitation.Archived), instruct, "retirée ici par la collectivité", "n’est encore"},
		"of DataPass":           {sampleFile(habilitation.Submitted), instruct, "Rien n’est encore accordé", "/instruction/demandes/"},
		"in another space":      {madeHere(habilitation.Submitted), mayAll, "Rien n’est encore accordé", "/instruction/demandes/"},
		"who does not instruct": {madeHere(habilitation.Submitted), mayRead, "Rien n’est encore accordé", "/instruction/demandes/"},
	} {
		body, err := views.one.Render(views.newOnePage(frame, row.file, row.may))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(body), row.says) || strings.Contains(string(body), row.not) {
			t.Errorf("%s: should say %q and not %q", name, row.says, row.not)
		}
	}
	var listed []habilitation.Request
	for _, state := range []habilitation.State{habilitation.Refused, habilitation.Archived, habilitation.Submitted} {
		listed = append(listed, madeHere(state).Request)
	}
	body, err := views.list.Render(newListPage(frame, InInstruction, asked(InInstruction, "", 3), listed))
	if err != nil {
		t.Fatal(err)
	}
	if nothing, waits := strings.Count(string(body), "Rien n’est accordé"), strings.Count(string(body), "Pas encore"); nothing != 2 || waits != 1 {
		t.Errorf("of a refused, a withdrawn and a filed request: %d, %d", nothing, waits)
	}
}

// « the consequences said in words before the button »: they are those of package decision.
func TestTheConsequencesAreThoseOfTheDecision(t *testing.T) {
	served := func(change func(*file)) file {
		f := sampleFile(habilitation.Validated)
		if change != nil {
			change(&f)
		}
		return f
	}
	for name, row := range map[string]struct {
		act  habilitation.Act
		file file
		want effect
	}{
		"the form closes":             {habilitation.Suspend, served(nil), effectCloses},
		"another takes over":          {habilitation.Suspend, served(func(f *file) { f.Relay.Request = 48260 }), effectRelayed},
		"another has the form":        {habilitation.Suspend, served(func(f *file) { f.Subscription.Request = 48260 }), effectApart},
		"there is no subscription":    {habilitation.Suspend, served(func(f *file) { f.Subscription = credential.Watched{} }), effectNone},
		"there is no form":            {habilitation.Suspend, served(func(f *file) { f.Request.Current.Modalities.Form = false }), effectNone},
		"the form opens again":        {habilitation.Restore, sampleFile(habilitation.Suspended), effectOpens},
		"it is made":                  {habilitation.Restore, served(func(f *file) { f.Subscription = credential.Watched{} }), effectOpens},
		"another took over meanwhile": {habilitation.Restore, served(func(f *file) { f.Subscription.Request = 48260 }), effectApart},
		"the form stays closed":       {habilitation.Revoke, sampleFile(habilitation.Suspended), effectEnds},
		"the form was another's":      {habilitation.Revoke, served(func(f *file) { f.Subscription.Request = 48260 }), effectApart},
	} {
		if got := effectOf(row.act, row.file); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

// « who suspended, when and the reason »: before it is restored or revoked too, as text, and
// nothing of it once it is over.
func TestTheReasonOfASuspensionIsQuoted(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	told, untold := sampleFile(habilitation.Suspended), sampleFile(habilitation.Suspended)
	told.Request.Suspension.Reason = "Le jeton a fui. " + hostile + "\n \nChangez-le."
	untold.Request.Suspension = habilitation.Suspension{}
	frame := web.ProPage{Space: account.SpaceAdministration}
	pages := func(f file) map[string]string {
		one, err := views.one.Render(views.newOnePage(frame, f, mayAll))
		if err != nil {
			t.Fatal(err)
		}
		bodies := map[string]string{"one": string(one)}
		for _, act := range []habilitation.Act{habilitation.Restore, habilitation.Revoke} {
			body, err := views.act.Render(newActPage(frame, InAdministration, act, f))
			if err != nil {
				t.Fatal(err)
			}
			bodies[string(act)] = string(body)
		}
		return bodies
	}
	for name, body := range pages(told) {
		for _, want := range []string{"Hugo Marchal", "1er mars 2026", "Le jeton a fui. &lt;script&gt;", ">Changez-le.</p>"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
	}
	for name, body := range pages(untold) {
		if strings.Contains(body, "<blockquote") || !strings.Contains(body, "n’a pas été gardé") {
			t.Errorf("%s quotes what nobody knows", name)
		}
	}
	if view := newSuspensionView(sampleFile(habilitation.Revoked).Request); view.At.Year != 0 || view.Reason != nil {
		t.Errorf("of what is revoked: %+v", view)
	}
}

// « Révoquée depuis…, validée depuis…: by whom », and by nobody whose act was another.
func TestWhoDecidedTheStateIsNamedWhereItIsKnown(t *testing.T) {
	version := sampleFile(habilitation.Validated)
	version.Versions[0].ApprovedAt = version.Request.StateAt
	restored, later := sampleFile(habilitation.Validated), sampleFile(habilitation.Validated)
	restored.History = sampleHistory()
	restored.History[0].Act = audit.HabilitationRestored
	later.History = sampleHistory()
	later.Request.StateAt = noon
	for name, row := range map[string]struct {
		file file
		want string
	}{
		"suspended": {sampleFile(habilitation.Suspended), "Hugo Marchal"}, "revoked": {sampleFile(habilitation.Revoked), "Hugo Marchal"},
		"validated, says the version": {version, "DataPass"}, "restored": {restored, "Hugo Marchal"},
		"some other act": {later, ""}, "nothing is known": {sampleFile(habilitation.Validated), ""}, "a draft": {sampleFile(habilitation.Draft), ""},
	} {
		if got := decidedBy(row.file); got != row.want {
			t.Errorf("%s: by %q, want %q", name, got, row.want)
		}
	}
}
