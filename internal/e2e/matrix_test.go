package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"portail-qf/internal/authz"
	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
)

// An object of the addresses: one that is the asker's, one that is another tenant's, one
// that is nobody's. Each is made anew, for acts that use it up.
type object struct {
	own, foreign func(m *matrix) string
	unknown      []string
}

// matrix is every route asked by every role about every object.
type matrix struct {
	*portal
	made int
}

// insert runs a statement that returns the id of what it made; each call makes another.
func (m *matrix) insert(query string, args ...any) string {
	m.t.Helper()
	m.made++
	var id string
	if err := m.tables.QueryRowContext(context.Background(), query, append([]any{m.made}, args...)...).Scan(&id); err != nil {
		m.t.Fatalf("%s: %v", query, err)
	}
	return id
}

const newAccount = `
	INSERT INTO accounts (issuer, subject, given_name, usual_name, folded_name, mail, siret, created_at, signed_in_at)
	VALUES ('essai', $1::text, 'Personne', 'Essai', 'personne essai', 'essai' || $1 || '@example.fr', '13002526500013', now(), now())`

// membership makes somebody with a role.
func (m *matrix) membership(role, organisation string) string {
	return m.insert(`WITH a AS (`+newAccount+` RETURNING id)
		INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
		SELECT id, $2, $3, $3, 'essai', now() FROM a RETURNING id`, role, organisation)
}

func (m *matrix) invitation(role, organisation string) string {
	return m.insert(`
		INSERT INTO invitations (token_hash, mail, role, organisation, inviter_id, inviter, created_at, expires_at)
		VALUES (sha256(('essai' || $1)::bytea), 'essai' || $1 || '@example.fr', $2, $3, '1', 'essai', now(), now() + interval '1 day') RETURNING id`, role, organisation)
}

const (
	theOperator = "13002526500013"
	tilleul     = "90511200900014"
	brume       = "91033700500011"
)

var nobodys = []string{"999999999", "0", "-1", "abc", "9223372036854775808", "1%27", "%00"}

