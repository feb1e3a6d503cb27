package document

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portail-qf/internal/domain/dossier"
)

// testFonts reads the fonts where the build puts them.
func testFonts(t testing.TB) Fonts {
	t.Helper()
	read := func(name string) []byte {
		file, err := os.ReadFile("../../static/dsfr/fonts-pdf/" + name)
		if err != nil {
			t.Fatalf("the fonts are not there: run make once (it runs go generate ./static): %v", err)
		}
		return file
	}
	return Fonts{Regular: read("DejaVuSans.ttf"), Bold: read("DejaVuSans-Bold.ttf")}
}

func testRenderer(t testing.TB) *Renderer {
	t.Helper()
	commune := func(code string) (string, bool) { return "Paris 7e Arrondissement", code == "75107" }
	country := func(code string) (string, bool) { return "Portugal", code == "99139" }
	renderer, err := New(testFonts(t), commune, country)
	if err != nil {
		t.Fatal(err)
	}
	return renderer
}

// angela is the sandbox's Angela DUBOIS with an invented household.
func angela() dossier.Content {
	amount, externalID := 1234, "FAM-42"
	return dossier.Content{
		Reference: "ABCDEFGHJKLM7", Collectivity: "Majastres (04)",
		RecordedAt: time.Date(2026, 11, 22, 17, 34, 5, 0, time.UTC), ExternalID: &externalID,
		Identity: dossier.PivotIdentity{
			FamilyName: "DUBOIS", GivenName: "Angela Claire Louise", GivenNames: []string{"Angela", "Claire", "Louise"},
			Gender: "female", Birthdate: "1962-08-24", Birthplace: "75107", Birthcountry: "99100",
		},
		Quotient: dossier.Quotient{
			Provider: "CNAF", Value: &amount, Year: 2024, Month: 2, ComputedYear: 2024, ComputedMonth: 12,
			Holders: []dossier.Person{
				{BirthName: "DUBOIS", UsualName: "MARTIN", GivenNames: "ANGELA", Birthdate: "1962-08-24", Sex: "F"},
			},
			Children: []dossier.Person{
				{BirthName: "MARTIN", GivenNames: "ÉLOÏSE", Birthdate: "2012-04-00", Sex: "F"},
			},
		},
	}
}

