// Package failpoint lets the kill tests stop the process at a named place, as a power cut
// would. It does something only in programs built with -tags failpoints, which neither
// the portal nor the demo is; elsewhere Hit is empty and disappears.
//
// It is the one package outside their rank that rules and adapters may import.
package failpoint
