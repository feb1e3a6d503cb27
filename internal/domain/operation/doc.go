// Package operation is how people watch over what the portal does by itself, and step in:
// the orders of the outbox and its dead letters, the recurring jobs, and the rotation of the
// keys that seal.
//
// It is no part of outbox because an order tried again is an event of the journal, and
// packages of the lowest rank import none of their peers. It ranks below account: it knows
// who acts as the journal does, by an audit.Author.
package operation
