package directory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
)

// Import is a list of editors and collectivities, read and checked.
type Import struct {
	Editors        []Editor
	Collectivities []Entry
	// Faults says, in French, what was left out and why, one sentence an entry.
	Faults []string
	// Notes says, in French, what was recorded without a postcode and why.
	Notes []string
}

// Entry is a collectivity of an import.
type Entry struct {
	Collectivity
	FoldedName string
	FormGiven  bool // the list says where the form stands
}

// maxImport is far more than 35,000 collectivities take.
const maxImport = 64 << 20

// listed is an entry of the list: the members of the public list
// (formulaire-qf.md §3.6), and those that a seed adds.
type listed struct {
	Name     string      `json:"name"`
	Siret    string      `json:"siret"`
	COG      string      `json:"code_cog"`
	Postcode string      `json:"code_postal"`
	Form     FormState   `json:"formulaire"`
	Contact  Contact     `json:"contact_usagers"`
	Returns  []string    `json:"adresses_de_retour"`
	Editor   value.Siret `json:"editeur"`
}

type listedEditor struct {
	Name             string   `json:"nom"`
	Siret            string   `json:"siret"`
	COG              string   `json:"code_commune"`
	TechnicalContact string   `json:"contact_technique"`
	Forms            []string `json:"formulaires"`
	Returns          []string `json:"adresses_de_retour"`
}

// ReadImport reads the public list, an array of collectivities, or a seed, an object with
// "editeurs" and "collectivites". An entry that cannot be used is left out and told; a
// text that is no list at all is an error.
func ReadImport(source io.Reader) (Import, error) {
	text, err := io.ReadAll(io.LimitReader(source, maxImport+1))
	if err != nil {
		return Import{}, fmt.Errorf("read list: %w", err)
	}
	if len(text) > maxImport {
		return Import{}, errors.New("the list is larger than 64 MB")
	}
	// Each entry is understood apart, so that a wrong one does not hide the others.
	var document struct {
		Editors        []json.RawMessage `json:"editeurs"`
		Collectivities []json.RawMessage `json:"collectivites"`
	}
	var target any = &document
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '[' {
		target = &document.Collectivities
	}
	if err := json.Unmarshal(text, target); err != nil {
		return Import{}, fmt.Errorf("understand list: %w", err)
	}
	var batch Import
	for i, text := range document.Editors {
		var e listedEditor
		editor, err := e.read(text)
		if err != nil {
			batch.Faults = append(batch.Faults, fmt.Sprintf("éditeur n°\u00a0%d (%s)\u00a0: %v", i+1, e.Siret, err))
			continue
		}
		batch.Editors = append(batch.Editors, editor)
	}
	seen := map[value.Siret]bool{}
	for i, text := range document.Collectivities {
		var l listed
		entry, err := l.read(text)
		if err == nil && seen[entry.Siret] {
			err = errors.New("ce SIRET est déjà dans la liste")
		}
		if err != nil {
			batch.Faults = append(batch.Faults, fmt.Sprintf("collectivité n°\u00a0%d (%s)\u00a0: %v", i+1, l.Siret, err))
			continue
		}
		seen[entry.Siret] = true
		batch.Collectivities = append(batch.Collectivities, entry)
	}
	return batch, nil
}

// understand reads an entry of a list; its error is in French.
func understand(text json.RawMessage, entry any) error {
	var wrong *json.UnmarshalTypeError
	switch err := json.Unmarshal(text, entry); {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && wrong.Field != "":
		return fmt.Errorf("la valeur de %s n’est pas du type attendu", quoted(wrong.Field))
	default:
		return errors.New("ce n’est pas une fiche")
	}
}

// quoted shows a text of the list, whatever is in it, on one line.
func quoted(text string) string {
	return "«\u00a0" + strings.Trim(strconv.Quote(text), `"`) + "\u00a0»"
}

func (e *listedEditor) read(text json.RawMessage) (Editor, error) {
	if err := understand(text, e); err != nil {
		return Editor{}, err
	}
	siret, err := value.ParseSiret(e.Siret)
	if err != nil {
		return Editor{}, errors.New("le SIRET n’est pas valide")
	}
	name, err := nameOf(e.Name)
	if err != nil {
		return Editor{}, err
	}
	if e.COG != "" && !cogFormat.MatchString(e.COG) {
		return Editor{}, fmt.Errorf("le code commune %s n’est pas valide", quoted(e.COG))
	}
	contact := ""
	if e.TechnicalContact != "" {
		if contact, err = notice.ParseAddress(e.TechnicalContact); err != nil {
			return Editor{}, errors.New("l’adresse du contact technique n’est pas valide")
		}
	}
	returns, err := parseReturns(e.Returns)
	return Editor{Siret: siret, Name: name, COG: e.COG, TechnicalContact: contact, Forms: e.Forms, Returns: returns}, err
}

