package dossier

import (
	"slices"
	"strconv"
	"strings"
)

// PlaceName tells the name of a commune or a country from its INSEE code, and false when
// it does not know the code.
type PlaceName func(code string) (string, bool)

// PersonReading is a person of the household in the words that a page or the PDF prints.
// Only UsualName may be empty: it is there when it differs from the birth name
// (formulaire-qf.md §5, B9).
type PersonReading struct {
	BirthName, UsualName, GivenNames, Birthdate, Sex string
}

// IdentityReading is the identity of FranceConnect in the words that a page or the PDF
// prints. No text is empty; GivenNames has at least one entry.
type IdentityReading struct {
	FamilyName string
	GivenNames []string
	Gender     string
	Birthdate  string
	Birthplace string // the commune in France, the country abroad
}

const (
	unknown           = "non connu"
	unknownDate       = "date non connue"
	unknownPlace      = "lieu non connu"
	unknownGivenName  = "prénom non connu"
	unknownFamilyName = "nom non connu"
	feminine          = "féminin"
	masculine         = "masculin"
	narrowSpace       = "\u202f"
	minus             = "\u2212"
	france            = "99100"
)

// monthNames starts at January.
var monthNames = [12]string{
	"janvier", "février", "mars", "avril", "mai", "juin",
	"juillet", "août", "septembre", "octobre", "novembre", "décembre",
}

// MonthInWords gives "février 2024", or "" when the year or the month is unknown: a month
// is never guessed (formulaire-qf.md §7, W15).
func MonthInWords(year, month int) string {
	if year <= 0 || month < 1 || month > 12 {
		return ""
	}
	return monthNames[month-1] + " " + strconv.Itoa(year)
}

// DateInWords gives "24 août 1962" for 1962-08-24 and what is known of a partial date:
// "avril 2012" for 2012-04-00, "2012" for 2012-00-00. A part that no calendar has is
// unknown too. The rest is "date non connue".
func DateInWords(date string) string {
	date = partialDate(date)
	year, month, day := 0, 0, 0
	if date != "" {
		year, month, day = number(date[:4]), number(date[5:7]), number(date[8:])
	}
	switch inMonth := MonthInWords(year, month); {
	case year == 0:
		return unknownDate
	case inMonth == "":
		return strconv.Itoa(year)
	case day < 1 || day > daysIn(year, month):
		return inMonth
	case day == 1:
		return "1er " + inMonth
	default:
		return strconv.Itoa(day) + " " + inMonth
	}
}

// number reads the digits that partialDate has checked.
func number(digits string) int {
	n := 0
	for _, digit := range digits {
		n = 10*n + int(digit-'0')
	}
	return n
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// ValueInWords gives "1 234" with a narrow no-break space, or "non connu": not knowing is
// not zero (formulaire-qf.md §7, W15).
func (q Quotient) ValueInWords() string {
	if q.Value == nil {
		return unknown
	}
	digits, sign := strconv.Itoa(*q.Value), ""
	if digits[0] == '-' {
		digits, sign = digits[1:], minus
	}
	for end := len(digits) - 3; end > 0; end -= 3 {
		digits = digits[:end] + narrowSpace + digits[end:]
	}
	return sign + digits
}

// MonthInWords gives the month of the quotient, "" when unknown.
func (q Quotient) MonthInWords() string { return MonthInWords(q.Year, q.Month) }

// ComputedMonthInWords gives the month in which the fund computed the quotient, "" when
// unknown.
func (q Quotient) ComputedMonthInWords() string {
	return MonthInWords(q.ComputedYear, q.ComputedMonth)
}

// ProviderInWords names the fund that knows the household.
func (q Quotient) ProviderInWords() string {
	switch q.Provider {
	case "CNAF":
		return "Caisse d’allocations familiales (CAF)"
	case "MSA":
		return "Mutualité sociale agricole (MSA)"
	}
	return unknown
}

// Reading gives the person in words.
func (p Person) Reading() PersonReading {
	reading := PersonReading{
		BirthName:  orElse(p.BirthName, unknownFamilyName),
		GivenNames: orElse(p.GivenNames, unknownGivenName),
		Birthdate:  DateInWords(p.Birthdate),
		Sex:        unknown,
	}
	if !strings.EqualFold(p.UsualName, p.BirthName) {
		reading.UsualName = p.UsualName
	}
	switch p.Sex {
	case "F":
		reading.Sex = feminine
	case "M":
		reading.Sex = masculine
	}
	return reading
}

// Reading gives the identity in words. commune and country resolve INSEE codes; a code
// that they do not know is printed as a code (SETTLED.md, web).
func (p PivotIdentity) Reading(commune, country PlaceName) IdentityReading {
	reading := IdentityReading{
		FamilyName: orElse(p.FamilyName, unknownFamilyName),
		GivenNames: p.GivenNames,
		Gender:     unknown,
		Birthdate:  DateInWords(p.Birthdate),
		Birthplace: p.birthplaceInWords(commune, country),
	}
	if len(reading.GivenNames) == 0 {
		reading.GivenNames = []string{orElse(p.GivenName, unknownGivenName)}
	}
	switch p.Gender {
	case "female":
		reading.Gender = feminine
	case "male":
		reading.Gender = masculine
	case "unspecified":
		reading.Gender = "non précisé"
	}
	return reading
}

// birthplaceInWords gives "Paris 7e Arrondissement (75107)", or the country for someone
// born abroad, whose birthplace FranceConnect leaves empty (reference/identity.md §1.5).
func (p PivotIdentity) birthplaceInWords(commune, country PlaceName) string {
	switch {
	case p.Birthplace != "":
		return placeInWords(p.Birthplace, "commune", commune)
	case p.Birthcountry != "" && p.Birthcountry != france:
		return placeInWords(p.Birthcountry, "pays", country)
	}
	return unknownPlace
}

func placeInWords(code, kind string, nameOf PlaceName) string {
	if name, known := nameOf(code); known {
		return name + " (" + code + ")"
	}
	return kind + " de naissance\u00a0: code " + code
}

// has tells whether FranceConnect returned this claim.
func (p PivotIdentity) has(claim string) bool { return slices.Contains(p.Present, claim) }

func orElse(text, whenEmpty string) string {
	if strings.TrimSpace(text) == "" {
		return whenEmpty
	}
	return text
}
