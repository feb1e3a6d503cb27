// Package intaketest makes small PDF files for the tests of what takes them: honest ones, and those that package intake refuses.
package intaketest