// objects says what each parameter of each address may be. What is not a tenant's has no
// foreign object.
var objects = map[string]object{
	"/administration/comptes/:id":               {own: func(m *matrix) string { return m.insert(newAccount + ` RETURNING id`) }, unknown: nobodys},
	"/administration/comptes/:id/roles/nouveau": {own: func(m *matrix) string { return m.insert(newAccount + ` RETURNING id`) }, unknown: nobodys},
	"/administration/comptes/:id/roles/:role/retrait": {
		own: func(m *matrix) string {
			membership := m.membership("support", theOperator)
			return m.insert(`SELECT $1 * 0 + account_id FROM memberships WHERE id = $2::bigint`, membership) + "|" + membership
		},
		foreign: func(m *matrix) string { // a role of another account than the one of the address
			return m.insert(newAccount+` RETURNING id`) + "|" + m.membership("support", theOperator)
		},
		unknown: []string{"999999999|999999999", "abc|def", "2|0"},
	},
	"/administration/invitations/:id/renvoi":                  {own: func(m *matrix) string { return m.invitation("reader", theOperator) }, unknown: nobodys},
	"/administration/invitations/:id/retrait":                 {own: func(m *matrix) string { return m.invitation("reader", theOperator) }, unknown: nobodys},
	"/administration/sessions/:id/fermeture":                  {own: (*matrix).session, unknown: nobodys},
	"/administration/organisations/:siret":                    {own: func(*matrix) string { return theOperator }, unknown: []string{"99999999999999", "abc", "0", "%00"}},
	"/administration/organisations/:siret/actualisation":      {own: func(*matrix) string { return theOperator }, unknown: []string{"99999999999999", "abc", "0", "%00"}},
	"/administration/envois/:id":                              {own: (*matrix).order, unknown: nobodys},
	"/administration/envois/:id/relance":                      {own: (*matrix).order, unknown: nobodys},
	"/administration/mails/:id":                               {own: func(m *matrix) string { return m.mail() }, unknown: nobodys},
	"/administration/mails/:id/destinataires/:position":       {own: func(m *matrix) string { return m.mail() + "|1" }, unknown: []string{"999999999|1", "abc|1", "0|0"}},
	"/administration/modeles-de-mails/:modele":                {own: func(*matrix) string { return "invitation" }, unknown: []string{"aucun", "%00"}},
	"/administration/modeles-de-mails/:modele/html":           {own: func(*matrix) string { return "invitation" }, unknown: []string{"aucun", "%00"}},
	"/administration/taches/:nom":                             {own: func(*matrix) string { return "purge" }, unknown: []string{"aucune", "%00", "purge%00"}},
	"/administration/taches/:nom/lancement":                   {own: func(*matrix) string { return "purge" }, unknown: []string{"aucune", "%00"}},
	"/administration/collectivites/:siret":                    {own: func(*matrix) string { return "21040107100019" }, unknown: noTown},
	"/administration/hubee/:siret":                            {own: (*matrix).subscription, unknown: noTown},
	"/administration/hubee/:siret/relance":                    {own: (*matrix).subscription, unknown: noTown},
	"/administration/hubee/:siret/gestionnaire":               {own: (*matrix).subscription, unknown: noTown},
	"/administration/hubee/:siret/logiciel":                   {own: (*matrix).contended, unknown: noTown},
	"/administration/datapass/:id":                            {own: (*matrix).received, unknown: nobodys},
	"/administration/datapass/:id/rejeu":                      {own: (*matrix).received, unknown: nobodys},
	"/administration/datapass/:id/classement":                 {own: (*matrix).received, unknown: nobodys},
	"/administration/habilitations/:numero":                   {own: (*matrix).valid, unknown: nobodys},
	"/administration/habilitations/:numero/suspension":        {own: (*matrix).valid, unknown: nobodys},
	"/administration/habilitations/:numero/retablissement":    {own: (*matrix).suspended, unknown: nobodys},
	"/administration/habilitations/:numero/revocation":        {own: (*matrix).suspended, unknown: nobodys},
	"/administration/habilitations/:numero/lien-du-demandeur": {own: (*matrix).orphaned, unknown: nobodys},
	"/instruction/habilitations/:numero/lien-du-demandeur":    {own: (*matrix).orphaned, unknown: nobodys},
	"/habilitations/retrouver/:jeton":                         {unknown: []string{"AAAAAAAAAAAAAAAAAAAAAAAAAA", "%00"}},
	"/habilitations/retrouver/:jeton/nouveau-lien":            {unknown: []string{"AAAAAAAAAAAAAAAAAAAAAAAAAA", "%00"}},
	"/instruction/habilitations/:numero":                      {own: (*matrix).valid, unknown: nobodys},
	"/instruction/habilitations/:numero/suspension":           {own: (*matrix).valid, unknown: nobodys},
	"/instruction/habilitations/:numero/retablissement":       {own: (*matrix).suspended, unknown: nobodys},
	"/instruction/habilitations/:numero/revocation":           {own: (*matrix).suspended, unknown: nobodys},
	"/administration/prolongations/calendrier/:jour":          calendarDay,
	"/instruction/prolongations/calendrier/:jour":             calendarDay,
	"/assistance/prolongations/calendrier/:jour":              calendarDay,
	"/editeur/membres/:id/retrait": {
		own: func(m *matrix) string { return m.membership("editor_member", tilleul) }, foreign: func(m *matrix) string { return m.membership("editor_member", brume) }, unknown: nobodys,
	},
	"/editeur/invitations/:id/renvoi": {
		own: func(m *matrix) string { return m.invitation("editor_member", tilleul) }, foreign: func(m *matrix) string { return m.invitation("editor_member", brume) }, unknown: nobodys,
	},
	"/editeur/invitations/:id/retrait": {
		own: func(m *matrix) string { return m.invitation("editor_member", tilleul) }, foreign: func(m *matrix) string { return m.invitation("admin", theOperator) }, unknown: nobodys,
	},
	"/editeur/api/:id":                 programs,
	"/editeur/api/:id/modification":    programs,
	"/editeur/api/:id/coupure":         programs,
	"/editeur/api/:id/secrets/nouveau": programs,
	"/editeur/api/:id/secrets/:secret/suppression": {
		own: func(m *matrix) string { return m.secret(tilleul) }, foreign: func(m *matrix) string { return m.secret(brume) },
		unknown: []string{"qf_client_zzzzzzzzzzzzzzzz|1", "1|1", "%00|%00"},
	},
	"/editeur/hubee/:siret":              hubAccess,
	"/editeur/hubee/:siret/depot":        hubAccess,
	"/editeur/hubee/:siret/test":         hubAccess,
	"/editeur/hubee/:siret/cle":          hubAccess,
	"/editeur/hubee/:siret/effacement":   hubAccess,
	"/editeur/hubee/depots/:numero":      {own: func(m *matrix) string { return m.hubList(tilleul) }, foreign: func(m *matrix) string { return m.hubList(brume) }, unknown: nobodys},
	"/assistance/dossiers/:id":           {own: (*matrix).dossier, unknown: []string{"ABCDEFGHJKLM7", "x", "%00"}},
	"/mon-compte/sessions/:id/fermeture": {foreign: (*matrix).session, unknown: nobodys},
	"/mon-compte/roles/:id/depart":       {foreign: func(m *matrix) string { return m.membership("editor_member", tilleul) }, unknown: nobodys},
	"/invitations/:jeton":                {unknown: []string{"AAAAAAAAAAAAAAAAAAAAAAAAAA", "%00"}},
}

