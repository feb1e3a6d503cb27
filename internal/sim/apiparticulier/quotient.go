package apiparticulier

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// The scopes of the quotient familial, each opening one section of the answer.
const (
	scopeQuotient   = "cnaf_quotient_familial"
	scopeClaimants  = "cnaf_allocataires"
	scopeChildren   = "cnaf_enfants"
	scopeAddress    = "cnaf_adresse"
	notFoundV2      = `{"error":"not_found","reason":"Dossier allocataire inexistant. Le document ne peut être édité.","message":"Dossier allocataire inexistant. Le document ne peut être édité."}`
	notFoundV3      = `{"errors":[{"code":"37003","title":"Dossier allocataire absent CNAV","detail":"Le dossier allocataire n'a pas été trouvé auprès de la CNAV.","source":null,"meta":{"provider":"CNAV"}}]}`
	responseCached  = "X-Response-Cached"
	cacheExpiration = "X-Cache-Expires-in"
)

// sections gives the scope that opens each member of the answer.
func (d dialect) sections() map[string]string {
	if d == v3 {
		return map[string]string{
			"quotient_familial": scopeQuotient, "allocataires": scopeClaimants,
			"enfants": scopeChildren, "adresse": scopeAddress,
		}
	}
	return map[string]string{
		"quotientFamilial": scopeQuotient, "annee": scopeQuotient, "mois": scopeQuotient, "regime": scopeQuotient,
		"annee_calcul": scopeQuotient, "mois_calcul": scopeQuotient,
		"allocataires": scopeClaimants, "enfants": scopeChildren, "adresse": scopeAddress,
	}
}

// mayAsk tells whether the caller holds one of the scopes at least.
func (c caller) mayAsk() bool {
	quotient := []string{scopeQuotient, scopeClaimants, scopeChildren, scopeAddress}
	return slices.ContainsFunc(c.scopes, func(scope string) bool { return slices.Contains(quotient, scope) })
}

// authentication finds the caller of a request, or why it is refused; it may set headers.
type authentication func(d dialect, header http.Header, r *http.Request) (caller, *problem)

// quotient answers one quotient route, with the checks in the order of §7.5.
func (s *Server) quotient(d dialect, authenticate authentication) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, refusal := authenticate(d, w.Header(), r)
		if refusal != nil {
			d.refuse(w, *refusal)
			return
		}
		if !c.mayAsk() {
			d.refuse(w, scopesMissing())
			return
		}
		query := r.URL.Query()
		end, free := s.running.begin(c.credential + "\n" + r.URL.Path + "?" + query.Encode())
		if !free {
			d.refuse(w, inProgress())
			return
		}
		defer end()
		wanted, problems := c.wanted(d, query, s.now())
		if len(problems) > 0 {
			d.refuse(w, problems...)
			return
		}
		if !s.waitForProvider(r) {
			return
		}
		s.answer(w, d, c, wanted)
	}
}

// wanted reads and checks recipient, then the parameters of the person or, with a
// FranceConnect token, of the month alone.
func (c caller) wanted(d dialect, query url.Values, now time.Time) (Params, []problem) {
	recipient := query.Get("recipient")
	if recipient == "" && d == v2 && c.citizen == nil {
		recipient = c.siret
	}
	if !isSiret(recipient) {
		return Params{}, []problem{badRecipient()}
	}
	wanted := asked(query, d)
	if c.citizen == nil {
		return wanted, append(wanted.civility(now), wanted.period(now)...)
	}
	person := *c.citizen
	person.Year, person.Month = wanted.Year, wanted.Month
	return person, person.period(now)
}

// waitForProvider lasts as long as the provider would; false when the client has left.
func (s *Server) waitForProvider(r *http.Request) bool {
	if s.providerDelay == 0 {
		return true
	}
	timer := time.NewTimer(s.providerDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// answer is what the provider has on the person, cut down to the caller's scopes.
func (s *Server) answer(w http.ResponseWriter, d dialect, c caller, wanted Params) {
	family, found := s.familyFor(d, c, wanted)
	if !found {
		family = Family{Status: http.StatusNotFound, Payload: json.RawMessage(notFoundV3)}
		if d == v2 {
			family.Payload = json.RawMessage(notFoundV2)
		}
	}
	s.health.record(family.Status, s.now())
	contentType := typeJSON
	switch {
	case family.Status == http.StatusOK:
		w.Header().Set(responseCached, "false")
		w.Header().Set(cacheExpiration, "") // present and empty without a cache
		family.Payload = masked(d, family.Payload, c.scopes)
	case d == v3:
		contentType = typeProblem
	}
	write(w, family.Status, contentType, family.Payload)
}

func (s *Server) familyFor(d dialect, c caller, wanted Params) (Family, bool) {
	switch {
	case d == v2 && c.citizen == nil:
		return s.families.forParameters(RouteV2, wanted)
	case d == v2:
		return s.families.forCitizen(wanted, RouteV2)
	case c.citizen == nil:
		return s.families.forParameters(RouteV3Identity, wanted)
	default:
		return s.families.forCitizen(wanted, RouteV3FranceConnect, RouteV3Identity)
	}
}

// masked leaves out the sections whose scope is missing (§7.3). A payload of another shape
// than its dialect's is answered whole: somebody put it to see what becomes of it.
func masked(d dialect, payload json.RawMessage, scopes []string) json.RawMessage {
	var whole, data map[string]json.RawMessage
	if json.Unmarshal(payload, &whole) != nil {
		return payload
	}
	sections := whole
	if d == v3 {
		if json.Unmarshal(whole["data"], &data) != nil || data == nil {
			return payload
		}
		sections = data
	}
	for section, scope := range d.sections() {
		if !slices.Contains(scopes, scope) {
			delete(sections, section)
		}
	}
	if d == v3 {
		whole["data"] = compose(data)
	}
	return compose(whole)
}

// compose writes members that were just read: they cannot fail to be written.
func compose(members map[string]json.RawMessage) json.RawMessage {
	written, err := json.Marshal(members)
	if err != nil {
		panic("apiparticulier: members read as JSON are not JSON: " + err.Error())
	}
	return written
}
