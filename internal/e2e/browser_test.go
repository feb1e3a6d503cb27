package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"

	"portail-qf/internal/domain/value"
)

// « Citizen, already FranceConnected: <= 4 clicks on our pages » (users-reliability-security.md,
// A.13) and « all journeys pass with scripts off » (E.1), from the home page to the end of
// the session, on a telephone and at a desk. Each sign-in and each sign-out passes the
// Content-Security-Policy (SETTLED.md, web).
func TestTheWholeJourneyInABrowser(t *testing.T) {
	t.Parallel()
	for _, visit := range []struct {
		scripts bool
		width   int
		pages   bool // of FranceConnect, gone through by hand
	}{
		{scripts: true, width: wide, pages: true},
		{scripts: true, width: narrow},
		{scripts: false, width: wide},
		{scripts: false, width: narrow, pages: true},
	} {
		t.Run(fmt.Sprintf("scripts %v, %d px", visit.scripts, visit.width), func(t *testing.T) {
			p := open(t)
			b := browse(t, visit.width)
			if !visit.scripts {
				b.withoutScripts()
			}
			look := func(name string) { // where scripts run, so does axe
				if visit.scripts && visit.pages {
					b.isAccessible("journey/" + name)
				}
				b.resize(visit.width)
				b.fits(name)
			}

			b.open(p.portalURL + "/").reads("Transmettre votre quotient familial")
			look("home")
			ask[any](b, `document.querySelector("input[name=q]").focus()`)
			b.key("majastres").press("Rechercher").reads("Choisir votre collectivité")
			look("search")
			b.press("Majastres (04)").reads("à Majastres (04)")
			look("form")
			if visit.pages {
				b.press("S’identifier avec FranceConnect").reads("Choisir un compte").
					press("Démonstration eIDAS faible").reads("Choisir une identité").
					press("Lucie Garnier").reads("Informations transmises").
					press("Continuer vers")
			} else {
				p.signInAs("garnier-lucie")
				b.press("S’identifier avec FranceConnect")
			}
			b.reads("Vérifiez avant de transmettre")
			look("review")
			b.press("Transmettre à Majastres").reads("Votre transmission est enregistrée")
			if clicks := b.clicks[strings.TrimPrefix(p.portalURL, "http://")]; clicks > 4 {
				t.Errorf("%d clicks on our pages, want 4 at most", clicks)
			}
			look("confirmation")

			p.drain()
			b.press("Suivre cette transmission").reads("Transmission")
			look("follow-up")
			if said := plain(ask[string](b, "document.querySelector('main').innerText")); !strings.Contains(strings.ToLower(said), "transmis le") {
				t.Errorf("the follow-up says %q", said)
			}
			b.back().reads("Votre transmission est enregistrée").press("Me déconnecter")
			if !visit.scripts {
				b.reads("Déconnexion").press("Continuer") // FranceConnect's form submits itself otherwise
			}
			b.reads("Votre session est fermée")
			look("logged out")
			p.wasAloneWith(b, p.issuer)
		})
	}
}

// wasAloneWith fails when the browser complained of anything, or spoke to anyone but the
// portal and an identity provider: « 0 third-party request » (E.2).
func (p *portal) wasAloneWith(b *tab, issuer string) {
	p.t.Helper()
	for _, l := range b.loaded() {
		if origin := l.address.Scheme + "://" + l.address.Host; origin != p.portalURL && !strings.HasPrefix(issuer, origin+"/") {
			p.t.Errorf("the browser asked for %s", l.address)
		}
	}
	for _, complaint := range b.complaints() {
		p.t.Errorf("the browser says: %s", complaint)
	}
}

