package decision_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// inUse is the token of a request that its software has used for a year.
func inUse(r habilitation.Request) credential.Token {
	t := credential.Issued(credential.Drawn{Token: credential.Token{ID: "one"}}, credential.GranteeOf(r), noon.AddDate(-1, 0, 0)).Token
	t.Collection = credential.Collection{Side: credential.SideEditor, At: t.IssuedAt}
	t.Kept, t.FirstUse, t.Revision = false, t.IssuedAt, 4
	return t
}

func tokenActs(o decision.Outcome) (acts []audit.Act) {
	for _, event := range o.Events {
		if event.Object.Kind == "token" {
			acts = append(acts, event.Act)
		}
	}
	return acts
}

// « issued on approval …; the approval mail gains its link »; « Lien vers le jeton API
// Particulier » (guide, 2.c).
func TestAnApprovalIssuesTheToken(t *testing.T) {
	f, note := filed(tilleul), request.Note{Act: habilitation.Approve, Revision: 4, Number: 10000099}
	o, err := decision.DecideNoted(f, note, tilleul, byAwa)
	if err != nil || len(o.Tokens.New) != 1 || len(o.Tokens.Changed) != 0 {
		t.Fatalf("%+v, %v", o.Tokens, err)
	}
	issued := o.Tokens.New[0]
	if issued.Request != 10000003 || issued.Habilitation != 10000099 || issued.Siret != "21560124000017" || issued.Editor != tilleul.Siret ||
		!slices.Equal(issued.Scopes, []string{editor.ScopeQuotient, editor.ScopeChildren}) || !issued.ExpiresAt.Equal(value.MonthsLater(noon, 18)) {
		t.Errorf("issued %+v", issued.Token)
	}
	approved, _ := o.Notices[0].(decision.Approved)
	if approved.TokenID != issued.ID || strings.Contains(string(o.Letters[0].Content), string(issued.Sealed)) {
		t.Errorf("the mail has the link of %q, and never the token", approved.TokenID)
	}
	if !slices.Equal(tokenActs(o), []audit.Act{audit.TokenIssued}) || len(o.EditorEvents) != 2 || o.EditorEvents[0].Kind != "jeton.a_recuperer" && o.EditorEvents[1].Kind != "jeton.a_recuperer" {
		t.Errorf("journal %v, events %+v", tokenActs(o), o.EditorEvents)
	}
	// What the instructor is shown before the decision has the same link.
	again, err := decision.DecideNoted(f, note, tilleul, byAwa)
	if err != nil || again.Tokens.New[0].ID != issued.ID || again.Tokens.New[0].PublicID == issued.PublicID {
		t.Errorf("the same approval, composed again: %v", err)
	}
}

// A habilitation with the form alone has no token.
func TestAFormAloneHasNoToken(t *testing.T) {
	f := filed(tilleul)
	f.Application.Answers.Token = false
	o, err := decision.DecideNoted(f, request.Note{Act: habilitation.Approve, Revision: 4, Number: 10000099}, tilleul, byAwa)
	if err != nil || !o.Tokens.IsZero() {
		t.Errorf("%+v, %v", o.Tokens, err)
	}
}

// « n’a pas de changement de jeton à effectuer dans le logiciel » (guide, 6.c): a modification
// leaves the token, which follows what is granted; one that gives the token up revokes it.
func TestAModificationKeepsTheToken(t *testing.T) {
	before := valid(48231, ofTilleul)
	token := inUse(before)
	file := decision.File{Request: before, Subscription: serving(before), Server: before, Tokens: []credential.Token{token}}
	event, err := decision.ReadEvent(happened{"approve", 40, "validated", "yves@limerzel.fr", true}.body(t))
	if err != nil {
		t.Fatal(err)
	}
	event.Scopes = []string{"cnaf_adresse"}
	o, err := decision.DecideEvent(file, event, tilleul, 10000077, byDatapass)
	if err != nil || len(o.Tokens.New) != 0 || len(o.Tokens.Changed) != 1 {
		t.Fatalf("%+v, %v", o.Tokens, err)
	}
	if after := o.Tokens.Changed[0]; after.ID != "one" || after.Habilitation != 10000077 || !slices.Equal(after.Scopes, []string{"cnaf_adresse"}) || !after.Current() ||
		!after.ExpiresAt.Equal(token.ExpiresAt) || after.Revision != 4 {
		t.Errorf("%+v", after)
	}
	event.Modalities.Token = false
	o, err = decision.DecideEvent(file, event, tilleul, 10000077, byDatapass)
	if err != nil || len(o.Tokens.Changed) != 1 || o.Tokens.Changed[0].State(noon) != credential.TokenRevoked {
		t.Errorf("without the modality: %+v, %v", o.Tokens, err)
	}
}

