package request

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/place"
)

// Fault is an answer that has to be mended.
type Fault struct {
	Field Field
	Block editor.Block
	Code  string // of a sentence of templates/messages
}

// Situation is what the rules need besides the answers.
type Situation struct {
	Template  editor.Template
	Requester habilitation.Contact
	// Document is the délibération that the answers name; zero for none.
	Document Document
	// Elsewhere: another software receives the dossiers of the town already.
	Elsewhere bool
}

// maxRetention is how long data may be kept without saying why, in months (datapass.md §3).
const (
	maxRetention    = 36
	absurdRetention = 1200
)

// Steps lists the blocks that the town answers, in their order.
func Steps(t editor.Template, elsewhere bool) []editor.Block {
	return slices.DeleteFunc(t.Asked(), func(b editor.Block) bool {
		return b == editor.BlockReception && (!elsewhere || !t.Form && !t.Asks(editor.BlockModalities))
	})
}

// Check says what is wrong in the blocks that the town answers: all of them at the deposit,
// those that were touched while a modification is written.
func Check(a Answers, s Situation, blocks ...editor.Block) []Fault {
	var faults []Fault
	for _, block := range blocks {
		if !s.Template.Asks(block) {
			continue
		}
		c := checker{block: block}
		switch block {
		case editor.BlockProject:
			c.required("intitule", a.Title)
			c.required("description", a.Description)
		case editor.BlockModalities:
			c.refuse(FieldModalities, !a.Token && !a.Form, "request.modality_required")
		case editor.BlockScopes:
			c.refuse(FieldScopes, a.Token && len(a.Scopes) == 0, "request.scope_required")
		case editor.BlockLegal:
			c.required("cadre_juridique", a.LegalBasis)
		case editor.BlockDeliberation:
			c.deliberation(a, s.Document)
		case editor.BlockProcessing:
			c.processing(a)
		case editor.BlockContacts:
			c.contacts(a, s)
		case editor.BlockUsers:
			c.users(a.Users)
		case editor.BlockReception:
			c.refuse(FieldReception, s.Elsewhere && a.Form && a.Reception == "", "request.reception_required")
			c.refuse(FieldReception, s.Elsewhere && !a.Token && a.Reception == ReceptionKeep, "request.reception_useless")
		}
		c.lengths(a)
		faults = append(faults, c.faults...)
	}
	return faults
}

type checker struct {
	block  editor.Block
	faults []Fault
}

// lengths refuses what is longer than its field may be.
func (c *checker) lengths(a Answers) {
	for _, text := range TextsOf(c.block) {
		if _, shown := a.textRow(text); shown {
			c.refuse(text.Field, utf8.RuneCountInString(text.Get(a)) > text.Limit, "request.too_long")
		}
	}
}

// refuse notes a fault, one for each field.
func (c *checker) refuse(field Field, wrong bool, code string) bool {
	if wrong {
		for _, known := range c.faults {
			if known.Field == field {
				return true
			}
		}
		c.faults = append(c.faults, Fault{field, c.block, code})
	}
	return wrong
}

func (c *checker) required(field Field, text string) { c.refuse(field, text == "", "request.required") }

func (c *checker) deliberation(a Answers, d Document) {
	switch {
	case a.Document != 0 && d.State == Infected:
		c.refuse(FieldDocument, true, "document.infected")
	case a.Document == 0 && a.DeliberationURL == "":
		c.refuse(FieldDocument, true, "request.deliberation_required")
	case a.DeliberationURL != "":
		_, valid := WebAddress(a.DeliberationURL)
		c.refuse("deliberation_url", !valid, "request.url_invalid")
	}
}

func (c *checker) processing(a Answers) {
	c.required("destinataires", a.Recipients)
	c.required("conservation", a.Retention)
	months, valid := Months(a.Retention)
	c.refuse("conservation", !valid, "request.retention_invalid")
	c.refuse("conservation_motif", valid && months > maxRetention && a.RetentionReason == "", "request.retention_reason_required")
}

// Months reads how long data are kept, in whole months.
func Months(typed string) (months int, valid bool) {
	digits := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(strings.ToLower(typed)), "mois"))
	months, err := strconv.Atoi(digits)
	return months, err == nil && months >= 1 && months <= absurdRetention
}

func (c *checker) contacts(a Answers, s Situation) {
	c.phone("demandeur_telephone", a.RequesterPhone)
	c.person("dpd", a.DPD)
	c.phone("dpd_telephone", a.DPD.Phone)
	c.person("responsable", a.Controller)
	c.required("responsable_fonction", a.Controller.Job)
	business := s.Requester
	if a.BusinessElsewhere {
		business = a.Business
		c.person("metier", a.Business)
		c.phone("metier_telephone", a.Business.Phone)
	} else {
		c.refuse(FieldBusinessSelf, a.Business != habilitation.Contact{}, "request.business_named")
	}
	if !s.Template.Technical.Locked && !a.TechnicalOneself {
		c.technical(a.Technical, s.Template.Technical.Organisation)
	}
	c.distinct(a.DPD, a.Controller, "request.dpd_is_controller")
	c.distinct(a.DPD, business, "request.dpd_is_business")
}

