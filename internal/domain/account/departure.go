package account

import (
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/value"
)

// Purpose is why a browser leaves for the provider.
type Purpose string

// The purposes, as the database's CHECK lists them.
const (
	PurposeLogin  Purpose = "login"
	PurposeFactor Purpose = "factor" // the same sign-in again, with a second factor
	PurposeStepUp Purpose = "stepup" // a second factor for a sensitive act
	PurposeLogout Purpose = "logout"
)

// Purposes lists every purpose.
var Purposes = [...]Purpose{PurposeLogin, PurposeFactor, PurposeStepUp, PurposeLogout}

// SignInLife is how long a browser may stay at the provider, in real time
// (reference/identity.md §3.4).
const SignInLife = 30 * time.Minute

// Pending is a browser that left for the provider and may come back once.
type Pending struct {
	StateHash [32]byte
	Browser   [32]byte // hash of the cookie of the browser that left: no other may come back
	Purpose   Purpose
	Nonce     string
	Verifier  string
	// Subject and SignedFor are who must come back, and for which establishment; "" for
	// anyone.
	Subject   string
	SignedFor string
	SessionID int64 // that the step-up is for
	ReturnTo  string
	Held      []byte // sealed form that waits for a step-up
	CreatedAt time.Time
}

// maxReturn bounds the address to which a sign-in leads back.
const maxReturn = 500

// LocalPath returns an address of ours to go back to, or "": an address that a link or a
// form proposes must never lead to another site (reference/identity.md §3.4).
func LocalPath(proposed string) string {
	if len(proposed) > maxReturn || !strings.HasPrefix(proposed, "/") || strings.HasPrefix(proposed, "//") ||
		strings.ContainsFunc(proposed, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return ""
	}
	address, err := url.Parse(proposed)
	if err != nil || address.Scheme != "" || address.Host != "" || address.Fragment != "" ||
		strings.HasPrefix(address.Path, "//") || strings.Contains(address.Path, `\`) {
		return ""
	}
	return proposed
}

// choose picks the membership in which a session begins: the only one, or the only one
// whose space holds the page that was asked for; zero where the person must choose.
func choose(memberships []Membership, returnTo string) Membership {
	if len(memberships) == 1 {
		return memberships[0]
	}
	var chosen Membership
	for _, m := range memberships {
		home := m.Role.Space().Path()
		if returnTo != home && !strings.HasPrefix(returnTo, home+"/") {
			continue
		}
		if chosen.ID != 0 {
			return Membership{}
		}
		chosen = m
	}
	return chosen
}

// departure makes the two halves of a sign-in: what is kept, and what leaves.
func departure(purpose Purpose, browser value.Token, now time.Time) (Pending, Departure) {
	state, nonce, verifier := value.NewToken(), value.NewToken().Reveal(), value.NewToken().Reveal()
	return Pending{
			StateHash: state.Hash(), Browser: browser.Hash(), Purpose: purpose, Nonce: nonce, Verifier: verifier, CreatedAt: now,
		}, Departure{
			State: state.Reveal(), Nonce: nonce, Verifier: verifier, Strong: purpose != PurposeLogin,
		}
}
