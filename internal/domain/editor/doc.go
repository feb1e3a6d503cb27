// Package editor knows the publishers of the software that local authorities use: where
// HubEE finds them, which address is written to, and which forms are theirs.
package editor
