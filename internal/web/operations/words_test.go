package operations

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// « act (select, French words `audit.<act>` for every audit.Acts) », and likewise for all
// that these pages know as a code.
func TestEveryCodeHasItsWords(t *testing.T) {
	parsed := webtest.Templates(t)
	var codes []string
	add := func(prefix string, suffix string, values ...string) {
		for _, value := range values {
			codes = append(codes, prefix+value+suffix)
		}
	}
	add("audit.", "", texts(audit.Acts[:])...)
	add("audit.object.", "", objectKinds...)
	add("order.kind.", "", outbox.Kinds[:]...)
	add("order.again.", "", outbox.Kinds[:]...)
	add("order.state.", "", texts(outbox.States[:])...)
	add("order.help.", "", texts(outbox.States[:])...)
	add("mail.state.", "", texts(notice.States[:])...)
	add("recipient.state.", "", texts(notice.States[:])...)
	add("recipient.field.", "", texts(notice.Fields[:])...)
	add("run.state.", "", texts(operation.RunStates[:])...)
	add("done.", "", "envoi-relance", "adresse-corrigee", "tache-demandee")
	add("", "", "order.unknown", "order.done", "order.under_way", "order.already_waiting", "order.moved", "job.unknown", "mail.model_unknown")
	add("subscription.state.", "", texts(credential.States[:])...)
	add("subscription.state.", "", texts(credential.Selections[:])...)
	add("subscription.help.", "", texts(credential.States[:])...)
	add("subscription.state.", "", texts(credential.Phases[:])...)
	add("subscription.help.", "", texts(credential.Phases[:])...)
	add("subscription.form.", "", texts(directory.FormStates[:])...)
	add("subscription.step.", "", credential.Steps[:]...)
	add("subscription.step.", "", "other")
	add("subscription.road.", "", "locate", "organisation", "subscription", "activation", "suspension")
	add("subscription.mark.", "", "done", "current", "failed", "to_do")
	add("subscription.outcome.", "", credential.CallDone, credential.CallFound, "missing", "failed")
	add("datapass.state.", "", texts(decision.InboxStates[:])...)
	add("datapass.help.", "", texts(decision.InboxStates[:])...)
	add("datapass.event.", "", decision.Events[:]...)
	add("datapass.event.", "", "none", "other")
	add("", "", sampleReasons[:]...)
	add("done.", "", "abonnement-relance", "gestionnaire-corrige", "dossiers-confies", "evenement-rejoue", "evenement-toujours-en-quarantaine", "evenement-classe")
	add("held.", "", credential.FieldMail, credential.FieldPhone, credential.FieldGivenName, credential.FieldFamilyName, credential.FieldJob)
	add("", "", "audit.other", "order.kind.other", "order.again.other", "cause.deadline", "cause.version", "cause.defect")
	for _, listing := range []web.Listing{orderListing, sampleHandler.mailListing(), journalListing, subscriptionListing, receivedListing} {
		for _, filter := range listing.Filters {
			add("filter.", "", filter.Name)
		}
	}
	for _, code := range codes {
		if _, found := parsed.Sentence(code); !found {
			t.Errorf("no words for %q", code)
		}
	}
	for _, state := range notice.States {
		if mailSeverities[state] == "" {
			t.Errorf("the badge of %q has no colour", state)
		}
	}
	for _, state := range outbox.States {
		if orderSeverities[state] == "" {
			t.Errorf("the badge of %q has no colour", state)
		}
	}
	for _, state := range credential.States {
		if phaseSeverities[credential.Phase(state)] == "" {
			t.Errorf("the badge of %q has no colour", state)
		}
	}
	for _, state := range decision.InboxStates {
		if receivedSeverities[state] == "" {
			t.Errorf("the badge of %q has no colour", state)
		}
	}
}

