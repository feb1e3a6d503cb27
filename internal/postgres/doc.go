// Package postgres holds every SQL statement of the portal, one file per concept. A store
// is named after its consumer and implements the port that the consumer declared. InTx is
// the only place that begins a transaction.
//
// Business time comes as a parameter, so that tests and the demo move it; leases and job
// ticks use the database's now() (SETTLED.md, time).
package postgres
