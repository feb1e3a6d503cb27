package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"portail-qf/internal/domain/account"
)

// arrivesAs orders the sign-in of somebody whom no seed knows.
func (p *portal) arrivesAs(name, mail, siret string) {
	p.t.Helper()
	first, last, _ := strings.Cut(name, " ")
	p.proConnect(fmt.Sprintf(`{"identity":{"sub":%q,"given_name":%q,"usual_name":%q,"email":%q,"siret":%q}}`, "sub-of-"+mail, first, last, mail, siret))
}

// invites sends an invitation from the administration.
func (v *visitor) invites(fields url.Values) *page {
	v.t.Helper()
	target, _ := v.get("/administration/invitations/nouvelle").at("/administration/invitations/nouvelle").form("/nouvelle")
	return v.post(target, fields)
}

// « invitation → acceptance → role → removal → next request refused »
func TestFromAnInvitationToARoleAndOutAgain(t *testing.T) {
	t.Parallel()
	p := open(t)
	admin := p.professional("administratrice")
	before := p.lastAct()
	admin.invites(url.Values{"mail": {" Lea.Fontaine@numerique.example.fr "}, "role": {"support"}}).answers(200).says("envoyée")

	mail := p.letter("lea.fontaine@numerique.example.fr")
	link := mail.link(p, "/invitations/")
	if !strings.Contains(mail.text, "Nadia Keller") || !strings.Contains(mail.html, link) || strings.Contains(mail.subject, link) {
		t.Errorf("the mail says %q\n%s", mail.subject, mail.text)
	}
	// « scanners' GET accepts nothing »
	for range 3 {
		p.visitor().get(link).answers(200).says("Nadia Keller", "Assistance", "lea.fontaine@numerique.example.fr")
		p.visitor().hop(http.MethodHead, link, nil)
	}
	lea := p.visitor()
	p.arrivesAs("Léa Fontaine", "Lea.Fontaine@numerique.example.fr", "13002526500013")
	offered := lea.get(link).submit("/connexion").at(link).says("Accepter l’invitation")
	// Staff prove a second factor before the role is theirs.
	asked := offered.submit(link).at("/connexion/confirmation")
	asked.submit("/connexion/confirmation").at(link).submit(link).at("/assistance").says("Bienvenue")
	lea.get(link).says("déjà été acceptée")
	lea.get("/administration").answers(403)

	accepted := p.acts(before)
	for _, want := range []string{
		"invitation.sent Nadia Keller lea.fontaine@numerique.example.fr support", "signin.accepted Léa Fontaine Léa Fontaine eidas1",
		"stepup.accepted Léa Fontaine Léa Fontaine eidas2", "invitation.accepted Léa Fontaine lea.fontaine@numerique.example.fr support",
		"access.refused Léa Fontaine GET /administration",
	} {
		if !contains(accepted, want) {
			t.Errorf("the journal lacks %q in\n%s", want, strings.Join(accepted, "\n"))
		}
	}

	list := admin.get("/administration/comptes?q=fontaine")
	file := admin.get(list.link("Léa Fontaine"))
	withdrawal := admin.get(file.linkTo("/retrait")).says("Léa Fontaine")
	withdrawal.submit("/retrait").answers(200)
	lea.get("/assistance").at("/espaces").answers(403).says("Votre accès a été retiré par Nadia Keller")
	if told := p.letter("lea.fontaine@numerique.example.fr"); !strings.Contains(told.text, "Assistance") || strings.Contains(told.text, "/invitations/") {
		t.Errorf("the mail of a role taken says\n%s", told.text)
	}
	if ended := p.acts(before); !contains(ended, "role.withdrawn Nadia Keller Léa Fontaine support") {
		t.Errorf("the journal does not say who took the role:\n%s", strings.Join(ended, "\n"))
	}
	p.keepsQuiet("lea.fontaine", strings.TrimPrefix(link, "/invitations/"))
}

// linkTo gives the first link whose address ends so.
func (p *page) linkTo(ending string) string {
	p.visitor.t.Helper()
	anchor := find(p.root, func(n *html.Node) bool { return n.Data == "a" && strings.HasSuffix(attribute(n, "href"), ending) })
	if anchor == nil {
		p.visitor.t.Fatalf("%s (%d) has no link to %s:\n%s", p.url.Path, p.status, ending, p.text())
	}
	return attribute(anchor, "href")
}

func contains(lines []string, want string) bool {
	for _, line := range lines {
		if strings.HasPrefix(line, want) {
			return true
		}
	}
	return false
}

