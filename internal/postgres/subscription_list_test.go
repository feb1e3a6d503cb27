package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// subscribed records a subscription that has been wanted for some hours; the editor may be "".
func (s *scene) subscribed(siret value.Siret, name string, state credential.State, editor value.Siret, hours int) {
	s.t.Helper()
	s.run(`INSERT INTO subscriptions (siret, organisation, editor_siret, administrator, want, wanted_at, state)
		VALUES ($1, $2, NULLIF($3, ''), '{"prenom":"Anne","nom":"Morel","mail":"anne@exemple.fr","telephone":"0400000000"}', 'actif', $4, $5)`,
		siret, name, string(editor), noon.Add(-time.Duration(hours)*time.Hour), string(state))
}

func (s *scene) watch() *credential.Watch {
	return &credential.Watch{Store: postgres.SubscriptionWatch{DB: s.db}, Now: func() time.Time { return noon }}
}

// subscriptions are one in each state that the lists tell apart.
func (s *scene) subscriptions() {
	s.t.Helper()
	s.requests()
	s.subscribed(majastres, "COMMUNE DE MAJASTRES", credential.Active, brume, 50)
	s.run(`UPDATE subscriptions SET request = 48231, contender = 48231 WHERE siret = $1`, majastres)
	s.subscribed(paris, "Ville de Paris", credential.Awaiting, "", 25)
	s.subscribed("21910998000017", "Valombre", credential.Awaiting, tilleul, 23)
	s.subscribed("21280363900013", "Évreux-la-Forêt", credential.Failed, tilleul, 2)
	s.run(`UPDATE subscriptions SET failure_code = 'hubee.mail_narrow', failure_field = 'mail', failure_trace = 'mail refused', failed_at = $2, hub_id = 'sub-4',
		code_cog = '28036', seen_at = $2, revision = 4 WHERE siret = $1`, "21280363900013", noon.Add(-time.Hour))
	s.subscribed("21049902000019", "Arche", credential.Suspended, "", 1)
	s.run(`UPDATE subscriptions SET suspended_at_hub = true WHERE siret = '21049902000019'`)
	s.subscribed("21750005700011", "Révoquée", credential.Suspended, "", 100)
	s.run(`UPDATE subscriptions SET suspended_at_hub = true, want = 'suspendu' WHERE siret = '21750005700011'`)
}

