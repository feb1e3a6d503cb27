package request

import (
	"strings"
	"testing"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
)

// « nothing typed is lost »: what is too long is kept and said, not cut.
func TestWhatIsTooLongIsSaid(t *testing.T) {
	for _, text := range Texts {
		var typed Answers
		text.Set(&typed, strings.Repeat("a", text.Limit+1))
		typed.BusinessElsewhere = true
		kept := take(text.Block, complete(), typed)
		if got := text.Get(kept); len(got) != text.Limit+1 {
			t.Errorf("%s keeps %d characters", text.Field, len(got))
		}
		found := false
		for _, wrong := range Check(kept, Situation{Template: everythingAsked()}, text.Block) {
			found = found || wrong.Field == text.Field
		}
		if !found {
			t.Errorf("%s: nothing is said of it", text.Field)
		}
	}
}

// « reopening keeps the habilitation valid »: a newer form gives a modification nothing that the
// town did not ask for.
func TestANewerFormWidensNothing(t *testing.T) {
	granted := complete()
	granted.Token, granted.Form, granted.Scopes, granted.Title = true, false, []string{editor.ScopeQuotient}, "Tarifs d’avant"
	form := editor.Template{TemplateContent: editor.TemplateContent{
		Blocks: map[editor.Block]editor.Exposure{
			editor.BlockProject: editor.ReadOnly, editor.BlockModalities: editor.ReadOnly, editor.BlockScopes: editor.ReadOnly, editor.BlockLegal: editor.Hidden,
		},
		Token: true, Form: true, Scopes: editor.TemplateScopes{Displayed: editor.Scopes[:], Ticked: editor.Scopes[:], Fixed: editor.Scopes[:]},
		Prefilled: editor.Prefilled{Title: "Titre nouveau", Description: "Texte nouveau", LegalBasis: "Cadre nouveau"},
	}}
	a := Application{Template: form, Granted: &granted}
	tampered := granted
	tampered.Title, tampered.Form, tampered.Scopes = "Tapé", true, editor.Scopes[:]
	if got := a.locked(tampered); !got.Equal(granted) {
		t.Errorf("the modification begins with %+v", Differences(granted, got))
	}
	form.Blocks[editor.BlockScopes] = editor.Asked
	a.Template = form
	if got := a.locked(tampered); len(got.Scopes) != len(editor.Scopes) {
		t.Errorf("what is asked is answered: %v", got.Scopes)
	}
	tampered.Scopes = nil
	if got := a.locked(tampered); len(got.Scopes) != 1 || got.Scopes[0] != editor.ScopeQuotient {
		t.Errorf("what is fixed and granted stays: %v", got.Scopes)
	}
}

// « cancel … restores everything »: a request of DataPass that was never approved here is
// DataPass's again.
func TestACancelledModificationGivesTheRequestBack(t *testing.T) {
	granted := complete()
	a := Application{Granted: &granted, Carried: true, Request: habilitation.Request{Number: 48231, Source: habilitation.FromPortal}}
	if got := a.AsGranted(); got.Request.Source != habilitation.FromDatapass {
		t.Errorf("it is of %s", got.Request.Source)
	}
	a.Carried = false
	if got := a.AsGranted(); got.Request.Source != habilitation.FromPortal {
		t.Errorf("one that was approved here is of %s", got.Request.Source)
	}
}

// What the town says again in a modification acts again, and is shown as what it changes, even
// alone.
func TestAReplacementThatIsAskedForAgainActs(t *testing.T) {
	granted := Answers{Form: true, Reception: ReceptionReplace}
	a := Application{Granted: &granted, Answers: granted}
	if found := Differences(a.Before(), a.Answers); len(found) != 1 || found[0].Field != FieldReception || !a.Replaces() {
		t.Errorf("the modification changes %+v", found)
	}
	granted.Reception = ReceptionKeep
	if a.Answers = granted; !a.Answers.Equal(a.Before()) {
		t.Error("what the town keeps, it keeps")
	}
}