// An invitation serves the address that it was sent to, once, for a fortnight, unless it is
// taken back or sent again.
func TestAnInvitationServesOneAddressOnce(t *testing.T) {
	t.Parallel()
	p := open(t)
	admin := p.professional("administratrice")
	tilleul := url.Values{"mail": {"ida.martel@tilleul.example.fr"}, "role": {"editor_member"}, "editeur": {"90511200900014"}}
	admin.invites(tilleul).answers(200)
	first := p.letter("ida.martel@tilleul.example.fr").link(p, "/invitations/")

	thief := p.visitor()
	p.arrivesAs("Luc Voleur", "luc.voleur@tilleul.example.fr", "90511200900014")
	thief.get(first).submit("/connexion").at(first).says("Cette invitation est pour une autre adresse", "luc.voleur@tilleul.example.fr")
	thief.post(first, nil).answers(403)
	if told := admin.journal("acte", "access.refused"); len(told) != 1 {
		t.Errorf("the journal tells of the thief %q", told)
	}
	thief.get("/editeur").at("/espaces").answers(403)

	admin.get("/administration/invitations?q=ida.martel").submit("/renvoi").answers(200)
	second := p.letter("ida.martel@tilleul.example.fr").link(p, "/invitations/")
	if first == second {
		t.Fatal("sent again, the link is the same")
	}
	ida := p.visitor()
	p.arrivesAs("Ida Martel", "ida.martel@tilleul.example.fr", "54120873000013") // another establishment: editors are members by invitation
	ida.get(first).says("n’est plus valable")
	ida.get(second).submit("/connexion").at(second)
	var both sync.WaitGroup
	for range 2 { // a double click
		both.Go(func() { ida.hop(http.MethodPost, second, nil, "Sec-Fetch-Site", "same-origin") })
	}
	both.Wait()
	ida.get("/espaces").at("/editeur").greets("Ida Martel")
	var held int
	if err := p.tables.QueryRowContext(t.Context(), `SELECT count(*) FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE a.mail LIKE 'ida.martel@%'`).Scan(&held); err != nil || held != 1 {
		t.Errorf("%d memberships, %v", held, err)
	}
	admin.invites(tilleul).answers(422).says("déjà")

	admin.invites(url.Values{"mail": {"late@tilleul.example.fr"}, "role": {"editor_member"}, "editeur": {"90511200900014"}})
	late := p.letter("late@tilleul.example.fr").link(p, "/invitations/")
	admin.invites(url.Values{"mail": {"back@tilleul.example.fr"}, "role": {"editor_member"}, "editeur": {"90511200900014"}})
	back := p.letter("back@tilleul.example.fr").link(p, "/invitations/")
	list := admin.get("/administration/invitations?q=back")
	admin.get(list.linkTo("/retrait")).submit("/retrait").answers(200)
	p.visitor().get(back).says("n’est plus valable")
	p.advance(account.InvitationLife + time.Minute)
	p.visitor().get(late).says("expiré")
	p.visitor().get("/invitations/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").answers(404).says("Nous ne trouvons pas cette invitation")
}

// « portal admin invite for the first administrator »: see cmd/portal; here, what refuses.
func TestWhatAnInvitationMayNotBe(t *testing.T) {
	t.Parallel()
	p := open(t)
	admin := p.professional("administratrice")
	for name, row := range map[string]struct {
		fields url.Values
		says   string
	}{
		"nobody":             {url.Values{"role": {"support"}}, "adresse"},
		"not an address":     {url.Values{"mail": {"lea@"}, "role": {"support"}}, "adresse"},
		"two addresses":      {url.Values{"mail": {"a@example.fr, b@example.fr"}, "role": {"support"}}, "adresse"},
		"a header":           {url.Values{"mail": {"a@example.fr\r\nBcc: b@example.fr"}, "role": {"support"}}, "adresse"},
		"oneself":            {url.Values{"mail": {"NADIA.keller@numerique.example.fr"}, "role": {"instructor"}}, "propre"},
		"no role":            {url.Values{"mail": {"a@example.fr"}}, "rôle"},
		"a role of no one":   {url.Values{"mail": {"a@example.fr"}, "role": {"root"}}, "rôle"},
		"a software":         {url.Values{"mail": {"a@example.fr"}, "role": {"api_client"}}, "rôle"},
		"no editor":          {url.Values{"mail": {"a@example.fr"}, "role": {"editor_admin"}}, "éditeur"},
		"an unknown editor":  {url.Values{"mail": {"a@example.fr"}, "role": {"editor_admin"}, "editeur": {"54120873000013"}}, "éditeur"},
		"a closed town":      {url.Values{"mail": {"a@example.fr"}, "role": {"town"}, "siret": {"210 499 010 00010"}}, "fermé"},
		"not a SIRET":        {url.Values{"mail": {"a@example.fr"}, "role": {"town"}, "siret": {"210 499 010 00011"}}, "SIRET"},
		"somebody who is in": {url.Values{"mail": {"yann.lebihan@numerique.example.fr"}, "role": {"admin"}}, "déjà"},
	} {
		t.Run(name, func(t *testing.T) {
			admin.t = t
			refused := admin.invites(row.fields).answers(422).says(row.says)
			if typed := strings.TrimSpace(strings.Split(row.fields.Get("mail"), "\r")[0]); typed != "" && !strings.Contains(refused.body, typed) {
				t.Errorf("what was typed is lost: %s", typed)
			}
		})
	}
	admin.t = t
	p.drain()
	if sent := p.stage.Mail.Messages(); len(sent) != 0 {
		t.Errorf("%d mails left", len(sent))
	}
}