// calendarDay is a day of the reminders to come: any day is the operator's.
var calendarDay = object{own: func(*matrix) string { return "2026-03-14" }, unknown: []string{"2026-02-30", "abc", "0", "%00"}}

// programs are those of an editor that call the API.
var programs = object{
	own: func(m *matrix) string { return m.program(tilleul) }, foreign: func(m *matrix) string { return m.program(brume) },
	unknown: []string{"qf_client_zzzzzzzzzzzzzzzz", "1", "1%27", "%00"},
}

func (m *matrix) program(editor string) string {
	return m.insert(`INSERT INTO api_clients (id, editor_siret, name, folded_name, scopes, networks, created_at, created_by)
		VALUES ('qf_client_' || lpad($1::text, 16, '0'), $2, 'Essai ' || $1, 'essai ' || $1, '{clients}', '{}', now(), 'essai') RETURNING id`, editor)
}

func (m *matrix) secret(editor string) string {
	program := m.program(editor)
	return program + "|" + m.insert(`INSERT INTO api_client_secrets (client, place, digest, pepper, created_at, created_by)
		VALUES ($2, 1, sha256($1::text::bytea), 'essai', now(), 'essai') RETURNING id`, program)
}

// hubAccess is a town whose dossiers an editor receives.
var hubAccess = object{
	own: func(m *matrix) string { return m.hubAccess(tilleul) }, foreign: func(m *matrix) string { return m.hubAccess(brume) }, unknown: noTown,
}

// hubAccess makes a town whose pair its editor has noted as fetched, with a list of its number.
func (m *matrix) hubAccess(editor string) string {
	return m.insert(`WITH s AS (
			INSERT INTO subscriptions (siret, organisation, editor_siret, administrator, want, wanted_at, state)
			VALUES ('356000000' || lpad(($1 + 20000)::text, 5, '0'), 'essai', $2, '{}', 'actif', now(), 'actif') RETURNING siret, editor_siret)
		INSERT INTO hub_accounts (siret, editor_siret, state, state_at, by_id, by_name, kept_at, batch)
		SELECT siret, editor_siret, 'recupere', now(), '1', 'essai', now(), $1 + 20000 FROM s RETURNING siret`, editor)
}

func (m *matrix) hubList(editor string) string {
	return m.insert(`SELECT batch + $1 * 0 FROM hub_accounts WHERE siret = $2`, m.hubAccess(editor))
}

// orphaned is a valid request that nobody's account holds.
func (m *matrix) orphaned() string {
	return m.insert(`UPDATE requests SET holder = NULL WHERE number = $2::bigint + 0 * $1 RETURNING number`, m.valid())
}

func (m *matrix) session() string {
	return m.insert(`WITH a AS (` + newAccount + ` RETURNING id)
		INSERT INTO sessions (key, account_id, signed_for, acr, id_token, created_at, seen_at)
		SELECT sha256(('essai' || $1)::bytea), id, '13002526500013', 'eidas1', '', now(), now() FROM a RETURNING id`)
}

