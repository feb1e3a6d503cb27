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
	"strings"

	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
)

// Import is a list of editors and collectivities, read and checked.
type Import struct {
	Editors        []Editor
	Collectivities []Entry
	// Faults says, in French, what was left out and why, one sentence an entry.
	Faults []string
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
	Name    string   `json:"nom"`
	Siret   string   `json:"siret"`
	Returns []string `json:"adresses_de_retour"`
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
	var document struct {
		Editors        []listedEditor `json:"editeurs"`
		Collectivities []listed       `json:"collectivites"`
	}
	var target any = &document
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '[' {
		target = &document.Collectivities
	}
	if err := json.Unmarshal(text, target); err != nil {
		return Import{}, fmt.Errorf("understand list: %w", err)
	}
	var batch Import
	for i, e := range document.Editors {
		editor, err := e.editor()
		if err != nil {
			batch.Faults = append(batch.Faults, fmt.Sprintf("éditeur n° %d (%s) : %v", i+1, e.Siret, err))
			continue
		}
		batch.Editors = append(batch.Editors, editor)
	}
	seen := map[value.Siret]bool{}
	for i, l := range document.Collectivities {
		entry, err := l.entry()
		if err == nil && seen[entry.Siret] {
			err = errors.New("ce SIRET est déjà dans la liste")
		}
		if err != nil {
			batch.Faults = append(batch.Faults, fmt.Sprintf("collectivité n° %d (%s) : %v", i+1, l.Siret, err))
			continue
		}
		seen[entry.Siret] = true
		batch.Collectivities = append(batch.Collectivities, entry)
	}
	return batch, nil
}

func (e listedEditor) editor() (Editor, error) {
	siret, err := value.ParseSiret(e.Siret)
	if err != nil {
		return Editor{}, errors.New("le SIRET n’est pas valide")
	}
	name := strings.Join(strings.Fields(e.Name), " ")
	if name == "" {
		return Editor{}, errors.New("le nom manque")
	}
	returns, err := parseReturns(e.Returns)
	return Editor{Siret: siret, Name: name, Returns: returns}, err
}

var (
	cogFormat      = regexp.MustCompile(`^([0-9]{2}|2[AB])[0-9]{3}$`)
	postcodeFormat = regexp.MustCompile(`^([0-9]{5})?$`)
	phoneFormat    = regexp.MustCompile(`^(\+?[0-9][0-9 .]{5,20})?$`)
)

func (l listed) entry() (Entry, error) {
	siret, err := value.ParseSiret(l.Siret)
	if err != nil {
		return Entry{}, errors.New("le SIRET n’est pas valide")
	}
	departement, known := place.Departement(l.COG)
	name := strings.Join(strings.Fields(l.Name), " ")
	switch {
	case name == "":
		return Entry{}, errors.New("le nom manque")
	case !cogFormat.MatchString(l.COG) || !known:
		return Entry{}, fmt.Errorf("le code commune %q n’est pas valide", l.COG)
	case !postcodeFormat.MatchString(l.Postcode):
		return Entry{}, fmt.Errorf("le code postal %q n’est pas valide", l.Postcode)
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
		return Entry{}, fmt.Errorf("l’état du formulaire %q n’existe pas", l.Form)
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

// check accepts what may stand in a link: a plain address, a phone number, an https page.
func (c Contact) check() error {
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

func parseReturns(declared []string) ([]ReturnAddress, error) {
	var returns []ReturnAddress
	for _, text := range declared {
		address, err := ParseReturnAddress(text)
		if err != nil {
			return nil, fmt.Errorf("l’adresse de retour %q n’est pas valide", text)
		}
		returns = append(returns, address)
	}
	return returns, nil
}

// Import reads a list and records it. What is left out is in Faults; the rest is recorded
// all the same, and the same list may be imported again.
func (s *Service) Import(ctx context.Context, source io.Reader) (Import, error) {
	batch, err := ReadImport(source)
	if err != nil {
		return Import{}, err
	}
	if err := s.Store.RecordImport(ctx, batch, s.Now()); err != nil {
		return Import{}, fmt.Errorf("record import: %w", err)
	}
	return batch, nil
}
