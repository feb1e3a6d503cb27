package e2e

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// What a page of the back-office may make the browser transfer, in bytes. The pages are not
// compressed: a list of 25 rows weighs more than « next pages ≤ 20 kB » (SETTLED.md, web)
// and less than « dashboard of 100 rows ≤ 120 kB » (users-reliability-security.md, E.2).
const (
	firstView = 200_000
	allFonts  = 126_000
	nextPage  = 20_000
	nextList  = 40_000
)

// crowd fills the portal: 400 people, 300 towns of an editor's, and hundreds of
// invitations, mails, orders, runs and events in every state.
func (p *portal) crowd() {
	p.t.Helper()
	ctx := p.t.Context()
	db, err := postgres.Open(ctx, p.database.App)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := postgres.Fill(ctx, db, 300, 0, p.now()); err != nil {
		p.t.Fatal(err)
	}
	cookies := make([]value.Token, 60)
	for i := range cookies {
		cookies[i] = value.Token(rand.Text())
	}
	if err := postgres.FillPeople(ctx, db, postgres.Crowd{Accounts: 400, Operator: "13002526500013", Agents: cookies}, p.now()); err != nil {
		p.t.Fatal(err)
	}
	for _, statement := range crowdStatements {
		if _, err := p.tables.ExecContext(ctx, statement); err != nil {
			p.t.Fatalf("%.60s: %v", strings.TrimSpace(statement), err)
		}
	}
	p.job("seal-journal")
}

