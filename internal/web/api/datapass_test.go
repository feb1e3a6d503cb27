package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"portail-qf/internal/domain/decision"
)

const webhook = "/api/datapass/webhook"

func signature(body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// tell posts an event as DataPass does.
func (i *instance) tell(body string) answer {
	i.t.Helper()
	return i.ask(http.MethodPost, webhook, body, "X-Hub-Signature-256", signature(body), "Content-Type", noForm)
}

// « bad signature -> 401 {"error":"Unauthorized"}; processing failed -> 422; ok -> 200 {} »
// (api-particulier.md §1.1)
func TestDatapassIsAnswered(t *testing.T) {
	s := setScene(t)
	s.run(`INSERT INTO requests (number, source, siret, state, state_at, created_at, requester) VALUES (48231, 'datapass', '21040107100019', 'validee', $1, $1, '{}')`, noon)
	s.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, form_uid, title, terms, contacts, approved_by, approved_at)
		VALUES (10000042, 48231, '21040107100019', 'COMMUNE DE MAJASTRES', true, true, '{}', '', '', '', '{}', 'DataPass', $1)`, noon)
	s.run(`INSERT INTO tokens (id, request, habilitation, siret, scopes, issued_at, expires_at)
		VALUES ('0b6f2a54-3c1d-8e7f-9a10-4f6d2c8b7e11', 48231, 10000042, '21040107100019', '{}', $1, $1)`, noon)
	portal := s.start()
	for _, test := range []struct {
		answer decision.Received
		err    error
		status int
		body   string
	}{
		{decision.Received{State: decision.Applied}, nil, http.StatusOK, `{}`},
		// « ok on `approve` → 200 {"token_id":"<uuid>"} …; nil for a form-only habilitation »
		{decision.Received{State: decision.Applied, Event: "approve", Request: 48231}, nil, http.StatusOK, `{"token_id":"0b6f2a54-3c1d-8e7f-9a10-4f6d2c8b7e11"}`},
		{decision.Received{State: decision.WithoutUse, Event: "approve", Request: 48231}, nil, http.StatusOK, `{"token_id":"0b6f2a54-3c1d-8e7f-9a10-4f6d2c8b7e11"}`},
		{decision.Received{State: decision.Applied, Event: "approve", Request: 48232}, nil, http.StatusOK, `{"token_id":null}`},
		{decision.Received{State: decision.WithoutUse, Reason: "datapass.late"}, nil, http.StatusOK, `{}`},
		{decision.Received{State: decision.Trial}, nil, http.StatusOK, `{}`},
		{decision.Received{State: decision.Quarantined, Reason: "datapass.siret_invalid"}, nil, http.StatusUnprocessableEntity, errorText("datapass.siret_invalid")},
		{decision.Received{}, errors.New("un défaut"), http.StatusInternalServerError, errorText("Internal Server Error")},
		{decision.Received{}, driver.ErrBadConn, http.StatusServiceUnavailable, errorText("Service Unavailable")},
	} {
		s.inbox.answer, s.inbox.err = test.answer, test.err
		portal.tell(`{"event":"approve"}`).is(test.status, test.body)
	}
}

// Whatever bytes are signed are handed over as they came; nothing else is, nor logged.
func TestOnlyWhatDatapassSignedIsHandedOver(t *testing.T) {
	s := setScene(t)
	portal := s.start()
	signed := []string{
		`{"event":"approve","data":{"applicant":{"email":"camille@exemple.fr"}}}`, `{"a":1,"a":2}`, `{"event":`, "\xff\x00", `{"a":"\ud800"}`,
		strings.Repeat(`[`, 10_000), "a=%zz", " ", "", strings.Repeat("x", maxEvent),
	}
	for _, body := range signed {
		for _, kind := range []string{noForm, formType, "multipart/form-data"} {
			portal.ask(http.MethodPost, webhook, body, "X-Hub-Signature-256", signature(body), "Content-Type", kind).is(http.StatusOK, `{}`)
			if len(s.inbox.bodies) != 1 || s.inbox.bodies[0] != body {
				t.Errorf("of %.40q as %s, %d events were handed over", body, kind, len(s.inbox.bodies))
			}
			s.inbox.bodies = nil
		}
		for _, forged := range [][]string{nil, {signature(body + " ")}, {signature(body), signature(body)}, {strings.TrimPrefix(signature(body), "sha256=")}} {
			var headers []string
			for _, one := range forged {
				headers = append(headers, "X-Hub-Signature-256", one)
			}
			portal.ask(http.MethodPost, webhook, body, headers...).is(http.StatusUnauthorized, errorText("Unauthorized"))
		}
	}
	portal.tell(strings.Repeat("x", maxEvent+1)).is(http.StatusRequestEntityTooLarge, errorText("Request Entity Too Large"))
	portal.get(webhook).is(http.StatusMethodNotAllowed, errorText("Method Not Allowed")).has("Allow", "POST")
	if len(s.inbox.bodies) != 0 {
		t.Errorf("%d events were handed over, which DataPass did not sign", len(s.inbox.bodies))
	}
	if logged := s.log.String(); slices.ContainsFunc([]string{"camille", "approve", secret, signature(signed[0])[7:]}, func(text string) bool { return strings.Contains(logged, text) }) {
		t.Errorf("the log tells what was sent:\n%.2000s", logged)
	}
}
