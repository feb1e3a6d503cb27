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
	var provider Provider
	form, err := oidc.AuthenticatedForm(w, r, func(id string) (secret string, found bool) {
		provider, found = s.providers[id]
		return provider.Secret, found
	})
	if err != nil {
		refuse(w, err)
		return
	}
	if form.Get("token") == "" {
		refuse(w, oidc.InvalidRequest("missing required parameter(s) 'token'"))
		return
	}
	answer, err := s.sealFor(provider, s.introspect(provider, form.Get("token")))
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/"+introspectionType)
	_, _ = w.Write([]byte(answer))
}

// introspect describes a token to one provider: the subject is pairwise to it, the scopes
// are those that it may learn. A token that is unknown, expired or revoked is inactive.
func (s *Server) introspect(provider Provider, token string) map[string]any {
	g, found := s.grants.Find(token)
	if !found {
		return map[string]any{"active": false}
	}
	var scopes []string
	for _, scope := range g.Scopes {
		if slices.Contains(provider.Scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	introspection := oidc.Pick(g.person, append([]string{"preferred_username"}, pivot...)...)
	introspection["active"] = true
	introspection["aud"] = g.ClientID
	introspection["sub"] = g.person.pairwise(provider.ID)
	introspection["scope"] = strings.Join(scopes, " ")
	introspection["acr"] = g.acr()
	introspection["jti"] = g.AccessToken
	introspection["iat"] = g.Issued.Unix()
	introspection["exp"] = g.Issued.Add(tokenLife).Unix()
	return introspection
}

// sealFor signs the introspection, then encrypts it to the provider.
func (s *Server) sealFor(provider Provider, introspection map[string]any) (string, error) {
	signed, err := s.keys.Sign(provider.Alg, introspectionType, map[string]any{
		"iss":                 s.issuer.URL,
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