var crowdStatements = [...]string{
	`UPDATE collectivities SET editor_siret = '90511200900014', form = (ARRAY['ouvert', 'ouvert', 'bientot', 'ferme'])[1 + abs(hashtext(siret)::int8) % 4]
		WHERE name LIKE 'Commune essai%'`,
	`UPDATE organisations SET closed = true, closed_on = '2025-12-31' WHERE siret IN (SELECT siret FROM collectivities WHERE form = 'ferme')`,
	`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
		SELECT 500000 + row_number() OVER (ORDER BY siret), 'datapass', siret, name, 'api-particulier-tilleul',
			(ARRAY['validee', 'validee', 'reouverte', 'suspendue', 'revoquee', 'deposee'])[1 + abs(hashtext(siret)::int8) % 6], now(), now(),
			'{"prenom":"Anne","nom":"Morel","mail":"anne.morel@mairie-de-saint-exemple-les-bains.example.fr"}' FROM collectivities WHERE name LIKE 'Commune essai%'`,
	`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		SELECT nextval('habilitation_numbers'), number, siret, organisation, true, true, '{cnaf_quotient_familial,cnaf_enfants}', '90511200900014', 'Logiciels Tilleul', form_uid,
			'Tarifs de la cantine', '2026-01', '{}', 'DataPass', now() FROM requests WHERE number > 500000 AND state <> 'deposee'`,
	`INSERT INTO tokens (id, public_id, digest, pepper, request, habilitation, siret, organisation, editor_siret, scopes, issued_at, expires_at, first_used_at, last_used_at)
		SELECT gen_random_uuid(), lpad(number::text, 12, '0'), sha256(number::text::bytea), 'essai', request, number, siret, organisation, editor_siret, scopes,
			now() - interval '17 months', now() + (request % 200 - 60) * interval '1 day', now() - interval '3 days', now() - request % 40 * interval '1 day' FROM habilitations WHERE request > 500000`,
	`INSERT INTO amendments (token, request, expires_at, same_purpose, right_contacts, author, begun_at, filed_at)
		SELECT id, request, expires_at, false, true, 'Anne Morel', now() - interval '70 days', now() - interval '65 days' FROM tokens WHERE request % 5 = 0 AND request > 500000`,
	`INSERT INTO subscriptions (siret, request, organisation, editor_siret, administrator, want, wanted_at, state, failure_code, failure_trace, failed_at)
		SELECT siret, number, organisation, '90511200900014', '{}', 'actif', now() - number % 90 * interval '1 hour',
			(ARRAY['a_creer', 'organisation_creee', 'inactif', 'en_attente', 'actif', 'en_erreur', 'suspendu'])[1 + number % 7],
			CASE number % 7 WHEN 5 THEN 'hubee.refused' ELSE '' END, CASE number % 7 WHEN 5 THEN '400 invalid email' ELSE '' END, CASE number % 7 WHEN 5 THEN now() END
		FROM requests WHERE number > 500000`,
	`INSERT INTO subscription_calls (siret, at, step, outcome, trace)
		SELECT '21040107100019', now() - i * interval '1 minute', (ARRAY['locate', 'find_organisation', 'activate'])[1 + i % 3],
			CASE WHEN i % 5 = 0 THEN 'hubee.unavailable' ELSE 'done' END, CASE WHEN i % 5 = 0 THEN 'context deadline exceeded' ELSE '' END FROM generate_series(1, 60) i`,
	`INSERT INTO datapass_events (digest, received_at, last_at, event, model_type, request, fired_at, state, reason, content)
		SELECT sha256(('e' || i)::bytea), now() - i * interval '1 hour', now(), (ARRAY['approve', 'submit', 'revoke'])[1 + i % 3], 'authorization_request/api_particulier',
			600000 + i, 1782300000 + i, (ARRAY['appliquee', 'sans_effet', 'quarantaine'])[1 + i % 3], (ARRAY['', 'datapass.late', 'datapass.siret_invalid'])[1 + i % 3], '\x00'
		FROM generate_series(1, 90) i`,
	`INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
		SELECT id, 'editor_member', '90511200900014', siret, 'Sofia Renard', signed_in_at FROM accounts WHERE issuer = 'essai' AND id % 8 = 0`,
	`INSERT INTO invitations (token_hash, mail, role, organisation, inviter_id, inviter, created_at, expires_at, accepted_at, accepted_by, withdrawn_at)
		SELECT sha256(('i' || i)::bytea), 'personne.' || i || '@tilleul.example.fr', CASE WHEN i % 3 = 0 THEN 'support' ELSE 'editor_member' END,
			CASE WHEN i % 3 = 0 THEN '13002526500013' ELSE '90511200900014' END, '1', 'Sofia Renard',
			now() - i * interval '3 hours', now() - i * interval '3 hours' + interval '14 days',
			CASE WHEN i % 4 = 1 THEN now() END, CASE WHEN i % 4 = 1 THEN (SELECT min(id) FROM accounts) END, CASE WHEN i % 4 = 2 THEN now() END
		FROM generate_series(1, 240) i`,
	`INSERT INTO mails (kind, key, message_id, subject, content, created_at, finished_at)
		SELECT (ARRAY['invitation', 'acces-ouvert', 'acces-retire'])[1 + i % 3], 'essai ' || i, i || '@portail.example.fr', 'Votre accès à l’espace éditeur', '\x00',
			now() - i * interval '1 hour', CASE WHEN i % 4 > 0 THEN now() - i * interval '59 minutes' END
		FROM generate_series(1, 300) i`,
	`INSERT INTO mail_recipients (mail_id, position, field, address, state, code, told_at)
		SELECT m.id, n, CASE n WHEN 1 THEN 'to' ELSE 'cc' END, 'personne.' || m.id || '.' || n || '@mairie-de-saint-exemple-les-bains.example.fr',
			CASE WHEN m.finished_at IS NULL THEN 'pending' WHEN m.id % 5 = n THEN 'bounced' ELSE 'sent' END,
			CASE WHEN m.finished_at IS NOT NULL AND m.id % 5 = n THEN '550 5.1.1' ELSE '' END, m.finished_at
		FROM mails m, generate_series(1, 2) n WHERE m.key LIKE 'essai %'`,
	`INSERT INTO outbox (kind, subject, due_at, attempts, last_error, created_at, done_at, abandoned_at)
		SELECT (ARRAY['dossier.deliver', 'dossier.close', 'mail.send', 'job.run'])[1 + i % 4], (ARRAY['2222222222222', '2222222222222', '1', 'purge'])[1 + i % 4] || CASE WHEN i % 3 = 0 THEN '.' || i ELSE '' END,
			now() + interval '1 day', i % 12, CASE WHEN i % 3 < 2 THEN 'create folder: hubee.unavailable: no answer' ELSE '' END, now() - i * interval '1 hour',
			CASE WHEN i % 3 = 2 THEN now() - i * interval '50 minutes' END, CASE WHEN i % 3 = 1 THEN now() - i * interval '10 minutes' END
		FROM generate_series(1, 300) i`,
	`INSERT INTO job_runs (job, scheduled_for, started_at, finished_at, report, failed)
		SELECT 'purge', now() - i * interval '10 minutes', now() - i * interval '10 minutes', now() - i * interval '10 minutes' + i * interval '1 second',
			CASE WHEN i % 7 = 0 THEN 'hubee.unavailable: no answer' ELSE '3 dossiers, 12 orders, 4 mails' END, i % 7 = 0
		FROM generate_series(1, 60) i`,
	`INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object, organisation, detail)
		SELECT now() - i * interval '7 minutes', a.id, a.given_name || ' ' || a.usual_name, 'support', acts[1 + i % 8], kinds[1 + i % 8], i::text,
			'personne.' || i || '@mairie-de-saint-exemple-les-bains.example.fr', a.siret, details[1 + i % 8]
		FROM generate_series(1, 800) i JOIN accounts a ON a.id = 1 + i % 40,
			(VALUES (ARRAY['signin.accepted', 'signin.refused', 'access.refused', 'invitation.sent', 'role.withdrawn', 'order.retried', 'mail.readdressed', 'dossier.looked_up'],
				ARRAY['account', 'signin', 'route', 'invitation', 'account', 'order', 'mail', 'dossier'],
				ARRAY['eidas1-mfa', 'signin.factor_missing', '', 'support', 'editor_member', 'mail.send', '1 550 5.1.1', ''])) AS v (acts, kinds, details)`,
	`WITH asked AS (
			INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
			SELECT nextval('request_numbers'), 'portail', siret, name, 'api-particulier-brume', CASE WHEN right(siret, 1) = '7' THEN 'reouverte' ELSE 'deposee' END,
				now(), now(), '{"prenom":"Anne","nom":"Morel","mail":"anne.morel@mairie-de-saint-exemple-les-bains.example.fr"}'
			FROM collectivities WHERE name LIKE 'Commune essai%' RETURNING number),
		filed AS (
			INSERT INTO applications (request, form_uid, form_version, phase, answers, edited_at, filed_at, first_filed_at, departement, assignee)
			SELECT number, 'api-particulier-brume', 1, 'deposee', '{"intitule":"Tarifs de la cantine","destinataires":"Le service enfance"}', now(),
				now() - number % 70 * interval '1 day', now() - number % 80 * interval '1 day', '04', CASE WHEN number % 3 = 0 THEN (SELECT min(account_id) FROM memberships WHERE role = 'instructor') END
			FROM asked RETURNING request, answers, filed_at),
		kept AS (INSERT INTO deposits (request, rank, answers, terms, author, at) SELECT request, 1, answers, '2026-09', 'Anne Morel', filed_at FROM filed)
		INSERT INTO request_messages (request, side, author, body, at) SELECT request, 'collectivite', 'Anne Morel', 'Avez-vous besoin d’autre chose ?', now() FROM filed WHERE request % 4 = 0`,
}

