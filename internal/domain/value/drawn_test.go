package value

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
)

// « prefix … + secret + checksum », base62 (SETTLED.md, names).
func TestADrawnTextFavoursNoCharacter(t *testing.T) {
	text, err := Draw(rand.Reader, 62_000)
	if err != nil || len(text) != 62_000 || !Drawn(text) {
		t.Fatalf("drawn: %d characters, %v", len(text), err)
	}
	for _, character := range Base62 {
		if times := strings.Count(text, string(character)); times < 800 || times > 1200 {
			t.Errorf("%c was drawn %d times in 62,000", character, times)
		}
	}
	if _, err := Draw(bytes.NewReader([]byte{255, 254, 1}), 2); err == nil {
		t.Error("a source that runs dry is not noticed")
	}
	for _, other := range []string{"a b", "é", "a_b", "-", "a\x00b"} {
		if Drawn(other) {
			t.Errorf("%q passes for drawn", other)
		}
	}
}

func TestAChecksumTellsASlip(t *testing.T) {
	const text = "qf_secret_0123456789abcdefghij"
	sum := Checksum(text)
	if len(sum) != CheckLength || !Drawn(sum) || Checksum("") != "000000" {
		t.Fatalf("Checksum = %q", sum)
	}
	for i := range text {
		slipped := text[:i] + "*" + text[i+1:]
		swapped := []byte(text)
		if i > 0 {
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
		}
		if Checksum(slipped) == sum || string(swapped) != text && Checksum(string(swapped)) == sum {
			t.Errorf("a slip at %d is not told", i)
		}
	}
}
