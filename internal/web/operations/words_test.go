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
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/web"
)

// « act (select, French words `audit.<act>` for every audit.Acts) », and likewise for all
// that these pages know as a code.
func TestEveryCodeHasItsWords(t *testing.T) {
	parsed, _ := parseAll(t)
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
	add("", "", "audit.other", "order.kind.other", "order.again.other", "cause.deadline", "cause.version", "cause.defect")
	for _, listing := range []web.Listing{orderListing, sampleHandler.mailListing(), journalListing} {
		for _, filter := range listing.Filters {
			add("filter.", "", filter.Name)
		}
	}
	for _, code := range codes {
		if _, found := parsed.Sentence(code); !found {
			t.Errorf("no words for %q", code)
		}
	}
	for _, state := range outbox.States {
		if orderSeverities[state] == "" {
			t.Errorf("the badge of %q has no colour", state)
		}
	}
}

// « rows readable as sentences »: an act without its own sentence is named as the filter
// names it, which is not good enough for one that we know.
func TestEveryActHasItsSentence(t *testing.T) {
	_, views := parseAll(t)
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
	_, views := parseAll(t)
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
