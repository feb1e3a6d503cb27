// Package authz answers the first of three questions about every request: may this role
// do this act on this kind of object? Whether the object is his is asked in SQL, whether
// its state allows it by the domain (ARCHITECTURE.md §8).
//
// It is casbin's home. Model and policy are embedded and reviewed in Git; the policy
// names every permission, and what it does not name is refused. Who holds which role is
// in our tables and arrives with the actor. testdata/matrix.txt shows the whole policy as
// one page.
package authz
