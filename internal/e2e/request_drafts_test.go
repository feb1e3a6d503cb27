package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/document/intake/intaketest"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/sim/clamav"
	"portail-qf/internal/sim/control"
)

// « reminders of drafts before their erasure » (issue 5); « drafts 6 months, warned 30 and 7
// days before, never erased without notice » (PRODUCT.md 6), on a clock that moves.
func TestADraftIsErasedAfterTwoNotices(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.inTheMorning()
	a, step := p.begins(p.visitor(), "agente-clairval", tilleulForm)
	a.answers(step, typed{"deliberation_url": "https://www.clairval.example.fr/actes"}, deliberation())
	begun := p.now()
	m := value.MomentOf(begun)
	erased := value.DayBegins(m.Year, time.Month(m.Month+6), m.Day)
	round := func(days int) { // the round of the day that is so long before the erasure
		// A little later each time: seven days after a notice is not before its hour.
		p.advance(erased.AddDate(0, 0, -days).Add(9*time.Hour + time.Duration(40-days)*time.Minute).Sub(p.now()))
		p.job("drafts")
		p.job("purge")
		p.drain()
	}
	round(40)
	if n := len(p.letters(lucie)); n != 0 {
		t.Fatalf("%d mails forty days before", n)
	}
	for _, days := range []int{30, 29, 8, 7, 6} {
		round(days)
	}
	told := p.letters(lucie)
	if len(told) != 2 {
		t.Fatalf("%d notices", len(told))
	}
	for i, says := range []string{"Nous vous écrirons encore une fois, sept jours avant cette date", "C’est le dernier rappel avant cette date"} {
		if text := plain(told[i].text); !strings.Contains(text, plain(says)) || !strings.Contains(text, "D"+a.number) || !strings.Contains(told[i].subject, dayOf(erased)) {
			t.Errorf("notice %d is « %s »\n%s", i+1, told[i].subject, told[i].text)
		}
	}
	draft := p.reaches(p.professional("agente-clairval"), a.number)
	draft.get(draft.path("")).says("Brouillon")
	if files := p.count(`SELECT count(*) FROM document_contents`); files != 1 {
		t.Fatalf("%d documents before the erasure", files)
	}
	round(0)
	draft = p.reaches(p.professional("agente-clairval"), a.number)
	draft.get(draft.path("")).says("Personne de connu").neverSays("clairval.example.fr", "Délibération du 12 mars.pdf")
	if left := p.count(`SELECT (SELECT count(*) FROM document_contents) + (SELECT count(*) FROM documents) + (SELECT count(*) FROM applications WHERE answers::text LIKE '%clairval.example.fr%')`); left != 0 {
		t.Errorf("%d traces of the draft are left", left)
	}
	if acts := p.actsOf(a.number); !slices.Equal(acts, []string{"request.begun", "request.erased"}) || len(p.letters(lucie)) != 2 {
		t.Errorf("the journal says %q, %d mails", acts, len(p.letters(lucie)))
	}
	p.isToldHoweverLate()
}

// isToldHoweverLate lets the round not run for a year: a draft is not erased before its notice.
func (p *portal) isToldHoweverLate() {
	p.t.Helper()
	late, _ := p.begins(p.visitor(), "agent-clairval", tilleulForm)
	for day, left := range []string{"brouillon", "brouillon", "archivee"} {
		p.advance(map[int]time.Duration{0: 400, 1: 6, 2: 2}[day] * 24 * time.Hour)
		p.job("drafts")
		p.drain()
		if state := p.requestState(int64(p.count(`SELECT $1::bigint`, late.number))); state != left || len(p.letters(bastien)) != 1 {
			p.t.Errorf("round %d: the draft is %q after %d notices", day, state, len(p.letters(bastien)))
		}
	}
}

// clamdFails orders what the analysis does, so many times; 0 for ever.
func (p *portal) clamdFails(mode string, times int) {
	p.stage.Clamd.Control.Inject(control.Fault{Match: "INSTREAM", Mode: mode, Times: times})
}

// clamdIsBack has the analysis answer again, once what was under way has failed.
func (p *portal) clamdIsBack() {
	p.t.Helper()
	p.drain()
	p.stage.Clamd.Control.Reset()
	p.later(2 * time.Hour)
}

// eicar is a PDF that every antivirus takes for infected.
func eicar() []byte {
	var f intaketest.File
	tree := f.Pages(1, "", "BT /F1 12 Tf 50 700 Td (Acte) Tj ET")
	f.Stream("", clamav.EICAR())
	return f.Bytes(f.Object(fmt.Sprintf("<</Type/Catalog/Pages %d 0 R>>", tree)), "")
}

