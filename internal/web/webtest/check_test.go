package webtest_test

import (
	"strings"
	"testing"

	"portail-qf/internal/web/webtest"
)

// rightPage has one of everything that is checked, right.
const rightPage = `<!DOCTYPE html><html lang="fr"><head><title>Accueil – Quotient familial</title>
<link rel="stylesheet" href="/static/app.css"></head><body>
<a href="#contenu">Contenu</a>
<main id="contenu"><h1>Accueil</h1><h2>L’aide</h2>
<p>« Bonjour » : ça va ? Oui ; très bien ! À 10:41, sur https://exemple.fr/?q=1.</p>
<p><span translate="no">D'ARTAGNAN</span> <code>a = "b"; c</code></p>
<form method="post" action="/suite"><input type="hidden" name="lien" value="x">
<label for="nom">Nom</label><input id="nom" name="nom" aria-describedby="aide"><p id="aide">En majuscules</p>
<button type="submit">Envoyer</button></form>
<img src="/static/a.svg" alt="QR code">
<a href="https://www.caf.fr" target="_blank" rel="noopener" title="caf.fr - nouvelle fenêtre">caf.fr</a>
<table><caption>Durées</caption><tr><th scope="col">Donnée</th></tr></table>
<table><caption>Dossiers</caption><tr data-label="Trier par"><th scope="col">Nom</th><th scope="col">État</th></tr>
<tr><th scope="row">A</th><td data-label="État">Reçu</td></tr></table>
</main></body></html>`

func TestARightPageHasNoFault(t *testing.T) {
	webtest.Check(t, []byte(rightPage))
}

// "One h1, title, unique ids, labels bound, form action present, typographic French"
// (ARCHITECTURE.md §6): each rule, broken alone, is found.
func TestEachFaultIsFound(t *testing.T) {
	for name, row := range map[string]struct{ old, wrong, want string }{
		"language":              {`lang="fr"`, `lang="en"`, `lang is "en"`},
		"no title":              {"Accueil – Quotient familial", "", "no title"},
		"title is the h1":       {"Accueil – Quotient familial", "Accueil", "no more than the h1"},
		"no h1":                 {"<h1>Accueil</h1>", "", "0 h1"},
		"two h1":                {"<h2>L’aide</h2>", "<h1>L’aide</h1>", "2 h1"},
		"heading skipped":       {"<h2>L’aide</h2>", "<h3>L’aide</h3>", "after a heading of level 1"},
		"empty heading":         {"<h2>L’aide</h2>", "<h2> </h2>", "h2 without text"},
		"no main":               {`<main id="contenu">`, `<div id="contenu">`, "0 main"},
		"id twice":              {`id="aide"`, `id="nom"`, "used twice"},
		"field without label":   {`<label for="nom">Nom</label>`, "", `field "nom" without label`},
		"label of nothing":      {`for="nom"`, `for="prenom"`, "names no field"},
		"field without name":    {`name="nom" `, "", "never sent"},
		"description missing":   {`describedby="aide"`, `describedby="erreur"`, "not in the page"},
		"form without action":   {`action="/suite"`, "", "without action"},
		"form without method":   {`method="post"`, "", "neither get nor post"},
		"inline script":         {"<h2>", "<script>1</script><h2>", "inline script"},
		"inline style element":  {"<h2>", "<style>p{}</style><h2>", "inline style element"},
		"style attribute":       {"<h2>", `<h2 style="color:red">`, "inline style"},
		"event handler":         {"<h2>", `<h2 onclick="a()">`, "event handler"},
		"script address":        {`href="#contenu"`, `href=" JavaScript:a()"`, "script in attribute"},
		"refused by the engine": {`href="#contenu"`, `href="#ZgotmplZ"`, "refused by the template engine"},
		"foreign image":         {"/static/a.svg", "https://ailleurs.example/a.svg", "from elsewhere"},
		"foreign stylesheet":    {"/static/app.css", "//ailleurs.example/app.css", "from elsewhere"},
		"comment":               {"<h2>", "<!-- note --><h2>", "HTML comment"},
		"image without alt":     {` alt="QR code"`, "", "without alt"},
		"empty link":            {">Contenu</a>", "></a>", "link without text"},
		"link without address":  {`<a href="#contenu">`, "<a>", "leads nowhere"},
		"broken anchor":         {`href="#contenu"`, `href="#autre"`, "link to #autre"},
		"window unannounced":    {" - nouvelle fenêtre", "", "without saying so"},
		"window with opener":    {` rel="noopener"`, "", "without rel noopener"},
		"empty button":          {">Envoyer<", "><", "button without text"},
		"button without type":   {`<button type="submit">`, "<button>", "without type"},
		"table without caption": {"<caption>Durées</caption>", "", "without caption"},
		"heading without scope": {` scope="col"`, "", "without scope"},
		"cell of no column":     {`data-label="État"`, "", `introduced by ""`},
		"cell of another":       {`data-label="État"`, `data-label="Nom"`, "its column is another"},
		"cell too many":         {"</td></tr>", `</td><td data-label="Nom">B</td></tr>`, "its column is another"},
		"straight apostrophe":   {"L’aide", "L'aide", "straight apostrophe"},
		"straight quotes":       {"«\u00a0Bonjour\u00a0»", `"Bonjour"`, "straight quotation mark"},
		"three dots":            {"très bien", "très bien...", "three dots"},
		"space before colon":    {"»\u00a0: ça", "» : ça", "high punctuation"},
		"space before question": {"va\u202f?", "va ?", "high punctuation"},
		"none before semicolon": {"Oui\u202f;", "Oui;", "high punctuation"},
		"space before bang":     {"bien\u202f!", "bien !", "high punctuation"},
		"space before closing":  {"Bonjour\u00a0»", "Bonjour »", "high punctuation"},
		"space after opening":   {"«\u00a0Bonjour", "« Bonjour", "opening quotation"},
		"space before comma":    {"très bien", "très , bien", "before a comma"},
		"after an element":      {"L’aide", "<b>L’aide</b>\n, et", "before a comma"},
		"in an attribute":       {`alt="QR code"`, `alt="L'image"`, "straight apostrophe"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(rightPage, row.old) {
				t.Fatalf("the right page has no %q to break", row.old)
			}
			faults := webtest.Faults([]byte(strings.Replace(rightPage, row.old, row.wrong, 1)))
			if !strings.Contains(strings.Join(faults, "\n"), row.want) {
				t.Errorf("faults %q, want one with %q", faults, row.want)
			}
		})
	}
}