// « list of subscriptions with filter on state and "contended" and text »
func TestSubscriptionsAreFoundByEveryCriterion(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	watch := s.watch()
	s.subscriptions()
	const (
		failed, stopped, active, late, young, revoked = "21280363900013", "21049902000019", string(majastres), string(paris), "21910998000017", "21750005700011"
	)
	for name, row := range map[string]struct {
		search credential.WatchSearch
		want   []string
	}{
		"what asks for somebody first": {credential.WatchSearch{}, []string{failed, stopped, active, young, late, revoked}},
		"by date":                      {credential.WatchSearch{Order: credential.ByDate}, []string{revoked, active, late, young, failed, stopped}},
		"newest first":                 {credential.WatchSearch{Order: credential.ByDate, Descending: true}, []string{stopped, failed, young, late, active, revoked}},
		"words of the name asked":      {credential.WatchSearch{Text: "evreux foret"}, []string{failed}},
		"words of the name here":       {credential.WatchSearch{Text: "majastres"}, nil}, // the scene folds no name
		"a SIRET":                      {credential.WatchSearch{Text: "210 499 020"}, []string{stopped}},
		"a request":                    {credential.WatchSearch{Text: "D48231"}, []string{active}},
		"a mail names no town":         {credential.WatchSearch{Text: "anne@exemple.fr"}, nil},
		"a state":                      {credential.WatchSearch{Selection: credential.Selection(credential.Awaiting)}, []string{young, late}},
		"awaited for too long":         {credential.WatchSearch{Selection: credential.AwaitedTooLong}, []string{late}},
		"stopped by HubEE":             {credential.WatchSearch{Selection: credential.StoppedByHub}, []string{stopped}},
		"contended":                    {credential.WatchSearch{Selection: credential.Contended}, []string{active}},
	} {
		t.Run(name, func(t *testing.T) {
			row.search.Limit = 10
			found, total, err := watch.List(ctx, row.search)
			if err != nil || total != len(row.want) {
				t.Errorf("%d in all, %v", total, err)
			}
			var got []string
			for _, one := range found {
				got = append(got, one.Siret.String())
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	counts, err := watch.Counts(ctx)
	want := map[credential.State]int{credential.Active: 1, credential.Awaiting: 2, credential.Failed: 1, credential.Suspended: 2}
	if diff := cmp.Diff(want, counts); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// The filter of the states is the table's own.
func TestEveryStateOfASubscriptionCanBeAskedFor(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	for i, state := range credential.States {
		s.subscribed(value.Siret(fmt.Sprintf("2104010710%04d", i)), "Essai", state, "", 0)
	}
	for _, state := range credential.States {
		found, total, err := s.watch().List(ctx, credential.WatchSearch{Selection: credential.Selection(state), Limit: 10})
		if err != nil || total != 1 || found[0].State != state {
			t.Errorf("%s: %d, %v", state, total, err)
		}
	}
}

func TestASubscriptionIsFoundWhole(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.subscriptions()
	found, err := s.watch().Find(ctx, "21280363900013")
	want := credential.Watched{
		Subscription: credential.Subscription{
			Siret: "21280363900013", Organisation: "Évreux-la-Forêt", Editor: tilleul,
			Administrator: habilitation.Contact{GivenName: "Anne", FamilyName: "Morel", Mail: "anne@exemple.fr", Phone: "0400000000"},
			Want:          credential.WantActive, WantedAt: noon.Add(-2 * time.Hour), State: credential.Failed, COG: "28036", HubID: "sub-4",
			Failure: credential.Failure{Code: "hubee.mail_narrow", Field: credential.FieldMail, Trace: "mail refused", At: noon.Add(-time.Hour)},
			SeenAt:  noon.Add(-time.Hour), Revision: 4,
		},
		Town: "Évreux-la-Forêt", EditorName: "Logiciels Tilleul",
	}
	if diff := cmp.Diff(want, found); diff != "" || err != nil {
		t.Error(diff, err)
	}
	contended, err := s.watch().Find(ctx, majastres)
	if err != nil || contended.Contender != 48231 || contended.Contending != (credential.Contending{Siret: tilleul, Name: "Logiciels Tilleul"}) ||
		contended.EditorName != "Ateliers Brume" || contended.Town != "Majastres" || contended.TownForm != directory.FormOpen {
		t.Errorf("%+v, %v", contended, err)
	}
	_, err = s.watch().Find(ctx, "35600000000048")
	wantCode(t, err, "subscription.unknown")
}

// « one subscription with its calls, newest first, bounded »
func TestTheCallsOfATownAreItsOwnAndBounded(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.subscriptions()
	s.run(`INSERT INTO subscription_calls (siret, at, step, outcome, trace)
		SELECT $1, $2::timestamptz + i * interval '1 minute', 'organisation', CASE WHEN i < 59 THEN 'hubee.unavailable' ELSE 'done' END, 'try ' || i FROM generate_series(0, 59) i`, paris, noon)
	s.run(`INSERT INTO subscription_calls (siret, at, step, outcome) VALUES ($1, $2, 'organisation', 'found')`, majastres, noon)
	calls, err := s.watch().Calls(ctx, paris)
	if err != nil || len(calls) != credential.CallsShown {
		t.Fatalf("%d calls, %v", len(calls), err)
	}
	want := credential.Call{At: noon.Add(59 * time.Minute), Step: "organisation", Outcome: credential.CallDone, Trace: "try 59"}
	if diff := cmp.Diff(want, calls[0]); diff != "" {
		t.Error(diff)
	}
	if calls, err := s.watch().Calls(ctx, "35600000000048"); err != nil || len(calls) > 0 {
		t.Errorf("calls of nobody: %v, %v", calls, err)
	}
}

// « the state of the habilitation and subscription of each client »: an editor is told
// nothing of what its towns have with another.
func TestAnEditorIsToldOnlyWhatItsTownsHaveWithIt(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.subscriptions()
	towns := []value.Siret{majastres, paris, "21280363900013", "35600000000048"}
	for editor, want := range map[value.Siret]map[value.Siret]credential.Standing{
		tilleul: {
			majastres: {
				Request: 48231, Habilitation: 10_000_004, State: habilitation.Validated, StateAt: noon.Add(-3 * time.Hour), ApprovedAt: noon.Add(4 * time.Minute),
				Modalities: habilitation.Modalities{Token: true, Form: true},
			},
			"21280363900013": {Subscription: credential.Failed},
		},
		brume: {majastres: {Subscription: credential.Active}},
	} {
		got, err := s.watch().Standings(ctx, editor, towns)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %s %v", editor, diff, err)
		}
	}
	if none, err := s.watch().Standings(ctx, tilleul, nil); err != nil || len(none) > 0 {
		t.Errorf("of no town: %v, %v", none, err)
	}
}

// « while a client's subscription is in error or suspended by HubEE: say how many and link to
// the list »: its own subscription with the town, and nobody else's.
func TestAnEditorFindsTheClientsThatAreStuck(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.requests()
	s.run(`UPDATE collectivities SET editor_siret = $2 WHERE siret = $1`, majastres.String(), string(tilleul))
	s.subscribed(majastres, "COMMUNE DE MAJASTRES", credential.Active, tilleul, 2)
	clients := &directory.Clients{Store: postgres.Collectivities{DB: s.db}}
	for _, row := range []struct {
		state, want string
		atHub       bool
		editor      value.Siret
		stuck       int
	}{
		{"actif", "actif", false, tilleul, 0}, {"en_attente", "actif", false, tilleul, 0}, {"en_erreur", "actif", false, tilleul, 1},
		{"suspendu", "actif", true, tilleul, 1}, {"suspendu", "suspendu", true, tilleul, 0}, {"en_erreur", "actif", false, brume, 0},
	} {
		s.run(`UPDATE subscriptions SET state = $2, want = $3, suspended_at_hub = $4, editor_siret = $5 WHERE siret = $1`,
			majastres.String(), row.state, row.want, row.atHub, string(row.editor))
		found, total, err := clients.List(ctx, tilleul, directory.ClientSearch{Stuck: true, Limit: 1})
		if err != nil || total != row.stuck || len(found) != row.stuck {
			t.Errorf("%+v: %d of %d, %v", row, len(found), total, err)
		}
	}
}
