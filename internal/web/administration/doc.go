// Package administration is the space of the operator's administrators, for what is about
// people and organisations: who has an account, in which roles, invitations, sessions under
// way, the establishments of the company register, and the collectivities.
//
// The handlers are in the file of their page; view_*.go say what each page prints, and the
// French is in templates/pages/administration. Nobody edits his own rights here, and nothing
// is read of a form but the fields that its page has.
package administration
