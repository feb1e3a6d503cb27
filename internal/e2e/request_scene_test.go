package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"portail-qf/internal/document/intake/intaketest"
	"portail-qf/internal/sim/smtp"
)

// The addresses of requests, and a town that has not asked for anything yet.
const (
	townRequests = "/collectivite/demandes"
	theQueue     = "/instruction/demandes"
	tilleulForm  = "api-particulier-tilleul"
	brumeForm    = "api-particulier-brume"
	genericForm  = "formulaire-qf"
)

var clairval = newTown{"21300990500018", "COMMUNE DE CLAIRVAL-LES-PINS", "30990", "30990", "CLAIRVAL-LES-PINS"}

// upload is a file that somebody chooses.
type upload struct {
	name    string
	content []byte
}

func deliberation() *upload {
	return &upload{"Délibération du 12 mars.pdf", intaketest.PDF(2)}
}

// hands posts a form with a file, as a browser does: what a file may be called comes in its
// extended form too (RFC 8187), which browsers do not write and programs do.
func (v *visitor) hands(address string, fields url.Values, file *upload) *page {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, values := range fields {
		for _, value := range values {
			if err := form.WriteField(name, value); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	disposition, content := `form-data; name="deliberation"; filename=""`, []byte(nil)
	if file != nil {
		disposition = `form-data; name="deliberation"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(file.name), "+", "%20")
		content = file.content
	}
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {"application/octet-stream"}})
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		v.t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, address, &body)
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	response, err := v.client.Do(request)
	return v.read(response, err)
}

// asking is somebody of a town at her request.
type asking struct {
	*visitor
	p      *portal
	number string
	typed  map[string]bool // what was typed, the file included
}

// path is an address below the request.
func (a *asking) path(part string) string { return townRequests + "/" + a.number + part }

// begins opens the address of a form, signs in where that is needed, and begins; the page is
// the first step.
func (p *portal) begins(v *visitor, key, form string) (*asking, *page) {
	p.t.Helper()
	start := v.get("/formulaires/" + form + "/demande/nouveau").answers(http.StatusOK)
	confirm := v.get(start.link("Commencer la demande"))
	if confirm.url.Path == "/connexion" {
		p.proConnect(fmt.Sprintf(`{"key":%q}`, key))
		confirm = confirm.submit("/connexion")
	}
	step := confirm.at(townRequests + "/nouvelle").answers(http.StatusOK).submit(townRequests)
	rest, begun := strings.CutPrefix(step.url.Path, townRequests+"/")
	if !begun {
		p.t.Fatalf("begun, at %s (%d): %s", step.url.Path, step.status, step.text())
	}
	number, _, _ := strings.Cut(rest, "/")
	return &asking{visitor: v, p: p, number: number, typed: map[string]bool{}}, step
}

// reaches gives what somebody else of the town sees of a request.
func (p *portal) reaches(v *visitor, number string) *asking {
	return &asking{visitor: v, p: p, number: number, typed: map[string]bool{}}
}

// answers fills in a step and presses the button that goes on.
func (a *asking) answers(step *page, values typed, file *upload) *page {
	a.t.Helper()
	form := step.formNode(step.url.Path)
	target, fields := step.form(step.url.Path)
	for name, value := range values {
		if fields.Get(name) != value && value != "" {
			a.typed[name] = true
		}
		fields.Set(name, value)
	}
	if attribute(form, "enctype") == "multipart/form-data" {
		if file != nil {
			a.typed["deliberation"] = true
		}
		return a.hands(target, fields, file)
	}
	return a.post(target, fields)
}

// nominal is what a town types, step by step.
var nominal = map[string]typed{
	"traitement": {"conservation": "12"},
	"personnes": {
		"demandeur_telephone": "04 66 00 00 01",
		"dpd_prenom":          "Luc", "dpd_nom": "Kerjean", "dpd_mail": "dpd@syndicat.example.fr", "dpd_telephone": "04 66 00 00 02",
		"responsable_prenom": "Odile", "responsable_nom": "Tanguy", "responsable_fonction": "Maire", "responsable_mail": "maire@clairval-les-pins.example.fr",
	},
	"usagers":   {"usagers_mail": "enfance@clairval-les-pins.example.fr"},
	"reception": {"reception": "remplacer"},
}

// completes answers every step from the one that is open up to the summary; changes replace
// what is nominal.
func (a *asking) completes(step *page, changes typed) *page {
	a.t.Helper()
	for step.url.Path != a.path("/recapitulatif") {
		values := typed{}
		block := path.Base(step.url.Path)
		maps.Copy(values, nominal[block])
		for name, value := range changes {
			if step.answers(http.StatusOK).asks(name) {
				values[name] = value
			}
		}
		step = a.answers(step, values, deliberation())
		if path.Base(step.url.Path) == block {
			a.t.Fatalf("the step %s stays (%d): %s", block, step.status, step.text())
		}
	}
	return step.answers(http.StatusOK)
}

// asks tells whether a page has a field of a name.
func (p *page) asks(name string) bool {
	return find(p.root, func(n *html.Node) bool { return attribute(n, "name") == name && n.Data != "meta" }) != nil
}

// deposits ticks the consents of a summary and sends it.
func (a *asking) deposits(summary *page) *page {
	a.t.Helper()
	return summary.fill("/recapitulatif", consents).at(a.path("/depot")).answers(http.StatusOK)
}

var consents = typed{"cgu": "oui", "dpd_informe": "oui"}

// asks is a request from its form to its deposit.
func (p *portal) asks(key, form string, changes typed) *asking {
	p.t.Helper()
	a, step := p.begins(p.visitor(), key, form)
	a.deposits(a.completes(step, changes))
	return a
}

// changes opens a step from the summary, fills it in and comes back.
func (a *asking) changes(block string, values typed, file *upload) *page {
	a.t.Helper()
	step := a.get(a.path("/etapes/" + block + "?retour=recapitulatif"))
	return a.answers(step, values, file).at(a.path("/recapitulatif")).answers(http.StatusOK)
}

// hasChanged fails unless a page is that of a request which is elsewhere than somebody thought.
func (p *page) hasChanged(a *asking) *page {
	p.visitor.t.Helper()
	return p.at(a.path("")).says("Cette demande a changé : voici où elle en est")
}

// The parts of the addresses of what instructors decide.
const (
	approval  = "/validation"
	returning = "/modifications"
	refusal   = "/refus"
)

// previews writes for a decision and looks at the mail that it will be.
func (v *visitor) previews(number, act string, values typed) *page {
	v.t.Helper()
	address := theQueue + "/" + number + act
	return v.get(address).answers(http.StatusOK).fill(act, values).at(address + "/apercu").answers(http.StatusOK)
}

// decides previews and confirms; the mails shown are given, as "recipients: subject, text".
func (v *visitor) decides(number, act string, values typed) (shown []string) {
	v.t.Helper()
	preview := v.previews(number, act, values)
	preview.submit("/apercu").at(theQueue + "/" + number).answers(http.StatusOK)
	return preview.mails()
}

// mails are those that a preview shows: to whom, in copy, subject and text.
func (p *page) mails() (shown []string) {
	var head []string // the cells of the list before the text
	find(p.root, func(n *html.Node) bool {
		switch {
		case n.Data == "dl":
			head = nil
		case n.Data == "dd":
			head = append(head, wordsOf(n))
		case attribute(n, "class") == "qf-mail__text":
			shown = append(shown, strings.Join(append(head, wordsOf(n)), " | "))
		}
		return false
	})
	return shown
}

// wordsOf is what an element says.
func wordsOf(n *html.Node) string {
	var words strings.Builder
	collect(n, &words)
	return plain(words.String())
}

// asShown is a mail that left, as a preview shows it.
func asShown(m smtp.Message) string {
	cc := "Personne"
	if len(m.Cc) > 0 {
		cc = strings.Join(m.Cc, " ")
	}
	return strings.Join([]string{strings.Join(m.To, " "), cc, plain(m.Subject), plain(m.Text)}, " | ")
}

// leftAsShown fails unless the mails since one of them are those that were shown, word for
// word.
func (p *portal) leftAsShown(since int, shown []string) {
	p.t.Helper()
	p.drain()
	var left []string
	for _, m := range p.stage.Mail.Messages()[since:] {
		left = append(left, asShown(m))
	}
	slices.Sort(left)
	slices.Sort(shown)
	if !slices.Equal(left, shown) {
		p.t.Errorf("the mails that left:\n%s\nthose that were shown:\n%s", strings.Join(left, "\n"), strings.Join(shown, "\n"))
	}
}

// sent is how many mails left.
func (p *portal) sent() int {
	p.t.Helper()
	p.drain()
	return len(p.stage.Mail.Messages())
}
