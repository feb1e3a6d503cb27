package apidocs

import (
	"fmt"

	"portail-qf/internal/web"
)

// Views are the pages, parsed at start.
type Views struct {
	home    web.View[homePage]
	subject web.View[subjectPage]
}

const sampleURL = "https://portail.example.fr"

// ParseViews parses every page.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{home: web.Parsed[homePage](p, "apidocs/home"), subject: web.Parsed[subjectPage](p, "apidocs/subject")}
	return v, p.Err()
}

// Exhibits lists the pages with their samples, for the showcase and the tests: the document is
// its own sample. page frames each of them. A document that cannot be read is a mistake of the
// program, which a portal tells at its start: it panics.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	sample, err := Read(sampleURL)
	if err != nil {
		panic(fmt.Sprintf("apidocs: %v", err))
	}
	page.Path = docsPath
	home := web.Sample[homePage]{Name: "page", Content: newHomePage(page, sample, sampleURL)}
	var subjects []web.Sample[subjectPage]
	for _, t := range sample.Tags {
		page.Path = docsPath + "/" + t.Name
		subjects = append(subjects, web.Sample[subjectPage]{Name: t.Name, Content: newSubjectPage(page, sample, t)})
	}
	return []web.Exhibit{web.Show("apidocs/home", v.home, home), web.Show("apidocs/subject", v.subject, subjects...)}
}
