package request

import (
	"testing"
	"time"
)

// « claim decided by an instructor in one click when the holder does not answer in 72 h »
func TestAClaimIsRipeAtSeventyTwoHours(t *testing.T) {
	at := instant(t, "2026-10-23T10:00:00+02:00") // the clocks change on the 25th
	for after, want := range map[time.Duration]bool{
		0: false, 71 * time.Hour: false, 72*time.Hour - time.Nanosecond: false, 72 * time.Hour: true, 72*time.Hour + time.Nanosecond: true, 1000 * time.Hour: true,
	} {
		if got := (Claim{State: ClaimWaiting, At: at}).Ripe(at.Add(after)); got != want {
			t.Errorf("after %s: ripe %v", after, got)
		}
	}
	for _, state := range ClaimStates {
		if got := (Claim{State: state, At: at}).Ripe(at.Add(100 * time.Hour)); got != (state == ClaimWaiting) {
			t.Errorf("%s: ripe %v", state, got)
		}
	}
}
