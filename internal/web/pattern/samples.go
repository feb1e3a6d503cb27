package pattern

import (
	"fmt"
	"net/url"
	"strings"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

const listPath = "/administration/mails"

// mails is the listing of the sample, as a real page declares its own.
var mails = web.Listing{
	Path: listPath,
	Filters: []web.Filter{
		web.ChoiceFilter("etat", "pattern.state", "sent", "pending", "bounced"),
		web.OptionFilter("editeur", []dsfr.Option{{Value: "1", Text: "Arpège"}, {Value: "2", Text: "Logiciels d’Exemple"}}),
		web.DayFilter("du"),
		web.DayFilter("au"),
	},
	Sorts: []string{"-date", "destinataire"},
}

// administrator frames a page as an administrator sees it.
func administrator(page web.Page, path string) web.ProPage {
	page.Path, page.Contact = path, "api-particulier@api.gouv.fr"
	links := []web.NavLink{{Code: "accueil", URL: "/administration"}}
	for _, code := range []string{"comptes", "invitations", "sessions", "organisations", "envois", "mails", "taches", "journal"} {
		links = append(links, web.NavLink{Code: code, URL: "/administration/" + code})
	}
	links[5].Count = 1234
	return web.ProPage{
		Page: page, Person: "Camille Ferrand", Organisation: "Direction interministérielle du numérique",
		Space: account.SpaceAdministration, SeveralSpaces: true, Navigation: web.MarkCurrent(links, path),
	}
}

// townAgent has one space, few links, and the longest names that ProConnect lets through.
func townAgent(page web.Page, path string) web.ProPage {
	page.Path, page.Contact = path, "api-particulier@api.gouv.fr"
	links := []web.NavLink{{Code: "accueil", URL: "/collectivite"}, {Code: "demandes", URL: "/collectivite/demandes"}}
	return web.ProPage{
		Page: page, Person: strings.Repeat("Marie-Antoinette ", 15) + strings.Repeat("VANDENBERGHE", 5),
		Organisation: "Communauté d’agglomération du Val-de-la-Grande-Rivière et des Plateaux-de-Sainville " + strings.Repeat("SAINVILLE", 12),
		Space:        account.SpaceTown, Navigation: web.MarkCurrent(links, path),
	}
}

func homeSamples(page web.Page) []web.Sample[homePage] {
	home := administrator(page, "/administration")
	quiet := townAgent(page, "/collectivite")
	return []web.Sample[homePage]{
		{Name: "tout", Content: homePage{ProPage: home, Dead: 1, Bounced: 12, Invited: 2550}},
		{Name: "une-chose", Content: homePage{ProPage: home, Bounced: 1}},
		{Name: "rien", Content: homePage{ProPage: quiet}},
	}
}

func listSamples(page web.Page) []web.Sample[listPage] {
	frame := administrator(page, listPath)
	show := func(asked string, total int, rows []row) listPage {
		query, err := url.ParseQuery(asked)
		if err != nil {
			panic(err) // a sample of ours
		}
		return listPage{ProPage: frame, List: mails.Read(query).List(total), Rows: rows}
	}
	few := sampleRows(4)
	done := show("", len(few), few)
	done.Flash = "pattern.sent_again"
	long := sampleRows(3)
	for i := range long {
		long[i].Subject, long[i].Address = strings.Repeat("Prolongation ", 20), strings.Repeat("enfance", 30)+"@majastres.example.fr"
	}
	everything := "q=" + strings.Repeat("majastres+", 19) + "&etat=bounced&editeur=2&du=2026-11-01&au=2026-11-30&tri=destinataire"
	return []web.Sample[listPage]{
		{Name: "pleine", Content: show("page=2", 312, sampleRows(25))},
		{Name: "courte", Content: done},
		{Name: "criteres", Content: show(everything, 3, long)},
		{Name: "vide", Content: show("", 0, nil)},
		{Name: "sans-resultat", Content: show("q=nulle+part&etat=sent", 0, nil)},
		{Name: "au-dela", Content: show("page=40", 312, nil)},
	}
}

func sampleRows(count int) []row {
	rows := make([]row, count)
	for i := range rows {
		rows[i] = row{
			ID: fmt.Sprint(4000 + i), Subject: "Votre jeton expire dans 30 jours", Kind: "pattern.kind.reminder",
			Address: fmt.Sprintf("service.enfance.%d@majastres.example.fr", i+1),
			State:   [...]string{"sent", "pending", "bounced"}[i%3], Stopped: i%3 == 2,
			At: web.Moment{Year: 2026, Month: 11, Day: 23 - i%20, Hour: 10, Minute: i},
		}
	}
	return rows
}

func formSamples(page web.Page) []web.Sample[formPage] {
	empty := readForm(url.Values{})
	empty.ProPage = administrator(page, "/administration/invitations")
	refused := readForm(url.Values{
		"mail": {"camille.ferrand"}, "motif": {"\n\nUne première ligne.\nUne autre <b>."}, "avis": {"jour", "semaine"}, "fin": {"32/13/2026"}, "canal": {"mail"},
	})
	refused.ProPage = empty.ProPage
	refused.Mail = refused.Mail.Refused("pattern.mail_invalid")
	refused.Siret = refused.Siret.Refused("pattern.siret_required")
	refused.Role = refused.Role.Refused("pattern.role_required")
	refused.Channel = refused.Channel.Refused("pattern.channel_refused")
	refused.Notices = refused.Notices.Refused("pattern.notices_required")
	refused.Reason = refused.Reason.Refused("pattern.reason_required")
	refused.Agreed = refused.Agreed.Refused("pattern.agreement_required")
	refused.Problems = form.Problems(refused.Mail, refused.Siret, refused.Role, refused.Channel,
		refused.Notices.Field(), refused.Until, refused.Reason, refused.Agreed)
	return []web.Sample[formPage]{{Name: "vierge", Content: empty}, {Name: "refuse", Content: refused}}
}

// readForm reads the form as a handler does.
func readForm(sent url.Values) formPage {
	until, _ := form.Day(sent, "fin")
	return formPage{
		Mail: form.Text(sent, "mail", 254), Siret: form.Text(sent, "siret", 20),
		Role: form.OneOf(sent, "role", "admin", "support"), Channel: form.OneOf(sent, "canal", "mail", "phone"),
		Notices: form.AnyOf(sent, "avis", "jour", "semaine"), Until: until,
		Reason: form.Text(sent, "motif", 2000), Agreed: form.OneOf(sent, "accord", "oui"),
		Channels: []dsfr.Option{{Value: "mail", Code: "pattern.channel.mail"}, {Value: "phone", Code: "pattern.channel.phone"}},
	}
}

func confirmationSamples(page web.Page) []web.Sample[confirmationPage] {
	return []web.Sample[confirmationPage]{
		{Name: "page", Content: confirmationPage{ProPage: administrator(page, "/administration/comptes/12/acces"), Name: "Dominique Talbot"}},
		{Name: "nom-long", Content: confirmationPage{ProPage: townAgent(page, "/collectivite/acces"), Name: strings.Repeat("DUBOIS", 40)}},
	}
}

func plainSamples(page web.Page) []web.Sample[web.ProPage] {
	page.Path, page.Contact = "/connexion", "api-particulier@api.gouv.fr"
	signedIn := administrator(page, "/espaces")
	signedIn.Space, signedIn.Navigation = "", nil
	return []web.Sample[web.ProPage]{
		{Name: "personne", Content: web.ProPage{Page: page}},
		{Name: "connecte", Content: signedIn},
	}
}
