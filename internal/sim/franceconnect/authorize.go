package franceconnect

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portail-qf/internal/sim/oidc"
)

// authorization is a request of /authorize that passed every check.
type authorization struct {
	oidc.Request
	client   Client
	wantsAMR bool
	idpHint  bool // go straight to the demonstration identity provider
}

// demonstrationIdP is the only identity provider here, and the only idp_hint allowed.
const demonstrationIdP = "demonstration-eidas-faible"

// nonceLength is the shortest nonce of the published source (§1.3; deployed versions are
// said to want 32).
const nonceLength = 22

// authorize checks the request, then answers it as ordered by /_sim/next or opens the
// pages (§1.3).
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	request, err := s.check(w, r)
	if err != nil {
		s.pages.RefuseRequest(w, r, request.Request, err)
		return
	}
	if next, found := s.orders.Take(); found {
		s.answerOrder(w, r, request, next)
		return
	}
	s.openInteraction(w, r, request)
}

// check applies §1.3 in the order of the real server: the whitelist, the client, its
// address, then what can be said to the client by redirect.
func (s *Server) check(w http.ResponseWriter, r *http.Request) (authorization, error) {
	parameters, err := whitelisted(w, r)
	if err != nil {
		return authorization{}, err
	}
	client, found := s.clients[parameters.Get("client_id")]
	if !found {
		return authorization{}, oidc.ByPage(unknownClient, "Ce service n’est pas connu de FranceConnect.")
	}
	request := authorization{
		Request: oidc.ReadRequest(s.issuer, parameters),
		client:  client,
		idpHint: parameters.Has("idp_hint"),
	}
	if !slices.Contains(client.RedirectURIs, request.RedirectURI) {
		return authorization{}, oidc.ByPage(badRedirectURI, "L’adresse de retour n’est pas celle que le service a déclarée.")
	}
	if parameters.Get("response_type") != "code" {
		return request, oidc.ByRedirect("unsupported_response_type", "unsupported response_type requested")
	}
	if request.Scopes, err = client.grant(strings.Fields(parameters.Get("scope"))); err != nil {
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

// whitelisted reads the parameters, and refuses what the real server's own validation
// refuses (Y030007) before it even looks the client up.
func whitelisted(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	parameters, err := oidc.Whitelist{
		Code:     badParameters,
		Required: []string{"client_id", "redirect_uri", "scope", "state", "response_type", "acr_values", "nonce"},
		Optional: []string{"prompt", "claims", "idp_hint", "ui_locales"},
	}.Read(w, r)
	if err != nil {
		return nil, err
	}
	if len(parameters.Get("nonce")) < nonceLength {
		return nil, oidc.ByPage(badParameters, "Le paramètre « nonce » est trop court.")
	}
	if parameters.Has("prompt") && !promptAllowed(parameters.Get("prompt")) {
		return nil, oidc.ByPage(badParameters, "La valeur du paramètre « prompt » n’est pas acceptée.")
	}
	if parameters.Has("idp_hint") && parameters.Get("idp_hint") != demonstrationIdP {
		return nil, oidc.ByPage(badParameters, "Le fournisseur d’identité demandé n’est pas autorisé.")
	}
	return parameters, nil
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
	return oidc.GrantScopes(asked, c.Scopes, known)
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
