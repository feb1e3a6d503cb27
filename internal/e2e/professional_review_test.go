package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// « eidas0: weak or self-declared link » (reference/identity.md §2.5): whoever only says
// that he works at the town hall reads nothing of it, even where he was let in before.
func TestNobodyEntersATownOnHisWordAlone(t *testing.T) {
	t.Parallel()
	p := open(t)
	for acr, enters := range map[string]bool{"eidas1": true, "eidas2": true, "eidas0": false, "eidas0-mfa": false, "eidas9": false} {
		v := p.visitor()
		p.comesBackAs("sans-invitation", map[string]any{"siret": "21040107100019", "acr": acr, "sub": "stranger-" + acr})
		arrived := v.get("/connexion").submit("/connexion")
		if enters {
			arrived.at("/collectivite")
			continue
		}
		arrived.at("/espaces").answers(403).says("ne garantit pas")
		v.get("/collectivite/collegues").at("/espaces").neverSays("camille.ferrand@")
	}
	p.comesBackAs("agente-majastres", map[string]any{"acr": "eidas0"})
	p.visitor().get("/connexion").submit("/connexion").at("/espaces").answers(403).says("ne garantit pas")
	p.proConnect(`{"key":"sans-invitation","mutate":{"id_token":{"acr":null},"userinfo":{"siret":"21040107100019"}}}`)
	p.visitor().get("/connexion").submit("/connexion").at("/espaces").answers(403)
}

// « step-up MFA < 10 min »: a session of ProConnect that is used again proves nothing of now
// (reference/identity.md §2.5).
func TestAnOldProofConfirmsNothing(t *testing.T) {
	t.Parallel()
	p := open(t)
	since := func(age time.Duration) string {
		return fmt.Sprintf(`{"key":"administratrice","mutate":{"id_token":{"acr":"eidas1-mfa","auth_time":%d}}}`, time.Now().Add(-age).Unix())
	}
	admin := p.visitor()
	p.proConnect(since(11 * time.Hour))
	admin.get("/connexion").submit("/connexion").at("/administration") // her morning's second factor lets her in
	asked := admin.get("/administration/invitations/nouvelle").at("/connexion/confirmation")
	p.proConnect(since(11 * time.Hour))
	asked.submit("/connexion/confirmation").at("/connexion/refus/preuve-ancienne").says("plus de 10 minutes", "Se déconnecter")
	admin.get("/administration/invitations/nouvelle").at("/connexion/confirmation")
	p.proConnect(since(2 * time.Minute))
	asked.submit("/connexion/confirmation").at("/administration/invitations/nouvelle")
	p.advance(9 * time.Minute)
	admin.get("/administration/invitations/nouvelle").at("/connexion/confirmation")
	for _, absent := range []string{"null", `"hier"`, "0", "-1"} {
		v := p.visitor()
		for range 2 {
			p.proConnect(`{"key":"instructrice","mutate":{"id_token":{"acr":"eidas2","auth_time":` + absent + `}}}`)
		}
		v.get("/connexion").submit("/connexion").at(proFactor)
	}
}

// A role that was taken does not come back by an invitation that its holder sent before.
func TestWhatWasOfferedGoesWithTheRole(t *testing.T) {
	t.Parallel()
	p := open(t)
	sofia, admin := p.professional("editrice-tilleul"), p.professional("administratrice")
	sofia.confirmed(p, "/editeur/invitations/nouvelle", url.Values{"mail": {"sofia.bis@example.fr"}, "role": {"editor_admin"}}).answers(200)
	link := p.letter("sofia.bis@example.fr").link(p, "/invitations/")
	file := admin.get(admin.get("/administration/comptes?q=renard").link("Sofia Renard"))
	admin.get(file.linkTo("/retrait")).submit("/retrait").answers(200)
	again := p.visitor()
	p.arrivesAs("Sofia Renard", "sofia.bis@example.fr", tilleul)
	again.get(link).says("n’est plus valable")
	again.get("/connexion").submit("/connexion").at("/espaces").answers(403)
	if acts := p.acts(0); !contains(acts, "invitation.withdrawn Nadia Keller sofia.bis@example.fr editor_admin") {
		t.Errorf("the journal does not say it:\n%s", strings.Join(acts, "\n"))
	}
}

// The operator moves: its people sign in under another SIRET, and are let in again by a new
// invitation of their own address.
func TestStaffThatMovedAreInvitedAgain(t *testing.T) {
	t.Parallel()
	p := open(t)
	moved := map[string]any{"siret": "54120873000013"}
	p.comesBackAs("administratrice", moved)
	p.visitor().get("/connexion").submit("/connexion").at("/espaces").answers(403).says("autre établissement")
	sent, err := p.app.Access.InviteFirst(t.Context(), "nadia.keller@numerique.example.fr")
	if err != nil {
		t.Fatal(err)
	}
	nadia := p.visitor()
	p.comesBackAs("administratrice", moved)
	link := "/invitations/" + sent.Token.Reveal()
	nadia.get(link).submit("/connexion").submit(link).at("/connexion/confirmation").submit("/connexion/confirmation").submit(link).at("/administration").answers(200)
	// The other one, who never came under the new SIRET, does not count as somebody who could
	// let her in: it is the database's last sign-in that says so.
	p.comesBackAs("administrateur", moved)
	p.visitor().get("/connexion").submit("/connexion").at("/espaces")
	nadia.get(nadia.get(ownAccount).linkTo("/depart")).submit("/depart").answers(409).says("dernier")
}

