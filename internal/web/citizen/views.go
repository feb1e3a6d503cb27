package citizen

import "portail-qf/internal/web"

// Views are the pages of the public form, parsed at start.
type Views struct {
	home            web.View[homePage]
	search          web.View[searchPage]
	form            web.View[formPage]
	alternatives    web.View[alternativesPage]
	review          web.View[reviewPage]
	confirmation    web.View[confirmationPage]
	failures        map[cause]web.View[failurePage]
	followUp        web.View[followUpPage]
	followUpState   web.View[followUpStatePage]
	followUpUnknown web.View[followUpPage]
	townUnknown     web.View[townUnknownPage]
	sessionEnded    web.View[townUnknownPage]
	loggedOut       web.View[textPage]
	help            web.View[textPage]
	siteMap         web.View[textPage]
	accessibility   web.View[operatorPage]
	legal           web.View[operatorPage]
	privacy         web.View[operatorPage]
	cookies         web.View[cookiesPage]
}

// ParseViews parses every page of the public form.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		home:            web.Parsed[homePage](p, "citizen/home"),
		search:          web.Parsed[searchPage](p, "citizen/search"),
		form:            web.Parsed[formPage](p, "citizen/form"),
		alternatives:    web.Parsed[alternativesPage](p, "citizen/alternatives"),
		review:          web.Parsed[reviewPage](p, "citizen/review"),
		confirmation:    web.Parsed[confirmationPage](p, "citizen/confirmation"),
		failures:        make(map[cause]web.View[failurePage], len(causes)),
		followUp:        web.Parsed[followUpPage](p, "citizen/followup"),
		followUpState:   web.Parsed[followUpStatePage](p, "citizen/followup_state"),
		followUpUnknown: web.Parsed[followUpPage](p, "citizen/followup_unknown"),
		townUnknown:     web.Parsed[townUnknownPage](p, "citizen/town_unknown"),
		sessionEnded:    web.Parsed[townUnknownPage](p, "citizen/session_ended"),
		loggedOut:       web.Parsed[textPage](p, "citizen/logged_out"),
		help:            web.Parsed[textPage](p, "citizen/help"),
		siteMap:         web.Parsed[textPage](p, "citizen/sitemap"),
		accessibility:   web.Parsed[operatorPage](p, "citizen/accessibility"),
		legal:           web.Parsed[operatorPage](p, "citizen/legal"),
		privacy:         web.Parsed[operatorPage](p, "citizen/privacy"),
		cookies:         web.Parsed[cookiesPage](p, "citizen/cookies"),
	}
	for _, why := range causes {
		v.failures[why] = web.Parsed[failurePage](p, "citizen/failure/"+string(why))
	}
	return v, p.Err()
}

// Exhibits lists every page with its samples, for the showcase and the tests.
func (v Views) Exhibits(page web.Page) []web.Exhibit {
	exhibits := []web.Exhibit{
		web.Show("citizen/home", v.home, homeSamples(page)...),
		web.Show("citizen/search", v.search, searchSamples(page)...),
		web.Show("citizen/form", v.form, formSamples(page)...),
		web.Show("citizen/alternatives", v.alternatives, alternativesSamples(page)...),
		web.Show("citizen/review", v.review, reviewSamples(page)...),
		web.Show("citizen/confirmation", v.confirmation, confirmationSamples(page)...),
		web.Show("citizen/followup", v.followUp, followUpSamples(page)...),
		web.Show("citizen/followup_state", v.followUpState, followUpStateSamples(page)...),
		web.Show("citizen/followup_unknown", v.followUpUnknown, followUpUnknownSamples(page)...),
		web.Show("citizen/town_unknown", v.townUnknown, townUnknownSamples(page)...),
		web.Show("citizen/session_ended", v.sessionEnded, townUnknownSamples(page)...),
		web.Show("citizen/logged_out", v.loggedOut, textSamples(page)...),
		web.Show("citizen/help", v.help, textSamples(page)...),
		web.Show("citizen/sitemap", v.siteMap, textSamples(page)...),
		web.Show("citizen/accessibility", v.accessibility, operatorSamples(page)...),
		web.Show("citizen/legal", v.legal, operatorSamples(page)...),
		web.Show("citizen/privacy", v.privacy, operatorSamples(page)...),
		web.Show("citizen/cookies", v.cookies, cookiesSamples(page)...),
	}
	for _, why := range causes {
		exhibits = append(exhibits, web.Show("citizen/failure/"+string(why), v.failures[why], failureSamples(page)...))
	}
	return exhibits
}