// round is somebody who goes from page to page of a space.
type round struct {
	persona, home, title string
	pages, refused       []string
}

// rounds are those of the personas of every space, on pages where something is shown.
func (p *portal) rounds(reference value.Reference) []round {
	p.t.Helper()
	one := func(query string) string { return fmt.Sprint(p.count(query)) }
	session := one(`SELECT min(s.id) FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE a.issuer = 'essai'`)
	account := one(`SELECT account_id FROM sessions WHERE id = ` + session)
	role := one(`SELECT min(id) FROM memberships WHERE ended_at IS NULL AND account_id = ` + account)
	waiting := one(`SELECT min(id) FROM invitations WHERE accepted_at IS NULL AND withdrawn_at IS NULL`)
	abandoned := one(`SELECT max(id) FROM outbox WHERE abandoned_at IS NOT NULL`)
	bounced := one(`SELECT min(mail_id) FROM mail_recipients WHERE state = 'bounced'`)
	quarantined := one(`SELECT max(id) FROM datapass_events WHERE state = 'quarantaine'`)
	asked := one(`SELECT min(request) FROM applications WHERE phase = 'deposee'`)
	member := one(`SELECT min(id) FROM memberships WHERE role = 'editor_member' AND granted_by = 'Sofia Renard'`)
	month := p.now().AddDate(0, 1, 0).Format("2006-01")
	client := one(`SELECT min(siret) FROM subscriptions WHERE editor_siret = '90511200900014'`)
	return []round{
		{persona: "administratrice", home: "/administration", title: "Bonjour", pages: []string{
			"/administration/comptes?page=3", "/administration/comptes?q=martin&role=town", "/administration/comptes?q=personne-ici",
			"/administration/comptes/" + account, "/administration/comptes/" + account + "/roles/nouveau",
			"/administration/comptes/" + account + "/roles/" + role + "/retrait",
			"/administration/invitations?etat=waiting", "/administration/invitations/nouvelle", "/administration/invitations/" + waiting + "/retrait",
			"/administration/sessions?page=2", "/administration/sessions/" + session + "/fermeture",
			"/administration/mails?etat=bounced", "/administration/mails/" + bounced,
			"/administration/modeles-de-mails", "/administration/modeles-de-mails/invitation",
			"/administration/journal", "/administration/journal?acte=role.withdrawn&page=2",
			"/administration/habilitations?page=2", "/administration/habilitations?q=anne.morel@&etat=revoquee", "/administration/habilitations/9001",
			"/administration/habilitations/9001/suspension", // asks for a proof
			"/administration/hubee?etat=en_erreur", "/administration/hubee/21040107100019",
		}, refused: []string{"/administration/comptes/999999", "/administration/habilitations/999999999", "/administration/hubee/35600000000048", "/assistance"}},
		{persona: "lectrice", home: "/administration", title: "Bonjour", pages: []string{
			"/administration/organisations?etat=in_use", "/administration/organisations/21040107100019",
			"/administration/envois?etat=abandoned&page=2", "/administration/envois/" + abandoned,
			"/administration/taches", "/administration/taches/purge", "/mon-compte",
			"/administration/collectivites?page=3", "/administration/collectivites?q=personne-ici", "/administration/collectivites/21040107100019",
			"/administration/datapass", "/administration/datapass/" + quarantined,
			"/administration/prolongations?page=2", "/administration/prolongations?q=personne-ici", "/administration/prolongations/appels", "/administration/prolongations/adresses-refusees",
			"/administration/prolongations/calendrier", "/administration/prolongations/calendrier?mois=" + month, "/administration/prolongations/calendrier/" + month + "-20",
			"/administration/prolongations/suivi",
		}, refused: []string{"/administration/journal", "/instruction"}},
		{persona: "editrice-tilleul", home: "/editeur", title: "Bonjour", pages: []string{
			"/editeur/collectivites?formulaire=bientot&page=2", "/editeur/membres", "/editeur/membres?q=personne-ici", "/editeur/invitations",
			"/editeur/membres/" + member + "/retrait", // asks for a proof
			liveGuide, hubGuide, quotientGuide,
			"/editeur/prolongations?page=2", "/editeur/prolongations/calendrier", "/editeur/prolongations/suivi", "/editeur/prolongations?q=personne-ici&etat=coupe", "/editeur/hubee?page=2", "/editeur/hubee?q=personne-ici&identifiants=refuses", "/editeur/hubee/" + client, "/editeur/hubee/depot",
		}, refused: []string{"/collectivite", "/editeur/hubee/35600000000048", "/editeur/hubee/depots/1"}},
		{persona: "agente-majastres", home: "/collectivite", title: "Bonjour", pages: []string{
			"/collectivite/collegues", "/collectivite/demandes", "/collectivite/demandes/9001/modification", "/collectivite/demandes/9001/transfert",
			"/formulaires", "/formulaires/deliberation", "/formulaires/api-particulier-tilleul/demande/nouveau", "/collectivite/demandes/nouvelle?formulaire=formulaire-qf",
		}, refused: []string{"/administration", "/collectivite/demandes/" + asked}},
		{persona: "assistant", home: "/assistance", title: "Bonjour", pages: []string{
			"/assistance/dossiers", "/assistance/dossiers/" + reference.String(), "/assistance/prolongations", "/assistance/prolongations/appels",
		}, refused: []string{"/assistance/dossiers/2222222222222", "/editeur"}},
		{persona: "instructrice", home: "/instruction", title: "Bonjour", pages: []string{
			"/instruction/habilitations?etat=validee", "/instruction/habilitations/9001",
			"/instruction/demandes?page=3", "/instruction/demandes?etape=toutes&departement=04&attribution=personne", "/instruction/demandes?q=personne-ici",
			"/instruction/demandes/" + asked, "/instruction/demandes/" + asked + "/modifications", "/instruction/demandes/" + asked + "/messages",
			"/instruction/modeles", "/instruction/modeles/nouveau", "/instruction/prolongations/suivi", "/instruction/prolongations/appels?tri=nom",
		}, refused: []string{"/administration/habilitations/9001", "/assistance", "/instruction/demandes/9001", "/collectivite/demandes"}},
		{persona: "polyvalente", home: "/espaces", title: "Choisissez un espace"},
		{persona: "sans-invitation", home: "/espaces", title: "Aucun espace"},
	}
}

