package franceconnect

import (
	"crypto/ecdsa"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"portail-qf/internal/sim/oidc"
)

// introspectionType is the media type of §1.8; the JWS carries it as its typ (RFC 9701).
const introspectionType = "token-introspection+jwt"

// checkToken tells a data provider what an access token allows (§1.8).
func (s *Server) checkToken(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	form, err := oidc.PostedForm(w, r)
	if err != nil {
		invalidRequest("failed to parse the request body").Answer(w)
		return
	}
	provider, found := s.providers[form.Get("client_id")]
	if err := oidc.Authenticate(form, found, provider.Secret); err != nil {
		invalidClient(err).Answer(w)
		return
	}
	if form.Get("token") == "" {
		invalidRequest("missing required parameter(s) 'token'").Answer(w)
		return
	}
	answer, err := s.sealFor(provider, s.introspect(provider, form.Get("token")))
	if err != nil {
		oidc.RefuseJSON(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/"+introspectionType)
	_, _ = w.Write([]byte(answer))
}

// introspect describes a token to one provider: the subject is pairwise to it, the scopes
// are those that it may learn. A token that is unknown, expired or revoked is inactive.
func (s *Server) introspect(provider Provider, token string) map[string]any {
	s.mu.Lock()
	g, found := s.tokens.Find(token, s.now())
	s.mu.Unlock()
	if !found {
		return map[string]any{"active": false}
	}
	var scopes []string
	for _, scope := range g.request.scopes {
		if slices.Contains(provider.Scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	introspection := oidc.Pick(g.person, append([]string{"preferred_username"}, pivot...)...)
	introspection["active"] = true
	introspection["aud"] = g.request.client.ID
	introspection["sub"] = g.person.pairwise(provider.ID)
	introspection["scope"] = strings.Join(scopes, " ")
	introspection["acr"] = g.acr()
	introspection["jti"] = g.accessToken
	introspection["iat"] = g.issued.Unix()
	introspection["exp"] = g.issued.Add(tokenLife).Unix()
	return introspection
}

// sealFor signs the introspection, then encrypts it to the provider.
func (s *Server) sealFor(provider Provider, introspection map[string]any) (string, error) {
	signed, err := s.keys.Sign(provider.Alg, introspectionType, map[string]any{
		"iss":                 s.issuer,
		"aud":                 provider.ID,
		"iat":                 s.now().Unix(),
		"token_introspection": introspection,
	})
	if err != nil {
		return "", fmt.Errorf("sign introspection: %w", err)
	}
	alg := jose.RSA_OAEP_256
	if _, isEC := provider.EncryptionKey.Key.(*ecdsa.PublicKey); isEC {
		alg = jose.ECDH_ES
	}
	encrypter, err := jose.NewEncrypter(jose.A256GCM,
		jose.Recipient{Algorithm: alg, Key: provider.EncryptionKey},
		(&jose.EncrypterOptions{}).WithContentType("JWT"))
	if err != nil {
		return "", fmt.Errorf("build encrypter: %w", err)
	}
	sealed, err := encrypter.Encrypt([]byte(signed))
	if err != nil {
		return "", fmt.Errorf("encrypt introspection: %w", err)
	}
	return sealed.CompactSerialize()
}
