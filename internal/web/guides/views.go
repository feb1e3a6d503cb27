package guides

import "portail-qf/internal/web"

// Views are the guides, parsed at start.
type Views struct {
	launch   web.View[launchPage]
	hub      web.View[hubPage]
	quotient web.View[quotientPage]
}

// ParseViews parses every guide.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		launch:   web.Parsed[launchPage](p, "guides/launch"),
		hub:      web.Parsed[hubPage](p, "guides/hub"),
		quotient: web.Parsed[quotientPage](p, "guides/quotient"),
	}
	return v, p.Err()
}

// Exhibits lists every guide with its samples, for the showcase and the tests. page frames
// each of them.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	return []web.Exhibit{
		web.Show("guides/launch", v.launch, launchSamples(page)...),
		web.Show("guides/hub", v.hub, hubSamples(page)...),
		web.Show("guides/quotient", v.quotient, quotientSamples(page)...),
	}
}
