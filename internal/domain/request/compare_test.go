package request

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
)

// meant is what answers say once what is not asked is left aside: who the requester stands for, the order of the data.
func meant(a Answers) Answers {
	if !a.BusinessElsewhere {
		a.Business = habilitation.Contact{}
	}
	if a.TechnicalOneself {
		a.Technical = habilitation.Contact{}
	}
	if len(a.Scopes) == 0 {
		a.Scopes = nil
	}
	return a
}

// near are answers that differ from others by some fields, by none perhaps.
func near(t *rapid.T, a Answers) Answers {
	other := answers().Draw(t, "other")
	for _, text := range Texts {
		if rapid.IntRange(0, 9).Draw(t, "change "+string(text.Field)) == 0 {
			text.Set(&a, text.Get(other))
		}
	}
	switch rapid.IntRange(0, 9).Draw(t, "change") {
	case 0:
		a.Token, a.Form = other.Token, other.Form
	case 1:
		a.Scopes = other.Scopes
	case 2:
		a.Document = other.Document
	case 3:
		a.BusinessElsewhere = other.BusinessElsewhere
	case 4:
		a.TechnicalOneself = other.TechnicalOneself
	case 5:
		a.Reception = other.Reception
	}
	return a
}

// « field-by-field difference with the form and with the last version »
func TestADifferenceReadsBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := answers().Draw(t, "before")
		after := near(t, before)
		there, back := Differences(before, after), Differences(after, before)
		if equal := cmp.Equal(meant(before), meant(after)); equal != (len(there) == 0) || equal != before.Equal(after) {
			t.Fatalf("equal %v, and the differences are %+v", equal, there)
		}
		for i := range back {
			back[i].Before, back[i].After = back[i].After, back[i].Before
		}
		byField := func(a, b Difference) int { return strings.Compare(string(a.Field), string(b.Field)) }
		slices.SortFunc(there, byField)
		slices.SortFunc(back, byField)
		if diff := cmp.Diff(there, back); diff != "" {
			t.Fatal(diff)
		}
		for i := 1; i < len(there); i++ {
			if there[i].Field == there[i-1].Field {
				t.Fatalf("%s is told twice", there[i].Field)
			}
		}
	})
}

func TestADifferenceSaysWhatWasAndWhatIs(t *testing.T) {
	before := complete()
	before.Document, before.DeliberationURL = 7, ""
	after := before
	after.Document, after.Token, after.Scopes, after.Retention = 8, false, []string{editor.ScopeQuotient, editor.ScopeChildren}, "24"
	after.BusinessElsewhere, after.Business = true, habilitation.Contact{GivenName: "Jean", FamilyName: "Faure"}
	const token, form = "habilitation.modality.jeton", "habilitation.modality.formulaire"
	people, processing := editor.BlockContacts, editor.BlockProcessing
	want := []Difference{
		{FieldModalities, editor.BlockModalities, Answer{Codes: []string{token, form}}, Answer{Codes: []string{form}}},
		{FieldScopes, editor.BlockScopes, Answer{Codes: []string{"scope.cnaf_quotient_familial"}}, Answer{Codes: []string{"scope.cnaf_quotient_familial", "scope.cnaf_enfants"}}},
		{FieldDocument, editor.BlockDeliberation, Answer{Document: 7}, Answer{Document: 8}},
		{"conservation", processing, Answer{Text: "12"}, Answer{Text: "24"}},
		{FieldBusinessSelf, people, Answer{Codes: []string{"request.oneself"}}, Answer{Codes: []string{"request.somebody_else"}}},
		{"metier_prenom", people, Answer{}, Answer{Text: "Jean"}},
		{"metier_nom", people, Answer{}, Answer{Text: "Faure"}},
	}
	if diff := cmp.Diff(want, Differences(before, after)); diff != "" {
		t.Error(diff)
	}
}

