package hubee_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/hubee"
)

// NI: the administrator creates and activates, "then NA succeeds for this SIRET".
func TestNIAdministratorProvisionsATown(t *testing.T) {
	h := startUnderContract(t)
	admin := h.administrator()
	town := hubee.OrganizationID{Type: "SI", CompanyRegister: "21990009900011", BranchCode: "99009"}
	admin.call("GET", referential+"/organizations/"+town.String(), nil).mustRefuse(t, http.StatusNotFound, 404, "Organization is not found")
	admin.must(http.StatusCreated, "POST", referential+"/organizations", newOrganization(town))
	admin.must(http.StatusOK, "GET", referential+"/organizations/"+town.String(), nil)
	created := decode[object](t, admin.must(http.StatusCreated, "POST", referential+"/subscriptions", newSubscription(town)))
	for _, name := range []string{"accessMode", "activateDateTime", "delegationActor", "endDateTime", "rejectDateTime", "rejectionReason"} {
		if value, present := created[name]; !present || value != nil {
			t.Errorf("created.%s = %v, want null", name, value)
		}
	}
	if mails := h.sim.Mails(); len(mails) != 1 || mails[0].To[0] != "agent@commune.fr" {
		t.Errorf("mails %+v, want the creation of the local administrator's account", mails)
	}
	h.depositor().call("POST", folders+"/folders", quotientFolder(reference, town)).mustBe(t, http.StatusBadRequest)

	id := created["id"].(string)
	admin.must(http.StatusOK, "PUT", referential+"/subscriptions/"+id, activated(created, editorA))
	rows := decode[[]hubee.Subscription](t, admin.must(http.StatusOK, "GET",
		referential+"/subscriptions?companyRegister="+town.CompanyRegister+"&processCode=FormulaireQF", nil))
	if len(rows) != 1 {
		t.Fatalf("%d subscriptions of the town, want 1", len(rows))
	}
	row := rows[0]
	if row.Status != "Actif" || *row.AccessMode != "API" || *row.DelegationActor.Type != "EDT" || row.Subscriber.Name != "Commune de Neufville" {
		t.Errorf("row %+v, want Actif, API, EDT and the name of the town", row)
	}
	h.depositor().deposit(reference, town)
}

func newOrganization(id hubee.OrganizationID) object {
	return object{
		"type": id.Type, "companyRegister": id.CompanyRegister, "branchCode": id.BranchCode, "name": "Commune de Neufville", "code": nil,
		"country": "France", "postalCode": "99009", "territory": "Neufville", "email": "mairie@neufville.fr", "phoneNumber": "0123456789", "status": "Actif",
	}
}

func newSubscription(town hubee.OrganizationID) object {
	return object{
		"datapassId": 10000001, "processCode": "FormulaireQF", "subscriber": town, "status": "Inactif",
		"notificationFrequency": "Unitaire", "email": "dossiers@commune.fr",
		"localAdministrator": object{"email": "agent@commune.fr", "firstName": "Jeanne", "lastName": "Martin", "function": "DGS", "phoneNumber": "+33123456789"},
		"validateDateTime":   "2026-08-07T10:00:00+02:00", "updateDateTime": "2026-08-07T10:00:00+02:00",
	}
}

// activated is the subscription as read, without id and creationDateTime, in API mode.
func activated(read object, editor hubee.OrganizationID) object {
	body := object{}
	for name, value := range read {
		if name != "id" && name != "creationDateTime" {
			body[name] = value
		}
	}
	body["status"], body["activateDateTime"] = "Actif", "2026-08-07T10:00:00+02:00"
	body["accessMode"], body["delegationActor"] = "API", editor
	return body
}

// "HubEE activation: … auto falls back to waiting on a 4xx" (SETTLED.md, Rules).
func TestActivationCanBeRefused(t *testing.T) {
	h := start(t)
	admin := h.administrator()
	admin.must(http.StatusOK, "PUT", "/_sim/settings", object{"activation": "refuse"})
	rows := decode[[]object](t, admin.must(http.StatusOK, "GET", referential+"/subscriptions?status=Inactif", nil))
	path := referential + "/subscriptions/" + rows[0]["id"].(string)
	admin.must(http.StatusBadRequest, "PUT", path, activated(rows[0], editorA))
	if err := h.sim.SetSubscriptionStatus(rows[0]["id"].(string), "Actif"); err != nil {
		t.Fatal(err)
	}
	if got := decode[object](t, admin.must(http.StatusOK, "GET", path, nil)); got["status"] != "Actif" || got["accessMode"] != "PORTAIL" {
		t.Errorf("status %v, mode %v after the activation by hand; want Actif, PORTAIL", got["status"], got["accessMode"])
	}
}

