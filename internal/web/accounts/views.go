package accounts

import "portail-qf/internal/web"

// Views are the pages of the door, parsed at start.
type Views struct {
	sentences         *web.Templates
	signIn            web.View[signInPage]
	refusal           web.View[refusalPage]
	signedOut         web.View[plainPage]
	confirm           web.View[confirmPage]
	resume            web.View[resumePage]
	spaces            web.View[spacesPage]
	noSpace           web.View[noSpacePage]
	invitation        web.View[invitationPage]
	invitationUnknown web.View[plainPage]
	ownAccount        web.View[accountPage]
	leave             web.View[leavePage]
}

// ParseViews parses every page of the door.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		sentences:         t,
		signIn:            web.Parsed[signInPage](p, "accounts/sign_in"),
		refusal:           web.Parsed[refusalPage](p, "accounts/refusal"),
		signedOut:         web.Parsed[plainPage](p, "accounts/signed_out"),
		confirm:           web.Parsed[confirmPage](p, "accounts/confirm"),
		resume:            web.Parsed[resumePage](p, "accounts/resume"),
		spaces:            web.Parsed[spacesPage](p, "accounts/spaces"),
		noSpace:           web.Parsed[noSpacePage](p, "accounts/no_space"),
		invitation:        web.Parsed[invitationPage](p, "accounts/invitation"),
		invitationUnknown: web.Parsed[plainPage](p, "accounts/invitation_unknown"),
		ownAccount:        web.Parsed[accountPage](p, "accounts/own_account"),
		leave:             web.Parsed[leavePage](p, "accounts/leave"),
	}
	return v, p.Err()
}
