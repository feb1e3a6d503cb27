package hubee_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/hubee"
)

// with is a subscription with some attributes changed; a missing one is removed.
func with(base object, changes object) object {
	changed := object{}
	for name, content := range base {
		changed[name] = content
	}
	for name, content := range changes {
		if content == missing {
			delete(changed, name)
		} else {
			changed[name] = content
		}
	}
	return changed
}

const missing = "(missing)"

func ok(body any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, body) }
}

// changed has an administrator change what HubEE shows, and gives what was written back;
// nil when nothing was.
func changed(t *testing.T, shown object, change credential.SubscriptionChange) object {
	t.Helper()
	s := newStub(t, ok(shown), ok(with(shown, object{"status": change.Status})))
	if _, err := administratorAt(s.server.URL).ChangeSubscription(t.Context(), subscriptionID(1), change); err != nil {
		t.Fatal(err)
	}
	if len(s.requests) < 2 {
		return nil
	}
	var sent object
	decoder := json.NewDecoder(strings.NewReader(string(s.requests[1].body)))
	decoder.UseNumber()
	if err := decoder.Decode(&sent); err != nil {
		t.Fatal(err)
	}
	return sent
}

// « Body = the whole subscription as read, without id and creationDateTime »: also what
// this portal knows nothing of, such as subscriber.name, and numbers of any length.
func TestWhatIsUnknownIsWrittenBack(t *testing.T) {
	shown := with(subscriptionOf(town, 1), object{
		"status": "Actif", "accessMode": "API", "notificationFrequency": "Quotidienne",
		"delegationActor": object{"type": "EDT", "companyRegister": editor.Siret, "branchCode": editor.COG},
		"datapassId":      json.Number("900719925474099301"), "novelty": object{"list": []any{json.Number("1.50"), nil, "<é&>"}},
	})
	sent := changed(t, shown, suspension())
	want := with(shown, object{"status": "Suspendu", "id": missing, "creationDateTime": missing})
	if diff := cmp.Diff(plain(t, want), sent); diff != "" {
		t.Errorf("written back (-want +got):\n%s", diff)
	}
}

// plain is an object as JSON tells it.
func plain(t *testing.T, from object) object {
	t.Helper()
	text, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	var read object
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&read); err != nil {
		t.Fatal(err)
	}
	return read
}

// « absent delegation reads {"branchCode":null,"companyRegister":null,"type":null} »,
// which the contract does not take back; « delegationActor … is a person identified by
// e-mail » formerly.
func TestDelegationsAreWrittenBackAsHubEETakesThem(t *testing.T) {
	person := object{"email": "george.dubois@admin.example.fr", "firstName": "George"}
	organisation := object{"type": "EDT", "companyRegister": "90511200900014", "branchCode": "75107"}
	nobody := credential.OrganisationKey{}
	for name, c := range map[string]struct {
		shown  any
		change credential.SubscriptionChange
		sent   any
	}{
		"none, suspended":           {object{"branchCode": nil, "companyRegister": nil, "type": nil}, suspension(), nil},
		"none with an email":        {object{"branchCode": nil, "companyRegister": nil, "type": nil, "email": nil}, suspension(), nil},
		"an empty object":           {object{}, suspension(), nil},
		"null":                      {nil, suspension(), nil},
		"not told":                  {missing, suspension(), nil},
		"a person, suspended":       {person, suspension(), person},
		"an editor, suspended":      {organisation, suspension(), organisation},
		"none, given":               {nil, activation(editor), organisation},
		"a person, replaced":        {person, activation(editor), organisation},
		"a person, left":            {person, activation(nobody), nil},
		"an editor, left":           {organisation, activation(nobody), nil},
		"another editor, replaced":  {with(organisation, object{"companyRegister": "91033700500011"}), activation(editor), organisation},
		"another branch of the one": {with(organisation, object{"branchCode": "75056"}), activation(editor), organisation},
	} {
		t.Run(name, func(t *testing.T) {
			sent := changed(t, with(subscriptionOf(town, 1), object{"delegationActor": c.shown}), c.change)
			if diff := cmp.Diff(c.sent, sent["delegationActor"]); diff != "" {
				t.Errorf("delegationActor (-want +got):\n%s", diff)
			}
		})
	}
}

