// Package outbox names what leaves the house: an order is recorded in the transaction that
// decides it, and carried out afterwards, as often as it takes.
package outbox
