package editor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/sim/stage"
)

var published = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// shelf keeps what an import hands over. How versions are kept is the database's.
type shelf struct {
	editor.TemplateStore
	entries []editor.TemplateEntry
	asked   string // of FindTemplate
}

func (s *shelf) RecordTemplates(_ context.Context, entries []editor.TemplateEntry, at time.Time) (outcomes []editor.TemplateOutcome, err error) {
	if !at.Equal(published) {
		return nil, errors.New("published at another time")
	}
	s.entries = append(s.entries, entries...)
	for _, entry := range entries {
		outcomes = append(outcomes, editor.TemplateOutcome{UID: entry.UID, Version: 1, New: true})
	}
	return outcomes, nil
}

func (s *shelf) FindTemplate(_ context.Context, uid string) (editor.Template, error) {
	s.asked = uid
	return editor.Template{UID: uid}, nil
}

// seeded knows the editors of the seed.
type seeded struct{ err error }

func (s seeded) FindEditor(_ context.Context, siret value.Siret) (editor.Editor, error) {
	seed, err := stage.ReadSeed()
	if err = errors.Join(err, s.err); err != nil {
		return editor.Editor{}, err
	}
	for _, e := range seed.Editors {
		if e.Siret == siret.String() {
			return editor.Editor{Siret: siret, Name: e.Name, TechnicalContact: e.TechnicalContact}, nil
		}
	}
	return editor.Editor{}, fault.New(fault.NotFound, "editor.unknown")
}

func (s seeded) FindEditorByForm(context.Context, string) (editor.Editor, error) {
	return editor.Editor{}, errors.New("not asked by an import")
}

func importing(t *testing.T, file string) (*shelf, editor.Imported) {
	t.Helper()
	kept := &shelf{}
	templates := &editor.Templates{Store: kept, Editors: seeded{}, Now: func() time.Time { return published }}
	imported, err := templates.Import(t.Context(), strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return kept, imported
}

// « `portal import-formulaires FILE` brings a generic form and at least four editor forms of the kinds in `reference/datapass.md` §1.3–1.5 »
func TestTheFormsOfTheDemoArePublished(t *testing.T) {
	kept, imported := importing(t, string(stage.Forms()))
	if len(imported.Faults) > 0 {
		t.Fatalf("faults: %q", imported.Faults)
	}
	templates := map[string]editor.Template{}
	for i, entry := range kept.entries {
		if imported.Forms[i] != (editor.TemplateOutcome{UID: entry.UID, Version: 1, New: true}) {
			t.Errorf("%s: %+v", entry.UID, imported.Forms[i])
		}
		templates[entry.UID] = editor.Template{UID: entry.UID, Editor: editor.Editor{Siret: entry.Editor}, TemplateContent: entry.TemplateContent}
	}
	const tilleul, brume = "90511200900014", "91033700500011"
	all, quotient := editor.Scopes[:], editor.Scopes[:1]
	type kind struct {
		Editor               value.Siret
		Asked                []editor.Block
		Fixed                []string
		Token, Form          bool
		Locked, Organisation bool
	}
	everything := editor.Template{}.Asked()
	without := func(blocks ...editor.Block) []editor.Block {
		return slices.DeleteFunc(slices.Clone(everything), func(b editor.Block) bool { return slices.Contains(blocks, b) })
	}
	modalities, scopes := editor.BlockModalities, editor.BlockScopes
	for uid, want := range map[string]kind{
		"formulaire-qf":                   {Asked: without(modalities, scopes), Token: true, Form: true},
		"api-particulier-tilleul":         {tilleul, without(editor.BlockProject, modalities, scopes, editor.BlockLegal), all, true, true, true, false},
		"api-particulier-tilleul-cantine": {tilleul, without(modalities), quotient, true, true, true, false},
		"api-particulier-brume":           {brume, everything, nil, true, true, false, true},
		"api-particulier-brume-ccas":      {brume, without(modalities, scopes, editor.BlockUsers), editor.Scopes[:3], true, false, true, false},
	} {
		f := templates[uid]
		got := kind{f.Editor.Siret, f.Asked(), f.Scopes.Fixed, f.Token, f.Form, f.Technical.Locked, f.Technical.Organisation}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", uid, diff)
		}
		if got := f.Path(); got != "/formulaires/"+uid+"/demande/nouveau" {
			t.Errorf("%s is at %s", uid, got)
		}
		if f.Introduction == "" || !strings.Contains(f.Prefilled.LegalBasis, "114-8 du code des relations entre le public et l’administration") {
			t.Errorf("%s says nothing of what it is for", uid)
		}
		delete(templates, uid)
	}
	if len(templates) > 0 {
		t.Errorf("also published: %v", templates)
	}
}

