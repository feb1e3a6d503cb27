package request

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
)

func contacts() *rapid.Generator[editor.Contact] {
	return rapid.Custom(func(t *rapid.T) editor.Contact {
		return editor.Contact{
			GivenName: words().Draw(t, "prenom"), FamilyName: words().Draw(t, "nom"), Mail: words().Draw(t, "mail"),
			Phone: words().Draw(t, "telephone"), Job: words().Draw(t, "fonction"),
		}
	})
}

func words() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom([]string{"", "Paul", "Vidal", "12", "=1+1", "<b>x</b>"}), rapid.String())
}

// scopes are some data, known or invented, in any order, more than once perhaps.
func scopes() *rapid.Generator[[]string] {
	return rapid.SliceOf(rapid.SampledFrom(append(editor.Scopes[:], "dgfip_revenu_fiscal", "*", "")))
}

func templates() *rapid.Generator[editor.Template] {
	return rapid.Custom(func(t *rapid.T) editor.Template {
		displayed := scopes().Draw(t, "affichees")
		of := func(label string) (some []string) {
			for _, scope := range displayed {
				if rapid.Bool().Draw(t, label) {
					some = append(some, scope)
				}
			}
			return some
		}
		return editor.Template{UID: "essai", TemplateContent: editor.TemplateContent{
			Blocks: rapid.MapOf(rapid.SampledFrom(editor.Blocks[:]), rapid.SampledFrom(editor.Exposures[:])).Draw(t, "blocs"),
			Scopes: editor.TemplateScopes{Displayed: displayed, Ticked: of("cochees"), Fixed: of("imposees")},
			Token:  rapid.Bool().Draw(t, "jeton"), Form: rapid.Bool().Draw(t, "formulaire"),
			Technical: editor.TemplateContact{
				Contact: contacts().Draw(t, "contact"), Locked: rapid.Bool().Draw(t, "verrouille"), Organisation: rapid.Bool().Draw(t, "organisation"),
			},
			Prefilled: editor.Prefilled{
				Title: words().Draw(t, "intitule"), Description: words().Draw(t, "description"), LegalBasis: words().Draw(t, "cadre"),
				Recipients: words().Draw(t, "destinataires"), Retention: words().Draw(t, "conservation"),
			},
		}}
	})
}

// answers are whatever a browser, or something that looks like one, may send.
func answers() *rapid.Generator[Answers] {
	return rapid.Custom(func(t *rapid.T) Answers {
		a := Answers{
			Token: rapid.Bool().Draw(t, "jeton"), Form: rapid.Bool().Draw(t, "formulaire"), Scopes: scopes().Draw(t, "donnees"),
			Document: rapid.Int64Range(0, 3).Draw(t, "document"), BusinessElsewhere: rapid.Bool().Draw(t, "metier_autre"), TechnicalOneself: rapid.Bool().Draw(t, "technique_moi"),
			Reception: rapid.SampledFrom([]Reception{"", ReceptionKeep, ReceptionReplace}).Draw(t, "reception"),
		}
		for _, text := range Texts {
			text.Set(&a, words().Draw(t, string(text.Field)))
		}
		return a
	})
}

// « The server enforces every lock, whatever the browser sends »
func TestWhatATemplateLocksIsWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		template, sent := templates().Draw(t, "template"), answers().Draw(t, "answers")
		kept := Lock(template, sent)
		if diff := cmp.Diff(kept, Lock(template, kept)); diff != "" {
			t.Fatalf("locked twice: %s", diff)
		}
		for _, block := range editor.Blocks {
			if template.Asks(block) || block == editor.BlockContacts || block == editor.BlockDeliberation || block == editor.BlockReception {
				continue // those that no template can answer: an import refuses to lock them
			}
			for _, text := range TextsOf(block) {
				if got, want := text.Get(kept), locked(template)[text.Field]; got != want {
					t.Fatalf("%s is locked to %q and kept as %q", text.Field, want, got)
				}
			}
		}
		if !template.Asks(editor.BlockModalities) && (kept.Token != template.Token || kept.Form != template.Form) {
			t.Fatalf("modalities are locked: token %v, form %v", kept.Token, kept.Form)
		}
		if template.Technical.Locked && (kept.Technical != habilitation.Contact(template.Technical.Contact) || kept.TechnicalOneself) {
			t.Fatalf("the technical contact is %+v, oneself %v", kept.Technical, kept.TechnicalOneself)
		}
	})
}

// locked are the texts of a template where it does not ask them.
func locked(t editor.Template) map[Field]string {
	p := t.Prefilled
	return map[Field]string{
		"intitule": p.Title, "description": p.Description, "cadre_juridique": p.LegalBasis, "destinataires": p.Recipients, "conservation": p.Retention,
	}
}

