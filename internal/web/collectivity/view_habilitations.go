package collectivity

import (
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
)

// habilitationView is a request of the town, with what was granted of it.
type habilitationView struct {
	Request      string // "D48231"
	Habilitation string // "H10000042"; "" before the first approval
	State        habilitation.State
	Severity     string
	Since        web.Moment
	ApprovedAt   web.Moment
	Editor       string // "" without an editor
	Token, Form  bool
	Valid        bool // it permits what it gives
	Datapass     bool // the request was made there
	Contact      string
	// Who receives the dossiers of a valid habilitation with the form; none where it has none.
	Receiver receiver
}

// receiver is who receives the dossiers of a town.
type receiver string

// The receivers.
const (
	nobodyReceives  receiver = ""
	editorReceives  receiver = "editor"    // HubEE's mail may be ignored
	townReceives    receiver = "town"      // there is a password to create
	anotherReceives receiver = "elsewhere" // through another habilitation
)

var habilitationSeverities = map[habilitation.State]string{
	habilitation.Draft: "info", habilitation.Submitted: "info", habilitation.ChangesRequested: "warning", habilitation.Validated: "success",
	habilitation.Refused: "error", habilitation.Reopened: "success", habilitation.Suspended: "warning", habilitation.Revoked: "error",
	habilitation.Archived: "info",
}

// newHabilitationViews leaves out what never was more than a draft.
func newHabilitationViews(requests []habilitation.Request, subscription credential.Watched, contact string) []habilitationView {
	var views []habilitationView
	for _, r := range requests {
		if r.Current.Number == 0 && (r.State == habilitation.Draft || r.State == habilitation.Archived) {
			continue
		}
		view := habilitationView{
			Request: r.Number.String(), State: r.State, Severity: habilitationSeverities[r.State], Since: web.MomentOf(r.StateAt),
			ApprovedAt: web.MomentOf(r.Current.ApprovedAt), Editor: editorName(r.Current.Editor),
			Token: r.Current.Modalities.Token, Form: r.Current.Modalities.Form, Receiver: receiverOf(r, subscription),
			Valid: r.Habilitated(), Datapass: r.Source == habilitation.FromDatapass, Contact: contact,
		}
		if r.Current.Number != 0 {
			view.Habilitation = r.Current.Number.String()
		}
		views = append(views, view)
	}
	return views
}

func editorName(e habilitation.Editor) string {
	if e.Name == "" && !e.IsZero() {
		return e.Siret.Display()
	}
	return web.Typographic(e.Name)
}

// receiverOf says who receives the dossiers: a town has one subscription, which may serve
// another habilitation.
func receiverOf(r habilitation.Request, subscription credential.Watched) receiver {
	elsewhere := subscription.Siret != "" && subscription.Request != r.Number && subscription.Editor != r.Current.Editor.Siret
	switch {
	case !r.Habilitated() || !r.Current.Modalities.Form:
		return nobodyReceives
	case elsewhere:
		return anotherReceives
	case r.Current.Editor.IsZero():
		return townReceives
	}
	return editorReceives
}

// closing is why the form of a town is closed, as far as its habilitations tell.
type closing string

// The reasons.
const (
	closedSomehow     closing = ""
	closedByHub       closing = "hubee"     // there is a right, and HubEE takes no dossier
	closedBySuspended closing = "suspendue" // the right may come back
	closedByRevoked   closing = "revoquee"  // it will not
)

// closingOf finds why: whatever is valid does not close a form, what is suspended may open it
// again, what is revoked never does.
func closingOf(requests []habilitation.Request) closing {
	why := closedSomehow
	for _, r := range requests {
		switch form := r.Current.Modalities.Form; {
		case form && r.Habilitated():
			return closedByHub
		case form && r.State == habilitation.Suspended:
			why = closedBySuspended
		case form && r.State == habilitation.Revoked && why == closedSomehow:
			why = closedByRevoked
		}
	}
	return why
}
