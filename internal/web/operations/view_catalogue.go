package operations

import (
	"strings"

	"portail-qf/internal/domain/notice"
	"portail-qf/internal/web"
)

// cataloguePage lists every automatic mail.
type cataloguePage struct {
	web.ProPage
	Samples []sampleView
}

// samplePage shows one automatic mail whole.
type samplePage struct {
	web.ProPage
	Sample        sampleView
	From, ReplyTo string
}

// sampleView is an automatic mail written to invented people.
type sampleView struct {
	URL     string
	Name    string
	When    string
	To, CC  []string
	Subject string
	Text    []paragraph
}

// paragraph is the lines of a text between two empty ones.
type paragraph []string

func newCataloguePage(page web.ProPage, catalogue []notice.Sample) cataloguePage {
	p := cataloguePage{ProPage: page}
	for _, sample := range catalogue {
		p.Samples = append(p.Samples, newSampleView(sample))
	}
	return p
}

func newSamplePage(page web.ProPage, sample notice.Sample, from, replyTo string) samplePage {
	return samplePage{ProPage: page, Sample: newSampleView(sample), From: from, ReplyTo: replyTo}
}

func newSampleView(sample notice.Sample) sampleView {
	return sampleView{
		URL: samplePath(sample.Kind), Name: sample.Name, When: sample.When, To: sample.To, CC: sample.CC,
		Subject: sample.Subject, Text: paragraphs(sample.Text),
	}
}

func paragraphs(text string) []paragraph {
	var all []paragraph
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		all = append(all, strings.Split(block, "\n"))
	}
	return all
}