// « rows readable as sentences »: an act without its own sentence is named as the filter
// names it, which is not good enough for one that we know.
func TestEveryActHasItsSentence(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	told := map[audit.Act]bool{}
	for _, event := range sampleEvents() {
		told[event.Act] = true
		page := views.newJournalPage(web.ProPage{Space: account.SpaceAdministration}, asked(journalListing, "", 1), audit.Page{Entries: []audit.Entry{{Event: event}}, Total: 1})
		body, err := views.journal.Render(page)
		if err != nil {
			t.Fatal(err)
		}
		named := bytes.Contains(body, []byte("</strong> (Administration)\n– ")) || bytes.Contains(body, []byte("</strong>\n– "))
		if known := slices.Contains(audit.Acts[:], event.Act); known == named {
			t.Errorf("%s: known %v, only named %v", event.Act, known, named)
		}
	}
	for _, act := range audit.Acts {
		if !told[act] {
			t.Errorf("no sample of %q", act)
		}
	}
}

// « the journal shows raw details (ouvert), (bientot), and of a sign-in an AMR UUID: show words
// or nothing »
func TestADetailIsToldInWordsOrNotAtAll(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	datapass := audit.Object{Kind: "datapass", ID: "712"}
	for _, row := range []struct {
		event        audit.Event
		detail, code string
	}{
		{audit.Event{Act: audit.SignInAccepted, Detail: "eidas1 pwd 71144ab3-ee1a-4401-b7b3-79b44f7daeeb"}, "audit.detail.eidas1", ""},
		{audit.Event{Act: audit.StepUpAccepted, Detail: "pwd 71144ab3-ee1a-4401-b7b3-79b44f7daeeb"}, "", ""},
		{audit.Event{Act: audit.CollectivityAdded, Detail: "ouvert"}, "audit.detail.ouvert", ""},
		{audit.Event{Act: audit.CollectivityAdded, Detail: "bientot"}, "audit.detail.bientot", ""},
		{audit.Event{Act: audit.CollectivityAdded, Detail: "ferme"}, "audit.detail.ferme", ""},
		{audit.Event{Act: audit.DatapassReplayed, Object: datapass, Detail: "approve"}, "datapass.event.approve", ""},
		{audit.Event{Act: audit.DatapassDismissed, Object: datapass, Detail: "sung"}, "", ""},
		{audit.Event{Act: audit.HabilitationApproved, Detail: "H10000042"}, "", "H10000042"},
		{audit.Event{Act: "form.published", Detail: "version 3"}, "", "version 3"},
	} {
		view := views.newEventView(audit.Entry{Event: row.event})
		if view.Detail != row.detail || view.Code != row.code {
			t.Errorf("%s %q: %q and %q", row.event.Act, row.event.Detail, view.Detail, view.Code)
		}
	}
}

// The relay's words are not kept (package mail): its codes must do.
func TestARefusalIsToldInWords(t *testing.T) {
	for code, want := range map[string]string{
		"550 5.1.1": "unknown", "550 5.1.10": "unknown", "550": "unknown", "551": "unknown", "553": "unknown", "553 5.1.3": "unknown",
		"552": "full", "552 5.2.2": "full", "550 5.2.1": "closed", "554": "blocked", "550 5.7.1": "blocked", "554 5.7.26": "blocked",
		"550 5.0.0": "unknown", "552 5.0.0": "full", "500 5.0.0": "other",
		"501 5.5.4": "other", "550 5.4.1": "other", "521": "other", "": "other", notice.CodeMalformed: "malformed",
	} {
		if got := refusalOf(code); got != "refusal."+want {
			t.Errorf("%q: %s, want %s", code, got, want)
		}
	}
}

func TestAFailureIsExplainedWhereItsCauseIsKnown(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for text, want := range map[string]string{
		"create folder: hubee.unavailable: no answer":             "cause.hubee.unavailable",
		"read smtp.example.fr: mail.refused: mail relay said 530": "cause.mail.refused",
		"context deadline exceeded":                               "cause.deadline",
		"panic of type string at\ngoroutine 1":                    "cause.defect",
		"write mail: no kind \"rappel\"":                          "cause.version",
		"pq: duplicate key":                                       "",
		"order.state.abandoned is no failure":                     "",
		"":                                                        "",
	} {
		if got := views.explain(text); got.Cause != want || got.Trace != text {
			t.Errorf("%q: %+v, want %q", text, got, want)
		}
	}
	long := views.explain(strings.Repeat("é", 500))
	if short := []rune(long.Short()); len(short) != 141 || short[140] != '…' {
		t.Errorf("a row shows %d characters", len(short))
	}
}

