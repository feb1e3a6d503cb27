package renewal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
)

// Watch tells those who watch over the prolongations, and editors of their own clients, what is
// to come and who is at risk. It changes nothing.
type Watch struct {
	Store WatchStore
	Now   func() time.Time // business time
}

// WatchStore is what a watch needs of a store.
type WatchStore interface {
	// ListCycles lists the expiries before a time of the tokens of which people are reminded,
	// with how many tokens share each and how far their reminders are. They are those of an
	// editor, "" for all.
	ListCycles(ctx context.Context, editor value.Siret, before time.Time) ([]Cycle, error)
	// ListPlanned lists the tokens that are reminded of on a day, and tells how many there are.
	ListPlanned(ctx context.Context, query DayQuery) ([]Planned, int, error)
	// ListRisks lists the tokens that match, and tells how many there are.
	ListRisks(ctx context.Context, query RiskQuery) ([]Risk, int, error)
	// CountRisks counts the tokens at risk of an editor, "" for all.
	CountRisks(ctx context.Context, editor value.Siret, now time.Time) (RiskCounts, error)
	// ListFunnel tells what became of the expiries between two times, by month, of the tokens of
	// an editor, "" for all.
	ListFunnel(ctx context.Context, editor value.Siret, from, before time.Time) ([]FunnelMonth, error)
	// ListUndecided lists the modifications for tokens that expire between two times, filed
	// before the expiry and not decided at it; where the expiry is to come, not decided yet.
	ListUndecided(ctx context.Context, from, before time.Time) ([]Undecided, error)
	// CountLate counts the tokens that are cut at a time, and the modifications for tokens that
	// expired since another one, filed before the expiry and not decided yet.
	CountLate(ctx context.Context, from, now time.Time) (Late, error)
}

// calendarMonths is how far a calendar looks: as long as a token lasts.
const calendarMonths = credential.TokenLife

// Cycle is how far the reminders of an expiry are, for the tokens that share it.
type Cycle struct {
	Expiry time.Time // its civil day alone counts
	Told   []Stage   // recorded for these tokens
	// Before are recorded for those that these replace, and had the same expiry.
	Before []Stage
	Tokens int
}

// Coming is a reminder to come of a cycle.
type Coming struct {
	Day   time.Time // from its beginning in Paris
	Stage Stage
}

// Coming foresees the reminders of a cycle that begin before a time, as the daily work will
// record them if it runs every day and nobody prolongs. What is due and not recorded comes today.
func (c Cycle) Coming(now, before time.Time) []Coming {
	today := DayIn(now, 0)
	due, isDue := Due(DaysLeft(c.Expiry, now))
	var coming []Coming
	for _, stage := range Stages {
		day := stage.DayOf(c.Expiry)
		if !day.After(today) {
			if !isDue || stage != due || slices.Contains(c.Before, stage) {
				continue
			}
			day = today
		}
		told := slices.ContainsFunc(c.Told, func(recorded Stage) bool { return recorded <= stage })
		if !told && day.Before(before) {
			coming = append(coming, Coming{day, stage})
		}
	}
	return coming
}

// Day counts the reminders of a day.
type Day struct {
	Day    time.Time // from its beginning in Paris
	Stages map[Stage]int
	Total  int
}

// Calendar foresees every reminder to come, day by day, for eighteen months, about the tokens of
// an editor, "" for all.
func (w *Watch) Calendar(ctx context.Context, editor value.Siret) ([]Day, error) {
	now := w.Now()
	end := DayIn(value.MonthsLater(now, calendarMonths), 1)
	cycles, err := w.Store.ListCycles(ctx, editor, DayIn(end, int(Stages[0])+1))
	if err != nil {
		return nil, fmt.Errorf("list the expiries to come: %w", err)
	}
	days := map[time.Time]*Day{}
	for _, cycle := range cycles {
		for _, coming := range cycle.Coming(now, end) {
			key := coming.Day.UTC()
			if days[key] == nil {
				days[key] = &Day{Day: coming.Day, Stages: map[Stage]int{}}
			}
			days[key].Stages[coming.Stage] += cycle.Tokens
			days[key].Total += cycle.Tokens
		}
	}
	var calendar []Day
	for _, day := range days {
		calendar = append(calendar, *day)
	}
	slices.SortFunc(calendar, func(a, b Day) int { return a.Day.Compare(b.Day) })
	return calendar, nil
}

// DayQuery asks for the tokens that are reminded of on a day.
type DayQuery struct {
	Day           time.Time
	Now           time.Time
	Offset, Limit int
}

// Planned is a token with the reminder that is to come.
type Planned struct {
	credential.TokenFile
	Stage Stage
}

// Planned lists the tokens whose reminder comes on a day, none for a day that has passed, and
// tells how many there are.
func (w *Watch) Planned(ctx context.Context, day time.Time, offset, limit int) ([]Planned, int, error) {
	now := w.Now()
	if day.Before(DayIn(now, 0)) {
		return nil, 0, nil
	}
	found, total, err := w.Store.ListPlanned(ctx, DayQuery{Day: day, Now: now, Offset: max(offset, 0), Limit: min(max(limit, 1), maxRisks)})
	if err != nil {
		return nil, 0, fmt.Errorf("list the reminders of a day: %w", err)
	}
	return found, total, nil
}

