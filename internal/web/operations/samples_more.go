package operations

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/web"
)

// sampleCatalogue is a catalogue of invented mails; the real one is package mail's.
var sampleCatalogue = []notice.Sample{
	{
		Kind: "invitation", Name: "Invitation", When: "À la personne invitée, dès qu’on lui propose un rôle.",
		To: []string{"lea.fontaine@logiciel-exemple.fr"}, Subject: "Votre invitation à rejoindre l’espace éditeur",
		Text: "API Particulier\n\nBonjour,\n\nCamille Ferrand vous invite à rejoindre l’espace éditeur, pour Logiciel Exemple\nSAS.\n\n" +
			"Voir l’invitation\u00a0:\nhttps://portail.example.fr/invitations/EXEMPLE7K2QX\n\nL’équipe API Particulier\n",
	},
	{
		Kind: "acces-ouvert", Name: "Accès ouvert", When: "À une personne qui a déjà un compte, dès qu’on lui donne un rôle de plus.",
		To: []string{"hugo.marchal@numerique.exemple.fr", "enfance@majastres.example.fr"}, CC: []string{"support@logiciel-exemple.fr"},
		Subject: "Un nouvel accès vous est ouvert", Text: strings.Repeat("Une ligne de soixante-douze caractères, ou presque, et rien de plus.\n", 30),
	},
}

func catalogueSamples(page web.ProPage) []web.Sample[cataloguePage] {
	page = at(page, cataloguePath)
	return []web.Sample[cataloguePage]{{Name: "pleine", Content: newCataloguePage(page, sampleCatalogue)}}
}

func sampleSamples(page web.ProPage) []web.Sample[samplePage] {
	var samples []web.Sample[samplePage]
	for _, sample := range sampleCatalogue {
		samples = append(samples, web.Sample[samplePage]{Name: string(sample.Kind), Content: newSamplePage(
			at(page, samplePath(sample.Kind)), sample, "API Particulier <support@particulier.api.gouv.fr>", "api-particulier@api.gouv.fr")})
	}
	return samples
}

// sampleJobs are jobs in every state, and one of which this instance has no words.
func sampleJobs() []operation.Job {
	planned := func(name, every string) operation.Planned {
		return operation.Planned{Name: name, Every: every, Timeout: 10 * time.Minute, Next: noon.Add(time.Hour)}
	}
	return []operation.Job{
		{Planned: planned("hubee-notifications", "*/2 * * * *"), Last: operation.Last{Run: sampleRuns()[0], UnderWay: true}},
		{Planned: planned("hubee-reconcile", "17 * * * *"), Last: operation.Last{Run: sampleRuns()[2]}},
		{Planned: planned("purge", "*/10 * * * *"), Last: operation.Last{Run: sampleRuns()[1]}},
		{Planned: planned("seal-journal", "*/15 * * * *"), Last: operation.Last{Run: sampleRuns()[4]}},
		{Planned: planned("organisations", "10 4 * * *")},
		{Planned: planned("not-fetched-"+endless, "5 5 * * 1-5"), Last: operation.Last{Run: sampleRuns()[3]}},
	}
}

func sampleRuns() []operation.Run {
	began := noon.Add(-90 * time.Minute)
	return []operation.Run{
		{StartedAt: began, Age: time.Minute},
		{StartedAt: began, FinishedAt: began.Add(3*time.Minute + 20*time.Second), Report: "erased: 3 dossiers, 0 payloads, 1204 attempts, 0 sessions, 12 orders"},
		{StartedAt: began, FinishedAt: began.Add(20 * time.Minute), Failed: true, Report: "7 cases; case 12: hubee.unavailable: no answer"},
		{StartedAt: began, FinishedAt: began.Add(2*time.Hour + 5*time.Minute), Failed: true, Report: hostile + endless},
		{StartedAt: began, Age: 26 * time.Hour},
		{StartedAt: began, FinishedAt: began.Add(time.Second), Report: operation.ReportBusy},
		{StartedAt: began, FinishedAt: began, Report: "erased: 0 dossiers, 0 payloads, 0 attempts, 0 sessions, 0 orders"},
	}
}

