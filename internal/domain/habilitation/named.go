package habilitation

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"portail-qf/internal/domain/place"
)

// Named is what a text typed in a search may name: any of it is enough.
type Named struct {
	Words        []string // folded: the name of the organisation holds each of them
	SiretStart   string   // "" when the text cannot be the beginning of one
	Request      RequestNumber
	Habilitation Number
	MailStart    string // of the requester, lower case
}

// IsZero tells that the text names nothing: everything is wanted.
func (n Named) IsZero() bool {
	return len(n.Words) == 0 && n.SiretStart == "" && n.Request == 0 && n.Habilitation == 0 && n.MailStart == ""
}

const (
	maxText  = 200 // bytes of a text that are read
	maxWords = 6
	// maxDigits keeps a number within what the database counts.
	maxDigits   = 18
	siretDigits = 14
)

// ReadNamed reads words of a name, the beginning of a SIRET, the number of a request or of a
// habilitation ("D48231", "H10000042", or the digits alone), or the beginning of a mail
// address. It is false for a text without letter or digit, which is nowhere.
func ReadNamed(text string) (named Named, mayMatch bool) {
	text = strings.TrimSpace(text)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	if text == "" {
		return Named{}, true
	}
	if strings.Contains(text, "@") {
		return Named{MailStart: strings.ToLower(text)}, true
	}
	if named, isNumber := readNumber(text); isNumber {
		return named, true
	}
	words := wordsOf(text)
	return Named{Words: words}, len(words) > 0
}

func readNumber(text string) (named Named, isNumber bool) {
	digits := strings.NewReplacer(" ", "", ".", "", "\u00a0", "", "\u202f", "").Replace(text)
	isRequest, isHabilitation := true, true
	if rest, found := strings.CutPrefix(strings.ToUpper(digits), "D"); found {
		digits, isHabilitation = rest, false
	} else if rest, found := strings.CutPrefix(strings.ToUpper(digits), "H"); found {
		digits, isRequest = rest, false
	}
	number, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || number == 0 || len(digits) > maxDigits {
		return Named{}, false
	}
	if isRequest {
		named.Request = RequestNumber(number)
	}
	if isHabilitation {
		named.Habilitation = Number(number)
	}
	if isRequest && isHabilitation && len(digits) <= siretDigits {
		named.SiretStart = digits
	}
	return named, true
}

// wordsOf gives the distinct words of a text, folded; the longest where there are many.
func wordsOf(text string) []string {
	var words []string
	for _, word := range strings.FieldsFunc(place.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if len(words) > maxWords {
		slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
		words = words[:maxWords]
	}
	return words
}
