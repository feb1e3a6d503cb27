// Package sirene asks the company register, INSEE's API Sirene 3.11, who stands behind a
// SIRET: it is the directory's Registry (reference/formulaire-qf.md §3.4; SETTLED.md, names).
//
// INSEE answers 30 questions a minute, so a client asks one at a time and rests after each
// answer. Nobody waits behind these calls, and nothing is asked twice: whoever asks decides
// whether to ask again.
package sirene
