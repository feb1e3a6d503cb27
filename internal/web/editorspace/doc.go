// Package editorspace is the space of an editor: the collectivities that its software
// equips, their accesses to HubEE, its members and the invitations that it sends.
//
// The tenant of every page is the organisation of the membership in which the person acts,
// never a parameter: what is another editor's looks like what does not exist. The handlers
// are in the file of their page; view_*.go say what each page prints, and the French is in
// templates/pages/editorspace.
package editorspace
