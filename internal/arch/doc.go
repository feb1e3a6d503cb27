// Package arch holds the tests that keep the design true: who may import whom, which package is the one home of each library,
// and what the rules of the business may not touch. The table is house_test.go; whatever it does not name is refused.
package arch
