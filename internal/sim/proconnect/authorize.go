package proconnect

import (
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"portail-qf/internal/sim/oidc"
)

// authorization is a request of /authorize that passed every check.
type authorization struct {
	oidc.Request
	client    Client
	demand    demand
	silent    bool // prompt=none
	loginHint string
	idpHint   string
	siretHint string
	challenge string // PKCE S256; "": none
}

// randomLength is the least of state and nonce, as documented; nonceLimit is the source's
// (§2.2).
const (
	randomLength = 32
	nonceLimit   = 512
)

// authorize checks the request (§2.2), then answers it: as ordered by /_sim/next, as a
// step-up that follows an order, within the session, or by the pages.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	request, err := s.check(w, r)
	if err != nil {
		s.pages.RefuseRequest(w, r, request.Request, err)
		return
	}
	s.answer(w, r, request)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, request authorization) {
	if next, found := s.orders.Take(); found {
		s.answerOrder(w, r, request, next)
		return
	}
	if who, found := s.followUp(r, request); found {
		if s.admits(w, request.client, who.person) {
			s.signInOrdered(w, r, request, who, oidc.Falsification{})
		}
		return
	}
	current := s.hintedSession(r, request)
	if current != nil && !s.admits(w, request.client, current.person) {
		return
	}
	switch {
	case current != nil && current.serves(request.demand):
		s.grants.SendCode(w, r, &grant{authorization: request, login: *current})
	case request.silent:
		request.Refuse(w, r, errNoSession, nil)
	default:
		s.openInteraction(w, r, request, current)
	}
}

// admits refuses by a page, which the service never hears of, whoever is not a public agent
// where only those may come (§2.8).
func (s *Server) admits(w http.ResponseWriter, client Client, who person) bool {
	if client.PublicOnly && !who.isPublic() {
		s.pages.Refuse(w, http.StatusForbidden, oidc.ByPage(notPublic, "Ce service est réservé aux agents publics."))
		return false
	}
	return true
}

// check applies §2.2: the whitelist, the client, its address, then what can be said to the
// client by redirect.
func (s *Server) check(w http.ResponseWriter, r *http.Request) (authorization, error) {
	parameters, err := shaped(w, r)
	if err != nil {
		return authorization{}, err
	}
	client, found := s.clients[parameters.Get("client_id")]
	if !found {
		return authorization{}, oidc.ByPage(unknownClient, "Ce service n’est pas connu de ProConnect.")
	}
	request := authorization{
		Request:   oidc.ReadRequest(s.issuer, parameters),
		client:    client,
		silent:    parameters.Get("prompt") == "none",
		loginHint: parameters.Get("login_hint"),
		idpHint:   parameters.Get("idp_hint"),
		siretHint: parameters.Get("siret_hint"),
		challenge: parameters.Get("code_challenge"),
	}
	if !slices.Contains(client.RedirectURIs, request.RedirectURI) {
		return authorization{}, oidc.ByPage(badRedirectURI, "L’adresse de retour n’est pas celle que le service a déclarée (invalid_redirect_uri).")
	}
	if parameters.Get("response_type") != "code" {
		return request, oidc.ByRedirect("unsupported_response_type", "unsupported response_type requested")
	}
	if request.Scopes, err = client.grant(strings.Fields(parameters.Get("scope"))); err != nil {
		return request, err
	}
	if err := checkPrompt(parameters); err != nil {
		return request, err
	}
	if request.demand, err = readDemand(parameters.Get("claims"), parameters.Get("acr_values")); err != nil {
		return request, err
	}
	if err := checkChallenge(parameters); err != nil {
		return request, err
	}
	if parameters.Has("idp_hint") && !s.knowsIdP(request.idpHint) {
		return request, errIdPHint
	}
	return request, nil
}