// « scanned »; where the antivirus does not answer, the town goes on and sees it; « EICAR » is
// refused beside the field (issue 5).
func TestADocumentWaitsForItsAnalysis(t *testing.T) {
	t.Parallel()
	p := open(t)
	a, step := p.begins(p.visitor(), "agente-clairval", tilleulForm)
	refused := a.answers(step, nil, &upload{"virus.pdf", eicar()}).answers(http.StatusUnprocessableEntity)
	refused.says("Ce fichier contient un virus. Il n’est pas gardé.")
	if found := problems(refused); len(found) != 1 || !strings.Contains(found[0], "virus") || p.count(`SELECT count(*) FROM documents`) != 0 {
		t.Errorf("a virus is told of as %q, and %d files are kept", found, p.count(`SELECT count(*) FROM documents`))
	}

	p.clamdFails(control.ModeDown, 0)
	summary := a.completes(step, nil).says("Analyse antivirus en attente")
	summary.neverSays("/documents/")
	a.deposits(summary)
	instructor := p.professional("instructrice")
	instructor.get(theQueue + "/" + a.number).says("Analyse antivirus en attente").neverSays("/documents/")
	id := fmt.Sprint(p.count(`SELECT max(id) FROM documents`))
	for _, address := range []string{a.path("/documents/" + id), theQueue + "/" + a.number + "/documents/" + id} {
		for _, v := range []*visitor{a.visitor, instructor} {
			if got := v.hop(http.MethodGet, address, nil); got.status == http.StatusOK || strings.Contains(got.body, "%PDF") {
				t.Errorf("%s is opened before its analysis: %d", address, got.status)
			}
		}
	}
	p.clamdIsBack()
	instructor.enter(p, "instructrice")
	opened := instructor.get(instructor.get(theQueue + "/" + a.number).says("Aucun virus connu").linkTo("/documents/" + id))
	if opened.status != http.StatusOK || opened.body != string(deliberation().content) {
		t.Errorf("analysed, the file is answered %d, %d bytes", opened.status, len(opened.body))
	}
	for name, want := range map[string]string{"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff"} {
		if got := opened.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := opened.header; !strings.HasPrefix(got.Get("Content-Disposition"), "attachment;") || !strings.HasPrefix(got.Get("Content-Security-Policy"), "default-src 'none'; sandbox") {
		t.Errorf("the file is served with %v", got)
	}

	// One that turns out to be infected once the analysis is back is opened by nobody.
	p.clamdFails(control.ModeDown, 0)
	other, step := p.begins(p.visitor(), "agent-clairval", tilleulForm)
	other.answers(step, nil, &upload{"virus.pdf", eicar()}).at(other.path("/etapes/traitement"))
	p.clamdIsBack()
	other.enter(p, "agent-clairval")
	other.get(other.path("/recapitulatif")).says("Contient un virus", "Il reste").neverSays("/documents/")
}

// « 20 parallel submits → one deposit, one mail; 20 parallel begins → one draft ».
func TestHoweverManyClicksOneRequestAndOneDeposit(t *testing.T) {
	t.Parallel()
	p := open(t)
	a, step := p.begins(p.visitor(), "agente-clairval", tilleulForm)
	const clicks = 20
	numbers := p.pressed(clicks, a.visitor, p.portalURL+townRequests, url.Values{"formulaire": {tilleulForm}})
	colleague := p.professional("agent-clairval")
	others := p.pressed(clicks, colleague, p.portalURL+townRequests, url.Values{"formulaire": {tilleulForm}})
	if got := p.count(`SELECT count(*) FROM requests WHERE siret = $1`, clairval.Siret); got != 2 || len(numbers) != 1 || len(others) != 1 {
		t.Errorf("%d requests were begun, leading to %v and %v", got, numbers, others)
	}
	target, fields := a.completes(step, nil).form("/recapitulatif")
	for name, value := range consents {
		fields.Set(name, value)
	}
	ends := p.pressed(clicks, a.visitor, target, fields)
	if sent, deposits := p.sent(), p.count(`SELECT count(*) FROM deposits`); sent != 1 || deposits != 1 {
		t.Errorf("%d mails and %d deposits of one summary", sent, deposits)
	}
	for _, end := range ends {
		if end != "303 "+a.path("/depot") && !strings.HasPrefix(end, "409") {
			t.Errorf("a click ended with %q", end)
		}
	}
	p.decideAtOnce(a)
}

// pressed sends a form many times at once, and lists the different answers.
func (p *portal) pressed(times int, v *visitor, target string, fields url.Values) (answers []string) {
	p.t.Helper()
	all := make([]string, times)
	done := make(chan struct{})
	for i := range all {
		go func() {
			got := v.hop(http.MethodPost, target, fields, "Sec-Fetch-Site", "same-origin")
			all[i] = strings.TrimSpace(fmt.Sprintf("%d %s", got.status, strings.TrimPrefix(got.location, p.portalURL)))
			done <- struct{}{}
		}()
	}
	for range all {
		<-done
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// decideAtOnce: « two instructors on one request: one decides, the other gets 409 with his
// text kept ».
func (p *portal) decideAtOnce(a *asking) {
	p.t.Helper()
	first, second := p.professional("instructrice"), p.professional("polyvalente")
	second.get("/espaces").submit("/espaces")
	reason := typed{"motif": "Il manque le budget de la cantine."}
	approves, refuses := first.previews(a.number, approval, nil), second.get(theQueue+"/"+a.number+refusal)
	late := refuses.fill(refusal, reason).at(theQueue + "/" + a.number + refusal + "/apercu")
	approves.submit("/apercu").at(theQueue + "/" + a.number)
	sent := p.sent()
	late.submit("/apercu").answers(http.StatusConflict).says("Ce n’est pas possible maintenant", "Validée", "Habilitation validée", "Awa Traoré", reason["motif"], "aucun mail n’est parti")
	refuses.fill(refusal, reason).answers(http.StatusConflict).says(reason["motif"])
	approves.submit("/apercu").at(theQueue + "/" + a.number) // sent again, it is done already
	if more := p.sent() - sent; more != 0 || p.count(`SELECT count(*) FROM habilitations WHERE request = $1`, a.number) != 1 {
		p.t.Errorf("%d mails more; %d habilitations", more, p.count(`SELECT count(*) FROM habilitations WHERE request = $1`, a.number))
	}
	p.job("drafts") // finds nothing to warn of
}
