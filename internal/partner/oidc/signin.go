package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/outward"
)

const (
	// leeway is how long an expired token is still believed: clocks differ.
	leeway = 30 * time.Second
	// futureLimit is how far ahead of us the provider's clock may be.
	futureLimit = 60 * time.Second
)

// The steps of a sign-in, as errors name them.
const (
	stepAnswer   = "read answer"
	stepExchange = "exchange code"
	stepIDToken  = "verify id_token"
	stepFetch    = "fetch userinfo"
	stepUserInfo = "verify userinfo"
)

// Answer is what the provider put in the address of our callback.
type Answer struct {
	Code, Issuer, Error string
}

// Verified is a person that the provider vouches for, every check passed.
type Verified struct {
	Subject     string
	IDToken     value.Secret // for LogoutURL
	AccessToken value.Secret
	Claims      Claims // of the id_token: acr, amr, auth_time
	UserInfo    Claims // the person
}

// Authenticate turns the provider's answer into a verified person, in the order of
// reference/identity.md §3.3. Every error is an *Error.
func (c *Client) Authenticate(ctx context.Context, answer Answer, attempt Attempt) (Verified, error) {
	// The issuer comes first, on errors too: it is the defence against another
	// provider's answer (RFC 9207).
	switch {
	case answer.Issuer != c.config.Issuer:
		return Verified{}, refused(stepAnswer, "iss is not the provider's")
	case answer.Error != "":
		return Verified{}, fromCode(stepAnswer, answer.Error)
	case answer.Code == "":
		return Verified{}, refused(stepAnswer, "no code")
	}
	tokens, err := c.exchange(ctx, answer.Code, attempt.Verifier)
	if err != nil {
		return Verified{}, err
	}
	compact, _ := tokens.Extra("id_token").(string)
	idToken, err := c.verifyIDToken(ctx, compact, tokens.AccessToken, attempt.Nonce)
	if err != nil {
		return Verified{}, err
	}
	userInfo, err := c.userInfo(ctx, tokens.AccessToken)
	if err != nil {
		return Verified{}, err
	}
	if userInfo.Subject != idToken.Subject {
		return Verified{}, refused(stepUserInfo, "sub is not the id_token's")
	}
	verified := Verified{
		Subject:     idToken.Subject,
		IDToken:     value.Secret(compact),
		AccessToken: value.Secret(tokens.AccessToken),
	}
	if idToken.Claims(&verified.Claims) != nil || userInfo.Claims(&verified.UserInfo) != nil {
		return Verified{}, refused(stepUserInfo, "claims are not an object")
	}
	return verified, nil
}

// exchange trades the code for tokens.
func (c *Client) exchange(ctx context.Context, code, verifier string) (*oauth2.Token, error) {
	var options []oauth2.AuthCodeOption
	if verifier != "" {
		options = append(options, oauth2.VerifierOption(verifier))
	}
	tokens, err := c.oauth().Exchange(gooidc.ClientContext(ctx, c.http), code, options...)
	if err == nil {
		return tokens, nil
	}
	var answered *oauth2.RetrieveError
	if !errors.As(err, &answered) {
		return nil, unavailable(stepExchange, outward.Cause(err))
	}
	status := answered.Response.StatusCode
	failure := fromCode(stepExchange, answered.ErrorCode)
	if failure.Code == "" || status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return nil, unavailable(stepExchange, fmt.Errorf("status %d", status))
	}
	return nil, failure
}

