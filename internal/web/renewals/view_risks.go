package renewals

import (
	"net/url"
	"strconv"

	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
)

// risksPage lists the tokens at risk.
type risksPage struct {
	listPage
	Counts []dangerCount
}

// dangerCount is how many tokens are near their expiry, with where they are listed.
type dangerCount struct {
	Code  string
	Count int
	URL   string
}

// listPage lists tokens at risk, all of them or some.
type listPage struct {
	web.ProPage
	Tabs     []web.RenewalTab
	List     web.List
	Rows     []riskRow
	Sheet    string // address of the same list for a spreadsheet; "" for none
	Contacts bool   // the reader may see the agents of towns
	Corrects bool   // the reader may correct an address
}

// riskRow is a token at risk in a list.
type riskRow struct {
	web.RiskView
	Editor string // "" without an editor
	// MailURL is where the address is corrected; "" for who may not, or where nothing is wrong.
	MailURL    string
	RequestURL string // of the habilitation; "" for who may not read it
	Contact    contactView
	TownPhone  string // where the town answers the public; "" for who may not see its contacts
	Refused    string // the address that was refused: whoever watches may have to find the right one
}

// contactView is the agent who made the request; zero for who may not see it.
type contactView struct{ Name, Job, Phone, Mail string }

func newRiskRow(r renewal.Risk, by reader, m moment) riskRow {
	row := riskRow{
		RiskView: web.NewRiskView(r, m.Prefix, m.Now), Editor: editorOf(r), Refused: r.RefusedAddress,
	}
	if r.RefusedMail != 0 && by.Mails {
		row.MailURL = "/administration/mails/" + strconv.FormatInt(r.RefusedMail, 10) // package operations
	}
	if by.Contacts {
		row.RequestURL = by.Root + "/habilitations/" + strconv.FormatInt(int64(r.Request), 10) // package habilitations
		row.TownPhone = r.TownPhone
		row.Contact = contactView{Name: web.Typographic(r.Requester.Name()), Job: web.Typographic(r.Requester.Job), Phone: r.Requester.Phone, Mail: r.Requester.Mail}
	}
	return row
}

// editorOf is the name of the editor, its SIRET where nobody told it, or nothing.
func editorOf(r renewal.Risk) string {
	if r.Editor == "" || r.Addressees.Editor == "" {
		return r.Editor.Display()
	}
	return web.Typographic(r.Addressees.Editor)
}

func newListPage(page web.ProPage, part string, asked web.Criteria, total int, found []renewal.Risk, by reader, m moment) listPage {
	p := listPage{ProPage: page, Tabs: by.tabs(part), List: asked.List(total), Contacts: by.Contacts, Corrects: by.Mails}
	for _, risk := range found {
		p.Rows = append(p.Rows, newRiskRow(risk, by, m))
	}
	switch part {
	case rootPart:
		p.Sheet = sheetOf(by.Root, asked)
	case callsPart:
		p.Sheet = sheetOf(by.Root, asked, filterDanger, string(renewal.AlreadyCut), "tri", sortKeys[renewal.RiskOrder(asked.Sort)])
	}
	return p
}

func newRisksPage(page web.ProPage, asked web.Criteria, total int, found []renewal.Risk, counts renewal.RiskCounts, by reader, m moment) risksPage {
	p := risksPage{listPage: newListPage(page, rootPart, asked, total, found, by, m)}
	for _, danger := range []struct {
		danger renewal.Danger
		count  int
	}{{renewal.InThirty, counts.InThirty}, {renewal.InSeven, counts.InSeven}, {renewal.AlreadyCut, counts.Cut}} {
		if danger.count > 0 {
			address := by.Root + rootPart + "?" + url.Values{filterDanger: {string(danger.danger)}}.Encode()
			p.Counts = append(p.Counts, dangerCount{string(danger.danger), danger.count, address})
		}
	}
	return p
}