// « replacement, which moves the delegation on approval, ends the old token after the overlap »
// (PRODUCT.md 3.2): another software gets a token of its own.
func TestAnotherSoftwareGetsItsOwnToken(t *testing.T) {
	before := valid(48231, ofTilleul)
	file := decision.File{Request: before, Subscription: serving(before), Server: before, CurrentEditor: tilleul, Tokens: []credential.Token{inUse(before)}}
	event, err := decision.ReadEvent(happened{"approve", 40, "validated", "yves@limerzel.fr", true}.body(t))
	if err != nil {
		t.Fatal(err)
	}
	o, err := decision.DecideEvent(file, event, brume, 10000077, byDatapass)
	if err != nil || len(o.Tokens.New) != 1 || len(o.Tokens.Changed) != 1 {
		t.Fatalf("%+v, %v", o.Tokens, err)
	}
	if former := o.Tokens.Changed[0]; former.Editor != tilleul.Siret || former.State(noon) != credential.TokenOverlapped || !former.EndsAt.Equal(noon.Add(credential.Overlap)) {
		t.Errorf("the former software's: %+v", former)
	}
	if next := o.Tokens.New[0]; next.Editor != brume.Siret || next.Replaces != "one" {
		t.Errorf("the new one's: %+v", next.Token)
	}

	server := valid(1, ofTilleul)
	asked := filed(brume)
	asked.Subscription, asked.Server, asked.Receiver, asked.ServerTokens = serving(server), server, tilleul, []credential.Token{inUse(server)}
	asked.Application.Answers.Reception = request.ReceptionReplace
	second, err := decision.DecideNoted(asked, request.Note{Act: habilitation.Approve, Revision: 4, Number: 10000099}, brume, byAwa)
	if err != nil || len(second.Tokens.New) != 1 || len(second.Tokens.Changed) != 1 || !second.Tokens.Changed[0].EndsAt.Equal(noon.Add(credential.Overlap)) {
		t.Errorf("a second editor's request that replaces: %+v, %v", second.Tokens, err)
	}
	asked.Application.Answers.Reception = ""
	second, err = decision.DecideNoted(asked, request.Note{Act: habilitation.Approve, Revision: 4, Number: 10000099}, brume, byAwa)
	if err != nil || len(second.Tokens.Changed) != 0 {
		t.Errorf("one that does not replace leaves the first editor's token: %+v, %v", second.Tokens, err)
	}
}

// A software that is replaced keeps none of its tokens beyond the overlap, be it one that another
// system issued and that had given way long before.
func TestNoTokenOfTheFormerSoftwareOutlivesTheOverlap(t *testing.T) {
	before := valid(48231, ofTilleul)
	old, over := inUse(before), inUse(before)
	old.ID, old.ReplacedAt, old.EndsAt = "two", noon.AddDate(0, -6, 0), old.ExpiresAt
	over.ID, over.ReplacedAt, over.EndsAt = "three", noon.AddDate(0, -6, 0), noon.AddDate(0, -5, 0)
	tokens := []credential.Token{inUse(before), old, over}
	event, err := decision.ReadEvent(happened{"approve", 40, "validated", "yves@limerzel.fr", true}.body(t))
	if err != nil {
		t.Fatal(err)
	}
	modified, err := decision.DecideEvent(decision.File{Request: before, Subscription: serving(before), Server: before, CurrentEditor: tilleul, Tokens: tokens}, event, brume, 10000077, byDatapass)
	if err != nil {
		t.Fatal(err)
	}
	asked := filed(brume)
	asked.Subscription, asked.Server, asked.Receiver, asked.ServerTokens = serving(before), before, tilleul, tokens
	asked.Application.Answers.Reception = request.ReceptionReplace
	second, err := decision.DecideNoted(asked, request.Note{Act: habilitation.Approve, Revision: 4, Number: 10000099}, brume, byAwa)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]decision.Outcome{"a modification": *modified, "a second editor’s request": second} {
		if len(o.Tokens.Changed) != 2 {
			t.Fatalf("%s changes %d tokens", name, len(o.Tokens.Changed))
		}
		for _, changed := range o.Tokens.Changed {
			if !changed.EndsAt.Equal(noon.Add(credential.Overlap)) || changed.ID == "two" && !changed.ReplacedAt.Equal(old.ReplacedAt) {
				t.Errorf("%s: %+v", name, changed)
			}
		}
	}
}

