package intake

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"pgregory.net/rapid"
)

// What pdfcpu folds is unfolded to the same bytes, so that what is counted is what readers get.
func TestFiltersUnfoldWhatOthersFold(t *testing.T) {
	for name, by := range map[string]struct {
		filter     string
		parameters map[string]int
		unfold     func(io.Reader) io.Reader
	}{
		"LZW":      {lzwDecode, nil, func(from io.Reader) io.Reader { return newLZWReader(from, false) }},
		"late LZW": {lzwDecode, map[string]int{"EarlyChange": 0}, func(from io.Reader) io.Reader { return newLZWReader(from, true) }},
		"runs":     {runLengthDecode, nil, newRunLengthReader},
		"base 85":  {ascii85Decode, nil, newASCII85Reader},
		"in hexa":  {asciiHexDecode, nil, newASCIIHexReader},
	} {
		check := func(t rapid.TB, content []byte) {
			folder, err := filter.NewFilter(by.filter, by.parameters)
			if err != nil {
				t.Fatal(err)
			}
			folded, err := folder.Encode(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			unfolded, err := io.ReadAll(by.unfold(folded))
			if err != nil || !bytes.Equal(unfolded, content) {
				t.Fatalf("%d bytes, %v; want %d", len(unfolded), err, len(content))
			}
		}
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { check(t, rapid.SliceOf(rapid.Byte()).Draw(t, "content")) })
			// Enough to fill the table of LZW more than once, with and without anything to find in it.
			noise := make([]byte, 100_000)
			_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
			check(t, noise)
			for i := range noise {
				noise[i] &= 1
			}
			check(t, noise)
			check(t, make([]byte, 10_000_000))
		})
	}
}

// The example of ISO 32000-1, 7.4.4.2, and the same in the dialect that grows its codes late, which agrees on a text this short.
func TestLZWUnfoldsTheExampleOfTheStandard(t *testing.T) {
	for _, isLate := range []bool{false, true} {
		unfolded, err := io.ReadAll(newLZWReader(bytes.NewReader([]byte{0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01}), isLate))
		if err != nil || !bytes.Equal(unfolded, []byte{45, 45, 45, 45, 45, 65, 45, 45, 45, 66}) {
			t.Errorf("%v, %v", unfolded, err)
		}
	}
}

// Whatever the bytes, a filter ends, and breaks nothing.
func TestFiltersBearAnyBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SliceOf(rapid.Byte()).Draw(t, "content")
		for _, from := range []io.Reader{
			newLZWReader(bytes.NewReader(content), false), newLZWReader(bytes.NewReader(content), true),
			newRunLengthReader(bytes.NewReader(content)), newASCII85Reader(bytes.NewReader(content)), newASCIIHexReader(bytes.NewReader(content)),
		} {
			if n, _ := io.Copy(io.Discard, from); n > 4096*int64(len(content)) {
				t.Fatalf("%d bytes out of %d", n, len(content))
			}
		}
	})
}
