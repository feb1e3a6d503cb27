//go:build !failpoints

package failpoint_test

import "testing"

// « It does something only in programs built with -tags failpoints, which neither the
// portal nor the demo is. »
func TestAProgramBuiltWithoutTheTagIsNeverKilled(t *testing.T) {
	if last, isKilled := walk(t, "a place"); isKilled || last != "another place 3" {
		t.Errorf("FAILPOINT in a production program: last passed %q, killed %v", last, isKilled)
	}
}
