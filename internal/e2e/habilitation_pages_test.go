package e2e

// noTown are what no address of a town may be.
var noTown = []string{"99999999999999", "35600000000048", "abc", "0", "%00"}

// request makes a request with a habilitation, in a state, suspended by nobody who asks.
func (m *matrix) request(state string) string {
	return m.insert(`
		WITH r AS (INSERT INTO requests (number, source, siret, organisation, state, state_at, created_at, requester, suspended_by, suspender)
			VALUES (900000 + $1, 'datapass', '21040107100019', 'essai', $2, now(), now(), '{"mail":"essai@example.fr"}', '0', 'essai') RETURNING number, siret, organisation)
		INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, form_uid, title, terms, contacts, approved_by, approved_at)
		SELECT nextval('habilitation_numbers'), r.number, r.siret, r.organisation, true, true, '{}', '', '', '', '{}', '', now() FROM r RETURNING request`, state)
}

func (m *matrix) valid() string { return m.request("validee") }

func (m *matrix) suspended() string { return m.request("suspendue") }

// subscription makes one that failed, for an establishment of which the register knows nothing.
func (m *matrix) subscription() string {
	return m.insert(`INSERT INTO subscriptions (siret, organisation, administrator, want, wanted_at, state)
		VALUES ('356000000' || lpad($1::text, 5, '9'), 'essai', '{}', 'actif', now(), 'en_erreur') RETURNING siret`)
}

// contended makes one that a valid request contends for.
func (m *matrix) contended() string {
	request := m.valid()
	return m.insert(`INSERT INTO subscriptions (siret, organisation, contender, administrator, want, wanted_at, state)
		VALUES ('356000000' || lpad($1::text, 5, '9'), 'essai', $2::bigint, '{}', 'actif', now(), 'actif') RETURNING siret`, request)
}

// received makes an event in quarantine whose content is gone.
func (m *matrix) received() string {
	return m.insert(`INSERT INTO datapass_events (digest, received_at, last_at, event, state) VALUES (sha256(('essai' || $1)::bytea), now(), now(), 'approve', 'quarantaine') RETURNING id`)
}
