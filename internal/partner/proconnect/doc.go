// Package proconnect signs professionals in with ProConnect (reference/identity.md §2): it
// is the account's IdentityProvider. The code flow, its verifications and what is told of
// a failure are package oidc's; what is ProConnect's own is here: the scopes, PKCE, the
// demand of a second factor, the hints, and the reading of the person.
//
// No level is refused here: the id_token's acr and amr go with the person, and
// account.Strong judges them.
package proconnect
