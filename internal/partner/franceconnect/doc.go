// Package franceconnect signs citizens in with FranceConnect v2 (reference/identity.md §1):
// it is the dossier's IdentityProvider. The code flow and its verifications are package
// oidc's; what is FranceConnect's own is here: the scopes, the level, the absence of
// PKCE, the civil status, and what the citizen is told of a failure.
package franceconnect
