package intake

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/filter"

	"portail-qf/internal/document/intake/intaketest"
	"portail-qf/internal/domain/fault"
)

// inflating makes a head and so many megabytes of a byte, compressed, without going through them: from the second on they are the
// same bytes each.
func inflating(head string, repeated byte, megabytes int) []byte {
	var out bytes.Buffer
	w, block := zlib.NewWriter(&out), bytes.Repeat([]byte{repeated}, 1_000_000)
	add := func(content []byte) []byte {
		before := out.Len()
		_, _ = w.Write(content)
		_ = w.Flush()
		return out.Bytes()[before:]
	}
	_ = add(append([]byte(head), block...))
	again := bytes.Clone(add(block))
	return append(out.Bytes(), bytes.Repeat(again, max(0, megabytes-2))...)
}

// growing makes codes of LZW each of which stands for one more byte than the one before, from 1 to 3,800, so many times over.
func growing(times int) []byte {
	var out []byte
	pending, bits := 0, 0
	write := func(code, width int) {
		for pending, bits = pending<<width|code, bits+width; bits >= 8; bits -= 8 {
			out = append(out, byte(pending>>(bits-8)))
		}
		pending &= 1<<bits - 1
	}
	width := lzwNarrow
	for range times {
		write(lzwClear, width)
		write('a', lzwNarrow)
		for code := lzwFirst; code < 4000; code++ {
			for width = lzwNarrow; code >= 1<<width-1; width++ {
			}
			write(code, width)
		}
	}
	write(lzwEnd, width)
	return append(out, byte(pending<<(8-bits)))
}

func fold(t *testing.T, by string, content []byte) []byte {
	t.Helper()
	folder, err := filter.NewFilter(by, nil)
	if err != nil {
		t.Fatal(err)
	}
	folded, err := folder.Encode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return folded.(*bytes.Buffer).Bytes()
}

func streamed(entries string, content []byte) []byte {
	return file(func(f *intaketest.File) string { f.Stream(entries, content); return "" })
}

// « a bomb: what its streams unfold to is beyond 200 MB in all or beyond a ratio, nested filters such as
// [/FlateDecode /FlateDecode] included » — « the bomb tests assert total allocation stays modest ».
func TestBombsAreFoundWithoutBeingUnfolded(t *testing.T) {
	large := inflating("", 0, 40)
	runs := bytes.Repeat([]byte{129, 0}, maxUnfolded/128+1)
	for name, content := range map[string][]byte{
		"in one layer":                  streamed("/Filter/FlateDecode", large),
		"in two layers":                 streamed("/Filter[/FlateDecode/FlateDecode]", intaketest.Deflate(large)),
		"with a short name":             streamed("/Filter/Fl", large),
		"its name disguised":            streamed("/Filter/Fl#61teDecode", large),
		"in letters":                    streamed("/Filter[/ASCII85Decode/FlateDecode]", fold(t, ascii85Decode, large)),
		"in figures":                    streamed("/Filter[/AHx/Fl]", fold(t, asciiHexDecode, large)),
		"of runs":                       streamed("/Filter/RunLengthDecode", runs),
		"of codes":                      streamed("/Filter/LZWDecode", growing(6)),
		"of runs in a deflated one":     streamed("/Filter[/FlateDecode/RunLengthDecode]", intaketest.Deflate(runs[:1_000_000])),
		"before a picture":              streamed("/Subtype/Image/Width 1/Height 1/Filter[/FlateDecode/DCTDecode]", large),
		"that says it is short":         shortened(streamed("/Filter/FlateDecode", large), len(large)),
		"in many parts":                 file(func(f *intaketest.File) string { return parts(f, inflating("", 0, 2)) }),
		"with five filters":             streamed("/Filter[/AHx/AHx/AHx/AHx/AHx]", []byte("41>")),
		"of objects":                    streamed("/Type/ObjStm/N 1/First 5/Filter/FlateDecode", inflating("9 0  ", ' ', 40)),
		"of the sample":                 intaketest.Bomb(),
		"hidden in the bytes of others": streamed("", bytes.TrimPrefix(streamed("/Filter/FlateDecode", large), []byte("%PDF-1.7"))),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := examine(content)
			runtime.ReadMemStats(&after)
			if !fault.Is(err, "document.too_heavy") {
				t.Errorf("got %v", err)
			}
			// Object streams are held to be read, up to their limit: a buffer that doubles takes that four times.
			most := uint64(2 << 20)
			if name == "of objects" {
				most = 5 * maxObjectText
			}
			if taken := after.TotalAlloc - before.TotalAlloc; taken > most {
				t.Errorf("%d bytes are allocated, more than %d", taken, most)
			}
		})
	}
}

