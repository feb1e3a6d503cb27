package web

import (
	"strconv"
	"time"

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
}

// NewRiskView shows a token at risk at a time.
func NewRiskView(r renewal.Risk, prefix credential.TokenPrefix, now time.Time) RiskView {
	view := RiskView{
		TokenURL: "/jetons/" + r.ID, Display: r.Display(prefix), Name: Typographic(r.Organisation), Siret: r.Siret.Display(), Habilitation: r.Habilitation.String(),
		Departement: r.Departement, Countdown: NewCountdown(r.ExpiresAt, now), Elsewhere: r.Elsewhere, LastUse: MomentOf(r.LastUse),
		CallsRefused: MomentOf(r.CallsRefused), Amendment: amendmentCode(r.Amendment),
	}
	if next, ok := r.Next(now); ok {
		view.Next = MomentOf(next.Day)
	}
	if view.Name == "" {
		view.Name = view.Siret
	}
	return view
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
	"renewal.sheet.expiry", "renewal.sheet.left", "renewal.sheet.last_use", "renewal.sheet.calls_refused", "renewal.sheet.next", "renewal.sheet.amendment",
}

// RiskHeadings gives the headings of a sheet of tokens at risk, in words; others follow.
func (t *Templates) RiskHeadings(others ...string) ([]string, error) {
	return t.Said(append(riskColumns[:len(riskColumns):len(riskColumns)], others...)...)
}

// RiskCells gives the cells of a token at risk, in the order of the headings.
func (t *Templates) RiskCells(r renewal.Risk, prefix credential.TokenPrefix, now time.Time) ([]string, error) {
	amendment, next := amendmentCode(r.Amendment), ""
	if amendment != "" {
		words, err := t.Said(amendment)
		if err != nil {
			return nil, err
		}
		amendment = words[0]
	}
	if coming, ok := r.Next(now); ok {
		next = SheetDay(coming.Day)
	}
	return []string{
		r.Organisation, r.Siret.String(), DepartementText(r.Departement), r.Habilitation.String(), r.Display(prefix), SheetMoment(r.ExpiresAt),
		strconv.Itoa(r.DaysLeft(now)), SheetMoment(r.LastUse), SheetDay(r.CallsRefused), next, amendment,
	}, nil
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
