package hubee

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
)

// Administrator is HubEE for the administrator of its referential: organisations and
// subscriptions. It may be used by several goroutines at once.
type Administrator struct{ *connection }

var _ credential.Provisioner = (*Administrator)(nil)

// NewAdministrator returns an administrator; it calls nobody before its first use. The
// identifier and the secret are its own, with the scope ADMIN.
func NewAdministrator(config Config) *Administrator {
	return &Administrator{connect(config, "ADMIN")}
}

// HasOrganisation tells whether HubEE knows an organisation (reference/hubee.md §9).
func (a *Administrator) HasOrganisation(ctx context.Context, key credential.OrganisationKey) (known bool, err error) {
	defer a.observed("has_organisation", a.config.Now(), &err)
	if err := checkKey(key); err != nil {
		return false, fmt.Errorf("read organisation: %w", err)
	}
	reply, err := a.perform(ctx, call{
		method:  http.MethodGet,
		base:    referentialBase,
		path:    []string{"organizations", key.String()},
		success: http.StatusOK,
	})
	if reply.saysAbsent() {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read organisation: %w", err)
	}
	var read organization
	if err := reply.decode(&read); err != nil {
		return false, fmt.Errorf("read organisation: %w", err)
	}
	if read.key() != key {
		return false, fmt.Errorf("read organisation: %w", reply.unusable("is not the organisation that was asked"))
	}
	return true, nil
}

// CreateOrganisation makes an organisation (reference/hubee.md §9). What HubEE answers of
// it is not read: the status says that it is there.
func (a *Administrator) CreateOrganisation(ctx context.Context, organisation credential.HubOrganisation) (err error) {
	defer a.observed("create_organisation", a.config.Now(), &err)
	if err := checkKey(organisation.Key); err != nil {
		return fmt.Errorf("create organisation: %w", err)
	}
	reply, err := a.perform(ctx, call{
		method:  http.MethodPost,
		base:    referentialBase,
		path:    []string{"organizations"},
		payload: describeOrganisation(organisation),
		success: http.StatusCreated,
	})
	if err != nil {
		return fmt.Errorf("create organisation: %w", reply.existence("organization", err))
	}
	return nil
}

// ReadSubscription reads a subscription by its id (reference/hubee.md §10).
func (a *Administrator) ReadSubscription(ctx context.Context, id string) (found credential.HubSubscription, err error) {
	defer a.observed("read_subscription", a.config.Now(), &err)
	_, read, err := a.readSubscription(ctx, id)
	if err != nil {
		return credential.HubSubscription{}, fmt.Errorf("read subscription: %w", err)
	}
	return read.toDomain(), nil
}

// CreateSubscription makes an inactive subscription (reference/hubee.md §10.1). An answer
// without identifier is hubee.unavailable, as when the answer is lost: the next attempt
// meets hubee.already_exists.
func (a *Administrator) CreateSubscription(ctx context.Context, asked credential.NewSubscription) (made credential.HubSubscription, err error) {
	defer a.observed("create_subscription", a.config.Now(), &err)
	if err := checkKey(asked.Subscriber); err != nil {
		return credential.HubSubscription{}, fmt.Errorf("create subscription: %w", err)
	}
	reply, err := a.perform(ctx, call{
		method:  http.MethodPost,
		base:    referentialBase,
		path:    []string{"subscriptions"},
		payload: describeSubscription(asked),
		success: http.StatusCreated,
	})
	if err != nil {
		return credential.HubSubscription{}, fmt.Errorf("create subscription: %w", reply.existence("subscription", err))
	}
	read, err := reply.subscription()
	if err != nil {
		return credential.HubSubscription{}, fmt.Errorf("create subscription: %w", err)
	}
	return read.toDomain(), nil
}

// readSubscription also gives HubEE's answer, which holds what we do not know of.
func (a *Administrator) readSubscription(ctx context.Context, id string) (answer, subscription, error) {
	reply, err := a.perform(ctx, call{
		method:  http.MethodGet,
		base:    referentialBase,
		path:    []string{"subscriptions", id},
		success: http.StatusOK,
		missing: codeSubscriptionMissing,
	})
	if err != nil {
		return answer{}, subscription{}, err
	}
	read, err := reply.subscription()
	if err != nil {
		return answer{}, subscription{}, err
	}
	if !strings.EqualFold(read.ID, id) {
		return answer{}, subscription{}, reply.unusable("is not the subscription that was asked")
	}
	return reply, read, nil
}

// subscription reads the subscription that an answer holds. One to another process is
// refused: an administrator may change any of them, and this portal has no business there.
func (a answer) subscription() (subscription, error) {
	var read subscription
	if err := a.decode(&read); err != nil {
		return subscription{}, err
	}
	if read.ID == "" || read.ProcessCode != processCode {
		return subscription{}, a.unusable("is not a subscription to the process of the form")
	}
	return read, nil
}

// checkKey refuses a key of which a part is missing: HubEE's identifiers are made of them.
func checkKey(key credential.OrganisationKey) error {
	if key.Type == "" || key.Siret == "" || key.COG == "" {
		return fault.Because(fault.Invalid, codeRefused, errors.New("the key of an organisation is incomplete"))
	}
	return nil
}
