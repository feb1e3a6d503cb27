//go:build race

package intake

// heldTimes is how many times more memory a program holds under the race detector, which keeps notes on each byte.
const heldTimes = 4
