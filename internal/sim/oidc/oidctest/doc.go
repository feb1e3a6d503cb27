// Package oidctest is what the tests of the simulators of FranceConnect and ProConnect have
// in common: a bench (the simulator behind a real listener, a clock, a browser, a relying
// party) and the stories that are the same for both. Only tests import it.
package oidctest
