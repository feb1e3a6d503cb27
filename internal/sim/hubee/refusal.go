package hubee

import (
	"fmt"
	"net/http"
)

// refusal is an error answer of HubEE; its message is quoted from reference/hubee.md §13.2,
// misspellings included, unless a comment says "[I]".
type refusal struct {
	status  int
	code    int // 900901 for the gateway's 401, the status otherwise
	message string
}

func (r *refusal) Error() string { return r.message }

func refuse(status int, format string, arguments ...any) *refusal {
	return &refusal{status: status, code: status, message: fmt.Sprintf(format, arguments...)}
}

func badRequest() *refusal { return refuse(http.StatusBadRequest, "Bad request") }

func unauthorizedUser() *refusal { return refuse(http.StatusForbidden, "Unauthorized user") }

func notFound(message string) *refusal { return refuse(http.StatusNotFound, "%s", message) }

func invalidCredentials() *refusal {
	return &refusal{
		status: http.StatusUnauthorized, code: 900901,
		message: "Invalid Credentials : Invalid Credentials. Make sure you have given the correct access token",
	}
}
