package apiparticulier

import (
	"errors"
	"fmt"
	"net/http"

	"portail-qf/internal/domain/inquiry"
)

// endings are the refusals that are repeated as they came, if they are of the documented
// shape (§7.4).
var endings = map[inquiry.Version]map[int]inquiry.Ending{
	inquiry.V2: {
		http.StatusBadRequest: inquiry.Rejected, http.StatusNotFound: inquiry.Absent, http.StatusBadGateway: inquiry.Failed,
		http.StatusServiceUnavailable: inquiry.Unavailable, http.StatusGatewayTimeout: inquiry.Slow,
	},
	inquiry.V3: {
		http.StatusUnprocessableEntity: inquiry.Rejected, http.StatusNotFound: inquiry.Absent, http.StatusBadGateway: inquiry.Failed,
		http.StatusServiceUnavailable: inquiry.Unavailable, http.StatusGatewayTimeout: inquiry.Slow,
	},
}

// readIdentity reads an answer. bare is true for one that a proxy gave in the place of API
// Particulier.
func readIdentity(version inquiry.Version, status int, body []byte) (answer inquiry.Answer, bare bool, err error) {
	if status == http.StatusOK {
		if answer, err = inquiry.ParseAnswer(version, body); err != nil {
			err = unbelieved(inquiry.CodeUnknown, status, err)
		}
		return answer, false, err
	}
	if ending, documented := endings[version][status]; documented {
		passed, err := inquiry.ParseRefusal(version, ending, body)
		if err == nil {
			return inquiry.Answer{}, false, passed
		}
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return inquiry.Answer{}, false, unbelieved(inquiry.CodeUnknown, status, refusedToken(body))
	case http.StatusConflict:
		return inquiry.Answer{}, false, unbelieved(inquiry.CodeInProgress, status, errRefused)
	case http.StatusTooManyRequests:
		return inquiry.Answer{}, false, unbelieved(inquiry.CodeThrottled, status, errRefused)
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return inquiry.Answer{}, true, unbelieved(inquiry.CodeDown, status, inquiry.ErrShape)
	case http.StatusGatewayTimeout:
		return inquiry.Answer{}, true, unbelieved(inquiry.CodeSlow, status, inquiry.ErrShape)
	}
	return inquiry.Answer{}, false, unbelieved(inquiry.CodeUnknown, status, inquiry.ErrShape)
}

var errRefused = errors.New("refused")

func unbelieved(code inquiry.Code, status int, cause error) error {
	return &inquiry.Unanswered{Code: code, Cause: fmt.Errorf("status %d: %w", status, cause)}
}

// refusedToken keeps the code by which API Particulier refuses our token, for whoever must
// see to it.
func refusedToken(body []byte) error {
	if code := readRefusal(body).code; code != "" {
		return fmt.Errorf("%w, code %s", inquiry.ErrOurToken, code)
	}
	return inquiry.ErrOurToken
}