// told finds the notice of a kind among those of a decision.
func told[T notice.Notice](t *testing.T, o *decision.Outcome) (found T) {
	t.Helper()
	count := 0
	for _, n := range o.Notices {
		if of, is := n.(T); is {
			found, count = of, count+1
		}
	}
	if count != 1 {
		t.Fatalf("%d notices %T among %d", count, found, len(o.Notices))
	}
	return found
}

// « ends the old token after the overlap, and tells both editors and the town » (PRODUCT.md 3.2):
// until when the former software's goes on, and what it gives meanwhile, with the form or without.
func TestTheEndOfTheFormerSoftwaresTokenIsTold(t *testing.T) {
	for name, form := range map[string]bool{"with the form": true, "with the token alone": false} {
		before := valid(48231, ofTilleul)
		before.Current.Modalities.Form = form
		before.Current.Scopes = []string{editor.ScopeQuotient, editor.ScopeChildren}
		token := inUse(before)
		file := decision.File{Request: before, CurrentEditor: tilleul, Tokens: []credential.Token{token}}
		if form {
			file.Subscription, file.Server = serving(before), before
		}
		event, err := decision.ReadEvent(happened{"approve", 40, "validated", "yves@limerzel.fr", form}.body(t))
		if err != nil {
			t.Fatal(err)
		}
		event.Scopes = []string{editor.ScopeQuotient}
		decide := func(f decision.File) (*decision.Outcome, decision.Approved, decision.HandedOver) {
			t.Helper()
			o, err := decision.DecideEvent(f, event, brume, 10000077, byDatapass)
			if err != nil {
				t.Fatal(err)
			}
			return o, told[decision.Approved](t, o), told[decision.HandedOver](t, o)
		}
		o, approved, handed := decide(file)
		ends := noon.Add(credential.Overlap)
		if approved.TokenID != o.Tokens.New[0].ID || approved.Former != tilleul.Name || !approved.FormerStops.Equal(ends) || !approved.FormerGoesOn || approved.ScopesChanged() {
			t.Errorf("%s: the town is told %+v", name, approved)
		}
		if handed.TokenOnly == form || handed.Token != "one" || !handed.Stops.Equal(ends) || !handed.NewToken || !slices.Equal(handed.Lost, []string{editor.ScopeChildren}) ||
			handed.Former != tilleul.Name || handed.Editor != brume.Name || !slices.Equal(handed.Copies[1:], []string{brume.TechnicalContact, tilleul.TechnicalContact}) {
			t.Errorf("%s: the editors are told %+v", name, handed)
		}
		// What nobody collected stops at once.
		token.Collection, token.Kept = credential.Collection{}, true
		file.Tokens = []credential.Token{token}
		if _, approved, handed := decide(file); approved.FormerGoesOn || approved.FormerStops.IsZero() || handed.GoesOn() {
			t.Errorf("%s: %s, %s for one that nobody collected", name, approved.FormerStops, handed.Stops)
		}
		// Nor does the overlap of what is closed open anything, be it the habilitation that closed it.
		for closed, close := range map[string]func(of *credential.Token){
			"suspended": func(of *credential.Token) {
				of.Suspension = credential.TokenSuspension{Side: credential.SideOperator, At: noon.Add(-time.Hour)}
			},
			"barred":  func(of *credential.Token) { of.Barred = noon.Add(-time.Hour) },
			"expired": func(of *credential.Token) { of.ExpiresAt = noon.Add(-time.Hour) },
		} {
			token, f := inUse(before), file
			close(&token)
			if f.Tokens = []credential.Token{token}; !token.Barred.IsZero() {
				f.Request.State = habilitation.Suspended
			}
			if _, approved, handed := decide(f); approved.FormerGoesOn || approved.FormerStops.IsZero() || handed.Token == "" || handed.GoesOn() {
				t.Errorf("%s, %s: the town reads that it goes on: %t, the editors: %t", name, closed, approved.FormerGoesOn, handed.GoesOn())
			}
		}
		// An editor that nobody declared is written to where the habilitation says.
		file.CurrentEditor, file.Request.Current.Contacts.Technical.Mail = editor.Editor{Siret: tilleul.Siret}, "ancien@tilleul.example.fr"
		if _, approved, handed := decide(file); approved.Former != tilleul.Name || !slices.Contains(handed.Copies, "ancien@tilleul.example.fr") {
			t.Errorf("%s: an undeclared editor: %+v", name, handed)
		}
	}
}

