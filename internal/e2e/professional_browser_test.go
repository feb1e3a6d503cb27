package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// shows waits for a text, where the title of the page stays the same.
func (b *tab) shows(text string) *tab {
	b.t.Helper()
	eventually(b.t, patience, "the page shows "+text, func() bool {
		said, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.readyState === "complete" ? document.body.innerText : ""`))
		return err == nil && strings.Contains(plain(said), plain(text)) // an error is a page that leaves
	})
	return b
}

// says fails when the page does not say each of the texts.
func (b *tab) says(texts ...string) *tab {
	b.t.Helper()
	said := plain(ask[string](b, "document.body.innerText"))
	for _, text := range texts {
		if !strings.Contains(said, plain(text)) {
			b.t.Errorf("%s does not say %q:\n%s", b.path(), text, said)
		}
	}
	return b
}

// neverSays fails when the page says one of the texts.
func (b *tab) neverSays(texts ...string) *tab {
	b.t.Helper()
	said := plain(ask[string](b, "document.body.innerText"))
	for _, text := range texts {
		if strings.Contains(said, plain(text)) {
			b.t.Errorf("%s says %q:\n%s", b.path(), text, said)
		}
	}
	return b
}

// refusalTold is what the browser says of a page of ours that refuses something.
var refusalTold = regexp.MustCompile(`responded with a status of (403|404|409|422) .*/(administration|instruction|assistance|editeur|collectivite|espaces|invitations)\b`)

// wasAtPeace fails when the browser complained of anything else than a refusal: of the
// Content-Security-Policy above all, whose form-action each sign-in and sign-out passes.
func (b *tab) wasAtPeace() {
	b.t.Helper()
	for _, complaint := range b.complaints() {
		if !refusalTold.MatchString(complaint) {
			b.t.Errorf("the browser says: %s", complaint)
		}
	}
}

// enters signs a persona in by an order, up to the page of a title.
func (b *tab) enters(p *portal, key, title string) *tab {
	b.t.Helper()
	p.proConnect(fmt.Sprintf(`{"key":%q}`, key))
	return b.open(p.portalURL + "/connexion").press("S’identifier avec ProConnect").reads(title)
}

// « browser tests (axe 0 violation, no JavaScript, 320 px): each persona signs in … ;
// logout », on ProConnect’s own pages: the second factor for staff, the choice of an
// identity for others.
func TestAProfessionalComesAndGoesInABrowser(t *testing.T) {
	t.Parallel()
	p := open(t)
	for name, visit := range map[string]struct {
		scripts bool
		width   int
		persona string
		factor  bool // asked for
	}{
		"staff, without scripts, 320 px":     {width: narrow, persona: "administratrice", factor: true},
		"a town, with scripts, on a desk":    {scripts: true, width: wide, persona: "agente-majastres"},
		"an editor, without scripts, 320 px": {width: narrow, persona: "editrice-tilleul"},
	} {
		t.Run(name, func(t *testing.T) {
			who, b := p.persona(visit.persona), browse(t, visit.width)
			if !visit.scripts {
				b.withoutScripts()
			}
			b.open(p.portalURL + "/connexion").reads("Connexion des professionnels").fits("sign-in")
			b.press("S’identifier avec ProConnect").reads("Se connecter avec ProConnect")
			b.fill("Adresse électronique professionnelle", who.Mail).press("Continuer")
			b.reads("Choisir une identité").press(who.FirstName + " " + who.LastName)
			if visit.factor {
				b.reads("Confirmer votre connexion").press("Valider le code reçu")
			}
			b.reads("Bonjour " + who.FirstName).says("Se déconnecter").fits("home")
			home := b.path()

			b.press("Se déconnecter")
			if !visit.scripts {
				b.reads("Déconnexion").press("Continuer") // ProConnect's form submits itself otherwise
			}
			b.reads("Vous êtes déconnecté").neverSays(who.FirstName, "Se déconnecter").fits("signed out")
			// « Sur un ordinateur partagé »: the next person finds nothing in the history.
			b.backTo(home).reads("Connexion des professionnels").neverSays(who.FirstName, who.LastName)
			p.wasAloneWith(b, p.proIssuer)
		})
	}
}

// « invitation → acceptance → role → removal → next request refused; step-up », with a
// mouse, each in her browser. The first form waits while its author is on the telephone.
func TestAnInvitationIsSentAcceptedAndTakenBack(t *testing.T) {
	t.Parallel()
	const mail = "lea.fontaine@numerique.example.fr"
	p := open(t)
	nadia := browse(t, wide)
	lea := nadia.stranger(wide)
	nadia.enters(p, "administratrice", "Bonjour Nadia Keller").press("Invitations").reads("Invitations")
	nadia.press("Inviter une personne").reads("Inviter une personne")
	nadia.fill("Adresse mail professionnelle", mail).click("label", "Assistance")
	p.advance(11 * time.Minute)
	nadia.press("Envoyer l’invitation").reads("Confirmez votre identité").says("Ce que vous avez rempli est gardé")
	p.proConnect(`{"key":"administratrice"}`)
	nadia.press("Confirmer avec ProConnect").reads("Votre identité est confirmée").says("n’est pas encore fait", mail, "Assistance")
	if sent := len(p.letters(mail)); sent != 0 {
		t.Errorf("%d mails left before the form was sent", sent)
	}
	nadia.press("Continuer").reads("Invitations").says("L’invitation est envoyée", mail, "Assistance")

	lea.open(p.portalURL+p.letter(mail).link(p, "/invitations/")).reads("Vous êtes invité").says("Nadia Keller", "Assistance")
	p.arrivesAs("Léa Fontaine", mail, "13002526500013")
	lea.press("S’identifier avec ProConnect").shows("Accepter l’invitation")
	lea.press("Accepter l’invitation").reads("Confirmez votre identité")
	lea.press("Confirmer avec ProConnect").reads("Vous êtes invité").press("Accepter l’invitation").reads("Bonjour Léa Fontaine").says("Bienvenue")

	nadia.press("Comptes").reads("Comptes").fill("Chercher une personne", "fontaine").press("Filtrer").shows("1 compte")
	nadia.press("Léa Fontaine").reads("Léa Fontaine").press("Retirer").reads("Retirer à Léa Fontaine").press("Retirer le rôle")
	nadia.shows("Le rôle est retiré").says("Cette personne n’a aucun rôle")
	lea.press("Accueil").reads("Aucun espace ne vous est ouvert").says("Votre accès a été retiré par Nadia Keller")

	// A form that was open elsewhere when its author left does nothing.
	second := nadia.another(wide)
	second.open(p.portalURL + "/administration/invitations/nouvelle").reads("Inviter une personne")
	second.fill("Adresse mail professionnelle", mail).click("label", "Consultation")
	nadia.press("Se déconnecter").reads("Vous êtes déconnecté")
	second.press("Envoyer l’invitation").reads("Connexion des professionnels")
	p.drain()
	if sent := len(p.letters(mail)); sent != 2 { // the invitation, and the role taken
		t.Errorf("%d mails", sent)
	}
	for _, b := range []*tab{nadia, lea, second} {
		b.wasAtPeace()
	}
}

// « scripted Tab path … visible focus; no trap » (E.1): a space is chosen, somebody found
// and a role taken without a mouse, and without scripts.
func TestARoleIsTakenByKeyboardAlone(t *testing.T) {
	t.Parallel()
	p := open(t)
	if _, err := p.tables.ExecContext(t.Context(), `
		INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
		SELECT id, 'support', siret, siret, 'Yann Le Bihan', now() FROM accounts WHERE mail = $1`, p.persona("administratrice").Mail); err != nil {
		t.Fatal(err)
	}
	b := browse(t, wide)
	b.withoutScripts()
	p.proConnect(`{"key":"administratrice"}`)
	b.open(p.portalURL + "/connexion").tabTo("S’identifier avec ProConnect").key(kb.Enter).reads("Choisissez un espace")
	b.tabTo("Entrer dans Administration").key(kb.Enter).reads("Bonjour Nadia Keller")
	b.tabTo("Comptes").key(kb.Enter).reads("Comptes")
	b.tabTo("Chercher une personne").key("colin").tabTo("Rôle").key("Con").tabTo("Filtrer").key(kb.Enter).shows("1 compte")
	b.says("Recherche : colin", "Rôle : Consultation")
	b.tabTo("Jeanne Colin").key(kb.Enter).reads("Jeanne Colin")
	b.tabTo("Retirer le rôle").key(kb.Enter).reads("Retirer à Jeanne Colin le rôle « Consultation »")
	b.tabTo("Annuler").key(kb.Enter).reads("Jeanne Colin")
	b.tabTo("Retirer le rôle").key(kb.Enter).reads("Retirer à Jeanne Colin")
	b.tabTo("Retirer le rôle").key(kb.Enter).shows("Le rôle est retiré").says("Cette personne n’a aucun rôle")
	b.tabTo("Se déconnecter").key(kb.Enter).reads("Déconnexion")
	b.wasAtPeace()
}