var (
	cogFormat      = regexp.MustCompile(`^([0-9]{2}|2[AB])[0-9]{3}$`)
	postcodeFormat = regexp.MustCompile(`^([0-9]{5})?$`)
	phoneFormat    = regexp.MustCompile(`^(\+?[0-9][0-9 .]{5,20})?$`)
)

func (l *listed) read(text json.RawMessage) (Entry, error) {
	if err := understand(text, l); err != nil {
		return Entry{}, err
	}
	siret, err := value.ParseSiret(l.Siret)
	if err != nil {
		return Entry{}, errors.New("le SIRET n’est pas valide")
	}
	name, err := nameOf(l.Name)
	if err != nil {
		return Entry{}, err
	}
	departement, known := place.Departement(l.COG)
	switch {
	case !cogFormat.MatchString(l.COG) || !known:
		return Entry{}, fmt.Errorf("le code commune %s n’est pas valide", quoted(l.COG))
	case !postcodeFormat.MatchString(l.Postcode):
		return Entry{}, fmt.Errorf("le code postal %s n’est pas valide", quoted(l.Postcode))
	}
	if err := l.Contact.check(); err != nil {
		return Entry{}, err
	}
	returns, err := parseReturns(l.Returns)
	if err != nil {
		return Entry{}, err
	}
	form := l.Form
	if form == "" {
		form = FormOpen // the public list holds active collectivities only
	}
	if form != FormOpen && form != FormSoon && form != FormClosed {
		return Entry{}, fmt.Errorf("l’état du formulaire %s n’existe pas", quoted(string(l.Form)))
	}
	return Entry{
		Collectivity: Collectivity{
			Siret: siret, Name: name, COG: l.COG, Departement: departement, Postcode: l.Postcode,
			Form: form, Contact: l.Contact, EditorSiret: l.Editor, Returns: returns,
		},
		FoldedName: place.Fold(name),
		FormGiven:  l.Form != "",
	}, nil
}

// nameOf brings a name onto one line. A control character, which no name has, would be
// refused by the database and the whole import with it.
func nameOf(written string) (string, error) {
	name := strings.Join(strings.Fields(written), " ")
	switch {
	case name == "":
		return "", errors.New("le nom manque")
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", errors.New("le nom contient un caractère de contrôle")
	}
	return name, nil
}

// check accepts what may stand in a link: a plain address, a phone number, an https page.
func (c Contact) check() error {
	if strings.ContainsFunc(c.Label, unicode.IsControl) {
		return errors.New("le libellé du contact contient un caractère de contrôle")
	}
	if c.Mail != "" {
		address, err := mail.ParseAddress(c.Mail)
		if err != nil || address.Address != c.Mail {
			return errors.New("l’adresse électronique du contact n’est pas valide")
		}
	}
	if !phoneFormat.MatchString(c.Phone) {
		return errors.New("le téléphone du contact n’est pas valide")
	}
	if _, ok := parseReturn(c.URL); c.URL != "" && !ok {
		return errors.New("la page du contact n’est pas une adresse https valide")
	}
	return nil
}

// parseReturns tells a list that says nothing, nil, from one that withdraws every address.
func parseReturns(declared []string) ([]ReturnAddress, error) {
	if declared == nil {
		return nil, nil
	}
	returns := []ReturnAddress{}
	for _, text := range declared {
		address, err := ParseReturnAddress(text)
		if err != nil {
			return nil, fmt.Errorf("l’adresse de retour %s n’est pas valide", quoted(text))
		}
		returns = append(returns, address)
	}
	return returns, nil
}

// Import reads a list and records it. What is left out is in Faults; the rest is recorded
// all the same, and the same list may be imported again. Where neither the list nor an
// earlier import gives a postcode, the register is asked, once the rest is recorded; a
// postcode that it does not give is in Notes, and the next import asks again.
func (s *Service) Import(ctx context.Context, source io.Reader) (Import, error) {
	read, err := ReadImport(source)
	if err != nil {
		return Import{}, err
	}
	waiting, ready, err := s.unlocated(ctx, read.Collectivities)
	if err != nil {
		return Import{}, err
	}
	report := Import{Faults: read.Faults}
	if err := s.record(ctx, Import{Editors: read.Editors, Collectivities: ready}, &report); err != nil {
		return Import{}, err
	}
	if err := s.locate(ctx, waiting, &report); err != nil {
		return Import{}, err
	}
	return report, nil
}

// record records a part of an import, all of it or nothing, and reports it.
func (s *Service) record(ctx context.Context, part Import, report *Import) error {
	if err := s.Store.RecordImport(ctx, part, s.Now()); err != nil {
		return fmt.Errorf("record import: %w", err)
	}
	report.Editors = append(report.Editors, part.Editors...)
	report.Collectivities = append(report.Collectivities, part.Collectivities...)
	return nil
}
