package decision_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
)

var byAwa = decision.Moment{At: noon, Author: audit.Author{ID: "7", Display: "Awa Traoré", Role: "instructor"}, Sealer: sealer{}, Mint: mint}

// filed is what a town deposited through the form of an editor.
func filed(of editor.Editor) decision.File {
	r := habilitation.Request{
		Number: 10000003, Source: habilitation.FromPortal, Siret: "21560124000017", Organisation: "Limerzel", FormUID: "api-particulier-tilleul",
		State: habilitation.Submitted, Revision: 4, Requester: habilitation.Contact{Mail: "yves@limerzel.fr", GivenName: "Yves", FamilyName: "Cadoret", Phone: "0297000000"},
	}
	a := request.Application{
		Request: r, Phase: request.Filed, FiledAt: noon, FirstFiledAt: noon, Terms: "2026-09",
		Template: editor.Template{UID: "api-particulier-tilleul", Version: 2, Editor: of},
		Answers: request.Answers{
			Title: "Tarifs de la cantine", RequesterPhone: "0297000000", Token: true, Form: true, Scopes: []string{editor.ScopeQuotient, editor.ScopeChildren},
			DPD:        habilitation.Contact{GivenName: "Anne", FamilyName: "Le Goff", Mail: "dpd@syndicat.fr"},
			Controller: habilitation.Contact{GivenName: "Jeanne", FamilyName: "Maréchal", Mail: "maire@limerzel.fr", Job: "Maire"},
			Technical:  habilitation.Contact{Mail: "technique@tilleul.example.fr"},
		},
	}
	return decision.File{Town: r.Siret, Request: r, Application: &a}
}

func kindsOf(o decision.Outcome) (kinds []string) {
	for _, letter := range o.Letters {
		kinds = append(kinds, string(letter.Kind)+" "+strings.Join(letter.Recipients.To, ","))
	}
	return kinds
}

// « Each approval yields an immutable habilitation »: what was deposited is what is granted,
// with who approved and which terms were accepted.
func TestAnApprovalGrantsWhatWasDeposited(t *testing.T) {
	f := filed(tilleul)
	note := request.Note{Act: habilitation.Approve, Revision: 4, Number: 10000099, Text: "Bon courage."}
	o, err := decision.DecideNoted(f, note, tilleul, byAwa)
	if err != nil {
		t.Fatal(err)
	}
	h := *o.Habilitation
	want := habilitation.Habilitation{
		Number: 10000099, Request: 10000003, Siret: f.Request.Siret, Organisation: "Limerzel", Modalities: habilitation.Modalities{Token: true, Form: true},
		Scopes: []string{editor.ScopeQuotient, editor.ScopeChildren}, Editor: ofTilleul, FormUID: "api-particulier-tilleul", Title: "Tarifs de la cantine",
		Terms: "2026-09", ApprovedBy: "Awa Traoré", ApprovedAt: noon,
		Contacts: habilitation.Contacts{
			Requester: f.Request.Requester, Business: f.Request.Requester, DPD: f.Application.Answers.DPD,
			Controller: f.Application.Answers.Controller, Technical: f.Application.Answers.Technical,
		},
	}
	if diff := cmp.Diff(want, h); diff != "" || o.Request.State != habilitation.Validated {
		t.Errorf("granted: %s", diff)
	}
	if o.Subscription == nil || !o.Provision || o.Subscription.Editor != tilleul.Siret || o.Application.Phase != request.Closed {
		t.Errorf("the form opens for the editor, and nothing is under way any more: %+v, %+v", o.Subscription, o.Application)
	}
	wantKinds := []string{"habilitation-validee yves@limerzel.fr", "personne-designee dpd@syndicat.fr", "personne-designee maire@limerzel.fr"}
	if diff := cmp.Diff(wantKinds, kindsOf(o)); diff != "" {
		t.Error(diff)
	}
	if approved, _ := o.Notices[0].(decision.Approved); approved.Message != "Bon courage." || cmp.Diff([]string{tilleul.TechnicalContact}, o.Letters[0].Recipients.CC) != "" {
		t.Errorf("what the instructor adds, and the copy: %+v", o.Notices[0])
	}
}