func (v Views) jobsSamples(page web.ProPage) []web.Sample[jobsPage] {
	page = at(page, jobsPath)
	return []web.Sample[jobsPage]{
		{Name: "pleine", Content: v.newJobsPage(page, sampleJobs(), true)},
		{Name: "sans-droit-de-lancer", Content: v.newJobsPage(page, sampleJobs()[:2], false)},
		{Name: "vide", Content: v.newJobsPage(page, nil, true)},
	}
}

func (v Views) jobSamples(page web.ProPage) []web.Sample[jobPage] {
	jobs := sampleJobs()
	show := func(job operation.Job, runs []operation.Run, canRun bool) jobPage {
		return v.newJobPage(at(page, jobPath(job.Name)), job, runs, canRun)
	}
	var many []operation.Run
	for len(many) < operation.RunsShown {
		many = append(many, sampleRuns()...)
	}
	asked := show(jobs[4], nil, true)
	asked.Flash = "done.tache-demandee"
	purge := jobs[2]
	purge.UnderWay = true
	return []web.Sample[jobPage]{
		{Name: "pleine", Content: show(purge, many[:operation.RunsShown], true)},
		{Name: "en-cours", Content: show(jobs[0], sampleRuns()[:1], true)},
		{Name: "jamais", Content: asked},
		{Name: "sans-mots", Content: show(jobs[5], sampleRuns(), true)},
		{Name: "sans-droit-de-lancer", Content: show(jobs[1], sampleRuns(), false)},
	}
}

var camille = audit.Author{ID: "12", Display: "Camille Ferrand", Role: "admin"}

