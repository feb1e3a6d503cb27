// Package audit is what the journal holds: who did what, on what, when. An event is
// recorded in the transaction of the change that it tells; nothing of it refers to a row
// that may go, so that it outlives its subjects. The journal is append-only for the
// portal itself (SETTLED.md, database roles; PRODUCT.md §6).
package audit
