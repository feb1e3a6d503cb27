// Package helpdesk is the space of the support: a dossier is looked up by its identifier,
// and shown with its state and its technical trace, never with what it holds.
//
// Each lookup that finds something is a line of the journal (package dossier, Lookup). What
// is malformed, unknown or erased is answered alike. The French is in
// templates/pages/helpdesk.
package helpdesk
