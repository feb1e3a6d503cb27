package editor

import (
	"context"
	"slices"
	"time"

	"portail-qf/internal/domain/value"
)

// Block is a group of questions of the request form (datapass.md §1.2).
type Block string

// The blocks, in the order in which they are asked.
const (
	BlockProject      Block = "projet"       // title, description
	BlockModalities   Block = "modalites"    // token, form
	BlockScopes       Block = "donnees"      // which data
	BlockLegal        Block = "cadre"        // legal basis
	BlockDeliberation Block = "deliberation" // the decision of the town's council
	BlockProcessing   Block = "traitement"   // who reads the data, how long they are kept
	BlockContacts     Block = "personnes"    // data protection officer, controller, business contact
	BlockUsers        Block = "usagers"      // whom citizens may ask for help
	// BlockReception is asked where another software receives the dossiers already, whatever
	// the template.
	BlockReception Block = "reception"
)

// Blocks lists every block in its order.
var Blocks = [...]Block{BlockProject, BlockModalities, BlockScopes, BlockLegal, BlockDeliberation, BlockProcessing, BlockContacts, BlockUsers, BlockReception}

// Exposure is what a template makes of a block.
type Exposure string

// The exposures.
const (
	Asked    Exposure = "a_remplir"
	ReadOnly Exposure = "lecture_seule" // shown, filled in by the template
	Hidden   Exposure = "masque"        // filled in by the template, and shown to the instructors only
)

// Exposures lists every exposure.
var Exposures = [...]Exposure{Asked, ReadOnly, Hidden}

// mustBeAsked are the blocks that only the town can answer.
var mustBeAsked = [...]Block{BlockDeliberation, BlockContacts, BlockReception}

// The data that a habilitation may open, API Particulier's names (datapass.md §1.4).
const (
	ScopeQuotient   = "cnaf_quotient_familial"
	ScopeRecipients = "cnaf_allocataires"
	ScopeChildren   = "cnaf_enfants"
	ScopeAddress    = "cnaf_adresse"
)

// Scopes lists the data that exist, in the order in which they are shown.
var Scopes = [...]string{ScopeQuotient, ScopeRecipients, ScopeChildren, ScopeAddress}

// Contact is somebody who acts for an organisation.
type Contact struct {
	GivenName  string `json:"prenom,omitempty"`
	FamilyName string `json:"nom,omitempty"`
	Mail       string `json:"mail,omitempty"` // lower case
	Phone      string `json:"telephone,omitempty"`
	Job        string `json:"fonction,omitempty"`
}

// Template is a published version of a pre-filled request form ('modèle'). The generic form
// has no editor. A version never changes: a request keeps the one with which it was begun
// (datapass.md §1.3).
type Template struct {
	UID     string // in its address for ever: "api-particulier-3d-ouest"
	Version int    // from 1
	Editor  Editor // zero for the generic form
	// Withdrawn: nobody begins a request with it any more.
	Withdrawn   bool
	PublishedAt time.Time
	TemplateContent
}

// TemplateContent is what a version says.
type TemplateContent struct {
	Software     string             `json:"logiciel,omitempty"` // name of the product; "" for the generic form
	Name         string             `json:"titre"`
	Introduction string             `json:"introduction,omitempty"` // paragraphs, one a line
	Blocks       map[Block]Exposure `json:"blocs,omitempty"`        // a block that is not named is asked
	Scopes       TemplateScopes     `json:"donnees"`
	Token        bool               `json:"avec_jeton"` // pre-ticked, and the answer where modalities are not asked
	Form         bool               `json:"avec_formulaire"`
	Technical    TemplateContact    `json:"contact_technique"`
	Prefilled    Prefilled          `json:"pre_rempli"`
}

// TemplateScopes are the data of a template: those offered, those ticked from the start, and
// those that cannot be unticked.
type TemplateScopes struct {
	Displayed []string `json:"affichees"`
	Ticked    []string `json:"cochees,omitempty"`
	Fixed     []string `json:"imposees,omitempty"`
}

// TemplateContact is the technical contact of a template. Locked, it is in every request,
// and never asked of the town (editors' guide, 2.b).
type TemplateContact struct {
	Contact
	Locked       bool `json:"verrouille,omitempty"`
	Organisation bool `json:"organisation,omitempty"` // a mailbox and a phone, nobody's name
}

// Prefilled are the answers that a template brings.
type Prefilled struct {
	Title       string `json:"intitule,omitempty"`
	Description string `json:"description,omitempty"`
	LegalBasis  string `json:"cadre_juridique,omitempty"`
	Recipients  string `json:"destinataires,omitempty"`
	Retention   string `json:"conservation,omitempty"` // months
}

// Exposure tells what the template makes of a block.
func (t Template) Exposure(block Block) Exposure {
	if exposure, named := t.Blocks[block]; named {
		return exposure
	}
	return Asked
}

// Asks tells whether the town answers a block itself.
func (t Template) Asks(block Block) bool { return t.Exposure(block) == Asked }

// Asked lists the blocks that the town answers, in their order.
func (t Template) Asked() []Block {
	return slices.DeleteFunc(slices.Clone(Blocks[:]), func(b Block) bool { return !t.Asks(b) })
}

// Path is the address of the form, which never changes (PRODUCT.md 5).
func (t Template) Path() string { return "/formulaires/" + t.UID + "/demande/nouveau" }

// TemplateStore keeps the templates.
type TemplateStore interface {
	// FindTemplate finds the newest version of a form, withdrawn or not. fault.NotFound, code
	// template.unknown.
	FindTemplate(ctx context.Context, uid string) (Template, error)
	// FindTemplateVersion finds the version with which a request was begun. Same code.
	FindTemplateVersion(ctx context.Context, uid string, version int) (Template, error)
	// ListTemplates lists the newest version of every form that is not withdrawn, by software.
	ListTemplates(ctx context.Context) ([]Template, error)
	// RecordTemplates keeps new versions, in one transaction, and says what became of each,
	// in their order. A version whose content is the newest one's is not kept. A form that
	// another editor declared stays that editor's: fault.Conflict, code template.taken.
	RecordTemplates(ctx context.Context, entries []TemplateEntry, at time.Time) ([]TemplateOutcome, error)
}

// TemplateEntry is a version to publish.
type TemplateEntry struct {
	UID       string
	Editor    value.Siret // "" for the generic form
	Withdrawn bool
	TemplateContent
}

// TemplateOutcome is what became of an entry.
type TemplateOutcome struct {
	UID     string
	Version int  // the newest one now
	New     bool // it was not the newest one before
}