// « two instructors on one request »: who decides from what is no longer true decides nothing.
func TestADecisionFromAnOlderPageIsNone(t *testing.T) {
	for name, change := range map[string]func(f *decision.File, n *request.Note){
		"somebody decided": func(f *decision.File, _ *request.Note) {
			f.Request.State, f.Request.Revision = habilitation.Validated, 5
		},
		"the town sent it anew":  func(f *decision.File, _ *request.Note) { f.Request.Revision = 6 },
		"changes were asked":     func(f *decision.File, _ *request.Note) { f.Application.Phase = request.Returned },
		"nothing was ever shown": func(_ *decision.File, n *request.Note) { *n = request.Note{Act: habilitation.Approve} },
		"it was never deposited": func(f *decision.File, _ *request.Note) {
			f.Request.State, f.Application.Phase = habilitation.Draft, request.Writing
		},
		"the town took it back": func(f *decision.File, _ *request.Note) {
			f.Request.State, f.Application.Phase = habilitation.Archived, request.Closed
		},
		"it is a refusal already": func(f *decision.File, _ *request.Note) {
			f.Request.State, f.Application.Phase = habilitation.Refused, request.Closed
		},
	} {
		f, note := filed(tilleul), request.Note{Act: habilitation.Approve, Revision: 4, Number: 1}
		change(&f, &note)
		if _, err := decision.DecideNoted(f, note, tilleul, byAwa); !fault.Is(err, "request.moved") {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := filed(tilleul)
	if _, err := decision.DecideNoted(f, request.Note{Act: habilitation.Refuse, Revision: 4}, tilleul, byAwa); !fault.Is(err, "reason.required") {
		t.Errorf("a refusal without reason: %v", err)
	}
}

// « cancel and refuse restore everything, documents included »; « a refused modification leaves
// the habilitation as it was ».
func TestARefusedModificationRestoresWhatWasGranted(t *testing.T) {
	f := filed(tilleul)
	granted := f.Application.Answers
	granted.Document, granted.Title = 41, "Tarifs d’avant"
	f.Application.Granted = &granted
	f.Application.Answers.Document = 77
	f.Request.State, f.Application.Request.State = habilitation.Reopened, habilitation.Reopened
	f.Request.Current = valid(10000003, ofTilleul).Current
	o, err := decision.DecideNoted(f, request.Note{Act: habilitation.Refuse, Revision: 4, Text: "Pas ce document."}, tilleul, byAwa)
	if err != nil || o.Request.State != habilitation.Validated || o.Habilitation != nil || o.Subscription != nil {
		t.Fatalf("%+v, %v", o, err)
	}
	if diff := cmp.Diff(granted, o.Application.Answers); diff != "" || o.Application.Phase != request.Closed {
		t.Errorf("what is written is what is granted: %s", diff)
	}
	changed, _ := o.Notices[0].(decision.Changed)
	if !changed.StillValid || changed.Reason != "Pas ce document." {
		t.Errorf("the mail says that the habilitation is still valid: %+v", changed)
	}

	first := filed(tilleul)
	refused, err := decision.DecideNoted(first, request.Note{Act: habilitation.Refuse, Revision: 4, Text: "Sans objet."}, tilleul, byAwa)
	if err != nil || refused.Request.State != habilitation.Refused || refused.Application.Answers.Title != "Tarifs de la cantine" {
		t.Errorf("a first request that is refused keeps what it said: %+v, %v", refused, err)
	}
	if diff := cmp.Diff(notice.Recipients{To: []string{"yves@limerzel.fr"}, CC: []string{tilleul.TechnicalContact}}, refused.Letters[0].Recipients); diff != "" {
		t.Error(diff)
	}
}

// « refused → told, the token keeps its date » (issue 7): the one that goes on, whichever was when
// the modification began; nothing is said of a token where none was to be prolonged.
func TestARefusedModificationSaysThatTheTokenKeepsItsDate(t *testing.T) {
	f := filed(tilleul)
	f.Request.State, f.Application.Request.State = habilitation.Reopened, habilitation.Reopened
	f.Request.Current = valid(10000003, ofTilleul).Current
	current, old := inUse(f.Request), inUse(f.Request)
	old.ID, old.ReplacedAt, old.EndsAt = "old", noon.Add(-time.Hour), noon.Add(time.Hour)
	f.Tokens = []credential.Token{old, current}
	for name, row := range map[string]struct {
		amendment renewal.Amendment
		tokens    []credential.Token
		id        string
		until     time.Time
	}{
		"begun to prolong":            {renewal.Amendment{ID: 3, TokenID: current.ID, Expiry: current.ExpiresAt}, f.Tokens, current.ID, current.ExpiresAt},
		"replaced since":              {renewal.Amendment{ID: 3, TokenID: "old", Expiry: noon}, f.Tokens, current.ID, current.ExpiresAt},
		"nothing was to be prolonged": {renewal.Amendment{}, f.Tokens, "", time.Time{}},
		"no token is left":            {renewal.Amendment{ID: 3, TokenID: "old", Expiry: noon}, []credential.Token{old}, "", time.Time{}},
	} {
		f := f
		f.Amendment, f.Tokens = row.amendment, row.tokens
		o, err := decision.DecideNoted(f, request.Note{Act: habilitation.Refuse, Revision: 4, Text: "Pas cet usage."}, tilleul, byAwa)
		if err != nil {
			t.Fatal(err)
		}
		told, _ := o.Notices[0].(decision.Changed)
		if told.TokenID != row.id || !told.TokenUntil.Equal(row.until) || len(o.Prolonged) != 0 {
			t.Errorf("%s: the mail says %q until %s, prolonged %v", name, told.TokenID, told.TokenUntil, o.Prolonged)
		}
	}
}

// « Après validation, le jeton API Particulier est automatiquement prolongé » (guide, 6.c): the mail
// of the approval says so as the one of the prolongation does, which follows it; what is suspended
// is prolonged by neither.
func TestAnApprovalThatProlongsSaysSoInItsOwnMail(t *testing.T) {
	f := filed(tilleul)
	f.Request.State, f.Application.Request.State = habilitation.Reopened, habilitation.Reopened
	f.Request.Current = valid(10000003, ofTilleul).Current
	token := inUse(f.Request)
	f.Amendment = renewal.Amendment{ID: 3, TokenID: token.ID, Expiry: token.ExpiresAt, BegunAt: noon.Add(-time.Hour), FiledAt: noon}
	for name, row := range map[string]struct {
		change func(t *credential.Token)
		until  time.Time
	}{
		"in use":    {func(*credential.Token) {}, renewal.Until(token.ExpiresAt, noon, credential.TokenLife)},
		"suspended": {func(t *credential.Token) { t.Suspension.At = noon.Add(-time.Hour) }, time.Time{}},
	} {
		f, token := f, token
		row.change(&token)
		f.Tokens = []credential.Token{token}
		o, err := decision.DecideNoted(f, request.Note{Act: habilitation.Approve, Revision: 4, Number: 10000099}, tilleul, byAwa)
		if err != nil {
			t.Fatal(err)
		}
		approved, isFirst := o.Notices[0].(decision.Approved)
		prolonged := slices.IndexFunc(o.Notices, func(n notice.Notice) bool { return n.Kind() == "jeton-prolonge" })
		if !isFirst || !approved.Prolonged.Equal(row.until) || (prolonged > 0) != !row.until.IsZero() {
			t.Errorf("%s: the mail of the approval says until %s, want %s; the one of the prolongation is number %d", name, approved.Prolonged, row.until, prolonged)
		}
	}
}

// A form stays open while HubEE's part of it is made anew, as long as HubEE lets the dossiers through:
// nothing announces that it opens. Elsewhere the mail has it open later.
func TestAnApprovalTellsTheFormAsCitizensFindIt(t *testing.T) {
	for name, row := range map[string]struct {
		state credential.State
		atHub credential.HubStatus
		form  directory.FormState
		want  bool
	}{
		"open, active":                   {credential.Active, credential.HubActive, directory.FormOpen, true},
		"open, made anew":                {credential.Inactive, credential.HubActive, directory.FormOpen, true},
		"open, awaited":                  {credential.Awaiting, credential.HubActive, directory.FormOpen, true},
		"open, failed":                   {credential.Failed, credential.HubActive, directory.FormOpen, true},
		"open, HubEE has let it go":      {credential.Inactive, credential.HubInactive, directory.FormOpen, false},
		"not open yet":                   {credential.Inactive, credential.HubActive, directory.FormSoon, false},
		"of a town that has no form yet": {credential.Active, credential.HubActive, "", false},
	} {
		f := filed(tilleul)
		f.TownForm, f.Server = row.form, f.Request
		f.Server.Current.Editor = ofTilleul
		f.Subscription = serving(f.Server)
		f.Subscription.State, f.Subscription.AtHub = row.state, row.atHub
		o, err := decision.DecideNoted(f, request.Note{Act: habilitation.Approve, Revision: 4, Number: 10000099}, tilleul, byAwa)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Notices[0].(decision.Approved).FormOpen; got != row.want {
			t.Errorf("%s: the mail of the approval has the form open already: %t", name, got)
		}
	}
}

// « which software must receive them? (token only, or replacement, which moves the delegation on
// approval … and tells both editors and the town) » (PRODUCT.md 3.2).
func TestTheAnswerToTheSecondEditorsQuestionIsObeyed(t *testing.T) {
	first := valid(1, habilitation.Editor{Siret: brume.Siret, Name: brume.Name})
	for answer, want := range map[request.Reception]struct {
		request   habilitation.RequestNumber
		contender habilitation.RequestNumber
		form      bool
		handed    bool
	}{
		request.ReceptionReplace: {request: 10000003, form: true, handed: true},
		request.ReceptionKeep:    {request: 1, form: false},
		"":                       {request: 1, contender: 10000003, form: true},
	} {
		f := filed(tilleul)
		f.Subscription, f.Server, f.Receiver, f.TownForm = serving(first), first, brume, directory.FormOpen
		f.Application.Answers.Reception = answer
		o, err := decision.DecideNoted(f, request.Note{Act: habilitation.Approve, Revision: 4, Number: 10000099}, tilleul, byAwa)
		if err != nil {
			t.Fatal(err)
		}
		got := f.Subscription
		if o.Subscription != nil {
			got = *o.Subscription
		}
		if got.Request != want.request || got.Contender != want.contender || o.Habilitation.Modalities.Form != want.form || got.Want != credential.WantActive {
			t.Errorf("%q: %+v, form %v", answer, got, o.Habilitation.Modalities.Form)
		}
		// It was open before: nothing announces that it opens.
		if approved := o.Notices[0].(decision.Approved); !approved.FormOpen {
			t.Errorf("%q: the mail of the approval has the form open later", answer)
		}
		handed := -1
		for i, letter := range o.Letters {
			if letter.Kind == decision.KindHandedOver {
				handed = i
			}
		}
		if want.handed != (handed >= 0) {
			t.Errorf("%q: the editors are told: %v", answer, kindsOf(o))
		} else if want.handed && cmp.Diff([]string{tilleul.TechnicalContact, brume.TechnicalContact}, o.Letters[handed].Recipients.CC) != "" {
			t.Errorf("%q: %+v", answer, o.Letters[handed].Recipients)
		}
	}
}

// A town that modifies its request here is not surprised by what DataPass says of it; a
// revocation acts at once, wherever it comes from.
func TestARequestModifiedHereIsNoLongerDatapassOwn(t *testing.T) {
	f := filed(tilleul)
	f.Request.Number, f.Request.State, f.Request.Current = 48231, habilitation.Reopened, valid(48231, ofTilleul).Current
	f.Application.Request = f.Request
	for _, name := range []string{"approve", "update", "refuse", "transfer", "archive"} {
		event, err := decision.ReadEvent(happened{name, 400, "validated", "autre@limerzel.fr", true}.body(t))
		if err != nil {
			t.Fatal(err)
		}
		if o, err := decision.DecideEvent(f, event, tilleul, 10000077, byDatapass); err != nil || o != nil {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
	event, err := decision.ReadEvent(happened{"revoke", 400, "revoked", "yves@limerzel.fr", true}.body(t))
	if err != nil {
		t.Fatal(err)
	}
	o, err := decision.DecideEvent(f, event, tilleul, 0, byDatapass)
	if err != nil || o == nil || o.Request.State != habilitation.Revoked || o.Application == nil || o.Application.Phase != request.Closed {
		t.Errorf("revoked: %+v, %v", o, err)
	}
}

// « instruction waits » (users-reliability-security.md B.4): nobody approves a document that
// nobody could read; to refuse is always possible.
func TestADocumentThatWaitsIsNotApproved(t *testing.T) {
	for state, code := range map[request.DocumentState]string{
		request.Clean: "", request.NotScanned: "", request.Unscanned: "request.document_waits", request.Infected: "request.document_infected",
	} {
		f := filed(tilleul)
		f.Application.Answers.Document, f.Application.Documents = 7, []request.Document{{ID: 7, State: state}}
		if _, err := decision.DecideNoted(f, request.Note{Act: habilitation.Approve, Revision: 4, Number: 1}, tilleul, byAwa); fault.CodeOf(err) != code {
			t.Errorf("%s: %v", state, err)
		}
		if _, err := decision.DecideNoted(f, request.Note{Act: habilitation.Refuse, Revision: 4, Text: "Illisible."}, tilleul, byAwa); err != nil {
			t.Errorf("%s is refused: %v", state, err)
		}
	}
}

// « C’est moi » as the technical contact: nobody else gets a copy of a refusal, whatever was
// typed before.
func TestARefusalIsCopiedToWhoIsTheTechnicalContact(t *testing.T) {
	for name, change := range map[string]func(a *request.Answers){
		"the requester himself": func(a *request.Answers) { a.TechnicalOneself = true },
		"no address":            func(a *request.Answers) { a.Technical.Mail = "pas une adresse" },
	} {
		f := filed(editor.Editor{})
		change(&f.Application.Answers)
		o, err := decision.DecideNoted(f, request.Note{Act: habilitation.Refuse, Revision: 4, Text: "Sans objet."}, editor.Editor{}, byAwa)
		if err != nil || len(o.Letters[0].Recipients.CC) != 0 {
			t.Errorf("%s: %+v, %v", name, o.Letters, err)
		}
	}
}
