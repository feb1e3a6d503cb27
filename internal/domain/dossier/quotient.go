package dossier

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Quotient is API Particulier's v3 answer, read with tolerance: sections may be absent
// or null, dates partial, the value unknown (formulaire-qf.md §3.2).
type Quotient struct {
	// Data is the "data" object as it came, keys in the order of the answer, reduced to
	// the sections that are transmitted: quotient_familial, allocataires, enfants.
	Data Object

	Provider    string // CNAF, MSA or ""
	Value       *int   // nil: not known, which is not zero
	Year, Month int    // the month asked; 0 when unknown
	// ComputedYear and ComputedMonth tell when the fund computed it; 0 when unknown.
	ComputedYear, ComputedMonth int

	Holders  []Person // allocataires
	Children []Person // enfants
}

// Person is a member of the household as CAF or MSA know it.
type Person struct {
	BirthName, UsualName, GivenNames string
	Birthdate                        string // YYYY-MM-DD with 00 for unknown parts, or ""
	Sex                              string // F, M or ""
}

// The sections of the answer that a dossier repeats. The address is not one of them:
// nobody asks the citizen to send it (formulaire-qf.md §4).
const (
	sectionQuotient = "quotient_familial"
	sectionHolders  = "allocataires"
	sectionChildren = "enfants"
)

// ErrNoSection says that an answer holds neither a quotient, nor holders, nor children:
// API Particulier leaves out the sections that the sign-in did not open.
var ErrNoSection = errors.New("none of the three sections of a quotient")

// ParseQuotient reads the "data" object of API Particulier's v3 answer (reference/
// api-particulier.md §7.3). Whatever is missing, null or of another type than documented
// is unknown, never an error: the whole answer is in Data all the same. The errors are
// ErrObject and ErrNoSection; they repeat nothing of the answer.
func ParseQuotient(data []byte) (Quotient, error) {
	answer, err := parseObject(data)
	if err != nil {
		return Quotient{}, fmt.Errorf("parse quotient: %w", err)
	}
	var quotient Quotient
	for name, value := range answer.Members() {
		switch name {
		case sectionQuotient, sectionHolders, sectionChildren:
			quotient.Data = quotient.Data.with(name, value)
		}
	}
	if len(quotient.Data.members) == 0 {
		return Quotient{}, fmt.Errorf("parse quotient: %w", ErrNoSection)
	}
	quotient.readAmount()
	quotient.Holders = persons(quotient.Data.Get(sectionHolders))
	quotient.Children = persons(quotient.Data.Get(sectionChildren))
	return quotient, nil
}

func (q *Quotient) readAmount() {
	amount := q.amount()
	q.Provider = oneOf(amount.Get("fournisseur"), "CNAF", "MSA")
	if value, known := whole(amount.Get("valeur")); known {
		q.Value = &value
	}
	q.Year, q.Month = month(amount.Get("annee"), amount.Get("mois"))
	q.ComputedYear, q.ComputedMonth = month(amount.Get("annee_calcul"), amount.Get("mois_calcul"))
}

// amount is the section of the quotient itself, empty when absent or not an object.
func (q *Quotient) amount() Object {
	section, _ := q.Data.Get(sectionQuotient).(Object)
	return section
}

func persons(section any) []Person {
	var list []Person
	for _, raw := range personObjects(section) {
		list = append(list, Person{
			BirthName:  text(raw.Get("nom_naissance")),
			UsualName:  text(raw.Get("nom_usage")),
			GivenNames: text(raw.Get("prenoms")),
			Birthdate:  partialDate(text(raw.Get("date_naissance"))),
			Sex:        oneOf(raw.Get("sexe"), "F", "M"),
		})
	}
	return list
}

// personObjects lists the persons of a section, leaving out what is not one.
func personObjects(section any) []Object {
	elements, _ := section.([]any)
	var objects []Object
	for _, element := range elements {
		if object, ok := element.(Object); ok {
			objects = append(objects, object)
		}
	}
	return objects
}

func text(value any) string {
	written, _ := value.(string)
	return strings.TrimSpace(written)
}

func oneOf(value any, known ...string) string {
	for _, candidate := range known {
		if strings.EqualFold(text(value), candidate) {
			return candidate
		}
	}
	return ""
}

// whole reads an amount in euros or a part of a date, be it written as a number or as
// text. Cents are dropped, as the existing form does (formulaire-qf.md §5, B8).
func whole(value any) (int, bool) {
	written := text(value)
	if number, ok := value.(json.Number); ok {
		written = number.String()
	}
	amount, err := strconv.ParseFloat(written, 64)
	if err != nil || !(-1e9 < amount && amount < 1e9) { // written so that NaN is refused
		return 0, false
	}
	return int(amount), true
}

// month reads a year and a month; a part out of range is unknown, that is 0.
func month(rawYear, rawMonth any) (year, monthOfYear int) {
	if number, known := whole(rawYear); known && 1900 <= number && number <= 9999 {
		year = number
	}
	if number, known := whole(rawMonth); known && 1 <= number && number <= 12 {
		monthOfYear = number
	}
	return year, monthOfYear
}

// partialDate completes "2012" and "2012-04" into "2012-00-00" and "2012-04-00". A text
// that is no date at all gives "".
func partialDate(written string) string {
	switch len(written) {
	case len("2012"):
		written += "-00-00"
	case len("2012-04"):
		written += "-00"
	}
	if len(written) != len("2012-04-20") {
		return ""
	}
	for i := range len(written) {
		isDash := i == 4 || i == 7
		if isDash != (written[i] == '-') || !isDash && (written[i] < '0' || written[i] > '9') {
			return ""
		}
	}
	return written
}