// « required: datapassId, notificationFrequency, … »: a null may be read, not written. An
// activation asks for a mail at each folder.
func TestTheFrequencyIsWrittenBackAsHubEETakesIt(t *testing.T) {
	for _, absent := range []any{nil, missing, ""} {
		sent := changed(t, with(subscriptionOf(town, 1), object{"notificationFrequency": absent}), suspension())
		if sent["notificationFrequency"] != "Unitaire" {
			t.Errorf("notificationFrequency = %v", sent["notificationFrequency"])
		}
	}
	daily := with(subscriptionOf(town, 1), object{"notificationFrequency": "Quotidienne"})
	if sent := changed(t, daily, activation(editor)); sent["notificationFrequency"] != "Unitaire" {
		t.Errorf("at the activation, notificationFrequency = %v", sent["notificationFrequency"])
	}
	if sent := changed(t, daily, suspension()); sent["notificationFrequency"] != "Quotidienne" {
		t.Errorf("at the suspension, notificationFrequency = %v", sent["notificationFrequency"])
	}
}

// « a change that HubEE already shows as done » is not written again; what differs is.
func TestOnlyWhatDiffersIsWritten(t *testing.T) {
	delegate := object{"type": "EDT", "companyRegister": editor.Siret, "branchCode": editor.COG, "email": nil}
	nobody := credential.OrganisationKey{}
	for name, c := range map[string]struct {
		shown   object
		change  credential.SubscriptionChange
		written bool
	}{
		"active by this editor":       {object{"status": "Actif", "accessMode": "API", "delegationActor": delegate}, activation(editor), false},
		"active, in the other mode":   {object{"status": "Actif", "accessMode": "PORTAIL", "delegationActor": delegate}, activation(editor), true},
		"active, no mode":             {object{"status": "Actif", "delegationActor": delegate}, activation(editor), true},
		"active without delegation":   {object{"status": "Actif", "accessMode": "API"}, activation(editor), true},
		"active in the portal":        {object{"status": "Actif", "accessMode": "PORTAIL"}, activation(nobody), false},
		"active, with an editor left": {object{"status": "Actif", "accessMode": "PORTAIL", "delegationActor": delegate}, activation(nobody), true},
		"active, with a person left":  {object{"status": "Actif", "accessMode": "PORTAIL", "delegationActor": object{"email": "george.dubois@admin.example.fr"}}, activation(nobody), true},
		"suspended by this editor":    {object{"status": "Suspendu", "accessMode": "API", "delegationActor": delegate}, activation(editor), true},
		"suspended already":           {object{"status": "Suspendu", "accessMode": "API", "delegationActor": delegate}, suspension(), false},
		"no status":                   {object{"status": nil, "accessMode": "PORTAIL"}, activation(nobody), true},
	} {
		t.Run(name, func(t *testing.T) {
			if sent := changed(t, with(subscriptionOf(town, 1), c.shown), c.change); (sent != nil) != c.written {
				t.Errorf("written: %v", sent)
			}
		})
	}
}

// The answer to the change is HubEE's word: « waiting for activation ».
func TestAnActivationThatWaitsIsTold(t *testing.T) {
	shown := subscriptionOf(town, 1)
	s := newStub(t, ok(shown), ok(shown))
	waiting, err := administratorAt(s.server.URL).ChangeSubscription(t.Context(), subscriptionID(1), activation(editor))
	want := credential.HubSubscription{ID: subscriptionID(1), Request: 14633, Subscriber: town, Status: credential.HubInactive}
	if diff := cmp.Diff(want, waiting); err != nil || diff != "" {
		t.Errorf("changed: %v (-want +got):\n%s", err, diff)
	}
}

// A success that holds something else is no success: what HubEE did is not known.
func TestAnswersThatAreNotWhatWasAsked(t *testing.T) {
	all := administrations()
	shown := subscriptionOf(town, 1)
	for name, c := range map[string]struct {
		administration
		body any
	}{
		"another organisation":          {all[0], object{"type": "SI", "companyRegister": "21910998000017", "branchCode": "91997"}},
		"an organisation without key":   {all[0], object{"name": "COMMUNE DE VALOMBRE"}},
		"a list of organisations":       {all[0], []object{{"type": "SI"}}},
		"another subscription":          {all[3], subscriptionOf(town, 2)},
		"no identifier":                 {all[3], with(shown, object{"id": nil})},
		"another process":               {all[3], with(shown, object{"processCode": "CERTDC"})},
		"a process of another case":     {all[3], with(shown, object{"processCode": "formulaireqf"})},
		"errors":                        {all[3], object{"errors": []object{{"code": 404, "message": "Subscription is not found"}}}},
		"null":                          {all[3], nil},
		"a changed one without process": {all[5], with(shown, object{"processCode": missing})},
		"an object for a list":          {all[6], object{"errors": []object{}}},
		"null for a list":               {all[6], nil},
		"a row without identifier":      {all[6], []object{with(shown, object{"id": missing})}},
		"a row to find, without":        {all[2], []object{with(shown, object{"id": ""})}},
		"a text for a subscriber":       {all[6], []object{with(shown, object{"subscriber": "DUBOIS"})}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.meets(t, ok(c.body))
			checkFault(t, err, fault.Unavailable, "hubee.unavailable")
		})
	}
	made := func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusCreated, with(shown, object{"id": missing}))
	}
	_, err := all[4].meets(t, made)
	checkFault(t, err, fault.Unavailable, "hubee.unavailable")
}