// verifyIDToken checks that the id_token is the provider's, for us, of now, of this
// sign-in, and of an accepted level.
func (c *Client) verifyIDToken(ctx context.Context, compact, accessToken, nonce string) (*gooidc.IDToken, error) {
	token, err := c.verify(ctx, stepIDToken, compact)
	if err != nil {
		return nil, err
	}
	var claims struct {
		AuthorizedParty string `json:"azp"`
		Level           string `json:"acr"`
	}
	if token.Claims(&claims) != nil {
		return nil, refused(stepIDToken, "azp or acr is not a text")
	}
	// The nonce is also what tells an id_token from a signed userinfo, which passes
	// every check before it (reference/identity.md §3.3, pitfall 3).
	sameNonce := subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) == 1
	switch {
	case nonce == "" || !sameNonce:
		return nil, refused(stepIDToken, "nonce is not ours")
	case token.Subject == "":
		return nil, refused(stepIDToken, "no sub")
	case len(token.Audience) > 1 && claims.AuthorizedParty == "":
		return nil, refused(stepIDToken, "several audiences and no azp")
	case claims.AuthorizedParty != "" && claims.AuthorizedParty != c.config.ClientID:
		return nil, refused(stepIDToken, "azp is another client")
	case token.IssuedAt.IsZero():
		return nil, refused(stepIDToken, "no iat")
	case token.IssuedAt.After(c.config.Now().Add(futureLimit)):
		return nil, refused(stepIDToken, "iat is in the future")
	case token.AccessTokenHash != "" && token.VerifyAccessToken(accessToken) != nil:
		return nil, refused(stepIDToken, "at_hash is not the access token's")
	case len(c.config.Levels) > 0 && !slices.Contains(c.config.Levels, claims.Level):
		return nil, refused(stepIDToken, "acr is not accepted")
	}
	return token, nil
}

// userInfo fetches the signed claims of the person. An answer in plain JSON, or signed
// by anybody else, is refused.
func (c *Client) userInfo(ctx context.Context, accessToken string) (*gooidc.IDToken, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.endpoint("/userinfo"), nil)
	if err != nil {
		return nil, unavailable(stepFetch, errors.New("the issuer is not a URL"))
	}
	request.Header.Set("Authorization", "Bearer "+accessToken)
	request.Header.Set("Accept", "application/jwt")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, unavailable(stepFetch, outward.Cause(err))
	}
	defer response.Body.Close()
	if err := userInfoStatus(response.StatusCode); err != nil {
		return nil, err
	}
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind != "application/jwt" {
		return nil, refused(stepFetch, "not application/jwt")
	}
	body, err := outward.Read(response.Body, bodyLimit)
	switch {
	case errors.Is(err, outward.ErrTooLong):
		return nil, refused(stepFetch, err.Error())
	case err != nil:
		return nil, unavailable(stepFetch, err)
	}
	return c.verify(ctx, stepUserInfo, strings.TrimSpace(string(body)))
}

// userInfoStatus accepts 200. On 401 the access token, which lives 60 seconds at
// FranceConnect, has died on the way: starting again is the cure.
func userInfoStatus(status int) error {
	cause := fmt.Errorf("status %d", status)
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusUnauthorized:
		return &Error{Reason: Expired, Step: stepFetch, Err: cause}
	case status >= http.StatusInternalServerError || status == http.StatusTooManyRequests:
		return unavailable(stepFetch, cause)
	default:
		return &Error{Reason: Refused, Step: stepFetch, Err: cause}
	}
}

// verify checks signature, algorithm, issuer, audience and expiry of a JWT.
func (c *Client) verify(ctx context.Context, step, compact string) (*gooidc.IDToken, error) {
	signature := &signatureCheck{keys: c.keys}
	verifier := gooidc.NewVerifier(c.config.Issuer, signature, &gooidc.Config{
		ClientID:             c.config.ClientID,
		SupportedSigningAlgs: []string{c.config.Algorithm},
		Now:                  func() time.Time { return c.config.Now().Add(-leeway) },
	})
	token, err := verifier.Verify(ctx, compact)
	var expired *gooidc.TokenExpiredError
	switch {
	case err == nil:
		return token, nil
	case signature.err != nil:
		return nil, signature.err
	case errors.As(err, &expired):
		return nil, refused(step, "expired")
	default:
		return nil, refused(step, "not a JWT of "+c.config.Algorithm+", or not the provider's, or not for us")
	}
}

// signatureCheck keeps the error of the key ring, which the library would flatten into
// a text: without keys the provider is unavailable, with them the token is false.
type signatureCheck struct {
	keys *keyRing
	err  error
}

// VerifySignature implements the library's KeySet.
func (s *signatureCheck) VerifySignature(ctx context.Context, compact string) ([]byte, error) {
	var payload []byte
	payload, s.err = s.keys.verify(ctx, compact)
	return payload, s.err
}
