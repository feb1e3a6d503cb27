package postgres_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	publisher "portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

func (s *scene) publish(at time.Time, entries ...publisher.TemplateEntry) []publisher.TemplateOutcome {
	s.t.Helper()
	outcomes, err := postgres.Templates{DB: s.db}.RecordTemplates(context.Background(), entries, at)
	if err != nil {
		s.t.Fatal(err)
	}
	return outcomes
}

func formOf(uid string, of value.Siret, software, name string) publisher.TemplateEntry {
	return publisher.TemplateEntry{UID: uid, Editor: of, TemplateContent: publisher.TemplateContent{Software: software, Name: name, Token: true, Form: true}}
}

// « published versions », « A version never changes: a request keeps the one with which it was
// begun »: a new one comes where something is new, and the old one stays.
func TestAFormIsPublishedVersionByVersion(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	store := postgres.Templates{DB: s.db}
	_, err := store.FindTemplate(ctx, "api-particulier-tilleul")
	wantCode(t, err, "template.unknown")

	form, generic := formOf("api-particulier-tilleul", tilleul, "Tilleul", "Demande"), formOf("formulaire-qf", "", "", "Demande libre")
	form.Blocks = map[publisher.Block]publisher.Exposure{publisher.BlockLegal: publisher.ReadOnly, publisher.BlockProject: publisher.Hidden}
	for i, want := range [][]publisher.TemplateOutcome{
		{{UID: "formulaire-qf", Version: 1, New: true}, {UID: "api-particulier-tilleul", Version: 1, New: true}},
		{{UID: "formulaire-qf", Version: 1}, {UID: "api-particulier-tilleul", Version: 1}},
	} {
		if diff := cmp.Diff(want, s.publish(noon.Add(time.Duration(i)*time.Hour), generic, form)); diff != "" {
			t.Errorf("import %d: %s", i+1, diff)
		}
	}
	changed := form
	changed.Introduction = "Une phrase de plus."
	withdrawn := changed
	withdrawn.Withdrawn = true
	for i, entry := range []publisher.TemplateEntry{changed, withdrawn, changed} {
		want := []publisher.TemplateOutcome{{UID: form.UID, Version: i + 2, New: true}}
		if diff := cmp.Diff(want, s.publish(noon.Add(time.Duration(i+2)*time.Hour), entry)); diff != "" {
			t.Error(diff)
		}
	}
	newest, err := store.FindTemplate(ctx, form.UID)
	want := publisher.Template{
		UID: form.UID, Version: 4, PublishedAt: noon.Add(4 * time.Hour), TemplateContent: changed.TemplateContent,
		Editor: publisher.Editor{Siret: tilleul, Name: "Logiciels Tilleul"},
	}
	if diff := cmp.Diff(want, newest); diff != "" || err != nil {
		t.Error(diff, err)
	}
	first, err := store.FindTemplateVersion(ctx, form.UID, 1)
	if err != nil || first.Introduction != "" || !first.PublishedAt.Equal(noon) {
		t.Errorf("the first version is %+v, %v", first, err)
	}
	_, err = store.FindTemplateVersion(ctx, form.UID, 5)
	wantCode(t, err, "template.unknown")
}

// What is the same and written otherwise is the same.
func TestVersionsAreComparedAsTheyMean(t *testing.T) {
	s := setScene(t)
	s.editors()
	form := formOf("api-particulier-tilleul", tilleul, "Tilleul", "Demande")
	s.publish(noon, form)
	s.run(`UPDATE form_versions SET content = (SELECT jsonb_object_agg(key, value) FROM (SELECT key, value FROM jsonb_each(content) ORDER BY key DESC) turned)`)
	if got := s.publish(noon, form); got[0].New {
		t.Error("the same content is a new version")
	}
}

