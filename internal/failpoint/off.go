//go:build !failpoints

package failpoint

// Active tells whether this program has failpoints.
const Active = false

// Hit does nothing in a program built without -tags failpoints.
func Hit(string) {}
