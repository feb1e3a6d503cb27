package document

import (
	"fmt"
	"strings"
	"time"

	"portail-qf/internal/domain/dossier"
)

// DossierPDF sets the readable attachment of a folder: what the collectivity's agent
// opens in HubEE. It says what the JSON says, in words, and carries the identifier that
// the citizen quotes (formulaire-qf.md §7, W25). The same content gives the same bytes.
func (r *Renderer) DossierPDF(content dossier.Content) ([]byte, error) {
	title := "Dossier de quotient familial " + content.Reference.Display()
	c := r.newComposer()
	c.title("Dossier de quotient familial")
	c.paragraph("L’usager s’est identifié avec FranceConnect. Son quotient familial vient de la CAF ou de la MSA, par API Particulier. Il n’a rien saisi lui-même.")
	r.dossierFacts(c, content)
	quotientSection(c, content.Quotient)
	r.identitySection(c, content.Identity)
	personsSection(c, "Allocataires", "Aucun allocataire n’est connu.", content.Quotient.Holders)
	personsSection(c, "Enfants", "Aucun enfant n’est connu.", content.Quotient.Children)
	if len(c.missing) > 0 {
		c.top += sectionStyle.above
		c.paragraph("Caractères non imprimables\u00a0: " + codePoints(c.missing))
	}
	c.footer(title)
	return c.finish(title, content.RecordedAt)
}

func (r *Renderer) dossierFacts(c *composer, content dossier.Content) {
	external := "aucune"
	if content.ExternalID != nil {
		external = *content.ExternalID
	}
	c.section("Transmission")
	c.facts(
		fact{label: "Identifiant", value: content.Reference.Display(), strong: true},
		fact{label: "Identifiant dans HubEE", value: content.Reference.String()},
		fact{label: "Transmis à", value: content.Collectivity},
		fact{label: "Enregistré le", value: r.instantInWords(content.RecordedAt)},
		fact{label: "Référence du logiciel", value: external},
	)
}

func quotientSection(c *composer, quotient dossier.Quotient) {
	c.section("Quotient familial")
	c.facts(
		fact{label: "Quotient familial", value: quotient.ValueInWords(), strong: true},
		fact{label: "Mois du quotient", value: monthOrUnknown(quotient.MonthInWords())},
		fact{label: "Mois du calcul", value: monthOrUnknown(quotient.ComputedMonthInWords())},
		fact{label: "Organisme", value: quotient.ProviderInWords()},
	)
	if quotient.Value == nil {
		c.paragraph("«\u00a0Non connu\u00a0» ne veut pas dire zéro\u00a0: l’organisme n’a pas donné de valeur.")
	}
}

func monthOrUnknown(month string) string {
	if month == "" {
		return "non connu"
	}
	return month
}

func (r *Renderer) identitySection(c *composer, identity dossier.PivotIdentity) {
	reading := identity.Reading(r.commune, r.country)
	c.section("Identité de l’usager, certifiée par FranceConnect")
	c.facts(
		fact{label: "Nom de naissance", value: reading.FamilyName},
		fact{label: "Prénoms", value: strings.Join(reading.GivenNames, ", ")},
		fact{label: "Sexe", value: reading.Gender},
		fact{label: "Date de naissance", value: reading.Birthdate},
		fact{label: "Lieu de naissance", value: reading.Birthplace},
	)
}

// personColumns add up to the width of the frame.
var personColumns = []column{
	{"Nom de naissance", 115}, {"Nom d’usage", 100}, {"Prénoms", 115}, {"Date de naissance", 105}, {"Sexe", frameWidth - 435},
}

func personsSection(c *composer, title, whenNone string, persons []dossier.Person) {
	if len(persons) == 0 {
		c.section(title)
		c.paragraph(whenNone)
		return
	}
	c.section(fmt.Sprintf("%s (%d)", title, len(persons)))
	rows := make([][]string, len(persons))
	for i, person := range persons {
		reading := person.Reading()
		rows[i] = []string{reading.BirthName, reading.UsualName, reading.GivenNames, reading.Birthdate, reading.Sex}
	}
	c.table(personColumns, rows)
}

// instantInWords gives "22 novembre 2026 à 18 h 34", in Paris.
func (r *Renderer) instantInWords(at time.Time) string {
	local := at.In(r.paris)
	return dossier.DateInWords(local.Format(time.DateOnly)) + local.Format(" à\u00a015\u00a0h\u00a004")
}
