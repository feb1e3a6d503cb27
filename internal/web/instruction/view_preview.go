package instruction

import (
	"strconv"
	"strings"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
)

// previewPage shows the mails that a decision sends, before it is made.
type previewPage struct {
	web.ProPage
	Act             habilitation.Act
	URL, CorrectURL string
	PageURL         string
	Number, Name    string
	Modification    bool
	Habilitation    string // "H10000042": to come, of an approval
	Form            bool   // the approval grants the form
	FormOpens       bool
	Replaces        bool
	Elsewhere       bool
	Prolonged       web.Moment      // the expiry that the approval gives the token; zero for none
	Lapsing         web.LapsingView // the token that the modification was to prolong
	Software        string          // or its editor's name, as confirmed on the generic form; "" for none
	Mails           []mailPreview
	// Shown is what was shown, sent back with the decision.
	Shown []dsfr.Hidden
	// Changed: what was shown before is not what is kept any more.
	Changed bool
}

// mailPreview is a mail as its recipients will read it.
type mailPreview struct {
	To, CC     []string
	Subject    string
	Paragraphs [][]string // lines
}

func newPreviewPage(page web.ProPage, f draftFile, foreseen decision.Foreseen) previewPage {
	r := f.Request
	p := previewPage{
		ProPage: page, Act: f.Act, URL: previewPath(r.Number, f.Act), CorrectURL: actPath(r.Number, f.Act), PageURL: pathOf(r.Number),
		Number: r.Number.String(), Name: nameOf(r), Modification: f.Modification(), FormOpens: foreseen.FormOpens, Replaces: foreseen.Replaces,
		Elsewhere: foreseen.Elsewhere, Prolonged: web.MomentOf(foreseen.Prolonged), Software: web.Typographic(f.Template.Software), Shown: shownOf(f),
	}
	if p.Software == "" {
		p.Software = web.Typographic(f.chosen())
	}
	if f.Act == habilitation.Approve {
		_, granted := f.Grant()
		p.Form, p.Habilitation = granted.Form, f.Note.Number.String()
	}
	return p
}

// shownOf is the note as the form of the page sends it back.
func shownOf(f draftFile) []dsfr.Hidden {
	kept := f.kept()
	shown := []dsfr.Hidden{{Name: fieldText, Value: kept.Text.Value}}
	for _, said := range kept.said() {
		shown = append(shown, dsfr.Hidden{Name: fieldComment + string(said.Field), Value: said.Text})
	}
	if kept.Editor.Value != "" {
		shown = append(shown, dsfr.Hidden{Name: fieldEditor, Value: kept.Editor.Value})
	}
	return append(shown, dsfr.Hidden{Name: fieldRevision, Value: strconv.Itoa(f.Note.Revision)})
}

func newMailView(mail Mail) mailPreview {
	view := mailPreview{To: mail.To, CC: mail.CC, Subject: mail.Subject}
	for block := range strings.SplitSeq(strings.TrimSpace(mail.Text), "\n\n") {
		view.Paragraphs = append(view.Paragraphs, strings.Split(block, "\n"))
	}
	return view
}
