package request

import (
	"slices"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
)

// Answers are what a town wrote, as it was typed: wrong answers are kept too, so that a draft
// loses nothing. Check says what is wrong with them.
type Answers struct {
	Title           string               `json:"intitule,omitempty"`
	Description     string               `json:"description,omitempty"`
	Token           bool                 `json:"avec_jeton,omitempty"`
	Form            bool                 `json:"avec_formulaire,omitempty"`
	Scopes          []string             `json:"donnees,omitempty"`
	LegalBasis      string               `json:"cadre_juridique,omitempty"`
	Document        int64                `json:"document,omitempty"`         // the délibération; 0 for none
	DeliberationURL string               `json:"deliberation_url,omitempty"` // or where it is published
	Recipients      string               `json:"destinataires,omitempty"`
	Retention       string               `json:"conservation,omitempty"` // months
	RetentionReason string               `json:"conservation_motif,omitempty"`
	RequesterPhone  string               `json:"demandeur_telephone,omitempty"`
	RequesterJob    string               `json:"demandeur_fonction,omitempty"`
	DPD             habilitation.Contact `json:"dpd"`
	Controller      habilitation.Contact `json:"responsable"`
	// BusinessElsewhere: the business contact is another person than the requester.
	BusinessElsewhere bool                 `json:"metier_autre,omitempty"`
	Business          habilitation.Contact `json:"metier"`
	// TechnicalOneself: the requester is the technical contact, where it is asked.
	TechnicalOneself bool                 `json:"technique_moi,omitempty"`
	Technical        habilitation.Contact `json:"technique"`
	Users            UsersContact         `json:"usagers"`
	Reception        Reception            `json:"reception,omitempty"`
}

// UsersContact is what citizens are told when they need help (SETTLED.md, contact_usagers).
type UsersContact struct {
	Label string `json:"libelle,omitempty"`
	Mail  string `json:"mail,omitempty"`
	Phone string `json:"telephone,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Reception is which software must receive the dossiers, where another one does already: a
// town has one subscription (PRODUCT.md 3.2).
type Reception string

// The answers to the second editor's question; "" where it does not arise, or is unanswered.
const (
	ReceptionKeep    Reception = "garder"    // the present one goes on: this request is for the token only
	ReceptionReplace Reception = "remplacer" // this request's, from the approval on
)

// Consents are what whoever deposits a request declares.
type Consents struct {
	Terms       bool // the general terms of TermsVersion are accepted
	DPDInformed bool
}

// TermsVersion names the general terms of use that are accepted at the deposit.
const TermsVersion = "2026-09"

// Field names an answer: in forms, in the comments of instructors, in the comparisons.
type Field string

// The fields that are no plain text. Those of texts are in texts.
const (
	FieldModalities       Field = "modalites"
	FieldScopes           Field = "donnees"
	FieldDocument         Field = "deliberation"
	FieldBusinessSelf     Field = "metier_moi"
	FieldTechnicalOneself Field = "technique_moi"
	FieldReception        Field = "reception"
	FieldTerms            Field = "cgu"         // a consent
	FieldDPDInformed      Field = "dpd_informe" // a consent
)

// exists tells whether there is such a field.
func (f Field) exists() bool {
	switch f {
	case FieldModalities, FieldScopes, FieldDocument, FieldBusinessSelf, FieldTechnicalOneself, FieldReception:
		return true
	}
	return slices.ContainsFunc(Texts, func(t Text) bool { return t.Field == f })
}

// Text is an answer of words.
type Text struct {
	Field Field
	Block editor.Block
	Limit int  // characters
	Lines bool // of several lines
	of    func(a *Answers) *string
}

// Limits of answers, in characters.
const (
	lineLimit  = 200
	longLimit  = 4000
	mailLimit  = 254
	phoneLimit = 40
	urlLimit   = 1000
	digitLimit = 10
)

// Texts lists every answer of words, in the order in which they are asked.
var Texts = slices.Concat([]Text{
	{"intitule", editor.BlockProject, lineLimit, false, func(a *Answers) *string { return &a.Title }},
	{"description", editor.BlockProject, longLimit, true, func(a *Answers) *string { return &a.Description }},
	{"cadre_juridique", editor.BlockLegal, longLimit, true, func(a *Answers) *string { return &a.LegalBasis }},
	{"deliberation_url", editor.BlockDeliberation, urlLimit, false, func(a *Answers) *string { return &a.DeliberationURL }},
	{"destinataires", editor.BlockProcessing, longLimit, true, func(a *Answers) *string { return &a.Recipients }},
	{"conservation", editor.BlockProcessing, digitLimit, false, func(a *Answers) *string { return &a.Retention }},
	{"conservation_motif", editor.BlockProcessing, longLimit, true, func(a *Answers) *string { return &a.RetentionReason }},
	{"demandeur_telephone", editor.BlockContacts, phoneLimit, false, func(a *Answers) *string { return &a.RequesterPhone }},
	{"demandeur_fonction", editor.BlockContacts, lineLimit, false, func(a *Answers) *string { return &a.RequesterJob }},
},
	contactTexts("dpd", func(a *Answers) *habilitation.Contact { return &a.DPD }),
	contactTexts("responsable", func(a *Answers) *habilitation.Contact { return &a.Controller }),
	contactTexts("metier", func(a *Answers) *habilitation.Contact { return &a.Business }),
	contactTexts("technique", func(a *Answers) *habilitation.Contact { return &a.Technical }),
	[]Text{
		{"usagers_libelle", editor.BlockUsers, lineLimit, false, func(a *Answers) *string { return &a.Users.Label }},
		{"usagers_mail", editor.BlockUsers, mailLimit, false, func(a *Answers) *string { return &a.Users.Mail }},
		{"usagers_telephone", editor.BlockUsers, phoneLimit, false, func(a *Answers) *string { return &a.Users.Phone }},
		{"usagers_url", editor.BlockUsers, urlLimit, false, func(a *Answers) *string { return &a.Users.URL }},
	})

func contactTexts(role string, of func(a *Answers) *habilitation.Contact) []Text {
	field := func(part string) Field { return Field(role + "_" + part) }
	return []Text{
		{field("prenom"), editor.BlockContacts, lineLimit, false, func(a *Answers) *string { return &of(a).GivenName }},
		{field("nom"), editor.BlockContacts, lineLimit, false, func(a *Answers) *string { return &of(a).FamilyName }},
		{field("fonction"), editor.BlockContacts, lineLimit, false, func(a *Answers) *string { return &of(a).Job }},
		{field("mail"), editor.BlockContacts, mailLimit, false, func(a *Answers) *string { return &of(a).Mail }},
		{field("telephone"), editor.BlockContacts, phoneLimit, false, func(a *Answers) *string { return &of(a).Phone }},
	}
}

// Get gives a text of the answers, Set writes it.
func (t Text) Get(a Answers) string { return *t.of(&a) }

// Set writes a text of the answers.
func (t Text) Set(a *Answers, typed string) { *t.of(a) = typed }

// TextsOf lists the texts of a block.
func TextsOf(block editor.Block) []Text {
	return slices.DeleteFunc(slices.Clone(Texts), func(t Text) bool { return t.Block != block })
}

// Equal tells whether two answers say the same.
func (a Answers) Equal(other Answers) bool { return len(Differences(a, other)) == 0 }
