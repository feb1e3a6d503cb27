package hubee_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/hubee"
	simulator "portail-qf/internal/sim/hubee"
)

// administration is a method of the port, seen from its last exchange.
type administration struct {
	name, match string
	before      []object // what the exchanges before it answer
	success     int
	missing     string // code of a 404 in HubEE's words; "" when it is no answer, "ok" when it is one
	creates     bool
	run         func(context.Context, *hubee.Administrator) error
}

func administrations() []administration {
	return []administration{
		{"has_organisation", "GET /referential/v1/organizations/", nil, 200, "ok", false, func(ctx context.Context, a *hubee.Administrator) error {
			_, err := a.HasOrganisation(ctx, town)
			return err
		}},
		{"create_organisation", "POST /referential/v1/organizations", nil, 201, "", true, func(ctx context.Context, a *hubee.Administrator) error {
			return a.CreateOrganisation(ctx, newTown())
		}},
		{"find_subscription", "GET /referential/v1/subscriptions", nil, 200, "", false, func(ctx context.Context, a *hubee.Administrator) error {
			_, err := a.FindSubscription(ctx, town)
			return err
		}},
		{"read_subscription", "GET /referential/v1/subscriptions/", nil, 200, "hubee.subscription_missing", false, func(ctx context.Context, a *hubee.Administrator) error {
			_, err := a.ReadSubscription(ctx, subscriptionID(1))
			return err
		}},
		{"create_subscription", "POST /referential/v1/subscriptions", nil, 201, "", true, func(ctx context.Context, a *hubee.Administrator) error {
			_, err := a.CreateSubscription(ctx, newSubscription())
			return err
		}},
		{"change_subscription", "PUT /referential/v1/subscriptions/", []object{subscriptionOf(town, 1)}, 200, "hubee.subscription_missing", false, func(ctx context.Context, a *hubee.Administrator) error {
			_, err := a.ChangeSubscription(ctx, subscriptionID(1), activation(editor))
			return err
		}},
		{"list_subscriptions", "GET /referential/v1/subscriptions", nil, 200, "", false, func(ctx context.Context, a *hubee.Administrator) error {
			_, _, err := a.ListSubscriptions(ctx, 0)
			return err
		}},
	}
}

// meets has a method meet an answer, twice as a 401 is followed by a second attempt.
func (one administration) meets(t *testing.T, answer http.HandlerFunc) (*stub, error) {
	t.Helper()
	var answers []http.HandlerFunc
	for _, body := range one.before {
		answers = append(answers, func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, body) })
	}
	s := newStub(t, append(answers, answer, answer)...)
	return s, one.run(t.Context(), administratorAt(s.server.URL))
}

