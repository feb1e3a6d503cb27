package oidc

import (
	"errors"

	"portail-qf/internal/domain/fault"
)

// Reason sorts the failures of a sign-in by what the person is told.
type Reason int

// The reasons. The zero Reason is the severe one.
const (
	Refused       Reason = iota // the answer is not to be believed
	Cancelled                   // the person turned back at the provider
	Expired                     // the code is too old or already used
	Unavailable                 // the provider is down, slow or incoherent
	Misconfigured               // the provider refuses our registration: operations must act
)

// Error is a failed sign-in. Its text names the step and the check, never what was
// received.
type Error struct {
	Reason Reason
	// Code is the provider's error code when it is one of those that this package
	// knows, such as login_required; "" otherwise.
	Code string
	Step string
	Err  error
}

// Error names the step and what failed there.
func (e *Error) Error() string { return "oidc: " + e.Step + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Fault translates a failed sign-in into what the person is told. The cause goes with it
// for the log: it is the only place where a refused registration of ours is seen, the
// person being told that the provider is unavailable.
func Fault(err error) error {
	reason := Refused
	var failure *Error
	if errors.As(err, &failure) {
		reason = failure.Reason
	}
	switch reason {
	case Cancelled:
		return fault.Because(fault.Conflict, "signin.cancelled", err)
	case Expired:
		return fault.Because(fault.Conflict, "signin.expired", err)
	case Unavailable, Misconfigured:
		return fault.Because(fault.Unavailable, "signin.unavailable", err)
	case Refused:
	}
	return fault.Because(fault.Forbidden, "signin.refused", err)
}

func refused(step, why string) *Error {
	return &Error{Reason: Refused, Step: step, Err: errors.New(why)}
}

func unavailable(step string, cause error) *Error {
	return &Error{Reason: Unavailable, Step: step, Err: cause}
}

// fromCode classifies an error code of the provider. A code that is not listed is not
// repeated: anybody can put any text in the address of our callback
// (reference/identity.md §1.6).
func fromCode(step, code string) *Error {
	failure := &Error{Code: code, Step: step, Err: errors.New(code)}
	switch code {
	case "access_denied":
		failure.Reason = Cancelled
	case "invalid_grant":
		failure.Reason = Expired
	case "server_error", "temporarily_unavailable":
		failure.Reason = Unavailable
	case "invalid_request", "invalid_scope", "invalid_client", "invalid_acr", "unauthorized_client",
		"unsupported_response_type", "unsupported_grant_type", "idp_hint_not_found":
		failure.Reason = Misconfigured
	case "login_required", "interaction_required", "consent_required", "account_selection_required":
		failure.Reason = Refused
	default:
		return refused(step, "error code of no standard")
	}
	return failure
}
