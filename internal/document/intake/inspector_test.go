package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"portail-qf/internal/document"
	"portail-qf/internal/document/intake/intaketest"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/static"
)

const shownText = "BT /F1 12 Tf 50 700 Td (Deliberation) Tj ET"

// file makes a file of one page: more adds objects and gives entries of the catalog.
func file(more func(f *intaketest.File) string) []byte {
	var f intaketest.File
	tree, entries := f.Pages(1, "", shownText), ""
	if more != nil {
		entries = more(&f)
	}
	return f.Bytes(f.Object(fmt.Sprintf("<</Type/Catalog/Pages %d 0 R%s>>", tree, entries)), "")
}

func catalog(entries string) []byte {
	return file(func(*intaketest.File) string { return entries })
}

// checkRefused verifies that a file is refused with a code, as something its sender can mend. It looks at the file without a worker,
// which makes no difference but for what breaks or never ends.
func checkRefused(t *testing.T, content []byte, code string) {
	t.Helper()
	pages, err := lookAt(content)
	if pages != 0 || fault.KindOf(err) != fault.Invalid || !fault.Is(err, code) {
		t.Errorf("%d pages, %v; want %s", pages, err, code)
	}
}

// checkPages verifies that a file is taken, without a worker.
func checkPages(t *testing.T, content []byte, want int) {
	t.Helper()
	if pages, err := lookAt(content); err != nil || pages != want {
		t.Errorf("%d pages, %v; want %d", pages, err, want)
	}
}

func lookAt(content []byte) (pages int, err error) {
	if err := checkEnvelope(content); err != nil {
		return 0, err
	}
	return examine(content)
}

// A worker gives each answer as it is.
func TestAWorkerGivesItsAnswer(t *testing.T) {
	for code, content := range map[string][]byte{
		"":                   intaketest.PDF(3),
		"document.empty":     nil,
		"document.too_large": make([]byte, Limit+1),
		"document.not_pdf":   []byte("MZ"),
		"document.encrypted": intaketest.Encrypted(),
		"document.damaged":   intaketest.PDF(0),
		"document.too_heavy": intaketest.Bomb(),
		"document.active":    intaketest.Active(),
	} {
		pages, err := New().Inspect(t.Context(), content)
		switch {
		case code == "" && (pages != 3 || err != nil), code != "" && (pages != 0 || fault.KindOf(err) != fault.Invalid || fault.CodeOf(err) != code):
			t.Errorf("%q: %d pages, %v", code, pages, err)
		}
	}
}