// Guide, 1.b: « une adresse e-mail "Contact technique" qui sera renseignée dans toutes les habilitations de vos collectivités clientes ».
func TestTheTechnicalContactOfAFormIsItsEditors(t *testing.T) {
	kept, _ := importing(t, string(stage.Forms()))
	for _, entry := range kept.entries {
		if entry.Editor == "" {
			if entry.Technical != (editor.TemplateContact{}) {
				t.Errorf("%s names %+v", entry.UID, entry.Technical)
			}
			continue
		}
		of, err := seeded{}.FindEditor(t.Context(), entry.Editor)
		if err != nil || entry.Technical.Mail != of.TechnicalContact {
			t.Errorf("%s names %q, its editor %q, %v", entry.UID, entry.Technical.Mail, of.TechnicalContact, err)
		}
	}
}

// sound is a form without fault, as a file says it.
func sound() map[string]any {
	return map[string]any{
		"uid": "api-particulier-essai", "editeur": "90511200900014", "logiciel": "Essai", "titre": "Demande pour Essai",
		"donnees":    map[string]any{"affichees": []string{"cnaf_quotient_familial", "cnaf_enfants"}, "cochees": []string{"cnaf_quotient_familial"}},
		"avec_jeton": true, "avec_formulaire": true,
	}
}

func file(t *testing.T, forms ...map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"formulaires": forms})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// plain puts breakable spaces for the others, to be read.
func plain(text string) string { return strings.ReplaceAll(text, "\u00a0", " ") }

