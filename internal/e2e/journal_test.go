package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/jobs"
	"portail-qf/internal/sim/control"
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

	p.relayFails(control.Fault{Match: "CONNECT", Mode: control.ModeDown, Times: 1}, refuses("RCPT <"+leaFontane+">", 550))
	nadia := p.professional("administratrice").proves()
	nadia.invitesLea(leaFontane)
	p.drain()
	nadia.get("/administration/envois?etat=retrying").submit("/relance").answers(200)
	p.drain()
	yann := p.professional("administrateur").proves()
	target, fields := yann.get(yann.get("/administration/mails").link("Votre invitation")).form("/destinataires/1")
	fields.Set("adresse-1", leaFontaine)
	yann.post(target, fields).answers(200)

	p.professional("instructrice")
	file := nadia.get(nadia.get("/administration/comptes?q=traore").link("Awa Traoré"))
	nadia.post(file.url.Path+"/roles/nouveau", url.Values{"role": {"reader"}}).answers(200)
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
		ended      = "Nadia Keller (Administration) a mis fin à la session de Awa Traoré"
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
		"an end before its start":   {[]string{"du", today, "au", yesterday}, nil},
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

// « batches sealed by a job »: asked for in the back-office, and by itself at its times.
func TestTheJournalIsSealed(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.inTheMorning()
	admin := p.professional("administratrice")
	admin.get(journalPath).says("Pas encore scellé")
	asked := admin.get("/administration/taches/seal-journal").says("Toutes les 15 minutes")
	asked.submit("/lancement").at("/administration/taches/seal-journal").says("La tâche est demandée")
	p.drain()
	sealed := func(batches int) func() bool {
		return func() bool { return p.count(`SELECT count(*) FROM audit_seals`) >= batches }
	}
	eventually(t, 10*time.Second, "a batch is sealed on demand", sealed(1))
	eventually(t, 10*time.Second, "the run has ended", func() bool { return p.count(`SELECT count(*) FROM job_runs WHERE finished_at IS NULL`) == 0 })
	admin.get("/administration/taches/seal-journal").says("Réussie", "Lots scellés : 1", "Actes scellés")
	admin.get(journalPath).says("Scellé Lot nº 1")

	p.professional("lectrice")
	// Two more instances whose times have come, with the job of this one: one of them has the
	// tick of the minute.
	seal := slices.IndexFunc(p.app.Jobs.Jobs, func(job jobs.Job) bool { return job.Name == "seal-journal" })
	often := p.app.Jobs.Jobs[seal]
	often.Every = "@every 1s"
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	for range cap(ended) {
		instance := &jobs.Table{Jobs: []jobs.Job{often}, Runs: p.app.Jobs.Runs, Log: slog.New(slog.DiscardHandler), Zone: p.app.Jobs.Zone}
		go func() { ended <- instance.Serve(ctx) }()
	}
	// A tick of the app itself may have taken this minute.
	eventually(t, 75*time.Second, "a batch is sealed by itself", sealed(2))
	stop()
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if n := p.count(`SELECT count(*) - count(DISTINCT scheduled_for) FROM job_runs WHERE job = 'seal-journal'`); n != 0 {
		t.Errorf("%d ticks ran twice", n)
	}
	verdict, err := p.app.VerifyJournal(t.Context())
	if err != nil || verdict.Broken != nil || verdict.Batches < 2 {
		t.Errorf("%+v, %v", verdict, err)
	}
}

