// Package webtest checks pages as a browser, a screen reader and a proofreader would: every
// page that a test fetches goes through it.
package webtest
