package hubee_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/hubee"
)

// checkFault also checks that nothing of the applicant is in the error.
func checkFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", code)
	}
	if !fault.Is(err, code) || fault.KindOf(err) != kind {
		t.Errorf("error of code %q and kind %d, want %q and %d: %v", fault.CodeOf(err), fault.KindOf(err), code, kind, err)
	}
	for _, personal := range []string{"Angela", "DUBOIS", clientSecret, "token-"} {
		if strings.Contains(err.Error(), personal) {
			t.Errorf("the error holds %q: %v", personal, err)
		}
	}
}

type operation struct {
	name, route string
	missing     string // code of a 404; "" when a 404 is no answer, "ok" when it is a success
	run         func(context.Context, *hubee.Client) error
}

// operations are the calls of the ports that are one exchange.
func operations() []operation {
	return []operation{
		{"create", "POST /folders", "", func(ctx context.Context, c *hubee.Client) error {
			_, err := c.Create(ctx, folderRequest())
			return err
		}},
		{"find", "GET /folders/{folder}", "hubee.folder_missing", func(ctx context.Context, c *hubee.Client) error {
			_, err := c.Find(ctx, folderID)
			return err
		}},
		{"upload", "PUT /folders/{folder}/attachments/{att}", "hubee.folder_missing", func(ctx context.Context, c *hubee.Client) error {
			return c.Upload(ctx, folderID, attachmentID(0), []byte("x"))
		}},
		{"complete", "PATCH /folders/{folder}", "hubee.folder_missing", func(ctx context.Context, c *hubee.Client) error {
			return c.Complete(ctx, folderID)
		}},
		{"withdraw", "DELETE /folders/{folder}", "ok", func(ctx context.Context, c *hubee.Client) error {
			return c.Withdraw(ctx, folderID)
		}},
		{"notifications", "GET /notifications", "", func(ctx context.Context, c *hubee.Client) error {
			_, err := c.Notifications(ctx, 25)
			return err
		}},
		{"event", "GET /cases/{case}/events/{event}", "hubee.event_missing", func(ctx context.Context, c *hubee.Client) error {
			_, err := c.Event(ctx, caseID, eventID)
			return err
		}},
		{"acknowledge", "PATCH /cases/{case}/events/{event}", "hubee.event_missing", func(ctx context.Context, c *hubee.Client) error {
			return c.Acknowledge(ctx, caseID, eventID)
		}},
		{"discard", "DELETE /notifications/{notification}", "ok", func(ctx context.Context, c *hubee.Client) error {
			return c.Discard(ctx, noticeID)
		}},
		{"case_status", "GET /cases/{case}", "hubee.case_missing", func(ctx context.Context, c *hubee.Client) error {
			_, err := c.CaseStatus(ctx, caseID)
			return err
		}},
		{"close", "GET /cases/{case}", "hubee.case_missing", func(ctx context.Context, c *hubee.Client) error {
			return c.Close(ctx, folderID, caseID, "DONE")
		}},
	}
}

// « hubee.unavailable (down, slow, 5xx, token refused: try later), hubee.refused (a 4xx
// that the same call will meet again) », on every method.
func TestStatusesBecomeFaults(t *testing.T) {
	const quoting = `{"errors":[{"code":%d,"message":"Applicant Angela DUBOIS is not welcome"}]}`
	for _, one := range operations() {
		for _, status := range []int{200, 201, 202, 204, 301, 302, 400, 401, 403, 404, 405, 408, 409, 413, 422, 429, 500, 502, 503, 504} {
			for form, body := range map[string]string{"JSON": fmt.Sprintf(quoting, status), "text": "Angela DUBOIS", "empty": ""} {
				if status == http.StatusNoContent && form != "empty" {
					continue
				}
				kind, code := expected(one, status, form)
				if code == "" {
					continue // what this operation calls a success
				}
				t.Run(fmt.Sprintf("%s %d %s", one.name, status, form), func(t *testing.T) {
					h := newHub(t)
					twice := twist{answer: answering(status, body)}
					h.on(one.route, twice, twice)
					err := one.run(t.Context(), h.client())
					if code == "ok" {
						if err != nil {
							t.Errorf("got %v, want a success", err)
						}
						return
					}
					checkFault(t, err, kind, code)
				})
			}
		}
	}
}

// A 404 that is not in HubEE's words is a broken road to HubEE, not an absent object.
func expected(one operation, status int, form string) (fault.Kind, string) {
	if status == http.StatusNotFound && form != "JSON" {
		return fault.Unavailable, "hubee.unavailable"
	}
	if status == http.StatusConflict && one.name == "create" {
		return fault.Conflict, "hubee.duplicate"
	}
	switch status {
	case 200, 201, 202, 301, 302:
		return fault.Unavailable, "hubee.unavailable"
	case 204:
		if strings.HasPrefix(one.route, "GET") || strings.HasPrefix(one.route, "POST") {
			return fault.Unavailable, "hubee.unavailable"
		}
		return 0, ""
	case 404:
		switch one.missing {
		case "":
			return fault.Unavailable, "hubee.unavailable"
		case "ok":
			return 0, "ok"
		}
		return fault.NotFound, one.missing
	case 401, 403, 408, 429, 500, 502, 503, 504:
		return fault.Unavailable, "hubee.unavailable"
	}
	return fault.Invalid, "hubee.refused"
}

