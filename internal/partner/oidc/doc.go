// Package oidc is what signing in with FranceConnect and with ProConnect has in common:
// the authorization code flow of a relying party and its verifications, in the order of
// reference/identity.md §3.3.
//
// The endpoints derive from the issuer and nothing is fetched before the first sign-in,
// so that the portal starts while a provider is down. The library's UserInfo is not
// used: it believes unsigned, expired and foreign answers (reference/identity.md §3.2).
// Its remote key set is not either: it keeps a withdrawn key for ever, and hides whether
// the keys could not be had or the signature is false, which people are told apart.
//
// No error of this package repeats a token, a claim, the body of an answer or a text
// that the provider or a visitor wrote.
package oidc
