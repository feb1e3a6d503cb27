// Package habilitations shows what was asked for the local authorities and what was granted
// to them, and lets people suspend, restore and revoke: one person suspends, another one
// revokes. The same pages are in two spaces, that of the administration and that of the
// instruction, hence a package of their own, mounted twice (Handler.Root).
//
// The handlers are in the file of their page; view_*.go say what each page prints, and the
// French is in templates/pages/habilitations and templates/messages/habilitation.tmpl.
package habilitations
