// Package hubee speaks to HubEE in two roles. Client is the depositor (scope OSL): it
// deposits dossiers and follows what becomes of them, and implements dossier.Depositor and
// dossier.Correspondence by version 1 of the folder interface. Administrator (scope ADMIN)
// makes organisations and subscriptions, and implements credential.Provisioner by version 1
// of the referential. Both are described by reference/hubee.md and HubEE's published
// OpenAPI files.
//
// A method is one exchange, or a fixed sequence of them for Close, FindSubscription and
// ChangeSubscription. Nothing is tried again here, since the outbox does it, with one
// exception: a call refused for its token is repeated once with a fresh one. (Below,
// net/http repeats a read that finds its kept connection closed.) Every failure leaves as a
// fault whose text holds HubEE's status, numeric code, the sentences known to quote nothing
// of the request and the name of the property that was refused: a body is never logged nor
// wrapped, because it may repeat the name of a citizen or of an agent.
package hubee