// « append-only for the application's database role »: with the password of the portal, one
// adds a line and changes none.
func TestThePortalItselfCannotUnwriteTheJournal(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.inTheMorning()
	p.professional("lectrice").get("/instruction").answers(403)
	p.job("seal-journal")
	p.professional("administratrice") // some events wait for their seal
	before := p.contents()
	asApp := openTables(t, p.database.App)
	for _, statement := range []string{
		`UPDATE audit_events SET author = 'Personne'`, `UPDATE audit_events SET batch = NULL`, `DELETE FROM audit_events`, `TRUNCATE audit_events`,
		`TRUNCATE audit_events, audit_seals CASCADE`, `SELECT FROM audit_events FOR UPDATE`,
		`UPDATE audit_seals SET events_purged_at = now()`, `DELETE FROM audit_seals`, `TRUNCATE audit_seals`,
		`INSERT INTO audit_seals (batch, first_id, last_id, events, digest, previous) VALUES (2, 1, 1, 1, sha256(''), sha256(''))`,
		`INSERT INTO audit_events (id, at, author_id, author, role, act, object_kind, object_id, object) OVERRIDING SYSTEM VALUE VALUES (0, now(), '', '', '', '', '', '', '')`,
		`INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object, batch) VALUES (now(), '', '', '', '', '', '', '', 1)`,
		`INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object, tx) VALUES (now(), '', '', '', '', '', '', '', '0')`,
		`MERGE INTO audit_events e USING audit_seals s ON e.batch = s.batch WHEN MATCHED THEN DELETE`,
		`ALTER TABLE audit_events ADD COLUMN note text`, `ALTER TABLE audit_events RENAME TO old_events`, `DROP TABLE audit_events CASCADE`,
		`CREATE RULE quiet AS ON INSERT TO audit_events DO INSTEAD NOTHING`, `ALTER TABLE audit_events OWNER TO portal_app`,
		`CREATE FUNCTION audit_line(text) RETURNS text LANGUAGE sql AS 'SELECT $1'`, `DROP FUNCTION seal_journal()`,
		`SELECT purge_journal(now())`, `SELECT purge_journal(now() - interval '4 years')`, `SELECT purge_journal('infinity')`, `SELECT purge_journal(NULL)`,
		`SELECT audit_digest(1, '')`, `LOCK TABLE audit_seals IN ACCESS EXCLUSIVE MODE`, `LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE`,
		`SELECT setval(pg_get_serial_sequence('audit_events', 'id'), 1)`,
		`SET ROLE portal_owner`, `SET SESSION AUTHORIZATION portal_owner`, `SET session_replication_role = replica`, `CREATE SCHEMA mine`,
	} {
		if _, err := asApp.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("the portal's role may %s", statement)
		}
	}
	after := p.contents()
	for _, table := range []string{"audit_events", "audit_seals"} {
		if !slices.Equal(before[table], after[table]) {
			t.Errorf("%s was %s\nand is %s", table, strings.Join(before[table], "\n"), strings.Join(after[table], "\n"))
		}
	}
	const add = `INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object) VALUES (now(), '', 'Essai', '', '', '', '', '')`
	if _, err := asApp.ExecContext(t.Context(), add); err != nil {
		t.Errorf("the portal's role may not add: %v", err)
	}
	p.job("seal-journal")
	if verdict, err := p.app.VerifyJournal(t.Context()); err != nil || verdict.Broken != nil {
		t.Errorf("%+v, %v", verdict, err)
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
			found := admin.get(carrying(journalPath, criteria...)).answers(200)
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
func TestNoCitizenIsInTheJournal(t *testing.T) {
	t.Parallel()
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

// The business clock of the demo moves; the seals, and the age of what may be erased, are
// of the database's.
func TestTheJournalOutlivesTheMovesOfTheClock(t *testing.T) {
	t.Parallel()
	p := open(t)
	day := p.inTheMorning()
	refuse := func() { p.professional("lectrice").get("/instruction").answers(403) }
	at := func(day time.Time) []string {
		date := day.Format(time.DateOnly)
		return []string{"acte", "access.refused", "du", date, "au", date}
	}
	refuse()
	p.advance(-10 * 24 * time.Hour)
	refuse()
	p.advance(20 * 24 * time.Hour)
	refuse()
	admin := p.professional("administratrice")
	for _, moved := range []int{0, -10, 10} {
		if told := admin.journal(at(day.AddDate(0, 0, moved))...); len(told) != 1 {
			t.Errorf("%d days from the first: %q", moved, told)
		}
	}
	if told := admin.journal("acte", "access.refused"); len(told) != 3 {
		t.Errorf("%d refusals, want 3", len(told))
	}
	// What waits for its seal since days is told as a job that does not run.
	if verdict, err := p.app.VerifyJournal(t.Context()); err != nil || verdict.Broken == nil || verdict.Broken.Breach != audit.Unsealed {
		t.Errorf("%+v, %v", verdict, err)
	}
	p.job("seal-journal")
	events := p.contents()["audit_events"]
	p.advance((audit.RetentionYears + 1) * 366 * 24 * time.Hour)
	p.job("purge")
	p.job("seal-journal")
	if kept := p.contents()["audit_events"]; fmt.Sprint(kept) != fmt.Sprint(events) {
		t.Errorf("%d events of %d are kept years ahead of the database's clock", len(kept), len(events))
	}
	if verdict, err := p.app.VerifyJournal(t.Context()); err != nil || verdict.Broken != nil || verdict.Batches < 1 {
		t.Errorf("%+v, %v", verdict, err)
	}
	p.professional("administratrice").get(journalPath).says("Scellé", "Jeanne Colin")
}
