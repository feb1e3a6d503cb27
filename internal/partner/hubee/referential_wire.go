package hubee

import (
	"strings"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// The objects of reference/hubee.md §9 and §10, reduced to what is sent or read.

// What HubEE is told of each organisation and subscription that we make.
const (
	organisationActive = "Actif"
	country            = "France"
	eachFolder         = "Unitaire" // a mail for each folder that arrives
)

// The access modes of a subscription.
const (
	modePortal = "PORTAIL"
	modeAPI    = "API"
)

const maxOrganisationName = 100 // characters (reference/hubee.md §9)

// dateTime is how a date is written to HubEE: ISO 8601 with its offset, never "Z".
const dateTime = "2006-01-02T15:04:05-07:00"

// newOrganisation leaves out code, the acronym: none of a town is known.
type newOrganisation struct {
	organization
	Name        string  `json:"name"`
	Country     string  `json:"country"`
	PostalCode  string  `json:"postalCode"`
	Territory   string  `json:"territory"` // name of the commune
	Email       string  `json:"email"`
	PhoneNumber *string `json:"phoneNumber"`
	Status      string  `json:"status"`
}

type newSubscription struct {
	DatapassID            int64              `json:"datapassId"`
	ProcessCode           string             `json:"processCode"`
	Subscriber            organization       `json:"subscriber"`
	Status                string             `json:"status"`
	NotificationFrequency string             `json:"notificationFrequency"`
	Email                 *string            `json:"email"`
	LocalAdministrator    localAdministrator `json:"localAdministrator"`
	ValidateDateTime      string             `json:"validateDateTime"`
	UpdateDateTime        string             `json:"updateDateTime"`
}

// localAdministrator is sent whole once; HubEE shows only its email afterwards.
type localAdministrator struct {
	Email       string  `json:"email"`
	FirstName   string  `json:"firstName"`
	LastName    string  `json:"lastName"`
	Function    *string `json:"function"`
	PhoneNumber *string `json:"phoneNumber"`
}

// subscription is what is read of one; a null reads as the zero value.
type subscription struct {
	ID                    string       `json:"id"`
	DatapassID            looseNumber  `json:"datapassId"`
	ProcessCode           string       `json:"processCode"`
	Subscriber            organization `json:"subscriber"`
	Status                string       `json:"status"`
	AccessMode            string       `json:"accessMode"`
	NotificationFrequency string       `json:"notificationFrequency"`
	DelegationActor       delegation   `json:"delegationActor"`
}

// delegation is an organisation today, a person known by mail formerly, and null or full
// of nulls when there is none (reference/hubee.md §10).
type delegation struct {
	organization
	Email string `json:"email"`
}

func describeOrganisation(o credential.HubOrganisation) newOrganisation {
	return newOrganisation{
		organization: organizationOf(o.Key),
		Name:         strings.TrimSpace(firstCharacters(strings.TrimSpace(o.Name), maxOrganisationName)),
		Country:      country,
		PostalCode:   o.Postcode,
		Territory:    o.Commune,
		Email:        o.Mail,
		PhoneNumber:  orNull(credential.CleanPhone(o.Phone)),
		Status:       organisationActive,
	}
}

func describeSubscription(s credential.NewSubscription) newSubscription {
	validated := s.ValidatedAt.Format(dateTime)
	return newSubscription{
		DatapassID:            int64(s.Request),
		ProcessCode:           processCode,
		Subscriber:            organizationOf(s.Subscriber),
		Status:                string(credential.HubInactive),
		NotificationFrequency: eachFolder,
		Email:                 orNull(s.Mail),
		LocalAdministrator:    describeAdministrator(s.Administrator),
		ValidateDateTime:      validated,
		UpdateDateTime:        validated,
	}
}

func describeAdministrator(c habilitation.Contact) localAdministrator {
	return localAdministrator{
		Email:       c.Mail,
		FirstName:   c.GivenName,
		LastName:    c.FamilyName,
		Function:    orNull(c.Job),
		PhoneNumber: orNull(credential.CleanPhone(c.Phone)),
	}
}

func organizationOf(key credential.OrganisationKey) organization {
	return organization{Type: key.Type, CompanyRegister: key.Siret.String(), BranchCode: key.COG}
}

// key repeats HubEE's word: its SIRET is compared with ours, never used without.
func (o organization) key() credential.OrganisationKey {
	return credential.OrganisationKey{Type: o.Type, Siret: value.Siret(o.CompanyRegister), COG: o.BranchCode}
}

func (s subscription) toDomain() credential.HubSubscription {
	return credential.HubSubscription{
		ID:         s.ID,
		Request:    habilitation.RequestNumber(s.DatapassID),
		Subscriber: s.Subscriber.key(),
		Status:     credential.HubStatus(s.Status),
		AccessMode: s.AccessMode,
		Delegate:   s.DelegationActor.key(),
	}
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
