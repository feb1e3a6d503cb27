package renewal_test

import (
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/renewal"
)

var (
	noon   = time.Date(2026, 9, 1, 10, 0, 0, 0, time.UTC)
	anne   = account.Actor{AccountID: 7, Name: "Anne Morel", Role: account.Town}
	bruno  = account.Actor{AccountID: 8, Name: "Bruno Petit", Role: account.Town}
	allYes = renewal.Answers{InCharge: true, SamePurpose: true, RightContacts: true}
)

func expiring(change func(f *renewal.File)) renewal.File {
	f := renewal.File{TokenFile: credential.TokenFile{
		Token:  credential.Token{ID: "t", Siret: "21040112300018", IssuedAt: noon.AddDate(-1, 0, 0), ExpiresAt: time.Date(2026, 10, 31, 22, 59, 59, 0, time.UTC)},
		Holder: 7, Right: credential.Right{Holds: true},
		Addressees: credential.Addressees{Requester: "anne@majastres.example.fr", Technical: "technique@tilleul.example.fr"},
	}}
	if change != nil {
		change(&f)
	}
	return f
}

// « ⚠ Seule la personne de la collectivité ayant effectuée la demande initiale peut demander un
// prolongement des accès »; « Si aucun changement n'est intervenu, le jeton est prolongé
// automatiquement »; « Si des changements sont intervenus […] demande de modification »
func TestWhatTheAnswersDecide(t *testing.T) {
	for name, row := range map[string]struct {
		file    renewal.File
		by      account.Actor
		answers renewal.Answers
		code    string
		want    string
	}{
		"nothing has changed":           {expiring(nil), anne, allYes, "", "prolonged"},
		"it expired yesterday":          {expiring(func(f *renewal.File) { f.ExpiresAt = noon.AddDate(0, 0, -1) }), anne, allYes, "", "prolonged"},
		"it expired years ago":          {expiring(func(f *renewal.File) { f.ExpiresAt = noon.AddDate(-3, 0, 0) }), anne, allYes, "", "prolonged"},
		"the purpose has changed":       {expiring(nil), anne, renewal.Answers{InCharge: true, RightContacts: true}, "", "amended"},
		"a contact has changed":         {expiring(nil), anne, renewal.Answers{InCharge: true, SamePurpose: true}, "", "amended"},
		"not in charge any more":        {expiring(nil), anne, renewal.Answers{SamePurpose: true, RightContacts: true}, "", "handed over"},
		"nothing was answered":          {expiring(nil), anne, renewal.Answers{}, "", "handed over"},
		"a colleague":                   {expiring(nil), bruno, allYes, "renewal.not_holder", ""},
		"nobody is the requester yet":   {expiring(func(f *renewal.File) { f.Holder = 0 }), anne, allYes, "renewal.not_holder", ""},
		"the portal's own nobody":       {expiring(func(f *renewal.File) { f.Holder = 0 }), account.Actor{}, allYes, "renewal.not_holder", ""},
		"91 days before":                {expiring(func(f *renewal.File) { f.ExpiresAt = noon.AddDate(0, 0, 91) }), anne, allYes, "renewal.too_early", ""},
		"90 days before":                {expiring(func(f *renewal.File) { f.ExpiresAt = noon.AddDate(0, 0, 90) }), anne, allYes, "", "prolonged"},
		"revoked":                       {expiring(func(f *renewal.File) { f.Revocation.At = noon }), anne, allYes, "renewal.closed", ""},
		"suspended by somebody":         {expiring(func(f *renewal.File) { f.Suspension.At = noon }), anne, allYes, "renewal.closed", ""},
		"suspended with its right":      {expiring(func(f *renewal.File) { f.Barred = noon }), anne, allYes, "renewal.closed", ""},
		"replaced, in its overlap":      {expiring(func(f *renewal.File) { f.ReplacedAt, f.EndsAt = noon, noon.AddDate(0, 0, 20) }), anne, allYes, "renewal.closed", ""},
		"no longer granted":             {expiring(func(f *renewal.File) { f.Right.Holds = false }), anne, allYes, "renewal.closed", ""},
		"a modification is instructed":  {expiring(func(f *renewal.File) { f.Amendment = renewal.Amendment{ID: 1, FiledAt: noon} }), anne, allYes, "renewal.amended", ""},
		"a modification is sent back":   {expiring(func(f *renewal.File) { f.Amendment = renewal.Amendment{ID: 1, FiledAt: noon, Returned: true} }), anne, allYes, "", "prolonged"},
		"a modification was begun only": {expiring(func(f *renewal.File) { f.Amendment = renewal.Amendment{ID: 1} }), anne, allYes, "", "prolonged"},
	} {
		got, err := row.file.Decide(row.by, row.answers, noon)
		if fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want the code %q", name, err, row.code)
			continue
		}
		said := ""
		switch {
		case got.Prolonged != nil && got.Amendment == nil && !got.HandOver:
			said = "prolonged"
		case got.Amendment != nil && got.Prolonged == nil && !got.HandOver:
			said = "amended"
		case got.HandOver && got.Prolonged == nil && got.Amendment == nil:
			said = "handed over"
		}
		if said != row.want {
			t.Errorf("%s: %q, want %q", name, said, row.want)
		}
		if row.want != "prolonged" {
			continue
		}
		after, before := got.Prolonged.Token, row.file.Token
		if !after.ExpiresAt.Equal(row.file.Until(noon)) || !got.Prolonged.Prolongation.From.Equal(before.ExpiresAt) {
			t.Errorf("%s: prolonged until %s", name, after.ExpiresAt)
		}
		after.ExpiresAt = before.ExpiresAt
		if after.ID != before.ID || after.State(noon) != before.State(noon) || after.Revision != before.Revision {
			t.Errorf("%s: more than its date changed: %+v", name, after)
		}
	}
}

// « the technical contact can nudge once a week »
func TestAnEditorAsksOnceAWeek(t *testing.T) {
	for name, row := range map[string]struct {
		file renewal.File
		code string
	}{
		"never asked":                     {expiring(nil), ""},
		"asked a week ago":                {expiring(func(f *renewal.File) { f.NudgedAt = noon.AddDate(0, 0, -7) }), ""},
		"asked six days ago":              {expiring(func(f *renewal.File) { f.NudgedAt = noon.AddDate(0, 0, -6) }), "renewal.nudged"},
		"nobody to write to":              {expiring(func(f *renewal.File) { f.Addressees.Requester = "" }), "renewal.no_address"},
		"a modification is instructed":    {expiring(func(f *renewal.File) { f.Amendment = renewal.Amendment{ID: 1, FiledAt: noon} }), "renewal.amended"},
		"a modification is sent back":     {expiring(func(f *renewal.File) { f.Amendment = renewal.Amendment{ID: 1, FiledAt: noon, Returned: true} }), ""},
		"more than three months are left": {expiring(func(f *renewal.File) { f.ExpiresAt = noon.AddDate(0, 0, 120) }), "renewal.too_early"},
		"revoked":                         {expiring(func(f *renewal.File) { f.Revocation.At = noon }), "renewal.closed"},
	} {
		if err := row.file.MayNudge(noon); fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want the code %q", name, err, row.code)
		}
	}
}
