package citizen

import (
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// usualDelivery is how long a delivery takes at most when all goes well; beyond, the page
// says that it takes longer than expected.
const usualDelivery = 30 * time.Minute

// progress is where a dossier stands, for the citizen. It never says transmitted before
// HubEE has accepted everything (PRODUCT.md 3.7).
type progress struct {
	Town       town
	State      dossier.State
	Sending    bool // not delivered yet, for whatever reason of ours
	Held       bool // it waits for the form of the town to open again (dossier.held)
	Delayed    bool // and it takes longer than it should
	NotFetched bool // delivered, and the town leaves it there (PRODUCT.md 3.8)
	Steps      []step
}

// step is a state that the dossier reached, and when.
type step struct {
	State dossier.State
	At    web.Moment
}

func newProgress(status dossier.Status, now time.Time) progress {
	sending := status.State == dossier.Recorded || status.State == dossier.Quarantined
	return progress{
		Town:       newTown(status.Collectivity),
		State:      status.State,
		Sending:    sending,
		Held:       status.Held(),
		Delayed:    status.State == dossier.Quarantined || sending && now.Sub(status.RecordedAt) > usualDelivery,
		NotFetched: status.NotFetched(now),
		Steps:      newSteps(status, sending),
	}
}

// newSteps lists the dated states up to the present one, each once.
func newSteps(status dossier.Status, sending bool) []step {
	steps := []step{{State: dossier.Recorded, At: web.MomentOf(status.RecordedAt)}}
	for _, reached := range []struct {
		state dossier.State
		at    time.Time
	}{{dossier.Transmitted, status.TransmittedAt}, {dossier.Received, status.ReceivedAt}} {
		if !reached.at.IsZero() {
			steps = append(steps, step{State: reached.state, At: web.MomentOf(reached.at)})
		}
	}
	if !sending && steps[len(steps)-1].State != status.State {
		steps = append(steps, step{State: status.State, At: web.MomentOf(status.StateAt)})
	}
	return steps
}

// confirmationPage tells that the transmission is recorded, and where it stands. It shows
// nothing personal: it may be bookmarked, printed, left open on a shared computer.
type confirmationPage struct {
	web.Page
	Visit
	Reference   value.Reference
	Progress    progress
	SignedIn    bool   // offers to end the session
	FeedbackURL string // of « Je donne mon avis »; "" shows nothing
}

func newConfirmationPage(page web.Page, status dossier.Status, back directory.Return, now time.Time) confirmationPage {
	return confirmationPage{
		Page:      page,
		Visit:     NewVisit(status.Collectivity, "", back),
		Reference: status.Reference,
		Progress:  newProgress(status, now),
	}
}

// followUpPage asks for the reference of a dossier.
type followUpPage struct {
	web.Page
	Reference form.Field
}

// newFollowUpPage shows what was typed again, with what is wrong.
func newFollowUpPage(page web.Page, reference form.Field) followUpPage {
	page.Problems = form.Problems(reference)
	return followUpPage{Page: page, Reference: reference}
}

// followUpStatePage tells anyone who has the reference where a dossier stands.
type followUpStatePage struct {
	web.Page
	Town      town
	Reference value.Reference
	Progress  progress
}

func newFollowUpStatePage(page web.Page, status dossier.Status, now time.Time) followUpStatePage {
	return followUpStatePage{
		Page:      page,
		Town:      newTown(status.Collectivity),
		Reference: status.Reference,
		Progress:  newProgress(status, now),
	}
}
