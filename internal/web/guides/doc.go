// Package guides is what the portal says to the editors of software who connect it: the
// steps before the first town (mise_en_production), how dossiers are read in HubEE (hubee) and
// how quotients are refreshed (quotient).
//
// The pages are public. To somebody who acts for an editor, the first one says besides which
// steps are facts already. The examples of the pages are data of this package, or printed so
// that they can be run as they are: the stories of package e2e run them against the portal
// and the simulators, and compare the answers.
//
// The French is in templates/pages/guides.
package guides
