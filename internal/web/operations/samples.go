package operations

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// noon is when the samples are looked at.
var noon = time.Date(2026, time.March, 2, 11, 0, 0, 0, time.UTC)

// hostile is what somebody might have written where a name is expected; endless is the
// longest that is kept, without a place to break it.
const hostile = `<script>alert(1)</script>"'&`

var endless = strings.Repeat("SAINVILLE", 28)

// at is the frame of a page at an address.
func at(page web.ProPage, path string) web.ProPage {
	page.Path, page.Navigation = path, web.MarkCurrent(page.Navigation, path)
	return page
}

// asked reads an address of a list as a person asks for it.
func asked(listing web.Listing, query string, total int) web.List {
	read, err := url.ParseQuery(query)
	if err != nil {
		panic(err) // a sample of ours
	}
	return listing.Read(read).List(total)
}

// sampleFailures are errors as workers write them down.
var sampleFailures = [...]string{
	"create folder: hubee.unavailable: POST /folders: context deadline exceeded",
	"mail.refused: mail relay answered 530 5.7.0 to MAIL FROM",
	"speak to the mail relay, connect: mail.unavailable: dial tcp 192.0.2.1:587: connect: connection refused",
	"panic of type runtime.boundsError at\ngoroutine 214 [running]:\nruntime/debug.Stack()\n" + strings.Repeat("portail-qf/internal/jobs.guarded.func1()\n\t/build/internal/jobs/table.go:219 +0x5d\n", 12),
	"read the dossier of an order: strconv.ParseInt: parsing \"x\": invalid syntax",
	`no worker for "hook.deliver"`,
	hostile + endless,
}

// sampleOrders are orders of every kind in every state.
func sampleOrders(count int) []outbox.Listed {
	orders := make([]outbox.Listed, count)
	for i := range orders {
		kind := [...]string{outbox.DeliverDossier, outbox.SendMail, outbox.CloseDossier, outbox.RunJob, outbox.Provision, outbox.TestHubAccount, "hook.deliver"}[(i+i/7)%7]
		orders[i] = sampleOrder(int64(4000+i), kind, outbox.States[i%len(outbox.States)])
		if orders[i].LastError != "" {
			orders[i].LastError = sampleFailures[i%len(sampleFailures)]
		}
	}
	return orders
}

func sampleOrder(id int64, kind string, state outbox.State) outbox.Listed {
	order := outbox.Listed{
		ID: id, Kind: kind, Subject: fmt.Sprint(id % 1000), Attempts: 3, LastError: sampleFailures[0], CreatedAt: noon.Add(-36 * time.Hour), DueAt: noon.Add(time.Hour),
	}
	switch kind {
	case outbox.DeliverDossier, outbox.CloseDossier:
		order.Reference = "7QK9M2XBT4HRP"
	case outbox.RunJob:
		order.Subject = "purge"
	case outbox.Provision, outbox.TestHubAccount:
		order.Subject = "21040107100019"
	}
	switch state {
	case outbox.Abandoned:
		order.AbandonedAt, order.Attempts = noon.Add(-time.Hour), 178
	case outbox.Retrying:
	case outbox.UnderWay:
		order.Leased = true
	case outbox.Due:
		order.DueAt, order.LastError, order.Attempts = noon, "", 0
	case outbox.Waiting:
		order.LastError, order.Attempts = "", 0
	case outbox.Done:
		order.DoneAt, order.LastError = noon.Add(-time.Minute), ""
	}
	return order
}

var (
	mayAll  = orderRights{Now: noon, Retry: true, ReadMails: true, ReadDossiers: true, ReadSubscriptions: true}
	mayRead = orderRights{Now: noon}
)

