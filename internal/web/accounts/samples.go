package accounts

import (
	"net/url"
	"strings"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
)

var (
	noon     = web.Moment{Year: 2026, Month: 3, Day: 2, Hour: 12}
	endless  = strings.TrimSpace(strings.Repeat("Syndicat intercommunal à vocation multiple de la vallée ", 3))
	majastre = "Majastres"
)

// Exhibits lists every page with its samples, for the showcase and the tests. page is that
// of somebody in a space.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	nobody := web.ProPage{Page: page.Page}
	roaming := web.ProPage{Page: page.Page, Person: page.Person}
	exhibits := []web.Exhibit{
		web.Show("accounts/sign_in", v.signIn,
			web.Sample[signInPage]{Name: "page", Content: signInPage{ProPage: nobody, Return: "/administration/comptes?q=a"}},
			web.Sample[signInPage]{Name: "session-terminee", Content: signInPage{ProPage: nobody, Over: true, Return: "/administration"}},
			web.Sample[signInPage]{Name: "indisponible", Content: signInPage{ProPage: nobody, Away: true}}),
		web.Show("accounts/signed_out", v.signedOut, web.Sample[plainPage]{Name: "page", Content: plainPage{nobody}}),
		web.Show("accounts/confirm", v.confirm,
			web.Sample[confirmPage]{Name: "page", Content: confirmPage{ProPage: page, Return: "/administration/invitations/nouvelle"}},
			web.Sample[confirmPage]{Name: "formulaire-garde", Content: confirmPage{ProPage: page, Held: "c2NlbGxl"}}),
		web.Show("accounts/resume", v.resume, web.Sample[resumePage]{Name: "sans-champ", Content: resumePage{ProPage: page, Action: "/administration/invitations/3/renvoi"}}, web.Sample[resumePage]{Name: "page", Content: resumePage{
			ProPage: page, Action: "/administration/invitations/nouvelle", Fields: []dsfr.Hidden{{Name: "mail", Value: `"><script>`}},
			Shown: []heldField{{Label: "held.mail", Value: `"><script>`}, {Label: "held.role", Value: "support", Words: "role.support"}},
		}},
			web.Sample[resumePage]{Name: "etape", Content: v.newResumePage(page, heldRequest("/etapes/personnes", true, url.Values{"metier_autre": {"moi"}, "dpd_prenom": {"Zoé"}, "demandeur_telephone": {"12"}}))},
			web.Sample[resumePage]{Name: "recapitulatif", Content: v.newResumePage(page, heldRequest("/recapitulatif", false, url.Values{"cgu": {"oui"}}))},
			web.Sample[resumePage]{Name: "prolongation", Content: v.newResumePage(page, heldRenewal("oui"))},
			web.Sample[resumePage]{Name: "prolongation-a-changer", Content: v.newResumePage(page, heldRenewal("non"))},
			web.Sample[resumePage]{Name: "identifiants-hubee", Content: v.newResumePage(page, account.HeldForm{Path: "/editeur/hubee/21040107100019/cle"})},
			web.Sample[resumePage]{Name: "message", Content: v.newResumePage(page, heldRequest("/messages", false, url.Values{"message": {"Bonjour,\r\n" + endless}}))}),
		web.Show("accounts/spaces", v.spaces, web.Sample[spacesPage]{Name: "page", Content: spacesPage{ProPage: roaming, Return: "/editeur/membres", Choices: []choice{
			{ID: 1, Role: account.Admin, Space: account.SpaceAdministration, Organisation: "DINUM", Present: true},
			{ID: 2, Role: account.EditorMember, Space: account.SpaceEditor, Organisation: "Logiciels Tilleul"},
			{ID: 3, Role: account.Town, Space: account.SpaceTown, Organisation: endless},
		}}}),
		web.Show("accounts/invitation", v.invitation, invitationSamples(nobody, roaming)...),
		web.Show("accounts/invitation_unknown", v.invitationUnknown, web.Sample[plainPage]{Name: "page", Content: plainPage{nobody}}),
		web.Show("accounts/own_account", v.ownAccount,
			web.Sample[accountPage]{Name: "page", Content: accountPage{
				ProPage: page, Mail: "camille.ferrand@majastres.example.fr", Establishment: majastre, Siret: "210\u00a0401\u00a0071\u00a000019",
				Roles:    []choice{{ID: 1, Role: account.Town, Space: account.SpaceTown, Organisation: endless, Present: true}},
				Sessions: []ownSession{{ID: 1, CreatedAt: noon, SeenAt: noon, Present: true}, {ID: 2, CreatedAt: noon, SeenAt: noon}},
			}},
			web.Sample[accountPage]{Name: "sans-role", Content: accountPage{
				ProPage: roaming, Mail: "a@example.fr", Siret: "210\u00a0401\u00a0071\u00a000019",
				Sessions: []ownSession{{ID: 1, CreatedAt: noon, SeenAt: noon, Present: true}},
			}}),
		web.Show("accounts/leave", v.leave, web.Sample[leavePage]{Name: "page", Content: leavePage{ProPage: page, ID: 3, Role: account.Support, Of: endless}},
			web.Sample[leavePage]{Name: "derniere-gestion", Content: leavePage{ProPage: page, ID: 3, Role: account.EditorAdmin, Of: endless, LastManager: true}}),
	}
	var refusals []web.Sample[refusalPage]
	for why := range causes {
		refusals = append(refusals, web.Sample[refusalPage]{Name: string(why), Content: refusalPage{ProPage: nobody, Cause: why}})
	}
	var noSpaces []web.Sample[noSpacePage]
	for _, why := range account.Refusals {
		noSpaces = append(noSpaces, web.Sample[noSpacePage]{Name: string(why), Content: noSpacePage{
			ProPage: roaming, Refusal: why, Mail: "camille.ferrand@majastres.example.fr", Establishment: endless, Siret: "210\u00a0401\u00a0071\u00a000019",
			WithdrawnBy: "Hugo Marchal", WithdrawnAt: noon,
		}})
	}
	return append(exhibits, web.Show("accounts/refusal", v.refusal, refusals...), web.Show("accounts/no_space", v.noSpace, noSpaces...))
}

