package e2e

import "maps"

// The people of the seed who hold what the matrix asks for: of the town that asks, and of
// another one.
const (
	camille = "camille.ferrand@majastres.example.fr"
	noe     = "noe.lambert@sainville.example.fr"
)

// standing is how far a request is.
type standing struct{ state, phase string }

var (
	drafted   = standing{"brouillon", "redaction"}
	filed     = standing{"deposee", "deposee"}
	granted   = standing{"validee", "close"}
	modifying = standing{"reouverte", "redaction"}
)

// asked makes a request that somebody of the seed holds, through a form that asks everything.
func (m *matrix) asked(holder string, at standing) string {
	number := m.insert(`
		WITH r AS (INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester, holder)
			SELECT nextval('request_numbers'), 'portail', siret, 'essai', 'essai-' || $1::text, $3, now(), now(), '{"mail":"essai@example.fr"}', id
			FROM accounts WHERE mail = $2 RETURNING number)
		INSERT INTO applications (request, form_uid, form_version, phase, answers, edited_at, filed_at, first_filed_at)
		SELECT number, $5, 1, $4, '{"avec_formulaire":true}', now(), now(), now() FROM r RETURNING request`, holder, at.state, at.phase, brumeForm)
	switch at {
	case filed:
		m.execute(`INSERT INTO deposits (request, rank, answers, terms, author, at) VALUES ($1, 1, '{"avec_formulaire":true}', 'essai', 'essai', now())`, number)
	case granted, modifying:
		m.execute(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, form_uid, title, terms, contacts, approved_by, approved_at, answers)
			SELECT nextval('habilitation_numbers'), number, siret, organisation, true, false, '{}', form_uid, '', '', '{}', '', now(), '{}' FROM requests WHERE number = $1`, number)
	}
	return number
}

// noted makes a deposit for which the instructor of the seed wrote what she decides.
func (m *matrix) noted(act string) string {
	number := m.asked(noe, filed)
	m.execute(`INSERT INTO instruction_notes (request, account_id, act, revision, body, number, updated_at)
		SELECT $1, id, $2, (SELECT revision FROM requests WHERE number = $1), 'essai', nextval('habilitation_numbers'), now() FROM accounts WHERE mail = $3`, number, act, awa)
	return number
}

// filedWithFile is a request and its file, "number|id".
func (m *matrix) filedWithFile(holder string) string {
	number := m.asked(holder, filed)
	id := m.insert(`WITH d AS (INSERT INTO documents (request, name, size, pages, state, added_at, added_by) SELECT $2::bigint, 'essai.pdf', 1 + $1 * 0, 1, 'saine', now(), 'essai' RETURNING id)
		INSERT INTO document_contents (document, content) SELECT id, '\x25' FROM d RETURNING document`, number)
	m.execute(`UPDATE deposits SET answers = jsonb_build_object('document', $2::bigint) WHERE request = $1`, number, id)
	return number + "|" + id
}

func (m *matrix) model() string {
	return m.insert(`INSERT INTO reason_templates (act, title, body) VALUES ('refuse', 'essai ' || $1::text, 'essai') RETURNING id`)
}

func (m *matrix) filter() string {
	return m.insert(`INSERT INTO saved_filters (account_id, name, query) SELECT id, 'essai ' || $1::text, 'q=essai' FROM accounts WHERE mail = $2 RETURNING id`, awa)
}

func init() { maps.Copy(objects, requestObjects()) }

// requestObjects are those of the addresses of requests.
func requestObjects() map[string]object {
	found := map[string]object{}
	for part, at := range map[string]standing{
		"": filed, "/recapitulatif": drafted, "/depot": filed, "/retrait": filed, "/modification": granted, "/annulation": modifying, "/transfert": filed,
		"/reprise": filed, "/reprise/reponse": filed, "/reprise/annulation": filed, "/messages": filed, "/messages/lecture": filed,
		"/etapes/projet": drafted, "/etapes/modalites": drafted, "/etapes/donnees": drafted, "/etapes/cadre": drafted, "/etapes/deliberation": drafted,
		"/etapes/traitement": drafted, "/etapes/personnes": drafted, "/etapes/usagers": drafted, "/etapes/reception": drafted,
	} {
		found[townRequests+"/:numero"+part] = object{
			own: func(m *matrix) string { return m.asked(camille, at) }, foreign: func(m *matrix) string { return m.asked(noe, at) }, unknown: nobodys,
		}
	}
	for _, part := range []string{"", "/attribution", "/messages", approval, returning, refusal} {
		found[theQueue+"/:numero"+part] = object{own: func(m *matrix) string { return m.asked(noe, filed) }, unknown: nobodys}
	}
	found[theQueue+"/:numero/messages/lecture"] = object{unknown: nobodys} // up to no message
	// What nobody answers is told before what it is about.
	found[theQueue+"/:numero/reprise"] = object{own: func(m *matrix) string { return m.asked(noe, filed) }, unknown: []string{"0", "-1", "abc", "1%27", "%00"}}
	for part, act := range map[string]string{approval: "approve", returning: "request_changes", refusal: "refuse"} {
		found[theQueue+"/:numero"+part+"/apercu"] = object{own: func(m *matrix) string { return m.noted(act) }, unknown: nobodys}
		found[theQueue+"/:numero"+part+"/modeles"] = object{unknown: nobodys} // without a model there is nothing to insert
	}
	noFile := []string{"999999999|1", "0|1", "abc|def", "1|%00"}
	found[townRequests+"/:numero/documents/:id"] = object{
		own: func(m *matrix) string { return m.filedWithFile(camille) }, foreign: func(m *matrix) string { return m.filedWithFile(noe) }, unknown: noFile,
	}
	found[theQueue+"/:numero/documents/:id"] = object{own: func(m *matrix) string { return m.filedWithFile(noe) }, unknown: noFile}
	// To forget what one does not keep is done.
	found[theQueue+"/filtres/:id/suppression"] = object{own: (*matrix).filter, unknown: []string{"0", "-1", "abc", "%00"}}
	for _, part := range []string{"", "/suppression"} {
		found["/instruction/modeles/:id"+part] = object{own: (*matrix).model, unknown: nobodys}
	}
	return found
}
