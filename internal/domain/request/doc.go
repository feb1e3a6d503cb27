// Package request is how a local authority asks for a habilitation, and how the instructors
// answer (editors' guide, 2.a and 2.b).
//
// A request, whose states are in package habilitation, has an application: the answers of the
// town, written block by block, and how far they are in the exchange with the instructors.
// Each deposit is kept as it was sent. An approval copies the last deposit into the
// habilitation; to cancel or refuse a modification copies the habilitation back. Documents
// never change either, so that an answer that comes back brings its document along.
//
// The template with which a request was begun says what is asked, and fills in the rest: what
// it locks is applied again whenever something is written, whatever was sent.
//
// Approvals and refusals are decided in package decision, which this one does not know.
package request