// The same, where a second editor's request takes the place of the first one's.
func TestASecondSoftwareThatReplacesTellsTheEndOfTheFirstOnesToken(t *testing.T) {
	server := valid(1, ofTilleul)
	asked := filed(brume)
	asked.Subscription, asked.Server, asked.Receiver, asked.ServerTokens = serving(server), server, tilleul, []credential.Token{inUse(server)}
	asked.Application.Answers.Reception = request.ReceptionReplace
	o, err := decision.DecideNoted(asked, request.Note{Act: habilitation.Approve, Revision: 4, Number: 10000099}, brume, byAwa)
	if err != nil {
		t.Fatal(err)
	}
	if handed := told[decision.HandedOver](t, &o); handed.TokenOnly || handed.Token != "one" || !handed.Stops.Equal(noon.Add(credential.Overlap)) || !handed.NewToken || len(handed.Lost) != 0 {
		t.Errorf("told %+v", handed)
	}
	asked.ServerTokens[0].Suspension = credential.TokenSuspension{Side: credential.SideOperator, At: noon}
	closed, err := decision.DecideNoted(asked, request.Note{Act: habilitation.Approve, Revision: 4, Number: 10000099}, brume, byAwa)
	if err != nil {
		t.Fatal(err)
	}
	if handed := told[decision.HandedOver](t, &closed); handed.Token != "one" || handed.GoesOn() {
		t.Errorf("of a suspended one, told %+v", handed)
	}
	if approved := told[decision.Approved](t, &o); !approved.FormerStops.IsZero() || approved.Former != "" {
		t.Errorf("an approval of its own speaks of the other request: %+v", approved)
	}
}