func TestALapseIsTold(t *testing.T) {
	for took, want := range map[time.Duration]lapse{
		0: {}, 400 * time.Millisecond: {}, 600 * time.Millisecond: {0, 0, 1}, 59*time.Second + 700*time.Millisecond: {0, 1, 0},
		3*time.Minute + 20*time.Second: {0, 3, 20}, 2*time.Hour + 5*time.Minute + time.Second: {2, 5, 1},
	} {
		if diff := cmp.Diff(want, lapseOf(took)); diff != "" {
			t.Errorf("%s: %s", took, diff)
		}
	}
}

// « field errors … need clear French sentences with an example »: whatever HubEE would refuse
// of the local administrator is told in words.
func TestWhatHubEEWouldRefuseIsToldInWords(t *testing.T) {
	parsed := webtest.Templates(t)
	long := strings.Repeat("é", 300)
	told := map[string]bool{}
	for _, contact := range []habilitation.Contact{
		{}, {Mail: "a+b@ville.fr", GivenName: "A", FamilyName: "B", Phone: "12"}, {Mail: "a@ville.paris", GivenName: long, FamilyName: "B", Job: long},
	} {
		for _, wrong := range credential.CheckAdministrator(contact) {
			told[wrong.Code] = true
			if sentence, found := parsed.Sentence(wrong.Code); !found || !strings.HasSuffix(sentence, ".") {
				t.Errorf("%s of %s has no sentence: %q", wrong.Code, wrong.Field, sentence)
			}
		}
	}
	if len(told) < 5 {
		t.Errorf("only %d codes were met: %v", len(told), told)
	}
}

// « badge in words »: the road says where it stopped.
func TestTheRoadTellsWhatIsDoneAndToDo(t *testing.T) {
	for state, want := range map[credential.State]string{
		credential.ToCreate: "current to_do to_do to_do", credential.OrganisationCreated: "done done current to_do", credential.Inactive: "done done done current",
		credential.Awaiting: "done done done current", credential.Active: "done done done done", credential.Failed: "done failed to_do to_do", credential.Suspended: "done",
	} {
		var marks []string
		for _, step := range stepsOf(sampleSubscription(state).Subscription) {
			marks = append(marks, step.Mark)
		}
		if got := strings.Join(marks, " "); got != want {
			t.Errorf("%s: %s, want %s", state, got, want)
		}
	}
}

// « Suspension demandée », « Changement en cours »: a page never says that a form is open, or
// is not, when it is not so.
func TestTheSubscriptionSaysWhereTheFormStands(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	between := inBetween()
	for name, row := range map[string]struct {
		watched       credential.Watched
		says, isNever string
	}{
		"active":            {sampleSubscription(credential.Active), "est ouvert", "fermé"},
		"active, wrongly":   {between[3], "HubEE remet les dossiers à un autre logiciel", "fermé"},
		"to be suspended":   {between[0], "Le formulaire est déjà fermé. Le portail demande à HubEE de suspendre", "est ouvert"},
		"changed meanwhile": {between[1], "Le formulaire reste ouvert pendant ce temps.", "pas encore ouvert"},
		"on its way":        {sampleSubscription(credential.ToCreate), "Le formulaire n’est pas encore ouvert", "reste ouvert"},
		"failed":            {sampleSubscription(credential.Failed), "Le formulaire n’est pas encore ouvert", "reste ouvert"},
		"suspended by us":   {sampleSubscription(credential.Suspended), "aucune habilitation valide", "révoquée"},
	} {
		page := views.newSubscriptionPage(web.ProPage{Space: account.SpaceAdministration}, row.watched, nil, mayWatch)
		body, err := views.subscription.Render(page)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(body); !strings.Contains(text, row.says) || strings.Contains(text, row.isNever) {
			t.Errorf("%s: does not say %q, or says %q", name, row.says, row.isNever)
		}
	}
	for _, phase := range credential.Phases {
		if phaseSeverities[phase] == "" {
			t.Errorf("the badge of %q has no colour", phase)
		}
	}
}
