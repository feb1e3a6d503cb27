// Package habilitation is the right of a local authority to the data. A request carries the
// states of PRODUCT.md 4; each approval of it yields a habilitation, a version that never
// changes. A habilitation has no expiry (editors' guide, 6.a).
package habilitation
