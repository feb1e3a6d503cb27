package decision_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/seal"
)

// valid is a request with the form that serves the town, or another one.
func valid(number habilitation.RequestNumber, of habilitation.Editor) habilitation.Request {
	return habilitation.Request{
		Number: number, Source: habilitation.FromDatapass, Siret: "21560124000017", Organisation: "Limerzel", State: habilitation.Validated, Revision: 3,
		Requester: habilitation.Contact{Mail: "yves@limerzel.fr", GivenName: "Yves", FamilyName: "Cadoret"},
		Current: habilitation.Habilitation{
			Number: 10000000 + habilitation.Number(number), Request: number, Siret: "21560124000017", Organisation: "Limerzel",
			Modalities: habilitation.Modalities{Token: true, Form: true}, Editor: of,
		},
	}
}

// serving is a subscription that works for a request.
func serving(r habilitation.Request) credential.Subscription {
	return credential.Subscription{
		Siret: r.Siret, Request: r.Number, Organisation: r.Organisation, Editor: r.Current.Editor.Siret, Administrator: r.Requester,
		Want: credential.WantActive, State: credential.Active, COG: "56111", HubID: "id", Revision: 5,
	}
}

var (
	brume      = editor.Editor{Siret: "91033700500011", Name: "Ateliers Brume", TechnicalContact: "technique@brume.example.fr"}
	ofTilleul  = habilitation.Editor{Siret: tilleul.Siret, Name: tilleul.Name}
	byDatapass = decision.Moment{At: noon, Author: audit.Datapass, Sealer: sealer{}, Mint: mint}
)

var mint = func() *credential.Mint {
	pepper, err := seal.ParsePepper(seal.NewKey("test"))
	if err != nil {
		panic(err)
	}
	return &credential.Mint{Sealer: sealer{}, Pepper: pepper, Prefix: credential.TestPrefix}
}()

// « One HubEE subscription per town and process, so one editor receives the dossiers »
// (PRODUCT.md 3.2): a second editor's approval takes nothing from the first one's, and
// somebody decides; when the first right ends, the second one follows by itself.
func TestASecondEditorContendsForTheDossiers(t *testing.T) {
	first := valid(1, ofTilleul)
	file := decision.File{Subscription: serving(first), Server: first}
	event, err := decision.ReadEvent(happened{"approve", 40, "validated", "yves@limerzel.fr", true}.body(t))
	if err != nil {
		t.Fatal(err)
	}
	o, err := decision.DecideEvent(file, event, brume, 10000077, byDatapass)
	if err != nil || o.Subscription == nil || o.Subscription.Contender != 48231 || o.Subscription.Request != 1 || o.Provision {
		t.Fatalf("a second editor: %+v, %v", o, err)
	}
	if same, err := decision.DecideEvent(file, event, tilleul, 10000077, byDatapass); err != nil || same.Subscription != nil {
		t.Errorf("the same editor: %+v, %v", same.Subscription, err)
	}
	second := o.Request
	second.Revision = 1

	contended := decision.File{Request: first, CurrentEditor: tilleul, Subscription: *o.Subscription, Server: first, Heir: second, HeirEditor: brume}
	revoke, err := decision.ReadEvent([]byte(replaced(t, string(happened{"revoke", 90, "revoked", "yves@limerzel.fr", true}.body(t)), "model_id", 1)))
	if err != nil {
		t.Fatal(err)
	}
	ended, err := decision.DecideEvent(contended, revoke, tilleul, 0, byDatapass)
	if err != nil || ended.Subscription == nil || !ended.Provision {
		t.Fatalf("the first right ends: %+v, %v", ended, err)
	}
	if got := *ended.Subscription; got.Request != 48231 || got.Editor != brume.Siret || got.Want != credential.WantActive || got.Contender != 0 {
		t.Errorf("the second one follows: %+v", got)
	}
	want := notice.Recipients{To: []string{"yves@limerzel.fr"}, CC: []string{brume.TechnicalContact, tilleul.TechnicalContact}}
	if told := ended.Letters[0]; told.Kind != decision.KindHandedOver || cmp.Diff(want, told.Recipients) != "" {
		t.Errorf("both editors and the town are told: %+v", told)
	}

	// the contender's new version is for the software that has the dossiers
	file = decision.File{Request: second, Track: o.Track, Subscription: *o.Subscription, Server: first, CurrentEditor: brume}
	event.FiredAt = 50
	agreed, err := decision.DecideEvent(file, event, tilleul, 10000078, byDatapass)
	if err != nil || agreed.Subscription == nil || agreed.Subscription.Contender != 0 || agreed.Provision || strings.Contains(string(agreed.Letters[0].Content), `"Elsewhere":true`) {
		t.Errorf("the contender agrees: %+v, %v", agreed.Subscription, err)
	}
	// or for another town
	moved := decision.File{Request: second, Track: o.Track, Former: *o.Subscription, CurrentEditor: brume}
	event.Siret = "21910998000017"
	left, err := decision.DecideEvent(moved, event, brume, 10000078, byDatapass)
	if err != nil || left.Left == nil || left.Left.Contender != 0 || left.Left.Request != 1 {
		t.Errorf("the contender moves to another town: %+v, %v", left.Left, err)
	}

	// the contender gives up; one that contended before comes again
	third := valid(3, habilitation.Editor{Siret: "44973625500018", Name: "Boussole"})
	again := decision.File{Request: second, Track: o.Track, Subscription: *o.Subscription, Server: first, Rival: third.Number}
	revoke.Request, revoke.FiredAt = 48231, 100
	if o, err := decision.DecideEvent(again, revoke, brume, 0, byDatapass); err != nil || o.Subscription == nil || o.Subscription.Contender != 3 || o.Subscription.Request != 1 {
		t.Errorf("two contended, and one's right ends: %+v, %v", o.Subscription, err)
	}
	gone := decision.File{Request: second, Track: o.Track, Subscription: *o.Subscription, Server: first}
	revoke.Request, revoke.FiredAt = 48231, 100
	o, err = decision.DecideEvent(gone, revoke, brume, 0, byDatapass)
	if err != nil || o.Subscription == nil || o.Subscription.Contender != 0 || o.Subscription.Request != 1 || o.Provision {
		t.Errorf("the contender's right ends: %+v, %v", o, err)
	}
}

