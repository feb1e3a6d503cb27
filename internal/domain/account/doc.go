// Package account is the professional side's people: who signs in with ProConnect, for
// which organisation, in which role, and until when.
//
// A person is an account, keyed by (issuer, sub). A role is a membership: this account,
// this role, for this organisation. A session acts in one membership at a time, read
// again at every request. Staff and editors enter by invitation; agents of a local
// authority by the SIRET of their sign-in (PRODUCT.md §1; reference/identity.md §2–3).
package account
