package place

import _ "embed"

//go:embed countries.txt
var countries string

// Country gives the usual French name of a country or foreign territory from its COG code
// 99xxx (99100 is France), countries that no longer exist included. ok is false when the
// table does not have the code.
func Country(cog string) (name string, ok bool) { return find(countries, cog) }
