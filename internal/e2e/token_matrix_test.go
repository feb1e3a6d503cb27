package e2e

import "maps"

// theTokens is where the pages of tokens are.
const theTokens = "/jetons"

// token makes a habilitation of the town that asks, with the software of the editor that asks,
// and gives its token.
func (m *matrix) token() string {
	number := m.insert(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester, holder)
		SELECT nextval('request_numbers'), 'datapass', siret, 'essai', 'essai-' || $1::text, 'validee', now(), now(), '{"mail":"essai@example.fr"}', id
		FROM accounts WHERE mail = $2 RETURNING number`, camille)
	m.execute(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		SELECT nextval('habilitation_numbers'), number, siret, organisation, true, false, '{}', $2, 'essai', form_uid, '', '', '{}', '', now() FROM requests WHERE number = $1`, number, tilleul)
	m.job("tokens")
	return m.insert(`SELECT id FROM tokens WHERE $1 > 0 AND request = $2::bigint`, number)
}

// overlappedToken is one that another replaced, and that goes on.
func (m *matrix) overlappedToken() string {
	id := m.token()
	m.execute(`UPDATE tokens SET collected_at = now(), collected_side = 'editeur', sealed = NULL, replaced_at = now(), ends_at = now() + interval '7 days' WHERE id = $1::uuid`, id)
	return id
}

func init() { maps.Copy(objects, tokenObjects()) }

// tokenObjects are those of the addresses of tokens. What is another tenant's is the affair of
// package web/tokens: whoever watches over them sees all.
func tokenObjects() map[string]object {
	unknown := []string{"5f0c1a52-9a3e-4b7c-8d11-0242ac120002", "1", "abc", "%00", "1%27"}
	found := map[string]object{theTokens + "/:id/arret": {own: (*matrix).overlappedToken, unknown: unknown}}
	for _, part := range []string{"", "/recuperation", "/affichage", "/enregistrement", "/remplacement", "/suspension", "/reprise", "/revocation", "/prolongation", "/relance"} {
		found[theTokens+"/:id"+part] = object{own: (*matrix).token, unknown: unknown}
	}
	return found
}
