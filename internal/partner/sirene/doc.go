// Package sirene asks the company register, INSEE's API Sirene 3.11, who stands behind a
// SIRET: it is the directory's Registry (reference/formulaire-qf.md §3.4; SETTLED.md, names).
//
// INSEE answers 30 questions a minute, so a client that asks in bulk asks one at a time and
// rests after each answer. A person who waits must not stand in that queue: a client made
// without a pause is for him. Nothing is asked twice: whoever asks decides whether to ask
// again.
package sirene