// Every word of a version comes back.
func TestAVersionLosesNothing(t *testing.T) {
	s := setScene(t)
	s.editors()
	entry := publisher.TemplateEntry{UID: "api-particulier-tilleul", Editor: tilleul}
	fillIn(t, reflect.ValueOf(&entry.TemplateContent).Elem(), new(int))
	s.publish(noon, entry)
	found, err := postgres.Templates{DB: s.db}.FindTemplate(context.Background(), entry.UID)
	if diff := cmp.Diff(entry.TemplateContent, found.TemplateContent); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// « A form that another editor declared stays that editor's », and nothing of the import is
// kept; whoever declared it may be the list of editors.
func TestAFormStaysItsEditors(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.run(`INSERT INTO editor_forms (form_uid, editor_siret) VALUES ('api-particulier-brume', $1)`, brume)
	s.publish(noon, formOf("api-particulier-tilleul", tilleul, "Tilleul", "Demande"))
	store := postgres.Templates{DB: s.db}
	for name, stolen := range map[string]publisher.TemplateEntry{
		"by another editor":  formOf("api-particulier-tilleul", brume, "Brume", "Autre"),
		"declared elsewhere": formOf("api-particulier-brume", tilleul, "Tilleul", "Autre"),
		"as the generic one": formOf("api-particulier-tilleul", "", "", "Autre"),
	} {
		_, err := store.RecordTemplates(ctx, []publisher.TemplateEntry{formOf("formulaire-qf", "", "", "Demande libre"), stolen}, noon)
		if wantCode(t, err, "template.taken"); t.Failed() {
			t.Log(name)
		}
	}
	if n := s.count(`SELECT count(*) FROM form_versions`); n != 1 {
		t.Errorf("%d versions are kept", n)
	}
	if owner, err := (postgres.Editors{DB: s.db}).FindEditorByForm(ctx, "api-particulier-tilleul"); err != nil || owner.Siret != tilleul {
		t.Errorf("the editor of the form is %+v, %v", owner, err)
	}
}

// The editor of a form is told as it is today, whatever the version.
func TestTheEditorOfAFormIsThatOfToday(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	form := formOf("api-particulier-tilleul", tilleul, "Tilleul", "Demande")
	s.publish(noon, form, formOf("formulaire-qf", "", "", "Demande libre"))
	s.run(`UPDATE editors SET name = 'Tilleul et Fils', code_cog = '69123', technical_contact = 'technique@tilleul.example.fr' WHERE siret = $1`, tilleul)
	store := postgres.Templates{DB: s.db}
	found, err := store.FindTemplateVersion(ctx, form.UID, 1)
	if want := (publisher.Editor{Siret: tilleul, Name: "Tilleul et Fils", COG: "69123", TechnicalContact: "technique@tilleul.example.fr"}); found.Editor != want || err != nil {
		t.Errorf("the editor is %+v, %v", found.Editor, err)
	}
	if generic, err := store.FindTemplate(ctx, "formulaire-qf"); err != nil || generic.Editor != (publisher.Editor{}) {
		t.Errorf("the editor of the generic form is %+v, %v", generic.Editor, err)
	}
}

// « ListTemplates lists the newest version of every form that is not withdrawn, by software »,
// as people spell it, the generic form last.
func TestFormsAreListedBySoftware(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	store := postgres.Templates{DB: s.db}
	if none, err := store.ListTemplates(ctx); err != nil || len(none) > 0 {
		t.Errorf("before any: %v, %v", none, err)
	}
	old, gone := formOf("deux", tilleul, "Ancien nom", "Demande"), formOf("un", tilleul, "Retiré", "Demande")
	s.publish(noon, old, gone)
	gone.Withdrawn = true
	s.publish(noon, formOf("formulaire-qf", "", "", "Autre logiciel"), formOf("trois", brume, "Étoile", "Demande"),
		formOf("quatre", brume, "école+", "Demande"), formOf("deux", tilleul, "Famille", "Demande"), gone, formOf("cinq", brume, "ETOILE", "Autre demande"))
	listed, err := store.ListTemplates(ctx)
	var uids []string
	for _, template := range listed {
		uids = append(uids, template.UID)
	}
	if diff := cmp.Diff([]string{"quatre", "cinq", "trois", "deux", "formulaire-qf"}, uids); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, template := range listed {
		if template.UID == "deux" && (template.Version != 2 || template.Editor.Siret != tilleul) {
			t.Errorf("the newest version is not listed: %+v", template)
		}
	}
}

// Imports at once number their versions without gap nor error.
func TestImportsAtOnceWaitForOneAnother(t *testing.T) {
	s := setScene(t)
	s.editors()
	store := postgres.Templates{DB: s.db}
	const crowd = 8
	atOnce(crowd, func(i int) {
		form := formOf("api-particulier-tilleul", tilleul, "Tilleul", "Demande")
		form.Introduction = string(rune('a' + i))
		if _, err := store.RecordTemplates(context.Background(), []publisher.TemplateEntry{form}, noon); err != nil {
			t.Error(err)
		}
	})
	if n := s.count(`SELECT max(version) FROM form_versions WHERE form_uid = 'api-particulier-tilleul'`); n != crowd {
		t.Errorf("%d imports made version %d", crowd, n)
	}
}
