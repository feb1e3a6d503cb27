// Package webtest is what the tests of pages share. It checks pages as a browser, a screen
// reader and a proofreader would: every page that a test fetches goes through it. It also
// sets what stands around them: the portal's templates, its router and its policy, somebody
// who is signed in (a row of sessions, written as a sign-in leaves it), and what he asks. Which pages are on the router, and what they must say,
// is for each package.
package webtest
