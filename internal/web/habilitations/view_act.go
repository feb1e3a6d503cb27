package habilitations

import (
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// actPage says what an act does before it is done.
type actPage struct {
	web.ProPage
	Act       habilitation.Act
	URL       string // of the form
	PageURL   string // of the habilitation
	Number    string
	Name      string // of the organisation
	Requester string // mail; "" where nobody is told
	Copied    bool   // the technical contact is told too
	Token     bool   // the habilitation gives one
	Effect    effect
	Editor    string // who receives the dossiers afterwards, for effectRelayed; "" for the town
	Other     string // "D48260": the request that takes over, for effectRelayed
	Same      bool   // who receives them today, for effectRelayed
	Open      bool   // the form is open, and stays so, for effectRelayed
	Told      bool   // a mail of its own says so, for effectRelayed
	Revision  int    // as it is read now
	Reason    form.Field
	// Moved: the request is not, or no longer, as the person read it. State and Since say
	// what is true now.
	Moved      bool
	State      stateView
	Since      web.Moment
	CanDecide  bool // all the same
	Suspension suspensionView
}

// effect is what becomes of the form of the town.
type effect string

// The effects. Of a habilitation without the form there is none.
const (
	effectNone    effect = ""
	effectCloses  effect = "closes"  // the form closes, the dossiers wait
	effectOpens   effect = "opens"   // the form opens again
	effectRelayed effect = "relayed" // another habilitation takes over
	effectApart   effect = "apart"   // the form lives on another habilitation
	effectEnds    effect = "ends"    // the form stays closed, the dossiers that wait are lost
)

func newActPage(page web.ProPage, root string, act habilitation.Act, f file) actPage {
	r := f.Request
	p := actPage{
		ProPage: page, Act: act, URL: actPath(root, r.Number, act), PageURL: pathOf(root, r.Number), Number: r.Number.String(),
		Name: nameOf(r), Requester: r.Requester.Mail, Token: r.Current.Modalities.Token, Effect: effectOf(act, f), Revision: r.Revision,
		Copied: !r.Current.Editor.IsZero() || r.Current.Contacts.Technical.Mail != "", Reason: form.Field{Name: fieldReason},
		State: newStateView(r.State), Since: web.MomentOf(r.StateAt), CanDecide: r.State.Allows(act), Suspension: newSuspensionView(r),
	}
	p.Moved = !p.CanDecide
	if p.Effect == effectRelayed {
		p.Editor, p.Other = web.Typographic(f.Relay.Editor), f.Relay.Request.String()
		p.Same, p.Open, p.Told = f.Relay.Same, f.Relay.Open, f.Relay.Told
	}
	return p
}

// effectOf foresees what package decision does with the subscription of the town.
func effectOf(act habilitation.Act, f file) effect {
	s := f.Subscription
	serves := s.Request == f.Request.Number
	switch {
	case !f.Request.Current.Modalities.Form || s.Siret == "" && act != habilitation.Restore:
		return effectNone
	case act == habilitation.Restore && (serves || s.Siret == "" || s.Want == credential.WantSuspended):
		return effectOpens
	case act != habilitation.Restore && f.Relay.Request != 0:
		return effectRelayed
	case act == habilitation.Suspend && serves:
		return effectCloses
	case act == habilitation.Revoke && serves:
		return effectEnds
	}
	return effectApart
}
