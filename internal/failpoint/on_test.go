//go:build failpoints

package failpoint_test

import "testing"

// « the process kills itself the n-th time (the first, by default) that it passes there »,
// with SIGKILL, as a power cut would: nothing after the place happens.
func TestTheProcessIsKilledAtTheNamedPlace(t *testing.T) {
	tests := []struct {
		armed, last string
		isKilled    bool
	}{
		{"a place", "", true},
		{"a place:1", "", true},
		{"a place:2", "another place 1", true},
		{"a place:3", "another place 2", true},
		{"another place", "a place 1", true},
		{"another place:3", "a place 3", true},
		{"a place:4", "another place 3", false},
		{"no such place", "another place 3", false},
		{"", "another place 3", false},
	}
	for _, test := range tests {
		if last, isKilled := walk(t, test.armed); last != test.last || isKilled != test.isKilled {
			t.Errorf("FAILPOINT=%q: last passed %q, killed %v; want %q, %v", test.armed, last, isKilled, test.last, test.isKilled)
		}
	}
}