// « scopes displayed / fixed »: those that are fixed are always in, those that are not displayed never.
func TestTheDataAreThoseThatTheTemplateOffers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		template, sent := templates().Draw(t, "template"), answers().Draw(t, "answers")
		offered, kept := template.Scopes, Lock(template, sent).Scopes
		for i, scope := range editor.Scopes {
			displayed, fixed := slices.Contains(offered.Displayed, scope), slices.Contains(offered.Fixed, scope)
			ticked := slices.Contains(sent.Scopes, scope)
			if !template.Asks(editor.BlockScopes) {
				ticked = slices.Contains(offered.Ticked, scope)
			}
			if got, want := slices.Contains(kept, scope), displayed && (fixed || ticked); got != want {
				t.Fatalf("%s (%d): kept %v, displayed %v, fixed %v, ticked %v", scope, i, got, displayed, fixed, ticked)
			}
		}
		inOrder := slices.IsSortedFunc(kept, func(a, b string) int { return slices.Index(editor.Scopes[:], a) - slices.Index(editor.Scopes[:], b) })
		if !inOrder || len(slices.Compact(slices.Clone(kept))) != len(kept) || slices.Contains(kept, "*") {
			t.Fatalf("kept %v", kept)
		}
	})
}

// A lock takes nothing away from what the town is asked.
func TestWhatIsAskedStaysAsItWasTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		template, sent := templates().Draw(t, "template"), answers().Draw(t, "answers")
		kept := Lock(template, sent)
		for _, text := range Texts {
			technical := slices.Contains([]Field{"technique_prenom", "technique_nom", "technique_fonction", "technique_mail", "technique_telephone"}, text.Field)
			if !template.Asks(text.Block) || technical && template.Technical.Locked {
				continue
			}
			if got, want := text.Get(kept), text.Get(sent); got != want {
				t.Fatalf("%s: typed %q, kept %q", text.Field, want, got)
			}
		}
		if kept.Document != sent.Document || kept.Reception != sent.Reception || kept.BusinessElsewhere != sent.BusinessElsewhere {
			t.Fatalf("kept %+v of %+v", kept, sent)
		}
	})
}

// « query parameters pre-fill an allow-list that excludes contacts and SIRET »
func TestAnAddressPrefillsNeitherPeopleNorTheTown(t *testing.T) {
	allowed := []Field{"intitule", "description", "cadre_juridique", "destinataires", "conservation"}
	if diff := cmp.Diff(allowed, Prefillable()); diff != "" {
		t.Errorf("the list: %s", diff)
	}
	for _, text := range Texts {
		if listed := slices.Contains(Prefillable(), text.Field); listed && (text.Block == editor.BlockContacts || text.Block == editor.BlockUsers) {
			t.Errorf("%s names somebody, and an address may bring it", text.Field)
		}
	}
	template := everythingAsked()
	template.Technical.Contact = editor.Contact{Mail: "integration@tilleul.example.fr"}
	var looked []Field
	pirate := func(field Field) string {
		looked = append(looked, field)
		return "pirate"
	}
	got := Prefill(template, Begun(template), pirate, []string{editor.ScopeAddress, "dgfip_revenu_fiscal"})
	want := Begun(template)
	want.Title, want.Description, want.LegalBasis, want.Recipients, want.Retention = "pirate", "pirate", "pirate", "pirate", "pirate"
	want.Scopes = []string{editor.ScopeAddress}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(allowed, looked); diff != "" {
		t.Errorf("what is read of the address: %s", diff)
	}
}

// « precedence defaults < query » (datapass.md §7), within what the template asks.
func TestAnAddressPrefillsNothingThatIsLocked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		template := templates().Draw(t, "template")
		brought := rapid.MapOf(rapid.SampledFrom(Prefillable()), words()).Draw(t, "address")
		got := Prefill(template, Begun(template), func(field Field) string { return brought[field] }, scopes().Draw(t, "donnees"))
		if diff := cmp.Diff(got, Lock(template, got)); diff != "" {
			t.Fatalf("a lock is open: %s", diff)
		}
		for _, text := range Texts {
			want := text.Get(Begun(template))
			if typed := tidy(brought[text.Field], text); typed != "" && template.Asks(text.Block) {
				want = typed
			}
			if text.Get(got) != want {
				t.Fatalf("%s is %q, want %q", text.Field, text.Get(got), want)
			}
		}
	})
}

// « Tampered locked fields »: what is sent of a block that another step asks is not looked at, an id of a document neither.
func TestAStepTakesItsOwnAnswersOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, typed := complete(), answers().Draw(t, "typed")
		before.Document = 7
		block := rapid.SampledFrom(editor.Blocks[:]).Draw(t, "block")
		after := take(block, before, typed)
		if after.Document != before.Document {
			t.Fatalf("%s names document %d", block, after.Document)
		}
		for _, other := range editor.Blocks {
			if other != block && after.Stamp(other) != before.Stamp(other) {
				t.Fatalf("a step on %s writes in %s", block, other)
			}
		}
		for _, text := range TextsOf(block) {
			if got, want := text.Get(after), tidy(text.Get(typed), Text{Lines: text.Lines, Limit: typedLimit}); got != want {
				t.Fatalf("%s: typed %q, kept %q", text.Field, want, got)
			}
		}
	})
	unknown := take(editor.BlockReception, complete(), Answers{Reception: "les_deux"})
	if unknown.Reception != "" {
		t.Errorf("which software: %q", unknown.Reception)
	}
}

// « HTML in every text field »
func TestHTMLStaysText(t *testing.T) {
	const written = `<script>alert(1)</script> <b>gras</b> & "guillemets" &lt;i&gt; {{.Nom}} '); DROP`
	for _, text := range Texts {
		var typed Answers
		text.Set(&typed, written)
		if got := text.Get(take(text.Block, complete(), typed)); got != written {
			t.Errorf("%s keeps %q", text.Field, got)
		}
	}
}