// sampleEvents are one event of each act, as the rules record it, then odd ones.
func sampleEvents() []audit.Event {
	hugo := audit.Object{Kind: "account", ID: "14", Display: "Hugo Marchal"}
	lea := audit.Object{Kind: "invitation", ID: "3", Display: "lea.fontaine@logiciel-exemple.fr"}
	tilleul := audit.Object{Kind: "organisation", ID: "90511200900014", Display: "Logiciels Tilleul"}
	town := audit.Object{Kind: "habilitation", ID: "48231", Display: "D48231 COMMUNE DE MAJASTRES"}
	asked := audit.Object{Kind: "habilitation", ID: "10000017", Display: "D10000017 COMMUNE DE MAJASTRES"}
	lucie := audit.Author{ID: "21", Display: "Lucie Marchand", Role: "town"}
	shown := audit.Object{Kind: "token", ID: "0b6f2a54-3c1d-8e7f-9a10-4f6d2c8b7e11", Display: "apip_test_7GbT20aKq1Zx COMMUNE DE MAJASTRES"}
	program := audit.Object{Kind: "api_client", ID: "qf_client_Exemple000000001", Display: "Serveur de production"}
	subscribed := audit.Object{Kind: "subscription", ID: "21040107100019", Display: "COMMUNE DE MAJASTRES"}
	pair := audit.Object{Kind: "hub_account", ID: "21040107100019", Display: "COMMUNE DE MAJASTRES"}
	sofia := audit.Author{ID: "31", Display: "Sofia Renard", Role: "editor_admin"}
	own := audit.Object{Kind: "session", ID: "100", Display: "Camille Ferrand"}
	unknown := audit.Author{ID: "unknown", Display: "Personne non reconnue"}
	return []audit.Event{
		{Author: camille, Act: audit.SignInAccepted, Object: own, Detail: "eidas1-mfa pwd+mfa 71144ab3-ee1a-4401-b7b3-79b44f7daeeb"},
		{Author: unknown, Act: audit.SignInRefused, Object: audit.Object{Kind: "signin", ID: "login"}, Detail: "signin.factor_missing"},
		{Author: camille, Act: audit.StepUpAccepted, Object: own, Detail: "eidas2"},
		{Author: unknown, Act: audit.StepUpRefused, Object: own, Detail: "signin.other_person"},
		{Author: camille, Act: audit.SignedOut, Object: own},
		{Author: camille, Act: audit.SessionEnded, Object: audit.Object{Kind: "session", ID: "101"}},
		{Author: camille, Act: audit.AccountChanged, Object: audit.Object{Kind: "account", ID: "12", Display: "Camille Ferrand"}, Detail: "siret"},
		{Author: audit.Author{ID: "14", Display: "Hugo Marchal", Role: "town"}, Act: audit.AccessRefused, Organisation: "21040107100019",
			Object: audit.Object{Kind: "route", ID: "GET /administration/journal", Display: "GET /administration/journal"}},
		{Author: camille, Act: audit.InvitationSent, Object: lea, Detail: "editor_admin", Organisation: "90511200900014"},
		{Author: audit.Author{ID: "15", Display: "Léa Fontaine", Role: "editor_admin"}, Act: audit.InvitationAccepted, Object: lea, Detail: "editor_admin", Organisation: "90511200900014"},
		{Author: camille, Act: audit.InvitationWithdrawn, Object: lea, Detail: "editor_member"},
		{Author: audit.System, Act: audit.RoleGranted, Object: hugo, Detail: "town", Organisation: "21040107100019"},
		{Author: camille, Act: audit.RoleWithdrawn, Object: hugo, Detail: "support"},
		{Author: camille, Act: audit.RoleLeft, Object: hugo, Detail: "reader"},
		{Author: audit.Operator, Act: audit.OrganisationAdded, Object: tilleul},
		{Author: audit.Directory, Act: audit.CollectivityAdded, Detail: "ouvert", Object: audit.Object{Kind: "collectivity", ID: "21990000100013", Display: "Bourg-Neuf"}},
		{Author: audit.System, Act: audit.OrganisationAsked, Object: tilleul, Detail: "closed"},
		{Author: camille, Act: audit.OrderRetried, Object: audit.Object{Kind: "order", ID: "4012", Display: "7QK9-M2XB-T4HRP"}, Detail: outbox.DeliverDossier},
		{Author: camille, Act: audit.MailReaddressed, Object: audit.Object{Kind: "mail", ID: "303", Display: "Votre invitation"}, Detail: "recipient 1: 550 5.1.1"},
		{Author: camille, Act: audit.JobStarted, Object: audit.Object{Kind: "job", ID: "purge", Display: "purge"}},
		{Author: camille, Act: audit.DossierLookedUp, Object: audit.Object{Kind: "dossier", ID: "7QK9M2XBT4HRP", Display: "7QK9-M2XB-T4HRP"}},
		{Author: audit.Operator, Act: audit.HabilitationAdopted, Object: town, Organisation: "21040107100019", Detail: "H10000042"},
		{Author: audit.Datapass, Act: audit.HabilitationApproved, Object: town, Organisation: "21040107100019", Detail: "H10000042"},
		{Author: audit.Datapass, Act: audit.HabilitationRefused, Object: town, Organisation: "21040107100019"},
		{Author: camille, Act: audit.HabilitationSuspended, Object: town, Organisation: "21040107100019"},
		{Author: camille, Act: audit.HabilitationRestored, Object: town, Organisation: "21040107100019"},
		{Author: camille, Act: audit.HabilitationRevoked, Object: town, Organisation: "21040107100019"},
		{Author: audit.Datapass, Act: audit.RequesterChanged, Object: town, Organisation: "21040107100019"},
		{Author: audit.Operator, Act: audit.MailsSwitched, Object: town, Organisation: "21040107100019", Detail: "ancien"},
		{Author: audit.Operator, Act: audit.MailsSwitched, Object: town, Organisation: "21040107100019", Detail: "portail"},
		{Author: camille, Act: audit.HolderLinkSent, Object: town, Organisation: "21040107100019"},
		{Author: lucie, Act: audit.HolderLinked, Object: town, Organisation: "21040107100019"},
		{Author: lucie, Act: audit.RequestBegun, Object: asked, Organisation: "21040107100019"},
		{Author: lucie, Act: audit.RequestFiled, Object: asked, Organisation: "21040107100019", Detail: "12"},
		{Author: camille, Act: audit.RequestAssigned, Object: asked, Organisation: "21040107100019", Detail: "oneself"},
		{Author: camille, Act: audit.RequestReturned, Object: asked, Organisation: "21040107100019"},
		{Author: lucie, Act: audit.MessageSent, Object: asked, Organisation: "21040107100019"},
		{Author: lucie, Act: audit.RequestWithdrawn, Object: asked, Organisation: "21040107100019"},
		{Author: lucie, Act: audit.RequestReopened, Object: asked, Organisation: "21040107100019"},
		{Author: lucie, Act: audit.RequestCancelled, Object: asked, Organisation: "21040107100019"},
		{Author: lucie, Act: audit.RequestClaimed, Object: asked, Organisation: "21040107100019"},
		{Author: lucie, Act: audit.RequestUnclaimed, Object: asked, Organisation: "21040107100019"},
		{Author: lucie, Act: audit.ClaimRefused, Object: asked, Organisation: "21040107100019"},
		{Author: audit.System, Act: audit.DraftErased, Object: asked, Organisation: "21040107100019"},
		{Author: camille, Act: audit.ReasonTemplateChanged, Object: audit.Object{Kind: "reason_template", ID: "3", Display: "Délibération absente"}, Detail: "refuse"},
		{Author: audit.System, Act: audit.SubscriptionActive, Object: subscribed, Organisation: "21040107100019"},
		{Author: camille, Act: audit.SubscriptionRelaunched, Object: subscribed, Organisation: "21040107100019"},
		{Author: camille, Act: audit.SubscriptionCorrected, Object: subscribed, Organisation: "21040107100019"},
		{Author: camille, Act: audit.SubscriptionHandedOver, Object: subscribed, Organisation: "21040107100019"},
		{Author: audit.System, Act: audit.SubscriptionSuspended, Object: subscribed, Organisation: "21040107100019", Detail: "hubee.suspended_at_hub"},
		{Author: audit.System, Act: audit.TokenIssued, Object: shown, Organisation: "21040107100019"},
		{Author: camille, Act: audit.TokenCollected, Object: shown, Organisation: "21040107100019"},
		{Author: camille, Act: audit.TokenShown, Object: shown, Organisation: "21040107100019"},
		{Author: camille, Act: audit.TokenSafe, Object: shown, Organisation: "21040107100019"},
		{Author: camille, Act: audit.TokenReplaced, Object: shown, Organisation: "21040107100019"},
		{Author: camille, Act: audit.TokenOverlapEnded, Object: shown, Organisation: "21040107100019"},
		{Author: camille, Act: audit.TokenSuspended, Object: shown, Organisation: "21040107100019"},
		{Author: camille, Act: audit.TokenResumed, Object: shown, Organisation: "21040107100019"},
		{Author: camille, Act: audit.TokenRevoked, Object: shown, Organisation: "21040107100019"},
		{Author: sofia, Act: audit.HubAccountDeposited, Object: pair, Organisation: "90511200900014", Detail: "hub_account.replaced"},
		{Author: sofia, Act: audit.HubAccountFetched, Object: pair, Organisation: "90511200900014"},
		{Author: audit.System, Act: audit.HubAccountTested, Object: pair, Organisation: "90511200900014", Detail: "hub_account.refuse"},
		{Author: sofia, Act: audit.HubAccountDeposited, Object: pair, Organisation: "90511200900014", Detail: "hub_account.candidate"},
		{Author: sofia, Act: audit.HubAccountTested, Object: pair, Organisation: "90511200900014", Detail: "hub_account.candidate_refused"},
		{Author: audit.System, Act: audit.HubAccountTested, Object: pair, Organisation: "90511200900014", Detail: "hub_account.candidate_accepted"},
		{Author: sofia, Act: audit.HubAccountRevealed, Object: pair, Organisation: "90511200900014"},
		{Author: audit.System, Act: audit.HubAccountErased, Object: pair, Organisation: "90511200900014", Detail: "hub_account.left"},
		{Author: audit.Operator, Act: audit.TokenAdopted, Object: shown, Organisation: "21040107100019"},
		{Author: audit.Operator, Act: audit.TokenCorrected, Object: shown, Organisation: "21040107100019"},
		{Author: camille, Act: audit.DatapassReplayed, Object: audit.Object{Kind: "datapass", ID: "712", Display: "DataPass 712"}, Detail: "approve"},
		{Author: camille, Act: audit.DatapassDismissed, Object: audit.Object{Kind: "datapass", ID: "713", Display: "DataPass 713"}, Detail: "revoke"},
		{Author: camille, Act: audit.APIClientCreated, Object: program, Organisation: "90511200900014"},
		{Author: camille, Act: audit.APIClientChanged, Object: program, Organisation: "90511200900014"},
		{Author: camille, Act: audit.APISecretAdded, Object: program, Organisation: "90511200900014"},
		{Author: camille, Act: audit.APISecretEnded, Object: program, Organisation: "90511200900014"},
		{Author: camille, Act: audit.APIClientRevoked, Object: program, Organisation: "90511200900014"},
		{Author: audit.Author{ID: "client:" + program.ID, Display: program.Display, Role: "api_client"}, Act: audit.APIAddressRefused, Object: program, Organisation: "90511200900014"},
		{Author: camille, Act: "form.published", Object: audit.Object{Kind: "form", ID: "7", Display: "Formulaire de Tilleul"}, Detail: "version 3"},
		{Author: audit.Author{ID: "16", Display: hostile + endless, Role: hostile}, Act: audit.JobStarted, Object: audit.Object{Kind: "job", ID: "../" + hostile, Display: endless}},
		{Author: camille, Act: audit.SignInRefused, Object: own, Detail: hostile + endless, Organisation: endless},
	}
}

