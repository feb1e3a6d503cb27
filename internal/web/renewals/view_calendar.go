package renewals

import (
	"net/url"
	"strconv"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// calendarPage counts the reminders to come.
type calendarPage struct {
	web.ProPage
	Tabs   []web.RenewalTab
	Own    bool       // the reader is an editor, who reads of its clients
	Months bool       // by month; of one month, by day
	Month  web.Moment // that month
	AllURL string     // where they are counted by month
	// FormerURL and NextURL are of the months around it that have reminders; "" for none.
	FormerURL, NextURL string
	Former, Next       web.Moment
	Rows               []periodRow
	Total              int
}

// periodRow counts the reminders of a month or of a day.
type periodRow struct {
	At     web.Moment
	URL    string // "" where its tokens are not listed
	Stages []stageCount
	Total  int
}

// stageCount counts the reminders of a stage.
type stageCount struct {
	Code  string
	Count int
}

func newPeriodRow(at time.Time, address string, stages map[renewal.Stage]int) periodRow {
	row := periodRow{At: web.MomentOf(at), URL: address}
	for _, stage := range renewal.Stages {
		row.Stages = append(row.Stages, stageCount{stageCode(stage), stages[stage]})
		row.Total += stages[stage]
	}
	return row
}

func monthOf(day time.Time) string { return value.InParis(day).Format(monthFormat) }

func monthURL(root string, day time.Time) string {
	return root + calendarPart + "?" + url.Values{paramMonth: {monthOf(day)}}.Encode()
}

// newCalendarPage counts by day the reminders of a month that has some, else all by month.
func newCalendarPage(page web.ProPage, days []renewal.Day, month time.Time, by reader) calendarPage {
	p := calendarPage{ProPage: page, Tabs: by.tabs(calendarPart), Own: by.Editor != "", AllURL: by.Root + calendarPart}
	asked := month.Format(monthFormat)
	for _, day := range days {
		switch of := monthOf(day.Day); {
		case of < asked:
			p.Former, p.FormerURL = web.MomentOf(day.Day), monthURL(by.Root, day.Day)
		case of == asked:
			p.Month = web.MomentOf(day.Day)
			address := ""
			if !p.Own {
				address = dayListing(by.Root, day.Day).Path
			}
			p.Rows = append(p.Rows, newPeriodRow(day.Day, address, day.Stages))
			p.Total += day.Total
		case p.NextURL == "":
			p.Next, p.NextURL = web.MomentOf(day.Day), monthURL(by.Root, day.Day)
		}
	}
	if len(p.Rows) > 0 {
		return p
	}
	return newMonthsPage(p, days, by)
}

func newMonthsPage(p calendarPage, days []renewal.Day, by reader) calendarPage {
	p.Months, p.FormerURL, p.NextURL = true, "", ""
	for i := 0; i < len(days); {
		first, stages := days[i].Day, map[renewal.Stage]int{}
		for ; i < len(days) && monthOf(days[i].Day) == monthOf(first); i++ {
			for stage, count := range days[i].Stages {
				stages[stage] += count
			}
			p.Total += days[i].Total
		}
		p.Rows = append(p.Rows, newPeriodRow(first, monthURL(by.Root, first), stages))
	}
	return p
}

// dayPage lists the tokens that are reminded of on a day.
type dayPage struct {
	web.ProPage
	Day         web.Moment
	CalendarURL string
	MonthURL    string
	List        web.List
	Rows        []plannedRow
}

// plannedRow is a token with the reminder that is to come.
type plannedRow struct {
	TokenURL, Display, Name, Siret string
	Editor                         string // "" without an editor
	Stage                          string // code of its words
	ExpiresAt                      web.Moment
	Nobody                         bool // nobody has an address to write to
}

func newDayPage(page web.ProPage, day time.Time, list web.List, found []renewal.Planned, by reader, m moment) dayPage {
	p := dayPage{ProPage: page, Day: web.MomentOf(day), CalendarURL: by.Root + calendarPart, MonthURL: monthURL(by.Root, day), List: list}
	for _, planned := range found {
		p.Rows = append(p.Rows, newPlannedRow(planned.TokenFile, planned.Stage, m))
	}
	return p
}

func newPlannedRow(f credential.TokenFile, stage renewal.Stage, m moment) plannedRow {
	row := plannedRow{
		TokenURL: "/jetons/" + f.ID, Display: f.Display(m.Prefix), Name: web.Typographic(f.Organisation), Siret: f.Siret.Display(),
		Editor: editorOf(renewal.Risk{TokenFile: f}), Stage: stageCode(stage), ExpiresAt: web.MomentOf(f.ExpiresAt),
		Nobody: f.Addressees.Requester == "" && f.Addressees.Technical == "",
	}
	if row.Name == "" {
		row.Name = row.Siret
	}
	return row
}

// funnelPage tells what became of the expiries, and what was not decided in time.
type funnelPage struct {
	web.ProPage
	Tabs            []web.RenewalTab
	Own             bool // the reader is an editor: no instruction
	Months          []funnelRow
	Missed, Pressed []undecidedRow
	MissedCount     int
}

// MoreMissed is how many are not listed; templates call it.
func (p funnelPage) MoreMissed() int { return p.MissedCount - len(p.Missed) }

// funnelRow is what became of the expiries of a month.
type funnelRow struct {
	renewal.FunnelMonth
	At    web.Moment
	Share int  // prolonged, in percent
	Ahead bool // of some of them the expiry is to come
}

// undecidedRow is a modification that was, or will be, not decided in time.
type undecidedRow struct {
	Number, URL, Name, Siret string // URL is "" for who may not instruct
	Countdown                web.Countdown
	Waits                    bool       // the token still has that expiry
	Until                    web.Moment // the expiry that it has since; not known where it was not prolonged
	FiledAt, EndedAt         web.Moment // EndedAt is not known where it waits
}

// undecidedShown bounds a list: there should be none.
const undecidedShown = 50

func newFunnelPage(page web.ProPage, months []renewal.FunnelMonth, held renewal.Held, by reader, m moment) funnelPage {
	p := funnelPage{ProPage: page, Tabs: by.tabs(funnelPart), Own: by.Editor != "", Missed: newUndecidedRows(held.Missed, by, m), Pressed: newUndecidedRows(held.Pressed, by, m)}
	p.MissedCount = len(p.Missed)
	p.Missed = p.Missed[:min(p.MissedCount, undecidedShown)]
	for _, month := range months {
		row := funnelRow{FunnelMonth: month, At: web.MomentOf(month.Month), Ahead: monthOf(month.Month) >= monthOf(m.Now)}
		if month.Tokens > 0 {
			row.Share = month.Prolonged() * 100 / month.Tokens
		}
		p.Months = append(p.Months, row)
	}
	return p
}

func newUndecidedRows(found []renewal.Undecided, by reader, m moment) []undecidedRow {
	var rows []undecidedRow
	for _, u := range found {
		row := undecidedRow{
			Number: u.Request.String(), Name: web.Typographic(u.Organisation), Siret: u.Siret.Display(), Countdown: web.NewCountdown(u.Expiry, m.Now),
			FiledAt: web.MomentOf(u.FiledAt), EndedAt: web.MomentOf(u.EndedAt),
		}
		if row.Waits = u.Until.Equal(u.Expiry); u.Until.After(u.Expiry) {
			row.Until = web.MomentOf(u.Until)
		}
		if row.Name == "" {
			row.Name = row.Siret
		}
		if by.Requests {
			row.URL = "/instruction/demandes/" + strconv.FormatInt(int64(u.Request), 10) // package instruction
		}
		rows = append(rows, row)
	}
	return rows
}
