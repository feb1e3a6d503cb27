// Package renewal is the prolongation of a token of API Particulier (editors' guide, 6): the
// reminders before and after its expiry, the answers of whoever made the request, and what they
// decide.
//
// A habilitation has no expiry: its token alone has one. It is prolonged with its text, so that
// an editor has nothing to change. A reminder is a row that exists once for a token, an expiry
// and a stage; a prolongation is one for a token and the expiry that it moved. Both are made
// impossible twice by a key of the database, whatever the number of instances.
package renewal
