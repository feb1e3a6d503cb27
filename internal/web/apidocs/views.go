package apidocs

import (
	"errors"

	"portail-qf/internal/web"
)

// Views are the pages, parsed at start.
type Views struct {
	home    web.View[homePage]
	subject web.View[subjectPage]
	sample  *Document
}

const sampleURL = "https://portail.example.fr"

// ParseViews parses every page.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{home: web.Parsed[homePage](p, "apidocs/home"), subject: web.Parsed[subjectPage](p, "apidocs/subject")}
	var err error
	v.sample, err = Read(sampleURL)
	return v, errors.Join(p.Err(), err)
}

// Exhibits lists the pages with their samples, for the showcase and the tests: the document is
// its own sample. page frames each of them.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	page.Path = docsPath
	home := web.Sample[homePage]{Name: "page", Content: newHomePage(page, v.sample, sampleURL)}
	var subjects []web.Sample[subjectPage]
	for _, t := range v.sample.Tags {
		page.Path = docsPath + "/" + t.Name
		subjects = append(subjects, web.Sample[subjectPage]{Name: t.Name, Content: newSubjectPage(page, v.sample, t)})
	}
	return []web.Exhibit{web.Show("apidocs/home", v.home, home), web.Show("apidocs/subject", v.subject, subjects...)}
}
