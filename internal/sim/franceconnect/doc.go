// Package franceconnect simulates FranceConnect v2 (low level, eidas1) for the demo and
// the tests: its strict authorisation endpoint, its short-lived tokens, its signed
// userinfo, its pages and its logout, and the introspection that data providers call.
// It is written from the contract (reference/identity.md §1 and §4.2) and shares no code
// with the adapter that it checks.
//
// What a relying party meets here, as at the real one:
//
//   - /authorize accepts a whitelist of parameters; anything else, PKCE included, is a 400
//     page with Y030007. An unknown client is Y04EA6EF, a foreign redirect_uri Y04C013C,
//     amr without entitlement Y100009. Other refusals are redirects with error, state, iss.
//   - the code lives 30 s and serves once: its replay revokes the access token. Access
//     token, id_token and userinfo live 60 s.
//   - the id_token has neither typ nor at_hash nor identity; userinfo is a JWS.
//   - the session in the browser (cookie sim_fc) lasts 30 min, sliding; within it the
//     information page is still shown.
//   - /session/end demands an id_token_hint, which may be expired.
//   - /checktoken gives a data provider a JWS inside a JWE.
//
// Where the real one is lenient and the contract says not to rely on it, this one
// refuses: client authentication by Basic, form_post, HS256. The error codes other than the
// four above, and Y600006 and E01… of identities, are this simulator's own (Y04 and a
// digest, as at the real one).
//
// # Orders
//
// Beside the routes of package control:
//
//	GET  /_sim/identities  the persons offered: [{"key","label","claims","expect"}]
//	GET  /_sim/next        the orders that wait
//	POST /_sim/next        how the next authorisation is answered, at once, without page
//
// Each order serves one authorisation request that is otherwise right; what it may say,
// and how "mutate" falsifies, is told by package oidc, which this simulator shares with
// ProConnect's. {"error":"access_denied"} comes with FranceConnect's own description. The
// members acr and amr of an identity set those of the id_token, sub replaces the pairwise
// subject.
package franceconnect
