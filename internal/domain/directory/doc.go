// Package directory knows the collectivities that offer the form: who they are, where
// they lie, whom a citizen asks for help, and to which addresses of theirs or of their
// software a citizen may be sent back.
package directory
