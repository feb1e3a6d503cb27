package e2e

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"portail-qf/internal/domain/value"
)

const journalPath = "/administration/journal"

// journal searches it with criteria in pairs, and gives what it tells, newest first.
func (v *visitor) journal(criteria ...string) []string {
	v.t.Helper()
	return v.get(carrying(journalPath, criteria...)).answers(200).told()
}

// told lists the sentences of a page of the journal.
func (p *page) told() (sentences []string) {
	find(p.root, func(n *html.Node) bool {
		if n.Data == "td" && attribute(n, "data-label") == "Ce qui a été fait" {
			var words strings.Builder
			collect(n, &words)
			sentences = append(sentences, plain(words.String()))
		}
		return false
	})
	return sentences
}

// inTheMorning moves the business clock to 9 o'clock in Paris, so that a day's acts are of
// one day.
func (p *portal) inTheMorning() (day time.Time) {
	p.t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		p.t.Fatal(err)
	}
	tomorrow := p.now().In(paris).AddDate(0, 0, 1)
	day = value.DayBegins(tomorrow.Year(), tomorrow.Month(), tomorrow.Day())
	p.advance(day.Add(9 * time.Hour).Sub(p.now()))
	return day.In(paris)
}

// proves gives a second factor before sensitive acts.
func (v *visitor) proves() *visitor {
	v.t.Helper()
	v.get("/connexion/confirmation").submit("/connexion/confirmation")
	return v
}

// liveADay has people do what they do in a day, and returns the dossier that was looked up.
func (p *portal) liveADay() value.Reference {
	p.t.Helper()
	reference := p.readyToTransmit().send(p.t.Context())
	p.professional("lectrice").get("/instruction").answers(403)
	p.professional("agente-majastres").get("/administration/comptes").answers(403)
	p.professional("assistant").get("/assistance/dossiers/" + reference.String()).answers(200)

	later := refuses("RCPT <"+leaFontane+">", 451)
	later.Times = 1
	p.relayFails(later, refuses("RCPT <"+leaFontane+">", 550))
	nadia := p.professional("administratrice").proves()
	nadia.invitesToSupport(leaFontane)
	p.drain()
	nadia.get("/administration/envois?etat=retrying").submit("/relance").answers(200)
	p.drain()
	yann := p.professional("administrateur").proves()
	target, fields := yann.get(yann.get("/administration/mails").link("Votre invitation")).form("/destinataires/1")
	fields.Set("adresse-1", leaFontaine)
	yann.post(target, fields).answers(200)

	p.professional("instructrice")
	file := nadia.get(nadia.get("/administration/comptes?q=traore").link("Awa Traoré"))
	nadia.post(file.url.Path+"/roles/nouveau", url.Values{"role": {"reader"}}).submit("/roles/nouveau").answers(200)
	nadia.get(nadia.get("/administration/sessions?q=traoré").linkTo("/fermeture")).submit("/fermeture").answers(200)
	nadia.get("/administration/taches/purge").submit("/lancement").answers(200)
	p.drain()
	return reference
}

