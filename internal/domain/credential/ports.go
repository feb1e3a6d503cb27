package credential

import (
	"context"
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// The types of HubEE's organisations.
const (
	TypeTown   = "SI"
	TypeEditor = "EDT"
)

// OrganisationKey is HubEE's key of an organisation: SI-21040107100019-04107.
type OrganisationKey struct {
	Type  string
	Siret value.Siret
	COG   string // HubEE's branchCode
}

// String is the key as HubEE writes it.
func (k OrganisationKey) String() string { return k.Type + "-" + k.Siret.String() + "-" + k.COG }

// Provisioner is HubEE's referential seen by an administrator (reference/hubee.md §9, §10,
// §12). It never retries by itself.
//
// Codes, on every method: hubee.unavailable (fault.Unavailable: down, slow, 5xx, token
// refused; try later), hubee.refused (fault.Invalid: a 4xx that the same call will meet
// again; Err has HubEE's words, nothing personal).
type Provisioner interface {
	// HasOrganisation tells whether HubEE knows an organisation.
	HasOrganisation(ctx context.Context, key OrganisationKey) (bool, error)
	// CreateOrganisation makes an organisation. hubee.already_exists (fault.Conflict).
	CreateOrganisation(ctx context.Context, organisation HubOrganisation) error
	// FindSubscription finds the subscription of an organisation to the process of the
	// form, refused ones apart: they are history. fault.NotFound, code
	// hubee.subscription_missing.
	FindSubscription(ctx context.Context, subscriber OrganisationKey) (HubSubscription, error)
	// ReadSubscription reads a subscription by its id. fault.NotFound, code
	// hubee.subscription_missing.
	ReadSubscription(ctx context.Context, id string) (HubSubscription, error)
	// CreateSubscription makes an inactive subscription. hubee.already_exists
	// (fault.Conflict): FindSubscription finds it.
	CreateSubscription(ctx context.Context, subscription NewSubscription) (HubSubscription, error)
	// ChangeSubscription reads a subscription, changes what change says and nothing else,
	// and writes it back whole, as HubEE wants it. hubee.subscription_missing;
	// hubee.forbidden (fault.Unavailable) for a 403: our account may not, until HubEE lets it.
	ChangeSubscription(ctx context.Context, id string, change SubscriptionChange) (HubSubscription, error)
	// ListSubscriptions lists the subscriptions to the process of the form, refused ones
	// apart, from an offset on. It tells the offset of the next page, 0 when there is none.
	ListSubscriptions(ctx context.Context, offset int) (page []HubSubscription, next int, err error)
}

// HubOrganisation describes a town to HubEE (hubee.md §9).
type HubOrganisation struct {
	Key      OrganisationKey
	Name     string // cut to HubEE's limit by the adapter
	Postcode string
	Commune  string // name, HubEE's territory
	Mail     string
	Phone    string // "" for none; see CleanPhone
}

// NewSubscription describes a subscription to make (hubee.md §10.1).
type NewSubscription struct {
	Request       habilitation.RequestNumber // HubEE's datapassId
	Subscriber    OrganisationKey
	Mail          string
	Administrator habilitation.Contact // with both names: else HubEE makes no account
	ValidatedAt   time.Time            // real time, like every date that HubEE is told
}

// HubStatus is the status of a subscription in HubEE's words.
type HubStatus string

// HubEE's statuses, accents included.
const (
	HubInactive  HubStatus = "Inactif"
	HubActive    HubStatus = "Actif"
	HubSuspended HubStatus = "Suspendu"
	HubRefused   HubStatus = "Refusé"
	// HubAbsent is ours, for a subscription that HubEE does not have any more.
	HubAbsent HubStatus = "Absent"
)

// HubSubscription is a subscription as HubEE tells it.
type HubSubscription struct {
	ID         string
	Request    habilitation.RequestNumber
	Subscriber OrganisationKey
	Status     HubStatus
	AccessMode string          // "API", "PORTAIL", "" for none
	Delegate   OrganisationKey // the editor; zero for none, or for a person
}

// SubscriptionChange says what to change: HubActive activates, HubSuspended suspends.
type SubscriptionChange struct {
	Status HubStatus
	// Editor, with HubActive: the mode API and the delegation to this organisation; zero:
	// the mode PORTAIL, without delegation.
	Editor OrganisationKey
	At     time.Time // real time of the change
}