// Nulls and strange values beside what is needed hide nothing.
func TestNullsAreRead(t *testing.T) {
	s := newStub(t, ok([]object{
		with(subscriptionOf(town, 1), object{"datapassId": nil, "status": nil, "delegationActor": nil, "localAdministrator": nil}),
		with(subscriptionOf(other, 2), object{"datapassId": "14634", "status": "Actif", "accessMode": "API", "delegationActor": object{"email": "george.dubois@admin.example.fr"}}),
		with(subscriptionOf(other, 3), object{"status": "Refusé", "id": nil}),
		with(subscriptionOf(other, 4), object{"subscriber": nil}),
	}))
	listed, next, err := administratorAt(s.server.URL).ListSubscriptions(t.Context(), 0)
	want := []credential.HubSubscription{
		{ID: subscriptionID(1), Subscriber: town},
		{ID: subscriptionID(2), Request: 14634, Subscriber: other, Status: credential.HubActive, AccessMode: "API"},
		{ID: subscriptionID(4), Request: 14636, Status: credential.HubInactive},
	}
	if diff := cmp.Diff(want, listed); err != nil || next != 0 || diff != "" {
		t.Errorf("listed, next %d: %v (-want +got):\n%s", next, err, diff)
	}
}

// « responses can be gzip: the client decodes it explicitly »
func TestCompressedAnswersOfTheReferential(t *testing.T) {
	mute := func(c *hubee.Config) { c.HTTP = &http.Client{Transport: &http.Transport{DisableCompression: true}} }
	text, err := json.Marshal([]object{with(subscriptionOf(town, 1), object{"status": "Actif"})})
	if err != nil {
		t.Fatal(err)
	}
	s := newStub(t, gzipped(200, string(text)), gzipped(404, `{"errors":[{"code":404,"message":"Organization is not found"}]}`), gzipped(400, `{"errors":[{"code":400,"message":"Organization SI-21910998000017-91998 already exists"}]}`))
	administrator := administratorAt(s.server.URL, mute)
	if found, err := administrator.FindSubscription(t.Context(), town); err != nil || found.Status != credential.HubActive {
		t.Errorf("FindSubscription = %+v, %v", found, err)
	}
	if known, err := administrator.HasOrganisation(t.Context(), town); err != nil || known {
		t.Errorf("HasOrganisation = %v, %v", known, err)
	}
	checkFault(t, administrator.CreateOrganisation(t.Context(), newTown()), fault.Conflict, "hubee.already_exists")
}

// library is a HubEE with n subscriptions and its own idea of pages.
type library struct {
	rows, limit int
	header      string // of Content-Range, with the total; "" for none
	deaf        bool   // to offSet
}

func (l library) page(w http.ResponseWriter, r *http.Request) {
	var offset, size int
	_, _ = fmt.Sscan(r.URL.Query().Get("offSet"), &offset)
	_, _ = fmt.Sscan(r.URL.Query().Get("maxResult"), &size)
	if l.deaf {
		offset = 0
	}
	rows := []object{}
	for n := offset; n < min(l.rows, offset+min(size, l.limit)); n++ {
		rows = append(rows, subscriptionOf(credential.OrganisationKey{Type: "SI", Siret: town.Siret, COG: fmt.Sprintf("%05d", n)}, n))
	}
	if l.header != "" {
		w.Header().Set("Content-Range", fmt.Sprintf(l.header, offset, offset+len(rows)-1, l.rows))
	}
	reply(w, http.StatusOK, rows)
}

// read lists them all, in at most so many pages.
func (l library) read(t *testing.T, limit int) (listed, pages int, err error) {
	t.Helper()
	var answers []http.HandlerFunc
	for range limit {
		answers = append(answers, l.page)
	}
	administrator := administratorAt(newStub(t, answers...).server.URL)
	for offset := 0; ; {
		page, next, err := administrator.ListSubscriptions(t.Context(), offset)
		listed, pages = listed+len(page), pages+1
		if err != nil || next == 0 {
			return listed, pages, err
		}
		if next <= offset {
			t.Fatalf("after %d comes %d", offset, next)
		}
		offset = next
	}
}

