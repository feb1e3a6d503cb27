// Package oidc holds what the simulators of FranceConnect and ProConnect do alike, for the
// published OpenID Connect server under both is the same: requests read by a whitelist,
// codes and access tokens, signing keys, claims sealed rightly or falsified as ordered,
// sessions of browsers, the hop of a logout, the queue of /_sim/next, and the ways to refuse.
//
// What differs between the two contracts is each simulator's own: which parameters are
// accepted and what they mean, scopes and claims, lifetimes, levels, error codes and how
// much an error tells, the pages by which a person signs in.
//
// # Orders
//
// Orders of POST /_sim/next form a queue, first in first out. An order is exactly one of
//
//	{"identity":{…claims…}}     this person; any claim may have any JSON value or be absent
//	{"key":"…"}                 one of the persons offered
//	{"error":"access_denied"}   an error redirect
//
// and with "mutate" what is sent is falsified:
//
//	"mutate":{"id_token":{…},"userinfo":{…},"callback":{…}}
//
// Each member given replaces the one of that name, null removes it. In callback (code,
// state, iss, error, error_description) values are texts. In id_token and userinfo these
// names change the envelope instead of a claim:
//
//	"_alg"     "none", "HS256" (keyed by the client's secret), "RS256", "ES256"; "alg" too
//	"_key"     "rogue": a key that is not published, under the published key id
//	"_format"  "json", userinfo only: the claims as plain JSON, unsigned
package oidc
