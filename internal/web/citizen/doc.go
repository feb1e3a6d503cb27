// Package citizen is the public space: the search of a collectivity, its form, the
// journey through FranceConnect to a transmitted dossier, and its follow-up.
//
// The handlers are in the file of their page; view_*.go say what each page prints, and the
// French is in templates/pages/citizen.
package citizen
