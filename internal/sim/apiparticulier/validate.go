package apiparticulier

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the validators accept (reference/api-particulier.md §7.2).
var (
	nameAlphabet = regexp.MustCompile(`^[a-zA-ZÀ-ÖØ-öø-ÿ' -]+$`)
	countryCode  = regexp.MustCompile(`^(99\d{3}|92352)$`) // 92352: Algeria before 1962
	communeCode  = regexp.MustCompile(`^([013-9]\d|2[AB1-9])\d{3}$`)
	departement  = regexp.MustCompile(`^(0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[12346])$`)
	yearFormat   = regexp.MustCompile(`^\d{4}$`)
	digits       = regexp.MustCompile(`^\d+$`)
	siretFormat  = regexp.MustCompile(`^\d{14}$`)
)

// badRecipient refuses a recipient that is missing or not a SIRET.
func badRecipient() problem {
	p := badParameter("00210", "Le paramètre recipient n'est pas un siret valide")
	p.parameter = "recipient"
	return p
}

// isSiret tells a SIRET: 14 digits with Luhn's key, or an office of La Poste, whose keys
// follow another rule.
func isSiret(value string) bool {
	if !siretFormat.MatchString(value) {
		return false
	}
	if strings.HasPrefix(value, "356000000") {
		return true
	}
	sum := 0
	for i, digit := range []byte(value) {
		number := int(digit - '0')
		if i%2 == 0 {
			number *= 2
		}
		sum += number/10 + number%10
	}
	return sum%10 == 0
}

// civility checks the parameters of a person, all of them.
func (p Params) civility(now time.Time) []problem {
	var problems []problem
	refuse := func(wrong bool, code, detail string) {
		if wrong {
			problems = append(problems, badParameter(code, detail))
		}
	}
	refuse(!nameAlphabet.MatchString(p.BirthName), "00420", "Le nom de naissance est manquant")
	blank := func(name string) bool { return !nameAlphabet.MatchString(name) || strings.TrimSpace(name) == "" }
	refuse(slices.ContainsFunc(p.FirstNames, blank), "00367", "Le ou les prénoms sont manquants")
	refuse(!p.birthDateHolds(now), "00363", "La date de naissance n'est pas correctement formatée")
	sex := strings.ToUpper(p.Sex)
	refuse(sex != "M" && sex != "F", "00427", "Le sexe de l'état civil est manquant")
	refuse(!countryCode.MatchString(p.Country), "00400", "Le pays de naissance n'est pas correctement formaté")
	refuse(p.Departement != "" && !departement.MatchString(p.Departement), "00428",
		"Le département de naissance n'est pas correctement formaté")
	refuse(!p.birthPlaceHolds(), "00365", "Le lieu de naissance n'est pas correctement formaté")
	return problems
}

// birthPlaceHolds tells whether the commune is well written and, in France, given by its
// code or by its name with the département and the year of birth.
func (p Params) birthPlaceHolds() bool {
	if p.Commune != "" {
		return communeCode.MatchString(p.Commune)
	}
	byName := p.CommuneName != "" && p.Departement != "" && p.BirthYear != ""
	return p.Country != codeFrance || byName
}

// birthDateHolds accepts each part of the date alone; the three together must be a day
// between 1900 and yesterday.
func (p Params) birthDateHolds(now time.Time) bool {
	year, yearHolds := within(p.BirthYear, 1, 9999)
	month, monthHolds := within(p.BirthMonth, 1, 12)
	day, dayHolds := within(p.BirthDay, 1, 31)
	if !yearHolds || !monthHolds || !dayHolds {
		return false
	}
	if year == 0 || month == 0 || day == 0 {
		return true
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, now.Location())
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	return date.Day() == day && year >= 1900 && date.Before(today)
}

// period checks the month asked for: N-2 to N, and not in the future when the year is given.
func (p Params) period(now time.Time) []problem {
	var problems []problem
	year, _ := strconv.Atoi(p.Year)
	if p.Year != "" && (!yearFormat.MatchString(p.Year) || year < now.Year()-2 || year > now.Year()) {
		problems = append(problems, badParameter("00356", "L'année demandée doit être l'année en cours (N), N-1 ou N-2."))
	}
	month, holds := within(p.Month, 1, 12)
	future := year == now.Year() && month > int(now.Month())
	if !holds || future {
		problems = append(problems, badParameter("00354", "Le mois demandé est incorrect ou est dans le futur."))
	}
	return problems
}

// within reads an optional whole number: 0 when absent.
func within(written string, low, high int) (number int, holds bool) {
	if written == "" {
		return 0, true
	}
	number, err := strconv.Atoi(written)
	return number, err == nil && digits.MatchString(written) && number >= low && number <= high
}
