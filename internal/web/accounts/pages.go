package accounts

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
)

// plainPage says one thing.
type plainPage struct{ web.ProPage }

// signInPage offers ProConnect.
type signInPage struct {
	web.ProPage
	Return string // where to go then
	Over   bool   // a session has just ended
	Away   bool   // ProConnect does not answer: the button would lead nowhere
	Held   string // a sealed form that waits; "" for none
}

// cause is why nobody was signed in: the last part of the address of its page.
type cause string

// The causes. A return that answers nothing of ours is old, replayed or forged: one page.
const (
	causeCancelled   cause = "annulee"
	causeExpired     cause = "expiree"
	causeRefused     cause = "refusee"
	causeUnavailable cause = "indisponible"
	causeSiret       cause = "siret"
	causeOther       cause = "autre-personne"
	causeFactor      cause = "second-facteur"
	causeOldProof    cause = "preuve-ancienne"
)

// causes gives the status of each page.
var causes = map[cause]int{
	causeCancelled:   http.StatusOK,
	causeExpired:     http.StatusOK,
	causeRefused:     http.StatusForbidden,
	causeUnavailable: http.StatusOK,
	causeSiret:       http.StatusForbidden,
	causeOther:       http.StatusForbidden,
	causeFactor:      http.StatusForbidden,
	causeOldProof:    http.StatusForbidden,
}

func causeOf(err error) (why cause, known bool) {
	switch fault.CodeOf(err) {
	case "signin.cancelled":
		return causeCancelled, true
	case "signin.unknown", "signin.expired", "session.ended":
		return causeExpired, true
	case "signin.refused":
		return causeRefused, true
	case "signin.unavailable":
		return causeUnavailable, true
	case "signin.siret_invalid":
		return causeSiret, true
	case "signin.other_person":
		return causeOther, true
	case "signin.factor_missing":
		return causeFactor, true
	case "signin.proof_old":
		return causeOldProof, true
	}
	return "", false
}

// refusalPage says why nobody was signed in. Whoever was signed in before still is.
type refusalPage struct {
	web.ProPage
	Cause cause
}

// confirmPage asks for a second factor. Held is a sealed form that waits.
type confirmPage struct {
	web.ProPage
	Return, Held string
}

// resumePage offers to send the form that waited.
type resumePage struct {
	web.ProPage
	Action string
	Fields []dsfr.Hidden
	// Shown are the fields that people know by a name, as they were filled in.
	Shown       []heldField
	SessionOver bool // the person signed in again
	FileLost    bool
	Place       heldPlace
}

// heldField is what was typed in a field: Label is the sentence "held.<name>", and Words
// that of its value where it is a code; Day is that which the value writes.
type heldField struct {
	Label, Value, Words string
	Day                 web.Moment
}

func (v Views) newResumePage(page web.ProPage, held account.HeldForm) resumePage {
	p := resumePage{
		ProPage: page, Action: held.Path, SessionOver: held.SessionOver, FileLost: held.FileLost, Place: placeOf(held),
		Fields: []dsfr.Hidden{{Name: web.ResumeField, Value: web.ResumeYes}},
	}
	if p.FileLost && p.Place.Kind == placeStep {
		held.Fields = maps.Clone(held.Fields)
		held.Fields.Set(fieldThen, thenFile)
	}
	for _, name := range asAsked(slices.Collect(maps.Keys(held.Fields))) {
		label := "held." + name
		for _, value := range held.Fields[name] {
			p.Fields = append(p.Fields, dsfr.Hidden{Name: name, Value: value})
			if _, known := v.sentences.Sentence(label); !known {
				label = "request.field." + name
			}
			if _, known := v.sentences.Sentence(label); !known || value == "" {
				continue
			}
			shown := heldField{Label: label, Value: value}
			if _, known := v.sentences.Sentence(name + "." + value); known {
				shown.Words = name + "." + value
			}
			if day, err := time.Parse(time.DateOnly, value); err == nil && name == fieldUntil {
				shown.Day = web.MomentOf(day)
			}
			p.Shown = append(p.Shown, shown)
		}
	}
	return p
}

// choice is a space that may be entered.
type choice struct {
	ID           int64
	Role         account.Role
	Space        account.Space
	Organisation string
	Present      bool // where the person is now
}

