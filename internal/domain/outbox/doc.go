// Package outbox names what leaves the house: an order is recorded in the transaction that
// decides it, and carried out afterwards, as often as it takes. An order that no retry can
// mend, or that fails for too long, is abandoned: it is then a dead letter, that somebody
// may take up again.
package outbox
