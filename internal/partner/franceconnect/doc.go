// Package franceconnect signs citizens in with FranceConnect v2 (reference/identity.md §1):
// it is the dossier's IdentityProvider. The code flow, its verifications and what is told of
// a failure are package oidc's; what is FranceConnect's own is here: the scopes, the
// level, the absence of PKCE and the civil status.
package franceconnect
