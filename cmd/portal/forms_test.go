package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/stage"
)

// written puts a text in a file.
func written(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "formulaires.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// knowing is a portal that knows the editors of the seed.
func knowing(t *testing.T) *scene {
	t.Helper()
	s := setScene(t)
	s.does("import-collectivites", written(t, string(stage.SeedFile)))
	return s
}

// « `portal import-formulaires FILE` brings a generic form and at least four editor forms »; what is published already, word for
// word, stays as it is.
func TestFormsArePublishedOnce(t *testing.T) {
	s := knowing(t)
	name := written(t, string(stage.Forms()))
	const all = `- formulaire-qf, version 1
- api-particulier-tilleul, version 1
- api-particulier-tilleul-cantine, version 1
- api-particulier-brume, version 1
- api-particulier-brume-ccas, version 1
`
	if diff := cmp.Diff("Formulaires publiés : 5\n"+all+"Formulaires inchangés : 0\n", s.does("import-formulaires", name)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("Formulaires publiés : 0\nFormulaires inchangés : 5\n"+all, s.does("import-formulaires", name)); diff != "" {
		t.Error(diff)
	}
	changed := strings.Replace(string(stage.Forms()), "Tarification de la restauration scolaire", "Prix des repas", 1)
	printed := s.does("import-formulaires", written(t, changed))
	if !strings.HasPrefix(printed, "Formulaires publiés : 1\n- api-particulier-tilleul-cantine, version 2\nFormulaires inchangés : 4\n") {
		t.Error(printed)
	}
	if got := s.count(`SELECT count(*) FROM form_versions`); got != 6 {
		t.Errorf("%d versions are kept", got)
	}
}

func TestAFileWithFaultsPublishesNothing(t *testing.T) {
	s := knowing(t)
	faulty := strings.Replace(string(stage.Forms()), `"uid": "api-particulier-brume"`, `"uid": "Brume"`, 1)
	faulty = strings.Replace(faulty, `"editeur": "90511200900014"`, `"editeur": "21040107100019"`, 1)
	printed, complained, code := s.portal("import-formulaires", written(t, faulty))
	want := `Fautes : 2
- formulaire api-particulier-tilleul : l'éditeur n'est pas connu ; importez-le d'abord avec ses collectivités
- formulaire Brume : son uid doit être fait de mots en minuscules reliés par des tirets
`
	if diff := cmp.Diff(want, printed); diff != "" || code != 1 || !strings.HasSuffix(complained, "portal: aucun formulaire n'est publié : corrigez le fichier\n") {
		t.Errorf("exit %d, %s%s", code, complained, diff)
	}
	for text, why := range map[string]string{
		"<html>maintenance</html>": "ce n'est pas un fichier de formulaires",
		`{"formulaires": []}`:      "le fichier ne contient aucun formulaire",
		`{"formulaires": [{"uid": "a", "contact_technique": {"x": ""}}]}`: "le champ « x » n'existe pas",
	} {
		s.refuses(why, "import-formulaires", written(t, text))
	}
	if got := s.count(`SELECT count(*) FROM form_versions`); got != 0 {
		t.Errorf("%d versions are kept", got)
	}
}

// A form stays with the editor that declared it: its address never changes hands.
func TestAFormOfAnotherEditorIsNotTaken(t *testing.T) {
	s := knowing(t)
	s.does("import-formulaires", written(t, string(stage.Forms())))
	taken := bytes.Replace(stage.Forms(), []byte(`"editeur": "90511200900014"`), []byte(`"editeur": "91033700500011"`), 1)
	s.refuses("un formulaire du fichier est déjà celui d'un autre éditeur", "import-formulaires", written(t, string(taken)))
	if got := s.count(`SELECT count(*) FROM form_versions`); got != 5 {
		t.Errorf("%d versions are kept", got)
	}
}
