package web

import (
	"strconv"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/renewal"
)

// RiskView is a token at risk, as those who watch over it and its editor read it, without any
// identity: templates/pages/common/partials/risk_*.
type RiskView struct {
	TokenURL, Display         string
	Name, Siret, Habilitation string
	Departement               string // code; "" where it is not known
	Countdown                 Countdown
	Next                      Moment // of the next reminder; not known where none comes
	Elsewhere                 bool   // another system writes the mails
	LastUse                   Moment // not known before the first one
	CallsRefused              Moment // the last day on which the software still showed it, once it was cut
	// Amendment is the code of how far the modification for the prolongation is; "" for none.
	Amendment string
	Address   string // code of what is wrong with the requester's address; "" for nothing
}

// NewRiskView shows a token at risk at a time.
func NewRiskView(r renewal.Risk, prefix credential.TokenPrefix, now time.Time) RiskView {
	view := RiskView{
		TokenURL: "/jetons/" + r.ID, Display: r.Display(prefix), Name: Typographic(r.Organisation), Siret: r.Siret.Display(), Habilitation: r.Habilitation.String(),
		Departement: r.Departement, Countdown: NewCountdown(r.ExpiresAt, now), Elsewhere: r.Elsewhere, LastUse: MomentOf(r.LastUse),
		CallsRefused: MomentOf(r.CallsRefused), Amendment: amendmentCode(r.Amendment), Address: addressCode(r),
	}
	if next, ok := r.Next(now); ok {
		view.Next = MomentOf(next.Day)
	}
	if view.Name == "" {
		view.Name = view.Siret
	}
	return view
}

func addressCode(r renewal.Risk) string {
	switch {
	case r.Requester.Mail == "":
		return "renewal.address.missing"
	case r.RefusedMail != 0:
		return "renewal.address.refused"
	}
	return ""
}

func amendmentCode(a renewal.Amendment) string {
	switch {
	case a.IsZero():
		return ""
	case a.FiledAt.IsZero():
		return "renewal.amendment.begun"
	case a.Returned:
		return "renewal.amendment.returned"
	}
	return "renewal.amendment.filed"
}

// riskColumns are the codes of the headings of a sheet of tokens at risk.
var riskColumns = [...]string{
	"renewal.sheet.organisation", "renewal.sheet.siret", "renewal.sheet.departement", "renewal.sheet.habilitation", "renewal.sheet.token",
	"renewal.sheet.expiry", "renewal.sheet.left", "renewal.sheet.last_use", "renewal.sheet.calls_refused", "renewal.sheet.next", "renewal.sheet.amendment", "renewal.sheet.address",
}

// RiskHeadings gives the headings of a sheet of tokens at risk, in words; others follow.
func (t *Templates) RiskHeadings(others ...string) ([]string, error) {
	return t.Said(append(riskColumns[:len(riskColumns):len(riskColumns)], others...)...)
}

// RiskCells gives the cells of a token at risk, in the order of the headings.
func (t *Templates) RiskCells(r renewal.Risk, prefix credential.TokenPrefix, now time.Time) ([]string, error) {
	said, next := [...]string{amendmentCode(r.Amendment), addressCode(r)}, ""
	for i, code := range said {
		if code == "" {
			continue
		}
		words, err := t.Said(code)
		if err != nil {
			return nil, err
		}
		said[i] = words[0]
	}
	if coming, ok := r.Next(now); ok {
		next = SheetDay(coming.Day)
	}
	return []string{
		r.Organisation, r.Siret.String(), DepartementText(r.Departement), r.Habilitation.String(), r.Display(prefix), SheetMoment(r.ExpiresAt),
		strconv.Itoa(r.DaysLeft(now)), SheetMoment(r.LastUse), SheetDay(r.CallsRefused), next, said[0], said[1],
	}, nil
}

// RenewalTab is one of the pages of the watch over prolongations, as each of them lists them:
// templates/pages/common/partials/renewal_tabs.
type RenewalTab struct {
	Code, URL string // its label is the sentence "renewal.tab.<code>"
	Current   bool
}

// RenewalTabs lists the pages of the watch that a space has; path is that of the one that is read.
// An editor has those that count and list the tokens of its clients.
func RenewalTabs(space account.Space, path string) []RenewalTab {
	codes := []string{"risks", "calls", "refused", "calendar", "funnel"}
	if space == account.SpaceEditor {
		codes = []string{"own", "calendar", "funnel"}
	}
	parts := map[string]string{"calls": "/appels", "refused": "/adresses-refusees", "calendar": "/calendrier", "funnel": "/suivi"}
	tabs := make([]RenewalTab, len(codes))
	for i, code := range codes {
		address := space.Path() + "/prolongations" + parts[code]
		tabs[i] = RenewalTab{Code: code, URL: address, Current: address == path}
	}
	return tabs
}

// Nudging is how an editor asks the requester of a token to prolong it: tokens/partials/nudge,
// common/partials/nudge_row. It is zero for everybody else, and where there is nothing to ask.
type Nudging struct {
	URL       string // "" where the reader asks nothing
	Can       bool   // now
	At, Again Moment // when it last did, and from when it may again; zero for never
	Refused   bool   // the requester's address refuses mails
	// Name is the town, and Back the address to come back to, in a list.
	Name, Back string
}

// In is the same in a list: the row of a town, and the address of the list.
func (n Nudging) In(name, back string) Nudging {
	n.Name, n.Back = name, back
	return n
}

// NewNudging shows how a reader asks that a token be prolonged; may tells that the reader's role
// does.
func NewNudging(f renewal.File, may bool, now time.Time) Nudging {
	if !may || !f.Open(now) || f.Amendment.Filed() {
		return Nudging{}
	}
	v := Nudging{URL: "/jetons/" + f.ID + "/relance", Can: f.MayNudge(now) == nil, At: MomentOf(f.NudgedAt), Refused: f.MailRefused}
	if !v.Can {
		v.Again = MomentOf(f.NudgeAgain())
	}
	return v
}

// DepartementText is a département with its name; "" where it is not known.
func DepartementText(code string) string {
	for _, d := range place.Departements() {
		if d.Code == code {
			return code + " " + Typographic(d.Name)
		}
	}
	return code
}
