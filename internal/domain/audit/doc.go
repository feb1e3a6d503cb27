// Package audit is what the journal holds: who did what, on what, when. An event is
// recorded in the transaction of the change that it tells; nothing of it refers to a row
// that may go, so that it outlives its subjects. The journal is append-only for the
// portal itself (SETTLED.md, database roles; PRODUCT.md §6).
//
// A job seals the events by batches. A seal keeps the SHA-256 digest of its events, when it
// was made, and the digest of the seal before; its own digest is of all that. The job's
// report puts the end of the chain in the log, out of reach of whoever writes in the tables
// behind the portal's back. Verify follows the chain and names the first link that breaks.
// After the retention whole batches go, and their seals stay: each is still under its
// digest, so that nobody can age a seal to erase its events before their time.
package audit