// What a subscription may not hold (§10.1 and §10.2).
func TestSubscriptionLimits(t *testing.T) {
	h := start(t)
	admin := h.administrator()
	nobody := hubee.OrganizationID{Type: "EDT", CompanyRegister: "39000000900013", BranchCode: "75101"}
	administrator := func(name string, value any) func(object) {
		return func(body object) { body["localAdministrator"].(object)[name] = value }
	}
	set := func(name string, value any) func(object) { return func(body object) { body[name] = value } }
	for name, change := range map[string]func(object){
		"a + in the administrator's mail":     administrator("email", "jeanne+hubee@commune.fr"),
		"a top-level domain of five letters":  administrator("email", "jeanne@ville.paris"),
		"spaces in a phone number":            administrator("phoneNumber", "01 23 45 67 89"),
		"no administrator's mail":             set("localAdministrator", object{"firstName": "Jeanne"}),
		"an access mode that does not exist":  set("accessMode", "FAX"),
		"a status that does not exist":        set("status", "Active"),
		"a frequency longer than 20 letters":  set("notificationFrequency", strings.Repeat("a", 21)),
		"a datapassId that is not a number":   set("datapassId", "10000001"),
		"an unknown process":                  set("processCode", "formulaireqf"),
		"an editor unknown to HubEE":          set("delegationActor", nobody),
		"a date that is not one":              set("validateDateTime", "07/08/2026"),
		"a SIRET of thirteen digits":          set("subscriber", object{"type": "SI", "companyRegister": "2199000990001", "branchCode": "99001"}),
		"an id, which only HubEE gives":       set("id", unknownID),
		"the creation date that HubEE writes": set("creationDateTime", "2026-08-07T10:00:00+02:00"),
	} {
		town := merigny
		body := newSubscription(town)
		body["processCode"] = hubee.ForeignProcess
		change(body)
		if got := admin.call("POST", referential+"/subscriptions", body); got.status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", name, got.status)
		}
	}
	if mails := h.sim.Mails(); len(mails) != 0 {
		t.Errorf("%d mails after refusals alone", len(mails))
	}
	silent := newSubscription(merigny)
	silent["processCode"] = hubee.ForeignProcess
	silent["localAdministrator"] = object{"email": "agent@commune.fr"}
	admin.must(http.StatusCreated, "POST", referential+"/subscriptions", silent)
	if mails := h.sim.Mails(); len(mails) != 0 {
		t.Errorf("an administrator without names got %d mails: HubEE makes no account then", len(mails))
	}
}

// "delegationActor both forms": the mail of a person becomes the editor's organisation.
func TestDelegationTakesBothForms(t *testing.T) {
	h := startUnderContract(t)
	admin := h.administrator()
	rows := decode[[]object](t, admin.must(http.StatusOK, "GET", referential+"/subscriptions?companyRegister="+merigny.CompanyRegister, nil))
	none := object{"type": nil, "companyRegister": nil, "branchCode": nil}
	if diff := cmp.Diff(none, rows[0]["delegationActor"]); diff != "" {
		t.Errorf("absent delegation (-want +got):\n%s", diff)
	}
	path := referential + "/subscriptions/" + rows[0]["id"].(string)
	body := activated(rows[0], editorA)
	body["delegationActor"] = object{"email": "contact@bruyere.fr", "firstName": "Luc", "lastName": "Petit"}
	got := decode[hubee.Subscription](t, admin.must(http.StatusOK, "PUT", path, body))
	if *got.DelegationActor.Type != "EDT" || *got.DelegationActor.CompanyRegister != editorB.CompanyRegister {
		t.Errorf("delegation %+v, want the organisation of editor B", got.DelegationActor)
	}
	found := decode[[]object](t, admin.must(http.StatusOK, "GET",
		referential+"/subscriptions?delegationActorEmail="+"contact@bruyere.fr"+"&orderBy=desc(datapass_id)&maxResult=1", nil))
	if len(found) != 1 || found[0]["id"] != rows[0]["id"] {
		t.Errorf("filter by mail, last first: %v, want the subscription of Mérigny", found)
	}
}

// "header Content-Range: Susbscriptions 0-27/100 (spelled so)"; datapassId is no swagger
// filter but a real one.
func TestSubscriptionsAreListedByPages(t *testing.T) {
	h := startUnderContract(t)
	osl := h.depositor()
	got := osl.must(http.StatusOK, "GET", referential+"/subscriptions?offSet=1&maxResult=2&processCode=FormulaireQF&processCode=RSA", nil)
	if rows := decode[[]object](t, got); len(rows) != 2 {
		t.Errorf("%d rows, want 2", len(rows))
	}
	if at := got.header.Get("Content-Range"); at != "Susbscriptions 1-2/4" {
		t.Errorf("Content-Range %q, want Susbscriptions 1-2/4", at)
	}
	rows := decode[[]object](t, osl.must(http.StatusOK, "GET", referential+"/subscriptions?datapassId=103", nil))
	if len(rows) != 1 || rows[0]["subscriber"].(object)["name"] != "Commune de Hautefontaine" {
		t.Errorf("rows %v, want the subscription of Hautefontaine", rows)
	}
}