// A modification that changes what the token gives says so: the software may have to follow.
func TestWhatTheTokenGivesNoMoreIsTold(t *testing.T) {
	before := valid(48231, ofTilleul)
	before.Current.Scopes = []string{editor.ScopeQuotient, editor.ScopeChildren}
	event, err := decision.ReadEvent(happened{"approve", 40, "validated", "yves@limerzel.fr", true}.body(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ grants, lost, gained []string }{
		{[]string{editor.ScopeQuotient}, []string{editor.ScopeChildren}, nil},
		{[]string{editor.ScopeChildren, editor.ScopeQuotient}, nil, nil},
		{[]string{editor.ScopeQuotient, "cnaf_adresse"}, []string{editor.ScopeChildren}, []string{"cnaf_adresse"}},
	} {
		event.Scopes = row.grants
		file := decision.File{Request: before, Subscription: serving(before), Server: before, CurrentEditor: tilleul, Tokens: []credential.Token{inUse(before)}}
		o, err := decision.DecideEvent(file, event, tilleul, 10000077, byDatapass)
		if err != nil {
			t.Fatal(err)
		}
		approved := told[decision.Approved](t, o)
		if !slices.Equal(approved.Lost, row.lost) || !slices.Equal(approved.Gained, row.gained) || approved.HasTask() != (row.lost != nil) || approved.TokenRemoved || !approved.FormerStops.IsZero() {
			t.Errorf("%v: told %+v", row.grants, approved)
		}
	}
	event.Modalities.Token = false
	file := decision.File{Request: before, Subscription: serving(before), Server: before, CurrentEditor: tilleul, Tokens: []credential.Token{inUse(before)}}
	o, err := decision.DecideEvent(file, event, tilleul, 10000077, byDatapass)
	if err != nil {
		t.Fatal(err)
	}
	if approved := told[decision.Approved](t, o); !approved.TokenRemoved || approved.ScopesChanged() {
		t.Errorf("without the token: %+v", approved)
	}
}

// What an approval gives to another software, or for another town, is not the former one's.
func TestTheFormerSoftwareGainsNothing(t *testing.T) {
	before := valid(48231, ofTilleul)
	before.Current.Scopes = []string{"cnaf_quotient_familial", "cnaf_enfants"}
	file := decision.File{Request: before, Subscription: serving(before), Server: before, CurrentEditor: tilleul, Tokens: []credential.Token{inUse(before)}}
	event, err := decision.ReadEvent(happened{"approve", 40, "validated", "yves@limerzel.fr", true}.body(t))
	if err != nil {
		t.Fatal(err)
	}
	event.Scopes = []string{"cnaf_quotient_familial", "cnaf_adresse"}
	o, err := decision.DecideEvent(file, event, brume, 10000077, byDatapass)
	if err != nil || len(o.Tokens.Changed) != 1 || !slices.Equal(o.Tokens.Changed[0].Scopes, []string{"cnaf_quotient_familial"}) {
		t.Errorf("with other scopes: %+v, %v", o.Tokens, err)
	}
	event.Siret = "21040107100019"
	o, err = decision.DecideEvent(file, event, brume, 10000077, byDatapass)
	if err != nil || len(o.Tokens.Changed) != 1 || o.Tokens.Changed[0].Siret != "21560124000017" || o.Tokens.Changed[0].State(noon) != credential.TokenReplaced {
		t.Errorf("for another town: %+v, %v", o.Tokens, err)
	}
}

// « revoke blacklists one token only …; archived habilitation's tokens stay valid »
// (api-particulier.md 10.2): whatever ends the right closes every token with it.
func TestTheTokensEndWithTheRight(t *testing.T) {
	awa, maud := account.Actor{AccountID: 3, Name: "Awa Traoré", Role: account.Instructor}, account.Actor{AccountID: 6, Name: "Maud Perrin", Role: account.Instructor}
	by := func(a account.Actor) decision.Moment {
		return decision.Moment{At: noon, Author: a.Author(), Sealer: sealer{}, Mint: mint}
	}
	r := valid(48231, ofTilleul)
	current, old := inUse(r), inUse(r)
	old.ID, old.ReplacedAt, old.EndsAt = "old", noon.Add(-time.Hour), noon.Add(time.Hour)
	leaked := current
	leaked.Suspension = credential.TokenSuspension{Side: credential.SideEditor, At: noon}
	for name, tokens := range map[string][]credential.Token{"two living ones": {current, old}, "one that leaked": {leaked}} {
		file := decision.File{Request: r, Subscription: serving(r), Server: r, Tokens: tokens}
		decide := func(act habilitation.Act, a account.Actor) {
			t.Helper()
			o, err := decision.DecideVerdict(file, a, decision.Verdict{Act: act, Reason: "Fuite.", Editor: tilleul}, by(a))
			if err != nil || len(o.Tokens.Changed) != len(tokens) {
				t.Fatalf("%s, %s: %+v, %v", name, act, o.Tokens, err)
			}
			file.Request, file.Tokens = o.Request, o.Tokens.Changed
			if o.Subscription != nil {
				file.Subscription = *o.Subscription
			}
		}
		states := func() (states []credential.TokenState) {
			for _, token := range file.Tokens {
				states = append(states, token.State(noon))
			}
			return states
		}
		before := states()
		if tokens[0].Suspension.At.IsZero() {
			before = []credential.TokenState{credential.TokenInUse, credential.TokenOverlapped}
		}
		decide(habilitation.Suspend, awa)
		if got := states(); slices.ContainsFunc(got, credential.TokenState.Opens) {
			t.Errorf("%s: suspended, they are %v", name, got)
		}
		decide(habilitation.Restore, maud)
		if got := states(); !slices.Equal(got, before) {
			t.Errorf("%s: restored, they are %v, want %v", name, got, before)
		}
		decide(habilitation.Suspend, awa)
		decide(habilitation.Revoke, maud)
		if got := states(); slices.ContainsFunc(got, func(s credential.TokenState) bool { return s != credential.TokenRevoked }) {
			t.Errorf("%s: revoked, they are %v", name, got)
		}
		if _, _, err := (credential.TokenFile{Token: file.Tokens[0]}).Replaced(credential.Drawn{}, credential.SideEditor, 0, noon); !fault.Is(err, "token.barred") {
			t.Errorf("%s: replaced although the right is gone: %v", name, err)
		}
	}
}

// A token that nobody collected before its habilitation was suspended, or that was issued meanwhile, may be
// collected once it is restored: the programs of its editor learn it then (PRODUCT.md 3.9).
func TestARestoredHabilitationOffersItsToken(t *testing.T) {
	maud := account.Actor{AccountID: 6, Name: "Maud Perrin", Role: account.Instructor}
	r := valid(48231, ofTilleul)
	r.State = habilitation.Suspended
	used, waiting := inUse(r), inUse(r)
	waiting.Collection, waiting.FirstUse, waiting.Kept = credential.Collection{}, time.Time{}, true
	held := waiting
	held.Suspension = credential.TokenSuspension{Side: credential.SideOperator, At: noon}
	for name, row := range map[string]struct {
		token credential.Token
		want  int
	}{"in use": {used, 0}, "to collect": {waiting, 1}, "to collect, suspended by the operator": {held, 0}} {
		row.token.Barred = noon.Add(-time.Hour)
		file := decision.File{Request: r, Subscription: serving(r), Server: r, Tokens: []credential.Token{row.token}}
		o, err := decision.DecideVerdict(file, maud, decision.Verdict{Act: habilitation.Restore, Editor: tilleul},
			decision.Moment{At: noon, Author: maud.Author(), Sealer: sealer{}, Mint: mint})
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, event := range o.EditorEvents {
			if event.Kind == credential.EventTokenToCollect && event.Subject == row.token.ID {
				told++
			}
		}
		if told != row.want {
			t.Errorf("%s: told %d times, want %d", name, told, row.want)
		}
	}
}

// A restoration opens the token that only the habilitation closed, and tells where another one stands.
func TestARestorationTellsWhatItsTokenIs(t *testing.T) {
	r := valid(48231, ofTilleul)
	r.State = habilitation.Suspended
	barred := inUse(r)
	barred.Barred = noon.Add(-time.Hour)
	filed := renewal.Amendment{ID: 3, BegunAt: noon.Add(-3 * time.Hour), FiledAt: noon.Add(-2 * time.Hour)}
	for name, row := range map[string]struct {
		happens func(token *credential.Token)
		amended renewal.Amendment
		want    decision.RestoredToken
		quiet   bool
	}{
		"nothing": {want: decision.RestoredToken{State: credential.TokenInUse}, quiet: true},
		"suspended by the operator": {
			happens: func(token *credential.Token) {
				token.Suspension = credential.TokenSuspension{Side: credential.SideOperator, At: noon}
			},
			want: decision.RestoredToken{State: credential.TokenSuspended, Held: true}, quiet: true,
		},
		"suspended by its editor": {
			happens: func(token *credential.Token) {
				token.Suspension = credential.TokenSuspension{Side: credential.SideEditor, At: noon}
			},
			want: decision.RestoredToken{State: credential.TokenSuspended},
		},
		"expired": {
			happens: func(token *credential.Token) { token.ExpiresAt = noon.Add(-time.Hour) },
			want:    decision.RestoredToken{State: credential.TokenExpired},
		},
		"expired, a modification is filed": {
			happens: func(token *credential.Token) { token.ExpiresAt = noon.Add(-time.Hour) },
			amended: filed, want: decision.RestoredToken{State: credential.TokenExpired, Amended: true}, quiet: true,
		},
		"never collected": {
			happens: func(token *credential.Token) { token.Collection, token.Kept = credential.Collection{}, true },
			want:    decision.RestoredToken{State: credential.TokenToCollect, Uncollected: true}, quiet: true, // its editor has
		},
		"expired, never collected": {
			happens: func(token *credential.Token) {
				token.Collection, token.Kept, token.ExpiresAt = credential.Collection{}, true, noon.Add(-time.Hour)
			},
			want: decision.RestoredToken{State: credential.TokenExpired, Uncollected: true},
		},
	} {
		token := barred
		if row.happens != nil {
			row.happens(&token)
		}
		file := decision.File{Request: r, Subscription: serving(r), Server: r, CurrentEditor: tilleul, Tokens: []credential.Token{token}, Amendment: row.amended}
		o, err := decision.DecideVerdict(file, account.Actor{AccountID: 3, Role: account.Instructor}, decision.Verdict{Act: habilitation.Restore, Editor: tilleul}, byAwa)
		if err != nil {
			t.Fatal(err)
		}
		changed := told[decision.Changed](t, &o)
		row.want.ID, row.want.Expiry = token.ID, token.ExpiresAt
		if changed.Restored != row.want || changed.NothingToDo() != row.quiet {
			t.Errorf("%s: told %+v, that there is nothing to do: %t", name, changed.Restored, changed.NothingToDo())
		}
	}

	file := decision.File{Request: r, Subscription: serving(r), Server: r, CurrentEditor: tilleul} // its last token was revoked
	o, err := decision.DecideVerdict(file, account.Actor{AccountID: 3, Role: account.Instructor}, decision.Verdict{Act: habilitation.Restore, Editor: tilleul}, byAwa)
	if err != nil {
		t.Fatal(err)
	}
	if changed := told[decision.Changed](t, &o); changed.Restored != (decision.RestoredToken{}) || changed.NothingToDo() {
		t.Errorf("without a token that goes on: %+v", changed)
	}
}
