package editorspace

import (
	"strings"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
)

// renewalsPage lists the clients whose token expires or is cut: no identity.
type renewalsPage struct {
	web.ProPage
	List   web.List
	Rows   []web.RiskView
	Counts []dangerCount
	Sheet  string // address of the same list for a spreadsheet
}

// dangerCount is how many tokens are near their expiry, with where they are listed.
type dangerCount struct {
	Code  string
	Count int
	URL   string
}

func newRenewalsPage(page web.ProPage, asked web.Criteria, total int, found []renewal.Risk, counts renewal.RiskCounts, prefix credential.TokenPrefix, now time.Time) renewalsPage {
	p := renewalsPage{ProPage: page, List: asked.List(total), Sheet: renewalsPath + "/export.csv"}
	if _, query, found := strings.Cut(asked.Address(), "?"); found {
		p.Sheet += "?" + query
	}
	for _, risk := range found {
		p.Rows = append(p.Rows, web.NewRiskView(risk, prefix, now))
	}
	for _, danger := range []struct {
		danger renewal.Danger
		count  int
	}{{renewal.InThirty, counts.InThirty}, {renewal.InSeven, counts.InSeven}, {renewal.AlreadyCut, counts.Cut}} {
		if danger.count > 0 {
			p.Counts = append(p.Counts, dangerCount{string(danger.danger), danger.count, renewalsPath + "?" + filterDanger + "=" + string(danger.danger)})
		}
	}
	return p
}
