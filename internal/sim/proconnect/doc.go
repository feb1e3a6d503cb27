// Package proconnect simulates ProConnect (the federation of professionals) for the demo
// and the tests: its strict authorisation endpoint, its levels and its step-up, its signed
// userinfo, its pages and its logout. It is written from the contract
// (reference/identity.md §2 and §4.2) and shares no code with the adapter that it checks;
// what it does like the simulator of FranceConnect is package oidc.
//
// What a relying party meets here, as at the real one:
//
//   - /authorize (GET, POST) accepts a whitelist of parameters: response_type, client_id,
//     redirect_uri, scope, state, nonce, all required; claims, acr_values, prompt,
//     login_hint, idp_hint, siret_hint, code_challenge, code_challenge_method. Anything
//     else, an empty scope, a state or a nonce under 32 characters, a login_hint that is no
//     address, a siret_hint that is not 14 digits is a 400 page with Y000400. An unknown
//     client is the page invalid_client, a foreign redirect_uri Y030031. Other refusals are
//     redirects with error, state, iss.
//   - the id_token has acr only if claims.id_token.acr (or acr_values) was asked for, amr
//     only if claims.id_token.amr was. An essential acr is matched exactly, value by value:
//     unmet, it is access_denied.
//   - a known scope that the client is not entitled to is invalid_scope for the whole
//     log-in; an unknown one is ignored.
//   - PKCE is S256 or nothing; it never replaces the secret.
//   - the code lives 60 s and serves once: its replay revokes the access token. Access
//     token and id_token live 1 h, and the userinfo JWS as long as its access token. The
//     answer of /token has six members, refresh_token included.
//   - the id_token has typ JWT and at_hash; userinfo (GET, POST) is a JWS.
//   - sub is a UUID, the same for every service; it follows the e-mail, whatever its case.
//   - the session in the browser (cookie sim_pc) lasts 12 h from the log-in. It is re-used
//     where its level is accepted, except that eidas2 and eidas3, when a level is
//     demanded, are always proved anew. A login_hint of another e-mail or an idp_hint of
//     another provider drops it; siret_hint does not matter to it.
//   - who has a single factor and must have two gets ProConnect's own code by e-mail:
//     eidas1 becomes eidas1-mfa (eidas0: eidas0-mfa), amr ["pwd","mail"].
//   - a PublicOnly client sees nobody without the role agent_public: page Y500015.
//   - /session/end wants a state, and an id_token_hint, expired or not, or a client_id.
//
// Where the real one is lenient, or its documentation and its source disagree, this one
// refuses: unknown parameters (response_mode and max_age among them), Basic, an access
// token elsewhere than in the Authorization header, acr_values beside an essential acr,
// other members of claims than acr and amr, logout without state.
//
// Not simulated: /token/revocation and /token/introspection (404), the use of a refresh
// token (unsupported_grant_type: the contract is to discard it), private_key_jwt, HS256
// and unsigned userinfo (but by an order), the round trip to the identity provider at
// logout, the code itself of the e-mail, the certification of company officers.
//
// # Persons
//
// An identity is claims, passed on as they are; a claim that is absent stays absent, but
// idp_id, which ProConnect says by itself. These members are not handed over:
//
//	acr                the level that the person's provider answers; eidas1 if absent or unknown
//	amr                goes with it; ["pwd"] if absent. With "mfa", no code is sent by e-mail
//	sub                replaces the one derived from the e-mail
//	organizations      list of claims (siret, organization_label, roles…), one set of which,
//	                   chosen on a page, replaces the person's own
//	idp_default_siret  stands in for a siret that is missing or invalid (§2.4)
//
// # Orders
//
// Beside the routes of package control:
//
//	GET  /_sim/identities  the persons offered: [{"key","label","claims","expect"}]
//	GET  /_sim/next        the orders that wait
//	POST /_sim/next        how the next authorisation is answered, at once, without page
//
// Each order serves one authorisation request that is otherwise right, prompt=none
// included; what it may say, and how "mutate" falsifies, is told by package oidc. Of
// several organizations the one of siret_hint is taken, else the first. Only Y500015 is
// still a page.
//
// The acr and amr of an identity are sent as they are, where the request asks for them.
// Without acr, a person described by an order is at eidas1, or at eidas2 (amr
// ["pwd","otp","mfa"]) where a level is demanded; an offered one ("key") is at her own
// level, or at eidas2 where that is not accepted.
//
// After an order that signed somebody in, a request that demands a level and has no order
// of its own is a step-up: it is answered at once for the same person, whatever its hints,
// at the acr that the order's identity gave, fit or not, else at eidas2. This holds in that
// browser until it signs in otherwise or out; and once, within ten minutes, for the next
// such request of the same client from a browser without cookie, unless a page of that
// client opened in between.
package proconnect
