package renewals

import "portail-qf/internal/web"

// Views are the pages of the watch over prolongations, parsed at start.
type Views struct {
	risks    web.View[risksPage]
	calls    web.View[listPage]
	refused  web.View[listPage]
	calendar web.View[calendarPage]
	day      web.View[dayPage]
	funnel   web.View[funnelPage]

	sentences *web.Templates
}

// ParseViews parses every page of the watch over prolongations.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		risks:     web.Parsed[risksPage](p, "renewals/risks"),
		calls:     web.Parsed[listPage](p, "renewals/calls"),
		refused:   web.Parsed[listPage](p, "renewals/refused"),
		calendar:  web.Parsed[calendarPage](p, "renewals/calendar"),
		day:       web.Parsed[dayPage](p, "renewals/day"),
		funnel:    web.Parsed[funnelPage](p, "renewals/funnel"),
		sentences: t,
	}
	return v, p.Err()
}

// Exhibits lists every page with its samples, for the showcase and the tests. page frames each
// of them.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	return []web.Exhibit{
		web.Show("renewals/risks", v.risks, risksSamples(page)...),
		web.Show("renewals/calls", v.calls, callsSamples(page)...),
		web.Show("renewals/refused", v.refused, refusedSamples(page)...),
		web.Show("renewals/calendar", v.calendar, calendarSamples(page)...),
		web.Show("renewals/day", v.day, daySamples(page)...),
		web.Show("renewals/funnel", v.funnel, funnelSamples(page)...),
	}
}
