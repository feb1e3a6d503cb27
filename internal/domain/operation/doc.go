// Package operation is how people watch over what the portal does by itself, and step in:
// the orders of the outbox and its dead letters, and the recurring jobs.
//
// Its own rank is below account: it knows who acts as the journal does, by an audit.Author.
// It is apart from outbox, which audit may not follow: concepts of the lowest rank import
// none of their peers.
package operation