// « search by actor, object, act, period » (issue 3): whatever was done in a day is found,
// as a sentence.
func TestTheJournalTellsTheActsOfADay(t *testing.T) {
	t.Parallel()
	p := open(t)
	day := p.inTheMorning()
	reference := p.liveADay()
	admin := p.professional("administratrice")
	today, yesterday, tomorrow := day.Format(time.DateOnly), day.AddDate(0, 0, -1).Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly)

	const (
		refused    = "Jeanne Colin (Consultation) n'a pas eu accès à la page GET /instruction"
		atTheTowns = "Camille Ferrand (Agent de collectivité) n'a pas eu accès à la page GET /administration/comptes Pour l'organisation 21040107100019"
		invited    = "Nadia Keller (Administration) a invité " + leaFontane + " avec le rôle Assistance"
		retried    = "Nadia Keller (Administration) a relancé l'envoi nº 2 : Envoi d'un mail, nº 1"
		corrected  = "Yann Le Bihan (Administration) a corrigé l'adresse d'un destinataire du mail Votre invitation à rejoindre l'espace d'assistance : le 1er, refusé parce que cette adresse n'existe pas"
		given      = "Nadia Keller (Administration) a donné le rôle Consultation à Awa Traoré"
		ended      = "Nadia Keller (Administration) a mis fin à la session ouverte par Awa Traoré"
		started    = "Nadia Keller (Administration) a lancé la tâche Effacement"
	)
	lookedUp := "Paul Vasseur (Assistance) a consulté le dossier " + reference.Display() + " Pour l'organisation 21040107100019"
	acts := []string{refused, atTheTowns, lookedUp, invited, retried, corrected, given, ended, started}
	for name, row := range map[string]struct {
		criteria []string
		want     []string // in the order of the acts; sign-ins, proofs and the seed apart
	}{
		"everything":                {nil, acts},
		"today":                     {[]string{"du", today, "au", today}, acts},
		"from today on":             {[]string{"du", today}, acts},
		"until yesterday":           {[]string{"au", yesterday}, nil},
		"from tomorrow on":          {[]string{"du", tomorrow}, nil},
		"a person":                  {[]string{"auteur", "Yann Le Bihan"}, []string{corrected}},
		"beginnings of words":       {[]string{"auteur", "kell NAD"}, []string{invited, retried, given, ended, started}},
		"nobody":                    {[]string{"auteur", "Inconnue"}, nil},
		"an act":                    {[]string{"acte", "access.refused"}, []string{refused, atTheTowns}},
		"an act of a person":        {[]string{"acte", "access.refused", "auteur", "jeanne"}, []string{refused}},
		"an act of nobody":          {[]string{"acte", "access.refused", "auteur", "nadia"}, nil},
		"a kind of object":          {[]string{"sur", "job"}, []string{started}},
		"an object":                 {[]string{"objet", "fontane"}, []string{invited}},
		"a page":                    {[]string{"objet", "administration comptes"}, []string{atTheTowns}},
		"a dossier":                 {[]string{"objet", reference.Display()}, []string{lookedUp}},
		"a dossier, as it is typed": {[]string{"objet", " " + strings.ToLower(reference.String())}, []string{lookedUp}},
		"an account, accents apart": {[]string{"sur", "account", "objet", "traore"}, []string{given}},
		"a town's affairs":          {[]string{"organisation", "210 401 071 00019"}, []string{atTheTowns, lookedUp}},
	} {
		t.Run(name, func(t *testing.T) {
			admin.t = t
			told := admin.journal(row.criteria...)
			told = slices.DeleteFunc(told, func(s string) bool {
				return strings.Contains(s, "a ouvert une session") || strings.Contains(s, "a confirmé son identité") || strings.HasPrefix(s, "Jeu de départ")
			})
			slices.Reverse(told)
			if !slices.Equal(told, row.want) {
				t.Errorf("the journal tells\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(row.want, "\n"))
			}
		})
	}
	admin.t = t
	admin.get(carrying(journalPath, "du", today, "au", yesterday)).answers(422).says("La période finit avant d’avoir commencé.")
	signIns := admin.journal("acte", "signin.accepted", "auteur", "Colin")
	if len(signIns) != 1 || !strings.HasPrefix(signIns[0], "Jeanne Colin a ouvert une session") {
		t.Errorf("sign-ins of Jeanne Colin: %q", signIns)
	}
	if proofs := admin.journal("acte", "stepup.accepted", "auteur", "Bihan"); len(proofs) != 1 || !strings.Contains(proofs[0], "Yann Le Bihan a confirmé son identité : second facteur prouvé") {
		t.Errorf("proofs of Yann Le Bihan: %q", proofs)
	}
	for address, path := range map[string]string{
		"Votre invitation": "/administration/mails/1", reference.Display(): "/suivi/" + reference.String(), "Effacement": "/administration/taches/purge",
	} {
		if link := admin.get(journalPath).link(address); link != path {
			t.Errorf("%s leads to %q, want %q", address, link, path)
		}
	}
}

// « somebody who insists must not fill it » (account.Sessions).
func TestWhoInsistsFillsOneLineOfTheJournal(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.inTheMorning()
	jeanne := p.professional("lectrice")
	for range 50 {
		jeanne.get("/instruction").answers(403)
	}
	admin := p.professional("administratrice")
	refusals := func() int { return len(admin.journal("acte", "access.refused", "auteur", "jeanne")) }
	if n := refusals(); n != 1 {
		t.Errorf("%d lines of 50 refusals, want 1", n)
	}
	jeanne.post("/administration/taches/purge/lancement", nil).answers(403)
	if n := refusals(); n != 2 {
		t.Errorf("%d lines, want 2: another door is another line", n)
	}
	p.advance(61 * time.Second)
	jeanne.get("/instruction").answers(403)
	if n := refusals(); n != 3 {
		t.Errorf("%d lines, want 3: a minute later it is told again", n)
	}
}

