package request

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// « acknowledgement with the two-month legal paragraph »: « silence for two months (the date is printed) is an implicit refusal »
// (datapass.md §2.3). The months are those of Paris.
func TestSilenceLastsTwoMonths(t *testing.T) {
	for filed, want := range map[string][3]int{
		"2026-03-10T09:00:00+01:00": {2026, 5, 10}, // summer time begins in between
		"2026-09-15T23:59:59+02:00": {2026, 11, 15},
		"2026-12-31T12:00:00+01:00": {2027, 2, 28},
		"2027-12-31T12:00:00+01:00": {2028, 2, 29}, // a leap year
		"2026-12-29T12:00:00+01:00": {2027, 2, 28},
		"2026-07-31T12:00:00+02:00": {2026, 9, 30},
		"2026-11-30T12:00:00+01:00": {2027, 1, 30},
		"2026-12-30T23:30:00Z":      {2027, 2, 28}, // already the 31st in Paris
		"2026-06-30T22:30:00Z":      {2026, 9, 1},  // already July in Paris
		"2026-01-25T00:00:00+01:00": {2026, 3, 25},
	} {
		got := DeadlineOf(instant(t, filed))
		if begins := value.DayBegins(want[0], time.Month(want[1]), want[2]); !got.Equal(begins) {
			t.Errorf("filed %s: %s, want %s", filed, got, begins)
		}
		if m := value.MomentOf(got); m.Hour != 0 || m.Minute != 0 {
			t.Errorf("filed %s: the day begins at %d:%02d in Paris", filed, m.Hour, m.Minute)
		}
	}
	if got := (Application{}).Deadline(); !got.IsZero() {
		t.Errorf("nothing was filed, and the delay ends %s", got)
	}
}

// A deadline is never early: it leaves the shortest two months at least.
func TestADeadlineIsNeverEarly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		filed := time.Unix(rapid.Int64Range(1_700_000_000, 2_600_000_000).Draw(t, "filed"), 0)
		deadline := DeadlineOf(filed)
		was, is := value.MomentOf(filed), value.MomentOf(deadline)
		if months := (is.Year-was.Year)*12 + is.Month - was.Month; months != legalMonths || is.Day > was.Day {
			t.Fatalf("filed %+v, deadline %+v", was, is)
		}
		if is.Day < was.Day && value.MomentOf(deadline.AddDate(0, 0, 1)).Day != 1 {
			t.Fatalf("filed %+v: %+v is not the last day of its month", was, is)
		}
	})
}

// « names like `=HYPERLINK(…)` or with CR/LF », « .pdf.exe »
func TestTheNameOfAFileIsHarmless(t *testing.T) {
	const none = "deliberation.pdf"
	for typed, want := range map[string]string{
		"Délibération n° 12.pdf":                  "Délibération n° 12.pdf",
		"DELIB.PDF":                               "DELIB.PDF",
		`=HYPERLINK("https://x.example";"a").pdf`: "x.example___a_).pdf",
		"=1+1.pdf":                                "1+1.pdf",
		"+33.pdf":                                 "33.pdf",
		"-rf.pdf":                                 "rf.pdf",
		"@cmd.pdf":                                "cmd.pdf",
		"délib.pdf\r\nX-Evil: 1.pdf":              "délib.pdf X-Evil_ 1.pdf",
		"a\r\n.pdf":                               "a .pdf",
		"a.pdf.exe":                               none,
		"a.exe":                                   none,
		"a.pdf\x00.exe":                           none,
		`..\..\x.pdf`:                             "x.pdf",
		"../../etc/passwd":                        none,
		"/srv/actes/x.pdf":                        "x.pdf",
		`C:\Users\lucie\Mes documents\x.pdf`:      "x.pdf",
		"fdp\u202efdp.exe":                        none,
		"\u202ea.pdf":                             "a.pdf",
		"a\u202e.pdf":                             "a.pdf",
		"<script>alert(1)</script>.pdf":           "script_.pdf",
		`a";filename="b.pdf`:                      "a__filename=_b.pdf",
		"":                                        none,
		".pdf":                                    none,
		"   .pdf":                                 none,
		"...pdf":                                  none,
		"pdf":                                     none,
		"///":                                     none,
		"\u200b.pdf":                              none,
		"\xff.pdf":                                none,
		strings.Repeat("é", 300):                  none,
		strings.Repeat("é", 296) + ".pdf":         strings.Repeat("é", 196) + ".pdf",
		strings.Repeat("é", 195) + "  fin de l.pdf": strings.Repeat("é", 195) + ".pdf",
		strings.Repeat("a", 5000) + ".pdf":          none,
	} {
		if got := documentName(typed); got != want {
			t.Errorf("documentName(%.60q) = %.60q, want %.60q", typed, got, want)
		}
	}
}

func TestAnyNameOfAFileIsHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("a.pdf=+-@/\\ \r\n\u202e\"';é")))).Draw(t, "typed")
		for _, name := range []string{documentName(typed), documentName(typed + ".pdf")} {
			bad := func(r rune) bool {
				return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || strings.ContainsRune(`/\"'<>;`, r)
			}
			if strings.ContainsFunc(name, bad) || strings.ContainsAny(name[:1], "=+-@") || !strings.EqualFold(name[len(name)-4:], ".pdf") ||
				utf8.RuneCountInString(name) > lineLimit || !utf8.ValidString(name) {
				t.Fatalf("%q is kept as %q", typed, name)
			}
			if again := documentName(name); again != name {
				t.Fatalf("%q, handed in again, is %q", name, again)
			}
		}
	})
}

// PRODUCT.md 4: « brouillon → déposée ⇄ modifications demandées → validée | refusée; validée → réouverte → validée ». Of a
// modification the phase says how far it is.
func TestAnActMakesSenseInItsPhase(t *testing.T) {
	const (
		submit, withdraw, reopen, cancel = habilitation.Submit, habilitation.Withdraw, habilitation.Reopen, habilitation.Cancel
		approve, refuse, returned        = habilitation.Approve, habilitation.Refuse, habilitation.RequestChanges
		suspend, restore, revoke         = habilitation.Suspend, habilitation.Restore, habilitation.Revoke
	)
	type acts = []habilitation.Act
	for _, row := range []struct {
		state habilitation.State
		phase Phase
		want  acts
	}{
		{habilitation.Draft, Writing, acts{submit, withdraw}},
		{habilitation.Submitted, Filed, acts{approve, refuse, returned, withdraw}},
		{habilitation.ChangesRequested, Returned, acts{refuse, submit, withdraw}},
		{habilitation.Validated, Closed, acts{suspend, reopen}},
		{habilitation.Reopened, Writing, acts{suspend, submit, cancel}},
		{habilitation.Reopened, Filed, acts{approve, refuse, returned, suspend, cancel}},
		{habilitation.Reopened, Returned, acts{refuse, suspend, submit, cancel}},
		{habilitation.Suspended, Closed, acts{restore, revoke}},
		{habilitation.Refused, Closed, nil},
		{habilitation.Revoked, Closed, nil},
		{habilitation.Archived, Closed, nil},
	} {
		a := Application{Request: habilitation.Request{State: row.state}, Phase: row.phase}
		for _, act := range habilitation.Acts {
			want := false
			for _, allowed := range row.want {
				want = want || allowed == act
			}
			if got := a.Allows(act); got != want {
				t.Errorf("%s, %s: %s is allowed: %v", row.state, row.phase, act, got)
			}
			if _, err := a.after(act); (err == nil) != want {
				t.Errorf("%s, %s: %s leads to %v", row.state, row.phase, act, err)
			}
		}
	}
}

// « cancel and refuse restore everything, documents included »
func TestAModificationThatComesToNothingLeavesWhatWasGranted(t *testing.T) {
	granted, sent := complete(), complete()
	granted.Document, sent.Document, sent.Retention = 7, 8, "24"
	a := Application{
		Phase: Returned, Answers: sent, Sent: &sent, Granted: &granted,
		FiledAt: instant(t, "2026-11-02T10:00:00+01:00"), FirstFiledAt: instant(t, "2026-11-02T10:00:00+01:00"), Asked: Asked{Reason: "Relisez la durée."},
	}
	a.Answers.Title = "Autre titre"
	got := a.AsGranted()
	if !got.Answers.Equal(granted) || got.Answers.Document != 7 {
		t.Errorf("left: %+v", Differences(granted, got.Answers))
	}
	if got.Phase != Closed || got.Sent != nil || !got.FiledAt.IsZero() || !got.FirstFiledAt.IsZero() || got.Asked.Reason != "" {
		t.Errorf("something is still under way: %+v", got)
	}
}

// « field-by-field difference with the form and with the last version »
func TestAnswersAreComparedWithWhatTheInstructorsKnow(t *testing.T) {
	template := everythingAsked()
	template.Prefilled.Title = "Titre du modèle"
	granted, sent := change(func(a *Answers) { a.Title = "Titre accordé" }), change(func(a *Answers) { a.Title = "Titre déposé" })
	for want, a := range map[string]Application{
		"Titre du modèle": {Template: template},
		"Titre accordé":   {Template: template, Granted: &granted},
		"Titre déposé":    {Template: template, Granted: &granted, Sent: &sent},
	} {
		if got := a.Before().Title; got != want {
			t.Errorf("compared with %q, want %q", got, want)
		}
	}
}