// « blocks shown / read-only / hidden »: what a town is not asked must be in the form, and a lock that is misspelt would lock nothing.
func TestAFormThatIsWrongIsNotPublished(t *testing.T) {
	type object = map[string]any
	locked := object{"mail": "integration@tilleul.example.fr", "telephone": "04 72 00 00 01", "prenom": "Sofia", "nom": "Renard", "verrouille": true}
	contact := func(member string, value any) object {
		changed := object{}
		for k, v := range locked {
			changed[k] = v
		}
		changed[member] = value
		return changed
	}
	for name, row := range map[string]struct {
		member string
		value  any
		want   []string
	}{
		"nothing wrong":           {"introduction", "Bienvenue", nil},
		"an uid for an address":   {"uid", "Essai n°1/../", []string{"son uid doit être fait de mots en minuscules reliés par des tirets"}},
		"an uid without end":      {"uid", strings.Repeat("a", 81), []string{"son uid doit être fait de mots en minuscules reliés par des tirets"}},
		"no title":                {"titre", "", []string{"titre manque ou est trop long"}},
		"a title without end":     {"titre", strings.Repeat("é", 201), []string{"titre manque ou est trop long"}},
		"an endless introduction": {"introduction", strings.Repeat("é", 4001), []string{"logiciel ou introduction est trop long"}},
		"no software":             {"logiciel", "", []string{"logiciel et editeur vont ensemble"}},
		"a software of nobody":    {"editeur", "", []string{"logiciel et editeur vont ensemble"}},
		"an editor without SIRET": {"editeur", "Tilleul", []string{"editeur n’est pas un SIRET"}},
		"an unknown editor":       {"editeur", "21040107100019", []string{"l’éditeur n’est pas connu ; importez-le d’abord avec ses collectivités"}},
		"no token":                {"avec_jeton", false, nil},
		"a block of nowhere":      {"blocs", object{"projets": "masque"}, []string{"le bloc « projets » n’existe pas"}},
		"an exposure of nowhere":  {"blocs", object{"usagers": "cache"}, []string{"l’affichage « cache » n’existe pas"}},
		"locked people":           {"blocs", object{"personnes": "lecture_seule"}, []string{"seule la collectivité peut répondre au bloc personnes"}},
		"a hidden délibération":   {"blocs", object{"deliberation": "masque"}, []string{"seule la collectivité peut répondre au bloc deliberation"}},
		"a hidden question":       {"blocs", object{"reception": "masque"}, []string{"seule la collectivité peut répondre au bloc reception"}},
		"a project without words": {"blocs", object{"projet": "lecture_seule"}, []string{"projet n’est pas à remplir : intitule et description sont nécessaires"}},
		"no legal basis":          {"blocs", object{"cadre": "masque"}, []string{"cadre n’est pas à remplir : cadre_juridique est nécessaire"}},
		"no recipients":           {"blocs", object{"traitement": "masque"}, []string{"traitement n’est pas à remplir : destinataires et conservation sont nécessaires"}},
		"unknown data":            {"donnees", object{"affichees": []string{"dgfip_revenu"}}, []string{"la donnée « dgfip_revenu » n’existe pas"}},
		"fixed but not displayed": {"donnees", object{"affichees": []string{"cnaf_enfants"}, "imposees": []string{"cnaf_quotient_familial"}}, []string{"« cnaf_quotient_familial » est cochée ou imposée sans être affichée"}},
		"a token without data":    {"donnees", object{}, []string{"un jeton sans aucune donnée"}},
		"a hundred years":         {"pre_rempli", object{"conservation": "1200"}, []string{"conservation doit aller de 1 à 36 mois"}},
		"37 months":               {"pre_rempli", object{"conservation": "37"}, []string{"conservation doit aller de 1 à 36 mois"}},
		"no time":                 {"pre_rempli", object{"conservation": "0"}, []string{"conservation doit aller de 1 à 36 mois"}},
		"no number":               {"pre_rempli", object{"conservation": "un an"}, []string{"conservation doit aller de 1 à 36 mois"}},
		"36 months":               {"pre_rempli", object{"conservation": "36"}, nil},
		"a title to cut":          {"pre_rempli", object{"intitule": strings.Repeat("é", 201)}, []string{"intitule est trop long"}},
		"an endless text":         {"pre_rempli", object{"cadre_juridique": strings.Repeat("é", 4001)}, []string{"un texte de pre_rempli est trop long"}},
		"a locked contact":        {"contact_technique", locked, nil},
		"without phone":           {"contact_technique", contact("telephone", ""), []string{"contact_technique est verrouillé sans mail ou sans telephone"}},
		"without name":            {"contact_technique", contact("nom", ""), []string{"contact_technique est verrouillé sans prenom ou sans nom"}},
		"a mailbox has no name":   {"contact_technique", object{"mail": "a@tilleul.example.fr", "telephone": "04 72 00 00 01", "verrouille": true, "organisation": true}, nil},
		"no address":              {"contact_technique", contact("mail", "Sofia <a@tilleul.example.fr>"), []string{"contact_technique n’a pas d’adresse mail valide"}},
		"capitals":                {"contact_technique", contact("mail", "A@tilleul.example.fr"), []string{"contact_technique n’a pas d’adresse mail valide"}},
	} {
		t.Run(name, func(t *testing.T) {
			form := sound()
			form[row.member] = row.value
			kept, imported := importing(t, file(t, form))
			var want []string
			uid, _ := form["uid"].(string)
			for _, sentence := range row.want {
				want = append(want, "formulaire "+uid+" : "+sentence)
			}
			var got []string
			for _, sentence := range imported.Faults {
				got = append(got, plain(sentence))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if (len(kept.entries) == 0) != (len(want) > 0) {
				t.Errorf("published: %+v", kept.entries)
			}
		})
	}
}

func TestEveryFaultIsToldAtOnceAndNothingIsPublished(t *testing.T) {
	wrong, twice := sound(), sound()
	wrong["titre"], wrong["avec_jeton"], wrong["avec_formulaire"] = "", false, false
	delete(wrong, "uid")
	kept, imported := importing(t, file(t, sound(), wrong, twice))
	want := []string{
		"formulaire n° 2 : son uid doit être fait de mots en minuscules reliés par des tirets",
		"formulaire n° 2 : titre manque ou est trop long",
		"formulaire n° 2 : ni avec_jeton ni avec_formulaire",
		"formulaire api-particulier-essai : cet uid est donné deux fois",
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), plain(strings.Join(imported.Faults, "\n"))); diff != "" {
		t.Error(diff)
	}
	if len(kept.entries) > 0 || len(imported.Forms) > 0 {
		t.Errorf("published: %+v", kept.entries)
	}
}

func TestATextThatIsNoFileOfFormsIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "ce n’est pas un fichier de formulaires",
		"<html>":                        "ce n’est pas un fichier de formulaires",
		`{"formulaires": [`:             "ce n’est pas un fichier de formulaires",
		`[]`:                            "ce n’est pas un fichier de formulaires",
		`{}`:                            "le fichier ne contient aucun formulaire",
		`{"formulaires": []}`:           "le fichier ne contient aucun formulaire",
		`{"formulaires": [], "a": 1}`:   "le champ « a » n’existe pas",
		`{"formulaires": []} {"a": 1}`:  "le fichier continue après la liste des formulaires",
		`{"formulaires": []} ]`:         "le fichier continue après la liste des formulaires",
		`{"formulaires": [{"uid": 3}]}`: "la valeur de « formulaires.uid » n’est pas du type attendu",
		`{"formulaires": [{"contact_technique": {"verouille": true}}]}`: "le champ « verouille » n’existe pas",
	} {
		kept, imported := importing(t, text)
		if got := plain(strings.Join(imported.Faults, "|")); got != want || len(kept.entries) > 0 {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// A database that does not answer is no fault of the file.
func TestAnImportThatCannotAskSaysSo(t *testing.T) {
	down := errors.New("down")
	templates := &editor.Templates{Store: &shelf{}, Editors: seeded{down}, Now: func() time.Time { return published }}
	if imported, err := templates.Import(t.Context(), bytes.NewReader(stage.Forms())); !errors.Is(err, down) || len(imported.Faults) > 0 {
		t.Errorf("%+v, %v", imported, err)
	}
	if _, err := templates.Import(t.Context(), io.LimitReader(endless{}, 9<<20)); err == nil || !strings.Contains(err.Error(), "8 MB") {
		t.Errorf("a file of 9 MB: %v", err)
	}
}

// endless is a file of spaces.
type endless struct{}

func (endless) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = ' '
	}
	return len(into), nil
}

// « permanent URL `/formulaires/{uid}/demande/nouveau` »: what cannot be an uid is not looked for.
func TestAnAddressThatNamesNoFormIsUnknown(t *testing.T) {
	kept := &shelf{}
	templates := &editor.Templates{Store: kept, Editors: seeded{}}
	for _, uid := range []string{"", "-", "a-", "A", "a--b", "a/b", "../a", "a\x00", "a\n", "é", strings.Repeat("a", 81), "a b", "a_b"} {
		if _, err := templates.Find(t.Context(), uid); !fault.Is(err, "template.unknown") || fault.KindOf(err) != fault.NotFound || kept.asked != "" {
			t.Errorf("%q: asked %q, %v", uid, kept.asked, err)
		}
	}
	if found, err := templates.Find(t.Context(), "api-particulier-3d-ouest"); err != nil || found.UID != kept.asked {
		t.Errorf("found %+v, %v", found, err)
	}
}

// What the form says of a block holds; a block that it does not name is asked.
func TestABlockIsAskedUnlessTheFormAnswersIt(t *testing.T) {
	form := editor.Template{TemplateContent: editor.TemplateContent{Blocks: map[editor.Block]editor.Exposure{
		editor.BlockUsers: editor.Hidden, editor.BlockLegal: editor.ReadOnly, editor.BlockProject: editor.Asked,
	}}}
	want := slices.DeleteFunc(slices.Clone(editor.Blocks[:]), func(b editor.Block) bool { return b == editor.BlockUsers || b == editor.BlockLegal })
	if diff := cmp.Diff(want, form.Asked()); diff != "" {
		t.Error(diff)
	}
	if got := form.Exposure(editor.BlockUsers); got != editor.Hidden {
		t.Errorf("usagers: %s", got)
	}
}
