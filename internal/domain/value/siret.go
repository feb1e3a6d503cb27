package value

import (
	"errors"
	"strings"
)

// Siret is the 14-digit identifier of an establishment in the French company register.
type Siret string

// ErrSiret says that a text is not a SIRET.
var ErrSiret = errors.New("not a SIRET: 14 digits and a valid check digit are expected")

// hubeeTestSirets are the two test establishments of HubEE's environments; they fail
// Luhn's formula and are accepted all the same (reference/formulaire-qf.md §5, B3).
var hubeeTestSirets = [...]Siret{"11111111111111", "11111111111112"}

// laPostePrefix starts the SIRET of every establishment of La Poste, which the register
// numbers without Luhn's formula (reference/formulaire-qf.md §5, B2).
const laPostePrefix = "356000000"

// ParseSiret reads a SIRET as a person writes it: spaces, dots and non-breaking spaces
// between the digits are ignored. It returns ErrSiret for anything else than 14 digits
// that satisfy Luhn's formula, La Poste and HubEE's two test establishments apart.
func ParseSiret(text string) (Siret, error) {
	digits := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '.', '\u00a0', '\u202f':
			return -1
		}
		return r
	}, text)
	return ParseExactSiret(digits)
}

// ParseExactSiret reads a SIRET from a machine: exactly 14 digits, nothing around them.
func ParseExactSiret(text string) (Siret, error) {
	if len(text) != 14 {
		return "", ErrSiret
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return "", ErrSiret
		}
	}
	siret := Siret(text)
	if luhn(text) || strings.HasPrefix(text, laPostePrefix) {
		return siret, nil
	}
	for _, test := range hubeeTestSirets {
		if siret == test {
			return siret, nil
		}
	}
	return "", ErrSiret
}

// String returns the 14 digits.
func (s Siret) String() string { return string(s) }

// Display groups the digits as the register prints them: 210 401 071 00019.
func (s Siret) Display() string {
	if len(s) != 14 {
		return string(s)
	}
	const space = "\u00a0"
	return string(s[0:3]) + space + string(s[3:6]) + space + string(s[6:9]) + space + string(s[9:])
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[i] - '0')
		if (len(digits)-i)%2 == 0 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