func newChoice(m account.Membership, actor account.Actor) choice {
	return choice{
		ID: m.ID, Role: m.Role, Space: m.Role.Space(), Organisation: m.Organisation.Display(), Present: m.ID == actor.MembershipID,
	}
}

// spacesPage lets a person choose a space.
type spacesPage struct {
	web.ProPage
	Choices []choice
	Return  string
}

func newSpacesPage(page web.ProPage, actor account.Actor, choices account.Choices, back string) spacesPage {
	p := spacesPage{ProPage: page, Return: back}
	for _, m := range choices.Memberships {
		p.Choices = append(p.Choices, newChoice(m, actor))
	}
	return p
}

// noSpacePage says why somebody who signed in has no space, and whom to ask.
type noSpacePage struct {
	web.ProPage
	Refusal       account.Refusal
	Mail          string
	Establishment string
	Siret         string
	// WithdrawnBy and WithdrawnAt tell the last access that was ended.
	WithdrawnBy string
	WithdrawnAt web.Moment
}

func newNoSpacePage(page web.ProPage, actor account.Actor, choices account.Choices) noSpacePage {
	return noSpacePage{
		ProPage: page, Refusal: choices.Refusal, Mail: actor.Mail,
		Establishment: actor.SignedFor.Name, Siret: actor.SignedFor.Siret.Display(),
		WithdrawnBy: choices.Withdrawn.EndedBy, WithdrawnAt: web.MomentOf(choices.Withdrawn.EndedAt),
	}
}

// invitationPage shows an invitation to whoever has its link. Nothing of it is told that
// the mail did not say.
type invitationPage struct {
	web.ProPage
	State     account.InvitationState
	Role      account.Role
	Space     account.Space
	Of        string // the organisation
	Inviter   string
	Mail      string
	ExpiresAt web.Moment
	Return    string // this page, for the sign-in
	SignedIn  bool
	OwnMail   string // of whoever is signed in
	OtherMail bool   // it is not the one invited
	OwnOffer  bool   // it is who offered the role
}

func newInvitationPage(page web.ProPage, actor account.Actor, i account.Invitation, now time.Time) invitationPage {
	return invitationPage{
		ProPage: page, State: i.State(now), Role: i.Role, Space: i.Role.Space(), Of: i.Organisation.Display(),
		Inviter: i.Inviter, Mail: i.Mail, ExpiresAt: web.MomentOf(i.ExpiresAt), Return: page.Path,
		OwnOffer: actor.SignedIn() && i.InviterID == actor.Author().ID,
		SignedIn: actor.SignedIn(), OwnMail: actor.Mail, OtherMail: actor.SignedIn() && actor.Mail != i.Mail,
	}
}

// ownSession is a session of the person.
type ownSession struct {
	ID                int64
	CreatedAt, SeenAt web.Moment
	Present           bool
}

// accountPage shows one's own account.
type accountPage struct {
	web.ProPage
	Mail          string
	Establishment string
	Siret         string
	Roles         []choice
	Sessions      []ownSession
}

func newAccountPage(page web.ProPage, actor account.Actor, memberships []account.Membership, sessions []account.Session) accountPage {
	p := accountPage{
		ProPage: page, Mail: actor.Mail, Establishment: actor.SignedFor.Display(), Siret: actor.SignedFor.Siret.Display(),
	}
	for _, m := range memberships {
		p.Roles = append(p.Roles, newChoice(m, actor))
	}
	for _, s := range sessions {
		p.Sessions = append(p.Sessions, ownSession{
			ID: s.ID, CreatedAt: web.MomentOf(s.CreatedAt), SeenAt: web.MomentOf(s.SeenAt), Present: s.ID == actor.SessionID,
		})
	}
	return p
}

// leavePage asks once more before one gives a role up.
type leavePage struct {
	web.ProPage
	ID          int64
	Role        account.Role
	Of          string // the organisation
	LastManager bool   // nobody then manages the space of the editor
}

func newLeavePage(page web.ProPage, m account.Membership) leavePage {
	return leavePage{ProPage: page, ID: m.ID, Role: m.Role, Of: m.Organisation.Display()}
}
