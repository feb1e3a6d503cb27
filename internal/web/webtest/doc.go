// Package webtest is what the tests of pages share. It checks pages as a browser, a screen
// reader and a proofreader would: every page that a test fetches goes through it. It also
// sets what stands around a page: the portal's templates, its router, its policy, and who has
// signed in.
package webtest
