package decision

import (
	"cmp"
	"errors"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
)

// Moment is when a decision is made, by whom, and with what mails are sealed.
type Moment struct {
	At        time.Time // business time
	Author    audit.Author
	RequestID string // of the HTTP request, "" for none
	Sealer    notice.Sealer
	Mint      *credential.Mint // of the tokens that approvals issue
}

// event is a line of the journal about a request.
func (m Moment) event(r habilitation.Request, act audit.Act, detail string) audit.Event {
	return audit.Event{
		At: m.At, Author: m.Author, Act: act, Organisation: r.Siret.String(), Detail: detail, RequestID: m.RequestID,
		Object: audit.Object{Kind: "habilitation", ID: numberText(r.Number), Display: r.Number.String() + " " + r.Organisation},
	}
}

// Grant is what an approval grants. Editor is zero without one.
type Grant struct {
	Number   habilitation.Number
	At       time.Time // when it was approved
	Contacts habilitation.Contacts
	Editor   editor.Editor
	FormUID  string
	Title    string
	Terms    string
	Scopes   []string
	habilitation.Modalities
	ByName  string // who approved, as displayed
	Message string // what the instructor adds to the mail; "" for nothing
	// Replaces: the town wants this software to receive its dossiers in the place of the
	// present one (PRODUCT.md 3.2).
	Replaces bool
}

// approve is the approval of a request that was moved to its new state already: a version
// that never changes, the subscription to bring about, one mail to the right people.
func approve(f File, grant Grant, m Moment) (Outcome, error) {
	r := f.Request
	before := r.Current
	r.Current = habilitation.Habilitation{
		Number: grant.Number, Request: r.Number, Siret: r.Siret, Organisation: r.Organisation,
		Modalities: grant.Modalities, Scopes: grant.Scopes, Editor: habilitation.Editor{Siret: grant.Editor.Siret, Name: grant.Editor.Name},
		FormUID: grant.FormUID, Title: grant.Title, Terms: grant.Terms, Contacts: grant.Contacts,
		ApprovedBy: grant.ByName, ApprovedAt: grant.At,
	}
	f.Request = r
	f.CurrentEditor = formerly(f.CurrentEditor, before)
	o := f.outcome(m.At)
	o.Habilitation, o.Editor = &r.Current, grant.Editor
	o.Events = append(o.Events, m.event(r, audit.HabilitationApproved, grant.Number.String()))
	if grant.Editor.Siret != "" && r.State.Habilitates() {
		o.EditorEvents = append(o.EditorEvents, notice.EditorEvent{Kind: EventValidated, Editor: grant.Editor.Siret, Siret: r.Siret, Subject: grant.Number.String()})
	}
	if r.State.Habilitates() {
		o.serve(f, grant.Replaces)
	}
	o.leave(f)
	if err := o.grantToken(f, m); err != nil {
		return o, err
	}
	given, kept := o.formerToken(f.Tokens), o.keptToken(f.Tokens)
	if err := o.prolong(f, grant.Editor, m); err != nil {
		return o, err
	}
	err := o.write(m.Sealer, func() (notice.Notice, error) {
		isModification := before.Number != 0
		return NewApproved(Approved{
			About: about(r, grant.Editor), Habilitation: grant.Number, TokenID: o.issuedToken(), TokenHeld: o.holdsToken(), Modification: isModification,
			FormAdded:  grant.Form && (!before.Modalities.Form || before.Siret != r.Siret),
			TokenAdded: grant.Token && !before.Modalities.Token, TokenRemoved: before.Modalities.Token && !grant.Token,
			Prolonged: o.until(),
			Lost:      kept.lost(), Gained: kept.gained(), Former: f.CurrentEditor.Name, FormerStops: given.stops(), FormerGoesOn: given.goesOn(m.At),
			FormRemoved: before.Modalities.Form && !grant.Form, FormClosed: o.closes(),
			EditorChanged: isModification && before.Editor.Siret != grant.Editor.Siret,
			Stopped:       o.stopped(),
			Elsewhere:     o.contends(), Suspended: !r.State.Habilitates(), ApprovedAt: grant.At, Message: grant.Message,
			FormOpen: o.staysOpen(f.TownForm),
		})
	})
	served, left, replaced := f.changeOfEditor(grant.Editor, o), f.formerChange(o), f.replacement(grant, o)
	if replaced.to.Number != 0 {
		o.replaceSoftware(f, m)
		replaced.token = o.formerToken(f.ServerTokens)
	}
	handOvers := []handOver{served, left, replaced}
	if given.after.ID != "" {
		if served.to.Number == r.Number {
			handOvers[0].token = given
		} else {
			from := r
			from.Current = before
			handOvers = append(handOvers, handOver{to: r, with: grant.Editor, from: from, former: f.CurrentEditor, isNewVersion: true, token: given, tokenOnly: true})
		}
	}
	for _, h := range handOvers {
		h.newToken = o.issuedToken() != ""
		err = errors.Join(err, o.tellHandOver(h, m))
	}
	err = errors.Join(err, o.tellProlonged(m))
	for _, designated := range designations(r.Current, before, grant.At) {
		err = errors.Join(err, o.write(m.Sealer, func() (notice.Notice, error) { return NewDesignated(designated) }))
	}
	return o, err
}

