package requests

import (
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// The samples are invented. They show each page in its ordinary state, empty, refused, and
// with the longest texts and the most hostile.

// noon is when the samples are looked at.
var noon = time.Date(2026, time.November, 24, 11, 0, 0, 0, time.UTC)

// hostile is what somebody might have written where a name is expected; endless is the
// longest name that is kept, without a place to break it.
const hostile = "<script>alert(1)</script>"

var (
	endless = strings.Repeat("SAINVILLE", 22)
	// novel is as long as an answer on several lines may be.
	novel = strings.Repeat("Une phrase qui n’en finit pas.\n", 30) + hostile
)

func agent() account.Actor {
	return account.Actor{
		AccountID: 1, Name: "Hélène d'Orvault", Mail: "helene.dorvault@majastres.example.fr", Role: account.Town,
		Organisation: account.Organisation{Siret: "21040107100019", Name: "COMMUNE DE MAJASTRES", LocalAuthority: true},
	}
}

// within frames a page as an agent of a town sees it.
func within(page web.ProPage, path string) web.ProPage {
	page.Path, page.Space = path, account.SpaceTown
	page.Person, page.Organisation = agent().Name, agent().Organisation.Name
	page.Navigation = web.MarkCurrent([]web.NavLink{{Code: "accueil", URL: townPath}, {Code: "demandes", URL: homePath}, {Code: "collegues", URL: townPath + "/collegues"}}, path)
	return page
}

// outside frames a page as a visitor sees it who is not signed in.
func outside(page web.ProPage, path string) web.ProPage {
	page.Path, page.Space, page.Person, page.Organisation, page.Navigation = path, "", "", "", nil
	page.SeveralSpaces = false
	return page
}

// preparedForm is a form whose editor filled in all that a town need not say.
func preparedForm() editor.Template {
	all := editor.Scopes[:]
	return editor.Template{
		UID: "api-particulier-tilleul", Version: 2, Editor: editor.Editor{Siret: "90511200900014", Name: "Logiciels Tilleul", TechnicalContact: "integration@tilleul.example.fr"},
		TemplateContent: editor.TemplateContent{
			Software: "Tilleul Enfance", Name: "Tilleul Enfance et le quotient familial",
			Introduction: "Cette demande est prête pour Tilleul Enfance.\nIl reste à joindre votre délibération et à nommer les personnes responsables.",
			Blocks: map[editor.Block]editor.Exposure{
				editor.BlockProject: editor.ReadOnly, editor.BlockModalities: editor.ReadOnly, editor.BlockScopes: editor.ReadOnly, editor.BlockLegal: editor.ReadOnly,
			},
			Scopes: editor.TemplateScopes{Displayed: all, Ticked: all, Fixed: all}, Token: true, Form: true,
			Technical: editor.TemplateContact{
				Contact: editor.Contact{GivenName: "Sofia", FamilyName: "Renard", Mail: "integration@tilleul.example.fr", Phone: "04 72 00 00 01", Job: "Intégration"}, Locked: true,
			},
			Prefilled: editor.Prefilled{
				Title: "Tarification sociale des services municipaux", Description: "Calculer le tarif de la cantine et de l'accueil de loisirs.",
				LegalBasis: "Article L. 114-8 du code des relations entre le public et l'administration.", Recipients: "Les agents du service enfance",
			},
		},
	}
}

// openForm asks everything; its editor proposes a mailbox as technical contact.
func openForm() editor.Template {
	return editor.Template{
		UID: "api-particulier-brume", Version: 1, Editor: editor.Editor{Siret: "91033700500011", Name: "Ateliers Brume"},
		TemplateContent: editor.TemplateContent{
			Software: "Brume Familles", Name: "Brume Familles et le quotient familial",
			Scopes: editor.TemplateScopes{Displayed: editor.Scopes[:], Ticked: editor.Scopes[:2], Fixed: editor.Scopes[:1]}, Token: true, Form: true,
			Technical: editor.TemplateContact{Contact: editor.Contact{Mail: "technique@brume.example.fr", Phone: "02 40 00 00 01"}, Organisation: true},
		},
	}
}

// genericForm is for the towns whose software has no form.
func genericForm() editor.Template {
	t := preparedForm()
	t.UID, t.Editor, t.Software, t.Name, t.Introduction = "formulaire-qf", editor.Editor{}, "", "Formulaire général", ""
	t.Technical = editor.TemplateContact{}
	t.Blocks = map[editor.Block]editor.Exposure{editor.BlockModalities: editor.ReadOnly, editor.BlockScopes: editor.Hidden}
	return t
}

func sampleContact(given, family, job string) habilitation.Contact {
	return habilitation.Contact{
		GivenName: given, FamilyName: family, Job: job, Phone: "04 00 00 00 02", Mail: strings.ToLower(given+"."+family) + "@majastres.example.fr",
	}
}

// fullAnswers are those of a town that answered everything.
func fullAnswers(t editor.Template) request.Answers {
	a := request.Begun(t)
	a.Title, a.Description, a.LegalBasis = "Tarifs de la cantine", "Calculer le prix des repas.\nEt celui de l’accueil.", "Article L. 114-8."
	a.Document, a.Recipients, a.Retention = 7, "Les agents du service enfance", "12"
	a.RequesterPhone, a.RequesterJob = "04 00 00 00 00", "Directrice du service enfance"
	a.DPD, a.Controller = sampleContact("Zoe", "Lambert", "Déléguée mutualisée"), sampleContact("Jean", "Aubert", "Maire")
	a.Controller.Mail = "mairie@majastres.example.fr"
	a.Business = sampleContact("Ines", "Garnier", "")
	a.Users = request.UsersContact{Label: "Service enfance", Mail: "enfance@majastres.example.fr", Phone: "04 00 00 00 09"}
	return request.Lock(t, a)
}

// sampleFile is an application in a state, as its holder opens it.
func sampleFile(t editor.Template, state habilitation.State, phase request.Phase) file {
	f := file{Reader: agent(), Application: request.Application{
		Request: habilitation.Request{
			Number: 10_000_012, Source: habilitation.FromPortal, Siret: "21040107100019", Organisation: "COMMUNE DE MAJASTRES", FormUID: t.UID,
			State: state, StateAt: noon.Add(-50 * time.Hour), CreatedAt: noon.Add(-100 * time.Hour), Holder: 1,
			Requester: habilitation.Contact{GivenName: "Hélène", FamilyName: "d'Orvault", Mail: agent().Mail},
		},
		Template: t, Phase: phase, Answers: fullAnswers(t), Edition: 4, EditedAt: noon.Add(-51 * time.Hour),
		Documents: []request.Document{{ID: 7, Name: "délibération du 12 mai.pdf", Size: 1_240_000, Pages: 3, State: request.Clean, AddedAt: noon, AddedBy: "Hélène d'Orvault"}},
	}}
	if phase == request.Filed || phase == request.Returned {
		f.FiledAt, f.FirstFiledAt = noon.Add(-50*time.Hour), noon.Add(-50*time.Hour)
		sent := f.Answers
		f.Sent = &sent
	}
	if phase == request.Returned {
		f.Asked = request.Asked{
			Reason: "La délibération ne dit pas que le tarif dépend du quotient.\n\nJoignez celle qui le dit.", By: "Hugo Marchal", At: noon.Add(-3 * time.Hour),
			Comments: []request.Comment{
				{Field: request.FieldDocument, Text: "Il manque la page 2."}, {Field: "dpd_mail", Text: "Cette adresse est celle du maire."},
				{Field: request.FieldBusinessSelf, Text: "Est-ce bien vous ?"}, {Field: "conservation", Text: "Pourquoi si peu ?\n" + hostile},
			},
		}
	}
	switch state {
	case habilitation.Validated, habilitation.Reopened, habilitation.Suspended, habilitation.Revoked:
		granted := f.Answers
		granted.Retention, granted.Document = "24", 6
		f.Granted = &granted
		f.Request.Current = habilitation.Habilitation{
			Number: 10_000_042, Modalities: habilitation.Modalities{Token: true, Form: true}, ApprovedAt: noon.Add(-400 * time.Hour),
			Editor: habilitation.Editor{Siret: t.Editor.Siret, Name: t.Editor.Name},
		}
		f.Documents = append(f.Documents, request.Document{ID: 6, Name: "ancienne.pdf", Size: 90_000, Pages: 1, State: request.Unscanned})
	case habilitation.Draft, habilitation.Submitted, habilitation.ChangesRequested, habilitation.Refused, habilitation.Archived:
	}
	return f
}

// draft is a request that nobody answered anything of.
func draft(t editor.Template) file {
	f := sampleFile(t, habilitation.Draft, request.Writing)
	f.Answers, f.Documents, f.Edition = request.Begun(t), nil, 1
	return f
}

// byColleague is a file as somebody opens it who does not hold it.
func byColleague(f file) file {
	f.Request.Holder, f.Request.Requester = 2, sampleContact("Ines", "Garnier", "")
	return f
}

// tooLong is a file with the longest and most hostile answers that the domain keeps.
func tooLong(f file) file {
	a := &f.Answers
	a.Title, a.Description, a.LegalBasis, a.Recipients = hostile+endless[:150], novel, novel, novel
	a.DPD = habilitation.Contact{GivenName: hostile, FamilyName: endless, Job: endless, Mail: endless + "@exemple.fr", Phone: strings.Repeat("9", 40)}
	a.Business, a.BusinessElsewhere = a.DPD, true
	a.DeliberationURL, a.Retention, a.RetentionReason = "javascript:alert(1)//"+endless, "9999999999", novel
	f.Template.Software, f.Template.Editor.Name = endless, "L'ÉDITEUR "+endless
	f.Request.Requester.FamilyName = endless
	for i := range f.Documents {
		f.Documents[i].Name, f.Documents[i].State = endless[:190]+".pdf", request.Infected
	}
	return f
}

func sampleHistory() []audit.Entry {
	acts := []audit.Act{
		audit.RequestReturned, audit.MessageSent, audit.RequestAssigned, audit.RequestFiled, audit.HabilitationApproved, audit.RequestBegun, "request.sung",
	}
	entries := make([]audit.Entry, len(acts))
	for i, act := range acts {
		entries[i].At, entries[i].Act, entries[i].Author = noon.Add(-time.Duration(i)*30*time.Hour), act, audit.Author{ID: "1", Display: "Hélène d'Orvault", Role: "town"}
	}
	entries[4].Detail = "H10000042"
	return entries
}

// claimedBy is an account that asks to hold a request; 0 for none.
func claimedBy(claimant int64, f file) web.ClaimView {
	if claimant == 0 {
		return web.ClaimView{}
	}
	contact := sampleContact("Ines", "Garnier", "")
	claim := request.Claim{
		ID: 3, Request: f.Request.Number, Claimant: request.Colleague{Person: request.Person{ID: claimant, Name: contact.Name()}, Contact: contact},
		State: request.ClaimWaiting, At: noon.Add(-time.Hour),
	}
	return web.NewClaimView(claim, f.Request.Holder, f.Reader.AccountID, noon)
}
