// Package outward is how the adapters speak HTTP to the outside: never to an address that
// nobody configured, never without end, and without repeating in an error what came
// through the wire, which may be a person's.
package outward
