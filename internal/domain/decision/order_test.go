package decision_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// sealer leaves what it seals readable.
type sealer struct{}

func (sealer) Seal(plain []byte, _ string) []byte { return plain }

// tilleul is an editor whose present contact is not the one of old requests.
var tilleul = editor.Editor{Siret: "90511200900014", Name: "Logiciels Tilleul", COG: "69123", TechnicalContact: "integration@tilleul.example.fr"}

// happened is an event of DataPass about request 48231.
type happened struct {
	Name  string
	At    int64
	State string
	Who   string // mail of the applicant
	Form  bool
}

func (h happened) body(t testing.TB) []byte {
	t.Helper()
	modalities := []string{"params"}
	if h.Form {
		modalities = append(modalities, "formulaire_qf")
	}
	body, err := json.Marshal(map[string]any{
		"event": h.Name, "fired_at": h.At, "model_type": "authorization_request/api_particulier", "model_id": 48231,
		"data": map[string]any{
			"state": h.State, "form_uid": "api-particulier-tilleul",
			"organization": map[string]any{"name": "COMMUNE DE LIMERZEL", "siret": "21560124000017"},
			"applicant":    map[string]any{"email": h.Who, "given_name": "Yves", "family_name": "Cadoret"},
			"data":         map[string]any{"modalities": modalities},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// history applies events in the order of their arrival, as the portal does, and keeps the
// file and the mails.
type history struct {
	file    decision.File
	next    habilitation.Number
	letters []notice.Letter
	applied int
}

func (h *history) arrives(t testing.TB, one happened) {
	t.Helper()
	event, err := decision.ReadEvent(one.body(t))
	if err != nil {
		t.Fatal(err)
	}
	h.next++
	outcome, err := decision.DecideEvent(h.file, event, tilleul, h.next, decision.Moment{At: noon, Author: audit.Datapass, Sealer: sealer{}, Mint: mint})
	if err != nil {
		t.Fatal(err)
	}
	if outcome == nil {
		return
	}
	h.applied++
	h.file.Request, h.file.Track = outcome.Request, outcome.Track
	h.file.Request.Revision++
	if outcome.Subscription != nil {
		h.file.Subscription = *outcome.Subscription
		h.file.Server = h.file.Request
	}
	h.letters = append(h.letters, outcome.Letters...)
}

// end is what must not depend on the order of arrival.
type end struct {
	State     habilitation.State
	Requester string
	Granted   bool
	Served    bool // its subscription is wanted active
}

func (h *history) end() end {
	r := h.file.Request
	return end{State: r.State, Requester: r.Requester.Mail, Granted: r.State.Habilitates() && r.Current.Number != 0, Served: h.file.Subscription.Want == credential.WantActive}
}

// « DataPass: order by (fired_at, then revoke > approve > others) » (SETTLED.md): what is
// true afterwards is what happened last at DataPass, whatever the network made of it; and an
// event that comes twice counts once.
func TestTheOrderOfArrivalDoesNotCount(t *testing.T) {
	const yves, zoe = "yves@limerzel.example.fr", "zoe@limerzel.example.fr"
	for name, row := range map[string]struct {
		events []happened
		want   end
	}{
		"an approval": {[]happened{
			{"create", 10, "draft", yves, true}, {"update", 20, "draft", yves, true}, {"submit", 30, "submitted", yves, true}, {"approve", 40, "validated", yves, true},
		}, end{habilitation.Validated, yves, true, true}},
		"a revocation": {[]happened{
			{"submit", 30, "submitted", yves, true}, {"approve", 40, "validated", yves, true}, {"revoke", 50, "revoked", yves, true},
		}, end{State: habilitation.Revoked, Requester: yves}},
		"both in one second": {[]happened{
			{"approve", 40, "validated", yves, true}, {"revoke", 40, "revoked", yves, true},
		}, end{State: habilitation.Revoked, Requester: yves}},
		"a modification under way": {[]happened{
			{"submit", 30, "submitted", yves, true}, {"approve", 40, "validated", yves, true}, {"reopen", 50, "draft", yves, true}, {"submit", 60, "submitted", zoe, true},
		}, end{habilitation.Reopened, yves, true, true}},
		"a modification refused": {[]happened{
			{"approve", 40, "validated", yves, true}, {"reopen", 50, "draft", yves, true}, {"submit", 60, "submitted", yves, true}, {"refuse", 70, "validated", yves, true},
		}, end{habilitation.Validated, yves, true, true}},
		"a modification given up": {[]happened{
			{"approve", 40, "validated", yves, true}, {"reopen", 50, "draft", yves, true}, {"cancel_reopening", 60, "validated", yves, true},
		}, end{habilitation.Validated, yves, true, true}},
		"a modification approved": {[]happened{
			{"approve", 40, "validated", yves, true}, {"reopen", 50, "draft", yves, true}, {"submit", 60, "submitted", yves, true}, {"approve", 70, "validated", zoe, true},
		}, end{habilitation.Validated, zoe, true, true}},
		"a transfer after the approval": {[]happened{
			{"approve", 40, "validated", yves, true}, {"transfer", 50, "validated", zoe, true},
		}, end{habilitation.Validated, zoe, true, true}},
		"an update that reopens nothing": {[]happened{
			{"approve", 40, "validated", yves, true}, {"update", 50, "validated", zoe, true},
		}, end{habilitation.Validated, yves, true, true}},
		"a refusal": {[]happened{
			{"submit", 30, "submitted", yves, true}, {"refuse", 40, "refused", yves, true},
		}, end{State: habilitation.Refused, Requester: yves}},
		"asked again after changes": {[]happened{
			{"submit", 30, "submitted", yves, true}, {"request_changes", 40, "changes_requested", yves, true}, {"update", 50, "changes_requested", yves, true},
		}, end{State: habilitation.ChangesRequested, Requester: yves}},
		"dropped": {[]happened{
			{"create", 10, "draft", yves, true}, {"archive", 40, "archived", yves, true},
		}, end{State: habilitation.Archived, Requester: yves}},
	} {
		t.Run(name, func(t *testing.T) {
			for range 60 {
				order := slices.Clone(row.events)
				for _, again := range row.events { // some come twice
					if rand.N(3) == 0 {
						order = append(order, again)
					}
				}
				rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
				var h history
				for _, one := range order {
					h.arrives(t, one)
				}
				if diff := cmp.Diff(row.want, h.end()); diff != "" {
					t.Fatalf("in the order %v:\n%s", order, diff)
				}
				keys := map[string]bool{}
				for _, letter := range h.letters {
					if keys[letter.Key] {
						t.Fatalf("the mail %q twice, in the order %v", letter.Key, order)
					}
					keys[letter.Key] = true
				}
			}
		})
	}
}

// A request that was given to a colleague here stays his while DataPass repeats whom it named before, in
// whatever event, late or twice; it goes to whomever DataPass names next.
func TestARequestGivenHereStaysUntilDatapassNamesSomebodyElse(t *testing.T) {
	const yves, zoe, lea = "yves@limerzel.example.fr", "zoe@limerzel.example.fr", "lea@limerzel.example.fr"
	type who struct {
		Mail   string
		Holder int64
	}
	var h history
	after := func(want who, events ...happened) {
		t.Helper()
		for _, one := range events {
			h.arrives(t, one)
		}
		if got := (who{h.file.Request.Requester.Mail, h.file.Request.Holder}); got != want {
			t.Errorf("after %v, it is %v’s, not %v’s", events, got, want)
		}
	}
	given := func(to who) {
		h.file.Request.Requester, h.file.Request.Holder = habilitation.Contact{Mail: to.Mail}, to.Holder
	}
	after(who{yves, 0}, happened{"submit", 30, "submitted", yves, true})
	given(who{zoe, 2}) // before the approval
	after(who{zoe, 2}, happened{"update", 35, "submitted", yves, true}, happened{"approve", 40, "validated", yves, true})
	if mail := h.letters[0]; !strings.Contains(string(mail.Content), zoe) {
		t.Errorf("the approval is not told to its holder: %s", mail.Content)
	}
	after(who{zoe, 2},
		happened{"reopen", 50, "draft", yves, true}, happened{"submit", 60, "submitted", yves, true}, happened{"approve", 70, "validated", yves, true},
		happened{"transfer", 38, "validated", lea, true}, // late
		happened{"approve", 70, "validated", yves, true})
	after(who{lea, 0}, happened{"transfer", 80, "validated", lea, true})
	given(who{zoe, 2})
	after(who{zoe, 2}, happened{"transfer", 80, "validated", lea, true}, happened{"approve", 90, "validated", lea, true})
	after(who{yves, 0}, happened{"approve", 100, "validated", yves, true}) // the first one again, after another
	given(who{zoe, 2})
	after(who{zoe, 2}, happened{"transfer", 110, "validated", zoe, true}) // DataPass follows
	after(who{yves, 0}, happened{"transfer", 120, "validated", yves, true})
}

// « a late approve changes nothing » (issue 4), and a repetition neither.
func TestALateApprovalChangesNothing(t *testing.T) {
	var h history
	h.arrives(t, happened{"approve", 40, "validated", "yves@limerzel.example.fr", true})
	h.arrives(t, happened{"revoke", 60, "revoked", "yves@limerzel.example.fr", true})
	before, letters := h.file, len(h.letters)
	for _, late := range []happened{
		{"approve", 50, "validated", "zoe@limerzel.example.fr", true}, {"approve", 40, "validated", "yves@limerzel.example.fr", true},
		{"revoke", 60, "revoked", "yves@limerzel.example.fr", true}, {"approve", 60, "validated", "zoe@limerzel.example.fr", true},
	} {
		h.arrives(t, late)
		if diff := cmp.Diff(before, h.file); diff != "" || len(h.letters) != letters {
			t.Errorf("%+v changed something: %s", late, diff)
		}
	}
}

// « révoquée » is final (PRODUCT.md 4): what two persons revoked here, no event of DataPass
// brings back.
func TestNothingBringsBackWhatTwoPersonsRevoked(t *testing.T) {
	const yves, zoe = "yves@limerzel.example.fr", "zoe@limerzel.example.fr"
	var h history
	h.arrives(t, happened{"approve", 40, "validated", yves, true})
	h.file.Request.State = habilitation.Revoked
	h.file.Subscription.Want = credential.WantSuspended
	before, letters := h.file, len(h.letters)
	for _, one := range []happened{
		{"transfer", 50, "validated", zoe, true}, {"archive", 50, "archived", yves, true}, {"refuse", 60, "validated", yves, true},
		{"submit", 30, "submitted", yves, true}, {"reopen", 70, "draft", yves, true}, {"approve", 80, "validated", yves, true}, {"revoke", 90, "revoked", yves, true},
	} {
		h.arrives(t, one)
		if diff := cmp.Diff(before, h.file); diff != "" || len(h.letters) != letters {
			t.Errorf("%s: %d letters, %s", one.Name, len(h.letters)-letters, diff)
		}
	}
}

// A person's suspension holds through what DataPass says, but for a revocation.
func TestASuspensionHoldsUntilDatapassRevokes(t *testing.T) {
	const yves = "yves@limerzel.example.fr"
	var h history
	h.arrives(t, happened{"approve", 40, "validated", yves, true})
	h.file.Request.State = habilitation.Suspended
	for _, one := range []happened{{"reopen", 50, "draft", yves, true}, {"submit", 60, "submitted", yves, true}, {"approve", 70, "validated", yves, true}} {
		if h.arrives(t, one); h.file.Request.State != habilitation.Suspended {
			t.Errorf("%s made it %s", one.Name, h.file.Request.State)
		}
	}
	if !strings.Contains(string(h.letters[len(h.letters)-1].Content), `"Suspended":true`) {
		t.Errorf("the mail of the version does not say that it is suspended: %s", h.letters[len(h.letters)-1].Content)
	}
	if h.arrives(t, happened{"revoke", 80, "revoked", yves, true}); h.file.Request.State != habilitation.Revoked {
		t.Errorf("DataPass revoked, and it is %s", h.file.Request.State)
	}
}

// A refusal that comes late is of before the approval: nobody is told of it.
func TestALateRefusalIsNotTold(t *testing.T) {
	const yves = "yves@limerzel.example.fr"
	var h history
	h.arrives(t, happened{"submit", 30, "submitted", yves, true})
	h.arrives(t, happened{"approve", 70, "validated", yves, true})
	letters := len(h.letters)
	if h.arrives(t, happened{"refuse", 40, "refused", yves, true}); len(h.letters) != letters || h.file.Request.State != habilitation.Validated {
		t.Errorf("%d letters more, %s", len(h.letters)-letters, h.file.Request.State)
	}
}

// « a DataPass revoke acts at once » (issue 4), whatever else it lacks.
func TestARevocationNeedsItsNumberOnly(t *testing.T) {
	good := string(happened{"revoke", 40, "revoked", "yves@limerzel.example.fr", true}.body(t))
	for name, body := range map[string]string{
		"no applicant": inData(t, good, "applicant", nil), "a strange mail": inData(t, good, "applicant", map[string]any{"email": "yves"}),
		"no organisation": inData(t, good, "organization", nil), "nothing": replaced(t, good, "data", nil),
	} {
		var h history
		h.arrives(t, happened{"approve", 30, "validated", "yves@limerzel.example.fr", true})
		event, err := decision.ReadEvent([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		o, err := decision.DecideEvent(h.file, event, tilleul, 0, decision.Moment{At: noon, Author: audit.Datapass, Sealer: sealer{}, Mint: mint})
		if err != nil || o == nil || o.Request.State != habilitation.Revoked || o.Request.Siret != "21560124000017" || o.Request.Requester.Mail == "" {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
}

// What two readers would read in two ways, or what is no event, is told apart by its code,
// and never a fault of ours.
func TestWhatCannotBeUsedIsToldWhy(t *testing.T) {
	good := string(happened{"approve", 40, "validated", "yves@limerzel.example.fr", true}.body(t))
	deep := `{"event":` + repeat("[", 60) + repeat("]", 60) + `}`
	deepest := `{"event":` + repeat("[", 20000) + repeat("]", 20000) + `}`
	for body, want := range map[string]string{
		``:                                "datapass.unreadable",
		`null`:                            "datapass.unreadable",
		`[]`:                              "datapass.unreadable",
		`"approve"`:                       "datapass.unreadable",
		good[:len(good)-1]:                "datapass.unreadable",
		good + good:                       "datapass.unreadable",
		"{\"event\":\"\xff\"}":            "datapass.unreadable",
		deep:                              "datapass.too_deep",
		deepest:                           "datapass.unreadable",
		`{"event":"a","event":"b"}`:       "datapass.duplicate_key",
		`{"event":"a","Event":"b"}`:       "datapass.duplicate_key",
		`{"data":{"a":[{"b":1,"b":2}]}}`:  "datapass.duplicate_key",
		`{}`:                              "datapass.incomplete",
		`{"test":"yes"}`:                  "datapass.unreadable",
		`{"event":{}}`:                    "datapass.unreadable",
		replaced(t, good, "model_id", -1): "datapass.number_invalid",
		replaced(t, good, "model_id", 10_000_000):                                  "datapass.number_invalid",
		replaced(t, good, "model_id", 1.5):                                         "datapass.number_invalid",
		replaced(t, good, "model_id", nil):                                         "datapass.incomplete",
		replaced(t, good, "fired_at", 0):                                           "datapass.number_invalid",
		replaced(t, good, "fired_at", int64(1)<<60):                                "datapass.number_invalid",
		replaced(t, good, "event", "explode"):                                      "datapass.event_unknown",
		replaced(t, good, "data", nil):                                             "datapass.siret_invalid",
		inData(t, good, "organization", map[string]any{"siret": "21560124000018"}): "datapass.siret_invalid",
		inData(t, good, "organization", nil):                                       "datapass.siret_invalid",
		inData(t, good, "applicant", nil):                                          "datapass.requester_missing",
		inData(t, good, "applicant", map[string]any{"email": " "}):                 "datapass.requester_missing",
		inData(t, good, "applicant", map[string]any{"email": "yves"}):              "datapass.mail_invalid",
		good: "",
		`{"test":true,"timestamp":"2026-11-25T10:00:00Z"}`:                      "",
		replaced(t, good, "model_type", "authorization_request/api_entreprise"): "",
		inData(t, good, "service_provider", nil):                                "",
		inData(t, good, "data", nil):                                            "",
	} {
		_, err := decision.ReadEvent([]byte(body))
		if got := fault.CodeOf(err); got != want {
			t.Errorf("%.80s: %q, want %q", body, got, want)
		}
	}
}

// « modalities absent = params » (SETTLED.md); the definition "formulaire_qf" is the form's.
func TestTheModalitiesOfARequest(t *testing.T) {
	good := string(happened{"approve", 40, "validated", "yves@limerzel.example.fr", true}.body(t))
	token, form := habilitation.Modalities{Token: true}, habilitation.Modalities{Form: true}
	both := habilitation.Modalities{Token: true, Form: true}
	for body, want := range map[string]habilitation.Modalities{
		good: both,
		inData(t, good, "data", map[string]any{}):                                                   token,
		inData(t, good, "data", map[string]any{"modalities": nil}):                                  token,
		inData(t, good, "data", map[string]any{"modalities": []string{}}):                           token,
		inData(t, good, "data", map[string]any{"modalities": []string{"formulaire_qf"}}):            form,
		inData(t, good, "data", map[string]any{"modalities": []string{"params", "france_connect"}}): token,
		inData(t, good, "data", map[string]any{"modalities": []string{"france_connect"}}):           {},
		replaced(t, good, "model_type", "authorization_request/formulaire_qf"):                      form,
	} {
		event, err := decision.ReadEvent([]byte(body))
		if err != nil || event.Modalities != want {
			t.Errorf("%.200s: %+v, %v, want %+v", body, event.Modalities, err, want)
		}
	}
}

func replaced(t testing.TB, body, name string, value any) string {
	t.Helper()
	return change(t, body, func(whole map[string]any) { whole[name] = value })
}

func inData(t testing.TB, body, name string, value any) string {
	t.Helper()
	return change(t, body, func(whole map[string]any) { whole["data"].(map[string]any)[name] = value })
}

func change(t testing.TB, body string, how func(whole map[string]any)) string {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal([]byte(body), &whole); err != nil {
		t.Fatal(err)
	}
	how(whole)
	changed, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return string(changed)
}

func repeat(text string, n int) string { return strings.Repeat(text, n) }