func (c *checker) technical(t habilitation.Contact, organisation bool) {
	if organisation {
		c.mail("technique_mail", t.Mail)
	} else {
		c.person("technique", t)
	}
	c.phone("technique_telephone", t.Phone)
}

func (c *checker) person(role string, p habilitation.Contact) {
	c.required(Field(role+"_prenom"), p.GivenName)
	c.required(Field(role+"_nom"), p.FamilyName)
	c.mail(Field(role+"_mail"), p.Mail)
}

func (c *checker) mail(field Field, typed string) {
	c.required(field, typed)
	_, err := notice.ParseAddress(typed)
	c.refuse(field, err != nil, "mail.address_invalid")
}

func (c *checker) phone(field Field, typed string) {
	c.required(field, typed)
	c.refuse(field, !FrenchPhone(typed), "request.phone_invalid")
}

// distinct refuses a data protection officer who is somebody else of the request too, by the
// mail address or by the name (PRODUCT.md 3.2, article 38 of the GDPR).
func (c *checker) distinct(dpd, other habilitation.Contact, code string) {
	if sameMailbox(dpd, other) {
		c.refuse("dpd_mail", true, code)
		return
	}
	c.refuse("dpd_nom", samePerson(dpd, other), code)
}

func sameMailbox(a, b habilitation.Contact) bool {
	return a.Mail != "" && strings.EqualFold(strings.TrimSpace(a.Mail), strings.TrimSpace(b.Mail))
}

// samePerson compares two people by the mail address and by the name.
func samePerson(a, b habilitation.Contact) bool {
	name := NormalisedName(a)
	return sameMailbox(a, b) || name != "" && name == NormalisedName(b)
}

// NormalisedName is a whole name as two of them are compared: without capitals, accents,
// hyphens nor the order of given and family name.
func NormalisedName(c habilitation.Contact) string {
	words := strings.FieldsFunc(place.Fold(c.GivenName+" "+c.FamilyName), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return sortedWords(words)
}

func (c *checker) users(u UsersContact) {
	if u.Mail != "" {
		c.mail("usagers_mail", u.Mail)
	}
	if u.Phone != "" {
		c.phone("usagers_telephone", u.Phone)
	}
	if u.URL != "" {
		_, valid := WebAddress(u.URL)
		c.refuse("usagers_url", !valid, "request.url_invalid")
	}
	c.refuse("usagers_mail", u.Label != "" && u.Mail == "" && u.Phone == "" && u.URL == "", "request.users_contact_empty")
}

// phoneShape is a French number as it is dialled: ten digits from a 0 on, or what follows the
// prefix of the mainland or of an overseas territory, whose numbers may be shorter.
var phoneShape = regexp.MustCompile(`^(0[1-9]\d{8}|\+(33|262|508|590|594|596)[1-9]\d{8}|\+(508|681|687)\d{6}|\+689\d{8})$`)

// FrenchPhone tells whether a text is a French telephone number, overseas included.
func FrenchPhone(typed string) bool {
	digits := strings.NewReplacer(" ", "", ".", "", "-", "", "\u00a0", "", "\u202f", "", "(0)", "", "/", "").Replace(typed)
	if national, found := strings.CutPrefix(digits, "00"); found {
		digits = "+" + national
	}
	return phoneShape.MatchString(digits)
}

var (
	schemeShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)
	// hostShape asks for a domain: neither a word with a full stop nor an address of a network.
	hostShape = regexp.MustCompile(`^([\p{L}\p{N}-]+\.)+\p{L}[\p{L}\p{N}-]+$`)
)

// WebAddress reads the address of a page as people write it, without its scheme perhaps.
func WebAddress(typed string) (address string, valid bool) {
	if !schemeShape.MatchString(typed) {
		typed = "https://" + typed
	}
	u, err := url.Parse(typed)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || !hostShape.MatchString(u.Hostname()) ||
		strings.ContainsAny(typed, " \"<>\\") {
		return "", false
	}
	return u.String(), true
}

// shared are the words by which a mailbox shows that several people read it.
var shared = map[string]bool{
	"accueil": true, "administration": true, "ccas": true, "cias": true, "communaute": true, "commune": true, "contact": true, "contacts": true,
	"courrier": true, "dga": true, "dgs": true, "direction": true, "education": true, "enfance": true, "info": true, "infos": true,
	"informatique": true, "jeunesse": true, "mairie": true, "periscolaire": true, "scolaire": true, "secretariat": true, "service": true,
	"services": true, "sg": true, "standard": true, "support": true, "ville": true, "village": true,
}

// SharedMailbox tells whether an address seems to be read by several people: an advice, since
// HubEE and the mails of the portal are for one. Only the words before the @ count.
func SharedMailbox(address string) bool {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	for _, word := range strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if shared[word] {
			return true
		}
	}
	return false
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}
