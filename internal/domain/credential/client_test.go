package credential

import (
	"slices"
	"testing"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
)

// « Étape (… demande commencée -> déposée -> à corriger -> habilitée -> jeton à récupérer -> en
// service) » (A.10)
func TestTheStageOfAClient(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	both, tokenOnly, formOnly := habilitation.Modalities{Token: true, Form: true}, habilitation.Modalities{Token: true}, habilitation.Modalities{Form: true}
	waiting := Token{ExpiresAt: now.AddDate(1, 0, 0)}
	collected, expired, revoked := waiting, waiting, waiting
	collected.Collection = Collection{Side: SideEditor, At: now}
	expired.ExpiresAt = now.AddDate(0, 0, -1)
	revoked.Revocation.At = now
	reached := map[ClientStage]bool{}
	for _, test := range []struct {
		sentence string
		client   Client
		want     ClientStage
	}{
		{"neither request nor form", Client{}, StageNone},
		{"a form that opens soon", Client{Form: directory.FormSoon}, StageNone},
		{"a form that was open before requests were made here", Client{Form: directory.FormOpen}, StageInService},
		{"a request that was withdrawn is no request", Client{Request: habilitation.Archived}, StageNone},
		{"a draft", Client{Request: habilitation.Draft}, StageBegun},
		{"a request that waits for the instructors", Client{Request: habilitation.Submitted}, StageSubmitted},
		{"a request that they send back", Client{Request: habilitation.ChangesRequested}, StageToCorrect},
		{"a request that they refuse", Client{Request: habilitation.Refused}, StageRefused},
		{"a right that is suspended, though its form is open still", Client{Request: habilitation.Suspended, Form: directory.FormOpen, Token: &collected}, StageSuspended},
		{"a right that is revoked", Client{Request: habilitation.Revoked, Token: &waiting}, StageRevoked},
		{"granted, while HubEE is on its way", Client{Request: habilitation.Validated, Modalities: formOnly, Subscription: Awaiting}, StageGranted},
		{"granted, the token not issued yet", Client{Request: habilitation.Validated, Modalities: tokenOnly}, StageGranted},
		{"a token to collect comes before the form", Client{Request: habilitation.Validated, Modalities: both, Subscription: Active, Token: &waiting}, StageToCollect},
		{"while a modification is written", Client{Request: habilitation.Reopened, Modalities: tokenOnly, Token: &waiting}, StageToCollect},
		{"a token that is in the software", Client{Request: habilitation.Validated, Modalities: tokenOnly, Token: &collected}, StageInService},
		{"a form alone that is open", Client{Request: habilitation.Validated, Modalities: formOnly, Subscription: Active}, StageInService},
		{"« an expired token stops the gateway; the form goes on »", Client{Request: habilitation.Validated, Modalities: both, Subscription: Active, Token: &expired}, StageInService},
		{"an expired token, and no form", Client{Request: habilitation.Validated, Modalities: tokenOnly, Token: &expired}, StageGranted},
		{"a revoked token, and no form", Client{Request: habilitation.Validated, Modalities: tokenOnly, Token: &revoked}, StageGranted},
		{"a form that HubEE holds back", Client{Request: habilitation.Validated, Modalities: formOnly, Subscription: Active, SuspendedAtHub: true}, StageGranted},
		{"a token of before, the right being for the form alone now", Client{Request: habilitation.Validated, Modalities: formOnly, Token: &waiting}, StageGranted},
	} {
		got := test.client.Stage(now)
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.sentence, got, test.want)
		}
		reached[got] = true
	}
	for _, stage := range ClientStages {
		if !reached[stage] {
			t.Errorf("no sentence leads to %s", stage)
		}
	}
}

func TestWhereTheSubscriptionOfAClientStands(t *testing.T) {
	for _, test := range []struct {
		client Client
		want   State
	}{
		{Client{}, NoSubscription}, {Client{Subscription: Active}, Active}, {Client{Subscription: Active, SuspendedAtHub: true}, Suspended}, {Client{Subscription: Failed}, Failed},
	} {
		if got := test.client.Hub(); got != test.want || slices.Contains(States[:], NoSubscription) {
			t.Errorf("%+v: %s, want %s", test.client, got, test.want)
		}
	}
}
