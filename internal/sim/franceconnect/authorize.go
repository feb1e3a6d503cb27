package franceconnect

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portail-qf/internal/sim/oidc"
)

// authorization is a request of /authorize that passed every check.
type authorization struct {
	client      Client
	redirectURI string
	state       string
	nonce       string
	scopes      []string // granted
	wantsAMR    bool
	idpHint     bool // go straight to the demonstration identity provider
}

// demonstrationIdP is the only identity provider here, and the only idp_hint allowed.
const demonstrationIdP = "demonstration-eidas-faible"

// nonceLength is the shortest nonce of the published source (§1.3; deployed versions are
// said to want 32).
const nonceLength = 22

// authorize checks the request, then answers it as ordered by /_sim/next or opens the
// pages (§1.3).
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	parameters, err := oidc.Parameters(w, r)
	if err != nil {
		s.refusePage(w, http.StatusBadRequest, oidc.ByPage(badParameters, "La requête est illisible."))
		return
	}
	request, err := s.check(parameters)
	var page oidc.PageRefusal
	var back oidc.RedirectRefusal
	switch {
	case errors.As(err, &page):
		s.refusePage(w, http.StatusBadRequest, page)
	case errors.As(err, &back):
		s.refuseBack(w, r, request, back, nil)
	default:
		if next, found := s.orders.Take(); found {
			s.answerOrder(w, r, request, next)
			return
		}
		s.openInteraction(w, r, request)
	}
}

// refuseBack sends an error with state and iss (§1.4: iss is always present).
func (s *Server) refuseBack(w http.ResponseWriter, r *http.Request, request authorization, refusal oidc.RedirectRefusal, falsified map[string]*string) {
	oidc.SendBack(w, r, request.redirectURI, map[string]string{
		"error":             refusal.Code,
		"error_description": refusal.Description,
		"state":             request.state,
		"iss":               s.issuer,
	}, falsified)
}

// check applies §1.3 in the order of the real server: the whitelist, the client, its
// address, then what can be said to the client by redirect.
func (s *Server) check(parameters url.Values) (authorization, error) {
	if err := checkWhitelist(parameters); err != nil {
		return authorization{}, err
	}
	client, found := s.clients[parameters.Get("client_id")]
	if !found {
		return authorization{}, oidc.ByPage(unknownClient, "Ce service n’est pas connu de FranceConnect.")
	}
	request := authorization{
		client:      client,
		redirectURI: parameters.Get("redirect_uri"),
		state:       parameters.Get("state"),
		nonce:       parameters.Get("nonce"),
		idpHint:     parameters.Has("idp_hint"),
	}
	if !slices.Contains(client.RedirectURIs, request.redirectURI) {
		return authorization{}, oidc.ByPage(badRedirectURI, "L’adresse de retour n’est pas celle que le service a déclarée.")
	}
	if parameters.Get("response_type") != "code" {
		return request, oidc.ByRedirect("unsupported_response_type", "unsupported response_type requested")
	}
	var err error
	if request.scopes, err = client.grant(strings.Fields(parameters.Get("scope"))); err != nil {
		return request, err
	}
	for level := range strings.FieldsSeq(parameters.Get("acr_values")) {
		if level == "eidas2" || level == "eidas3" {
			return request, oidc.ByRedirect("invalid_acr", "acr_value is not valid, should be equal one of these values, expected eidas1, got "+level)
		}
	}
	request.wantsAMR, err = wantsAMR(parameters.Get("claims"), client)
	return request, err
}

// checkWhitelist refuses what the real server's own validation refuses (Y030007), before
// it even looks the client up.
func checkWhitelist(parameters url.Values) error {
	err := oidc.Whitelist{
		Code:     badParameters,
		Required: []string{"client_id", "redirect_uri", "scope", "state", "response_type", "acr_values", "nonce"},
		Optional: []string{"prompt", "claims", "idp_hint", "ui_locales"},
	}.Check(parameters)
	if err != nil {
		return err
	}
	if len(parameters.Get("nonce")) < nonceLength {
		return oidc.ByPage(badParameters, "Le paramètre « nonce » est trop court.")
	}
	if parameters.Has("prompt") && !promptAllowed(parameters.Get("prompt")) {
		return oidc.ByPage(badParameters, "La valeur du paramètre « prompt » n’est pas acceptée.")
	}
	if parameters.Has("idp_hint") && parameters.Get("idp_hint") != demonstrationIdP {
		return oidc.ByPage(badParameters, "Le fournisseur d’identité demandé n’est pas autorisé.")
	}
	return nil
}

func promptAllowed(prompt string) bool {
	wishes := strings.Fields(prompt)
	return len(wishes) > 0 && !slices.ContainsFunc(wishes, func(wish string) bool {
		return wish != "login" && wish != "consent"
	})
}

// grant keeps the scopes that exist, and refuses one that the client is not entitled to
// (§1.5).
func (c Client) grant(asked []string) ([]string, error) {
	if !slices.Contains(asked, "openid") {
		return nil, oidc.ByRedirect("invalid_request", "openid scope must be requested when using the acr_values parameter")
	}
	var granted []string
	for _, scope := range asked {
		switch {
		case !known(scope) || slices.Contains(granted, scope):
		case scope == "openid" || slices.Contains(c.Scopes, scope):
			granted = append(granted, scope)
		default:
			return nil, oidc.ByRedirect("invalid_scope", "requested scope is not allowed")
		}
	}
	return granted, nil
}

// wantsAMR reads the claims parameter, whose only use is amr in the id_token.
func wantsAMR(parameter string, client Client) (bool, error) {
	if parameter == "" {
		return false, nil
	}
	var claims struct {
		IDToken map[string]json.RawMessage `json:"id_token"`
	}
	if err := json.Unmarshal([]byte(parameter), &claims); err != nil {
		return false, oidc.ByPage(badParameters, "Le paramètre « claims » n’est pas un objet JSON.")
	}
	_, asked := claims.IDToken["amr"]
	if asked && !client.MayRequestAMR {
		return false, oidc.ByPage(amrNotAllowed, "Ce service n’est pas autorisé à demander « amr ».")
	}
	return asked, nil
}

// issueCode records the person's consent and returns the code that stands for it.
func (s *Server) issueCode(g *grant) string {
	code := rand.Text() + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	g.codeExpires = now.Add(codeLife)
	// The code is remembered as long as the token that it may have given: a replay is
	// recognised for as long as there is something to revoke.
	s.codes.Put(code, g, now, codeLife+tokenLife)
	return code
}

// sendCode ends an authorisation well.
func (s *Server) sendCode(w http.ResponseWriter, r *http.Request, g *grant) {
	oidc.SendBack(w, r, g.request.redirectURI, map[string]string{
		"code":  s.issueCode(g),
		"state": g.request.state,
		"iss":   s.issuer,
	}, g.falsified.Callback)
}
