package franceconnect

import (
	"fmt"
	"strings"
	"time"
)

// SandboxIdentities are persons after the official sandbox's table (reference/identity.md
// §1.11): the keys and the peculiarity of each are the table's, what it leaves open is
// invented. They know no quotient: expect is not_found, to be changed by whoever gives
// them a family. The year of today keeps the young ones young.
func SandboxIdentities(today time.Time) []Identity {
	year := today.Year()
	angela := civil("DUBOIS", "1962-08-24", "female", "75107", "Angela", "Claire", "Louise")
	return []Identity{
		sandbox("test", "Angela Claire Louise DUBOIS", angela),
		sandbox("avec_nom_dusage", "Nom d’usage différent du nom de naissance",
			civil("MERCIER", "1969-03-17", "female", "75107", "Pauline", "Élise").with("preferred_username", "DUBOIS")),
		sandbox("prénom_composé_avec_espace", "Premier prénom composé, avec une espace",
			civil("MOREAU", "1978-05-02", "male", "69383", "Jean Philippe", "Pierre", "Louis")),
		sandbox("caractères_spéciaux", "Accents et ligatures",
			civil("ŒUVRARD-D’HAŸ", "1985-12-25", "female", "67482", "Zoë", "Maëlle", "Françoise")),
		sandbox("carac_speciaux", "Apostrophe et traits d’union",
			civil("N'GUESSAN-LE GOFF", "1990-07-14", "male", "29019", "Loïc-Aurélien", "Côme")),
		sandbox("nom_50+_caractères", "Nom de plus de cinquante caractères",
			civil(strings.Repeat("MONTMORENCY-", 5)+"DUPONT", "1971-10-30", "male", "33063", "Maximilien", "Barthélemy", "Théodore")),
		sandbox("genre_indéfini", "Sexe non précisé",
			civil("FONTAINE", "1994-04-09", "unspecified", "44109", "Camille", "Alex")),
		sandbox("test_CORSE_2A", "Naissance en Corse-du-Sud",
			civil("CASANOVA", "1980-01-20", "male", "2A004", "Ange", "Toussaint")),
		sandbox("test_CORSE_2B", "Naissance en Haute-Corse",
			civil("LUCIANI", "1983-06-11", "female", "2B050", "Laetitia", "Marie")),
		sandbox("naissance_Algérie", "Naissance en Algérie",
			civil("BENALI", "1975-02-28", "female", "", "Nadia").with("birthcountry", "99352")),
		sandbox("naissance_polynesie_française", "Naissance en Polynésie française",
			civil("TERIIPAIA", "1988-09-05", "male", "98729", "Manutea", "Henri")),
		sandbox("étranger_présumé_né_jour", "Né à l’étranger, jour de naissance inconnu",
			civil("DIALLO", "1992-11-01", "male", "", "Mamadou").with("birthcountry", "99330").with("idp_birthdate", "1992-11-00")),
		sandbox("étranger_présumé_né_jour_et_mois", "Né à l’étranger, jour et mois de naissance inconnus",
			civil("KONATÉ", "1992-01-01", "female", "", "Aminata").with("birthcountry", "99335").with("idp_birthdate", "1992-00-00")),
		sandbox("moins_16_ans", "Moins de 16 ans", civil("GARNIER", born(year-15), "female", "13055", "Lina")),
		sandbox("moins_18_ans", "Moins de 18 ans", civil("ROUSSEL", born(year-17), "male", "31555", "Hugo", "Victor")),
		sandbox("moins_25_ans", "Moins de 25 ans", civil("LEMOINE", born(year-22), "male", "59350", "Nathan")),
	}
}

// RefusedIdentities are the persons of that table whom FranceConnect itself refuses, by a
// page with a code; the way back from it is server_error (§1.6).
func RefusedIdentities() []Identity {
	refused := func(key, label, code string, claims person) Identity {
		return Identity{Key: key, Label: label, Claims: claims, Expect: "error", Refusal: code}
	}
	someone := func(name string) person { return civil(name, "1970-06-15", "female", "75107", "Claude") }
	return []Identity{
		refused("sans_mail", "Sans adresse électronique", "Y600006", someone("PERRIN").without("email")),
		refused("sans_genre", "Sans sexe", "Y600006", someone("MASSON").without("gender")),
		refused("sans_birthplace", "Sans commune de naissance", "Y600006", someone("GIRARD").without("birthplace")),
		refused("mois_00", "Mois de naissance 00", "Y600006", someone("BLANC").with("birthdate", "1970-00-15")),
		refused("E010004", "Inconnue du répertoire national", "E010004", someone("CARON")),
		refused("E010015", "Déclarée décédée", "E010015", someone("RENARD")),
	}
}

func sandbox(key, label string, claims person) Identity {
	return Identity{Key: key, Label: label, Claims: claims, Expect: "not_found"}
}

// civil is a person born in France, as the registers know her; the identity provider says
// the same.
func civil(familyName, birthdate, gender, birthplace string, givenNames ...string) person {
	return person{
		"given_name":       strings.Join(givenNames, " "),
		"given_name_array": givenNames,
		"family_name":      familyName,
		"birthdate":        birthdate,
		"idp_birthdate":    birthdate,
		"gender":           gender,
		"birthplace":       birthplace,
		"birthcountry":     "99100",
		"email":            "personne.de.test@example.org",
	}
}

func (p person) with(name string, value any) person {
	p[name] = value
	return p
}

func (p person) without(name string) person {
	delete(p, name)
	return p
}

// born gives somebody the age of the year, whatever the day it is read.
func born(year int) string { return fmt.Sprintf("%d-03-14", year) }
