package inquiry

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"portail-qf/internal/domain/value"
)

// France is the country of birth for which a place is needed.
const france = "99100"

// The alphabets of §7.2. \A and \z, for ^ and $ may be read as those of a line.
var (
	nameText        = regexp.MustCompile(`\A[a-zA-ZÀ-ÖØ-öø-ÿ' -]+\z`)
	countryText     = regexp.MustCompile(`\A(99[0-9]{3}|92352)\z`)
	communeText     = regexp.MustCompile(`\A([013-9][0-9]|2[AB1-9])[0-9]{3}\z`)
	departementText = regexp.MustCompile(`\A(0[1-9]|[1-8][0-9]|9[0-5]|2[AB]|97[12346])\z`)
)

// Check tells every fault of a query at a time, in the order in which the service tells
// them; none for a question that may be asked.
func (q *Query) Check(now time.Time) []Code {
	today := value.MomentOf(now)
	checks := [...]func() Code{
		q.checkBirthName, q.checkUsualName, q.checkFirstNames,
		func() Code { return q.checkBirthDate(today) },
		q.checkSex, q.checkCountry, q.checkBirthPlace, q.checkDepartement,
		func() Code { return q.checkYear(today) },
		func() Code { return q.checkMonth(today) },
	}
	var found []Code
	for _, check := range checks {
		if code := check(); code != "" {
			found = append(found, code)
		}
	}
	return found
}

func when(wrong bool, code Code) Code {
	if wrong {
		return code
	}
	return ""
}

func (q *Query) checkBirthName() Code {
	return when(q.wrong[birthName] || q.text(birthName) == "" || !nameText.MatchString(q.text(birthName)), CodeBirthName)
}

// The usual name is free: the service sends it on as it came.
func (q *Query) checkUsualName() Code { return when(q.wrong[usualName], CodeCivility) }

func (q *Query) checkFirstNames() Code {
	wrong := q.wrong[firstNames]
	for _, name := range q.given[firstNames] {
		wrong = wrong || strings.TrimSpace(name) == "" || !nameText.MatchString(name)
	}
	return when(wrong, CodeFirstNames)
}

// checkBirthDate lets each part be unknown; a whole date is one that came, since 1900 and
// before today.
func (q *Query) checkBirthDate(today value.Moment) Code {
	y, yearOK := q.number(birthYear, 1, 9999)
	m, monthOK := q.number(birthMonth, 1, 12)
	d, dayOK := q.number(birthDay, 1, 31)
	if !yearOK || !monthOK || !dayOK {
		return CodeBirthDate
	}
	if y == 0 || m == 0 || d == 0 {
		return ""
	}
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	exists := date.Day() == d && y >= 1900
	return when(!exists || !date.Before(time.Date(today.Year, time.Month(today.Month), today.Day, 0, 0, 0, 0, time.UTC)), CodeBirthDate)
}

func (q *Query) checkSex() Code {
	text := strings.ToUpper(q.text(sex))
	return when(q.wrong[sex] || text != "M" && text != "F", CodeSex)
}

func (q *Query) checkCountry() Code {
	return when(q.wrong[country] || !countryText.MatchString(q.text(country)), CodeCountry)
}

// checkBirthPlace wants, of somebody born in France, the code of a commune or else its
// name with the year and the département.
func (q *Query) checkBirthPlace() Code {
	code := q.text(commune)
	switch {
	case q.wrong[commune] || q.wrong[communeName] || code != "" && !communeText.MatchString(code):
		return CodeBirthPlace
	case code != "" || q.text(country) != france:
		return ""
	}
	isGiven := func(at parameter) bool { return q.text(at) != "" || q.wrong[at] } // what is wrong is told elsewhere
	return when(q.text(communeName) == "" || !isGiven(birthYear) || !isGiven(departement), CodeBirthPlace)
}

// checkDepartement looks at it where it counts: the code of a commune says it already.
func (q *Query) checkDepartement() Code {
	text := q.text(departement)
	counts := text != "" && q.text(commune) == "" && q.text(country) == france
	return when(q.wrong[departement] || counts && !departementText.MatchString(text), CodeDepartement)
}

func (q *Query) checkYear(today value.Moment) Code {
	_, ok := q.number(year, today.Year-2, today.Year)
	return when(!ok, CodeYear)
}

// checkMonth refuses a month to come, of this year unless the query says another.
func (q *Query) checkMonth(today value.Moment) Code {
	m, ok := q.number(month, 1, 12)
	y, yearOK := q.number(year, today.Year-2, today.Year)
	if !yearOK || y == 0 {
		y = today.Year
	}
	if !yearOK {
		return when(!ok, CodeMonth) // of a year that nobody knows, no month is to come
	}
	return when(!ok || y == today.Year && m > today.Month, CodeMonth)
}

// number reads digits within bounds: as many as the largest has, at most. 0 is "not given".
func (q *Query) number(at parameter, least, most int) (number int, ok bool) {
	text := q.text(at)
	switch {
	case q.wrong[at]:
		return 0, false
	case text == "":
		return 0, true
	case len(text) > len(strconv.Itoa(most)) || strings.Trim(text, "0123456789") != "":
		return 0, false
	}
	number, err := strconv.Atoi(text)
	return number, err == nil && least <= number && number <= most
}