func (m *matrix) order() string {
	return m.insert(`INSERT INTO outbox (kind, subject, due_at, created_at, abandoned_at, last_error) VALUES ('mail.send', '99999' || $1, now(), now(), now(), 'essai') RETURNING id`)
}

func (m *matrix) mail() string {
	return m.insert(`WITH sent AS (INSERT INTO mails (kind, key, content, created_at) VALUES ('invitation', 'essai ' || $1, '', now()) RETURNING id)
		INSERT INTO mail_recipients (mail_id, position, field, address, state, code, told_at)
		SELECT id, 1, 'to', 'essai@example.fr', 'bounced', '550', now() FROM sent RETURNING mail_id`)
}

func (m *matrix) dossier() string {
	person := m.portal.visitor()
	m.signInAs(m.anybody())
	return string(person.get(majastres).submit("/demarrer").submit("/transmettre").reference())
}

// fill puts the parts of an object in the place of the parameters of an address.
func fill(path, parts string) string {
	values := strings.Split(parts, "|")
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, ":") {
			segments[i], values = values[0], values[1:]
		}
	}
	return strings.Join(segments, "/")
}

// « A generated test: every route × every role × (own, foreign, unknown object) gives the
// answer of the matrix »: nobody → 303 to the sign-in; the role lacks the act → 403; an
// object of another, or of nobody → 404; otherwise the page, its form again, or what
// follows.
func TestEveryRouteAnswersAsTheMatrixSays(t *testing.T) {
	t.Parallel()
	m := &matrix{portal: open(t)}
	policy, err := authz.Read()
	if err != nil {
		t.Fatal(err)
	}
	askers := map[account.Role]string{
		account.Admin: "administratrice", account.Instructor: "instructrice", account.Support: "assistant", account.Reader: "lectrice",
		account.EditorAdmin: "editrice-tilleul", account.EditorMember: "membre-tilleul", account.Town: "agente-majastres",
	}
	for _, role := range account.Roles {
		if askers[role] == "" && role != account.APIClient {
			t.Errorf("nobody asks as %s", role)
		}
	}
	nobody := m.visitor()
	visitors := map[account.Role]*visitor{}
	for role, key := range askers {
		visitors[role] = m.professional(key)
		m.proConnect(fmt.Sprintf(`{"key":%q}`, key))
		visitors[role].get("/connexion/confirmation").submit("/connexion/confirmation") // sensitive acts too
	}
	asked := 0
	for _, route := range m.app.Router().Routes() {
		if !route.Access.NeedsPerson() {
			continue
		}
		known, listed := objects[route.Path]
		if strings.Contains(route.Path, ":") && !listed {
			t.Errorf("%s has parameters of which nothing is known here", route.Path)
			continue
		}
		about := known.addresses(m, route.Path)
		for _, address := range slices.Concat(about["own"](), about["foreign"](), about["unknown"]()) {
			asked++
			m.expect(nobody, route, address, "nobody", http.StatusSeeOther)
		}
		for role, v := range visitors {
			if !route.Access.Allows(role, policy.Can) {
				for _, address := range slices.Concat(about["own"](), about["foreign"](), about["unknown"]()) {
					asked++
					m.expect(v, route, address, string(role), http.StatusForbidden)
				}
				continue
			}
			for _, address := range slices.Concat(about["foreign"](), about["unknown"]()) {
				asked++
				m.expect(v, route, address, string(role), http.StatusNotFound)
			}
			for _, address := range about["own"]() {
				asked++
				m.expect(v, route, address, string(role), served(route)...)
			}
		}
	}
	if asked < 500 {
		t.Errorf("only %d questions were asked", asked)
	}
}

