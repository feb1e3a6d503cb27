// Package sirene simulates the company register, INSEE's API Sirene 3.11, for the one call
// that the portal makes: GET /api-sirene/3.11/siret/{siret} with the header
// X-INSEE-Api-Key-Integration (SETTLED.md, Names; reference/formulaire-qf.md §3.4).
//
// It checks as the service does: the key at its gateway (401), the form of the SIRET (400),
// then the register (404). Establishments are those given at start and those put by
// PUT /_sim/organizations (DEMO.md).
package sirene
