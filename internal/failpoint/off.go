//go:build !failpoints

package failpoint

// Hit does nothing in a program built without -tags failpoints.
func Hit(string) {}