// « Nobody grants what they do not hold, nobody edits their own rights; the last
// administrator cannot leave. »
func TestNobodyRaisesHimself(t *testing.T) {
	t.Parallel()
	p := open(t)
	sofia := p.professional("editrice-tilleul")
	p.advance(time.Minute)
	invite := func(fields url.Values) *page { return sofia.confirmed(p, "/editeur/invitations/nouvelle", fields) }
	for _, role := range []string{"admin", "instructor", "town", "api_client", "reader"} { // mass assignment
		invite(url.Values{"mail": {"complice@example.fr"}, "role": {role}, "organisation": {"13002526500013"}, "editeur": {"91033700500011"}, "siret": {"13002526500013"}}).answers(422)
	}
	invite(url.Values{"mail": {"complice@example.fr"}, "role": {"editor_admin"}, "editeur": {"91033700500011"}, "organisation": {"91033700500011"}}).answers(200)
	var organisation string
	if err := p.tables.QueryRowContext(t.Context(), `SELECT organisation FROM invitations WHERE mail = 'complice@example.fr'`).Scan(&organisation); err != nil || organisation != "90511200900014" {
		t.Errorf("the invitation is for %q, %v", organisation, err)
	}

	admin := p.professional("administratrice")
	own := admin.get(admin.get("/administration/comptes?q=keller").link("Nadia Keller")).says("Personne ne modifie ses propres droits")
	if strings.Contains(own.body, "/retrait") || strings.Contains(own.body, "roles/nouveau") {
		t.Error("one's own account offers to change one's rights")
	}
	admin.post(own.url.Path+"/roles/nouveau", url.Values{"role": {"support"}}).answers(409)
	var membership int64
	if err := p.tables.QueryRowContext(t.Context(), `SELECT m.id FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE a.usual_name = 'Keller'`).Scan(&membership); err != nil {
		t.Fatal(err)
	}
	admin.post(fmt.Sprintf("%s/roles/%d/retrait", own.url.Path, membership), nil).answers(409)
}

// confirmed posts a form, proving a second factor where it is asked for, and sends again
// what waited.
func (v *visitor) confirmed(p *portal, address string, fields url.Values) *page {
	v.t.Helper()
	answer := v.post(address, fields)
	if form := find(answer.root, func(n *html.Node) bool {
		return n.Data == "form" && attribute(n, "action") == "/connexion/confirmation"
	}); form == nil {
		return answer
	}
	return answer.answers(403).submit("/connexion/confirmation").at("/connexion/reprise").submit(strings.TrimPrefix(address, p.portalURL))
}

// Two administrators who take each other's role at the same moment, or leave at the same
// moment, leave one.
func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	p := open(t)
	nadia, yann := p.professional("administratrice"), p.professional("administrateur")
	leave := func(v *visitor) (address string) {
		return v.get(ownAccount).linkTo("/depart")
	}
	addresses := map[*visitor]string{nadia: leave(nadia), yann: leave(yann)}
	var both sync.WaitGroup
	for v, address := range addresses {
		both.Go(func() { v.hop(http.MethodPost, address, nil, "Sec-Fetch-Site", "same-origin") })
	}
	both.Wait()
	var left int
	if err := p.tables.QueryRowContext(t.Context(), `SELECT count(*) FROM memberships WHERE role = 'admin' AND ended_at IS NULL`).Scan(&left); err != nil || left != 1 {
		t.Fatalf("%d administrators are left, %v", left, err)
	}
	for v, address := range addresses {
		if page := v.get("/administration"); page.status == 200 {
			v.get(address).submit("/depart").answers(409).says("dernier")
			v.get("/administration").answers(200)
		}
	}
}

