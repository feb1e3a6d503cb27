package decision_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
)

var noticed = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func aboutTown() decision.About {
	return decision.About{
		Request: 48231, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", Title: "Cantine", Editor: "Logiciel Exemple",
		Token: true, Form: true, To: "accueil@sainville.fr", CC: "technique@logiciel.fr",
	}
}

func completeApproved() decision.Approved {
	return decision.Approved{About: aboutTown(), Habilitation: 10000042, ApprovedAt: noticed}
}

func completeChanged(act habilitation.Act) decision.Changed {
	return decision.Changed{About: aboutTown(), Act: act, Habilitation: 10000042, Reason: "Parce que.", Revision: 3, At: noticed}
}

func completeDesignated() decision.Designated {
	return decision.Designated{
		Habilitation: 10000042, Request: 48231, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", Mail: "maire@sainville.fr",
		Controller: true, ByMail: "accueil@sainville.fr", ApprovedAt: noticed,
	}
}

// « Three texts: editor with token; editor, form only; no editor » (PRODUCT.md 3.4), and
// that of a modification.
func TestAnApprovalHasTheTextOfItsContent(t *testing.T) {
	for _, row := range []struct {
		editor                    string
		token, form, modification bool
		want                      notice.Kind
	}{
		{"Logiciel", true, true, false, decision.KindApproved},
		{"Logiciel", true, false, false, decision.KindApproved},
		{"Logiciel", false, true, false, decision.KindApprovedForm},
		{"", true, true, false, decision.KindApprovedAlone},
		{"", true, false, false, decision.KindApprovedAlone},
		{"", false, true, false, decision.KindApprovedAlone},
		{"Logiciel", true, true, true, decision.KindModified},
		{"Logiciel", false, true, true, decision.KindModified},
		{"", true, false, true, decision.KindModified},
	} {
		n := completeApproved()
		n.Editor, n.Token, n.Form, n.Modification = row.editor, row.token, row.form, row.modification
		made, err := decision.NewApproved(n)
		if err != nil || made.Kind() != row.want {
			t.Errorf("%+v: %s, %v", row, made.Kind(), err)
		}
	}
}

func TestADecisionHasTheTextOfItsAct(t *testing.T) {
	kinds := map[habilitation.Act]notice.Kind{
		habilitation.Refuse: decision.KindRefused, habilitation.Suspend: decision.KindSuspended,
		habilitation.Restore: decision.KindRestored, habilitation.Revoke: decision.KindRevoked,
	}
	for _, act := range habilitation.Acts {
		made, err := decision.NewChanged(completeChanged(act))
		if want := kinds[act]; want == "" {
			if !errors.Is(err, notice.ErrIncomplete) {
				t.Errorf("%s is told as no approval: %v", act, err)
			}
		} else if err != nil || made.Kind() != want {
			t.Errorf("%s: %s, %v", act, made.Kind(), err)
		}
	}
}

// « One mail To the requester, Cc the technical contact, whatever the equality of contacts
// […] never a duplicate address »: the seven of api-particulier.md §4.2, where the existing
// system sends from none to three mails.
func TestEveryEqualityOfContactsIsOneMail(t *testing.T) {
	const d, b, other = "accueil@sainville.fr", "enfance@sainville.fr", "technique@logiciel.fr"
	for name, row := range map[string]struct {
		requester, business, technical string
		copied                         []string
	}{
		"all the same":                        {d, d, d, nil},
		"all different":                       {d, b, other, []string{other}},
		"business and technical are one":      {d, other, other, []string{other}},
		"no business contact":                 {d, "", other, []string{other}},
		"requester and business are one":      {d, d, other, []string{other}},
		"requester and technical are one":     {d, b, d, nil},
		"the requester alone":                 {d, "", "", nil},
		"one address, written in two manners": {d, b, " Accueil@Sainville.FR ", nil},
	} {
		about := aboutTown()
		about.To, about.CC = row.requester, row.technical
		approved, err := decision.NewApproved(decision.Approved{About: about, Habilitation: 1, ApprovedAt: noticed})
		changed, err2 := decision.NewChanged(decision.Changed{About: about, Act: habilitation.Revoke, Revision: 1, At: noticed})
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		want := notice.Recipients{To: []string{row.requester}, CC: row.copied}
		for _, n := range []notice.Notice{approved, changed} {
			if diff := cmp.Diff(want, n.Recipients().Distinct()); diff != "" {
				t.Errorf("%s, %s: %s", name, n.Kind(), diff)
			}
		}
	}
}