func (v Views) ordersSamples(page web.ProPage) []web.Sample[ordersPage] {
	page = at(page, ordersPath)
	show := func(query string, total int, orders []outbox.Listed, rights orderRights) ordersPage {
		return v.newOrdersPage(page, asked(orderListing, query, total), orders, rights)
	}
	everything := "q=" + strings.Repeat("majastres+", 19) + "&etat=retrying&nature=mail.send&tri=-essai"
	return []web.Sample[ordersPage]{
		{Name: "pleine", Content: show("page=2", 12_000, sampleOrders(25), mayAll)},
		{Name: "sans-droit-de-relancer", Content: show("", 6, sampleOrders(6), mayRead)},
		{Name: "criteres", Content: show(everything, 1, sampleOrders(1), mayAll)},
		{Name: "vide", Content: show("", 0, nil, mayAll)},
		{Name: "sans-resultat", Content: show("q=7QK9-M2XB-T4HRP&etat=abandoned", 0, nil, mayAll)},
		{Name: "au-dela", Content: show("page=40", 0, nil, mayAll)},
	}
}

func (v Views) orderSamples(page web.ProPage) []web.Sample[orderPage] {
	var samples []web.Sample[orderPage]
	show := func(name string, order outbox.Listed, rights orderRights) {
		content := v.newOrderPage(at(page, orderPath(order.ID)), order, rights)
		samples = append(samples, web.Sample[orderPage]{Name: name, Content: content})
	}
	for i, state := range outbox.States {
		show(string(state), sampleOrder(int64(4000+i), [...]string{outbox.DeliverDossier, outbox.SendMail, outbox.RunJob}[i%3], state), mayAll)
	}
	for i, failed := range sampleFailures {
		order := sampleOrder(int64(5000+i), "hook.deliver", outbox.Abandoned)
		order.LastError, order.Subject = failed, hostile+endless
		show(fmt.Sprintf("echec-%d", i), order, mayAll)
	}
	show("sans-droit-de-relancer", sampleOrder(4100, outbox.SendMail, outbox.Abandoned), mayRead)
	done := v.newOrderPage(at(page, orderPath(4200)), sampleOrder(4200, outbox.SendMail, outbox.Due), mayAll)
	done.Flash = "done.envoi-relance"
	return append(samples, web.Sample[orderPage]{Name: "relance", Content: done})
}

// sampleHandler has the catalogue that its listing of mails offers.
var sampleHandler = &Handler{Catalogue: sampleCatalogue}

// sampleMails are mails in every state.
func sampleMails(count int) []notice.Mail {
	mails := make([]notice.Mail, count)
	for i := range mails {
		mails[i] = sampleMail(int64(300+i), notice.States[i%len(notice.States)])
	}
	return mails
}

func sampleMail(id int64, state notice.State) notice.Mail {
	mail := notice.Mail{
		ID: id, Kind: "invitation", Key: fmt.Sprint("invitation ", id), MessageID: notice.MessageID(fmt.Sprint(id), "particulier.api.gouv.fr"),
		Subject: "Votre invitation à rejoindre l’espace éditeur", CreatedAt: noon.Add(-50 * time.Hour),
		Recipients: []notice.Recipient{
			{Position: 1, Field: notice.FieldTo, Address: fmt.Sprintf("lea.fontaine.%d@logiciel-exemple.fr", id), State: state},
			{Position: 2, Field: notice.FieldCC, Address: "support@logiciel-exemple.fr", State: notice.Sent, ToldAt: noon.Add(-49 * time.Hour)},
		},
	}
	switch state {
	case notice.Pending:
		mail.MessageID, mail.Subject, mail.Recipients = "", "", mail.Recipients[:1]
	case notice.Sent:
		mail.FinishedAt, mail.Erased, mail.Recipients[0].ToldAt = noon.Add(-49*time.Hour), true, noon.Add(-49*time.Hour)
	case notice.Bounced:
		mail.FinishedAt, mail.Recipients[0].ToldAt, mail.Recipients[0].Code = noon.Add(-49*time.Hour), noon.Add(-49*time.Hour), "550 5.1.1"
	case notice.Withdrawn:
		mail.Kind, mail.Key = "jeton-expire-bientot", fmt.Sprint("rappel ", id)
		mail.MessageID, mail.Subject, mail.FinishedAt, mail.Erased = "", "", noon.Add(-49*time.Hour), true
		for i := range mail.Recipients {
			mail.Recipients[i].State, mail.Recipients[i].ToldAt = state, mail.FinishedAt
		}
	}
	return mail
}

