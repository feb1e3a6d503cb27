package hubee

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// client is a registered credential. Those of subscriptions work in API mode only.
type client struct {
	Client
	scope        Scope
	subscription *subscription // nil for the depositor and the administrator
}

func (c *client) works() bool {
	return c.subscription == nil || c.subscription.mode() == modeAPI
}

// register makes a credential known; a seed without identifier is no credential.
func (s *Server) register(c *client) {
	if c.ID != "" {
		s.clients[c.ID] = c
	}
}

// grant is what a token is bound to.
type grant struct {
	scope        Scope
	organization OrganizationID
	process      string // of a town's token; the other scopes see every process
	expires      time.Time
}

// tokenRefusal is the OAuth2 error body, unlike the API's own (reference/hubee.md §2).
type tokenRefusal struct {
	Description string `json:"error_description"`
	Error       string `json:"error"`
	status      int
}

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	Scope       Scope  `json:"scope"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
}

const maxTokenBody = 16 << 10 // bytes

// issueToken serves POST /oauth2/token: client credentials, Basic and form body only
// (reference/hubee.md §1).
func (s *Server) issueToken(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	body, err := readBody(r, maxTokenBody)
	if err != nil {
		body = nil // reads as a request without parameters
	}
	s.enter(now)
	answer, refused := s.grantToken(r, body, now)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if refused != nil {
		w.WriteHeader(refused.status)
		writeJSON(w, refused)
		return
	}
	writeJSON(w, answer)
}

func (s *Server) grantToken(r *http.Request, body []byte, now time.Time) (tokenAnswer, *tokenRefusal) {
	id, secret, _ := r.BasicAuth()
	known, found := s.clients[id]
	if !found || !known.works() {
		return tokenAnswer{}, &tokenRefusal{"A valid OAuth client could not be found for client_id: " + id, "invalid_client", http.StatusUnauthorized}
	}
	if known.Secret != secret {
		return tokenAnswer{}, &tokenRefusal{"Client Authentication failed.", "invalid_client", http.StatusUnauthorized}
	}
	grantType, scope, err := s.tokenParameters(r.Header.Get("Content-Type"), body)
	switch {
	case err != nil || grantType == "":
		return tokenAnswer{}, &tokenRefusal{"Missing grant_type parameter value", "invalid_request", http.StatusBadRequest}
	case grantType != "client_credentials":
		return tokenAnswer{}, &tokenRefusal{"Unsupported grant_type value", "unsupported_grant_type", http.StatusBadRequest}
	case scope != string(known.scope):
		return tokenAnswer{}, &tokenRefusal{"The requested scope is invalid, unknown, or malformed.", "invalid_scope", http.StatusBadRequest}
	}
	granted := grant{scope: known.scope, organization: known.Organization, expires: now.Add(s.tokenLife)}
	if known.subscription != nil {
		granted.process = known.subscription.ProcessCode
	}
	maps.DeleteFunc(s.tokens, func(_ string, g grant) bool { return !now.Before(g.expires) })
	token := rand.Text()
	s.tokens[token] = granted
	return tokenAnswer{AccessToken: token, Scope: known.scope, TokenType: "Bearer", ExpiresIn: int(s.tokenLife.Seconds())}, nil
}

func (s *Server) tokenParameters(contentType string, body []byte) (grantType, scope string, err error) {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	switch {
	case mediaType == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return "", "", fmt.Errorf("parse form: %w", err)
		}
		return form.Get("grant_type"), form.Get("scope"), nil
	case mediaType == "application/json" && s.settings.JSONTokenBody:
		var wanted struct {
			GrantType string `json:"grant_type"`
			Scope     string `json:"scope"`
		}
		if err := json.Unmarshal(body, &wanted); err != nil {
			return "", "", fmt.Errorf("parse token request: %w", err)
		}
		return wanted.GrantType, wanted.Scope, nil
	default:
		return "", "", fmt.Errorf("unexpected content type")
	}
}

// authenticate finds what the bearer token of a call is bound to.
func (s *Server) authenticate(r *http.Request, now time.Time) (grant, error) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	granted, known := s.tokens[token]
	if !bearer || !known || !now.Before(granted.expires) {
		return grant{}, invalidCredentials()
	}
	return granted, nil
}