// « step-up »: a proof counts ten minutes; a form that was sent meanwhile waits for the
// next one, and nothing typed is lost.
func TestASensitiveActAsksForAFreshProof(t *testing.T) {
	t.Parallel()
	p := open(t)
	admin := p.professional("administratrice")
	session := admin.cookie(proCookie)
	target, _ := admin.get("/administration/invitations/nouvelle").form("/nouvelle")
	p.advance(11 * time.Minute)
	fields := url.Values{"mail": {"zoe.petit@numerique.example.fr"}, "role": {"reader"}}
	kept := admin.post(target, fields).answers(403).says("Confirmez votre identité", "est gardé")
	p.drain()
	if len(p.letters("zoe.petit@numerique.example.fr")) != 0 {
		t.Fatal("invited without a proof")
	}
	resumed := kept.submit("/connexion/confirmation").at("/connexion/reprise").says("pas encore fait")
	if admin.cookie(proCookie) == session {
		t.Error("the step-up keeps the session's id")
	}
	resumed.submit("/invitations/nouvelle").answers(200)
	p.letter("zoe.petit@numerique.example.fr")
	admin.get("/administration/invitations/nouvelle").at("/administration/invitations/nouvelle")

	p.advance(11 * time.Minute)
	asked := admin.get("/administration/invitations/nouvelle").at("/connexion/confirmation")
	p.proConnect(`{"error":"access_denied"}`)
	asked.submit("/connexion/confirmation").at(proFactor)
	admin.get("/administration").answers(200) // the session goes on
	p.proConnect(`{"key":"administrateur"}`)
	admin.get("/administration/invitations/nouvelle").submit("/connexion/confirmation").at(proOther)
	p.comesBackAs("administratrice", map[string]any{"acr": "eidas1"})
	admin.get("/administration/invitations/nouvelle").submit("/connexion/confirmation").at(proFactor)
	admin.get("/administration/invitations/nouvelle").at("/connexion/confirmation")
	p.comesBackAs("administratrice", map[string]any{"siret": "21040107100019"})
	admin.get("/administration/invitations/nouvelle").submit("/connexion/confirmation").at(proOther)
	// A form held for somebody else is worth nothing.
	_, held := kept.form("/connexion/confirmation")
	other := p.professional("administrateur")
	other.post("/connexion/confirmation", url.Values{"suite": {held.Get("suite")}, "retour": {"/administration"}}).at("/administration")
}

// « a person with several roles chooses a space »
func TestAPersonWithSeveralRolesChooses(t *testing.T) {
	t.Parallel()
	p := open(t)
	maud := p.visitor()
	chosen := maud.enter(p, "polyvalente").at("/espaces").says("Instruction", "Assistance")
	maud.get("/instruction").at("/espaces")
	target, fields := chosen.form("/espaces")
	first := maud.post(target, fields)
	if first.url.Path != "/instruction" && first.url.Path != "/assistance" {
		t.Fatalf("chosen, at %s", first.url.Path)
	}
	// Asked for by its address, a space that is hers is the one in which she begins.
	p.proConnect(`{"key":"polyvalente"}`)
	again := p.visitor()
	again.get("/assistance").at("/connexion").submit("/connexion").at("/assistance").answers(200)
	again.get("/instruction").at("/espaces").says("Instruction") // hers too, once she chooses it
	// Foreign and mistyped memberships.
	for _, id := range []string{"1", "999999", "-1", "x", "9223372036854775808", ""} {
		page := again.post("/espaces", url.Values{"espace": {id}})
		if page.status != 404 && page.url.Path != "/espaces" {
			t.Errorf("space %q: %s answered %d", id, page.url.Path, page.status)
		}
		again.get("/assistance").answers(200) // where she was
	}
}

// « sessions … listed and ended by an administrator »
func TestAnAdministratorEndsASession(t *testing.T) {
	t.Parallel()
	p := open(t)
	awa, admin := p.professional("instructrice"), p.professional("administratrice")
	list := admin.get("/administration/sessions?q=traoré").says("Awa Traoré")
	admin.get(list.linkTo("/fermeture")).submit("/fermeture").answers(200)
	awa.get("/instruction").at("/connexion")
	admin.get("/administration/sessions?q=traoré").neverSays("Awa")

	here, elsewhere := p.professional("instructrice"), p.professional("instructrice")
	here.get(ownAccount).submit("/fermeture").at(ownAccount).says("La session est fermée")
	elsewhere.get("/instruction").at("/connexion")
	here.get("/instruction").answers(200)
}