// The errors of reference/hubee.md §13.2 that a depositor meets, and what is kept of
// their words.
func TestHubEEsRefusals(t *testing.T) {
	create, upload := operations()[0], operations()[2]
	for name, c := range map[string]struct {
		operation
		status  int
		message string
		kind    fault.Kind
		code    string
		kept    string
	}{
		"E8":                                 {create, 400, "Bad Request : Validation failed.\n[ERROR][REQUEST][POST /teledossiers/v1/folders @body] Object has missing required properties ([\"applicant\"])", fault.Invalid, "hubee.refused", "HubEE answered 400, code 400: Bad Request : Validation failed"},
		"E9":                                 {create, 400, "Case recipient SI-11001401600015-75108 does not suscribed to MSABEI", fault.Unavailable, "hubee.not_subscribed", "no active subscription"},
		"E9, well spelled":                   {create, 400, "Case recipient SI-11001401600015-75108 does not subscribed to MSABEI", fault.Unavailable, "hubee.not_subscribed", "no active subscription"},
		"E10":                                {create, 400, "Case recipient SI-11001401600011-75108 does not exist", fault.Unavailable, "hubee.not_subscribed", "unknown to HubEE"},
		"something else that does not exist": {create, 400, "Attachment type Angela does not exist", fault.Invalid, "hubee.refused", "HubEE answered 400, code 400"},
		"duplicate":                          {create, 400, "Folder Formulaire-QF-ABCDEFGHJKLM7 already exists", fault.Conflict, "hubee.duplicate", "already has this reference"},
		"duplicate, otherwise said":          {create, 400, "ExternalId Already Exist", fault.Conflict, "hubee.duplicate", "already has this reference"},
		"duplicate, but not 400":             {create, 403, "Folder already exists", fault.Unavailable, "hubee.unavailable", "HubEE answered 403, code 403"},
		"E4":                                 {create, 403, "Unauthorized user", fault.Unavailable, "hubee.unavailable", "code 403: Unauthorized user"},
		"E11":                                {upload, 400, "Size does not match with attachment meta-data", fault.Invalid, "hubee.refused", "code 400: Size does not match with attachment meta-data"},
		"E12":                                {upload, 404, "Binary meta-data is not found", fault.NotFound, "hubee.folder_missing", "code 404: Binary meta-data is not found"},
		"E13":                                {upload, 500, "Bad Response : Validation failed.\n[ERROR][RESPONSE][PUT /x] [Path '/errors'] Instance type (object) does not match", fault.Unavailable, "hubee.unavailable", "code 500: Bad Response : Validation failed at /errors"},
		"a quoted name":                      {create, 400, "Bad Request : Validation failed.\n[Path '/applicant/lastName'] String \"DUBOIS Angela\" is too long", fault.Invalid, "hubee.refused", "Validation failed at /applicant/lastName"},
		"a name in the way":                  {create, 400, "Bad request: Angela DUBOIS", fault.Invalid, "hubee.refused", "code 400: Bad request"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.on(c.route, twist{answer: refusing(c.status, c.message)})
			err := c.run(t.Context(), h.client())
			checkFault(t, err, c.kind, c.code)
			if !strings.HasSuffix(err.Error(), c.kept) {
				t.Errorf("error %q, want it to end with %q", err, c.kept)
			}
		})
	}
}

// « non-JSON bodies are tolerated », and so are strange ones: the status decides.
func TestStrangeErrorBodies(t *testing.T) {
	for name, c := range map[string]struct{ body, kept string }{
		"page":                 {"<html>Angela DUBOIS</html>", "HubEE answered 400"},
		"list":                 {`["Angela DUBOIS"]`, "HubEE answered 400"},
		"errors as an object":  {`{"errors":{"code":400,"message":"Angela DUBOIS"}}`, "HubEE answered 400"},
		"code in a string":     {`{"errors":[{"code":"400","message":"Bad request"}]}`, "HubEE answered 400, code 400: Bad request"},
		"code in words":        {`{"errors":[{"code":"DUBOIS","message":"Bad request"}]}`, "HubEE answered 400: Bad request"},
		"code like a register": {`{"errors":[{"code":1850175107001,"message":"Bad request"}]}`, "HubEE answered 400: Bad request"},
		"several":              {`{"errors":[{"code":1},{"code":2},{"code":3},{"code":4}]}`, "HubEE answered 400, code 1, code 2, code 3"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.on("PATCH /folders/{folder}", twist{answer: answering(400, c.body)})
			err := h.client().Complete(t.Context(), folderID)
			checkFault(t, err, fault.Invalid, "hubee.refused")
			if !strings.HasSuffix(err.Error(), c.kept) {
				t.Errorf("error %q, want it to end with %q", err, c.kept)
			}
		})
	}
}

// « response header X-Request-Id: log it when present »
func TestRequestIDReachesTheError(t *testing.T) {
	for given, kept := range map[string]string{
		"7f9c2a10-0001": "HubEE answered 500 (request 7f9c2a10-0001)",
		"Angela DUBOIS": "HubEE answered 500",
	} {
		h := newHub(t)
		h.on("GET /folders/{folder}", twist{answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-Id", given)
			w.WriteHeader(http.StatusInternalServerError)
		}})
		_, err := h.client().Find(t.Context(), folderID)
		checkFault(t, err, fault.Unavailable, "hubee.unavailable")
		if !strings.HasSuffix(err.Error(), kept) {
			t.Errorf("error %q, want it to end with %q", err, kept)
		}
	}
}
