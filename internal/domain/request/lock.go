package request

import (
	"slices"
	"strconv"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
)

// Begun are the answers with which a request begins: what its template brings.
func Begun(t editor.Template) Answers {
	p := t.Prefilled
	a := Answers{
		Title: p.Title, Description: p.Description, LegalBasis: p.LegalBasis, Recipients: p.Recipients, Retention: p.Retention,
		Token: t.Token, Form: t.Form, Scopes: slices.Clone(t.TemplateContent.Scopes.Ticked),
		Technical: habilitation.Contact(t.Technical.Contact),
	}
	return Lock(t, a)
}

// Lock gives the answers as the template allows them: what it locks is what it says, whatever
// was sent (PRODUCT.md 3.2: « locks enforced by the server »).
func Lock(t editor.Template, a Answers) Answers {
	if !t.Asks(editor.BlockProject) {
		a.Title, a.Description = t.Prefilled.Title, t.Prefilled.Description
	}
	if !t.Asks(editor.BlockModalities) {
		a.Token, a.Form = t.Token, t.Form
	}
	if !t.Asks(editor.BlockLegal) {
		a.LegalBasis = t.Prefilled.LegalBasis
	}
	if !t.Asks(editor.BlockProcessing) {
		a.Recipients, a.Retention, a.RetentionReason = t.Prefilled.Recipients, t.Prefilled.Retention, ""
	}
	if !t.Asks(editor.BlockUsers) {
		a.Users = UsersContact{}
	}
	if t.Technical.Locked {
		a.Technical, a.TechnicalOneself = habilitation.Contact(t.Technical.Contact), false
	}
	a.Scopes = lockedScopes(t, a.Scopes)
	return a
}

// locked gives the answers as the application allows them: in a modification, what the town does
// not answer itself stays as it was granted, whatever a newer version of the form says.
func (a Application) locked(answers Answers) Answers {
	if a.Granted == nil {
		return Lock(a.Template, answers)
	}
	t, granted := a.Template, *a.Granted
	for _, block := range editor.Blocks {
		if !t.Asks(block) {
			answers = take(block, answers, granted)
		}
	}
	if t.Technical.Locked {
		answers.Technical, answers.TechnicalOneself = habilitation.Contact(t.Technical.Contact), false
	}
	if t.Asks(editor.BlockScopes) {
		answers.Scopes = slices.DeleteFunc(slices.Clone(editor.Scopes[:]), func(scope string) bool {
			offered := slices.Contains(t.TemplateContent.Scopes.Displayed, scope) || slices.Contains(granted.Scopes, scope)
			imposed := slices.Contains(t.TemplateContent.Scopes.Fixed, scope) && slices.Contains(granted.Scopes, scope)
			return !imposed && !(offered && slices.Contains(answers.Scopes, scope))
		})
	}
	return answers
}

// lockedScopes keeps what is offered, with what cannot be unticked, in the order of the data.
func lockedScopes(t editor.Template, ticked []string) []string {
	offered := t.TemplateContent.Scopes
	if !t.Asks(editor.BlockScopes) {
		ticked = offered.Ticked
	}
	var kept []string
	for _, scope := range editor.Scopes {
		if slices.Contains(offered.Displayed, scope) && (slices.Contains(ticked, scope) || slices.Contains(offered.Fixed, scope)) {
			kept = append(kept, scope)
		}
	}
	return kept
}

// prefillable are the answers that the address of a form may bring. Contacts, the SIRET and
// the modalities are excluded: a malicious link could have a town name somebody else
// (datapass.md §7).
var prefillable = [...]Field{"intitule", "description", "cadre_juridique", "destinataires", "conservation"}

// Prefill brings what an address asks for into the answers of a new request, within what the
// template asks. Anything else in the address is ignored.
func Prefill(t editor.Template, a Answers, asked func(field Field) string, scopes []string) Answers {
	for _, text := range Texts {
		if !slices.Contains(prefillable[:], text.Field) {
			continue
		}
		if value := tidy(asked(text.Field), text); value != "" {
			text.Set(&a, value)
		}
	}
	if len(scopes) > 0 {
		a.Scopes = scopes
	}
	return Lock(t, a)
}

// Reuse takes up in a new request what another one of the same town said, within what the
// template asks: whoever was refused types nothing twice. The file belongs to its request, which
// software receives the dossiers is asked anew, and a phone is whose it was.
func Reuse(t editor.Template, of Application, holder int64) Answers {
	a := of.Answers
	a.Document, a.Reception = 0, ""
	if of.Request.Holder != holder {
		a.RequesterPhone, a.RequesterJob = "", ""
	}
	return Lock(t, a)
}

// Prefillable lists the answers that the address of a form may bring, the data apart.
func Prefillable() []Field { return slices.Clone(prefillable[:]) }

// normalised writes what is right in one way: addresses of pages whole, mail addresses in lower
// case, months as a number. What is wrong stays as it was typed.
func (a Answers) normalised() Answers {
	for _, page := range []*string{&a.DeliberationURL, &a.Users.URL} {
		if whole, valid := WebAddress(*page); valid && *page != "" {
			*page = whole
		}
	}
	for _, mail := range []*string{&a.DPD.Mail, &a.Controller.Mail, &a.Business.Mail, &a.Technical.Mail, &a.Users.Mail} {
		if address, err := notice.ParseAddress(*mail); err == nil {
			*mail = address
		}
	}
	if months, valid := Months(a.Retention); valid {
		a.Retention = strconv.Itoa(months)
	}
	return a
}

// typedLimit bounds what is kept of an answer, in characters: more than any may have.
const typedLimit = 20_000

// take replaces the answers of a block by those that were typed.
func take(block editor.Block, a, typed Answers) Answers {
	for _, text := range TextsOf(block) {
		kept := text
		kept.Limit = typedLimit // what is too long is said, not cut
		text.Set(&a, tidy(text.Get(typed), kept))
	}
	switch block {
	case editor.BlockModalities:
		a.Token, a.Form = typed.Token, typed.Form
	case editor.BlockScopes:
		a.Scopes = typed.Scopes
	case editor.BlockContacts:
		a.BusinessElsewhere, a.TechnicalOneself = typed.BusinessElsewhere, typed.TechnicalOneself
	case editor.BlockReception:
		if a.Reception = ""; typed.Reception == ReceptionKeep || typed.Reception == ReceptionReplace {
			a.Reception = typed.Reception
		}
	case editor.BlockProject, editor.BlockLegal, editor.BlockDeliberation, editor.BlockProcessing, editor.BlockUsers:
	}
	return a
}