// « hubee.unavailable (down, slow, 5xx, token refused; try later), hubee.refused (a 4xx
// that the same call will meet again) », on every method; a 404 that is not in HubEE's
// words comes from the road.
func TestStatusesOfTheReferentialBecomeFaults(t *testing.T) {
	for _, one := range administrations() {
		for _, status := range []int{200, 201, 202, 204, 301, 302, 400, 401, 403, 404, 405, 408, 409, 413, 422, 429, 500, 502, 503, 504} {
			for form, body := range map[string]string{
				"JSON": fmt.Sprintf(`{"errors":[{"code":%d,"message":"Angela DUBOIS is not welcome"}]}`, status), "text": "Angela DUBOIS", "empty": "",
			} {
				if status == http.StatusNoContent && form != "empty" || status == one.success && one.name == "create_organisation" {
					continue
				}
				t.Run(fmt.Sprintf("%s %d %s", one.name, status, form), func(t *testing.T) {
					_, err := one.meets(t, answering(status, body))
					kind, code := one.expected(status, form)
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

func (one administration) expected(status int, form string) (fault.Kind, string) {
	switch {
	case status == http.StatusNotFound && form == "JSON" && one.missing == "ok":
		return 0, "ok"
	case status == http.StatusNotFound && form == "JSON" && one.missing != "":
		return fault.NotFound, one.missing
	case status == http.StatusConflict && one.creates:
		return fault.Conflict, "hubee.already_exists"
	case status == http.StatusForbidden && one.name == "change_subscription":
		return fault.Unavailable, "hubee.forbidden" // the activation is somebody's of HubEE
	case slices.Contains([]int{400, 405, 409, 413, 422}, status):
		return fault.Invalid, "hubee.refused"
	}
	return fault.Unavailable, "hubee.unavailable"
}

// The errors of reference/hubee.md §13.2 that concern the referential, and what is kept
// of their words: never a value, only the name of the property.
func TestRefusalsOfTheReferential(t *testing.T) {
	all := administrations()
	organisation, subscription := all[1], all[4]
	const invalid = "Bad Request : Validation failed.\n[ERROR][REQUEST]"
	for name, c := range map[string]struct {
		administration
		status  int
		message string
		kind    fault.Kind
		code    string
		kept    string
	}{
		"E2":  {all[0], 401, "Invalid Credentials : Invalid Credentials. Make sure you have given the correct access token", fault.Unavailable, "hubee.unavailable", "code 401: Invalid Credentials"},
		"E4":  {subscription, 403, "Unauthorized user", fault.Unavailable, "hubee.unavailable", "code 403: Unauthorized user"},
		"E22": {organisation, 400, invalid + `[POST /referential/v1/organizations @body] Object has missing required properties (["branchCode","companyRegister"])`, fault.Invalid, "hubee.refused", "Bad Request : Validation failed"},
		"E23": {organisation, 400, "Organization SI-21050136700010-00000 already exists", fault.Conflict, "hubee.already_exists", "HubEE already has this organization"},
		"E25": {subscription, 400, invalid + `[POST /referential/v1/subscriptions @body] Instance failed to match all required schemas (matched only 1 out of 2)`, fault.Invalid, "hubee.refused", "Bad Request : Validation failed"},
		"E26": {subscription, 400, "Subscription CERTDC for organization SI-21920023500014-92023 already exists", fault.Conflict, "hubee.already_exists", "HubEE already has this subscription"},
		"E27": {subscription, 400, "#/email: String is not a valid email value", fault.Invalid, "hubee.refused", "code 400: a value is refused at /email"},
		"E27, with another property": {subscription, 400, "#/email: String is not a valid email value, #:processType required key not found", fault.Invalid, "hubee.refused",
			"code 400: a value is refused at /email"},
		"E27, of the administrator": {subscription, 400, "#/localAdministrator/email: String angela.dubois@DUBOIS is not a valid email value", fault.Invalid, "hubee.refused",
			"code 400: a value is refused at /localAdministrator/email"},
		"a missing property":        {all[5], 400, "#:processType required key not found", fault.Invalid, "hubee.refused", "code 400: a value is missing at /processType"},
		"a missing property inside": {all[5], 400, "#/localAdministrator: email required key not found", fault.Invalid, "hubee.refused", "code 400: a value is missing at /localAdministrator/email"},
		"the gateway's words": {subscription, 400, invalid + "[POST /referential/v1/subscriptions @body] [Path '/localAdministrator/phoneNumber'] ECMA 262 regex \"^[0-9]{10,20}$\" does not match input string \"DUBOIS\"",
			fault.Invalid, "hubee.refused", "Validation failed at /localAdministrator/phoneNumber"},
		"another thing that exists":   {subscription, 400, "User angela.dubois@DUBOIS already exists", fault.Invalid, "hubee.refused", "HubEE answered 400, code 400"},
		"the other one exists":        {organisation, 400, "Subscription CERTDC for organization SI-21920023500014-92023 already exists", fault.Invalid, "hubee.refused", "code 400"},
		"exists, but not a creation":  {all[5], 400, "Subscription FormulaireQF already exists", fault.Invalid, "hubee.refused", "code 400"},
		"exists, in an outage":        {organisation, 500, "Organization SI-21050136700010-00000 already exists", fault.Unavailable, "hubee.unavailable", "HubEE answered 500, code 500"},
		"E28":                         {all[6], 400, invalid + `[GET /referential/v1/subscriptions @query.processType] Query parameter 'processType' is unexpected on path "/subscriptions"`, fault.Invalid, "hubee.refused", "Bad Request : Validation failed"},
		"E29":                         {all[3], 400, invalid + `[GET /x @path.subscriptionId] Input string "23133" is not a valid UUID`, fault.Invalid, "hubee.refused", "Bad Request : Validation failed"},
		"E29, unknown":                {all[3], 404, "Subscription is not found", fault.NotFound, "hubee.subscription_missing", "code 404: Subscription is not found"},
		"gone before the change":      {all[5], 404, "Subscription is not found", fault.NotFound, "hubee.subscription_missing", "code 404: Subscription is not found"},
		"E30":                         {all[2], 500, "Internal Server Error", fault.Unavailable, "hubee.unavailable", "code 500: Internal Server Error"},
		"a subscriber nobody knows":   {subscription, 404, "Organization is not found", fault.Unavailable, "hubee.unavailable", "code 404: Organization is not found"},
		"a name in place of the word": {subscription, 400, "#Angela DUBOIS: required key not found", fault.Invalid, "hubee.refused", "HubEE answered 400, code 400"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.meets(t, refusing(c.status, c.message))
			checkFault(t, err, c.kind, c.code)
			if !strings.HasSuffix(err.Error(), c.kept) {
				t.Errorf("error %q, want it to end with %q", err, c.kept)
			}
		})
	}
}

// The same refusals, as the simulator says them. What breaks the contract goes there by
// another door.
func TestTheSimulatorsRefusals(t *testing.T) {
	r, administrator, made := provisioned(t)
	unchecked := httptest.NewServer(r.sim)
	t.Cleanup(unchecked.Close)
	careless := administratorAt(unchecked.URL)
	narrow := newSubscription()
	narrow.Administrator.Mail = "angela.dubois@valombre.paris"
	_, err := careless.CreateSubscription(t.Context(), narrow)
	checkFault(t, err, fault.Invalid, "hubee.refused")
	if !strings.Contains(err.Error(), "at /localAdministrator/email") {
		t.Errorf("the error names no property: %v", err)
	}
	_, err = careless.ReadSubscription(t.Context(), "23133")
	checkFault(t, err, fault.Invalid, "hubee.refused")
	for _, id := range []string{subscriptionID(1), caseID} {
		_, err = administrator.ReadSubscription(t.Context(), id)
		checkFault(t, err, fault.NotFound, "hubee.subscription_missing")
		_, err = administrator.ChangeSubscription(t.Context(), id, suspension())
		checkFault(t, err, fault.NotFound, "hubee.subscription_missing")
	}
	unknown := editor
	unknown.Siret = "91033700500011"
	_, err = administrator.ChangeSubscription(t.Context(), made.ID, activation(unknown))
	checkFault(t, err, fault.Invalid, "hubee.refused")
	if err := r.sim.SetSettings(simulator.Settings{Activation: simulator.Refuse}); err != nil {
		t.Fatal(err)
	}
	_, err = administrator.ChangeSubscription(t.Context(), made.ID, activation(editor))
	checkFault(t, err, fault.Invalid, "hubee.refused")
	if held := r.held(town); held.Status != "Inactif" || held.DelegationActor != nil && held.DelegationActor.Type != nil {
		t.Errorf("refused, and yet HubEE holds %+v", held)
	}
}

// Down, 504, garbage, cut after having acted: nothing is tried again here, and the next
// attempt leaves one organisation and one subscription, in the right state.
func TestEachStepIsTakenUpAgain(t *testing.T) {
	for _, one := range administrations() {
		for _, mode := range []string{"down", "status", "garbage", "lost"} {
			t.Run(one.name+" "+mode, func(t *testing.T) {
				r := newReferential(t)
				administrator := r.administrator()
				if one.name == "read_subscription" {
					if err := provision(t.Context(), administrator); err != nil {
						t.Fatal(err)
					}
				}
				r.fails(one.match, mode)
				err := one.run(t.Context(), administrator)
				if one.name == "change_subscription" {
					err = provision(t.Context(), administrator) // up to the change, that fails
				}
				checkFault(t, err, fault.Unavailable, "hubee.unavailable")
				for range 2 {
					if err := provision(t.Context(), administrator); err != nil {
						t.Fatalf("again: %v", err)
					}
				}
				held := r.held(town)
				if held.Status != "Actif" || held.AccessMode == nil || *held.AccessMode != "API" || held.DelegationActor == nil || *held.DelegationActor.CompanyRegister != editor.Siret.String() {
					t.Errorf("HubEE holds %+v", held)
				}
				if towns := len(r.sim.Organizations()); towns != 2 {
					t.Errorf("%d organisations, want the editor and the town", towns)
				}
			})
		}
	}
}

// provision goes the road of reference/hubee.md §12, whatever is done already.
func provision(ctx context.Context, a *hubee.Administrator) error {
	if err := a.CreateOrganisation(ctx, newTown()); err != nil && !fault.Is(err, "hubee.already_exists") {
		return err
	}
	made, err := a.CreateSubscription(ctx, newSubscription())
	if fault.Is(err, "hubee.already_exists") {
		made, err = a.FindSubscription(ctx, town)
	}
	if err != nil {
		return err
	}
	_, err = a.ChangeSubscription(ctx, made.ID, activation(editor))
	return err
}

// A slow HubEE is left at the deadline: 10 s, shortened here.
func TestASlowReferentialIsLeftAtTheDeadline(t *testing.T) {
	for _, one := range administrations() {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			var answers []http.HandlerFunc
			for _, body := range one.before {
				answers = append(answers, func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, body) })
			}
			s := newStub(t, append(answers, tooSlow)...)
			administrator := administratorAt(s.server.URL, func(c *hubee.Config) { c.Timeout = 250 * time.Millisecond })
			err := one.run(t.Context(), administrator)
			checkFault(t, err, fault.Unavailable, "hubee.unavailable")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the deadline as its cause", err)
			}
		})
	}
}