// « Content-Range: Susbscriptions 0-27/100 (spelled so) », not always there; « Real maximum
// of maxResult? »
func TestEveryPageIsRead(t *testing.T) {
	const spelledSo = "Susbscriptions %d-%d/%d"
	for name, c := range map[string]struct {
		library
		pages int
	}{
		"nothing":                         {library{0, 500, spelledSo, false}, 1},
		"nothing, no header":              {library{0, 500, "", false}, 1},
		"one page":                        {library{28, 500, spelledSo, false}, 1},
		"one full page":                   {library{500, 500, spelledSo, false}, 1},
		"two pages":                       {library{501, 500, spelledSo, false}, 2},
		"capped":                          {library{60, 25, spelledSo, false}, 3},
		"capped under HubEE's own page":   {library{25, 10, spelledSo, false}, 3},
		"well spelled":                    {library{60, 25, "subscriptions %d-%d/%d ", false}, 3},
		"a header without total":          {library{60, 25, "Susbscriptions %d-%d/*%.0d", false}, 3},
		"no header":                       {library{1001, 500, "", false}, 3},
		"no header, one short page":       {library{24, 500, "", false}, 1},
		"no header, full to the last":     {library{1000, 500, "", false}, 3},
		"no header, capped":               {library{110, 50, "", false}, 3},
		"no header, capped, full to last": {library{100, 50, "", false}, 3},
		"no limit":                        {library{700, 1 << 20, spelledSo, false}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			listed, pages, err := c.read(t, 10)
			if err != nil || listed != c.rows || pages != c.pages {
				t.Errorf("%d of %d listed in %d pages of %d: %v", listed, c.rows, pages, c.pages, err)
			}
		})
	}
}

// « never loop for ever »: a HubEE that always answers the same page is left.
func TestAListThatDoesNotEndIsLeft(t *testing.T) {
	deaf := library{500, 500, "", true}
	endless := administratorAt(newStub(t, deaf.page, deaf.page).server.URL)
	if page, next, err := endless.ListSubscriptions(t.Context(), 199_500); err != nil || next != 200_000 || len(page) != 500 {
		t.Errorf("%d listed, next %d: %v", len(page), next, err)
	}
	_, _, err := endless.ListSubscriptions(t.Context(), 200_000)
	checkFault(t, err, fault.Unavailable, "hubee.unavailable")

	deaf.limit = 25
	var answers []http.HandlerFunc
	for range 20 {
		answers = append(answers, deaf.page)
	}
	s := newStub(t, answers...)
	_, err = administratorAt(s.server.URL).FindSubscription(t.Context(), town)
	checkFault(t, err, fault.Unavailable, "hubee.unavailable")
	if len(s.requests) != 20 {
		t.Errorf("left after %d pages", len(s.requests))
	}
}

// An empty page is the last one, whatever its header promises.
func TestAnEmptyPageEndsTheList(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Range", "Susbscriptions 50-49/100")
		reply(w, http.StatusOK, []object{})
	})
	page, next, err := administratorAt(s.server.URL).ListSubscriptions(t.Context(), 50)
	if err != nil || next != 0 || len(page) != 0 {
		t.Errorf("%v listed, next %d: %v", page, next, err)
	}
}

// « filter on processCode »: the filter is sent, and checked again on the answer.
func TestSubscriptionsToOtherProcessesAreNeverListed(t *testing.T) {
	foreign := with(subscriptionOf(town, 1), object{"processCode": "ProactiviteCnousBoursiers", "status": "Actif"})
	s := newStub(t, ok([]object{foreign}), ok([]object{foreign, subscriptionOf(town, 2)}))
	administrator := administratorAt(s.server.URL)
	if page, _, err := administrator.ListSubscriptions(t.Context(), 0); err != nil || len(page) != 0 {
		t.Errorf("%v listed: %v", page, err)
	}
	if found, err := administrator.FindSubscription(t.Context(), town); err != nil || found.ID != subscriptionID(2) {
		t.Errorf("FindSubscription = %+v, %v", found, err)
	}
}

// A subscription is found on whatever page it is, and no page is asked after it.
func TestASubscriptionIsFoundOnALaterPage(t *testing.T) {
	hub := library{100, 25, "Susbscriptions %d-%d/%d", false}
	s := newStub(t, hub.page, hub.page, hub.page)
	wanted := credential.OrganisationKey{Type: "SI", Siret: town.Siret, COG: "00060"}
	found, err := administratorAt(s.server.URL).FindSubscription(t.Context(), wanted)
	if err != nil || found.ID != subscriptionID(60) || found.Subscriber != wanted {
		t.Errorf("FindSubscription = %+v, %v", found, err)
	}
	for i, want := range []string{"0", "25", "50"} {
		query, err := url.ParseQuery(s.requests[i].query)
		if err != nil || query.Get("offSet") != want || query.Get("companyRegister") != town.Siret.String() {
			t.Errorf("page %d: %v, %v", i, query, err)
		}
	}
}