// « each persona … sees its space and no other (axe 0 violation, 320 px) »: the pages
// themselves, full, and not their samples.
func TestEveryLivePageIsAccessibleAndLight(t *testing.T) {
	t.Parallel()
	p := open(t)
	reference := p.readyToTransmit().send(t.Context())
	p.drain()
	p.crowd()
	for _, r := range p.rounds(reference) {
		t.Run(r.persona, func(t *testing.T) { p.goes(browse(t, wide), r) })
	}
}

// goes signs the person in and looks at every page.
func (p *portal) goes(b *tab, r round) {
	b.t.Helper()
	b.enters(p, r.persona, r.title)
	if at := b.path(); at != r.home {
		b.t.Errorf("%s is at %s", r.persona, at)
	}
	first := p.weigh(b)
	if first.total > firstView {
		b.t.Errorf("the first view weighs %+v", first)
	}
	for _, elsewhere := range ask[[]string](b, `[...document.querySelectorAll("#menu a")].map(a => a.pathname + "/").filter(path => !path.startsWith(`+quoted(r.home+"/")+`))`) {
		b.t.Errorf("the menu of %s leads to %s", r.home, elsewhere)
	}
	b.isAccessible("live/" + r.persona)
	fonts, files := first.fonts, first.fontFiles
	for _, address := range slices.Concat(r.pages, r.refused) {
		b.open(p.portalURL + address)
		status := ask[int](b, `performance.getEntriesByType("navigation")[0].responseStatus`)
		if refused := slices.Contains(r.refused, address); refused != (status >= 400) {
			b.t.Errorf("%s answered %d, refused: %t", address, status, refused)
		}
		next, allowed := p.weigh(b), nextPage
		if ask[int](b, `document.querySelectorAll("tbody tr, main h2 > a").length`) > 10 { // rows, or the mails of the catalogue
			allowed = nextList
		}
		if next.total-next.fonts > allowed {
			b.t.Errorf("%s weighs %+v", address, next)
		}
		fonts, files = fonts+next.fonts, files+next.fontFiles
		b.isAccessible("live/" + r.persona + address)
	}
	if fonts > allFonts || files > 3 { // the third one comes with what needs it
		b.t.Errorf("%d bytes of fonts in %d files", fonts, files)
	}
	b.wasAtPeace()
}
