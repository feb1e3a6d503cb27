// Package oidc holds what the simulators of FranceConnect and ProConnect do alike: values
// kept for a while, signing keys, claims sealed rightly or falsified as ordered, the queue
// of /_sim/next, and the ways by which an OpenID provider refuses. It decides nothing of
// either protocol: parameters, lifetimes, sessions and pages are each simulator's own.
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