// shaped reads the parameters, and refuses what the documentation refuses by Y000400, before
// the client is even looked up.
func shaped(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	parameters, err := oidc.Whitelist{
		Code:     badParameters,
		Required: []string{"response_type", "client_id", "redirect_uri", "scope", "state", "nonce"},
		Optional: []string{
			"claims", "acr_values", "prompt", "login_hint", "idp_hint", "siret_hint", "code_challenge", "code_challenge_method",
		},
	}.Read(w, r)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(parameters.Get("scope")) == "" {
		return nil, oidc.ByPage(badParameters, "Le paramètre « scope » est vide.")
	}
	for _, name := range []string{"state", "nonce"} {
		if len(parameters.Get(name)) < randomLength {
			return nil, oidc.ByPage(badParameters, "Le paramètre « "+name+" » est trop court.")
		}
	}
	if nonce := parameters.Get("nonce"); len(nonce) > nonceLimit || !isASCII(nonce) {
		return nil, oidc.ByPage(badParameters, "Le paramètre « nonce » est trop long ou n’est pas en ASCII.")
	}
	if parameters.Has("login_hint") && !isEmail(parameters.Get("login_hint")) {
		return nil, oidc.ByPage(badParameters, "Le paramètre « login_hint » n’est pas une adresse électronique.")
	}
	if hint := parameters.Get("siret_hint"); parameters.Has("siret_hint") && (len(hint) != 14 || strings.Trim(hint, "0123456789") != "") {
		return nil, oidc.ByPage(badParameters, "Le paramètre « siret_hint » n’a pas quatorze chiffres.")
	}
	return parameters, nil
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' })
}

// isEmail wants a bare address whose domain has a dot.
func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text {
		return false
	}
	_, domain, _ := strings.Cut(text, "@")
	return strings.Contains(domain, ".")
}

// checkPrompt accepts none alone, login and consent, neither of which changes anything:
// login does not force a new authentication (§2.2).
func checkPrompt(parameters url.Values) error {
	if !parameters.Has("prompt") || parameters.Get("prompt") == "none" {
		return nil
	}
	wishes := strings.Fields(parameters.Get("prompt"))
	switch {
	case slices.Contains(wishes, "none"):
		return oidc.ByRedirect("invalid_request", "prompt none must only be used alone")
	case len(wishes) == 0 || slices.ContainsFunc(wishes, func(wish string) bool { return wish != "login" && wish != "consent" }):
		return oidc.ByRedirect("invalid_request", "unsupported prompt value requested")
	}
	return nil
}

// checkChallenge accepts PKCE by S256 only (§2.1).
func checkChallenge(parameters url.Values) error {
	challenge, method := parameters.Get("code_challenge"), parameters.Get("code_challenge_method")
	switch {
	case !parameters.Has("code_challenge") && !parameters.Has("code_challenge_method"):
		return nil
	case !parameters.Has("code_challenge"):
		return oidc.ByRedirect("invalid_request", "code_challenge must be provided with code_challenge_method")
	case method == "":
		return oidc.ByRedirect("invalid_request", "plain code_challenge_method fallback disabled, code_challenge_method must be provided")
	case method != "S256":
		return oidc.ByRedirect("invalid_request", "not supported value of code_challenge_method")
	case !isPKCE(challenge):
		return oidc.ByRedirect("invalid_request", "code_challenge must be a string of 43 to 128 unreserved characters")
	}
	return nil
}

// isPKCE checks the shape of a challenge or a verifier (RFC 7636 §4).
func isPKCE(text string) bool {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	return len(text) >= 43 && len(text) <= 128 && strings.Trim(text, unreserved) == ""
}

// knowsIdP tells the identity providers: ProConnect Identité, and those of the persons
// offered.
func (s *Server) knowsIdP(id string) bool {
	return id == proConnectIdentite || id != "" && slices.ContainsFunc(s.identities, func(identity Identity) bool {
		return person(identity.Claims).idp() == id
	})
}

// grant keeps the scopes that exist, and refuses one that the client is not entitled to
// (§2.4).
func (c Client) grant(asked []string) ([]string, error) {
	if !slices.Contains(asked, "openid") {
		return nil, oidc.ByRedirect("invalid_request", "openid scope must be requested")
	}
	return oidc.GrantScopes(asked, c.Scopes, known)
}
