package editorspace

import (
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
)

// moment is when a page is made, and what the tokens of the portal begin with.
type moment struct {
	Now    time.Time
	Prefix credential.TokenPrefix
}

// renewalsPage lists the clients whose token expires or is cut: no identity.
type renewalsPage struct {
	web.ProPage
	Tabs   []web.RenewalTab
	List   web.List
	Rows   []renewalRow
	Nudges bool // some of the requesters may be asked to prolong, by the reader
	Counts []dangerCount
	Sheet  string // address of the same list for a spreadsheet
}

// renewalRow is a token of a client, and how its requester is asked to prolong it.
type renewalRow struct {
	web.RiskView
	Nudging web.Nudging
}

// ownRisks are the tokens of an editor's clients that a page lists.
type ownRisks struct {
	Found  []renewal.Risk
	Total  int
	Nudged map[string]time.Time // when the editor asked that they be prolonged
	Counts renewal.RiskCounts
}

// dangerCount is how many tokens are near their expiry, with where they are listed.
type dangerCount struct {
	Code  string
	Count int
	URL   string
}

func newRenewalsPage(page web.ProPage, asked web.Criteria, of ownRisks, mayNudge bool, m moment) renewalsPage {
	p := renewalsPage{ProPage: page, Tabs: web.RenewalTabs(account.SpaceEditor, renewalsPath), List: asked.List(of.Total), Sheet: renewalsPath + "/export.csv"}
	if _, query, found := strings.Cut(asked.Address(), "?"); found {
		p.Sheet += "?" + query
	}
	for _, risk := range of.Found {
		row := renewalRow{RiskView: web.NewRiskView(risk, m.Prefix, m.Now)}
		row.Nudging = web.NewNudging(renewal.File{TokenFile: risk.TokenFile, Amendment: risk.Amendment, NudgedAt: of.Nudged[risk.ID], MailRefused: risk.RefusedMail != 0}, mayNudge, m.Now).In(row.Name, asked.Address())
		p.Rows, p.Nudges = append(p.Rows, row), p.Nudges || row.Nudging.URL != ""
	}
	for _, danger := range []struct {
		danger renewal.Danger
		count  int
	}{{renewal.InThirty, of.Counts.InThirty}, {renewal.InSeven, of.Counts.InSeven}, {renewal.AlreadyCut, of.Counts.Cut}} {
		if danger.count > 0 {
			p.Counts = append(p.Counts, dangerCount{string(danger.danger), danger.count, renewalsPath + "?" + filterDanger + "=" + string(danger.danger)})
		}
	}
	return p
}