// formerly is the editor of a habilitation that another version follows: what nobody declared of
// it is what the habilitation says.
func formerly(of editor.Editor, h habilitation.Habilitation) editor.Editor {
	of.Name = cmp.Or(of.Name, h.Editor.Name)
	of.TechnicalContact = cmp.Or(of.TechnicalContact, h.Contacts.Technical.Mail)
	return of
}

// write adds a letter to the decision.
func (o *Outcome) write(sealer notice.Sealer, compose func() (notice.Notice, error)) error {
	composed, err := compose()
	if err != nil {
		return err
	}
	letter, err := notice.Prepare(sealer, composed)
	if err != nil {
		return err
	}
	o.Letters, o.Notices = append(o.Letters, letter), append(o.Notices, composed)
	return nil
}

// about says what a mail says of a habilitation. The copy goes to the editor's present
// contact; to the one that the request named where the editor has none, or where there is
// no editor (PRODUCT.md 3.4).
func about(r habilitation.Request, of editor.Editor) About {
	copied := of.TechnicalContact
	if copied == "" {
		copied = r.Current.Contacts.Technical.Mail
	}
	return About{
		Request: r.Number, Siret: r.Siret, Organisation: r.Organisation, Title: r.Current.Title, Editor: r.Current.Editor.Name,
		Token: r.Current.Modalities.Token, Form: r.Current.Modalities.Form, To: r.Requester.Mail, CC: copied,
	}
}

// designations are the people in whose name something is declared that was not before: not
// the requester, who declares it himself, and each person once.
func designations(h, before habilitation.Habilitation, at time.Time) []Designated {
	var told []Designated
	by := h.Contacts.Requester
	for _, declared := range []struct {
		contact, before habilitation.Contact
		controller      bool
	}{{h.Contacts.DPD, before.Contacts.DPD, false}, {h.Contacts.Controller, before.Contacts.Controller, true}} {
		c := declared.contact
		if c.Mail == "" || c.Mail == by.Mail || c.Mail == declared.before.Mail {
			continue
		}
		if len(told) == 1 && told[0].Mail == c.Mail {
			told[0].Controller = true
			continue
		}
		told = append(told, Designated{
			Habilitation: h.Number, Request: h.Request, Siret: h.Siret, Organisation: h.Organisation, Title: h.Title,
			Name: c.Name(), Mail: c.Mail, DPD: !declared.controller, Controller: declared.controller,
			By: by.Name(), ByMail: by.Mail, ApprovedAt: at,
		})
	}
	return told
}

// serve decides what an approval or a restoration makes of the subscription of the town.
// There is one, so one editor receives the dossiers: another editor's request does not take
// it from a request that is valid, nor from what the directory had before any request, but
// contends for it, and somebody decides; unless the town said that this software replaces the
// present one, and the instructor approved it.
func (o *Outcome) serve(f File, replaces bool) {
	r, s := f.Request, f.Subscription
	isTaken := s.Siret != "" && s.Want == credential.WantActive && s.Request != r.Number &&
		(f.Server.Habilitated() || s.Request == 0 && s.Editor != "")
	sameEditor := s.Editor == r.Current.Editor.Siret
	switch {
	case !r.Current.Modalities.Form:
		o.release(f)
	case isTaken && !sameEditor && !replaces:
		if s.Contender == r.Number {
			return
		}
		if s.Contender = r.Number; s.Revision == 0 { // as the directory believes it, from now on
			s.WantedAt = o.At
		}
		o.Subscription = &s
	case isTaken && sameEditor && s.Request != 0:
		// The same software receives them already: nothing moves while that right holds.
		if s.Contender == r.Number {
			s.Contender = f.Rival
			o.Subscription = &s
		}
	default:
		if served := s.Serving(serviceOf(r), o.At); served != s {
			o.Subscription, o.Provision = &served, true
		}
	}
}

// contends tells whether the request contends for the subscription once the decision is made.
func (o *Outcome) contends() bool { return o.after().Contender == o.Request.Number }

// stopped tells that HubEE suspended the subscription that works for the request.
func (o *Outcome) stopped() bool {
	after := o.after()
	return after.Request == o.Request.Number && after.Want == credential.WantActive && after.State == credential.Suspended
}

