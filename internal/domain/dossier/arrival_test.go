package dossier_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
)

// « any printable text up to 255 characters, deposited verbatim; NIR- or e-mail-like ones
// only warn the editor; longer or with control characters: the form goes on without it
// and says so » (PRODUCT.md 3.6).
func TestTheExternalIDIsTakenVerbatimOrNotAtAll(t *testing.T) {
	long := strings.Repeat("é", 255) // characters, not octets
	tests := []struct {
		name       string
		given      []string
		want       string // "" for none
		isUnusable bool
	}{
		{"none", nil, "", false},
		{"empty", []string{""}, "", false},
		{"plain", []string{"12345"}, "12345", false},
		{"spaces around", []string{"  a b  "}, "  a b  ", false},
		{"zeros in front", []string{"000042"}, "000042", false},
		{"accents and signs", []string{"Été/2026 <n°&7> « 😀 »"}, "Été/2026 <n°&7> « 😀 »", false},
		{"like a NIR", []string{"1 85 05 78 006 084 36"}, "1 85 05 78 006 084 36", false},
		{"like an e-mail", []string{"angela.dubois@mail.example"}, "angela.dubois@mail.example", false},
		{"255 characters", []string{long}, long, false},
		{"256 characters", []string{long + "x"}, "", true},
		{"a line break", []string{"a\nb"}, "", true},
		{"a nul", []string{"a\x00b"}, "", true},
		{"a delete", []string{"a\x7f"}, "", true},
		{"a C1 control", []string{"a\u0085b"}, "", true},
		{"a line separator", []string{"a\u2028b"}, "", true},
		{"no UTF-8", []string{"caf\xe9"}, "", true},
		{"no character", []string{"a\uffff"}, "", true},
		{"twice", []string{"1", "2"}, "", true},
		{"twice the same", []string{"1", "1"}, "", true},
		{"twice, one empty", []string{"1", ""}, "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := dossier.NewArrival(directory.Collectivity{Siret: majastres}, test.given, nil)
			want := dossier.Arrival{Siret: majastres, ExternalIDUnusable: test.isUnusable}
			if test.want != "" {
				want.ExternalID = &test.want
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if got.IsEmpty() != (test.want == "" && !test.isUnusable) {
				t.Errorf("IsEmpty = %v", got.IsEmpty())
			}
		})
	}
}

// « undeclared: no link » (PRODUCT.md 3.6); which addresses are declared is the business
// of package directory.
func TestTheReturnAddressIsDeclaredOrNotShown(t *testing.T) {
	declared, err := directory.ParseReturnAddress("https://portail.example.fr/retour")
	if err != nil {
		t.Fatal(err)
	}
	c := directory.Collectivity{Siret: majastres, Returns: []directory.ReturnAddress{declared}}
	allowed := directory.Return{URL: "https://portail.example.fr/retour?a=1", Host: "portail.example.fr"}
	for _, test := range []struct {
		name         string
		given        []string
		want         directory.Return
		isUndeclared bool
	}{
		{"none", nil, directory.Return{}, false},
		{"empty", []string{""}, directory.Return{}, false},
		{"declared", []string{"https://portail.example.fr/retour?a=1"}, allowed, false},
		{"undeclared", []string{"https://evil.example/retour"}, directory.Return{}, true},
		{"twice", []string{allowed.URL, allowed.URL}, directory.Return{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := dossier.NewArrival(c, nil, test.given)
			if got.Return != test.want || got.ReturnUndeclared != test.isUndeclared {
				t.Errorf("return %+v, undeclared %v", got.Return, got.ReturnUndeclared)
			}
			if got.IsEmpty() != (test.want.URL == "" && !test.isUndeclared) {
				t.Errorf("IsEmpty = %v", got.IsEmpty())
			}
		})
	}
}

// « 303 to /collectivites/{siret}?lien=<sealed: both, siret, 30 min> » (SETTLED.md, web)
func TestALinkServesItsTownForThirtyMinutes(t *testing.T) {
	now := noon
	journey := &dossier.Journey{Vault: newVault(t), Now: func() time.Time { return now }}
	externalID := "1 85 05 78 006 084 36"
	sent := dossier.Arrival{
		Siret: majastres, ExternalID: &externalID,
		Return: directory.Return{URL: "https://portail.example.fr/retour?a=1&b=<>", Host: "portail.example.fr"}, ReturnUndeclared: true,
	}
	link, err := journey.SealLink(sent)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(link, "85 05") || strings.ContainsAny(link, "+/=& ") {
		t.Errorf("the link shows what it holds, or breaks an address: %s", link)
	}
	other := &dossier.Journey{Vault: newVault(t), Now: journey.Now}
	tests := []struct {
		name    string
		journey *dossier.Journey
		siret   string
		after   time.Duration
		text    string
		isOpen  bool
	}{
		{"at once", journey, majastres.String(), 0, link, true},
		{"again: the page may be reloaded", journey, majastres.String(), time.Minute, link, true},
		{"after 30 minutes", journey, majastres.String(), 30 * time.Minute, link, true},
		{"on an instance whose clock is late", journey, majastres.String(), -2 * time.Second, link, true},
		{"after 31 minutes", journey, majastres.String(), 31 * time.Minute, link, false},
		{"for another town", journey, paris.String(), 0, link, false},
		{"with a key that left the ring", other, majastres.String(), 0, link, false},
		{"cut", journey, majastres.String(), 0, link[:len(link)-4], false},
		{"not base64", journey, majastres.String(), 0, "%%%", false},
		{"made up", journey, majastres.String(), 0, base64.RawURLEncoding.EncodeToString([]byte(`{"siret":"21040107100019"}`)), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			now = noon.Add(test.after)
			got, isOpen := test.journey.OpenLink(test.text, majastres)
			if test.siret != majastres.String() {
				got, isOpen = test.journey.OpenLink(test.text, paris)
			}
			want := dossier.Arrival{Siret: got.Siret}
			if test.isOpen {
				want = sent
			}
			if diff := cmp.Diff(want, got); isOpen != test.isOpen || diff != "" || got.Siret.String() != test.siret {
				t.Errorf("OpenLink = %v, want %v\n%s", isOpen, test.isOpen, diff)
			}
		})
	}
	now = noon
	for i := range link {
		altered := link[:i] + string(rune(link[i])^1) + link[i+1:]
		// The last character of base64 may hold bits that say nothing.
		if _, isOpen := journey.OpenLink(altered, majastres); isOpen && i < len(link)-1 {
			t.Errorf("a link altered at character %d opens", i)
		}
	}
	if got, isOpen := journey.OpenLink("", majastres); !isOpen || !got.IsEmpty() || got.Siret != majastres {
		t.Errorf("no link = %+v, %v", got, isOpen)
	}
}

// What seals links also seals attempts: one does not pass for the other.
func TestAnAttemptIsNoLink(t *testing.T) {
	vault := newVault(t)
	journey := &dossier.Journey{Vault: vault, Now: func() time.Time { return noon }}
	stolen := base64.RawURLEncoding.EncodeToString(vault.Seal([]byte(`{"siret":"21040107100019","at":"2026-03-02T12:00:00Z"}`), "attempt 1"))
	if _, isOpen := journey.OpenLink(stolen, majastres); isOpen {
		t.Error("a text sealed for another place opens as a link")
	}
}