// shortened tells less than the length of a stream.
func shortened(content []byte, length int) []byte {
	return bytes.Replace(content, fmt.Appendf(nil, "/Length %d", length), []byte("/Length 20"), 1)
}

// parts makes many streams, none of which is much.
func parts(f *intaketest.File, each []byte) string {
	for range 20 {
		f.Stream("/Filter/FlateDecode", each)
	}
	return ""
}

// White paper that is scanned without loss is honest, and unfolds a thousand times.
func TestWhitePaperIsNoBomb(t *testing.T) {
	const width, height = 2480, 3508 // A4 at 300 dpi
	white := inflating("", 0xFF, 3*width*height/1_000_000)
	entries := fmt.Sprintf("/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode", width, height)
	checkPages(t, streamed(entries, white), 1)
}

// « more than 500 pages; object counts absurd »
func TestWhatHoldsTooMuchIsRefused(t *testing.T) {
	many := func(f *intaketest.File) string {
		for range maxObjects {
			f.Object("1")
		}
		return ""
	}
	contained := fmt.Appendf(nil, "%s 1", strings.Repeat("9 0 ", maxObjects+1))
	for name, content := range map[string][]byte{
		"pages":               intaketest.PDF(maxPages + 1),
		"objects":             file(many),
		"objects in a stream": streamed(fmt.Sprintf("/Type/ObjStm/N 1/First %d/Filter/FlateDecode", len(contained)-2), intaketest.Deflate(contained)),
		"items":               catalog("/X[" + strings.Repeat("[]", maxTokens/2+1) + "]"),
	} {
		t.Run(name, func(t *testing.T) { checkRefused(t, content, "document.too_heavy") })
	}
}

// endless is a file whose trailer tells a size that pdfcpu goes through, one by one, where the first object is missing.
func endless() []byte {
	content := intaketest.PDF(1)
	content = bytes.Replace(content, []byte("xref\n0 6\n0000000000 65535 f \n"), []byte("xref\n1 5\n"), 1)
	content = bytes.Replace(content, []byte(" 00000 n \n"), []byte(" 00000 f \n"), 1)
	return bytes.Replace(content, []byte("/Size 6"), []byte("/Size 999999999999"), 1)
}

// chain makes nodes, each of which names the next one twice: few bytes, and more ways than anybody can go.
func chain(f *intaketest.File, node func(next string) string, last string) int {
	const length = 60
	next := f.Object(last)
	for range length {
		next = f.Object(node(fmt.Sprintf("%d 0 R", next)))
	}
	return next
}

// maze is a file whose names are told in such a chain.
func maze() []byte {
	return file(func(f *intaketest.File) string {
		first := chain(f, func(next string) string {
			return fmt.Sprintf("<</Limits[(a)(b)]/Kids[%s %s]>>", next, next)
		}, "<</Limits[(a)(b)]/Names[(a)[4 0 R/Fit]]>>")
		return fmt.Sprintf("/Names<</Dests %d 0 R>>", first)
	})
}

// circle makes an object that names itself.
func circle(f *intaketest.File, body string) int {
	number := f.Reserve()
	f.Put(number, strings.ReplaceAll(body, "SELF", fmt.Sprintf("%d 0 R", number)))
	return number
}

// resourceful makes a file whose page has a resource.
func resourceful(sort string, resource func(f *intaketest.File) int) []byte {
	content := file(func(f *intaketest.File) string { return fmt.Sprintf("/Resource %d 0 R", resource(f)) })
	_, number, _ := bytes.Cut(content, []byte("/Resource "))
	number, _, _ = bytes.Cut(number, []byte(" "))
	// The length stays the same, for the table of objects: the font gives way.
	former := []byte("/Font<</F1 2 0 R>>")
	return bytes.Replace(content, former, fmt.Appendf(nil, "/%s<</A %s 0 R>>%*s", sort, number, len(former)-len(sort)-len(number)-12, ""), 1)
}

// selfLaid is a page that is painted with a pattern which is painted with itself, twice.
func selfLaid() []byte {
	return resourceful("Pattern", func(f *intaketest.File) int {
		return circle(f, "<</PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 1/YStep 1/Length 0"+
			"/Resources<</Pattern<</A SELF/B SELF>>>>>>stream\n\nendstream")
	})
}