// staysOpen tells that the form of the town was open before the decision, and is after it: one that
// goes to another software does not close meanwhile. What the subscription says by itself is not
// enough: a form may stay open while HubEE's part of it is made anew (Subscription.FormAfter).
func (o *Outcome) staysOpen(before directory.FormState) bool {
	return before == directory.FormOpen && o.after().FormAfter(before) == directory.FormOpen
}

// after is the subscription of the town once the decision is made.
func (o *Outcome) after() credential.Subscription {
	if o.Subscription != nil {
		return *o.Subscription
	}
	return o.Read.Before
}

// leave gives up the subscription of the town that the request was for before.
func (o *Outcome) leave(f File) {
	s := f.Former
	switch {
	case s.Siret != "" && s.Contender == f.Request.Number:
		s.Contender = f.FormerRival
	case s.Siret == "" || s.Request != f.Request.Number:
		return
	case f.FormerHeir.Habilitated():
		s = s.Serving(serviceOf(f.FormerHeir), o.At)
	default:
		s = s.Stopped(o.At)
	}
	o.Left = &s
}

// closes tells that the decision closes a form that worked by the request.
func (o *Outcome) closes() bool {
	number := o.Request.Number
	stops := func(before credential.Subscription, after *credential.Subscription) bool {
		return after != nil && before.Request == number && after.Request == number &&
			before.Want == credential.WantActive && after.Want == credential.WantSuspended
	}
	return stops(o.Read.Before, o.Subscription) || stops(o.ReadFormer.Before, o.Left)
}

// release is the contrary: the subscription must no longer work for the request. It goes to
// its heir, or is suspended.
func (o *Outcome) release(f File) {
	r, s := f.Request, f.Subscription
	switch {
	case s.Siret == "":
		return
	case s.Contender == r.Number:
		s.Contender = f.Rival
		o.Subscription = &s
	case f.Relay().Request != 0:
		s = s.Serving(serviceOf(f.Heir), o.At)
		o.Subscription, o.Provision = &s, true
	case s.Request == r.Number && s.Want == credential.WantActive:
		s = s.Stopped(o.At)
		o.Subscription, o.Provision = &s, true
	}
}

// concernsForm tells whether the decision closes the form of the town, opens it again, or
// leaves it as it was by this request.
func (o *Outcome) concernsForm(f File, act habilitation.Act) bool {
	after, number := o.after(), f.Request.Number
	switch act {
	case habilitation.Suspend, habilitation.Revoke:
		return f.Subscription.Request == number && after.Request == number && after.Want == credential.WantSuspended
	case habilitation.Approve, habilitation.Refuse, habilitation.Restore, habilitation.RequestChanges,
		habilitation.Submit, habilitation.Withdraw, habilitation.Reopen, habilitation.Cancel:
	}
	return f.Request.Current.Modalities.Form && after.Request == number && after.Want == credential.WantActive
}

// handOver is a change of who receives the dossiers of a town: a request, with its editor,
// in place of the one that was served, with its former editor. Zero for none.
type handOver struct {
	to, from     habilitation.Request
	with, former editor.Editor
	isNewVersion bool // of the same request
	// token is that of the former editor, which gives way; zero for none. tokenOnly: the
	// dossiers stay where they are. newToken: the decision issues one.
	token               tokenMove
	tokenOnly, newToken bool
}

// changeOfEditor is the hand-over that a decision brings to the town: to the heir, because
// the request no longer keeps the dossiers, or to the editor of its new version. Where nobody
// received them, nothing changes hands.
func (f File) changeOfEditor(of editor.Editor, o Outcome) handOver {
	before, after, number := o.Read.Before, o.Subscription, f.Request.Number
	switch {
	case after == nil || before.Request != number || before.Want != credential.WantActive || after.Want != credential.WantActive ||
		after.Editor == before.Editor || after.State == credential.Suspended: // HubEE lets nothing through
		return handOver{}
	case after.Request == number:
		return handOver{to: f.Request, with: of, from: f.Server, former: f.CurrentEditor, isNewVersion: true}
	}
	return handOver{to: f.Heir, with: f.HeirEditor, from: f.Server, former: f.CurrentEditor}
}

// replacement is the hand-over that the town asked for with its request.
func (f File) replacement(grant Grant, o Outcome) handOver {
	before, after, number := o.Read.Before, o.Subscription, f.Request.Number
	if !grant.Replaces || after == nil || after.Request != number || before.Request == number || before.Want != credential.WantActive ||
		before.Editor == after.Editor {
		return handOver{}
	}
	return handOver{to: f.Request, with: grant.Editor, from: f.Server, former: f.Receiver}
}