// « first view ≤ 200 kB transferred (fonts ≤ 126, the rest ≤ 74), ≤ 3 font files, no DSFR
// script on citizen pages; next pages ≤ 20 kB » (SETTLED.md, web).
func TestPagesAreLight(t *testing.T) {
	t.Parallel()
	p := open(t)
	b := browse(t, narrow)
	b.open(p.portalURL + majastres).reads("Majastres")
	first := p.weigh(b)
	if first.fonts > 126_000 || first.total-first.fonts > 74_000 || first.fontFiles > 3 {
		t.Errorf("the first view weighs %+v", first)
	}

	p.signInAs("talbot-henri") // forty children
	for _, step := range []struct{ press, reads string }{
		{"S’identifier avec FranceConnect", "Vérifiez avant de transmettre"},
		{"Transmettre à Majastres", "Votre transmission est enregistrée"},
		{"Suivre cette transmission", "Transmission"},
		{"Choisir ma collectivité", "Choisir votre collectivité"},
		{"Aide", "Aide et questions fréquentes"},
		{"Données personnelles", "Données personnelles"},
	} {
		b.press(step.press).reads(step.reads)
		if next := p.weigh(b); next.total > 20_000 {
			t.Errorf("« %s » weighs %+v after « %s »", step.reads, next, step.press)
		}
	}
}

// weight is what a page made the browser transfer, in bytes.
type weight struct{ total, fonts, fontFiles int }

func (p *portal) weigh(b *tab) weight {
	p.t.Helper()
	if scripts := ask[int](b, "document.scripts.length"); scripts > 0 {
		p.t.Errorf("%s has %d scripts", b.path(), scripts)
	}
	var w weight
	for _, l := range b.loaded() {
		switch {
		case !strings.HasPrefix(l.address.String(), p.portalURL):
			continue
		case l.kind == network.ResourceTypeScript:
			p.t.Errorf("%s loads the script %s", b.path(), l.address.Path)
		case l.kind == network.ResourceTypeFont && l.transferred > 0:
			w.fonts += l.transferred - l.headers
			w.fontFiles++
		}
		w.total += l.transferred
	}
	return w
}

// « Back, refresh, second tab, double click: same id, never a second folder » (A.9.7).
func TestOneTransmissionHoweverManyTimesItIsAsked(t *testing.T) {
	t.Parallel()
	p := open(t)
	b := browse(t, narrow)
	p.signInAs(p.anybody())
	b.open(p.portalURL + majastres).press("S’identifier avec FranceConnect").reads("Vérifiez")
	second := b.another(narrow)
	second.open(p.portalURL + majastres + "/verification").reads("Vérifiez")

	b.doublePress("Transmettre à Majastres").reads("Votre transmission est enregistrée")
	confirmation := b.path()
	b.back()
	if b.title() == "Vérifiez avant de transmettre" { // kept whole by the browser, else loaded again and sent on
		b.press("Transmettre à Majastres")
	}
	if at := b.reads("Votre transmission est enregistrée").path(); at != confirmation {
		t.Errorf("transmitted again after Back, it is %s, not %s", at, confirmation)
	}
	b.open(p.portalURL + majastres + "/verification").reads("Votre transmission est enregistrée")
	if at := second.press("Transmettre à Majastres").reads("Votre transmission est enregistrée").path(); at != confirmation {
		t.Errorf("the second tab transmitted %s, not %s", at, confirmation)
	}
	p.drain()
	if folders := p.stage.HubEE.Folders(); len(folders) != 1 {
		t.Errorf("HubEE has %d folders", len(folders))
	}
}

// « Sur un ordinateur partagé »: once the session is ended, the button Back shows the next
// person neither names nor quotient, although the browser keeps whole pages.
func TestBackShowsNothingOnceLoggedOut(t *testing.T) {
	t.Parallel()
	p := open(t)
	b := browse(t, narrow)
	p.signInAs("garnier-lucie")
	b.open(p.portalURL + majastres).press("S’identifier avec FranceConnect").reads("Vérifiez")
	b.press("Annuler et me déconnecter").reads("Votre session est fermée")
	b.back().reads("Votre session est terminée")
	if said := ask[string](b, "document.body.innerText"); strings.Contains(said, "GARNIER") || strings.Contains(said, "684") {
		t.Errorf("Back shows again: %q", said)
	}
}

