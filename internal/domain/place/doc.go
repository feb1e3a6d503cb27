// Package place names places of birth and départements from their codes in INSEE's official
// geographic code (COG), so that a person reads « Toulouse » and not « 31555 »
// (reference/users-reliability-security.md A.9; SETTLED.md, Web).
//
// Three text files are embedded. communes.txt.gz and departements.txt are written by
// gen/main.go from the npm package @etalab/decoupage-administratif (Licence Ouverte), run by
// hand when a new year of the COG is published; countries.txt is kept by hand. Communes are
// read in place by binary search: about a megabyte of text stays in memory, no map.
//
// Birth places keep the codes of their time (reference/identity.md §1.5), so the table knows
// every commune since 1943, under its last name.
package place

//go:generate go run ./gen
