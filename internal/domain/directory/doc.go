// Package directory knows the collectivities that offer the form: who they are, where
// they lie, whom a citizen asks for help, and to which addresses of theirs or of their
// software a citizen may be sent back.
//
// It also knows the organisations for which professionals sign in, collectivities or not:
// the company register tells them, what it tells is kept for when it does not answer, and
// asked again every day.
package directory
