package account

import (
	"context"
	"time"

	"portail-qf/internal/domain/value"
)

// IdentityProvider is ProConnect: it says who a professional is, and for which
// establishment (reference/identity.md §2).
type IdentityProvider interface {
	// AuthorizeURL is where the browser goes to sign in.
	AuthorizeURL(departure Departure) string
	// SignIn turns the answer of the provider into a person. The caller has matched the
	// state; everything else is verified here: issuer, code, signatures, audience, nonce,
	// subject, and that userinfo is signed and about the same subject.
	//
	// Codes: signin.cancelled (the person turned back, or has no second factor where one
	// was demanded), signin.expired (the code is too old or already used), signin.refused
	// (the answer is not to be believed), signin.unavailable (the provider is down, slow
	// or refuses our registration).
	SignIn(ctx context.Context, answer SignInAnswer, nonce, verifier string) (Person, error)
	// LogoutURL is where the browser goes to end the provider's session too.
	LogoutURL(idToken value.Secret, state string) string
	// Available tells whether the provider answers at the moment; it is cached.
	Available(ctx context.Context) bool
}

// Departure is a sign-in that begins.
type Departure struct {
	State, Nonce string // at least 32 alphanumeric characters each
	Verifier     string // of PKCE
	// Strong demands a second factor (an essential acr, reference/identity.md §2.5).
	Strong bool
	// Mail and Siret are hints for a person already known; "" for none.
	Mail  string
	Siret value.Siret
}

// SignInAnswer is what the provider put in the address of our callback, unverified.
type SignInAnswer struct {
	Code, State, Issuer, Error string
}

// Person is who signed in, as the provider vouches. Texts are cut to 256 characters and
// hold no control character.
type Person struct {
	Issuer, Subject string
	GivenName       string
	UsualName       string
	Mail            string // lower case
	Siret           string // as it came: not always a SIRET
	// OrganisationLabel is for display only, "" when not told.
	OrganisationLabel string
	ProviderID        string // idp_id
	// AuthenticatedAt is when the person last proved who she is, in real time; zero when not
	// told. A session of the provider that is used again keeps its time.
	AuthenticatedAt time.Time
	ACR             string   // of the verified id_token; "" when absent
	AMR             []string // idem
	IDToken         value.Secret
}

// Organisations knows the establishments of the company register.
type Organisations interface {
	// Know gives an establishment: from the register when it was not asked today, from
	// what was kept when it does not answer. Codes: organisation.unknown (the register
	// does not know it), registry.unavailable (it does not answer and nothing was kept).
	Know(ctx context.Context, siret value.Siret) (Organisation, error)
}
