// Package apiparticulier asks API Particulier, with the FranceConnect token of the
// citizen, for the family quotient and the household that CAF or MSA know: it is the
// dossier's QuotientSource (reference/api-particulier.md §7, formulaire-qf.md §3.2).
//
// The citizen waits behind the call, so it is bounded, and its failures are sorted by
// what the citizen can do about them. The words of API Particulier are never passed on:
// only its numeric codes appear in errors.
package apiparticulier