// focused is where the keyboard is.
type focused struct {
	Words   string // what it says, or its label
	Tag, ID string
	InMain  bool
	Visible bool // in the window, not covered, and marked
}

// tabbed presses the tabulation key and says where it leads.
func (b *tab) tabbed() focused {
	b.t.Helper()
	b.key(kb.Tab)
	return b.focus()
}

func (b *tab) focus() focused {
	b.t.Helper()
	return ask[focused](b, `(() => {
		const it = document.activeElement, label = it.labels?.[0], box = it.getClientRects()[0] ?? new DOMRect(-1, -1)
		// A box to tick is drawn by its label, which shows that it has the focus.
		const shown = it.type === "checkbox" || it.type === "radio" ? [it, label] : [it]
		const marked = shown.some(e => [null, "::before", "::after"].some(part => {
			const style = getComputedStyle(e, part)
			return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1
		}))
		const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
		return {
			words: (label?.innerText || it.innerText || "").replace(/\s+/g, " ").trim(),
			tag: it.localName, id: it.id, inMain: !!it.closest("main"),
			visible: marked && !!top && shown.some(e => e.contains(top) || top.contains(e)),
		}
	})()`)
}

// tabTo goes on with the keyboard until it is on what says so, and fails where the person
// would not see where she is.
func (b *tab) tabTo(words string) *tab {
	b.t.Helper()
	var path []string
	for range 60 {
		at := b.tabbed()
		if at.Tag == "body" { // before the page, or after it
			continue
		}
		if !at.Visible {
			b.t.Errorf("%s: the focus does not show on %s %q", b.path(), at.Tag, at.Words)
		}
		if strings.Contains(plain(at.Words), plain(words)) {
			return b
		}
		path = append(path, at.Words)
	}
	b.t.Fatalf("%s: the keyboard does not reach %q, only %q", b.path(), words, path)
	return b
}

// « scripted Tab path: skip links -> form -> submit; visible focus; no trap » (E.1): the
// journey without a mouse.
func TestTheJourneyByKeyboardAlone(t *testing.T) {
	t.Parallel()
	p := open(t)
	b := browse(t, narrow)
	b.open(p.portalURL + "/").reads("Transmettre")
	b.tabTo("Nom, code postal ou SIRET").key("majastres" + kb.Enter).reads("Choisir votre collectivité")
	b.tabTo("Majastres (04)").key(kb.Enter).reads("à Majastres (04)")

	var walked []string
	for range 3 {
		walked = append(walked, b.tabbed().Words)
	}
	if want := []string{"Contenu", "Menu", "Pied de page"}; !slices.Equal(walked, want) {
		t.Errorf("the keyboard first reaches %q, want %q", walked, want)
	}
	b.open(p.portalURL + majastres).tabTo("Contenu").key(kb.Enter)
	walked = nil
	for at := b.tabbed(); at.InMain; at = b.tabbed() {
		walked = append(walked, at.Words)
	}
	want := []string{
		"vous pouvez faire autrement", "Quelles données", "S’identifier avec FranceConnect", "Qu’est-ce que FranceConnect",
		"Faire la démarche sans FranceConnect", "04 92 00 00 01", "enfance@majastres.example.fr", "image SVG", "image PNG",
	}
	if !slices.EqualFunc(walked, want, func(got, want string) bool { return strings.Contains(plain(got), plain(want)) }) {
		t.Errorf("the keyboard goes through %q, want %q", walked, want)
	}

	p.signInAs(p.anybody())
	b.open(p.portalURL + majastres).tabTo("S’identifier avec FranceConnect").key(kb.Enter).reads("Vérifiez")
	b.tabTo("Un enfant manque").key(kb.Enter)
	if !ask[bool](b, "document.querySelector('details').open") {
		t.Error("the keyboard does not unfold the text")
	}
	b.tabTo("Transmettre à Majastres").key(kb.Enter).reads("Votre transmission est enregistrée")
	b.tabTo("Me déconnecter").key(kb.Enter).reads("Votre session est fermée")
}