// The observer learns each operation once, with "ok" or the code of its fault; an
// organisation that is not there is no fault.
func TestObservedAdministration(t *testing.T) {
	watching := func(seen *[]string) func(*hubee.Config) {
		return func(c *hubee.Config) {
			c.Observe = func(operation, outcome string, elapsed time.Duration) { *seen = append(*seen, operation+" "+outcome) }
		}
	}
	for _, one := range administrations() {
		var seen []string
		s := newStub(t, answering(503, ""))
		if err := one.run(t.Context(), administratorAt(s.server.URL, watching(&seen))); err == nil {
			t.Errorf("%s: no error", one.name)
		}
		if diff := cmp.Diff([]string{"token ok", one.name + " hubee.unavailable"}, seen); diff != "" {
			t.Errorf("observed (-want +got):\n%s", diff)
		}
	}
	r := newReferential(t)
	var seen []string
	administrator := r.administrator(watching(&seen))
	if err := provision(t.Context(), administrator); err != nil {
		t.Fatal(err)
	}
	if _, err := administrator.HasOrganisation(t.Context(), credential.OrganisationKey{Type: "SI", Siret: other.Siret, COG: "1"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"token ok", "create_organisation ok", "create_subscription ok", "change_subscription ok", "has_organisation ok"}, seen); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}