// ours is what this program itself sets.
func ours(t *testing.T) []byte {
	t.Helper()
	regular, bold, err := static.Fonts()
	if err != nil {
		t.Fatal(err)
	}
	place := func(string) (string, bool) { return "", false }
	renderer, err := document.New(document.Fonts{Regular: regular, Bold: bold}, place, place)
	if err != nil {
		t.Fatal(err)
	}
	set, err := renderer.DossierPDF(dossier.Content{
		Reference: "ABCDEFGHJKLM7", Collectivity: "Sainte-Épine (04)", RecordedAt: time.Unix(1_800_000_000, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// scanned is what a copier sends: a picture a page, and no letter.
func scanned(pages int, picture []byte) []byte {
	var f intaketest.File
	tree, kids := f.Reserve(), ""
	for range pages {
		shown := f.Stream("/Type/XObject/Subtype/Image/Width 64/Height 64/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", picture)
		content := f.Stream("", []byte("q 595 0 0 842 0 0 cm /Im1 Do Q"))
		page := f.Object(fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</XObject<</Im1 %d 0 R>>>>>>",
			tree, content, shown))
		kids += fmt.Sprintf("%d 0 R ", page)
	}
	f.Put(tree, fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", pages, kids))
	return f.Bytes(f.Object(fmt.Sprintf("<</Type/Catalog/Pages %d 0 R>>", tree)), "")
}

func picture(t *testing.T) []byte {
	t.Helper()
	var packed bytes.Buffer
	if err := jpeg.Encode(&packed, image.NewGray(image.Rect(0, 0, 64, 64)), nil); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// full is a file of exactly Limit bytes, nearly all of a picture.
func full(t *testing.T) []byte {
	t.Helper()
	noise := make([]byte, Limit-2000)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	content := scanned(1, noise)
	if len(content) > Limit {
		t.Fatalf("it has %d bytes", len(content))
	}
	return append(content, bytes.Repeat([]byte("\n"), Limit-len(content))...)
}

// updated adds a revision to a file, as programs do that sign or stamp: what was written stays, the new objects and their table come
// after. The new catalog has more entries.
func updated(content []byte, entries string) []byte {
	out := bytes.NewBuffer(bytes.Clone(content))
	var former int
	_, _ = fmt.Sscanf(string(content[bytes.LastIndex(content, []byte("startxref")):]), "startxref\n%d", &former)
	size := bytes.Count(content, []byte(" obj\n")) + 1
	start := out.Len()
	fmt.Fprintf(out, "%d 0 obj\n<</Type/Catalog/Pages 1 0 R%s>>\nendobj\n", size, entries)
	table := out.Len()
	fmt.Fprintf(out, "xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n",
		size, start, size+1, size, former, table)
	return out.Bytes()
}

// compressed has its objects in object streams and its table in a stream, as programs write since PDF 1.5.
func compressed(t *testing.T, content []byte) []byte {
	t.Helper()
	settings := settings()
	settings.WriteObjectStream, settings.WriteXRefStream, settings.Cmd = true, true, model.OPTIMIZE
	var out bytes.Buffer
	if err := api.Optimize(bytes.NewReader(content), &out, settings); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out.Bytes(), []byte("/ObjStm")) || !bytes.Contains(out.Bytes(), []byte("/XRef")) {
		t.Fatal("the sample has no object stream or no table in a stream")
	}
	return out.Bytes()
}

// signed is a délibération with the signature of a mayor, as far as its form shows it.
func signed() []byte {
	return file(func(f *intaketest.File) string {
		signature := f.Object("<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 10 20 30]/Contents<" +
			strings.Repeat("00", 512) + ">/M(D:20261101120000Z)/Name(Camille Sorbier)>>")
		field := f.Object(fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature1)/V %d 0 R/F 132/Rect[0 0 0 0]/P 4 0 R>>", signature))
		return fmt.Sprintf("/AcroForm<</Fields[%d 0 R]/SigFlags 3>>", field)
	})
}

// « a real PDF made by this project's own document package, an incrementally updated one, xref-stream one with object streams, one
// with a trailing newline, one of a scanner (image only) »
func TestHonestDocumentsAreTaken(t *testing.T) {
	for name, sample := range map[string]struct {
		content []byte
		pages   int
	}{
		"of this program":                {ours(t), 1},
		"of an office":                   {intaketest.PDF(3), 3},
		"updated":                        {updated(intaketest.PDF(2), ""), 2},
		"updated twice":                  {updated(updated(intaketest.PDF(2), ""), "/Lang(fr-FR)"), 2},
		"with object streams":            {compressed(t, intaketest.PDF(40)), 40},
		"of this program, compressed":    {compressed(t, ours(t)), 1},
		"ending with more lines":         {append(intaketest.PDF(1), "\r\n\n"...), 1},
		"padded to a block":              {append(intaketest.PDF(1), make([]byte, 512)...), 1},
		"of a copier":                    {scanned(2, picture(t)), 2},
		"signed":                         {signed(), 1},
		"signed, compressed":             {compressed(t, signed()), 1},
		"opening at a place":             {catalog("/OpenAction[4 0 R/XYZ null null 0]"), 1},
		"opening with a GoTo":            {catalog("/OpenAction<</S/GoTo/D[4 0 R/Fit]>>"), 1},
		"with an address to click on":    {file(link), 1},
		"with as many pages as possible": {intaketest.PDF(maxPages), maxPages},
	} {
		t.Run(name, func(t *testing.T) { checkPages(t, sample.content, sample.pages) })
	}
}

// link is an outline that leads to a page of the Web.
func link(f *intaketest.File) string {
	item, root := f.Reserve(), f.Reserve()
	f.Put(item, fmt.Sprintf("<</Title(Voir aussi)/Parent %d 0 R/A<</S/URI/URI(https://commune.example.fr/)>>>>", root))
	f.Put(root, fmt.Sprintf("<</Type/Outlines/First %d 0 R/Last %d 0 R/Count 1>>", item, item))
	return fmt.Sprintf("/Outlines %d 0 R", root)
}

// « 10 MB + 1, 0 byte »
func TestASizeIsTakenUpToTheLimit(t *testing.T) {
	full := full(t)
	checkPages(t, full, 1)
	checkRefused(t, append(full, '\n'), "document.too_large")
	checkRefused(t, nil, "document.empty")
}

// « JavaScript, Launch, embedded files/attachments, XFA, RichMedia: nothing of it belongs in a délibération »
func TestWhatActsByItselfIsRefused(t *testing.T) {
	attached := func(f *intaketest.File) string {
		content := f.Stream("/Type/EmbeddedFile", []byte("a"))
		return fmt.Sprintf("/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F(a.txt)/EF<</F %d 0 R>>>>]>>>>", content)
	}
	for name, content := range map[string][]byte{
		"a script at the opening":        intaketest.Active(),
		"a script, its name disguised":   catalog(`/OpenAction<</S/J#61va#53cript/JS(1)>>`),
		"a script in an object stream":   compressed(t, intaketest.Active()),
		"a script told as a picture":     predicted(),
		"a script of the document":       catalog("/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(1)>>]>>>>"),
		"a script that nothing names":    file(func(f *intaketest.File) string { f.Object("<</S/JavaScript/JS(1)>>"); return "" }),
		"a script in a former revision":  updated(intaketest.Active(), ""),
		"a script in a later revision":   updated(intaketest.PDF(1), "/OpenAction<</S/JavaScript/JS(1)>>"),
		"a script in a picture's bytes":  file(smuggled),
		"a script after the end of one":  catalog("/X endobj /OpenAction<</S/JavaScript/JS(1)>>"),
		"a script, second in its object": file(func(f *intaketest.File) string { f.Object("<<>><</S/JavaScript/JS(1)>>"); return "" }),
		"a program":                      catalog("/OpenAction<</S/Launch/F(cmd.exe)>>"),
		"another file to open":           catalog(`/OpenAction<</S/GoToR/F(\\\\192.0.2.1\\x)/D[0/Fit]>>`),
		"a form sent elsewhere":          catalog("/OpenAction<</S/SubmitForm/F(https://a.example.fr)>>"),
		"an address opened by itself":    catalog("/OpenAction<</S/GoTo/D[4 0 R/Fit]/Next<</S/URI/URI(https://a.example.fr)>>>>"),
		"an address opened at a page":    file(func(f *intaketest.File) string { return "/AA<</WC<</S/URI/URI(https://a.example.fr)>>>>" }),
		"an attached file":               file(attached),
		"an attached file, no type":      file(func(f *intaketest.File) string { f.Object("<</F(a)/EF<</F 1 0 R>>>>"); return "" }),
		"an XFA form": file(func(f *intaketest.File) string {
			return fmt.Sprintf("/AcroForm<</Fields[]/XFA %d 0 R>>", f.Stream("", []byte("<xdp/>")))
		}),
		"a film": file(func(f *intaketest.File) string {
			f.Object("<</Type/Annot/Subtype/RichMedia/Rect[0 0 1 1]>>")
			return ""
		}),
	} {
		t.Run(name, func(t *testing.T) { checkRefused(t, content, "document.active") })
	}
}

// predicted is a script in an object stream whose text is written as the lines of a picture, each told by what differs from the line
// above: only who reads it as pdfcpu does finds a name in it.
func predicted() []byte {
	var f intaketest.File
	tree, root := f.Pages(1, "", shownText), f.Reserve()
	head := fmt.Sprintf("%d 0 ", root)
	written := fmt.Sprintf("%s<</Type/Catalog/Pages %d 0 R/OpenAction<</S/JavaScript/JS(1)>>>>", head, tree)
	const width = 16
	written += strings.Repeat(" ", width-len(written)%width)
	var lines []byte
	for i := range len(written) {
		if i%width == 0 {
			lines = append(lines, 2) // told by the line above
		}
		above := byte(0)
		if i >= width {
			above = written[i-width]
		}
		lines = append(lines, written[i]-above)
	}
	how := fmt.Sprintf("/Type/ObjStm/N 1/First %d/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns %d>>", len(head), width)
	objects := f.Stream(how, intaketest.Deflate(lines))
	table := f.Stream(fmt.Sprintf("/Type/XRef/W[1 1 1]/Index[%d 1]/Size 9/Root %d 0 R", root, root), []byte{2, byte(objects), 0})
	place := bytes.Index(f.Bytes(root, ""), fmt.Appendf(nil, "%d 0 obj", table))
	return f.Bytes(root, fmt.Sprintf("/XRefStm %d", place))
}

// smuggled is an object that lies in the bytes of another.
func smuggled(f *intaketest.File) string {
	f.Stream("", []byte("\n99 0 obj\n<</S/JavaScript/JS(1)>>\nendobj\n"))
	return ""
}

// « an /Encrypt dictionary, whatever the password »
func TestPasswordsAreRefused(t *testing.T) {
	for name, content := range map[string][]byte{
		"to open":                  intaketest.Encrypt(intaketest.PDF(1), "ouvrir", "changer"),
		"to change":                intaketest.Encrypted(),
		"to open, a script inside": intaketest.Encrypt(intaketest.Active(), "ouvrir", "changer"),
	} {
		t.Run(name, func(t *testing.T) { checkRefused(t, content, "document.encrypted") })
	}
}

// « truncated file, random bytes after a header »: what cannot be read is not taken.
func TestDamagedFilesAreRefused(t *testing.T) {
	noise := make([]byte, 50_000)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	whole := intaketest.PDF(3)
	for name, content := range map[string][]byte{
		"noise":                     fmt.Appendf(nil, "%%PDF-1.7\n%s\nstartxref\n10\n%%%%EOF\n", noise),
		"nothing":                   []byte("%PDF-1.7\n%%EOF\n"),
		"no page":                   intaketest.PDF(0),
		"cut, with an end put back": append(bytes.Clone(whole[:len(whole)/2]), "\nstartxref\n10\n%%EOF\n"...),
		"fewer pages than it says":  bytes.Replace(whole, []byte("/Count 3"), []byte("/Count 9"), 1),
		"arrays in arrays":          catalog("/X" + strings.Repeat("[", 5000) + strings.Repeat("]", 5000)),
		"dictionaries in one":       catalog(strings.Repeat("/X<<", 5000) + strings.Repeat(">>", 5000)),
		"pages in a circle":         bytes.Replace(whole, []byte("/Kids[4 0 R"), []byte("/Kids[1 0 R"), 1),
		"filters told elsewhere": file(func(f *intaketest.File) string {
			f.Stream(fmt.Sprintf("/Filter %d 0 R", f.Object("/FlateDecode")), []byte("a"))
			return ""
		}),
		"two answers for a filter": file(func(f *intaketest.File) string {
			f.Stream("/Filter/FlateDecode/Filter/ASCIIHexDecode", []byte("a"))
			return ""
		}),
	} {
		t.Run(name, func(t *testing.T) { checkRefused(t, content, "document.damaged") })
	}
}

// « at most one inspection at a time in the process (a semaphore waiting on ctx) »
func TestAFileWaitsForItsTurn(t *testing.T) {
	turn <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for name, ask := range map[string]func() error{
		"until its sender goes": func() error { _, err := New().Inspect(ctx, intaketest.PDF(1)); return err },
		"as long as is sensible": func() error {
			_, err := (&Inspector{patience: time.Millisecond, time: time.Second}).Inspect(t.Context(), intaketest.PDF(1))
			return err
		},
	} {
		if err := ask(); fault.KindOf(err) != fault.Unavailable || !fault.Is(err, "document.busy") || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
	<-turn
	checkInspected(t)
}

// checkInspected verifies that the next file is inspected as if nothing had been.
func checkInspected(t *testing.T) {
	t.Helper()
	if pages, err := New().Inspect(t.Context(), intaketest.PDF(1)); pages != 1 || err != nil {
		t.Errorf("%d pages, %v", pages, err)
	}
}

// The inspection ends with the request for which it was made.
func TestAnInspectionEndsWhenItsSenderGoes(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := New().Inspect(ctx, maze())
	if took := time.Since(start); !fault.Is(err, "document.busy") || fault.KindOf(err) != fault.Unavailable || took > 2*time.Second {
		t.Errorf("%v after %s", err, took)
	}
	checkInspected(t)
}

func TestFilesThatComeTogetherAreAllInspected(t *testing.T) {
	inspector := &Inspector{patience: time.Minute, time: time.Minute}
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			if pages, err := inspector.Inspect(t.Context(), intaketest.PDF(n+1)); err != nil || pages != n+1 {
				t.Errorf("%d pages, %v; want %d", pages, err, n+1)
			}
		})
	}
	group.Wait()
}
