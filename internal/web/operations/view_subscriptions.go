package operations

import (
	"strconv"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// subscriptionRights are what the person may do with subscriptions, and open besides.
type subscriptionRights struct {
	Relaunch, Correct, HandOver  bool
	ReadHabilitations, ReadTowns bool
}

// subscriptionsPage lists how far the towns are at HubEE.
type subscriptionsPage struct {
	web.ProPage
	List        web.List
	Rows        []subscriptionRow
	Counts      []stateCount
	CanRelaunch bool // the person, some of them
}

// stateCount is how many subscriptions are in a state.
type stateCount struct {
	State credential.State
	Count int
	URL   string
}

// subscriptionRow is a subscription in the list.
type subscriptionRow struct {
	URL, Town, Siret string // the town is "" where nobody told its name
	State            subscriptionState
	Failure          failure
	Editor           string // "" where the town itself receives
	WantedAt         web.Moment
	CanRelaunch      bool
}

// subscriptionState is a state as badges show it.
type subscriptionState struct {
	Phase     credential.Phase
	Severity  string
	Contended bool
}

var phaseSeverities = map[credential.Phase]string{
	credential.Phase(credential.ToCreate): "info", credential.Phase(credential.OrganisationCreated): "info", credential.Phase(credential.Inactive): "info",
	credential.Phase(credential.Awaiting): "warning", credential.Phase(credential.Active): "success", credential.Phase(credential.Failed): "error",
	credential.Phase(credential.Suspended): "warning", credential.StoppingPhase: "warning", credential.ChangingPhase: "info", credential.StoppedPhase: "error",
}

func newSubscriptionState(w credential.Watched) subscriptionState {
	phase := w.Phase()
	return subscriptionState{Phase: phase, Severity: phaseSeverities[phase], Contended: w.Contender != 0}
}

// formOf says where the form of the town stands meanwhile: code of a sentence; "" where what
// is said of the phase tells it.
func formOf(w credential.Watched) string {
	switch phase := w.Phase(); {
	case phase == credential.Phase(credential.Active), phase == credential.Phase(credential.Suspended), phase == credential.StoppedPhase, phase == credential.StoppingPhase:
		return ""
	case w.TownForm == "":
		return "subscription.form." + string(directory.FormSoon)
	}
	return "subscription.form." + string(w.TownForm)
}

// newStateCounts lists the states in which there are subscriptions, what asks for somebody
// first.
func newStateCounts(counts map[credential.State]int) []stateCount {
	var listed []stateCount
	for _, option := range subscriptionListing.Filters[0].Options {
		if n := counts[credential.State(option.Value)]; n > 0 {
			listed = append(listed, stateCount{State: credential.State(option.Value), Count: n, URL: subscriptionsPath + "?etat=" + option.Value})
		}
	}
	return listed
}

func (v Views) newSubscriptionsPage(page web.ProPage, list web.List, listed []credential.Watched, rights subscriptionRights) subscriptionsPage {
	p := subscriptionsPage{ProPage: page, List: list, CanRelaunch: rights.Relaunch}
	for _, watched := range listed {
		p.Rows = append(p.Rows, subscriptionRow{
			URL: subscriptionPath(watched.Siret), Town: web.Typographic(watched.Town), Siret: watched.Siret.Display(),
			State: newSubscriptionState(watched), Failure: v.failureOf(watched.Failure.Code, watched.Failure.Trace),
			Editor: web.Typographic(watched.EditorName), WantedAt: web.MomentOf(watched.WantedAt), CanRelaunch: rights.Relaunch && !watched.Settled(),
		})
	}
	return p
}

// failureOf explains a failure that has a code: in the words of what failed where there are
// any, else in those of the code.
func (v Views) failureOf(code, trace string) failure {
	if code == "" {
		return failure{}
	}
	f := failure{Cause: v.known("cause."+code, v.known(code, "")), Trace: trace}
	if f.Trace == "" {
		f.Trace = code
	}
	return f
}

// subscriptionPage shows how far one town is.
type subscriptionPage struct {
	web.ProPage
	URL, Town, Siret string // the town is "" where nobody told its name
	TownURL          string // "" for nowhere that the person may go
	State            subscriptionState
	Form             string // code of a sentence about the form of the town; "" for none
	Request          string // "D48231"; "" where no habilitation asked for it
	RequestURL       string
	Editor           string // "" where the town itself receives
	Account          string // code of where the pair of its software stands; "" where the town itself receives
	WantsActive      bool
	WantedAt         web.Moment
	Key, HubID       string // HubEE's; "" until known
	ActiveAt, SeenAt web.Moment
	Failure          failure
	FailedAt         web.Moment
	Steps            []stepView
	Calls            []callView
	CallsShown       int // the bound, where it is reached; else 0
	CanRelaunch      bool
	CanCorrect       bool
	Administrator    administratorForm
	Contention       contention

	siret value.Siret
}

// stepView is a step of the road, and whether it is done.
type stepView struct {
	Code string // of its words
	Mark string // "done", "failed", "current", "to_do": code of its words
}

// callView is something that was asked of the register or of HubEE.
type callView struct {
	At       web.Moment
	Step     string // code of its words
	Outcome  string // code of its words; "" for a failure
	Failure  failure
	Severity string
}

// contention is a second software that would receive the dossiers.
type contention struct {
	Request, RequestURL string // "D48260"; "" without contention
	Editor              string // "" for the town itself
	URL                 string // of the page that hands over; "" for who may not
}

func (v Views) newSubscriptionPage(page web.ProPage, w credential.Watched, calls []credential.Call, rights subscriptionRights) subscriptionPage {
	p := subscriptionPage{
		ProPage: page, siret: w.Siret, URL: subscriptionPath(w.Siret), Town: web.Typographic(w.Town), Siret: w.Siret.Display(),
		State: newSubscriptionState(w), Form: formOf(w), Editor: web.Typographic(w.EditorName), WantsActive: w.Want == credential.WantActive, WantedAt: web.MomentOf(w.WantedAt),
		HubID: w.HubID, ActiveAt: web.MomentOf(w.ActiveAt), SeenAt: web.MomentOf(w.SeenAt),
		Failure: v.failureOf(w.Failure.Code, w.Failure.Trace), FailedAt: web.MomentOf(w.Failure.At), Steps: stepsOf(w.Subscription),
		CanRelaunch: rights.Relaunch && !w.Settled(),
	}
	if w.COG != "" {
		p.Key = w.Key().String()
	}
	if state := w.AccountState(); state != credential.HubAccountNone {
		p.Account = "hub_account.state." + string(state)
	}
	p.Request, p.RequestURL = requestLink(w.Request, rights)
	if rights.ReadTowns && w.COG != "" {
		p.TownURL = townsPath + "/" + w.Siret.String()
	}
	if w.Contender != 0 {
		p.Contention.Request, p.Contention.RequestURL = requestLink(w.Contender, rights)
		p.Contention.Editor = web.Typographic(w.Contending.Name)
		if rights.HandOver {
			p.Contention.URL = p.URL + "/logiciel"
		}
	}
	if p.CanCorrect = rights.Correct && correctable(w.Subscription); p.CanCorrect {
		p.Administrator, _ = newAdministratorForm(w.Administrator).checked()
	}
	for _, call := range calls {
		p.Calls = append(p.Calls, v.newCallView(call))
	}
	if len(calls) >= credential.CallsShown {
		p.CallsShown = credential.CallsShown
	}
	return p
}

// correctable tells whether what HubEE was told of the local administrator may be what is
// wrong: a field is, or HubEE refuses without saying which.
func correctable(s credential.Subscription) bool {
	return s.Failure.Field != "" || s.State == credential.Failed && s.Failure.Code == "hubee.refused"
}

func requestLink(number habilitation.RequestNumber, rights subscriptionRights) (name, path string) {
	if number == 0 {
		return "", ""
	}
	if rights.ReadHabilitations {
		path = habilitationsPath + "/" + strconv.FormatInt(int64(number), 10)
	}
	return number.String(), path
}

// stepsOf lists the steps of the road to what is wanted, those done first (hubee.md §12).
func stepsOf(s credential.Subscription) []stepView {
	type step struct {
		code string
		done bool
	}
	road := []step{
		{"locate", s.COG != ""},
		{"organisation", s.HubID != "" || s.State == credential.OrganisationCreated || s.State == credential.Active},
		{"subscription", s.HubID != "" || s.State == credential.Active},
		{"activation", s.State == credential.Active},
	}
	if s.Want == credential.WantSuspended {
		road = []step{{"suspension", s.State == credential.Suspended}}
	}
	next := "current"
	if s.State == credential.Failed {
		next = "failed"
	}
	var views []stepView
	for _, step := range road {
		mark := "done"
		if !step.done {
			mark, next = next, "to_do"
		}
		views = append(views, stepView{Code: "subscription.road." + step.code, Mark: mark})
	}
	return views
}

func (v Views) newCallView(call credential.Call) callView {
	view := callView{
		At: web.MomentOf(call.At), Step: v.known("subscription.step."+call.Step, "subscription.step.other"), Severity: "success",
	}
	switch call.Outcome {
	case credential.CallDone, credential.CallFound:
		view.Outcome = "subscription.outcome." + call.Outcome
	case "hubee.subscription_missing":
		view.Outcome, view.Severity = "subscription.outcome.missing", "info"
	default:
		view.Failure, view.Severity = v.failureOf(call.Outcome, call.Trace), "error"
	}
	return view
}

// handOverPage asks whether another software receives the dossiers of a town.
type handOverPage struct {
	web.ProPage
	URL, Town string
	From, To  string // names of the editors; "" for the town itself
	Request   string
	Active    bool   // the form is open
	Conflict  string // code of why nothing is asked any more; "" else
}

func newHandOverPage(page web.ProPage, w credential.Watched) handOverPage {
	p := handOverPage{
		ProPage: page, URL: subscriptionPath(w.Siret), Town: web.Typographic(w.Town), From: web.Typographic(w.EditorName), To: web.Typographic(w.Contending.Name),
		Request: w.Contender.String(), Active: w.State == credential.Active || w.TownForm == directory.FormOpen,
	}
	if p.Town == "" {
		p.Town = w.Siret.Display()
	}
	return p
}