// Whoever knocks without end fills one line a minute, and who turns back none.
func TestAnonymousRefusalsDoNotFillTheJournal(t *testing.T) {
	t.Parallel()
	p := open(t)
	before := p.lastAct()
	for range 10 {
		p.proConnect(`{"error":"access_denied"}`)
		p.visitor().get("/connexion").submit("/connexion").at(proCancelled)
		p.proConnect(`{"key":"agente-majastres","mutate":{"id_token":{"nonce":null}}}`)
		p.visitor().get("/connexion").submit("/connexion").at(proRefused)
	}
	if lines := p.acts(before); len(lines) != 1 {
		t.Errorf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
}

// « Audit every decision: outcome, provider, siret, idp_id, acr, amr »; « log a change of sub
// for a known e-mail » (reference/identity.md §2.4, §3.4).
func TestTheJournalShowsATakeOver(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.professional("agente-majastres")
	before := p.lastAct()
	p.comesBackAs("agente-majastres", map[string]any{"email": "autre@majastres.example.fr", "usual_name": "Autre", "idp_id": "un-fournisseur"})
	p.visitor().signsIn()
	p.comesBackAs("agente-majastres", map[string]any{"sub": "un-autre-sujet", "email": "autre@majastres.example.fr"})
	p.visitor().signsIn()
	lines := p.acts(before)
	for _, want := range []string{
		"account.changed Camille Autre Camille Autre mail", "account.changed Camille Autre Camille Autre name",
		"signin.accepted Camille Autre Camille Autre eidas1 pwd un-fournisseur", "account.changed Camille Ferrand Camille Ferrand same_mail",
	} {
		if !contains(lines, want) {
			t.Errorf("the journal lacks %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
}

// Sign-out ends what it can, whatever was lost: a session that idled, a key that was retired.
func TestSignOutEndsWhatItCan(t *testing.T) {
	t.Parallel()
	p := open(t)
	idle := p.professional("agente-majastres")
	p.advance(31 * time.Minute)
	before := p.lastAct()
	idle.post("/deconnexion-professionnelle", nil).submit("/session/end/confirm").at("/proconnect/deconnexion")
	if lines := p.acts(before); !contains(lines, "session.signed_out Camille Ferrand Camille Ferrand") {
		t.Errorf("the journal says\n%s", strings.Join(lines, "\n"))
	}
	retired := p.professional("agente-majastres")
	if _, err := p.tables.ExecContext(t.Context(), `UPDATE sessions SET id_token = '\x0102'`); err != nil {
		t.Fatal(err)
	}
	retired.post("/deconnexion-professionnelle", nil).submit("/session/end/confirm").at("/proconnect/deconnexion")
	retired.isNobody()
	p.visitor().post("/deconnexion-professionnelle", nil).at("/proconnect/deconnexion")
}

// A form that waited is sent once; who leaves is told that he left.
func TestWhatIsOverIsOver(t *testing.T) {
	t.Parallel()
	p := open(t)
	sofia := p.professional("editrice-tilleul")
	sofia.confirmed(p, "/editeur/invitations/nouvelle", url.Values{"mail": {"une.fois@example.fr"}, "role": {"editor_member"}}).answers(200)
	sofia.get("/connexion/reprise").at("/editeur")
	sofia.get(sofia.get(ownAccount).linkTo("/depart")).says("Vous êtes la dernière personne à gérer cet espace")
	leo := p.professional("membre-tilleul")
	leo.get(leo.get(ownAccount).linkTo("/depart")).submit("/depart").at(ownAccount).says("Vous avez quitté ce rôle")
	leo.get("/editeur").at("/espaces").answers(403).says("Vous avez quitté votre dernier rôle")
}

// « Each is a mail in the State's name »: an editor's people send a hundred a day at most.
func TestAnEditorCannotFloodMailboxes(t *testing.T) {
	t.Parallel()
	p := open(t)
	sofia := p.professional("editrice-tilleul")
	if _, err := p.tables.ExecContext(t.Context(), `
		INSERT INTO invitations (token_hash, mail, role, organisation, inviter_id, inviter, created_at, expires_at, withdrawn_at)
		SELECT sha256(i::text::bytea), 'x@example.fr', 'editor_member', $1, '1', 'Sofia', now(), now(), now() FROM generate_series(1, 100) i`, tilleul); err != nil {
		t.Fatal(err)
	}
	refused := sofia.confirmed(p, "/editeur/invitations/nouvelle", url.Values{"mail": {"encore@example.fr"}, "role": {"editor_member"}})
	if refused.status != 409 && refused.status != 422 {
		t.Errorf("answered %d", refused.status)
	}
	refused.says("100 invitations")
	p.advance(24*time.Hour + time.Minute)
	p.professional("editrice-tilleul").confirmed(p, "/editeur/invitations/nouvelle", url.Values{"mail": {"encore@example.fr"}, "role": {"editor_member"}}).answers(200)
}

// The identifier of a dossier opens its follow-up: who may not look dossiers up is not given
// it by a list of orders.
func TestAReaderIsGivenNoIdentifier(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen := p.visitor()
	p.signInAs(p.anybody())
	reference := citizen.get(majastres).submit("/demarrer").submit("/transmettre").reference()
	p.drain()
	p.professional("administratrice").get("/administration/envois").says(reference.Display())
	p.professional("lectrice").get("/administration/envois").says("Dossier nº").neverSays(reference.Display(), reference.String())
}
