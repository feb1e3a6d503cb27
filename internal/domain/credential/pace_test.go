package credential

import "testing"

// A call that began in a second that is over gives no software a second first call.
func TestASecondThatIsOverDoesNotComeBack(t *testing.T) {
	var p pace
	calm, eager := Shown{ID: "calm"}, Shown{ID: "eager"}
	if !p.first(eager, 1, 100) || p.first(eager, 1, 100) || !p.knows(eager, 100) || p.knows(calm, 100) {
		t.Fatal("the first call of a second is not told from the next ones")
	}
	if !p.first(eager, 1, 101) {
		t.Error("a new second has no first call")
	}
	if p.first(calm, 2, 100) || !p.knows(calm, 100) {
		t.Error("a call of a second that is over is not the store's to count")
	}
	if p.first(eager, 1, 101) || !p.knows(eager, 101) {
		t.Error("a late call made the present second begin again")
	}
}
