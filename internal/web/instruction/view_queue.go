package instruction

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// queuePage lists the requests.
type queuePage struct {
	web.ProPage
	List    web.List
	Rows    []queueRow
	Claims  bool // the claims to decide are listed
	Lost    *lostView
	Sheet   string // address of the same list as a sheet
	Filters []filterView
	// Query is what is asked, for a filter to keep; "" where nothing is.
	Query string
	Name  form.Field // of the filter to keep
}

// lostView is where else to look for what somebody typed, where the queue has nothing of it.
type lostView struct {
	Usual            bool   // only what is to be instructed was looked through
	AllURL           string // "" where every request was
	HabilitationsURL string // package habilitations
}

// newLostView is nil where nobody typed anything. A number that somebody quotes is looked for
// at every stage already (request.Search).
func newLostView(asked web.Criteria, query string) *lostView {
	if asked.Search == "" {
		return nil
	}
	view := &lostView{HabilitationsURL: addressOf(habilitationsPath, "", "q", asked.Search)}
	named, _ := habilitation.ReadNamed(asked.Search)
	quoted := (named.Request != 0 || named.Habilitation != 0) && named.SiretStart == ""
	stage := request.Stage(asked.Filter("etape"))
	view.Usual = stage == request.StageToInstruct && !quoted
	if everywhere := stage == request.StageAny || stage == request.StageToInstruct && quoted; !everywhere {
		view.AllURL = addressOf(queuePath, query, "etape", string(request.StageAny))
	}
	return view
}

// filterView is a search that the person keeps.
type filterView struct{ Name, URL, EraseURL string }

// queueRow is a request in the list.
type queueRow struct {
	URL, Name, Siret, Number string
	Modification             bool
	Urgent                   bool   // a modification that waits for the instructors
	Software                 string // "" on the generic form
	Editor                   string // "" where there is none, or none is confirmed yet
	Departement              string // "" where it is not known
	Filed                    filedView
	EditedAt                 web.Moment
	Assignee                 string // "" for nobody
	Mine                     bool
	State                    stateView
	Unread                   int
	Claimed                  bool
	Renewal                  *web.Countdown // of the token that it prolongs; nil for none
}

func newQueuePage(page web.ProPage, asked web.Criteria, total int, kept []request.Filter) queuePage {
	list := asked.List(total)
	list.Offered = true // what waits nowhere may be elsewhere
	_, query, _ := strings.Cut(list.FirstURL, "?")
	p := queuePage{
		ProPage: page, List: list, Claims: asked.Filter("etape") == string(request.StageClaimed), Query: query,
		Sheet: addressOf(queuePath+"/export.csv", query), Name: form.Field{Name: fieldFilterName},
	}
	if total == 0 && !list.Beyond {
		p.Lost = newLostView(asked, query)
	}
	for _, filter := range kept {
		p.Filters = append(p.Filters, filterView{
			Name: filter.Name, URL: addressOf(queuePath, filter.Query), EraseURL: queuePath + "/filtres/" + strconv.FormatInt(filter.ID, 10) + "/suppression",
		})
	}
	return p
}

// addressOf joins an address and what is asked of it, written anew: nothing but parameters, some
// of them changed: name, value, and so on.
func addressOf(path, query string, changes ...string) string {
	read, err := url.ParseQuery(query)
	if err != nil {
		return path
	}
	for i := 0; i+1 < len(changes); i += 2 {
		read.Set(changes[i], changes[i+1])
	}
	if len(read) == 0 {
		return path
	}
	return path + "?" + read.Encode()
}

// newQueueRow shows a request to a person. One that DataPass has is only there for who claims
// it.
func newQueueRow(q request.Queued, reader int64, now time.Time) queueRow {
	row := queueRow{
		URL: pathOf(q.Number), Name: web.Typographic(q.Organisation), Siret: q.Siret.Display(), Number: q.Number.String(),
		Modification: q.Modification(), Urgent: q.Modification() && q.Phase == request.Filed, Software: web.Typographic(q.Software), Editor: web.Typographic(q.Editor), Departement: q.Departement,
		Filed: newFiledView(q.FirstFiledAt, q.FiledAt, q.Phase, now), EditedAt: web.MomentOf(q.EditedAt), Assignee: q.Assignee.Name,
		Mine: !q.Assignee.IsZero() && q.Assignee.ID == reader, State: newStateView(q.State, q.Phase), Unread: q.Unread, Claimed: q.Claimed,
	}
	if row.Name == "" {
		row.Name = row.Siret
	}
	if q.Phase == "" {
		row.URL = claimPath(q.Number)
	}
	if !q.Renewal.IsZero() {
		left := web.NewCountdown(q.Renewal.Expiry, now)
		row.Renewal = &left
	}
	return row
}
