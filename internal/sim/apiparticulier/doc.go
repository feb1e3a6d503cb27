// Package apiparticulier simulates API Particulier: the quotient familial by identity and
// by FranceConnect token (v3), the older route that editors still call (v2), and the routes
// around them (reference/api-particulier.md §7).
//
// It checks in the order of §7.5 — blacklisted token, address, throttle, unknown, expired,
// scopes, request in progress, recipient, parameters — and refuses with the bodies, codes
// and statuses of §7.4. FranceConnect tokens are read by a real call to the issuer's
// /checktoken (reference/identity.md §1.8). Two defects of the service in production are not
// copied: a request without sex is refused with 422 and not 500, and a refused request does
// not block the next one for a minute. Answers are not cached, so that a family put anew is
// seen at once; X-Response-Cached always says false.
//
// # Families
//
// What is answered comes from families: the project's own (families/*.yaml, invented persons
// but Angela DUBOIS of the FranceConnect sandbox), those of the official sandbox that
// ReadFamilies reads from a directory, and those put by PUT /_sim/families, the last one
// winning.
//
// A family answers when the request's parameters equal its own, recipient apart, case
// ignored, order of first names kept (DEMO.md). Equal means all of them: the official files
// ask for it, where the same person answers 200 with her year of birth and 404 without. Both
// sides are first reduced as the service does before it calls the provider: blank is absent,
// "06" is 6, a month without year and a day without month are dropped, and so is the commune
// of a person born abroad. With a FranceConnect token the parameters are the pivot identity,
// to which the usual name does not belong: it is left out of the comparison, and where no
// family has the FranceConnect route, one of the identity route answers. A request that
// nobody matches gets its route's 404 of the official sandbox; it is also what the official
// v3-franceconnect/404.yaml says, whose four parameters no pivot identity can equal.
//
// Own families are written once, with the parameter names and the payload of v3; what v2
// answers is translated from it.
package apiparticulier
