package e2e

import (
	"net/http"
	"net/url"
	"strings"
)

// findsInQueue: « queue by priority and age, filters (state, editor, form, département,
// assignee, text), saved filter, assignment … next request key » (issue 5), of two requests,
// the first of which came first.
func (p *portal) findsInQueue(instructor *visitor, first, second *asking) {
	p.t.Helper()
	queue := instructor.get(theQueue).says("2 demandes")
	if older, newer := strings.Index(queue.body, theQueue+"/"+first.number), strings.Index(queue.body, theQueue+"/"+second.number); older < 0 || newer < older {
		p.t.Error("what waits the longest is not the first")
	}
	instructor.get(instructor.get(theQueue + "/" + first.number).link("Demande suivante")).at(theQueue + "/" + second.number)
	for _, asked := range []string{
		"q=majastres", "q=210401", "q=D" + first.number, "q=" + url.QueryEscape(camille), "departement=04", "editeur=" + brume + "&q=majastres", "formulaire=" + brumeForm + "&departement=04",
		"attribution=personne&q=majastres", "etape=toutes&q=D" + first.number,
	} {
		instructor.get(theQueue+"?"+asked).says("1 demande", "Majastres")
	}
	for _, asked := range []string{"q=nulle+part", "departement=2A", "editeur=" + tilleul, "formulaire=" + tilleulForm, "attribution=moi", "etape=a_modifier", "etape=message", "etape=transfert"} {
		if none := instructor.get(theQueue + "?" + asked).answers(http.StatusOK); strings.Contains(none.body, `<tbody`) || !strings.Contains(none.body, "qf-empty") {
			p.t.Errorf("%s finds something", asked)
		}
	}
	instructor.get(theQueue+"/"+first.number).fill("/attribution", nil).says("Vous instruisez cette demande")
	instructor.get(theQueue+"?attribution=moi").says("1 demande", "Majastres")

	search := instructor.get(theQueue + "?departement=04&attribution=moi")
	search.fill("/filtres", typed{"nom": " "}).answers(http.StatusUnprocessableEntity).says("Donnez un nom à ce filtre")
	kept := search.fill("/filtres", typed{"nom": "Mes Alpes"}).says("Le filtre est gardé", "Mes Alpes")
	instructor.get(kept.link("Mes Alpes")).says("1 demande", "Majastres")
	maud := p.professional("polyvalente")
	maud.get("/espaces").submit("/espaces").at("/instruction")
	maud.get(theQueue).answers(http.StatusOK).neverSays("Mes Alpes")
	target, _ := kept.form("/suppression")
	maud.post(target, nil)
	instructor.get(theQueue).says("Mes Alpes").submit("/suppression").says("Le filtre est oublié").neverSays("Mes Alpes")
	sheet := instructor.get(theQueue + "/export.csv?departement=04").answers(http.StatusOK)
	if lines := strings.Split(strings.TrimSpace(sheet.body), "\r\n"); len(lines) != 2 || !strings.Contains(lines[1], "Majastres") {
		p.t.Errorf("the sheet has %q", lines)
	}
}
