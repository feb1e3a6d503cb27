package qfgateway

import (
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
)

// shownToken reads the one token of a call, which either header may carry on both routes
// (§7.1). ok is false where there is none, or more than one.
func shownToken(headers http.Header) (text value.Secret, ok bool) {
	bearers, keys := headers.Values("Authorization"), headers.Values("X-Api-Key")
	if len(bearers) > 1 || len(keys) > 1 {
		return "", false
	}
	shown := keys
	if len(bearers) == 1 {
		scheme, token, _ := strings.Cut(bearers[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", false
		}
		shown = append([]string{token}, keys...)
	}
	switch {
	case len(shown) == 0 || shown[0] == "":
		return "", false
	case len(shown) == 2 && subtle.ConstantTimeCompare([]byte(shown[0]), []byte(shown[1])) != 1:
		return "", false
	}
	return value.Secret(shown[0]), true
}

// tellAllowance says what is left of the calls of this second, where one was counted (§7.6).
func tellAllowance(c *gin.Context, allowance credential.Allowance) {
	if allowance.Limit == 0 {
		return
	}
	// Named as net/http writes them, whatever the case.
	c.Header("Ratelimit-Limit", strconv.Itoa(allowance.Limit))
	c.Header("Ratelimit-Remaining", strconv.Itoa(max(0, allowance.Remaining)))
	c.Header("Ratelimit-Reset", strconv.FormatInt(allowance.Reset.Unix(), 10))
	if allowance.Exceeded {
		c.Header("Retry-After", "1") // the window is a second
	}
}
