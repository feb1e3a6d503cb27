package document

import (
	"bytes"
	"image"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/dossier"
)

func receipt() dossier.Receipt {
	return dossier.Receipt{
		Reference: "ABCDEFGHJKLM7", Collectivity: "Majastres (04)",
		RecordedAt: time.Date(2026, 11, 22, 17, 34, 5, 0, time.UTC),
		FollowURL:  "https://quotient-familial.numerique.gouv.fr/suivi/ABCDEFGHJKLM7",
	}
}

func renderReceipt(t *testing.T, receipt dossier.Receipt) []byte {
	t.Helper()
	file, err := testRenderer(t).ReceiptPDF(receipt)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// "No receipt (page only)" (W30): one page, with the identifier, the town, the date and
// where to follow the dossier. It never says « transmis », which only HubEE decides.
func TestReceiptPDF(t *testing.T) {
	file := readBack(t, renderReceipt(t, receipt()))
	want := []string{
		"H1 Reçu de votre démarche",
		"P Vous avez demandé l’envoi de votre quotient familial à votre collectivité. Votre demande est enregistrée.",
		"H2 Votre dossier",
		"TH Identifiant", "TD ABCD-EFGH-JKLM7",
		"TH Collectivité", "TD Majastres (04)",
		"TH Enregistré le", "TD 22 novembre 2026 à\u00a018\u00a0h\u00a034",
		"H2 Suivre votre dossier",
		"P Gardez cet identifiant. Il permet de suivre votre dossier à cette adresse\u00a0:",
		"Link https://quotient-familial.numerique.gouv.fr/suivi/ABCDEFGHJKLM7",
		"Figure [QR code de l’adresse https://quotient-familial.numerique.gouv.fr/suivi/ABCDEFGHJKLM7]",
		"P Une question\u202f? Adressez-vous à votre collectivité et donnez-lui cet identifiant.",
		"P Ce reçu prouve que votre demande est enregistrée, pas que votre collectivité l’a reçue.",
		"P Ce reçu ne contient ni votre nom ni votre quotient familial.",
	}
	if diff := cmp.Diff(want, file.outline()); diff != "" {
		t.Error(diff)
	}
	if len(file.pages) != 1 {
		t.Errorf("%d pages", len(file.pages))
	}
	file.checkTagged("Reçu du dossier ABCD-EFGH-JKLM7")
	checkInFrame(t, file)
}

// The address can be clicked, and the link belongs to its element of the structure.
func TestReceiptPDFLinksToTheFollowUp(t *testing.T) {
	file := readBack(t, renderReceipt(t, receipt()))
	page, _, _, err := file.context.PageDict(1, false)
	if err != nil {
		t.Fatal(err)
	}
	annotations := file.array(page["Annots"])
	if len(annotations) != 1 {
		t.Fatalf("%d annotations", len(annotations))
	}
	annotation := file.dict(annotations[0])
	if uri := file.text(file.dict(annotation["A"])["URI"]); uri != receipt().FollowURL {
		t.Errorf("the link leads to %q", uri)
	}
	owners := file.parents()[*annotation.IntEntry("StructParent")]
	if len(owners) != 1 || file.node(owners[0]).kind != "Link" {
		t.Errorf("the link belongs to %v", owners)
	}
}

var pdfRectangle = regexp.MustCompile(`(?m)^([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re$`)

// The code printed is read back from the rectangles of the page.
func TestReceiptPDFCarriesAReadableCode(t *testing.T) {
	content := readBack(t, renderReceipt(t, receipt())).pages[0].content
	_, figure, found := strings.Cut(content, "/Figure")
	if !found {
		t.Fatal("the receipt has no figure")
	}
	figure, _, _ = strings.Cut(figure, "EMC")
	const scale = 4
	picture := blank(3400) // the height of a page
	for _, r := range pdfRectangle.FindAllStringSubmatch(figure, -1) {
		left, bottom, width, height := number(t, r[1]), number(t, r[2]), number(t, r[3]), number(t, r[4])
		fill(picture, image.Rect(
			int(math.Round(left*scale)), int(math.Round((pageHeight-bottom-height)*scale)),
			int(math.Round((left+width)*scale)), int(math.Round((pageHeight-bottom)*scale))))
	}
	if got := decode(t, picture); got != receipt().FollowURL {
		t.Errorf("the code reads %q", got)
	}
}

func TestReceiptPDFIsDeterministic(t *testing.T) {
	if !bytes.Equal(renderReceipt(t, receipt()), renderReceipt(t, receipt())) {
		t.Error("the same receipt gave two different files")
	}
}

func TestReceiptPDFRefusesAnAddressTooLongForACode(t *testing.T) {
	long := receipt()
	long.FollowURL += strings.Repeat("x", 3000)
	if _, err := testRenderer(t).ReceiptPDF(long); err == nil {
		t.Error("an address of 3,000 characters was accepted")
	}
}
