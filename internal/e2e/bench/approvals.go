package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/postgres"
	"portail-qf/internal/sim/stage"
)

const (
	approvalPath  = "/api/datapass/webhook"
	firstApproval = 1_000_000 // the number of the first request: those of the seed are smaller
)

// approvals is what became of habilitations that DataPass approved, each with the form.
type approvals struct {
	told       measure       // the events, from DataPass's side
	provided   time.Duration // from the end of the last one until every form had its subscription
	processor  time.Duration // of the portal for one, HubEE and mail included
	incomplete int           // towns without an active subscription at the end
	states     string        // how many subscriptions are in each state
}

// measureApprovals has DataPass tell approvals of many towns without pause, and waits until HubEE has all the subscriptions
// and the relay all the mails.
func (s *scene) measureApprovals(ctx context.Context, found *approvals) error {
	before, err := s.portal.spent()
	if err != nil {
		return err
	}
	found.told = withoutPause(ctx, crowd, during(s.length), func(ctx context.Context, number int) error {
		return s.tell(ctx, approval(number))
	})
	ended := time.Now()
	if err := s.awaitSubscriptions(ctx, found); err != nil {
		return err
	}
	found.provided = time.Since(ended)
	after, err := s.portal.spent()
	found.processor = (after - before) / time.Duration(max(1, len(found.told.took)))
	return err
}

// awaitSubscriptions waits until every town has its active subscription and nothing is left to do. An approval whose answer
// did not come in time may be recorded after the last order was carried out. The towns of the seed are not among them: the
// portal takes their subscriptions over at each quarter of an hour, as HubEE has them.
func (s *scene) awaitSubscriptions(ctx context.Context, found *approvals) error {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if err := s.awaitDelivery(ctx); err != nil {
			return err
		}
		counted := map[credential.State]int{}
		for n := range len(found.told.took) + found.told.failed {
			watched, err := postgres.SubscriptionWatch{DB: s.db}.FindSubscription(ctx, filledTown(1+n))
			if err != nil && !fault.Is(err, "subscription.unknown") {
				return err
			}
			counted[watched.State]++
		}
		found.incomplete, found.states = len(found.told.took)+found.told.failed-counted[credential.Active], fmt.Sprint(counted)
		if found.incomplete == 0 || time.Now().After(deadline) {
			return nil
		}
	}
}

// approval is the event of the n-th request: a town of postgres.Fill, the form and the token, the first editor of the seed.
func approval(n int) map[string]any {
	return map[string]any{
		"event": "approve", "fired_at": 1782300000 + n, "model_type": "authorization_request/api_particulier", "model_id": firstApproval + n,
		"data": map[string]any{
			"state": "validated", "form_uid": "api-particulier-tilleul",
			"organization": map[string]any{"name": fmt.Sprintf("COMMUNE ESSAI %d", 1+n), "siret": filledTown(1 + n)},
			"applicant":    map[string]any{"email": fmt.Sprintf("demandeur-%d@essai.example.fr", n), "given_name": "Anne", "family_name": "Essai"},
			"data":         map[string]any{"modalities": []string{"params", "formulaire_qf"}, "scopes": []string{"cnaf_quotient_familial"}},
		},
	}
}

func (s *scene) tell(ctx context.Context, event map[string]any) error {
	body, err := json.Marshal(event)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(stage.DatapassSecret))
	mac.Write(body)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.portal.url+approvalPath, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %d", approvalPath, response.StatusCode)
	}
	return nil
}

func (a approvals) lines() []line {
	return []line{
		{fmt.Sprintf("Validation reçue de DataPass, %d envois sans pause", crowd), perSecond(a.told), "", true},
		{"  temps de réponse", times(a.told), "", true},
		{"  abonnements actifs et mails partis après", milliseconds(a.provided), "", true},
		{"  processeur du portail, HubEE et mails compris", milliseconds(a.processor) + " par validation", "", true},
		{"  collectivités sans abonnement actif", fmt.Sprint(a.incomplete), "0", a.incomplete == 0},
	}
}

func (a approvals) fault() error {
	if a.incomplete > 0 {
		return fmt.Errorf("some approvals did not have their whole effect: %s", a.states)
	}
	return nil
}