// « <title> starts "Erreur :", alert first, focus on it, each item links to its field,
// message tied by aria-describedby, aria-invalid only after submit » (E.1), without scripts.
func TestAnErrorIsWhereTheKeyboardIs(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, visit := range []struct{ address, field, typed, persona string }{
		{"/suivi", "identifiant", "ABCD", ""},
		{"/collectivites", "q", "", ""},
		{"/administration/invitations/nouvelle", "mail", "lea@", "administratrice"},
	} {
		t.Run(visit.address, func(t *testing.T) {
			b := browse(t, narrow)
			b.withoutScripts()
			if visit.persona != "" {
				b.enters(p, visit.persona, "Bonjour")
			}
			b.open(p.portalURL + visit.address)
			field := func(attribute string) string {
				return ask[string](b, `document.getElementById(`+quoted(visit.field)+`).getAttribute(`+quoted(attribute)+`) ?? ""`)
			}
			if field("aria-invalid") != "" {
				t.Error("the field is invalid before anything is typed")
			}
			ask[any](b, `document.getElementById(`+quoted(visit.field)+`).focus()`)
			b.key(visit.typed + kb.Enter)
			eventually(t, patience, "the title says « Erreur »", func() bool {
				return strings.HasPrefix(plain(ask[string](b, "document.readyState === 'complete' ? document.title : ''")), "Erreur :")
			})
			eventually(t, patience, "the focus is on the alert, and shows", func() bool { // once the page is painted
				return ask[string](b, `document.activeElement?.getAttribute("role") ?? ""`) == "alert" && b.focus().Visible
			})
			message := field("aria-describedby")
			if field("aria-invalid") != "true" || ask[string](b, `document.getElementById(`+quoted(message)+`)?.innerText ?? ""`) == "" {
				t.Errorf("the field is not tied to its message %q", message)
			}
			if at := b.tabbed(); !at.Visible || at.Tag != "a" {
				t.Errorf("after the alert, the keyboard is on %+v", at)
			}
			if at := b.key(kb.Enter).focus(); at.ID != visit.field || !at.Visible {
				t.Errorf("the item of the alert leads to %+v", at)
			}
			if typed := ask[string](b, "document.activeElement.value"); typed != visit.typed {
				t.Errorf("the field keeps %q", typed)
			}
		})
	}
}

// « print » (A.9.6): on paper, what is to be kept and nothing to press.
func TestTheConfirmationPrints(t *testing.T) {
	t.Parallel()
	p := open(t)
	b := browse(t, wide)
	p.signInAs(p.anybody())
	b.open(p.portalURL + majastres).press("S’identifier avec FranceConnect").reads("Vérifiez")
	b.press("Transmettre à Majastres").reads("Votre transmission est enregistrée")
	reference, err := value.ParseReference(b.path()[strings.LastIndexByte(b.path(), '/')+1:])
	if err != nil {
		t.Fatal(err)
	}
	devtools(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	b.shoot("print")
	for _, pressed := range ask[[]string](b, `[...document.querySelectorAll("nav, footer, button, form, .fr-skiplinks")]
		.filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 120))`) {
		t.Errorf("on paper: %s", pressed)
	}
	printed := plain(ask[string](b, "document.body.innerText"))
	for _, kept := range []string{reference.Display(), "Majastres (04)", "Enregistré le", "Service Enfance"} {
		if !strings.Contains(printed, kept) {
			t.Errorf("the paper lacks %q:\n%s", kept, printed)
		}
	}
}