// « The inspection is bounded in time and memory whatever the bytes »: each of these few hundred bytes keeps pdfcpu for ever, fills
// its stack or its memory. The program lives on, and says so within its time.
func TestMazesAndCirclesEndTheInspectionAlone(t *testing.T) {
	structure := func(f *intaketest.File) string {
		first := chain(f, func(next string) string {
			return fmt.Sprintf("<</S/P/P 1 0 R/K[%s %s]>>", next, next)
		}, "<</S/P/P 1 0 R>>")
		return fmt.Sprintf("/StructTreeRoot<</Type/StructTreeRoot/K[%d 0 R]>>", first)
	}
	function := "<</FunctionType 3/Domain[0 1]/Functions[SELF SELF]/Bounds[0.5]/Encode[0 1 0 1]>>"
	const patience, limit, breaking = time.Minute, time.Second, 30 * time.Second // a full stack takes its time
	for name, sample := range map[string]struct {
		content []byte
		time    time.Duration
		code    string
	}{
		"a maze of names":         {maze(), limit, "document.too_heavy"},
		"a maze of the structure": {file(structure), limit, "document.too_heavy"},
		"a colour made of itself": {resourceful("ColorSpace", func(f *intaketest.File) int {
			return circle(f, "[/Indexed SELF 1<000000>]")
		}), breaking, "document.damaged"},
		"a function made of itself": {resourceful("ColorSpace", func(f *intaketest.File) int {
			return f.Object(fmt.Sprintf("[/Separation/X/DeviceRGB %d 0 R]", circle(f, function)))
		}), breaking, "document.damaged"},
		"a pattern laid on itself": {selfLaid(), breaking, "document.damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			inspector := &Inspector{patience: patience, time: sample.time}
			start := time.Now()
			_, err := inspector.Inspect(t.Context(), sample.content)
			if took := time.Since(start); !fault.Is(err, sample.code) || took > sample.time+2*time.Second {
				t.Errorf("%v after %s; want %s", err, took, sample.code)
			}
		})
	}
	checkInspected(t)
}

// maxHeld is the most that a worker ever holds, in bytes: what it may take, and what it takes until that is noticed.
const maxHeld = heldTimes * (maxMemory + 128<<20)

func TestAWorkerNeverHoldsMuch(t *testing.T) {
	for name, content := range map[string][]byte{
		"a size without end":       endless(),
		"items":                    catalog("/X[" + strings.Repeat("[]", maxTokens/2-1000) + "]"),
		"one object of many names": aliased(),
		"a pattern laid on itself": selfLaid(),
		"an honest picture":        full(t),
	} {
		t.Run(name, func(t *testing.T) {
			worker := newWorker(t.Context(), content)
			if err := worker.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- worker.Wait() }()
			most := 0
			for isRunning := true; isRunning; {
				select {
				case err := <-ended:
					t.Logf("%d MB, %v", most>>10, err)
					isRunning = false
				case <-time.After(time.Millisecond):
					most = max(most, heldBy(worker.Process.Pid))
				}
			}
			if most == 0 || most > maxHeld>>10 {
				t.Errorf("the worker held %d kB", most)
			}
		})
	}
}

// heldBy gives the most memory that a process has held so far, in kB, 0 when it is gone.
func heldBy(process int) (most int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if _, line, found := bytes.Cut(status, []byte("VmHWM:")); found {
		_, _ = fmt.Sscan(string(line), &most)
	}
	return most
}

// aliased is a table of which each entry leads to the same long object.
func aliased() []byte {
	var f intaketest.File
	long := f.Object("[" + strings.Repeat("[]", 100_000) + "]")
	tree := f.Pages(1, "", shownText)
	content := f.Bytes(f.Object(fmt.Sprintf("<</Type/Catalog/Pages %d 0 R>>", tree)), "")
	head, table, _ := bytes.Cut(content, []byte("xref\n0 "))
	_, table, _ = bytes.Cut(table, []byte("\n"))
	entries, trailer, _ := bytes.Cut(table, []byte("trailer"))
	_ = long
	const times = 50_000
	out := fmt.Appendf(nil, "%sxref\n0 %d\n%s%d %d\n", head, bytes.Count(entries, []byte("\n")), entries, 1000, times)
	place := bytes.Index(content, []byte("1 0 obj"))
	out = append(out, bytes.Repeat(fmt.Appendf(nil, "%010d 00000 n \n", place), times)...)
	return append(append(out, "trailer"...), trailer...)
}