// formerChange is the hand-over in the town that the request was for before.
func (f File) formerChange(o Outcome) handOver {
	if o.Left == nil || o.ReadFormer.Before.Want != credential.WantActive || o.Left.Request == o.ReadFormer.Before.Request || o.Left.Editor == o.ReadFormer.Before.Editor {
		return handOver{}
	}
	return handOver{to: f.FormerHeir, with: f.FormerHeirEditor, from: f.Request, former: f.CurrentEditor}
}

// tellHandOver tells both editors and the town, and writes it in the journal unless it is a
// new version, which is there already.
func (o *Outcome) tellHandOver(h handOver, m Moment) error {
	if h.to.Number == 0 {
		return nil
	}
	if !h.isNewVersion {
		event := m.event(h.to, audit.SubscriptionHandedOver, "")
		event.Object = subscriptionObject(h.to)
		o.Events = append(o.Events, event)
	}
	return o.write(m.Sealer, func() (notice.Notice, error) { return NewHandedOver(h.told(m)) })
}

func subscriptionObject(r habilitation.Request) audit.Object {
	return audit.Object{Kind: "subscription", ID: r.Siret.String(), Display: r.Organisation}
}

// told is the mail of a hand-over.
func (h handOver) told(m Moment) HandedOver {
	to := h.to
	told := HandedOver{
		Habilitation: to.Current.Number, Request: to.Number, Siret: to.Siret, Organisation: to.Organisation, Title: to.Current.Title,
		Editor: h.with.Name, Former: h.former.Name, To: to.Requester.Mail,
		Copies: []string{h.from.Requester.Mail, h.with.TechnicalContact, h.former.TechnicalContact}, At: m.At,
		TokenOnly: h.tokenOnly,
	}
	if h.token.after.ID != "" {
		told.Token, told.Lost, told.NewToken = h.token.after.Display(m.Mint.Prefix), h.token.lost(), h.newToken
		if h.token.goesOn(m.At) {
			told.Stops = h.token.stops()
		}
	}
	return told
}

func serviceOf(r habilitation.Request) credential.Service {
	return credential.Service{
		Request: r.Number, Siret: r.Siret, Organisation: r.Organisation, Editor: r.Current.Editor.Siret, Administrator: r.Requester,
	}
}

// acts are the lines of the journal of the decisions that are no approval.
var acts = map[habilitation.Act]audit.Act{
	habilitation.Refuse: audit.HabilitationRefused, habilitation.Suspend: audit.HabilitationSuspended,
	habilitation.Restore: audit.HabilitationRestored, habilitation.Revoke: audit.HabilitationRevoked,
}

// Verdict is a decision that is no approval.
type Verdict struct {
	Act    habilitation.Act
	Reason string        // "" where nobody tells
	Editor editor.Editor // of the habilitation, as it is today
	// Title and Technical are what a request says that was never approved.
	Title, Technical string
}

// change decides it of a request that was moved to its new state already.
func change(f File, v Verdict, m Moment) (Outcome, error) {
	r := f.Request
	o := f.outcome(m.At)
	o.Events = []audit.Event{m.event(r, acts[v.Act], "")}
	o.barTokens(f, m)
	if v.Act == habilitation.Refuse {
		o.AmendmentEnd = f.amendmentEnd(renewal.EndRefused)
	}
	switch {
	case v.Act == habilitation.Restore:
		o.serve(f, false)
	case !r.State.Habilitates():
		o.release(f)
	}
	if err := o.tellHandOver(f.changeOfEditor(v.Editor, o), m); err != nil {
		return o, err
	}
	if r.Requester.Mail == "" || v.Act != habilitation.Refuse && r.Current.Number == 0 {
		return o, nil // nobody to tell, or nothing that was ever granted
	}
	told := about(r, v.Editor)
	told.Form = o.concernsForm(f, v.Act)
	if r.Current.Number == 0 {
		told.Title, told.Editor = v.Title, v.Editor.Name
		if told.CC == "" {
			told.CC = v.Technical
		}
	}
	var unprolonged credential.Token
	if v.Act == habilitation.Refuse && !f.Amendment.IsZero() {
		unprolonged, _ = o.current(f)
	}
	return o, o.write(m.Sealer, func() (notice.Notice, error) {
		return NewChanged(Changed{
			TokenID: unprolonged.ID, TokenUntil: unprolonged.ExpiresAt, Restored: o.restoredToken(f, v.Act),
			About: told, Habilitation: r.Current.Number, Act: v.Act, Reason: v.Reason, Revision: r.Revision + 1, At: m.At,
			StillValid: r.Current.Number != 0 && r.State != habilitation.Revoked, Suspended: r.State == habilitation.Suspended,
		})
	})
}
