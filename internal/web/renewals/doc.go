// Package renewals is the watch over the prolongations of tokens: the towns at risk, those to be
// called, the reminders to come, what became of those that left, and the modifications that were
// not decided in time. It changes nothing.
//
// The same pages are in the spaces of the administration, of the instructors and of support. The
// names and telephone numbers of the agents of towns are shown to those alone who may read
// habilitations, where they are (package habilitations).
//
// Editors have the calendar and the results, which count those of their clients alone (package
// editorspace has their list).
package renewals
