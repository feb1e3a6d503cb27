// Package app is the composition root: it builds every part of the portal from the
// configuration, and runs them together. Nothing else knows an adapter.
package app