// served is what a route answers of an object that is the asker's: the page itself, and of
// a form what follows, or the form again since nothing was filled in. A page that leads on,
// a space to its only choice or a form that waits to nothing, says so.
func served(route web.Route) []int {
	switch {
	case route.Method == http.MethodPost && route.Path == townRequests: // through no form
		return []int{http.StatusNotFound}
	case route.Method == http.MethodPost && strings.HasSuffix(route.Path, "/secrets/nouveau"), // it shows a secret, once
		route.Method == http.MethodPost && route.Path == theTokens+"/:id/recuperation":
		return []int{http.StatusOK}
	case route.Method == http.MethodPost:
		return []int{http.StatusSeeOther, http.StatusConflict, http.StatusUnprocessableEntity}
	case route.Path == "/espaces" || route.Path == "/connexion/reprise" || route.Path == townRequests+"/nouvelle":
		return []int{http.StatusSeeOther}
	}
	return []int{http.StatusOK}
}

// addresses gives the addresses of a route, made when they are asked for.
func (o object) addresses(m *matrix, path string) map[string]func() []string {
	of := func(make func(m *matrix) string) func() []string {
		return func() []string {
			if make == nil {
				return nil
			}
			return []string{fill(path, make(m))}
		}
	}
	if !strings.Contains(path, ":") {
		o.own = func(*matrix) string { return "" }
	}
	return map[string]func() []string{
		"own": of(o.own), "foreign": of(o.foreign),
		"unknown": func() []string {
			var all []string
			for _, parts := range o.unknown {
				all = append(all, fill(path, parts))
			}
			return all
		},
	}
}

// gates are where those go who may not pass yet.
var gates = []string{"/connexion", "/connexion/confirmation", "/espaces"}

// expect asks, and fails when the answer is none of those expected. Nobody is sent to the
// sign-in and nowhere else; a refusal shows nothing of the object.
func (m *matrix) expect(v *visitor, route web.Route, address, who string, statuses ...int) {
	m.t.Helper()
	answer := v.hop(route.Method, address, url.Values{}, "Sec-Fetch-Site", "same-origin")
	if !slices.Contains(statuses, answer.status) {
		m.t.Errorf("%s %s (%s), asked by %s: %d, want %v", route.Method, address, route.Access, who, answer.status, statuses)
	}
	if who == "nobody" && !strings.HasPrefix(answer.location, "/connexion") {
		m.t.Errorf("%s %s leads nobody to %q", route.Method, address, answer.location)
	}
	refusal := answer.status == http.StatusNotFound || answer.status == http.StatusForbidden
	if refusal && strings.Contains(answer.body, "essai") {
		m.t.Errorf("%s %s, asked by %s, shows something of the object", route.Method, address, who)
	}
	if gate, _, _ := strings.Cut(answer.location, "?"); who != "nobody" && gate != "" && slices.Contains(gates, gate) && !strings.HasPrefix(route.Path, gate) && route.Path != "/connexion/reprise" {
		m.t.Errorf("%s %s, asked by %s, who may, leads to %s", route.Method, address, who, gate)
	}
}

// Foreign and unknown look the same: the two pages say the same words.
func TestAnothersLooksLikeNobodys(t *testing.T) {
	t.Parallel()
	m := &matrix{portal: open(t)}
	sofia := m.professional("editrice-tilleul")
	m.proConnect(`{"key":"editrice-tilleul"}`)
	sofia.get("/connexion/confirmation").submit("/connexion/confirmation")
	for path, o := range objects {
		if o.foreign == nil || !strings.HasPrefix(path, "/editeur") && !strings.HasPrefix(path, "/mon-compte") {
			continue
		}
		foreign, unknown := sofia.post(fill(path, o.foreign(m)), nil), sofia.post(fill(path, o.unknown[0]), nil)
		words := func(p *page) string {
			return withoutReference(p.root, p.text())
		}
		if foreign.status != unknown.status || words(foreign) != words(unknown) {
			t.Errorf("%s: another's answers %d\n%s\nnobody's answers %d\n%s", path, foreign.status, words(foreign), unknown.status, words(unknown))
		}
	}
}

// withoutReference leaves out the id of the request.
func withoutReference(root *html.Node, text string) string {
	reference := find(root, func(n *html.Node) bool {
		return n.Data == "span" && attribute(n, "translate") == "no" && len(n.FirstChild.Data) == 36
	})
	if reference == nil {
		return text
	}
	return strings.ReplaceAll(text, reference.FirstChild.Data, "")
}