// sampleEntries are count events of every act, sealed but for the last.
func sampleEntries(count int) []audit.Entry {
	entries := make([]audit.Entry, count)
	events := sampleEvents()
	for i := range entries {
		event := events[i%len(events)]
		event.At, event.RequestID = noon.Add(-time.Duration(i)*time.Hour), "01JCXN3Z8G5Q"
		entries[i] = audit.Entry{Event: event.Storable(), ID: int64(900 - i), Batch: int64(max(0, 1300-i) * min(i/2, 1))}
	}
	return entries
}

func (v Views) journalSamples(page web.ProPage) []web.Sample[journalPage] {
	page = at(page, journalPath)
	show := func(query string, found audit.Page) journalPage {
		return v.newJournalPage(page, asked(journalListing, query, found.Total), found)
	}
	everything := fmt.Sprintf("auteur=%s&acte=role.granted&sur=account&objet=marchal&organisation=210+401+071+00019&du=2026-02-01&au=2026-03-02", strings.Repeat("camille+", 20))
	mistyped, err := url.ParseQuery("organisation=Majastres&du=hier&acte=role.granted")
	if err != nil {
		panic(err) // a sample of ours
	}
	refused := show("organisation=Majastres&du=hier&acte=role.granted", audit.Page{})
	refused.Problems = journalListing.Read(mistyped).Problems()
	return []web.Sample[journalPage]{
		{Name: "refuse", Content: refused},
		{Name: "pleine", Content: show("", audit.Page{Entries: sampleEntries(25), Total: audit.SearchLimit, More: true})},
		{Name: "criteres", Content: show(everything, audit.Page{Entries: sampleEntries(1), Total: 1})},
		{Name: "vide", Content: show("", audit.Page{})},
		{Name: "sans-resultat", Content: show("auteur=personne&du=2026-03-01", audit.Page{})},
		{Name: "au-dela", Content: show("page=400", audit.Page{})},
	}
}