func TestADesignationGoesToThePersonAlone(t *testing.T) {
	made, err := decision.NewDesignated(completeDesignated())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(notice.Recipients{To: []string{"maire@sainville.fr"}}, made.Recipients()); diff != "" {
		t.Error(diff)
	}
}

// « a constructor that refuses an empty recipient or date » (ARCHITECTURE.md §10)
func TestAnIncompleteNoticeIsRefused(t *testing.T) {
	refused := func(name string, err error) {
		t.Helper()
		if !errors.Is(err, notice.ErrIncomplete) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(*decision.Approved){
		"no number":    func(n *decision.Approved) { n.Habilitation = 0 },
		"no addressee": func(n *decision.Approved) { n.To = "" },
		"no date":      func(n *decision.Approved) { n.ApprovedAt = time.Time{} },
	} {
		n := completeApproved()
		spoil(&n)
		_, err := decision.NewApproved(n)
		refused("approval with "+name, err)
	}
	for name, spoil := range map[string]func(*decision.Changed){
		"no act":       func(n *decision.Changed) { n.Act = "" },
		"no addressee": func(n *decision.Changed) { n.To = "" },
		"no date":      func(n *decision.Changed) { n.At = time.Time{} },
		"no revision":  func(n *decision.Changed) { n.Revision = 0 },
	} {
		n := completeChanged(habilitation.Suspend)
		spoil(&n)
		_, err := decision.NewChanged(n)
		refused("decision with "+name, err)
	}
	for name, spoil := range map[string]func(*decision.Designated){
		"no number":    func(n *decision.Designated) { n.Habilitation = 0 },
		"no addressee": func(n *decision.Designated) { n.Mail = "" },
		"no author":    func(n *decision.Designated) { n.ByMail = "" },
		"no function":  func(n *decision.Designated) { n.Controller = false },
		"no date":      func(n *decision.Designated) { n.ApprovedAt = time.Time{} },
	} {
		n := completeDesignated()
		spoil(&n)
		_, err := decision.NewDesignated(n)
		refused("designation with "+name, err)
	}
}

// A decision is told once, however often it is recorded, and the next one is another mail.
func TestEachDecisionIsOneMail(t *testing.T) {
	keys := map[string]bool{}
	add := func(n notice.Notice) { keys[n.Key()] = true }
	approved := completeApproved()
	add(approved)
	approved.ApprovedAt, approved.CC = noticed.Add(time.Hour), "autre@logiciel.fr"
	add(approved) // the same
	approved.Habilitation++
	add(approved)
	suspended := completeChanged(habilitation.Suspend)
	add(suspended)
	suspended.At = noticed.Add(time.Hour)
	add(suspended) // the same
	suspended.Revision = 5
	add(suspended) // again, after a restoration
	suspended.Request++
	add(suspended)
	add(completeChanged(habilitation.Restore))
	designated := completeDesignated()
	add(designated)
	designated.Mail = "dpd@sainville.fr"
	add(designated)
	designated.Habilitation++
	add(designated)
	if len(keys) != 9 || keys[""] {
		t.Errorf("%d mails: %v", len(keys), keys)
	}
}

func TestNamesAndReasonsStayInTheirPlace(t *testing.T) {
	n := completeChanged(habilitation.Refuse)
	n.Organisation, n.Title, n.Editor = "COMMUNE\r\nBcc: x@y.fr", strings.Repeat("é", 300), " Logiciel \t Exemple "
	n.Reason = "\r\n  Un motif. \r\n\r\n\x00Sa\u202esuite,\tici.\rFin \n"
	n, err := decision.NewChanged(n)
	if err != nil || n.Organisation != "COMMUNE Bcc: x@y.fr" || len([]rune(n.Title)) != 256 || n.Editor != "Logiciel Exemple" {
		t.Errorf("%q %q %q, %v", n.Organisation, n.Title, n.Editor, err)
	}
	if diff := cmp.Diff([]string{"Un motif.", "Sasuite, ici.", "Fin"}, n.Lines()); diff != "" {
		t.Error(diff)
	}
	for _, nothing := range []string{"", " \r\n\t\n"} {
		n.Reason = nothing
		if blank, err := decision.NewChanged(n); err != nil || len(blank.Lines()) != 0 {
			t.Errorf("%q: %q, %v", nothing, blank.Lines(), err)
		}
	}
	whole := strings.Repeat("é", 2000)
	n.Reason = whole
	if n, err = decision.NewChanged(n); err != nil || n.Reason != whole {
		t.Errorf("a reason of 2000 characters lost some: %d, %v", len([]rune(n.Reason)), err)
	}
}
