package qfgateway

import (
	"errors"
	"net/http"
	"strings"

	"portail-qf/internal/domain/inquiry"
)

// refusal is why a call is not answered: one code, or all that is wrong with its
// parameters.
type refusal []inquiry.Code

func (r refusal) Error() string {
	codes := make([]string, len(r))
	for i, code := range r {
		codes[i] = string(code)
	}
	return "refused: " + strings.Join(codes, " ")
}

// errTooLong is a query that nobody reads.
var errTooLong = errors.New("query too long")

// line is a row of the table of errors (§7.4): the statuses of the third and of the second
// version, the word of the second, "" where it is a middleware that refuses, with a flat
// body.
type line struct {
	status, statusV2 int
	word             string
	title            string // after "gateway.title."
	origin           string // the parameter of which it speaks
	meta             string // "" for {}
}

const (
	ofToken    = "token"
	ofProvider = `{"provider":"CNAF & MSA"}`
)

// lines is the table of errors.
var lines = map[inquiry.Code]line{
	inquiry.CodeToken:      {http.StatusUnauthorized, http.StatusUnauthorized, "access_denied", "token", ofToken, ""},
	inquiry.CodeExpired:    {http.StatusUnauthorized, http.StatusUnauthorized, "", "expired", ofToken, ""},
	inquiry.CodeBarred:     {http.StatusUnauthorized, http.StatusUnauthorized, "", "barred", ofToken, ""},
	inquiry.CodePrivileges: {http.StatusForbidden, http.StatusUnauthorized, "access_denied", "privileges", ofToken, ""},
	inquiry.CodeTooMany:    {http.StatusTooManyRequests, http.StatusTooManyRequests, "", "too_many", "", ""},
	inquiry.CodeInProgress: {http.StatusConflict, http.StatusConflict, "conflict_error", "in_progress", "", ""},

	inquiry.CodeRecipient:   parameter("recipient"),
	inquiry.CodeYear:        parameter(""),
	inquiry.CodeMonth:       parameter(""),
	inquiry.CodeSex:         parameter(""),
	inquiry.CodeBirthPlace:  parameter(""),
	inquiry.CodeCountry:     parameter(""),
	inquiry.CodeBirthDate:   parameter(""),
	inquiry.CodeFirstNames:  parameter(""),
	inquiry.CodeBirthName:   parameter(""),
	inquiry.CodeCivility:    parameter(""),
	inquiry.CodeDepartement: parameter(""),

	inquiry.CodeUnknown:    {http.StatusBadGateway, http.StatusServiceUnavailable, "provider_unknown_error", "unknown", "", ofProvider},
	inquiry.CodeDown:       {http.StatusBadGateway, http.StatusServiceUnavailable, "provider_unavailable_error", "down", "", ofProvider},
	inquiry.CodeThrottled:  {http.StatusBadGateway, http.StatusServiceUnavailable, "provider_error", "throttled", "", ofProvider},
	inquiry.CodeNetwork:    {http.StatusBadGateway, http.StatusBadGateway, "network_error", "network", "", `{"retry_in":10}`},
	inquiry.CodeResolution: {http.StatusBadGateway, http.StatusBadGateway, "dns_resolution_error", "resolution", "", ofProvider},
	inquiry.CodeSlow:       {http.StatusGatewayTimeout, http.StatusGatewayTimeout, "timeout_error", "slow", "", ofProvider},
}

// parameter is the row of a parameter. The service names the recipient alone.
func parameter(origin string) line {
	return line{http.StatusUnprocessableEntity, http.StatusBadRequest, "bad_request", "parameter", origin, ""}
}

// endings are the statuses of what is repeated as API Particulier said it.
var endings = map[inquiry.Ending]line{
	inquiry.Rejected:    {status: http.StatusUnprocessableEntity, statusV2: http.StatusBadRequest},
	inquiry.Absent:      {status: http.StatusNotFound, statusV2: http.StatusNotFound},
	inquiry.Failed:      {status: http.StatusBadGateway, statusV2: http.StatusBadGateway},
	inquiry.Unavailable: {status: http.StatusServiceUnavailable, statusV2: http.StatusServiceUnavailable},
	inquiry.Slow:        {status: http.StatusGatewayTimeout, statusV2: http.StatusGatewayTimeout},
}

func (l line) in(version inquiry.Version) int {
	if version == inquiry.V2 {
		return l.statusV2
	}
	return l.status
}
