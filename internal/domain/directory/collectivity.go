package directory

import (
	"portail-qf/internal/domain/value"
)

// FormState tells whether citizens can use the form of a collectivity.
type FormState string

// The states of a form, as the database's CHECK lists them.
const (
	FormOpen   FormState = "ouvert"  // the subscription at HubEE is active
	FormSoon   FormState = "bientot" // habilitated, the subscription is not active yet
	FormClosed FormState = "ferme"   // suspended or revoked
)

// FormStates lists every state of a form.
var FormStates = [...]FormState{FormOpen, FormSoon, FormClosed}

// Collectivity is a town, its welfare centre, or a group of towns.
type Collectivity struct {
	Siret       value.Siret
	Name        string
	COG         string // commune code: HubEE's branch code
	Departement string // "04", "2A", "974"
	Postcode    string // "" when not known
	Form        FormState
	Contact     Contact
	EditorSiret value.Siret // "" without an editor
	Returns     []ReturnAddress
}

// DisplayName tells homonyms apart: "Majastres (04)" (formulaire-qf.md §5, B5).
func (c Collectivity) DisplayName() string {
	if c.Departement == "" {
		return c.Name
	}
	return c.Name + " (" + c.Departement + ")"
}

// Contact is whom citizens ask for help: never DINUM (PRODUCT.md 3.6). All fields are
// optional; the zero Contact means the town's own reception.
type Contact struct {
	Label string `json:"libelle,omitempty"`
	Mail  string `json:"mail,omitempty"`
	Phone string `json:"telephone,omitempty"`
	URL   string `json:"url,omitempty"`
}

// IsZero reports whether the collectivity declared nothing.
func (c Contact) IsZero() bool { return c == Contact{} }

// Editor is the publisher of a town's software.
type Editor struct {
	Siret            value.Siret
	Name             string
	COG              string   // of its commune; "" when the list does not say
	TechnicalContact string   // mail, verified; "" when the list does not say
	Forms            []string // the pre-filled forms that are its own, by their uid
	Returns          []ReturnAddress
}

// DepartementCount is one line of the browse page.
type DepartementCount struct {
	Code, Name string
	Open       int
}
