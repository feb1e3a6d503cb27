// Package decision is what people and DataPass decide of habilitations. A decision is made
// from what was read, without side effect, and recorded whole in one transaction: the
// state, the journal, the subscription to bring about, the mails, the events of editors.
// Of two people who decide at once one wins and the other is told.
package decision
