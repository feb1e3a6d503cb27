package editor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// Templates publishes the request forms and finds them.
type Templates struct {
	Store   TemplateStore
	Editors Finder
	Now     func() time.Time // business time
}

// Imported is the report of an import: what became of each form, or what is wrong with the
// file, in which case nothing was published.
type Imported struct {
	Forms  []TemplateOutcome
	Faults []string // in French, one sentence each
}

// maxImport is far more than a hundred forms take, in bytes.
const maxImport = 8 << 20

// wireTemplate is a form of the file.
type wireTemplate struct {
	UID       string `json:"uid"`
	Editor    string `json:"editeur"` // SIRET; "" for the generic form
	Withdrawn bool   `json:"retire"`
	TemplateContent
}

// Import publishes the forms of a file: all of them, or none when one is wrong. What is
// published already, word for word, stays as it is. Code: template.taken (Conflict), one of
// them is another editor's.
func (t *Templates) Import(ctx context.Context, source io.Reader) (Imported, error) {
	text, err := io.ReadAll(io.LimitReader(source, maxImport+1))
	switch {
	case err != nil:
		return Imported{}, fmt.Errorf("read forms: %w", err)
	case len(text) > maxImport:
		return Imported{}, errors.New("the file of forms is larger than 8 MB")
	}
	var list struct {
		Forms []wireTemplate `json:"formulaires"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields() // a lock that is misspelt would lock nothing
	if err := decoder.Decode(&list); err != nil {
		return Imported{Faults: []string{misread(err)}}, nil
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Imported{Faults: []string{"le fichier continue après la liste des formulaires"}}, nil
	}
	entries, faults, err := t.read(ctx, list.Forms)
	if err != nil || len(faults) > 0 {
		return Imported{Faults: faults}, err
	}
	outcomes, err := t.Store.RecordTemplates(ctx, entries, t.Now())
	if err != nil {
		return Imported{}, fmt.Errorf("publish forms: %w", err)
	}
	return Imported{Forms: outcomes}, nil
}

// misread says why a file is no list of forms.
func misread(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return "la valeur de " + quoted(wrong.Field) + " n’est pas du type attendu"
	}
	// Package encoding/json tells an unknown member in its text only.
	if member, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		return "le champ " + quoted(strings.Trim(member, `"`)) + " n’existe pas"
	}
	return "ce n’est pas un fichier de formulaires"
}

func (t *Templates) read(ctx context.Context, forms []wireTemplate) (entries []TemplateEntry, faults []string, err error) {
	if len(forms) == 0 {
		return nil, []string{"le fichier ne contient aucun formulaire"}, nil
	}
	seen := map[string]bool{}
	for i, form := range forms {
		wrong := form.faults()
		if seen[form.UID] {
			wrong = append(wrong, "cet uid est donné deux fois")
		}
		seen[form.UID] = true
		entry := TemplateEntry{UID: form.UID, Withdrawn: form.Withdrawn, TemplateContent: form.TemplateContent}
		if form.Editor != "" {
			var unfit string
			if entry.Editor, unfit, err = t.editor(ctx, form.Editor); err != nil {
				return nil, nil, err
			}
			if unfit != "" {
				wrong = append(wrong, unfit)
			}
		}
		name := form.UID
		if name == "" {
			name = "n°\u00a0" + strconv.Itoa(i+1)
		}
		for _, sentence := range wrong {
			faults = append(faults, "formulaire "+name+"\u00a0: "+sentence)
		}
		entries = append(entries, entry)
	}
	return entries, faults, nil
}

// editor finds whose form it is; unfit says why nobody can be.
func (t *Templates) editor(ctx context.Context, written string) (siret value.Siret, unfit string, err error) {
	if siret, err = value.ParseSiret(written); err != nil {
		return "", "editeur n’est pas un SIRET", nil
	}
	_, err = t.Editors.FindEditor(ctx, siret)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return "", "l’éditeur n’est pas connu\u00a0; importez-le d’abord avec ses collectivités", nil
	case err != nil:
		return "", "", fmt.Errorf("find editor: %w", err)
	}
	return siret, "", nil
}

// uidShape is what stays readable in an address for ever.
var uidShape = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// ValidUID tells whether a text may name a form.
func ValidUID(text string) bool { return uidShape.MatchString(text) && len(text) <= maxUID }

const (
	maxUID  = 80
	maxName = 200 // characters, like the software
	maxText = 4000
)

