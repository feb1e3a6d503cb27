//go:build !race

package intake

// heldTimes is 1 without the race detector.
const heldTimes = 1
