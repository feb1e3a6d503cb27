package collectivity

import (
	"testing"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
)

// « With an editor: … the literal warning …; without: create the HubEE password » (PRODUCT.md
// 3.4), and neither where it would not be true.
func TestWhoReceivesTheDossiersIsTold(t *testing.T) {
	valid := sampleRequest(habilitation.Validated)
	changed := func(change func(*habilitation.Request)) habilitation.Request {
		r := valid
		change(&r)
		return r
	}
	alone := changed(func(r *habilitation.Request) { r.Current.Editor = habilitation.Editor{} })
	serving := func(request habilitation.RequestNumber, editor string) credential.Watched {
		w := credential.Watched{Subscription: credential.Subscription{Siret: valid.Siret, Request: request}}
		if editor != "" {
			w.Editor = valid.Current.Editor.Siret
		}
		return w
	}
	for name, row := range map[string]struct {
		request      habilitation.Request
		subscription credential.Watched
		want         receiver
	}{
		"an editor":                             {valid, serving(valid.Number, "its own"), editorReceives},
		"an editor, before the subscription":    {valid, credential.Watched{}, editorReceives},
		"while a modification is under way":     {sampleRequest(habilitation.Reopened), serving(valid.Number, "its own"), editorReceives},
		"the same editor, by another request":   {valid, serving(48260, "its own"), editorReceives},
		"another receives":                      {valid, serving(48260, ""), anotherReceives},
		"the town":                              {alone, serving(alone.Number, ""), townReceives},
		"the town, while an editor still does":  {alone, serving(48260, "another"), anotherReceives},
		"the token alone":                       {changed(func(r *habilitation.Request) { r.Current.Modalities.Form = false }), credential.Watched{}, nobodyReceives},
		"what is suspended has no mail to wait": {sampleRequest(habilitation.Suspended), serving(valid.Number, "its own"), nobodyReceives},
		"what was never granted":                {sampleRequest(habilitation.Submitted), credential.Watched{}, nobodyReceives},
	} {
		if got := receiverOf(row.request, row.subscription); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

// A draft that came to nothing is no affair of the home page.
func TestADraftIsNotShown(t *testing.T) {
	for _, state := range habilitation.States {
		shown := len(newHabilitationViews([]habilitation.Request{sampleRequest(state)}, credential.Watched{})) == 1
		if hidden := state == habilitation.Draft || state == habilitation.Archived; shown == hidden {
			t.Errorf("%s is shown: %v", state, shown)
		}
		if habilitationSeverities[state] == "" {
			t.Errorf("the badge of %q has no colour", state)
		}
	}
}
