package place

import (
	"strings"
	"sync"
	"unicode"
)

// plainLetters spells, letter by letter, what French and neighbouring alphabets write with a
// sign or as one letter. It is data, and the standard library has no table of it.
var plainLetters = sync.OnceValue(func() map[rune]string {
	spelling := map[rune]string{'æ': "ae", 'ǽ': "ae", 'œ': "oe", 'ß': "ss", 'þ': "th", 'ĳ': "ij"}
	for _, family := range []struct{ plain, letters string }{
		{"a", "àáâãäåāăąǎạảấầẩẫậắằẳẵặ"},
		{"c", "çćĉċč"},
		{"d", "ďđðḍ"},
		{"e", "èéêëēĕėęěẹẻẽếềểễệ"},
		{"g", "ĝğġģǧ"},
		{"h", "ĥħḥ"},
		{"i", "ìíîïĩīĭįıǐỉị"},
		{"j", "ĵ"},
		{"k", "ķ"},
		{"l", "ĺļľŀł"},
		{"n", "ñńņňŋṅ"},
		{"o", "òóôõöøōŏőơǒọỏốồổỗộớờởỡợ"},
		{"r", "ŕŗřṛ"},
		{"s", "śŝşšșṣ"},
		{"t", "ţťŧțṭ"},
		{"u", "ùúûüũūŭůűųưǔụủứừửữự"},
		{"w", "ŵẁẃẅ"},
		{"y", "ýÿŷỳỵỷỹ"},
		{"z", "źżžẓ"},
	} {
		for _, letter := range family.letters {
			spelling[letter] = family.plain
		}
	}
	return spelling
})

// Fold rewrites a name for searching: lower case, accents and ligatures removed, and each
// run of apostrophes, dashes and spaces made one space, none at either end. Names that
// people write differently then compare equal: « L’Haÿ-les-Roses » and « l'hay les roses ».
func Fold(s string) string {
	spelling := plainLetters()
	var folded strings.Builder
	apart := false
	for _, letter := range s {
		switch {
		case separates(letter):
			apart = true
			continue
		case unicode.Is(unicode.Mn, letter): // a combining accent, where letters come decomposed
			continue
		case apart && folded.Len() > 0:
			folded.WriteByte(' ')
		}
		apart = false
		letter = unicode.ToLower(letter)
		if plain, found := spelling[letter]; found {
			folded.WriteString(plain)
		} else {
			folded.WriteRune(letter)
		}
	}
	return folded.String()
}

func separates(letter rune) bool {
	return unicode.IsSpace(letter) || unicode.Is(unicode.Pd, letter) || strings.ContainsRune("'’‘ʼ´`", letter)
}