// A town of before this portal has its software already, though no request is known here: an
// approval by another software takes nothing from it without a question.
func TestTheSoftwareOfBeforeIsNotReplacedInPassing(t *testing.T) {
	before := serving(valid(1, ofTilleul))
	before.Request = 0
	for _, row := range []struct {
		editor             editor.Editor
		request, contender habilitation.RequestNumber
	}{{brume, 0, 48231}, {tilleul, 48231, 0}} {
		event, err := decision.ReadEvent(happened{"approve", 40, "validated", "yves@limerzel.fr", true}.body(t))
		if err != nil {
			t.Fatal(err)
		}
		o, err := decision.DecideEvent(decision.File{Subscription: before}, event, row.editor, 10000077, byDatapass)
		if err != nil || o.Subscription == nil || o.Subscription.Editor != tilleul.Siret || o.Subscription.Request != row.request || o.Subscription.Contender != row.contender {
			t.Errorf("%s: %+v, %v", row.editor.Name, o.Subscription, err)
		}
	}
}

// A refusal of a first request is told with what the request says of itself.
func TestARefusalOfAFirstRequestSaysWhatItIsAbout(t *testing.T) {
	body := inData(t, string(happened{"refuse", 40, "refused", "yves@limerzel.fr", true}.body(t)), "data", map[string]any{
		"intitule": "Tarifs de la cantine", "contact_technique_email": "technique@prestataire.fr",
	})
	event, err := decision.ReadEvent([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	for of, cc := range map[editor.Editor]string{{}: "technique@prestataire.fr", brume: brume.TechnicalContact} {
		o, err := decision.DecideEvent(decision.File{}, event, of, 0, byDatapass)
		if err != nil || len(o.Letters) != 1 {
			t.Fatalf("%+v, %v", o, err)
		}
		want := notice.Recipients{To: []string{"yves@limerzel.fr"}, CC: []string{cc}}
		if diff := cmp.Diff(want, o.Letters[0].Recipients); diff != "" || !strings.Contains(string(o.Letters[0].Content), "Tarifs de la cantine") {
			t.Errorf("%s %s", diff, o.Letters[0].Content)
		}
	}
}

// A new version that is for another software tells both editors and the town; one without the
// form says that it closes.
func TestWhatAModificationChangesIsTold(t *testing.T) {
	before := valid(48231, ofTilleul)
	file := decision.File{Request: before, Subscription: serving(before), Server: before, CurrentEditor: tilleul}
	said := func(of editor.Editor, form bool) (kinds []string, content string) {
		event, err := decision.ReadEvent(happened{"approve", 40, "validated", "yves@limerzel.fr", form}.body(t))
		if err != nil {
			t.Fatal(err)
		}
		o, err := decision.DecideEvent(file, event, of, 10000077, byDatapass)
		if err != nil {
			t.Fatal(err)
		}
		for _, letter := range o.Letters {
			kinds = append(kinds, string(letter.Kind)+" cc "+strings.Join(letter.Recipients.CC, " "))
		}
		return kinds, string(o.Letters[0].Content)
	}
	kinds, content := said(brume, true)
	want := []string{
		"habilitation-modifiee cc technique@brume.example.fr", "logiciel-remplace cc technique@brume.example.fr integration@tilleul.example.fr",
	}
	if diff := cmp.Diff(want, kinds); diff != "" || !strings.Contains(content, `"EditorChanged":true`) {
		t.Errorf("another software: %s %s", diff, content)
	}
	if kinds, content := said(tilleul, false); len(kinds) != 1 || !strings.Contains(content, `"FormRemoved":true`) || !strings.Contains(content, `"FormClosed":true`) {
		t.Errorf("without the form: %q %s", kinds, content)
	}
	file.Heir, file.HeirEditor = valid(7, habilitation.Editor{Siret: brume.Siret, Name: brume.Name}), brume
	if kinds, content := said(tilleul, false); len(kinds) != 2 || !strings.Contains(content, `"FormRemoved":true`) || strings.Contains(content, `"FormClosed":true`) {
		t.Errorf("without the form, which another right keeps open: %q %s", kinds, content)
	}
	file.Heir, file.HeirEditor = habilitation.Request{}, editor.Editor{}
	if kinds, content := said(editor.Editor{}, true); len(kinds) != 2 || !strings.Contains(content, `"EditorChanged":true`) {
		t.Errorf("without a software: %q %s", kinds, content)
	}
	if kinds, content := said(tilleul, true); len(kinds) != 1 || strings.Contains(content, `"EditorChanged":true`) || strings.Contains(content, `"TokenAdded":true`) {
		t.Errorf("the same: %q %s", kinds, content)
	}
	file.Request.Current.Modalities.Token = false
	if _, content := said(tilleul, true); !strings.Contains(content, `"TokenAdded":true`) {
		t.Errorf("with a token: %s", content)
	}
	// HubEE suspended the subscription: a new version opens nothing, and nothing changes hands.
	stopped := file
	stopped.Subscription.State, stopped.Subscription.SuspendedAtHub = credential.Suspended, true
	active := file
	file = stopped
	if kinds, content := said(brume, true); len(kinds) != 1 || !strings.Contains(content, `"Stopped":true`) {
		t.Errorf("another software while HubEE suspends: %q %s", kinds, content)
	}
	file = active
	// Nobody received the dossiers of a form that was closed: nothing changes hands.
	file.Subscription.Want, file.Subscription.State = credential.WantSuspended, credential.Suspended
	if kinds, content := said(brume, true); len(kinds) != 1 {
		t.Errorf("another software for a form that was closed: %q %s", kinds, content)
	}
}

// A request that is approved for another town gives up the subscription of the one before: to
// its heir, which is told like every hand-over, and the form of the new town opens, at an
// address of its own.
func TestWhatARequestLeavesInItsFormerTownIsTold(t *testing.T) {
	before := valid(48231, ofTilleul)
	before.Siret, before.Current.Siret = "21910998000017", "21910998000017"
	heir := valid(7, habilitation.Editor{Siret: brume.Siret, Name: brume.Name})
	heir.Siret = before.Siret
	event, err := decision.ReadEvent(happened{"approve", 40, "validated", "yves@limerzel.fr", true}.body(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		heir               habilitation.Request
		serves             habilitation.RequestNumber
		letters, handOvers int
		wants              credential.Want
		closed             string
	}{
		"with an heir":    {heir, 7, 2, 1, credential.WantActive, `"FormClosed":false`},
		"without an heir": {habilitation.Request{}, 48231, 1, 0, credential.WantSuspended, `"FormClosed":true`},
	} {
		file := decision.File{Request: before, CurrentEditor: tilleul, Former: serving(before), FormerHeir: row.heir, FormerHeirEditor: brume}
		o, err := decision.DecideEvent(file, event, tilleul, 10000077, byDatapass)
		if err != nil || o.Left == nil || o.Left.Request != row.serves || o.Left.Want != row.wants || len(o.Letters) != row.letters {
			t.Fatalf("%s: %+v, %d letters, %v", name, o.Left, len(o.Letters), err)
		}
		if content := string(o.Letters[0].Content); !strings.Contains(content, `"FormAdded":true`) || !strings.Contains(content, row.closed) {
			t.Errorf("%s: %s", name, content)
		}
		handOvers := 0
		for _, e := range o.Events {
			if e.Act == audit.SubscriptionHandedOver && e.Object.ID == "21910998000017" {
				handOvers++
			}
		}
		if handOvers != row.handOvers {
			t.Errorf("%s: %+v", name, o.Events)
		}
	}
}

// A modification that is refused leaves a suspended habilitation as it is: the mail neither
// calls it refused nor valid.
func TestARefusedModificationOfWhatIsSuspended(t *testing.T) {
	r := valid(48231, ofTilleul)
	r.State = habilitation.Suspended
	event, err := decision.ReadEvent(happened{"refuse", 60, "refused", "yves@limerzel.fr", true}.body(t))
	if err != nil {
		t.Fatal(err)
	}
	track := decision.Track{Decided: decision.Mark{FiredAt: 40, Rank: 20}}
	o, err := decision.DecideEvent(decision.File{Request: r, Track: track}, event, tilleul, 0, byDatapass)
	if err != nil || o == nil || len(o.Letters) != 1 {
		t.Fatal(o, err)
	}
	for _, letter := range o.Letters {
		if content := string(letter.Content); !strings.Contains(content, `"StillValid":true`) || !strings.Contains(content, `"Suspended":true`) {
			t.Error(content)
		}
	}
}

// A right that ended does not keep the subscription from the next one.
func TestANewRightTakesTheSubscriptionOfOneThatEnded(t *testing.T) {
	old := valid(1, ofTilleul)
	old.State = habilitation.Revoked
	suspended := serving(old)
	suspended.Want, suspended.State = credential.WantSuspended, credential.Suspended
	event, err := decision.ReadEvent(happened{"approve", 40, "validated", "yves@limerzel.fr", true}.body(t))
	if err != nil {
		t.Fatal(err)
	}
	o, err := decision.DecideEvent(decision.File{Subscription: suspended, Server: old}, event, brume, 10000077, byDatapass)
	if err != nil || o.Subscription == nil || !o.Provision {
		t.Fatalf("%+v, %v", o, err)
	}
	if got := *o.Subscription; got.Request != 48231 || got.Editor != brume.Siret || got.Want != credential.WantActive || got.Contender != 0 || got.Revision != 5 {
		t.Errorf("%+v", got)
	}
}

// A modification that gives the form up closes it.
func TestAModificationWithoutTheFormClosesIt(t *testing.T) {
	before := valid(48231, ofTilleul)
	event, err := decision.ReadEvent(happened{"approve", 40, "validated", "yves@limerzel.fr", false}.body(t))
	if err != nil {
		t.Fatal(err)
	}
	o, err := decision.DecideEvent(decision.File{Request: before, Subscription: serving(before), Server: before}, event, tilleul, 10000077, byDatapass)
	if err != nil || o.Subscription == nil || o.Subscription.Want != credential.WantSuspended || !o.Provision {
		t.Errorf("%+v, %v", o, err)
	}
}

// « suspended by one person, revoked by a second » (issue 4, PRODUCT.md 3.3).
func TestWhoSuspendsDoesNotRevoke(t *testing.T) {
	awa, maud := account.Actor{AccountID: 3, Name: "Awa Traoré", Role: account.Instructor}, account.Actor{AccountID: 6, Name: "Maud Perrin", Role: account.Instructor}
	r := valid(48231, ofTilleul)
	file := decision.File{Request: r, Subscription: serving(r), Server: r}
	by := func(a account.Actor) decision.Moment {
		return decision.Moment{At: noon.Add(time.Hour), Author: a.Author(), Sealer: sealer{}, Mint: mint}
	}

	if _, err := decision.DecideVerdict(file, awa, decision.Verdict{Act: habilitation.Revoke, Reason: "Fuite."}, by(awa)); !fault.Is(err, "habilitation.moved") {
		t.Errorf("revoked without suspension: %v", err)
	}
	o, err := decision.DecideVerdict(file, awa, decision.Verdict{Act: habilitation.Suspend, Reason: "Fuite.", Editor: tilleul}, by(awa))
	if err != nil || o.Request.State != habilitation.Suspended || o.Subscription.Want != credential.WantSuspended || len(o.Letters) != 1 || len(o.Events) != 1 {
		t.Fatalf("suspended: %+v, %v", o, err)
	}
	file.Request, file.Subscription = o.Request, *o.Subscription
	file.Server = o.Request
	if _, err := decision.DecideVerdict(file, awa, decision.Verdict{Act: habilitation.Suspend, Reason: "Fuite."}, by(awa)); !fault.Is(err, "habilitation.moved") {
		t.Errorf("suspended twice: %v", err)
	}
	if _, err := decision.DecideVerdict(file, awa, decision.Verdict{Act: habilitation.Revoke, Reason: "Fuite."}, by(awa)); !fault.Is(err, "habilitation.same_person") {
		t.Errorf("revoked by the same person: %v", err)
	}
	restored, err := decision.DecideVerdict(file, awa, decision.Verdict{Act: habilitation.Restore, Editor: tilleul}, by(awa))
	if err != nil || restored.Request.State != habilitation.Validated || restored.Subscription.Want != credential.WantActive || restored.Request.Suspension != (habilitation.Suspension{}) {
		t.Errorf("restored: %+v, %v", restored, err)
	}
	revoked, err := decision.DecideVerdict(file, maud, decision.Verdict{Act: habilitation.Revoke, Reason: "Fuite.", Editor: tilleul}, by(maud))
	if err != nil || revoked.Request.State != habilitation.Revoked || revoked.Subscription != nil {
		t.Errorf("revoked by another person: %+v, %v", revoked, err)
	}
	file.Request = revoked.Request
	for _, act := range habilitation.Acts {
		if _, err := decision.DecideVerdict(file, maud, decision.Verdict{Act: act, Reason: "Fuite."}, by(maud)); !fault.Is(err, "habilitation.moved") {
			t.Errorf("%s after the revocation: %v", act, err)
		}
	}
}

// « DPD and controller told what was declared in their name » (issue 4): once each, and not
// the requester, who declared it.
func TestWhoIsDesignatedIsToldOnce(t *testing.T) {
	const yves, dpd, mayor = "yves@limerzel.fr", "dpd@syndicat.fr", "maire@limerzel.fr"
	for _, row := range []struct {
		dpd, controller string
		want            []string
	}{
		{dpd, mayor, []string{"personne-designee " + dpd, "personne-designee " + mayor}},
		{dpd, dpd, []string{"personne-designee " + dpd}},
		{dpd, yves, []string{"personne-designee " + dpd}},
		{yves, yves, nil},
		{"", mayor, []string{"personne-designee " + mayor}},
		{"", "", nil},
		{"pas une adresse", "DPD@Syndicat.fr", []string{"personne-designee " + dpd}},
	} {
		body := inData(t, string(happened{"approve", 40, "validated", yves, true}.body(t)), "data", map[string]any{
			"delegue_protection_donnees_email": row.dpd, "responsable_traitement_email": row.controller,
		})
		event, err := decision.ReadEvent([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		o, err := decision.DecideEvent(decision.File{}, event, editor.Editor{}, 10000077, byDatapass)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, letter := range o.Letters[1:] {
			told = append(told, string(letter.Kind)+" "+letter.Recipients.To[0])
		}
		if diff := cmp.Diff(row.want, told); diff != "" || o.Letters[0].Recipients.To[0] != yves {
			t.Errorf("dpd %q, controller %q: %s", row.dpd, row.controller, diff)
		}
	}
}

// A new version tells those who are newly designated, and not the others once more.
func TestANewVersionTellsWhoIsNewlyDesignated(t *testing.T) {
	before := valid(48231, ofTilleul)
	before.Current.Contacts.DPD.Mail, before.Current.Contacts.Controller.Mail = "dpd@syndicat.fr", "ancien.maire@limerzel.fr"
	body := inData(t, string(happened{"approve", 40, "validated", "yves@limerzel.fr", true}.body(t)), "data", map[string]any{
		"delegue_protection_donnees_email": "dpd@syndicat.fr", "responsable_traitement_email": "maire@limerzel.fr",
	})
	event, err := decision.ReadEvent([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	o, err := decision.DecideEvent(decision.File{Request: before}, event, tilleul, 10000077, byDatapass)
	if err != nil || len(o.Letters) != 2 || o.Letters[1].Recipients.To[0] != "maire@limerzel.fr" {
		t.Errorf("%+v, %v", o.Letters, err)
	}
}

// The states of PRODUCT.md 4 and what people may do in each.
func TestWhatEachStateAllows(t *testing.T) {
	allowed := map[habilitation.State]string{
		habilitation.Draft: "submit withdraw", habilitation.Submitted: "approve refuse request_changes withdraw",
		habilitation.ChangesRequested: "approve refuse submit withdraw", habilitation.Validated: "suspend reopen",
		habilitation.Reopened: "approve refuse request_changes suspend submit cancel", habilitation.Suspended: "restore revoke",
		habilitation.Refused: "", habilitation.Revoked: "", habilitation.Archived: "",
	}
	for _, state := range habilitation.States {
		got := ""
		for _, act := range habilitation.Acts {
			if state.Allows(act) {
				if got != "" {
					got += " "
				}
				got += string(act)
			}
		}
		if got != allowed[state] {
			t.Errorf("%s allows %q, want %q", state, got, allowed[state])
		}
	}
}

// What is foreseen of the dossiers before a suspension is what the decision does with them.
func TestTheRelayIsWhatADecisionObeys(t *testing.T) {
	awa := account.Actor{AccountID: 3, Name: "Awa Traoré", Role: account.Instructor}
	held := valid(48231, ofTilleul)
	of := func(e editor.Editor) habilitation.Request {
		return valid(7, habilitation.Editor{Siret: e.Siret, Name: e.Name})
	}
	stopped, closed, elsewhere := serving(held), serving(held), serving(held)
	stopped.State, stopped.SuspendedAtHub = credential.Suspended, true
	closed.Want, closed.State = credential.WantSuspended, credential.Suspended
	elsewhere.Request = 9
	for name, row := range map[string]struct {
		subscription credential.Subscription
		heir         habilitation.Request
		editor       editor.Editor
		want         decision.Relay
	}{
		"nobody":                              {subscription: serving(held)},
		"another software":                    {serving(held), of(brume), brume, decision.Relay{Request: 7, Editor: brume.Name, Open: true, Told: true}},
		"the same one":                        {serving(held), of(tilleul), tilleul, decision.Relay{Request: 7, Editor: tilleul.Name, Same: true, Open: true}},
		"another one, HubEE having suspended": {stopped, of(brume), brume, decision.Relay{Request: 7, Editor: brume.Name}},
		"another one, the form being closed":  {closed, of(brume), brume, decision.Relay{Request: 7, Editor: brume.Name}},
		"another request has them":            {elsewhere, of(brume), brume, decision.Relay{}},
	} {
		file := decision.File{Request: held, CurrentEditor: tilleul, Subscription: row.subscription, Server: held, Heir: row.heir, HeirEditor: row.editor}
		relay := file.Relay()
		if relay != row.want {
			t.Errorf("%s: %+v is foreseen, want %+v", name, relay, row.want)
		}
		o, err := decision.DecideVerdict(file, awa, decision.Verdict{Act: habilitation.Suspend, Reason: "Un doute.", Editor: tilleul},
			decision.Moment{At: noon, Author: awa.Author(), Sealer: sealer{}, Mint: mint})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		goes := o.Subscription != nil && o.Subscription.Request == 7
		if goes != (relay.Request == 7) || goes && (o.Subscription.Editor != row.editor.Siret || relay.Same != (row.subscription.Editor == o.Subscription.Editor)) {
			t.Errorf("%s: the subscription becomes %+v", name, o.Subscription)
		}
		if relay.Open && o.Subscription.FormAfter(directory.FormOpen) != directory.FormOpen {
			t.Errorf("%s: the form does not stay open: %+v", name, o.Subscription)
		}
		if kinds := len(o.Letters); relay.Told != (kinds == 2) {
			t.Errorf("%s: %d mails", name, kinds)
		}
	}
}
