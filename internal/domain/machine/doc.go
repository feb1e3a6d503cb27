// Package machine is the programs that call us as the software of an editor: its API clients,
// the secrets by which they show who they are (RFC 6749, client credentials), and the access
// tokens that they are given for an hour.
//
// A client has at most two secrets at a time, so that one is replaced without a second of
// silence. A secret is shown once and kept as a keyed hash. Whatever cuts a client, a secret or
// a scope cuts the access tokens at once: nothing is remembered from one call to the next.
package machine
