// Package apiparticulier asks API Particulier for the family quotient and the household
// that CAF or MSA know (reference/api-particulier.md §7): Client with the FranceConnect token
// of a citizen, as the dossier's QuotientSource (formulaire-qf.md §3.2), and Identity with our
// own token in the name of a town whose software names a person, as inquiry.Source.
//
// Somebody waits behind each call, so it is bounded; Identity says at once, for a while, that
// API Particulier did not answer lately. A citizen's failures are sorted by what she can do
// about them, and the words of API Particulier are never passed on: only its numeric codes
// appear in errors. To a program they are passed on, if they are of the documented shape.
package apiparticulier