func invitationSamples(nobody, roaming web.ProPage) []web.Sample[invitationPage] {
	sample := invitationPage{
		ProPage: nobody, State: account.InvitationWaiting, Role: account.EditorAdmin, Space: account.SpaceEditor,
		Of: "Logiciels Tilleul", Inviter: "Camille Ferrand", Mail: "lea.fontaine@tilleul.example.fr", ExpiresAt: noon, Return: "/invitations/x",
	}
	samples := []web.Sample[invitationPage]{{Name: "anonyme", Content: sample}}
	for _, state := range []account.InvitationState{account.InvitationTaken, account.InvitationWithdrawn, account.InvitationExpired} {
		ended := sample
		ended.State = state
		samples = append(samples, web.Sample[invitationPage]{Name: string(state), Content: ended})
	}
	sample.ProPage, sample.SignedIn = roaming, true
	samples = append(samples, web.Sample[invitationPage]{Name: "connecte", Content: sample})
	own := sample
	own.OwnOffer = true
	samples = append(samples, web.Sample[invitationPage]{Name: "sa-propre-offre", Content: own})
	sample.OtherMail, sample.OwnMail = true, "une.autre.adresse.vraiment.tres.longue@collectivite-territoriale.example.fr"
	return append(samples, web.Sample[invitationPage]{Name: "autre-adresse", Content: sample})
}

// heldRequest is a form of a request that waits for a sign-in.
func heldRequest(part string, file bool, fields url.Values) account.HeldForm {
	return account.HeldForm{Path: "/collectivite/demandes/10000012" + part, Fields: fields, SessionOver: true, FileLost: file}
}

func heldRenewal(inCharge string) account.HeldForm {
	return account.HeldForm{Path: "/jetons/0b6f2a54-3c1d-8e7f-9a10-4f6d2c8b7e10/prolongation", SessionOver: true, Fields: url.Values{
		"expiration": {"2027-09-12T21:59:59Z"}, "pour": {endless}, "jusqu_au": {"2029-03-12"}, "en_charge": {inCharge}, "usage": {"oui"}, "contacts": {"oui"},
	}}
}
