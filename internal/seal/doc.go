// Package seal encrypts what the portal must keep secret: AES-256-GCM under a ring of
// named keys. The first key of the ring seals; every key opens, so that a key is replaced
// by adding another in front of it. Each sealed text is bound to its place by associated
// data: moved to another row, it does not open.
//
// A row key is a key of its own, itself sealed by the ring. Destroying it makes the row
// unreadable wherever copies of the row may lie (PRODUCT.md §6).
package seal
