package sirene

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"portail-qf/internal/sim/control"
)

// Organization is an establishment of the register.
type Organization struct {
	Siret string
	Name  string // of the legal unit; empty: a natural person
	// Person is who the legal unit is, where it is a natural person.
	Person     Person
	CommuneCog string
	PostalCode string
	Commune    string
	// LegalCategory is INSEE's code of the legal form; empty: 7210, a commune.
	LegalCategory string
	Closed        bool
	ClosedOn      time.Time // zero: 2025-12-31
}

// Person is a natural person of the register; "[ND]" stands for what is withheld.
type Person struct {
	FirstName string // prenom1UniteLegale
	UsualName string // prenomUsuelUniteLegale
	Surname   string // nomUniteLegale
	UsedName  string // nomUsageUniteLegale
}

// categoryCommune is the legal category of a commune.
const categoryCommune = "7210"

var siretFormat = regexp.MustCompile(`^\d{14}$`)

// order is an entry of PUT /_sim/organizations (DEMO.md). An establishment is open unless
// it says otherwise.
type order struct {
	Siret         string `json:"siret"`
	Name          string `json:"name"`
	CommuneCog    string `json:"code_commune"`
	PostalCode    string `json:"code_postal"`
	Commune       string `json:"commune"`
	LegalCategory string `json:"categorie_juridique"`
	Active        *bool  `json:"active"`
}

func (o order) organization() (Organization, error) {
	if !siretFormat.MatchString(o.Siret) {
		return Organization{}, fmt.Errorf("siret %q is not 14 digits", o.Siret)
	}
	if o.Name == "" {
		return Organization{}, fmt.Errorf("organization %s has no name", o.Siret)
	}
	return Organization{
		Siret: o.Siret, Name: o.Name, CommuneCog: o.CommuneCog, PostalCode: o.PostalCode, Commune: o.Commune,
		LegalCategory: o.LegalCategory, Closed: o.Active != nil && !*o.Active,
	}, nil
}

// putOrganizations adds or replaces establishments: all of the call, or none when one is
// refused.
func (s *Server) putOrganizations(w http.ResponseWriter, r *http.Request) {
	var orders []order
	if err := control.Decode(r, &orders); err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	put := make([]Organization, 0, len(orders))
	for _, o := range orders {
		organization, err := o.organization()
		if err != nil {
			control.Refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		put = append(put, organization)
	}
	s.Put(put...)
	control.Answer(w, struct {
		Put int `json:"put"`
	}{len(put)})
}

// The wire shapes of an answer, with the members that clients of the register read.
type (
	wireAnswer struct {
		Header        wireHeader        `json:"header"`
		Etablissement wireEstablishment `json:"etablissement"`
	}
	wireHeader struct {
		Statut  int    `json:"statut"`
		Message string `json:"message"`
	}
	wireEstablishment struct {
		Siren              string        `json:"siren"`
		Nic                string        `json:"nic"`
		Siret              string        `json:"siret"`
		StatutDiffusion    string        `json:"statutDiffusionEtablissement"`
		EtablissementSiege bool          `json:"etablissementSiege"`
		UniteLegale        wireLegalUnit `json:"uniteLegale"`
		Adresse            wireAddress   `json:"adresseEtablissement"`
		Periodes           []wirePeriod  `json:"periodesEtablissement"`
	}
	// The register gives every member of a legal unit, null where it has no value.
	wireLegalUnit struct {
		EtatAdministratif  string  `json:"etatAdministratifUniteLegale"`
		StatutDiffusion    string  `json:"statutDiffusionUniteLegale"`
		CategorieJuridique string  `json:"categorieJuridiqueUniteLegale"`
		Denomination       *string `json:"denominationUniteLegale"`
		Nom                *string `json:"nomUniteLegale"`
		NomUsage           *string `json:"nomUsageUniteLegale"`
		Prenom1            *string `json:"prenom1UniteLegale"`
		PrenomUsuel        *string `json:"prenomUsuelUniteLegale"`
	}
	wireAddress struct {
		CodePostal     string  `json:"codePostalEtablissement"`
		LibelleCommune string  `json:"libelleCommuneEtablissement"`
		CodeCommune    string  `json:"codeCommuneEtablissement"`
		PaysEtranger   *string `json:"libellePaysEtrangerEtablissement"`
	}
	wirePeriod struct {
		DateFin           *string `json:"dateFin"`
		DateDebut         string  `json:"dateDebut"`
		EtatAdministratif string  `json:"etatAdministratifEtablissement"`
	}
)

// The states of an establishment.
const (
	stateOpen   = "A" // active
	stateClosed = "F" // fermé
)

// wire is the establishment as the register gives it. Its periods run from the newest back:
// a closed one was open before.
func (o Organization) wire() wireEstablishment {
	periods := []wirePeriod{{DateDebut: "1983-03-01", EtatAdministratif: stateOpen}}
	if o.Closed {
		day := o.ClosedOn
		if day.IsZero() {
			day = time.Date(2025, time.December, 31, 0, 0, 0, 0, time.UTC)
		}
		periods[0].DateFin = given(day.AddDate(0, 0, -1).Format(time.DateOnly))
		periods = append([]wirePeriod{{DateDebut: day.Format(time.DateOnly), EtatAdministratif: stateClosed}}, periods...)
	}
	return wireEstablishment{
		Siren: o.Siret[:9], Nic: o.Siret[9:], Siret: o.Siret, StatutDiffusion: "O", EtablissementSiege: true,
		UniteLegale: wireLegalUnit{
			EtatAdministratif: stateOpen, StatutDiffusion: "O",
			CategorieJuridique: cmp.Or(o.LegalCategory, categoryCommune), Denomination: given(o.Name),
			Nom: given(o.Person.Surname), NomUsage: given(o.Person.UsedName),
			Prenom1: given(o.Person.FirstName), PrenomUsuel: given(o.Person.UsualName),
		},
		Adresse:  wireAddress{CodePostal: o.PostalCode, LibelleCommune: o.Commune, CodeCommune: o.CommuneCog},
		Periodes: periods,
	}
}

// given is a value of the register; null when there is none.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