// Danger is how near a token at risk is to its expiry, as a criterion.
type Danger string

// The dangers.
const (
	AnyDanger  Danger = ""
	InThirty   Danger = "moins_de_30" // less than 30 days are left
	InSeven    Danger = "moins_de_7"
	AlreadyCut Danger = "coupe"
)

const (
	// NearDays and UrgentDays are below how many days left a token is near its expiry.
	NearDays   = 30
	UrgentDays = 7
	// maxRisks bounds a page, and maxRiskSheet a sheet: more than there are tokens.
	maxRisks     = 100
	maxRiskSheet = 40_000
)

// Dangers lists those that restrict.
var Dangers = [...]Danger{InThirty, InSeven, AlreadyCut}

// RiskOrder sorts a list of tokens at risk.
type RiskOrder string

// The orders: the first expiry, that of what was cut first; what was used last; the name.
const (
	ByExpiry  RiskOrder = "echeance"
	ByLastUse RiskOrder = "usage"
	ByTown    RiskOrder = "nom"
)

// RiskSearch is what somebody asks of the tokens at risk. What is empty does not restrict.
type RiskSearch struct {
	Text          string // see habilitation.ReadNamed
	Editor        value.Siret
	Departement   string
	Danger        Danger
	Refused       bool // those alone whose last reminder was refused by the requester's address
	Order         RiskOrder
	Reverse       bool
	Offset, Limit int
}

// RiskQuery is the search as understood: tokens that expire between two times.
type RiskQuery struct {
	habilitation.Named
	Editor        value.Siret
	Departement   string
	From, Before  time.Time // From is zero for no bound
	Refused       bool
	Order         RiskOrder
	Reverse       bool
	Now           time.Time
	Offset, Limit int
}

// Risk is a token that expires within Opening days, or has, and may still be prolonged.
type Risk struct {
	credential.TokenFile
	Departement string // "" where it is not known
	TownPhone   string // where the town answers the public; "" where it is not known
	// Requester is who made the request, with the address that is written to: a corrected one
	// takes the place of the one that was refused.
	Requester habilitation.Contact
	// Elsewhere: another system writes the mails.
	Elsewhere bool
	// RefusedMail is the last reminder where the requester's address was refused; 0 for none.
	// RefusedAddress is that address.
	RefusedMail    int64
	RefusedAddress string
	// CallsRefused is the last day on which its software still showed it, once it was cut.
	CallsRefused time.Time
	// Amendment is the modification that is under way for the prolongation: its request and
	// dates.
	Amendment    Amendment
	Told, Before []Stage
}

// DaysLeft is how many civil days are left before the expiry.
func (r Risk) DaysLeft(now time.Time) int { return DaysLeft(r.ExpiresAt, now) }

// Next is the next reminder. ok is false where none comes any more.
func (r Risk) Next(now time.Time) (next Coming, ok bool) {
	if r.Elsewhere {
		return Coming{}, false
	}
	coming := Cycle{Expiry: r.ExpiresAt, Told: r.Told, Before: r.Before}.Coming(now, DayIn(r.ExpiresAt, lastCall+1))
	if len(coming) == 0 {
		return Coming{}, false
	}
	return coming[0], true
}

// RiskCounts counts tokens at risk. InThirty holds InSeven.
type RiskCounts struct {
	All, InThirty, InSeven, Cut int
	// Refused are those whose requester's address was refused; Unaddressed those without any.
	Refused, Unaddressed int
}

// understood is false for a text that names nothing.
func (s RiskSearch) understood(now time.Time) (RiskQuery, bool) {
	named, mayMatch := habilitation.ReadNamed(s.Text)
	query := RiskQuery{
		Named: named, Before: DayIn(now, Opening+1), Refused: s.Refused, Order: ByExpiry, Reverse: s.Reverse, Now: now, Offset: max(s.Offset, 0), Limit: min(max(s.Limit, 1), maxRisks),
	}
	if siret, err := value.ParseSiret(s.Editor.String()); err == nil {
		query.Editor = siret
	}
	if slices.ContainsFunc(place.Departements(), func(d place.Division) bool { return d.Code == s.Departement }) {
		query.Departement = s.Departement
	}
	if s.Order == ByLastUse || s.Order == ByTown {
		query.Order = s.Order
	}
	switch s.Danger {
	case InThirty:
		query.From, query.Before = now, DayIn(now, NearDays)
	case InSeven:
		query.From, query.Before = now, DayIn(now, UrgentDays)
	case AlreadyCut:
		query.Before = now
	case AnyDanger:
	}
	return query, mayMatch
}