// faults says what is wrong with a form, in sentences for whoever wrote the file.
func (w wireTemplate) faults() (wrong []string) {
	check := func(right bool, sentence string) {
		if !right {
			wrong = append(wrong, sentence)
		}
	}
	check(ValidUID(w.UID), "son uid doit être fait de mots en minuscules reliés par des tirets")
	check(w.Name != "" && short(w.Name, maxName), "titre manque ou est trop long")
	check((w.Software == "") == (w.Editor == ""), "logiciel et editeur vont ensemble")
	check(short(w.Software, maxName) && short(w.Introduction, maxText), "logiciel ou introduction est trop long")
	check(w.Token || w.Form, "ni avec_jeton ni avec_formulaire")
	for _, block := range slices.Sorted(maps.Keys(w.Blocks)) {
		exposure := w.Blocks[block]
		check(slices.Contains(Blocks[:], block), "le bloc "+quoted(string(block))+" n’existe pas")
		check(slices.Contains(Exposures[:], exposure), "l’affichage "+quoted(string(exposure))+" n’existe pas")
		check(exposure == Asked || !slices.Contains(mustBeAsked[:], block), "seule la collectivité peut répondre au bloc "+string(block))
	}
	return append(append(wrong, w.scopeFaults()...), w.filledFaults()...)
}

func (w wireTemplate) scopeFaults() (wrong []string) {
	for _, scope := range w.Scopes.Displayed {
		if !slices.Contains(Scopes[:], scope) {
			wrong = append(wrong, "la donnée "+quoted(scope)+" n’existe pas")
		}
	}
	for _, scope := range append(slices.Clone(w.Scopes.Ticked), w.Scopes.Fixed...) {
		if !slices.Contains(w.Scopes.Displayed, scope) {
			wrong = append(wrong, quoted(scope)+" est cochée ou imposée sans être affichée")
		}
	}
	if w.Token && len(w.Scopes.Displayed) == 0 {
		wrong = append(wrong, "un jeton sans aucune donnée")
	}
	return wrong
}

// filledFaults looks at what a town will not be asked: it must be there.
func (w wireTemplate) filledFaults() (wrong []string) {
	check := func(right bool, sentence string) {
		if !right {
			wrong = append(wrong, sentence)
		}
	}
	t, p := Template{TemplateContent: w.TemplateContent}, w.Prefilled
	check(t.Asks(BlockProject) || p.Title != "" && p.Description != "", "projet n’est pas à remplir\u00a0: intitule et description sont nécessaires")
	check(t.Asks(BlockLegal) || p.LegalBasis != "", "cadre n’est pas à remplir\u00a0: cadre_juridique est nécessaire")
	check(t.Asks(BlockProcessing) || p.Recipients != "" && p.Retention != "", "traitement n’est pas à remplir\u00a0: destinataires et conservation sont nécessaires")
	check(t.Asks(BlockScopes) || !w.Token || len(w.Scopes.Ticked)+len(w.Scopes.Fixed) > 0, "donnees n’est pas à remplir\u00a0: une donnée doit être cochée ou imposée")
	check(short(p.Title, maxName), "intitule est trop long")
	for _, text := range []string{p.Description, p.LegalBasis, p.Recipients} {
		check(short(text, maxText), "un texte de pre_rempli est trop long")
	}
	months, err := strconv.Atoi(p.Retention)
	// Beyond 36 months the town must say why, which a template cannot.
	check(p.Retention == "" || err == nil && months >= 1 && months <= 36, "conservation doit aller de 1 à 36 mois")
	c := w.Technical
	check(!c.Locked || c.Mail != "" && c.Phone != "", "contact_technique est verrouillé sans mail ou sans telephone")
	check(!c.Locked || c.Organisation || c.GivenName != "" && c.FamilyName != "", "contact_technique est verrouillé sans prenom ou sans nom")
	if c.Mail != "" {
		parsed, err := mail.ParseAddress(c.Mail)
		check(err == nil && parsed.Address == c.Mail && strings.ToLower(c.Mail) == c.Mail, "contact_technique n’a pas d’adresse mail valide")
	}
	return wrong
}

var unknownTemplate = fault.New(fault.NotFound, "template.unknown")

// quoted shows a text of the file on one line, whatever is in it.
func quoted(text string) string {
	return "«\u00a0" + strings.Trim(strconv.Quote(text), `"`) + "\u00a0»"
}

func short(text string, limit int) bool { return utf8.RuneCountInString(text) <= limit }

// Find finds the form of an address. Code: template.unknown (NotFound).
func (t *Templates) Find(ctx context.Context, uid string) (Template, error) {
	if !ValidUID(uid) {
		return Template{}, unknownTemplate
	}
	found, err := t.Store.FindTemplate(ctx, uid)
	if err != nil {
		return Template{}, fmt.Errorf("find form: %w", err)
	}
	return found, nil
}

// List lists the forms with which a request may begin, by software, the generic one last.
func (t *Templates) List(ctx context.Context) ([]Template, error) {
	found, err := t.Store.ListTemplates(ctx)
	if err != nil {
		return nil, fmt.Errorf("list forms: %w", err)
	}
	return found, nil
}
