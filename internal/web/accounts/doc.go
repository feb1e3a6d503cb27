// Package accounts is the door of the professional side: the sign-in with ProConnect and
// its refusals, the choice of a space, the confirmation of one's identity before a
// sensitive act, invitations, and one's own account.
//
// It is also the gate of the router: it sends those who may not pass yet where they can
// earn it. The French is in templates/pages/accounts.
package accounts