func render(t testing.TB, content dossier.Content) []byte {
	t.Helper()
	file, err := testRenderer(t).DossierPDF(content)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// "No reference, no date of collection, no authority name, no computation month" (§4), and
// "an agent holding the PDF cannot match a citizen who quotes it" (W25): all are there.
func TestDossierPDFSaysWhatTheAgentNeeds(t *testing.T) {
	file := readBack(t, render(t, angela()))
	want := []string{
		"H1 Dossier de quotient familial",
		"P L’usager s’est identifié avec FranceConnect. Son quotient familial vient de la CAF ou de la MSA, par API Particulier. Il n’a rien saisi lui-même.",
		"H2 Transmission",
		"TH Identifiant", "TD ABCD-EFGH-JKLM7",
		"TH Identifiant dans HubEE", "TD ABCDEFGHJKLM7",
		"TH Transmis à", "TD Majastres (04)",
		"TH Enregistré le", "TD 22 novembre 2026 à\u00a018\u00a0h\u00a034",
		"TH Référence du logiciel", "TD FAM-42",
		"H2 Quotient familial",
		"TH Quotient familial", "TD 1\u202f234",
		"TH Mois du quotient", "TD février 2024",
		"TH Mois du calcul", "TD décembre 2024",
		"TH Organisme", "TD Caisse d’allocations familiales (CAF)",
		"H2 Identité de l’usager, certifiée par FranceConnect",
		"TH Nom de naissance", "TD DUBOIS",
		"TH Prénoms", "TD Angela, Claire, Louise",
		"TH Sexe", "TD féminin",
		"TH Date de naissance", "TD 24 août 1962",
		"TH Lieu de naissance", "TD Paris 7e Arrondissement (75107)",
		"H2 Allocataires (1)",
		"TH Nom de naissance", "TH Nom d’usage", "TH Prénoms", "TH Date de naissance", "TH Sexe",
		"TD DUBOIS", "TD MARTIN", "TD ANGELA", "TD 24 août 1962", "TD féminin",
		"H2 Enfants (1)",
		"TH Nom de naissance", "TH Nom d’usage", "TH Prénoms", "TH Date de naissance", "TH Sexe",
		"TD MARTIN", "TD ÉLOÏSE", "TD avril 2012", "TD féminin",
	}
	if diff := cmp.Diff(want, file.outline()); diff != "" {
		t.Error(diff)
	}
	file.checkTagged("Dossier de quotient familial ABCD-EFGH-JKLM7")
	for _, node := range file.nodes {
		if node.kind == "TH" && node.scope == "" {
			t.Errorf("the header %q does not say what it heads", node.text)
		}
	}
}

// "null QF is displayed as 0; missing month displayed as current month" (W15)
func TestDossierPDFInventsNothing(t *testing.T) {
	content := angela()
	content.Quotient, content.ExternalID = dossier.Quotient{}, nil
	outline := strings.Join(readBack(t, render(t, content)).outline(), "\n")
	for _, want := range []string{
		"TH Quotient familial\nTD non connu", "TH Mois du quotient\nTD non connu", "TH Mois du calcul\nTD non connu",
		"TH Organisme\nTD non connu", "TH Référence du logiciel\nTD aucune",
		"P «\u00a0Non connu\u00a0» ne veut pas dire zéro", "H2 Allocataires\nP Aucun allocataire n’est connu.", "H2 Enfants\nP Aucun enfant n’est connu.",
	} {
		if !strings.Contains(outline, want) {
			t.Errorf("the document lacks %q:\n%s", want, outline)
		}
	}
}

func TestDossierPDFTellsTheTimeOfParis(t *testing.T) {
	content := angela()
	content.RecordedAt = time.Date(2026, 7, 13, 22, 5, 0, 0, time.UTC)
	if outline := readBack(t, render(t, content)).outline(); !strings.Contains(strings.Join(outline, "\n"), "TD 14 juillet 2026 à\u00a000\u00a0h\u00a005") {
		t.Errorf("%q", outline)
	}
}

// "40 children flow over pages with page numbers; nothing cut for 300-character names"
func TestDossierPDFOfALargeFamily(t *testing.T) {
	content := angela()
	content.Quotient.Children = nil
	for i := range 40 {
		content.Quotient.Children = append(content.Quotient.Children, dossier.Person{
			BirthName: "MARTIN", GivenNames: fmt.Sprintf("ENFANT %d", i+1), Birthdate: "2012-04-20", Sex: "M",
		})
	}
	long := dossier.Person{
		BirthName: strings.Repeat("Łukasz-", 43), UsualName: strings.Repeat("W", 300), GivenNames: strings.Repeat("Ngọc ", 60),
		Birthdate: "2012-04-20", Sex: "M",
	}
	content.Quotient.Children[7] = long
	written := render(t, content)
	file := readBack(t, written)
	file.checkTagged("Dossier de quotient familial ABCD-EFGH-JKLM7")
	if len(file.pages) != 3 {
		t.Errorf("%d pages, want 3", len(file.pages))
	}
	if rows, headers := file.count("TR"), file.count("TH"); rows != 5+4+5+2+41 || headers != 14+10 {
		t.Errorf("%d rows and %d headers: those repeated on each page must be decoration", rows, headers)
	}
	texts := strings.Join(file.outline(), "\n")
	for _, want := range []string{long.BirthName, long.UsualName, strings.TrimSpace(long.GivenNames), "TD ENFANT 1\n", "TD ENFANT 40\n"} {
		if !strings.Contains(texts, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
	checkInFrame(t, file)
	if len(written) > 60_000 {
		t.Errorf("%d bytes", len(written))
	}
}

// A row may be taller than a page: it goes on over the next ones.
func TestDossierPDFOfAnAbsurdName(t *testing.T) {
	content := angela()
	content.Quotient.Children[0].GivenNames = strings.Repeat("Marie ", 2000)
	content.Identity.FamilyName = strings.Repeat("X", 9000)
	file := readBack(t, render(t, content))
	file.checkTagged("Dossier de quotient familial ABCD-EFGH-JKLM7")
	checkInFrame(t, file)
	texts := strings.Join(file.outline(), "\n")
	if !strings.Contains(texts, strings.TrimSpace(content.Quotient.Children[0].GivenNames)) || !strings.Contains(texts, content.Identity.FamilyName) {
		t.Error("a part of a name is lost")
	}
}

// The headers of a table come again on its own pages only.
func TestDossierPDFRepeatsHeadersWithinTheirTable(t *testing.T) {
	content, met := angela(), false
	holder := content.Quotient.Holders[0]
	content.Quotient.Children = nil
	for range 20 {
		content.Quotient.Holders = append(content.Quotient.Holders, holder)
		file := readBack(t, render(t, content))
		if len(file.pages) == 1 {
			continue
		}
		repeated := strings.Contains(file.pages[1].artifact, "Nom d’usage")
		if startsTheNext := file.pages[1].marks[0] == "Enfants"; startsTheNext == repeated {
			t.Errorf("%d holders: page 2 starts with %q and headers are repeated: %t", len(content.Quotient.Holders), file.pages[1].marks[0], repeated)
		}
		met = met || file.pages[1].marks[0] == "Enfants"
	}
	if !met {
		t.Error("no number of holders ended the first page")
	}
}

var textAt = regexp.MustCompile(`([\d.-]+) ([\d.-]+) Td<`)

// checkInFrame verifies that no line starts outside the margins nor in the footer's room.
func checkInFrame(t *testing.T, file *readPDF) {
	t.Helper()
	for index, page := range file.pages {
		body, _, _ := strings.Cut(page.content, "/Artifact<</Type/Pagination")
		for _, at := range textAt.FindAllStringSubmatch(body, -1) {
			left, errLeft := strconv.ParseFloat(at[1], 64)
			bottom, errBottom := strconv.ParseFloat(at[2], 64)
			if errLeft != nil || errBottom != nil || left < marginSide || left > pageWidth-marginSide || bottom < marginBottom || bottom > pageHeight-marginTop {
				t.Errorf("page %d has a line at %s, %s", index+1, at[1], at[2])
			}
		}
	}
}

// "names such as ŁUKASZ, Ngọc, Şahin, or an emoji in external_id raise" (W14). "A
// character without glyph is printed □ and listed by code point below; a test checks
// glyphs, not text".
func TestDossierPDFDrawsEveryCharacterOrSaysSo(t *testing.T) {
	content := angela()
	content.Identity.FamilyName = "ŁUKASZ Şahin (\\) Dvor\u030ca\u0301k"
	content.Identity.GivenNames = []string{"Ngọc", "Ελένη", "Дарья"}
	externalID := "a\U0001F9FFb\u202ec\u200f\U0001F9FF\t漢\x07"
	content.ExternalID = &externalID
	outline := strings.Join(readBack(t, render(t, content)).outline(), "\n")
	for _, want := range []string{
		"TD ŁUKASZ Şahin (\\) Dvořák", "TD Ngọc, Ελένη, Дарья", "TD a□bc□ □",
		"P Caractères non imprimables\u00a0: U+1F9FF, U+202E, U+200F, U+6F22, U+0007",
	} {
		if !strings.Contains(outline, want) {
			t.Errorf("the document lacks %q:\n%s", want, outline)
		}
	}
}

func TestDossierPDFWithoutMissingCharactersSaysNothingOfThem(t *testing.T) {
	if outline := strings.Join(readBack(t, render(t, angela())).outline(), "\n"); strings.Contains(outline, "imprimables") {
		t.Error(outline)
	}
}

// Whatever the texts, the file is valid and keeps them.
func TestDossierPDFOfAnyText(t *testing.T) {
	renderer := testRenderer(t)
	rapid.Check(t, func(rt *rapid.T) {
		content := angela()
		content.Collectivity = rapid.String().Draw(rt, "collectivity")
		content.Identity.FamilyName = rapid.StringN(1, 400, -1).Draw(rt, "family name")
		content.Quotient.Children[0].BirthName = rapid.String().Draw(rt, "birth name")
		written, err := renderer.DossierPDF(content)
		if err != nil {
			rt.Fatal(err)
		}
		readBack(t, written).checkTagged("Dossier de quotient familial ABCD-EFGH-JKLM7")
	})
}

// "Deterministic: same content, same bytes", by any number of goroutines.
func TestDossierPDFIsDeterministic(t *testing.T) {
	renderer := testRenderer(t)
	files := make([][]byte, 8)
	var group sync.WaitGroup
	for i := range files {
		group.Go(func() {
			file, err := renderer.DossierPDF(angela())
			if err != nil {
				t.Error(err)
			}
			files[i] = file
		})
	}
	group.Wait()
	for _, file := range files {
		if !bytes.Equal(file, files[0]) {
			t.Fatal("the same content gave two different files")
		}
	}
	other := angela()
	other.Reference = "BCDEFGHJKLMN8"
	if bytes.Equal(render(t, other), files[0]) {
		t.Error("two dossiers gave the same file")
	}
}

func BenchmarkDossierPDF(b *testing.B) {
	renderer, content := testRenderer(b), angela()
	b.ReportAllocs()
	for b.Loop() {
		file, err := renderer.DossierPDF(content)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(file)), "bytes/file")
	}
}
