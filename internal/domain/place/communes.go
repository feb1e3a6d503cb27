package place

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
)

//go:embed communes.txt.gz
var communesFile []byte

// communes is the decompressed table: one line a commune, sorted by code, "31555Toulouse".
// A code that no longer tells its département carries it after a tab: "20004Ajaccio\t2A".
var communes = sync.OnceValue(func() string {
	text, err := gunzip(communesFile)
	if err != nil {
		panic(fmt.Sprintf("read the embedded communes: %v", err))
	}
	return text
})

func gunzip(file []byte) (string, error) {
	reader, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return "", fmt.Errorf("open gzip: %w", err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		return "", fmt.Errorf("decompress: %w", err)
	}
	return string(text), nil
}

// Commune gives the name of a commune, municipal arrondissement or overseas district from
// its five-character COG code, historical codes included. A code that was given to several
// names over time answers the last. ok is false when the table does not have the code.
func Commune(cog string) (name string, ok bool) {
	rest, ok := find(communes(), cog)
	name, _, _ = strings.Cut(rest, "\t")
	return name, ok
}

// codeLength is the length of the code that begins each line.
const codeLength = 5

// find looks code up in lines sorted by their first five characters and returns the rest of
// its line. It searches by position in the text and steps back to the start of a line.
func find(lines, code string) (rest string, ok bool) {
	if len(code) != codeLength {
		return "", false
	}
	low, high := 0, len(lines)
	for low < high {
		middle := (low + high) / 2
		start := low + strings.LastIndexByte(lines[low:middle], '\n') + 1
		end := start + strings.IndexByte(lines[start:], '\n')
		switch strings.Compare(lines[start:start+codeLength], code) {
		case 0:
			return lines[start+codeLength : end], true
		case -1:
			low = end + 1
		default:
			high = start
		}
	}
	return "", false
}
