package habilitation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// « name words / SIRET / D- or H-number / requester's mail »: what somebody types is read as
// whatever it may be.
func TestATextIsReadAsWhateverItMayBe(t *testing.T) {
	for text, want := range map[string]Named{
		"":                      {},
		"  ":                    {},
		"D48231":                {Request: 48231},
		"d 48 231":              {Request: 48231},
		"H10000042":             {Habilitation: 10000042},
		"48231":                 {Request: 48231, Habilitation: 48231, SiretStart: "48231"},
		"210 401 071 00019":     {Request: 21040107100019, Habilitation: 21040107100019, SiretStart: "21040107100019"},
		"D":                     {Words: []string{"d"}},
		"D-12":                  {Words: []string{"d", "12"}},
		"H0":                    {Words: []string{"h0"}},
		"Digne":                 {Words: []string{"digne"}},
		"L’Haÿ-les-Roses":       {Words: []string{"l", "hay", "les", "roses"}},
		"Anne.Morel@Ville.fr":   {MailStart: "anne.morel@ville.fr"},
		"D99999999999999999999": {Words: []string{"d99999999999999999999"}},
	} {
		got, mayMatch := ReadNamed(text)
		if diff := cmp.Diff(want, got); diff != "" || !mayMatch {
			t.Errorf("%q, may match %v: %s", text, mayMatch, diff)
		}
		if got.IsZero() != (strings.TrimSpace(text) == "") {
			t.Errorf("%q names nothing: %v", text, got.IsZero())
		}
	}
	if _, mayMatch := ReadNamed("'-!"); mayMatch {
		t.Error("a text without letter nor digit may match")
	}
	if long, _ := ReadNamed(strings.Repeat("é a b c d e f g ", 40)); len(long.Words) != maxWords {
		t.Errorf("%d words are looked for", len(long.Words))
	}
}

// A bookmark of another time still shows a list.
func TestACriterionThatDoesNotExistDoesNotRestrict(t *testing.T) {
	got, mayMatch := Search{State: "expiree", Modality: "fax", Order: "couleur", Offset: -3, Limit: 100_000}.understood()
	if diff := cmp.Diff(Query{Order: ByDate, Limit: maxListed}, got); diff != "" || !mayMatch {
		t.Error(diff)
	}
}
