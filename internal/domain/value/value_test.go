package value

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// The vectors of reference/formulaire-qf.md §5.
func TestSiretVectors(t *testing.T) {
	for _, text := range []string{"13002526500013", "21040107100019", "21280363900013", "21750001600019", "21730132400018", "35600000000048", "35600000038983", "35600000012341", "11111111111111", "11111111111112"} {
		if got, err := ParseExactSiret(text); err != nil || got.String() != text {
			t.Errorf("ParseExactSiret(%q) = %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "123", "12345678901234", "1234567891234567", "1234567891234A", "12345356000000", "\t\r\n13002526500013", "１３００２５２６５０００１３", "21040107100019 "} {
		if got, err := ParseExactSiret(text); err == nil {
			t.Errorf("ParseExactSiret(%q) = %q, accepted", text, got)
		}
	}
	if got, err := ParseSiret("210 401 071 00019"); err != nil || got != "21040107100019" {
		t.Errorf("a SIRET written by a person: %q, %v", got, err)
	}
	if got := Siret("21040107100019").Display(); strings.ReplaceAll(got, "\u00a0", " ") != "210 401 071 00019" {
		t.Errorf("Display = %q", got)
	}
}

// « exactly 13 upper-case characters, no look-alikes, the last one a check character,
// ≥ 55 bits of randomness; accepted in any case and with or without separators » (PRODUCT.md §4).
func TestAReferenceIsReadAsPeopleWriteIt(t *testing.T) {
	ref, err := NewReference(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if len(ref) != 13 || strings.ContainsAny(ref.String(), "01IOL") || strings.ToUpper(ref.String()) != ref.String() {
		t.Fatalf("NewReference = %q", ref)
	}
	shown := ref.Display()
	if len(shown) != 15 || shown[4] != '-' || shown[9] != '-' {
		t.Errorf("Display = %q, want 4-4-5", shown)
	}
	for _, typed := range []string{ref.String(), shown, strings.ToLower(shown), " " + strings.ReplaceAll(shown, "-", " ") + " ", strings.ReplaceAll(shown, "-", "\u00a0"), strings.ReplaceAll(shown, "-", "–")} {
		if got, err := ParseReference(typed); err != nil || got != ref {
			t.Errorf("ParseReference(%q) = %q, %v", typed, got, err)
		}
	}
}

func TestTheCheckCharacterNoticesOneWrongCharacterAndTwoSwapped(t *testing.T) {
	for range 50 {
		ref, err := NewReference(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(ref) {
			for _, c := range referenceAlphabet {
				wrong := string(ref[:i]) + string(c) + string(ref[i+1:])
				if _, err := ParseReference(wrong); err == nil && wrong != ref.String() {
					t.Fatalf("%q read as well as %q", wrong, ref)
				}
			}
			if i+1 < len(ref) && ref[i] != ref[i+1] {
				swapped := string(ref[:i]) + string(ref[i+1]) + string(ref[i]) + string(ref[i+2:])
				if _, err := ParseReference(swapped); err == nil {
					t.Fatalf("%q read as well as %q", swapped, ref)
				}
			}
		}
	}
	for _, typed := range []string{"", "ABCD", strings.Repeat("2", 14), strings.Repeat("A", 5000), "ÀBCDEFGHJKLMN", "2222222222221"} {
		if got, err := ParseReference(typed); err == nil {
			t.Errorf("ParseReference(%q) = %q, accepted", typed, got)
		}
	}
}

func TestASecretNeverPrints(t *testing.T) {
	s := Secret("hunter2")
	j, err := json.Marshal(struct{ S Secret }{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s), string(j)} {
		if strings.Contains(printed, "hunter2") {
			t.Errorf("printed %s", printed)
		}
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal lost the secret")
	}
}
