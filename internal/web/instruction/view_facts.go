package instruction

import (
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// factsView is what is known beside what a request says: facts, no verdicts.
type factsView struct {
	Register     registerView
	Others       []otherView
	SuspendedAt  web.Moment // the token of this request, by the operator; zero where it is not
	Mail         mailView
	Document     web.DocumentView
	PublishedAt  string // address of the délibération; "" for none
	DPD          dpdView
	Generic      bool   // the form is nobody's
	Editor       string // whose verified address the technical contact has, on the generic form; "" for nobody's
	EditorSiret  string
	Subscription credential.Phase // "" without a subscription
}

// registerView is what the company register tells of the establishment.
type registerView struct {
	Known          bool
	Name           string // "" where the register withholds it
	Category       string // INSEE's code; "" where it is not told
	CategoryWords  string // code of its words; "" where there are none
	Closed         bool
	ClosedOn       web.Moment // its day only
	LocalAuthority bool
	Commune, COG   string
	ToldAt         web.Moment
}

// otherView is another request of the establishment.
type otherView struct {
	URL, Number, Editor string
	State               stateView
	Since               web.Moment
	SuspendedAt         web.Moment // its token, by the operator; zero where it is not
}

// mailView is where the requester's address is known from.
type mailView struct {
	Domain           string // "" without an address
	Personal, Shared bool
	OfTown, OfOthers int
}

// dpdView is what is known of the data protection officer.
type dpdView struct {
	Named                    bool
	IsController, IsBusiness bool
	Elsewhere                int // other towns
	SameDomain               bool
}

func (v Views) newFactsView(f file) factsView {
	facts := f.Facts
	view := factsView{
		Register: v.newRegisterView(facts), Document: documentsOf(f.Application)(facts.Document.ID), DPD: newDPDView(f),
		Mail:        mailView{facts.MailDomain, facts.MailPersonal, facts.MailShared, facts.MailOfTown, facts.MailOfOthers},
		SuspendedAt: web.MomentOf(facts.Suspended[f.Request.Number]),
		Generic:     f.Template.Editor.Siret == "", Editor: web.Typographic(facts.Editor.Name), EditorSiret: facts.Editor.Siret.Display(),
	}
	if address, valid := request.WebAddress(f.Answers.DeliberationURL); valid && f.Answers.DeliberationURL != "" {
		view.PublishedAt = address
	}
	for _, other := range facts.Others {
		view.Others = append(view.Others, newOtherView(other, facts.Suspended[other.Number]))
	}
	if f.Subscription.Siret != "" {
		view.Subscription = f.Subscription.Phase()
	}
	return view
}

func (v Views) newRegisterView(facts request.Facts) registerView {
	if !facts.Known {
		return registerView{}
	}
	told := facts.Register
	view := registerView{
		Known: true, Name: web.Typographic(told.Name), Category: told.LegalCategory, Closed: told.Closed, ClosedOn: dayOf(told.ClosedOn),
		LocalAuthority: told.LocalAuthority(), COG: told.COG, ToldAt: web.MomentOf(told.ToldAt),
		CategoryWords: v.known("instruction.category."+told.LegalCategory, ""),
	}
	if commune, found := place.Commune(told.COG); found {
		view.Commune = web.Typographic(commune)
	}
	return view
}

// dayOf gives a day of the register, which is told without an hour. The zero time gives the
// zero Moment.
func dayOf(day time.Time) web.Moment {
	if day.IsZero() {
		return web.Moment{}
	}
	return web.Moment{Year: day.Year(), Month: int(day.Month()), Day: day.Day()}
}

func newOtherView(r habilitation.Request, suspended time.Time) otherView {
	return otherView{
		URL: pageOf(r), Number: r.Number.String(), Editor: web.Typographic(r.Current.Editor.Name), State: newStateView(r.State, ""),
		Since: web.MomentOf(r.StateAt), SuspendedAt: web.MomentOf(suspended),
	}
}

// newDPDView says who else the data protection officer is, by the rule that the deposit is held
// to.
func newDPDView(f file) dpdView {
	view := dpdView{Named: f.Answers.DPD.Mail != "", Elsewhere: f.Facts.DPDElsewhere, SameDomain: f.Facts.DPDSameDomain}
	for _, wrong := range request.Check(f.Answers, f.Situation(false), editor.BlockContacts) {
		switch wrong.Code {
		case "request.dpd_is_controller":
			view.IsController = true
		case "request.dpd_is_business":
			view.IsBusiness = true
		}
	}
	return view
}

// receptionView is what the town answered to: which software must receive its dossiers?
type receptionView struct {
	Keeps, Replaces bool
	Elsewhere       bool   // another software receives them now
	Present         string // its editor; "" for the town itself
	New             string // the software of the request; "" for the town itself
}

// newReceptionView is nil where the question does not arise, and as long as there is nothing to
// decide.
func newReceptionView(f file) *receptionView {
	if f.Phase != request.Filed && f.Phase != request.Returned {
		return nil
	}
	if f.Answers.Reception == "" && (!f.Elsewhere.Active || !f.Answers.Form) {
		return nil
	}
	return &receptionView{
		Keeps: f.Answers.Reception == request.ReceptionKeep, Replaces: f.Answers.Reception == request.ReceptionReplace,
		Elsewhere: f.Elsewhere.Active, Present: web.Typographic(f.Elsewhere.Editor.Name), New: web.Typographic(f.Template.Software),
	}
}