// refusedMail is a mail refused by every recipient, each for a reason of its own.
func refusedMail() notice.Mail {
	mail := sampleMail(777, notice.Bounced)
	mail.Recipients = nil
	for i, code := range [...]string{"550 5.1.1", "550", "552 5.2.2", "550 5.2.1", "554 5.7.1", "501 5.5.4", notice.CodeMalformed} {
		mail.Recipients = append(mail.Recipients, notice.Recipient{
			Position: i + 1, Field: notice.Fields[i%2], Address: fmt.Sprintf("mairie.%d@majastres.example.fr", i+1), State: notice.Bounced, Code: code,
			ToldAt: noon, CorrectedFrom: [...]string{"", "mairei@majastres.example.fr"}[i%2],
		})
	}
	mail.Recipients[6].Address = hostile + endless
	return mail
}

func (v Views) mailsSamples(page web.ProPage) []web.Sample[mailsPage] {
	page = at(page, mailsPath)
	show := func(query string, total int, mails []notice.Mail) mailsPage {
		return newMailsPage(page, asked(sampleHandler.mailListing(), query, total), mails, sampleCatalogue)
	}
	odd := sampleMails(4)
	odd[0].Subject, odd[0].Recipients[0].Address = hostile+endless, endless+"@majastres.example.fr"
	odd[1].Kind, odd[2].Kind = "rappel", "rappel" // this instance does not know it
	odd[3].Recipients = nil
	return []web.Sample[mailsPage]{
		{Name: "pleine", Content: show("page=2", 312, sampleMails(25))},
		{Name: "etranges", Content: show("q=logiciel&etat=bounced&modele=invitation&tri=date", 4, odd)},
		{Name: "vide", Content: show("", 0, nil)},
		{Name: "sans-resultat", Content: show("q=nulle.part", 0, nil)},
	}
}

func (v Views) mailSamples(page web.ProPage) []web.Sample[mailPage] {
	show := func(mail notice.Mail) mailPage {
		return newMailPage(at(page, mailPath(mail.ID)), mail, sampleCatalogue, true)
	}
	waiting := show(sampleMail(301, notice.Pending))
	waiting.Sending = v.newOrderView(sampleOrder(4001, outbox.SendMail, outbox.Retrying), mayAll)
	stuck := waiting
	stuck.Sending = v.newOrderView(sampleOrder(4001, outbox.SendMail, outbox.Abandoned), mayAll)
	corrected := waiting
	corrected.Flash = "done.adresse-corrigee"
	erased := sampleMail(303, notice.Bounced)
	erased.Erased = true
	unknown := sampleMail(304, notice.Sent)
	unknown.Kind, unknown.Subject = "rappel", hostile+endless
	typed := form.Field{Name: addressField(1), Value: "lea.fontaine@logiciel-exemple"}
	return []web.Sample[mailPage]{
		{Name: "en-attente", Content: waiting},
		{Name: "envoi-abandonne", Content: stuck},
		{Name: "corrigee", Content: corrected},
		{Name: "remis", Content: show(sampleMail(302, notice.Sent))},
		{Name: "a-corriger", Content: show(sampleMail(303, notice.Bounced))},
		{Name: "refuse", Content: show(sampleMail(303, notice.Bounced)).refused(1, typed.Refused("mail.address_invalid"))},
		{Name: "deja-destinataire", Content: show(sampleMail(303, notice.Bounced)).refused(1, typed.Refused("mail.address_taken"))},
		{Name: "toutes-les-causes", Content: show(refusedMail())},
		{Name: "efface", Content: show(erased)},
		{Name: "inconnu", Content: show(unknown)},
		{Name: "retire", Content: show(sampleMail(305, notice.Withdrawn))},
		{Name: "sans-droit", Content: newMailPage(at(page, mailPath(303)), sampleMail(303, notice.Bounced), sampleCatalogue, false)},
	}
}
