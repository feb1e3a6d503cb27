package e2e

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"golang.org/x/net/html"
)

// shownToken is the text that the page of a token gives.
func (p *page) shownToken() string {
	p.visitor.t.Helper()
	area := find(p.root, func(n *html.Node) bool { return n.Data == "textarea" && attribute(n, "id") == "jeton" })
	if area == nil || area.FirstChild == nil {
		p.visitor.t.Fatalf("%s (%d) shows no token:\n%s", p.url.Path, p.status, p.text())
	}
	return area.FirstChild.Data
}

// « anonymous → sign-in by the gate, then back here »; what is shown again is shown once a
// second factor is proved, and the click that asked for it is not lost.
func TestTheLinkOfATokenLeadsThroughTheSignIn(t *testing.T) {
	t.Parallel()
	p := open(t)
	m := &matrix{portal: p}
	p.professional("agente-majastres") // whose account holds the request
	link := theTokens + "/" + m.token()
	sofia := p.visitor()
	p.proConnect(`{"key":"editrice-tilleul"}`)
	shown := sofia.get(link).at("/connexion").submit("/connexion").at(link).says("À récupérer", "Récupérer le jeton").submit(link + "/recuperation").answers(http.StatusOK)
	text := shown.shownToken()
	again := sofia.get(link).says("Récupéré le", "Sofia Renard").neverSays(text).submit(link + "/affichage").answers(http.StatusForbidden)
	resumed := again.submit("/connexion/confirmation").at("/connexion/reprise").says("pas encore fait").submit(link + "/affichage").answers(http.StatusOK)
	if got := resumed.shownToken(); got != text {
		t.Errorf("the page shows %q again, not %q", got, text)
	}
	resumed.submit(link+"/enregistrement").at(link).says("en lieu sûr", "notre copie est effacée")
	sofia.post(link+"/affichage", url.Values{}).answers(http.StatusConflict).neverSays(text)
}

// « copy button that degrades without JavaScript … result announced by aria-live ».
func TestTheCopyButtonSaysWhatItDid(t *testing.T) {
	t.Parallel()
	pictures := open(t).gallery()
	at := slices.IndexFunc(pictures, func(shown picture) bool { return shown.name == "tokens/secret/page" })
	if at < 0 {
		t.Skip("PAGES leaves the page out")
	}
	b := browse(t, narrow)
	b.open(pictures[at].address).press("Copier le jeton").shows("Le jeton est copié.")
	if live := ask[string](b, `document.getElementById("copie").getAttribute("aria-live")`); live != "polite" {
		t.Errorf("what it did is announced as %q", live)
	}
	b.withoutScripts()
	b.open(pictures[at].address).neverSays("Copier le jeton").says("J’ai bien enregistré le jeton")
	for _, fault := range b.complaints() {
		t.Error(fault)
	}
}