// Risks lists a page of the tokens at risk, and tells how many there are. A criterion that does
// not exist does not restrict.
func (w *Watch) Risks(ctx context.Context, search RiskSearch) ([]Risk, int, error) {
	query, mayMatch := search.understood(w.Now())
	if !mayMatch {
		return nil, 0, nil
	}
	found, total, err := w.Store.ListRisks(ctx, query)
	if err != nil {
		return nil, 0, fmt.Errorf("list the tokens at risk: %w", err)
	}
	return found, total, nil
}

// Export lists every token at risk that matches, for a sheet.
func (w *Watch) Export(ctx context.Context, search RiskSearch) ([]Risk, error) {
	query, mayMatch := search.understood(w.Now())
	if !mayMatch {
		return nil, nil
	}
	query.Offset, query.Limit = 0, maxRiskSheet
	found, _, err := w.Store.ListRisks(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list the tokens at risk for a sheet: %w", err)
	}
	return found, nil
}

// Counts counts the tokens at risk of an editor, "" for all.
func (w *Watch) Counts(ctx context.Context, editor value.Siret) (RiskCounts, error) {
	counts, err := w.Store.CountRisks(ctx, editor, w.Now())
	if err != nil {
		return RiskCounts{}, fmt.Errorf("count the tokens at risk: %w", err)
	}
	return counts, nil
}

// FunnelMonth is what became of the expiries of a month: of those tokens that are still the
// ones of their habilitation, or were prolonged.
type FunnelMonth struct {
	Month               time.Time // its first day
	Tokens              int
	Written             int // reminders
	Sent                int // reminders that a server took for the requester
	Opened              int // tokens whose requester signed in by the link of a reminder, or answered on the page
	Early, InTime, Late int // prolonged: more than thirty days before, before the expiry, after it
	Amended             int // of those, by a modification
}

// Prolonged is how many were.
func (m FunnelMonth) Prolonged() int { return m.Early + m.InTime + m.Late }

// Left is how many are not prolonged.
func (m FunnelMonth) Left() int { return m.Tokens - m.Prolonged() }

// funnelMonths is how far back a funnel looks: no farther than mails are remembered
// (notice.MailLife), three months before an expiry.
const funnelMonths = 8

// Funnel tells what became of the expiries of the last months and of those of which people are
// reminded already, by month, newest first, for the tokens of an editor, "" for all.
func (w *Watch) Funnel(ctx context.Context, editor value.Siret) ([]FunnelMonth, error) {
	now := w.Now()
	from, before := monthBegins(now, -funnelMonths), DayIn(now, Opening+1)
	months, err := w.Store.ListFunnel(ctx, editor, from, before)
	if err != nil {
		return nil, fmt.Errorf("list what became of the expiries: %w", err)
	}
	slices.SortFunc(months, func(a, b FunnelMonth) int { return b.Month.Compare(a.Month) })
	return months, nil
}

// monthBegins is the beginning in Paris of the month that is some months after an instant.
func monthBegins(at time.Time, months int) time.Time {
	day := value.MomentOf(at)
	return value.DayBegins(day.Year, time.Month(day.Month+months), 1)
}

// Undecided is a modification that was filed before the expiry of the token that it prolongs,
// and not decided at it. One for which the town is waited for is not among them meanwhile.
type Undecided struct {
	Amendment
	// Until is the expiry that the token has now, later once it was prolonged; zero where the
	// token is replaced or revoked.
	Until        time.Time
	Siret        value.Siret
	Organisation string
}

// Held are the modifications that hold prolongations up: « non instruites à l'échéance »,
// of which there should be none.
type Held struct {
	Missed  []Undecided // over the last twelve months, newest expiry first
	Pressed []Undecided // those that will be within seven days, first expiry first
}

// Late counts what the operator must make up for: tokens that are cut, whose towns are to be
// called, and modifications that waited at the expiry and still do.
type Late struct{ Cut, Undecided int }

// Late counts it.
func (w *Watch) Late(ctx context.Context) (Late, error) {
	now := w.Now()
	late, err := w.Store.CountLate(ctx, value.MonthsLater(now, -heldMonths), now)
	if err != nil {
		return Late{}, fmt.Errorf("count what is late: %w", err)
	}
	return late, nil
}

// heldMonths is how far back the modifications that were decided too late are counted.
const heldMonths = 12

// Held lists them.
func (w *Watch) Held(ctx context.Context) (Held, error) {
	now := w.Now()
	found, err := w.Store.ListUndecided(ctx, value.MonthsLater(now, -heldMonths), DayIn(now, pressingDays+1))
	if err != nil {
		return Held{}, fmt.Errorf("list the modifications that were not decided in time: %w", err)
	}
	var held Held
	for _, u := range found {
		if u.Expiry.Before(now) {
			held.Missed = append(held.Missed, u)
		} else {
			held.Pressed = append(held.Pressed, u)
		}
	}
	slices.SortStableFunc(held.Missed, func(a, b Undecided) int { return b.Expiry.Compare(a.Expiry) })
	slices.SortStableFunc(held.Pressed, func(a, b Undecided) int {
		return cmp.Or(a.Expiry.Compare(b.Expiry), strings.Compare(a.TokenID, b.TokenID))
	})
	return held, nil
}