// Bad input: what somebody types in the search, and what people are called, change nothing
// of the page and ask nothing else of the database.
func TestTheJournalTakesHostileTexts(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.inTheMorning()
	admin := p.professional("administratrice")
	const script = "<script>alert(1)</script>"
	p.arrivesAs(script+" O'Neil\u202eevil", "o.neil@numerique.example.fr", theOperator)
	p.visitor().get("/connexion").submit("/connexion").at("/espaces")
	lines := len(admin.journal())
	for _, hostile := range []string{
		`' OR '1'='1`, `'; DROP TABLE audit_events; --`, `%`, `_`, `\`, `*:*`, `a & !b | (c`, `<->`, `:*`, `''''`, "\x00", "\xff\xfe", "a\r\nb: c",
		script, `"><img src=x onerror=alert(1)>`, strings.Repeat("a ", 3000), "\u202etxt", "１２３", "ﬁ", `{{.}}`, `$1`, "-1", "99999999999999999999",
		"0001-01-01", "9999-12-31", "2026-02-30", "infinity", "294277-01-01",
	} {
		for _, criteria := range [][]string{
			{"auteur", hostile}, {"objet", hostile},
			{"organisation", hostile, "acte", hostile, "sur", hostile, "du", hostile, "au", hostile, "tri", hostile, "page", hostile, "q", hostile, "inconnu", hostile},
		} {
			found := admin.get(carrying(journalPath, criteria...))
			// What is no SIRET or no day is told beside its field.
			if found.status != 200 && (found.status != 422 || criteria[0] != "organisation") {
				t.Errorf("%q answered %d", criteria, found.status)
			}
			if strings.Contains(found.body, script) || strings.Contains(found.body, "<img") || len(found.told()) > lines {
				t.Errorf("%q is let through", criteria)
			}
		}
	}
	if told := admin.journal("auteur", "O'Neil"); len(told) != 1 || !strings.Contains(told[0], script) {
		t.Errorf("the journal tells %q", told)
	}
	if n := len(admin.journal()); n != lines {
		t.Errorf("%d lines, %d before", n, lines)
	}
	if strings.Contains(p.log.String(), `"level":"ERROR"`) {
		t.Errorf("errors in the log:\n%s", p.log)
	}
}

// « Citizens appear as a dossier identifier » (ARCHITECTURE.md §9): nothing of a life is in
// any line, whoever looked at the dossier.
func TestNoCitizenIsInTheJournal(t *testing.T) { // alone: a transaction under way in the cluster puts sealing off
	p := open(t)
	citizen, witness := p.watched()
	p.answersAlix(200, lifeAnswer)
	p.signInAlix(`{}`)
	form := citizen.get(carrying(majastres, "external_id", life()["identifier of the software"], "redirect_uri", "https://portail.example.fr/retour?"+life()["way back"]))
	confirmation := form.submit("/demarrer").submit("/transmettre")
	reference := confirmation.reference()
	p.drain()
	paul := p.professional("assistant")
	paul.get("/assistance/dossiers/" + reference.String()).answers(200)
	p.professional("agente-majastres").get("/assistance/dossiers/" + reference.String()).answers(403)
	p.professional("agente-majastres").get("/collectivite").answers(200)
	citizen.get(confirmation.url.Path).submit("/deconnexion").submit("/session/end/confirm")
	p.later(91 * 24 * time.Hour)
	p.job("purge")
	p.professional("assistant").get("/assistance/dossiers/" + reference.String()).answers(404)
	p.job("seal-journal")

	personal := life()
	p.tokensOf(personal, witness)
	events := p.contents()["audit_events"]
	if what := personal.foundIn(strings.Join(events, "\n")); what != "" {
		t.Errorf("the %s is in the journal:\n%s", what, strings.Join(events, "\n"))
	}
	told := strings.Join(p.professional("administratrice").journal(), "\n")
	if what := personal.foundIn(told); what != "" || !strings.Contains(told, reference.Display()) {
		t.Errorf("the journal tells the %s, or not the dossier:\n%s", what, told)
	}
}
