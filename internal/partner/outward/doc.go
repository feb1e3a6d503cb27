// Package outward is how the adapters speak HTTP to the outside: never to an address that
// nobody configured, never without end, and without repeating in an error what came
// through the wire, which may be a person's. A Breaker spares callers the wait for what does
// not answer.
package outward
