// Package hubee simulates HubEE V1, the State's exchange hub: the token endpoint, the
// folder API (/teledossiers/v1), the referential API (/referential/v1) and a small portal
// screen. It is strict where the contract speaks (rights, limits, life cycles, documented
// error texts, misspellings included) and says "[I]" in a comment where it had to choose.
//
// Three kinds of clients meet here: the depositor (scope OSL), the towns or their editors
// (scope SI, one credential per subscription) and the administrator (scope ADMIN).
// Everything lives in memory, in real time, behind one lock: an exchange either happened
// entirely or not at all, which is what makes the "lost answer" fault meaningful.
//
// Reading order: contract.go (the objects on the wire), route.go (who may call what),
// then one file per resource. The source of every rule is reference/hubee.md; the code
// was written from it and from the two OpenAPI files alone.
package hubee
