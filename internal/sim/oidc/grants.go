package oidc

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Ticket is what becomes of a grant: first a code, then tokens. A simulator embeds it in its
// grants, beside the request and the person.
type Ticket struct {
	Falsified   Falsification
	AccessToken string    // "": the code has not been exchanged
	Issued      time.Time // of the tokens

	codeExpires time.Time
	consumed    bool
}

// TheTicket is the one that a grant embeds.
func (t *Ticket) TheTicket() *Ticket { return t }

// Grant is what a person handed over to a client: a simulator's own type, which embeds a
// Request and a Ticket.
type Grant interface {
	TheRequest() Request
	TheTicket() *Ticket
}

// Grants are the codes and the access tokens of a provider.
type Grants[G Grant] struct {
	codeLife time.Duration
	now      func() time.Time

	mu     sync.Mutex // over both: a code is consumed once
	codes  *Shelf[G]
	tokens *Shelf[G]
}

// NewGrants keeps codes and access tokens for their lives. A code is remembered as long as
// the token that it may have given: a replay is recognised for as long as there is something
// to revoke.
func NewGrants[G Grant](codeLife, tokenLife time.Duration, now func() time.Time) *Grants[G] {
	return &Grants[G]{
		codeLife: codeLife,
		now:      now,
		codes:    NewShelf[G](codeLife+tokenLife, now),
		tokens:   NewShelf[G](tokenLife, now),
	}
}

// SendCode ends an authorisation well: the person goes back with the code that stands for
// the grant.
func (s *Grants[G]) SendCode(w http.ResponseWriter, r *http.Request, g G) {
	request := g.TheRequest()
	sendBack(w, r, request.RedirectURI, map[string]string{
		"code":  s.issueCode(g),
		"state": request.State,
		"iss":   request.Issuer,
	}, g.TheTicket().Falsified.Callback)
}

func (s *Grants[G]) issueCode(g G) string {
	code := rand.Text() + rand.Text()
	g.TheTicket().codeExpires = s.now().Add(s.codeLife)
	s.codes.Put(code, g)
	return code
}

// Redeem exchanges the code of an authenticated form of /token. Only a request that is right
// consumes it; a replay revokes what it gave. Whether the form proves what the provider
// wants of PKCE is told by proves.
func (s *Grants[G]) Redeem(form url.Values, proves func(G) bool) (g G, err error) {
	switch {
	case form.Get("grant_type") != "authorization_code":
		return g, JSONRefusal{Status: http.StatusBadRequest, Code: "unsupported_grant_type", Description: "unsupported grant_type requested"}
	case form.Get("code") == "":
		return g, InvalidRequest("missing required parameter(s) 'code'")
	case form.Get("redirect_uri") == "":
		return g, InvalidRequest("missing required parameter(s) 'redirect_uri'")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, found := s.codes.Find(form.Get("code"))
	if !found {
		return g, invalidGrant("authorization code not found")
	}
	now, t := s.now(), g.TheTicket()
	switch {
	case g.TheRequest().ClientID != form.Get("client_id"):
		return g, invalidGrant("client mismatch")
	case t.consumed:
		s.tokens.Remove(t.AccessToken)
		return g, invalidGrant("authorization code already consumed")
	case !now.Before(t.codeExpires):
		return g, invalidGrant("authorization code is expired")
	case !proves(g):
		return g, invalidGrant("PKCE verification failed")
	case g.TheRequest().RedirectURI != form.Get("redirect_uri"):
		return g, invalidGrant("authorization code redirect_uri mismatch")
	}
	t.consumed, t.Issued = true, now
	t.AccessToken = rand.Text() + rand.Text()
	s.tokens.Put(t.AccessToken, g)
	return g, nil
}

// Find returns the grant of an access token that lives.
func (s *Grants[G]) Find(accessToken string) (G, bool) { return s.tokens.Find(accessToken) }

// OfBearer finds the grant of the access token in the header, the only place it may be in.
func (s *Grants[G]) OfBearer(r *http.Request) (g G, err error) {
	token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !isBearer || token == "" {
		return g, InvalidRequest("no access token provided")
	}
	g, found := s.Find(token)
	if !found {
		return g, JSONRefusal{
			Status: http.StatusUnauthorized, Code: "invalid_token",
			Description: "invalid token provided", Why: "access token not found",
		}
	}
	return g, nil
}
