// Package hubee deposits dossiers at HubEE and follows what becomes of them, in the role
// of the depositor (scope OSL). It speaks version 1 of the folder interface, as described
// by reference/hubee.md and HubEE's published OpenAPI file, and implements
// dossier.Depositor and dossier.Correspondence.
//
// A method is one exchange, or a fixed sequence of them for Close. Nothing is tried
// again here, since the outbox does it, with one exception: a call refused for its token
// is repeated once with a fresh one. (Below, net/http repeats a read that finds its kept
// connection closed.) Every failure leaves as a fault whose text holds
// HubEE's status, numeric code and the sentences known to quote nothing of the request:
// a body is never logged nor wrapped, because it may repeat the citizen's name.
package hubee
