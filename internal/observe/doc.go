// Package observe counts what the portal does, for the operator's monitoring. Labels are
// routes, kinds and codes: never a SIRET, an identifier or anything of a person.
package observe