// « two tabs on one draft (nothing typed is lost) »: the stamp of a block tells whether somebody wrote in it meanwhile.
func TestAStampChangesWithItsBlockAlone(t *testing.T) {
	base := complete()
	base.BusinessElsewhere, base.Business = true, habilitation.Contact{GivenName: "Jean", FamilyName: "Faure", Mail: "jean@clairval.example.fr", Phone: "04 66 00 00 04"}
	type stroke struct {
		block editor.Block
		write func(a *Answers)
	}
	strokes := map[string]stroke{
		"token":     {editor.BlockModalities, func(a *Answers) { a.Token = !a.Token }},
		"form":      {editor.BlockModalities, func(a *Answers) { a.Form = !a.Form }},
		"scopes":    {editor.BlockScopes, func(a *Answers) { a.Scopes = []string{editor.ScopeAddress} }},
		"no scope":  {editor.BlockScopes, func(a *Answers) { a.Scopes = nil }},
		"document":  {editor.BlockDeliberation, func(a *Answers) { a.Document = 8 }},
		"reception": {editor.BlockReception, func(a *Answers) { a.Reception = ReceptionKeep }},
		"business":  {editor.BlockContacts, func(a *Answers) { a.BusinessElsewhere = false }},
		"technical": {editor.BlockContacts, func(a *Answers) { a.TechnicalOneself = true }},
	}
	for _, text := range Texts {
		strokes[string(text.Field)] = stroke{text.Block, func(a *Answers) { text.Set(a, text.Get(*a)+"x") }}
	}
	for name, s := range strokes {
		written := base
		s.write(&written)
		for _, block := range editor.Blocks {
			if changed := written.Stamp(block) != base.Stamp(block); changed != (block == s.block) {
				t.Errorf("%s: the stamp of %s changed: %v", name, block, changed)
			}
		}
	}
}

func TestTwoBlocksHaveOneStampIffTheySayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := complete()
		after := before
		for i, a := range []*Answers{&before, &after} {
			for _, text := range TextsOf(editor.BlockUsers) { // words may move from one field to its neighbour
				text.Set(a, tidy(rapid.StringOf(rapid.RuneFrom([]rune("ab \n\x00\x01\x02"))).Draw(t, string(text.Field)), text))
			}
			a.Scopes = scopes().Draw(t, []string{"before", "after"}[i])
		}
		for _, block := range []editor.Block{editor.BlockUsers, editor.BlockScopes} {
			same := cmp.Equal(before.RowsOf(block), after.RowsOf(block))
			if got := before.Stamp(block) == after.Stamp(block); got != same {
				t.Fatalf("%s: same stamp %v, same answers %v", block, got, same)
			}
		}
	})
}

// What is kept is harmless on a page, in a mail and in the database.
func TestWhatIsTypedIsTidied(t *testing.T) {
	line, lines := Text{Limit: 20}, Text{Limit: 20, Lines: true}
	for _, row := range []struct {
		text        Text
		typed, want string
	}{
		{line, "  Paul \t Vidal\r\n", "Paul Vidal"},
		{line, "Paul\r\nBcc: x@y.fr", "Paul Bcc: x@y.fr"},
		{line, "gauche\u202eetiord", "gaucheetiord"},
		{line, "a\x00b", "a b"},
		{line, "\xff\xfe", "\uFFFD"},
		{line, strings.Repeat("é", 30), strings.Repeat("é", 20)},
		{line, strings.Repeat("é", 19) + " fin", strings.Repeat("é", 19)},
		{line, "L’été\u00a0: 5\u202f€", "L’été\u00a0: 5\u202f€"},
		{lines, "un\r\ndeux\rtrois\n\nquatre", "un\ndeux\ntrois\n\nquatr"},
		{lines, "a\tb\x00c\u202e", "a bc"},
		{lines, "\n\n un \n\n", "un"},
		{line, " \u00a0\u200b\u202e\n", ""}, // nothing is to be seen
		{lines, " \u00a0\u200b\u202e\n", ""},
		{line, "👩‍👧 famille", "👩‍👧 famille"},
	} {
		if got := tidy(row.typed, row.text); got != row.want {
			t.Errorf("%q, lines %v: %q, want %q", row.typed, row.text.Lines, got, row.want)
		}
	}
}

// A form that is sent again, unchanged, changes nothing.
func TestWhatIsKeptIsKeptTheSameAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := Text{Limit: rapid.IntRange(1, 12).Draw(t, "limit"), Lines: rapid.Bool().Draw(t, "lines")}
		kept := tidy(rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("a é\r\n\t\u00a0\u202e\x00")))).Draw(t, "typed"), text)
		if again := tidy(kept, text); again != kept {
			t.Fatalf("%q, typed again, is %q", kept, again)
		}
		harmful := func(r rune) bool {
			return unicode.IsControl(r) && (r != '\n' || !text.Lines) || unicode.Is(unicode.Bidi_Control, r)
		}
		if utf8.RuneCountInString(kept) > text.Limit || strings.ContainsFunc(kept, harmful) || !utf8.ValidString(kept) {
			t.Fatalf("kept %q", kept)
		}
	})
}
