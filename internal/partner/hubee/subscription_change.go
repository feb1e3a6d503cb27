package hubee

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
)

// attributes is a subscription as HubEE wrote it: what is written back holds also what we
// do not know of, numbers and nulls as they were.
type attributes map[string]json.RawMessage

// ChangeSubscription activates or suspends a subscription: the whole object as read,
// without its identifier and date of creation, merged with the change (reference/hubee.md
// §10.1). What HubEE already shows as asked is not written again.
//
// The answer to the change is HubEE's own word: a subscription that waits for somebody to
// activate it is still inactive there.
func (a *Administrator) ChangeSubscription(ctx context.Context, id string, change credential.SubscriptionChange) (changed credential.HubSubscription, err error) {
	defer a.observed("change_subscription", a.config.Now(), &err)
	if err := checkChange(change); err != nil {
		return credential.HubSubscription{}, fmt.Errorf("change subscription: %w", err)
	}
	reply, before, err := a.readSubscription(ctx, id)
	if err != nil {
		return credential.HubSubscription{}, fmt.Errorf("read subscription to change: %w", err)
	}
	if before.shows(change) {
		return before.toDomain(), nil
	}
	wanted, err := reply.merged(before, change)
	if err != nil {
		return credential.HubSubscription{}, fmt.Errorf("change subscription: %w", err)
	}
	after, err := a.replaceSubscription(ctx, id, wanted)
	if err != nil {
		return credential.HubSubscription{}, fmt.Errorf("change subscription: %w", err)
	}
	return after.toDomain(), nil
}

func (a *Administrator) replaceSubscription(ctx context.Context, id string, wanted attributes) (subscription, error) {
	reply, err := a.perform(ctx, call{
		method:  http.MethodPut,
		base:    referentialBase,
		path:    []string{"subscriptions", id},
		payload: wanted,
		success: http.StatusOK,
		missing: codeSubscriptionMissing,
	})
	if err != nil && reply.status == http.StatusForbidden {
		return subscription{}, fault.Because(fault.Unavailable, codeForbidden, err)
	}
	if err != nil {
		return subscription{}, err
	}
	return reply.subscription()
}

// checkChange refuses what the port does not offer.
func checkChange(change credential.SubscriptionChange) error {
	if change.Status != credential.HubActive && change.Status != credential.HubSuspended {
		return fault.Because(fault.Invalid, codeRefused, errors.New("a subscription is either activated or suspended"))
	}
	if change.Editor == (credential.OrganisationKey{}) {
		return nil
	}
	return checkKey(change.Editor)
}

// shows tells whether a change is done already.
func (s subscription) shows(change credential.SubscriptionChange) bool {
	if s.Status != string(change.Status) {
		return false
	}
	return change.Status == credential.HubSuspended ||
		s.AccessMode == modeFor(change.Editor) && s.DelegationActor == delegation{organization: organizationOf(change.Editor)}
}

// merged is what HubEE answered, made fit to be sent and with the change. A suspension
// leaves the mode and the editor: they are what is restored.
func (a answer) merged(before subscription, change credential.SubscriptionChange) (attributes, error) {
	whole := attributes{}
	if err := a.decode(&whole); err != nil {
		return nil, err
	}
	delete(whole, "id")
	delete(whole, "creationDateTime")
	if before.DelegationActor == (delegation{}) {
		// An absent delegation reads as an object full of nulls; the contract takes null.
		whole["delegationActor"] = json.RawMessage("null")
	}
	if before.NotificationFrequency == "" {
		whole.set("notificationFrequency", eachFolder) // required, and may not be null
	}
	whole.set("status", change.Status)
	if change.Status == credential.HubActive {
		whole.set("activateDateTime", change.At.Format(dateTime))
		whole.set("accessMode", modeFor(change.Editor))
		whole.set("notificationFrequency", eachFolder)
		whole.set("delegationActor", delegateFor(change.Editor))
	}
	return whole, nil
}

// set writes one attribute, of a type that JSON always takes.
func (w attributes) set(name string, content any) { w[name], _ = json.Marshal(content) }

func modeFor(editor credential.OrganisationKey) string {
	if editor == (credential.OrganisationKey{}) {
		return modePortal
	}
	return modeAPI
}

// delegateFor is nil, which HubEE reads as no delegation, without an editor.
func delegateFor(editor credential.OrganisationKey) *organization {
	if editor == (credential.OrganisationKey{}) {
		return nil
	}
	delegate := organizationOf(editor)
	return &delegate
}
