package collectivity

import (
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// « With an editor: … the literal warning …; without: create the HubEE password » (PRODUCT.md
// 3.4), and neither where it would not be true.
func TestWhoReceivesTheDossiersIsTold(t *testing.T) {
	valid := sampleRequest(habilitation.Validated)
	changed := func(change func(*habilitation.Request)) habilitation.Request {
		r := valid
		change(&r)
		return r
	}
	alone := changed(func(r *habilitation.Request) { r.Current.Editor = habilitation.Editor{} })
	serving := func(request habilitation.RequestNumber, editor string) affairs {
		w := credential.Watched{Subscription: credential.Subscription{Siret: valid.Siret, Request: request}}
		if editor != "" {
			w.Editor = valid.Current.Editor.Siret
		}
		return affairs{Subscription: w}
	}
	contending := func(of affairs) affairs {
		of.Subscription.Contender = valid.Number
		return of
	}
	replacing := func(of affairs, number habilitation.RequestNumber, since time.Duration) affairs {
		granted := request.Application{Request: habilitation.Request{Number: number}, Granted: &request.Answers{Reception: request.ReceptionReplace}}
		granted.Request.Current.ApprovedAt = valid.Current.ApprovedAt.Add(since)
		of.Written = []request.Application{granted}
		return of
	}
	for name, row := range map[string]struct {
		request habilitation.Request
		of      affairs
		want    receiver
	}{
		"an editor":                             {valid, serving(valid.Number, "its own"), editorReceives},
		"an editor, before the subscription":    {valid, affairs{}, editorReceives},
		"while a modification is under way":     {sampleRequest(habilitation.Reopened), serving(valid.Number, "its own"), editorReceives},
		"the same editor, by another request":   {valid, serving(48260, "its own"), editorReceives},
		"another receives, and nobody asks":     {valid, serving(48260, ""), settledReceives},
		"which one must is to be said":          {valid, contending(serving(48260, "")), anotherReceives},
		"the town":                              {alone, serving(alone.Number, ""), townReceives},
		"the town, while an editor still does":  {alone, contending(serving(48260, "another")), anotherReceives},
		"another does now, as the town asked":   {valid, replacing(serving(48260, ""), 48260, time.Hour), replacedReceives},
		"restored after the other took over":    {valid, contending(replacing(serving(48260, ""), valid.Number, 0)), anotherReceives},
		"given up: the dossiers went back":      {valid, replacing(serving(48260, ""), valid.Number, 0), settledReceives},
		"the other one was asked for before":    {valid, replacing(serving(48260, ""), 48260, -time.Hour), settledReceives},
		"the token alone":                       {changed(func(r *habilitation.Request) { r.Current.Modalities.Form = false }), affairs{}, nobodyReceives},
		"what is suspended has no mail to wait": {sampleRequest(habilitation.Suspended), serving(valid.Number, "its own"), nobodyReceives},
		"what was never granted":                {sampleRequest(habilitation.Submitted), affairs{}, nobodyReceives},
	} {
		if got := receiverOf(row.request, row.of); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

// What is under way or refused is told apart from what was granted, once; a request that was
// withdrawn is no affair of the home page.
func TestARequestStandsWhereItIs(t *testing.T) {
	for _, state := range habilitation.States {
		of := affairs{Requests: []habilitation.Request{sampleRequest(state)}}
		granted, asked := len(newHabilitationViews(agent(), of, "")), len(newAskedViews(agent(), of, ""))
		if was := sampleRequest(state).Current.Number != 0; was != (granted == 1) {
			t.Errorf("%s stands under the habilitations: %d", state, granted)
		}
		if granted+asked == 0 != (state == habilitation.Archived) {
			t.Errorf("%s is shown %d times", state, granted+asked)
		}
		if web.StateSeverity(state) == "" {
			t.Errorf("the badge of %q has no colour", state)
		}
	}
}

// « For a revoked habilitation say that it is final, what to do, whom to write to »; what it
// gave is told in the past once it is not valid any more.
func TestWhatToDoIsToldInEachState(t *testing.T) {
	const contact = "api-particulier@api.gouv.fr"
	views := webtest.Views(t, ParseViews)
	says := map[habilitation.State]string{
		habilitation.Validated: "rien", habilitation.Reopened: "reste valide telle", habilitation.Submitted: "Vous n’avez rien à faire",
		habilitation.ChangesRequested: "compléter ou corriger", habilitation.Refused: "faire une nouvelle demande", habilitation.Suspended: "Pour la faire rétablir",
		habilitation.Revoked: "C’est définitif",
	}
	for _, state := range habilitation.States {
		if says[state] == "" {
			continue // not shown
		}
		shown := sampleRequest(state)
		frame := framed(web.ProPage{}, agent(), homePath)
		frame.Contact = contact
		page := newHomePage(frame, agent().Organisation, sampleTown(directory.FormClosed), nil)
		page.tell(agent(), affairs{Requests: []habilitation.Request{shown}})
		body, err := views.home.Render(page)
		if err != nil {
			t.Fatal(err)
		}
		text := string(body)
		if want := says[state]; want != "rien" && !strings.Contains(text, want) {
			t.Errorf("%s: does not say %q", state, want)
		}
		if got := strings.Contains(text, "<dt>Ce qu’elle permet</dt>"); got != shown.Habilitated() {
			t.Errorf("%s: tells in the present what it permits: %v", state, got)
		}
		if got := strings.Contains(text, "le rouvrir"); got == (state == habilitation.Revoked) && shown.Current.Number != 0 {
			t.Errorf("%s: says how the form opens again: %v", state, got)
		}
	}
}

// The row of a token says until when it opens, or since when it is closed, in each of its states.
func TestATokenIsDatedInEachState(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	now, r := sampleNow(), sampleRequest(habilitation.Validated)
	ago, ahead := now.AddDate(0, 0, -3), now.AddDate(1, 0, 0)
	dated := func(change func(*credential.Token)) credential.Token {
		token := credential.Token{ID: sampleToken, PublicID: "7Yk2pQe9RwLx", ExpiresAt: ahead, FirstUse: ago, Collection: credential.Collection{Side: credential.SideEditor}}
		change(&token)
		return token
	}
	for state, token := range map[credential.TokenState]credential.Token{
		credential.TokenToCollect:  dated(func(t *credential.Token) { t.Collection.Side = "" }),
		credential.TokenCollected:  dated(func(t *credential.Token) { t.FirstUse = time.Time{} }),
		credential.TokenInUse:      dated(func(*credential.Token) {}),
		credential.TokenExpiring:   dated(func(t *credential.Token) { t.ExpiresAt = now.AddDate(0, 0, 5) }),
		credential.TokenExpired:    dated(func(t *credential.Token) { t.ExpiresAt = ago }),
		credential.TokenOverlapped: dated(func(t *credential.Token) { t.ReplacedAt, t.EndsAt = ago, now.AddDate(0, 0, 5) }),
		credential.TokenReplaced:   dated(func(t *credential.Token) { t.ReplacedAt, t.EndsAt = ago, ago }),
		credential.TokenSuspended:  dated(func(t *credential.Token) { t.Suspension.At = ago }),
		credential.TokenRevoked:    dated(func(t *credential.Token) { t.Revocation.At = ago }),
	} {
		view := web.NewTokenView(token, credential.LivePrefix, now)
		if view.State != state {
			t.Errorf("a token that should be %s is %s", state, view.State)
		}
		page := newHomePage(framed(web.ProPage{}, agent(), homePath), agent().Organisation, sampleTown(directory.FormClosed), nil)
		page.tell(agent(), affairs{Requests: []habilitation.Request{r}, Tokens: map[habilitation.RequestNumber]web.TokenView{r.Number: view}})
		body, err := views.home.Render(page)
		if err != nil {
			t.Fatal(err)
		}
		words := "depuis le "
		if state.Opens() {
			words = "expire le "
		}
		if state == credential.TokenOverlapped {
			words = "jusqu’au "
		}
		_, row, _ := strings.Cut(string(body), "<dt>Jeton API Particulier</dt>")
		row, _, _ = strings.Cut(row, "</dd>")
		if !strings.Contains(row, words) || strings.Contains(row, "date non connue") {
			t.Errorf("%s: %s", state, row)
		}
	}
}

// The strongest right tells why the form is closed.
func TestWhyAFormIsClosed(t *testing.T) {
	token := sampleRequest(habilitation.Revoked)
	token.Current.Modalities.Form = false
	revoked, suspended, valid := sampleRequest(habilitation.Revoked), sampleRequest(habilitation.Suspended), sampleRequest(habilitation.Validated)
	for name, row := range map[string]struct {
		requests []habilitation.Request
		want     closing
	}{
		"nothing is known": {nil, closedSomehow}, "the token alone": {[]habilitation.Request{token}, closedSomehow},
		"revoked": {[]habilitation.Request{token, revoked}, closedByRevoked}, "suspended": {[]habilitation.Request{revoked, suspended, revoked}, closedBySuspended},
		"valid": {[]habilitation.Request{suspended, valid, revoked}, closedByHub},
	} {
		if got := closingOf(row.requests); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}
