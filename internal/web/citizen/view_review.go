package citizen

import (
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/web"
)

// reviewPage shows everything that will be transmitted, before it is.
type reviewPage struct {
	web.Page
	Visit
	Attempt    string // of the attempt that is read: a page left open transmits nothing else
	Quotient   quotientReading
	Holders    []dossier.PersonReading
	Children   []dossier.PersonReading
	Identity   dossier.IdentityReading
	ExternalID string // "" when the link brought none
}

// quotientReading is the quotient in words; Month and ComputedMonth are "" when unknown.
type quotientReading struct {
	Known                                 bool
	Value, Month, ComputedMonth, Provider string
}

// newReviewPage reads an attempt aloud. commune and country give names to INSEE codes.
func newReviewPage(page web.Page, visit Visit, attempt dossier.Attempt, commune, country dossier.PlaceName) reviewPage {
	quotient := attempt.Held.Quotient
	review := reviewPage{
		Page: page, Visit: visit, Attempt: attempt.ID,
		Quotient: quotientReading{
			Known:         quotient.Value != nil,
			Value:         quotient.ValueInWords(),
			Month:         quotient.MonthInWords(),
			ComputedMonth: quotient.ComputedMonthInWords(),
			Provider:      quotient.ProviderInWords(),
		},
		Holders:  readPersons(quotient.Holders),
		Children: readPersons(quotient.Children),
		Identity: attempt.Held.Identity.Reading(commune, country),
	}
	if id := attempt.Held.Arrival.ExternalID; id != nil {
		review.ExternalID = *id
	}
	return review
}

func readPersons(persons []dossier.Person) []dossier.PersonReading {
	readings := make([]dossier.PersonReading, len(persons))
	for i, person := range persons {
		readings[i] = person.Reading()
	}
	return readings
}
