package tokens

import (
	"net/url"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// toProlong is a token whose prolongation is in some state.
func toProlong(state credential.TokenState, changes ...func(f *renewalFile)) renewalFile {
	f := renewalFile{File: renewal.File{
		TokenFile: sampleFile(state).TokenFile, Mail: "anne.morel@majastres.example.fr", State: habilitation.Validated, Purpose: "Calculer le tarif de la cantine et de l'accueil du matin.\n\nUne fois par an, à la rentrée.",
		Granted: habilitation.Habilitation{Title: "Tarifs de la cantine et de l'accueil du matin", Contacts: habilitation.Contacts{
			Requester:  habilitation.Contact{GivenName: "Anne", FamilyName: "Morel", Mail: "anne.morel@majastres.example.fr", Phone: "0400000001"},
			Technical:  habilitation.Contact{GivenName: "Sofia", FamilyName: "Renard", Mail: "sofia.renard@tilleul.example.fr", Phone: "0400000002"},
			Business:   habilitation.Contact{GivenName: "Paul", FamilyName: "Garnier", Mail: "paul.garnier@majastres.example.fr", Phone: "0400000003"},
			DPD:        habilitation.Contact{GivenName: "Ines", FamilyName: "Talbot", Mail: "dpd@majastres.example.fr"},
			Controller: habilitation.Contact{},
		}},
	}}
	for _, change := range changes {
		change(&f)
	}
	return f
}

func amendedAt(begun, filed time.Duration) func(f *renewalFile) {
	return func(f *renewalFile) {
		f.State = habilitation.Reopened
		f.Amendment = renewal.Amendment{ID: 1, Request: f.Request, Expiry: f.ExpiresAt, By: "Anne Morel", BegunAt: noon.Add(-begun)}
		if filed > 0 {
			f.Amendment.FiledAt, f.Amendment.LastFiledAt = noon.Add(-filed), noon.Add(-filed)
		}
	}
}

func returned(f *renewalFile) { f.Amendment.Returned = true }

func nudgedAt(ago time.Duration) func(f *renewalFile) {
	return func(f *renewalFile) { f.NudgedAt = noon.Add(-ago) }
}

func expiringIn(days int) func(f *renewalFile) {
	return func(f *renewalFile) { f.ExpiresAt = value.MonthsLater(noon.AddDate(0, 0, days), 0) }
}

// wasProlonged is a token just after its prolongation.
func wasProlonged(f *renewalFile) {
	f.Last = renewal.Prolongation{
		TokenID: f.ID, From: f.ExpiresAt, Until: f.Until(noon), Way: renewal.Confirmed, By: "Anne Morel", At: noon.Add(-time.Minute),
	}
	f.ExpiresAt = f.Last.Until
}

func refusedNow(f *renewalFile) { f.RefusedAt = noon.Add(-30 * time.Hour) }

// claimedBy has somebody ask to hold the request.
func claimedBy(account int64) func(f *renewalFile) {
	return func(f *renewalFile) {
		claimant := request.Colleague{Person: request.Person{ID: account}, Contact: habilitation.Contact{GivenName: "Inès", FamilyName: "D'Orvault", Mail: "ines@majastres.example.fr"}}
		f.Claim = request.Claim{ID: 5, Request: f.Request, Claimant: claimant, State: request.ClaimWaiting, At: noon.Add(-30 * time.Hour)}
	}
}

func formIs(form directory.FormState) func(f *renewalFile) {
	return func(f *renewalFile) { f.Right.Form, f.Right.TownForm = true, form }
}

func noHolder(f *renewalFile)    { f.Holder, f.RequesterName = 0, "" }
func noAddress(f *renewalFile)   { f.Addressees.Requester = "" }
func ofAnother(f *renewalFile)   { f.PublicID, f.ExpiresAt = "", f.ExpiresAt.Add(-9*time.Hour) }
func barredNow(f *renewalFile)   { f.Barred, f.Right.Holds = noon.Add(-time.Hour), false }
func notReopened(f *renewalFile) { f.State = habilitation.Validated }
func overlapped(f *renewalFile)  { f.Next = sampleFile(credential.TokenOverlapped).Next }

// endlessly has the longest texts, and the most hostile.
func endlessly(f *renewalFile) {
	f.Organisation, f.Granted.Title, f.Purpose, f.Addressees.Editor, f.RequesterName = endless, hostile+" "+endless, hostile+"\n"+endless, endless, endless
	f.Granted.Contacts.Business = habilitation.Contact{GivenName: endless, FamilyName: script, Mail: endless + "@exemple.fr", Phone: endless}
}

func (v Views) renewalSamples(page web.ProPage) []web.Sample[renewalPage] {
	show := func(by reader, f renewalFile) renewalPage {
		return v.newRenewalPage(framed(page, by, pathOf(f.ID)+renewalPart), f, by, at)
	}
	refused := func(p renewalPage, code string) renewalPage {
		p.Refusal = code
		return p
	}
	partly := show(ofTown, toProlong(credential.TokenExpiring))
	partly.Questions = readQuestions(url.Values{fieldPurpose: {no}, fieldPeople: {"peut-être"}})
	partly.Problems = partly.Questions.problems()
	nudged := show(ofEditor, toProlong(credential.TokenExpired, nudgedAt(time.Minute)))
	nudged.Flash = "done.collectivite-relancee"
	const day = 24 * time.Hour
	return []web.Sample[renewalPage]{
		{Name: "ouvert", Content: show(ofTown, toProlong(credential.TokenExpiring))},
		{Name: "formulaire-ouvert", Content: show(ofTown, toProlong(credential.TokenExpiring, formIs(directory.FormOpen)))},
		{Name: "formulaire-bientot", Content: show(ofTown, toProlong(credential.TokenExpired, formIs(directory.FormSoon)))},
		{Name: "formulaire-ferme", Content: show(ofTown, toProlong(credential.TokenExpiring, formIs(directory.FormClosed)))},
		{Name: "dernier-jour", Content: show(ofTown, toProlong(credential.TokenExpiring, expiringIn(0)))},
		{Name: "demain", Content: show(ofTown, toProlong(credential.TokenExpiring, expiringIn(1)))},
		{Name: "expire", Content: show(ofTown, toProlong(credential.TokenExpired))},
		{Name: "importe-expire", Content: show(ofTown, toProlong(credential.TokenExpired, ofAnother))},
		{Name: "sans-reponse", Content: partly},
		{Name: "trop-tot", Content: show(ofTown, toProlong(credential.TokenInUse))},
		{Name: "trop-tot-refuse", Content: refused(show(ofEditor, toProlong(credential.TokenInUse)), "renewal.too_early")},
		{Name: "collegue", Content: show(colleague, toProlong(credential.TokenExpiring))},
		{Name: "collegue-refuse", Content: refused(show(colleague, toProlong(credential.TokenExpired)), "renewal.not_holder")},
		{Name: "personne-connue", Content: show(colleague, toProlong(credential.TokenExpiring, noHolder))},
		{Name: "editeur", Content: show(ofEditor, toProlong(credential.TokenExpiring))},
		{Name: "editeur-relance-faite", Content: nudged},
		{Name: "editeur-relance-refusee", Content: refused(show(ofEditor, toProlong(credential.TokenExpired, nudgedAt(2*day))), "renewal.nudged")},
		{Name: "editeur-relance-ancienne", Content: show(ofEditor, toProlong(credential.TokenExpired, nudgedAt(8*day), amendedAt(5*day, 0)))},
		{Name: "editeur-sans-adresse", Content: show(ofEditor, toProlong(credential.TokenExpired, noAddress, noHolder))},
		{Name: "administration", Content: show(administrator, toProlong(credential.TokenExpired))},
		{Name: "assistance", Content: show(supporting, toProlong(credential.TokenExpiring, noHolder))},
		{Name: "modification-commencee", Content: show(ofTown, toProlong(credential.TokenExpiring, amendedAt(2*day, 0)))},
		{Name: "modification-non-ouverte", Content: show(ofTown, toProlong(credential.TokenExpiring, amendedAt(2*day, 0), notReopened))},
		{Name: "modification-deposee", Content: show(ofTown, toProlong(credential.TokenExpiring, amendedAt(3*day, 2*day)))},
		{Name: "modification-deposee-expire", Content: refused(show(ofTown, toProlong(credential.TokenExpired, amendedAt(3*day, 2*day))), "renewal.amended")},
		{Name: "modification-sans-reponse", Content: show(ofTown, toProlong(credential.TokenExpired, amendedAt(99*day, 98*day)))},
		{Name: "modification-sans-reponse-collegue", Content: show(colleague, toProlong(credential.TokenExpiring, amendedAt(99*day, 98*day)))},
		{Name: "modification-deposee-editeur", Content: show(ofEditor, toProlong(credential.TokenExpiring, amendedAt(3*day, 2*day)))},
		{Name: "modification-refusee", Content: show(ofTown, toProlong(credential.TokenExpired, refusedNow))},
		{Name: "modification-refusee-collegue", Content: show(colleague, toProlong(credential.TokenExpiring, refusedNow))},
		{Name: "modification-refusee-editeur", Content: show(ofEditor, toProlong(credential.TokenExpiring, refusedNow))},
		{Name: "reprise-a-repondre", Content: show(ofTown, toProlong(credential.TokenExpired, claimedBy(colleague.AccountID)))},
		{Name: "reprise-demandee", Content: show(colleague, toProlong(credential.TokenExpired, claimedBy(colleague.AccountID)))},
		{Name: "reprise-d-un-autre", Content: show(colleague, toProlong(credential.TokenExpiring, claimedBy(9)))},
		{Name: "reprise-sans-compte", Content: show(colleague, toProlong(credential.TokenExpiring, noHolder, claimedBy(colleague.AccountID)))},
		{Name: "modification-a-corriger", Content: show(ofTown, toProlong(credential.TokenExpiring, amendedAt(3*day, 2*day), returned))},
		{Name: "modification-a-corriger-expire", Content: show(ofTown, toProlong(credential.TokenExpired, amendedAt(3*day, 2*day), returned))},
		{Name: "modification-a-corriger-editeur", Content: show(ofEditor, toProlong(credential.TokenExpiring, amendedAt(3*day, 2*day), returned))},
		{Name: "revoque", Content: show(ofTown, toProlong(credential.TokenRevoked))},
		{Name: "suspendu", Content: show(ofTown, toProlong(credential.TokenSuspended))},
		{Name: "habilitation-suspendue", Content: refused(show(ofTown, toProlong(credential.TokenExpiring, barredNow)), "renewal.closed")},
		{Name: "remplace", Content: show(ofTown, toProlong(credential.TokenOverlapped, overlapped))},
		{Name: "prolonge", Content: show(ofTown, toProlong(credential.TokenExpired, wasProlonged))},
		{Name: "prolonge-editeur", Content: show(ofEditor, toProlong(credential.TokenExpiring, wasProlonged))},
		{Name: "change-entre-temps", Content: refused(show(ofTown, toProlong(credential.TokenExpiring)), "renewal.moved")},
		{Name: "noms-longs", Content: show(ofTown, toProlong(credential.TokenExpiring, endlessly))},
		{Name: "noms-longs-collegue", Content: show(colleague, toProlong(credential.TokenExpired, endlessly, amendedAt(3*day, 2*day)))},
	}
}
