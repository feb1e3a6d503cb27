package hubee_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/hubee"
	simulator "portail-qf/internal/sim/hubee"
)

// provisioned is a town whose inactive subscription was just made.
func provisioned(t *testing.T) (*referential, *hubee.Administrator, credential.HubSubscription) {
	t.Helper()
	r := newReferential(t)
	administrator := r.administrator()
	if err := administrator.CreateOrganisation(t.Context(), newTown()); err != nil {
		t.Fatal(err)
	}
	made, err := administrator.CreateSubscription(t.Context(), newSubscription())
	if err != nil {
		t.Fatal(err)
	}
	return r, administrator, made
}

// held is the one subscription of the town, as HubEE has it.
func (r *referential) held(key credential.OrganisationKey) simulator.Subscription {
	r.t.Helper()
	var found []simulator.Subscription
	for _, s := range r.sim.Subscriptions() {
		if s.Subscriber.OrganizationID == simID(key) {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		r.t.Fatalf("HubEE holds %d subscriptions of %s", len(found), key)
	}
	return found[0]
}

// « NI: GET organisation 404 · POST 201 · POST subscription 201 · PUT 200 · GET list shows
// Actif/API/EDT »
func TestATownIsProvisionedForItsEditor(t *testing.T) {
	r := newReferential(t)
	administrator := r.administrator()
	if known, err := administrator.HasOrganisation(t.Context(), town); err != nil || known {
		t.Fatalf("HasOrganisation = %v, %v before the town is made", known, err)
	}
	if err := administrator.CreateOrganisation(t.Context(), newTown()); err != nil {
		t.Fatal(err)
	}
	if known, err := administrator.HasOrganisation(t.Context(), town); err != nil || !known {
		t.Fatalf("HasOrganisation = %v, %v once it is", known, err)
	}
	_, err := administrator.FindSubscription(t.Context(), town)
	checkFault(t, err, fault.NotFound, "hubee.subscription_missing")

	made, err := administrator.CreateSubscription(t.Context(), newSubscription())
	want := credential.HubSubscription{ID: made.ID, Request: 10_000_042, Subscriber: town, Status: credential.HubInactive}
	if diff := cmp.Diff(want, made); err != nil || diff != "" || made.ID == "" {
		t.Fatalf("made: %v (-want +got):\n%s", err, diff)
	}
	active, err := administrator.ChangeSubscription(t.Context(), made.ID, activation(editor))
	want.Status, want.AccessMode, want.Delegate = credential.HubActive, "API", editor
	if diff := cmp.Diff(want, active); err != nil || diff != "" {
		t.Errorf("activated: %v (-want +got):\n%s", err, diff)
	}
	listed, next, err := administrator.ListSubscriptions(t.Context(), 0)
	if diff := cmp.Diff([]credential.HubSubscription{want}, listed); err != nil || next != 0 || diff != "" {
		t.Errorf("listed, next %d: %v (-want +got):\n%s", next, err, diff)
	}
	found, err := administrator.FindSubscription(t.Context(), town)
	if diff := cmp.Diff(want, found); err != nil || diff != "" {
		t.Errorf("found: %v (-want +got):\n%s", err, diff)
	}
	read, err := administrator.ReadSubscription(t.Context(), made.ID)
	if diff := cmp.Diff(want, read); err != nil || diff != "" {
		t.Errorf("read: %v (-want +got):\n%s", err, diff)
	}
	base := "/referential/v1/"
	if diff := cmp.Diff([]string{
		"GET " + base + "organizations/SI-21910998000017-91998", "POST " + base + "organizations",
		"GET " + base + "organizations/SI-21910998000017-91998", "GET " + base + "subscriptions", "POST " + base + "subscriptions",
		"GET " + base + "subscriptions/" + made.ID, "PUT " + base + "subscriptions/" + made.ID,
		"GET " + base + "subscriptions", "GET " + base + "subscriptions", "GET " + base + "subscriptions/" + made.ID,
	}, r.asked()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// « same fields minus the two dates […] Send the name. Truncate name to 100 »
func TestTheTownIsDescribedToHubEE(t *testing.T) {
	r := newReferential(t)
	described := newTown()
	described.Name = " " + strings.Repeat("É", 99) + " ET SES ENVIRONS"
	if err := r.administrator().CreateOrganisation(t.Context(), described); err != nil {
		t.Fatal(err)
	}
	want := object{
		"type": "SI", "companyRegister": "21910998000017", "branchCode": "91998", "name": strings.Repeat("É", 99),
		"country": "France", "postalCode": "91998", "territory": "VALOMBRE", "email": mail, "phoneNumber": "+33123456789", "status": "Actif",
	}
	if diff := cmp.Diff(want, r.last("POST")); diff != "" {
		t.Errorf("organisation (-want +got):\n%s", diff)
	}

	described.Key, described.Phone = other, ""
	if err := r.administrator().CreateOrganisation(t.Context(), described); err != nil {
		t.Fatal(err)
	}
	if phone, sent := r.last("POST")["phoneNumber"]; phone != nil || !sent {
		t.Errorf("without a telephone, phoneNumber = %v", phone)
	}
}

// « localAdministrator must carry firstName and lastName », « validateDateTime:
// 2026-08-07T10:00:00+02:00 »
func TestTheSubscriptionIsDescribedToHubEE(t *testing.T) {
	r, administrator, _ := provisioned(t)
	want := object{
		"datapassId": 10_000_042.0, "processCode": "FormulaireQF", "status": "Inactif", "notificationFrequency": "Unitaire",
		"subscriber":         object{"type": "SI", "companyRegister": "21910998000017", "branchCode": "91998"},
		"email":              "mairie@valombre.example.fr",
		"localAdministrator": object{"email": mail, "firstName": "Angela", "lastName": "DUBOIS", "function": "DGS", "phoneNumber": "0123456789"},
		"validateDateTime":   "2026-08-07T10:00:00+02:00", "updateDateTime": "2026-08-07T10:00:00+02:00",
	}
	if diff := cmp.Diff(want, r.last("POST")); diff != "" {
		t.Errorf("subscription (-want +got):\n%s", diff)
	}

	bare := newSubscription()
	bare.Administrator.Phone, bare.Administrator.Job, bare.Mail = "", "", ""
	bare.ValidatedAt = validated.UTC()
	_, err := administrator.CreateSubscription(t.Context(), bare)
	checkFault(t, err, fault.Conflict, "hubee.already_exists")
	want["email"] = nil
	want["localAdministrator"] = object{"email": mail, "firstName": "Angela", "lastName": "DUBOIS", "function": nil, "phoneNumber": nil}
	want["validateDateTime"], want["updateDateTime"] = "2026-08-07T08:00:00+00:00", "2026-08-07T08:00:00+00:00"
	if diff := cmp.Diff(want, r.last("POST")); diff != "" {
		t.Errorf("bare subscription (-want +got):\n%s", diff)
	}
}

// « no editor: {"status":"Actif","activateDateTime":"<now>","accessMode":"PORTAIL",
// "notificationFrequency":"Unitaire"} », the rest « as read, without id and
// creationDateTime »
func TestATownWithoutEditorReadsInThePortal(t *testing.T) {
	r, administrator, made := provisioned(t)
	active, err := administrator.ChangeSubscription(t.Context(), made.ID, activation(credential.OrganisationKey{}))
	want := credential.HubSubscription{ID: made.ID, Request: 10_000_042, Subscriber: town, Status: credential.HubActive, AccessMode: "PORTAIL"}
	if diff := cmp.Diff(want, active); err != nil || diff != "" {
		t.Fatalf("activated: %v (-want +got):\n%s", err, diff)
	}
	sent := r.last("PUT")
	for _, name := range []string{"id", "creationDateTime"} {
		if _, isThere := sent[name]; isThere {
			t.Errorf("%s was sent back", name)
		}
	}
	for name, content := range map[string]any{
		"status": "Actif", "accessMode": "PORTAIL", "notificationFrequency": "Unitaire", "activateDateTime": "2026-08-07T08:05:00+00:00",
		"delegationActor": nil, "datapassId": 10_000_042.0, "processCode": "FormulaireQF", "email": "mairie@valombre.example.fr",
		"localAdministrator": object{"email": mail},
	} {
		if diff := cmp.Diff(content, sent[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// « Suspended on revocation, restored on restoration »: the mode, the editor and the dates
// stay; an editor can be changed and left.
func TestASubscriptionIsSuspendedRestoredAndGivenToAnother(t *testing.T) {
	r, administrator, made := provisioned(t)
	for _, step := range []struct {
		change   credential.SubscriptionChange
		status   credential.HubStatus
		mode     string
		delegate credential.OrganisationKey
	}{
		{activation(editor), "Actif", "API", editor},
		{suspension(), "Suspendu", "API", editor},
		{activation(editor), "Actif", "API", editor},
		{activation(credential.OrganisationKey{}), "Actif", "PORTAIL", credential.OrganisationKey{}},
		{suspension(), "Suspendu", "PORTAIL", credential.OrganisationKey{}},
		{activation(editor), "Actif", "API", editor},
	} {
		before := len(r.asked())
		for again := range 2 {
			changed, err := administrator.ChangeSubscription(t.Context(), made.ID, step.change)
			want := credential.HubSubscription{ID: made.ID, Request: 10_000_042, Subscriber: town, Status: step.status, AccessMode: step.mode, Delegate: step.delegate}
			if diff := cmp.Diff(want, changed); err != nil || diff != "" {
				t.Fatalf("%+v, try %d: %v (-want +got):\n%s", step.change, again, err, diff)
			}
		}
		path := "/referential/v1/subscriptions/" + made.ID
		if diff := cmp.Diff([]string{"GET " + path, "PUT " + path, "GET " + path}, r.asked()[before:]); diff != "" {
			t.Errorf("%+v twice (-want +got):\n%s", step.change, diff)
		}
		held := r.held(town)
		if held.ActivateDateTime == nil || held.LocalAdministrator.Email != mail || held.Email == nil || held.DatapassID != 10_000_042 {
			t.Errorf("%+v: HubEE lost something: %+v", step.change, held)
		}
	}
}

// E23, E26: « Organization SI-21050136700010-00000 already exists », « Subscription CERTDC
// for organization SI-21920023500014-92023 already exists »
func TestWhatHubEEHasAlreadyIsSaid(t *testing.T) {
	_, administrator, made := provisioned(t)
	err := administrator.CreateOrganisation(t.Context(), newTown())
	checkFault(t, err, fault.Conflict, "hubee.already_exists")
	_, err = administrator.CreateSubscription(t.Context(), newSubscription())
	checkFault(t, err, fault.Conflict, "hubee.already_exists")
	if found, err := administrator.FindSubscription(t.Context(), town); err != nil || found.ID != made.ID {
		t.Errorf("FindSubscription = %+v, %v", found, err)
	}
}

// « check subscriber.branchCode yourself: the first client blindly takes the first row »,
// « Refusé kept as history »
func TestTheSubscriptionOfTheRightOrganisationIsFound(t *testing.T) {
	before, editors := town, town
	before.COG, editors.Type = "91997", "EDT"
	foreign := seed(town, "Actif")
	foreign.ProcessCode = "ProactiviteCnousBoursiers"
	r := newReferential(t, seed(before, "Actif"), seed(editors, "Actif"), foreign, seed(other, "Suspendu"))
	administrator := r.administrator()
	_, err := administrator.FindSubscription(t.Context(), town)
	checkFault(t, err, fault.NotFound, "hubee.subscription_missing")
	for _, key := range []credential.OrganisationKey{before, editors, other} {
		if found, err := administrator.FindSubscription(t.Context(), key); err != nil || found.Subscriber != key {
			t.Errorf("FindSubscription(%s) = %+v, %v", key, found, err)
		}
	}
	listed, _, err := administrator.ListSubscriptions(t.Context(), 0)
	if err != nil || len(listed) != 3 {
		t.Errorf("%d listed, %v; want those of the form", len(listed), err)
	}

	refused := r.held(other)
	if err := r.sim.SetSubscriptionStatus(refused.ID, "Refusé"); err != nil {
		t.Fatal(err)
	}
	_, err = administrator.FindSubscription(t.Context(), other)
	checkFault(t, err, fault.NotFound, "hubee.subscription_missing")
	if listed, _, err := administrator.ListSubscriptions(t.Context(), 0); err != nil || len(listed) != 2 {
		t.Errorf("%d listed, %v; want no refused one", len(listed), err)
	}
	if read, err := administrator.ReadSubscription(t.Context(), refused.ID); err != nil || read.Status != credential.HubRefused {
		t.Errorf("ReadSubscription = %+v, %v", read, err)
	}
}

// « List: GET …/subscriptions?processCode=&companyRegister=&orderBy=&offSet=0&maxResult= »
func TestAListIsAskedInAStableOrder(t *testing.T) {
	r := newReferential(t)
	if _, _, err := r.administrator().ListSubscriptions(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := r.administrator().FindSubscription(t.Context(), town); err == nil {
		t.Error("a subscription was found in an empty HubEE")
	}
	paged := url.Values{"processCode": {"FormulaireQF"}, "orderBy": {"asc(id)"}, "offSet": {"1000"}, "maxResult": {"500"}}
	found := url.Values{"processCode": {"FormulaireQF"}, "orderBy": {"asc(id)"}, "offSet": {"0"}, "maxResult": {"500"}, "companyRegister": {"21910998000017"}}
	for i, want := range []url.Values{paged, found} {
		query, err := url.ParseQuery(r.requests[i].query)
		if diff := cmp.Diff(want, query); err != nil || diff != "" {
			t.Errorf("query: %v (-want +got):\n%s", err, diff)
		}
	}
}

// Every subscription is listed once, however many there are.
func TestEverySubscriptionIsListedOnce(t *testing.T) {
	var seeds []simulator.SubscriptionSeed
	for i := range 1203 {
		seeds = append(seeds, seed(credential.OrganisationKey{Type: "SI", Siret: town.Siret, COG: fmt.Sprintf("%05d", i)}, "Actif"))
	}
	r := newReferential(t, seeds...)
	administrator := r.administrator()
	var listed []string
	offset := 0
	for {
		page, next, err := administrator.ListSubscriptions(t.Context(), offset)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page {
			listed = append(listed, s.ID)
		}
		if offset = next; next == 0 {
			break
		}
	}
	slices.Sort(listed)
	if distinct := len(slices.Compact(slices.Clone(listed))); distinct != len(seeds) || len(listed) != len(seeds) {
		t.Errorf("%d listed, %d of them distinct, of %d", len(listed), distinct, len(seeds))
	}
	if asked := r.asked(); len(asked) != 3 {
		t.Errorf("%d pages were asked, want 3", len(asked))
	}
	last := credential.OrganisationKey{Type: "SI", Siret: town.Siret, COG: "01202"}
	if found, err := administrator.FindSubscription(t.Context(), last); err != nil || found.Subscriber != last {
		t.Errorf("found on the last page: %+v, %v", found, err)
	}
}

// E2: a token that ended is replaced. « 401 … match on status and error »: a client that
// HubEE does not know is no judgement of the request.
func TestTheAdministratorsToken(t *testing.T) {
	r := newReferential(t)
	administrator := r.administrator()
	for range 2 {
		if _, err := administrator.HasOrganisation(t.Context(), town); err != nil {
			t.Fatal(err)
		}
		r.sim.ExpireTokens()
	}
	stranger := r.administrator(func(c *hubee.Config) { c.ClientSecret = "another-secret" })
	_, err := stranger.HasOrganisation(t.Context(), town)
	checkFault(t, err, fault.Unavailable, "hubee.unavailable")
	if strings.Contains(err.Error(), "another-secret") {
		t.Errorf("the error tells the secret: %v", err)
	}
}

// An identifier of ours with a missing part is refused here: HubEE would look elsewhere.
func TestIncompleteKeysAreNeverSent(t *testing.T) {
	s := newStub(t)
	administrator := administratorAt(s.server.URL)
	for _, key := range []credential.OrganisationKey{{}, {Type: "SI", Siret: town.Siret}, {Type: "SI", COG: town.COG}, {Siret: town.Siret, COG: town.COG}} {
		organisation, subscription := newTown(), newSubscription()
		organisation.Key, subscription.Subscriber = key, key
		_, known := administrator.HasOrganisation(t.Context(), key)
		_, found := administrator.FindSubscription(t.Context(), key)
		_, made := administrator.CreateSubscription(t.Context(), subscription)
		for _, err := range []error{known, found, made, administrator.CreateOrganisation(t.Context(), organisation)} {
			checkFault(t, err, fault.Invalid, "hubee.refused")
		}
	}
	for _, change := range []credential.SubscriptionChange{
		{}, {Status: credential.HubInactive, At: activated}, {Status: credential.HubRefused, At: activated},
		activation(credential.OrganisationKey{Type: "EDT", Siret: editor.Siret}),
	} {
		_, err := administrator.ChangeSubscription(t.Context(), subscriptionID(1), change)
		checkFault(t, err, fault.Invalid, "hubee.refused")
	}
	_, read := administrator.ReadSubscription(t.Context(), "")
	_, changed := administrator.ChangeSubscription(t.Context(), "..", suspension())
	for _, err := range []error{read, changed} {
		checkFault(t, err, fault.Invalid, "hubee.refused")
	}
	if len(s.requests) != 0 {
		t.Errorf("HubEE was asked %v", s.requests)
	}
}
