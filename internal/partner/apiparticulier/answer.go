package apiparticulier

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/outward"
)

// readQuotient reads a success, which is one only if it has a data object.
func readQuotient(body []byte) (dossier.Quotient, error) {
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return dossier.Quotient{}, unavailable(errors.New("status 200, not JSON"))
	}
	if !bytes.HasPrefix(envelope.Data, []byte("{")) {
		return dossier.Quotient{}, unavailable(errors.New("status 200 without data"))
	}
	quotient, err := dossier.ParseQuotient(envelope.Data)
	if err != nil {
		return dossier.Quotient{}, unavailable(fmt.Errorf("status 200: %w", err))
	}
	return quotient, nil
}

// refusal is an error of API Particulier reduced to its numbers.
type refusal struct {
	code     string // five digits, "" when the body is not API Particulier's
	provider int    // of CAF or MSA, 0 when unknown
}

// readRefusal reads the body of an error. A body of another shape, such as a proxy's
// page, gives the zero refusal.
func readRefusal(body []byte) refusal {
	var envelope struct {
		Errors []struct {
			Code any `json:"code"`
			Meta struct {
				ProviderCode any `json:"provider_error_code"`
			} `json:"meta"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &envelope) != nil || len(envelope.Errors) == 0 {
		return refusal{}
	}
	first := envelope.Errors[0]
	var read refusal
	if code := fmt.Sprint(first.Code); len(code) == 5 && isNumber(code) {
		read.code = code
	}
	if code := fmt.Sprint(first.Meta.ProviderCode); isNumber(code) {
		// A number too long to be a code stays 0.
		read.provider, _ = strconv.Atoi(code)
	}
	return read
}

func isNumber(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// answered sorts an answer other than a success (reference/api-particulier.md §7.4,
// formulaire-qf.md §3.2) by what the citizen can do.
func answered(status int, body []byte) error {
	read := readRefusal(body)
	cause := errors.New("status " + strconv.Itoa(status))
	if read.code != "" {
		cause = fmt.Errorf("%w, code %s", cause, read.code)
	}
	if read.provider != 0 {
		cause = fmt.Errorf("%w, provider code %d", cause, read.provider)
	}
	switch {
	case status == http.StatusGatewayTimeout || status == http.StatusTooManyRequests || status == http.StatusConflict:
		return fault.Because(fault.Unavailable, "quotient.slow", cause)
	case status < http.StatusBadRequest || status >= http.StatusInternalServerError:
		return unavailable(cause)
	case isFileClosed(read.provider):
		return fault.Because(fault.Conflict, "quotient.suspended", cause)
	case isUnknownPerson(status, read.code):
		return fault.Because(fault.NotFound, "quotient.not_found", cause)
	case status == http.StatusUnauthorized && read.code == codeIncompleteIdentity:
		return fault.Because(fault.Conflict, "quotient.identity_incomplete", cause)
	case status == http.StatusUnauthorized && isFranceConnectToken(read.code):
		return fault.Because(fault.Conflict, "quotient.token_expired", cause)
	default:
		return unavailable(cause)
	}
}

// isFileClosed recognises a fund's file that exists and gives no quotient: struck off
// (101, 102), joining (111), suspended (121, 122), without a person in charge (131),
// death (132), no right (141). 133 says that there is no file
// (etalab/admin_api_entreprise#976).
func isFileClosed(provider int) bool { return provider >= 101 && provider <= 141 && provider != 133 }

// isUnknownPerson recognises the codes that say that no file answers to this civil
// status. The status alone does not: a wrong route or a proxy answers 404 too. The codes
// of 422 about the civil status count among them, for in this mode it comes from
// FranceConnect and asking again changes nothing.
func isUnknownPerson(status int, code string) bool {
	switch status {
	case http.StatusNotFound:
		switch code {
		case "10003", "23003", "35003", "37003", "40003":
			return true
		}
	case http.StatusUnprocessableEntity:
		switch code {
		case "00355", "00366", // not identified
			"00363", "00365", "00367", "00400", "00420", "00427", "00428": // one part not accepted
			return true
		}
	}
	return false
}

// isFranceConnectToken recognises a FranceConnect token that is malformed or expired:
// signing in again gives another.
func isFranceConnectToken(code string) bool { return code == "50001" || code == "50002" }

// codeIncompleteIdentity says that FranceConnect's identity lacks a part that the funds
// need: signing in again gives the same.
const codeIncompleteIdentity = "50003"

// unreached sorts a call without an answer: one that could not connect, and one that did
// and waited in vain.
func unreached(err error) error {
	var (
		network *net.OpError
		timeout net.Error
	)
	isDial := errors.As(err, &network) && network.Op == "dial"
	if !isDial && !errors.Is(err, context.Canceled) && errors.As(err, &timeout) && timeout.Timeout() {
		return fault.Because(fault.Unavailable, "quotient.slow", context.DeadlineExceeded)
	}
	return unavailable(outward.Cause(err))
}

func unavailable(cause error) error {
	return fault.Because(fault.Unavailable, "quotient.unavailable", cause)
}
