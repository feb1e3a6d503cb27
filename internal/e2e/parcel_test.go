package e2e

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"portail-qf/internal/domain/value"
	"portail-qf/internal/sim/hubee"
)

// parcel is a dossier as the town's software unwraps it at HubEE.
type parcel struct {
	t         testing.TB
	folder    hubee.Folder
	json, xml []byte
	pdf       []byte
	pdfName   string
}

// reference reads the identifier in the address of a confirmation.
func (p *page) reference() value.Reference {
	p.visitor.t.Helper()
	_, shown, found := strings.Cut(p.url.Path, "/confirmation/")
	reference, err := value.ParseReference(shown)
	if !found || err != nil {
		p.visitor.t.Fatalf("at %s (%d), want a confirmation:\n%s", p.url.Path, p.status, p.text())
	}
	return reference
}

// parcelOf waits until everything is delivered and unwraps the folder of a dossier, which
// must be complete.
func (p *portal) parcelOf(t testing.TB, reference value.Reference) parcel {
	t.Helper()
	p.drain()
	for _, folder := range p.stage.HubEE.Folders() {
		if folder.ExternalID == "Formulaire-QF-"+reference.String() {
			return unwrap(t, folder)
		}
	}
	t.Fatalf("HubEE has no folder of %s", reference)
	return parcel{}
}

func unwrap(t testing.TB, folder hubee.Folder) parcel {
	t.Helper()
	if folder.GlobalStatus != "HUBEE_COMPLETED" || len(folder.Attachments) != 3 || len(folder.Cases) != 1 {
		t.Fatalf("the folder is %s, with %d attachments and %d cases", folder.GlobalStatus, len(folder.Attachments), len(folder.Cases))
	}
	unwrapped := parcel{t: t, folder: folder}
	for _, file := range folder.Attachments {
		switch file.FileName {
		case "FormulaireQF.json":
			unwrapped.json = file.Content
		case "FormulaireQF.xml":
			unwrapped.xml = file.Content
		default:
			unwrapped.pdfName, unwrapped.pdf = file.FileName, file.Content
		}
	}
	return unwrapped
}

// read gives FormulaireQF.json as a parser sees it, numbers as they are written.
func (p parcel) read() map[string]any {
	p.t.Helper()
	return readJSON(p.t, p.json)
}

func readJSON(t testing.TB, text []byte) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var read map[string]any
	if err := decoder.Decode(&read); err != nil {
		t.Fatalf("FormulaireQF.json: %v", err)
	}
	return read
}

// element is a piece of FormulaireQF.xml.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

// tree reads FormulaireQF.xml, which must be one well-formed document.
func (p parcel) tree() element {
	p.t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(p.xml))
	var root element
	if err := decoder.Decode(&root); err != nil {
		p.t.Fatalf("FormulaireQF.xml: %v", err)
	}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return root
		}
		if blank, ok := token.(xml.CharData); err != nil || !ok || len(bytes.TrimSpace(blank)) > 0 {
			p.t.Fatalf("FormulaireQF.xml goes on after its root: %v %v", token, err)
		}
	}
}

// at follows the names of elements; an absent one is the zero element.
func (e element) at(names ...string) element {
	for _, name := range names {
		var next element
		for _, child := range e.Children {
			if child.XMLName.Local == name {
				next = child
				break
			}
		}
		e = next
	}
	return e
}

// isNil tells whether the element says that there is no value.
func (e element) isNil() bool {
	return len(e.Attrs) == 1 && e.Attrs[0].Name.Local == "nil" && e.Attrs[0].Value == "true" && e.Text == "" && e.Children == nil
}

// checkFiles verifies that the three files of a parcel can be opened.
func (p parcel) checkFiles() {
	p.t.Helper()
	p.read()
	p.tree()
	if printed := pdfText(p.t, p.pdf); !strings.Contains(printed, "Quotient familial") {
		p.t.Errorf("the PDF says %q", printed)
	}
	if !strings.HasPrefix(p.pdfName, "quotient_familial_") || !strings.HasSuffix(p.pdfName, ".pdf") {
		p.t.Errorf("the PDF is called %q", p.pdfName)
	}
}

// pdfcpu writes a folder of settings in the account's home unless told not to, once.
var withoutSettings sync.Once

var (
	pdfGlyph = regexp.MustCompile(`<([0-9A-F]{4})><([0-9A-F]+)>\n`)
	pdfShown = regexp.MustCompile(`/([A-Za-z0-9]+) [\d.]+ Tf|<([0-9A-F]*)>Tj`)
)

// pdfText validates a PDF and gives what it shows, page after page.
func pdfText(t testing.TB, file []byte) string {
	t.Helper()
	withoutSettings.Do(api.DisableConfigDir)
	document, err := api.ReadContext(bytes.NewReader(file), model.NewDefaultConfiguration())
	if err != nil {
		t.Fatalf("read the PDF: %v", err)
	}
	if err := api.ValidateContext(document); err != nil {
		t.Fatalf("validate the PDF: %v", err)
	}
	var shown strings.Builder
	for number := 1; number <= document.PageCount; number++ {
		page, _, inherited, err := document.PageDict(number, false)
		if err != nil {
			t.Fatal(err)
		}
		fonts := pdfFonts(t, document, inherited.Resources)
		font := ""
		for _, operator := range pdfShown.FindAllStringSubmatch(pdfStream(t, document, page["Contents"]), -1) {
			if operator[1] != "" {
				font = operator[1]
				continue
			}
			for glyphs := operator[2]; len(glyphs) >= 4; glyphs = glyphs[4:] {
				shown.WriteString(fonts[font][glyphs[:4]])
			}
			shown.WriteByte('\n')
		}
	}
	return shown.String()
}

// pdfFonts reads what each glyph of each font stands for.
func pdfFonts(t testing.TB, document *model.Context, resources types.Dict) map[string]map[string]string {
	t.Helper()
	listed, err := document.DereferenceDict(resources["Font"])
	if err != nil {
		t.Fatal(err)
	}
	fonts := map[string]map[string]string{}
	for name, reference := range listed {
		font, err := document.DereferenceDict(reference)
		if err != nil {
			t.Fatal(err)
		}
		fonts[name] = map[string]string{}
		for _, pair := range pdfGlyph.FindAllStringSubmatch(pdfStream(t, document, font["ToUnicode"]), -1) {
			octets, err := hex.DecodeString(pair[2])
			if err != nil {
				t.Fatal(err)
			}
			units := make([]uint16, len(octets)/2)
			for i := range units {
				units[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
			}
			fonts[name][pair[1]] = string(utf16.Decode(units))
		}
	}
	return fonts
}

func pdfStream(t testing.TB, document *model.Context, object types.Object) string {
	t.Helper()
	stream, _, err := document.DereferenceStreamDict(object)
	if err != nil || stream == nil {
		t.Fatalf("%v is no stream: %v", object, err)
	}
	if err := stream.Decode(); err != nil {
		t.Fatal(err)
	}
	return string(stream.Content)
}
