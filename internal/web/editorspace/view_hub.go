package editorspace

import (
	"strconv"
	"strings"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// The fields of the pages about HubEE.
const (
	fieldTicked = "siret"
	fieldList   = "liste"
)

// hubPage lists the accesses to HubEE. No page of a list holds a secret, nor an identifier.
type hubPage struct {
	web.ProPage
	List     web.List
	Rows     []hubRow
	Counts   credential.HubCounts
	Portal   string // address of HubEE's own
	Tickable bool   // a row may be ticked
	Action   string // of the form of the ticked rows
}

// hubRow is a town in a list.
type hubRow struct {
	Town, Siret string
	URL         string
	Phase       string // code of its words
	Account     hubStateView
	Ticked      string // the value of its box; "" for none
	BoxID       string
}

// hubStateView is where a pair stands, in words: editorspace/partials/hub_state.
type hubStateView struct {
	State    credential.HubAccountState
	Severity string
	Since    web.Moment
	Next     *hubStateView // of the candidate; nil without
}

var hubSeverities = map[credential.HubAccountState]string{
	credential.HubAccountToFetch: "info", credential.HubAccountNotYet: "info", credential.HubAccountFetched: "success",
	credential.HubAccountDeposited: "info", credential.HubAccountTested: "success", credential.HubAccountRefused: "error",
	credential.HubAccountUntestable: "warning",
}

func newHubStateView(access credential.HubAccess) hubStateView {
	state := access.AccountState()
	view := hubStateView{State: state, Severity: hubSeverities[state], Since: web.MomentOf(access.Account.StateAt)}
	if next := access.Account.Next; next.State != credential.HubAccountNone {
		view.Next = &hubStateView{State: next.State, Severity: hubSeverities[next.State], Since: web.MomentOf(next.StateAt)}
	}
	return view
}

// phaseWords is the code of where a subscription stands, as an editor reads it.
func phaseWords(access credential.HubAccess) string {
	if access.State == credential.Failed { // nothing that an editor can mend
		return "subscription.client.en_erreur"
	}
	return "subscription.state." + string(access.Phase())
}

func newHubRows(listed []credential.HubAccess) (rows []hubRow, tickable bool) {
	for _, access := range listed {
		row := hubRow{
			Town: web.Typographic(access.Town), Siret: access.Siret.Display(), URL: hubTownPath(access.Siret), Phase: phaseWords(access),
			Account: newHubStateView(access),
		}
		if access.AccountState() == credential.HubAccountToFetch {
			row.Ticked, row.BoxID = access.Siret.String(), fieldTicked+"-"+access.Siret.String()
			if !tickable { // where a problem leads
				row.BoxID = fieldTicked
			}
			tickable = true
		}
		rows = append(rows, row)
	}
	return rows, tickable
}

func newHubPage(page web.ProPage, list web.List, listed []credential.HubAccess, counts credential.HubCounts) hubPage {
	p := hubPage{ProPage: page, List: list, Counts: counts, Action: hubFetchedPath}
	p.Rows, p.Tickable = newHubRows(listed)
	if _, criteria, found := strings.Cut(list.FirstURL, "?"); found {
		p.Action += "?" + criteria
	}
	return p
}

func hubTownPath(siret value.Siret) string { return hubPath + "/" + siret.String() }

// hubTownPage is the access to HubEE of one town.
type hubTownPage struct {
	web.ProPage
	Town, Siret, URL string
	Ticked           string // the SIRET as it is sent
	Portal           string
	Phase            string // code of its words
	HubID, HubKey    string // "" until HubEE has told them
	Account          hubStateView
	By               string // who deposited it, or noted that it is fetched
	At               web.Moment
	ClientID         string
	Next             hubDepositView // the candidate
	Kept             bool           // the secret is here
	Known            bool           // something is known of it
	Form             hubForm
}

// hubDepositView is what is said of a deposit, besides where it stands.
type hubDepositView struct {
	ClientID, By string
	At           web.Moment
}

func newHubTownPage(page web.ProPage, access credential.HubAccess, fields hubForm) hubTownPage {
	page.Problems = form.Problems(fields.ID, fields.Secret)
	p := hubTownPage{
		ProPage: page, Town: web.Typographic(access.Town), Siret: access.Siret.Display(), URL: hubTownPath(access.Siret), Ticked: access.Siret.String(),
		Phase: phaseWords(access), HubID: access.HubID, Account: newHubStateView(access), By: access.Account.By, At: web.MomentOf(access.Account.At),
		ClientID: access.Account.ClientID, Next: hubDepositView{access.Account.Next.ClientID, access.Account.Next.By, web.MomentOf(access.Account.Next.At)},
		Kept: access.Account.State.Kept(), Known: access.Account.State != credential.HubAccountNone, Form: fields,
	}
	if key := access.Key(); key != (credential.OrganisationKey{}) {
		p.HubKey = key.String()
	}
	return p
}

// hubPairPage shows the pair of a town, once.
type hubPairPage struct {
	web.ProPage
	Town, Siret, URL string
	ClientID, Secret string
	Refused          bool
	Next             bool // another pair was deposited after this one
}

func newHubPairPage(page web.ProPage, access credential.HubAccess, pair credential.HubPair) hubPairPage {
	return hubPairPage{
		ProPage: page, Town: web.Typographic(access.Town), Siret: access.Siret.Display(), URL: hubTownPath(access.Siret),
		ClientID: pair.ClientID, Secret: pair.Secret.Reveal(), Refused: access.Account.State == credential.HubAccountRefused,
		Next: access.Account.Next.State != credential.HubAccountNone,
	}
}

// hubErasurePage asks once more before what is known of a pair is forgotten.
type hubErasurePage struct {
	web.ProPage
	Town, URL string
	Kept      bool // a secret goes; else a note
}

func newHubErasurePage(page web.ProPage, access credential.HubAccess) hubErasurePage {
	return hubErasurePage{ProPage: page, Town: web.Typographic(access.Town), URL: hubTownPath(access.Siret), Kept: access.Account.State.Kept()}
}

// hubPastePage asks for a list, and says what is wrong with the one that was sent.
type hubPastePage struct {
	web.ProPage
	List      form.Field
	Most      int // lines
	Refused   []hubLineView
	Kept      int    // lines that are recorded
	Repeated  int    // lines that said the same as another
	ReportURL string // of those that are recorded; "" for none
}

// hubLineView is a line that is refused, and why: never what it holds.
type hubLineView struct {
	Number int
	Siret  string // "" where it has none that can be read
	Code   string
}

func newHubPastePage(page web.ProPage, list form.Field) hubPastePage {
	page.Problems = form.Problems(list)
	return hubPastePage{ProPage: page, List: list, Most: credential.MaxHubLines}
}

// told says what became of each line, and gives back those that are refused.
func (p hubPastePage) told(lines []credential.HubLine, batch int64) hubPastePage {
	var back []string
	for _, line := range lines {
		switch {
		case line.Code != "":
			view := hubLineView{Number: line.Number, Code: line.Code}
			if line.Siret != "" {
				view.Siret = line.Siret.Display()
			}
			p.Refused, back = append(p.Refused, view), append(back, line.Text.Reveal())
		case line.Repeats != 0:
			p.Repeated++
		default:
			p.Kept++
		}
	}
	if batch != 0 {
		p.ReportURL = hubReportsPath + "/" + strconv.FormatInt(batch, 10)
	}
	if len(p.Refused) > 0 {
		p.List.Value = strings.Join(back, "\n")
		p.List = p.List.Refused("hub_account.lines_refused")
		p.Problems = form.Problems(p.List)
	}
	return p
}

// reportSize is how many lines of a report are on a page.
const reportSize = 50

func reportListing(batch int64) web.Listing {
	return web.Listing{Path: hubReportsPath + "/" + strconv.FormatInt(batch, 10), Size: reportSize}
}

// hubReportPage tells what has become of a list.
type hubReportPage struct {
	web.ProPage
	URL    string
	List   web.List
	Rows   []hubRow
	Counts credential.HubCounts
}

func newHubReportPage(page web.ProPage, batch int64, list web.List, listed []credential.HubAccess, counts credential.HubCounts) hubReportPage {
	p := hubReportPage{ProPage: page, URL: reportListing(batch).Path, List: list, Counts: counts}
	p.Rows, _ = newHubRows(listed)
	return p
}
